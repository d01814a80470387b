// SPDX-License-Identifier: MIT
#include "metrics.h"
#include "../../record/json_text.h"
#include "devices.h"
#include "exit_code.h"
#include "monitor.h"
#include "names.h"
#include "process.h"

#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* All samples of a metric stand in a row, so the streams are the inner loop. */
struct metrics {
	FILE *out;
	const struct metrics_stream *streams;
	unsigned int count;
};

static void print_head(const struct metrics *metrics, const char *name,
		       bool counts, const char *help)
{
	fprintf(metrics->out, "# HELP dmaring_%s %c%s.\n# TYPE dmaring_%s %s\n",
		name, help[0] & ~0x20, help + 1, name,
		counts ? "counter" : "gauge");
}

/* One character, as the format has it quoted; '?' for what is no UTF-8.  Return: its bytes. */
static int print_character(FILE *out, const char *text)
{
	int length = utf8_length((const unsigned char *)text);

	if (*text == '\n')
		fputs("\\n", out);
	else if (*text == '"' || *text == '\\')
		fprintf(out, "\\%c", *text);
	else
		fwrite(length ? text : "?", 1, length ? length : 1, out);
	return length ? length : 1;
}

static void print_label(FILE *out, const char *name, const char *value)
{
	fprintf(out, "%s=\"", name);
	while (*value)
		value += print_character(out, value);
	putc('"', out);
}

/* ---------------------------------------------------------------------- streams */

static void print_number(const struct metrics *metrics, const char *name,
			 const struct metrics_stream *stream, uint64_t value)
{
	fprintf(metrics->out, "dmaring_%s{", name);
	print_label(metrics->out, "device", stream->name);
	fprintf(metrics->out, "} %" PRIu64 "\n", value);
}

static void print_counter(const struct metrics *metrics,
			  const struct counter *counter)
{
	unsigned int i;

	print_head(metrics, counter->metric, counter->kind == COUNTER,
		   counter->meaning);
	for (i = 0; i < metrics->count; i++)
		print_number(metrics, counter->metric, &metrics->streams[i],
			     sample_value(&metrics->streams[i].sample, counter));
}

/* What is the same for a long time, or is no counter. */
struct property {
	const char *metric;
	const char *meaning;
	uint64_t (*of)(const struct dmaring_info *info);
};

static uint64_t running(const struct dmaring_info *info)
{
	return !!(info->state & DMARING_STATE_RUNNING);
}

static uint64_t buffers(const struct dmaring_info *info)
{
	return info->buffers;
}

static uint64_t buffer_bytes(const struct dmaring_info *info)
{
	return info->buffer_size;
}

static uint64_t frame_bytes(const struct dmaring_info *info)
{
	return info->format.frame_bytes;
}

static const struct property properties[] = {
	{ "running", "whether the card runs", running },
	{ "buffers", "buffers of the pool", buffers },
	{ "buffer_size_bytes", "size of a buffer", buffer_bytes },
	{ "frame_size_bytes", "size of a frame", frame_bytes },
};

static void print_property(const struct metrics *metrics,
			   const struct property *property)
{
	unsigned int i;

	print_head(metrics, property->metric, false, property->meaning);
	for (i = 0; i < metrics->count; i++)
		print_number(metrics, property->metric, &metrics->streams[i],
			     property->of(&metrics->streams[i].sample.info));
}

static void print_info(const struct metrics *metrics)
{
	const struct dmaring_info *info;
	unsigned int i;

	print_head(metrics, "stream_info", false, "what the stream is of");
	for (i = 0; i < metrics->count; i++) {
		info = &metrics->streams[i].sample.info;
		fputs("dmaring_stream_info{", metrics->out);
		print_label(metrics->out, "device", metrics->streams[i].name);
		print_label(metrics->out, ",bus", info->bus_info);
		fprintf(metrics->out, ",stream=\"%u\"", (unsigned int)info->stream);
		print_label(metrics->out, ",driver", info->driver);
		print_label(metrics->out, ",card", info->card);
		print_label(metrics->out, ",memory", name_of_memory(info->memory));
		fputs("} 1\n", metrics->out);
	}
}

/* -------------------------------------------------------------------- consumers */

