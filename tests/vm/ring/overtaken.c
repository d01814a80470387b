// SPDX-License-Identifier: MIT
/*
 * Who looks at its queue can be kept from running at any instruction, for so long that
 * more frames are published and dropped than the ring has slots.  That is no nonsense
 * in its ring: nothing may answer EPROTO.
 *
 * usage: overtaken [LOOKS [FRAMES-PER-SECOND]]
 */
#include <libdmaring.h>
#include <pthread.h>
#include <sched.h>
#include "virt.h"

#define PAUSE_NS	500000		/* that others run, and then nobody */
#define GRAB_NS		400000		/* some ticks of the source */

static int looks = 300000, rate = 1000000;
static int done;

/* At a priority above all others, again and again. */
static void *keep_from_running(void *unused)
{
	struct timespec pause = { .tv_nsec = PAUSE_NS };
	long long until;

	(void)unused;
	while (!__atomic_load_n(&done, __ATOMIC_RELAXED)) {
		/* Another instruction each time. */
		pause.tv_nsec = PAUSE_NS + pause.tv_nsec % 97 * 31 + 2;
		nanosleep(&pause, NULL);
		until = now_ns() + GRAB_NS;
		while (now_ns() < until)
			;
	}
	return NULL;
}

static pthread_t start_first_priority(void)
{
	struct sched_param first = { .sched_priority = 1 };
	pthread_attr_t attributes;
	pthread_t thread;

	REQUIRE(!pthread_attr_init(&attributes));
	REQUIRE(!pthread_attr_setinheritsched(&attributes, PTHREAD_EXPLICIT_SCHED));
	REQUIRE(!pthread_attr_setschedpolicy(&attributes, SCHED_FIFO));
	REQUIRE(!pthread_attr_setschedparam(&attributes, &first));
	REQUIRE(!pthread_create(&thread, &attributes, keep_from_running, NULL));
	return thread;
}

static int poll_once(int fd)
{
	short events = stream_poll(fd, 0);

	return events & POLLERR ? -EPROTO : 0;
}

static int take_once(int fd)
{
	struct dmaring_frame frame;
	int taken = stream_take(fd, &frame, 1, 0);

	return taken == 1 ? stream_give(fd, &frame) : taken == -EAGAIN ? 0 : taken;
}

/* Without a system call: here it is the library that must see that it was overtaken. */
static struct dmaring *library;
static uint64_t next_sequence;

static int next_once(int fd)
{
	struct dmaring_frame frame;
	int error = dmaring_next(library, &frame, 0);

	(void)fd;
	if (error)
		return error == -EAGAIN ? 0 : error;
	/* One that was dropped is older, or its release is a bad one. */
	if (!CHECK(frame.sequence >= next_sequence))
		return -ESTALE;
	next_sequence = frame.sequence + 1;
	return dmaring_release(library, &frame);
}

static void is_overtaken(int (*look)(int fd), int fd)
{
	pthread_t thread;
	int wrong = 0;

	thread = start_first_priority();
	for (int i = 0; i < looks && !wrong; i++)
		wrong = look(fd);
	__atomic_store_n(&done, 1, __ATOMIC_RELAXED);
	REQUIRE(!pthread_join(thread, NULL));
	CHECK_EQ(wrong, 0);
}

static int viewer_of_one(void)
{
	virt_set("rate", rate);
	return viewer_start(1, 1).fd;
}

TEST(in_poll) { is_overtaken(poll_once, viewer_of_one()); }
TEST(in_dequeue) { is_overtaken(take_once, viewer_of_one()); }

TEST(in_the_library)
{
	const struct dmaring_options viewer = {
		.size = sizeof(viewer), .flags = DMARING_OPEN_READ_ONLY,
	};
	uint64_t bad;

	virt_set("rate", rate);
	REQUIRE_EQ(dmaring_open(card_node(), &viewer, &library), 0);
	bad = stream_stats(dmaring_fd(library)).bad_releases;
	REQUIRE_EQ(dmaring_start(library), 0);
	is_overtaken(next_once, dmaring_fd(library));
	CHECK_EQ(call(dmaring_fd(library), DMARING_IOC_KICK, NULL), 0);
	CHECK_EQ(stream_stats(dmaring_fd(library)).bad_releases, bad);
	CHECK_EQ(stream_stats(dmaring_fd(library)).consumer_held, 0);
	CHECK(next_sequence > 0);
}

int main(int argc, char **argv)
{
	if (argc > 1)
		looks = atoi(argv[1]);
	if (argc > 2)
		rate = atoi(argv[2]);
	return tap_run(virt_prepare, virt_is_healthy);
}
