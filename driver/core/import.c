// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that an application lends as buffers: it takes the places of the pool's,
 * and the stream is that consumer's alone until the memory is given back.
 *
 * The memory of a buffer changes only here, while the card is stopped and proved
 * quiet, under state_mutex; and under the lock, for BUFFER to look at.  Nobody
 * maps a buffer then: who lends has mapped none of the pool, and nobody else is
 * attached.  A card that is not proved quiet keeps what it may write, until it is,
 * or for ever if it goes.
 */
#include <linux/kmemleak.h>

#include "internal.h"

#define IMPORT_BYTES_MAX	SZ_2G	/* frame.bytes_used has 32 bits */

static int check_argument(const struct dmaring_import *import)
{
	if (import->flags & ~DMARING_IMPORT_CONTIGUOUS ||
	    !dmaring_is_zero(import->reserved) ||
	    !import->length || import->length > IMPORT_BYTES_MAX ||
	    import->fd < -1)
		return -EINVAL;
	if (import->fd == -1 ? import->offset : import->addr)
		return -EINVAL;
	/* Its pages need an address for the kernel, for good. */
	return IS_ENABLED(CONFIG_HIGHMEM) ? -EOPNOTSUPP : 0;
}

/* Nothing of the pool is anybody's.  Also what a program that ended left behind. */
static bool pool_is_idle(struct dmaring_consumer *consumer)
{
	struct dmaring_stream *stream = consumer->stream;

	lockdep_assert_held(&stream->lock);
	return !consumer->maps && list_empty(&consumer->exports) &&
	       dmaring_in_line(stream) == stream->pool.count;
}

static int check_pool(struct dmaring_consumer *consumer)
{
	struct dmaring_stream *stream = consumer->stream;
	bool idle;

	if (stream->lent)
		return stream->lent < stream->pool.count ? 0 : -ENOSPC;
	dmaring_exchange_reap(consumer);
	dmaring_quarantine_recheck(stream);
	dmaring_quarantine_idle(stream);
	spin_lock_irq(&stream->lock);
	idle = pool_is_idle(consumer);
	spin_unlock_irq(&stream->lock);
	return idle ? 0 : -EBUSY;
}

static int may_lend(struct dmaring_consumer *consumer, size_t bytes)
{
	struct dmaring_stream *stream = consumer->stream;

	lockdep_assert_held(&stream->state_mutex);
	if (dmaring_is_gone(stream))
		return -ENODEV;
	if (!(stream->caps & DMARING_CAP_IMPORT))
		return -EOPNOTSUPP;
	if (!consumer->attached)
		return -ENOTCONN;
	if (consumer->policy != DMARING_POLICY_LOSSLESS)
		return -EACCES;
	if (consumer->running || !dmaring_consumer_is_alone(consumer))
		return -EBUSY;
	if (dmaring_stream_recheck(stream))
		return -ETIMEDOUT;
	if (stream->format.frame_bytes > bytes)
		return -EMSGSIZE;
	return check_pool(consumer);
}

/* Before memory is taken from who may not lend it. */
static int may_lend_at_all(struct dmaring_consumer *consumer, size_t bytes)
{
	struct dmaring_stream *stream = consumer->stream;
	int err;

	err = mutex_lock_killable(&stream->state_mutex);
	if (err)
		return err;
	err = may_lend(consumer, bytes);
	mutex_unlock(&stream->state_mutex);
	return err;
}

/* The first one makes the stream the consumer's alone, if nothing is mapped. */
static int claim_place(struct dmaring_consumer *consumer, u32 *index)
{
	struct dmaring_stream *stream = consumer->stream;
	int err = 0;

	/* ->mmap counts its mapping under the lock, if nothing is lent then. */
	spin_lock_irq(&stream->lock);
	if (stream->lent || pool_is_idle(consumer))
		*index = stream->lent++;
	else
		err = -EBUSY;
	spin_unlock_irq(&stream->lock);
	return err;
}

/* All are idle, and the card does not run. */
static void take_away_pool(struct dmaring_stream *stream)
{
	u32 i;

	for (i = 0; i < stream->pool.count; i++) {
		/* Buffer by buffer, to keep interrupts off for a short time. */
		spin_lock_irq(&stream->lock);
		dmaring_set_state(stream, dmaring_line_first(stream),
				  DMARING_BUFFER_ABSENT);
		spin_unlock_irq(&stream->lock);
	}
}

static void put_in_place(struct dmaring_stream *stream, struct dmaring_buf *buf,
			 const struct dmaring_memory *memory)
{
	struct dmaring_lent *lent = memory->lent;

	spin_lock_irq(&stream->lock);
	dmaring_memory_move(&lent->instead_of, &buf->memory);
	dmaring_memory_move(&buf->memory, memory);
	stream->pool.sync |= memory->sync;
	stream->pool.special |= memory->sync;
	dmaring_set_state(stream, buf, DMARING_BUFFER_IDLE);
	spin_unlock_irq(&stream->lock);
	stream->lent_bytes = min_not_zero(stream->lent_bytes, memory->bytes);
}

