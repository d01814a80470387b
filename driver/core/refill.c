// SPDX-License-Identifier: GPL-2.0-only
/*
 * Buffers for the card: from the line of those that wait for it, and from what
 * applications have given back when it is about to run out.
 */
#include <linux/module.h>
#include <linux/rcupdate.h>

#include "armed.h"
#include "internal.h"
#include "trace.h"

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
		if (stream->pool.in_order)
			dmaring_armed_remove(stream, dmaring_buf_index(stream, buf));
	}
	spin_unlock(&stream->lock);
}

/* What few streams need before the card gets a buffer. */
static noinline void prepare(struct dmaring_stream *stream,
			     struct dmaring_buf *buf)
{
	/* First: a card without a queue begins as soon as it is in line. */
	dmaring_memory_to_card(&buf->memory);
	if (stream->pool.in_order) {
		spin_lock(&stream->lock);
		/* A lying card may have completed it already. */
		if (buf->state == DMARING_BUFFER_ARMED)
			dmaring_armed_add(stream, dmaring_buf_index(stream, buf));
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
	index = dmaring_buf_index(stream, buf);
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

static void set_sink_armed(struct dmaring_stream *stream, bool armed)
{
	spin_lock(&stream->lock);
	dmaring_sink_set_armed(stream, armed);
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
	set_sink_armed(stream, true);
	dmaring_memory_to_card(memory);
	if (stream->ops->arm(stream->hw, stream->pool.count, memory->segments,
			     memory->segment_count)) {
		set_sink_armed(stream, false);
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
	/* In this order: who gave it none may come when its driver is unloaded. */
	if (done > *kept - kept_before && stream->ops->kick)
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
