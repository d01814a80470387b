/* SPDX-License-Identifier: GPL-2.0-only */
/* A buffer: its state, changed here only, its cookie, who holds it. */
#ifndef DMARING_BUFFER_H
#define DMARING_BUFFER_H

#include <linux/bits.h>
#include <linux/list.h>
#include <linux/lockdep.h>

#include <dmaring/hw.h>

#include "memory.h"
#include "stream.h"

/**
 * struct dmaring_buf - a buffer of the pool
 * @memory:  what is behind it.
 * @idle:    place in stream->idle; only while IDLE.         (stream->lock)
 * @state:   enum dmaring_buffer_state.                      (stream->lock)
 * @holders: one bit per consumer that has it queued or
 *           taken; not 0 exactly while HELD.                (stream->lock)
 * @dirty:   the card or a consumer may have written it
 *           since the last scrub.                           (stream->lock)
 * @cookie:  names the last publication.                     (stream->lock)
 */
struct dmaring_buf {
	struct dmaring_memory memory;
	struct list_head idle;
	u8 state;
	bool dirty;
	u16 holders;
	u64 cookie;
};

/*
 * A cookie is the number of the publication and the index of the buffer.  At a
 * million frames a second 48 bits of publications last for nine years.
 */
static inline u64 dmaring_cookie(u64 publication, u32 index)
{
	BUILD_BUG_ON(DMARING_BUFFERS_MAX > 1 << 16);
	return publication << 16 | index;
}

/* The buffer that a cookie names, if the pool has it. */
static inline u32 dmaring_cookie_index(u64 cookie)
{
	return cookie & 0xffff;
}

/* Does it name a publication at all? */
static inline bool dmaring_cookie_is_one(u64 cookie)
{
	return cookie >> 16;
}

/* The only place that changes the state of a buffer. */
static inline void dmaring_set_state(struct dmaring_stream *stream,
				     struct dmaring_buf *buf,
				     enum dmaring_buffer_state state)
{
	u32 *states = stream->counters.states;

	lockdep_assert_held(&stream->lock);
	if (buf->state == DMARING_BUFFER_IDLE)
		list_del(&buf->idle);
	if (state == DMARING_BUFFER_IDLE)
		list_add_tail(&buf->idle, &stream->idle);
	/* Some look at them without the lock. */
	WRITE_ONCE(states[buf->state], states[buf->state] - 1);
	WRITE_ONCE(states[state], states[state] + 1);
	WRITE_ONCE(buf->state, state);
}

#endif /* DMARING_BUFFER_H */
