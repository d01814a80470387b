/* SPDX-License-Identifier: MIT */
#ifndef VERIFY_H
#define VERIFY_H

#include <linux/dmaring.h>
#include <stdbool.h>

/* Compares a frame of a stream with DMARING_CAP_TEST_PATTERN with what the
 * sensor must have sent.  Says what is wrong if @say_it.
 */
bool verify_frame(const struct dmaring_frame *frame, const void *data,
		  const struct dmaring_format *format, bool say_it);

#endif /* VERIFY_H */
