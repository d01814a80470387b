// SPDX-License-Identifier: MIT
/*
 * The driver is unbound while threads and processes map, touch, open, read and
 * fork as fast as they can.  After unbind has returned, no touch may succeed.
 *
 * usage: removal_race [ROUNDS]
 */
#define _GNU_SOURCE
#include <libdmaring.h>
#include <pthread.h>
#include "gone.h"

#define THREADS		3

static int rounds = 6;

static int gone_fd;
static uint64_t stride;
static uint32_t buffers;

/* Shared with child processes: 1 once the card is unbound, 2 to make them end. */
static volatile int *phase;

static void new_round(void)
{
	struct stream stream = capture_start();

	gone_fd = stream.fd;
	stride = stream.info.buffer_stride;
	buffers = stream.info.buffers;
	if (!phase)
		phase = mmap(NULL, sizeof(*phase), PROT_READ | PROT_WRITE,
			     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	REQUIRE(phase != MAP_FAILED);
	*phase = 0;
}

/* Maps and touches until the card is gone. */
static void *map_and_touch(void *argument)
{
	long maps = 0;

	(void)argument;
	for (;; maps++) {
		uint64_t index = maps % buffers;
		int unbound_before = *phase;
		uint8_t *map = mmap(NULL, stride, PROT_READ, MAP_SHARED, gone_fd, index * stride);
		int first, last;

		if (map == MAP_FAILED) {
			CHECK_EQ(errno, ENODEV);
			return NULL;
		}
		CHECK(!unbound_before);
		unbound_before = *phase;
		first = gone_touch(map);
		last = gone_touch(map + stride - page_bytes());
		CHECK(!unbound_before || (first < 0 && last < 0));
		if (maps % 3)
			munmap(map, stride);
		else if (maps > 3000)
			return NULL;	/* enough mappings left behind */
	}
}

/* Keeps old mappings and touches them until they are gone. */
static void *touch_old(void *argument)
{
	uint8_t *map = mmap(NULL, stride, PROT_READ, MAP_SHARED, gone_fd, 0);

	(void)argument;
	if (map == MAP_FAILED)
		return NULL;
	for (int unbound_before = 0;;) {
		int byte = gone_touch(map + page_bytes() % stride);

		if (byte < 0)
			break;
		REQUIRE(!unbound_before);
		unbound_before = *phase;
	}
	munmap(map, stride);
	return NULL;
}

/* A mapping that moves all the time is cut, too. */
static void *move_and_touch(void *argument)
{
	/* Each thread moves it between two places of its own, where nobody else maps. */
	static int threads;
	int thread = __atomic_fetch_add(&threads, 1, __ATOMIC_SEQ_CST);
	uint8_t *places = (uint8_t *)(0x200000000000 + 2 * thread * stride);
	uint8_t *map = mmap(NULL, stride, PROT_READ, MAP_SHARED, gone_fd, stride);

	(void)argument;
	if (map == MAP_FAILED)
		return NULL;
	for (int round = 0, unbound_before = 0;; round++) {
		map = mremap(map, stride, stride, MREMAP_MAYMOVE | MREMAP_FIXED,
			     places + round % 2 * stride);
		REQUIRE(map != MAP_FAILED);
		if (gone_touch(map + stride - 1) < 0)
			break;
		REQUIRE(!unbound_before);
		unbound_before = *phase;
	}
	munmap(map, stride);
	return NULL;
}

/* The library maps and touches all buffers: it must not die of the card's going. */
static void *open_by_library(void *argument)
{
	struct dmaring_options options = {
		.size = sizeof(options),
		.flags = DMARING_OPEN_READ_ONLY,
	};
	struct dmaring *stream;

	(void)argument;
	while (!*phase)
		if (!dmaring_open(card_node(), &options, &stream))
			dmaring_close(stream);
	return NULL;
}

static void *open_and_ask(void *argument)
{
	(void)argument;
	while (!*phase) {
		int fd = open(card_node(), O_RDWR | O_CLOEXEC);
		struct dmaring_info info = info_argument();
		struct dmaring_stats stats = stats_argument();

		if (fd < 0)
			continue;
		call(fd, DMARING_IOC_INFO, &info);
		stream_attach(fd, DMARING_POLICY_LATEST, 1, 1);
		call(fd, DMARING_IOC_STATS, &stats);
		stream_poll(fd, 0);
		close(fd);
	}
	return NULL;
}

static void *take_and_give(void *argument)
{
	struct dmaring_frame frame;

	(void)argument;
	while (read(gone_fd, &frame, sizeof(frame)) == sizeof(frame))
		if (stream_give(gone_fd, &frame))
			break;
	return NULL;
}

static void *start_and_stop(void *argument)
{
	(void)argument;
	while (call(gone_fd, DMARING_IOC_STOP, NULL) != -ENODEV)
		call(gone_fd, DMARING_IOC_START, NULL);
	return NULL;
}

static void *fork_and_exit(void *argument)
{
	(void)argument;
	while (!*phase) {
		pid_t pid = fork();

		if (!pid)
			_exit(0);
		waitpid(pid, NULL, 0);
	}
	return NULL;
}

static void race(void *(*run)(void *))
{
	for (int round = 0; round < rounds; round++) {
		pthread_t threads[THREADS];

		new_round();
		for (int i = 0; i < THREADS; i++)
			REQUIRE(!pthread_create(&threads[i], NULL, run, NULL));
		usleep(1000 + round * 7919);
		gone_unbind();
		*phase = 1;
		for (int i = 0; i < THREADS; i++)
			pthread_join(threads[i], NULL);
		close(gone_fd);
		REQUIRE_EQ(card_bind(gone_address), 0);
	}
}

TEST(mmap_munmap) { race(map_and_touch); }
TEST(touch) { race(touch_old); }
TEST(mremap_touch) { race(move_and_touch); }
TEST(library_open) { race(open_by_library); }
TEST(open_close) { race(open_and_ask); }
TEST(read_release) { race(take_and_give); }
TEST(start_stop) { race(start_and_stop); }
TEST(fork_exit) { race(fork_and_exit); }

TEST(mmap_munmap_in_other_processes)
{
	for (int round = 0; round < rounds; round++) {
		pid_t pids[THREADS];
		int status;

		new_round();
		for (int i = 0; i < THREADS; i++) {
			pids[i] = fork();
			if (!pids[i]) {
				map_and_touch(NULL);
				_exit(0);
			}
		}
		usleep(1000 + round * 7919);
		gone_unbind();
		*phase = 1;
		for (int i = 0; i < THREADS; i++) {
			REQUIRE_EQ(waitpid(pids[i], &status, 0), pids[i]);
			CHECK_EQ(status, 0);
		}
		close(gone_fd);
		REQUIRE_EQ(card_bind(gone_address), 0);
	}
}

TEST(everything_at_once)
{
	static void *(*const all[])(void *) = {
		map_and_touch, touch_old, open_and_ask, take_and_give, fork_and_exit,
	};
	enum { COUNT = sizeof(all) / sizeof(*all) };

	for (int round = 0; round < rounds; round++) {
		pthread_t threads[COUNT];

		new_round();
		for (int i = 0; i < COUNT; i++)
			REQUIRE(!pthread_create(&threads[i], NULL, all[i], NULL));
		usleep(1000 + round * 3989);
		gone_unbind();
		*phase = 1;
		for (int i = 0; i < COUNT; i++)
			pthread_join(threads[i], NULL);
		close(gone_fd);
		REQUIRE_EQ(card_bind(gone_address), 0);
	}
}

int main(int argc, char **argv)
{
	if (argc > 1)
		rounds = atoi(argv[1]);
	return tap_run(gone_prepare, gone_bind_again);
}
