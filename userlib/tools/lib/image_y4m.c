// SPDX-License-Identifier: MIT
#include "image_y4m.h"
#include "unpack.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define FRAME "FRAME\n"
#define FRAME_BYTES (sizeof(FRAME) - 1)

/* Programs know grey of these depths only. */
static bool is_known_depth(unsigned int bits)
{
	return bits == 8 || bits == 10 || bits == 12 || bits == 16;
}

static const char *colours_of(const struct image *image)
{
	switch (image->model) {
	case IMAGE_YUV444:
		return "444";
	case IMAGE_YUV422:
		return "422";
	case IMAGE_YUV420:
		return "420jpeg";
	default:
		return image->bits == 8	 ? "mono" :
		       image->bits == 10 ? "mono10" :
		       image->bits == 12 ? "mono12" :
					   "mono16";
	}
}

/* 0:0 is a rate that nobody knows. */
size_t image_y4m_head(char head[IMAGE_Y4M_HEAD], const struct image *image,
		      const struct dmaring_format *format)
{
	return snprintf(head, IMAGE_Y4M_HEAD,
			"YUV4MPEG2 W%u H%u F%u:%u Ip A1:1 C%s XCOLORRANGE=%s\n",
			image->width, image->height, format->rate_numerator,
			format->rate_denominator, colours_of(image),
			image->model == IMAGE_GREY ? "FULL" : "LIMITED");
}

size_t image_y4m_bytes(const struct image *image)
{
	size_t bytes = FRAME_BYTES;
	unsigned int number;

	for (number = 0; number < image->planes; number++)
		bytes += image->plane[number].line_bytes *
			 image->plane[number].lines;
	return bytes;
}

static uint8_t *pack_plane(uint8_t *to, const struct image_plane *plane)
{
	const uint8_t *line = plane->bytes;
	unsigned int number;

	for (number = 0; number < plane->lines; number++) {
		memcpy(to, line, plane->line_bytes);
		to += plane->line_bytes;
		line += plane->stride;
	}
	return to;
}

static void widen(uint8_t *bytes, size_t count, unsigned int bits)
{
	uint16_t words[256];
	size_t part;

	for (; count; count -= part, bytes += part) {
		part = count < sizeof(words) ? count : sizeof(words);
		memcpy(words, bytes, part);
		unpack_widen(words, part / 2, bits);
		memcpy(bytes, words, part);
	}
}

void image_y4m_pack(uint8_t *to, const struct image *image)
{
	uint8_t *pixels = to + FRAME_BYTES, *end = pixels;
	unsigned int number;

	memcpy(to, FRAME, FRAME_BYTES);
	for (number = 0; number < image->planes; number++)
		end = pack_plane(end, &image->plane[number]);
	if (!is_known_depth(image->bits))
		widen(pixels, end - pixels, image->bits);
}
