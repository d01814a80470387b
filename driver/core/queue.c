// SPDX-License-Identifier: GPL-2.0-only
/*
 * A consumer's queue of frames, in the ring that it shares with the user.
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
#include <linux/poll.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include <compat.h>

#include "internal.h"
#include "trace.h"

/* So many descriptors are copied faster in one piece than one by one. */
#define RUN_MIN		4

/* How often to try to drop the oldest while the user takes it. */
#define DROP_TRIES	2

static enum hrtimer_restart ripen(struct hrtimer *timer);

void dmaring_queue_init(struct dmaring_consumer *consumer)
{
	hrtimer_setup(&consumer->ripener, ripen, CLOCK_MONOTONIC,
		      HRTIMER_MODE_REL_SOFT);
}

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

static struct dmaring_frame *slot(struct dmaring_consumer *consumer, u32 at)
{
	return &consumer->ring->frames[at & consumer->ring->mask];
}

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
static void put_buf(struct dmaring_consumer *consumer, struct dmaring_buf *buf)
{
	buf->holders &= ~BIT(consumer->id);
	consumer->refs--;
	if (!buf->holders)
		dmaring_set_state(consumer->stream, buf, DMARING_BUFFER_IDLE);
}

/* ------------------------------------------------------------ the user's tail */

/**
 * dmaring_queue_sync() - see how far the user has taken
 * @consumer: the consumer.
 *
 * A tail that makes no sense is as if it had not moved.
 *
 * Return: whether it makes sense.
 */
bool dmaring_queue_sync(struct dmaring_consumer *consumer)
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
static bool move_tail(struct dmaring_consumer *consumer, u32 from, u32 to)
{
	if (cmpxchg(&consumer->ring->header->frames_tail, from, to) != from)
		return false;
	consumer->tail = to;
	return true;
}

/* --------------------------------------------------------------------- drop */

/*
 * The frame after the one that is being dropped has to say what that one said.
 * Who scribbles on the slots' flags deceives nobody but himself.
 */
static void hand_on_discontinuity(struct dmaring_consumer *consumer)
{
	if (!(READ_ONCE(slot(consumer, consumer->tail)->flags) &
	      DMARING_FRAME_DISCONTINUITY))
		return;
	if (dmaring_waiting(consumer) > 1)
		slot(consumer, consumer->tail + 1)->flags |=
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
		/* As move_tail() is: after the mark and what is in the slot. */
		smp_store_release(&consumer->ring->header->frames_tail, next);
		consumer->tail = next;
	} else if (!move_tail(consumer, consumer->tail, next)) {
		return false;
	}
	consumer->tally.dropped++;
	put_buf(consumer, &consumer->stream->pool.bufs[index]);
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
static bool drop_some(struct dmaring_consumer *consumer, bool force)
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

/**
 * dmaring_queue_drop_all() - STOP, or the end: what waits counts as dropped
 * @consumer: the consumer; nothing is published for it any more.
 */
void dmaring_queue_drop_all(struct dmaring_consumer *consumer)
{
	struct dmaring_stream *stream = consumer->stream;
	/* An honest user takes a frame each time it keeps us from dropping it. */
	u32 rounds = stream->pool.count;
	bool more;

	do {
		spin_lock_irq(&stream->lock);
		more = drop_some(consumer, !rounds);
		spin_unlock_irq(&stream->lock);
		rounds -= !!rounds;
	} while (more);
}

/* ------------------------------------------------------------------- publish */

/* Have enough frames waited, or one long enough? */
static bool is_ripe(const struct dmaring_consumer *consumer, u32 tail,
		    u32 waiting)
{
	return waiting >= consumer->watermark ||
	       (s32)(READ_ONCE(consumer->ripe) - tail) > 0;
}

/*
 * Nanoseconds until the oldest frame has waited long enough, 0 if it has, -1 if
 * none waits.  Who scribbles on the slot's time deceives nobody but himself: it
 * is asked once for each frame.
 */
static s64 ripe_in(struct dmaring_consumer *consumer)
{
	s64 left;

	dmaring_queue_sync(consumer);
	if (!dmaring_waiting(consumer))
		return -1;
	if (consumer->ripens == consumer->tail)
		return 0;
	consumer->ripens = consumer->tail;
	left = READ_ONCE(slot(consumer, consumer->tail)->timestamp_ns) +
	       consumer->watermark_ns - ktime_get_ns();
	return clamp_t(s64, left, 0, consumer->watermark_ns);
}

