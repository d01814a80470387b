// SPDX-License-Identifier: MIT
/* A recording that is played to a stream, each frame in its time. */
#include "commands.h"
#include "lib/busfault.h"
#include "lib/clock.h"
#include "lib/devices.h"
#include "lib/frame_range.h"
#include "lib/interrupt.h"
#include "lib/monitor.h"
#include "lib/progress.h"
#include "lib/units.h"

#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <libdmaring-record.h>
#include <stdio.h>
#include <string.h>

/* A signal that comes just before the wait is noticed only after it. */
#define WAIT_MAX_MS 200

#define FORMAT_TEXT 48

/* What a dmaring_virt with loop=1 lets us say of its next frame. */
#define LOSE_FRAMES "LoseFrames"
#define NEXT_FLAGS "NextFrameFlags"
#define FLAGS_THAT_COUNT (DMARING_FRAME_ERROR | DMARING_FRAME_TRUNCATED | \
			  DMARING_FRAME_DISCONTINUITY)

struct replay {
	const struct options *options;
	struct dmaring_recording *from;
	struct dmaring_format as_opened;	/* somebody may write into the file meanwhile */
	const struct dmaring_format *format;
	const char *device;
	struct dmaring *stream;
	struct dmaring_info info;
	struct frame_range range;
	uint64_t start_ns;	/* of this round */
	uint64_t begin_ns;
	uint64_t sent;
	uint64_t lost;
	uint64_t left_out;
	bool mute;		/* it cannot be told what was lost */
	struct progress progress;
};

static int complain(int err)
{
	warnx("%s", dmaring_error());
	return err;
}

/* ------------------------------------------------------------------- the formats */

static const char *describe(char text[FORMAT_TEXT], const struct dmaring_format *format)
{
	snprintf(text, FORMAT_TEXT, "%ux%u %.4s", format->width, format->height,
		 (const char *)&format->pixelformat);
	return text;
}

/* They may come at any rate. */
static bool is_same(struct dmaring_format one, struct dmaring_format other)
{
	one.rate_numerator = other.rate_numerator;
	one.rate_denominator = other.rate_denominator;
	return !memcmp(&one, &other, sizeof(one));
}

static int set_format(const struct replay *replay, const char *device)
{
	static const struct dmaring_options configure = {
		.size = sizeof(configure),
		.flags = DMARING_OPEN_CONFIGURE,
	};
	struct dmaring_format format = *replay->format;
	char text[FORMAT_TEXT];
	struct dmaring *stream;
	int err;

	err = dmaring_open(device, &configure, &stream);
	if (!err)
		err = dmaring_set_format(stream, &format, 0);
	if (err)
		warnx("%s: cannot have frames of %s, as the recording has: %s", device,
		      describe(text, replay->format), dmaring_error());
	else if (!is_same(format, *replay->format))
		err = -EINVAL;
	if (err == -EINVAL)
		warnx("%s: its frames would not lie in memory as those of the recording",
		      device);
	dmaring_close(stream);
	return err;
}

static int look_at(const char *device, struct dmaring_info *info)
{
	struct dmaring *stream;
	int err = monitor_open(device, &stream);

	if (!err)
		err = dmaring_get_info(stream, info);
	if (err)
		complain(err);
	dmaring_close(stream);
	return err;
}

/* The stream itself, and of a loop the other one, where the frames come out. */
static int agree(const struct replay *replay, const char *device)
{
	struct dmaring_info info;
	int err = look_at(device, &info);

	if (err || is_same(info.format, *replay->format))
		return err;
	return set_format(replay, device);
}

static int agree_with_all(const struct replay *replay)
{
	char place[DEVICES_PLACE_TEXT], path[PATH_MAX];
	int err = agree(replay, replay->device);

	if (err || strcmp(replay->info.card, "virtual loop"))
		return err;
	snprintf(place, sizeof(place), "%s-stream0", replay->info.bus_info);
	return devices_resolve(place, path) ? -ENODEV : agree(replay, path);
}

