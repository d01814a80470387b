// SPDX-License-Identifier: MIT
/* The shared ring, seen from the library: frames without a system call. */
#include "fake_kernel.h"

#include <libdmaring.h>
#include <pthread.h>
#include "now.h"
#include "tap.h"

static struct dmaring *stream;

static void open_stream(void)
{
	fake_reset();
	fake_offer_ring();
	REQUIRE_EQ(dmaring_open(FAKE_DEVICE, NULL, &stream), 0);
	REQUIRE(fake.ring);
	fake.steps = 0;
}

static void begin_at(uint32_t index)
{
	struct dmaring_ring_header *header = &fake.ring->header;

	header->frames_head = index;
	header->frames_tail = index;
	header->releases_head = index;
	header->releases_tail = index;
}

static void take(uint64_t sequence)
{
	struct dmaring_frame frame;

	REQUIRE_EQ(dmaring_next(stream, &frame, -1), 0);
	CHECK_EQ(frame.sequence, sequence);
	CHECK_EQ(frame.cookie, 0x100 + sequence);
}

/* ---------------------------------------------------------------------- frames */

TEST(a_frame_is_taken_and_released_without_a_system_call)
{
	struct dmaring_frame frame;

	fake_publish(41);
	CHECK_EQ(dmaring_next(stream, &frame, -1), 0);
	CHECK(!memcmp(&frame, &fake.ring->frames[0], sizeof(frame)));
	CHECK(dmaring_data(stream, &frame) == fake.buffers[frame.buffer]);
	CHECK_EQ(fake.ring->header.frames_tail, 1);
	CHECK_EQ(dmaring_release(stream, &frame), 0);
	CHECK_EQ(fake_reap(), frame.cookie);
	CHECK_EQ(fake_reap(), 0);
	CHECK_EQ(fake.steps, 0);
}

TEST(an_empty_ring_says_so_without_a_system_call)
{
	struct dmaring_frame frame;

	CHECK_EQ(dmaring_next(stream, &frame, 0), -EAGAIN);
	CHECK_EQ(dmaring_next_batch(stream, &frame, 1, 0), -EAGAIN);
	CHECK_EQ(fake.steps, 0);
	CHECK(strstr(dmaring_error(), "none waits"));
}

TEST(an_empty_ring_is_waited_for_in_the_kernel)
{
	struct dmaring_frame frame;

	CHECK_EQ(dmaring_next(stream, &frame, 10), -ETIMEDOUT);
	CHECK_EQ(fake.timeout_ns, 10000000);
	fake_push(7, 0);
	CHECK_EQ(dmaring_next(stream, &frame, -1), 0);
	CHECK_EQ(frame.sequence, 7);
	CHECK_EQ(fake_count(DMARING_IOC_DEQUEUE), 2);
	/* Taken there, released here. */
	CHECK_EQ(dmaring_release(stream, &frame), 0);
	CHECK_EQ(fake_reap(), frame.cookie);
	CHECK_EQ(fake_count(DMARING_IOC_RELEASE), 0);
}

static void complete_for_a_sleeper(void)
{
	if (fake_await_sleeper())
		fake_complete(7);
}

TEST(a_frame_that_comes_during_a_wait_ends_it)
{
	struct dmaring_frame frame;
	pthread_t card = fake_thread(complete_for_a_sleeper);

	REQUIRE_EQ(dmaring_next(stream, &frame, -1), 0);
	CHECK_EQ(frame.sequence, 7);
	fake_join(card);
	CHECK_EQ(dmaring_release(stream, &frame), 0);
	card = fake_thread(complete_for_a_sleeper);
	REQUIRE_EQ(dmaring_next_batch(stream, &frame, 1, INT32_MAX), 1);
	CHECK_EQ(frame.sequence, 7);
	fake_join(card);
}

