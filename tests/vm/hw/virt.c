// SPDX-License-Identifier: MIT
/*
 * The source without a card: its rates, its bursts and its faults.
 *
 * usage: virt [MILLISECONDS-BETWEEN-FRAMES]
 */
#include "account.h"
#include "gone.h"
#include "ring.h"
#include "virt.h"

#define LARGE_BURST	60

/* ---------------------------------------------------------------------- rates */

/* What the source makes in that time; nobody takes it, so that it can be fast. */
static uint64_t produced_in(int fd, unsigned int ms)
{
	uint64_t before = stream_stats(fd).produced;

	sleep_ms(ms);
	return stream_stats(fd).produced - before;
}

static void check_rate_within(unsigned int rate, unsigned int ms, unsigned int percent)
{
	struct stream stream;
	uint64_t expected, frames, slack;
	long long ns;

	virt_set("rate", rate);
	stream = viewer_start(1, 1);
	ns = -now_ns();
	frames = produced_in(stream.fd, ms);
	ns += now_ns();		/* a slow machine sleeps longer */
	expected = rate * ns / (1000 * MS);
	slack = expected * percent / 100 + 1;
	if (!CHECK(frames + slack >= expected && frames <= expected + slack))
		printf("# %llu frames in %lld us at %u Hz\n", (unsigned long long)frames,
		       ns / 1000, rate);
	REQUIRE_EQ(call(stream.fd, DMARING_IOC_STOP, NULL), 0);
}

static void check_rate(unsigned int rate, unsigned int ms)
{
	check_rate_within(rate, ms, 2);
}

TEST(a_frame_a_second) { check_rate(1, 20000); }
TEST(seven_frames_a_second) { check_rate(7, 10000); }
TEST(sixty_frames_a_second) { check_rate(60, 10000); }
TEST(a_thousand_frames_a_second) { check_rate(1000, 3000); }
TEST(ten_thousand_frames_a_second) { check_rate(10000, 1000); }

/*
 * What this machine is too slow to make was produced all the same, and lost; it works
 * for a while on frames that were due at the same time.
 */
TEST(a_hundred_thousand_frames_a_second) { check_rate_within(100000, 1000, 10); }
TEST(a_million_frames_each_counted) { check_rate_within(1000000, 1000, 10); }

/* More than this machine can do: it must live, and say what was lost. */
TEST(a_million_frames_a_second)
{
	struct stream stream;
	struct account account;
	struct ring ring;
	uint64_t frames;

	virt_set("rate", 1000000);
	stream = capture_start();
	account = account_open(stream.fd);
	ring = ring_open(stream.fd);
	frames = produced_in(stream.fd, 100);
	printf("# %llu frames in 100 ms\n", (unsigned long long)frames);
	CHECK(frames > 1000 && frames <= 110000);
	for (int i = 0; i < 1000; i++) {
		struct dmaring_frame frame = ring_await(&ring);

		account_frame(&account, &frame);
		CHECK_EQ(ring_give(&ring, &frame), 0);
	}
	CHECK_EQ(account.dropped, 0);
	REQUIRE_EQ(call(stream.fd, DMARING_IOC_STOP, NULL), 0);
	account_close(&account, stream.fd);
}

/* And it stays what it was. */
TEST(values_out_of_range_are_refused)
{
	static const struct { const char *parameter, *value; } bad[] = {
		{ "rate", "1000001" }, { "rate", "4294967295" }, { "rate", "-1" },
		{ "burst", "0" }, { "burst", "129" }, { "jitter_percent", "101" },
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		char path[CARD_PATH_MAX], before[16], after[16];

		snprintf(path, sizeof(path), VIRT_PARAMETERS "%s", bad[i].parameter);
		REQUIRE_EQ(file_read(path, before, sizeof(before)), 0);
		CHECK_EQ(file_write(path, bad[i].value), -EINVAL);
		REQUIRE_EQ(file_read(path, after, sizeof(after)), 0);
		CHECK_EQ(strcmp(after, before), 0);
	}
}

