// SPDX-License-Identifier: GPL-2.0-only
/* A frame on the card's side: arm, complete, lose. */
#include <linux/module.h>
#include <linux/nospec.h>
#include <linux/poll.h>
#include <linux/rcupdate.h>

#include "internal.h"
#include "trace.h"

#define FRAME_FLAGS	(DMARING_FRAME_ERROR | DMARING_FRAME_DISCONTINUITY | \
			 DMARING_FRAME_HW_TIMESTAMP)

/*
 * A cookie is the number of the publication and the index of the buffer.  At a
 * million frames a second 48 bits of publications last for nine years.
 */
static u64 make_cookie(u64 publication, u32 index)
{
	BUILD_BUG_ON(DMARING_BUFFERS_MAX > 1 << 16);
	return publication << 16 | index;
}

static u32 buf_index(const struct dmaring_stream *stream,
		     const struct dmaring_buf *buf)
{
	return buf - stream->pool.bufs;
}

/* The only place that changes the state of a buffer. */
void dmaring_set_state(struct dmaring_stream *stream, struct dmaring_buf *buf,
		       enum dmaring_buffer_state state)
{
	lockdep_assert_held(&stream->lock);
	if (buf->state == DMARING_BUFFER_IDLE)
		list_del(&buf->idle);
	if (state == DMARING_BUFFER_IDLE)
		list_add_tail(&buf->idle, &stream->idle);
	stream->counters.states[buf->state]--;
	stream->counters.states[state]++;
	buf->state = state;
}

/* ------------------------------------------------------------------- wake up */

/*
 * Wake the consumers named in @who.  Called without the lock: a consumer may be
 * detaching on another CPU, and RCU keeps its wait queue until we are done.
 */
static void wake(struct dmaring_stream *stream, unsigned long who)
{
	struct dmaring_consumer *consumer;
	unsigned int id;

	rcu_read_lock();
	for_each_set_bit(id, &who, DMARING_CONSUMERS_MAX) {
		consumer = rcu_dereference(stream->consumers[id]);
		/* Its barrier pairs with that of the sleeper. */
		if (consumer && wq_has_sleeper(&consumer->wait))
			wake_up_interruptible_poll(&consumer->wait,
						   EPOLLIN | EPOLLRDNORM);
	}
	rcu_read_unlock();
}

/* Wake all open files, attached or not. */
void dmaring_wake_all(struct dmaring_stream *stream, __poll_t events)
{
	struct dmaring_consumer *consumer;

	rcu_read_lock();
	list_for_each_entry_rcu(consumer, &stream->files, link)
		wake_up_interruptible_poll(&consumer->wait, events);
	rcu_read_unlock();
}

/* ----------------------------------------------------------------------- arm */

/* Take the first idle buffer for the card; NULL if there is none. */
static struct dmaring_buf *claim_idle(struct dmaring_stream *stream)
{
	struct dmaring_buf *buf = NULL;

	spin_lock(&stream->lock);
	if (!stream->error)
		buf = list_first_entry_or_null(&stream->idle,
					       struct dmaring_buf, idle);
	if (buf) {
		/* Before arm(): a fast card completes while arm() returns. */
		dmaring_set_state(stream, buf, DMARING_BUFFER_ARMED);
		buf->dirty = true;
	}
	spin_unlock(&stream->lock);
	return buf;
}

/* The card did not take the buffer: it is the first in line again. */
static void unclaim(struct dmaring_stream *stream, struct dmaring_buf *buf)
{
	spin_lock(&stream->lock);
	/* A lying card may have completed a buffer that it did not take. */
	if (buf->state == DMARING_BUFFER_ARMED) {
		dmaring_set_state(stream, buf, DMARING_BUFFER_IDLE);
		list_move(&buf->idle, &stream->idle);
	}
	spin_unlock(&stream->lock);
}

/* One more buffer for the card: 0, or why not (-ENOENT: none is idle). */
static int arm_one(struct dmaring_stream *stream)
{
	struct dmaring_buf *buf;
	u32 index;
	int err;

	lockdep_assert_held(&stream->arm_lock);
	buf = stream->armable ? claim_idle(stream) : NULL;
	if (!buf)
		return -ENOENT;
	index = buf_index(stream, buf);
	err = stream->ops->arm(stream->hw, index, &buf->segment, 1);
	if (err)
		unclaim(stream, buf);
	else
		trace_dmaring_arm(stream, index);
	return err;
}

void dmaring_refill(struct dmaring_stream *stream)
{
	unsigned long flags;
	int err, i;

	do {
		spin_lock_irqsave(&stream->arm_lock, flags);
		for (i = 0, err = 0; i < DMARING_BATCH && !err; i++)
			err = arm_one(stream);
		spin_unlock_irqrestore(&stream->arm_lock, flags);
	} while (!err);
	if (err != -EBUSY && err != -ENOENT)
		dmaring_fail(stream, err);
}
EXPORT_SYMBOL_GPL(dmaring_refill);

/* ------------------------------------------------------------------ complete */