TEST(poll_waits_for_a_frame_of_the_ring)
{
	struct pollfd entry = { .fd = dmaring_fd(stream), .events = POLLIN };
	long long start = now_ns();
	pthread_t card;

	CHECK_EQ(poll(&entry, 1, 20), 0);
	CHECK(now_ns() - start >= 20 * MS);
	card = fake_thread(complete_for_a_sleeper);
	CHECK_EQ(poll(&entry, 1, -1), 1);
	CHECK_EQ(entry.revents, POLLIN);
	fake_join(card);
	take(7);
	CHECK_EQ(poll(&entry, 1, 0), 0);
	CHECK_EQ(entry.revents, 0);
}

TEST(a_full_ring_is_taken_in_order_and_whole)
{
	struct dmaring_frame frames[FAKE_RING_SLOTS + 1];
	uint64_t i;

	for (i = 0; i < FAKE_RING_SLOTS; i++)
		fake_publish(i);
	take(0);
	CHECK_EQ(dmaring_next_batch(stream, frames, FAKE_RING_SLOTS + 1, -1),
		 FAKE_RING_SLOTS - 1);
	for (i = 1; i < FAKE_RING_SLOTS; i++)
		CHECK_EQ(frames[i - 1].sequence, i);
	CHECK_EQ(dmaring_next(stream, frames, 0), -EAGAIN);
}

TEST(a_batch_takes_no_more_than_asked_for)
{
	struct dmaring_frame frames[2];

	fake_publish(0);
	fake_publish(1);
	fake_publish(2);
	CHECK_EQ(dmaring_next_batch(stream, frames, 2, 0), 2);
	CHECK_EQ(frames[1].sequence, 1);
	take(2);
	CHECK_EQ(fake.steps, 0);
}

TEST(indices_wrap_at_32_bits)
{
	struct dmaring_frame frames[3];
	uint64_t i;

	begin_at(UINT32_MAX - 1);
	for (i = 0; i < 3; i++)
		fake_publish(i);
	CHECK_EQ(dmaring_next_batch(stream, frames, 3, 0), 3);
	CHECK_EQ(fake.ring->header.frames_tail, 1);
	CHECK_EQ(dmaring_release_batch(stream, frames, 2), 0);
	CHECK_EQ(fake.ring->header.releases_head, 0);
	CHECK_EQ(dmaring_release(stream, &frames[2]), 0);
	for (i = 0; i < 3; i++)
		CHECK_EQ(fake_reap(), 0x100 + i);
	CHECK_EQ(fake.ring->header.releases_tail, 1);
}

TEST(a_batch_goes_on_at_the_beginning_of_the_rings)
{
	struct dmaring_frame frames[FAKE_RING_SLOTS];
	uint32_t start;
	uint64_t i;

	for (start = 0; start < FAKE_RING_SLOTS; start++) {
		begin_at(5 * start);
		for (i = 0; i < FAKE_RING_SLOTS; i++)
			fake_publish(i);
		CHECK_EQ(dmaring_next_batch(stream, frames, FAKE_RING_SLOTS, 0),
			 FAKE_RING_SLOTS);
		for (i = 0; i < FAKE_RING_SLOTS; i++)
			CHECK_EQ(frames[i].sequence, i);
		CHECK_EQ(dmaring_release_batch(stream, frames, FAKE_RING_SLOTS), 0);
		for (i = 0; i < FAKE_RING_SLOTS; i++)
			CHECK_EQ(fake_reap(), 0x100 + i);
		CHECK_EQ(fake_reap(), 0);
	}
}

/* The kernel dropped the oldest frame after the application had looked. */
static void *steal(void *argument)
{
	struct dmaring_ring_header *header = &fake.ring->header;
	uint64_t *stolen = argument;
	uint64_t sequence;
	uint32_t tail;

	for (sequence = 0; sequence < 200000; sequence++) {
		tail = __atomic_load_n(&header->frames_tail, __ATOMIC_RELAXED);
		while (header->frames_head - tail == FAKE_RING_SLOTS)
			if (__atomic_compare_exchange_n(&header->frames_tail,
							&tail, tail + 1, false,
							__ATOMIC_ACQUIRE,
							__ATOMIC_ACQUIRE)) {
				++*stolen;
				break;
			}
		fake_publish(sequence);
	}
	return NULL;
}

