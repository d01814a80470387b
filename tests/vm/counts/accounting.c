// SPDX-License-Identifier: MIT
/*
 * No frame is lost without being counted: between two frames that a consumer
 * takes one after the other, what is missing is overruns or its own drops.
 */
#include "stream.h"

/* @dropped: how many of the missing frames were not overruns */
static void check_pair(const struct dmaring_frame *a, const struct dmaring_frame *b,
		       uint64_t dropped)
{
	CHECK(b->sequence > a->sequence);
	CHECK(b->overruns_total >= a->overruns_total);
	CHECK(b->timestamp_ns > a->timestamp_ns);
	CHECK(b->cookie != a->cookie);
	CHECK_EQ(b->sequence - a->sequence - 1, b->overruns_total - a->overruns_total + dropped);
}

/* Lets the card lose at least @count frames for want of a buffer. */
static void let_overrun(int fd, uint64_t count)
{
	uint64_t end = stream_stats(fd).overruns + count;

	while (stream_stats(fd).overruns < end)
		usleep(30000);
}

TEST(a_lossless_consumer_misses_nothing)
{
	struct stream stream = capture_start();
	struct dmaring_frame frame, before = capture_take(&stream);

	CHECK_EQ(stream_give(stream.fd, &before), 0);
	for (int i = 0; i < 50; i++) {
		frame = capture_take(&stream);
		check_pair(&before, &frame, 0);
		CHECK_EQ(frame.sequence, before.sequence + 1);
		CHECK_EQ(stream_give(stream.fd, &frame), 0);
		before = frame;
	}
	CHECK_EQ(stream_stats(stream.fd).consumer_dropped, 0);
}

TEST(overruns_stand_between_the_frames_where_they_happened)
{
	struct stream stream = capture_start();
	struct dmaring_frame frames[MAPS_MAX], next;
	uint32_t buffers = stream.info.buffers;
	uint64_t lost = 0;

	for (int round = 0; round < 3; round++) {
		struct dmaring_stats stats;

		capture_hold_all(&stream, frames);
		for (uint32_t i = 1; i < buffers; i++)
			check_pair(&frames[i - 1], &frames[i], 0);
		let_overrun(stream.fd, 3 + 4 * round);
		stats = stream_stats(stream.fd);
		CHECK_EQ(stats.armed, 0);
		CHECK_EQ(stats.idle, 0);
		CHECK_EQ(stats.held, buffers);
		for (uint32_t i = 0; i < buffers; i++) {
			capture_verify(&stream, &frames[i]);	/* nothing was written over */
			REQUIRE_EQ(stream_give(stream.fd, &frames[i]), 0);
		}
		next = capture_take(&stream);
		check_pair(&frames[buffers - 1], &next, 0);
		CHECK(next.overruns_total - frames[buffers - 1].overruns_total >= 3u + 4 * round);
		lost += next.overruns_total - frames[buffers - 1].overruns_total;
		CHECK_EQ(stream_stats(stream.fd).consumer_overruns, lost);
		REQUIRE_EQ(stream_give(stream.fd, &next), 0);
	}
	CHECK_EQ(stream_stats(stream.fd).consumer_dropped, 0);
}

/* One buffer in circulation: nearly every second frame is lost. */
TEST(the_sum_is_right_when_nearly_everything_is_lost)
{
	struct stream stream = capture_start();
	struct dmaring_frame frames[MAPS_MAX], before, frame;
	struct dmaring_stats stats;

	capture_hold_all(&stream, frames);
	before = frames[stream.info.buffers - 1];
	CHECK_EQ(stream_give(stream.fd, &before), 0);
	for (int i = 0; i < 20; i++) {
		frame = capture_take(&stream);
		check_pair(&before, &frame, 0);
		usleep(i * 40000);
		stats = stream_stats(stream.fd);
		CHECK(stats.overruns >= frame.overruns_total);
		CHECK_EQ(stream_give(stream.fd, &frame), 0);
		before = frame;
	}
	CHECK_EQ(stream_stats(stream.fd).consumer_dropped, 0);
}

TEST(what_stop_drops_is_counted_and_sequence_goes_on)
{
	struct stream stream = capture_start();
	struct dmaring_frame before = capture_take(&stream), frame;

	for (int i = 0; i < 5; i++) {
		struct dmaring_stats stats;

		CHECK_EQ(stream_give(stream.fd, &before), 0);
		usleep(i * 230000);
		REQUIRE_EQ(call(stream.fd, DMARING_IOC_STOP, NULL), 0);
		stats = stream_stats(stream.fd);
		CHECK_EQ(stats.consumer_waiting, 0);
		REQUIRE_EQ(call(stream.fd, DMARING_IOC_START, NULL), 0);
		frame = capture_take(&stream);
		check_pair(&before, &frame, stats.consumer_dropped);
		before = frame;
	}
}

TEST(frames_without_a_consumer_are_not_produced)
{
	int fd = stream_open(O_RDWR);
	uint64_t produced = stream_stats(fd).produced;

	sleep(2);
	CHECK_EQ(stream_stats(fd).produced, produced);
	REQUIRE_EQ(stream_attach(fd, DMARING_POLICY_LOSSLESS, 0, 0), 0);
	sleep(2);
	CHECK_EQ(stream_stats(fd).produced, produced);
}

TEST(the_timestamp_is_that_of_the_completion)
{
	struct stream stream = capture_start();
	struct dmaring_frame frame;
	uint64_t before, after;

	for (int i = 0; i < 5; i++) {
		before = now_ns();
		REQUIRE_EQ(stream_take(stream.fd, &frame, 1, FOREVER), 1);
		after = now_ns();
		CHECK(frame.timestamp_ns >= before);
		CHECK(frame.timestamp_ns <= after);
		CHECK(after - frame.timestamp_ns < 20 * MS);
		CHECK_EQ(stream_give(stream.fd, &frame), 0);
	}
}

TEST(cookies_are_never_used_again)
{
	static __u64 cookies[300];
	struct stream stream = capture_start();

	for (int i = 0; i < 300; i++) {
		struct dmaring_frame frame = capture_take(&stream);

		cookies[i] = frame.cookie;
		for (int j = 0; j < i; j++)
			REQUIRE(cookies[j] != cookies[i]);
		CHECK_EQ(stream_give(stream.fd, &frame), 0);
		if (i % 50 == 49) {
			REQUIRE_EQ(call(stream.fd, DMARING_IOC_STOP, NULL), 0);
			REQUIRE_EQ(call(stream.fd, DMARING_IOC_START, NULL), 0);
		}
	}
}

TEST(every_buffer_is_used_in_turn)
{
	struct stream stream = capture_start();
	unsigned int used[MAPS_MAX] = { 0 };

	for (uint32_t i = 0; i < 4 * stream.info.buffers; i++) {
		struct dmaring_frame frame = capture_take(&stream);

		used[frame.buffer]++;
		CHECK_EQ(stream_give(stream.fd, &frame), 0);
	}
	for (uint32_t i = 0; i < stream.info.buffers; i++)
		CHECK_EQ(used[i], 4);	/* first in, first out */
}

int main(void)
{
	return tap_run(stream_prepare, stream_is_healthy);
}
