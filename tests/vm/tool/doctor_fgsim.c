// SPDX-License-Identifier: MIT
/*
 * What "dmaring doctor" says of a card whose interrupts are lost, which completes what it does
 * not have, which falls silent.  The faults are made again and again while it looks.
 */
#define _GNU_SOURCE
#include <glob.h>
#include <sched.h>
#include <sys/stat.h>

#include "doctor.h"
#include "fgsim.h"
#include "pulse.h"

#define TRIES	3

/* Never sleeps: the kernel takes the processor away from it once a second. */
static void spin(void)
{
	struct sched_param first = { .sched_priority = 50 };
	struct dmaring_frame frame;
	struct stream stream;

	attach(&stream, 1);
	REQUIRE_EQ(sched_setscheduler(0, SCHED_FIFO, &first), 0);
	for (;;)
		if (stream_take(stream.fd, &frame, 1, 0) == 1)
			REQUIRE_EQ(stream_give(stream.fd, &frame), 0);
}

static int doctor_looks(void)
{
	glob_t found = { 0 };
	int looks = !glob("/sys/kernel/tracing/instances/dmaring-doctor*", 0, NULL, &found);

	globfree(&found);
	return looks;
}

/* One after the other, since the card may be slower than we are: what is wanted and not
 * made yet would be made of the next test's frames.  Not of all buffers: the card does not
 * get back those that it completed as others.
 */
static pid_t make_again(enum fgsim_fault fault, unsigned int ms, int most)
{
	pid_t pid = fork();

	REQUIRE(pid >= 0);
	if (pid)
		return pid;
	while (!doctor_looks())
		sleep_ms(10);
	for (; most; sleep_ms(ms)) {
		if (!fault_made(fault))
			continue;
		fault_want(fault, 1);
		most--;
	}
	for (;;)
		pause();
}

/* The card is a process: where the host is busy it loses frames by itself, or late ones.
 * What was said of a guest that stood still says nothing.
 */
static void finds_at_least(const char *made, enum fgsim_fault fault, unsigned int ms, int most)
{
	int tries = TRIES, status, still;
	struct pulse pulse;
	char words[64];
	pid_t pid;

	await_frames(10);
	snprintf(words, sizeof(words), "{\"cause\": \"%s\"", made);
	do {
		pid = make_again(fault, ms, most);
		pulse_begin(&pulse);
		/* Its interrupts are found however it is called. */
		status = ask("--json --time 2 0", 0);
		still = pulse_stood_still(&pulse);
		kill(pid, SIGKILL);
		REQUIRE_EQ(waitpid(pid, NULL, 0), pid);
	} while (still && !strstr(said, words) && --tries);
	CHECK_EQ(status, 1);
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
	finds_at_least("interrupts", FGSIM_FAULT_LOST_IRQ, 400, 100);
	has("the driver noticed that ");
	has("/smp_affinity_list");
	CHECK(!strstr(said, "/irq/N/"));
}

TEST(completions_of_buffers_that_it_does_not_have)
{
	begin(live_well);
	finds_at_least("bad-completions", FGSIM_FAULT_COOKIE, 200, 4);
}

/* One after the other, until it has none left. */
static void misuse_all_buffers(void)
{
	int fd = stream_open(O_RDONLY);

	while (stream_stats(fd).quarantined < stream_info(fd).buffers) {
		if (fault_made(FGSIM_FAULT_LENGTH))
			fault_want(FGSIM_FAULT_LENGTH, 1);
		sleep_ms(1);
	}
	close(fd);
}

TEST(buffers_that_are_kept_from_everybody)
{
	begin(live_well);
	await_frames(10);
	misuse_all_buffers();
	finds("quarantine");
	has("16 of 16 buffers were kept from everybody when the card had none: 16 because the card");
	/* As anybody, without exact times */
	REQUIRE_EQ(chmod(card_node(), 0666), 0);
	finds_as("quarantine", NULL, 65534);
	REQUIRE_EQ(chmod(card_node(), 0600), 0);
}

TEST(a_card_that_falls_silent)
{
	begin(live_well);
	reg_set(&fgsim_regs()->fault.stall_ms, 1200);
	finds_at_least("stall", FGSIM_FAULT_STALL, 1600, 100);
	reg_set(&fgsim_regs()->fault.stall_ms, 0);
}

TEST(a_consumer_that_is_throttled)
{
	fgsim_set_rate(1000);
	begin(spin);
	await_frames(100);
	CHECK_EQ(ask("--json --time 3 0", 0), 1);
	has("{\"cause\": \"processor\"");
	has("real-time threads are throttled after 950000 us of a period");
	has("let it sleep until frames come");
	printf("# %s\n", said);
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
