// SPDX-License-Identifier: MIT
#include "converter.h"
#include "format.h"
#include "unpack.h"

#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* What vector instructions like; the same for lines. */
#define ALIGNMENT 64

static size_t align(size_t bytes)
{
	return (bytes + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
}

static uint8_t *allocate(size_t bytes)
{
	return aligned_alloc(ALIGNMENT, align(bytes));
}

static bool is_mosaic(const struct converter *converter)
{
	return converter->row->kind == DMARING_KIND_BAYER;
}

/* ------------------------------------------------------------- what it will make */

static enum image_model model_of(const struct dmaring_format_row *row,
				 enum converter_target target)
{
	if (row->kind == DMARING_KIND_GREY)
		return IMAGE_GREY;
	if (target == CONVERTER_PICTURE)
		return IMAGE_RGB;
	if (row->kind != DMARING_KIND_YUV)
		return IMAGE_YUV444;
	return row->order == DMARING_ORDER_NV12 ? IMAGE_YUV420 : IMAGE_YUV422;
}

static unsigned int bits_of(const struct dmaring_format_row *row,
			    enum image_model model)
{
	if (row->bits == 8 || model >= IMAGE_YUV444)
		return 8;
	return row->kind == DMARING_KIND_BAYER ? 16 : row->bits;
}

static bool needs_swscale(const struct converter *converter)
{
	return is_mosaic(converter) || converter->image.model >= IMAGE_YUV444 ||
	       converter->row->kind == DMARING_KIND_YUV;
}

/* The frame's lines are those of the image. */
static bool is_direct(const struct converter *converter)
{
	const struct dmaring_format_row *row = converter->row;

	return !needs_swscale(converter) && row->order != DMARING_ORDER_BGR &&
	       row->bits == row->storage && row->storage % 8 == 0 &&
	       converter->format.bytes_per_line % (row->storage / 8) == 0;
}

static void describe_plane(struct image *image, unsigned int number,
			   unsigned int width, unsigned int lines)
{
	unsigned int components = image->model == IMAGE_RGB ? 3 : 1;

	image->plane[number] = (struct image_plane){
		.line_bytes = (size_t)width * components *
			      (image->bits > 8 ? 2 : 1),
		.lines = lines,
	};
}

static void describe(struct image *image)
{
	bool half_width = image->model >= IMAGE_YUV422;
	bool half_height = image->model == IMAGE_YUV420;
	unsigned int number;

	image->planes = image->model >= IMAGE_YUV444 ? 3 : 1;
	describe_plane(image, 0, image->width, image->height);
	for (number = 1; number < image->planes; number++)
		describe_plane(image, number, image->width >> half_width,
			       image->height >> half_height);
}

/* -------------------------------------------------------------- where it makes it */

static unsigned int even(unsigned int number)
{
	return number + (number & 1);
}

/* libswscale takes a mosaic in pairs of pixels, and of lines at its edges. */
static void choose_stage(struct converter *converter)
{
	const struct image *image = &converter->image;
	bool mosaic = is_mosaic(converter);
	size_t bytes = converter->row->storage > 8 ? 2 : 1;

	converter->staged_width = mosaic ? even(image->width) : image->width;
	converter->staged_height = mosaic && image->height < 2 ? 2 :
							 image->height;
	converter->stride = align(converter->staged_width * bytes *
				  converter->row->components) + SWSCALE_SLACK;
}

/* With the second plane of NV12, and a line that is only read past the end. */
static int allocate_stage(struct converter *converter)
{
	unsigned int lines = converter->staged_height;
	size_t bytes;

	if (converter->row->order == DMARING_ORDER_NV12)
		lines += lines / 2;
	bytes = converter->stride * (lines + 1ULL);
	converter->staged = allocate(bytes);
	if (!converter->staged)
		return -ENOMEM;
	memset(converter->staged, 0, bytes);
	return 0;
}

/* Its planes have room for what is staged, which can be more than the image has. */
static int allocate_out(struct converter *converter)
{
	size_t extra = 6 * (converter->staged_width - converter->image.width);
	size_t lines = converter->staged_height - converter->image.height + 1;
	struct image *image = &converter->image;
	size_t bytes = 0, offset[IMAGE_PLANES];
	unsigned int number;

	for (number = 0; number < image->planes; number++) {
		struct image_plane *plane = &image->plane[number];

		plane->stride = align(plane->line_bytes + extra) + SWSCALE_SLACK;
		offset[number] = bytes;
		bytes += plane->stride * (plane->lines + lines);
	}
	converter->out = allocate(bytes);
	if (!converter->out)
		return -ENOMEM;
	memset(converter->out, 0, bytes);
	for (number = 0; number < image->planes; number++)
		image->plane[number].bytes = converter->out + offset[number];
	return 0;
}

static int prepare(struct converter *converter)
{
	struct image_plane *plane = &converter->image.plane[0];
	int err;

	if (is_direct(converter)) {
		plane->stride = converter->format.bytes_per_line;
		return 0;
	}
	choose_stage(converter);
	if (needs_swscale(converter)) {
		err = swscale_open(&converter->swscale, converter->row,
				   converter->staged_width,
				   converter->staged_height,
				   converter->image.model,
				   converter->image.bits);
		if (err)
			return err;
		err = allocate_out(converter);
		if (err)
			return err;
	}
	err = allocate_stage(converter);
	if (!err && !converter->out) {
		plane->stride = converter->stride;
		plane->bytes = converter->staged;
	}
	return err;
}

int converter_open(struct converter *converter,
		   const struct dmaring_format *format,
		   enum converter_target target)
{
	int err;

	*converter = CONVERTER_NONE;
	converter->row = format_pixels(format, "images");
	if (!converter->row)
		return -EINVAL;
	converter->format = *format;
	converter->image.model = model_of(converter->row, target);
	converter->image.width = format->width;
	converter->image.height = format->height;
	converter->image.bits = bits_of(converter->row, converter->image.model);
	describe(&converter->image);
	err = prepare(converter);
	if (err == -ENOMEM)
		warnx("no memory for an image of %ux%u", format->width,
		      format->height);
	if (err)
		converter_close(converter);
	return err;
}

void converter_close(struct converter *converter)
{
	swscale_close(&converter->swscale);
	free(converter->staged);
	free(converter->out);
	*converter = CONVERTER_NONE;
}

/* ------------------------------------------------------------------ how it does it */

static void swap(uint8_t *restrict to, const uint8_t *restrict from,
		 unsigned int width)
{
	unsigned int i;

	for (i = 0; i < width; i++) {
		to[3 * i] = from[3 * i + 2];
		to[3 * i + 1] = from[3 * i + 1];
		to[3 * i + 2] = from[3 * i];
	}
}

static void stage_words(const struct converter *converter, uint16_t *to,
			const uint8_t *from)
{
	const struct dmaring_format_row *row = converter->row;
	unsigned int width = converter->format.width;

	if (row->storage == 10)
		unpack_10(to, from, width);
	else if (row->storage == 12)
		unpack_12(to, from, width);
	else
		unpack_words(to, from, width, (1U << row->bits) - 1);
	if (is_mosaic(converter) && row->bits < 16)
		unpack_widen(to, width, row->bits);
	if (converter->staged_width > width)
		to[width] = to[width < 2 ? 0 : width - 2];
}

static void stage_bytes(const struct converter *converter, uint8_t *to,
			const uint8_t *from)
{
	unsigned int width = converter->format.width;

	if (converter->row->order == DMARING_ORDER_BGR &&
	    !converter->swscale.context)
		swap(to, from, width);
	else
		memcpy(to, from, (size_t)width * converter->row->components);
	if (converter->staged_width > width)
		to[width] = to[width < 2 ? 0 : width - 2];
}

static void stage(const struct converter *converter, const uint8_t *from)
{
	unsigned int lines = converter->format.height, line;
	uint8_t *to = converter->staged;

	if (converter->row->order == DMARING_ORDER_NV12)
		lines += lines / 2;
	for (line = 0; line < lines; line++) {
		if (converter->row->storage > 8)
			stage_words(converter, (uint16_t *)to, from);
		else
			stage_bytes(converter, to, from);
		from += converter->format.bytes_per_line;
		to += converter->stride;
	}
	if (converter->staged_height > lines)
		memcpy(to, to - converter->stride, converter->stride);
}

bool converter_refuses(const struct converter *converter,
		       const struct dmaring_frame *frame)
{
	const struct dmaring_format *format = &converter->format;
	uint64_t bytes = dmaring_format_frame_bytes(converter->row,
						    format->bytes_per_line,
						    format->height);

	if (frame->bytes_used >= bytes)
		return false;
	warnx("frame %" PRIu64 " is not written: it has %u bytes, an image of %ux%u needs %"
	      PRIu64 "; --format raw writes any", (uint64_t)frame->sequence,
	      frame->bytes_used, format->width, format->height, bytes);
	return true;
}

const struct image *converter_image(struct converter *converter,
				    const void *frame)
{
	struct image *image = &converter->image;
	const uint8_t *from[2];
	int strides[2] = { converter->stride, converter->stride };

	if (!converter->staged) {
		image->plane[0].bytes = frame;
		return image;
	}
	stage(converter, frame);
	if (!converter->out)
		return image;
	from[0] = converter->staged;
	from[1] = from[0] + converter->stride * converter->format.height;
	if (swscale_convert(&converter->swscale, from, strides, image))
		return NULL;
	return image;
}
