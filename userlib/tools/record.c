// SPDX-License-Identifier: MIT
#include "commands.h"
#include "lib/busfault.h"
#include "lib/clock.h"
#include "lib/devices.h"
#include "lib/interrupt.h"
#include "lib/json.h"
#include "lib/line.h"
#include "lib/progress.h"
#include "lib/service.h"
#include "lib/trigger_source.h"
#include "lib/units.h"

#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <libdmaring-record.h>
#include <stdio.h>
#include <sys/statvfs.h>

/* A signal that comes just before the wait is noticed only after it. */
#define STEP_MAX_MS 200

/* So often it is asked for what is free on the disk. */
#define PERIOD_NS (NS_PER_SECOND / 5)

struct record {
	const struct options *options;
	const char *device;
	const char *path;
	struct dmaring *stream;
	struct dmaring_recorder *recorder;
	struct dmaring_recorder_state state;
	uint64_t start_ns;
	uint64_t heard_ns;	/* when the last frame came */
	uint64_t looked_ns;	/* when it was asked for what is free on the disk */
	bool full;		/* as much as it may be */
	struct trigger_source trigger;
	struct progress progress;
};

static int complain(int err)
{
	warnx("%s", dmaring_error());
	return err;
}

static int complain_of_recorder(int err)
{
	warnx("%s", dmaring_record_error());
	return err;
}

static int open_recorder(struct record *record)
{
	const struct options *options = record->options;
	const struct dmaring_recorder_options recorder = {
		.size = sizeof(recorder),
		.flags = (options->append ? DMARING_RECORDER_APPEND : 0) |
			 (options->crc ? DMARING_RECORDER_CRC32 : 0) |
			 (options->crc32c ? DMARING_RECORDER_CRC32C : 0) |
			 (options->buffered ? DMARING_RECORDER_BUFFERED : 0),
		.depth = options->writes,
		.sync_ms = options->sync_ms,
		.engine = options->engine,
		.pre_frames = options->pre_frames,
		.post_frames = options->trigger && !options->post_frames ?
				       1 : options->post_frames,
		.split_frames = options->split_frames,
		.split_bytes = options->split_bytes,
		.split_ms = (options->split_ns + 999999) / 1000000,
	};
	int err = dmaring_recorder_open(record->stream, record->path, &recorder,
					&record->recorder);

	if (err)
		return complain_of_recorder(err);
	dmaring_recorder_limit(record->recorder, options->frames);
	record->state.size = sizeof(record->state);
	dmaring_recorder_get_state(record->recorder, &record->state);
	return 0;
}

/* What makes it slower than it could be. */
static void explain_way(const struct record *record)
{
	if (record->options->quiet)
		return;
	if (record->state.staged)
		warnx("%s: frames are copied before they are written; load the driver with memory=pages to write them where they are",
		      record->device);
	if (!record->state.direct && !record->options->buffered)
		warnx("%s: this file system has no direct I/O, frames go through the system's cache",
		      record->path);
}

/* ------------------------------------------------------------------------ progress */

static uint64_t free_bytes(const struct record *record)
{
	struct statvfs status;

	if (statvfs(record->path, &status))
		return 0;
	return (uint64_t)status.f_bavail * status.f_frsize;
}

static void add_rate(struct line *line, const struct record *record, uint64_t ns)
{
	double seconds = (double)ns / NS_PER_SECOND;
	uint64_t rate, left = free_bytes(record);
	char text[UNITS_TEXT];

	if (!ns)
		return;
	rate = record->state.bytes / seconds;
	line_add(line, ", %s/s", units_bytes(text, rate));
	line_add(line, ", %s free", units_bytes(text, left));
	if (rate && left / rate < 1000000)
		line_add(line, " for %s",
			 units_duration(text, left / rate * NS_PER_SECOND));
}

