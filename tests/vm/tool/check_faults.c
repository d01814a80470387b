// SPDX-License-Identifier: MIT
/*
 * Each fault of the simulated grabber is found by the check that is meant for it.  The
 * faults are made in the middle of it, when frames have come.
 */
#include "fgsim.h"

#define BEFORE		20	/* frames that are as they should be */

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

/* run is one START, the other groups measure first; info of the frames before is kept. */
static void finds(struct finding finding)
{
	int fd = stream_open(O_RDONLY), status;
	uint64_t starts = stream_stats(fd).starts;
	FILE *output;

	close(fd);
	starts += !strcmp(finding.group, "run") || !strcmp(finding.group, "trust") ? 1 : 2;
	output = begin_check(finding.group);
	make_fault(&finding, starts);
	CHECK(found(output, &finding));
	fclose(output);
	REQUIRE_EQ(waitpid(child, &status, 0), child);
	CHECK_EQ(status, 1 << 8);
	reg_set(&fgsim_regs()->fault.stall_ms, 0);
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

/* The card comes back, but its driver has to be bound anew. */
TEST(a_card_that_goes_away)
{
	const struct finding away = { FGSIM_FAULT_AWAY, 1, 3000, "run", "frames come" };
	char address[CARD_PATH_MAX];

	REQUIRE_EQ(card_address(address), 0);
	finds(away);
	REQUIRE_EQ(card_unbind(address), 0);
	while (reg_get(&fgsim_regs()->card.magic) != FGSIM_MAGIC)
		usleep(10000);
	REQUIRE_EQ(card_bind(address), 0);
}

static void prepare(void)
{
	fgsim_prepare();
	fgsim_set_rate(100);
}

int main(void)
{
	return tap_run(prepare, fgsim_is_healthy);
}
