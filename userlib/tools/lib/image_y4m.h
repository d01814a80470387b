/* SPDX-License-Identifier: MIT */
/* Images in a row as video: YUV4MPEG2, which players and encoders read from a pipe. */
#ifndef IMAGE_Y4M_H
#define IMAGE_Y4M_H

#include "image.h"

#include <linux/dmaring.h>

#define IMAGE_Y4M_HEAD 128

/* What comes before all images; @format has their rate.  Return: its bytes. */
size_t image_y4m_head(char head[IMAGE_Y4M_HEAD], const struct image *image,
		      const struct dmaring_format *format);

/* Of each image */
size_t image_y4m_bytes(const struct image *image);

/* @to: room for all of these. */
void image_y4m_pack(uint8_t *to, const struct image *image);

#endif /* IMAGE_Y4M_H */
