/* SPDX-License-Identifier: MIT */
/*
 * A stream, as the raw interface shows it.  Functions return 0 (or a count) or
 * -errno; those that say so end the test when they fail.  Arguments come
 * poisoned: whatever the kernel forgets to write is seen.
 */
#ifndef STREAM_H
#define STREAM_H

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <linux/dmaring.h>
#include <dmaring/pattern.h>
#include "card.h"
#include "now.h"
#include "tap.h"
#include "watch.h"

#define POISON		0xcc
#define FOREVER		(-1LL)
#define MAPS_MAX	512

#define EMPTY_ARGUMENT(name)						\
	do {								\
		memset(&(name), POISON, sizeof(name));			\
		memset(&(name).reserved, 0, sizeof((name).reserved));	\
		(name).size = sizeof(name);				\
		(name).flags = 0;					\
	} while (0)

static inline int call(int fd, unsigned long command, void *argument)
{
	return ioctl(fd, command, argument) < 0 ? -errno : 0;
}

/* ------------------------------------------------------------- arguments */

static inline struct dmaring_info info_argument(void)
{
	struct dmaring_info argument;

	EMPTY_ARGUMENT(argument);
	return argument;
}

static inline struct dmaring_stats stats_argument(void)
{
	struct dmaring_stats argument;

	memset(&argument, POISON, sizeof(argument));
	argument.size = sizeof(argument);
	argument.flags = 0;
	return argument;
}

static inline struct dmaring_buffer buffer_argument(uint32_t index)
{
	struct dmaring_buffer argument;

	EMPTY_ARGUMENT(argument);
	argument.index = index;
	argument.segment = 0;
	return argument;
}

static inline struct dmaring_attach attach_argument(uint32_t policy, uint32_t depth,
						    uint32_t max_held)
{
	struct dmaring_attach argument;

	EMPTY_ARGUMENT(argument);
	argument.policy = policy;
	argument.features = 0;
	argument.frame_stride = 0;
	argument.depth = depth;
	argument.max_held = max_held;
	argument.watermark = 0;
	argument.watermark_ns = 0;
	return argument;
}

static inline struct dmaring_dequeue dequeue_argument(void *frames, uint32_t count,
						      long long timeout_ns)
{
	struct dmaring_dequeue argument = { .size = sizeof(argument) };

	argument.frames = (uintptr_t)frames;
	argument.count = count;
	argument.timeout_ns = timeout_ns;
	return argument;
}

static inline struct dmaring_release release_argument(const __u64 *cookies, uint32_t count)
{
	struct dmaring_release argument;

	EMPTY_ARGUMENT(argument);
	argument.cookies = (uintptr_t)cookies;
	argument.count = count;
	return argument;
}

static inline struct dmaring_ring ring_argument(void)
{
	struct dmaring_ring argument;

	EMPTY_ARGUMENT(argument);
	return argument;
}

static inline struct dmaring_eventfd eventfd_argument(int fd)
{
	struct dmaring_eventfd argument;

	EMPTY_ARGUMENT(argument);
	argument.fd = fd;
	return argument;
}

static inline struct dmaring_export export_argument(uint32_t index, uint32_t flags)
{
	struct dmaring_export argument;

	EMPTY_ARGUMENT(argument);
	argument.flags = flags;
	argument.buffer = index;
	return argument;
}

static inline struct dmaring_region region_argument(uint32_t index)
{
	struct dmaring_region argument;

	EMPTY_ARGUMENT(argument);
	argument.index = index;
	return argument;
}

static inline struct dmaring_read_region read_region_argument(uint32_t index, uint64_t offset,
							      void *data, uint64_t length)
{
	struct dmaring_read_region argument = { .size = sizeof(argument) };

	argument.index = index;
	argument.offset = offset;
	argument.length = length;
	argument.data = (uintptr_t)data;
	return argument;
}

/* -------------------------------------------------------------- commands */

/* Ends the test on failure. */
static inline int stream_open(int flags)
{
	int fd = open(card_node(), flags | O_CLOEXEC);

	REQUIRE(fd >= 0);
	return fd;
}

