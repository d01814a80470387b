// SPDX-License-Identifier: MIT
/*
 * Who waits with epoll for what changes (EPOLLET) is told once, at the change: that
 * the card goes away must reach every open file, whatever it has done before.
 */
#include <sys/epoll.h>
#include "gone.h"

static int watch(int fd)
{
	struct epoll_event events = { .events = EPOLLIN | EPOLLET };
	int epoll = epoll_create1(EPOLL_CLOEXEC);

	REQUIRE(epoll >= 0);
	REQUIRE(!epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &events));
	return epoll;
}

/* What has changed since the last time; 0: nothing. */
static uint32_t changes(int epoll)
{
	struct epoll_event events;

	return epoll_wait(epoll, &events, 1, 0) == 1 ? events.events : 0;
}

static void check_hangup(int fd)
{
	int epoll = watch(fd);

	changes(epoll);
	CHECK_EQ(changes(epoll), 0);
	gone_unbind();
	CHECK(changes(epoll) & EPOLLHUP);
}

TEST(not_attached)
{
	check_hangup(stream_open(O_RDONLY));
}

TEST(no_longer_attached)
{
	int fd = stream_open(O_RDWR);

	REQUIRE_EQ(stream_attach(fd, DMARING_POLICY_LOSSLESS, 0, 0), 0);
	REQUIRE_EQ(call(fd, DMARING_IOC_DETACH, NULL), 0);
	check_hangup(fd);
}

TEST(not_started)
{
	int fd = stream_open(O_RDWR);

	REQUIRE_EQ(stream_attach(fd, DMARING_POLICY_LOSSLESS, 0, 0), 0);
	check_hangup(fd);
}

TEST(running)
{
	check_hangup(capture_start().fd);
}

TEST(many_files)
{
	int epolls[50], told = 0;

	for (int i = 0; i < 50; i++)
		epolls[i] = watch(stream_open(O_RDONLY));
	for (int i = 0; i < 50; i++)
		changes(epolls[i]);
	gone_unbind();
	for (int i = 0; i < 50; i++)
		told += !!(changes(epolls[i]) & EPOLLHUP);
	CHECK_EQ(told, 50);
}

int main(void)
{
	return tap_run(gone_prepare, gone_bind_again);
}
