// SPDX-License-Identifier: MIT
/*
 * The time that DEQUEUE waits begins once, whatever happens meanwhile: here another
 * thread takes the frame that DEQUEUE is about to take, and none comes after it.
 */
#include <pthread.h>
#include "slow_page.h"
#include "stream.h"

#define TIMEOUT_NS	(10000 * MS)
#define TOLERANCE_NS	(500 * MS)

struct taker {
	int fd;
	void *frames;
	long long timeout_ns;
	int result;
	uint32_t count;
	long long elapsed_ns;
};

#define COUNT	3	/* frames it would take */

static void *take(void *argument)
{
	struct taker *taker = argument;
	struct dmaring_dequeue dequeue = dequeue_argument(taker->frames, COUNT,
							  taker->timeout_ns);
	long long began = now_ns();

	taker->result = call(taker->fd, DMARING_IOC_DEQUEUE, &dequeue);
	taker->elapsed_ns = now_ns() - began;
	taker->count = dequeue.count;
	return NULL;
}

/*
 * Takes a frame that somebody else has when the copy goes on, @copy_ms later.
 * Nobody gives a frame back, so that this was the last one.
 */
static struct taker lose_the_last_frame(long long timeout_ns, int copy_ms)
{
	struct stream stream = capture_start();
	struct slow_page slow = slow_page();
	struct taker taker = { stream.fd, slow.page, timeout_ns, 1, 0, 0 };
	struct dmaring_frame frame;
	pthread_t thread;

	for (uint32_t i = 1; i < stream.info.buffers; i++)
		frame = capture_take(&stream);
	while (!stream_stats(stream.fd).consumer_waiting)
		usleep(50000);
	REQUIRE(!pthread_create(&thread, NULL, take, &taker));
	slow_page_wait(&slow);
	frame = capture_take(&stream);
	usleep(copy_ms * 1000);
	slow_page_give(&slow, 0);
	pthread_join(thread, NULL);

	CHECK_EQ(stream_stats(stream.fd).consumer_held, stream.info.buffers);
	/* A call that fails has changed nothing: not what to ask for the next time. */
	CHECK_EQ(taker.count, COUNT);
	capture_verify(&stream, &frame);
	return taker;
}

TEST(it_is_not_prolonged_by_who_takes_the_frame)
{
	struct taker taker = lose_the_last_frame(TIMEOUT_NS, 8000);

	CHECK_EQ(taker.result, -ETIMEDOUT);
	CHECK(taker.elapsed_ns >= TIMEOUT_NS);
	CHECK(taker.elapsed_ns < TIMEOUT_NS + TOLERANCE_NS);
}

TEST(it_is_over_if_the_copy_took_longer)
{
	struct taker taker = lose_the_last_frame(TIMEOUT_NS, 12000);

	CHECK_EQ(taker.result, -ETIMEDOUT);
	CHECK(taker.elapsed_ns >= 12000 * MS);
	CHECK(taker.elapsed_ns < 12000 * MS + TOLERANCE_NS);
}

TEST(who_does_not_wait_does_not_wait)
{
	struct taker taker = lose_the_last_frame(0, 1000);

	CHECK_EQ(taker.result, -EAGAIN);
	CHECK(taker.elapsed_ns < 1000 * MS + TOLERANCE_NS);
}

/* More than the clock can count to is for ever, not the past. */
TEST(the_longest_time_there_is)
{
	struct stream stream = capture_start();
	struct dmaring_frame frame;

	REQUIRE_EQ(stream_take(stream.fd, &frame, 1, LLONG_MAX), 1);
	capture_verify(&stream, &frame);
}

int main(void)
{
	return tap_run(stream_prepare, stream_is_healthy);
}
