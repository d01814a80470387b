// SPDX-License-Identifier: MIT
/*
 * The system goes to sleep while frames wait to be sent: they keep their place, and each
 * is sent once, as it was submitted.
 */
#include "asleep.h"
#include "fgsim.h"
#include "play.h"

#define BYTES	5000	/* QEMU's card moves it in three times 100 ms, twice */
#define RATE	"20"	/* of the grabber: as slow, so that there is time to fall asleep */

static int is_edu(void)
{
	return card_number("device/mismatches") >= 0;
}

/* One card's driver compares what has come back, the other card says what it has read. */
static void check_sent(const struct play *play, const struct dmaring_frame *frame)
{
	uint8_t *bytes = play->map[frame->buffer];
	uint32_t word = is_edu() ? BYTES : fgsim_checksum(bytes, BYTES);

	CHECK_EQ(frame->flags & ~(DMARING_FRAME_HW_TIMESTAMP | DMARING_FRAME_DISCONTINUITY), 0);
	CHECK(frame->timestamp_ns);
	CHECK_EQ(frame->bytes_used, BYTES);
	CHECK_EQ(frame->hw_meta, word);
}

/* All buffers, as full as they can be. */
static void submit_all(struct play *play, uint32_t *order)
{
	for (uint32_t i = 0; i < play->info.buffers; i++) {
		struct dmaring_frame frame = play_take(play);

		play_fill(play, &frame, BYTES);
		order[i] = frame.buffer;
		REQUIRE_EQ(play_submit(play, &frame), 0);
	}
}

/* Takes one back, which must be that, and was sent; whether there may have been a gap. */
static int take_sent(const struct play *play, uint32_t buffer)
{
	struct dmaring_frame frame = play_take(play);

	CHECK_EQ(frame.buffer, buffer);
	check_sent(play, &frame);
	return !!(frame.flags & DMARING_FRAME_DISCONTINUITY);
}

static struct play play_slowly(void)
{
	if (!is_edu())
		REQUIRE_EQ(card_write("device/rate", RATE), 0);
	return play_attach();
}

TEST(a_running_producer_goes_on)
{
	struct play play = play_slowly();
	struct dmaring_stats stats;
	uint32_t order[MAPS_MAX];
	int marked = 0;

	submit_all(&play, order);
	REQUIRE_EQ(call(play.fd, DMARING_IOC_START, NULL), 0);
	CHECK_EQ(take_sent(&play, order[0]), 0);
	for (int i = 1; i <= 3; i++) {
		usleep(i * 37000);
		sleep_and_wake_up();
		stats = play_stats(play.fd);
		CHECK_EQ(stats.consumer_running, 1);
		CHECK_EQ(stats.consumer_dropped, 0);
		CHECK_EQ(stats.quarantined, 0);
	}
	CHECK_EQ(fsync(play.fd), 0);
	for (uint32_t i = 1; i < play.info.buffers; i++)
		marked += take_sent(&play, order[i]);
	CHECK(marked >= 1 && marked <= 3);
	stats = play_stats(play.fd);
	CHECK_EQ(stats.consumer_delivered, play.info.buffers);
	CHECK_EQ(stats.consumer_dropped, 0);
}

/* It has never started: they wait for it. */
TEST(who_has_not_started_sends_afterwards)
{
	struct play play = play_slowly();
	struct dmaring_stats stats;
	uint32_t order[MAPS_MAX];

	submit_all(&play, order);
	sleep_and_wake_up();
	stats = play_stats(play.fd);
	CHECK_EQ(stats.filled, play.info.buffers);
	CHECK_EQ(stats.consumer_delivered, 0);
	CHECK_EQ(stats.consumer_running, 0);
	REQUIRE_EQ(call(play.fd, DMARING_IOC_START, NULL), 0);
	CHECK_EQ(take_sent(&play, order[0]), 1);
	for (uint32_t i = 1; i < play.info.buffers; i++)
		CHECK_EQ(take_sent(&play, order[i]), 0);
}

/* What was not sent when it stopped, comes back after the sleep as it would without. */
TEST(what_comes_back_unsent_stays_so)
{
	struct play play = play_slowly();
	struct dmaring_frame frame;
	uint32_t order[MAPS_MAX];

	submit_all(&play, order);
	REQUIRE_EQ(call(play.fd, DMARING_IOC_START, NULL), 0);
	take_sent(&play, order[0]);
	sleep_and_wake_up();
	take_sent(&play, order[1]);
	REQUIRE_EQ(call(play.fd, DMARING_IOC_STOP, NULL), 0);
	sleep_and_wake_up();
	for (uint32_t i = 2; i < play.info.buffers; i++) {
		frame = play_take(&play);
		CHECK_EQ(frame.buffer, order[i]);
		if (frame.flags & DMARING_FRAME_UNSENT)
			CHECK_EQ(frame.bytes_used, BYTES);
		else
			check_sent(&play, &frame);
	}
	CHECK_EQ(frame.flags & DMARING_FRAME_UNSENT, DMARING_FRAME_UNSENT);
}

static void is_healthy(void)
{
	uint64_t before = is_edu() ? card_number("device/mismatches") : 0;
	struct play play = play_start();
	uint32_t order[MAPS_MAX];

	submit_all(&play, order);
	CHECK_EQ(fsync(play.fd), 0);
	for (uint32_t i = 0; i < play.info.buffers; i++)
		take_sent(&play, order[i]);
	CHECK_EQ(play_stats(play.fd).quarantined, 0);
	if (is_edu())
		CHECK_EQ(card_number("device/mismatches"), before);
}

int main(void)
{
	return tap_run(NULL, is_healthy);
}
