// SPDX-License-Identifier: MIT
/* The simulated grabber with two streams: what they have in common, and what not. */
#include "board.h"
#include "now.h"

#include <string.h>
#include <sys/eventfd.h>

#include "tap.h"

#define STREAMS		2
#define BUFFERS		64
#define FRAME_BYTES	64
#define START_NS	(1000 * NS_PER_MS)
#define PERIOD_NS	100000
#define AWAY_MS		50

static struct board board;
static uint8_t memory[STREAMS * BUFFERS * FRAME_BYTES];

static struct fgsim_bar *regs(int stream)
{
	return board.streams[stream].bar.regs;
}

static void power_on(void)
{
	memset(&board, 0, sizeof(board));
	board_create(&board, STREAMS, 20 * PERIOD_NS);
	for (int i = 0; i < board.link.vector_count; i++)
		board.link.vectors[i] = eventfd(0, EFD_NONBLOCK);
	board.ram = (struct ram) { .memory = memory, .bytes = sizeof(memory) };
	board_power_on(&board);
}

static void start(int stream)
{
	struct fgsim_driver_page *page = &regs(stream)->driver;

	set32(&page->frame_bytes, FRAME_BYTES);
	set32(&page->line_bytes, FRAME_BYTES);
	set64(&page->period_ns, PERIOD_NS * (stream + 1));
	set32(&page->pattern, FGSIM_PATTERN_STAMP);
	set32(&page->post_head, 0);
	set32(&page->control, get32(&page->control) + 2 + FGSIM_CONTROL_RUN);
	board_work(&board, START_NS);
	REQUIRE_EQ(get32(&regs(stream)->card.state), FGSIM_RUNNING);
}

static void post_all(int stream)
{
	struct fgsim_bar *bar = regs(stream);

	for (uint32_t i = 0; i < BUFFERS; i++) {
		set64(&bar->post[i].cookie, i);
		set64(&bar->post[i].addr, (stream * BUFFERS + i) * FRAME_BYTES);
		set32(&bar->post[i].bytes, FRAME_BYTES);
		set32(&bar->post[i].flags, 0);
	}
	set32(&bar->driver.post_head, BUFFERS);
}

static void start_both(void)
{
	for (int i = 0; i < STREAMS; i++) {
		start(i);
		post_all(i);
	}
}

static void work_until(uint64_t end)
{
	for (uint64_t now = START_NS; now <= end; now += PERIOD_NS)
		for (int i = 0; i < 4; i++)
			board_work(&board, now);
}

static uint32_t completed(int stream)
{
	return get32(&regs(stream)->card.cq_head);
}

static int raised(int vector)
{
	uint64_t times;

	return read(board.link.vectors[vector], &times, sizeof(times)) == sizeof(times);
}

static void want(int stream, enum fgsim_fault fault)
{
	set32(&regs(stream)->fault.wanted[fault], 1);
}

TEST(both_say_how_many_there_are)
{
	for (int i = 0; i < STREAMS; i++) {
		CHECK_EQ(get32(&regs(i)->card.magic), FGSIM_MAGIC);
		CHECK_EQ(get32(&regs(i)->card.streams), STREAMS);
	}
	CHECK_EQ((char *)regs(1) - (char *)regs(0), FGSIM_BAR_BYTES);
}

TEST(each_has_its_own_rate_and_buffers)
{
	start_both();
	work_until(START_NS + 20 * PERIOD_NS);
	CHECK_EQ(completed(0), 20);
	CHECK_EQ(completed(1), 10);
	for (uint32_t i = 0; i < 10; i++) {
		uint64_t stamp;

		memcpy(&stamp, memory + (BUFFERS + i) * FRAME_BYTES, sizeof(stamp));
		CHECK_EQ(le64toh(stamp), i);
	}
}

TEST(their_clock_is_the_same)
{
	start_both();
	work_until(START_NS + 20 * PERIOD_NS);
	CHECK_EQ(le64toh(regs(0)->cq[1].timestamp_ns), le64toh(regs(1)->cq[0].timestamp_ns));
}

TEST(each_raises_its_own_interrupts)
{
	start_both();
	set32(&regs(1)->driver.cq_arm, 1);
	work_until(START_NS + 4 * PERIOD_NS);
	CHECK(raised(FGSIM_VECTORS + FGSIM_VECTOR_FRAMES));
	CHECK(!raised(FGSIM_VECTOR_FRAMES));
	want(0, FGSIM_FAULT_HALT);
	work_until(START_NS + 8 * PERIOD_NS);
	CHECK(raised(FGSIM_VECTOR_EVENT));
	CHECK(!raised(FGSIM_VECTORS + FGSIM_VECTOR_EVENT));
}

TEST(one_that_halts_leaves_the_other_alone)
{
	start_both();
	want(0, FGSIM_FAULT_HALT);
	work_until(START_NS + 20 * PERIOD_NS);
	CHECK_EQ(get32(&regs(0)->card.state), FGSIM_HALTED);
	CHECK_EQ(completed(0), 0);
	CHECK_EQ(get32(&regs(1)->card.state), FGSIM_RUNNING);
	CHECK_EQ(completed(1), 10);
}

TEST(one_that_stops_leaves_the_other_alone)
{
	start_both();
	work_until(START_NS + 4 * PERIOD_NS);
	set32(&regs(1)->driver.control, get32(&regs(1)->driver.control) + 1);
	work_until(START_NS + 20 * PERIOD_NS);
	CHECK_EQ(get32(&regs(1)->card.state), FGSIM_IDLE);
	CHECK_EQ(completed(1), 2);
	CHECK_EQ(completed(0), 20);
}

TEST(a_card_that_goes_away_takes_both)
{
	uint64_t back_ns = START_NS + AWAY_MS * NS_PER_MS;

	start_both();
	set32(&regs(1)->fault.away_ms, AWAY_MS);
	want(1, FGSIM_FAULT_AWAY);
	CHECK_EQ(board_work(&board, START_NS), back_ns);
	for (int i = 0; i < STREAMS; i++)
		CHECK_EQ(get32(&regs(i)->card.magic), UINT32_MAX);
	CHECK_EQ(board_work(&board, back_ns - 1), back_ns);
	board_work(&board, back_ns);
	for (int i = 0; i < STREAMS; i++) {
		CHECK_EQ(get32(&regs(i)->card.magic), FGSIM_MAGIC);
		CHECK_EQ(get32(&regs(i)->card.state), FGSIM_IDLE);
	}
}

TEST(a_reset_of_the_bus_takes_both)
{
	start_both();
	board_bus_reset(&board);
	for (int i = 0; i < STREAMS; i++) {
		CHECK_EQ(get32(&regs(i)->card.resets), 1);
		CHECK_EQ(get32(&regs(i)->card.state), FGSIM_IDLE);
		CHECK_EQ(get32(&regs(i)->driver.frame_bytes), 0);
	}
}

int main(void)
{
	return tap_run(power_on, NULL);
}
