// SPDX-License-Identifier: MIT
#include "image_png.h"
#include "unpack.h"
#include "write_all.h"

#include <endian.h>
#include <errno.h>
#include <png.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

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

static bool has_few_bits(const struct image *image)
{
	return image->bits > 8 && image->bits < 16;
}

static void write_head(png_structp png, png_infop info,
		       const struct image *image)
{
	png_color_8 bits = { .gray = image->bits };

	png_set_compression_level(png, COMPRESSION_LEVEL);
	png_set_IHDR(png, info, image->width, image->height,
		     image->bits > 8 ? 16 : 8,
		     image->model == IMAGE_RGB ? PNG_COLOR_TYPE_RGB :
						 PNG_COLOR_TYPE_GRAY,
		     PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
		     PNG_FILTER_TYPE_DEFAULT);
	if (has_few_bits(image))
		png_set_sBIT(png, info, &bits);
	png_write_info(png, info);
	if (image->bits > 8 && __BYTE_ORDER == __LITTLE_ENDIAN)
		png_set_swap(png);
}

/* @wide: room for a line, where values become larger. */
static void write_lines(png_structp png, const struct image *image,
			uint16_t *wide)
{
	const struct image_plane *plane = &image->plane[0];
	const uint8_t *line = plane->bytes;
	unsigned int number;

	for (number = 0; number < plane->lines; number++) {
		if (wide) {
			memcpy(wide, line, plane->line_bytes);
			unpack_widen(wide, plane->line_bytes / 2, image->bits);
		}
		png_write_row(png, wide ? (png_const_bytep)wide : line);
		line += plane->stride;
	}
}

/* Nothing here may change between setjmp and longjmp but what @sink points to. */
static bool try_write(png_structp png, png_infop info, struct sink *sink,
		      const struct image *image, uint16_t *wide)
{
	if (setjmp(png_jmpbuf(png)))
		return false;
	png_set_write_fn(png, sink, write_chunk, flush_nothing);
	write_head(png, info, image);
	write_lines(png, image, wide);
	png_write_end(png, info);
	return true;
}

static int write_image(int fd, const struct image *image, uint16_t *wide)
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
	else if (!try_write(png, info, &sink, image, wide) && !sink.err)
		sink.err = -EINVAL;	/* libpng refused the size */
	png_destroy_write_struct(&png, &info);
	return sink.err;
}

int image_png_write(int fd, const struct image *image)
{
	uint16_t *wide = NULL;
	int err;

	if (has_few_bits(image)) {
		wide = malloc(image->plane[0].line_bytes);
		if (!wide)
			return -ENOMEM;
	}
	err = write_image(fd, image, wide);
	free(wide);
	return err;
}
