// SPDX-License-Identifier: MIT
/*
 * The guest's part of tests/vm/record/power_loss: looks at what the last loss of power has
 * left of a recording, mends it and goes on with it, until the power fails again.
 *
 * It says in lines what it knows.  What it has not said when the power fails, the next one
 * need not find.
 *
 * usage: power_loss RECORDING DEVICE [libaio|buffered]
 */
#include <dmaring/pattern.h>
#include <errno.h>
#include <inttypes.h>
#include <libdmaring-record.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* As often as can be: each one is a chance to fail in the middle of it. */
#define SYNC_MS		5
#define SPLIT_FRAMES	150

static const char *path;
static struct dmaring *stream;
static struct dmaring_info info;

static void require(const char *what, int err)
{
	if (!err)
		return;
	printf("failed %s: %s: %s\n", what, strerror(-err), dmaring_record_error());
	exit(1);
}

/* Frames that are not as the source made them; or whose number is not after the last. */
static uint64_t count_broken(void)
{
	struct dmaring_recording *recording;
	const struct dmaring_record *is;
	uint64_t broken = 0, frames, i, next = 0;

	require("opening it", dmaring_recording_open(path, &recording));
	frames = dmaring_recording_frames(recording);
	for (i = 0; i < frames; i++) {
		const void *data = dmaring_recording_data(recording, i);

		is = dmaring_recording_record(recording, i);
		/* Each run of the source counts from the beginning. */
		if (is && is->position == DMARING_RECORD_ALIGN && is->frame.sequence < next)
			next = 0;
		if (!is || !data || is->frame.sequence < next ||
		    dmaring_pattern_check_frame(data, is->frame.hw_meta, &info.format,
						is->frame.sequence, is->frame.bytes_used) !=
			    (int64_t)info.format.frame_bytes)
			broken++;
		next = is ? is->frame.sequence + 1 : 0;
	}
	dmaring_recording_close(recording);
	return broken;
}

static void say_verdict(const char *word, int mend)
{
	struct dmaring_verdict is = { .size = sizeof(is) };
	uint64_t corrupt, broken;

	require("verifying it", dmaring_recording_verify(path, mend, &is));
	corrupt = is.corrupt + is.frames - is.checked;
	broken = count_broken();
	printf("%s %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", word, is.frames,
	       is.absent + is.damaged, corrupt > broken ? corrupt : broken);
}

/* If the power failed when it began, there is none, and nothing was promised of it. */
static int is_there(void)
{
	struct dmaring_recording *recording;
	int err = access(path, F_OK) ? -ENOENT : dmaring_recording_open(path, &recording);

	if (err == -ENOENT || err == -EPROTO) {
		printf("none %s\n", err == -EPROTO ? dmaring_record_error() : "is there");
		return 0;
	}
	require("opening it", err);
	dmaring_recording_close(recording);
	return 1;
}

static void look_and_mend(void)
{
	if (!is_there())
		return;
	say_verdict("found", 0);
	say_verdict("mended", 1);
	say_verdict("whole", 0);
}

static void record(const char *how)
{
	struct dmaring_recorder_options options = {
		.size = sizeof(options),
		.flags = DMARING_RECORDER_APPEND | DMARING_RECORDER_CRC32 |
			 (strcmp(how, "buffered") ? 0 : DMARING_RECORDER_BUFFERED),
		.engine = strcmp(how, "libaio") ? DMARING_RECORDER_AUTO :
						  DMARING_RECORDER_LIBAIO,
		.sync_ms = SYNC_MS,
		.split_frames = SPLIT_FRAMES,
	};
	struct dmaring_recorder_state state = { .size = sizeof(state) };
	struct dmaring_recorder *recorder;
	uint64_t safe = 0;

	puts("begin");
	require("going on with it",
		dmaring_recorder_open(stream, path, &options, &recorder));
	puts("recording");
	require("starting", dmaring_start(stream));
	for (;;) {
		require("recording", dmaring_recorder_step(recorder, 1000));
		dmaring_recorder_get_state(recorder, &state);
		if (state.safe != safe)
			printf("safe %" PRIu64 "\n", state.safe);
		safe = state.safe;
	}
}

int main(int argc, char **argv)
{
	if (argc < 3)
		return 2;
	setvbuf(stdout, NULL, _IOLBF, 0);
	path = argv[1];
	require("opening the stream", dmaring_open(argv[2], NULL, &stream));
	require("asking the stream", dmaring_get_info(stream, &info));
	look_and_mend();
	record(argc > 3 ? argv[3] : "");
	return 0;
}
