/* SPDX-License-Identifier: MIT */
#ifndef FORMAT_H
#define FORMAT_H

#include <dmaring/format.h>

/* The row of a format that the library can describe: known, and whole lines.
 * Return: NULL if it cannot be @what, all said.
 */
const struct dmaring_format_row *format_row(const struct dmaring_format *format,
					    const char *what);

/* The same, but only of pixels. */
const struct dmaring_format_row *format_pixels(const struct dmaring_format *format,
					       const char *what);

#endif /* FORMAT_H */
