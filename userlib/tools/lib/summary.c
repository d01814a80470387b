// SPDX-License-Identifier: MIT
#include "summary.h"
#include "json.h"
#include "number.h"
#include "units.h"

#include <inttypes.h>
#include <stdio.h>

static double seconds_of(const struct result *result)
{
	return (double)result->elapsed_ns / NS_PER_SECOND;
}

static void print_latency(FILE *out, const struct latency *latency)
{
	char min[UNITS_TEXT], median[UNITS_TEXT], max[UNITS_TEXT];

	fprintf(out, "latency    min %s, median %s, max %s\n",
		units_ns(min, latency->min_ns),
		units_ns(median, latency_median(latency)),
		units_ns(max, latency->max_ns));
}

static void print_rate(FILE *out, const struct result *result)
{
	if (result_rate(result) > 0)
		fprintf(out, "rate       %.2f frames/s, %.3f MB/s\n",
			result_rate(result), result_byte_rate(result) / 1e6);
	else
		fputs("rate       not known, it takes two frames\n", out);
}

static void print_if_any(FILE *out, const char *name, uint64_t count,
			 const char *meaning)
{
	if (count)
		fprintf(out, "%-10s %" PRIu64 "%s\n", name, count, meaning);
}

/* What to do about it. */
static void print_advice(FILE *out, const struct result *result)
{
	if (result->loss.overruns)
		fputs("advice     overruns: no buffer was free when the frame came. 'dmaring stats'\n"
		      "           shows who holds them; more buffers= bridge longer pauses\n",
		      out);
	if (result->loss.drops)
		fputs("advice     drops: this program was busy when the frame came. A larger --depth\n"
		      "           keeps more of them, --policy lossless all\n",
		      out);
	if (result->discontinuities)
		fputs("advice     gaps: the card was reset or suspended, or cannot count what it\n"
		      "           loses; the kernel log (dmesg) may say which\n",
		      out);
}

void summary_print(FILE *out, const struct result *result)
{
	fprintf(out, "frames     %" PRIu64 " in %.3f s%s\n", result->frames,
		seconds_of(result), result->complete ? "" : " (incomplete)");
	print_rate(out, result);
	fprintf(out, "lost       %" PRIu64 " (%" PRIu64 " overruns, %" PRIu64
		" drops)\n", result_lost(result),
		(uint64_t)result->loss.overruns, (uint64_t)result->loss.drops);
	if (result->verified)
		fprintf(out, "corrupt    %" PRIu64 "\n", result->corrupt);
	else
		fprintf(out, "corrupt    not verified\n");
	print_if_any(out, "damaged", result->damaged, ", says the card");
	print_if_any(out, "truncated", result->truncated, ", says the card");
	print_if_any(out, "short", result->short_ones, "");
	print_if_any(out, "skipped", result->skipped, ", not written");
	print_if_any(out, "gaps", result->discontinuities, " of unknown length");
	if (result->frames)
		print_latency(out, &result->latency);
	print_advice(out, result);
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

void summary_print_json(FILE *out, const struct result *result)
{
	struct json json = { .out = out };

	json_open(&json, NULL, '{');
	json_string(&json, "device", result->device);
	json_number(&json, "frames", result->frames);
	json_real(&json, "seconds", seconds_of(result));
	if (result_rate(result) > 0)
		json_real(&json, "frames_per_second", result_rate(result));
	else
		json_null(&json, "frames_per_second");
	json_number(&json, "bytes", result->bytes);
	json_number(&json, "lost", result_lost(result));
	json_number(&json, "overruns", result->loss.overruns);
	json_number(&json, "drops", result->loss.drops);
	if (result->verified)
		json_number(&json, "corrupt", result->corrupt);
	else
		json_null(&json, "corrupt");
	json_number(&json, "damaged", result->damaged);
	json_number(&json, "truncated", result->truncated);
	json_number(&json, "short", result->short_ones);
	json_number(&json, "skipped", result->skipped);
	json_number(&json, "discontinuities", result->discontinuities);
	print_latency_json(&json, &result->latency);
	json_bool(&json, "complete", result->complete);
	json_close(&json, '}');
	fputc('\n', out);
}
