// SPDX-License-Identifier: LGPL-2.1-or-later
#include "timing.h"

#include <time.h>

/* A look at both clocks at once is good if it takes no longer. */
#define CLOSE_ENOUGH	(20 * GST_USECOND)
#define ATTEMPTS	4

static GstClockTime monotonic_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return GST_TIMESPEC_TO_TIME(now);
}

/* Not one that only has its interface, as a sound card's. */
static gboolean is_monotonic(GstClock *clock)
{
	GstClockType type;

	if (G_OBJECT_TYPE(clock) != GST_TYPE_SYSTEM_CLOCK)
		return FALSE;
	g_object_get(clock, "clock-type", &type, NULL);
	return type == GST_CLOCK_TYPE_MONOTONIC;
}

/* It may be made to follow another clock. */
static GstClockTime adjusted(GstClock *clock, GstClockTime then)
{
	GstClockTime internal, external, rate, per;

	/* gst_clock_adjust_unlocked() never goes back, and moves the clock itself. */
	gst_clock_get_calibration(clock, &internal, &external, &rate, &per);
	return gst_clock_adjust_with_calibration(clock, then, internal, external, rate, per);
}

/*
 * What it said then, supposing that it ran as fast as ours since.  Between two looks at
 * two clocks the thread may have had to wait: the closest of some.
 */
static GstClockTime by_difference(GstClock *clock, GstClockTime then)
{
	GstClockTime least = GST_CLOCK_TIME_NONE, time = 0;
	guint i;

	for (i = 0; i < ATTEMPTS && least > CLOSE_ENOUGH; i++) {
		GstClockTime before = monotonic_now();
		GstClockTime theirs = gst_clock_get_time(clock);
		GstClockTime took = monotonic_now() - before;

		if (took >= least)
			continue;
		least = took;
		time = theirs + then - (before + took / 2);
	}
	return time;
}

GstClockTime timing_running_time(GstElement *element, guint64 monotonic_ns)
{
	GstClockTime base = gst_element_get_base_time(element);
	GstClock *clock = gst_element_get_clock(element);
	GstClockTime time;

	if (!clock)
		return GST_CLOCK_TIME_NONE;
	time = is_monotonic(clock) ? adjusted(clock, monotonic_ns) :
				     by_difference(clock, monotonic_ns);
	gst_object_unref(clock);
	/* A card's own time can be of before it was started. */
	return GST_CLOCK_DIFF(base, time) > 0 ? time - base : 0;
}