static void compose(struct line *line, const struct record *record)
{
	const struct dmaring_recorder_state *state = &record->state;
	uint64_t ns = clock_ns() - record->start_ns;
	char text[UNITS_TEXT];

	line_add(line, "%" PRIu64 " frames, %s", state->written,
		 units_bytes(text, state->bytes));
	line_add(line, " in %s, %" PRIu64 " lost, %u waiting",
		 units_duration(text, ns), state->overruns + state->drops,
		 state->waiting);
	if (record->options->trigger)
		line_add(line, ", %u triggers, %u before the next", state->triggers,
			 state->before);
	add_rate(line, record, ns);
}

/* To who sits before it, and to systemd. */
static void show_progress(struct record *record)
{
	bool here = progress_is_due(&record->progress);
	bool there = service_status_is_due();
	struct line line = { 0 };

	if (!here && !there)
		return;
	compose(&line, record);
	if (here)
		progress_write(&line);
	if (there)
		service_status(&line);
}

/* ------------------------------------------------------------------------ the frames */

/* Not for each frame, and without what files have ahead of them. */
static bool is_disk_full(struct record *record)
{
	uint64_t now_ns = clock_ns();

	if (record->options->keep_free && now_ns >= record->looked_ns + PERIOD_NS) {
		record->looked_ns = now_ns;
		record->full = free_bytes(record) <= record->options->keep_free;
	}
	return record->full;
}

/* Whichever of its ends comes first. */
static bool all_done(struct record *record)
{
	const struct options *options = record->options;

	return (options->frames && record->state.written >= options->frames) ||
	       (options->most_bytes && record->state.bytes >= options->most_bytes) ||
	       (options->duration_ns &&
		clock_ns() - record->start_ns >= options->duration_ns) ||
	       (record->trigger.ended && !record->state.event) ||
	       is_disk_full(record);
}

static bool has_an_end(const struct options *options)
{
	return options->frames || options->duration_ns || options->most_bytes;
}

static int step_ms(const struct record *record)
{
	uint64_t end_ns = trigger_source_next_ns(&record->trigger);
	uint64_t duration_ns = record->options->duration_ns;
	uint64_t now_ns = clock_ns(), left_ms;

	if (duration_ns && record->start_ns + duration_ns < end_ns)
		end_ns = record->start_ns + duration_ns;
	if (end_ns == UINT64_MAX)
		return STEP_MAX_MS;
	left_ms = now_ns < end_ns ? (end_ns - now_ns) / 1000000 + 1 : 0;
	return left_ms < STEP_MAX_MS ? left_ms : STEP_MAX_MS;
}

static void look_for_trigger(struct record *record)
{
	uint64_t came_ns = trigger_source_came(&record->trigger);

	if (came_ns)
		dmaring_recorder_trigger(record->recorder, came_ns);
}

static int step(void *argument)
{
	struct record *record = argument;

	return dmaring_recorder_step(record->recorder, step_ms(record));
}

/* Those that wait for a trigger, too: one after the other they make room. */
static uint64_t frames_that_came(const struct record *record)
{
	return record->state.taken + record->state.passed;
}

static int check_silence(struct record *record, uint64_t before)
{
	if (frames_that_came(record) != before)
		record->heard_ns = clock_ns();
	return progress_check_silence(&record->progress, record->device, record->heard_ns);
}

static int record_frames(struct record *record)
{
	uint64_t before;
	int err = 0;

	service_ready();
	while (!err && !all_done(record) && !interrupt_signal()) {
		show_progress(record);
		look_for_trigger(record);
		before = frames_that_came(record);
		err = busfault_guard(step, record);
		if (err == -EFAULT) {
			progress_clear(&record->progress);
			warnx("%s: the card is gone", record->device);
		} else if (err) {
			progress_clear(&record->progress);
			complain_of_recorder(err);
		}
		dmaring_recorder_get_state(record->recorder, &record->state);
		if (!err)
			err = check_silence(record, before);
	}
	service_stopping();
	return err;
}

/* Also when frames failed: what was written before stays, and is told. */
static int finish(struct record *record, int err)
{
	int end_err = dmaring_recorder_finish(record->recorder);

	dmaring_recorder_get_state(record->recorder, &record->state);
	dmaring_recorder_close(record->recorder);
	if (end_err && !err)
		complain_of_recorder(end_err);
	return err ?: end_err;
}

