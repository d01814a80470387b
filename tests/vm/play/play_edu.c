// SPDX-License-Identifier: MIT
/*
 * A card that sends: QEMU's edu in loop-back.  It moves up to 2 KiB in 100 ms, twice; what
 * it sent comes back, and the driver compares.
 */
#include <pthread.h>
#include "play.h"

#define CHUNK_BYTES	2048	/* what the card moves at a time */

static uint64_t differing(void)
{
	return card_number("device/mismatches");
}

/* Takes the buffers that wait until it is this one. */
static struct dmaring_frame take_that(const struct play *play, uint32_t buffer)
{
	struct dmaring_frame frame;

	do {
		frame = play_take(play);
	} while (frame.buffer != buffer);
	return frame;
}

/* Submits a frame of so many bytes; its buffer. */
static uint32_t send_bytes(struct play *play, uint32_t bytes)
{
	struct dmaring_frame frame = play_take(play);

	play_fill(play, &frame, bytes);
	REQUIRE_EQ(play_submit(play, &frame), 0);
	return frame.buffer;
}

TEST(each_byte_arrives)
{
	static const uint32_t lengths[] = {
		1, 2, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 2 * CHUNK_BYTES + 1, 3, 6001,
	};
	const int count = sizeof(lengths) / sizeof(*lengths);
	uint64_t before = differing();
	struct play play = play_start();
	uint32_t buffers[count];
	struct dmaring_frame frame;

	REQUIRE(count <= (int)play.info.buffers);
	CHECK_EQ(play.info.direction, DMARING_PLAYBACK);
	for (int i = 0; i < count; i++)
		buffers[i] = send_bytes(&play, lengths[i]);
	CHECK_EQ(fsync(play.fd), 0);
	for (int i = 0; i < count; i++) {
		frame = take_that(&play, buffers[i]);
		CHECK_EQ(frame.flags, 0);
		CHECK_EQ(frame.bytes_used, lengths[i]);
		CHECK_EQ(frame.hw_meta, lengths[i]);
		CHECK(frame.timestamp_ns != 0);
	}
	CHECK_EQ(differing(), before);
}

TEST(a_frame_can_fill_its_buffer)
{
	uint64_t before = differing();
	struct play play = play_start();
	struct dmaring_frame frame =
		take_that(&play, send_bytes(&play, play.info.buffer_size));

	CHECK_EQ(frame.flags, 0);
	CHECK_EQ(frame.hw_meta, play.info.buffer_size);
	CHECK_EQ(differing(), before);
}

/* --------------------------------------------------------- what is not as it was sent */

static volatile int scribbling_ends;

/* No value comes twice: what the card has read is never there when it is compared. */
static void *scribble(void *word)
{
	for (uint64_t value = 1; !scribbling_ends; value++) {
		*(volatile uint64_t *)word = value;
		sleep_ms(1);
	}
	return NULL;
}

TEST(a_wrong_byte_is_told)
{
	uint32_t at = CHUNK_BYTES + 16, buffer;
	uint64_t before = differing();
	struct play play = play_start();
	struct dmaring_frame frame;
	pthread_t thread;

	frame = play_take(&play);
	buffer = frame.buffer;
	play_fill(&play, &frame, 2 * CHUNK_BYTES + 1);
	REQUIRE_EQ(pthread_create(&thread, NULL, scribble, play.map[buffer] + at), 0);
	REQUIRE_EQ(play_submit(&play, &frame), 0);
	frame = take_that(&play, buffer);
	scribbling_ends = 1;
	REQUIRE_EQ(pthread_join(thread, NULL), 0);
	CHECK_EQ(frame.flags, DMARING_FRAME_ERROR);
	CHECK_EQ(frame.bytes_used, 2 * CHUNK_BYTES + 1);
	CHECK(frame.hw_meta >= at);
	CHECK(frame.hw_meta < at + sizeof(uint64_t));
	CHECK_EQ(differing(), before + 1);
	/* The next one is as it should be. */
	play_fill(&play, &frame, 10);
	REQUIRE_EQ(play_submit(&play, &frame), 0);
	frame = take_that(&play, buffer);
	CHECK_EQ(frame.flags, 0);
	CHECK_EQ(differing(), before + 1);
}

/* ---------------------------------------------------------- underruns, stop, the end */

