// SPDX-License-Identifier: MIT
/*
 * What "dmaring doctor" says of a card whose interrupts are lost, which completes what it does
 * not have, which falls silent.  The faults are made again and again while it looks.
 */
#include "doctor.h"
#include "fgsim.h"

static void make_again(enum fgsim_fault fault, unsigned int ms)
{
	pid_t pid = fork();

	REQUIRE(pid >= 0);
	while (!pid) {
		fault_want(fault, 1);
		sleep_ms(ms);
	}
}

/* The card is a process: where the host is busy it loses frames by itself, or late ones. */
static void finds_at_least(const char *made)
{
	char words[64];

	await_frames(10);
	CHECK_EQ(ask("--json --time 2", 0), 1);
	snprintf(words, sizeof(words), "{\"cause\": \"%s\"", made);
	has(words);
	has("\"unexplained\": 0,");
	printf("# made %s:", made);
	for (const char *at = said; (at = strstr(at, "\"cause\": \"")); at += 10)
		printf(" %.*s", (int)strcspn(at + 10, "\""), at + 10);
	puts("");
}

TEST(interrupts_that_are_lost)
{
	begin(live_well);
	make_again(FGSIM_FAULT_LOST_IRQ, 400);
	finds_at_least("interrupts");
	has("the driver noticed that ");
	has("/smp_affinity_list");
}

TEST(completions_of_buffers_that_it_does_not_have)
{
	begin(live_well);
	make_again(FGSIM_FAULT_COOKIE, 100);
	finds_at_least("bad-completions");
}

TEST(a_card_that_falls_silent)
{
	begin(live_well);
	reg_set(&fgsim_regs()->fault.stall_ms, 1200);
	make_again(FGSIM_FAULT_STALL, 1600);
	finds_at_least("stall");
	reg_set(&fgsim_regs()->fault.stall_ms, 0);
}

/* A stall was asked for, and bad completions were. */
static void is_left(void)
{
	struct stream stream = capture_start();

	CHECK_EQ(stream_info(stream.fd).consumers, 1);
	capture_frames(&stream, 3);
}

static void prepare(void)
{
	fgsim_prepare();
	fgsim_set_rate(100);
}

int main(void)
{
	return tap_run(prepare, is_left);
}
