// SPDX-License-Identifier: GPL-2.0-only
/* A frame on the card's side: complete, discard, lose, fail. */
#include <linux/module.h>
#include <linux/nospec.h>
#include <linux/rcupdate.h>

#include "armed.h"
#include "internal.h"
#include "meta.h"
#include "trace.h"

#define FRAME_FLAGS	(DMARING_FRAME_ERROR | DMARING_FRAME_DISCONTINUITY | \
			 DMARING_FRAME_HW_TIMESTAMP | DMARING_FRAME_TRUNCATED)

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

/*
 * What few streams need before a buffer is no longer the card's.  What it wrote is
 * for the CPU: not under the lock, that may take as long as a frame is large.  Of a
 * buffer that is not armed it has written nothing.
 */
static noinline void receive(struct dmaring_stream *stream, u32 index)
{
	const struct dmaring_buf *buf;
	unsigned long flags;

	/* Memory that is lent waits for us, before it goes. */
	rcu_read_lock();
	spin_lock_irqsave(&stream->lock, flags);
	buf = armed_buf(stream, index);
	if (buf && stream->pool.in_order)
		dmaring_armed_remove(stream, index);
	spin_unlock_irqrestore(&stream->lock, flags);
	/* Who completes a buffer twice at a time hurts only its own frame. */
	if (buf)
		dmaring_memory_to_cpu(&buf->memory);
	rcu_read_unlock();
}

static void lose(struct dmaring_stream *stream, u64 frames)
{
	lockdep_assert_held(&stream->lock);
	WRITE_ONCE(stream->sequence, stream->sequence + frames);
	stream->counters.overruns += frames;
	trace_dmaring_overrun(stream, frames);
}

/* Releases that came through the rings since the last completion. */
static void reap_runners(struct dmaring_stream *stream)
{
	unsigned long runners = stream->runners;
	struct dmaring_consumer *consumer;

	while (runners) {
		consumer = dmaring_attached(stream, dmaring_next_of(&runners));
		if (dmaring_has_releases(consumer))
			dmaring_queue_reap(consumer, DMARING_REAP_MAX,
					   DMARING_BAD_COST);
	}
}

/* Put the frame on every running consumer's queue; who is to be woken. */
static unsigned long publish(struct dmaring_stream *stream,
			     struct dmaring_buf *buf,
			     const struct dmaring_frame *frame)
{
	unsigned long runners = stream->runners, who = 0;
	unsigned int id;

	buf->cookie = frame->cookie;
	while (runners) {
		id = dmaring_next_of(&runners);
		if (dmaring_queue_publish(dmaring_attached(stream, id), buf,
					  frame))
			who |= BIT(id);
	}
	dmaring_change_state(stream, buf, DMARING_BUFFER_ARMED,
			     buf->holders ? DMARING_BUFFER_HELD :
					    DMARING_BUFFER_IDLE);
	trace_dmaring_publish(stream, frame, buf->holders);
	return who;
}

/* Is it the sink, which the card had?  It has it no more. */
static bool sink_returns(struct dmaring_stream *stream, u32 index)
{
	lockdep_assert_held(&stream->lock);
	if (!stream->sink_armed || index != stream->pool.count)
		return false;
	dmaring_sink_set_armed(stream, false);
	return true;
}

/* The card tells of a buffer that it does not have. */
static int bad_completion(struct dmaring_stream *stream, u32 index)
{
	lockdep_assert_held(&stream->lock);
	stream->counters.bad_completions++;
	trace_dmaring_card_fault(stream, "bad_completions", index);
	return dmaring_is_gone(stream) ? -ENODEV : -EINVAL;
}

static unsigned long deliver(struct dmaring_stream *stream,
			     struct dmaring_buf *buf,
			     const struct dmaring_completion *from)
{
	u32 index = dmaring_buf_index(stream, buf);
	struct dmaring_frame frame = {
		.cookie = dmaring_cookie(++stream->publications, index),
		.sequence = stream->sequence,
		.overruns_total = stream->counters.overruns,
		.timestamp_ns = from->timestamp_ns,
		.buffer = index,
		.bytes_used = from->bytes_used,
		.flags = from->flags & FRAME_FLAGS,
		.format_seq = stream->format_seq,
		.hw_meta = from->hw_meta,
		.control_seq = stream->control_seq,
	};

	WRITE_ONCE(stream->sequence, frame.sequence + 1);
	if (!(frame.flags & DMARING_FRAME_HW_TIMESTAMP))
		frame.timestamp_ns = ktime_get_ns();
	WRITE_ONCE(stream->stamped_ns, frame.timestamp_ns);
	if (stream->discontinuity) {
		frame.flags |= DMARING_FRAME_DISCONTINUITY;
		stream->discontinuity = false;
	}
	if (frame.flags & DMARING_FRAME_ERROR)
		stream->counters.errors++;
	stream->counters.completed++;
	stream->counters.bytes += frame.bytes_used;
	trace_dmaring_complete(stream, &frame);
	/* One look tells whether there is more to do than to publish. */
	if (unlikely(stream->aside)) {
		if (stream->playback)
			return dmaring_playback_sent(stream, buf, &frame);
		dmaring_meta_store(stream, frame.buffer, from->meta);
	}
	return publish(stream, buf, &frame);
}

