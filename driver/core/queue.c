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
 * Indices are never set back while somebody uses the ring, not even by STOP or
 * ATTACH: a thread that peeked at the queue knows by the tail alone whether what
 * it saw is still there.
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

/* Sleeps.  Return: 0 or -ENOMEM. */
int dmaring_queue_alloc(struct dmaring_consumer *consumer,
			struct dmaring_queue_parts *parts)
{
	u32 buffers = consumer->stream->pool.count;
	u32 slots = roundup_pow_of_two(buffers);

	*parts = (struct dmaring_queue_parts) {
		.ring = dmaring_ring_get(&consumer->known_ring, slots),
		.order = kvcalloc(slots, sizeof(*parts->order),
				  GFP_KERNEL_ACCOUNT),
		.positions = kvcalloc(buffers, sizeof(*parts->positions),
				      GFP_KERNEL_ACCOUNT),
	};
	if (parts->ring && parts->order && parts->positions)
		return 0;
	dmaring_queue_free(parts);
	return -ENOMEM;
}

/* Sleeps. */
void dmaring_queue_free(struct dmaring_queue_parts *parts)
{
	kvfree(parts->positions);
	kvfree(parts->order);
	if (parts->ring)
		dmaring_ring_put(parts->ring);
}

/* Nobody has seen an index of this ring, nor is inside and remembers one. */
static void begin_indices(struct dmaring_consumer *consumer)
{
	consumer->head = 0;
	consumer->tail = 0;
	consumer->released = 0;
	consumer->ripe = 0;
	consumer->ripens = 0;
	consumer->marked = 0;
	consumer->ring->used = true;
}

/**
 * dmaring_queue_install() - ATTACH: make a queue of its parts
 * @consumer: the consumer, not attached.
 * @parts:    what dmaring_queue_alloc() made; on return, what is not needed,
 *            because a system call still uses that of the last time.
 */
void dmaring_queue_install(struct dmaring_consumer *consumer,
			   struct dmaring_queue_parts *parts)
{
	lockdep_assert_held(&consumer->stream->lock);
	if (consumer->ring)
		return;
	consumer->ring = parts->ring;
	consumer->order = parts->order;
	consumer->positions = parts->positions;
	*parts = (struct dmaring_queue_parts) { };
	if (!consumer->ring->used)
		begin_indices(consumer);
}

/**
 * dmaring_queue_remove() - nobody uses the queue any more
 * @consumer: the consumer, not attached, no system call in exchange.c.
 * @parts:    gets its parts, for dmaring_queue_free().
 */
