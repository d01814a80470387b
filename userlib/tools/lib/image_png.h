/* SPDX-License-Identifier: MIT */
#ifndef IMAGE_PNG_H
#define IMAGE_PNG_H

#include "image.h"

/* Writes a grey or RGB image to @fd.  Values of 10 to 14 bits become values of 16,
 * and a chunk (sBIT) tells how many they had.
 * Return: 0 or -errno.
 */
int image_png_write(int fd, const struct image *image);

#endif /* IMAGE_PNG_H */