TEST(a_frame_is_either_taken_or_dropped_by_the_kernel)
{
	uint64_t stolen = 0, taken = 0, last = 0;
	struct dmaring_frame frames[3];
	pthread_t kernel;
	int i, count;

	REQUIRE_EQ(pthread_create(&kernel, NULL, steal, &stolen), 0);
	while (last != 199999) {
		count = dmaring_next_batch(stream, frames, 3, 0);
		for (i = 0; i < count; i++) {
			if (taken++ && frames[i].sequence <= last)
				REQUIRE_EQ(frames[i].sequence, last + 1);
			REQUIRE_EQ(frames[i].cookie, 0x100 + frames[i].sequence);
			last = frames[i].sequence;
		}
	}
	pthread_join(kernel, NULL);
	CHECK_EQ(taken + stolen, 200000);
}

/* --------------------------------------------------------------------- releases */

TEST(a_second_release_does_not_reach_the_kernel)
{
	struct dmaring_frame frame;

	fake_publish(1);
	dmaring_next(stream, &frame, 0);
	CHECK_EQ(dmaring_release(stream, &frame), 0);
	CHECK_EQ(dmaring_release(stream, &frame), -ESTALE);
	frame.buffer = FAKE_BUFFERS;
	CHECK_EQ(dmaring_release(stream, &frame), -EINVAL);
	CHECK_EQ(fake.ring->header.releases_head, 1);
	CHECK_EQ(fake.steps, 0);
}

TEST(a_late_second_release_spares_the_next_frame_of_the_buffer)
{
	struct dmaring_frame first, second;

	fake_publish(1);
	dmaring_next(stream, &first, 0);
	dmaring_release(stream, &first);
	fake_reap();
	fake_publish(1 + FAKE_BUFFERS);
	dmaring_next(stream, &second, 0);
	REQUIRE_EQ(first.buffer, second.buffer);
	CHECK_EQ(dmaring_release(stream, &first), -ESTALE);
	CHECK_EQ(fake_reap(), 0);
	CHECK_EQ(dmaring_release(stream, &second), 0);
	CHECK_EQ(fake_reap(), second.cookie);
}

TEST(a_bad_batch_releases_nothing)
{
	struct dmaring_frame frames[3];

	fake_publish(0);
	fake_publish(1);
	REQUIRE_EQ(dmaring_next_batch(stream, frames, 2, 0), 2);
	frames[2] = frames[0];
	CHECK_EQ(dmaring_release_batch(stream, frames, 3), -ESTALE);
	CHECK_EQ(fake.ring->header.releases_head, 0);
	CHECK_EQ(dmaring_release_batch(stream, frames, 2), 0);
	CHECK_EQ(fake_reap(), frames[0].cookie);
	CHECK_EQ(fake_reap(), frames[1].cookie);
}

TEST(an_entry_is_published_by_its_turn)
{
	struct dmaring_frame frame;
	uint64_t i;

	for (i = 0; i < 3 * FAKE_RING_SLOTS; i++) {
		fake_publish(i);
		dmaring_next(stream, &frame, 0);
		CHECK_EQ(fake_reap(), 0);
		dmaring_release(stream, &frame);
		CHECK_EQ(fake_reap(), 0x100 + i);
	}
}

TEST(the_kernel_is_kicked_when_it_asks_for_it)
{
	struct dmaring_frame frames[3];
	uint64_t i;

	for (i = 0; i < 3; i++)
		fake_publish(i);
	dmaring_next_batch(stream, frames, 3, 0);
	fake.ring->header.flags = DMARING_RING_NEED_KICK;
	CHECK_EQ(dmaring_release(stream, &frames[0]), 0);
	CHECK_EQ(fake_count(DMARING_IOC_KICK), 1);
	CHECK_EQ(dmaring_release_batch(stream, &frames[1], 2), 0);
	CHECK_EQ(fake_count(DMARING_IOC_KICK), 2);
	CHECK_EQ(fake.steps, 2);
	CHECK_EQ(fake.ring->header.releases_head, 3);
}

