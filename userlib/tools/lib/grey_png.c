// SPDX-License-Identifier: MIT
#include "grey_png.h"
#include "write_all.h"

#include <errno.h>
#include <png.h>
#include <setjmp.h>
#include <stdbool.h>

/* A frame is held while it is compressed: time matters more than size. */
#define COMPRESSION_LEVEL 1

struct sink {
	int fd;
	int err;
};

static void write_chunk(png_structp png, png_bytep bytes, size_t count)
{
	struct sink *sink = png_get_io_ptr(png);

	sink->err = write_all(sink->fd, bytes, count);
	if (sink->err)
		png_error(png, "");
}

static void flush_nothing(png_structp png)
{
	(void)png;
}

/* libpng prints its complaints unless told otherwise. */
static void leave(png_structp png, png_const_charp message)
{
	(void)message;
	png_longjmp(png, 1);
}

static void say_nothing(png_structp png, png_const_charp message)
{
	(void)png;
	(void)message;
}

static void write_image(png_structp png, png_infop info, const png_byte *image,
			const struct dmaring_format *format)
{
	__u32 line;

	png_set_compression_level(png, COMPRESSION_LEVEL);
	png_set_IHDR(png, info, format->width, format->height, 8,
		     PNG_COLOR_TYPE_GRAY, PNG_INTERLACE_NONE,
		     PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
	png_write_info(png, info);
	for (line = 0; line < format->height; line++)
		png_write_row(png, image + (size_t)line * format->bytes_per_line);
	png_write_end(png, info);
}

/* Nothing here may change between setjmp and longjmp but what @sink points to. */
static bool try_write(png_structp png, png_infop info, struct sink *sink,
		      const void *image, const struct dmaring_format *format)
{
	if (setjmp(png_jmpbuf(png)))
		return false;
	png_set_write_fn(png, sink, write_chunk, flush_nothing);
	write_image(png, info, image, format);
	return true;
}

int grey_png_write(int fd, const void *image,
		   const struct dmaring_format *format)
{
	struct sink sink = { .fd = fd };
	png_structp png;
	png_infop info;

	png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, leave,
				      say_nothing);
	if (!png)
		return -ENOMEM;
	info = png_create_info_struct(png);
	if (!info)
		sink.err = -ENOMEM;
	else if (!try_write(png, info, &sink, image, format) && !sink.err)
		sink.err = -EINVAL;	/* libpng refused the size */
	png_destroy_write_struct(&png, &info);
	return sink.err;
}
