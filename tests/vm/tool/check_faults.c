// SPDX-License-Identifier: MIT
/*
 * Each fault of the simulated grabber is found by the check that is meant for it.  The
 * faults are made in the middle of it, when frames have come.
 */
#include "fgsim.h"
#include "pulse.h"

#define BEFORE		20	/* frames that are as they should be */
#define TRIES		5

struct finding {
	enum fgsim_fault fault;
	uint32_t count;
	uint32_t stall_ms;
	const char *group;
	const char *what;
};

static pid_t child;

/* Runs it; what it prints comes out of the pipe. */
static FILE *begin_check(const char *group)
{
	int ends[2];

	REQUIRE_EQ(pipe(ends), 0);
	child = fork();
	if (!child) {
		dup2(ends[1], STDOUT_FILENO);
		close(ends[0]);
		close(ends[1]);
		execl("/bin/dmaring", "dmaring", "check", "--tap", "--strict", "--time", "3",
		      "--timeout", "5", "--only", group, NULL);
		_exit(127);
	}
	close(ends[1]);
	return fdopen(ends[0], "r");
}

/* Not while it measures: that ends with a stop. */
static void make_fault(const struct finding *finding, uint64_t starts)
{
	int fd = stream_open(O_RDONLY);
	struct dmaring_stats stats;
	uint64_t at;

	while (stream_stats(fd).starts < starts)
		usleep(1000);
	at = stream_stats(fd).completed;
	do {
		stats = stream_stats(fd);
		usleep(1000);
	} while (stats.completed - at < BEFORE);
	close(fd);
	reg_set(&fgsim_regs()->fault.stall_ms, finding->stall_ms);
	reg_set(&fgsim_regs()->fault.away_ms, finding->stall_ms);
	fault_want(finding->fault, finding->count);
}

/* Reads to the end: is there the line? */
static int found(FILE *output, const struct finding *finding)
{
	char line[1024], wanted[256];
	int yes = 0, failed = 0;

	snprintf(wanted, sizeof(wanted), "- %s: %s", finding->group, finding->what);
	while (fgets(line, sizeof(line), output)) {
		if (strncmp(line, "ok ", 3))
			printf("# %s", line);
		failed += !strncmp(line, "not ok ", 7);
		yes += !strncmp(line, "not ok ", 7) && strstr(line, wanted);
	}
	return yes && failed;
}

/* A fault that the card has not made yet would be made of the next frames; and one that
 * went away is there again after some time, but its driver has to be bound anew.
 */
static void mend(const struct finding *finding)
{
	__le32 *made = &fgsim_regs()->fault.made[finding->fault];
	int was_made = fault_made(finding->fault);
	char address[CARD_PATH_MAX];

	reg_set(&fgsim_regs()->fault.stall_ms, 0);
	if (finding->fault != FGSIM_FAULT_AWAY || !was_made) {
		reg_set(&fgsim_regs()->fault.wanted[finding->fault], reg_get(made));
		return;
	}
	REQUIRE_EQ(card_address(address), 0);
	REQUIRE_EQ(card_unbind(address), 0);
	while (reg_get(&fgsim_regs()->card.magic) != FGSIM_MAGIC)
		usleep(10000);
	REQUIRE_EQ(card_bind(address), 0);
}

/* Was it found, and if not: was there something to find?  The card has a clock of its own
 * and makes no fault in a guest that stands still, or many of them in one moment.
 */
static int find_once(const struct finding *finding, int *counts)
{
	int fd = stream_open(O_RDONLY), status, yes;
	uint64_t starts = stream_stats(fd).starts;
	struct pulse pulse;
	FILE *output;

	close(fd);
	/* run is one START, the other groups measure first; info of the frames before is kept. */
	starts += !strcmp(finding->group, "run") || !strcmp(finding->group, "trust") ? 1 : 2;
	pulse_begin(&pulse);
	output = begin_check(finding->group);
	make_fault(finding, starts);
	yes = found(output, finding);
	fclose(output);
	REQUIRE_EQ(waitpid(child, &status, 0), child);
	*counts = !pulse_stood_still(&pulse) && fault_made(finding->fault);
	return yes && status == 1 << 8;
}

static void finds(struct finding finding)
{
	int counts = 0, yes = 0;

	for (int tries = 0; tries < TRIES && !counts && !yes; tries++) {
		yes = find_once(&finding, &counts);
		mend(&finding);
	}
	CHECK(yes);
}

#define FINDS(name, ...)	TEST(name) { finds((struct finding) { __VA_ARGS__ }); }

FINDS(a_dropped_completion, FGSIM_FAULT_DROP, 1, 0, "trust", "no frame was damaged")
FINDS(a_dropped_completion_keeps_a_buffer, FGSIM_FAULT_DROP, 1, 0, "trust", "no buffer is kept")
FINDS(a_repeated_completion, FGSIM_FAULT_DUPLICATE, 1, 0, "trust", "only buffers that are armed")
FINDS(an_impossible_length, FGSIM_FAULT_LENGTH, 1, 0, "trust", "no frame was damaged")
FINDS(a_short_length, FGSIM_FAULT_SHORT, 1, 0, "run", "no frame has a flag")
FINDS(a_cookie_never_posted, FGSIM_FAULT_COOKIE, 1, 0, "trust", "only buffers that are armed")
FINDS(a_cookie_of_before, FGSIM_FAULT_STALE, 1, 0, "trust", "only buffers that are armed")
FINDS(a_number_of_before, FGSIM_FAULT_SEQUENCE, 1, 0, "trust", "no frame was damaged")
FINDS(an_impossible_time, FGSIM_FAULT_TIMESTAMP, 1, 0, "time", "all frames have the card")
FINDS(an_impossible_index, FGSIM_FAULT_HEAD, 1, 0, "run", "frames come")
FINDS(a_late_write, FGSIM_FAULT_LATE_WRITE, 5, 0, "stop", "a frame stays as it is")
/* Of one of them nobody need notice: the driver may still be awake from the frame before. */
FINDS(lost_interrupts, FGSIM_FAULT_LOST_IRQ, 10, 0, "interrupts", "each frame comes")
/* Few of them are like those of frames that came meanwhile. */
FINDS(interrupts_for_nothing, FGSIM_FAULT_SPURIOUS, 50, 0, "interrupts", "no interrupt comes for")
FINDS(a_stall, FGSIM_FAULT_STALL, 1, 2000, "trust", "the card never fell silent")
FINDS(a_card_that_does_not_stop, FGSIM_FAULT_DEAF, 1, 20000, "stop", "the card starts, and STOP")
FINDS(a_card_that_halts, FGSIM_FAULT_HALT, 1, 0, "run", "frames come")

FINDS(a_card_that_goes_away, FGSIM_FAULT_AWAY, 1, 3000, "run", "frames come")

static void prepare(void)
{
	fgsim_prepare();
	fgsim_set_rate(100);
}

int main(void)
{
	return tap_run(prepare, fgsim_is_healthy);
}
