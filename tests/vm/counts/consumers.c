// SPDX-License-Identifier: MIT
/*
 * One recorder and any number of viewers on a stream: nobody's frames depend on
 * what the others do, and everybody's losses are accounted for.
 *
 * usage: consumers [MILLISECONDS-BETWEEN-FRAMES]
 */
#include "account.h"
#include "ring.h"
#include "virt.h"

#define VIEWERS	4

/* ------------------------------------------------------------- reservations */

TEST(viewers_reserve_what_they_may_hold)
{
	int watcher = stream_open(O_RDONLY), fds[16];
	struct dmaring_info info = stream_info(watcher);
	uint32_t reserved = 0, viewers = 0;

	while (viewers < 16 && reserved + 2 + viewers <= info.viewer_buffers) {
		fds[viewers] = stream_open(O_RDONLY);
		REQUIRE_EQ(stream_attach(fds[viewers], DMARING_POLICY_LATEST, 1, 1 + viewers), 0);
		reserved += 2 + viewers;
		viewers++;
		CHECK_EQ(stream_info(watcher).viewer_reserved, reserved);
	}
	CHECK_EQ(stream_attach(watcher, DMARING_POLICY_LATEST, 1,
			       info.viewer_buffers - reserved), -ENOSPC);
	CHECK_EQ(stream_info(watcher).viewer_reserved, reserved);
	while (viewers--) {
		close(fds[viewers]);
		reserved -= 2 + viewers;
		CHECK_EQ(stream_info(watcher).viewer_reserved, reserved);
	}
	CHECK_EQ(stream_attach(watcher, DMARING_POLICY_LATEST, 1, info.viewer_buffers - 1), 0);
}

TEST(a_recorder_needs_no_reservation)
{
	struct dmaring_info info = stream_info(stream_open(O_RDONLY));
	struct stream viewer = viewer_start(1, info.viewer_buffers - 1), recorder;

	CHECK_EQ(stream_info(viewer.fd).viewer_reserved, info.viewer_buffers);
	recorder = capture_start();
	CHECK_EQ(stream_info(viewer.fd).viewer_reserved, info.viewer_buffers);
	capture_frames(&recorder, 200);
}

/* -------------------------------------------------------- counters of the others */

static int stats_of(int fd, uint32_t consumer, struct dmaring_stats *stats)
{
	*stats = stats_argument();
	stats->consumer = consumer;
	return call(fd, DMARING_IOC_STATS_OF, stats);
}

TEST(anybody_sees_the_counters_of_all)
{
	int watcher = stream_open(O_RDONLY);
	struct stream recorder = capture_start();
	struct stream viewer = viewer_start(2, 3);
	struct dmaring_stats stats;

	capture_frames(&recorder, 5);
	REQUIRE_EQ(call(recorder.fd, DMARING_IOC_STOP, NULL), 0);
	CHECK_EQ(stream_stats(watcher).consumers, 3);
	CHECK_EQ(stream_stats(watcher).consumer_pid, 0);
	REQUIRE_EQ(stats_of(watcher, 0, &stats), 0);
	CHECK_EQ(stats.size, sizeof(stats));
	CHECK_EQ(stats.flags, 0);
	CHECK_EQ(stats.consumer, 0);
	CHECK_EQ(stats.consumers, 3);
	CHECK_EQ(stats.consumer_pid, getpid());
	CHECK_EQ(stats.consumer_policy, DMARING_POLICY_LOSSLESS);
	CHECK_EQ(stats.consumer_running, 0);
	CHECK_EQ(stats.consumer_delivered, 5);
	CHECK_EQ(stats.consumer_held, 0);
	REQUIRE_EQ(stats_of(recorder.fd, 1, &stats), 0);
	CHECK_EQ(stats.consumer, 1);
	CHECK_EQ(stats.consumer_policy, DMARING_POLICY_LATEST);
	CHECK_EQ(stats.consumer_running, 1);
	CHECK_EQ(stats.consumer_delivered, 0);
	CHECK_EQ(stats.consumer_reserved, 2 + 3);
	CHECK_EQ(stats.consumer_watermark, 1);
	CHECK_EQ(stats.consumer_produced, stats.consumer_dropped + stats.consumer_waiting +
					  stats.consumer_overruns);
	CHECK_EQ(stream_stats(viewer.fd).consumer, 1);
}

