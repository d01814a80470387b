// SPDX-License-Identifier: MIT
/*
 * That frames of an unknown number are missing reaches every consumer: if the frame
 * that says so is dropped, the next one that it gets says it.
 */
#include "interlude.h"
#include "ring.h"

static struct stream latest(uint32_t depth, uint32_t max_held)
{
	struct stream stream = { .fd = stream_open(O_RDWR) };
	struct dmaring_frame frame;

	stream.info = stream_info(stream.fd);
	REQUIRE_EQ(stream_attach(stream.fd, DMARING_POLICY_LATEST, depth, max_held), 0);
	capture_map(&stream);
	REQUIRE_EQ(call(stream.fd, DMARING_IOC_START, NULL), 0);
	frame = interlude_take(&stream);	/* of what was before, it may tell, too */
	CHECK_EQ(stream_give(stream.fd, &frame), 0);
	return stream;
}

/* So many more frames are dropped for the consumer. */
static void let_drop(int fd, uint64_t count)
{
	uint64_t end = stream_stats(fd).consumer_dropped + count;

	while (stream_stats(fd).consumer_dropped < end)
		usleep(50000);
}

static void check_told_once(const struct stream *stream)
{
	struct dmaring_frame frame = interlude_take(stream);

	CHECK_EQ(frame_flags(&frame), DMARING_FRAME_DISCONTINUITY);
	CHECK_EQ(stream_give(stream->fd, &frame), 0);
	capture_frames(stream, 2);
}

static void newer_frames_push_it_out(uint32_t depth, void (*interlude)(void))
{
	struct stream stream = latest(depth, 1);

	for (int round = 0; round < 3; round++) {
		interlude();
		let_drop(stream.fd, 3 * depth);
		check_told_once(&stream);
	}
}

TEST(after_sleep_newer_frames_push_it_out) { newer_frames_push_it_out(1, interlude_sleep); }
TEST(after_sleep_out_of_a_longer_queue) { newer_frames_push_it_out(3, interlude_sleep); }
TEST(after_a_reset_newer_frames_push_it_out) { newer_frames_push_it_out(1, interlude_reset); }

/* Nor is the first mark forgotten when there is a second one on the queue. */
TEST(two_of_them_in_a_longer_queue)
{
	struct stream stream = latest(4, 1);
	struct dmaring_frame frame;

	interlude_sleep();
	let_drop(stream.fd, 1);
	interlude_sleep();
	let_drop(stream.fd, 2);
	frame = interlude_take(&stream);
	CHECK_EQ(frame_flags(&frame), DMARING_FRAME_DISCONTINUITY);
	CHECK_EQ(stream_give(stream.fd, &frame), 0);
}

/* As many frames as it may hold: the marked one never comes to the queue. */
TEST(there_is_no_room_for_it)
{
	struct stream stream = latest(1, 1);
	struct dmaring_frame held[2] = { capture_take(&stream), capture_take(&stream) };

	interlude_sleep();
	let_drop(stream.fd, 3);
	CHECK_EQ(stream_stats(stream.fd).consumer_waiting, 0);
	capture_verify(&stream, &held[0]);
	capture_verify(&stream, &held[1]);
	CHECK_EQ(stream_give(stream.fd, &held[0]), 0);
	CHECK_EQ(stream_give(stream.fd, &held[1]), 0);
	check_told_once(&stream);
}

/* Two interludes with nothing taken between them are one for the consumer. */
TEST(sleep_and_reset)
{
	struct stream stream = latest(1, 1);

	interlude_sleep();
	let_drop(stream.fd, 1);
	interlude_reset();
	let_drop(stream.fd, 2);
	check_told_once(&stream);
}

static struct dmaring_frame take_by_ring(const struct ring *ring)
{
	struct dmaring_frame frame;

	while (!ring_next(ring, &frame))
		usleep(1000);
	return frame;
}

/* The kernel has not looked since how far that one came. */
TEST(who_took_it_through_the_ring_is_told_once)
{
	struct stream stream = latest(1, 3);
	struct ring ring = ring_open(stream.fd);
	struct dmaring_frame told, next;

	interlude_sleep();
	told = take_by_ring(&ring);
	while (!(frame_flags(&told) & DMARING_FRAME_DISCONTINUITY)) {
		CHECK_EQ(stream_give(stream.fd, &told), 0);
		told = take_by_ring(&ring);
	}
	for (int i = 0; i < 2; i++) {
		next = take_by_ring(&ring);
		CHECK_EQ(frame_flags(&next), 0);
		CHECK_EQ(stream_give(stream.fd, &next), 0);
	}
	CHECK_EQ(stream_give(stream.fd, &told), 0);
}

/* Nothing is missing that was not counted. */
TEST(drops_alone_are_not_marked)
{
	struct stream stream = latest(1, 1);

	let_drop(stream.fd, 5);
	capture_frames(&stream, 3);
}

int main(void)
{
	return tap_run(stream_prepare, interlude_is_healthy);
}
