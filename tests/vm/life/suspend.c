// SPDX-License-Identifier: MIT
/* The system goes to sleep and wakes up in the middle of a capture. */
#include <pthread.h>
#include "asleep.h"
#include "stream.h"

static void check_discontinuity(const struct dmaring_frame *frame)
{
	CHECK_EQ(frame_flags(frame), DMARING_FRAME_DISCONTINUITY);
}

/* A frame that may carry the flag: everything else of it is checked. */
static struct dmaring_frame take_after_sleep(const struct stream *stream)
{
	struct dmaring_frame frame, unmarked;

	REQUIRE_EQ(stream_take(stream->fd, &frame, 1, FOREVER), 1);
	unmarked = frame;
	unmarked.flags &= ~DMARING_FRAME_DISCONTINUITY;
	capture_verify(stream, &unmarked);
	return frame;
}

/* The same, until the marked one: a fast card may have made some just before. */
static struct dmaring_frame take_first_after_sleep(const struct stream *stream)
{
	struct dmaring_frame frame = take_after_sleep(stream);

	while (!frame_flags(&frame)) {
		CHECK_EQ(stream_give(stream->fd, &frame), 0);
		frame = take_after_sleep(stream);
	}
	return frame;
}

TEST(a_stream_that_nobody_uses)
{
	struct stream stream;
	struct dmaring_frame frame;

	sleep_and_wake_up();
	stream = capture_start();
	CHECK_EQ(stream.info.state & DMARING_STATE_SUSPENDED, 0);
	frame = take_after_sleep(&stream);
	check_discontinuity(&frame);
	CHECK_EQ(stream_give(stream.fd, &frame), 0);
	capture_frames(&stream, 3);	/* and only the first one is marked */
}

TEST(a_running_capture_goes_on)
{
	struct stream stream = capture_start();
	struct dmaring_frame before = capture_take(&stream), held = before, frame;

	for (int i = 0; i < 3; i++) {
		usleep(i * 77000);
		/* What waits already comes first and is not marked. */
		while (stream_take(stream.fd, &frame, 1, 0) == 1) {
			capture_verify(&stream, &frame);
			CHECK_EQ(stream_give(stream.fd, &frame), 0);
			before = frame;
		}
		sleep_and_wake_up();
		frame = take_first_after_sleep(&stream);
		check_discontinuity(&frame);
		CHECK(frame.sequence > before.sequence);
		CHECK(frame.timestamp_ns > before.timestamp_ns);
		CHECK_EQ(stream_give(stream.fd, &frame), 0);
		before = frame;
		capture_frames(&stream, 3);
	}
	capture_verify(&stream, &held);		/* its content has slept well */
	CHECK_EQ(stream_give(stream.fd, &held), 0);
	CHECK_EQ(stream_stats(stream.fd).consumer_running, 1);
	CHECK_EQ(stream_stats(stream.fd).quarantined, 0);
}

static void *read_one(void *argument)
{
	struct stream *stream = argument;
	struct dmaring_frame *frame = malloc(sizeof(*frame));

	REQUIRE_EQ(read(stream->fd, frame, sizeof(*frame)), sizeof(*frame));
	return frame;
}

TEST(a_thread_that_sleeps_in_read_sleeps_on)
{
	struct dmaring_frame frames[MAPS_MAX];
	struct stream stream = capture_start();
	pthread_t reader;
	void *frame;

	capture_hold_all(&stream, frames);
	REQUIRE(!pthread_create(&reader, NULL, read_one, &stream));
	usleep(50000);
	sleep_and_wake_up();
	CHECK_EQ(stream_give(stream.fd, &frames[0]), 0);
	pthread_join(reader, &frame);
	check_discontinuity(frame);
	CHECK_EQ(((struct dmaring_frame *)frame)->buffer, frames[0].buffer);
}

/* Nobody but the application knows why it was stopped while the system slept. */
TEST(stopped_before_and_started_after)
{
	struct stream stream = capture_start();
	struct dmaring_frame frame;

	capture_frames(&stream, 1);
	REQUIRE_EQ(call(stream.fd, DMARING_IOC_STOP, NULL), 0);
	sleep_and_wake_up();
	CHECK_EQ(stream_poll(stream.fd, 0), POLLERR);
	REQUIRE_EQ(call(stream.fd, DMARING_IOC_START, NULL), 0);
	frame = take_after_sleep(&stream);
	check_discontinuity(&frame);
}

static void is_healthy(void)
{
	struct stream stream = capture_start();
	struct dmaring_frame frame = take_after_sleep(&stream);

	CHECK_EQ(stream_give(stream.fd, &frame), 0);
	capture_frames(&stream, 3);
	CHECK_EQ(stream_stats(stream.fd).quarantined, 0);
}

int main(void)
{
	return tap_run(stream_prepare, is_healthy);
}
