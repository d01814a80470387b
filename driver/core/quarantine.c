// SPDX-License-Identifier: GPL-2.0-only
/*
 * Buffers that somebody refers to who has no right to them any more.
 *
 * A program hands memory to the kernel: a disk writes it or fills it, a socket
 * sends it, a pipe keeps it.  Each refers to the pages, and not to the mapping or
 * the file.  So it may go on after the program has unmapped the buffer, detached
 * or died: with io_uring it does, for as long as the disk takes.  The next frame
 * must not get into what it writes, nor what it reads into the next frame.
 *
 * So such a buffer is QUARANTINED: not armed, not mapped, not scrubbed, until
 * nobody refers to it.  Nobody says when that is; so it is looked at again, after
 * 100 ms first, and each time twice as late.  Only the end of a dma-buf is told.
 *
 * A buffer whose dma-bufs have fences is kept, too, until these have signaled:
 * somebody who has a right to it has not done yet.  It can be mapped, and is not
 * erased.  Whoever looks at a fence may call back others, so that is not done with
 * a lock held or in the card's context, but by the work item.
 *
 * It is found out before the card gets it, when the card has filled it, and when
 * a consumer ends.  References to a buffer that others still map cannot be told
 * from theirs: there it is the business of those who share the stream.
 */
#include <linux/jiffies.h>
#include <linux/workqueue.h>

#include "internal.h"

#define RECHECK_FIRST_MS	100
#define RECHECK_LAST_MS		12800

/**
 * dmaring_quarantine() - keep a buffer from everybody
 * @stream: the stream.
 * @buf:    the buffer, not in line or the first; dmaring_still_referenced().
 *
 * Context: any; stream->lock is held.
 */
void dmaring_quarantine(struct dmaring_stream *stream, struct dmaring_buf *buf)
{
	dmaring_set_state(stream, buf, DMARING_BUFFER_QUARANTINED);
	buf->referenced = true;
	/* Whoever refers to it may write it, too. */
	buf->dirty = true;
	stream->counters.referenced++;
	/* Those that come after it do not put it off. */
	if (stream->recheck_ms == RECHECK_FIRST_MS)
		return;
	stream->recheck_ms = RECHECK_FIRST_MS;
	dmaring_delayed_work_later(&stream->recheck, RECHECK_FIRST_MS);
}

/* Look at once; and once more, if somebody looks just now. */
static void recheck_now(struct dmaring_stream *stream)
{
	lockdep_assert_held(&stream->lock);
	stream->recheck_ms = RECHECK_FIRST_MS;
	stream->recheck_now = true;
	dmaring_delayed_work_later(&stream->recheck, 0);
}

/**
 * dmaring_quarantine_soon() - something has ended that kept a buffer
 * @stream: the stream, perhaps gone.
 *
 * Context: any in which stream->lock can be taken with interrupts off.
 */
void dmaring_quarantine_soon(struct dmaring_stream *stream)
{
	unsigned long flags;

	spin_lock_irqsave(&stream->lock, flags);
	/* Removal sets @gone, takes the lock, and then cancels the work. */
	if (stream->counters.referenced && !dmaring_is_gone(stream))
		recheck_now(stream);
	spin_unlock_irqrestore(&stream->lock, flags);
}

/* Are there fences that nobody has looked at since the card had it last? */
static bool has_fences(const struct dmaring_buf *buf)
{
	return unlikely(buf->fences == DMARING_FENCES_ASK) &&
	       dmaring_export_has_fences(buf->exported);
}

/**
 * dmaring_quarantine_if_needed() - may the card get a buffer of pages?
 * @stream: the stream.
 * @buf:    the first idle buffer.
 *
 * Context: any; stream->lock is held.
 *
 * Return: false if it may; true if it is kept aside now.
 */
bool dmaring_quarantine_if_needed(struct dmaring_stream *stream,
				  struct dmaring_buf *buf)
{
	if (dmaring_still_referenced(stream, buf)) {
		dmaring_quarantine(stream, buf);
		return true;
	}
	if (has_fences(buf)) {
		dmaring_quarantine(stream, buf);
		buf->fenced = true;
		stream->counters.fenced++;
		recheck_now(stream);
		return true;
	}
	if (buf->fences == DMARING_FENCES_SIGNALED)
		buf->fences = DMARING_FENCES_ASK;
	return false;
}

/**
 * dmaring_quarantine_unfence() - a fence is not all that keeps it
 * @stream: the stream.
 * @buf:    the buffer.
 */
void dmaring_quarantine_unfence(struct dmaring_stream *stream,
				struct dmaring_buf *buf)
{
	lockdep_assert_held(&stream->lock);
	stream->counters.fenced -= buf->fenced;
	WRITE_ONCE(buf->fenced, false);
}

/* Capture, the first idle buffer: kept aside, or the last one then. */
static void look_at_first(struct dmaring_stream *stream)
{
	struct dmaring_buf *buf = dmaring_line_first(stream);

	if (dmaring_still_referenced(stream, buf))
		dmaring_quarantine(stream, buf);
	else
		dmaring_set_line_last(stream);
}

/* Playback: what is idle is in no line. */
static void look_at(struct dmaring_stream *stream, struct dmaring_buf *buf)
{
	if (buf->state == DMARING_BUFFER_IDLE &&
	    dmaring_still_referenced(stream, buf))
		dmaring_quarantine(stream, buf);
}

