// SPDX-License-Identifier: MIT
/*
 * Threads that use one open file against each other.  Which of them wins does
 * not matter: every call must give one of the answers that it may give.
 */
#include <pthread.h>
#include "stream.h"

#define ATTEMPTS	300

static volatile int over;

static int one_of(int is, int a, int b, int c)
{
	return is == a || is == b || is == c;
}

/* What taking or releasing may answer, however the others changed the consumer. */
static void check_answer(int result)
{
	if (!CHECK(!result || result == -EAGAIN || result == -ESTALE ||
		   one_of(result, -ENOTCONN, -EBADFD, -ETIMEDOUT)))
		printf("# the answer was %s\n", strerror(-result));
}

static void *read_on(void *argument)
{
	int fd = (intptr_t)argument;
	struct dmaring_frame frame;

	while (!over) {
		int result = read(fd, &frame, sizeof(frame)) < 0 ? -errno : 0;

		if (!result)
			result = stream_give(fd, &frame);
		check_answer(result);
	}
	return NULL;
}

static void *dequeue_on(void *argument)
{
	int fd = (intptr_t)argument;
	struct dmaring_frame frame;

	while (!over) {
		int result = stream_take(fd, &frame, 1, MS);

		if (result == 1)
			result = stream_give(fd, &frame);
		check_answer(result);
	}
	return NULL;
}

static void *poll_on(void *argument)
{
	int fd = (intptr_t)argument;

	while (!over) {
		short events = stream_poll(fd, 1);

		CHECK(one_of(events, 0, POLLIN, POLLERR));
	}
	return NULL;
}

static void *look_on(void *argument)
{
	while (!over)
		stream_stats((intptr_t)argument);
	return NULL;
}

static void *start_stop_on(void *argument)
{
	int fd = (intptr_t)argument;

	while (!over) {
		CHECK(one_of(call(fd, DMARING_IOC_START, NULL), 0, -EALREADY, -ENOTCONN));
		CHECK(one_of(call(fd, DMARING_IOC_STOP, NULL), 0, -EALREADY, -ENOTCONN));
	}
	return NULL;
}

static void *attach_detach_on(void *argument)
{
	int fd = (intptr_t)argument;

	while (!over) {
		CHECK(one_of(stream_attach(fd, DMARING_POLICY_LOSSLESS, 0, 0),
			     0, -EALREADY, -EBUSY));
		CHECK(one_of(call(fd, DMARING_IOC_START, NULL), 0, -EALREADY, -ENOTCONN));
		CHECK(one_of(call(fd, DMARING_IOC_DETACH, NULL), 0, -ENOTCONN, -ENOTCONN));
	}
	return NULL;
}

static void run_against_each_other(void *(*const all[])(void *), int count, int flags, int seconds)
{
	int fd = stream_open(O_RDWR | flags);
	pthread_t threads[8];

	REQUIRE_EQ(stream_attach(fd, DMARING_POLICY_LOSSLESS, 0, 0), 0);
	REQUIRE_EQ(call(fd, DMARING_IOC_START, NULL), 0);
	over = 0;
	for (int i = 0; i < count; i++)
		REQUIRE(!pthread_create(&threads[i], NULL, all[i], (void *)(intptr_t)fd));
	sleep(seconds);
	over = 1;
	for (int i = 0; i < count; i++)
		pthread_join(threads[i], NULL);
}

/* The first ATTACH of a file, in the middle of somebody's read(). */
TEST(attach_during_read)
{
	for (int i = 0; i < ATTEMPTS; i++) {
		int fd = stream_open(O_RDWR | O_NONBLOCK);
		pthread_t reader;

		over = 0;
		REQUIRE(!pthread_create(&reader, NULL, read_on, (void *)(intptr_t)fd));
		for (volatile int pause = 0; pause < i % 100 * 100; pause++)
			;
		CHECK_EQ(stream_attach(fd, DMARING_POLICY_LOSSLESS, 0, 0), 0);
		over = 1;
		pthread_join(reader, NULL);
		close(fd);
	}
}

TEST(readers)
{
	static void *(*const all[])(void *) = { read_on, read_on, dequeue_on, poll_on, look_on };

	run_against_each_other(all, 5, O_NONBLOCK, 4);
}

TEST(start_and_stop_during_reads)
{
	static void *(*const all[])(void *) = { start_stop_on, read_on, dequeue_on, poll_on };

	run_against_each_other(all, 4, O_NONBLOCK, 4);
}

TEST(attach_and_detach_during_reads)
{
	static void *(*const all[])(void *) = {
		attach_detach_on, read_on, dequeue_on, poll_on, look_on,
	};

	run_against_each_other(all, 5, O_NONBLOCK, 4);
}

TEST(everything_at_once)
{
	static void *(*const all[])(void *) = {
		attach_detach_on, start_stop_on, read_on, dequeue_on, poll_on, look_on,
	};

	run_against_each_other(all, 6, O_NONBLOCK, 6);
}

int main(void)
{
	return tap_run(stream_prepare, stream_is_healthy);
}
