// SPDX-License-Identifier: MIT
/*
 * Sleeping until several frames wait, or one has waited for long enough.
 *
 * usage: watermark [MILLISECONDS-BETWEEN-FRAMES]
 */
#include "ring.h"
#include "virt.h"

#define FRAME_NS	(virt_frame_ms * MS)
#define SLACK_NS	(FRAME_NS / 2)

static struct stream start_with(uint32_t watermark, uint64_t watermark_ns)
{
	struct stream stream = { .fd = stream_open(O_RDWR) };
	struct dmaring_attach attach = attach_argument(DMARING_POLICY_LOSSLESS, 0, 0);

	stream.info = stream_info(stream.fd);
	attach.watermark = watermark;
	attach.watermark_ns = watermark_ns;
	REQUIRE_EQ(call(stream.fd, DMARING_IOC_ATTACH, &attach), 0);
	capture_map(&stream);
	REQUIRE_EQ(call(stream.fd, DMARING_IOC_START, NULL), 0);
	return stream;
}

static int take_all(int fd, struct dmaring_frame *frames)
{
	int taken = stream_take(fd, frames, MAPS_MAX, FOREVER);

	for (int i = 0; i < taken; i++)
		CHECK_EQ(stream_give(fd, &frames[i]), 0);
	return taken;
}

static int by_read(int fd, struct dmaring_frame *frames)
{
	int bytes = read(fd, frames, MAPS_MAX * sizeof(*frames));
	int taken = bytes < 0 ? -errno : bytes / (int)sizeof(*frames);

	for (int i = 0; i < taken; i++)
		CHECK_EQ(stream_give(fd, &frames[i]), 0);
	return taken;
}

static int by_poll(int fd, struct dmaring_frame *frames)
{
	CHECK_EQ(stream_poll(fd, -1), POLLIN);
	return take_all(fd, frames);
}

/* One more may come before who was woken runs. */
static void check_count(int taken, int watermark)
{
	if (!CHECK(taken >= watermark && taken <= watermark + 1))
		printf("# %d frames, not %d\n", taken, watermark);
}

/* ---------------------------------------------------------------------- count */

static void wakes_at(uint32_t watermark, int (*take)(int, struct dmaring_frame *))
{
	struct stream stream = start_with(watermark, 0);
	struct dmaring_frame frames[MAPS_MAX];

	for (int i = 0; i < 5; i++)
		check_count(take(stream.fd, frames), watermark);
}

TEST(dequeue_wakes_at_1) { wakes_at(1, take_all); }
TEST(dequeue_wakes_at_2) { wakes_at(2, take_all); }
TEST(dequeue_wakes_at_25) { wakes_at(25, take_all); }
TEST(read_wakes_at_25) { wakes_at(25, by_read); }
TEST(poll_wakes_at_25) { wakes_at(25, by_poll); }

TEST(a_viewer_has_a_watermark_too)
{
	struct stream stream = { .fd = stream_open(O_RDONLY) };
	struct dmaring_attach attach = attach_argument(DMARING_POLICY_LATEST, 8, 8);
	struct dmaring_frame frames[MAPS_MAX];

	attach.watermark = 8;
	REQUIRE_EQ(call(stream.fd, DMARING_IOC_ATTACH, &attach), 0);
	REQUIRE_EQ(call(stream.fd, DMARING_IOC_START, NULL), 0);
	for (int i = 0; i < 20; i++)
		CHECK_EQ(take_all(stream.fd, frames), 8);
	sleep_ms(50 * virt_frame_ms);
	CHECK_EQ(stream_poll(stream.fd, 0), POLLIN);
}

TEST(below_it_poll_says_nothing)
{
	struct stream stream = start_with(20, 0);

	let_wait(stream.fd, 15);
	CHECK_EQ(stream_poll(stream.fd, 0), 0);
	CHECK_EQ(stream_poll(stream.fd, 1), 0);
	CHECK_EQ(stream_poll(stream.fd, -1), POLLIN);
	CHECK(stream_stats(stream.fd).consumer_waiting >= 20);
}

TEST(who_does_not_sleep_takes_what_there_is)
{
	struct stream stream = start_with(20, 0);
	struct dmaring_frame frames[MAPS_MAX];

	let_wait(stream.fd, 3);
	CHECK(stream_take(stream.fd, frames, MAPS_MAX, 0) >= 3);
	let_wait(stream.fd, 3);
	REQUIRE(!fcntl(stream.fd, F_SETFL, O_NONBLOCK));
	CHECK(read(stream.fd, frames, sizeof(frames)) >= 3 * (int)sizeof(*frames));
}

TEST(when_the_time_of_dequeue_is_over_it_takes_what_there_is)
{
	struct stream stream = start_with(50, 0);
	struct dmaring_frame frames[MAPS_MAX];
	long long start = now_ns();
	int taken = stream_take(stream.fd, frames, MAPS_MAX, 10 * FRAME_NS + SLACK_NS);

	CHECK(taken >= 9 && taken <= 11);
	CHECK(now_ns() - start >= 10 * FRAME_NS + SLACK_NS);
	virt_set("stall", 1);
	CHECK_EQ(stream_take(stream.fd, frames, MAPS_MAX, 10 * FRAME_NS), -ETIMEDOUT);
}

/* What waits below the watermark is no reason to keep who was told to stop. */
TEST(stop_wakes_sleepers_below_it)
{
	struct stream stream = start_with(60, 0);
	struct dmaring_frame frame;
	int status;
	pid_t pid = fork();

	if (!pid) {
		sleep_ms(20 * virt_frame_ms);
		_exit(call(stream.fd, DMARING_IOC_STOP, NULL));
	}
	CHECK_EQ(stream_take(stream.fd, &frame, 1, FOREVER), -EBADFD);
	REQUIRE_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
}

