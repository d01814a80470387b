// SPDX-License-Identifier: GPL-2.0-only
/* A frame on the card's side: arm, complete, lose. */
#include <linux/module.h>
#include <linux/nospec.h>
#include <linux/poll.h>
#include <linux/rcupdate.h>

#include "internal.h"
#include "trace.h"

#define FRAME_FLAGS	(DMARING_FRAME_ERROR | DMARING_FRAME_DISCONTINUITY | \
			 DMARING_FRAME_HW_TIMESTAMP | DMARING_FRAME_TRUNCATED)

static u32 buf_index(const struct dmaring_stream *stream,
		     const struct dmaring_buf *buf)
{
	return buf - stream->pool.bufs;
}

/* -------------------------------------------------- the order of armed buffers */

static bool in_order(const struct dmaring_stream *stream)
{
	return unlikely(stream->armed);
}

static void order_add(struct dmaring_stream *stream, u32 index)
{
	*dmaring_armed_place(stream, stream->armed_end++) = index;
}

/* Take a buffer out of the line.  It is the first one, unless the card lies. */
static void order_remove(struct dmaring_stream *stream, u32 index)
{
	u32 at = stream->armed_first;

	while (at != stream->armed_end &&
	       *dmaring_armed_place(stream, at) != index)
		at++;
	if (at == stream->armed_end)
		return;
	for (; at != stream->armed_first; at--)
		*dmaring_armed_place(stream, at) =
			*dmaring_armed_place(stream, at - 1);
	stream->armed_first++;
}

/* The buffer that is the card's longest; one that does not exist: none is. */
static u32 order_first(struct dmaring_stream *stream)
{
	unsigned long flags;
	u32 index = U32_MAX;

	spin_lock_irqsave(&stream->lock, flags);
	if (stream->armed && stream->armed_first != stream->armed_end)
		index = *dmaring_armed_place(stream, stream->armed_first);
	spin_unlock_irqrestore(&stream->lock, flags);
	return index;
}

/* ----------------------------------------------------------------------- arm */

/* Has it so few that it may be out of them before it tells of the next frame? */
static bool has_few(const struct dmaring_stream *stream)
{
	return dmaring_armed(stream) <= stream->kick_below;
}

/*
 * Take the first buffer in line for the card.  NULL if there is none for it; one
 * that was kept from it is counted in @kept.
 */
static struct dmaring_buf *claim_first(struct dmaring_stream *stream,
				       unsigned int *kept)
{
	struct dmaring_buf *buf = NULL;

	spin_lock(&stream->lock);
	if (!stream->error && dmaring_in_line(stream)) {
		buf = dmaring_line_first(stream);
		/* What its only user refers to is that one's business. */
		if (unlikely(stream->pool.by_pages) && !stream->playback &&
		    !stream->lent && dmaring_quarantine_if_needed(stream, buf)) {
			++*kept;
			buf = NULL;
		} else {
			/* Before arm(): a fast card completes while it returns. */
			dmaring_change_state(stream, buf, stream->line_state,
					     DMARING_BUFFER_ARMED);
			buf->dirty = true;
		}
	} else {
		/* It took what there was: what comes next is to be tried. */
		WRITE_ONCE(stream->card_full, false);
	}
	spin_unlock(&stream->lock);
	return buf;
}

/*
 * The card did not take the buffer: it is the first in line again.  Nothing is
 * to be tried before the next completion, if none came since @sequence.
 */
static void unclaim(struct dmaring_stream *stream, struct dmaring_buf *buf,
		    u64 sequence)
{
	spin_lock(&stream->lock);
	WRITE_ONCE(stream->card_full, stream->sequence == sequence);
	/* A lying card may have completed a buffer that it did not take. */
	if (buf->state == DMARING_BUFFER_ARMED) {
		dmaring_set_line_first(stream, buf);
		if (in_order(stream))
			order_remove(stream, buf_index(stream, buf));
	}
	spin_unlock(&stream->lock);
}