/* The oldest frame may have waited for watermark_ns: look. */
static enum hrtimer_restart ripen(struct hrtimer *timer)
{
	struct dmaring_consumer *consumer =
		container_of(timer, struct dmaring_consumer, ripener);
	struct dmaring_stream *stream = consumer->stream;
	unsigned long flags;
	s64 left;

	spin_lock_irqsave(&stream->lock, flags);
	left = ripe_in(consumer);
	consumer->ripening = left > 0;
	if (!left)
		WRITE_ONCE(consumer->ripe, consumer->head);
	spin_unlock_irqrestore(&stream->lock, flags);
	if (left > 0) {
		/* Not hrtimer_forward(), which counts from when it was due. */
		hrtimer_set_expires(timer, ktime_add_ns(ktime_get(), left));
		return HRTIMER_RESTART;
	}
	if (left < 0)
		return HRTIMER_NORESTART;
	rcu_read_lock();
	dmaring_consumer_wake(consumer, EPOLLIN | EPOLLRDNORM);
	rcu_read_unlock();
	return HRTIMER_NORESTART;
}

/* The frame says that some may be missing before it, or has to say so. */
static noinline void mark_discontinuity(struct dmaring_consumer *consumer)
{
	slot(consumer, consumer->head)->flags |= DMARING_FRAME_DISCONTINUITY;
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
	bool ripe = is_ripe(consumer, tail, dmaring_waiting(consumer));

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

/* DETACH: nobody can find the consumer any more, its bits only go away. */
void dmaring_queue_release_all(struct dmaring_consumer *consumer)
{
	struct dmaring_stream *stream = consumer->stream;
	struct dmaring_buf *buf;
	u32 i;

	for (i = 0; i < stream->pool.count; i++) {
		buf = &stream->pool.bufs[i];
		/* Buffer by buffer, to keep interrupts off for a short time. */
		spin_lock_irq(&stream->lock);
		if (holds(consumer, buf))
			put_buf(consumer, buf);
		spin_unlock_irq(&stream->lock);
	}
}

/* ---------------------------------------------------------------------- take */

/* Frames that wait. */
struct span {
	u32 tail;
	u32 count;	/* NONSENSE: the user's tail makes no sense */
};

#define NONSENSE	U32_MAX

static noinline struct span peek_locked(struct dmaring_consumer *consumer)
{
	struct dmaring_stream *stream = consumer->stream;
	struct span span;

	spin_lock_irq(&stream->lock);
	span.count = dmaring_queue_sync(consumer) ? dmaring_waiting(consumer) :
						    NONSENSE;
	span.tail = consumer->tail;
	spin_unlock_irq(&stream->lock);
	return span;
}

/* Once or twice per frame: without the lock. */
static __always_inline struct span peek(struct dmaring_consumer *consumer)
{
	struct span span;

	span.tail = READ_ONCE(consumer->ring->header->frames_tail);
	/* In this order the head is not behind an honest tail: pairs with B. */
	smp_rmb();
	/* The slots after the head: pairs with publish. */
	span.count = smp_load_acquire(&consumer->head) - span.tail;
	/* Or we were kept from running, while the head went round the ring. */
	if (unlikely(span.count > consumer->ring->mask + 1))
		return peek_locked(consumer);
	return span;
}

/**
 * dmaring_queue_status() - would a read succeed, fail or wait?
 * @consumer: the consumer; the lock is not held.
 * @ripe:     frames below the watermark do not count.
 *
 * Return: 0 when frames wait; -EAGAIN when some may come; else the errno with
 * which a read fails.
 */
int dmaring_queue_status(struct dmaring_consumer *consumer, bool ripe)
{
	struct span span;
	bool running;
	int error;

	if (dmaring_is_gone(consumer->stream))
		return -ENODEV;
	/* Pairs with that of ATTACH: who is attached has a ring. */
	if (!smp_load_acquire(&consumer->attached))
		return -ENOTCONN;
	/* Once each: a START on another CPU must not look like a failure. */
	running = READ_ONCE(consumer->running);
	error = READ_ONCE(consumer->stream->error);
	span = peek(consumer);
	if (span.count == NONSENSE)
		return -EPROTO;
	if (span.count && (!running || error || !ripe ||
			   is_ripe(consumer, span.tail, span.count)))
		return 0;
	if (!running)
		return -EBADFD;
	return error ? -EIO : -EAGAIN;
}

static bool would_wait(struct dmaring_consumer *consumer, int *status)
{
	*status = dmaring_queue_status(consumer, true);
	return *status == -EAGAIN;
}

/* Wait until a read would not; KTIME_MAX: for ever. */
static int wait_until(struct dmaring_consumer *consumer, ktime_t deadline)
{
	ktime_t left = ktime_sub(deadline, ktime_get());
	int status = dmaring_queue_status(consumer, true);
	int err;

	if (status != -EAGAIN)
		return status;
	if (deadline == KTIME_MAX) {
		err = wait_event_interruptible(consumer->wait,
					       !would_wait(consumer, &status));
		return err ?: status;
	}
	err = -ETIME;
	if (left > 0)
		err = wait_event_interruptible_hrtimeout(consumer->wait,
							 !would_wait(consumer,
								     &status),
							 left);
	/* Time is over: what waits below the watermark will do. */
	if (err == -ETIME) {
		status = dmaring_queue_status(consumer, false);
		return status == -EAGAIN ? -ETIMEDOUT : status;
	}
	/* A restart would begin the time anew. */
	return err ? -EINTR : status;
}

/*
 * Take what was copied from the slots: @count, or -EAGAIN if somebody took or
 * dropped it meanwhile, and so perhaps wrote it anew while it was copied, or
 * -EPROTO if the tail is nonsense.
 */
static int commit(struct dmaring_consumer *consumer, u32 tail, u32 count)
{
	struct dmaring_stream *stream = consumer->stream;
	int taken = -EAGAIN;
	u32 i;

	spin_lock_irq(&stream->lock);
	if (!dmaring_queue_sync(consumer)) {
		taken = -EPROTO;
	} else if (consumer->tail == tail &&
		   dmaring_waiting(consumer) >= count &&
		   move_tail(consumer, tail, tail + count)) {
		taken = count;
		consumer->tally.delivered += count;
		/* Not round the loop with interrupts off for nobody. */
		if (trace_dmaring_dequeue_enabled())
			for (i = 0; i < count; i++)
				trace_dmaring_dequeue(consumer, slot(consumer, tail + i));
	}
	spin_unlock_irq(&stream->lock);
	return taken;
}

/*
 * Whole descriptors that reached the user, one by one.  If a slot is written
 * anew meanwhile, commit() refuses what was copied.
 */
static u32 copy_each(struct dmaring_consumer *consumer, char __user *to,
		     u32 stride, u32 tail, u32 count)
{
	u32 more = stride - sizeof(struct dmaring_frame);
	u32 i;

	for (i = 0; i < count; i++, to += stride) {
		/* A race by intent, see above. */
		if (data_race(copy_to_user(to, slot(consumer, tail + i),
					   sizeof(struct dmaring_frame))) ||
		    (more && clear_user(to + sizeof(struct dmaring_frame), more)))
			break;
	}
	return i;
}

/* The same, from slots that lie side by side. */
static u32 copy_run(struct dmaring_consumer *consumer, char __user *to,
		    u32 tail, u32 count)
{
	size_t bytes = count * sizeof(struct dmaring_frame);
	/* A race by intent, see above. */
	size_t left = data_race(copy_to_user(to, slot(consumer, tail), bytes));

	return count - DIV_ROUND_UP(left, sizeof(struct dmaring_frame));
}

/* Whole descriptors, from @tail on, that reached the user. */
static u32 copy_frames(struct dmaring_consumer *consumer, char __user *to,
		       u32 stride, u32 tail, u32 count)
{
	u32 run = min(count, consumer->ring->mask + 1 -
			     (tail & consumer->ring->mask));
	u32 copied;

	/* A copy of no constant size is checked at length: not for a few. */
	if (count < RUN_MIN || stride != sizeof(struct dmaring_frame))
		return copy_each(consumer, to, stride, tail, count);
	copied = copy_run(consumer, to, tail, run);
	/* And those at the other end of the ring. */
	if (copied == run && run < count)
		copied += copy_run(consumer, to + run * stride, tail + run,
				   count - run);
	return copied;
}

/* Take up to @count frames that wait; how many, or a negative errno. */
static int take_waiting(struct dmaring_consumer *consumer, char __user *to,
			u32 stride, u32 count, u32 __user *taken)
{
	struct span span;
	int copied;

	do {
		span = peek(consumer);
		if (span.count == NONSENSE)
			return -EPROTO;
		if (!span.count)
			return 0;
		copied = copy_frames(consumer, to, stride, span.tail,
				     min(count, span.count));
		/* Before they are taken: an answer not given is a frame lost. */
		if (!copied || (taken && put_user(copied, taken)))
			return -EFAULT;
		/* A user who scribbles on its tail may keep us here for ever. */
		if (fatal_signal_pending(current))
			return -EINTR;
		copied = commit(consumer, span.tail, copied);
	} while (copied == -EAGAIN);
	return copied;
}

/**
 * dmaring_queue_take() - take frames, waiting for the first one
 * @consumer:   the consumer.
 * @to:         user memory for the descriptors.
 * @stride:     from one to the next; the consumer's may change meanwhile.
 * @count:      how many there is room for, at least 1.
 * @timeout_ns: as in struct dmaring_dequeue.
 * @tell:       NULL, or where to write how many were taken.
 *
 * Return: frames taken, at least 1; or a negative errno, and nothing was taken.
 */
int dmaring_queue_take(struct dmaring_consumer *consumer, char __user *to,
		       u32 stride, u32 count, s64 timeout_ns, u32 __user *tell)
{
	ktime_t deadline = KTIME_MAX;
	int taken, err;

	if (timeout_ns > 0)
		deadline = ktime_add_safe(ktime_get(), ns_to_ktime(timeout_ns));
	do {
		dmaring_queue_reap_pending(consumer);
		err = timeout_ns ? wait_until(consumer, deadline) :
				   dmaring_queue_status(consumer, false);
		if (err)
			return err;
		taken = take_waiting(consumer, to, stride, count, tell);
		/* None: another thread was faster, wait again. */
	} while (!taken);
	return taken;
}

/* ------------------------------------------------------------------- release */

/* The buffer of a cookie, if this consumer has taken it. */
static int find_taken(struct dmaring_consumer *consumer, u64 cookie,
		      struct dmaring_buf **buf)
{
	struct dmaring_pool *pool = &consumer->stream->pool;
	u32 index = cookie & 0xffff;

	if (index >= pool->count || !(cookie >> 16))
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
	return &consumer->stream->pool.bufs[cookie & 0xffff];
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

int dmaring_queue_release(struct dmaring_consumer *consumer,
			  const u64 *cookies, u32 count, u32 *bad)
{
	struct dmaring_stream *stream = consumer->stream;
	int err = -ENOTCONN;

	if (dmaring_is_gone(stream))
		return -ENODEV;
	spin_lock_irq(&stream->lock);
	if (consumer->attached) {
		err = check_batch(consumer, cookies, count, bad);
		if (err)
			stream->counters.bad_releases++;
		else
			finish_batch(consumer, cookies, count);
	}
	spin_unlock_irq(&stream->lock);
	if (!err)
		dmaring_refill_if_needed(stream);
	return err;
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
		put_buf(consumer, buf);
		trace_dmaring_release(consumer, cookie);
	}
	if (reaped)
		/* The user may write these slots again. */
		smp_store_release(&consumer->ring->header->releases_tail,
				  consumer->released);
	return reaped;
}

/* The same for all that are there, with interrupts on in between. */
void dmaring_queue_reap_all(struct dmaring_consumer *consumer)
{
	struct dmaring_stream *stream = consumer->stream;
	u32 left = consumer->ring->mask + 1, reaped;

	do {
		spin_lock_irq(&stream->lock);
		reaped = dmaring_queue_reap(consumer, min_t(u32, left,
							    DMARING_BATCH));
		spin_unlock_irq(&stream->lock);
		left -= reaped;
	} while (left && reaped == DMARING_BATCH);
}

/* Somebody calls us anyway: look at the ring, if there is anything to see. */
void dmaring_queue_reap_pending(struct dmaring_consumer *consumer)
{
	/* Pairs with that of ATTACH: who is attached has a ring. */
	if (!smp_load_acquire(&consumer->attached))
		return;
	if (dmaring_has_releases(consumer))
		dmaring_consumer_kick(consumer);
}
