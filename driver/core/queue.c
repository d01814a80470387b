// SPDX-License-Identifier: GPL-2.0-only
/*
 * A consumer's queue of frames.
 *
 * What waits is between tail and head.  Publishing moves the head, taking and
 * dropping move the tail, neither is ever set back, not even by STOP or ATTACH:
 * a thread that peeked at the queue knows by the tail alone whether what it saw
 * is still there.  A buffer that has the consumer's bit in holders is queued if
 * its position is at or after the tail, else it is taken.
 */
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/nospec.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "internal.h"
#include "trace.h"

/* Descriptors copied to the user per round: one KiB of stack. */
#define TAKE_BATCH	16

int dmaring_queue_alloc(struct dmaring_consumer *consumer)
{
	u32 buffers = consumer->stream->pool.count;
	u32 slots = roundup_pow_of_two(buffers);

	consumer->slots = kvcalloc(slots, sizeof(*consumer->slots),
				   GFP_KERNEL_ACCOUNT);
	consumer->positions = kvcalloc(buffers, sizeof(*consumer->positions),
				       GFP_KERNEL_ACCOUNT);
	if (!consumer->slots || !consumer->positions)
		return -ENOMEM;
	consumer->mask = slots - 1;
	return 0;
}

void dmaring_queue_free(struct dmaring_consumer *consumer)
{
	kvfree(consumer->positions);
	kvfree(consumer->slots);
	consumer->positions = NULL;
	consumer->slots = NULL;
}

static struct dmaring_frame *slot(struct dmaring_consumer *consumer, u32 at)
{
	return &consumer->slots[at & consumer->mask];
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
	       slot(consumer, position)->buffer != index;
}

/* This consumer needs the buffer no longer; after the last one it is idle. */
static void put_buf(struct dmaring_consumer *consumer, struct dmaring_buf *buf)
{
	buf->holders &= ~BIT(consumer->id);
	consumer->refs--;
	if (!buf->holders)
		dmaring_set_state(consumer->stream, buf, DMARING_BUFFER_IDLE);
}

static void drop_oldest(struct dmaring_consumer *consumer)
{
	const struct dmaring_frame *frame = slot(consumer, consumer->tail);

	WRITE_ONCE(consumer->tail, consumer->tail + 1);
	consumer->tally.dropped++;
	put_buf(consumer, &consumer->stream->pool.bufs[frame->buffer]);
	if (!(frame->flags & DMARING_FRAME_DISCONTINUITY))
		return;
	/* The next one that it gets has to say so instead. */
	if (dmaring_waiting(consumer))
		slot(consumer, consumer->tail)->flags |=
			DMARING_FRAME_DISCONTINUITY;
	else
		consumer->discontinuity = true;
}

/* LATEST: drop what exceeds the bounds; false if only the new frame is left. */
static bool make_room(struct dmaring_consumer *consumer)
{
	while (dmaring_waiting(consumer) >= consumer->depth ||
	       consumer->refs >= consumer->depth + consumer->max_held) {
		if (!dmaring_waiting(consumer))
			return false;
		drop_oldest(consumer);
	}
	return true;
}

/* The buffer is changing to HELD; false if the consumer does not want it. */
bool dmaring_queue_publish(struct dmaring_consumer *consumer,
			   struct dmaring_buf *buf,
			   const struct dmaring_frame *frame)
{
	lockdep_assert_held(&consumer->stream->lock);
	if (consumer->policy == DMARING_POLICY_LATEST && !make_room(consumer)) {
		consumer->tally.dropped++;
		consumer->discontinuity |=
			!!(frame->flags & DMARING_FRAME_DISCONTINUITY);
		return false;
	}
	/* As many slots as buffers, and this one was not queued: one is free. */
	*slot(consumer, consumer->head) = *frame;
	if (consumer->discontinuity) {
		slot(consumer, consumer->head)->flags |=
			DMARING_FRAME_DISCONTINUITY;
		consumer->discontinuity = false;
	}
	consumer->positions[frame->buffer] = consumer->head;
	buf->holders |= BIT(consumer->id);
	consumer->refs++;
	WRITE_ONCE(consumer->head, consumer->head + 1);
	return true;
}