TEST(without_a_rate_every_buffer_is_filled_at_once_and_none_is_lost)
{
	struct stream stream;
	struct account account;

	virt_set("rate", 0);
	stream = capture_start();
	account = account_open(stream.fd);
	for (int i = 0; i < 1000; i++) {
		struct dmaring_frame frame = capture_take(&stream);

		account_frame(&account, &frame);
		CHECK_EQ(stream_give(stream.fd, &frame), 0);
		if (i % 100 == 0)
			sleep_ms(20);
	}
	CHECK_EQ(account.dropped + account.overruns, 0);
	sleep_ms(20);
	CHECK_EQ(stream_stats(stream.fd).consumer_waiting, stream.info.buffers);
}

TEST(bursts_come_at_once_and_the_rate_stays)
{
	struct dmaring_frame frames[MAPS_MAX];
	struct stream stream;
	uint64_t row = 0;

	virt_set("burst", 20);
	stream = capture_start();
	for (int i = 0; i < 100; i++) {
		frames[i % MAPS_MAX] = capture_take(&stream);
		CHECK_EQ(stream_give(stream.fd, &frames[i % MAPS_MAX]), 0);
		if (!i)
			continue;
		if (frames[i % MAPS_MAX].timestamp_ns -
		    frames[(i - 1) % MAPS_MAX].timestamp_ns < 500000)
			row++;
	}
	CHECK(row >= 90);	/* 19 of 20 follow at once */
	CHECK_EQ(call(stream.fd, DMARING_IOC_STOP, NULL), 0);
	check_rate(1000, 2000);
}

/* All of a burst find buffers, if so many are idle or released, in whatever way. */
static void capture_bursts(int by_ring)
{
	struct stream stream;
	struct account account;
	struct ring ring;

	virt_set("burst", LARGE_BURST);
	stream = capture_start();
	REQUIRE(stream.info.buffers >= LARGE_BURST);
	ring = ring_open(stream.fd);
	account = account_open(stream.fd);
	for (int i = 0; i < 5 * LARGE_BURST; i++) {
		struct dmaring_frame frame = capture_take(&stream);

		account_frame(&account, &frame);
		CHECK_EQ(by_ring ? ring_give(&ring, &frame) : stream_give(stream.fd, &frame), 0);
	}
	CHECK_EQ(account.overruns + account.dropped, 0);
}

TEST(a_large_burst_loses_nothing) { capture_bursts(0); }
TEST(nor_if_buffers_come_back_through_the_ring) { capture_bursts(1); }

TEST(the_largest_burst)
{
	virt_set("burst", 128);
	check_rate(1000, 15000);
}

TEST(jitter_moves_frames_and_not_the_rate)
{
	struct dmaring_frame frame, before;
	struct stream stream;
	uint64_t shortest = ~0ULL, longest = 0;

	virt_set("rate", 100);
	virt_set("jitter_percent", 50);
	stream = capture_start();
	before = capture_take(&stream);
	for (int i = 0; i < 300; i++) {
		uint64_t apart;

		CHECK_EQ(stream_give(stream.fd, &before), 0);
		frame = capture_take(&stream);
		apart = frame.timestamp_ns - before.timestamp_ns;
		shortest = apart < shortest ? apart : shortest;
		longest = apart > longest ? apart : longest;
		before = frame;
	}
	printf("# frames were %llu to %llu us apart\n", (unsigned long long)shortest / 1000,
	       (unsigned long long)longest / 1000);
	CHECK(shortest < 8 * MS && longest > 12 * MS);
	REQUIRE_EQ(call(stream.fd, DMARING_IOC_STOP, NULL), 0);
	check_rate(100, 10000);
}

/* Found at once by who does nothing but look, and there was none when it began to. */
TEST(a_stamp_is_neither_from_before_nor_from_after)
{
	struct stream stream = capture_start();
	struct ring ring = ring_open(stream.fd);
	long long before, after;
	struct dmaring_frame frame;

	for (int i = 0; i < 100; i++) {
		do
			before = now_ns();
		while (ring_next(&ring, &frame) && !ring_give(&ring, &frame));
		frame = ring_await(&ring);
		after = now_ns();
		CHECK((long long)frame.timestamp_ns >= before);
		CHECK((long long)frame.timestamp_ns <= after);
		CHECK_EQ(ring_give(&ring, &frame), 0);
	}
}

/* --------------------------------------------------------------------- faults */

