// SPDX-License-Identifier: MIT
/* A producer without system calls, and one that writes nonsense into its ring. */
#include "play.h"
#include "ring.h"

/* Writes an entry, whatever it is; 1 if the kernel wants to be told. */
static int put(const struct ring *ring, uint64_t cookie, uint32_t bytes)
{
	uint32_t at = ring_claim(ring->header, 1);

	while (at - ring_load(&ring->header->releases_tail) >= ring->release_slots)
		call(ring->fd, DMARING_IOC_KICK, NULL);
	return ring_submit(ring->own, ring->header, at, cookie, bytes);
}

static void submit(const struct ring *ring, const struct dmaring_frame *frame)
{
	if (put(ring, frame->cookie, frame->bytes_used))
		CHECK_EQ(call(ring->fd, DMARING_IOC_KICK, NULL), 0);
}

TEST(each_byte_arrives)
{
	uint64_t mismatches = play_mismatches();
	struct play play = play_attach();
	struct ring ring = ring_open(play.fd);
	struct dmaring_frame frame;

	virt_set("rate", 5000);
	for (int i = 0; i < 1000; i++) {
		while (!ring_next(&ring, &frame)) {
			REQUIRE(i >= (int)play.info.buffers);
			sleep_ms(1);
		}
		if (i == (int)play.info.buffers / 2)
			REQUIRE_EQ(call(play.fd, DMARING_IOC_START, NULL), 0);
		play_fill(&play, &frame, 1 + i % play.info.buffer_size);
		submit(&ring, &frame);
	}
	CHECK_EQ(fsync(play.fd), 0);
	CHECK_EQ(play_stats(play.fd).consumer_delivered, 1000);
	CHECK_EQ(play_mismatches(), mismatches);
}

/* With nothing armed each submission is told; what nobody is told of, STOP finds. */
TEST(who_has_nothing_else_to_send_is_told_to_kick)
{
	struct play play = play_start();
	struct ring ring = ring_open(play.fd);
	struct dmaring_frame frame = ring_await(&ring);

	virt_set("stall", 1);
	CHECK(ring_load(&ring.header->flags) & DMARING_RING_NEED_KICK);
	play_fill(&play, &frame, 10);
	CHECK_EQ(put(&ring, frame.cookie, 10), 1);
	CHECK_EQ(play_stats(play.fd).consumer_produced, 0);
	CHECK_EQ(call(play.fd, DMARING_IOC_KICK, NULL), 0);
	CHECK_EQ(play_stats(play.fd).armed, 1);
	for (int i = 0; i < 4; i++) {
		frame = ring_await(&ring);
		play_fill(&play, &frame, 10);
		submit(&ring, &frame);
	}
	CHECK_EQ(call(play.fd, DMARING_IOC_STOP, NULL), 0);
	CHECK_EQ(play_stats(play.fd).consumer_dropped, 5);
}

TEST(nonsense_is_counted_and_not_sent)
{
	struct play play = play_attach();
	struct ring ring = ring_open(play.fd);
	struct dmaring_frame frame = ring_await(&ring), other = ring_await(&ring);
	struct dmaring_stats before = play_stats(play.fd), after;

	put(&ring, 0, 10);
	put(&ring, ~0ULL, 10);
	put(&ring, frame.cookie + (1 << 16), 10);
	put(&ring, frame.cookie, 0);
	put(&ring, frame.cookie, play.info.buffer_size + 1);
	put(&ring, frame.cookie, ~0U);
	CHECK_EQ(call(play.fd, DMARING_IOC_KICK, NULL), 0);
	after = play_stats(play.fd);
	CHECK_EQ(after.bad_releases, before.bad_releases + 6);
	CHECK_EQ(after.consumer_produced, 0);
	CHECK_EQ(after.consumer_held, 2);
	play_fill(&play, &frame, 10);
	put(&ring, frame.cookie, 10);
	put(&ring, frame.cookie, 10);
	put(&ring, ring_await(&ring).cookie ^ 1, 10);
	CHECK_EQ(call(play.fd, DMARING_IOC_START, NULL), 0);
	CHECK_EQ(fsync(play.fd), 0);
	after = play_stats(play.fd);
	CHECK_EQ(after.bad_releases, before.bad_releases + 8);
	CHECK_EQ(after.consumer_delivered, 1);
	play_fill(&play, &other, 10);
	CHECK_EQ(play_submit(&play, &other), 0);
}

/* Buffers that it says it has taken, it has: it may submit them unseen. */
TEST(a_tail_that_lies)
{
	struct play play = play_attach();
	struct ring ring = ring_open(play.fd);
	struct dmaring_frame frame;
	uint64_t cookie = ring.frames[0].cookie;

	ring_store(&ring.header->frames_tail, 1000000);
	CHECK_EQ(stream_take(play.fd, &frame, 1, 0), -EPROTO);
	CHECK_EQ(write(play.fd, &frame, 1), -1);
	CHECK_EQ(errno, EPROTO);
	put(&ring, cookie, 1);
	CHECK_EQ(call(play.fd, DMARING_IOC_START, NULL), 0);
	CHECK_EQ(play_stats(play.fd).consumer_produced, 0);
	ring_store(&ring.header->frames_tail, 1);
	play_fill_as(&play, &frame, 0, 0);
	CHECK_EQ(put(&ring, cookie, 1), 1);
	CHECK_EQ(call(play.fd, DMARING_IOC_KICK, NULL), 0);
	CHECK_EQ(fsync(play.fd), 0);
	CHECK_EQ(play_stats(play.fd).consumer_delivered, 1);
}

int main(void)
{
	return tap_run(play_prepare, play_is_healthy);
}
