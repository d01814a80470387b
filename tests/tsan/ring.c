// SPDX-License-Identifier: MIT
/*
 * The library's ring, to be looked at by ThreadSanitizer: threads take and release
 * frames against one that plays the kernel and drops the oldest as it does.  Buffers,
 * slots and entries must be handed over, back and forth, without a data race.
 *
 * The sanitizer knows what C promises of the orders, whatever this processor does, but
 * it runs on this processor: what must not be delayed (D, and the tail before the
 * head) is for tests/model to find out.
 *
 * usage: ring TAKERS DEPTH [WEAKNESS]	DEPTH is that of LATEST, 0 for LOSSLESS
 *	  ring probe			does the sanitizer run?
 *
 * A WEAKNESS is a barrier to go without, by its letter in linux/dmaring.h, or one of
 * the other rules to break; then the sanitizer has to find a race.
 */
#define _GNU_SOURCE
#include <linux/dmaring.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUFFERS		8
#define TAKERS_MAX	3
#define FRAMES		40000
#define HELD_MAX	2	/* by each thread; the others are left for the "card" */
#define FLAG_EVERY	5	/* frames, one with DISCONTINUITY */
#define DAWDLE_EVERY	61	/* frames, one is kept while all others go round */
#define BREAK_EVERY	997	/* atomic loads of the library, one takes as long */
#define PATIENCE	1000	/* so often it looks whether they have */
#define WAIT_EVERY	100	/* frames, the kernel waits for a sign of each user */
#define NOT_SANITIZED	77	/* exit status */

/* Each is 0 or 1. */
static struct weak {
	int A, B, C;		/* the library's */
	int claim;
	int a, b, c;		/* the kernel's */
	int slot;		/* write slots as if nobody could be copying them */
	int steal;		/* drop the oldest without asking whether it was taken */
	int reuse;		/* write buffers again that are not released */
} weak;

static void take_a_break(void);

/*
 * The library's own barriers, weakened when that is wanted.  Each of these is the only
 * one of its kind and order in barrier.h.
 */
#define __atomic_load_n(from, order)						\
	(take_a_break(), (order) == __ATOMIC_ACQUIRE && weak.A ?				\
		 __atomic_load_n(from, __ATOMIC_RELAXED) : __atomic_load_n(from, order))
#define __atomic_store_n(to, value, order)					\
	((order) == __ATOMIC_RELEASE && weak.C ?				\
		 __atomic_store_n(to, value, __ATOMIC_RELAXED) :		\
		 __atomic_store_n(to, value, order))
#define __atomic_exchange_n(to, value, order)					\
	(weak.C ? __atomic_exchange_n(to, value, __ATOMIC_RELAXED) :		\
		  __atomic_exchange_n(to, value, order))
#define __atomic_compare_exchange_n(to, from, value, may_fail, order, failed)	\
	(weak.B ? __atomic_compare_exchange_n(to, from, value, may_fail,	\
					      __ATOMIC_RELAXED, __ATOMIC_RELAXED) : \
		  __atomic_compare_exchange_n(to, from, value, may_fail, order, failed))
#define __atomic_fetch_add(to, value, order)					\
	(weak.claim ? __atomic_fetch_add(to, value, __ATOMIC_RELAXED) :		\
		      __atomic_fetch_add(to, value, order))

#include "../../userlib/src/error.c"
#include "../../userlib/src/frame.c"
#include "../../userlib/src/ioctl.c"

#undef __atomic_load_n
#undef __atomic_store_n
#undef __atomic_exchange_n
#undef __atomic_compare_exchange_n
#undef __atomic_fetch_add

static bool failed;

/* Not its end: a weakness is for the sanitizer to find. */
static void check(bool is, const char *what)
{
	if (!is && !__atomic_exchange_n(&failed, true, __ATOMIC_RELAXED))
		printf("not so: %s\n", what);
}

#define CHECK(is) check(is, #is)

/* ------------------------------------------------------------------ the kernel */

static struct {
	struct dmaring_ring_header header;
	struct dmaring_frame frames[BUFFERS];
	struct dmaring_ring_release releases[BUFFERS];
	uint64_t content[BUFFERS];	/* the buffers themselves */