static int prepare_stream(struct replay *replay)
{
	int err = look_at(replay->device, &replay->info);

	if (err)
		return err;
	if (replay->info.direction != DMARING_PLAYBACK) {
		warnx("%s (%s) is a capture stream: frames come out of it; of a dmaring_virt with loop=1 name the other stream",
		      replay->device, replay->info.card);
		return -EOPNOTSUPP;
	}
	if (replay->format->frame_bytes > replay->info.buffer_size) {
		warnx("%s: a frame of %u bytes does not fit a buffer of %" PRIu64
		      "; load the card's driver with a larger buffer_size=",
		      replay->device, replay->format->frame_bytes,
		      (uint64_t)replay->info.buffer_size);
		return -EMSGSIZE;
	}
	return agree_with_all(replay);
}

/* -------------------------------------------------------------------- the frames */

static const struct dmaring_record *record_of(const struct replay *replay, uint64_t number)
{
	return dmaring_recording_record(replay->from, replay->range.first + number);
}

/* As long after the first frame as it came then, or a part of that. */
static void wait_for_time(const struct replay *replay, uint64_t number)
{
	uint64_t first_ns = record_of(replay, 0)->frame.timestamp_ns;
	uint64_t ns = record_of(replay, number)->frame.timestamp_ns;
	double speed = replay->options->speed > 0 ? replay->options->speed : 1;
	uint64_t due_ns = replay->start_ns, now_ns = clock_ns();

	/* A recording that was gone on with may be of a machine that was booted anew. */
	if (ns > first_ns)
		due_ns += (ns - first_ns) / speed;
	if (due_ns > now_ns)
		interrupt_sleep(due_ns - now_ns);
}

static int drain(const struct replay *replay)
{
	int err;

	do
		err = dmaring_drain(replay->stream);
	while (err == -EINTR && !interrupt_signal());
	return err && err != -EINTR ? complain(err) : 0;
}

/* Of the next frame.  Those before it must have gone, or it would be said of them. */
static int say(struct replay *replay, const char *control, uint64_t value)
{
	int err = drain(replay);

	if (err || interrupt_signal())
		return err;
	err = dmaring_set_control(replay->stream, control, value);
	if (err != -ENOENT && err != -EOPNOTSUPP)
		return err ? complain(err) : 0;
	replay->mute = true;
	warnx("%s: it cannot be told which frames were lost or damaged: there are none, and all are good",
	      replay->device);
	return 0;
}

/* What is missing before the first frame, nobody misses. */
static int say_all(struct replay *replay, uint64_t number)
{
	const struct dmaring_record *record = record_of(replay, number);
	uint64_t lost = number ? record->overruns + record->drops : 0;
	uint32_t flags = record->frame.flags & FLAGS_THAT_COUNT;
	int err = 0;

	if (lost && !replay->mute) {
		err = say(replay, LOSE_FRAMES, lost);
		replay->lost += !replay->mute ? lost : 0;
	}
	if (!err && flags && !replay->mute)
		err = say(replay, NEXT_FLAGS, flags);
	return err;
}

static int get_empty(const struct replay *replay, struct dmaring_frame *frame)
{
	int err;

	do
		err = dmaring_get(replay->stream, frame, WAIT_MAX_MS);
	while ((err == -ETIMEDOUT || err == -EINTR) && !interrupt_signal());
	return err;
}