/**
 * dmaring_quarantine_idle() - look at all that is idle
 * @stream: the stream, not gone.
 *
 * What does a consumer leave behind that ends?  What did a card in doubt hide?
 */
void dmaring_quarantine_idle(struct dmaring_stream *stream)
{
	u32 left = stream->pool.count;

	lockdep_assert_held(&stream->state_mutex);
	if (!stream->pool.by_pages)
		return;
	while (left--) {
		/* Buffer by buffer, to keep interrupts off for a short time. */
		spin_lock_irq(&stream->lock);
		if (stream->playback)
			look_at(stream, &stream->pool.bufs[left]);
		else if (dmaring_in_line(stream))
			look_at_first(stream);
		spin_unlock_irq(&stream->lock);
		cond_resched();
	}
}

static void set_idle(struct dmaring_stream *stream, struct dmaring_buf *buf)
{
	lockdep_assert_held(&stream->lock);
	if (buf->fences == DMARING_FENCES_ASK)
		buf->fences = DMARING_FENCES_SIGNALED;
	buf->referenced = false;
	stream->counters.referenced--;
	dmaring_set_state(stream, buf, DMARING_BUFFER_IDLE);
}

/* Nobody refers to it any more: what others had is erased. */
static void set_free(struct dmaring_stream *stream, struct dmaring_buf *buf)
{
	/* The card does not have it, nor anybody who has taken the frame in it. */
	dmaring_memory_clear(&buf->memory);
	spin_lock_irq(&stream->lock);
	/* Who has it mapped, or as a dma-buf, may write it at any time. */
	buf->dirty = buf->maps;
	set_idle(stream, buf);
	spin_unlock_irq(&stream->lock);
}

/* If a fence was all that kept it, it is as it was. */
static bool end_fence(struct dmaring_stream *stream, struct dmaring_buf *buf)
{
	bool fenced;

	spin_lock_irq(&stream->lock);
	fenced = buf->fenced;
	if (fenced) {
		dmaring_quarantine_unfence(stream, buf);
		set_idle(stream, buf);
	}
	spin_unlock_irq(&stream->lock);
	return fenced;
}

static void look_again(struct dmaring_stream *stream, struct dmaring_buf *buf)
{
	if (!dmaring_still_referenced(stream, buf) &&
	    dmaring_export_is_idle(stream, buf) && !end_fence(stream, buf))
		set_free(stream, buf);
}

/**
 * dmaring_quarantine_recheck() - set free what nobody refers to any more
 * @stream: the stream, not gone.
 *
 * The caller refills the card then.
 */
void dmaring_quarantine_recheck(struct dmaring_stream *stream)
{
	u32 i;

	lockdep_assert_held(&stream->state_mutex);
	if (!READ_ONCE(stream->counters.referenced))
		return;
	for (i = 0; i < stream->pool.count; i++)
		/* It is cleared here only. */
		if (READ_ONCE(stream->pool.bufs[i].referenced))
			look_again(stream, &stream->pool.bufs[i]);
	if (stream->playback)
		dmaring_playback_hand_out(stream);
}

/* Buffers that are not kept for a fence alone. */
static u32 left_behind(const struct dmaring_stream *stream)
{
	lockdep_assert_held(&stream->lock);
	return stream->counters.referenced - stream->counters.fenced;
}

/* Once for all that come to it until all are back. */
static void tell(struct dmaring_stream *stream)
{
	u32 count;

	spin_lock_irq(&stream->lock);
	count = left_behind(stream);
	/* Whoever says so from here on may have come too late for this look. */
	stream->recheck_now = false;
	spin_unlock_irq(&stream->lock);
	if (count && !stream->referenced_told)
		dev_info_ratelimited(&stream->dev,
				     "%u buffers are kept aside: I/O of a program that has let go of them still refers to them\n",
				     count);
}

/* One more that comes to it meanwhile is looked at soon, and the others with it. */
static void recheck_later(struct dmaring_stream *stream)
{
	spin_lock_irq(&stream->lock);
	stream->referenced_told = left_behind(stream);
	if (stream->recheck_now) {
		/* It is queued, and must not be put off. */
	} else if (stream->counters.referenced) {
		stream->recheck_ms = min(2 * stream->recheck_ms,
					 (unsigned int)RECHECK_LAST_MS);
		dmaring_delayed_work_later(&stream->recheck,
					   stream->recheck_ms);
	} else {
		stream->recheck_ms = 0;
	}
	spin_unlock_irq(&stream->lock);
}

static void recheck_work(struct work_struct *work)
{
	struct dmaring_stream *stream =
		container_of(work, struct dmaring_stream, recheck.work);

	mutex_lock(&stream->state_mutex);
	if (dmaring_is_gone(stream)) {
		mutex_unlock(&stream->state_mutex);
		return;
	}
	tell(stream);
	dmaring_quarantine_recheck(stream);
	recheck_later(stream);
	mutex_unlock(&stream->state_mutex);
	dmaring_refill(stream);
}

void dmaring_quarantine_init(struct dmaring_stream *stream)
{
	INIT_DELAYED_WORK(&stream->recheck, recheck_work);
}
