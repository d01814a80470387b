/* SPDX-License-Identifier: MIT */
/* A whole frame as files of pictures and video have it: in planes of whole bytes. */
#ifndef IMAGE_H
#define IMAGE_H

#include <stddef.h>
#include <stdint.h>

enum image_model {
	IMAGE_GREY,
	IMAGE_RGB,		/* one plane: red, green, blue */
	IMAGE_YUV444,		/* three planes: brightness, blue, red */
	IMAGE_YUV422,
	IMAGE_YUV420,
};

#define IMAGE_PLANES 3

struct image_plane {
	const uint8_t *bytes;
	size_t stride;		/* from a line to the next */
	size_t line_bytes;	/* of pixels */
	unsigned int lines;
};

struct image {
	enum image_model model;
	unsigned int width, height;
	unsigned int bits;	/* of a component; more than 8 are in 16, as in memory */
	unsigned int planes;
	struct image_plane plane[IMAGE_PLANES];
};

#endif /* IMAGE_H */
