// SPDX-License-Identifier: GPL-2.0-only
/*
 * A consumer's queue of frames, in the ring that it shares with the user.
 *
 * Everything here runs under stream->lock, touches nothing but the queue and the
 * buffers on it, and calls nobody; but for making a queue, which sleeps.
 *
 * The protocol is drawn in linux/dmaring.h; its letters mark the barriers here.
 * The user's tail says what was taken, but the kernel believes it only as far
 * as it moves forward and not beyond the head.  Which buffer is where, and who
 * holds it, is in memory that the user cannot reach.
 *
 * Indices are never set back, not even by STOP or ATTACH: a thread that peeked
 * at the queue knows by the tail alone whether what it saw is still there.
 */
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/nospec.h>
#include <linux/slab.h>

#include <compat.h>

#include "internal.h"
#include "trace.h"

/* How often to try to drop the oldest while the user takes it. */
#define DROP_TRIES	2

/* Once per open file: indices go on from one ATTACH to the next. */
int dmaring_queue_alloc(struct dmaring_consumer *consumer)
{
	u32 buffers = consumer->stream->pool.count;
	u32 slots = roundup_pow_of_two(buffers);

	if (consumer->ring)
		return 0;
	consumer->ring = dmaring_ring_create(slots);
	consumer->order = kvcalloc(slots, sizeof(*consumer->order),
				   GFP_KERNEL_ACCOUNT);
	consumer->positions = kvcalloc(buffers, sizeof(*consumer->positions),
				       GFP_KERNEL_ACCOUNT);
	if (consumer->ring && consumer->order && consumer->positions)
		return 0;
	dmaring_queue_free(consumer);
	return -ENOMEM;
}

void dmaring_queue_free(struct dmaring_consumer *consumer)
{
	kvfree(consumer->positions);
	kvfree(consumer->order);
	if (consumer->ring)
		dmaring_ring_put(consumer->ring);
	consumer->positions = NULL;
	consumer->order = NULL;
	consumer->ring = NULL;
}

/* ---------------------------------------------------------- who has a buffer */

/* The buffer queued at an index, from the kernel's own memory. */
static u16 *queued(struct dmaring_consumer *consumer, u32 at)
{
	return &consumer->order[at & consumer->ring->mask];
}

static bool holds(const struct dmaring_consumer *consumer,
		  const struct dmaring_buf *buf)
{
	return buf->holders & BIT(consumer->id);
}

/* Did it take the buffer that it holds, or is that still on the queue? */
static bool has_taken(struct dmaring_consumer *consumer, u32 index)
{
	u32 position = consumer->positions[index];

	/* Positions come round again while a frame is kept: look at the slot. */
	return position - consumer->tail >= dmaring_waiting(consumer) ||
	       *queued(consumer, position) != index;
}

/* This consumer needs the buffer no longer; after the last one it is idle. */
static void drop_hold(struct dmaring_consumer *consumer, struct dmaring_buf *buf)
{
	buf->holders &= ~BIT(consumer->id);
	consumer->refs--;
	if (!buf->holders)
		dmaring_set_state(consumer->stream, buf, DMARING_BUFFER_IDLE);
}

/* --------------------------------------------------------------------- drop */

/*
 * The frame after the one that is being dropped has to say what that one said.
 * Who scribbles on the slots' flags deceives nobody but himself.
 */
static void hand_on_discontinuity(struct dmaring_consumer *consumer)
{
	if (!(READ_ONCE(dmaring_queue_slot(consumer, consumer->tail)->flags) &
	      DMARING_FRAME_DISCONTINUITY))
		return;
	if (dmaring_waiting(consumer) > 1)
		dmaring_queue_slot(consumer, consumer->tail + 1)->flags |=
			DMARING_FRAME_DISCONTINUITY;
	else
		consumer->discontinuity = true;
}

