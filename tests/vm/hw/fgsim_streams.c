// SPDX-License-Identifier: MIT
/* A card with two streams: what happens to one of them, and what to both. */
#include <pthread.h>
#include "fgsim.h"
#include "gone.h"

#define STREAMS		2
#define RESETS		5
#define CLOCK_ERROR_NS	MS	/* of the mapping, at worst: the card answers slowly */

static struct fgsim_bar *blocks;
static char address[CARD_PATH_MAX];

/* After the card was there again they may have other names. */
static void select_stream(int number)
{
	char name[32];

	for (int i = 0; i < 16; i++) {
		snprintf(name, sizeof(name), "dmaring%d", i);
		setenv("DMARING_CARD", name, 1);
		if (card_number("stream") == number)
			return;
	}
	REQUIRE(!"there is no such stream");
}

/* A file of the card about one of its streams. */
static const char *file_of(int number, const char *name)
{
	static char path[2][64];

	snprintf(path[number], sizeof(path[number]), "device/%s%s",
		 number ? "stream1/" : "", name);
	return path[number];
}

static void set(int number, const char *name, const char *value)
{
	REQUIRE_EQ(card_write(file_of(number, name), value), 0);
}

/* A frame waits for its buffer: none is lost, however slow this machine is. */
static void prepare(void)
{
	for (int i = 0; i < STREAMS; i++) {
		select_stream(i);
		REQUIRE_EQ(card_write("format", "32x32"), 0);
		set(i, "pattern", "noise");
		set(i, "rate", "0");
		set(i, "triggered", "0");
	}
	if (blocks)
		return;
	REQUIRE_EQ(card_address(address), 0);
	blocks = fgsim_bar(address, FGSIM_BAR_MEMORY, STREAMS * sizeof(*blocks));
}

static struct stream start(int number)
{
	select_stream(number);
	return capture_start();
}

static void want(int number, enum fgsim_fault fault)
{
	__le32 *wanted = &blocks[number].fault.wanted[fault];

	reg_set(wanted, reg_get(wanted) + 1);
}

/* Takes frames until there is an error: which one.  A card that dies cuts their memory. */
static int take_until_error(const struct stream *stream)
{
	struct dmaring_frame frame;
	int error;

	while ((error = stream_await(stream->fd, &frame)) == 1)
		stream_give(stream->fd, &frame);
	return error;
}

/* Frames that follow each other; the last one. */
static struct dmaring_frame take_on(const struct stream *stream, struct dmaring_frame before,
				    int count)
{
	struct dmaring_frame frame;

	while (count--) {
		frame = capture_take(stream);
		CHECK_EQ(frame.sequence, before.sequence + 1);
		CHECK_EQ(frame.overruns_total, before.overruns_total);
		CHECK_EQ(stream_give(stream->fd, &frame), 0);
		before = frame;
	}
	return before;
}

static struct dmaring_frame take_first(const struct stream *stream)
{
	struct dmaring_frame frame = capture_take(stream);

	CHECK_EQ(stream_give(stream->fd, &frame), 0);
	return frame;
}

static void all_are_healthy(void)
{
	prepare();
	for (int i = 0; i < STREAMS; i++) {
		struct stream stream = start(i);

		capture_frames(&stream, 3);
		CHECK_EQ(call(stream.fd, DMARING_IOC_STOP, NULL), 0);
		CHECK_EQ(stream_stats(stream.fd).idle, stream.info.buffers);
	}
}

/* ----------------------------------------------------------- which is which */

TEST(they_have_a_card_in_common_and_a_number_each)
{
	struct dmaring_info info[STREAMS];

	CHECK_EQ(card_count(), STREAMS);
	for (int i = 0; i < STREAMS; i++) {
		select_stream(i);
		info[i] = stream_info(stream_open(O_RDONLY));
		CHECK_EQ(info[i].stream, i);
		CHECK(!strcmp(info[i].bus_info, address));
		CHECK(!strcmp(info[i].card, info[0].card));
	}
}

TEST(the_command_finds_them)
{
	char command[2 * CARD_PATH_MAX];

	for (int i = 0; i < STREAMS; i++) {
		snprintf(command, sizeof(command),
			 "dmaring info --json %s-stream%d | grep -q '\"stream\": %d,'",
			 address, i, i);
		CHECK_EQ(system(command), 0);
		snprintf(command, sizeof(command), "dmaring list | grep -q '%s%s '", address,
			 i ? "-stream1" : "");
		CHECK_EQ(system(command), 0);
	}
	snprintf(command, sizeof(command), "dmaring info %s 2>/dev/null", address);
	CHECK(system(command) != 0);
}

/* ------------------------------------------------------------- each its own */