static inline struct dmaring_info stream_info(int fd)
{
	struct dmaring_info info = info_argument();

	REQUIRE_EQ(call(fd, DMARING_IOC_INFO, &info), 0);
	return info;
}

/* Ends the test on failure; whatever must always be true of it is checked. */
static inline struct dmaring_stats stream_stats(int fd)
{
	struct dmaring_stats stats = stats_argument();
	int alone = stream_info(fd).consumers == 1;

	REQUIRE_EQ(call(fd, DMARING_IOC_STATS, &stats), 0);
	CHECK_EQ(stats.idle + stats.armed + stats.held + stats.quarantined + stats.absent,
		 stream_info(fd).buffers);
	CHECK_EQ(stats.produced, stats.completed + stats.overruns);
	CHECK_EQ(stats.consumer_produced,
		 stats.consumer_delivered + stats.consumer_waiting +
		 stats.consumer_dropped + stats.consumer_overruns);
	/* Another one may come or go meanwhile, with what he holds. */
	if (stats.consumer_policy && alone && stream_info(fd).consumers == 1)
		CHECK_EQ(stats.held, stats.consumer_waiting + stats.consumer_held);
	return stats;
}

/* Ends the test on failure. */
static inline struct dmaring_region stream_region(int fd, uint32_t index)
{
	struct dmaring_region argument = region_argument(index);

	REQUIRE_EQ(call(fd, DMARING_IOC_REGION, &argument), 0);
	return argument;
}

static inline int stream_read_region(int fd, uint32_t index, uint64_t offset, void *data,
				     uint64_t length)
{
	struct dmaring_read_region argument = read_region_argument(index, offset, data, length);

	return call(fd, DMARING_IOC_READ_REGION, &argument);
}

static inline int stream_attach(int fd, uint32_t policy, uint32_t depth, uint32_t max_held)
{
	struct dmaring_attach argument = attach_argument(policy, depth, max_held);

	return call(fd, DMARING_IOC_ATTACH, &argument);
}

/* Returns how many frames it took. */
static inline int stream_take(int fd, struct dmaring_frame *frames, uint32_t count,
			      long long timeout_ns)
{
	struct dmaring_dequeue argument = dequeue_argument(frames, count, timeout_ns);
	int error;

	memset(frames, POISON, count * sizeof(*frames));
	error = call(fd, DMARING_IOC_DEQUEUE, &argument);
	return error ? error : (int)argument.count;
}

/*
 * A frame that is to come, or why none comes in time.  Ends the test if one is there and
 * nobody is woken for it.
 */
static inline int stream_wait(int fd, struct dmaring_frame *frame, long long timeout_ns)
{
	int result = stream_take(fd, frame, 1, 0);
	struct watch watch;

	if (result != -EAGAIN)
		return result;
	watch_begin(&watch, fd);
	result = stream_take(fd, frame, 1, timeout_ns);
	watch_end(&watch);
	return result;
}

#define PATIENCE_NS	(30000 * MS)	/* a card that is silent so long is dead */

/* A frame that is to come soon, or why none comes. */
static inline int stream_await(int fd, struct dmaring_frame *frame)
{
	return stream_wait(fd, frame, PATIENCE_NS);
}

static inline int stream_give(int fd, const struct dmaring_frame *frame)
{
	struct dmaring_release argument = release_argument(&frame->cookie, 1);

	return call(fd, DMARING_IOC_RELEASE, &argument);
}

/* Ends the test on failure. */
static inline void *stream_map(int fd, uint32_t index, int protection)
{
	struct dmaring_buffer buffer = buffer_argument(index);
	void *map;

	REQUIRE_EQ(call(fd, DMARING_IOC_BUFFER, &buffer), 0);
	map = mmap(NULL, buffer.length, protection, MAP_SHARED, fd, buffer.mmap_offset);
	REQUIRE(map != MAP_FAILED);
	return map;
}