static bool drop_oldest(struct dmaring_consumer *consumer, bool force)
{
	u32 index = *queued(consumer, consumer->tail);
	u32 next = consumer->tail + 1;

	/* First, so that who takes the next frame sees it. */
	hand_on_discontinuity(consumer);
	if (force) {
		/* As dmaring_queue_move_tail() is: after the mark and what is in the slot. */
		smp_store_release(&consumer->ring->header->frames_tail, next);
		consumer->tail = next;
	} else if (!dmaring_queue_move_tail(consumer, consumer->tail, next)) {
		return false;
	}
	consumer->tally.dropped++;
	drop_hold(consumer, &consumer->stream->pool.bufs[index]);
	return true;
}

/* LATEST: drop what exceeds the bounds; false if only the new frame is left. */
static bool make_room(struct dmaring_consumer *consumer)
{
	int tries = DROP_TRIES;

	while (dmaring_waiting(consumer) >= consumer->depth ||
	       consumer->refs >= consumer->depth + consumer->max_held) {
		if (!dmaring_waiting(consumer))
			return false;
		if (drop_oldest(consumer, false))
			continue;
		if (!--tries)
			return false;
		dmaring_queue_sync(consumer);
	}
	return true;
}

/*
 * Drop some of what waits; true if that was not all.  With @force the user, who
 * keeps us from it, will not know what it has taken.
 */
bool dmaring_queue_drop_some(struct dmaring_consumer *consumer, bool force)
{
	u32 i;

	for (i = 0; i < DMARING_BATCH; i++) {
		dmaring_queue_sync(consumer);
		if (!dmaring_waiting(consumer))
			break;
		drop_oldest(consumer, force);
	}
	/* Nonsense that stood there is mended. */
	if (!dmaring_waiting(consumer))
		WRITE_ONCE(consumer->ring->header->frames_tail, consumer->tail);
	return dmaring_waiting(consumer);
}

/* ------------------------------------------------------------------- publish */

/*
 * Nanoseconds until the oldest frame has waited long enough, 0 if it has, -1 if
 * none waits.  Who scribbles on the slot's time deceives nobody but himself: it
 * is asked once for each frame.
 */
s64 dmaring_queue_ripe_in(struct dmaring_consumer *consumer)
{
	s64 left;

	dmaring_queue_sync(consumer);
	if (!dmaring_waiting(consumer))
		return -1;
	if (consumer->ripens == consumer->tail)
		return 0;
	consumer->ripens = consumer->tail;
	left = READ_ONCE(dmaring_queue_slot(consumer, consumer->tail)->timestamp_ns) +
	       consumer->watermark_ns - ktime_get_ns();
	return clamp_t(s64, left, 0, consumer->watermark_ns);
}

/* The frame says that some may be missing before it, or has to say so. */
static noinline void mark_discontinuity(struct dmaring_consumer *consumer)
{
	dmaring_queue_slot(consumer, consumer->head)->flags |= DMARING_FRAME_DISCONTINUITY;
	consumer->discontinuity = false;
}

/*
 * A frame was published for one who waits for several: must it be woken?  The
 * time runs for each frame, also for one that completes the watermark, because
 * the user may take fewer than wait.
 */
static noinline bool ripened(struct dmaring_consumer *consumer)
{
	u32 tail = consumer->tail;
	bool ripe = dmaring_queue_is_ripe(consumer, tail, dmaring_waiting(consumer));

	/* Not left behind, or it would seem to be ahead one day. */
	if ((s32)(consumer->ripe - tail) < 0)
		WRITE_ONCE(consumer->ripe, tail);
	return ripe;
}

static noinline void start_ripener(struct dmaring_consumer *consumer)
{
	/* Not hrtimer_active(): a callback that is ending counts no more. */
	if (consumer->ripening)
		return;
	consumer->ripening = true;
	/* No frame that may still come to wait. */
	consumer->ripens = consumer->tail - 1;
	hrtimer_start(&consumer->ripener, ns_to_ktime(consumer->watermark_ns),
		      HRTIMER_MODE_REL_SOFT);
}

