// SPDX-License-Identifier: GPL-2.0-only
/*
 * Playback: the producer's frames, on their way back.
 *
 * A buffer is the producer's (HELD), in line (FILLED), the card's (ARMED), and the
 * producer's again, whose descriptor then tells what became of the frame.  Only
 * without a producer it is IDLE.  One that was a former producer's is erased before
 * anybody gets it.
 *
 * Each frame that was submitted is in line, the card's, kept in quarantine, sent or
 * given back: at any instant these are all.
 */
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/sort.h>

#include "internal.h"
#include "trace.h"

/* Sleeps.  Return: 0 or -ENOMEM; what there is, is freed with the stream. */
int dmaring_playback_alloc(struct dmaring_stream *stream)
{
	u32 count = stream->pool.count;

	stream->fills = kvcalloc(count, sizeof(*stream->fills), GFP_KERNEL);
	stream->sorted = kvcalloc(count, sizeof(*stream->sorted), GFP_KERNEL);
	return stream->fills && stream->sorted ? 0 : -ENOMEM;
}

/*
 * The buffer is the producer's to fill, or idle if there is none.  True if a
 * sleeper must be woken.
 */
static bool hand_out(struct dmaring_stream *stream, struct dmaring_buf *buf,
		     struct dmaring_frame *frame)
{
	struct dmaring_consumer *producer =
		dmaring_attached(stream, DMARING_PRODUCER);
	bool news = false;

	lockdep_assert_held(&stream->lock);
	WRITE_ONCE(stream->fills[frame->buffer].bytes, 0);
	WRITE_ONCE(buf->cookie, frame->cookie);
	if (producer)
		news = dmaring_queue_publish(producer, buf, frame);
	dmaring_set_state(stream, buf, producer ? DMARING_BUFFER_HELD :
						  DMARING_BUFFER_IDLE);
	trace_dmaring_publish(stream, frame, buf->holders);
	return news;
}

/* The descriptor of a buffer from which nothing was sent. */
static struct dmaring_frame describe(struct dmaring_stream *stream, u32 index)
{
	return (struct dmaring_frame) {
		.cookie = dmaring_cookie(++stream->publications, index),
		.sequence = stream->sequence,
		.overruns_total = stream->counters.overruns,
		.buffer = index,
		.format_seq = stream->format_seq,
		.control_seq = stream->control_seq,
	};
}

static bool hand_out_empty(struct dmaring_stream *stream,
			   struct dmaring_buf *buf)
{
	struct dmaring_frame frame = describe(stream, dmaring_buf_index(stream, buf));

	return hand_out(stream, buf, &frame);
}

/* What was to be sent, and was not. */
static bool give_back(struct dmaring_stream *stream, struct dmaring_buf *buf)
{
	u32 index = dmaring_buf_index(stream, buf);
	struct dmaring_frame frame = describe(stream, index);
	struct dmaring_consumer *producer =
		dmaring_attached(stream, DMARING_PRODUCER);

	frame.bytes_used = stream->fills[index].bytes;
	frame.flags = DMARING_FRAME_UNSENT;
	if (producer)
		producer->unsent++;
	return hand_out(stream, buf, &frame);
}

static void wake_producer(struct dmaring_stream *stream, bool news)
{
	if (news)
		dmaring_wake(stream, BIT(DMARING_PRODUCER));
}

/**
 * dmaring_playback_drained() - has the last frame left the card?
 * @stream: the stream.
 *
 * Return: whoever waits for that, a bit; else 0.
 */
unsigned long dmaring_playback_drained(struct dmaring_stream *stream)
{
	const u32 *states = stream->counters.states;

	lockdep_assert_held(&stream->lock);
	return states[DMARING_BUFFER_FILLED] || states[DMARING_BUFFER_ARMED] ?
		       0 : BIT(DMARING_PRODUCER);
}

/**
 * dmaring_playback_unsent() - the card does not send a frame that it had
 * @stream: the stream.
 * @buf:    its buffer, ARMED.
 *
 * Return: who is to be woken, a bit each.
 */
unsigned long dmaring_playback_unsent(struct dmaring_stream *stream,
				      struct dmaring_buf *buf)
{
	bool news = give_back(stream, buf);

