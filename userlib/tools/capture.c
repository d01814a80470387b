// SPDX-License-Identifier: MIT
#include "commands.h"
#include "lib/busfault.h"
#include "lib/clock.h"
#include "lib/interrupt.h"
#include "lib/progress.h"
#include "lib/recording.h"
#include "lib/summary.h"
#include "lib/units.h"
#include "lib/verify.h"

#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

/*
 * A signal that comes just before the wait is noticed only after it.  Who asked for
 * longer waits with --watermark-time gets them.
 */
#define WAIT_MAX_MS 200

/* Of corrupt, of damaged and of short ones; more would only bury the first. */
#define SAID_MAX 8

struct capture {
	const struct options *options;
	struct dmaring *stream;
	struct dmaring_info info;
	struct recording recording;
	struct progress progress;
	struct result result;
};

static int complain(const struct capture *capture, int err)
{
	progress_clear(&capture->progress);
	warnx("%s", dmaring_error());
	return err;
}

static int refuse_verify(const struct capture *capture)
{
	if (capture->info.caps & DMARING_CAP_TEST_PATTERN)
		return 0;
	warnx("%s (%s) sends no test pattern, there is nothing to verify against; leave --verify out",
	      capture->options->device, capture->info.card);
	return -EINVAL;
}

/* All that can be refused before the first frame comes */
static int prepare(struct capture *capture)
{
	const struct options *options = capture->options;

	if (dmaring_get_info(capture->stream, &capture->info))
		return complain(capture, -EIO);
	if (capture->info.direction == DMARING_PLAYBACK) {
		warnx("%s (%s) is a playback stream, no frame comes from it; 'dmaring play' sends some",
		      options->device, capture->info.card);
		return -EOPNOTSUPP;
	}
	if (options->verify && refuse_verify(capture))
		return -EINVAL;
	return recording_open(&capture->recording, options, capture->stream,
			      &capture->info);
}

/* ------------------------------------------------------------------- one frame */

/* The first ones of each kind. */
static bool worth_words(const struct capture *capture, uint64_t count,
			const char *kind)
{
	if (count > SAID_MAX + 1)
		return false;
	progress_clear(&capture->progress);
	if (count > SAID_MAX)
		warnx("more %s frames are counted, not listed", kind);
	return count <= SAID_MAX;
}

/* Before the frame is used, so that what comes of it is said after it. */
static void name_fault(const struct capture *capture,
		       const struct dmaring_frame *frame)
{
	const struct result *result = &capture->result;
	uint64_t sequence = frame->sequence;

	if (frame->flags & DMARING_FRAME_ERROR &&
	    worth_words(capture, result->damaged, "damaged"))
		warnx("frame %" PRIu64 " is damaged, says the card", sequence);
	if (frame->flags & DMARING_FRAME_TRUNCATED &&
	    worth_words(capture, result->truncated, "truncated"))
		warnx("frame %" PRIu64 " is truncated, says the card: %u bytes of it are there",
		      sequence, frame->bytes_used);
	else if (!(frame->flags & DMARING_FRAME_TRUNCATED) &&
		 frame->bytes_used < result->frame_bytes && !result->verified &&
		 worth_words(capture, result->short_ones, "short"))
		warnx("frame %" PRIu64 " is short: it has %u bytes, should have %u",
		      sequence, frame->bytes_used, result->frame_bytes);
}

static void verify(struct capture *capture, const struct dmaring_frame *frame,
		   const void *data)
{
	struct result *result = &capture->result;
	const struct dmaring_format *format = &capture->info.format;

	if (verify_frame(frame, data, format, result->corrupt < SAID_MAX))
		return;
	if (++result->corrupt > SAID_MAX)
		worth_words(capture, result->corrupt, "corrupt");
}

static int record(struct capture *capture, const struct dmaring_frame *frame,
		  const void *data)
{
	int err = recording_write(&capture->recording, frame, data,
				  &capture->info.format);

	if (err != -EMSGSIZE)
		return err;
	capture->result.skipped++;
	return 0;
}

struct use {
	struct capture *capture;
	const struct dmaring_frame *frame;
};

static int use_frame(void *argument)
{
	const struct use *use = argument;
	struct capture *capture = use->capture;
	const void *data = dmaring_data(capture->stream, use->frame);

	if (capture->options->verify)
		verify(capture, use->frame, data);
	return record(capture, use->frame, data);
}

static int handle_frame(struct capture *capture,
			const struct dmaring_frame *frame)
{
	struct use use = { .capture = capture, .frame = frame };
	int err;

	result_add(&capture->result, frame);
	name_fault(capture, frame);
	err = busfault_guard(use_frame, &use);
	if (err == -EFAULT)
		warnx("%s: the card is gone, in the middle of frame %" PRIu64,
		      capture->options->device, (uint64_t)frame->sequence);
	if (err)
		return err;
	if (dmaring_release(capture->stream, frame))
		return complain(capture, -EIO);
	return 0;
}

