/* SPDX-License-Identifier: MIT */
/* All streams of the system, which come and go, and who uses them. */
#ifndef TOP_STREAMS_H
#define TOP_STREAMS_H

#include "devices.h"
#include "process.h"
#include "sample.h"

#include <libdmaring.h>

#define TOP_STREAMS 64

struct top_consumer {
	int32_t pid;		/* 0: there is none */
	char name[PROCESS_NAME];
	uint64_t released, since_ns;	/* gave nothing back since then */
	uint64_t longest_ns;	/* that it kept what it had */
};

struct top_stream {
	char path[DEVICES_PATH];
	struct dmaring *stream;	/* NULL: it cannot be opened, */
	int err;		/* for this reason */
	struct sample samples[2];
	struct sample *now, *before;	/* before is NULL at first */
	struct top_consumer consumers[SAMPLE_CONSUMERS];
};

struct top_streams {
	struct top_stream *of[TOP_STREAMS];
	unsigned int count;
};

/* Which streams are there now, and what do their counters say? */
void top_streams_look(struct top_streams *streams);

/* A short look in between: how long are frames kept? */
void top_streams_glance(struct top_streams *streams);

void top_streams_close(struct top_streams *streams);

/* Of the consumers of @stream, indices of stream->now->of: those that hold most first.
 * Return: how many.
 */
unsigned int top_streams_sort(const struct top_stream *stream,
			      unsigned int order[SAMPLE_CONSUMERS]);

#endif /* TOP_STREAMS_H */