TEST(nobody_has_the_counters_of_one_who_is_not_there)
{
	int fd = stream_open(O_RDWR);
	struct dmaring_stats stats;

	CHECK_EQ(stats_of(fd, 0, &stats), -ENOENT);
	REQUIRE_EQ(stream_attach(fd, DMARING_POLICY_LOSSLESS, 0, 0), 0);
	CHECK_EQ(stats_of(fd, 0, &stats), 0);
	CHECK_EQ(stats_of(fd, 1, &stats), -ENOENT);
	CHECK_EQ(stats_of(fd, 16, &stats), -ENOENT);
	CHECK_EQ(stats_of(fd, UINT32_MAX, &stats), -ENOENT);
	REQUIRE_EQ(call(fd, DMARING_IOC_DETACH, NULL), 0);
	CHECK_EQ(stats_of(fd, 0, &stats), -ENOENT);
	CHECK_EQ(stream_stats(fd).consumers, 0);
}

/* ------------------------------------------------- what viewers do to a recorder */

/* The recorder takes frames for so long, and loses none. */
static void record(const struct stream *recorder, struct account *account, int frames)
{
	for (int i = 0; i < frames; i++) {
		struct dmaring_frame frame = capture_take(recorder);

		account_frame(account, &frame);
		CHECK_EQ(stream_give(recorder->fd, &frame), 0);
	}
	CHECK_EQ(account->dropped + account->overruns, 0);
	account_check(account, recorder->fd);
}

TEST(viewers_that_sleep_cost_the_recorder_nothing)
{
	struct stream recorder;
	struct account account;

	for (int i = 0; i < VIEWERS; i++)
		viewer_start(1 + i, 3);
	recorder = capture_start();
	account = account_open(recorder.fd);
	record(&recorder, &account, 1000);
}

TEST(viewers_that_hold_their_frames_for_ever_cost_the_recorder_nothing)
{
	struct stream recorder = capture_start();
	struct account account = account_open(recorder.fd);
	uint32_t all = recorder.info.viewer_buffers;
	struct stream viewer = viewer_start(1, all - 1);
	struct dmaring_frame held[MAPS_MAX];

	for (uint32_t taken = 0; taken < all; taken++) {
		REQUIRE_EQ(stream_take(viewer.fd, &held[taken], 1, FOREVER), 1);
		record(&recorder, &account, 5);
	}
	record(&recorder, &account, 500);
	CHECK_EQ(stream_take(viewer.fd, &held[all], 1, 0), -EAGAIN);	/* it has had enough */
	for (uint32_t i = 0; i < all; i++)
		capture_verify(&viewer, &held[i]);
}

/* However much the viewers hold, so many frames can wait for the recorder. */
TEST(a_recorder_always_has_the_buffers_that_viewers_cannot_reserve)
{
	struct stream recorder = capture_start();
	struct account account = account_open(recorder.fd);
	uint32_t all = recorder.info.viewer_buffers, own = recorder.info.buffers - all;
	struct stream viewer = viewer_start(1, all - 1);
	struct dmaring_frame held;

	for (uint32_t taken = 0; taken < all; taken++) {
		REQUIRE_EQ(stream_take(viewer.fd, &held, 1, FOREVER), 1);
		while (stream_take(recorder.fd, &held, 1, 0) == 1) {
			account_frame(&account, &held);
			CHECK_EQ(stream_give(recorder.fd, &held), 0);
		}
	}
	let_wait(recorder.fd, own);
	let_produce(recorder.fd, own);
	for (uint32_t i = 0; i < own; i++) {
		held = capture_take(&recorder);
		account_frame(&account, &held);
	}
	CHECK_EQ(account.overruns + account.dropped, 0);
}

static void die_in_the_middle(int how)
{
	struct stream viewer = viewer_start(2, 2);
	struct ring ring = ring_open(viewer.fd);
	struct dmaring_frame frame = ring_await(&ring);

	if (how == 1)	/* an entry of the releases is claimed and never written */
		__atomic_fetch_add(&ring.header->releases_head, 1, __ATOMIC_RELAXED);
	if (how == 2)
		ring_put(&ring, frame.cookie);
	raise(SIGKILL);
}

