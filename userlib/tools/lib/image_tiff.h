/* SPDX-License-Identifier: MIT */
#ifndef IMAGE_TIFF_H
#define IMAGE_TIFF_H

#include "image.h"

/* Can TIFF files be written here?  Return: 0, or -ENOTSUP, all said. */
int image_tiff_check(void);

/* Writes a grey or RGB image, uncompressed, values as they are, to @fd.
 * Return: 0 or -errno.
 */
int image_tiff_write(int fd, const struct image *image);

#endif /* IMAGE_TIFF_H */
