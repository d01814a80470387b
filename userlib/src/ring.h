/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The shared ring, user side: see linux/dmaring.h for the protocol.  In a
 * header, because taking and releasing a frame is a few dozen instructions.
 */
#ifndef DMARING_RING_H
#define DMARING_RING_H

#include "internal.h"
#include "barrier.h"

/* The kernel has something to say: let an ioctl find out what. */
#define RING_TROUBLE \
	(DMARING_RING_GONE | DMARING_RING_STOPPED | DMARING_RING_FAILED)

static inline uint32_t ring_flags(const struct dmaring *stream)
{
	return load(&stream->ring->flags);
}

/* Take the oldest frame that waits; false if none does, or somebody was faster. */
static inline bool ring_try_take_one(struct dmaring *stream,
				     struct dmaring_frame *frame)
{
	struct dmaring_ring_header *ring = stream->ring;
	uint32_t tail = load_acquire(&ring->frames_tail);

	if (load_acquire(&ring->frames_head) == tail)
		return false;
	copy_slot(frame, &stream->frames[tail & stream->frame_mask]);
	return move_release(&ring->frames_tail, &tail, tail + 1);
}

/* How many of @count entries lie side by side in a ring, from the one at @at on. */
static inline uint32_t side_by_side(uint32_t at, uint32_t mask, uint32_t count)
{
	uint32_t most = mask + 1 - (at & mask);

	return count < most ? count : most;
}

static inline void ring_copy(const struct dmaring *stream, uint32_t at,
			     struct dmaring_frame *frames, uint32_t count)
{
	uint32_t mask = stream->frame_mask, some;

	for (; count; at += some, frames += some, count -= some) {
		some = side_by_side(at, mask, count);
		copy_slots(frames, &stream->frames[at & mask], some);
	}
}

/* Take up to @count frames that wait; how many, without any system call. */
static inline uint32_t ring_take(struct dmaring *stream,
				 struct dmaring_frame *frames, uint32_t count)
{
	struct dmaring_ring_header *ring = stream->ring;
	uint32_t tail = load_acquire(&ring->frames_tail), waiting;

	do {
		waiting = load_acquire(&ring->frames_head) - tail;
		if (count > waiting)
			count = waiting;
		ring_copy(stream, tail, frames, count);
	} while (count && !move_release(&ring->frames_tail, &tail, tail + count));
	return count;
}

/* Entries for releases.  There are as many as frames can be held, and each is
 * released once, so those that are next are free.
 */
static inline uint32_t ring_claim(struct dmaring_ring_header *ring, uint32_t count)
{
	return claim(&ring->releases_head, count);
}

static inline struct dmaring_ring_release *
ring_entry(const struct dmaring *stream, uint32_t at)
{
	return &stream->releases[at & stream->release_mask];
}

/* Release all but the last one of a batch: ring_put_last() does what is left of D. */
static inline void ring_put_first(struct dmaring *stream, uint32_t at,
				  const struct dmaring_frame *frames,
				  uint32_t count)
{
	struct dmaring_ring_release *entry;
	uint32_t some, i;

	for (; count; at += some, frames += some, count -= some) {
		some = side_by_side(at, stream->release_mask, count);
		entry = ring_entry(stream, at);
#pragma GCC unroll 4
		for (i = 0; i < some; i++) {
			set(&entry[i].cookie, frames[i].cookie);
			store_release(&entry[i].turn, at + i + 1);
		}
	}
}

/* Release the last one, or the only one: does the kernel want to be told of it, or
 * is the card gone?
 */
static inline bool ring_put_last(struct dmaring *stream,
				 struct dmaring_ring_header *ring, uint32_t at,
				 __u64 cookie)
{
	struct dmaring_ring_release *entry = ring_entry(stream, at);

	set(&entry->cookie, cookie);
	store_full(&entry->turn, at + 1);
	return load_full(&ring->flags) &
	       (DMARING_RING_NEED_KICK | DMARING_RING_GONE);
}

/* Playback: the same for a frame to send. */
static inline bool ring_submit(struct dmaring *stream,
			       struct dmaring_ring_header *ring, uint32_t at,
			       __u64 cookie, uint32_t bytes)
{
	struct dmaring_ring_release *entry = ring_entry(stream, at);

	set(&entry->cookie, cookie);
	set_u32(&entry->bytes, bytes);
	store_full(&entry->turn, at + 1);
	return load_full(&ring->flags) &
	       (DMARING_RING_NEED_KICK | DMARING_RING_GONE);
}

#endif /* DMARING_RING_H */
