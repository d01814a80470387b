/* SPDX-License-Identifier: MIT */
/*
 * The source of frames that needs no card, and its knobs.  Those that are not
 * named here are set when it is loaded: see machines.ini.
 */
#ifndef VIRT_H
#define VIRT_H

#include "now.h"
#include "stream.h"

#define VIRT_PARAMETERS	"/sys/module/dmaring_virt/parameters/"
#define VIRT_DRIVER	"/sys/bus/platform/drivers/dmaring_virt/"

/* Milliseconds between two frames, unless a test wants another rate. */
static unsigned int virt_frame_ms = 1;

/* Ends the test on failure.  A rate takes effect with the next START. */
static inline void virt_set(const char *parameter, unsigned int value)
{
	char path[CARD_PATH_MAX], text[16];

	snprintf(path, sizeof(path), VIRT_PARAMETERS "%s", parameter);
	snprintf(text, sizeof(text), "%u", value);
	REQUIRE_EQ(file_write(path, text), 0);
}

/* Of a frame of 8 bytes or more: has the source written their first ones?  With pattern=off
 * that is all it writes.
 */
static inline int virt_has_written(const void *data, const struct dmaring_frame *frame,
				   const struct dmaring_format *format)
{
	if (frame->hw_meta == DMARING_PATTERN_COUNT)
		return *(const uint64_t *)data == frame->sequence;
	return dmaring_pattern_check_frame(data, frame->hw_meta, format, frame->sequence, 8) == 8;
}

/* To be run before each test: an honest source. */
static inline void virt_prepare(void)
{
	static const char *const faults[] = {
		"jitter_percent", "overrun_every", "bad_every", "error_every", "truncate_every",
		"discard_every", "stall",
	};

	for (size_t i = 0; i < sizeof(faults) / sizeof(*faults); i++)
		virt_set(faults[i], 0);
	virt_set("burst", 1);
	virt_set("overrun_frames", 1);
	virt_set("rate", 1000 / virt_frame_ms);
}

/* To be run after each test: nothing is left of whoever used the stream. */
static inline void virt_is_healthy(void)
{
	struct dmaring_stats stats;
	struct dmaring_info info;
	struct stream stream;

	virt_prepare();
	stream = capture_start();
	info = stream_info(stream.fd);
	CHECK_EQ(info.consumers, 1);
	CHECK_EQ(info.viewer_reserved, 0);
	capture_frames(&stream, 3);
	CHECK_EQ(call(stream.fd, DMARING_IOC_STOP, NULL), 0);
	stats = stream_stats(stream.fd);
	CHECK_EQ(stats.idle, info.buffers);
	CHECK_EQ(stats.stalls, 0);
}

/* A consumer that only wants to look; not started.  Ends the test on failure. */
static inline struct stream viewer_attach(uint32_t depth, uint32_t max_held)
{
	struct stream stream = { .fd = stream_open(O_RDONLY) };

	stream.info = stream_info(stream.fd);
	REQUIRE_EQ(stream_attach(stream.fd, DMARING_POLICY_LATEST, depth, max_held), 0);
	capture_map(&stream);
	return stream;
}

/* The same, running. */
static inline struct stream viewer_start(uint32_t depth, uint32_t max_held)
{
	struct stream stream = viewer_attach(depth, max_held);

	REQUIRE_EQ(call(stream.fd, DMARING_IOC_START, NULL), 0);
	return stream;
}

/* Waits until so many frames wait for a consumer. */
static inline void let_wait(int fd, uint64_t frames)
{
	while (stream_stats(fd).consumer_waiting < frames)
		sleep_ms(1);
}

/* Lets the source produce so many more frames, lost ones included. */
static inline void let_produce(int fd, uint64_t frames)
{
	uint64_t end = stream_stats(fd).produced + frames;

	while (stream_stats(fd).produced < end)
		sleep_ms(1);
}

/* What main() returns; MILLISECONDS-BETWEEN-FRAMES may be its one argument. */
static inline int virt_run(int argc, char **argv)
{
	if (argc > 1)
		virt_frame_ms = atoi(argv[1]);
	return tap_run(virt_prepare, virt_is_healthy);
}

#endif /* VIRT_H */