TEST(each_frame_that_is_due_and_not_there_is_an_underrun)
{
	struct play play = play_start();
	struct dmaring_stats before = play_stats(play.fd), stats;

	do {
		sleep_ms(100);
		stats = play_stats(play.fd);
		CHECK_EQ(stats.completed, before.completed);
	} while (stats.consumer_overruns < 3);
	send_bytes(&play, 100);
	send_bytes(&play, 100);
	CHECK_EQ(fsync(play.fd), 0);
	CHECK_EQ(call(play.fd, DMARING_IOC_STOP, NULL), 0);
	stats = play_stats(play.fd);
	CHECK_EQ(stats.consumer_delivered, 2);
	CHECK_EQ(stats.produced - before.produced, 2 + stats.consumer_overruns);
	sleep_ms(1000);
	CHECK_EQ(play_stats(play.fd).consumer_overruns, stats.consumer_overruns);
}

/* In the middle of the second frame. */
TEST(stop_gives_back_what_was_not_sent)
{
	uint64_t before = differing();
	struct play play = play_attach();
	struct dmaring_frame frame;
	struct dmaring_stats stats;
	uint32_t order[MAPS_MAX];

	for (uint32_t i = 0; i < play.info.buffers; i++)
		order[i] = send_bytes(&play, CHUNK_BYTES + 1);
	REQUIRE_EQ(call(play.fd, DMARING_IOC_START, NULL), 0);
	frame = play_take(&play);
	CHECK_EQ(frame.buffer, order[0]);
	CHECK_EQ(frame.flags, 0);
	sleep_ms(150);
	CHECK_EQ(call(play.fd, DMARING_IOC_STOP, NULL), 0);
	stats = play_stats(play.fd);
	CHECK_EQ(stats.consumer_delivered, 1);
	CHECK_EQ(stats.consumer_dropped, play.info.buffers - 1);
	for (uint32_t i = 1; i < play.info.buffers; i++) {
		frame = play_take(&play);
		CHECK_EQ(frame.buffer, order[i]);
		CHECK_EQ(frame.flags, DMARING_FRAME_UNSENT);
		CHECK_EQ(frame.bytes_used, CHUNK_BYTES + 1);
		CHECK_EQ(play_submit(&play, &frame), 0);
	}
	REQUIRE_EQ(call(play.fd, DMARING_IOC_START, NULL), 0);
	CHECK_EQ(fsync(play.fd), 0);
	CHECK_EQ(play_stats(play.fd).consumer_delivered, play.info.buffers);
	CHECK_EQ(differing(), before);
}

/* What the card has is another one's. */
TEST(nobody_reads_what_was_sent)
{
	struct dmaring_region region = region_argument(1);
	int fd = stream_open(O_RDONLY);
	uint8_t byte;

	CHECK_EQ(stream_info(fd).regions, 1);
	CHECK_EQ(call(fd, DMARING_IOC_REGION, &region), -EINVAL);
	CHECK_EQ(stream_read_region(fd, 1, 0, &byte, 1), -EINVAL);
}

TEST(the_card_goes_while_it_sends)
{
	char address[CARD_PATH_MAX];
	struct play play = play_start();
	struct dmaring_frame frame;

	REQUIRE_EQ(card_address(address), 0);
	for (int i = 0; i < 4; i++)
		send_bytes(&play, 3 * CHUNK_BYTES);
	while (!play_stats(play.fd).consumer_delivered)
		sleep_ms(50);
	sleep_ms(250);
	REQUIRE_EQ(card_unbind(address), 0);
	CHECK_EQ(fsync(play.fd), -1);
	CHECK_EQ(errno, ENODEV);
	CHECK_EQ(write(play.fd, "", 1), -1);
	CHECK_EQ(errno, ENODEV);
	CHECK_EQ(stream_take(play.fd, &frame, 1, FOREVER), -ENODEV);
	close(play.fd);
	REQUIRE_EQ(card_bind(address), 0);
}

/* To be run after each test: nothing is left of whoever used the stream. */
static void is_healthy(void)
{
	uint64_t before = differing();
	struct play play = play_start();
	struct dmaring_stats stats = play_stats(play.fd);

	CHECK_EQ(stats.consumer_waiting, play.info.buffers);
	send_bytes(&play, 10);
	send_bytes(&play, CHUNK_BYTES + 10);
	CHECK_EQ(fsync(play.fd), 0);
	CHECK_EQ(call(play.fd, DMARING_IOC_STOP, NULL), 0);
	stats = play_stats(play.fd);
	CHECK_EQ(stats.consumer_delivered, 2);
	CHECK_EQ(stats.held, play.info.buffers);
	CHECK_EQ(stats.bad_completions, 0);
	CHECK_EQ(stats.stalls, 0);
	CHECK_EQ(differing(), before);
}

int main(void)
{
	return tap_run(NULL, is_healthy);
}
