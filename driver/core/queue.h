/* SPDX-License-Identifier: GPL-2.0-only */
/* The queue of one consumer; but for making one, all under stream->lock. */
#ifndef DMARING_QUEUE_H
#define DMARING_QUEUE_H

#include <linux/kref.h>

#include <dmaring/hw.h>

#include "buffer.h"
#include "consumer.h"
#include "stream.h"

/* Releases taken from one consumer's ring while a frame is completed. */
#define DMARING_REAP_MAX	16

/* In the card's context a bad one counts as so many: its writer is given up soon. */
#define DMARING_BAD_COST	16

/**
 * struct dmaring_ring_memory - what a consumer shares with the kernel
 * @refs:     the consumer while it is attached, and the descriptors made of it.
 * @known_as: where its open file knows it, or NULL.            (see ring.c)
 * @header:   the memory; anybody may have written anything there.
 * @frames:   in it.
 * @releases: in it.
 * @mask:     slots - 1, of both rings.
 * @bytes:    of the memory, whole pages.
 * @flags:    what header->flags should be.           (stream->lock)
 * @used:     it has been part of a queue, and goes on from there. (stream->lock)
 */
struct dmaring_ring_memory {
	struct kref refs;
	struct dmaring_ring_memory **known_as;
	struct dmaring_ring_header *header;
	struct dmaring_frame *frames;
	struct dmaring_ring_release *releases;
	u32 mask;
	size_t bytes;
	u32 flags;
	bool used;
};

/**
 * struct dmaring_queue_parts - what a queue is made of, outside its consumer
 * @ring:      see struct dmaring_consumer.
 * @order:     likewise.
 * @positions: likewise.
 */
struct dmaring_queue_parts {
	struct dmaring_ring_memory *ring;
	u16 *order;
	u32 *positions;
};

/* Frames that wait, as far as the kernel has looked. */
static inline u32 dmaring_waiting(const struct dmaring_consumer *consumer)
{
	return consumer->head - consumer->tail;
}

/* The place of the release with that index. */
static inline struct dmaring_ring_release *
dmaring_release_at(const struct dmaring_consumer *consumer, u32 at)
{
	const struct dmaring_ring_memory *ring = consumer->ring;

	return &ring->releases[at & ring->mask];
}

/* Has the user written a release that was not looked at?  A hint: no barrier. */
static inline bool dmaring_has_releases(const struct dmaring_consumer *consumer)
{
	u32 next = READ_ONCE(consumer->released);

	return READ_ONCE(dmaring_release_at(consumer, next)->turn) == next + 1;
}

static inline struct dmaring_frame *
dmaring_queue_slot(const struct dmaring_consumer *consumer, u32 at)
{
	return &consumer->ring->frames[at & consumer->ring->mask];
}

/* Have enough frames waited, or one long enough? */
static inline bool
dmaring_queue_is_ripe(const struct dmaring_consumer *consumer, u32 tail,
		      u32 waiting)
{
	return waiting >= consumer->watermark ||
	       (s32)(READ_ONCE(consumer->ripe) - tail) > 0;
}

/**
 * dmaring_queue_sync() - see how far the user has taken
 * @consumer: the consumer.
 *
 * A tail that makes no sense is as if it had not moved.
 *
 * Return: whether it makes sense.
 */
static inline bool dmaring_queue_sync(struct dmaring_consumer *consumer)
{
	/* Its slots can be written again: pairs with B. */
	u32 tail = smp_load_acquire(&consumer->ring->header->frames_tail);
	u32 taken = tail - consumer->tail;

	lockdep_assert_held(&consumer->stream->lock);
	if (taken > dmaring_waiting(consumer))
		return false;
	consumer->tail = tail;
	consumer->tally.delivered += taken;
	return true;
}

/* Move the tail, unless the user was faster (b). */
static inline bool
dmaring_queue_move_tail(struct dmaring_consumer *consumer, u32 from, u32 to)
{
	if (cmpxchg(&consumer->ring->header->frames_tail, from, to) != from)
		return false;
	consumer->tail = to;
	return true;
}

int dmaring_queue_alloc(struct dmaring_consumer *consumer,
			struct dmaring_queue_parts *parts);
void dmaring_queue_free(struct dmaring_queue_parts *parts);
void dmaring_queue_install(struct dmaring_consumer *consumer,
			   struct dmaring_queue_parts *parts);
void dmaring_queue_remove(struct dmaring_consumer *consumer,
			  struct dmaring_queue_parts *parts);
bool dmaring_queue_publish(struct dmaring_consumer *consumer,
			   struct dmaring_buf *buf,
			   const struct dmaring_frame *frame);
bool dmaring_queue_drop_some(struct dmaring_consumer *consumer, bool force);
s64 dmaring_queue_ripe_in(struct dmaring_consumer *consumer);
bool dmaring_queue_ripen(struct dmaring_consumer *consumer);
int dmaring_queue_release(struct dmaring_consumer *consumer,
			  const u64 *cookies, u32 *count);
int dmaring_queue_submit(struct dmaring_consumer *consumer,
			 const struct dmaring_filled *filled, u32 *count);
void dmaring_queue_let_go(struct dmaring_consumer *consumer,
			  struct dmaring_buf *buf);
u32 dmaring_queue_reap(struct dmaring_consumer *consumer, u32 most,
		       u32 bad_cost);

#endif /* DMARING_QUEUE_H */