	return (news ? BIT(DMARING_PRODUCER) : 0) |
	       dmaring_playback_drained(stream);
}

/**
 * dmaring_playback_sent() - a frame was sent
 * @stream: the stream.
 * @buf:    its buffer, ARMED.
 * @frame:  what the card says of it.
 *
 * Return: who is to be woken, a bit each: also whoever waits for the last frame.
 */
unsigned long dmaring_playback_sent(struct dmaring_stream *stream,
				    struct dmaring_buf *buf,
				    struct dmaring_frame *frame)
{
	struct dmaring_consumer *producer =
		dmaring_attached(stream, DMARING_PRODUCER);
	bool news;

	if (producer)
		producer->sent++;
	news = hand_out(stream, buf, frame);
	return (news ? BIT(DMARING_PRODUCER) : 0) |
	       dmaring_playback_drained(stream);
}

/**
 * dmaring_playback_hand_back() - buffers that were not filled wait again
 * @consumer: the producer.
 * @cookies:  of the buffers, which it has just released.
 * @count:    how many.
 *
 * Return: true if the producer is to be woken, of which other threads may sleep.
 */
bool dmaring_playback_hand_back(struct dmaring_consumer *consumer,
				const u64 *cookies, u32 count)
{
	struct dmaring_stream *stream = consumer->stream;
	bool news = false;
	u32 i, index;

	lockdep_assert_held(&stream->lock);
	for (i = 0; i < count; i++) {
		index = dmaring_cookie_index(cookies[i]);
		news |= hand_out_empty(stream, &stream->pool.bufs[index]);
	}
	return news;
}

/* With the lock: what a producer gives back is idle for a moment, and waits then. */
static bool is_idle(struct dmaring_stream *stream,
		    const struct dmaring_buf *buf)
{
	bool idle;

	spin_lock_irq(&stream->lock);
	idle = buf->state == DMARING_BUFFER_IDLE;
	spin_unlock_irq(&stream->lock);
	return idle;
}

/**
 * dmaring_playback_hand_out() - what is idle is the producer's, if there is one
 * @stream: the stream, not gone.
 */
void dmaring_playback_hand_out(struct dmaring_stream *stream)
{
	struct dmaring_buf *buf;
	bool news = false;
	u32 i;

	lockdep_assert_held(&stream->state_mutex);
	/* Nobody attaches or detaches meanwhile. */
	if (!rcu_access_pointer(stream->consumers[DMARING_PRODUCER]))
		return;
	for (i = 0; i < stream->pool.count; i++) {
		buf = &stream->pool.bufs[i];
		/* It stays so: nobody else makes anything of it. */
		if (!is_idle(stream, buf))
			continue;
		/* It was kept aside, and a former producer's. */
		if (buf->dirty)
			dmaring_memory_clear(&buf->memory);
		/* Buffer by buffer, to keep interrupts off for a short time. */
		spin_lock_irq(&stream->lock);
		if (dmaring_still_referenced(stream, buf))
			dmaring_quarantine(stream, buf);
		else
			news |= hand_out_empty(stream, buf);
		spin_unlock_irq(&stream->lock);
		cond_resched();
	}
	wake_producer(stream, news);
}

/* ------------------------------------------------------------- after a stop */

/* Has the card had it, as far as we know? */
static bool was_given(const struct dmaring_buf *buf, bool quiet)
{
	u8 state = READ_ONCE(buf->state);

	return state == DMARING_BUFFER_ARMED ||
	       (quiet && state == DMARING_BUFFER_QUARANTINED &&
		!buf->referenced);
}

static int by_turn(const void *left, const void *right, const void *priv)
{
	const struct dmaring_fill *fills = priv;

	/* They come round again; no two are so far apart. */
	return (s32)(fills[*(const u16 *)left].turn -
		     fills[*(const u16 *)right].turn);
}

/* The indices of what the card has had, oldest first; how many. */
static u32 sort_given(struct dmaring_stream *stream, bool quiet)
{
	u32 i, count = 0;

	for (i = 0; i < stream->pool.count; i++)
		if (was_given(&stream->pool.bufs[i], quiet))
			stream->sorted[count++] = i;
	sort_r(stream->sorted, count, sizeof(*stream->sorted), by_turn, NULL,
	       stream->fills);
	return count;
}

