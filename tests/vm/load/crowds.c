// SPDX-License-Identifier: MIT
/*
 * Crowds that wait for the frames of a viewer.  To wake them all takes longer than the
 * card has for a frame, and costs nobody else one.
 *
 * usage: crowds [SIZE]		of each crowd, as far as the kernel allows
 */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include "account.h"
#include "virt.h"

#define DESCRIPTORS	400
#define STACK_BYTES	16384

static int size = 6000;

/* ------------------------------------------------------------------- crowds */

/* A set takes each descriptor once: several of the file, in several sets. */
static void gather_in_sets(int fd)
{
	struct epoll_event event = { .events = EPOLLIN };
	int copies[DESCRIPTORS], epoll = -1;

	for (int i = 0; i < DESCRIPTORS; i++) {
		copies[i] = dup(fd);
		REQUIRE(copies[i] >= 0);
	}
	for (int i = 0; i < size; i++) {
		if (i % DESCRIPTORS == 0)
			epoll = epoll_create1(0);
		REQUIRE(!epoll_ctl(epoll, EPOLL_CTL_ADD, copies[i % DESCRIPTORS], &event));
	}
}

static void crowd_on_the_file(int fd)
{
	gather_in_sets(fd);
}

static void crowd_on_the_eventfd(int fd)
{
	int eventfd_of_it = eventfd(0, EFD_CLOEXEC);
	struct dmaring_eventfd argument = eventfd_argument(eventfd_of_it);

	gather_in_sets(eventfd_of_it);
	REQUIRE_EQ(call(fd, DMARING_IOC_EVENTFD, &argument), 0);
}

static int sleep_for_ever(void *unused)
{
	for (;;)
		pause();
	return !unused;
}

/* Processes that share memory, or there would not be enough of it. */
static void crowd_of_processes(int fd)
{
	int count = size / 4;
	char *stacks = malloc((size_t)count * STACK_BYTES);

	REQUIRE(stacks);
	REQUIRE(signal(SIGIO, SIG_IGN) != SIG_ERR);
	for (int i = 1; i <= count; i++)
		REQUIRE(clone(sleep_for_ever, stacks + (size_t)i * STACK_BYTES,
			      CLONE_VM | SIGCHLD, NULL) > 0);
	REQUIRE(!fcntl(fd, F_SETOWN, -getpgrp()));
	REQUIRE(!fcntl(fd, F_SETFL, O_ASYNC));
}

/* ---------------------------------------------------------------- the viewer */

/* Is a child, and the leader of its group; it tells when the crowd is there. */
static void view(void (*gather)(int fd), int tell)
{
	struct rlimit limit = { 100000, 100000 };
	struct stream viewer;

	REQUIRE(!setpgid(0, 0));
	REQUIRE(!setrlimit(RLIMIT_NOFILE, &limit));
	viewer = viewer_start(1, 1);
	gather(viewer.fd);
	REQUIRE_EQ(write(tell, "", 1), 1);
	sleep_for_ever(NULL);
}

static pid_t viewer_with(void (*gather)(int fd))
{
	int pipe_of_it[2];
	char told;
	pid_t pid;

	REQUIRE(!pipe(pipe_of_it));
	pid = fork();
	if (!pid)
		view(gather, pipe_of_it[1]);
	close(pipe_of_it[1]);
	REQUIRE_EQ(read(pipe_of_it[0], &told, 1), 1);
	close(pipe_of_it[0]);
	return pid;
}

/* -------------------------------------------------------------- the recorder */

static void record(uint64_t frames)
{
	struct stream stream = capture_start();
	struct account account = account_open(stream.fd);
	struct dmaring_frame frame;

	for (uint64_t i = 0; i < frames; i++) {
		REQUIRE_EQ(stream_take(stream.fd, &frame, 1, FOREVER), 1);
		account_frame(&account, &frame);
		CHECK_EQ(stream_give(stream.fd, &frame), 0);
	}
	account_check(&account, stream.fd);
	CHECK_EQ(account.overruns, 0);
	CHECK_EQ(account.dropped, 0);
}

static void record_beside(unsigned int rate, void (*gather)(int fd))
{
	pid_t pid;

	/* The crowd is to be gone before the next one comes. */
	REQUIRE(!prctl(PR_SET_CHILD_SUBREAPER, 1));
	/* That of whoever starts first. */
	virt_set("rate", rate);
	pid = viewer_with(gather);
	record(rate);
	kill(-pid, SIGKILL);
	while (waitpid(-1, NULL, __WALL) > 0)
		;
}

#define CROWD(name, gather)						\
	TEST(name ## _1000_a_second) { record_beside(1000, gather); }	\
	TEST(name ## _5000_a_second) { record_beside(5000, gather); }

CROWD(sets_that_wait_for_the_file, crowd_on_the_file)
CROWD(sets_that_wait_for_the_eventfd, crowd_on_the_eventfd)
CROWD(processes_that_get_a_signal, crowd_of_processes)

int main(int argc, char **argv)
{
	if (argc > 1)
		size = atoi(argv[1]);
	return tap_run(virt_prepare, virt_is_healthy);
}
