// SPDX-License-Identifier: MIT
/* The card is reset in the middle of a capture, which goes on. */
#include <pthread.h>
#include <time.h>
#include "interlude.h"

TEST(at_any_instant)
{
	struct stream stream = capture_start();
	struct dmaring_frame before = capture_take(&stream), held = before;
	uint8_t config[INTERLUDE_CONFIG_BYTES], now[INTERLUDE_CONFIG_BYTES];

	interlude_config(config);
	for (int i = 0; i < 20; i++) {
		usleep(i * 13000);	/* another instant of the 200 ms of a frame */
		interlude_reset();
		before = interlude_over(&stream, before);
		capture_frames(&stream, 2);
	}
	capture_verify(&stream, &held);
	interlude_config(now);
	CHECK(!memcmp(now, config, sizeof(config)));
	CHECK_EQ(stream_stats(stream.fd).quarantined, 0);
	CHECK_EQ(stream_stats(stream.fd).consumer_running, 1);
}

/* A fast card makes frames between two resets, and each time the first is marked. */
TEST(again_at_once)
{
	struct stream stream = capture_start();
	struct dmaring_frame before = capture_take(&stream), frame;
	struct timespec now;
	uint64_t last_reset_ns;
	int marked = 0;

	for (int i = 0; i < 10; i++)
		interlude_reset();
	clock_gettime(CLOCK_MONOTONIC, &now);
	last_reset_ns = now.tv_sec * 1000 * MS + now.tv_nsec;
	do {
		frame = interlude_take(&stream);
		CHECK(frame.sequence > before.sequence);
		CHECK_EQ(stream_give(stream.fd, &frame), 0);
		marked += !!frame_flags(&frame);
		before = frame;
	} while (frame.timestamp_ns < last_reset_ns);
	CHECK(marked >= 1 && marked <= 10);
	capture_frames(&stream, 3);
}

TEST(a_card_that_is_stopped)
{
	struct stream stream = capture_start();
	struct dmaring_frame before = capture_take(&stream);

	REQUIRE_EQ(call(stream.fd, DMARING_IOC_STOP, NULL), 0);
	interlude_reset();
	CHECK_EQ(stream_info(stream.fd).state, 0);
	REQUIRE_EQ(call(stream.fd, DMARING_IOC_START, NULL), 0);
	interlude_over(&stream, before);
	capture_frames(&stream, 3);
}

static void *read_one(void *argument)
{
	struct stream *stream = argument;
	struct dmaring_frame *frame = malloc(sizeof(*frame));

	REQUIRE_EQ(stream_await(stream->fd, frame), 1);
	return frame;
}

TEST(a_thread_that_waits_for_a_frame_waits_on)
{
	struct dmaring_frame frames[MAPS_MAX];
	struct stream stream = capture_start();
	struct dmaring_frame *frame;
	pthread_t reader;
	void *result;

	capture_hold_all(&stream, frames);
	REQUIRE(!pthread_create(&reader, NULL, read_one, &stream));
	interlude_reset();
	CHECK_EQ(stream_give(stream.fd, &frames[0]), 0);
	pthread_join(reader, &result);
	frame = result;
	CHECK_EQ(frame_flags(frame), DMARING_FRAME_DISCONTINUITY);
	CHECK_EQ(frame->buffer, frames[0].buffer);
}

int main(void)
{
	return tap_run(stream_prepare, interlude_is_healthy);
}
