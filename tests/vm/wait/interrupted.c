// SPDX-License-Identifier: MIT
/*
 * A wait with a time-out that is disturbed by what runs no handler: a stop, a debugger,
 * a frozen cgroup, the system's sleep. It goes on, for as long as it was told to.
 */
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include "virt.h"

#define TIMEOUT_NS	(2000 * MS)
#define LONG_NS		(3600000 * MS)
#define CGROUPS		"/tmp/cgroups"

/* What the process that waits has to say. */
struct sleeper {
	pid_t pid;
	int result;
	long long waited_ns;
	struct dmaring_dequeue argument;
	struct dmaring_frame frame;
	int signals;
};

static struct sleeper *sleeper;	/* shared by both */
static struct stream stream;

static void count_signal(int number)
{
	sleeper->signals += number == SIGUSR1;
}

/* Is the process in that state, as /proc/PID/stat has it? */
static int is_in(char state)
{
	char path[64], text[256], *name_end;

	snprintf(path, sizeof(path), "/proc/%d/stat", sleeper->pid);
	REQUIRE_EQ(file_read(path, text, sizeof(text)), 0);
	name_end = strrchr(text, ')');
	return name_end && name_end[2] == state;
}

/* Or end: then what it says will tell. */
static void let_sleep(void)
{
	while (!is_in('S') && !is_in('Z'))
		sleep_ms(1);
}

