/* SPDX-License-Identifier: MIT */
/* The producer of a playback stream, whose sink compares each byte with the pattern. */
#ifndef PLAY_H
#define PLAY_H

#include <sys/mman.h>
#include <unistd.h>
#include "virt.h"

/* @number: of the next frame to fill: so many the sink has taken before. */
struct play {
	int fd;
	struct dmaring_info info;
	uint8_t *map[MAPS_MAX];
	uint64_t number;
};

/* Ends the test on failure; whatever must always be true of it is checked. */
static inline struct dmaring_stats play_stats(int fd)
{
	struct dmaring_stats stats = stats_argument();

	REQUIRE_EQ(call(fd, DMARING_IOC_STATS, &stats), 0);
	CHECK_EQ(stats.idle + stats.armed + stats.held + stats.quarantined + stats.filled,
		 stream_info(fd).buffers);
	CHECK_EQ(stats.produced, stats.completed + stats.overruns);
	if (!stats.consumer_policy)
		return stats;
	CHECK_EQ(stats.consumer_produced,
		 stats.consumer_delivered + stats.consumer_dropped + stats.filled + stats.armed +
		 stats.quarantined - stats.referenced);
	CHECK_EQ(stats.held, stats.consumer_waiting + stats.consumer_held);
	return stats;
}

/* Attached, with every buffer mapped.  Ends the test on failure. */
static inline struct play play_attach(void)
{
	struct play play = { .fd = stream_open(O_RDWR) };

	play.info = stream_info(play.fd);
	REQUIRE(play.info.buffers <= MAPS_MAX);
	REQUIRE_EQ(stream_attach(play.fd, DMARING_POLICY_LOSSLESS, 0, 0), 0);
	for (uint32_t i = 0; i < play.info.buffers; i++)
		play.map[i] = stream_map(play.fd, i, PROT_READ | PROT_WRITE);
	play.number = play_stats(play.fd).completed;
	return play;
}

/* The same, running. */
static inline struct play play_start(void)
{
	struct play play = play_attach();

	REQUIRE_EQ(call(play.fd, DMARING_IOC_START, NULL), 0);
	return play;
}

/* An empty buffer, when there is one.  Ends the test on failure. */
static inline struct dmaring_frame play_take(const struct play *play)
{
	struct dmaring_frame frame;

	REQUIRE_EQ(stream_take(play->fd, &frame, 1, FOREVER), 1);
	REQUIRE(frame.buffer < play->info.buffers);
	return frame;
}

static inline void play_fill_as(const struct play *play, struct dmaring_frame *frame,
				uint32_t bytes, uint64_t number)
{
	dmaring_pattern_fill(play->map[frame->buffer], DMARING_PATTERN_NOISE, 1, number, 0, bytes);
	frame->bytes_used = bytes;
}

/* What the sink expects next. */
static inline void play_fill(struct play *play, struct dmaring_frame *frame, uint32_t bytes)
{
	play_fill_as(play, frame, bytes, play->number++);
}

static inline int play_submit_some(int fd, const struct dmaring_filled *filled, uint32_t count,
				   uint32_t *bad)
{
	struct dmaring_submit argument;
	int error;

	EMPTY_ARGUMENT(argument);
	argument.frames = (uintptr_t)filled;
	argument.count = count;
	error = call(fd, DMARING_IOC_SUBMIT, &argument);
	*bad = argument.bad;
	return error;
}

static inline int play_submit(const struct play *play, const struct dmaring_frame *frame)
{
	struct dmaring_filled filled = { .cookie = frame->cookie, .bytes = frame->bytes_used };
	uint32_t bad;

	return play_submit_some(play->fd, &filled, 1, &bad);
}

/* Takes, fills and submits so many, whole ones. */
static inline void play_frames(struct play *play, int count)
{
	while (count--) {
		struct dmaring_frame frame = play_take(play);

		play_fill(play, &frame, play->info.buffer_size);
		CHECK_EQ(play_submit(play, &frame), 0);
	}
}

static inline uint64_t play_mismatches(void)
{
	char text[32];

	REQUIRE_EQ(file_read(VIRT_PARAMETERS "mismatches", text, sizeof(text)), 0);
	return strtoull(text, NULL, 10);
}

/* To be run before each test: an honest sink, which takes what there is. */
static inline void play_prepare(void)
{
	virt_prepare();
	virt_set("rate", 0);
}

/* To be run after each test: nothing is left of whoever used the stream. */
static inline void play_is_healthy(void)
{
	uint64_t mismatches = play_mismatches();
	struct dmaring_stats stats;
	struct play play;

	play_prepare();
	play = play_start();
	stats = play_stats(play.fd);
	CHECK_EQ(stats.consumer_waiting, play.info.buffers);
	play_frames(&play, 3);
	CHECK_EQ(fsync(play.fd), 0);
	CHECK_EQ(call(play.fd, DMARING_IOC_STOP, NULL), 0);
	stats = play_stats(play.fd);
	CHECK_EQ(stats.consumer_delivered, 3);
	CHECK_EQ(stats.held, play.info.buffers);
	CHECK_EQ(play_mismatches(), mismatches);
}

#endif /* PLAY_H */
