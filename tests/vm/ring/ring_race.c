// SPDX-License-Identifier: MIT
/*
 * Threads of one consumer take from its ring, with and without the kernel, while the
 * kernel drops the oldest: a frame is taken by one of them or dropped, never both.
 *
 * usage: ring_race [FRAMES]
 */
#include <pthread.h>
#include "account.h"
#include "ring.h"
#include "virt.h"

#define THREADS		4
#define SEQUENCES	(1 << 22)

static unsigned int frames = 20000;

struct shared {
	struct stream stream;
	struct ring ring;
	uint64_t first;		/* sequence */
	uint8_t *seen;		/* how often each was taken, by sequence from there */
	uint64_t taken;
};

static int take_in_some_way(const struct shared *shared, struct dmaring_frame *frame, int way)
{
	switch (way) {
	case 0:
		return read(shared->stream.fd, frame, sizeof(*frame)) == sizeof(*frame);
	case 1:
		return stream_take(shared->stream.fd, frame, 1, MS) == 1;
	default:
		return ring_next(&shared->ring, frame);
	}
}

struct thread {
	struct shared *shared;
	int number;
};

static void *take_and_give(void *argument)
{
	const struct thread *thread = argument;
	struct shared *shared = thread->shared;
	struct dmaring_frame frame;

	while (__atomic_load_n(&shared->taken, __ATOMIC_RELAXED) < frames) {
		uint64_t at;

		if (!take_in_some_way(shared, &frame, thread->number))
			continue;
		at = frame.sequence - shared->first;
		REQUIRE(at < SEQUENCES);
		/* Or the frame that is not taken keeps its buffer for ever. */
		REQUIRE_EQ(__atomic_fetch_add(&shared->seen[at], 1, __ATOMIC_RELAXED), 0);
		__atomic_fetch_add(&shared->taken, 1, __ATOMIC_RELAXED);
		capture_verify(&shared->stream, &frame);
		if (thread->number % 2)
			CHECK_EQ(stream_give(shared->stream.fd, &frame), 0);
		else
			CHECK_EQ(ring_give(&shared->ring, &frame), 0);
	}
	return NULL;
}

static void race(struct stream stream)
{
	struct shared shared = { .stream = stream, .ring = ring_open(stream.fd) };
	struct thread threads[THREADS];
	pthread_t ids[THREADS];
	struct dmaring_stats stats;
	uint64_t bad = stream_stats(stream.fd).bad_releases;

	shared.seen = mmap(NULL, SEQUENCES, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	REQUIRE(shared.seen != MAP_FAILED);
	REQUIRE_EQ(call(stream.fd, DMARING_IOC_START, NULL), 0);
	shared.first = account_open(stream.fd).next_sequence;
	for (int i = 0; i < THREADS; i++) {
		threads[i] = (struct thread) { &shared, i };
		REQUIRE(!pthread_create(&ids[i], NULL, take_and_give, &threads[i]));
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(ids[i], NULL);
	REQUIRE_EQ(call(stream.fd, DMARING_IOC_STOP, NULL), 0);
	CHECK_EQ(call(stream.fd, DMARING_IOC_KICK, NULL), 0);
	stats = stream_stats(stream.fd);
	for (uint64_t at = 0; at < SEQUENCES; at++)
		REQUIRE(shared.seen[at] <= 1);
	printf("# %llu taken, %llu dropped, %llu overruns\n",
	       (unsigned long long)stats.consumer_delivered,
	       (unsigned long long)stats.consumer_dropped,
	       (unsigned long long)stats.consumer_overruns);
	CHECK_EQ(stats.consumer_delivered, shared.taken);
	CHECK_EQ(stats.consumer_held, 0);
	CHECK_EQ(stats.bad_releases, bad);
}

TEST(a_recorder)
{
	struct stream stream = { .fd = stream_open(O_RDWR) };

	virt_set("rate", 10000);
	stream.info = stream_info(stream.fd);
	REQUIRE_EQ(stream_attach(stream.fd, DMARING_POLICY_LOSSLESS, 0, 0), 0);
	capture_map(&stream);
	race(stream);
}

/* The kernel is after the same frame as the threads, most of the time. */
static void race_for_the_latest(uint32_t depth)
{
	virt_set("rate", 20000);
	race(viewer_attach(depth, THREADS));
}

TEST(a_viewer_of_one_frame) { race_for_the_latest(1); }
TEST(a_viewer_of_a_few_frames) { race_for_the_latest(3); }

int main(int argc, char **argv)
{
	if (argc > 1)
		frames = atoi(argv[1]);
	return tap_run(virt_prepare, virt_is_healthy);
}