static noinline bool refuse(struct dmaring_consumer *consumer,
			    const struct dmaring_frame *frame)
{
	if (make_room(consumer))
		return false;
	consumer->tally.dropped++;
	consumer->discontinuity |=
		!!(frame->flags & DMARING_FRAME_DISCONTINUITY);
	return true;
}

/**
 * dmaring_queue_publish() - put a frame on the queue
 * @consumer: the consumer, running.
 * @buf:      the buffer, about to be HELD.
 * @frame:    what is in it.
 * @ripe:     set if a sleeper must be woken.
 *
 * Once per frame and consumer: what is rare is kept out of it.
 *
 * Return: false if the consumer does not want it.
 */
bool dmaring_queue_publish(struct dmaring_consumer *consumer,
			   struct dmaring_buf *buf,
			   const struct dmaring_frame *frame, bool *ripe)
{
	struct dmaring_ring_memory *ring = consumer->ring;
	u32 head = consumer->head, index = frame->buffer;

	lockdep_assert_held(&consumer->stream->lock);
	dmaring_queue_sync(consumer);
	if (consumer->policy == DMARING_POLICY_LATEST &&
	    refuse(consumer, frame))
		return false;
	/* As many slots as buffers, and this one was not queued: one is free. */
	ring->frames[head & ring->mask] = *frame;
	if (consumer->discontinuity ||
	    frame->flags & DMARING_FRAME_DISCONTINUITY)
		mark_discontinuity(consumer);
	consumer->order[head & ring->mask] = index;
	consumer->positions[index] = head;
	buf->holders |= BIT(consumer->id);
	consumer->refs++;
	head++;
	/* Who sees the head sees the slot: pairs with peek(). */
	smp_store_release(&consumer->head, head);
	/* a: the same for the user. */
	smp_store_release(&ring->header->frames_head, head);

	*ripe = true;
	if (consumer->watermark > 1) {
		*ripe = ripened(consumer);
		if (consumer->watermark_ns)
			start_ripener(consumer);
	}
	return true;
}

/* The card runs out of buffers: what waits must do; true if that is news. */
bool dmaring_queue_ripen(struct dmaring_consumer *consumer)
{
	u32 ripe = consumer->ripe, waiting;

	lockdep_assert_held(&consumer->stream->lock);
	WRITE_ONCE(consumer->ripe, consumer->head);
	/* Who takes some and then sleeps has seen that, or we see what it took. */
	smp_mb();
	dmaring_queue_sync(consumer);
	waiting = dmaring_waiting(consumer);
	return waiting && waiting < consumer->watermark &&
	       (s32)(ripe - consumer->tail) <= 0;
}

/* ------------------------------------------------------------------- release */

/* The buffer of a cookie, if this consumer has taken it. */
static int find_taken(struct dmaring_consumer *consumer, u64 cookie,
		      struct dmaring_buf **buf)
{
	struct dmaring_pool *pool = &consumer->stream->pool;
	u32 index = dmaring_cookie_index(cookie);

	if (index >= pool->count || !dmaring_cookie_is_one(cookie))
		return -EINVAL;
	index = array_index_nospec(index, pool->count);
	*buf = &pool->bufs[index];
	if ((*buf)->cookie != cookie || !holds(consumer, *buf))
		return -ESTALE;
	if (!has_taken(consumer, index)) {
		/* Through the ring, perhaps, and we have not looked since. */
		dmaring_queue_sync(consumer);
		if (!has_taken(consumer, index))
			return -ESTALE;
	}
	return 0;
}

static struct dmaring_buf *cookie_buf(struct dmaring_consumer *consumer,
				      u64 cookie)
{
	return &consumer->stream->pool.bufs[dmaring_cookie_index(cookie)];
}

/*
 * Check the whole batch first.  A checked buffer loses the consumer's bit at
 * once, so that the same cookie further on is found out; if one is wrong, those
 * before it get it back.  Nobody sees that, we have the lock.
 */
