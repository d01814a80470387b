// SPDX-License-Identifier: MIT
#include "sample_text.h"
#include "names.h"

#include <inttypes.h>
#include <stdio.h>

/* What a consumer's counters are called; the producer's count other things. */
struct consumer_words {
	const char *delivered, *dropped, *overruns, *waiting;
};

static const struct consumer_words *words_of(const struct sample *sample)
{
	static const struct consumer_words capture = {
		"taken", "dropped", "overruns", "waiting"
	}, playback = {
		"sent", "unsent", "underruns", "empty"
	};

	return sample_is_playback(sample) ? &playback : &capture;
}

static const char *running_or_not(const struct dmaring_stats *of)
{
	return of->consumer_running ? "running" : "stopped";
}

void sample_add_counter(struct line *line, const struct sample *now,
			const struct sample *before,
			const struct counter *counter)
{
	line_add(line, "%-16s %12" PRIu64, sample_name(now, counter),
		 sample_value(now, counter));
	if (before && counter->kind == COUNTER)
		line_add(line, "  %+12" PRId64 "  %12.1f/s",
			 (int64_t)sample_growth(now, before, counter),
			 sample_per_second(now, before,
					   sample_growth(now, before,
							 counter)));
	else if (before)
		line_add(line, "%30s", "");
	line_add(line, "  %s", sample_meaning(now, counter));
}

void sample_add_consumer_head(struct line *line, const struct sample *now)
{
	const struct consumer_words *words = words_of(now);

	line_add(line, "consumer %8s %-8s %-7s %12s %10s %10s %7s %5s",
		 "pid", "policy", "state", words->delivered, words->dropped,
		 words->overruns, words->waiting, "held");
}

void sample_add_consumer(struct line *line, const struct sample *now,
			 const struct sample *before,
			 const struct dmaring_stats *of)
{
	double rate = sample_taken_rate(now, before, of);

	line_add(line, "%8" PRIu32 " %8" PRId32 " %-8s %-7s %12" PRIu64
		 " %10" PRIu64 " %10" PRIu64 " %7" PRIu64 " %5" PRIu64,
		 of->consumer, of->consumer_pid,
		 name_of_policy(of->consumer_policy),
		 running_or_not(of),
		 (uint64_t)of->consumer_delivered,
		 (uint64_t)of->consumer_dropped,
		 (uint64_t)of->consumer_overruns,
		 (uint64_t)of->consumer_waiting, (uint64_t)of->consumer_held);
	if (rate >= 0)
		line_add(line, "  %.1f/s", rate);
}

static void print_counter(const struct sample *now, const struct counter *counter)
{
	struct line line = { 0 };

	sample_add_counter(&line, now, NULL, counter);
	puts(line.text);
}

static void print_consumer_head(const struct sample *now)
{
	struct line line = { 0 };

	sample_add_consumer_head(&line, now);
	printf("\n%s\n", line.text);
}

static void print_consumer(const struct sample *now,
			   const struct dmaring_stats *of)
{
	struct line line = { 0 };

	sample_add_consumer(&line, now, NULL, of);
	puts(line.text);
}

void sample_print_table(const struct sample *now)
{
	unsigned int i;

	for (i = 0; i < COUNTERS; i++)
		print_counter(now, &counters[i]);
	if (now->attached)
		print_consumer_head(now);
	for (i = 0; i < now->attached; i++)
		print_consumer(now, &now->of[i]);
}

static void print_counter_on(const struct sample *now,
			     const struct sample *before,
			     const struct counter *counter)
{
	uint64_t growth;

	printf("%s %" PRIu64, sample_name(now, counter),
	       sample_value(now, counter));
	if (!before || counter->kind != COUNTER)
		return;
	growth = sample_growth(now, before, counter);
	printf(" (+%" PRIu64 ", %.1f/s)", growth,
	       sample_per_second(now, before, growth));
}

static void print_consumer_on(const struct sample *now,
			      const struct sample *before,
			      const struct dmaring_stats *of)
{
	const struct consumer_words *words = words_of(now);
	double rate = sample_taken_rate(now, before, of);

	printf(", consumer %" PRIu32 " (pid %" PRId32 ", %s, %s): %s %"
	       PRIu64, of->consumer, of->consumer_pid,
	       name_of_policy(of->consumer_policy), running_or_not(of),
	       words->delivered, (uint64_t)of->consumer_delivered);
	if (rate >= 0)
		printf(" (%.1f/s)", rate);
	printf(" %s %" PRIu64 " %s %" PRIu64 " %s %" PRIu64 " held %" PRIu64,
	       words->dropped, (uint64_t)of->consumer_dropped,
	       words->overruns, (uint64_t)of->consumer_overruns,
	       words->waiting, (uint64_t)of->consumer_waiting,
	       (uint64_t)of->consumer_held);
}

void sample_print_line(const struct sample *now, const struct sample *before)
{
	unsigned int i;

	for (i = 0; i < COUNTERS; i++) {
		if (i)
			fputs(", ", stdout);
		print_counter_on(now, before, &counters[i]);
	}
	for (i = 0; i < now->attached; i++)
		print_consumer_on(now, before, &now->of[i]);
	putchar('\n');
}
