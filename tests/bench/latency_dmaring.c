// SPDX-License-Identifier: MIT
/*
 * From the card's interrupt until the application has the frame's descriptor: asleep in
 * poll, in read, on an eventfd, in io_uring, or spinning on the shared ring.
 * Needs dmaring_edu with instant=1.
 *
 * usage: latency_dmaring [ns|busy]
 */
#define _GNU_SOURCE
#include <sys/eventfd.h>
#include <libdmaring.h>
#include <liburing.h>
#include "latency.h"
#include "stream.h"

static struct dmaring *library;
static struct dmaring_frame taken;
static int event;
static struct io_uring uring;

static void start(unsigned int flags)
{
	const struct dmaring_options options = { .size = sizeof(options), .flags = flags };

	latency_map();
	if (dmaring_open(card_node(), &options, &library) || dmaring_start(library))
		printf("# %s\n", dmaring_error());
	REQUIRE(library);
}

/* The library knows nothing of frames that it did not take. */
static void release_read_frame(void)
{
	REQUIRE_EQ(stream_give(dmaring_fd(library), &taken), 0);
}

static void release_frame(void)
{
	REQUIRE_EQ(dmaring_release(library, &taken), 0);
}

static void wait_in_poll(void)
{
	struct pollfd entry = { .fd = dmaring_fd(library), .events = POLLIN };

	REQUIRE_EQ(poll(&entry, 1, -1), 1);
	REQUIRE_EQ(dmaring_next(library, &taken, 0), 0);
}

static void wait_in_read(void)
{
	REQUIRE_EQ(read(dmaring_fd(library), &taken, sizeof(taken)), sizeof(taken));
}

static void wait_for_eventfd(void)
{
	uint64_t count;

	REQUIRE_EQ(read(event, &count, sizeof(count)), sizeof(count));
	REQUIRE_EQ(dmaring_next(library, &taken, 0), 0);
}

static void poll_by_io_uring(void)
{
	struct io_uring_sqe *entry = io_uring_get_sqe(&uring);
	struct io_uring_cqe *done;

	io_uring_prep_poll_add(entry, dmaring_fd(library), POLLIN);
	REQUIRE_EQ(io_uring_submit_and_wait(&uring, 1), 1);
	REQUIRE_EQ(io_uring_peek_cqe(&uring, &done), 0);
	io_uring_cqe_seen(&uring, done);
}

/* A wake-up for the frame before may end it, too: unlike poll(), it looks no second time. */
static void wait_in_io_uring(void)
{
	do
		poll_by_io_uring();
	while (dmaring_next(library, &taken, 0));
}

static void spin(void)
{
	while (dmaring_next(library, &taken, 0))
		;
}

TEST(poll_and_ring)
{
	static const struct latency_way way = { wait_in_poll, release_frame, 0 };

	start(0);
	latency_measure("dmaring poll", &way);
}

TEST(blocking_read)
{
	static const struct latency_way way = { wait_in_read, release_read_frame, 0 };

	start(DMARING_OPEN_NO_RING);
	latency_measure("dmaring read", &way);
}

TEST(eventfd_and_ring)
{
	static const struct latency_way way = { wait_for_eventfd, release_frame, 0 };

	start(0);
	event = eventfd(0, EFD_CLOEXEC);
	REQUIRE_EQ(dmaring_set_eventfd(library, event), 0);
	latency_measure("dmaring eventfd", &way);
}

TEST(io_uring_and_ring)
{
	static const struct latency_way way = { wait_in_io_uring, release_frame, 0 };

	start(0);
	REQUIRE_EQ(io_uring_queue_init(2, &uring, 0), 0);
	latency_measure("dmaring io_uring", &way);
}

TEST(spinning_on_the_ring)
{
	static const struct latency_way way = { spin, release_frame, 1 };

	start(0);
	latency_measure("dmaring spinning", &way);
}

int main(int argc, char **argv)
{
	latency_options(argc, argv);
	return tap_run(NULL, NULL);
}