void dmaring_queue_remove(struct dmaring_consumer *consumer,
			  struct dmaring_queue_parts *parts)
{
	lockdep_assert_held(&consumer->stream->lock);
	*parts = (struct dmaring_queue_parts) {
		.ring = consumer->ring,
		.order = consumer->order,
		.positions = consumer->positions,
	};
	consumer->ring = NULL;
	consumer->order = NULL;
	consumer->positions = NULL;
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
	return buf->holders & consumer->holder;
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
static __always_inline void drop_hold(struct dmaring_consumer *consumer,
				      struct dmaring_buf *buf)
{
	buf->holders &= ~consumer->holder;
	consumer->refs--;
	if (!buf->holders)
		dmaring_change_state(consumer->stream, buf, DMARING_BUFFER_HELD,
				     DMARING_BUFFER_IDLE);
}

/* --------------------------------------------------------------------- drop */

/* The one that is ahead, where indices wrap. */
static u32 max_index(u32 a, u32 b)
{
	return (s32)(a - b) > 0 ? a : b;
}

/* Does the oldest frame or a later one say DISCONTINUITY, perhaps? */
static bool may_be_marked(const struct dmaring_consumer *consumer)
{
	return (s32)(consumer->marked - consumer->tail) > 0;
}

/*
 * The frame after the one that is being dropped has to say what that one said.
 * Who scribbles on the slots' flags deceives nobody but himself.
 */
static noinline bool hand_on_discontinuity(struct dmaring_consumer *consumer)
{
	if (!(READ_ONCE(dmaring_queue_slot(consumer, consumer->tail)->flags) &
	      DMARING_FRAME_DISCONTINUITY))
		return false;
	if (dmaring_waiting(consumer) == 1)
		return true;
	dmaring_queue_slot(consumer, consumer->tail + 1)->flags |=
		DMARING_FRAME_DISCONTINUITY;
	consumer->marked = max_index(consumer->marked, consumer->tail + 2);
	return false;
}

static __always_inline bool drop_oldest(struct dmaring_consumer *consumer,
					bool force)
{
	u32 index = *queued(consumer, consumer->tail);
	u32 next = consumer->tail + 1;
	bool owed = false;

	/* First, so that who takes the next frame sees it. */
	if (unlikely(may_be_marked(consumer)))
		owed = hand_on_discontinuity(consumer);
	if (force) {
		/* As dmaring_queue_move_tail() is: after the mark and what is in the slot. */
		smp_store_release(&consumer->ring->header->frames_tail, next);
		consumer->tail = next;
	} else if (!dmaring_queue_move_tail(consumer, consumer->tail, next)) {
		return false;
	}
	if (unlikely(owed))
		consumer->discontinuity = true;
	consumer->tally.dropped++;
	drop_hold(consumer, &consumer->stream->pool.bufs[index]);
	return true;
}

/* LATEST: may one more frame wait, as far as the kernel has looked? */
static bool has_room(const struct dmaring_consumer *consumer)
{
	return dmaring_waiting(consumer) < consumer->depth &&
	       consumer->refs < consumer->most;
}

/*
 * LATEST: drop the oldest frame; false if only the new one is left.  One is
 * always enough: the bounds held before.
 */
static noinline bool make_room(struct dmaring_consumer *consumer)
{
	int tries = DROP_TRIES;

	while (tries--) {
		dmaring_queue_sync(consumer);
		if (has_room(consumer))
			return true;
		if (!dmaring_waiting(consumer))
			return false;
		if (drop_oldest(consumer, false))
			return true;
	}
	return false;
}

/*
 * The same where the user has taken nothing since the kernel looked, as one that
 * sleeps: only then the first attempt succeeds, and there is no need to look.
 */
static __always_inline bool make_room_fast(struct dmaring_consumer *consumer)
{
	return (dmaring_waiting(consumer) && !may_be_marked(consumer) &&
		drop_oldest(consumer, false)) || make_room(consumer);
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
	consumer->marked = consumer->head + 1;
	consumer->discontinuity = false;
}

static void start_ripener(struct dmaring_consumer *consumer)
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

/*
 * A frame was published for one who waits for several: must it be woken?  The
 * time runs for each frame, also for one that completes the watermark, because
 * the user may take fewer than wait.
 */
static noinline bool ripened(struct dmaring_consumer *consumer)
{
	u32 tail;
	bool ripe;

	dmaring_queue_sync(consumer);
	tail = consumer->tail;
	ripe = dmaring_queue_is_ripe(consumer, tail, dmaring_waiting(consumer));
	/* Not left behind, or it would seem to be ahead one day. */
	if ((s32)(consumer->ripe - tail) < 0)
		WRITE_ONCE(consumer->ripe, tail);
	/* Who is stopped waits for nothing, and would leave the timer behind. */
	if (consumer->watermark_ns && consumer->running)
		start_ripener(consumer);
	return ripe;
}

static noinline void refuse(struct dmaring_consumer *consumer,
			    const struct dmaring_frame *frame)
{
	consumer->tally.dropped++;
	consumer->discontinuity |=
		!!(frame->flags & DMARING_FRAME_DISCONTINUITY);
}

/**
 * dmaring_queue_publish() - put a frame on the queue
 * @consumer: the consumer, running.
 * @buf:      the buffer, about to be HELD.
 * @frame:    what is in it.
 *
 * Once per frame and consumer: what is rare is kept out of it.  A consumer that does
 * not want the frame is no holder of @buf.
 *
 * Return: true if a sleeper must be woken.
 */
bool dmaring_queue_publish(struct dmaring_consumer *consumer,
			   struct dmaring_buf *buf,
			   const struct dmaring_frame *frame)
{
	struct dmaring_ring_memory *ring = consumer->ring;
	u32 head = consumer->head, index = frame->buffer;

	lockdep_assert_held(&consumer->stream->lock);
	if (consumer->policy == DMARING_POLICY_LOSSLESS) {
		dmaring_queue_sync(consumer);
	} else if (!has_room(consumer) && !make_room_fast(consumer)) {
		refuse(consumer, frame);
		return false;
	}
	/* As many slots as buffers, and this one was not queued: one is free. */
	ring->frames[head & ring->mask] = *frame;
	if (consumer->discontinuity ||
	    frame->flags & DMARING_FRAME_DISCONTINUITY)
		mark_discontinuity(consumer);
	consumer->order[head & ring->mask] = index;
	consumer->positions[index] = head;
	buf->holders |= consumer->holder;
	consumer->refs++;
	head++;
	/* Who sees the head sees the slot: pairs with peek(). */
	smp_store_release(&consumer->head, head);
	/* a: the same for the user. */
	smp_store_release(&ring->header->frames_head, head);

	return consumer->watermark <= 1 || ripened(consumer);
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

/* The buffer of a cookie, if this consumer has taken it; else an ERR_PTR. */
static struct dmaring_buf *find_taken(struct dmaring_consumer *consumer,
				      u64 cookie)
{
	struct dmaring_pool *pool = &consumer->stream->pool;
	u32 index = dmaring_cookie_index(cookie);
	struct dmaring_buf *buf;

	if (index >= pool->count)
		return ERR_PTR(-EINVAL);
	index = array_index_nospec(index, pool->count);
	buf = &pool->bufs[index];
	/* One that is none is that of a buffer that nobody holds, or of no buffer. */
	if (buf->cookie != cookie || !holds(consumer, buf))
		return ERR_PTR(dmaring_cookie_is_one(cookie) ? -ESTALE :
							       -EINVAL);
	if (!has_taken(consumer, index)) {
		/* Through the ring, perhaps, and we have not looked since. */
		dmaring_queue_sync(consumer);
		if (!has_taken(consumer, index))
			return ERR_PTR(-ESTALE);
	}
	return buf;
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
		       u32 *count)
{
	struct dmaring_buf *buf;
	u32 i;

	for (i = 0; i < *count; i++) {
		buf = find_taken(consumer, cookies[i]);
		if (IS_ERR(buf))
			break;
		buf->holders &= ~consumer->holder;
	}
	if (i == *count)
		return 0;
	*count = i;
	while (i-- > 0)
		cookie_buf(consumer, cookies[i])->holders |= consumer->holder;
	return PTR_ERR(buf);
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
			dmaring_change_state(consumer->stream, buf,
					     DMARING_BUFFER_HELD,
					     DMARING_BUFFER_IDLE);
		trace_dmaring_release(consumer, cookies[i]);
	}
}

static noinline int release_batch(struct dmaring_consumer *consumer,
				  const u64 *cookies, u32 *count)
{
	int err = check_batch(consumer, cookies, count);

	if (!err)
		finish_batch(consumer, cookies, *count);
	return err;
}

static int release_one(struct dmaring_consumer *consumer, u64 cookie,
		       u32 *count)
{
	struct dmaring_buf *buf = find_taken(consumer, cookie);

	if (IS_ERR(buf)) {
		*count = 0;
		return PTR_ERR(buf);
	}
	drop_hold(consumer, buf);
	trace_dmaring_release(consumer, cookie);
	return 0;
}

/**
 * dmaring_queue_release() - give back a batch of frames, or none of it
 * @consumer: the consumer, attached.
 * @cookies:  of its frames.
 * @count:    how many; on an error the place of the first bad one.
 *
 * Return: 0, -EINVAL (never a cookie) or -ESTALE (no longer this consumer's).
 */
int dmaring_queue_release(struct dmaring_consumer *consumer,
			  const u64 *cookies, u32 *count)
{
	int err;

	lockdep_assert_held(&consumer->stream->lock);
	err = *count == 1 ? release_one(consumer, *cookies, count) :
			    release_batch(consumer, cookies, count);
	if (unlikely(err))
		consumer->stream->counters.bad_releases++;
	return err;
}

/* ------------------------------------------------------------------ playback */

/* What the producer has filled is in line for the card. */
static void submit(struct dmaring_consumer *consumer, struct dmaring_buf *buf,
		   u32 bytes)
{
	struct dmaring_stream *stream = consumer->stream;
	struct dmaring_fill *fill = &stream->fills[dmaring_buf_index(stream, buf)];

	fill->turn = stream->turns++;
	WRITE_ONCE(fill->bytes, bytes);
	buf->holders &= ~consumer->holder;
	consumer->refs--;
	consumer->submitted++;
	dmaring_change_state(stream, buf, DMARING_BUFFER_HELD,
			     DMARING_BUFFER_FILLED);
	trace_dmaring_submit(consumer, buf->cookie, bytes);
}

/* The buffer of a frame, if this producer may submit it; else an ERR_PTR. */
static struct dmaring_buf *find_filled(struct dmaring_consumer *consumer,
				       u64 cookie, u32 bytes)
{
	if (!bytes || bytes > consumer->stream->pool.buffer_size)
		return ERR_PTR(-EINVAL);
	return find_taken(consumer, cookie);
}

/**
 * dmaring_queue_submit() - put a batch of frames in line, or none of it
 * @consumer: the producer, attached.
 * @filled:   its frames.
 * @count:    how many; on an error the place of the first bad one.
 *
 * As check_batch() does, but with a look at the frames before.
 *
 * Return: 0, -EINVAL (never a cookie, or no length) or -ESTALE.
 */
int dmaring_queue_submit(struct dmaring_consumer *consumer,
			 const struct dmaring_filled *filled, u32 *count)
{
	struct dmaring_buf *buf = NULL;
	u32 i, good;

	lockdep_assert_held(&consumer->stream->lock);
	for (good = 0; good < *count; good++) {
		buf = find_filled(consumer, filled[good].cookie,
				  filled[good].bytes);
		if (IS_ERR(buf))
			break;
		/* So that the same cookie further on is found out. */
		buf->holders &= ~consumer->holder;
	}
	for (i = 0; i < good; i++)
		cookie_buf(consumer, filled[i].cookie)->holders |=
			consumer->holder;
	if (good < *count) {
		*count = good;
		consumer->stream->counters.bad_releases++;
		return PTR_ERR(buf);
	}
	for (i = 0; i < good; i++)
		submit(consumer, cookie_buf(consumer, filled[i].cookie),
		       filled[i].bytes);
	return 0;
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

/* One release that the user has written (c): it is worth nothing yet. */
static bool get_release(struct dmaring_consumer *consumer, u64 *cookie,
			u32 *bytes)
{
	u32 next = consumer->released;
	struct dmaring_ring_release *release =
		dmaring_release_at(consumer, next);

	/* c: who sees the turn sees the cookie. */
	if (smp_load_acquire(&release->turn) != next + 1)
		return false;
	*cookie = READ_ONCE(release->cookie);
	*bytes = READ_ONCE(release->bytes);
	WRITE_ONCE(consumer->released, next + 1);
	return true;
}

/**
 * dmaring_queue_reap() - do what the releases in the ring ask for
 * @consumer: the consumer, attached.
 * @most:     how many at most: the user may go on writing them.
 * @bad_cost: as how many of these a bad one counts.
 *
 * Return: how many there were; @most if there may be more, and if none was bad or
 * that costs nothing.
 */
u32 dmaring_queue_reap(struct dmaring_consumer *consumer, u32 most,
		       u32 bad_cost)
{
	struct dmaring_stream *stream = consumer->stream;
	struct dmaring_buf *buf;
	s32 left = most;
	u32 reaped = 0, bytes;
	u64 cookie;

	lockdep_assert_held(&stream->lock);
	/* Detached meanwhile, and its bits perhaps somebody else's. */
	if (rcu_access_pointer(stream->consumers[consumer->id]) != consumer)
		return 0;
	/* Who takes through the ring has done so since the kernel looked. */
	dmaring_queue_sync(consumer);
	while (left > 0 && get_release(consumer, &cookie, &bytes)) {
		reaped++;
		buf = unlikely(stream->playback) ?
			      find_filled(consumer, cookie, bytes) :
			      find_taken(consumer, cookie);
		if (IS_ERR(buf)) {
			left -= bad_cost;
			stream->counters.bad_releases++;
			continue;
		}
		left--;
		if (unlikely(stream->playback)) {
			submit(consumer, buf, bytes);
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