static int check_batch(struct dmaring_consumer *consumer, const u64 *cookies,
		       u32 count, u32 *bad)
{
	struct dmaring_buf *buf;
	int err;
	u32 i;

	for (i = 0; i < count; i++) {
		err = find_taken(consumer, cookies[i], &buf);
		if (err)
			break;
		buf->holders &= ~BIT(consumer->id);
	}
	*bad = i;
	if (i == count)
		return 0;
	while (i-- > 0)
		cookie_buf(consumer, cookies[i])->holders |= BIT(consumer->id);
	return err;
}

/* Buffers that have lost the consumer's bit: was it the last one? */
static void finish_batch(struct dmaring_consumer *consumer, const u64 *cookies,
			 u32 count)
{
	struct dmaring_buf *buf;
	u32 i;

	consumer->refs -= count;
	for (i = 0; i < count; i++) {
		buf = cookie_buf(consumer, cookies[i]);
		if (!buf->holders)
			dmaring_set_state(consumer->stream, buf,
					  DMARING_BUFFER_IDLE);
		trace_dmaring_release(consumer, cookies[i]);
	}
}

/**
 * dmaring_queue_release() - give back a batch of frames, or none of it
 * @consumer: the consumer, attached.
 * @cookies:  of its frames.
 * @count:    how many.
 * @bad:      the place of the first bad one, if there is one.
 *
 * Return: 0, -EINVAL (never a cookie) or -ESTALE (no longer this consumer's).
 */
int dmaring_queue_release(struct dmaring_consumer *consumer,
			  const u64 *cookies, u32 count, u32 *bad)
{
	int err;

	lockdep_assert_held(&consumer->stream->lock);
	err = check_batch(consumer, cookies, count, bad);
	if (err)
		consumer->stream->counters.bad_releases++;
	else
		finish_batch(consumer, cookies, count);
	return err;
}

/* DETACH: nobody can find the consumer any more, its bits only go away. */
void dmaring_queue_let_go(struct dmaring_consumer *consumer,
			  struct dmaring_buf *buf)
{
	lockdep_assert_held(&consumer->stream->lock);
	if (holds(consumer, buf))
		drop_hold(consumer, buf);
}

/* ------------------------------------------------- releases through the ring */

/* One release that the user has written (c); its cookie is worth nothing yet. */
static bool get_release(struct dmaring_consumer *consumer, u64 *cookie)
{
	u32 next = consumer->released;
	struct dmaring_ring_release *release =
		dmaring_release_at(consumer, next);

	/* c: who sees the turn sees the cookie. */
	if (smp_load_acquire(&release->turn) != next + 1)
		return false;
	*cookie = READ_ONCE(release->cookie);
	WRITE_ONCE(consumer->released, next + 1);
	return true;
}

/**
 * dmaring_queue_reap() - do what the releases in the ring ask for
 * @consumer: the consumer, attached.
 * @most:     how many at most: the user may go on writing them.
 *
 * Return: how many there were.
 */
u32 dmaring_queue_reap(struct dmaring_consumer *consumer, u32 most)
{
	struct dmaring_stream *stream = consumer->stream;
	struct dmaring_buf *buf;
	u32 reaped = 0;
	u64 cookie;

	lockdep_assert_held(&stream->lock);
	/* Detached meanwhile, and its bits perhaps somebody else's. */
	if (rcu_access_pointer(stream->consumers[consumer->id]) != consumer)
		return 0;
	while (reaped < most && get_release(consumer, &cookie)) {
		reaped++;
		if (find_taken(consumer, cookie, &buf)) {
			stream->counters.bad_releases++;
			continue;
		}
		drop_hold(consumer, buf);
		trace_dmaring_release(consumer, cookie);
	}
	if (reaped)
		/* The user may write these slots again. */
		smp_store_release(&consumer->ring->header->releases_tail,
				  consumer->released);
	return reaped;
}