static unsigned int kicks_of_a_release(const struct dmaring_frame *frames, unsigned int count)
{
	unsigned int before = fake_count(DMARING_IOC_KICK);

	if (count > 1)
		CHECK_EQ(dmaring_release_batch(stream, frames, count), 0);
	else
		CHECK_EQ(dmaring_release(stream, frames), 0);
	return fake_count(DMARING_IOC_KICK) - before;
}

/* The card asks when it has few buffers, and is content when some came back. */
static void check_kicks(bool in_batches)
{
	unsigned int asked[2] = { 0 }, count, need, i, some;
	struct dmaring_frame frames[FAKE_BUFFERS];
	uint64_t sequence = 0;

	for (int round = 0; round < 5 * FAKE_BUFFERS; round++) {
		count = 1 + round % FAKE_BUFFERS;
		for (i = 0; i < count; i++)
			REQUIRE(fake_complete(sequence++));
		REQUIRE_EQ(dmaring_next_batch(stream, frames, count, 0), count);
		for (i = 0; i < count; i += some) {
			some = in_batches ? (count + 1) / 2 : 1;
			if (some > count - i)
				some = count - i;
			need = !!(fake.ring->header.flags & DMARING_RING_NEED_KICK);
			asked[need]++;
			REQUIRE_EQ(kicks_of_a_release(&frames[i], some), need);
		}
	}
	CHECK(asked[0] && asked[1]);
	CHECK_EQ(fake_count(DMARING_IOC_KICK), fake.steps);
}

TEST(each_kick_that_is_asked_for_is_made_and_no_other)
{
	check_kicks(false);
}

TEST(a_batch_kicks_once_if_it_is_asked_for)
{
	check_kicks(true);
}

#define CARD_FRAMES 100000

static void run_card(void)
{
	for (uint64_t sequence = 0; sequence < CARD_FRAMES;)
		if (fake_complete(sequence))
			sequence++;
		else
			sched_yield();
}

/* Who never sleeps makes no other system call that would do it. */
TEST(a_card_without_buffers_is_always_told_of_a_release)
{
	struct dmaring_frame frames[3];
	pthread_t card = fake_thread(run_card);
	uint64_t taken = 0;
	int count;

	while (taken < CARD_FRAMES) {
		count = dmaring_next_batch(stream, frames, 1 + taken % 3, 0);
		if (count == -EAGAIN) {
			sched_yield();
			continue;
		}
		REQUIRE(count > 0);
		REQUIRE_EQ(frames[0].sequence, taken);
		taken += count;
		kicks_of_a_release(frames, count);
		REQUIRE(!fake_is_owed_a_kick());
	}
	fake_join(card);
	CHECK_EQ(fake_count(DMARING_IOC_KICK), fake.steps);
}

/* Somebody writes the last entry's turn: the kernel has just run out of buffers. */
static void ask_for_kicks(int number, siginfo_t *info, void *context)
{
	char *page = (char *)&fake.ring->releases[FAKE_RING_SLOTS - 1].turn;

	(void)number;
	(void)context;
	if ((char *)info->si_addr != page)
		_exit(1);
	fake.ring->header.flags = DMARING_RING_NEED_KICK;
	mprotect(page, FAKE_PAGE, PROT_READ | PROT_WRITE);
}