static int send_frame(struct replay *replay, uint64_t number)
{
	const struct dmaring_record *record = record_of(replay, number);
	const void *data = dmaring_recording_data(replay->from, replay->range.first + number);
	struct dmaring_frame frame;
	int err;

	if (!data || !record->frame.bytes_used) {
		replay->left_out++;
		return 0;
	}
	err = say_all(replay, number);
	if (!err && !interrupt_signal())
		err = get_empty(replay, &frame);
	if (interrupt_signal())
		return 0;
	if (err)
		return complain(err);
	/* Somebody may write into the file meanwhile. */
	frame.bytes_used = record->frame.bytes_used;
	if (frame.bytes_used > replay->format->frame_bytes)
		frame.bytes_used = replay->format->frame_bytes;
	memcpy(dmaring_data_rw(replay->stream, &frame), data, frame.bytes_used);
	if (dmaring_put(replay->stream, &frame))
		return complain(-EIO);
	replay->sent++;
	return 0;
}

static void show_progress(struct replay *replay)
{
	struct line line = { 0 };

	if (!progress_is_due(&replay->progress))
		return;
	line_add(&line, "%" PRIu64 " frames in %.1f s, %" PRIu64 " lost", replay->sent,
		 (double)(clock_ns() - replay->begin_ns) / NS_PER_SECOND, replay->lost);
	progress_write(&line);
}

static int send_all(struct replay *replay)
{
	int err = 0;

	replay->start_ns = clock_ns();
	for (uint64_t i = 0; !err && i < replay->range.count && !interrupt_signal(); i++) {
		wait_for_time(replay, i);
		show_progress(replay);
		if (!interrupt_signal())
			err = send_frame(replay, i);
	}
	return err;
}

static int send_rounds(void *argument)
{
	struct replay *replay = argument;
	int err;

	do
		err = send_all(replay);
	while (!err && replay->options->loop && replay->range.count && !interrupt_signal());
	return err ?: drain(replay);
}

/* ----------------------------------------------------------------------- the rest */

static void summarize(const struct replay *replay)
{
	char time[UNITS_TEXT];

	if (replay->options->quiet)
		return;
	printf("%s: %" PRIu64 " frames sent in %s, %" PRIu64 " lost, as they were then",
	       replay->device, replay->sent,
	       units_ns(time, clock_ns() - replay->begin_ns), replay->lost);
	if (replay->left_out)
		printf(", %" PRIu64 " left out", replay->left_out);
	putchar('\n');
}

/* Frames that are sent must be waited for: the card starts with the first one. */
static int run(struct replay *replay)
{
	int err, stop_err;

	if (dmaring_start(replay->stream))
		return complain(-EIO);
	replay->begin_ns = clock_ns();
	err = busfault_guard(send_rounds, replay);
	progress_clear(&replay->progress);
	if (err == -EFAULT)
		warnx("%s: the card is gone, or the disk does not give back the recording",
		      replay->device);
	stop_err = dmaring_stop(replay->stream);
	if (stop_err && !err)
		err = complain(stop_err);
	if (!err)
		summarize(replay);
	return err;
}

static int replay_recording(struct replay *replay)
{
	int err;

	replay->as_opened = *dmaring_recording_format(replay->from);
	replay->format = &replay->as_opened;
	err = frame_range_choose(&replay->range, replay->options, replay->from);
	if (!err)
		err = prepare_stream(replay);
	if (err)
		return err;
	err = dmaring_open(replay->device, NULL, &replay->stream);
	if (err)
		return complain(err);
	err = run(replay);
	dmaring_close(replay->stream);
	return err;
}

int replay_to_stream(const struct options *options)
{
	struct replay replay = { .options = options };
	char path[PATH_MAX];
	int err, code = devices_resolve(options->to, path);

	if (code)
		return code;
	replay.device = path;
	interrupt_catch();
	progress_begin(&replay.progress, options);
	if (dmaring_recording_open(options->operands[0], &replay.from)) {
		warnx("%s", dmaring_record_error());
		return EXIT_ERROR;
	}
	err = replay_recording(&replay);
	dmaring_recording_close(replay.from);
	if (err)
		return EXIT_ERROR;
	/* A loop has no other end. */
	if (interrupt_signal() && !options->loop)
		return EXIT_SIGNAL + interrupt_signal();
	return replay.left_out ? EXIT_FRAMES : EXIT_OK;
}
