// SPDX-License-Identifier: MIT
/*
 * The library takes and releases frames in steps: each access to memory that it shares
 * with others is one.  Whatever they do between two steps, no frame is lost, none is
 * taken twice, and none is left behind.  Not luck but the test decides what comes
 * between which: each test goes through all steps.
 *
 * On one processor: what the source does while a step waits, it does to the end.
 */
#define _GNU_SOURCE

static void at_step(void);

#define __atomic_load_n(from, order)						\
	(at_step(), __atomic_load_n(from, order))
#define __atomic_store_n(to, value, order)					\
	(at_step(), __atomic_store_n(to, value, order))
#define __atomic_exchange_n(to, value, order)					\
	(at_step(), __atomic_exchange_n(to, value, order))
#define __atomic_compare_exchange_n(to, from, value, may_fail, order, failed)	\
	(at_step(), __atomic_compare_exchange_n(to, from, value, may_fail, order, failed))
#define __atomic_fetch_add(to, value, order)					\
	(at_step(), __atomic_fetch_add(to, value, order))

#include "../../../userlib/src/error.c"
#include "../../../userlib/src/frame.c"
#include "../../../userlib/src/info.c"
#include "../../../userlib/src/ioctl.c"
#include "../../../userlib/src/map.c"
#include "../../../userlib/src/meta.c"
#include "../../../userlib/src/options.c"
#include "../../../userlib/src/ring.c"
#include "../../../userlib/src/stream.c"

#undef __atomic_load_n
#undef __atomic_store_n
#undef __atomic_exchange_n
#undef __atomic_compare_exchange_n
#undef __atomic_fetch_add

#include "virt.h"

#define BATCH		3
#define STEPS_MAX	100
#define WAIT_MS		1000	/* in which many frames come */

static struct dmaring *library;
static struct stream stream;	/* the same, to look at it without the library */
static uint64_t bad_releases;	/* of others, before */

/* The library is interrupted once, before this step. */
static int steps_left;
static void (*interrupt)(void);

static void at_step(void)
{
	void (*now)(void) = interrupt;

	if (!now || steps_left--)
		return;
	interrupt = NULL;
	now();
}

/* Before a call of the library. */
static void interrupt_before(int step, void (*how)(void))
{
	steps_left = step;
	interrupt = how;
}

/* After it: true if it had fewer steps than that. */
static int that_was_all(void)
{
	int missed = !!interrupt;

	interrupt = NULL;
	return missed;
}

static void open_library(unsigned int rate, const struct dmaring_options *options)
{
	virt_set("rate", rate);
	REQUIRE_EQ(dmaring_open(card_node(), options, &library), 0);
	stream.fd = dmaring_fd(library);
	stream.info = stream_info(stream.fd);
	capture_map(&stream);
	bad_releases = stream_stats(stream.fd).bad_releases;
	REQUIRE_EQ(dmaring_start(library), 0);
}

/* ---------------------------------------------------- the card runs out of buffers */

static int is_dry(void)
{
	return !stream_stats(stream.fd).armed &&
	       __atomic_load_n(&library->ring->flags, __ATOMIC_ACQUIRE) & DMARING_RING_NEED_KICK;
}

static void runs_dry(void)
{
	virt_set("stall", 0);
	while (!is_dry())
		sleep_ms(1);
}

/* The card has some buffers, and does nothing; the test has some frames. */
static void get_some(struct dmaring_frame *frames)
{
	struct dmaring_frame others[BATCH];

	virt_set("stall", 1);
	REQUIRE_EQ(dmaring_next_batch(library, others, BATCH, 0), BATCH);
	REQUIRE_EQ(dmaring_next_batch(library, frames, BATCH, 0), BATCH);
	REQUIRE_EQ(dmaring_release_batch(library, others, BATCH), 0);
	REQUIRE_EQ(stream_stats(stream.fd).armed, BATCH);
	REQUIRE_EQ(library->ring->flags, 0);
}

/* Whoever has the last word, the kernel or the library: all of it was looked at. */
static void check_released(int step)
{
	if (!CHECK_EQ(library->ring->releases_tail, library->ring->releases_head))
		printf("# the card ran out of buffers before step %d\n", step);
	CHECK_EQ(stream_stats(stream.fd).consumer_held, 0);
	CHECK_EQ(stream_stats(stream.fd).bad_releases, bad_releases);
}