	/* Where no user can reach. */
	uint64_t cookies[BUFFERS];	/* of frames that are out, else 0 */
	uint32_t order[BUFFERS];
	bool was_stolen[BUFFERS];	/* slots; else what was in them was taken */
	uint32_t head, tail, released;
	uint64_t produced, delivered, dropped, bad_releases;
	uint32_t depth;
	bool alone;			/* one thread takes */
	bool flag_next;			/* what was dropped said so, and none came after */
} kernel __attribute__((aligned(DMARING_CACHE_LINE)));

static bool over;

/*
 * Signs that users are at it, or a processor that stands still for a while could keep
 * them from all frames, and all would seem to be well.  Relaxed, as everything here
 * that is no part of the ring: nobody shall learn from it what others have done.
 */
static unsigned int signs[TAKERS_MAX];
static _Thread_local unsigned int *own_sign;
static int takers;

static void give_sign(void)
{
	__atomic_fetch_add(own_sign, 1, __ATOMIC_RELAXED);
}

/* Two, so that there was a whole round from one to the other. */
static void wait_for_signs(void)
{
	for (int i = 0; i < takers; i++) {
		unsigned int before = __atomic_load_n(&signs[i], __ATOMIC_RELAXED);

		while (__atomic_load_n(&signs[i], __ATOMIC_RELAXED) - before < 2)
			sched_yield();
	}
}

static uint64_t produced(void)
{
	return __atomic_load_n(&kernel.produced, __ATOMIC_RELAXED);
}

/* Look at nothing while every slot and every entry is used again. */
static void dawdle(void)
{
	uint64_t until = produced() + 3 * BUFFERS;

	if (kernel.alone && !kernel.depth)
		return;		/* nobody else would use them */
	for (int i = 0; produced() < until && i < PATIENCE; i++) {
		give_sign();
		sched_yield();
	}
}

/* In the library, for one in the middle of a copy. */
static void take_a_break(void)
{
	static _Thread_local unsigned int loads;

	if (++loads % BREAK_EVERY == 0)
		dawdle();
}

/* The users shall get some of the frames, and at times the one it wants to drop. */
static void hesitate(void)
{
	static unsigned int random = 1;

	random = random * 1103515245 + 12345;
	if (random >> 16 & 7)
		for (unsigned int i = random >> 20 & 255; i > 0; i--)
			__atomic_signal_fence(__ATOMIC_SEQ_CST);
	else
		sched_yield();
}

/* What a user has taken, and no longer reads in its slot. */
static void sync_tail(void)
{
	uint32_t *from = &kernel.header.frames_tail;
	uint32_t tail = weak.b ? __atomic_load_n(from, __ATOMIC_RELAXED) :
				 __atomic_load_n(from, __ATOMIC_ACQUIRE);

	for (; kernel.tail != tail; kernel.tail++) {
		kernel.was_stolen[kernel.tail % BUFFERS] = false;
		kernel.delivered++;
	}
}

