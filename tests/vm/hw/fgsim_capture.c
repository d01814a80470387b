// SPDX-License-Identifier: MIT
/* Frames of the simulated grabber: what they show, when they came, what was lost. */
#include <libdmaring.h>
#include "fgsim.h"

#define FRAMES	2000
#define CLOCK_ERROR_NS	MS	/* of the mapping, at worst: the card answers slowly */

/* Ends the test if none comes, or if nobody is woken for it. */
static struct dmaring_frame next_frame(struct dmaring *stream)
{
	struct dmaring_frame frame;
	struct watch watch;
	int error = dmaring_next(stream, &frame, 0);

	if (error == -EAGAIN) {
		watch_begin(&watch, dmaring_fd(stream));
		error = dmaring_next(stream, &frame, PATIENCE_NS / MS);
		watch_end(&watch);
	}
	REQUIRE_EQ(error, 0);
	return frame;
}

/* Every frame is right, in order, stamped by the card, and none is lost in silence. */
static void capture_through_library(uint32_t rate, uint32_t frames)
{
	struct dmaring_frame frame, before = { .sequence = 0 };
	struct dmaring_info info;
	struct dmaring *stream;

	fgsim_set_rate(rate);
	if (dmaring_open(card_node(), NULL, &stream) || dmaring_start(stream))
		printf("# %s\n", dmaring_error());
	REQUIRE_EQ(dmaring_get_info(stream, &info), 0);
	for (uint32_t i = 0; i < frames; i++) {
		frame = next_frame(stream);
		CHECK_EQ(dmaring_pattern_check_frame(dmaring_data(stream, &frame), frame.hw_meta,
						     &info.format, frame.sequence,
						     frame.bytes_used),
			 info.format.frame_bytes);
		CHECK_EQ(frame.flags, DMARING_FRAME_HW_TIMESTAMP);
		CHECK(frame.timestamp_ns <= (uint64_t)now_ns());
		if (i) {
			CHECK(frame.timestamp_ns > before.timestamp_ns);
			CHECK_EQ(frame.sequence - before.sequence - 1,
				 frame.overruns_total - before.overruns_total);
		}
		before = frame;
		CHECK_EQ(dmaring_release(stream, &frame), 0);
	}
	dmaring_close(stream);
}

TEST(at_a_rate) { capture_through_library(FGSIM_RATE, FRAMES); }
TEST(faster_than_anybody_can_look) { capture_through_library(1000000, FRAMES); }
TEST(as_fast_as_buffers_come) { capture_through_library(0, 10 * FRAMES); }

/* With no rate a frame waits for its buffer, however long that takes. */
TEST(without_a_rate_nothing_is_lost)
{
	struct stream stream;
	struct dmaring_stats before, stats;

	fgsim_set_rate(0);
	stream = capture_start();
	before = stream_stats(stream.fd);
	for (int i = 0; i < 20; i++) {
		capture_frames(&stream, 20);
		usleep(i * 1000);	/* now the card has no buffer */
	}
	stats = stream_stats(stream.fd);
	CHECK_EQ(stats.overruns, before.overruns);
}

TEST(frame_sizes)
{
	static const char *const formats[] = { "1x1", "7x3", "64x64", "100x300", "256x256" };

	for (size_t i = 0; i < sizeof(formats) / sizeof(*formats); i++) {
		struct stream stream;

		REQUIRE_EQ(card_write("format", formats[i]), 0);
		stream = capture_start();
		capture_frames(&stream, 50);
		REQUIRE_EQ(call(stream.fd, DMARING_IOC_STOP, NULL), 0);
	}
	CHECK_EQ(card_write("format", "257x256"), -EMSGSIZE);
}

TEST(patterns_change_from_frame_to_frame)
{
	struct stream stream = capture_start();
	struct dmaring_frame frame;

	REQUIRE_EQ(card_write("device/pattern", "zone"), 0);
	do {
		frame = capture_take(&stream);
		CHECK_EQ(stream_give(stream.fd, &frame), 0);
	} while (frame.hw_meta != DMARING_PATTERN_ZONE);
	capture_frames(&stream, 5);
	CHECK_EQ(card_write("device/pattern", "copy"), -EINVAL);
}

/* Losses are told although no frame comes after them. */
TEST(losses_without_a_later_frame)
{
	struct dmaring_frame frames[MAPS_MAX];
	struct stream stream = capture_start();
	uint64_t overruns;

	capture_hold_all(&stream, frames);
	overruns = stream_stats(stream.fd).overruns;
	while (stream_stats(stream.fd).overruns < overruns + 100)
		usleep(10000);
	for (uint32_t i = 0; i < stream.info.buffers; i++) {
		capture_verify(&stream, &frames[i]);
		CHECK_EQ(stream_give(stream.fd, &frames[i]), 0);
	}
	capture_frames(&stream, 10);
}

