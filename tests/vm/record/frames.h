/* SPDX-License-Identifier: MIT */
/* Are the frames of a recording those that the source has made? */
#ifndef FRAMES_H
#define FRAMES_H

#include <libdmaring-record.h>
#include "stream.h"

/* Each frame that the index has is whole, and so many are missing as it says.
 * Return: how many there are.
 */
static inline uint64_t frames_check(const char *path)
{
	struct dmaring_recording *recording;
	const struct dmaring_record *is, *before = NULL;
	const struct dmaring_format *format;
	uint64_t frames, i;

	REQUIRE_EQ(dmaring_recording_open(path, &recording), 0);
	frames = dmaring_recording_frames(recording);
	format = dmaring_recording_format(recording);
	for (i = 0; i < frames; i++, before = is) {
		const void *data = dmaring_recording_data(recording, i);

		is = dmaring_recording_record(recording, i);
		REQUIRE(is && data);
		CHECK_EQ(dmaring_pattern_check_frame(data, is->frame.hw_meta, format,
						     is->frame.sequence, is->frame.bytes_used),
			 format->frame_bytes);
		/* Nobody knows what was lost while nobody recorded. */
		if (before && is->position != DMARING_RECORD_ALIGN)
			CHECK_EQ(is->overruns + is->drops + is->skipped,
				 is->frame.sequence - before->frame.sequence - 1);
	}
	dmaring_recording_close(recording);
	return frames;
}

#endif /* FRAMES_H */
