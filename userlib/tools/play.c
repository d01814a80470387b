// SPDX-License-Identifier: MIT
#include "commands.h"
#include "lib/clock.h"
#include "lib/devices.h"
#include "lib/interrupt.h"
#include "lib/progress.h"
#include "lib/units.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A signal that comes just before the wait is noticed only after it. */
#define WAIT_MAX_MS 200

struct play {
	const struct options *options;
	const char *device;
	const char *file;
	struct dmaring *stream;
	struct dmaring_info info;
	struct dmaring_stats stats;
	uint32_t frame_bytes;
	int fd;
	bool started;
	bool ended;		/* all frames are submitted */
	uint64_t frames;	/* submitted */
	uint64_t start_ns;
	struct progress progress;
};

static int complain(int err)
{
	warnx("%s", dmaring_error());
	return err;
}

/* ---------------------------------------------------------------- the beginning */

static int open_file(struct play *play)
{
	play->fd = STDIN_FILENO;
	if (!strcmp(play->file, "-"))
		return 0;
	play->fd = open(play->file, O_RDONLY | O_CLOEXEC);
	if (play->fd >= 0)
		return 0;
	warn("%s", play->file);
	return -errno;
}

/* Before it is opened as a producer, which would disturb a capture. */
static int look_at_stream(struct play *play)
{
	struct dmaring_options monitor = {
		.size = sizeof(monitor),
		.flags = DMARING_OPEN_MONITOR,
	};
	struct dmaring *stream;
	int err = dmaring_open(play->device, &monitor, &stream);

	if (!err)
		err = dmaring_get_info(stream, &play->info);
	if (err)
		complain(err);
	dmaring_close(stream);
	if (!err && play->info.direction != DMARING_PLAYBACK) {
		warnx("%s (%s) is a capture stream; 'dmaring capture' takes its frames",
		      play->device, play->info.card);
		return -EOPNOTSUPP;
	}
	return err;
}

static int choose_length(struct play *play)
{
	uint64_t bytes = play->options->frame_bytes;

	if (!bytes)
		bytes = play->info.format.frame_bytes;
	if (!bytes)
		bytes = play->info.buffer_size;
	if (bytes > play->info.buffer_size || bytes > UINT32_MAX) {
		warnx("%s: a frame of %" PRIu64 " bytes does not fit a buffer of %" PRIu64
		      "; load the card's driver with a larger buffer_size=",
		      play->device, bytes, (uint64_t)play->info.buffer_size);
		return -EMSGSIZE;
	}
	play->frame_bytes = bytes;
	return 0;
}

/* --------------------------------------------------------------------- the file */

/* Up to a whole frame; fewer bytes at the end only.  Return: bytes or -errno. */
static ssize_t read_frame(const struct play *play, char *to)
{
	uint32_t at = 0;
	ssize_t got;

	while (at < play->frame_bytes) {
		got = read(play->fd, to + at, play->frame_bytes - at);
		if (!got)
			break;
		if (got < 0 && errno != EINTR)
			return -errno;
		/* Half a frame is none. */
		if (interrupt_signal())
			return 0;
		if (got > 0)
			at += got;
	}
	return at;
}

/* The same, from the beginning again with --loop. */
static ssize_t read_on(const struct play *play, char *to)
{
	ssize_t got = read_frame(play, to);

	if (got || !play->options->loop || !play->frames || interrupt_signal())
		return got;
	if (lseek(play->fd, 0, SEEK_SET) < 0)
		return -errno;
	return read_frame(play, to);
}

static int blame_file(const struct play *play, int err)
{
	if (err == -EFAULT)
		warnx("%s: the card is gone", play->device);
	else if (err == -ESPIPE)
		warnx("%s: --loop needs a file that can be read again",
		      play->file);
	else
		warnx("%s: %s", play->file, strerror(-err));
	return err;
}

/* -------------------------------------------------------------------- the frames */

static void show_progress(struct play *play)
{
	double seconds = (double)(clock_ns() - play->start_ns) / NS_PER_SECOND;
	struct line line = { 0 };

	if (!progress_is_due(&play->progress) ||
	    dmaring_get_stats(play->stream, &play->stats))
		return;
	line_add(&line, "%" PRIu64 " frames in %.1f s, %" PRIu64 " underruns",
		 (uint64_t)play->stats.consumer_delivered, seconds,
		 (uint64_t)play->stats.consumer_overruns);
	progress_write(&line);
}

static bool all_submitted(const struct play *play)
{
	return play->options->frames && play->frames >= play->options->frames;
}