/* --------------------------------------------------------------------------- the end */

static const char *engine_name(uint8_t engine)
{
	return engine == DMARING_RECORDER_IO_URING ? "io_uring" : "libaio";
}

static void print_json(const struct record *record, uint64_t ns)
{
	const struct dmaring_recorder_state *state = &record->state;
	struct json json = { .out = stdout };

	json_open(&json, NULL, '{');
	json_string(&json, "device", record->device);
	json_string(&json, "recording", record->path);
	json_number(&json, "frames", state->safe);
	json_number(&json, "bytes", state->bytes);
	json_number(&json, "overruns", state->overruns);
	json_number(&json, "drops", state->drops);
	json_number(&json, "files", state->files);
	json_number(&json, "triggers", state->triggers);
	json_number(&json, "skipped", state->skipped);
	json_real(&json, "seconds", (double)ns / NS_PER_SECOND);
	json_string(&json, "engine", engine_name(state->engine));
	json_bool(&json, "direct", state->direct);
	json_bool(&json, "staged", state->staged);
	json_close(&json, '}');
	putchar('\n');
}

static void summarize(const struct record *record)
{
	const struct dmaring_recorder_state *state = &record->state;
	uint64_t ns = clock_ns() - record->start_ns;
	char time[UNITS_TEXT], bytes[UNITS_TEXT];

	if (record->options->json)
		print_json(record, ns);
	else if (!record->options->quiet)
		printf("%s: %" PRIu64 " frames recorded, %s written in %s, %" PRIu64
		       " lost by the card, %" PRIu64 " dropped\n",
		       record->path, state->safe, units_bytes(bytes, state->bytes),
		       units_ns(time, ns), state->overruns, state->drops);
	if (record->options->trigger && !record->options->json && !record->options->quiet)
		printf("%s: %u triggers, %" PRIu64 " frames skipped between them\n", record->path,
		       state->triggers, state->skipped);
}

static int run(struct record *record)
{
	int err = open_recorder(record), stop_err;

	if (err)
		return err;
	err = trigger_source_begin(&record->trigger, record->stream);
	if (err)
		return finish(record, err);
	explain_way(record);
	record->start_ns = clock_ns();
	record->heard_ns = record->start_ns;
	err = dmaring_start(record->stream) ? complain(-EIO) : record_frames(record);
	progress_clear(&record->progress);
	/* First the frames that are on their way, then the card. */
	err = finish(record, err);
	stop_err = dmaring_stop(record->stream);
	if (stop_err && !err)
		err = complain(stop_err);
	summarize(record);
	return err;
}

static int exit_code(struct record *record, int err)
{
	const struct options *options = record->options;
	uint64_t lost = record->state.overruns + record->state.drops;

	if (err)
		return EXIT_ERROR;
	if (options->strict && (lost || !record->state.taken))
		return EXIT_FRAMES;
	/* A recording that was to have an end of its own has another one. */
	if (interrupt_signal() && has_an_end(options) && !all_done(record))
		return EXIT_SIGNAL + interrupt_signal();
	return EXIT_OK;
}

static int record_device(struct record *record)
{
	int err = dmaring_open(record->device, NULL, &record->stream);

	if (err)
		return complain(err);
	err = run(record);
	dmaring_close(record->stream);
	return err;
}

int command_record(const struct options *options)
{
	struct record record = { .options = options };
	char path[PATH_MAX];
	int code;

	if (!options->operand_count) {
		warnx("which directory? 'dmaring record DIR [DEVICE]' makes a recording in it");
		return EXIT_USAGE;
	}
	if (options->trigger && trigger_source_parse(&record.trigger, options->trigger))
		return EXIT_USAGE;
	if (!options->trigger && (options->pre_frames || options->post_frames)) {
		warnx("--pre and --post are about a trigger: --trigger says what that is");
		return EXIT_USAGE;
	}
	record.path = options->operands[0];
	code = devices_resolve(options->operands[1], path);
	if (code)
		return code;
	record.device = path;
	interrupt_catch();
	progress_begin(&record.progress, options);
	return exit_code(&record, record_device(&record));
}
