// SPDX-License-Identifier: MIT
#include "top_streams.h"
#include "clock.h"
#include "monitor.h"

#include <stdlib.h>
#include <string.h>

static void stream_close(struct top_stream *stream)
{
	dmaring_close(stream->stream);
	free(stream);
}

/* NULL without memory: then without it. */
static struct top_stream *stream_open(const char *path)
{
	struct top_stream *stream = calloc(1, sizeof(*stream));

	if (!stream)
		return NULL;
	strcpy(stream->path, path);
	stream->now = &stream->samples[0];
	stream->err = monitor_open(path, &stream->stream);
	return stream;
}

/* -------------------------------------------------------------- how long frames are kept */

static void note_hold(struct top_stream *stream, const struct dmaring_stats *of,
		      uint64_t now_ns)
{
	uint64_t released = of->consumer_delivered - of->consumer_held;
	struct top_consumer *consumer;

	if (of->consumer >= SAMPLE_CONSUMERS)
		return;
	consumer = &stream->consumers[of->consumer];
	if (consumer->pid != of->consumer_pid) {
		*consumer = (struct top_consumer){ .pid = of->consumer_pid };
		process_name(consumer->name, consumer->pid);
	}
	if (!of->consumer_held || !consumer->since_ns || released != consumer->released) {
		consumer->released = released;
		consumer->since_ns = now_ns;
	}
	if (now_ns - consumer->since_ns > consumer->longest_ns)
		consumer->longest_ns = now_ns - consumer->since_ns;
}

static void note_holds(struct top_stream *stream, const struct sample *sample)
{
	unsigned int i;

	for (i = 0; i < sample->attached; i++)
		note_hold(stream, &sample->of[i], sample->time_ns);
}

void top_streams_glance(struct top_streams *streams)
{
	struct sample sample;
	unsigned int i;

	for (i = 0; i < streams->count; i++)
		if (streams->of[i]->stream &&
		    !sample_take(streams->of[i]->stream, &sample))
			note_holds(streams->of[i], &sample);
}

/* ----------------------------------------------------------------------- which there are */

static struct top_stream *take_out(struct top_streams *streams, const char *path)
{
	struct top_stream *found;
	unsigned int i;

	for (i = 0; i < streams->count; i++) {
		found = streams->of[i];
		if (!found || strcmp(found->path, path))
			continue;
		streams->of[i] = NULL;
		return found;
	}
	return NULL;
}

static void look(struct top_stream *stream)
{
	struct sample *other = stream->before ? stream->before : &stream->samples[1];

	/* Somebody may have allowed it since. */
	if (!stream->stream)
		stream->err = monitor_open(stream->path, &stream->stream);
	if (!stream->stream)
		return;
	if (stream->now->time_ns) {
		stream->before = stream->now;
		stream->now = other;
	}
	stream->err = sample_take(stream->stream, stream->now);
	if (!stream->err) {
		note_holds(stream, stream->now);
		return;
	}
	/* The card has gone; another may have its name now. */
	dmaring_close(stream->stream);
	stream->stream = NULL;
	stream->before = NULL;
	stream->now = &stream->samples[0];
	stream->now->time_ns = 0;
	memset(stream->consumers, 0, sizeof(stream->consumers));
}

void top_streams_look(struct top_streams *streams)
{
	char paths[TOP_STREAMS][DEVICES_PATH];
	unsigned int i, found = devices_list(paths, TOP_STREAMS);
	struct top_streams now = { .count = 0 };
	struct top_stream *stream;

	for (i = 0; i < found; i++) {
		stream = take_out(streams, paths[i]);
		if (!stream)
			stream = stream_open(paths[i]);
		if (!stream)
			continue;
		look(stream);
		now.of[now.count++] = stream;
	}
	for (i = 0; i < streams->count; i++)
		if (streams->of[i])
			stream_close(streams->of[i]);
	*streams = now;
}

void top_streams_close(struct top_streams *streams)
{
	while (streams->count)
		stream_close(streams->of[--streams->count]);
}

unsigned int top_streams_sort(const struct top_stream *stream,
			      unsigned int order[SAMPLE_CONSUMERS])
{
	const struct sample *now = stream->now;
	unsigned int i, to;

	for (i = 0; i < now->attached; i++) {
		for (to = i; to && now->of[order[to - 1]].consumer_held <
				   now->of[i].consumer_held; to--)
			order[to] = order[to - 1];
		order[to] = i;
	}
	return now->attached;
}
