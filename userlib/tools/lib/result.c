// SPDX-License-Identifier: MIT
#include "result.h"
#include "clock.h"
#include "line.h"
#include "units.h"

#include <err.h>
#include <inttypes.h>
#include <stdio.h>

void result_begin(struct result *result, const char *device,
		  uint32_t frame_bytes, bool verified)
{
	uint64_t now_ns = clock_ns();

	*result = (struct result){
		.device = device,
		.frame_bytes = frame_bytes,
		.start_ns = now_ns,
		.heard_ns = now_ns,
		.verified = verified,
	};
}

/* A card may take the time by its own clock, a little ahead of ours. */
static uint64_t age(uint64_t now_ns, uint64_t timestamp_ns)
{
	return now_ns > timestamp_ns ? now_ns - timestamp_ns : 0;
}

static void add_loss(struct result *result, const struct dmaring_frame *frame)
{
	struct dmaring_loss loss;

	dmaring_loss_between(&result->last, frame, &loss);
	result->loss.overruns += loss.overruns;
	result->loss.drops += loss.drops;
	if (frame->flags & DMARING_FRAME_DISCONTINUITY)
		result->discontinuities++;
}

void result_add(struct result *result, const struct dmaring_frame *frame)
{
	if (result->frames)
		add_loss(result, frame);
	else
		result->first = *frame;
	result->last = *frame;
	result->heard_ns = clock_ns();
	result->frames++;
	result->bytes += frame->bytes_used;
	if (frame->flags & DMARING_FRAME_ERROR)
		result->damaged++;
	if (frame->flags & DMARING_FRAME_TRUNCATED)
		result->truncated++;
	else if (frame->bytes_used < result->frame_bytes)
		result->short_ones++;
	latency_add(&result->latency, age(result->heard_ns, frame->timestamp_ns));
}

void result_end(struct result *result, bool complete)
{
	result->elapsed_ns = clock_ns() - result->start_ns;
	result->complete = complete;
}

uint64_t result_lost(const struct result *result)
{
	return result->loss.overruns + result->loss.drops;
}

/* The counters begin with START and go on after the last frame: they can only
 * have more losses than lie between the first frame and the last.
 */
bool result_agrees(const struct result *result,
		   const struct dmaring_stats *stats)
{
	return stats->consumer_delivered == result->frames &&
	       stats->consumer_overruns >= result->loss.overruns &&
	       stats->consumer_dropped >= result->loss.drops;
}

/* @amount came after the first time stamp, until the last one. */
static double per_second(const struct result *result, uint64_t amount)
{
	uint64_t from_ns = result->first.timestamp_ns;
	uint64_t to_ns = result->last.timestamp_ns;

	return to_ns > from_ns ? amount * (double)NS_PER_SECOND / (to_ns - from_ns) : 0;
}

double result_rate(const struct result *result)
{
	return result->frames ? per_second(result, result->frames - 1) : 0;
}

double result_byte_rate(const struct result *result)
{
	return per_second(result, result->bytes - result->first.bytes_used);
}

static void add_fault(struct line *line, uint64_t count, const char *what)
{
	if (count)
		line_add(line, "%s%" PRIu64 " %s", line->used ? ", " : "",
			 count, what);
}

bool result_faulty(const struct result *result, bool recorded, bool strict)
{
	struct line line = { 0 };

	add_fault(&line, result->corrupt, "corrupt");
	if (recorded || strict) {
		add_fault(&line, result->damaged, "damaged");
		add_fault(&line, result->truncated, "truncated");
		add_fault(&line, result->short_ones, "short");
		add_fault(&line, result->skipped, "not written");
	}
	if (strict) {
		add_fault(&line, result_lost(result), "lost");
		add_fault(&line, result->discontinuities,
			  "times an unknown number lost");
	}
	if (line.used)
		warnx("%s: not all frames are good: %s", result->device, line.text);
	else if (strict && !result->frames)
		warnx("%s: no frame came", result->device);
	return line.used || (strict && !result->frames);
}

#define SILENCE_NS (2 * NS_PER_SECOND)

const char *result_silence(char text[RESULT_SILENCE], const struct result *result)
{
	uint64_t silence_ns = clock_ns() - result->heard_ns;
	char time[UNITS_TEXT];

	text[0] = '\0';
	if (silence_ns >= SILENCE_NS)
		snprintf(text, RESULT_SILENCE, "no frame for %s",
			 units_duration(time, silence_ns));
	return text;
}
