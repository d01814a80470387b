// SPDX-License-Identifier: MIT
/*
 * Users who write nonsense into their ring.  It hurts them alone: the kernel lives,
 * others lose nothing, and STOP and START bring the offender back.
 *
 * usage: hostile [SEED [busy]]	busy: the host may let the whole machine wait for so
 *				long that frames are lost
 */
#include <pthread.h>
#include "account.h"
#include "scribble.h"
#include "virt.h"

static int busy;

static void heal(const struct stream *stream, const struct ring *ring)
{
	struct dmaring_frame frame;

	REQUIRE_EQ(call(stream->fd, DMARING_IOC_STOP, NULL), 0);
	REQUIRE_EQ(call(stream->fd, DMARING_IOC_START, NULL), 0);
	frame = ring_await(ring);
	capture_verify(stream, &frame);
	CHECK_EQ(stream_give(stream->fd, &frame), 0);
	REQUIRE_EQ(stream_take(stream->fd, &frame, 1, FOREVER), 1);
	capture_verify(stream, &frame);
	CHECK_EQ(stream_give(stream->fd, &frame), 0);
}

/* ---------------------------------------------------------------------- tails */

/* @from_tail: how far from the honest tail, when some frames wait. */
static void write_tail(uint32_t from_tail)
{
	struct stream stream = capture_start();
	struct ring ring = ring_open(stream.fd);
	struct dmaring_frame frame;
	uint64_t delivered;

	for (int i = 0; i < 100; i++) {
		frame = ring_await(&ring);
		CHECK_EQ(ring_give(&ring, &frame), 0);
	}
	delivered = stream_stats(stream.fd).consumer_delivered;
	let_wait(stream.fd, 5);
	ring_store(&ring.header->frames_tail, ring_load(&ring.header->frames_tail) + from_tail);
	CHECK_EQ(stream_take(stream.fd, &frame, 1, 0), -EPROTO);
	CHECK_EQ(stream_take(stream.fd, &frame, 1, 1000 * MS), -EPROTO);
	CHECK_EQ(stream_take(stream.fd, &frame, 1, FOREVER), -EPROTO);
	CHECK_EQ(read(stream.fd, &frame, sizeof(frame)), -1);
	CHECK_EQ(errno, EPROTO);
	CHECK(stream_poll(stream.fd, 1000));
	CHECK_EQ(stream_stats(stream.fd).consumer_delivered, delivered);
	heal(&stream, &ring);
}

TEST(a_tail_one_back) { write_tail(-1); }
TEST(a_tail_some_frames_back) { write_tail(-40); }
TEST(a_tail_more_than_the_ring_back) { write_tail(-1000); }
TEST(a_tail_beyond_the_head) { write_tail(1000); }
TEST(a_tail_half_way_round) { write_tail(0x80000000); }

/* Frames that it says it has taken, it has: they count, and can be released. */
TEST(a_tail_at_the_head_takes_what_waits)
{
	struct stream stream = capture_start();
	struct ring ring = ring_open(stream.fd);
	struct dmaring_stats before, after;
	uint32_t tail, head;

	for (int i = 0; i < 50; i++) {
		let_wait(stream.fd, 5);
		before = stream_stats(stream.fd);
		tail = ring_load(&ring.header->frames_tail);
		head = ring_load(&ring.header->frames_head);
		ring_store(&ring.header->frames_tail, head);
		after = stream_stats(stream.fd);
		CHECK_EQ(after.consumer_delivered, before.consumer_delivered + head - tail);
		CHECK_EQ(after.consumer_held, before.consumer_held + head - tail);
		for (; tail != head; tail++) {
			const struct dmaring_frame *frame =
				&ring.frames[tail & (ring.frame_slots - 1)];

			CHECK_EQ(stream_give(stream.fd, frame), 0);
		}
	}
}

