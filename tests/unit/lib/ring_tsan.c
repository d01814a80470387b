// SPDX-License-Identifier: MIT
/*
 * The library's ring under ThreadSanitizer: as it is there must be no data race, and
 * without any of its barriers there must be one, or this test would see nothing.
 *
 * What is looked at is tests/tsan/ring.c, a program of its own: the sanitizer ends one
 * that it cannot look at before its main().
 */
#define _GNU_SOURCE
#include <limits.h>
#include <sys/personality.h>
#include "tap.h"

/* Exit statuses. */
#define RACED		66	/* as in TSAN_OPTIONS */
#define NOT_SANITIZED	77
#define LINE_BYTES	512

static struct {
	char said[LINE_BYTES];		/* last, by or of the sanitizer */
	char raced[LINE_BYTES];		/* its summary, if there was a race */
	int blind;			/* it could not look */
} outcome;

/* build/tests/tsan/ring, if this is build/tests/unit/lib/ring_tsan. */
static const char *program(void)
{
	static char path[PATH_MAX + sizeof("/tsan/ring")];
	ssize_t length = readlink("/proc/self/exe", path, PATH_MAX);

	REQUIRE(length > 0);
	path[length] = '\0';
	for (int i = 0; i < 3; i++)
		*strrchr(path, '/') = '\0';
	return strcat(path, "/tsan/ring");
}

static void become(const char *path, int output, char *const *arguments)
{
	/* Under some kernels' randomization the sanitizer finds no place for itself. */
	personality(ADDR_NO_RANDOMIZE);
	setenv("TSAN_OPTIONS", "exitcode=66 halt_on_error=1", 1);
	dup2(output, STDOUT_FILENO);
	dup2(output, STDERR_FILENO);
	execv(path, arguments);
	perror(path);
	_exit(127);
}

static void hear(char *line, int quiet)
{
	line[strcspn(line, "\n")] = '\0';
	if (!quiet)
		printf("# %s\n", line);
	if (!strstr(line, "ThreadSanitizer") && !strstr(line, "libtsan"))
		return;
	snprintf(outcome.said, sizeof(outcome.said), "%s", line);
	if (strstr(line, "FATAL: ThreadSanitizer"))
		outcome.blind = 1;
	if (!strncmp(line, "SUMMARY:", 8) && strstr(line, "data race"))
		snprintf(outcome.raced, sizeof(outcome.raced), "%s", line);
}

/* Exit status of the program; "quiet" is not to show what it says. */
static int watch(int quiet, char *const *arguments)
{
	const char *path = program();
	char line[LINE_BYTES];
	int ends[2], status;
	FILE *output;
	pid_t pid;

	REQUIRE_EQ(pipe(ends), 0);
	pid = fork();
	if (!pid)
		become(path, ends[1], arguments);
	close(ends[1]);
	output = fdopen(ends[0], "r");
	REQUIRE(output);
	while (fgets(line, sizeof(line), output))
		hear(line, quiet);
	fclose(output);
	REQUIRE_EQ(waitpid(pid, &status, 0), pid);
	if (outcome.blind)
		SKIP("%.120s", outcome.said);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

/* It has nothing to do there: if the sanitizer is heard of, it cannot look. */
static void skip_if_blind(void)
{
	int status = watch(1, (char *[]){ "ring", "probe", NULL });

	if (status == NOT_SANITIZED)
		SKIP("this compiler has no ThreadSanitizer");
	if (status && outcome.said[0])
		SKIP("%.120s", outcome.said);
	REQUIRE_EQ(status, 0);
}

static void must_not_race(char *takers, char *depth)
{
	CHECK_EQ(watch(0, (char *[]){ "ring", takers, depth, NULL }), 0);
	CHECK(!outcome.raced[0]);
}

static void must_race(char *takers, char *depth, char *weakness)
{
	CHECK_EQ(watch(1, (char *[]){ "ring", takers, depth, weakness, NULL }), RACED);
	CHECK(outcome.raced[0]);
	printf("# %s\n", outcome.raced);
}

TEST(one_takes_and_nothing_is_dropped)		{ must_not_race("1", "0"); }
TEST(one_takes_and_the_oldest_of_1_is_dropped)	{ must_not_race("1", "1"); }
TEST(one_takes_and_the_oldest_of_3_is_dropped)	{ must_not_race("1", "3"); }
TEST(three_take_and_nothing_is_dropped)		{ must_not_race("3", "0"); }
TEST(three_take_and_the_oldest_of_1_is_dropped)	{ must_not_race("3", "1"); }
TEST(three_take_and_the_oldest_of_3_is_dropped)	{ must_not_race("3", "3"); }

/* The library's barriers. */
TEST(without_A_there_is_a_race)			{ must_race("1", "0", "A"); }
TEST(without_B_there_is_a_race)			{ must_race("1", "3", "B"); }
TEST(without_C_there_is_a_race)			{ must_race("1", "0", "C"); }
TEST(claims_that_hand_nothing_on_race)		{ must_race("3", "0", "claim"); }

/* Their partners. */
TEST(without_a_there_is_a_race)			{ must_race("1", "0", "a"); }
TEST(without_b_there_is_a_race)			{ must_race("1", "3", "b"); }
TEST(without_c_there_is_a_race)			{ must_race("1", "0", "c"); }

/* And does the kernel ever come in between? */
TEST(slots_are_written_while_they_are_copied)	{ must_race("1", "3", "slot"); }
TEST(slots_are_copied_while_others_take_them)	{ must_race("3", "0", "slot"); }
TEST(who_drops_without_asking_races)		{ must_race("3", "1", "steal"); }
TEST(who_writes_a_buffer_that_is_held_races)	{ must_race("1", "1", "reuse"); }

int main(void)
{
	return tap_run(skip_if_blind, NULL);
}