/* STOP: what waits counts as dropped; true if not all of it is dropped yet. */
bool dmaring_queue_drop_some(struct dmaring_consumer *consumer)
{
	u32 i;

	lockdep_assert_held(&consumer->stream->lock);
	for (i = 0; i < DMARING_BATCH && dmaring_waiting(consumer); i++)
		drop_oldest(consumer);
	return dmaring_waiting(consumer);
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

/**
 * dmaring_queue_status() - would a read succeed, fail or wait?
 * @consumer: the consumer; no lock needed.
 *
 * Return: 0 when a frame waits; -EAGAIN when one may come; else the errno with
 * which a read fails.
 */
int dmaring_queue_status(const struct dmaring_consumer *consumer)
{
	if (dmaring_is_gone(consumer->stream))
		return -ENODEV;
	if (!READ_ONCE(consumer->attached))
		return -ENOTCONN;
	if (dmaring_waiting(consumer))
		return 0;
	if (!READ_ONCE(consumer->running))
		return -EBADFD;
	if (READ_ONCE(consumer->stream->error))
		return -EIO;
	return -EAGAIN;
}

static bool would_wait(const struct dmaring_consumer *consumer, int *status)
{
	*status = dmaring_queue_status(consumer);
	return *status == -EAGAIN;
}

/* Wait until a read would not; KTIME_MAX: for ever. */
static int wait_until(struct dmaring_consumer *consumer, ktime_t deadline)
{
	ktime_t left = ktime_sub(deadline, ktime_get());
	int status = dmaring_queue_status(consumer);
	int err;

	if (status != -EAGAIN)
		return status;
	if (deadline == KTIME_MAX) {
		err = wait_event_interruptible(consumer->wait,
					       !would_wait(consumer, &status));
		return err ?: status;
	}
	if (left <= 0)
		return -ETIMEDOUT;
	err = wait_event_interruptible_hrtimeout(consumer->wait,
						 !would_wait(consumer, &status),
						 left);
	if (err == -ETIME)
		return -ETIMEDOUT;
	/* A restart would begin the time anew. */
	return err ? -EINTR : status;
}

/* Copy the descriptors of the oldest frames that wait; how many. */
static u32 peek(struct dmaring_consumer *consumer, struct dmaring_frame *frames,
		u32 count, u32 *tail)
{
	struct dmaring_stream *stream = consumer->stream;
	u32 i;

	spin_lock_irq(&stream->lock);
	*tail = consumer->tail;
	count = min(count, dmaring_waiting(consumer));
	for (i = 0; i < count; i++)
		frames[i] = *slot(consumer, *tail + i);
	spin_unlock_irq(&stream->lock);
	return count;
}

/* Take what was peeked at, unless somebody took or dropped it meanwhile. */
static bool commit(struct dmaring_consumer *consumer, u32 tail, u32 count)
{
	struct dmaring_stream *stream = consumer->stream;
	bool ours;

	spin_lock_irq(&stream->lock);
	ours = consumer->tail == tail;
	if (ours) {
		WRITE_ONCE(consumer->tail, tail + count);
		consumer->tally.delivered += count;
	}
	spin_unlock_irq(&stream->lock);
	return ours;
}

/* Whole descriptors that reached the user. */
static u32 copy_frames(char __user *to, u32 stride,
		       const struct dmaring_frame *frames, u32 count)
{
	u32 more = stride - sizeof(*frames);
	u32 i;

	if (!more) {
		i = copy_to_user(to, frames, count * sizeof(*frames));
		return count - DIV_ROUND_UP(i, sizeof(*frames));
	}
	for (i = 0; i < count; i++, to += stride)
		if (copy_to_user(to, &frames[i], sizeof(*frames)) ||
		    clear_user(to + sizeof(*frames), more))
			break;
	return i;
}

/* Take up to @count frames that wait; how many, or -EFAULT before the first. */
static int take_waiting(struct dmaring_consumer *consumer, char __user *to,
			u32 stride, u32 count)
{
	struct dmaring_frame frames[TAKE_BATCH];
	u32 taken = 0, peeked, copied, tail, i;

	while (taken < count) {
		peeked = min_t(u32, count - taken, TAKE_BATCH);
		peeked = peek(consumer, frames, peeked, &tail);
		if (!peeked)
			break;
		copied = copy_frames(to + taken * stride, stride, frames, peeked);
		if (!copied)
			return taken ?: -EFAULT;
		if (!commit(consumer, tail, copied))
			continue;
		for (i = 0; i < copied; i++)
			trace_dmaring_dequeue(consumer, &frames[i]);
		taken += copied;
	}
	return taken;
}

/**
 * dmaring_queue_take() - take frames, waiting for the first one
 * @consumer:   the consumer.
 * @to:         user memory for the descriptors.
 * @stride:     from one to the next; the consumer's may change meanwhile.
 * @count:      how many there is room for, at least 1.
 * @timeout_ns: as in struct dmaring_dequeue.
 *
 * Return: frames taken, at least 1; or a negative errno, and nothing was taken.
 */
int dmaring_queue_take(struct dmaring_consumer *consumer, char __user *to,
		       u32 stride, u32 count, s64 timeout_ns)
{
	ktime_t deadline = KTIME_MAX;
	int taken, err;

	if (timeout_ns > 0)
		deadline = ktime_add_safe(ktime_get(), ns_to_ktime(timeout_ns));
	do {
		err = timeout_ns ? wait_until(consumer, deadline) :
				   dmaring_queue_status(consumer);
		if (err)
			return err;
		taken = take_waiting(consumer, to, stride, count);
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
	if ((*buf)->cookie != cookie || !holds(consumer, *buf) ||
	    !has_taken(consumer, index))
		return -ESTALE;
	return 0;
}

static struct dmaring_buf *cookie_buf(struct dmaring_consumer *consumer,
				      u64 cookie)
{
	return &consumer->stream->pool.bufs[cookie & 0xffff];
}

/*
 * Check the whole batch first.  A checked buffer loses the consumer's bit at
 * once, so that the same cookie further on is found out; all of them get it
 * back if one is wrong.  Nobody sees that, we have the lock.
 */
static int check_batch(struct dmaring_consumer *consumer, const u64 *cookies,
		       u32 count, u32 *bad)
{
	struct dmaring_buf *buf;
	int err = 0;
	u32 i;

	for (i = 0; i < count; i++) {
		err = find_taken(consumer, cookies[i], &buf);
		if (err)
			break;
		buf->holders &= ~BIT(consumer->id);
	}
	*bad = i;
	for (; i-- > 0;)
		cookie_buf(consumer, cookies[i])->holders |= BIT(consumer->id);
	return err;
}

int dmaring_queue_release(struct dmaring_consumer *consumer,
			  const u64 *cookies, u32 count, u32 *bad)
{
	struct dmaring_stream *stream = consumer->stream;
	int err = -ENOTCONN;
	u32 i;

	spin_lock_irq(&stream->lock);
	if (consumer->attached)
		err = check_batch(consumer, cookies, count, bad);
	if (!err)
		for (i = 0; i < count; i++) {
			put_buf(consumer, cookie_buf(consumer, cookies[i]));
			trace_dmaring_release(consumer, cookies[i]);
		}
	else if (err != -ENOTCONN)
		stream->counters.bad_releases++;
	spin_unlock_irq(&stream->lock);
	if (!err)
		dmaring_refill(stream);
	return err;
}
