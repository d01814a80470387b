// SPDX-License-Identifier: MIT
#include "image_tiff.h"

#include <err.h>
#include <errno.h>

#ifdef TIFF_SONAME

#include "shared_library.h"
#include "write_all.h"

#include <stdbool.h>
#include <tiffio.h>
#include <unistd.h>

/* Of what a classic file can have; the rest is for its directory. */
#define CLASSIC_BYTES (UINT32_MAX - (1U << 20))

static typeof(TIFFSetErrorHandler) *set_error_handler;
static typeof(TIFFSetWarningHandler) *set_warning_handler;
static typeof(TIFFClientOpen) *client_open;
static typeof(TIFFSetField) *set_field;
static typeof(TIFFDefaultStripSize) *default_strip_size;
static typeof(TIFFWriteScanline) *write_scanline;
static typeof(TIFFFlush) *flush;
static typeof(TIFFClose) *close_file;

static const struct shared_symbol symbols[] = {
	{ "TIFFSetErrorHandler", (void **)&set_error_handler },
	{ "TIFFSetWarningHandler", (void **)&set_warning_handler },
	{ "TIFFClientOpen", (void **)&client_open },
	{ "TIFFSetField", (void **)&set_field },
	{ "TIFFDefaultStripSize", (void **)&default_strip_size },
	{ "TIFFWriteScanline", (void **)&write_scanline },
	{ "TIFFFlush", (void **)&flush },
	{ "TIFFClose", (void **)&close_file },
	{ 0 },
};

int image_tiff_check(void)
{
	return shared_library_load(TIFF_SONAME, symbols,
				   "TIFF files cannot be written") ? 0 : -ENOTSUP;
}

struct sink {
	int fd;
	int err;	/* the first one */
};

static tmsize_t read_nothing(thandle_t client, void *to, tmsize_t bytes)
{
	(void)client;
	(void)to;
	(void)bytes;
	return 0;
}

static tmsize_t write_bytes(thandle_t client, void *from, tmsize_t bytes)
{
	struct sink *sink = client;
	int err = write_all(sink->fd, from, bytes);

	if (err && !sink->err)
		sink->err = err;
	return err ? 0 : bytes;
}

static toff_t seek(thandle_t client, toff_t offset, int whence)
{
	struct sink *sink = client;
	off_t at = lseek(sink->fd, offset, whence);

	if (at < 0 && !sink->err)
		sink->err = -errno;
	return at;
}

static toff_t size_of(thandle_t client)
{
	struct sink *sink = client;
	off_t here = lseek(sink->fd, 0, SEEK_CUR);
	off_t end = lseek(sink->fd, 0, SEEK_END);

	lseek(sink->fd, here, SEEK_SET);
	return end;
}

/* Whoever opened the file closes it. */
static int close_nothing(thandle_t client)
{
	(void)client;
	return 0;
}

static void describe(TIFF *tiff, const struct image *image)
{
	bool colour = image->model == IMAGE_RGB;

	set_field(tiff, TIFFTAG_IMAGEWIDTH, image->width);
	set_field(tiff, TIFFTAG_IMAGELENGTH, image->height);
	set_field(tiff, TIFFTAG_BITSPERSAMPLE, image->bits > 8 ? 16 : 8);
	set_field(tiff, TIFFTAG_SAMPLESPERPIXEL, colour ? 3 : 1);
	set_field(tiff, TIFFTAG_SAMPLEFORMAT, SAMPLEFORMAT_UINT);
	set_field(tiff, TIFFTAG_PHOTOMETRIC,
		  colour ? PHOTOMETRIC_RGB : PHOTOMETRIC_MINISBLACK);
	set_field(tiff, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
	set_field(tiff, TIFFTAG_COMPRESSION, COMPRESSION_NONE);
	set_field(tiff, TIFFTAG_ORIENTATION, ORIENTATION_TOPLEFT);
	set_field(tiff, TIFFTAG_ROWSPERSTRIP, default_strip_size(tiff, 0));
	if (image->bits > 8 && image->bits < 16)
		set_field(tiff, TIFFTAG_MAXSAMPLEVALUE,
			  (1U << image->bits) - 1);
}

static bool write_lines(TIFF *tiff, const struct image *image)
{
	const struct image_plane *plane = &image->plane[0];
	const uint8_t *line = plane->bytes;
	unsigned int number;

	for (number = 0; number < plane->lines; number++) {
		/* It changes only what has to be compressed or swapped. */
		if (write_scanline(tiff, (void *)line, number, 0) < 0)
			return false;
		line += plane->stride;
	}
	return flush(tiff);
}

int image_tiff_write(int fd, const struct image *image)
{
	const struct image_plane *plane = &image->plane[0];
	struct sink sink = { .fd = fd };
	bool large = plane->line_bytes * plane->lines > CLASSIC_BYTES;
	TIFF *tiff;
	bool done;

	/* It prints its complaints unless told otherwise. */
	set_error_handler(NULL);
	set_warning_handler(NULL);
	tiff = client_open("frame", large ? "w8" : "w", &sink, read_nothing,
			   write_bytes, seek, close_nothing, size_of, NULL,
			   NULL);
	if (!tiff)
		return sink.err ? sink.err : -ENOMEM;
	describe(tiff, image);
	done = write_lines(tiff, image);
	close_file(tiff);
	if (!done && !sink.err)
		sink.err = -EINVAL;
	return sink.err;
}

#else /* !TIFF_SONAME */

int image_tiff_check(void)
{
	warnx("TIFF files cannot be written: this program was built without libtiff");
	return -ENOTSUP;
}

int image_tiff_write(int fd, const struct image *image)
{
	(void)fd;
	(void)image;
	return -ENOTSUP;
}

#endif /* TIFF_SONAME */