TEST(at_the_same_time)
{
	static const char *const formats[] = { "64x16", "7x3" };
	static const char *const patterns[] = { "ramp", "noise" };
	struct dmaring_frame before[STREAMS];
	struct stream streams[STREAMS];

	for (int i = 0; i < STREAMS; i++) {
		select_stream(i);
		REQUIRE_EQ(card_write("format", formats[i]), 0);
		set(i, "pattern", patterns[i]);
		streams[i] = capture_start();
		before[i] = take_first(&streams[i]);
	}
	for (int round = 0; round < 200; round++)
		for (int i = 0; i < STREAMS; i++)
			before[i] = take_on(&streams[i], before[i], 5);
	CHECK(before[0].hw_meta != before[1].hw_meta);
}

TEST(one_is_not_read_and_the_other_goes_on)
{
	struct dmaring_frame frames[MAPS_MAX], before;
	struct stream slow = start(0), fast = start(1);

	capture_hold_all(&slow, frames);
	before = take_first(&fast);
	take_on(&fast, before, 1000);
	for (uint32_t i = 0; i < slow.info.buffers; i++)
		capture_verify(&slow, &frames[i]);
}

/* Nothing of the other is touched by START and STOP: it loses no frame by them. */
static void one_starts_and_stops(int number)
{
	struct stream stays = start(!number), comes = start(number);
	struct dmaring_frame before = take_first(&stays);

	for (int i = 0; i < 20; i++) {
		capture_frames(&comes, 3);
		before = take_on(&stays, before, 10);
		REQUIRE_EQ(call(comes.fd, DMARING_IOC_STOP, NULL), 0);
		before = take_on(&stays, before, 100);
		REQUIRE_EQ(call(comes.fd, DMARING_IOC_START, NULL), 0);
	}
	CHECK_EQ(frame_flags(&before), 0);
}

TEST(the_first_starts_and_stops) { one_starts_and_stops(0); }
TEST(the_second_starts_and_stops) { one_starts_and_stops(1); }

static void one_fails(int number)
{
	struct stream stays = start(!number), fails = start(number);
	struct dmaring_frame before = take_first(&stays), frame;

	capture_frames(&fails, 3);
	want(number, FGSIM_FAULT_HALT);
	CHECK_EQ(take_until_error(&fails), -EIO);
	before = take_on(&stays, before, 500);
	CHECK_EQ(stream_info(stays.fd).state, DMARING_STATE_RUNNING);
	REQUIRE_EQ(call(fails.fd, DMARING_IOC_STOP, NULL), 0);
	REQUIRE_EQ(call(fails.fd, DMARING_IOC_START, NULL), 0);
	REQUIRE_EQ(stream_await(fails.fd, &frame), 1);
	CHECK_EQ(stream_give(fails.fd, &frame), 0);
	capture_frames(&fails, 3);
	take_on(&stays, before, 500);
	CHECK_EQ(stream_stats(stays.fd).quarantined, 0);
}

TEST(the_first_fails) { one_fails(0); }
TEST(the_second_fails) { one_fails(1); }

TEST(one_has_an_interrupt_that_is_lost)
{
	struct stream first = start(0), second = start(1);
	struct dmaring_frame before = take_first(&first);
	long long lost[STREAMS];

	for (int i = 0; i < STREAMS; i++)
		lost[i] = card_number(file_of(i, i ? "lost_interrupts" : "card/lost_interrupts"));
	want(1, FGSIM_FAULT_LOST_IRQ);
	for (int i = 0; i < 100; i++) {
		capture_frames(&second, 5);
		before = take_on(&first, before, 5);
	}
	CHECK_EQ(reg_get(&blocks[1].fault.made[FGSIM_FAULT_LOST_IRQ]),
		 reg_get(&blocks[1].fault.wanted[FGSIM_FAULT_LOST_IRQ]));
	CHECK(card_number("device/stream1/lost_interrupts") >= lost[1] + 1);
}

/*
 * Two frames that were asked for one after the other have times one after the other.  The
 * machine may be busy, and the mapping of a clock be bad until the next answer of the card:
 * one good round is enough, because a wrong clock is wrong in each.
 */
TEST(they_have_a_clock_in_common)
{
	struct stream streams[STREAMS];
	struct dmaring_frame frame;
	long long asked;
	int good = 0;

	for (int i = 0; i < STREAMS; i++) {
		select_stream(i);
		set(i, "triggered", "1");
		streams[i] = capture_start();
	}
	for (int round = 0; round < 100 && good < STREAMS; round++) {
		good = 0;
		for (int i = 0; i < STREAMS; i++) {
			asked = now_ns();
			set(i, "trigger", "1");
			frame = take_first(&streams[i]);
			CHECK(frame.flags & DMARING_FRAME_HW_TIMESTAMP);
			CHECK((long long)frame.timestamp_ns <= now_ns());
			good += (long long)frame.timestamp_ns > asked - CLOCK_ERROR_NS;
		}
		if (good < STREAMS)
			sleep_ms(100);
	}
	CHECK_EQ(good, STREAMS);
}

/* --------------------------------------------------------------------- both */

static void put_to_sleep(void)
{
	if (file_write("/sys/power/pm_test", "devices"))
		SKIP("this kernel cannot test suspend: %s", strerror(errno));
	file_write("/sys/module/suspend/parameters/pm_test_delay", "0");
	REQUIRE_EQ(file_write("/sys/power/state", "freeze"), 0);
}