/* --------------------------------------------------------------- all of the frames */

static uint64_t end_ns(const struct capture *capture)
{
	uint64_t duration_ns = capture->options->duration_ns;

	return duration_ns ? capture->result.start_ns + duration_ns :
			     UINT64_MAX;
}

static bool all_done(const struct capture *capture)
{
	const struct options *options = capture->options;

	if (options->frames)
		return capture->result.frames >= options->frames;
	return clock_ns() >= end_ns(capture);
}

static int wait_ms(const struct capture *capture)
{
	uint64_t now_ns = clock_ns(), until_ns = end_ns(capture);
	uint64_t most_ms = capture->options->stream.watermark_us / 1000;

	if (most_ms < WAIT_MAX_MS)
		most_ms = WAIT_MAX_MS;
	if (until_ns <= now_ns)
		return 0;
	if (until_ns - now_ns > most_ms * 1000000)
		return most_ms;
	return (until_ns - now_ns) / 1000000 + 1;
}

static int take_frames(struct capture *capture)
{
	struct dmaring_frame frame;
	int err;

	while (!all_done(capture) && !interrupt_signal()) {
		progress_show(&capture->progress, &capture->result);
		err = dmaring_next(capture->stream, &frame, wait_ms(capture));
		if (err == -ETIMEDOUT || err == -EAGAIN || err == -EINTR)
			err = progress_check_silence(&capture->progress,
						     capture->options->device,
						     capture->result.heard_ns);
		else if (err)
			err = complain(capture, err);
		else
			err = handle_frame(capture, &frame);
		if (err)
			return err;
	}
	return 0;
}

static int cross_check(const struct capture *capture)
{
	const struct result *result = &capture->result;
	struct dmaring_stats stats;

	if (dmaring_get_stats(capture->stream, &stats))
		return complain(capture, -EIO);
	if (result_agrees(result, &stats))
		return 0;
	warnx("%s: the driver counted %" PRIu64 " frames taken, %" PRIu64
	      " overruns, %" PRIu64 " drops; this program %" PRIu64 ", %" PRIu64
	      ", %" PRIu64 ": please report this",
	      capture->options->device, (uint64_t)stats.consumer_delivered,
	      (uint64_t)stats.consumer_overruns,
	      (uint64_t)stats.consumer_dropped, result->frames,
	      result->loss.overruns, result->loss.drops);
	return -EPROTO;
}

/* Not among the frames. */
static void summarize(const struct capture *capture)
{
	const struct options *options = capture->options;
	bool mixed = options->output && !strcmp(options->output, "-");
	FILE *out = mixed ? stderr : stdout;

	if (options->json)
		summary_print_json(out, &capture->result);
	else if (!options->quiet)
		summary_print(out, &capture->result);
}

/* An interrupt ends well only a capture that has no other end. */
static bool ended_as_asked(const struct capture *capture)
{
	bool endless = !capture->options->frames &&
		       !capture->options->duration_ns;

	return endless || all_done(capture);
}

static int run(struct capture *capture)
{
	int err, stop_err;

	if (dmaring_start(capture->stream))
		return complain(capture, -EIO);
	result_begin(&capture->result, capture->options->device,
		     capture->info.format.frame_bytes,
		     capture->options->verify);
	err = take_frames(capture);
	result_end(&capture->result, !err && ended_as_asked(capture));
	progress_clear(&capture->progress);
	if (!err)
		err = cross_check(capture);
	stop_err = dmaring_stop(capture->stream);
	if (stop_err && !err)
		err = complain(capture, stop_err);
	summarize(capture);
	return err;
}

static int exit_code(const struct capture *capture, int err)
{
	const struct result *result = &capture->result;

	if (err)
		return EXIT_ERROR;
	if (result_faulty(result, capture->recording.kind,
			  capture->options->strict))
		return EXIT_FRAMES;
	if (!result->complete)
		return EXIT_SIGNAL + interrupt_signal();
	return EXIT_OK;
}

int command_capture(const struct options *options)
{
	struct capture capture = {
		.options = options,
		.recording = RECORDING_NONE_YET,
	};
	int err;

	interrupt_catch();
	progress_begin(&capture.progress, options);
	err = dmaring_open(options->device, &options->stream, &capture.stream);
	if (err) {
		complain(&capture, err);
		return EXIT_ERROR;
	}
	err = prepare(&capture);
	if (!err)
		err = run(&capture);
	if (recording_close(&capture.recording) && !err)
		err = -EIO;
	dmaring_close(capture.stream);
	return exit_code(&capture, err);
}
