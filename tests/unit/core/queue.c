// SPDX-License-Identifier: MIT
/*
 * The core's queue of frames, alone: what it does while the user takes frames at the
 * worst moment, and what it does with nonsense.
 */
#include "kernel.h"

/* The kernel is compiled without these warnings. */
#pragma GCC diagnostic ignored "-Wsign-compare"
#pragma GCC diagnostic ignored "-Wunused-parameter"
#include "../../../driver/core/queue.c"

#include "tap.h"

#define BUFFERS		8
#define NEVER_GIVEN	0x7fff0000ULL	/* a cookie of no publication yet */

static struct dmaring_stream stream;
static struct dmaring_consumer consumer;
static struct dmaring_ring_memory ring;
static struct dmaring_ring_header header;
static u64 sequence;

/* ------------------------------------------------- what others do for the queue */

struct dmaring_ring_memory *dmaring_ring_get(struct dmaring_ring_memory **known, u32 slots)
{
	static struct dmaring_frame frames[BUFFERS];
	static struct dmaring_ring_release releases[BUFFERS];

	(void)known;
	REQUIRE_EQ(slots, BUFFERS);
	ring.header = &header;
	ring.frames = frames;
	ring.releases = releases;
	ring.mask = slots - 1;
	return &ring;
}

void dmaring_ring_put(struct dmaring_ring_memory *memory)
{
	(void)memory;
}

void dmaring_exchange_end(struct dmaring_consumer *leaver)
{
	(void)leaver;
}

static void make_stream(void)
{
	static struct dmaring_buf bufs[BUFFERS];
	static u16 line[BUFFERS];

	stream.pool.bufs = bufs;
	stream.pool.count = BUFFERS;
	stream.line = line;
	stream.in_line = &stream.counters.states[DMARING_BUFFER_IDLE];
	stream.line_mask = BUFFERS - 1;
	for (u16 i = 0; i < BUFFERS; i++) {
		line[i] = i;
		bufs[i].state = DMARING_BUFFER_IDLE;
	}
	stream.counters.states[DMARING_BUFFER_IDLE] = BUFFERS;
	stream.consumers[0] = &consumer;
	consumer.stream = &stream;
}

static void attach(u32 policy, u32 depth, u32 max_held)
{
	struct dmaring_queue_parts parts;

	consumer.policy = policy;
	consumer.depth = depth;
	consumer.most = depth + max_held;
	consumer.watermark = 1;
	consumer.holder = 1;
	consumer.running = true;
	REQUIRE_EQ(dmaring_queue_alloc(&consumer, &parts), 0);
	dmaring_queue_install(&consumer, &parts);
}

/* As dmaring_complete() does.  Returns whether the consumer got it; @ripe as there. */
static bool publish_flagged(u32 flags, bool *ripe)
{
	struct dmaring_buf *buf = dmaring_line_first(&stream);
	struct dmaring_frame frame = { .buffer = buf - stream.pool.bufs, .flags = flags };

	dmaring_set_state(&stream, buf, DMARING_BUFFER_ARMED);
	frame.sequence = ++sequence;
	frame.timestamp_ns = kernel_now_ns;
	frame.cookie = dmaring_cookie(++stream.publications, frame.buffer);
	buf->cookie = frame.cookie;
	*ripe = dmaring_queue_publish(&consumer, buf, &frame);
	dmaring_set_state(&stream, buf, buf->holders ? DMARING_BUFFER_HELD : DMARING_BUFFER_IDLE);
	return buf->holders & consumer.holder;
}

static bool publish(void)
{
	bool ripe;

	return publish_flagged(0, &ripe);
}

/* -------------------------------------------------------------------- the user */

static u32 waiting(void)
{
	return header.frames_head - header.frames_tail;
}

static struct dmaring_frame take(void)
{
	struct dmaring_frame frame = ring.frames[header.frames_tail & ring.mask];

	REQUIRE(waiting() > 0);
	header.frames_tail++;
	return frame;
}

static void take_once(void)
{
	user_comes_first = NULL;
	take();
}

static void put(u64 cookie)
{
	struct dmaring_ring_release *release = &ring.releases[header.releases_head & ring.mask];

	release->cookie = cookie;
	release->turn = ++header.releases_head;
}

static int give(u64 cookie)
{
	u32 count = 1;

	return dmaring_queue_release(&consumer, &cookie, &count);
}

static u32 idle(void)
{
	return dmaring_in_line(&stream);
}

/* --------------------------------------------------------------------- publish */

static unsigned int heads_seen;

static void look_at_the_slot(const void *at)
{
	u32 head;

	if (at != &header.frames_head && at != &consumer.head)
		return;
	memcpy(&head, at, sizeof(head));
	CHECK_EQ(ring.frames[(head - 1) & ring.mask].sequence, sequence);
	CHECK_EQ(ring.frames[(head - 1) & ring.mask].flags, DMARING_FRAME_DISCONTINUITY);
	heads_seen++;
}

