/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A format's rate in GStreamer's integers, which have a sign.  dmaringsrc uses it, too. */
#ifndef GSTREAMER_RATE_H
#define GSTREAMER_RATE_H

#include <linux/dmaring.h>
#include <stdint.h>

/* Samples a second; 0: no whole number, or more than there is room for. */
static inline int32_t gstreamer_sample_rate(const struct dmaring_format *format)
{
	__u32 per = format->rate_denominator;

	if (!per || format->rate_numerator % per || format->rate_numerator / per > INT32_MAX)
		return 0;
	return format->rate_numerator / per;
}

/* Frames a second; 0/1 is not fixed.  What has no room is halved. */
static inline void gstreamer_frame_rate(const struct dmaring_format *format,
					int32_t *numerator, int32_t *denominator)
{
	__u32 rate = format->rate_denominator ? format->rate_numerator : 0;
	__u32 per = rate ? format->rate_denominator : 1;

	if (rate > INT32_MAX || per > INT32_MAX) {
		rate = rate / 2 ?: 1;
		per = per / 2 ?: 1;
	}
	*numerator = rate;
	*denominator = per;
}

#endif /* GSTREAMER_RATE_H */
