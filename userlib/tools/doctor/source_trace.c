// SPDX-License-Identifier: MIT
/* A trace that somebody has saved. */
#include "sources.h"
#include "trace_state.h"

#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MINORS 256
#define EVENTS_MAX (16U << 20)

struct trace_file {
	struct trace_event *events;
	unsigned int count, room;
	uint64_t lines;
	struct {
		uint64_t events, lost;
		uint32_t buffers;
	} of[MINORS];
};

static void note(struct trace_file *file, const struct trace_event *event)
{
	uint32_t minor = event->minor;

	file->of[minor].events++;
	if (event->kind == TRACE_OVERRUN)
		file->of[minor].lost += event->count;
	if (event->kind == TRACE_PUBLISH && event->buffer >= file->of[minor].buffers)
		file->of[minor].buffers = event->buffer + 1;
}

static int keep(struct trace_file *file, const struct trace_event *event)
{
	struct trace_event *larger;
	unsigned int room;

	if (file->count == file->room) {
		room = file->room ? 2 * file->room : 4096;
		larger = room > EVENTS_MAX ? NULL :
			 realloc(file->events, room * sizeof(*larger));
		if (!larger)
			return -ENOMEM;
		file->events = larger;
		file->room = room;
	}
	file->events[file->count++] = *event;
	if (event->kind != TRACE_LOST_EVENTS)
		note(file, event);
	return 0;
}

static int read_events(struct trace_file *file, FILE *from)
{
	struct trace_event event;
	char line[1024];
	int err = 0;

	while (!err && fgets(line, sizeof(line), from)) {
		file->lines++;
		if (trace_parse(line, &event) && event.minor < MINORS)
			err = keep(file, &event);
	}
	return ferror(from) ? -EIO : err;
}

/* "0", "dmaring0", "/dev/dmaring0" */
static int minor_of(const char *stream)
{
	const char *digits = stream + strlen(stream);

	while (digits > stream && isdigit((unsigned char)digits[-1]))
		digits--;
	return *digits && strlen(digits) < 4 ? atoi(digits) : -1;
}

static int choose(const struct trace_file *file, const char *stream)
{
	int minor, best = 0;

	if (stream) {
		minor = minor_of(stream);
		return minor >= 0 && minor < MINORS && file->of[minor].events ? minor : -1;
	}
	for (minor = 1; minor < MINORS; minor++)
		if (file->of[minor].lost > file->of[best].lost ||
		    (file->of[minor].lost == file->of[best].lost &&
		     file->of[minor].events > file->of[best].events))
			best = minor;
	return file->of[best].events ? best : -1;
}

static int think(const struct trace_file *file, int minor, struct evidence *evidence)
{
	struct trace_state state;
	char subject[32];
	unsigned int i;

	snprintf(subject, sizeof(subject), "dmaring%d", minor);
	evidence_begin(evidence, subject);
	evidence->from = FROM_TRACE;
	evidence->buffers = file->of[minor].buffers ? file->of[minor].buffers : 1;
	if (trace_state_begin(&state, evidence, minor))
		return -ENOMEM;
	for (i = 0; i < file->count; i++)
		trace_state_add(&state, &file->events[i]);
	trace_state_end(&state);
	evidence_end(evidence);
	return 0;
}

static int read_trace(FILE *from, const char *path, const char *stream,
		      struct evidence *evidence)
{
	struct trace_file *file = calloc(1, sizeof(*file));
	int err = file ? read_events(file, from) : -ENOMEM, minor = -1;

	if (!err)
		minor = choose(file, stream);
	if (err) {
		warnx("%s: %s", path, err == -EIO ? "cannot read it" :
			  "there is no memory for so many events; save a shorter time");
	} else if (minor < 0) {
		err = -EPROTO;
		warnx("%s: none of its %llu lines tells of %s; save what 'trace-cmd report' prints after 'trace-cmd record -e dmaring'",
		      path, (unsigned long long)file->lines,
		      stream ? stream : "a stream of dmaring");
	} else {
		err = think(file, minor, evidence);
	}
	if (file)
		free(file->events);
	free(file);
	return err;
}

int source_trace(const char *path, const char *stream, struct evidence *evidence)
{
	FILE *from = strcmp(path, "-") ? fopen(path, "re") : stdin;
	int err;

	if (!from) {
		err = -errno;
		warn("cannot open %s", path);
		return err;
	}
	err = read_trace(from, path, stream, evidence);
	if (from != stdin)
		fclose(from);
	return err;
}
