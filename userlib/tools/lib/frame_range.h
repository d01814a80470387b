/* SPDX-License-Identifier: MIT */
#ifndef FRAME_RANGE_H
#define FRAME_RANGE_H

#include "options.h"

#include <libdmaring-record.h>

/** struct frame_range - those frames of a recording that are wanted, by number */
struct frame_range {
	uint64_t first;
	uint64_t count;
};

/* All from --first on, or so many of them.
 * Return: 0; -EINVAL when there are none from there on, which is said.
 */
int frame_range_choose(struct frame_range *range, const struct options *options,
		       const struct dmaring_recording *recording);

#endif /* FRAME_RANGE_H */
