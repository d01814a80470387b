// SPDX-License-Identifier: MIT
/* A producer that starts and stops while another thread gives back what it has not filled. */
#include <pthread.h>
#include "play.h"

#define ROUNDS	300

static volatile int over;

/* Nothing is submitted, so what this thread has not taken waits. */
static void *give_back_on(void *argument)
{
	struct dmaring_frame frames[DMARING_RELEASE_MAX];
	__u64 cookies[DMARING_RELEASE_MAX];
	struct dmaring_release release;
	int fd = *(int *)argument, taken;

	while (!over) {
		taken = stream_take(fd, frames, DMARING_RELEASE_MAX, 0);
		if (!CHECK(taken > 0))
			break;
		for (int i = 0; i < taken; i++)
			cookies[i] = frames[i].cookie;
		release = release_argument(cookies, taken);
		if (!CHECK_EQ(call(fd, DMARING_IOC_RELEASE, &release), 0))
			break;
	}
	return NULL;
}

/* How many there are, each of them once. */
static uint32_t take_each_once(int fd)
{
	static uint8_t seen[DMARING_BUFFERS_MAX];
	struct dmaring_frame frame;
	uint32_t taken = 0;

	while (taken < DMARING_BUFFERS_MAX && stream_take(fd, &frame, 1, 0) == 1) {
		if (!CHECK(!seen[frame.buffer]))
			break;
		seen[frame.buffer] = 1;
		taken++;
	}
	return taken;
}

TEST(each_buffer_waits_once)
{
	int fd = stream_open(O_RDWR);
	uint32_t buffers = stream_info(fd).buffers;
	pthread_t thread;

	REQUIRE_EQ(stream_attach(fd, DMARING_POLICY_LOSSLESS, 0, 0), 0);
	REQUIRE(!pthread_create(&thread, NULL, give_back_on, &fd));
	for (int round = 0; round < ROUNDS; round++) {
		REQUIRE_EQ(call(fd, DMARING_IOC_START, NULL), 0);
		REQUIRE_EQ(call(fd, DMARING_IOC_STOP, NULL), 0);
	}
	over = 1;
	REQUIRE(!pthread_join(thread, NULL));
	CHECK_EQ(play_stats(fd).held, buffers);
	CHECK_EQ(play_stats(fd).consumer_waiting, buffers);
	CHECK_EQ(take_each_once(fd), buffers);
	CHECK_EQ(play_stats(fd).consumer_held, buffers);
}

int main(void)
{
	return tap_run(play_prepare, NULL);
}