/* A buffer has come: what comes next is in it, or this is the end. */
static int submit_next(struct play *play, struct dmaring_frame *frame)
{
	ssize_t bytes = read_on(play, dmaring_data_rw(play->stream, frame));

	if (bytes < 0)
		return blame_file(play, bytes);
	if (!bytes) {
		play->ended = true;
		return 0;
	}
	frame->bytes_used = bytes;
	if (dmaring_put(play->stream, frame))
		return complain(-EIO);
	play->frames++;
	return 0;
}

static int start(struct play *play)
{
	play->started = true;
	play->start_ns = clock_ns();
	return dmaring_start(play->stream) ? complain(-EIO) : 0;
}

/* The card starts when all buffers are full, or there is no more to send. */
static int submit_all(struct play *play)
{
	struct dmaring_frame frame;
	int err = 0;

	while (!err && !play->ended && !all_submitted(play) &&
	       !interrupt_signal()) {
		if (play->started)
			show_progress(play);
		err = dmaring_get(play->stream, &frame,
				  play->started ? WAIT_MAX_MS : 0);
		if (err == -ETIMEDOUT || err == -EINTR)
			err = 0;
		else if (!play->started && (err == -EAGAIN || err == -EBADFD))
			err = start(play);
		else if (err)
			err = complain(err);
		else
			err = submit_next(play, &frame);
	}
	if (!err && !play->started && play->frames)
		err = start(play);
	return err;
}

static bool has_failed(struct play *play)
{
	if (dmaring_get_info(play->stream, &play->info))
		return complain(-EIO);
	if (play->info.state & DMARING_STATE_FAILED)
		warnx("%s: the card failed; see dmesg", play->device);
	return play->info.state & DMARING_STATE_FAILED;
}

/* Nothing is on its way any more, sent or not: a card may give frames back. */
static bool is_drained(const struct play *play)
{
	return play->stats.consumer_produced >= play->frames &&
	       !play->stats.filled && !play->stats.armed;
}

/* As fsync(2), but with progress, and a signal that came just before ends it. */
static int drain(struct play *play)
{
	while (!interrupt_signal()) {
		if (dmaring_get_stats(play->stream, &play->stats))
			return complain(-EIO);
		if (is_drained(play))
			return 0;
		if (has_failed(play))
			return -EIO;
		show_progress(play);
		interrupt_sleep(NS_PER_SECOND / 100);
	}
	return 0;
}

static void summarize(const struct play *play)
{
	const struct dmaring_stats *stats = &play->stats;
	uint64_t ns = clock_ns() - play->start_ns;
	char time[UNITS_TEXT];

	if (play->options->quiet)
		return;
	printf("%s: %" PRIu64 " frames sent in %s, %" PRIu64 " underruns",
	       play->device, (uint64_t)stats->consumer_delivered,
	       units_ns(time, ns), (uint64_t)stats->consumer_overruns);
	if (stats->consumer_dropped)
		printf(", %" PRIu64 " frames not sent",
		       (uint64_t)stats->consumer_dropped);
	putchar('\n');
}

static int run(struct play *play)
{
	int err = submit_all(play), stop_err;

	if (!err && play->started)
		err = drain(play);
	progress_clear(&play->progress);
	if (!play->started)
		return err;
	stop_err = dmaring_stop(play->stream);
	if (stop_err && !err)
		err = complain(stop_err);
	if (!dmaring_get_stats(play->stream, &play->stats))
		summarize(play);
	return err;
}

static int exit_code(const struct play *play, int err)
{
	if (err)
		return EXIT_ERROR;
	if (play->options->strict &&
	    (!play->frames || play->stats.consumer_overruns ||
	     play->stats.consumer_delivered < play->frames))
		return EXIT_FRAMES;
	/* A loop has no other end. */
	if (interrupt_signal() && !play->options->loop)
		return EXIT_SIGNAL + interrupt_signal();
	return EXIT_OK;
}

static int play_device(struct play *play)
{
	int err;

	err = look_at_stream(play);
	if (!err)
		err = choose_length(play);
	if (!err)
		err = open_file(play);
	if (err)
		return err;
	err = dmaring_open(play->device, NULL, &play->stream);
	if (err)
		return complain(err);
	err = run(play);
	dmaring_close(play->stream);
	return err;
}

int command_play(const struct options *options)
{
	struct play play = { .options = options };
	char path[PATH_MAX];
	int code;

	progress_begin(&play.progress, options);
	if (!options->operand_count) {
		warnx("play: name the FILE to play, or - for the standard input");
		return EXIT_USAGE;
	}
	play.file = options->operands[0];
	code = devices_resolve(options->operand_count > 1 ?
				       options->operands[1] : NULL, path);
	if (code)
		return code;
	play.device = path;
	interrupt_catch();
	return exit_code(&play, play_device(&play));
}
