// SPDX-License-Identifier: MIT
#include "top_table.h"
#include "json.h"
#include "names.h"
#include "units.h"

#include <inttypes.h>
#include <string.h>

#define MB 1000000

static double per_second(const struct top_stream *stream, uint64_t now, uint64_t before)
{
	return stream->before && now >= before ?
		       sample_per_second(stream->now, stream->before, now - before) : 0;
}

/* "dmaring0" of "/dev/dmaring0" */
static const char *name_of(const struct top_stream *stream)
{
	const char *slash = strrchr(stream->path, '/');

	return slash ? slash + 1 : stream->path;
}

void top_table_title(struct line *line, const struct top_streams *streams)
{
	unsigned int i, consumers = 0;

	for (i = 0; i < streams->count; i++)
		if (streams->of[i]->stream)
			consumers += streams->of[i]->now->attached;
	line_add(line, "dmaring top  %u stream%s, %u consumer%s", streams->count,
		 streams->count == 1 ? "" : "s", consumers, consumers == 1 ? "" : "s");
}

static void add_stream(struct line *line, const struct top_stream *stream)
{
	const struct dmaring_stats *now = &stream->now->stats;
	const struct dmaring_stats *before = stream->before ? &stream->before->stats : now;

	line_add(line, "%-10s %-9s %9.1f %8.1f %10" PRIu64 " %8.1f %6" PRIu32 " %5" PRIu32
		 " %5" PRIu32, name_of(stream), name_of_stream_state(stream->now->info.state),
		 per_second(stream, now->completed, before->completed),
		 per_second(stream, now->bytes, before->bytes) / MB,
		 (uint64_t)now->overruns, per_second(stream, now->overruns, before->overruns),
		 now->armed, now->idle, now->held);
	if (now->quarantined)
		line_add(line, "  %" PRIu32 " quarantined", now->quarantined);
}

static const struct top_consumer *find(const struct top_stream *stream,
				       const struct dmaring_stats *of)
{
	return &stream->consumers[of->consumer % SAMPLE_CONSUMERS];
}

static void add_consumer(struct line *line, const struct top_stream *stream,
			 const struct dmaring_stats *of)
{
	const struct top_consumer *consumer = find(stream, of);
	double rate = sample_taken_rate(stream->now, stream->before, of);
	char longest[UNITS_TEXT], most[16] = "-";

	if (of->consumer_reserved)
		snprintf(most, sizeof(most), "%" PRIu32, of->consumer_reserved);
	line_add(line, "  %2" PRIu32 " %8" PRId32 " %-15.15s %-8s %5" PRIu32 " %5s %7" PRIu64
		 " %5" PRIu64 " %9s %10" PRIu64 " %9.1f", of->consumer, of->consumer_pid,
		 consumer->name[0] ? consumer->name : "-",
		 name_of_policy(of->consumer_policy), of->consumer_watermark, most,
		 (uint64_t)of->consumer_waiting, (uint64_t)of->consumer_held,
		 units_ns(longest, consumer->longest_ns), (uint64_t)of->consumer_dropped,
		 rate > 0 ? rate : 0);
	if (!of->consumer_running)
		line_add(line, "  stopped");
}

static void add_consumers(const struct top_stream *stream,
			  struct line *(*add)(void *argument), void *argument)
{
	unsigned int order[SAMPLE_CONSUMERS], i;
	unsigned int count = top_streams_sort(stream, order);

	if (count)
		line_add(add(argument), "  %2s %8s %-15s %-8s %5s %5s %7s %5s %9s %10s %9s",
			 "", "pid", "command", "policy", "mark", "most", "waiting", "held",
			 "longest", "dropped", "taken/s");
	for (i = 0; i < count; i++)
		add_consumer(add(argument), stream, &stream->now->of[order[i]]);
}

void top_table_add(const struct top_streams *streams,
		   struct line *(*add)(void *argument), void *argument)
{
	const struct top_stream *stream;
	unsigned int i;

	if (!streams->count)
		line_add(add(argument), "there is no stream: no driver of a card is loaded, or it has found none");
	else
		line_add(add(argument), "%-10s %-9s %9s %8s %10s %8s %6s %5s %5s", "stream",
			 "state", "frames/s", "MB/s", "lost", "lost/s", "armed", "idle",
			 "held");
	for (i = 0; i < streams->count; i++) {
		stream = streams->of[i];
		if (!stream->stream) {
			line_add(add(argument), "%-10s cannot be looked at: %s",
				 name_of(stream), strerror(-stream->err));
			continue;
		}
		add_stream(add(argument), stream);
		add_consumers(stream, add, argument);
	}
}

/* ----------------------------------------------------------------------------------- JSON */

static void write_consumer(struct json *json, const struct top_stream *stream,
			   const struct dmaring_stats *of)
{
	const struct top_consumer *consumer = find(stream, of);
	double rate = sample_taken_rate(stream->now, stream->before, of);

	json_open(json, NULL, '{');
	json_number(json, "consumer", of->consumer);
	json_integer(json, "pid", of->consumer_pid);
	json_string(json, "command", consumer->name);
	json_string(json, "policy", name_of_policy(of->consumer_policy));
	json_bool(json, "running", of->consumer_running);
	json_number(json, "watermark", of->consumer_watermark);
	json_number(json, "reserved", of->consumer_reserved);
	json_number(json, "waiting", of->consumer_waiting);
	json_number(json, "held", of->consumer_held);
	json_number(json, "longest_hold_ns", consumer->longest_ns);
	json_number(json, "dropped", of->consumer_dropped);
	if (rate >= 0)
		json_real(json, "taken_per_second", rate);
	json_close(json, '}');
}

static void write_stream(struct json *json, const struct top_stream *stream)
{
	const struct dmaring_stats *now = &stream->now->stats;
	const struct dmaring_stats *before = stream->before ? &stream->before->stats : now;
	unsigned int order[SAMPLE_CONSUMERS], i;
	unsigned int count = top_streams_sort(stream, order);

	json_string(json, "state", name_of_stream_state(stream->now->info.state));
	json_real(json, "frames_per_second",
		  per_second(stream, now->completed, before->completed));
	json_real(json, "bytes_per_second", per_second(stream, now->bytes, before->bytes));
	json_number(json, "lost", now->overruns);
	json_real(json, "lost_per_second",
		  per_second(stream, now->overruns, before->overruns));
	json_number(json, "armed", now->armed);
	json_number(json, "idle", now->idle);
	json_number(json, "held", now->held);
	json_number(json, "quarantined", now->quarantined);
	json_open(json, "attached", '[');
	for (i = 0; i < count; i++)
		write_consumer(json, stream, &stream->now->of[order[i]]);
	json_close(json, ']');
}

void top_table_json(const struct top_streams *streams)
{
	unsigned int i;

	for (i = 0; i < streams->count; i++) {
		struct json json = { .out = stdout };

		json_open(&json, NULL, '{');
		json_string(&json, "device", streams->of[i]->path);
		if (streams->of[i]->stream)
			write_stream(&json, streams->of[i]);
		else
			json_string(&json, "error", strerror(-streams->of[i]->err));
		json_close(&json, '}');
		putchar('\n');
	}
}
