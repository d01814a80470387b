// SPDX-License-Identifier: MIT
#include "frame_range.h"

#include <err.h>
#include <errno.h>
#include <inttypes.h>

int frame_range_choose(struct frame_range *range, const struct options *options,
		       const struct dmaring_recording *recording)
{
	uint64_t frames = dmaring_recording_frames(recording);

	range->first = options->first;
	if (range->first > frames) {
		warnx("%s: it has %" PRIu64 " frames, none from %" PRIu64 " on",
		      options->operands[0], frames, range->first);
		return -EINVAL;
	}
	range->count = frames - range->first;
	if (options->frames && options->frames < range->count)
		range->count = options->frames;
	return 0;
}
