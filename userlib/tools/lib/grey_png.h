/* SPDX-License-Identifier: MIT */
#ifndef GREY_PNG_H
#define GREY_PNG_H

#include <linux/dmaring.h>

/* Writes an image of format GREY, whose lines are read where they are, to @fd.
 * Return: 0 or -errno.
 */
int grey_png_write(int fd, const void *image,
		   const struct dmaring_format *format);

#endif /* GREY_PNG_H */