TEST(triggered)
{
	struct stream stream;
	struct dmaring_frame frame, before;

	REQUIRE_EQ(card_write("device/triggered", "1"), 0);
	stream = capture_start();
	CHECK_EQ(stream_take(stream.fd, &frame, 1, 50 * MS), -ETIMEDOUT);
	REQUIRE_EQ(card_write("device/trigger", "1"), 0);
	before = capture_take(&stream);
	CHECK_EQ(stream_give(stream.fd, &before), 0);
	CHECK_EQ(stream_take(stream.fd, &frame, 1, 50 * MS), -ETIMEDOUT);
	REQUIRE_EQ(card_write("device/trigger", "5"), 0);
	for (int i = 0; i < 5; i++) {
		frame = capture_take(&stream);
		CHECK_EQ(stream_give(stream.fd, &frame), 0);
		CHECK_EQ(frame.sequence, before.sequence + 1);
		before = frame;
	}
	CHECK_EQ(stream_take(stream.fd, &frame, 1, 50 * MS), -ETIMEDOUT);
}

/* The machine's setup loads the driver with a patience of 500 ms. */
TEST(without_a_trigger_silence_is_no_stall)
{
	struct dmaring_frame frame;
	struct stream stream;
	uint64_t stalls;

	REQUIRE_EQ(card_write("device/triggered", "1"), 0);
	stream = capture_start();
	stalls = stream_stats(stream.fd).stalls;
	for (int i = 0; i < 2; i++) {
		REQUIRE_EQ(card_write("device/trigger", "3"), 0);
		capture_frames(&stream, 3);
		CHECK_EQ(stream_take(stream.fd, &frame, 1, 2000 * MS), -ETIMEDOUT);
	}
	CHECK_EQ(stream_stats(stream.fd).stalls, stalls);
}

/* The clocks are mapped: a frame is due neither before it was asked for nor after it came. */
TEST(timestamps_are_those_of_this_clock)
{
	struct dmaring_frame frame;
	struct stream stream;
	long long asked, age = 0;

	REQUIRE_EQ(card_write("device/triggered", "1"), 0);
	stream = capture_start();
	for (int i = 0; i < FRAMES; i++) {
		asked = now_ns();
		REQUIRE_EQ(card_write("device/trigger", "1"), 0);
		frame = capture_take(&stream);
		CHECK((long long)frame.timestamp_ns > asked - CLOCK_ERROR_NS);
		CHECK((long long)frame.timestamp_ns <= now_ns());
		age += now_ns() - frame.timestamp_ns;
		CHECK_EQ(stream_give(stream.fd, &frame), 0);
	}
	printf("# %lld us old on average\n", age / FRAMES / 1000);
}

/*
 * The clocks are mapped: at a constant rate frames are as far apart as they should be.
 * So each one has a number, also those that the card was too slow to make.
 */
static void check_rate(uint32_t rate)
{
	struct dmaring_frame first, last;
	struct stream stream;
	double period_ns;

	fgsim_set_rate(rate);
	stream = capture_start();
	first = capture_take(&stream);
	last = first;
	CHECK_EQ(stream_give(stream.fd, &first), 0);
	while (last.sequence < first.sequence + 3ULL * rate) {
		last = capture_take(&stream);
		CHECK_EQ(stream_give(stream.fd, &last), 0);
	}
	period_ns = (double)(last.timestamp_ns - first.timestamp_ns) /
		    (last.sequence - first.sequence);
	printf("# %.1f ns from frame to frame\n", period_ns);
	CHECK(period_ns > 0.99 * 1e9 / rate && period_ns < 1.01 * 1e9 / rate);
}

TEST(timestamps_tell_the_rate) { check_rate(FGSIM_RATE); }
TEST(timestamps_tell_a_high_rate) { check_rate(50000); }

/* With what it has to write, the card can hardly make so many. */
TEST(timestamps_tell_a_rate_that_the_card_cannot_keep)
{
	long long slipped = fgsim_count("slipped");
	struct dmaring_stats stats;
	int fd;

	check_rate(1000000);
	fd = stream_open(O_RDONLY);
	stats = stream_stats(fd);
	slipped = fgsim_count("slipped") - slipped;
	printf("# %lld of %llu frames were lost by the card's own fault\n", slipped,
	       (unsigned long long)stats.produced);
	CHECK(slipped >= 0);
	CHECK((uint64_t)slipped <= stats.overruns);
}

static void take_quickly(uint32_t rate, int frames)
{
	struct dmaring_frame frame;
	struct dmaring *stream;

	fgsim_set_rate(rate);
	REQUIRE_EQ(dmaring_open(card_node(), NULL, &stream), 0);
	REQUIRE_EQ(dmaring_start(stream), 0);
	while (frames--) {
		frame = next_frame(stream);
		CHECK_EQ(dmaring_release(stream, &frame), 0);
	}
	dmaring_close(stream);
}

/* Under load many frames share an interrupt; a single one does not wait for others. */
TEST(interrupts_are_moderated)
{
	long long interrupts = fgsim_count("interrupts");

	take_quickly(0, 10 * FRAMES);
	interrupts = fgsim_count("interrupts") - interrupts;
	printf("# %lld interrupts for %d frames\n", interrupts, 10 * FRAMES);
	CHECK(interrupts < 10 * FRAMES / 2);

	take_quickly(100, 50);
	CHECK_EQ(reg_get(&fgsim_regs()->driver.irq_time_ns), 0);
	CHECK(reg_get(&fgsim_regs()->driver.irq_count) <= 1);
}

int main(void)
{
	return tap_run(fgsim_prepare, fgsim_is_healthy);
}