TEST(viewers_that_die_cost_the_recorder_nothing)
{
	struct stream recorder = capture_start();
	struct account account = account_open(recorder.fd);

	for (int i = 0; i < 30; i++) {
		pid_t pid = fork();

		if (!pid)
			die_in_the_middle(i % 3);
		record(&recorder, &account, 30);
		waitpid(pid, NULL, 0);
	}
	CHECK_EQ(stream_info(recorder.fd).consumers, 1);
	CHECK_EQ(stream_info(recorder.fd).viewer_reserved, 0);
}

TEST(viewers_join_and_leave)
{
	struct stream recorder = capture_start();
	struct account account = account_open(recorder.fd);

	for (int i = 0; i < 50; i++) {
		struct stream viewer = viewer_start(1 + i % 3, 1 + i % 2);
		struct account its = account_open(viewer.fd);
		struct dmaring_frame frame;

		record(&recorder, &account, 10);
		frame = capture_take(&viewer);
		CHECK(frame.sequence >= its.next_sequence);	/* none from before it came */
		account_frame(&its, &frame);
		CHECK_EQ(call(viewer.fd, DMARING_IOC_STOP, NULL), 0);
		account_close(&its, viewer.fd);
		for (uint32_t j = 0; j < viewer.info.buffers; j++)
			munmap((void *)viewer.map[j], viewer.info.buffer_stride);
		close(viewer.fd);
		record(&recorder, &account, 10);
	}
}

/* ------------------------------------------------------- each on its own clock */

TEST(start_and_stop_are_each_consumers_own)
{
	struct stream first = viewer_attach(4, 1), second = viewer_attach(4, 1);
	struct dmaring_frame frame;
	uint64_t starts = stream_stats(first.fd).starts;

	REQUIRE_EQ(call(first.fd, DMARING_IOC_START, NULL), 0);
	capture_frames(&first, 5);
	CHECK_EQ(stream_take(second.fd, &frame, 1, 0), -EBADFD);
	REQUIRE_EQ(call(second.fd, DMARING_IOC_START, NULL), 0);
	CHECK_EQ(stream_stats(first.fd).starts, starts + 1);	/* the card ran already */
	capture_frames(&second, 5);
	REQUIRE_EQ(call(first.fd, DMARING_IOC_STOP, NULL), 0);
	CHECK_EQ(stream_take(first.fd, &frame, 1, 0), -EBADFD);
	capture_frames(&second, 5);
	CHECK_EQ(stream_info(second.fd).state, DMARING_STATE_RUNNING);
	REQUIRE_EQ(call(first.fd, DMARING_IOC_START, NULL), 0);
	REQUIRE_EQ(call(second.fd, DMARING_IOC_STOP, NULL), 0);
	capture_frames(&first, 5);
	REQUIRE_EQ(call(first.fd, DMARING_IOC_STOP, NULL), 0);
	CHECK_EQ(stream_info(first.fd).state, 0);
	CHECK_EQ(stream_stats(first.fd).armed, 0);
}

/* A frame that several hold is free after the last of them. */
TEST(a_buffer_is_free_when_the_last_one_releases_it)
{
	struct stream recorder = capture_start(), viewer = viewer_start(1, 1);
	struct dmaring_frame seen, recorded;
	struct dmaring_buffer buffer;

	for (int i = 0; i < 20; i++) {
		REQUIRE_EQ(stream_take(viewer.fd, &seen, 1, FOREVER), 1);
		do {
			REQUIRE_EQ(stream_take(recorder.fd, &recorded, 1, FOREVER), 1);
			if (recorded.cookie != seen.cookie)
				CHECK_EQ(stream_give(recorder.fd, &recorded), 0);
		} while (recorded.cookie != seen.cookie);
		CHECK(!memcmp(&recorded, &seen, sizeof(seen)));
		CHECK_EQ(stream_give(i % 2 ? recorder.fd : viewer.fd, &seen), 0);
		CHECK_EQ(stream_give(i % 2 ? recorder.fd : viewer.fd, &seen), -ESTALE);
		let_produce(recorder.fd, 20);
		buffer = buffer_argument(seen.buffer);
		REQUIRE_EQ(call(recorder.fd, DMARING_IOC_BUFFER, &buffer), 0);
		CHECK_EQ(buffer.state, DMARING_BUFFER_HELD);
		capture_verify(&recorder, &seen);
		CHECK_EQ(stream_give(i % 2 ? viewer.fd : recorder.fd, &seen), 0);
	}
}

