/* SPDX-License-Identifier: MIT */
#ifndef FORMAT_H
#define FORMAT_H

#include <linux/dmaring.h>
#include <stdbool.h>

/* Are the frames images of grey bytes, line by line?  If not, says that they
 * cannot be @what.
 */
bool format_grey(const struct dmaring_format *format, const char *what);

#endif /* FORMAT_H */
