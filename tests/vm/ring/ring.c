// SPDX-License-Identifier: MIT
/*
 * The shared ring by its protocol alone: see ring.h.
 *
 * usage: ring [MILLISECONDS-BETWEEN-FRAMES]
 */
#define _GNU_SOURCE
#include <sys/mman.h>
#include <sys/resource.h>
#include "account.h"
#include "pages.h"
#include "ring.h"
#include "virt.h"

static struct stream attach_recorder(void)
{
	struct stream stream = { .fd = stream_open(O_RDWR) };

	stream.info = stream_info(stream.fd);
	REQUIRE_EQ(stream_attach(stream.fd, DMARING_POLICY_LOSSLESS, 0, 0), 0);
	capture_map(&stream);
	return stream;
}

/* ----------------------------------------------------------------- geometry */

TEST(ring_tells_where_everything_is)
{
	struct stream stream = attach_recorder();
	struct dmaring_ring ring = ring_argument();
	uint64_t frames_end, releases_end;

	REQUIRE_EQ(call(stream.fd, DMARING_IOC_RING, &ring), 0);
	frames_end = ring.frames_offset + (uint64_t)ring.frame_bytes * ring.frame_slots;
	releases_end = ring.releases_offset +
		       (uint64_t)sizeof(struct dmaring_ring_release) * ring.release_slots;
	CHECK_EQ(ring.frame_slots & (ring.frame_slots - 1), 0);
	CHECK_EQ(ring.release_slots & (ring.release_slots - 1), 0);
	CHECK(ring.frame_slots >= stream.info.buffers);
	CHECK(ring.release_slots >= stream.info.buffers);
	CHECK_EQ(ring.frame_bytes, sizeof(struct dmaring_frame));
	CHECK(ring.frames_offset >= sizeof(struct dmaring_ring_header));
	CHECK_EQ(ring.frames_offset % DMARING_CACHE_LINE, 0);
	CHECK_EQ(ring.releases_offset % 16, 0);
	CHECK(ring.releases_offset >= frames_end || ring.frames_offset >= releases_end);
	CHECK(frames_end <= ring.map_bytes && releases_end <= ring.map_bytes);
	CHECK_EQ(ring.map_bytes % page_bytes(), 0);
	CHECK_EQ(fcntl(ring.fd, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(fcntl(ring.fd, F_GETFL) & O_ACCMODE, O_RDWR);
}

TEST(what_is_no_ring_is_not_mapped)
{
	struct stream stream = attach_recorder();
	struct dmaring_ring ring = ring_argument();
	const int rw = PROT_READ | PROT_WRITE;

	REQUIRE_EQ(call(stream.fd, DMARING_IOC_RING, &ring), 0);
	CHECK(mmap(NULL, ring.map_bytes, rw, MAP_PRIVATE, ring.fd, 0) == MAP_FAILED);
	CHECK_EQ(errno, EINVAL);
	CHECK(mmap(NULL, ring.map_bytes, rw | PROT_EXEC, MAP_SHARED, ring.fd, 0) == MAP_FAILED);
	/* Newer kernels let nobody execute anonymous inodes and do not ask the driver. */
	CHECK(errno == EINVAL || errno == EPERM);
	CHECK(mmap(NULL, ring.map_bytes + page_bytes(), rw, MAP_SHARED, ring.fd, 0) == MAP_FAILED);
	CHECK(mmap(NULL, page_bytes(), rw, MAP_SHARED, ring.fd, ring.map_bytes) == MAP_FAILED);
	CHECK(mmap(NULL, page_bytes(), rw, MAP_SHARED, ring.fd, 1LL << 40) == MAP_FAILED);
	CHECK(mmap(NULL, ~0UL / 4 + 1, rw, MAP_SHARED, ring.fd, 0) == MAP_FAILED);
	CHECK_EQ(read(ring.fd, &ring, sizeof(ring)), -1);
	CHECK_EQ(call(ring.fd, DMARING_IOC_START, NULL), -ENOTTY);
}

TEST(the_mapping_does_not_become_executable_or_longer)
{
	struct stream stream = attach_recorder();
	struct ring ring = ring_open(stream.fd);

	CHECK_EQ(mprotect(ring.header, ring.bytes, PROT_READ | PROT_EXEC), -1);
	CHECK(mremap(ring.header, ring.bytes, ring.bytes + page_bytes(), MREMAP_MAYMOVE) ==
	      MAP_FAILED);
}

TEST(a_child_does_not_inherit_the_mapping)
{
	struct stream stream = attach_recorder();
	struct ring ring = ring_open(stream.fd);
	int status;
	pid_t pid = fork();

	if (!pid) {
		ring_store(&ring.header->frames_tail, 1);
		_exit(0);
	}
	REQUIRE_EQ(waitpid(pid, &status, 0), pid);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
}

TEST(descriptors_run_out)
{
	struct stream stream = attach_recorder();
	struct rlimit limit = { 10, 10 };
	struct dmaring_ring ring;
	int result;

	REQUIRE(!setrlimit(RLIMIT_NOFILE, &limit));
	for (int i = 0; i < 10; i++) {
		ring = ring_argument();
		result = call(stream.fd, DMARING_IOC_RING, &ring);
	}
	CHECK_EQ(result, -EMFILE);
	close(9);
	CHECK_EQ(call(stream.fd, DMARING_IOC_RING, &ring), 0);
}

/* ---------------------------------------------------------- take and release */

static void take_and_give(const struct stream *stream, const struct ring *ring, int frames)
{
	int is_viewer = stream_stats(stream->fd).consumer_policy == DMARING_POLICY_LATEST;
	struct account account = account_open(stream->fd);

	for (int i = 0; i < frames; i++) {
		struct dmaring_frame frame = ring_await(ring);

		capture_verify(stream, &frame);
		account_frame(&account, &frame);
		CHECK_EQ(ring_give(ring, &frame), 0);
	}
	account_check(&account, stream->fd);
	REQUIRE_EQ(call(stream->fd, DMARING_IOC_STOP, NULL), 0);
	account_close(&account, stream->fd);
	CHECK_EQ(account.overruns, 0);
	/* A viewer has missed some if another thread ran for longer than its queue lasts. */
	CHECK(is_viewer || !account.dropped);
}

TEST(frames_come_and_go_round_the_ring)
{
	struct stream stream = capture_start();
	struct ring ring = ring_open(stream.fd);

	take_and_give(&stream, &ring, 10 * ring.frame_slots);
}

TEST(a_read_only_viewer_has_a_ring)
{
	struct stream stream = viewer_start(8, 2);
	struct ring ring = ring_open(stream.fd);

	take_and_give(&stream, &ring, 5 * ring.frame_slots);
}

TEST(every_mapping_is_of_the_same_ring)
{
	struct stream stream = capture_start();
	struct ring one = ring_open(stream.fd), other = ring_open(stream.fd);
	struct dmaring_frame frame = ring_await(&one), next = ring_await(&other);

	CHECK_EQ(next.sequence, frame.sequence + 1);
	CHECK_EQ(ring_give(&other, &frame), 0);
	CHECK_EQ(ring_give(&one, &next), 0);
	CHECK_EQ(call(stream.fd, DMARING_IOC_KICK, NULL), 0);
	CHECK_EQ(stream_stats(stream.fd).consumer_held, 0);
}

/* One queue, whichever way a frame is taken and given back. */
TEST(the_ways_to_take_and_release_can_be_mixed)
{
	struct stream stream = capture_start();
	struct ring ring = ring_open(stream.fd);
	struct account account = account_open(stream.fd);

	for (int i = 0; i < 300; i++) {
		struct dmaring_frame frame;

		if (i % 3 == 0)
			frame = ring_await(&ring);
		else if (i % 3 == 1)
			REQUIRE_EQ(read(stream.fd, &frame, sizeof(frame)), sizeof(frame));
		else
			REQUIRE_EQ(stream_take(stream.fd, &frame, 1, FOREVER), 1);
		capture_verify(&stream, &frame);
		account_frame(&account, &frame);
		if (i % 4 < 2)
			CHECK_EQ(ring_give(&ring, &frame), 0);
		else
			CHECK_EQ(stream_give(stream.fd, &frame), 0);
	}
	CHECK_EQ(account.dropped + account.overruns, 0);
	CHECK_EQ(call(stream.fd, DMARING_IOC_KICK, NULL), 0);
	CHECK_EQ(stream_stats(stream.fd).consumer_held, 0);
	CHECK_EQ(stream_stats(stream.fd).consumer_delivered, 300);
}

TEST(frames_are_released_in_any_order)
{
	struct stream stream = capture_start();
	struct ring ring = ring_open(stream.fd);
	struct dmaring_frame held[20];

	for (int i = 0; i < 20; i++)
		held[i] = ring_await(&ring);
	for (int i = 0; i < 2000; i++) {
		struct dmaring_frame *frame = &held[i * 7 % 20];

		capture_verify(&stream, frame);
		CHECK_EQ(ring_give(&ring, frame), 0);
		*frame = ring_await(&ring);
	}
	CHECK_EQ(stream_stats(stream.fd).overruns - held[0].overruns_total, 0);
}

/* The slots do not end where the batch does. */
TEST(a_batch_is_all_that_waits_wherever_it_is_in_the_ring)
{
	struct stream stream = capture_start();
	struct dmaring_frame frames[MAPS_MAX];

	for (uint32_t round = 0; round < 3 * stream.info.buffers; round++) {
		int taken;

		REQUIRE_EQ(call(stream.fd, DMARING_IOC_STOP, NULL), 0);
		REQUIRE_EQ(call(stream.fd, DMARING_IOC_START, NULL), 0);
		let_wait(stream.fd, 5 + round % 20);
		virt_set("stall", 1);
		taken = stream_take(stream.fd, frames, MAPS_MAX, 0);
		CHECK(taken >= (int)(5 + round % 20));
		if (!CHECK_EQ(stream_take(stream.fd, frames + taken, 1, 0), -EAGAIN))
			break;
		virt_set("stall", 0);
		for (int i = 0; i < taken; i++)
			CHECK_EQ(stream_give(stream.fd, &frames[i]), 0);
	}
}

/* -------------------------------------------------------------------- flags */

TEST(the_flags_tell_whether_it_runs)
{
	struct stream stream = attach_recorder();
	struct ring ring = ring_open(stream.fd);

	CHECK_EQ(ring_flags(ring.own), DMARING_RING_STOPPED);
	REQUIRE_EQ(call(stream.fd, DMARING_IOC_START, NULL), 0);
	CHECK_EQ(ring_flags(ring.own), 0);
	REQUIRE_EQ(call(stream.fd, DMARING_IOC_STOP, NULL), 0);
	CHECK_EQ(ring_flags(ring.own), DMARING_RING_STOPPED);
}

TEST(after_detach_the_ring_says_gone_and_stays)
{
	int fd = stream_open(O_RDWR);
	struct ring ring;

	REQUIRE_EQ(stream_attach(fd, DMARING_POLICY_LOSSLESS, 0, 0), 0);
	REQUIRE_EQ(call(fd, DMARING_IOC_START, NULL), 0);
	ring = ring_open(fd);
	let_wait(fd, 3);
	REQUIRE_EQ(call(fd, DMARING_IOC_DETACH, NULL), 0);
	CHECK(ring_flags(ring.own) & DMARING_RING_GONE);
	CHECK_EQ(ring_waiting(&ring), 0);
	CHECK_EQ(call(fd, DMARING_IOC_KICK, NULL), -ENOTCONN);
	REQUIRE_EQ(stream_attach(fd, DMARING_POLICY_LATEST, 1, 1), 0);
	CHECK_EQ(ring_flags(ring.own), DMARING_RING_STOPPED);	/* it is the same one */
	REQUIRE_EQ(call(fd, DMARING_IOC_START, NULL), 0);
	ring_await(&ring);
	close(fd);
	CHECK(ring_flags(ring.own) & DMARING_RING_GONE);
	memset(ring.header, POISON, ring.bytes);	/* nobody else's memory */
}

TEST(what_was_released_before_detach_was_not_released_badly)
{
	int fd = stream_open(O_RDWR);
	uint64_t bad = stream_stats(fd).bad_releases;

	for (int i = 0; i < 10; i++) {
		struct ring ring;

		REQUIRE_EQ(stream_attach(fd, DMARING_POLICY_LOSSLESS, 0, 0), 0);
		REQUIRE_EQ(call(fd, DMARING_IOC_START, NULL), 0);
		ring = ring_open(fd);
		for (int j = 0; j < i; j++)
			ring_put(&ring, ring_await(&ring).cookie);
		REQUIRE_EQ(call(fd, DMARING_IOC_DETACH, NULL), 0);
		CHECK_EQ(stream_stats(fd).bad_releases, bad);
		munmap(ring.header, ring.bytes);
	}
}

/* ---------------------------------------------------------------- need a kick */

/* The source waits for buffers now, and the test has them all. */
static void hold_everything(const struct stream *stream, const struct ring *ring,
			    struct dmaring_frame *frames)
{
	for (uint32_t i = 0; i < stream->info.buffers; i++)
		frames[i] = ring_await(ring);
}

TEST(who_holds_everything_has_to_kick)
{
	struct dmaring_frame frames[MAPS_MAX], next;
	struct stream stream;
	struct ring ring;

	virt_set("rate", 0);
	stream = capture_start();
	ring = ring_open(stream.fd);
	hold_everything(&stream, &ring, frames);
	for (uint32_t i = 0; i < stream.info.buffers; i++) {
		CHECK_EQ(ring_flags(ring.own), DMARING_RING_NEED_KICK);
		ring_put(&ring, frames[i].cookie);
		sleep_ms(10);
		CHECK_EQ(ring_waiting(&ring), 0);	/* nobody has looked */
		CHECK_EQ(call(stream.fd, DMARING_IOC_KICK, NULL), 0);
		next = ring_await(&ring);
		CHECK_EQ(next.buffer, frames[i].buffer);
		CHECK_EQ(next.sequence, frames[i].sequence + stream.info.buffers);
		frames[i] = next;
	}
	for (uint32_t i = 0; i < stream.info.buffers; i++)
		ring_put(&ring, frames[i].cookie);
	CHECK_EQ(call(stream.fd, DMARING_IOC_KICK, NULL), 0);
	hold_everything(&stream, &ring, frames);
}

/* It has a buffer, and may fill it before it tells of another. */
TEST(a_card_with_one_buffer_left_wants_to_be_told)
{
	struct dmaring_frame frames[MAPS_MAX];
	struct stream stream;
	struct ring ring;

	virt_set("rate", 20);
	stream = capture_start();
	ring = ring_open(stream.fd);
	for (uint32_t i = 0; i < stream.info.buffers - 2; i++)
		frames[i] = ring_await(&ring);
	CHECK_EQ(ring_flags(ring.own), 0);
	ring_await(&ring);
	CHECK_EQ(stream_stats(stream.fd).armed, 1);
	CHECK_EQ(ring_flags(ring.own), DMARING_RING_NEED_KICK);
	CHECK_EQ(ring_give(&ring, &frames[0]), 0);
	CHECK_EQ(stream_stats(stream.fd).armed, 2);
}

/* Fewer than there are in the ring: one frame is enough for all of them. */
TEST(what_was_released_in_the_ring_comes_back_with_the_next_frame)
{
	struct dmaring_frame frames[10];
	struct stream stream;
	struct ring ring;
	uint64_t produced;

	virt_set("rate", 20);
	stream = capture_start();
	ring = ring_open(stream.fd);
	for (int i = 0; i < 10; i++)
		frames[i] = ring_await(&ring);
	produced = stream_stats(stream.fd).produced;
	for (int i = 0; i < 10; i++)
		ring_put(&ring, frames[i].cookie);
	if (stream_stats(stream.fd).produced == produced)
		CHECK_EQ(stream_stats(stream.fd).consumer_held, 10);
	let_produce(stream.fd, 1);
	CHECK_EQ(stream_stats(stream.fd).consumer_held, 0);
}

/* Looking at the stream in other ways does the same. */
TEST(poll_dequeue_and_start_look_at_the_ring)
{
	struct dmaring_frame frames[MAPS_MAX];
	struct stream stream;
	struct ring ring;

	virt_set("rate", 0);
	stream = capture_start();
	ring = ring_open(stream.fd);
	hold_everything(&stream, &ring, frames);
	ring_put(&ring, frames[0].cookie);
	CHECK_EQ(stream_poll(stream.fd, 1000), POLLIN);
	REQUIRE_EQ(stream_take(stream.fd, &frames[0], 1, 0), 1);
	ring_put(&ring, frames[0].cookie);
	REQUIRE_EQ(stream_take(stream.fd, &frames[0], 1, 1000 * MS), 1);
	ring_put(&ring, frames[0].cookie);
	REQUIRE_EQ(call(stream.fd, DMARING_IOC_STOP, NULL), 0);
	REQUIRE_EQ(call(stream.fd, DMARING_IOC_START, NULL), 0);
	frames[0] = ring_await(&ring);
	capture_verify(&stream, &frames[0]);
}

/* A consumer that was stopped still has what the running one is starved of. */
TEST(who_has_stopped_is_asked_to_kick_like_the_others)
{
	struct dmaring_frame frames[MAPS_MAX], next;
	struct stream stream, other;
	struct ring ring, others;

	virt_set("rate", 0);
	stream = capture_start();
	ring = ring_open(stream.fd);
	hold_everything(&stream, &ring, frames);
	other = capture_start();
	others = ring_open(other.fd);
	REQUIRE_EQ(call(stream.fd, DMARING_IOC_STOP, NULL), 0);
	for (uint32_t i = 0; i < stream.info.buffers; i++) {
		REQUIRE_EQ(ring_waiting(&others), 0);
		CHECK_EQ(ring_give(&ring, &frames[i]), 0);
		sleep_ms(10);
		if (!CHECK(ring_next(&others, &next)))
			break;
	}
}

/* The counters of errors in the ring and in RELEASE are the same. */
TEST(a_frame_is_released_once)
{
	struct stream stream = capture_start();
	struct ring ring = ring_open(stream.fd);
	uint64_t bad = stream_stats(stream.fd).bad_releases;

	for (int i = 1; i <= 50; i++) {
		struct dmaring_frame frame = ring_await(&ring), next;

		ring_put(&ring, frame.cookie);
		ring_put(&ring, frame.cookie);
		CHECK_EQ(call(stream.fd, DMARING_IOC_KICK, NULL), 0);
		CHECK_EQ(stream_stats(stream.fd).bad_releases, bad + 2 * i - 1);
		CHECK_EQ(stream_give(stream.fd, &frame), -ESTALE);
		next = ring_await(&ring);
		CHECK_EQ(ring_give(&ring, &next), 0);
	}
}

int main(int argc, char **argv)
{
	return virt_run(argc, argv);
}