/* D: who looks at the flags any sooner overlooks that the kernel waits for it. */
static void is_asked_at_the_last_moment(void)
{
	struct sigaction action = { .sa_sigaction = ask_for_kicks, .sa_flags = SA_SIGINFO };

	REQUIRE_EQ(sigaction(SIGSEGV, &action, NULL), 0);
	REQUIRE_EQ(mprotect(&fake.ring->releases[FAKE_RING_SLOTS - 1].turn, FAKE_PAGE,
			    PROT_READ), 0);
}

TEST(the_flags_are_looked_at_after_the_release_is_written)
{
	struct dmaring_frame frame;

	begin_at(FAKE_RING_SLOTS - 1);
	fake_publish(0);
	REQUIRE_EQ(dmaring_next(stream, &frame, 0), 0);
	is_asked_at_the_last_moment();
	CHECK_EQ(dmaring_release(stream, &frame), 0);
	CHECK_EQ(fake_count(DMARING_IOC_KICK), 1);
	CHECK_EQ(fake_reap(), frame.cookie);
}

TEST(the_flags_are_looked_at_after_a_batch_is_written)
{
	struct dmaring_frame frames[FAKE_RING_SLOTS];

	for (uint64_t i = 0; i < FAKE_RING_SLOTS; i++)
		fake_publish(i);
	REQUIRE_EQ(dmaring_next_batch(stream, frames, FAKE_RING_SLOTS, 0), FAKE_RING_SLOTS);
	is_asked_at_the_last_moment();
	CHECK_EQ(dmaring_release_batch(stream, frames, FAKE_RING_SLOTS), 0);
	CHECK_EQ(fake_count(DMARING_IOC_KICK), 1);
	CHECK_EQ(fake_reap(), frames[0].cookie);
}

/* ---------------------------------------------------------------------- trouble */

/* Frames that wait come first; then an ioctl says what the matter is. */
TEST(trouble_is_told_by_the_kernel)
{
	static const struct {
		uint32_t flag;
		int error;
	} rows[] = {
		{ DMARING_RING_GONE, ENODEV },
		{ DMARING_RING_STOPPED, EBADFD },
		{ DMARING_RING_FAILED, EIO },
	};
	struct dmaring_frame frame;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		fake.steps = 0;
		fake_publish(i);
		fake.ring->header.flags = rows[i].flag;
		fake.when_empty = rows[i].error;
		take(i);
		CHECK_EQ(fake.steps, 0);
		CHECK_EQ(dmaring_next(stream, &frame, 0), -rows[i].error);
		CHECK_EQ(dmaring_next_batch(stream, &frame, 1, 0), -rows[i].error);
		CHECK_EQ(fake_count(DMARING_IOC_DEQUEUE), 2);
	}
}

TEST(nothing_is_released_to_a_card_that_is_gone)
{
	struct dmaring_frame frame;

	fake_publish(1);
	dmaring_next(stream, &frame, 0);
	fake.ring->header.flags = DMARING_RING_GONE | DMARING_RING_NEED_KICK;
	CHECK_EQ(dmaring_release(stream, &frame), -ENODEV);
	CHECK_EQ(fake.steps, 0);
	CHECK(strstr(dmaring_error(), "the card is gone"));
}

TEST(frames_taken_before_a_stop_can_be_released_after_it)
{
	struct dmaring_frame frame;

	fake_publish(1);
	dmaring_next(stream, &frame, 0);
	fake.ring->header.flags = DMARING_RING_STOPPED;
	CHECK_EQ(dmaring_release(stream, &frame), 0);
	CHECK_EQ(fake_reap(), frame.cookie);
}

/* Whatever a hostile kernel, or a wild pointer, writes there. */
TEST(nonsense_in_the_ring_does_not_reach_our_memory)
{
	struct dmaring_frame frame;

	fake_publish(1);
	fake.ring->frames[0].buffer = UINT32_MAX;
	CHECK_EQ(dmaring_next(stream, &frame, 0), 0);
	CHECK(!dmaring_data(stream, &frame));
}

/* ----------------------------------------------------------------------- set-up */