TEST(a_head_that_the_user_writes_is_not_believed)
{
	struct stream stream = capture_start();
	struct ring ring = ring_open(stream.fd);
	struct dmaring_frame frame;

	for (int i = 0; i < 100; i++) {
		ring_store(&ring.header->frames_head, scribble_random());
		REQUIRE_EQ(stream_take(stream.fd, &frame, 1, FOREVER), 1);
		capture_verify(&stream, &frame);
		ring_store(&ring.header->flags, scribble_random());
		CHECK_EQ(stream_give(stream.fd, &frame), 0);
	}
	CHECK_EQ(stream_stats(stream.fd).consumer_held, 0);
}

/* ------------------------------------------------------------------- releases */

/* No cookie but that of a frame which is held releases anything. */
TEST(bogus_cookies_release_nothing)
{
	struct stream stream = capture_start();
	struct ring ring = ring_open(stream.fd);
	struct dmaring_frame held = ring_await(&ring), waits;
	uint64_t bad = stream_stats(stream.fd).bad_releases, tried = 0;

	let_wait(stream.fd, 1);
	waits = ring.frames[ring_load(&ring.header->frames_tail) & (ring.frame_slots - 1)];
	for (int i = 0; i < 64; i++) {
		const uint64_t bogus[] = {
			0, held.buffer, held.cookie ^ 1ULL << i, scribble_random(), waits.cookie,
			(held.cookie & ~0xffffULL) | stream.info.buffers, ~0ULL >> i,
		};

		for (size_t j = 0; j < sizeof(bogus) / sizeof(*bogus); j++, tried++)
			ring_put(&ring, bogus[j]);
		REQUIRE_EQ(call(stream.fd, DMARING_IOC_KICK, NULL), 0);
		CHECK_EQ(stream_stats(stream.fd).bad_releases, bad + tried);
		CHECK_EQ(stream_stats(stream.fd).consumer_held, 1);
		capture_verify(&stream, &held);
	}
	CHECK_EQ(ring_give(&ring, &held), 0);
}

/* The buffer's next frame is not released by the cookie of the last one. */
TEST(old_cookies_do_not_release_newer_frames)
{
	struct stream stream = capture_start();
	struct ring ring = ring_open(stream.fd);
	uint64_t old[MAPS_MAX] = { 0 }, replayed = 0, bad = stream_stats(stream.fd).bad_releases;
	struct dmaring_frame frame;

	for (uint32_t i = 0; i < 5 * stream.info.buffers; i++) {
		frame = ring_await(&ring);
		if (old[frame.buffer]) {
			replayed++;
			ring_put(&ring, old[frame.buffer]);
			CHECK_EQ(call(stream.fd, DMARING_IOC_KICK, NULL), 0);
			CHECK_EQ(stream_stats(stream.fd).bad_releases, bad + replayed);
			CHECK_EQ(stream_stats(stream.fd).consumer_held, 1);
			capture_verify(&stream, &frame);
		}
		old[frame.buffer] = frame.cookie;
		CHECK_EQ(ring_give(&ring, &frame), 0);
	}
	CHECK(replayed > 0);
}

/* One consumer's cookies are worth nothing to another one that does not hold it. */
TEST(somebody_elses_frame_is_not_released)
{
	struct stream mine = capture_start(), other = viewer_start(1, 1);
	struct ring ring = ring_open(mine.fd), others = ring_open(other.fd);
	struct dmaring_frame frame = ring_await(&ring);
	uint64_t bad = stream_stats(mine.fd).bad_releases;

	REQUIRE_EQ(call(other.fd, DMARING_IOC_STOP, NULL), 0);
	ring_put(&others, frame.cookie);
	CHECK_EQ(call(other.fd, DMARING_IOC_KICK, NULL), 0);
	CHECK_EQ(stream_give(other.fd, &frame), -ESTALE);
	CHECK_EQ(stream_stats(mine.fd).bad_releases, bad + 2);
	let_produce(mine.fd, 200);
	capture_verify(&mine, &frame);
}

/* ------------------------------------------------ a feeder that never ends it */

struct feeder {
	struct ring ring;
	volatile int end;
};

/* Writes releases as fast as the kernel reads them: each turn is the next one. */
static void *feed(void *argument)
{
	struct feeder *feeder = argument;
	uint32_t slots = feeder->ring.release_slots;

	for (uint32_t turn = 1; !feeder->end; turn++)
		ring_store(&feeder->ring.releases[(turn - 1) & (slots - 1)].turn, turn);
	return NULL;
}