/* A process that waits for a frame; the source makes none until it is told to. */
static void begin_wait(long long timeout_ns, int handler_flags)
{
	struct sigaction action = { .sa_handler = count_signal, .sa_flags = handler_flags };
	long long began;
	pid_t pid;

	sleeper = mmap(NULL, sizeof(*sleeper), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	REQUIRE(sleeper != MAP_FAILED);
	stream = capture_start();
	virt_set("stall", 1);
	do
		sleep_ms(5);
	while (stream_take(stream.fd, &sleeper->frame, 1, 0) == 1);
	sleeper->argument = dequeue_argument(&sleeper->frame, 1, timeout_ns);
	pid = fork();
	REQUIRE(pid >= 0);
	if (!pid) {
		REQUIRE(!sigaction(SIGUSR1, &action, NULL));
		began = now_ns();
		sleeper->result = call(stream.fd, DMARING_IOC_DEQUEUE, &sleeper->argument);
		sleeper->waited_ns = now_ns() - began;
		_exit(0);
	}
	sleeper->pid = pid;
	let_sleep();
}

static void end_wait(void)
{
	int status;

	REQUIRE_EQ(waitpid(sleeper->pid, &status, 0), sleeper->pid);
	CHECK_EQ(status, 0);
}

/* The frame comes, whatever was before. */
static void check_frame_ends_it(void)
{
	let_sleep();
	virt_set("stall", 0);
	end_wait();
	CHECK_EQ(sleeper->result, 0);
	CHECK_EQ(sleeper->argument.count, 1);
	CHECK_EQ(sleeper->argument.timeout_ns, LONG_NS);
	capture_verify(&stream, &sleeper->frame);
}

/* ------------------------------------------------------------------- disturbers */

static void stop_and_continue(void)
{
	int status;

	REQUIRE(!kill(sleeper->pid, SIGSTOP));
	REQUIRE_EQ(waitpid(sleeper->pid, &status, WUNTRACED), sleeper->pid);
	REQUIRE(WIFSTOPPED(status));
	REQUIRE(!kill(sleeper->pid, SIGCONT));
}

static void debug(void)
{
	int status;

	REQUIRE(!ptrace(PTRACE_SEIZE, sleeper->pid, NULL, NULL));
	REQUIRE(!ptrace(PTRACE_INTERRUPT, sleeper->pid, NULL, NULL));
	REQUIRE_EQ(waitpid(sleeper->pid, &status, 0), sleeper->pid);
	CHECK(WIFSTOPPED(status));
	REQUIRE(!ptrace(PTRACE_DETACH, sleeper->pid, NULL, NULL));
}

static void cgroup_write(const char *file, int value)
{
	char path[64], text[16];

	snprintf(path, sizeof(path), CGROUPS "/test/%s", file);
	snprintf(text, sizeof(text), "%d", value);
	REQUIRE_EQ(file_write(path, text), 0);
}

static void freeze_and_thaw(void)
{
	char path[64] = CGROUPS "/test/cgroup.events", text[64];
	FILE *events;
	int frozen = 0;

	mkdir(CGROUPS, 0755);
	REQUIRE(!mount("none", CGROUPS, "cgroup2", 0, NULL));
	mkdir(CGROUPS "/test", 0755);	/* may be there from the last time */
	cgroup_write("cgroup.procs", sleeper->pid);
	cgroup_write("cgroup.freeze", 1);
	while (!frozen && !is_in('Z')) {
		events = fopen(path, "r");
		REQUIRE(events);
		while (fgets(text, sizeof(text), events))
			frozen |= !strcmp(text, "frozen 1\n");
		fclose(events);
		sleep_ms(1);
	}
	cgroup_write("cgroup.freeze", 0);
	umount2(CGROUPS, MNT_DETACH);
}

/* ------------------------------------------------------------------------ tests */

TEST(a_stop)
{
	begin_wait(LONG_NS, 0);
	stop_and_continue();
	check_frame_ends_it();
}

TEST(a_debugger_that_looks_in)
{
	begin_wait(LONG_NS, 0);
	debug();
	check_frame_ends_it();
}

TEST(a_frozen_cgroup)
{
	begin_wait(LONG_NS, 0);
	freeze_and_thaw();
	check_frame_ends_it();
}

TEST(a_signal_that_is_ignored_and_one_that_does_nothing)
{
	begin_wait(LONG_NS, 0);
	REQUIRE(!kill(sleeper->pid, SIGCONT));
	REQUIRE(!kill(sleeper->pid, SIGWINCH));
	check_frame_ends_it();
}

/* However often: neither for ever, nor too short. */
TEST(all_of_them_prolong_nothing)
{
	begin_wait(TIMEOUT_NS, 0);
	for (int i = 0; i < 10; i++) {
		sleep_ms(TIMEOUT_NS / MS / 20);
		stop_and_continue();
		debug();
	}
	end_wait();
	CHECK_EQ(sleeper->result, -ETIMEDOUT);
	CHECK_EQ(sleeper->argument.count, 1);
	CHECK_EQ(sleeper->argument.timeout_ns, TIMEOUT_NS);
	CHECK(sleeper->waited_ns >= TIMEOUT_NS);
	/* Begun anew after half of it, it would have been half as long again. */
	CHECK(sleeper->waited_ns < TIMEOUT_NS + TIMEOUT_NS / 4);
}

/* It gives back what it was told to once, and not what it then gets. */
TEST(what_was_given_back_before)
{
	uint64_t bad_releases;
	pid_t child;

	begin_wait(LONG_NS, 0);
	bad_releases = stream_stats(stream.fd).bad_releases;
	REQUIRE(!kill(sleeper->pid, SIGKILL));
	waitpid(sleeper->pid, NULL, 0);
	virt_set("stall", 0);
	sleeper->frame = capture_take(&stream);
	virt_set("stall", 1);
	sleep_ms(5);
	while (stream_stats(stream.fd).consumer_waiting) {
		struct dmaring_frame other = capture_take(&stream);

		CHECK_EQ(stream_give(stream.fd, &other), 0);
	}
	sleeper->argument = dequeue_argument(&sleeper->frame, 1, LONG_NS);
	sleeper->argument.release = 1;
	child = fork();
	if (!child) {
		sleeper->result = call(stream.fd, DMARING_IOC_DEQUEUE, &sleeper->argument);
		_exit(0);
	}
	sleeper->pid = child;
	let_sleep();
	stop_and_continue();
	check_frame_ends_it();
	CHECK_EQ(sleeper->argument.release, 0);
	CHECK_EQ(stream_stats(stream.fd).bad_releases, bad_releases);
}

static void check_handler(int flags)
{
	begin_wait(LONG_NS, flags);
	stop_and_continue();
	let_sleep();
	REQUIRE(!kill(sleeper->pid, SIGUSR1));
	end_wait();
	CHECK_EQ(sleeper->signals, 1);
	CHECK_EQ(sleeper->result, -EINTR);
	CHECK_EQ(sleeper->argument.count, 1);
	CHECK_EQ(sleeper->argument.timeout_ns, LONG_NS);
}

TEST(a_handler_ends_it)
{
	check_handler(0);
}

TEST(a_handler_that_lets_other_calls_go_on)
{
	check_handler(SA_RESTART);
}

/* The next call is another one, with all its time. */
TEST(a_call_after_one_that_was_disturbed)
{
	struct dmaring_dequeue argument;
	long long began;
	pid_t child;

	begin_wait(LONG_NS, 0);
	REQUIRE(!kill(sleeper->pid, SIGKILL));
	waitpid(sleeper->pid, NULL, 0);
	argument = dequeue_argument(&sleeper->frame, 1, TIMEOUT_NS);
	child = fork();
	if (!child) {
		sleeper->result = call(stream.fd, DMARING_IOC_DEQUEUE, &argument);
		stream_give(stream.fd, &sleeper->frame);
		sleep_ms(TIMEOUT_NS / MS);
		while (stream_take(stream.fd, &sleeper->frame, 1, 0) == 1)
			;
		argument.count = 1;
		began = now_ns();
		sleeper->signals = call(stream.fd, DMARING_IOC_DEQUEUE, &argument);
		sleeper->waited_ns = now_ns() - began;
		_exit(0);
	}
	sleeper->pid = child;
	let_sleep();
	stop_and_continue();
	let_sleep();
	virt_set("stall", 0);
	sleep_ms(5);
	virt_set("stall", 1);
	end_wait();
	CHECK_EQ(sleeper->result, 0);
	CHECK_EQ(sleeper->signals, -ETIMEDOUT);
	CHECK(sleeper->waited_ns >= TIMEOUT_NS);
}

int main(int argc, char **argv)
{
	return virt_run(argc, argv);
}