/* What few streams need before the card gets a buffer. */
static noinline void prepare(struct dmaring_stream *stream,
			     struct dmaring_buf *buf)
{
	/* First: a card without a queue begins as soon as it is in line. */
	dmaring_memory_to_card(&buf->memory);
	if (in_order(stream)) {
		spin_lock(&stream->lock);
		/* A lying card may have completed it already. */
		if (buf->state == DMARING_BUFFER_ARMED)
			order_add(stream, buf_index(stream, buf));
		spin_unlock(&stream->lock);
	}
}

/*
 * One more buffer for the card: 0, or why not (-ENOENT: none in line).  Also 0 if
 * one was kept from it, which @kept counts.
 */
static int arm_one(struct dmaring_stream *stream, unsigned int *kept)
{
	unsigned int kept_before = *kept;
	u64 sequence = READ_ONCE(stream->sequence);
	struct dmaring_buf *buf;
	u32 index;
	int err;

	lockdep_assert_held(&stream->arm_lock);
	if (!stream->armable)
		return -ENOENT;
	/*
	 * Without the lock: who puts a buffer in line comes here after that,
	 * unless the card was full.
	 */
	if (!dmaring_in_line(stream) && !READ_ONCE(stream->card_full))
		return -ENOENT;
	/* Full: who completes a buffer comes here after that, too. */
	if (dmaring_armed(stream) >= READ_ONCE(stream->queue_room))
		return -EBUSY;
	buf = claim_first(stream, kept);
	if (!buf)
		return *kept == kept_before ? -ENOENT : 0;
	index = buf_index(stream, buf);
	if (unlikely(stream->pool.special))
		prepare(stream, buf);
	err = stream->ops->arm(stream->hw, index, buf->memory.segments,
			       buf->memory.segment_count);
	if (err)
		unclaim(stream, buf, sequence);
	else
		trace_dmaring_arm(stream, index);
	return err;
}

/* Is the card about to run out of buffers? */
static bool starving(const struct dmaring_stream *stream)
{
	return stream->runners && !dmaring_in_line(stream) && has_few(stream);
}

/*
 * Look at some releases of one consumer.  @more is set if there may be more, good
 * ones as all of these.  True if it is to be woken.
 */
static bool rescue(struct dmaring_stream *stream, u32 id, bool *more)
{
	struct dmaring_consumer *consumer;
	unsigned long flags;
	bool news = false;

	spin_lock_irqsave(&stream->lock, flags);
	consumer = dmaring_attached(stream, id);
	if (consumer) {
		*more |= dmaring_queue_reap(consumer, DMARING_BATCH,
					    DMARING_BAD_COST) == DMARING_BATCH;
		news = dmaring_queue_ripen(consumer);
	}
	spin_unlock_irqrestore(&stream->lock, flags);
	return news;
}

/* Set or clear NEED_KICK as it should be; true if the card is starving. */
static bool update_kicks(struct dmaring_stream *stream)
{
	unsigned long flags;
	bool starved;

	/* Who makes buffers fewer comes here himself, after that. */
	if (!READ_ONCE(stream->kick_wanted) && !has_few(stream))
		return false;

	spin_lock_irqsave(&stream->lock, flags);
	starved = starving(stream);
	if (starved != stream->kick_wanted) {
		WRITE_ONCE(stream->kick_wanted, starved);
		dmaring_flag_rings(stream, starved ? DMARING_RING_NEED_KICK : 0,
				   starved ? 0 : DMARING_RING_NEED_KICK);
	}
	spin_unlock_irqrestore(&stream->lock, flags);
	return starved;
}

/* Releases that others hold on to may be many: not in the card's context. */
static void feeder_work(struct work_struct *work)
{
	struct dmaring_stream *stream =
		container_of(work, struct dmaring_stream, feeder);

	dmaring_refill(stream);
	put_device(&stream->dev);
}

void dmaring_refill_init(struct dmaring_stream *stream)
{
	INIT_WORK(&stream->feeder, feeder_work);
}

/*
 * When the card is about to run out, releases in the rings must not wait for
 * the next completion, which may never come: ask the users to say so after
 * each, and look once more.  Nor must sleepers wait for a watermark that may
 * never be reached.
 *
 * A user that writes nonsense into its ring is given up soon: all of that is
 * looked at in its own system calls only.
 *
 * Return: true if that has put buffers in line.
 */