/* It has been taken; all that is left to do is done under the mutex. */
static int lend(struct dmaring_consumer *consumer,
		struct dmaring_memory *memory, u32 flags, u32 *index)
{
	struct dmaring_stream *stream = consumer->stream;
	struct dmaring_memory_limits limits = stream->pool.limits;
	int err;

	if (flags & DMARING_IMPORT_CONTIGUOUS)
		limits.max_segments = 1;
	err = may_lend(consumer, memory->bytes);
	if (err)
		return err;
	err = memory->kind->reach(memory, &limits);
	if (err)
		return err;
	err = claim_place(consumer, index);
	if (err) {
		memory->kind->free(memory);
		return err;
	}
	if (!*index)
		take_away_pool(stream);
	put_in_place(stream, &stream->pool.bufs[*index], memory);
	return 0;
}

static int take(struct dmaring_stream *stream,
		const struct dmaring_import *import,
		struct dmaring_memory *memory)
{
	struct device *dev = stream->pool.dev;

	if (import->fd == -1)
		return dmaring_user_take(memory, dev, import->addr,
					 import->length);
	return dmaring_dmabuf_take(memory, dev, import->fd, import->offset,
				   import->length, stream->by_cpu);
}

/* IMPORT. */
int dmaring_import(struct dmaring_consumer *consumer,
		   union dmaring_argument *arg)
{
	struct dmaring_stream *stream = consumer->stream;
	struct dmaring_import *import = &arg->import;
	struct dmaring_memory memory;
	int err;

	err = check_argument(import);
	if (!err)
		err = may_lend_at_all(consumer, import->length);
	if (err)
		return err;
	/* Whoever owns it may let us wait for ever: not under the mutex. */
	err = take(stream, import, &memory);
	if (err)
		return err;
	err = mutex_lock_killable(&stream->state_mutex);
	if (!err) {
		err = lend(consumer, &memory, import->flags, &import->index);
		import->segments = memory.segment_count;
		mutex_unlock(&stream->state_mutex);
	}
	if (err)
		memory.kind->give_back(&memory);
	return err;
}

/* ------------------------------------------------------------------- the end */

/* The pool's is in its place again.  Was the other one the card's to write? */
static bool take_out(struct dmaring_stream *stream, struct dmaring_buf *buf,
		     struct dmaring_memory *memory)
{
	bool unsafe;

	spin_lock_irq(&stream->lock);
	unsafe = buf->state == DMARING_BUFFER_QUARANTINED && !buf->referenced;
	dmaring_memory_move(memory, &buf->memory);
	dmaring_memory_move(&buf->memory, &memory->lent->instead_of);
	if (unsafe)
		dmaring_set_state(stream, buf, DMARING_BUFFER_IDLE);
	spin_unlock_irq(&stream->lock);
	return unsafe;
}

/* Nobody gets it any more, nor the device: whoever shows who uses it names it. */
static void leak(struct dmaring_memory *memory)
{
	get_device(memory->dev);
	kmemleak_not_leak(memory->lent);
	if (memory->segments != &memory->one)
		kmemleak_not_leak(memory->segments);
}

/* The places that nobody lent anything for. */
static void bring_back_pool(struct dmaring_stream *stream)
{
	struct dmaring_buf *buf;
	u32 i;

	for (i = 0; i < stream->pool.count; i++) {
		buf = &stream->pool.bufs[i];
		spin_lock_irq(&stream->lock);
		if (buf->state == DMARING_BUFFER_ABSENT)
			dmaring_set_state(stream, buf, DMARING_BUFFER_IDLE);
		spin_unlock_irq(&stream->lock);
	}
}

/**
 * dmaring_import_end() - give back all that is lent
 * @stream: the stream; the card is stopped.
 *
 * What the card may still write is leaked.
 */
void dmaring_import_end(struct dmaring_stream *stream)
{
	struct dmaring_memory memory;
	u32 i, leaked = 0;

	lockdep_assert_held(&stream->state_mutex);
	if (!stream->lent)
		return;
	/* Nothing is armed; whoever found it armed has done with it then. */
	synchronize_rcu();
	for (i = 0; i < stream->lent; i++) {
		if (take_out(stream, &stream->pool.bufs[i], &memory)) {
			leak(&memory);
			leaked++;
		} else {
			memory.kind->free(&memory);
			memory.kind->give_back(&memory);
		}
		cond_resched();
	}
	dmaring_pool_sync(&stream->pool);
	bring_back_pool(stream);
	spin_lock_irq(&stream->lock);
	stream->lent = 0;
	spin_unlock_irq(&stream->lock);
	stream->lent_bytes = 0;
	if (leaked)
		dev_err(&stream->dev,
			"the memory of %u lent buffers stays pinned for ever: the card may still write it\n",
			leaked);
}

/**
 * dmaring_import_settle() - nobody is attached any more: give back what was lent
 * @stream: the stream.
 *
 * Return: 0; -ETIMEDOUT if the card may still write it.
 */
int dmaring_import_settle(struct dmaring_stream *stream)
{
	lockdep_assert_held(&stream->state_mutex);
	if (stream->lent && stream->in_doubt)
		return -ETIMEDOUT;
	dmaring_import_end(stream);
	return 0;
}
