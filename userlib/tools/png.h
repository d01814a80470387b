/* SPDX-License-Identifier: MIT */
#ifndef PNG_FILE_H
#define PNG_FILE_H

#include <linux/dmaring.h>

/* Writes an image of format GREY, whose lines are read where they are, to @fd.
 * Return: 0 or -errno.
 */
int png_write_grey(int fd, const void *image,
		   const struct dmaring_format *format);

#endif /* PNG_FILE_H */
