// SPDX-License-Identifier: MIT
/*
 * STATS against what the test itself has counted.  That the parts add up to the
 * whole is checked by stream_stats(), and proves little of each of them.
 */
#include "pages.h"
#include "stream.h"

#define BATCH	8

/* What this consumer has seen since START. */
struct seen {
	uint64_t taken;
	uint64_t missing;	/* by the sequence numbers between the frames it took */
	uint64_t overruns;	/* of these */
	struct dmaring_frame last;
};

static void see(struct seen *seen, const struct dmaring_frame *frame)
{
	if (seen->taken) {
		seen->missing += frame->sequence - seen->last.sequence - 1;
		seen->overruns += frame->overruns_total - seen->last.overruns_total;
	}
	seen->taken++;
	seen->last = *frame;
}

static void let_wait(int fd, uint64_t count)
{
	while (stream_stats(fd).consumer_waiting < count)
		usleep(50000);
}

static void give_all(int fd, const struct dmaring_frame *frames, int count)
{
	while (count-- > 0)
		CHECK_EQ(stream_give(fd, frames++), 0);
}

/* By read() into an array of which @reachable can be written. */
static int read_into(int fd, struct dmaring_frame *frames, uint32_t reachable)
{
	struct dmaring_frame *cut = pages_before_nothing(reachable * sizeof(*cut));
	int bytes = read(fd, cut, BATCH * sizeof(*cut));

	if (bytes < 0)
		return -errno;
	memcpy(frames, cut, bytes);
	return bytes / (int)sizeof(*frames);
}

/* Takes what waits in every way that there is, and also in vain. */
static void take_in_many_ways(int fd, struct seen *seen)
{
	struct dmaring_frame frames[BATCH];
	int taken;

	for (uint32_t way = 0; way < 5; way++) {
		let_wait(fd, 1);
		CHECK_EQ(stream_take(fd, NULL, 0, 0), -EINVAL);
		CHECK_EQ(read_into(fd, frames, 0), -EFAULT);
		taken = way < 3 ? read_into(fd, frames, 1 + way) :
				  stream_take(fd, frames, way == 3 ? 1 : BATCH, 0);
		REQUIRE(taken > 0);
		for (int i = 0; i < taken; i++)
			see(seen, &frames[i]);
		give_all(fd, frames, taken);
	}
}

static void check_stats(int fd, const struct seen *seen)
{
	struct dmaring_stats stats = stream_stats(fd);

	CHECK_EQ(stats.consumer_delivered, seen->taken);
	CHECK(stats.consumer_dropped + stats.consumer_overruns >= seen->missing);
	CHECK(stats.consumer_overruns >= seen->overruns);
}

/*
 * STOP, and START again: the next frame's number tells how many the card made in
 * the run before, and that all of them are accounted for.
 */
static void settle(const struct stream *stream, uint64_t first, struct seen *seen)
{
	struct dmaring_stats stats;
	struct dmaring_frame next;

	REQUIRE_EQ(call(stream->fd, DMARING_IOC_STOP, NULL), 0);
	stats = stream_stats(stream->fd);
	REQUIRE_EQ(call(stream->fd, DMARING_IOC_START, NULL), 0);
	CHECK_EQ(stream_stats(stream->fd).consumer_delivered, 0);
	REQUIRE_EQ(stream_take(stream->fd, &next, 1, FOREVER), 1);

	CHECK_EQ(stats.consumer_delivered, seen->taken);
	CHECK_EQ(stats.consumer_produced, next.sequence - first);
	CHECK_EQ(stats.consumer_overruns,
		 seen->overruns + next.overruns_total - seen->last.overruns_total);
	CHECK_EQ(stats.consumer_waiting, 0);
	CHECK_EQ(stats.consumer_dropped,
		 next.sequence - first - seen->taken - stats.consumer_overruns);
	CHECK_EQ(stream_stats(stream->fd).consumer_delivered, 1);
	CHECK_EQ(stream_give(stream->fd, &next), 0);
}

TEST(a_lossless_consumer)
{
	struct stream stream = capture_start();
	struct seen seen = { 0 };
	uint64_t first = stream_stats(stream.fd).produced;

	for (int i = 0; i < 5; i++) {
		take_in_many_ways(stream.fd, &seen);
		check_stats(stream.fd, &seen);
	}
	CHECK_EQ(seen.missing, 0);
	let_wait(stream.fd, 2);		/* STOP drops these */
	settle(&stream, first, &seen);
}

TEST(a_lossless_consumer_that_is_too_slow)
{
	struct stream stream = capture_start();
	struct dmaring_frame frames[MAPS_MAX];
	struct seen seen = { 0 };
	uint64_t first = stream_stats(stream.fd).produced;

	for (int i = 0; i < 3; i++) {
		capture_hold_all(&stream, frames);
		for (uint32_t j = 0; j < stream.info.buffers; j++)
			see(&seen, &frames[j]);
		sleep(1 + i);
		give_all(stream.fd, frames, stream.info.buffers);
		take_in_many_ways(stream.fd, &seen);
		check_stats(stream.fd, &seen);
		CHECK_EQ(seen.missing, seen.overruns);
	}
	CHECK(seen.overruns > 0);
	settle(&stream, first, &seen);
}

TEST(a_consumer_of_the_latest)
{
	struct stream stream = { .fd = stream_open(O_RDONLY) };
	struct seen seen = { 0 };
	uint64_t first;

	stream.info = stream_info(stream.fd);
	REQUIRE_EQ(stream_attach(stream.fd, DMARING_POLICY_LATEST, 2, 3), 0);
	first = stream_stats(stream.fd).produced;
	REQUIRE_EQ(call(stream.fd, DMARING_IOC_START, NULL), 0);
	for (int i = 0; i < 5; i++) {
		take_in_many_ways(stream.fd, &seen);
		sleep(1 + i);
		check_stats(stream.fd, &seen);
	}
	CHECK(seen.missing > 0);
	CHECK_EQ(seen.overruns, 0);
	settle(&stream, first, &seen);
}

TEST(nothing_of_it_is_left_for_the_next)
{
	int fd = stream_open(O_RDWR);
	struct dmaring_stats stats;

	stats = stream_stats(fd);
	CHECK_EQ(stats.consumer_produced, 0);
	CHECK_EQ(stats.consumer_delivered, 0);
	REQUIRE_EQ(stream_attach(fd, DMARING_POLICY_LOSSLESS, 0, 0), 0);
	stats = stream_stats(fd);
	CHECK_EQ(stats.consumer_produced, 0);
	CHECK_EQ(stats.consumer_delivered, 0);
	CHECK_EQ(stats.consumer_dropped, 0);
	CHECK_EQ(stats.consumer_overruns, 0);
}

int main(void)
{
	return tap_run(stream_prepare, stream_is_healthy);
}
