// SPDX-License-Identifier: MIT
#include "commands.h"
#include "lib/clock.h"
#include "lib/interrupt.h"
#include "lib/json.h"
#include "lib/monitor.h"
#include "lib/names.h"

#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <libdmaring.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#define CONSUMERS_MAX 32 /* bits of stats.consumers */

struct sample {
	uint64_t time_ns;
	struct dmaring_stats stats;
	struct dmaring_info info;
	/* The first ones, in the order of their numbers. */
	struct dmaring_stats of[CONSUMERS_MAX];
	unsigned int attached;
};

/* A number that only grows, or one that says how things are. */
enum kind { COUNTER, LEVEL };

static const struct row {
	const char *name;
	enum kind kind;
	size_t offset;
	const char *meaning;
} rows[] = {
#define COUNTER(field) #field, COUNTER, offsetof(struct sample, stats.field)
#define LEVEL(field) #field, LEVEL, offsetof(struct sample, stats.field)
#define INFO(field) #field, LEVEL, offsetof(struct sample, info.field)
	{ COUNTER(produced), "frames the card produced" },
	{ COUNTER(completed), "frames that arrived in a buffer" },
	{ COUNTER(overruns), "frames lost for want of a free buffer" },
	{ COUNTER(errors), "frames the card marked as damaged" },
	{ COUNTER(bad_completions), "completions of no or the wrong buffer" },
	{ COUNTER(bad_releases), "releases refused to applications" },
	{ COUNTER(stalls), "times the running card fell silent" },
	{ COUNTER(starts), "times the card was started" },
	{ COUNTER(bytes), "bytes in completed frames" },
	{ LEVEL(idle), "buffers nobody uses" },
	{ LEVEL(armed), "buffers the card may write" },
	{ LEVEL(held), "buffers applications have" },
	{ LEVEL(quarantined), "buffers kept from everybody" },
	{ INFO(consumers), "applications attached" },
	{ INFO(viewer_reserved), "buffers reserved by viewers" },
	{ INFO(viewer_buffers), "buffers that viewers can reserve" },
#undef COUNTER
#undef LEVEL
#undef INFO
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

static uint64_t value_of(const struct sample *sample, const struct row *row)
{
	const char *at = (const char *)sample + row->offset;
	uint64_t counter;
	uint32_t level;

	if (row->kind == COUNTER) {
		memcpy(&counter, at, sizeof(counter));
		return counter;
	}
	memcpy(&level, at, sizeof(level));
	return level;
}

static uint64_t growth_of(const struct sample *now, const struct sample *before,
			  const struct row *row)
{
	return value_of(now, row) - value_of(before, row);
}

static double per_second(const struct sample *now, const struct sample *before,
			 uint64_t growth)
{
	uint64_t elapsed_ns = now->time_ns - before->time_ns;

	return elapsed_ns ? growth * (double)NS_PER_SECOND / elapsed_ns : 0;
}

/* @before is NULL for the first sample in all of these. */

static void print_table(const struct sample *now, const struct sample *before)
{
	const struct row *row;

	for (row = rows; row < rows + ROWS; row++) {
		printf("%-16s %12" PRIu64, row->name, value_of(now, row));
		if (before && row->kind == COUNTER)
			printf("  %+12" PRId64 "  %12.1f/s",
			       (int64_t)growth_of(now, before, row),
			       per_second(now, before,
					  growth_of(now, before, row)));
		else if (before)
			printf("%30s", "");
		printf("  %s\n", row->meaning);
	}
}

/* The same consumer in an earlier sample: a number can be given again. */
static const struct dmaring_stats *find_in(const struct sample *before,
					   const struct dmaring_stats *consumer)
{
	const struct dmaring_stats *of;

	for (of = before->of; of < before->of + before->attached; of++)
		if (of->consumer == consumer->consumer &&
		    of->consumer_pid == consumer->consumer_pid &&
		    of->consumer_delivered <= consumer->consumer_delivered)
			return of;
	return NULL;
}

/* Frames a second that the consumer took; -1: not known yet. */
static double taken_per_second(const struct sample *now,
			       const struct sample *before,
			       const struct dmaring_stats *consumer)
{
	const struct dmaring_stats *earlier =
		before ? find_in(before, consumer) : NULL;

	return !earlier ? -1 :
	       per_second(now, before, consumer->consumer_delivered -
				       earlier->consumer_delivered);
}

static void print_consumers(const struct sample *now,
			    const struct sample *before)
{
	const struct dmaring_stats *of;
	double rate;

	if (now->attached)
		printf("\nconsumer %8s %-8s %-7s %12s %10s %10s %7s %5s\n",
		       "pid", "policy", "state", "taken", "dropped",
		       "overruns", "waiting", "held");
	for (of = now->of; of < now->of + now->attached; of++) {
		printf("%8" PRIu32 " %8" PRId32 " %-8s %-7s %12" PRIu64
		       " %10" PRIu64 " %10" PRIu64 " %7" PRIu64 " %5" PRIu64,
		       of->consumer, of->consumer_pid, name_of_policy(of->consumer_policy),
		       of->consumer_running ? "running" : "stopped",
		       (uint64_t)of->consumer_delivered,
		       (uint64_t)of->consumer_dropped,
		       (uint64_t)of->consumer_overruns,
		       (uint64_t)of->consumer_waiting,
		       (uint64_t)of->consumer_held);
		rate = taken_per_second(now, before, of);
		if (rate >= 0)
			printf("  %.1f/s", rate);
		putchar('\n');
	}
}

static void print_line_of_consumers(const struct sample *now,
				    const struct sample *before)
{
	const struct dmaring_stats *of;
	double rate;

	for (of = now->of; of < now->of + now->attached; of++) {
		printf(", consumer %" PRIu32 " (pid %" PRId32 ", %s, %s): taken %"
		       PRIu64, of->consumer, of->consumer_pid, name_of_policy(of->consumer_policy),
		       of->consumer_running ? "running" : "stopped",
		       (uint64_t)of->consumer_delivered);
		rate = taken_per_second(now, before, of);
		if (rate >= 0)
			printf(" (%.1f/s)", rate);
		printf(" dropped %" PRIu64 " overruns %" PRIu64 " waiting %"
		       PRIu64 " held %" PRIu64,
		       (uint64_t)of->consumer_dropped,
		       (uint64_t)of->consumer_overruns,
		       (uint64_t)of->consumer_waiting,
		       (uint64_t)of->consumer_held);
	}
}

static void print_line(const struct sample *now, const struct sample *before)
{
	const struct row *row;

	for (row = rows; row < rows + ROWS; row++) {
		printf("%s%s %" PRIu64, row == rows ? "" : ", ", row->name,
		       value_of(now, row));
		if (before && row->kind == COUNTER)
			printf(" (+%" PRIu64 ", %.1f/s)",
			       growth_of(now, before, row),
			       per_second(now, before,
					  growth_of(now, before, row)));
	}
	print_line_of_consumers(now, before);
	putchar('\n');
}

static void json_consumer(struct json *json, const struct dmaring_stats *of,
			  double rate)
{
	json_open(json, NULL, '{');
	json_number(json, "consumer", of->consumer);
	json_number(json, "pid", of->consumer_pid);
	json_string(json, "policy", name_of_policy(of->consumer_policy));
	json_bool(json, "running", of->consumer_running);
	json_number(json, "produced", of->consumer_produced);
	json_number(json, "taken", of->consumer_delivered);
	json_number(json, "dropped", of->consumer_dropped);
	json_number(json, "overruns", of->consumer_overruns);
	json_number(json, "waiting", of->consumer_waiting);
	json_number(json, "held", of->consumer_held);
	if (rate >= 0)
		json_real(json, "taken_per_second", rate);
	json_close(json, '}');
}

static void print_json(const char *device, const struct sample *now,
		       const struct sample *before)
{
	struct json json = { .out = stdout };
	const struct row *row;
	unsigned int i;

	json_open(&json, NULL, '{');
	json_string(&json, "device", device);
	for (row = rows; row < rows + ROWS; row++)
		json_number(&json, row->name, value_of(now, row));
	json_open(&json, "attached", '[');
	for (i = 0; i < now->attached; i++)
		json_consumer(&json, &now->of[i],
			      taken_per_second(now, before, &now->of[i]));
	json_close(&json, ']');
	if (before) {
		json_open(&json, "per_second", '{');
		for (row = rows; row < rows + ROWS; row++)
			if (row->kind == COUNTER)
				json_real(&json, row->name,
					  per_second(now, before,
						     growth_of(now, before,
							       row)));
		json_close(&json, '}');
	}
	json_close(&json, '}');
	putchar('\n');
}

static void print_sample(const struct options *options,
			 const struct sample *now, const struct sample *before)
{
	if (options->json) {
		print_json(options->device, now, before);
	} else if (!options->period_ns) {
		print_table(now, before);
		print_consumers(now, before);
	} else if (isatty(STDOUT_FILENO)) {
		fputs("\033[H\033[J", stdout);
		printf("%s\n\n", options->device);
		print_table(now, before);
		print_consumers(now, before);
	} else {
		print_line(now, before);
	}
}

static int take_sample(const struct dmaring *stream, struct sample *sample)
{
	int err = dmaring_get_info(stream, &sample->info);
	uint32_t id;

	sample->time_ns = clock_ns();
	sample->attached = 0;
	if (!err)
		err = dmaring_get_stats(stream, &sample->stats);
	for (id = 0; id < CONSUMERS_MAX && !err; id++) {
		if (!(sample->stats.consumers & 1U << id))
			continue;
		err = dmaring_get_stats_of(stream, id,
					   &sample->of[sample->attached]);
		if (!err)
			sample->attached++;
		else if (err == -ENOENT)
			err = 0; /* it has gone meanwhile */
	}
	return err;
}

/* Ends early when nobody reads what is printed; main() tells. */
static int show(const struct options *options, const struct dmaring *stream)
{
	struct sample samples[2], *now = &samples[0], *before = NULL;
	int err;

	for (;;) {
		err = take_sample(stream, now);
		if (err)
			return err;
		print_sample(options, now, before);
		if (fflush(stdout) || !options->period_ns)
			return 0;
		interrupt_sleep(options->period_ns);
		if (interrupt_signal())
			return 0;
		before = now;
		now = now == &samples[0] ? &samples[1] : &samples[0];
	}
}

static int open_and_show(const struct options *options)
{
	struct dmaring *stream;
	int err;

	err = monitor_open(options->device, &stream);
	if (!err)
		err = show(options, stream);
	if (err)
		warnx("%s", dmaring_error());
	dmaring_close(stream);
	return err ? EXIT_ERROR : EXIT_OK;
}

int command_stats(const struct options *options)
{
	interrupt_catch();
	return open_and_show(options);
}