/* --------------------------------------------------------------------- sixteen */

TEST(sixteen_consumers_and_no_more)
{
	struct stream streams[16];
	struct account accounts[16];
	struct dmaring_frame frame;

	virt_set("rate", 100 / virt_frame_ms);
	for (int i = 0; i < 16; i++) {
		streams[i] = i % 4 ? viewer_start(1, 1 + i % 2) : capture_start();
		accounts[i] = account_open(streams[i].fd);
	}
	CHECK_EQ(stream_attach(stream_open(O_RDWR), DMARING_POLICY_LOSSLESS, 0, 0), -EBUSY);
	CHECK_EQ(stream_attach(stream_open(O_RDONLY), DMARING_POLICY_LATEST, 1, 1), -EBUSY);
	for (int round = 0; round < 50; round++)
		for (int i = 0; i < 16; i++) {
			frame = capture_take(&streams[i]);
			account_frame(&accounts[i], &frame);
			CHECK_EQ(stream_give(streams[i].fd, &frame), 0);
			if (i % 4 == 0)
				CHECK_EQ(accounts[i].dropped, 0);
		}
	for (int i = 0; i < 16; i++) {
		account_check(&accounts[i], streams[i].fd);
		CHECK_EQ(accounts[i].overruns, 0);
		REQUIRE_EQ(call(streams[i].fd, DMARING_IOC_STOP, NULL), 0);
		account_close(&accounts[i], streams[i].fd);
	}
}

/* ------------------------------------------------------------------ accounting */

/* Frames get lost in bursts, and each viewer is too slow in its own way. */
static void take_some(const struct stream *stream, const struct ring *ring,
		      struct account *account, int way)
{
	struct dmaring_frame frames[8];
	int taken = 1;

	if (way % 3 == 0)
		taken = ring_next(ring, frames);
	else
		taken = stream_take(stream->fd, frames, way % 8 + 1, 0);
	for (int i = 0; i < taken; i++) {
		account_frame(account, &frames[i]);
		capture_verify(stream, &frames[i]);
		if (way % 2)
			CHECK_EQ(ring_give(ring, &frames[i]), 0);
		else
			CHECK_EQ(stream_give(stream->fd, &frames[i]), 0);
	}
}

TEST(everybodys_losses_are_accounted_for)
{
	struct stream streams[1 + VIEWERS];
	struct account accounts[1 + VIEWERS];
	struct ring rings[1 + VIEWERS];

	virt_set("overrun_every", 37);
	virt_set("overrun_frames", 11);
	for (int i = 0; i <= VIEWERS; i++) {
		streams[i] = i ? viewer_start(i, 4) : capture_start();
		rings[i] = ring_open(streams[i].fd);
		accounts[i] = account_open(streams[i].fd);
	}
	for (int step = 0; step < 3000; step++) {
		int i = step * 7 % (1 + VIEWERS);

		take_some(&streams[i], &rings[i], &accounts[i], step % 11);
		account_check(&accounts[i], streams[i].fd);
		if (step % 3 == 0)
			sleep_ms((1 + step % 5) * virt_frame_ms);
	}
	for (int i = 0; i <= VIEWERS; i++) {
		CHECK(accounts[i].overruns > 0);
		CHECK(i == 0 || accounts[i].dropped > 0);
		REQUIRE_EQ(call(streams[i].fd, DMARING_IOC_STOP, NULL), 0);
		account_close(&accounts[i], streams[i].fd);
	}
	CHECK_EQ(accounts[0].dropped, 0);
}

int main(int argc, char **argv)
{
	return virt_run(argc, argv);
}