int dmaring_complete(struct dmaring_stream *stream, u32 index,
		     const struct dmaring_completion *frame)
{
	struct dmaring_buf *buf;
	unsigned long flags, who = 0;
	int err = 0;

	if (unlikely(stream->pool.special))
		receive(stream, index);
	spin_lock_irqsave(&stream->lock, flags);
	WRITE_ONCE(stream->card_full, false);
	reap_runners(stream);
	buf = armed_buf(stream, index);
	if (!buf) {
		if (sink_returns(stream, index))
			lose(stream, 1);
		else
			err = bad_completion(stream, index);
	} else if (frame->bytes_used > buf->memory.bytes) {
		/* What else did it write, and is it done? Only stop() can tell. */
		dmaring_set_state(stream, buf, DMARING_BUFFER_QUARANTINED);
		stream->counters.errors++;
		trace_dmaring_card_fault(stream, "impossible_length",
					 frame->bytes_used);
		lose(stream, 1);
		if (stream->playback)
			who = dmaring_playback_drained(stream);
		err = -EINVAL;
	} else if (dmaring_still_referenced(stream, buf) &&
		   !stream->playback) {
		/* They may have written the frame, or keep it. */
		dmaring_quarantine(stream, buf);
		lose(stream, 1);
	} else {
		who = deliver(stream, buf, frame);
	}
	spin_unlock_irqrestore(&stream->lock, flags);
	/* The hardware driver may have a lock of its own now. */
	if (who)
		dmaring_wake_at_refill(stream, who);
	return err;
}
EXPORT_SYMBOL_GPL(dmaring_complete);

/* The buffer that is the card's longest; one that does not exist: none is. */
static u32 first_armed(struct dmaring_stream *stream)
{
	unsigned long flags;
	u32 index = U32_MAX;

	spin_lock_irqsave(&stream->lock, flags);
	if (stream->pool.in_order && stream->armed_first != stream->armed_end)
		index = *dmaring_armed_place(stream, stream->armed_first);
	spin_unlock_irqrestore(&stream->lock, flags);
	return index;
}

int dmaring_complete_next(struct dmaring_stream *stream,
			  const struct dmaring_completion *frame)
{
	return dmaring_complete(stream, first_armed(stream), frame);
}
EXPORT_SYMBOL_GPL(dmaring_complete_next);

bool dmaring_next_armed(struct dmaring_stream *stream,
			struct dmaring_armed *armed)
{
	const struct dmaring_memory *memory;
	u32 index = first_armed(stream);

	if (index >= dmaring_pool_total(&stream->pool))
		return false;
	memory = &stream->pool.bufs[index].memory;
	*armed = (struct dmaring_armed) {
		.index = index,
		.count = memory->segment_count,
		.segments = memory->segments,
	};
	return true;
}
EXPORT_SYMBOL_GPL(dmaring_next_armed);

int dmaring_discard(struct dmaring_stream *stream, u32 index)
{
	struct dmaring_buf *buf;
	unsigned long flags, who = 0;
	int err = 0;

	spin_lock_irqsave(&stream->lock, flags);
	WRITE_ONCE(stream->card_full, false);
	buf = armed_buf(stream, index);
	if (buf) {
		if (stream->pool.in_order)
			dmaring_armed_remove(stream, index);
		trace_dmaring_discard(stream, index);
		if (stream->playback)
			who = dmaring_playback_unsent(stream, buf);
		else
			dmaring_set_state(stream, buf, DMARING_BUFFER_IDLE);
	} else if (!sink_returns(stream, index)) {
		err = bad_completion(stream, index);
	}
	spin_unlock_irqrestore(&stream->lock, flags);
	if (who)
		dmaring_wake_at_refill(stream, who);
	return err;
}
EXPORT_SYMBOL_GPL(dmaring_discard);

void dmaring_overrun(struct dmaring_stream *stream, u64 frames)
{
	unsigned long flags;

	spin_lock_irqsave(&stream->lock, flags);
	reap_runners(stream);
	lose(stream, frames);
	spin_unlock_irqrestore(&stream->lock, flags);
}
EXPORT_SYMBOL_GPL(dmaring_overrun);

void dmaring_card_fault(struct dmaring_stream *stream, const char *what,
			u64 value)
{
	trace_dmaring_card_fault(stream, what, value);
}
EXPORT_SYMBOL_GPL(dmaring_card_fault);

void dmaring_fail(struct dmaring_stream *stream, int error)
{
	unsigned long flags;

	spin_lock_irqsave(&stream->lock, flags);
	WRITE_ONCE(stream->error, error);
	if (error == -ENODEV)
		WRITE_ONCE(stream->gone, true);
	dmaring_flag_rings(stream, error == -ENODEV ? DMARING_RING_GONE :
						      DMARING_RING_FAILED, 0);
	spin_unlock_irqrestore(&stream->lock, flags);
	dev_err_ratelimited(&stream->dev, "the card failed (%d)%s\n", error,
			    error == -ENODEV ? ": it is gone" :
			    ": start the stream anew to retry");
	dmaring_wake_failed(stream);
}
EXPORT_SYMBOL_GPL(dmaring_fail);

u32 dmaring_frame_bytes(struct dmaring_stream *stream, u32 index)
{
	if (!stream->playback || index >= stream->pool.count)
		return 0;
	return READ_ONCE(stream->fills[index].bytes);
}
EXPORT_SYMBOL_GPL(dmaring_frame_bytes);

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

struct dmaring_span dmaring_buffer_span(struct dmaring_stream *stream,
					u32 index, size_t offset)
{
	const struct dmaring_memory *memory;

	if (index >= dmaring_pool_total(&stream->pool))
		return (struct dmaring_span) { };
	memory = &stream->pool.bufs[index].memory;
	if (offset >= memory->bytes)
		return (struct dmaring_span) { };
	return dmaring_memory_span(memory, offset);
}
EXPORT_SYMBOL_GPL(dmaring_buffer_span);
