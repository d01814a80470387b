// SPDX-License-Identifier: MIT
#include "trace.h"
#include "number.h"
#include "units.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* Looked at for a column: the frame is given back soon, however large it is. */
#define SAMPLES_MAX 256

static const struct rgb colours[] = {
	{ 255, 220, 60 }, { 80, 200, 255 }, { 255, 100, 160 }, { 120, 255, 120 },
	{ 255, 160, 60 }, { 180, 140, 255 }, { 240, 240, 240 }, { 100, 220, 200 },
};

#define COLOURS (sizeof(colours) / sizeof(colours[0]))

static const struct rgb zero_colour = { 70, 70, 70 };

/* Those of a complex number count as two. */
static unsigned int traces_of(const struct trace *trace)
{
	return trace->format->channels * trace->row->components;
}

static double value_at(const struct trace *trace, const uint8_t *frame,
		       uint32_t sample, unsigned int number)
{
	size_t at = (size_t)sample * traces_of(trace) + number;
	int16_t word;
	int32_t longer;
	float real;

	if (trace->row->kind == DMARING_KIND_FLOAT) {
		memcpy(&real, frame + 4 * at, 4);
		return real;
	}
	if (trace->row->storage == 32) {
		memcpy(&longer, frame + 4 * at, 4);
		return longer;
	}
	memcpy(&word, frame + 2 * at, 2);
	return word;
}

struct span {
	double low, high;	/* low > high: there is none */
};

static const struct span no_span = { INFINITY, -INFINITY };

static void widen(struct span *span, double value)
{
	if (!isfinite(value))
		return;
	span->low = fmin(span->low, value);
	span->high = fmax(span->high, value);
}

/* Of the samples that fall on column @x */
static struct span span_at(const struct trace *trace, const uint8_t *frame,
			   unsigned int x, unsigned int width,
			   unsigned int number)
{
	uint32_t begin = trace->first + (uint64_t)trace->count * x / width;
	uint32_t end = trace->first + (uint64_t)trace->count * (x + 1) / width;
	struct span span = no_span;
	uint32_t step;

	/* To the next one, too: so lines hang together. */
	end = end + 1 < trace->samples ? end + 1 : trace->samples;
	step = (end - begin + SAMPLES_MAX - 1) / SAMPLES_MAX;
	for (; begin < end; begin += step)
		widen(&span, value_at(trace, frame, begin, number));
	return span;
}

static struct span whole_span(const struct trace *trace, const uint8_t *frame,
			      unsigned int width)
{
	struct span span = no_span, part;
	unsigned int x, number;

	for (number = 0; number < traces_of(trace); number++)
		for (x = 0; x < width; x++) {
			part = span_at(trace, frame, x, width, number);
			widen(&span, part.low);
			widen(&span, part.high);
		}
	if (span.low > span.high)
		return (struct span){ -1, 1 };
	if (span.low == span.high)
		return (struct span){ span.low - 1, span.high + 1 };
	return span;
}

static struct span full_span(const struct trace *trace)
{
	double most = trace->row->kind == DMARING_KIND_FLOAT ?
			      1 : ldexp(1, trace->row->bits - 1);

	return (struct span){ -most, most };
}

static unsigned int line_of(const struct trace *trace,
			    const struct picture *picture, double value)
{
	double part = (trace->high - value) / (trace->high - trace->low);
	double line = floor(part * picture->height);

	return line < 0 ? 0 : line >= picture->height ? picture->height - 1 : line;
}

static void draw_span(const struct trace *trace, struct picture *picture,
		      unsigned int x, struct span span, struct rgb colour)
{
	unsigned int line, last;

	if (span.low > span.high)
		return;
	line = line_of(trace, picture, span.high);
	last = line_of(trace, picture, span.low);
	for (; line <= last; line++)
		picture->pixels[(size_t)line * picture->width + x] = colour;
}

static void draw_all(const struct trace *trace, struct picture *picture,
		     const uint8_t *frame)
{
	const struct span zero = { 0, 0 };
	unsigned int x, number;

	for (x = 0; x < picture->width; x++)
		if (trace->low <= 0 && trace->high >= 0)
			draw_span(trace, picture, x, zero, zero_colour);
	for (number = 0; number < traces_of(trace); number++)
		for (x = 0; x < picture->width; x++)
			draw_span(trace, picture, x,
				  span_at(trace, frame, x, picture->width,
					  number),
				  colours[number % COLOURS]);
}

void trace_draw(struct trace *trace, struct picture *picture,
		const struct dmaring_format *format,
		const struct dmaring_format_row *row, const void *frame,
		size_t bytes, const struct zoom *zoom, bool full, double gain)
{
	struct region region = zoom_region(zoom, format->width, 1);
	struct span span;
	double middle, half;

	*trace = (struct trace){
		.format = format, .row = row, .first = region.x,
		.count = region.width,
	};
	trace->samples = bytes / (traces_of(trace) * row->storage / 8);
	if (trace->samples > format->width)
		trace->samples = format->width;
	span = full ? full_span(trace) :
		      whole_span(trace, frame, picture->width);
	middle = (span.low + span.high) / 2;
	half = (span.high - span.low) / 2 / gain;
	trace->low = middle - half;
	trace->high = middle + half;
	memset(picture->pixels, 0, (size_t)picture->width * picture->height *
				   sizeof(*picture->pixels));
	draw_all(trace, picture, frame);
}

/* When a sample is, or its number where nobody knows the rate; returns @text. */
static const char *name_time(char text[UNITS_TEXT], const struct trace *trace,
			     uint32_t sample)
{
	const struct dmaring_format *format = trace->format;
	double seconds;

	if (!format->rate_numerator || !format->rate_denominator) {
		snprintf(text, UNITS_TEXT, "%u", sample);
		return text;
	}
	seconds = (double)sample * format->rate_denominator /
		  format->rate_numerator;
	if (!sample)
		return "0 s";
	return units_ns(text, seconds * NS_PER_SECOND);
}

const char *trace_axis(char text[TRACE_AXIS], const struct trace *trace,
		       unsigned int columns)
{
	char begin[UNITS_TEXT], end[UNITS_TEXT], values[UNITS_TEXT];
	const char *left = name_time(begin, trace, trace->first);
	const char *right = name_time(end, trace, trace->first + trace->count);
	int gap;

	snprintf(values, sizeof(values), "%.5g .. %.5g", trace->low, trace->high);
	if (columns >= TRACE_AXIS)
		columns = TRACE_AXIS - 1;
	gap = (int)(columns - strlen(left) - strlen(right) - strlen(values)) / 2;
	gap = gap > 2 ? gap : 2;
	snprintf(text, TRACE_AXIS, "%s%*s%s%*s%s", left, gap, "", values, gap,
		 "", right);
	text[columns] = '\0';
	return text;
}