static void reset_card(void)
{
	REQUIRE_EQ(card_write("device/reset", "1"), 0);
}

/* The next frame but those that waited says that some may be missing. */
static void take_discontinuity(const struct stream *stream)
{
	struct dmaring_frame frame;
	int plain = 0;

	do {
		REQUIRE_EQ(stream_await(stream->fd, &frame), 1);
		CHECK_EQ(stream_give(stream->fd, &frame), 0);
	} while (!frame_flags(&frame) && plain++ < 2 * (int)stream->info.buffers);
	CHECK_EQ(frame_flags(&frame), DMARING_FRAME_DISCONTINUITY);
	capture_frames(stream, 50);
}

static void both_go_on_after(void (*interlude)(void))
{
	struct stream streams[STREAMS];

	for (int i = 0; i < STREAMS; i++)
		streams[i] = start(i);
	for (int round = 0; round < RESETS; round++) {
		for (int i = 0; i < STREAMS; i++)
			capture_frames(&streams[i], 20);
		interlude();
		for (int i = 0; i < STREAMS; i++)
			take_discontinuity(&streams[i]);
	}
	for (int i = 0; i < STREAMS; i++)
		CHECK_EQ(stream_stats(streams[i].fd).quarantined, 0);
}

TEST(both_sleep_and_wake_up) { both_go_on_after(put_to_sleep); }
TEST(both_survive_a_reset) { both_go_on_after(reset_card); }

static void drop(struct stream *stream)
{
	for (uint32_t i = 0; i < stream->info.buffers; i++)
		munmap((void *)stream->map[i], stream->info.buffer_stride);
	close(stream->fd);
}

TEST(both_are_unbound)
{
	struct stream streams[STREAMS];

	gone_catch_sigbus();
	for (int i = 0; i < STREAMS; i++) {
		streams[i] = start(i);
		capture_frames(&streams[i], 20);
	}
	REQUIRE_EQ(card_unbind(address), 0);
	CHECK_EQ(card_count(), 0);
	for (int i = 0; i < STREAMS; i++) {
		CHECK_EQ(take_until_error(&streams[i]), -ENODEV);
		CHECK(stream_poll(streams[i].fd, 0) & POLLHUP);
		gone_check_calls(streams[i].fd);
		gone_check_mappings(&streams[i]);
	}
	for (int i = 0; i < STREAMS; i++)
		drop(&streams[i]);
	REQUIRE_EQ(card_bind(address), 0);
	CHECK_EQ(card_count(), STREAMS);
}

static volatile int rate_ends;

/* By the path of the card: the stream's own name goes with it. */
static void *write_rate(void *unused)
{
	char path[CARD_PATH_MAX];
	long writes = 0;

	(void)unused;
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%.64s/stream1/rate", address);
	while (!rate_ends)
		writes += !file_write(path, "30");
	return (void *)writes;
}

/* The file is gone before the stream is that it is about: kernels with KASAN see it. */
TEST(a_rate_is_written_while_both_are_unbound)
{
	pthread_t writer;
	void *writes;

	REQUIRE_EQ(pthread_create(&writer, NULL, write_rate, NULL), 0);
	for (int i = 0; i < 5; i++) {
		REQUIRE_EQ(card_unbind(address), 0);
		CHECK_EQ(card_count(), 0);
		REQUIRE_EQ(card_bind(address), 0);
		CHECK_EQ(card_count(), STREAMS);
	}
	rate_ends = 1;
	REQUIRE_EQ(pthread_join(writer, &writes), 0);
	CHECK((long)writes > 0);
}

/* The stream that notices tells the other one, whether that runs or not. */
static void card_dies(int number, int other_runs)
{
	struct stream notices = start(number), other;

	other = start(!number);
	capture_frames(&other, 3);
	if (!other_runs)
		REQUIRE_EQ(call(other.fd, DMARING_IOC_STOP, NULL), 0);
	capture_frames(&notices, 3);
	reg_set(&blocks[number].fault.away_ms, 1000);
	want(number, FGSIM_FAULT_AWAY);
	CHECK_EQ(take_until_error(&notices), -ENODEV);
	if (other_runs)
		CHECK_EQ(take_until_error(&other), -ENODEV);
	CHECK(stream_poll(other.fd, 0) & POLLHUP);
	CHECK_EQ(call(other.fd, DMARING_IOC_START, NULL), -ENODEV);
	while (reg_get(&blocks[0].card.magic) != FGSIM_MAGIC)
		usleep(10000);
	REQUIRE_EQ(card_unbind(address), 0);
	drop(&notices);
	drop(&other);
	REQUIRE_EQ(card_bind(address), 0);
}

TEST(a_card_that_dies_takes_both) { card_dies(1, 1); }
TEST(a_card_that_dies_takes_who_is_stopped) { card_dies(0, 0); }

int main(void)
{
	return tap_run(prepare, all_are_healthy);
}