TEST(damaged_frames_are_marked)
{
	uint64_t errors, marked = 0;
	struct stream stream;

	virt_set("error_every", 10);
	stream = capture_start();
	errors = stream_stats(stream.fd).errors;
	for (int i = 0; i < 200; i++) {
		struct dmaring_frame frame;

		REQUIRE_EQ(stream_take(stream.fd, &frame, 1, FOREVER), 1);
		CHECK_EQ(frame.flags & ~DMARING_FRAME_ERROR, 0);
		marked += !!frame.flags;
		CHECK_EQ(stream_give(stream.fd, &frame), 0);
	}
	CHECK_EQ(marked, 20);
	CHECK(stream_stats(stream.fd).errors - errors >= marked);
	REQUIRE_EQ(call(stream.fd, DMARING_IOC_STOP, NULL), 0);
}

TEST(truncated_frames_are_marked)
{
	struct stream stream;
	uint64_t marked = 0;

	virt_set("truncate_every", 10);
	stream = capture_start();
	for (int i = 0; i < 200; i++) {
		struct dmaring_frame frame;
		bool cut;

		REQUIRE_EQ(stream_take(stream.fd, &frame, 1, FOREVER), 1);
		cut = frame.flags & DMARING_FRAME_TRUNCATED;
		CHECK_EQ(frame.flags & ~DMARING_FRAME_TRUNCATED, 0);
		CHECK_EQ(frame.bytes_used, stream.info.format.frame_bytes / (cut ? 2 : 1));
		marked += cut;
		CHECK_EQ(stream_give(stream.fd, &frame), 0);
	}
	CHECK_EQ(marked, 20);
	REQUIRE_EQ(call(stream.fd, DMARING_IOC_STOP, NULL), 0);
}

/* They go to the end of the line, are no frames, and none is missing for it. */
TEST(buffers_come_back_without_a_frame)
{
	struct dmaring_stats before, after;
	uint32_t left_out = 0, last = 0;
	struct stream stream;
	struct account account;

	virt_set("discard_every", 10);
	stream = capture_start();
	before = stream_stats(stream.fd);
	account = account_open(stream.fd);
	for (uint32_t i = 0; i < 500; i++) {
		struct dmaring_frame frame = capture_take(&stream);

		account_frame(&account, &frame);
		left_out += i && frame.buffer == (last + 2) % stream.info.buffers;
		last = frame.buffer;
		CHECK_EQ(stream_give(stream.fd, &frame), 0);
	}
	after = stream_stats(stream.fd);
	CHECK(left_out > 4);	/* until those in line are in no order any more */
	CHECK_EQ(account.dropped + account.overruns, 0);
	CHECK_EQ(after.bad_completions, before.bad_completions);
	REQUIRE_EQ(call(stream.fd, DMARING_IOC_STOP, NULL), 0);
	account_close(&account, stream.fd);
}

TEST(bursts_of_overruns_are_where_they_happened)
{
	struct stream stream;
	struct account account;

	virt_set("overrun_every", 10);
	virt_set("overrun_frames", 1000);
	stream = capture_start();
	account = account_open(stream.fd);
	for (int i = 1; i <= 200; i++) {
		struct dmaring_frame frame = capture_take(&stream);

		account_frame(&account, &frame);
		CHECK_EQ(account.overruns, (i - 1) / 10 * 1000);
		CHECK_EQ(stream_give(stream.fd, &frame), 0);
	}
	CHECK_EQ(account.dropped, 0);
	REQUIRE_EQ(call(stream.fd, DMARING_IOC_STOP, NULL), 0);
	account_close(&account, stream.fd);
}

/* A buffer of which the card tells nonsense is out until STOP; all else goes on. */
TEST(completions_that_make_no_sense_are_survived)
{
	struct dmaring_stats before, after;
	struct stream stream;
	struct account account;

	virt_set("bad_every", 50);
	stream = capture_start();
	before = stream_stats(stream.fd);
	account = account_open(stream.fd);
	for (int i = 0; i < 490; i++) {
		struct dmaring_frame frame = capture_take(&stream);

		account_frame(&account, &frame);
		CHECK_EQ(stream_give(stream.fd, &frame), 0);
	}
	virt_set("stall", 1);
	after = stream_stats(stream.fd);
	CHECK_EQ(account.overruns, 9);		/* of 499 every fiftieth */
	CHECK_EQ(account.dropped, 0);
	CHECK(after.quarantined >= 9);
	CHECK_EQ(after.bad_completions - before.bad_completions, 2 * after.quarantined);
	CHECK_EQ(after.errors - before.errors, after.quarantined);
	REQUIRE_EQ(call(stream.fd, DMARING_IOC_STOP, NULL), 0);
	CHECK_EQ(stream_stats(stream.fd).quarantined, 0);
	account_close(&account, stream.fd);
}

