// SPDX-License-Identifier: MIT
/*
 * The simulated grabber as a card that sends.  Of each frame it tells a checksum of the
 * bytes that it read.
 */
#include "control.h"
#include "fgsim.h"
#include "play.h"

#define SEGMENT_BYTES	3000	/* see machines.ini */

/* A frame is back: has the card read what the buffer has? */
static void check_sent(const struct play *play, const struct dmaring_frame *frame)
{
	CHECK_EQ(frame->flags & ~DMARING_FRAME_HW_TIMESTAMP, 0);
	CHECK(frame->bytes_used > 0);
	CHECK_EQ(frame->hw_meta, fgsim_checksum(play->map[frame->buffer], frame->bytes_used));
}

/* Frames that were sent have a time; takes them back until nothing waits. */
static int check_rest(const struct play *play)
{
	struct dmaring_frame frame;
	int sent = 0;

	while (stream_take(play->fd, &frame, 1, 0) == 1) {
		if (!frame.timestamp_ns)
			continue;
		check_sent(play, &frame);
		sent++;
	}
	return sent;
}

static void send_bytes(struct play *play, struct dmaring_frame *frame, uint32_t bytes)
{
	play_fill(play, frame, bytes);
	REQUIRE_EQ(play_submit(play, frame), 0);
}

/* Lengths that end before, at and behind the borders of segments. */
TEST(each_byte_arrives)
{
	static const uint32_t lengths[] = {
		1, SEGMENT_BYTES - 1, SEGMENT_BYTES, SEGMENT_BYTES + 1, 4097,
		2 * SEGMENT_BYTES, 2 * SEGMENT_BYTES + 1, 10 * SEGMENT_BYTES - 1, 65535, 65536,
	};
	const int count = sizeof(lengths) / sizeof(*lengths), rounds = 30;
	struct play play = play_start();
	struct dmaring_stats before = play_stats(play.fd), after;
	struct dmaring_frame frame;
	uint64_t bytes = 0;
	int sent = 0;

	CHECK_EQ(play.info.direction, DMARING_PLAYBACK);
	CHECK(!(play.info.caps & DMARING_CAP_TEST_PATTERN));
	for (int i = 0; i < rounds * count; i++) {
		frame = play_take(&play);
		if (frame.timestamp_ns) {
			check_sent(&play, &frame);
			sent++;
		}
		send_bytes(&play, &frame, lengths[i % count]);
		bytes += lengths[i % count];
	}
	CHECK_EQ(fsync(play.fd), 0);
	CHECK_EQ(sent + check_rest(&play), rounds * count);
	after = play_stats(play.fd);
	CHECK_EQ(after.consumer_delivered, rounds * count);
	CHECK_EQ(after.bytes - before.bytes, bytes);
	CHECK_EQ(after.errors, before.errors);
	CHECK_EQ(after.consumer_overruns, 0);
}

/* The checksum is one: another byte is another one. */
TEST(a_wrong_byte_would_be_seen)
{
	struct play play = play_start();
	struct dmaring_frame frame = play_take(&play);
	uint32_t sum, buffer = frame.buffer;

	play_fill(&play, &frame, 4097);
	sum = fgsim_checksum(play.map[buffer], 4097);
	play.map[buffer][4096] ^= 1;
	REQUIRE_EQ(play_submit(&play, &frame), 0);
	do {
		frame = play_take(&play);
	} while (frame.buffer != buffer);
	CHECK(frame.hw_meta != sum);
	check_sent(&play, &frame);
}

TEST(each_frame_that_is_due_and_not_there_is_an_underrun)
{
	struct play play = play_attach();
	struct dmaring_stats before = play_stats(play.fd), stats;
	struct dmaring_frame frame;

	fgsim_set_rate(1000);
	REQUIRE_EQ(call(play.fd, DMARING_IOC_START, NULL), 0);
	do {
		sleep_ms(1);
		stats = play_stats(play.fd);
		CHECK_EQ(stats.completed, before.completed);
	} while (stats.consumer_overruns < 20);
	for (int i = 0; i < 5; i++) {
		frame = play_take(&play);
		send_bytes(&play, &frame, 100);
	}
	CHECK_EQ(fsync(play.fd), 0);
	CHECK_EQ(call(play.fd, DMARING_IOC_STOP, NULL), 0);
	stats = play_stats(play.fd);
	CHECK_EQ(stats.consumer_delivered, 5);
	CHECK_EQ(stats.produced - before.produced, 5 + stats.consumer_overruns);
}