/* What the card still had is the first in line again; or nobody's, in doubt. */
static void take_back(struct dmaring_stream *stream, struct dmaring_buf *buf,
		      bool quiet)
{
	spin_lock_irq(&stream->lock);
	/* A late completion may have been faster. */
	if (buf->state == DMARING_BUFFER_ARMED && quiet)
		dmaring_set_line_first(stream, buf);
	else if (buf->state == DMARING_BUFFER_ARMED)
		dmaring_set_state(stream, buf, DMARING_BUFFER_QUARANTINED);
	spin_unlock_irq(&stream->lock);
}

/* A card in doubt had it, and now it is quiet. */
static bool set_free(struct dmaring_stream *stream, struct dmaring_buf *buf)
{
	bool news = false;

	spin_lock_irq(&stream->lock);
	if (buf->state == DMARING_BUFFER_QUARANTINED) {
		if (stream->fills[dmaring_buf_index(stream, buf)].bytes)
			news = give_back(stream, buf);
		else
			/* A former producer's. */
			dmaring_set_state(stream, buf, DMARING_BUFFER_IDLE);
	}
	spin_unlock_irq(&stream->lock);
	return news;
}

/**
 * dmaring_playback_settle() - the card was stopped: what about its buffers?
 * @stream: the stream; no arm() comes any more.
 * @quiet:  the card has proved that it is.
 *
 * What it did not send is in line again, before all others and in the order in
 * which it was submitted: for who goes on after a suspend.
 */
void dmaring_playback_settle(struct dmaring_stream *stream, bool quiet)
{
	u32 i, count = sort_given(stream, quiet);
	struct dmaring_buf *bufs = stream->pool.bufs;
	bool news = false;

	lockdep_assert_held(&stream->state_mutex);
	for (i = 0; quiet && i < count; i++)
		news |= set_free(stream, &bufs[stream->sorted[i]]);
	for (i = count; i > 0; i--)
		take_back(stream, &bufs[stream->sorted[i - 1]], quiet);
	wake_producer(stream, news);
	if (quiet)
		dmaring_playback_hand_out(stream);
}

/* The first one in line, whose state is about to change; NULL: there is none. */
static struct dmaring_buf *first_in_line(struct dmaring_stream *stream)
{
	lockdep_assert_held(&stream->lock);
	return dmaring_in_line(stream) ? dmaring_line_first(stream) : NULL;
}

/**
 * dmaring_playback_give_back() - STOP: what is in line comes back unsent
 * @stream: the stream, stopped.
 *
 * What is submitted meanwhile may come back or stay.
 */
void dmaring_playback_give_back(struct dmaring_stream *stream)
{
	u32 left = stream->pool.count;
	struct dmaring_buf *buf;
	bool news = false;

	lockdep_assert_held(&stream->state_mutex);
	do {
		/* Buffer by buffer, to keep interrupts off for a short time. */
		spin_lock_irq(&stream->lock);
		buf = first_in_line(stream);
		if (buf)
			news |= give_back(stream, buf);
		spin_unlock_irq(&stream->lock);
	} while (buf && --left);
	wake_producer(stream, news);
}

/**
 * dmaring_playback_end() - the producer is none any more
 * @stream: the stream, stopped; nobody finds the producer.
 *
 * What it has left is nobody's.
 */
void dmaring_playback_end(struct dmaring_stream *stream)
{
	struct dmaring_buf *buf;
	u32 i;

	lockdep_assert_held(&stream->state_mutex);
	do {
		spin_lock_irq(&stream->lock);
		buf = first_in_line(stream);
		if (buf)
			dmaring_set_state(stream, buf, DMARING_BUFFER_IDLE);
		spin_unlock_irq(&stream->lock);
	} while (buf);
	/*
	 * What is in quarantine, nobody is to send.  And who has taken a buffer to
	 * write to it does not take it for its own after the next ATTACH, which
	 * erases it: pairs with copy_piece().
	 */
	for (i = 0; i < stream->pool.count; i++) {
		WRITE_ONCE(stream->fills[i].bytes, 0);
		WRITE_ONCE(stream->pool.bufs[i].cookie, 0);
	}
	if (!dmaring_is_gone(stream))
		dmaring_quarantine_idle(stream);
}
