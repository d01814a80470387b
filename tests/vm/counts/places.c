// SPDX-License-Identifier: MIT
/*
 * Places of a stream: which are kept for whom, what they keep, and who is said to have one.
 */
#include <sys/syscall.h>
#include "virt.h"

#define PLACES	16
#define KEPT	4	/* for recorders */

static int attach_viewer(int fd)
{
	return stream_attach(fd, DMARING_POLICY_LATEST, 1, 1);
}

TEST(viewers_leave_some_to_recorders)
{
	int viewers = 0;

	while (viewers < PLACES && !attach_viewer(stream_open(O_RDONLY)))
		viewers++;
	CHECK_EQ(viewers, PLACES - KEPT);
	CHECK_EQ(attach_viewer(stream_open(O_RDWR)), -EBUSY);
	for (int i = 0; i < KEPT; i++)
		CHECK_EQ(stream_attach(stream_open(O_RDWR), DMARING_POLICY_LOSSLESS, 0, 0), 0);
	CHECK_EQ(stream_attach(stream_open(O_RDWR), DMARING_POLICY_LOSSLESS, 0, 0), -EBUSY);
}

TEST(recorders_may_take_all)
{
	int last = -1;

	for (int i = 0; i < PLACES; i++) {
		last = stream_open(O_RDWR);
		CHECK_EQ(stream_attach(last, DMARING_POLICY_LOSSLESS, 0, 0), 0);
	}
	CHECK_EQ(attach_viewer(stream_open(O_RDONLY)), -EBUSY);
	REQUIRE_EQ(call(last, DMARING_IOC_DETACH, NULL), 0);
	CHECK_EQ(attach_viewer(stream_open(O_RDONLY)), 0);
}

/* ---------------------------------------------------------------------- modules */

/* By those who are attached, and by nobody else. */
TEST(the_drivers_module_is_in_use)
{
	int fd = stream_open(O_RDWR), viewer = stream_open(O_RDONLY);

	CHECK_EQ(module_users("dmaring_virt"), 0);
	REQUIRE_EQ(stream_attach(fd, DMARING_POLICY_LOSSLESS, 0, 0), 0);
	CHECK_EQ(module_users("dmaring_virt"), 1);
	CHECK_EQ(stream_attach(fd, DMARING_POLICY_LOSSLESS, 0, 0), -EALREADY);
	CHECK_EQ(stream_attach(viewer, DMARING_POLICY_LATEST, 1, 60000), -ENOSPC);
	CHECK_EQ(module_users("dmaring_virt"), 1);
	REQUIRE_EQ(attach_viewer(viewer), 0);
	CHECK_EQ(module_users("dmaring_virt"), 2);
	CHECK_EQ(syscall(SYS_delete_module, "dmaring_virt", O_NONBLOCK), -1);
	CHECK(errno == EWOULDBLOCK || errno == EBUSY);
	REQUIRE_EQ(call(fd, DMARING_IOC_DETACH, NULL), 0);
	CHECK_EQ(module_users("dmaring_virt"), 1);
	close(viewer);
	CHECK_EQ(module_users("dmaring_virt"), 0);
}

/* ------------------------------------------------------------------------ pids */

/* The process attaches a file that others have, too, and says so. */
static pid_t attach_in_child(int fd, int linger)
{
	pid_t pid = fork();

	if (!pid) {
		if (stream_attach(fd, DMARING_POLICY_LOSSLESS, 0, 0))
			_exit(1);
		while (linger)
			pause();
		_exit(0);
	}
	while (!stream_stats(fd).consumer_policy)
		sleep_ms(1);
	return pid;
}

TEST(the_pid_of_a_process_that_lives)
{
	int fd = stream_open(O_RDWR);
	pid_t pid = attach_in_child(fd, 1);

	CHECK_EQ(stream_stats(fd).consumer_pid, pid);
	REQUIRE(!kill(pid, SIGKILL));
	waitpid(pid, NULL, 0);
	CHECK_EQ(stream_stats(fd).consumer_pid, 0);
}

TEST(the_pid_of_a_process_that_nobody_has_waited_for)
{
	int fd = stream_open(O_RDWR);
	pid_t pid = attach_in_child(fd, 0);
	siginfo_t info;

	REQUIRE(!waitid(P_PID, pid, &info, WEXITED | WNOWAIT));
	CHECK_EQ(stream_stats(fd).consumer_pid, 0);
}

int main(int argc, char **argv)
{
	return virt_run(argc, argv);
}