TEST(who_sees_the_head_sees_the_slot)
{
	bool ripe;

	attach(DMARING_POLICY_LOSSLESS, 0, 0);
	user_looks = look_at_the_slot;
	for (u32 i = 1; i <= 3 * BUFFERS; i++) {
		/* The flag is written after the rest. */
		consumer.discontinuity = true;
		CHECK(publish_flagged(0, &ripe));
		CHECK_EQ(heads_seen, 2 * i);
		CHECK_EQ(give(take().cookie), 0);
	}
}

TEST(a_watermark_is_reached_by_the_last_of_its_frames)
{
	bool ripe;

	attach(DMARING_POLICY_LOSSLESS, 0, 0);
	consumer.watermark = 3;
	for (u32 i = 1; i <= 5; i++) {
		CHECK(publish_flagged(0, &ripe));
		CHECK_EQ(ripe, i >= 3);
	}
	CHECK_EQ(timers_started, 0);
}

TEST(a_watermark_with_a_time_starts_one_timer)
{
	bool ripe;

	attach(DMARING_POLICY_LOSSLESS, 0, 0);
	consumer.watermark = 3;
	consumer.watermark_ns = 1000;
	kernel_now_ns = 5000;
	publish_flagged(0, &ripe);
	publish_flagged(0, &ripe);
	CHECK_EQ(timers_started, 1);
	CHECK_EQ(dmaring_queue_ripe_in(&consumer), 1000);
	take();
	kernel_now_ns = 5600;
	CHECK_EQ(dmaring_queue_ripe_in(&consumer), 400);
	take();
	CHECK_EQ(dmaring_queue_ripe_in(&consumer), -1);
}

/* ------------------------------------------------------------------------ drop */

TEST(the_oldest_is_dropped_and_the_newest_waits)
{
	attach(DMARING_POLICY_LATEST, 2, 1);
	for (int i = 0; i < 5; i++)
		CHECK(publish());
	CHECK_EQ(waiting(), 2);
	CHECK_EQ(consumer.tally.dropped, 3);
	CHECK_EQ(idle(), BUFFERS - 2);
	CHECK_EQ(take().sequence, 4);
	CHECK_EQ(take().sequence, 5);
}

/* Both ways to drop; where the oldest is marked only the second one is tried. */
static void is_taken_while_it_is_dropped(u32 flags)
{
	bool ripe;

	attach(DMARING_POLICY_LATEST, 1, 2);
	CHECK(publish_flagged(flags, &ripe));
	user_comes_first = take_once;
	CHECK(publish());
	CHECK(!user_comes_first);
	CHECK_EQ(consumer.tally.dropped, 0);
	REQUIRE_EQ(waiting(), 1);
	CHECK_EQ(ring.frames[header.frames_tail & ring.mask].flags, 0);
	CHECK_EQ(take().sequence, 2);
}

TEST(who_takes_the_oldest_while_it_is_dropped_gets_the_newest_too)
{
	is_taken_while_it_is_dropped(0);
}

TEST(and_if_the_oldest_is_marked)
{
	is_taken_while_it_is_dropped(DMARING_FRAME_DISCONTINUITY);
}

TEST(what_a_dropped_frame_says_the_next_one_says)
{
	bool ripe;

	attach(DMARING_POLICY_LATEST, 2, 1);
	publish_flagged(DMARING_FRAME_DISCONTINUITY, &ripe);
	publish();
	publish();
	CHECK_EQ(take().flags, DMARING_FRAME_DISCONTINUITY);
	CHECK_EQ(take().flags, 0);
}

TEST(and_if_the_next_one_is_yet_to_come)
{
	bool ripe;

	attach(DMARING_POLICY_LATEST, 1, 1);
	publish_flagged(DMARING_FRAME_DISCONTINUITY, &ripe);
	publish();
	CHECK_EQ(take().flags, DMARING_FRAME_DISCONTINUITY);
	publish();
	CHECK_EQ(take().flags, 0);
}

/* And nothing of the kernel's own, either. */
TEST(a_viewer_that_has_all_it_may_have_gets_no_more)
{
	struct dmaring_frame held[3];

	attach(DMARING_POLICY_LATEST, 1, 2);
	for (int i = 0; i < 3; i++) {
		CHECK(publish());
		held[i] = take();
	}
	CHECK(!publish());
	CHECK_EQ(consumer.tally.dropped, 1);
	CHECK_EQ(idle(), BUFFERS - 3);
	CHECK_EQ(give(held[1].cookie), 0);
	CHECK(publish());
}

