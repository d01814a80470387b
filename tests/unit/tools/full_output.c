// SPDX-License-Identifier: MIT
/* A standard output that takes nothing, and what is said of it. */
#include "lib/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include "tap.h"

static char said[256];

/* With @path as the standard output; NULL: it is closed. */
static int end_of(const char *path, void (*print)(void))
{
	int pipes[2], status;
	size_t used = 0;
	ssize_t bytes;
	pid_t pid;

	fflush(stdout);
	REQUIRE(!pipe(pipes));
	pid = fork();
	if (!pid) {
		dup2(pipes[1], STDERR_FILENO);
		close(STDOUT_FILENO);
		if (path)
			open(path, O_WRONLY);
		output_begin();
		print();
		_exit(output_end() ? 1 : 0);
	}
	close(pipes[1]);
	while ((bytes = read(pipes[0], said + used, sizeof(said) - 1 - used)) > 0)
		used += bytes;
	said[used] = '\0';
	close(pipes[0]);
	waitpid(pid, &status, 0);
	return status;
}

static void print_a_line(void)
{
	puts("one line");
}

static void print_much(void)
{
	int i;

	for (i = 0; i < 10000; i++)
		puts("one line of many");
}

/* As a command that flushes, sees that it failed, and goes on to other things. */
static void print_flush_and_go_on(void)
{
	puts("one line");
	fflush(stdout);
	errno = EPERM;
}

static void print_into_what_is_opened_next(void)
{
	if (open("/dev/null", O_WRONLY) == STDOUT_FILENO)
		fputs("it is the standard output now\n", stderr);
	print_a_line();
}

static void check_says(const char *words)
{
	if (!CHECK(strstr(said, words)))
		printf("# it says: %s\n", said);
}

TEST(all_is_well)
{
	CHECK_EQ(end_of("/dev/null", print_much), 0);
	CHECK(!*said);
}

TEST(a_full_disk_is_named)
{
	CHECK(end_of("/dev/full", print_a_line));
	check_says("cannot write to the standard output: No space left on device");
	CHECK(end_of("/dev/full", print_much));
	check_says("No space left on device");
}

TEST(and_when_other_things_came_between)
{
	CHECK(end_of("/dev/full", print_flush_and_go_on));
	check_says("No space left on device");
}

TEST(a_closed_one_is_named_and_not_taken_by_another_file)
{
	CHECK(end_of(NULL, print_into_what_is_opened_next));
	check_says("cannot write to the standard output: Bad file descriptor");
	CHECK(!strstr(said, "it is the standard output now"));
}

int main(void)
{
	return tap_run(NULL, NULL);
}