static inline short stream_poll(int fd, int timeout_ms)
{
	struct pollfd entry = { .fd = fd, .events = POLLIN };

	return poll(&entry, 1, timeout_ms) < 0 ? -errno : entry.revents;
}

/* --------------------------------------------------------------- capture */

struct stream {
	int fd;
	struct dmaring_info info;
	const uint8_t *map[MAPS_MAX];
};

static inline void capture_map(struct stream *stream)
{
	REQUIRE(stream->info.buffers <= MAPS_MAX);
	for (uint32_t i = 0; i < stream->info.buffers; i++)
		stream->map[i] = stream_map(stream->fd, i, PROT_READ);
}

/* A lossless consumer with every buffer mapped, running.  Ends the test on failure. */
static inline struct stream capture_start(void)
{
	struct stream stream = { .fd = stream_open(O_RDWR) };

	stream.info = stream_info(stream.fd);
	REQUIRE_EQ(stream_attach(stream.fd, DMARING_POLICY_LOSSLESS, 0, 0), 0);
	capture_map(&stream);
	REQUIRE_EQ(call(stream.fd, DMARING_IOC_START, NULL), 0);
	return stream;
}

/* What is said of the frame; whose clock stamped it says nothing of it. */
static inline uint32_t frame_flags(const struct dmaring_frame *frame)
{
	return frame->flags & ~DMARING_FRAME_HW_TIMESTAMP;
}

/* Every field of a frame's descriptor that is known, and every byte, if it is. */
static inline void capture_verify(const struct stream *stream, const struct dmaring_frame *frame)
{
	const struct dmaring_format *format = &stream->info.format;

	REQUIRE(frame->buffer < stream->info.buffers);
	CHECK(frame->cookie != 0);
	CHECK_EQ(frame->bytes_used, format->frame_bytes);
	CHECK_EQ(frame_flags(frame), 0);
	CHECK_EQ(frame->format_seq, stream->info.format_seq);
	CHECK_EQ(frame->reserved, 0);
	CHECK(frame->timestamp_ns != 0);
	if (!(stream->info.caps & DMARING_CAP_TEST_PATTERN))
		return;
	CHECK(frame->hw_meta < DMARING_PATTERN_COUNT);
	CHECK_EQ(dmaring_pattern_check_frame(stream->map[frame->buffer], frame->hw_meta, format,
					     frame->sequence, format->frame_bytes),
		 format->frame_bytes);
}

/* Takes one frame and verifies it.  Ends the test on failure. */
static inline struct dmaring_frame capture_take(const struct stream *stream)
{
	struct dmaring_frame frame;

	REQUIRE_EQ(stream_wait(stream->fd, &frame, FOREVER), 1);
	capture_verify(stream, &frame);
	return frame;
}

/* Takes @count frames, verifies them, gives them back. */
static inline void capture_frames(const struct stream *stream, int count)
{
	while (count--) {
		struct dmaring_frame frame = capture_take(stream);

		CHECK_EQ(stream_give(stream->fd, &frame), 0);
	}
}

/* Takes frames and keeps them until no buffer is left; the card then loses frames. */
static inline void capture_hold_all(const struct stream *stream, struct dmaring_frame *frames)
{
	for (uint32_t i = 0; i < stream->info.buffers; i++)
		frames[i] = capture_take(stream);
}

/* To be run before each test: small frames, which a test may change. */
static inline void stream_prepare(void)
{
	REQUIRE_EQ(card_write("format", "32x32"), 0);
	REQUIRE_EQ(card_write("device/pattern", "noise"), 0);
}

/* To be run after each test: is the stream as good as new, whatever was done to it? */
static inline void stream_is_healthy(void)
{
	struct stream stream = capture_start();
	struct dmaring_stats stats;

	capture_frames(&stream, 3);
	CHECK_EQ(call(stream.fd, DMARING_IOC_STOP, NULL), 0);
	stats = stream_stats(stream.fd);
	CHECK_EQ(stats.idle, stream.info.buffers);
	CHECK_EQ(stats.bad_completions, 0);
	CHECK_EQ(stats.stalls, 0);
}

#endif /* STREAM_H */
