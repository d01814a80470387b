/* SPDX-License-Identifier: MIT */
/* Samples drawn as a trace over time, one colour for each channel. */
#ifndef TRACE_H
#define TRACE_H

#include "picture.h"

#include <stdbool.h>

struct trace {
	const struct dmaring_format *format;
	const struct dmaring_format_row *row;
	uint32_t samples;	/* of each channel that are there */
	uint32_t first, count;	/* those that are shown */
	double low, high;	/* of these */
};

#define TRACE_AXIS 160

/* Draws what is there of the first @bytes of a frame.  @full: from the least value that
 * can be to the most, else as large as it can be.
 */
void trace_draw(struct trace *trace, struct picture *picture,
		const struct dmaring_format *format,
		const struct dmaring_format_row *row, const void *frame,
		size_t bytes, const struct zoom *zoom, bool full, double gain);

/* From when to when, and from which value to which; at most @columns characters;
 * returns @text.
 */
const char *trace_axis(char text[TRACE_AXIS], const struct trace *trace,
		       unsigned int columns);

#endif /* TRACE_H */
