/* SPDX-License-Identifier: MIT */
/*
 * A test harness: TEST(name) { ... } registers itself; main() returns
 * tap_run(before, after).  Each test runs in a process group of its own, so that
 * whatever it opens, maps, forks or breaks ends with it.  @before runs in that
 * process; @after in another one, and its complaints count against the test.
 */
#ifndef TAP_H
#define TAP_H

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define TAP_SECONDS	600	/* a test that takes longer hangs */

struct tap_test {
	const char *name;
	void (*run)(void);
	struct tap_test *next;
};

/* Shared by the process that runs a test and the one that waits for it. */
struct tap_verdict {
	volatile int failed;
	char skipped[128];
};

static struct tap_test *tap_first, **tap_last = &tap_first;
static struct tap_verdict *tap_verdict;

#define TEST(test)							\
	static void test(void);						\
	__attribute__((constructor)) static void test##_registers(void)	\
	{								\
		static struct tap_test self = { #test, test, NULL };	\
									\
		*tap_last = &self;					\
		tap_last = &self.next;					\
	}								\
	static void test(void)

/* CHECK goes on after a failure, REQUIRE ends the test.  Values are integers; a
 * negative one within errno's range is shown with its meaning.
 */
#define CHECK(is)	tap_check(!!(is), __FILE__, __LINE__, #is)
#define CHECK_EQ(is, expected)						\
	tap_equal((long long)(is), (long long)(expected), __FILE__, __LINE__, #is)
#define REQUIRE(is)		do { if (!CHECK(is)) tap_end(); } while (0)
#define REQUIRE_EQ(is, expected) do { if (!CHECK_EQ(is, expected)) tap_end(); } while (0)
#define SKIP(...)							\
	do {								\
		snprintf(tap_verdict->skipped, sizeof(tap_verdict->skipped), __VA_ARGS__); \
		tap_end();						\
	} while (0)

static inline void tap_end(void)
{
	fflush(stdout);
	_exit(0);
}

static inline int tap_check(int is, const char *file, int line, const char *text)
{
	if (!is) {
		tap_verdict->failed = 1;
		printf("# %s:%d: not so: %s\n", file, line, text);
	}
	return is;
}

static inline int tap_equal(long long is, long long expected, const char *file, int line,
			    const char *text)
{
	if (is == expected)
		return 1;
	tap_verdict->failed = 1;
	printf("# %s:%d: %s is %lld", file, line, text, is);
	if (is < 0 && is > -4096)
		printf(" (%s)", strerror(-(int)is));
	printf(", not %lld", expected);
	if (expected < 0 && expected > -4096)
		printf(" (%s)", strerror(-(int)expected));
	puts("");
	return 0;
}

static inline void tap_process(const char *what, void (*first)(void), void (*second)(void))
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		setpgid(0, 0);
		alarm(TAP_SECONDS);
		if (first)
			first();
		if (second)
			second();
		tap_end();
	}
	waitpid(pid, &status, 0);
	kill(-pid, SIGKILL);
	while (waitpid(-pid, NULL, 0) > 0)
		;	/* its children have come to us */
	if (WIFSIGNALED(status))
		printf("# %s ended by signal %d, %s\n", what, WTERMSIG(status),
		       strsignal(WTERMSIG(status)));
	if (status)
		tap_verdict->failed = 1;
}

static inline int tap_run(void (*before)(void), void (*after)(void))
{
	int count = 0, failures = 0, number = 0;

	/* Ignored by what shells put into the background, and so by its children. */
	signal(SIGHUP, SIG_DFL);
	signal(SIGINT, SIG_DFL);
	signal(SIGQUIT, SIG_DFL);
	setvbuf(stdout, NULL, _IOLBF, 0);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	tap_verdict = mmap(NULL, sizeof(*tap_verdict), PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	for (struct tap_test *test = tap_first; test; test = test->next)
		count++;
	printf("1..%d\n", count);
	for (struct tap_test *test = tap_first; test; test = test->next) {
		memset(tap_verdict, 0, sizeof(*tap_verdict));
		tap_process("the test", before, test->run);
		if (after)
			tap_process("what came after the test", after, NULL);
		printf("%sok %d - ", tap_verdict->failed ? "not " : "", ++number);
		for (const char *c = test->name; *c; c++)
			putchar(*c == '_' ? ' ' : *c);
		if (tap_verdict->skipped[0])
			printf(" # SKIP %s", tap_verdict->skipped);
		puts("");
		failures += tap_verdict->failed;
	}
	return !!failures;
}

#endif /* TAP_H */
