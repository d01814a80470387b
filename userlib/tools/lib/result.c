// SPDX-License-Identifier: MIT
#include "result.h"
#include "clock.h"
#include "json.h"
#include "units.h"

#include <inttypes.h>
#include <stdio.h>

void result_begin(struct result *result, const char *device, bool verified)
{
	*result = (struct result){
		.device = device,
		.start_ns = clock_ns(),
		.verified = verified,
	};
}

/* A card may take the time by its own clock, a little ahead of ours. */
static uint64_t age(uint64_t now_ns, uint64_t timestamp_ns)
{
	return now_ns > timestamp_ns ? now_ns - timestamp_ns : 0;
}

void result_add(struct result *result, const struct dmaring_frame *frame)
{
	uint64_t now_ns = clock_ns();
	struct dmaring_loss loss;

	if (result->frames) {
		dmaring_loss_between(&result->last, frame, &loss);
		result->loss.overruns += loss.overruns;
		result->loss.drops += loss.drops;
	}
	result->last = *frame;
	result->frames++;
	result->bytes += frame->bytes_used;
	if (frame->flags & DMARING_FRAME_ERROR)
		result->damaged++;
	if (frame->flags & DMARING_FRAME_DISCONTINUITY)
		result->discontinuities++;
	latency_add(&result->latency, age(now_ns, frame->timestamp_ns));
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

static double seconds_of(const struct result *result)
{
	return (double)result->elapsed_ns / NS_PER_SECOND;
}

static double per_second(const struct result *result, uint64_t amount)
{
	return result->elapsed_ns ? amount / seconds_of(result) : 0;
}

static void print_latency(const struct latency *latency)
{
	char min[UNITS_TEXT], median[UNITS_TEXT], max[UNITS_TEXT];

	printf("latency    min %s, median %s, max %s\n",
	       units_ns(min, latency->min_ns),
	       units_ns(median, latency_median(latency)),
	       units_ns(max, latency->max_ns));
}

void result_print(const struct result *result)
{
	printf("frames     %" PRIu64 " in %.3f s%s\n", result->frames,
	       seconds_of(result), result->complete ? "" : " (incomplete)");
	printf("rate       %.2f frames/s, %.3f MB/s\n",
	       per_second(result, result->frames),
	       per_second(result, result->bytes) / 1e6);
	printf("lost       %" PRIu64 " (%" PRIu64 " overruns, %" PRIu64
	       " drops)\n", result_lost(result),
	       (uint64_t)result->loss.overruns, (uint64_t)result->loss.drops);
	if (result->verified)
		printf("corrupt    %" PRIu64 "\n", result->corrupt);
	else
		printf("corrupt    not verified\n");
	if (result->damaged)
		printf("damaged    %" PRIu64 ", says the card\n",
		       result->damaged);
	if (result->discontinuities)
		printf("gaps       %" PRIu64 " of unknown length\n",
		       result->discontinuities);
	if (result->frames)
		print_latency(&result->latency);
}

static void print_latency_json(struct json *json, const struct latency *latency)
{
	json_open(json, "latency_ns", '{');
	if (latency->count) {
		json_number(json, "min", latency->min_ns);
		json_number(json, "median", latency_median(latency));
		json_number(json, "max", latency->max_ns);
	} else {
		json_null(json, "min");
		json_null(json, "median");
		json_null(json, "max");
	}
	json_close(json, '}');
}

void result_print_json(const struct result *result)
{
	struct json json = { .out = stdout };

	json_open(&json, NULL, '{');
	json_string(&json, "device", result->device);
	json_number(&json, "frames", result->frames);
	json_real(&json, "seconds", seconds_of(result));
	json_real(&json, "frames_per_second",
		  per_second(result, result->frames));
	json_number(&json, "bytes", result->bytes);
	json_number(&json, "lost", result_lost(result));
	json_number(&json, "overruns", result->loss.overruns);
	json_number(&json, "drops", result->loss.drops);
	if (result->verified)
		json_number(&json, "corrupt", result->corrupt);
	else
		json_null(&json, "corrupt");
	json_number(&json, "damaged", result->damaged);
	json_number(&json, "discontinuities", result->discontinuities);
	print_latency_json(&json, &result->latency);
	json_bool(&json, "complete", result->complete);
	json_close(&json, '}');
	putchar('\n');
}
