// SPDX-License-Identifier: MIT
#include "look.h"
#include "../lib/number.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void look_say(char *text, const char *format, ...)
{
	size_t used = strlen(text);
	va_list values;

	va_start(values, format);
	vsnprintf(text + used, FINDING_TEXT - used, format, values);
	va_end(values);
}

double look_rate(const struct evidence *facts)
{
	uint64_t period_ns = evidence_period_ns(facts);

	return facts->rate > 0 ? facts->rate :
	       period_ns ? (double)NS_PER_SECOND / period_ns : 0;
}

uint64_t look_frames(const struct evidence *facts, uint64_t ns)
{
	double frames = look_rate(facts) * ns / NS_PER_SECOND;

	return (uint64_t)frames + (frames > (uint64_t)frames);
}

/* An eighth more, and two for the card's hands. */
uint64_t look_margin(uint64_t buffers)
{
	return buffers + (buffers + 7) / 8 + 2;
}

const char *look_mib(char text[UNITS_TEXT], double bytes)
{
	snprintf(text, UNITS_TEXT, bytes < 1 << 20 ? "%.1f KiB" : "%.1f MiB",
		 bytes / (bytes < 1 << 20 ? 1 << 10 : 1 << 20));
	return text;
}

uint32_t look_quarter(const struct evidence *facts)
{
	return facts->buffers / 4 ? facts->buffers / 4 : 1;
}

const char *look_driver(const struct evidence *facts)
{
	return facts->driver[0] ? facts->driver : "DRIVER";
}

void look_change_buffers(const struct look *look, uint64_t buffers)
{
	if (buffers > DMARING_BUFFERS_MAX) {
		CHANGE(look, "%" PRIu64 " buffers, of which a pool can have %u",
		       buffers, DMARING_BUFFERS_MAX);
		return;
	}
	CHANGE(look, "modprobe %s buffers=%" PRIu64, look_driver(look->facts), buffers);
	if (look->facts->frame_bytes && buffers > look->facts->buffers) {
		char text[UNITS_TEXT];

		CHANGE(look, " (%s more memory)",
		       look_mib(text, (buffers - look->facts->buffers) *
				      look->facts->frame_bytes));
	}
}

void look_tell_hog(const struct look *look, uint32_t least_percent)
{
	const struct evidence *facts = look->facts;

	if (facts->rt_hog[0] && facts->rt_hog_percent >= least_percent)
		EVIDENCE(look, "; %s, which has real-time priority, ran for %u %% of the time",
			 facts->rt_hog, facts->rt_hog_percent);
}

void look_tell_throttling(const struct look *look)
{
	if (look->facts->rt_runtime_us >= 0)
		EVIDENCE(look, "; real-time threads are throttled after %" PRId64 " us of a period",
			 look->facts->rt_runtime_us);
}