/* ----------------------------------------------------------------------- time */

/* Returns how long a frame had waited when its taker was woken. */
static long long age_when_woken(int fd)
{
	struct dmaring_frame frame;
	long long age;

	REQUIRE_EQ(stream_take(fd, &frame, 1, FOREVER), 1);
	age = now_ns() - (long long)frame.timestamp_ns;
	CHECK_EQ(stream_give(fd, &frame), 0);
	return age;
}

static void check_age(long long age, long long expected)
{
	if (!CHECK(age >= expected && age < expected + SLACK_NS))
		printf("# woken after %lld us, not %lld\n", age / 1000, expected / 1000);
}

TEST(a_frame_waits_no_longer_than_it_may)
{
	static const int limits[] = { 1, 3, 10, 40 };
	struct dmaring_frame frames[MAPS_MAX];

	for (size_t i = 0; i < sizeof(limits) / sizeof(*limits); i++) {
		struct stream stream = start_with(60, limits[i] * FRAME_NS);

		for (int j = 0; j < 5; j++) {
			check_age(age_when_woken(stream.fd), limits[i] * FRAME_NS);
			stream_take(stream.fd, frames, MAPS_MAX, 0);
			for (uint32_t k = 0; k < stream.info.buffers; k++)
				stream_give(stream.fd, &frames[k]);
		}
		REQUIRE_EQ(call(stream.fd, DMARING_IOC_STOP, NULL), 0);
	}
}

/* The source is slow: the last frame of a row has nobody to push it. */
TEST(a_single_frame_comes_in_time)
{
	struct stream stream;

	virt_set("rate", 2);
	stream = start_with(10, 30 * MS);
	for (int i = 0; i < 5; i++)
		check_age(age_when_woken(stream.fd), 30 * MS);
	REQUIRE_EQ(stream_poll(stream.fd, -1), POLLIN);
	CHECK_EQ(stream_stats(stream.fd).consumer_waiting, 1);
}

/*
 * The time is that of the oldest frame which waits, not of one that was taken long
 * ago by somebody who did not sleep.
 */
TEST(the_time_begins_anew_with_the_next_frame)
{
	struct stream stream = start_with(60, 20 * FRAME_NS);
	struct ring ring = ring_open(stream.fd);
	struct dmaring_frame frame;

	for (int i = 0; i < 10; i++) {
		sleep_ms((5 + i) * virt_frame_ms);
		while (ring_next(&ring, &frame))
			CHECK_EQ(ring_give(&ring, &frame), 0);
		check_age(age_when_woken(stream.fd), 20 * FRAME_NS);
	}
}

/* Of all processors, since boot. */
static long long timers_run(void)
{
	long long timers = file_number("/proc/softirqs", "HRTIMER:");

	REQUIRE(timers >= 0);
	return timers;
}

/* The kernel asks the slot how long to wait, and the user can write there. */
TEST(a_frame_from_the_future_does_not_keep_the_timer_busy)
{
	struct stream stream;
	struct ring ring;
	long long before, timers;

	virt_set("rate", 20);
	stream = start_with(60, 1);
	ring = ring_open(stream.fd);
	let_wait(stream.fd, 1);
	ring.frames[0].timestamp_ns = 1ULL << 62;
	let_wait(stream.fd, 2);
	before = timers_run();
	sleep_ms(100);
	timers = timers_run() - before;
	if (!CHECK(timers < 100))
		printf("# %lld timers in 100 ms\n", timers);
}

TEST(the_count_comes_first_if_it_is_reached)
{
	struct stream stream = start_with(5, 1000 * MS);
	struct dmaring_frame frames[MAPS_MAX];

	for (int i = 0; i < 20; i++)
		check_count(take_all(stream.fd, frames), 5);
}

/* ---------------------------------------------------- one that is never reached */

/* A viewer and the application itself hold buffers: so many cannot wait. */
TEST(a_pool_that_is_used_up_wakes_sleepers)
{
	struct stream stream = { .fd = -1 }, viewer;
	struct dmaring_frame frames[MAPS_MAX], held;

	viewer = viewer_start(1, 1);
	REQUIRE_EQ(stream_take(viewer.fd, &held, 1, FOREVER), 1);
	stream = start_with(viewer.info.buffers, 0);
	for (int i = 0; i < 5; i++) {
		int taken = stream_take(stream.fd, frames, MAPS_MAX, 10000 * MS);

		if (!CHECK(taken > 0))
			break;
		for (int j = 0; j < taken; j++)
			CHECK_EQ(stream_give(stream.fd, &frames[j]), 0);
	}
}

/*
 * The same for one who has taken some through the ring since the kernel last looked:
 * the card loses its buffers one by one and publishes nothing more.
 */
TEST(the_kernel_knows_what_was_taken_through_the_ring)
{
	struct stream stream = start_with(10, 0);
	struct ring ring = ring_open(stream.fd);
	struct dmaring_frame frame;
	long long began;

	let_wait(stream.fd, 20);
	virt_set("stall", 1);
	sleep_ms(10 * virt_frame_ms);
	while (ring_waiting(&ring) > 5)
		REQUIRE(ring_next(&ring, &frame));
	CHECK_EQ(stream_poll(stream.fd, 0), 0);
	virt_set("bad_every", 1);
	virt_set("stall", 0);
	began = now_ns();
	CHECK_EQ(stream_poll(stream.fd, 10000), POLLIN);
	/* Woken, and not only asked again when the time was over. */
	CHECK(now_ns() - began < 10000 * MS);
	CHECK_EQ(ring_waiting(&ring), 5);
}

int main(int argc, char **argv)
{
	return virt_run(argc, argv);
}
