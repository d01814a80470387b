// SPDX-License-Identifier: MIT
/* To set an eventfd keeps nobody waiting who starts or stops meanwhile. */
#include <pthread.h>
#include <sys/eventfd.h>
#include "virt.h"

#define CALLS	200
#define THREADS	20

static int set_eventfd(int fd, int eventfd)
{
	struct dmaring_eventfd argument = eventfd_argument(eventfd);

	return call(fd, DMARING_IOC_EVENTFD, &argument);
}

/* In units of a STOP and a START, which take the same lock. */
TEST(it_waits_for_nothing)
{
	struct stream stream = capture_start();
	int eventfd_one = eventfd(0, EFD_CLOEXEC);
	long long began = now_ns(), start_and_stop, set;

	for (int i = 0; i < CALLS; i++) {
		REQUIRE_EQ(call(stream.fd, DMARING_IOC_STOP, NULL), 0);
		REQUIRE_EQ(call(stream.fd, DMARING_IOC_START, NULL), 0);
	}
	start_and_stop = now_ns() - began;
	began = now_ns();
	for (int i = 0; i < CALLS; i++)
		REQUIRE_EQ(set_eventfd(stream.fd, i % 4 ? eventfd_one : -1), 0);
	set = now_ns() - began;
	if (!CHECK(set < start_and_stop * 10))
		printf("# to set it took %lld ns, to start and stop %lld ns\n", set / CALLS,
		       start_and_stop / CALLS);
}

static volatile int over;

static void *set_for_ever(void *fd)
{
	int two[] = { eventfd(0, EFD_CLOEXEC), eventfd(0, EFD_CLOEXEC) };

	for (int i = 0; !over; i++)
		if (set_eventfd((intptr_t)fd, two[i % 2]))
			return fd;
	return NULL;
}

/* Each frame signals one that may be replaced at this moment. */
TEST(threads_that_do_nothing_else)
{
	struct stream viewer = viewer_start(1, 1), recorder = capture_start();
	pthread_t threads[THREADS];
	void *failed;

	for (int i = 0; i < THREADS; i++)
		REQUIRE(!pthread_create(&threads[i], NULL, set_for_ever,
					(void *)(intptr_t)viewer.fd));
	for (int i = 0; i < 50; i++) {
		capture_frames(&recorder, 2);
		REQUIRE_EQ(call(recorder.fd, DMARING_IOC_STOP, NULL), 0);
		REQUIRE_EQ(call(recorder.fd, DMARING_IOC_START, NULL), 0);
	}
	over = 1;
	for (int i = 0; i < THREADS; i++) {
		pthread_join(threads[i], &failed);
		CHECK(!failed);
	}
}

int main(int argc, char **argv)
{
	return virt_run(argc, argv);
}