/* A trigger is a frame; without one none is sent. */
TEST(stop_gives_back_what_was_not_sent)
{
	struct play play = play_attach();
	struct dmaring_stats stats;
	struct dmaring_frame frame;
	uint32_t order[MAPS_MAX];

	REQUIRE_EQ(card_write("device/triggered", "1"), 0);
	for (uint32_t i = 0; i < play.info.buffers; i++) {
		frame = play_take(&play);
		order[i] = frame.buffer;
		send_bytes(&play, &frame, 4000 + i);
	}
	REQUIRE_EQ(call(play.fd, DMARING_IOC_START, NULL), 0);
	REQUIRE_EQ(card_write("device/trigger", "3"), 0);
	for (uint32_t i = 0; i < 3; i++) {
		frame = play_take(&play);
		CHECK_EQ(frame.buffer, order[i]);
		check_sent(&play, &frame);
	}
	CHECK_EQ(call(play.fd, DMARING_IOC_STOP, NULL), 0);
	for (uint32_t i = 3; i < play.info.buffers; i++) {
		frame = play_take(&play);
		CHECK_EQ(frame.buffer, order[i]);
		CHECK_EQ(frame.flags, DMARING_FRAME_UNSENT);
		CHECK_EQ(frame.bytes_used, 4000 + i);
	}
	stats = play_stats(play.fd);
	CHECK_EQ(stats.consumer_delivered, 3);
	CHECK_EQ(stats.consumer_dropped, play.info.buffers - 3);
}

TEST(a_card_that_lies_about_the_length_is_not_believed)
{
	struct play play = play_attach();
	struct dmaring_stats stats;
	struct dmaring_frame frame;
	int unsent = 0, damaged = 0;

	fault_want(FGSIM_FAULT_SHORT, 1);
	for (int i = 0; i < 3; i++) {
		frame = play_take(&play);
		send_bytes(&play, &frame, 5000);
	}
	REQUIRE_EQ(call(play.fd, DMARING_IOC_START, NULL), 0);
	CHECK_EQ(fsync(play.fd), 0);
	fault_want(FGSIM_FAULT_LENGTH, 1);
	for (int i = 0; i < 3; i++) {
		frame = play_take(&play);
		send_bytes(&play, &frame, 5000);
	}
	CHECK_EQ(fsync(play.fd), 0);
	stats = play_stats(play.fd);
	CHECK_EQ(stats.quarantined, 1);
	CHECK_EQ(stats.consumer_delivered, 5);
	CHECK_EQ(call(play.fd, DMARING_IOC_STOP, NULL), 0);
	while (stream_take(play.fd, &frame, 1, 0) == 1) {
		unsent += !!(frame.flags & DMARING_FRAME_UNSENT);
		damaged += !!(frame.flags & DMARING_FRAME_ERROR);
	}
	CHECK_EQ(unsent, 1);
	CHECK_EQ(damaged, 1);
}

TEST(the_card_goes_while_it_sends)
{
	char address[CARD_PATH_MAX];
	struct play play = play_attach();
	struct dmaring_frame frame;

	REQUIRE_EQ(card_address(address), 0);
	fgsim_set_rate(100);
	REQUIRE_EQ(call(play.fd, DMARING_IOC_START, NULL), 0);
	for (uint32_t i = 0; i < play.info.buffers; i++) {
		frame = play_take(&play);
		send_bytes(&play, &frame, 10000);
	}
	while (!play_stats(play.fd).consumer_delivered)
		sleep_ms(1);
	REQUIRE_EQ(card_unbind(address), 0);
	CHECK_EQ(fsync(play.fd), -1);
	CHECK_EQ(errno, ENODEV);
	CHECK_EQ(stream_take(play.fd, &frame, 1, FOREVER), -ENODEV);
	close(play.fd);
	REQUIRE_EQ(card_bind(address), 0);
}

TEST(a_sink_exposes_nothing)
{
	static const char *const names[] = {
		"AcquisitionFrameRate", "AcquisitionFrameRateEnable", "TriggerMode",
		"TriggerSoftware", "DeviceTemperature",
	};
	int fd = stream_open(O_RDONLY);

	REQUIRE_EQ(stream_info(fd).controls, sizeof(names) / sizeof(*names));
	for (uint32_t i = 0; i < stream_info(fd).controls; i++)
		CHECK(!strcmp(control_info(fd, i).name, names[i]));
	CHECK_EQ(card_write("device/pattern", "noise"), 0);
}

/* To be run before each test: an honest card, which takes what there is. */
static void prepare(void)
{
	fgsim_set_rate(0);
	REQUIRE_EQ(card_write("device/triggered", "0"), 0);
}

/* To be run after each test: nothing is left of whoever used the stream. */
static void is_healthy(void)
{
	struct dmaring_stats stats;
	struct dmaring_frame frame;
	struct play play;

	prepare();
	for (int i = 0; i < FGSIM_FAULTS; i++)
		CHECK(fault_made(i));
	play = play_start();
	stats = play_stats(play.fd);
	CHECK_EQ(stats.consumer_waiting, play.info.buffers);
	for (int i = 0; i < 3; i++) {
		frame = play_take(&play);
		send_bytes(&play, &frame, 5000);
	}
	CHECK_EQ(fsync(play.fd), 0);
	CHECK_EQ(check_rest(&play), 3);
	CHECK_EQ(call(play.fd, DMARING_IOC_STOP, NULL), 0);
	CHECK_EQ(play_stats(play.fd).consumer_delivered, 3);
}

int main(void)
{
	return tap_run(prepare, is_healthy);
}