TEST(what_stop_drops_is_idle)
{
	attach(DMARING_POLICY_LOSSLESS, 0, 0);
	for (int i = 0; i < BUFFERS; i++)
		publish();
	take();
	while (dmaring_queue_drop_some(&consumer, false))
		;
	CHECK_EQ(waiting(), 0);
	CHECK_EQ(consumer.tally.delivered, 1);
	CHECK_EQ(consumer.tally.dropped, BUFFERS - 1);
	CHECK_EQ(idle(), BUFFERS - 1);
}

/* --------------------------------------------------------------------- release */

TEST(a_frame_is_released_once_and_after_it_was_taken)
{
	struct dmaring_frame frame;
	u64 cookie;

	attach(DMARING_POLICY_LOSSLESS, 0, 0);
	publish();
	cookie = ring.frames[0].cookie;
	CHECK_EQ(give(cookie), -ESTALE);
	frame = take();
	CHECK_EQ(give(frame.cookie), 0);
	CHECK_EQ(give(frame.cookie), -ESTALE);
	CHECK_EQ(give(0), -EINVAL);
	CHECK_EQ(give(frame.cookie | 0xffff), -EINVAL);
	CHECK_EQ(stream.counters.bad_releases, 4);
	CHECK_EQ(idle(), BUFFERS);
	CHECK_EQ(consumer.refs, 0);
}

TEST(the_next_frame_of_a_buffer_is_another_one)
{
	struct dmaring_frame first, second;

	attach(DMARING_POLICY_LOSSLESS, 0, 0);
	publish();
	first = take();
	give(first.cookie);
	for (int i = 0; i < BUFFERS; i++) {
		publish();
		second = take();
		if (second.buffer != first.buffer)
			give(second.cookie);
		else
			CHECK_EQ(give(first.cookie), -ESTALE);
	}
	CHECK_EQ(idle(), BUFFERS - 1);
}

/* All or nothing: also of one cookie that stands there twice. */
TEST(a_bad_batch_releases_nothing)
{
	u64 cookies[4];
	u32 count = 4;

	attach(DMARING_POLICY_LOSSLESS, 0, 0);
	for (int i = 0; i < 3; i++) {
		publish();
		cookies[i] = take().cookie;
	}
	cookies[3] = cookies[1];
	CHECK_EQ(dmaring_queue_release(&consumer, cookies, &count), -ESTALE);
	CHECK_EQ(count, 3);
	CHECK_EQ(idle(), BUFFERS - 3);
	CHECK_EQ(consumer.refs, 3);
	CHECK_EQ(dmaring_queue_release(&consumer, cookies, &count), 0);
	CHECK_EQ(idle(), BUFFERS);
	CHECK_EQ(consumer.refs, 0);
}

/* ---------------------------------------------------------------- through the ring */

TEST(so_many_releases_are_reaped_as_are_asked_for)
{
	attach(DMARING_POLICY_LOSSLESS, 0, 0);
	for (int i = 0; i < 5; i++) {
		publish();
		put(take().cookie);
	}
	CHECK_EQ(dmaring_queue_reap(&consumer, 2, 1), 2);
	CHECK_EQ(header.releases_tail, 2);
	CHECK_EQ(dmaring_queue_reap(&consumer, DMARING_REAP_MAX, DMARING_BAD_COST), 3);
	CHECK_EQ(header.releases_tail, 5);
	CHECK_EQ(idle(), BUFFERS);
	CHECK_EQ(stream.counters.bad_releases, 0);
}

TEST(who_writes_nonsense_is_given_up_soon)
{
	attach(DMARING_POLICY_LOSSLESS, 0, 0);
	for (int i = 0; i < 4; i++)
		put(NEVER_GIVEN);
	CHECK_EQ(dmaring_queue_reap(&consumer, DMARING_REAP_MAX, DMARING_BAD_COST), 1);
	CHECK_EQ(dmaring_queue_reap(&consumer, DMARING_BATCH, 1), 3);
	CHECK_EQ(stream.counters.bad_releases, 4);
	CHECK_EQ(idle(), BUFFERS);
}

TEST(a_tail_that_makes_no_sense_is_as_if_it_had_not_moved)
{
	attach(DMARING_POLICY_LOSSLESS, 0, 0);
	publish();
	publish();
	header.frames_tail = 3;
	CHECK(!dmaring_queue_sync(&consumer));
	CHECK_EQ(consumer.tail, 0);
	header.frames_tail = (u32)-1;
	CHECK(!dmaring_queue_sync(&consumer));
	CHECK_EQ(consumer.tally.delivered, 0);
	header.frames_tail = 2;
	CHECK(dmaring_queue_sync(&consumer));
	CHECK_EQ(consumer.tally.delivered, 2);
}

int main(void)
{
	return tap_run(make_stream, NULL);
}
