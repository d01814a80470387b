// SPDX-License-Identifier: MIT
/*
 * From the card's interrupt until the application has the frame's descriptor: asleep in
 * poll, in read, on an eventfd, or spinning on the shared ring.
 * Needs dmaring_edu with instant=1.
 *
 * usage: latency_dmaring [ns]
 */
#define _GNU_SOURCE
#include <sys/eventfd.h>
#include <libdmaring.h>
#include "latency.h"
#include "stream.h"

static struct dmaring *library;
static struct dmaring_frame taken;
static int event;

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

TEST(spinning_on_the_ring)
{
	static const struct latency_way way = { spin, release_frame, 1 };

	start(0);
	latency_measure("dmaring spinning", &way);
}

int main(int argc, char **argv)
{
	price_options(argc, argv);
	return tap_run(NULL, NULL);
}
