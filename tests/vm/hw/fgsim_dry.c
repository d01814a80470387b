// SPDX-License-Identifier: MIT
/*
 * The simulated grabber does not run out of buffers while some that were given back
 * lie idle, whatever it saves of interrupts.  Frames come when the test asks for them:
 * so a busy host cannot make the card faster than its driver.
 */
#include <sched.h>
#include "fgsim.h"
#include "ring.h"

#define ROUNDS		400
#define FEW		2	/* a card with so few buffers gets another one at once */
#define STEP		3	/* frames at a time; as many buffers are left for them */
#define STEPS		13

static struct fgsim_bar *regs;
static struct stream stream;
static struct ring ring;
static struct dmaring_frame held[MAPS_MAX];
static uint32_t held_count;

/* ------------------------------------------------ what the card itself knows */

/* Buffers that it can fill. */
static uint32_t posted(void)
{
	return reg_get(&regs->driver.post_head) - reg_get(&regs->card.cq_head);
}

/* Frames that it has completed and its driver has not looked at. */
static uint32_t unreported(void)
{
	return reg_get(&regs->card.cq_head) - reg_get(&regs->driver.cq_tail);
}

/* Frames since START, and how many of them found no buffer. */
static uint32_t made(void)
{
	return reg_get(&regs->card.sequence_next) - (uint32_t)le64toh(regs->driver.sequence);
}

static uint32_t lost(void)
{
	return made() - reg_get(&regs->card.cq_head);
}

/* ---------------------------------------------------------------- one round */

static void make_frames(uint32_t count)
{
	uint32_t end = made() + count;
	char text[16];

	if (!count)
		return;
	snprintf(text, sizeof(text), "%u", count);
	REQUIRE_EQ(card_write("device/trigger", text), 0);
	while (made() != end)
		sched_yield();
}

/* The driver has been told of frames as it has asked for, and has looked. */
static void await_driver(void)
{
	uint32_t most;

	do {
		most = reg_get(&regs->driver.irq_count);
	} while (unreported() >= (most ? most : 1));
}

static void hold_what_waits(void)
{
	while (ring_next(&ring, &held[held_count]))
		held_count++;
}

/* Until all but @left buffers are held, and the driver knows it. */
static void leave_posted(uint32_t left)
{
	while (posted() > left) {
		make_frames(posted() - left);
		while (unreported())
			sched_yield();
		hold_what_waits();
	}
}

static void give_back(int by_ring)
{
	while (held_count) {
		held_count--;
		CHECK_EQ(by_ring ? ring_give(&ring, &held[held_count]) :
				   stream_give(stream.fd, &held[held_count]), 0);
	}
}

static void start_triggered(void)
{
	fgsim_prepare();
	REQUIRE_EQ(card_write("device/triggered", "1"), 0);
	stream = capture_start();
	ring = ring_open(stream.fd);
	regs = fgsim_regs();
	REQUIRE(stream.info.buffers >= 2 * STEP * STEPS);
	/* So fast that it is worth to save interrupts. */
	for (int i = 0; i < 20; i++) {
		leave_posted(1);
		give_back(1);
	}
}

static void a_card_with_few_gets_more(int by_ring)
{
	start_triggered();
	for (uint32_t left = 1; left <= FEW; left++) {
		leave_posted(left);
		give_back(by_ring);
		CHECK(posted() > FEW);
	}
}

TEST(few_buffers_and_releases_in_the_ring) { a_card_with_few_gets_more(1); }
TEST(few_buffers_and_RELEASE) { a_card_with_few_gets_more(0); }

/*
 * @before buffers are posted as the driver knows, @left really, when the others are
 * given back; then frames come in small steps.  How many were lost?
 */
static uint32_t run_dry(uint32_t before, uint32_t left, int by_ring)
{
	uint32_t lost_before;

	leave_posted(before);
	make_frames(before - left);
	await_driver();
	hold_what_waits();
	lost_before = lost();
	give_back(by_ring);
	for (int i = 0; i < STEPS; i++) {
		make_frames(STEP);
		await_driver();
	}
	return lost() - lost_before;
}

static void nothing_is_lost(int by_ring)
{
	int bad = 0;

	start_triggered();
	srand(1);
	for (int i = 0; i < ROUNDS; i++) {
		uint32_t left = 1 + rand() % 20;

		bad += !!run_dry(left + rand() % 25, left, by_ring);
	}
	printf("# frames were lost in %d of %d rounds\n", bad, ROUNDS);
	CHECK_EQ(bad, 0);
}

TEST(given_back_in_time_through_the_ring) { nothing_is_lost(1); }
TEST(given_back_in_time_with_RELEASE) { nothing_is_lost(0); }

int main(void)
{
	return tap_run(NULL, fgsim_is_healthy);
}
