/* SPDX-License-Identifier: MIT */
#ifndef IMAGE_PNM_H
#define IMAGE_PNM_H

#include "image.h"

/* Writes a grey image as PGM, an RGB one as PPM, to @fd; values as they are, the high
 * byte first.  Return: 0 or -errno.
 */
int image_pnm_write(int fd, const struct image *image);

#endif /* IMAGE_PNM_H */
