// SPDX-License-Identifier: LGPL-2.1-or-later
#include "meta_json.h"
#include "json_text.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PART	"meta.json.part"
#define NAME	"meta.json"

/* Text of the card and of the host may have anything in it. */
static void put_text(FILE *file, const char *name, const char *text)
{
	fprintf(file, "  \"%s\": ", name);
	json_text(file, text);
	fputs(",\n", file);
}

static void put_number(FILE *file, const char *name, uint64_t number)
{
	fprintf(file, "  \"%s\": %" PRIu64 ",\n", name, number);
}

static void put_time(FILE *file, const char *name, uint64_t ns)
{
	time_t seconds = ns / 1000000000;
	char text[32] = "";
	struct tm date;

	if (!ns || !gmtime_r(&seconds, &date)) {
		fprintf(file, "  \"%s\": null,\n", name);
		return;
	}
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &date);
	fprintf(file, "  \"%s\": \"%s.%09uZ\",\n", name, text,
		(unsigned int)(ns % 1000000000));
}

static void put_format(FILE *file, const struct dmaring_format *format)
{
	struct dmaring_format_description is = { .size = sizeof(is) };

	if (!dmaring_format_describe(format, &is)) {
		put_text(file, "format", is.name);
		put_text(file, "genicam", is.genicam);
		put_text(file, "gstreamer", is.gstreamer);
	}
	put_number(file, "pixelformat", format->pixelformat);
	put_number(file, "width", format->width);
	put_number(file, "height", format->height);
	put_number(file, "channels", format->channels);
	put_number(file, "bytes_per_line", format->bytes_per_line);
	put_number(file, "frame_bytes", format->frame_bytes);
	fprintf(file, "  \"rate\": [%" PRIu32 ", %" PRIu32 "],\n", format->rate_numerator,
		format->rate_denominator);
}

static void put_value(FILE *file, struct dmaring *stream,
		      const struct dmaring_control_info *control)
{
	char text[sizeof(control->text)] = "";
	int64_t number;

	if (control->type == DMARING_CONTROL_STRING) {
		if (!dmaring_get_control_text(stream, control->name, text))
			put_text(file, control->name, text);
	} else if (control->type != DMARING_CONTROL_BUTTON &&
		   !dmaring_get_control(stream, control->name, &number)) {
		fprintf(file, "  \"%s\": %" PRId64 ",\n", control->name, number);
	}
}

/* Their values now; frame.control_seq tells whether they have changed since. */
static void put_controls(FILE *file, const struct dmaring_info *info,
			 struct dmaring *stream)
{
	struct dmaring_control_info control;

	fprintf(file, "  \"controls\": {\n");
	for (uint32_t i = 0; i < info->controls; i++)
		if (!dmaring_get_control_info(stream, i, 0, &control))
			put_value(file, stream, &control);
	fprintf(file, "  \"control_seq\": %" PRIu32 "\n  },\n", info->control_seq);
}

static void put_state(FILE *file, const struct dmaring_recorder_state *state)
{
	put_number(file, "frames", state->safe);
	put_number(file, "overruns", state->overruns);
	put_number(file, "drops", state->drops);
	put_number(file, "skipped", state->skipped);
	put_number(file, "triggers", state->triggers);
	put_number(file, "files", state->files);
	fprintf(file, "  \"direct\": %s,\n", state->direct ? "true" : "false");
	fprintf(file, "  \"staged\": %s,\n", state->staged ? "true" : "false");
}

static void put_all(FILE *file, const struct dmaring_info *info,
		    struct dmaring *stream, const struct dmaring_recorder_state *state,
		    const struct meta_json *meta)
{
	char host[65] = "";

	gethostname(host, sizeof(host) - 1);
	fputs("{\n", file);
	put_number(file, "version", DMARING_RECORD_VERSION);
	put_text(file, "dmaring", dmaring_version());
	put_text(file, "host", host);
	put_text(file, "card", info->card);
	put_text(file, "driver", info->driver);
	put_text(file, "bus", info->bus_info);
	put_number(file, "stream", info->stream);
	put_format(file, &info->format);
	put_controls(file, info, stream);
	put_time(file, "begun", meta->begun_ns);
	put_time(file, "ended", meta->ended_ns);
	put_state(file, state);
	if (meta->error)
		put_text(file, "error", meta->error);
	/* The last one without a comma. */
	fprintf(file, "  \"complete\": %s\n}\n",
		meta->ended_ns && !meta->error ? "true" : "false");
}

int meta_json_write(int dir, const struct dmaring_info *info, struct dmaring *stream,
		    const struct dmaring_recorder_state *state,
		    const struct meta_json *meta)
{
	int fd = openat(dir, PART, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
			0666);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
	bool failed;

	if (!file) {
		int err = errno;

		if (fd >= 0)
			close(fd);
		return record_error(err, NAME ": cannot write it: %s", strerror(err));
	}
	put_all(file, info, stream, state, meta);
	failed = fflush(file) || ferror(file) || fsync(fd);
	if (fclose(file) || failed || renameat(dir, PART, dir, NAME))
		return record_error(errno ?: EIO, NAME ": cannot write it: %s",
				    strerror(errno ?: EIO));
	fsync(dir);
	return 0;
}