static const struct consumer_counter {
	const char *metric;
	bool counts;
	size_t offset;		/* in struct dmaring_stats */
	const char *meaning;
} consumer_counters[] = {
#define STATS(field) offsetof(struct dmaring_stats, consumer_##field)
	{ "taken_frames_total", true, STATS(delivered),
	  "frames that the application took since it started" },
	{ "dropped_frames_total", true, STATS(dropped),
	  "frames dropped for this application alone" },
	{ "overrun_frames_total", true, STATS(overruns),
	  "frames that the card lost since the application started" },
	{ "waiting_frames", false, STATS(waiting),
	  "frames that wait for the application" },
	{ "held_buffers", false, STATS(held),
	  "buffers that the application has" },
#undef STATS
};

#define CONSUMER_COUNTERS \
	(sizeof(consumer_counters) / sizeof(consumer_counters[0]))

static void print_consumer(const struct metrics *metrics, const char *metric,
			   const char *stream, const struct dmaring_stats *of,
			   size_t offset)
{
	char name[PROCESS_NAME];
	uint64_t value;

	memcpy(&value, (const char *)of + offset, sizeof(value));
	fprintf(metrics->out, "dmaring_%s{", metric);
	print_label(metrics->out, "device", stream);
	fprintf(metrics->out, ",consumer=\"%" PRIu32 "\",pid=\"%" PRId32 "\"",
		of->consumer, of->consumer_pid);
	print_label(metrics->out, ",process",
		    process_name(name, of->consumer_pid));
	print_label(metrics->out, ",policy", name_of_policy(of->consumer_policy));
	fprintf(metrics->out, "} %" PRIu64 "\n", value);
}

static void print_consumer_counter(const struct metrics *metrics,
				   const struct consumer_counter *counter)
{
	const struct metrics_stream *stream;
	char metric[64];
	unsigned int i, j;

	snprintf(metric, sizeof(metric), "consumer_%s", counter->metric);
	print_head(metrics, metric, counter->counts, counter->meaning);
	for (i = 0; i < metrics->count; i++) {
		stream = &metrics->streams[i];
		for (j = 0; j < stream->sample.attached; j++)
			print_consumer(metrics, metric, stream->name,
				       &stream->sample.of[j], counter->offset);
	}
}

void metrics_print(FILE *out, const struct metrics_stream *streams,
		   unsigned int count)
{
	const struct metrics metrics = { out, streams, count };
	size_t i;

	print_head(&metrics, "streams", false, "streams that were looked at");
	fprintf(out, "dmaring_streams %u\n", count);
	print_info(&metrics);
	for (i = 0; i < sizeof(properties) / sizeof(properties[0]); i++)
		print_property(&metrics, &properties[i]);
	for (i = 0; i < COUNTERS; i++)
		print_counter(&metrics, &counters[i]);
	for (i = 0; i < CONSUMER_COUNTERS; i++)
		print_consumer_counter(&metrics, &consumer_counters[i]);
}

/* ------------------------------------------------------------------ all of them */

struct gathered {
	struct metrics_stream *streams;
	unsigned int count, room;
};

/* Whatever link it was called by, it has one name. */
static void set_name(struct metrics_stream *stream, const char *device)
{
	char path[PATH_MAX];
	const char *last = realpath(device, path) ? strrchr(path, '/') : NULL;

	snprintf(stream->name, sizeof(stream->name), "%s",
		 last ? last + 1 : device);
}

static int gather(const char *device, void *argument)
{
	struct gathered *gathered = argument;
	struct metrics_stream *at = &gathered->streams[gathered->count];
	struct dmaring *stream;
	int err;

	if (gathered->count == gathered->room)
		return 0;		/* it came after they were counted */
	err = monitor_open(device, &stream);
	if (!err)
		err = sample_take(stream, &at->sample);
	if (err)
		warnx("%s", dmaring_error());
	dmaring_close(stream);
	if (err)
		return err == -ENODEV ? 0 : err;
	set_name(at, device);
	gathered->count++;
	return 0;
}

int metrics_print_all(FILE *out, char **names, int count)
{
	int room = count ? count : devices_count(), code = EXIT_OK;
	struct gathered gathered = { .count = 0 };

	if (room < 0)
		return EXIT_ERROR;
	gathered.room = room;
	gathered.streams = calloc(room + 1, sizeof(*gathered.streams));
	if (!gathered.streams) {
		warn("no memory for the counters of %d streams", room);
		return EXIT_ERROR;
	}
	if (room)
		code = devices_each(names, count, gather, &gathered);
	if (code == EXIT_OK)
		metrics_print(out, gathered.streams, gathered.count);
	free(gathered.streams);
	return code;
}