TEST(kick_ends_though_there_are_ever_more_releases)
{
	struct feeder feeder = { .ring = ring_open(capture_start().fd) };
	pthread_t thread;
	long long longest = 0;

	REQUIRE(!pthread_create(&thread, NULL, feed, &feeder));
	for (int i = 0; i < 500; i++) {
		long long start = now_ns();

		CHECK_EQ(call(feeder.ring.fd, DMARING_IOC_KICK, NULL), 0);
		if (now_ns() - start > longest)
			longest = now_ns() - start;
	}
	feeder.end = 1;
	pthread_join(thread, NULL);
	printf("# the longest KICK took %lld us\n", longest / 1000);
}

/* --------------------------------------------------------------- all at random */

/* Is a child, and is killed. */
static void be_hostile(uint64_t with_seed)
{
	struct stream stream = viewer_start(4, 4);
	struct ring ring = ring_open(stream.fd);

	scribble_seed = with_seed;
	for (;;)
		scribble(&ring);
}

TEST(a_recorder_beside_a_hostile_viewer_loses_nothing)
{
	struct account account;
	struct stream stream;
	struct ring ring;
	pid_t pid = 0;

	stream = capture_start();
	ring = ring_open(stream.fd);
	account = account_open(stream.fd);
	for (int i = 0; i < 2000; i++) {
		struct dmaring_frame frame;

		while (!ring_next(&ring, &frame))
			sleep_ms(1);	/* others want to run, too */
		capture_verify(&stream, &frame);
		account_frame(&account, &frame);
		CHECK_EQ(ring_give(&ring, &frame), 0);
		if (i % 250)
			continue;
		if (pid) {
			kill(pid, SIGKILL);
			waitpid(pid, NULL, 0);
		}
		pid = fork();
		if (!pid)
			be_hostile(scribble_seed + i);
	}
	CHECK_EQ(account.dropped, 0);
	if (!busy)
		CHECK_EQ(account.overruns, 0);
	account_check(&account, stream.fd);
}

TEST(its_own_books_are_in_order_again_after_stop_and_start)
{
	struct stream stream = viewer_start(4, 4);
	struct ring ring = ring_open(stream.fd);

	for (int round = 0; round < 30; round++) {
		struct account account;
		struct dmaring_frame frame;

		for (int i = 0; i < 200; i++)
			scribble(&ring);
		call(stream.fd, DMARING_IOC_START, NULL);	/* it may run already */
		REQUIRE_EQ(call(stream.fd, DMARING_IOC_STOP, NULL), 0);
		/* What it took and forgot is given back by DETACH alone. */
		for (uint32_t i = 0; i < stream.info.buffers; i++)
			munmap((void *)stream.map[i], stream.info.buffer_stride);
		REQUIRE_EQ(call(stream.fd, DMARING_IOC_DETACH, NULL), 0);
		REQUIRE_EQ(stream_attach(stream.fd, DMARING_POLICY_LATEST, 4, 4), 0);
		capture_map(&stream);
		REQUIRE_EQ(call(stream.fd, DMARING_IOC_START, NULL), 0);
		account = account_open(stream.fd);
		for (int i = 0; i < 20; i++) {
			REQUIRE_EQ(stream_take(stream.fd, &frame, 1, 1000 * MS), 1);
			CHECK_EQ(stream_give(stream.fd, &frame), 0);
			account_frame(&account, &frame);
		}
		account_check(&account, stream.fd);
		REQUIRE_EQ(call(stream.fd, DMARING_IOC_STOP, NULL), 0);
		account_close(&account, stream.fd);
		REQUIRE_EQ(call(stream.fd, DMARING_IOC_START, NULL), 0);
	}
}

int main(int argc, char **argv)
{
	busy = argc > 2;
	if (argc > 1)
		scribble_seed = strtoull(argv[1], NULL, 0);
	return tap_run(virt_prepare, virt_is_healthy);
}
