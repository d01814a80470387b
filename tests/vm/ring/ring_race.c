// SPDX-License-Identifier: MIT
/*
 * Threads of one consumer take from its ring, the library's functions and system calls
 * at the same time, while the kernel drops the oldest: a frame is taken by one of them
 * or dropped, never both.  What can come between two steps of the library, one after
 * the other, is in between_steps.c.
 *
 * usage: ring_race [FRAMES]
 */
#include <pthread.h>
#include <libdmaring.h>
#include "account.h"
#include "ring.h"
#include "virt.h"

#define BATCH		3
#define HELD_MAX	(WAYS - 1 + BATCH)
#define SEQUENCES	(1 << 22)

static unsigned int frames_wanted = 20000;

struct shared {
	struct dmaring *own;
	struct stream stream;	/* the same */
	struct ring ring;	/* the same */
	uint64_t first;		/* sequence */
	uint8_t *seen;		/* how often each was taken, by sequence from there */
	uint64_t taken;
};

/* --------------------------------------------- ways to take frames and to give them back */

static int read_one(const struct shared *shared, struct dmaring_frame *frames)
{
	return read(shared->stream.fd, frames, sizeof(*frames)) == sizeof(*frames);
}

static int give_through_ring(const struct shared *shared, const struct dmaring_frame *frames,
			     int count)
{
	(void)count;
	return ring_give(&shared->ring, frames);
}

static int dequeue_one(const struct shared *shared, struct dmaring_frame *frames)
{
	return stream_take(shared->stream.fd, frames, 1, MS);
}

static int give_by_ioctl(const struct shared *shared, const struct dmaring_frame *frames,
			 int count)
{
	(void)count;
	return stream_give(shared->stream.fd, frames);
}

static int next_one(const struct shared *shared, struct dmaring_frame *frames)
{
	return !dmaring_next(shared->own, frames, 0);
}

static int release_one(const struct shared *shared, const struct dmaring_frame *frames, int count)
{
	(void)count;
	return dmaring_release(shared->own, frames);
}

static int next_batch(const struct shared *shared, struct dmaring_frame *frames)
{
	return dmaring_next_batch(shared->own, frames, BATCH, 0);
}

static int release_batch(const struct shared *shared, const struct dmaring_frame *frames,
			 int count)
{
	return dmaring_release_batch(shared->own, frames, count);
}

/* Each has a thread. */
static const struct way {
	/* How many, or none or -errno. */
	int (*take)(const struct shared *shared, struct dmaring_frame *frames);
	int (*give)(const struct shared *shared, const struct dmaring_frame *frames, int count);
} ways[] = {
	{ read_one, give_through_ring },
	{ dequeue_one, give_by_ioctl },
	{ next_one, release_one },
	{ next_batch, release_batch },
};

#define WAYS		(sizeof(ways) / sizeof(*ways))

struct thread {
	struct shared *shared;
	const struct way *way;
};

static void look_at(struct shared *shared, const struct dmaring_frame *frame)
{
	uint64_t at = frame->sequence - shared->first;

	REQUIRE(at < SEQUENCES);
	/* Or the frame that is not taken keeps its buffer for ever. */
	REQUIRE_EQ(__atomic_fetch_add(&shared->seen[at], 1, __ATOMIC_RELAXED), 0);
	__atomic_fetch_add(&shared->taken, 1, __ATOMIC_RELAXED);
	capture_verify(&shared->stream, frame);
}

static void *take_and_give(void *argument)
{
	const struct thread *thread = argument;
	struct shared *shared = thread->shared;
	struct dmaring_frame frames[BATCH];

	while (__atomic_load_n(&shared->taken, __ATOMIC_RELAXED) < frames_wanted) {
		int taken = thread->way->take(shared, frames);

		for (int i = 0; i < taken; i++)
			look_at(shared, &frames[i]);
		if (taken > 0)
			CHECK_EQ(thread->way->give(shared, frames, taken), 0);
	}
	return NULL;
}

static void race(unsigned int rate, const struct dmaring_options *options)
{
	struct shared shared = { 0 };
	struct thread threads[WAYS];
	pthread_t ids[WAYS];
	struct dmaring_stats stats;
	uint64_t bad;

	virt_set("rate", rate);
	REQUIRE_EQ(dmaring_open(card_node(), options, &shared.own), 0);
	shared.stream.fd = dmaring_fd(shared.own);
	shared.stream.info = stream_info(shared.stream.fd);
	capture_map(&shared.stream);
	shared.ring = ring_open(shared.stream.fd);
	bad = stream_stats(shared.stream.fd).bad_releases;
	shared.seen = mmap(NULL, SEQUENCES, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	REQUIRE(shared.seen != MAP_FAILED);
	REQUIRE_EQ(dmaring_start(shared.own), 0);
	shared.first = account_open(shared.stream.fd).next_sequence;
	for (size_t i = 0; i < WAYS; i++) {
		threads[i] = (struct thread) { &shared, &ways[i] };
		REQUIRE(!pthread_create(&ids[i], NULL, take_and_give, &threads[i]));
	}
	for (size_t i = 0; i < WAYS; i++)
		pthread_join(ids[i], NULL);
	REQUIRE_EQ(dmaring_stop(shared.own), 0);
	CHECK_EQ(call(shared.stream.fd, DMARING_IOC_KICK, NULL), 0);
	stats = stream_stats(shared.stream.fd);
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

TEST(a_recorder) { race(10000, NULL); }

/* The kernel is after the same frame as the threads, most of the time. */
static void race_for_the_latest(uint32_t depth)
{
	const struct dmaring_options viewer = {
		.size = sizeof(viewer),
		.flags = DMARING_OPEN_READ_ONLY,
		.depth = depth,
		.max_held = HELD_MAX,
	};

	race(20000, &viewer);
}

TEST(a_viewer_of_one_frame) { race_for_the_latest(1); }
TEST(a_viewer_of_a_few_frames) { race_for_the_latest(3); }

int main(int argc, char **argv)
{
	if (argc > 1)
		frames_wanted = atoi(argv[1]);
	return tap_run(virt_prepare, virt_is_healthy);
}