TEST(a_stall_is_no_loss)
{
	struct stream stream = capture_start();
	struct account account = account_open(stream.fd);
	struct dmaring_frame frame;

	for (int i = 0; i < 10; i++) {
		virt_set("stall", 1);
		while (stream_take(stream.fd, &frame, 1, 0) == 1) {
			account_frame(&account, &frame);
			CHECK_EQ(stream_give(stream.fd, &frame), 0);
		}
		CHECK_EQ(stream_take(stream.fd, &frame, 1, 500 * MS), -ETIMEDOUT);
		virt_set("stall", 0);
		frame = capture_take(&stream);
		account_frame(&account, &frame);
		CHECK_EQ(stream_give(stream.fd, &frame), 0);
	}
	CHECK_EQ(account.dropped + account.overruns, 0);
}

/* ------------------------------------------------------------- unbind, rebind */

static void come_back(const char *address)
{
	REQUIRE_EQ(file_write(VIRT_DRIVER "bind", address), 0);
	CHECK_EQ(card_count(), 1);
}

TEST(it_goes_and_comes_back)
{
	char address[CARD_PATH_MAX];

	gone_catch_sigbus();
	for (int i = 0; i < 10; i++) {
		struct stream stream = capture_start();
		struct ring ring = ring_open(stream.fd);
		struct dmaring_frame frame = ring_await(&ring);

		REQUIRE_EQ(card_address(address), 0);
		if (i % 2)
			let_wait(stream.fd, 5);
		REQUIRE_EQ(file_write(VIRT_DRIVER "unbind", address), 0);
		CHECK(ring_flags(ring.own) & DMARING_RING_GONE);
		CHECK(!ring_next(&ring, &frame));	/* of memory that is no longer ours */
		CHECK_EQ(call(stream.fd, DMARING_IOC_KICK, NULL), -ENODEV);
		gone_check_calls(stream.fd);
		gone_check_mappings(&stream);
		for (uint32_t j = 0; j < stream.info.buffers; j++)
			munmap((void *)stream.map[j], stream.info.buffer_stride);
		close(stream.fd);
		ring_put(&ring, frame.cookie);		/* nobody's any more */
		come_back(address);
	}
}

TEST(it_goes_while_others_sleep)
{
	char address[CARD_PATH_MAX];
	struct dmaring_frame frame;
	int status;

	REQUIRE_EQ(card_address(address), 0);
	for (int i = 0; i < 10; i++) {
		struct stream stream;
		pid_t pid;

		virt_set("stall", 1);
		stream = capture_start();
		pid = fork();
		if (!pid) {
			sleep_ms(20);
			_exit(-file_write(VIRT_DRIVER "unbind", address));
		}
		if (i % 2)
			CHECK_EQ(stream_take(stream.fd, &frame, 1, FOREVER), -ENODEV);
		else
			CHECK(stream_poll(stream.fd, -1) & POLLHUP);
		REQUIRE_EQ(waitpid(pid, &status, 0), pid);
		CHECK_EQ(status, 0);
		for (uint32_t j = 0; j < stream.info.buffers; j++)
			munmap((void *)stream.map[j], stream.info.buffer_stride);
		close(stream.fd);
		virt_set("stall", 0);
		come_back(address);
	}
}

TEST(there_is_no_card_and_no_memory_of_one)
{
	int fd = stream_open(O_RDWR);
	struct dmaring_info info = stream_info(fd);
	struct dmaring_region region = region_argument(0);
	uint32_t word;

	CHECK_EQ(info.regions, 0);
	CHECK_EQ(call(fd, DMARING_IOC_REGION, &region), -EINVAL);
	CHECK_EQ(stream_read_region(fd, 0, 0, &word, sizeof(word)), -EINVAL);
	CHECK_EQ(stream_read_region(fd, 0, 0, NULL, 0), -EINVAL);
	CHECK(mmap(NULL, page_bytes(), PROT_READ, MAP_SHARED, fd,
		   info.buffers * info.buffer_stride) == MAP_FAILED);
	CHECK_EQ(errno, EINVAL);
}

int main(int argc, char **argv)
{
	return virt_run(argc, argv);
}