static bool move_tail(uint32_t from)
{
	uint32_t *tail = &kernel.header.frames_tail;

	if (weak.steal) {
		__atomic_store_n(tail, from + 1, __ATOMIC_RELEASE);
		return true;
	}
	if (weak.b)
		return __atomic_compare_exchange_n(tail, &from, from + 1, false,
						   __ATOMIC_RELAXED, __ATOMIC_RELAXED);
	return __atomic_compare_exchange_n(tail, &from, from + 1, false,
					   __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

static void reap(void)
{
	for (;;) {
		struct dmaring_ring_release *release =
			&kernel.releases[kernel.released % BUFFERS];
		uint32_t turn = weak.c ? __atomic_load_n(&release->turn, __ATOMIC_RELAXED) :
					 __atomic_load_n(&release->turn, __ATOMIC_ACQUIRE);
		uint64_t *held;

		if (turn != kernel.released + 1)
			return;
		held = &kernel.cookies[release->cookie % BUFFERS];
		kernel.bad_releases += !*held || *held != release->cookie;
		*held = 0;
		kernel.released++;
		__atomic_store_n(&kernel.header.releases_tail, kernel.released,
				 __ATOMIC_RELEASE);
	}
}

/* The frame after the one that is being dropped has to say what that one said. */
static void hand_on_discontinuity(void)
{
	uint32_t flag = kernel.frames[kernel.tail % BUFFERS].flags & DMARING_FRAME_DISCONTINUITY;

	if (kernel.head - kernel.tail > 1)
		__atomic_fetch_or(&kernel.frames[(kernel.tail + 1) % BUFFERS].flags, flag,
				  __ATOMIC_RELAXED);
	else
		kernel.flag_next |= flag;
}

static void drop_oldest(void)
{
	uint32_t slot = kernel.tail % BUFFERS;

	hand_on_discontinuity();
	if (!move_tail(kernel.tail))
		return;
	kernel.cookies[kernel.order[slot]] = 0;
	kernel.was_stolen[slot] = true;
	kernel.tail++;
	kernel.dropped++;
}

/*
 * Somebody may still be copying what was there, and will throw it away, if it was
 * dropped, or taken and there is another thread.  Otherwise nobody may.
 */
static void write_slot(uint32_t slot, const struct dmaring_frame *frame)
{
	typedef uint64_t __attribute__((may_alias)) word;
	word *to = (word *)&kernel.frames[slot];

	if (weak.slot || (kernel.alone && !kernel.was_stolen[slot])) {
		kernel.frames[slot] = *frame;
		return;
	}
	for (size_t i = 0; i < sizeof(*frame) / sizeof(word); i++)
		__atomic_store_n(&to[i], ((const word *)frame)[i], __ATOMIC_RELAXED);
}

static bool is_flagged(uint64_t sequence)
{
	return sequence % FLAG_EVERY == 0;
}

static void publish(uint32_t buffer)
{
	uint64_t sequence = kernel.produced;
	bool flag = kernel.flag_next || is_flagged(sequence);
	struct dmaring_frame frame = {
		.cookie = (sequence + 1) * BUFFERS + buffer,
		.sequence = sequence,
		.overruns_total = ~sequence,	/* at both ends, of two frames or of one */
		.buffer = buffer,
		.flags = flag ? DMARING_FRAME_DISCONTINUITY : 0,
		.hw_meta = sequence,
	};

	kernel.flag_next = false;
	kernel.content[buffer] = sequence;
	kernel.cookies[buffer] = frame.cookie;
	kernel.order[kernel.head % BUFFERS] = buffer;
	write_slot(kernel.head % BUFFERS, &frame);
	kernel.head++;
	if (weak.a)
		__atomic_store_n(&kernel.header.frames_head, kernel.head, __ATOMIC_RELAXED);
	else
		__atomic_store_n(&kernel.header.frames_head, kernel.head, __ATOMIC_RELEASE);
	__atomic_store_n(&kernel.produced, sequence + 1, __ATOMIC_RELAXED);
	if (kernel.produced % WAIT_EVERY == 0)
		wait_for_signs();
}

/* One that nobody has, if there is one; else BUFFERS. */
static uint32_t find_idle(void)
{
	uint32_t first = kernel.produced % BUFFERS;

	if (weak.reuse && kernel.head - kernel.tail < BUFFERS)
		return first;
	for (uint32_t i = 0; i < BUFFERS; i++)
		if (!kernel.cookies[(first + i) % BUFFERS])
			return (first + i) % BUFFERS;
	return BUFFERS;
}

static void *run_kernel(void *argument)
{
	while (kernel.produced < FRAMES) {
		uint32_t buffer;

		reap();
		sync_tail();
		buffer = find_idle();
		if (kernel.depth)
			hesitate();
		if (kernel.depth && kernel.head - kernel.tail >= kernel.depth)
			drop_oldest();
		else if (buffer == BUFFERS)
			sched_yield();
		else
			publish(buffer);
	}
	while (kernel.tail != kernel.head) {
		sync_tail();
		sched_yield();
	}
	__atomic_store_n(&over, true, __ATOMIC_RELEASE);
	return argument;
}

/* ------------------------------------------------------------------- the users */

static struct dmaring stream = { .fd = -1, .device = "none" };
static uint8_t seen[FRAMES];	/* how often each frame was taken */

static void open_stream(void)
{
	static struct buffer_map maps[BUFFERS];

	stream.maps = maps;
	stream.mapped = BUFFERS;
	stream.in_ring = BUFFERS;
	stream.ring = &kernel.header;
	stream.ring_bytes = sizeof(kernel);
	stream.frames = kernel.frames;
	stream.frame_mask = BUFFERS - 1;
	stream.releases = kernel.releases;
	stream.release_mask = BUFFERS - 1;
}

static void look_at(const struct dmaring_frame *frame)
{
	CHECK(frame->sequence < FRAMES);
	CHECK(frame->cookie == (frame->sequence + 1) * BUFFERS + frame->buffer);
	CHECK(frame->overruns_total == ~frame->sequence);
	CHECK(frame->hw_meta == frame->sequence);
	CHECK(kernel.content[frame->buffer % BUFFERS] == frame->sequence);
	CHECK(__atomic_fetch_add(&seen[frame->sequence % FRAMES], 1, __ATOMIC_RELAXED) == 0);
}

/* It says so if it should, or one should that is missing before it. */
static void look_at_flag(const struct dmaring_frame *frame, uint64_t *next)
{
	bool flag = false;

	for (; kernel.alone && *next <= frame->sequence; ++*next)
		flag |= is_flagged(*next);
	CHECK(!flag || frame->flags & DMARING_FRAME_DISCONTINUITY);
}

static void *take_one_by_one(void *argument)
{
	struct dmaring_frame held[HELD_MAX];
	uint64_t next = 0, taken = 0;
	uint32_t count = 0;

	own_sign = argument;
	while (!__atomic_load_n(&over, __ATOMIC_ACQUIRE)) {
		give_sign();
		if (dmaring_next(&stream, &held[count], 0)) {
			sched_yield();
		} else {
			look_at(&held[count]);
			look_at_flag(&held[count++], &next);
			if (++taken % DAWDLE_EVERY == 0)
				dawdle();
		}
		/* The one taken first is released last. */
		while (count == HELD_MAX || (count && held[0].sequence % 3))
			CHECK(!dmaring_release(&stream, &held[--count]));
	}
	return argument;
}

static void *take_in_batches(void *argument)
{
	struct dmaring_frame frames[HELD_MAX];

	own_sign = argument;
	while (!__atomic_load_n(&over, __ATOMIC_ACQUIRE)) {
		int taken = dmaring_next_batch(&stream, frames, HELD_MAX, 0);

		give_sign();
		for (int i = 0; i < taken; i++)
			look_at(&frames[i]);
		if (taken > 0)
			CHECK(!dmaring_release_batch(&stream, frames, taken));
		else
			sched_yield();
	}
	return argument;
}

static void run(void)
{
	pthread_t threads[TAKERS_MAX + 1];
	uint64_t taken = 0;

	pthread_create(&threads[0], NULL, run_kernel, NULL);
	for (int i = 1; i <= takers; i++)
		pthread_create(&threads[i], NULL, i % 2 ? take_one_by_one : take_in_batches,
			       &signs[i - 1]);
	for (int i = 0; i <= takers; i++)
		pthread_join(threads[i], NULL);
	for (int i = 0; i < FRAMES; i++)
		taken += seen[i];
	CHECK(taken == kernel.delivered);
	CHECK(kernel.delivered + kernel.dropped == FRAMES);
	CHECK(!kernel.bad_releases);
	printf("%llu taken, %llu dropped\n", (unsigned long long)taken,
	       (unsigned long long)kernel.dropped);
}

/* --------------------------------------------------------------------- weakness */

static int *find_weakness(const char *name)
{
	static const struct {
		const char *name;
		int *weak;
	} rows[] = {
		{ "A", &weak.A }, { "B", &weak.B }, { "C", &weak.C }, { "claim", &weak.claim },
		{ "a", &weak.a }, { "b", &weak.b }, { "c", &weak.c }, { "slot", &weak.slot },
		{ "steal", &weak.steal }, { "reuse", &weak.reuse },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (!strcmp(name, rows[i].name))
			return rows[i].weak;
	return NULL;
}

int main(int argc, char **argv)
{
	int *weakness;

#ifndef SANITIZE_THREAD
	puts("built without ThreadSanitizer, which the compiler does not have");
	return NOT_SANITIZED;
#endif
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc == 2 && !strcmp(argv[1], "probe"))
		return 0;
	takers = argc > 2 ? atoi(argv[1]) : 0;
	weakness = argc > 3 ? find_weakness(argv[3]) : &(int){ 0 };
	if (takers < 1 || takers > TAKERS_MAX || !weakness)
		return 2;
	*weakness = 1;
	kernel.depth = atoi(argv[2]);
	kernel.alone = takers == 1;
	open_stream();
	run();
	return failed;
}