/* The armed buffer of that index; NULL if the card made it up. */
static struct dmaring_buf *armed_buf(struct dmaring_stream *stream, u32 index)
{
	struct dmaring_buf *buf;

	if (index >= stream->pool.count)
		return NULL;
	index = array_index_nospec(index, stream->pool.count);
	buf = &stream->pool.bufs[index];
	return buf->state == DMARING_BUFFER_ARMED ? buf : NULL;
}

static void lose(struct dmaring_stream *stream, u64 frames)
{
	lockdep_assert_held(&stream->lock);
	stream->sequence += frames;
	stream->counters.overruns += frames;
	trace_dmaring_overrun(stream, frames);
}

/* Put the frame on every running consumer's queue; who is to be woken. */
static unsigned long publish(struct dmaring_stream *stream,
			     struct dmaring_buf *buf,
			     const struct dmaring_frame *frame)
{
	unsigned long runners = stream->runners, accepted = 0;
	struct dmaring_consumer *consumer;
	unsigned int id;

	buf->cookie = frame->cookie;
	for_each_set_bit(id, &runners, DMARING_CONSUMERS_MAX) {
		/* A runner is attached, and stays until we drop the lock. */
		consumer = rcu_dereference_protected(stream->consumers[id], true);
		if (dmaring_queue_publish(consumer, buf, frame))
			accepted |= BIT(id);
	}
	dmaring_set_state(stream, buf, buf->holders ? DMARING_BUFFER_HELD :
						      DMARING_BUFFER_IDLE);
	trace_dmaring_publish(stream, frame, accepted);
	return accepted;
}

static unsigned long deliver(struct dmaring_stream *stream,
			     struct dmaring_buf *buf,
			     const struct dmaring_completion *from)
{
	u32 index = buf_index(stream, buf);
	struct dmaring_frame frame = {
		.cookie = make_cookie(++stream->publications, index),
		.sequence = stream->sequence++,
		.overruns_total = stream->counters.overruns,
		.timestamp_ns = from->timestamp_ns,
		.buffer = index,
		.bytes_used = from->bytes_used,
		.flags = from->flags & FRAME_FLAGS,
		.format_seq = stream->format_seq,
		.hw_meta = from->hw_meta,
	};

	if (!(frame.flags & DMARING_FRAME_HW_TIMESTAMP))
		frame.timestamp_ns = ktime_get_ns();
	if (stream->discontinuity) {
		frame.flags |= DMARING_FRAME_DISCONTINUITY;
		stream->discontinuity = false;
	}
	if (frame.flags & DMARING_FRAME_ERROR)
		stream->counters.errors++;
	stream->counters.completed++;
	stream->counters.bytes += frame.bytes_used;
	trace_dmaring_complete(stream, &frame);
	return publish(stream, buf, &frame);
}

int dmaring_complete(struct dmaring_stream *stream, u32 index,
		     const struct dmaring_completion *frame)
{
	struct dmaring_buf *buf;
	unsigned long flags, who = 0;
	int err = 0;

	spin_lock_irqsave(&stream->lock, flags);
	buf = armed_buf(stream, index);
	if (!buf) {
		stream->counters.bad_completions++;
		err = dmaring_is_gone(stream) ? -ENODEV : -EINVAL;
	} else if (frame->bytes_used > stream->pool.buffer_size) {
		/* What else did it write, and is it done? Only stop() can tell. */
		dmaring_set_state(stream, buf, DMARING_BUFFER_QUARANTINED);
		stream->counters.errors++;
		lose(stream, 1);
		err = -EINVAL;
	} else {
		who = deliver(stream, buf, frame);
	}
	spin_unlock_irqrestore(&stream->lock, flags);
	if (who)
		wake(stream, who);
	return err;
}
EXPORT_SYMBOL_GPL(dmaring_complete);

void dmaring_overrun(struct dmaring_stream *stream, u64 frames)
{
	unsigned long flags;

	spin_lock_irqsave(&stream->lock, flags);
	lose(stream, frames);
	spin_unlock_irqrestore(&stream->lock, flags);
}
EXPORT_SYMBOL_GPL(dmaring_overrun);

void dmaring_fail(struct dmaring_stream *stream, int error)
{
	unsigned long flags;

	spin_lock_irqsave(&stream->lock, flags);
	stream->error = error;
	if (error == -ENODEV)
		WRITE_ONCE(stream->gone, true);
	spin_unlock_irqrestore(&stream->lock, flags);
	dev_err_ratelimited(&stream->dev, "the card failed (%d)%s\n", error,
			    error == -ENODEV ? ": it is gone" :
			    ": stop and start the stream to retry");
	dmaring_wake_all(stream, error == -ENODEV ? EPOLLHUP : EPOLLERR);
}
EXPORT_SYMBOL_GPL(dmaring_fail);

u64 dmaring_sequence(struct dmaring_stream *stream)
{
	unsigned long flags;
	u64 sequence;

	spin_lock_irqsave(&stream->lock, flags);
	sequence = stream->sequence;
	spin_unlock_irqrestore(&stream->lock, flags);
	return sequence;
}
EXPORT_SYMBOL_GPL(dmaring_sequence);
