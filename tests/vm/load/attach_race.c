// SPDX-License-Identifier: MIT
/*
 * One thread takes frames while another attaches and detaches the same open file,
 * with another distance of descriptors each time.  Whoever takes gets what was
 * agreed when its call began, and never a byte behind its array.
 *
 * usage: attach_race [ROUNDS [NS-BETWEEN-CALLS]]
 */
#include <pthread.h>
#include <sched.h>
#include "slow_page.h"
#include "stream.h"

#define SHORT_STRIDE	DMARING_FRAME_SIZE_VER0
#define LONG_STRIDE	DMARING_FRAME_STRIDE_MAX

static int rounds = 20000, pause_ns = 20000;

static int attach_with(int fd, uint32_t stride)
{
	struct dmaring_attach argument = attach_argument(DMARING_POLICY_LOSSLESS, 0, 0);

	argument.frame_stride = stride;
	return call(fd, DMARING_IOC_ATTACH, &argument);
}

static void start_and_let_wait(int fd, uint32_t stride)
{
	REQUIRE_EQ(attach_with(fd, stride), 0);
	REQUIRE_EQ(call(fd, DMARING_IOC_START, NULL), 0);
	while (!stream_stats(fd).consumer_waiting)
		usleep(50000);
}

/* -------------------------------------- in the middle of copying descriptors */

struct taker {
	int fd;
	void *frames;
	uint32_t bytes;
	int taken;	/* bytes by read(), frames by DEQUEUE, or -errno */
};

static void *take_by_read(void *argument)
{
	struct taker *taker = argument;

	taker->taken = read(taker->fd, taker->frames, taker->bytes);
	if (taker->taken < 0)
		taker->taken = -errno;
	return NULL;
}

static void *take_by_dequeue(void *argument)
{
	struct taker *taker = argument;
	struct dmaring_dequeue dequeue = dequeue_argument(taker->frames, 1, FOREVER);
	int error = call(taker->fd, DMARING_IOC_DEQUEUE, &dequeue);

	taker->taken = error ? error : (int)dequeue.count;
	return NULL;
}

/* How many of the bytes are this one. */
static size_t count_byte(const uint8_t *bytes, size_t count, int byte)
{
	size_t found = 0;

	while (count--)
		found += *bytes++ == byte;
	return found;
}

/*
 * Takes one frame at the distance @before; during the copy it becomes @after.
 * The array is all POISON before the copy.
 */
static void attach_again_during(void *(*take)(void *), int expected, uint32_t before,
				uint32_t after)
{
	struct slow_page slow = slow_page();
	struct taker taker = { stream_open(O_RDWR), slow.page, before, 1 };
	const struct dmaring_frame *frame = (void *)slow.page;
	pthread_t thread;

	start_and_let_wait(taker.fd, before);
	REQUIRE(!pthread_create(&thread, NULL, take, &taker));
	slow_page_wait(&slow);
	REQUIRE_EQ(call(taker.fd, DMARING_IOC_STOP, NULL), 0);
	REQUIRE_EQ(call(taker.fd, DMARING_IOC_DETACH, NULL), 0);
	start_and_let_wait(taker.fd, after);
	slow_page_give(&slow, POISON);
	pthread_join(thread, NULL);

	CHECK_EQ(taker.taken, expected);
	CHECK_EQ(frame->reserved, 0);
	CHECK_EQ(stream_stats(taker.fd).consumer_delivered, 1);
	CHECK_EQ(stream_give(taker.fd, frame), 0);
	CHECK_EQ(count_byte(slow.page + sizeof(*frame), before - sizeof(*frame), 0),
		 before - sizeof(*frame));
	CHECK_EQ(count_byte(slow.page + before, page_bytes() - before, POISON),
		 page_bytes() - before);
}

TEST(descriptors_become_longer_while_read_copies)
{
	attach_again_during(take_by_read, SHORT_STRIDE, SHORT_STRIDE, LONG_STRIDE);
}

TEST(descriptors_become_longer_while_dequeue_copies)
{
	attach_again_during(take_by_dequeue, 1, SHORT_STRIDE, LONG_STRIDE);
}

TEST(descriptors_become_shorter_while_read_copies)
{
	attach_again_during(take_by_read, LONG_STRIDE, LONG_STRIDE, SHORT_STRIDE);
}

TEST(descriptors_become_shorter_while_dequeue_copies)
{
	attach_again_during(take_by_dequeue, 1, LONG_STRIDE, SHORT_STRIDE);
}

/* ------------------------------------------------------------ at any instant */

struct reader {
	int fd;
	volatile int end;
	uint64_t calls;
	int unexpected;		/* errno of the first call that ended strangely */
};

static void *read_in_a_loop(void *argument)
{
	struct reader *reader = argument;
	uint8_t *frame = pages_before_nothing(LONG_STRIDE);

	/* No frame is ever there: the card does not run. */
	for (; !reader->end; reader->calls++)
		if (read(reader->fd, frame, LONG_STRIDE) >= 0 ||
		    (errno != ENOTCONN && errno != EBADFD && errno != EBADF))
			reader->unexpected = errno;
	return NULL;
}

static void sleep_ns(long ns)
{
	const struct timespec time = { .tv_nsec = ns };

	nanosleep(&time, NULL);
}

/* A file that was never attached takes the place of the one that the reader reads. */
static void renew(int fd)
{
	int fresh = stream_open(O_RDWR | O_NONBLOCK);

	REQUIRE_EQ(dup2(fresh, fd), fd);
	close(fresh);
}

/*
 * The reader runs whenever we sleep, and is interrupted at another instruction
 * each time: sooner or later at every one of read().
 */
TEST(the_first_attach_while_another_thread_reads)
{
	struct reader reader = { .fd = stream_open(O_RDWR | O_NONBLOCK) };
	struct sched_param priority = { .sched_priority = 10 };
	pthread_t thread;

	REQUIRE(!pthread_create(&thread, NULL, read_in_a_loop, &reader));
	REQUIRE(!sched_setscheduler(0, SCHED_FIFO, &priority));
	for (int i = 0; i < rounds; i++) {
		renew(reader.fd);
		sleep_ns(pause_ns + i * 397 % (pause_ns / 3));
		REQUIRE_EQ(attach_with(reader.fd, i % 2 ? SHORT_STRIDE : LONG_STRIDE), 0);
		sleep_ns(pause_ns / 2);
		REQUIRE_EQ(call(reader.fd, DMARING_IOC_DETACH, NULL), 0);
	}
	reader.end = 1;
	pthread_join(thread, NULL);
	CHECK_EQ(reader.unexpected, 0);
	CHECK(reader.calls > (uint64_t)rounds);
}

int main(int argc, char **argv)
{
	if (argc > 1)
		rounds = atoi(argv[1]);
	if (argc > 2)
		pause_ns = atoi(argv[2]);
	return tap_run(stream_prepare, stream_is_healthy);
}