static int open_with(uint32_t flags)
{
	struct dmaring_options options = {
		.size = sizeof(options),
		.flags = flags,
	};
	int err;

	dmaring_close(stream);
	fake.steps = 0;
	err = dmaring_open(FAKE_DEVICE, &options, &stream);
	return err;
}

static void take_and_release_by_ioctl(void)
{
	struct dmaring_frame frame;

	CHECK(!fake.ring);
	fake_push(5, 0);
	CHECK_EQ(dmaring_next(stream, &frame, 0), 0);
	CHECK_EQ(dmaring_release(stream, &frame), 0);
	CHECK_EQ(fake.release_count, 1);
}

TEST(a_ring_needs_no_more_descriptors_than_a_mapping)
{
	CHECK_EQ(open_with(0), 0);
	CHECK_EQ(fake_count(DMARING_IOC_RING), 1);
	CHECK_EQ(fake_count(FAKE_RING_MMAP), 1);
	CHECK_EQ(fake_count(FAKE_RING_CLOSE), 1);
	CHECK_EQ(open_with(DMARING_OPEN_READ_ONLY), 0);
	CHECK_EQ(fake_count(FAKE_RING_MMAP), 1);
}

TEST(who_wants_no_ring_gets_none)
{
	CHECK_EQ(open_with(DMARING_OPEN_NO_RING), 0);
	CHECK_EQ(fake_count(DMARING_IOC_RING), 0);
	take_and_release_by_ioctl();
}

TEST(a_monitor_has_no_ring)
{
	struct dmaring_frame frame;

	CHECK_EQ(open_with(DMARING_OPEN_MONITOR), 0);
	CHECK_EQ(fake_count(DMARING_IOC_RING), 0);
	fake.when_empty = ENOTCONN;
	CHECK_EQ(dmaring_next(stream, &frame, 0), -ENOTCONN);
	CHECK_EQ(dmaring_release(stream, &frame), -EINVAL);
}

TEST(a_kernel_without_rings_is_good_enough)
{
	fake.info.features = 0;
	CHECK_EQ(open_with(0), 0);
	CHECK_EQ(fake_count(DMARING_IOC_RING), 0);
	take_and_release_by_ioctl();
}

TEST(a_ring_of_another_kind_is_left_alone)
{
	fake.ring_frame_bytes = 128;
	CHECK_EQ(open_with(0), 0);
	CHECK_EQ(fake_count(FAKE_RING_MMAP), 0);
	CHECK_EQ(fake_count(FAKE_RING_CLOSE), 1);
	take_and_release_by_ioctl();
}

TEST(a_ring_that_cannot_be_had_is_unwound)
{
	fake_fail(DMARING_IOC_RING, 0, EMFILE);
	CHECK_EQ(open_with(0), -EMFILE);
	CHECK(!stream);
	CHECK_EQ(fake_count(FAKE_RING_CLOSE), 0);
	CHECK_EQ(fake_count(FAKE_MUNMAP), 1);
	CHECK_EQ(fake_count(FAKE_CLOSE), 1);

	fake_fail(FAKE_RING_MMAP, 0, ENOMEM);
	CHECK_EQ(open_with(0), -ENOMEM);
	CHECK(!stream);
	CHECK_EQ(fake_count(FAKE_RING_CLOSE), 1);
	CHECK_EQ(fake_count(FAKE_MUNMAP), 1);
	CHECK_EQ(fake_count(FAKE_CLOSE), 1);
	CHECK_EQ(fake.mapped, 0);
}

TEST(close_unmaps_the_ring_too)
{
	dmaring_close(stream);
	CHECK_EQ(fake.log[0], FAKE_RING_MUNMAP);
	CHECK_EQ(fake_count(FAKE_MUNMAP), 1);
	CHECK_EQ(fake.log[fake.steps - 2], DMARING_IOC_DETACH);
	CHECK_EQ(fake.log[fake.steps - 1], FAKE_CLOSE);
}

int main(void)
{
	return tap_run(open_stream, NULL);
}