static bool feed(struct dmaring_stream *stream)
{
	unsigned long who = 0;
	bool more = false;
	u32 id;

	if (!update_kicks(stream))
		return false;
	/* d: we see the release, or the user sees NEED_KICK. */
	smp_mb();
	for (id = 0; id < DMARING_CONSUMERS_MAX; id++)
		if (rcu_access_pointer(stream->consumers[id]) &&
		    rescue(stream, id, &more))
			who |= BIT(id);
	if (who)
		dmaring_wake(stream, who);
	if (dmaring_in_line(stream))
		return true;
	if (more)
		dmaring_stream_work_later(stream, &stream->feeder);
	return false;
}

/* It takes a place of the card's queue. */
static void set_sink_armed(struct dmaring_stream *stream, bool armed)
{
	lockdep_assert_held(&stream->lock);
	stream->sink_armed = armed;
	WRITE_ONCE(stream->queue_room, stream->queue_length - armed);
}

static void sink_set_armed(struct dmaring_stream *stream, bool armed)
{
	spin_lock(&stream->lock);
	set_sink_armed(stream, armed);
	if (in_order(stream) && armed)
		order_add(stream, stream->pool.count);
	else if (in_order(stream))
		order_remove(stream, stream->pool.count);
	spin_unlock(&stream->lock);
}

/* It has no buffer at all: give it one for what is lost, if it wants that. */
static bool arm_sink(struct dmaring_stream *stream)
{
	const struct dmaring_memory *memory =
		&stream->pool.bufs[stream->pool.count].memory;

	lockdep_assert_held(&stream->arm_lock);
	/* Without the lock: a completion makes them fewer, and we come again. */
	if (!stream->armable || READ_ONCE(stream->error) ||
	    dmaring_armed(stream) || READ_ONCE(stream->sink_armed))
		return false;
	sink_set_armed(stream, true);
	dmaring_memory_to_card(memory);
	if (stream->ops->arm(stream->hw, stream->pool.count, memory->segments,
			     memory->segment_count)) {
		sink_set_armed(stream, false);
		return false;
	}
	trace_dmaring_arm(stream, stream->pool.count);
	return true;
}

/* Some buffers for the card, and a word to it: 0, or why there are no more. */
static int arm_some(struct dmaring_stream *stream, unsigned int *kept)
{
	unsigned int kept_before = *kept, done = 0;
	unsigned long flags;
	int err;

	spin_lock_irqsave(&stream->arm_lock, flags);
	do {
		err = arm_one(stream, kept);
		done += !err;
	} while (!err && done < DMARING_BATCH);
	if (unlikely(stream->pool.sink) && err == -ENOENT)
		done += arm_sink(stream);
	if (stream->ops->kick && done > *kept - kept_before)
		stream->ops->kick(stream->hw);
	spin_unlock_irqrestore(&stream->arm_lock, flags);
	return err;
}

void dmaring_refill(struct dmaring_stream *stream)
{
	unsigned int kept = 0;
	int err;

	dmaring_wake_published(stream);
	do {
		/* A user can make it all of them: not in the card's context. */
		if (kept >= DMARING_BATCH) {
			dmaring_stream_work_later(stream, &stream->feeder);
			return;
		}
		err = arm_some(stream, &kept);
	} while (!err || feed(stream));
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
	if (buf && in_order(stream))
		order_remove(stream, index);
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
	set_sink_armed(stream, false);
	if (in_order(stream))
		order_remove(stream, index);
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
	u32 index = buf_index(stream, buf);
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
	if (unlikely(stream->playback))
		return dmaring_playback_sent(stream, buf, &frame);
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

int dmaring_complete_next(struct dmaring_stream *stream,
			  const struct dmaring_completion *frame)
{
	return dmaring_complete(stream, order_first(stream), frame);
}
EXPORT_SYMBOL_GPL(dmaring_complete_next);

bool dmaring_next_armed(struct dmaring_stream *stream,
			struct dmaring_armed *armed)
{
	const struct dmaring_memory *memory;
	u32 index = order_first(stream);

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
		if (in_order(stream))
			order_remove(stream, index);
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