static int release_one_by_one(const struct dmaring_frame *frames)
{
	int err = 0;

	for (int i = 0; i < BATCH; i++)
		err |= dmaring_release(library, &frames[i]);
	return err;
}

static int release_all(const struct dmaring_frame *frames)
{
	return dmaring_release_batch(library, frames, BATCH);
}

static void runs_dry_during(int (*release)(const struct dmaring_frame *))
{
	struct dmaring_frame frames[BATCH];
	int step = 0;

	open_library(0, NULL);
	runs_dry();
	for (; step < STEPS_MAX; step++) {
		get_some(frames);
		interrupt_before(step, runs_dry);
		CHECK_EQ(release(frames), 0);
		if (that_was_all())
			break;
		check_released(step);
		runs_dry();
	}
	CHECK(step >= 3 * BATCH);	/* of each the cookie, its turn, and that it is not held */
	CHECK(step < STEPS_MAX);
}

TEST(the_card_runs_dry_during_a_release) { runs_dry_during(release_one_by_one); }
TEST(the_card_runs_dry_during_the_release_of_a_batch) { runs_dry_during(release_all); }

/* -------------------------------------------------------- the frame is not there any more */

/* More than there are slots: whatever was seen in one is not there any more. */
static void are_dropped(void)
{
	let_produce(stream.fd, 2 * (library->frame_mask + 1));
}

static struct dmaring_frame another;

static void is_taken(void)
{
	REQUIRE_EQ(stream_take(stream.fd, &another, 1, FOREVER), 1);
	CHECK_EQ(stream_give(stream.fd, &another), 0);
}

static int take_one(struct dmaring_frame *frames)
{
	return dmaring_next(library, frames, WAIT_MS) ?: 1;
}

static int take_all(struct dmaring_frame *frames)
{
	return dmaring_next_batch(library, frames, BATCH, WAIT_MS);
}

/* What was taken is what the kernel thinks was taken, and newer than all before. */
static void check_taken(const struct dmaring_frame *frames, int count, int step)
{
	static uint64_t next;

	for (int i = 0; i < count; i++) {
		capture_verify(&stream, &frames[i]);
		if (!CHECK(frames[i].sequence >= next))
			printf("# the frame was gone before step %d\n", step);
		CHECK(!another.cookie || frames[i].sequence != another.sequence);
		next = frames[i].sequence + 1;
	}
	CHECK_EQ(stream_stats(stream.fd).consumer_held, count);
	CHECK_EQ(dmaring_release_batch(library, frames, count), 0);
	CHECK_EQ(call(stream.fd, DMARING_IOC_KICK, NULL), 0);
	CHECK_EQ(stream_stats(stream.fd).consumer_held, 0);
	CHECK_EQ(stream_stats(stream.fd).bad_releases, bad_releases);
}

static void is_gone_during(int (*take)(struct dmaring_frame *), void (*how)(void))
{
	const struct dmaring_options viewer = {
		.size = sizeof(viewer),
		.policy = DMARING_POLICY_LATEST,
		.depth = BATCH,
		.max_held = BATCH,
	};
	struct dmaring_frame frames[BATCH];
	int step = 0, taken;

	open_library(1000, &viewer);
	for (; step < STEPS_MAX; step++) {
		let_wait(stream.fd, BATCH);
		interrupt_before(step, how);
		taken = take(frames);
		if (!CHECK(taken > 0))
			break;
		if (that_was_all())
			break;
		check_taken(frames, taken, step);
	}
	CHECK(step >= 3);	/* head, tail, and the tail again */
	CHECK(step < STEPS_MAX);
}

TEST(a_frame_is_dropped_while_it_is_taken) { is_gone_during(take_one, are_dropped); }
TEST(frames_are_dropped_while_a_batch_is_taken) { is_gone_during(take_all, are_dropped); }
TEST(a_frame_is_taken_by_another_one_meanwhile) { is_gone_during(take_one, is_taken); }
TEST(a_frame_of_a_batch_is_taken_by_another_one) { is_gone_during(take_all, is_taken); }

int main(int argc, char **argv)
{
	return virt_run(argc, argv);
}
