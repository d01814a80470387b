/* SPDX-License-Identifier: GPL-2.0-only */
/* A buffer: its state, changed here only, its cookie, who holds it. */
#ifndef DMARING_BUFFER_H
#define DMARING_BUFFER_H

#include <linux/bits.h>
#include <linux/build_bug.h>
#include <linux/lockdep.h>

#include <dmaring/hw.h>

#include "memory.h"
#include "stream.h"

#define DMARING_BUF_BYTES	128

struct dmaring_exported;

/* Are fences of its dma-bufs to be looked at before the card gets it? */
enum dmaring_fences {
	DMARING_FENCES_NONE,	/* it has no dma-buf */
	DMARING_FENCES_ASK,
	DMARING_FENCES_SIGNALED,	/* all, a moment ago */
};

/**
 * struct dmaring_buf - a buffer of the pool
 * @state:   enum dmaring_buffer_state.                      (stream->lock)
 * @dirty:   the card or a consumer may have written it
 *           since the last scrub.                           (stream->lock)
 * @referenced: QUARANTINED not because of the card, but because
 *           somebody refers to its pages.                   (stream->lock)
 * @fenced:  @referenced because of a fence alone.           (stream->lock)
 * @fences:  enum dmaring_fences.                            (stream->lock)
 * @holders: one bit per consumer that has it queued or
 *           taken; not 0 exactly while HELD.                (stream->lock)
 * @maps:    mappings that have pages of it, if it is mapped
 *           by its pages, and dma-bufs of those who are
 *           attached.                                       (stream->lock)
 * @orphans: dma-bufs of consumers that have detached.       (stream->lock)
 * @cookie:  names the last publication.                     (stream->lock)
 * @memory:  what is behind it.
 * @exported: what its dma-bufs have in common, or NULL.     (stream->lock)
 *
 * Its size is a power of two, so that an index is soon an address and back.
 */
struct dmaring_buf {
	u8 state;
	bool dirty;
	bool referenced;
	bool fenced;
	u16 holders;
	u8 fences;
	u32 maps;
	u32 orphans;
	u64 cookie;
	struct dmaring_memory memory;
	struct dmaring_exported *exported;
} __aligned(DMARING_BUF_BYTES);

static_assert(sizeof(struct dmaring_buf) == DMARING_BUF_BYTES,
	      "a buffer is found by a shift");

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

static inline u32 dmaring_buf_index(const struct dmaring_stream *stream,
				    const struct dmaring_buf *buf)
{
	return buf - stream->pool.bufs;
}

/*
 * How many buffers are in line for the card, idle ones or filled ones: without the
 * lock, a hint.
 */
static inline u32 dmaring_in_line(const struct dmaring_stream *stream)
{
	return READ_ONCE(*stream->in_line);
}

/* The place of a buffer in line, the first one is 0. */
static inline u16 *dmaring_line_place(struct dmaring_stream *stream, u32 place)
{
	return &stream->line[(stream->line_first + place) & stream->line_mask];
}

/* The first one in line; there is one. */
static inline struct dmaring_buf *
dmaring_line_first(struct dmaring_stream *stream)
{
	return &stream->pool.bufs[*dmaring_line_place(stream, 0)];
}

/* Are buffers in that state in line?  If they never are, the compiler knows. */
static __always_inline bool
dmaring_is_in_line(const struct dmaring_stream *stream,
		   enum dmaring_buffer_state state)
{
	if (__builtin_constant_p(state) && state != DMARING_BUFFER_IDLE &&
	    state != DMARING_BUFFER_FILLED)
		return false;
	return state == stream->line_state;
}

/*
 * The only place that changes the state of a buffer, for callers that know which one
 * it has.  Of those in line only the first one becomes anything else.
 */
static __always_inline void
dmaring_change_state(struct dmaring_stream *stream, struct dmaring_buf *buf,
		     enum dmaring_buffer_state from,
		     enum dmaring_buffer_state to)
{
	u32 *states = stream->counters.states;

	lockdep_assert_held(&stream->lock);
	if (dmaring_is_in_line(stream, from))
		stream->line_first++;
	if (dmaring_is_in_line(stream, to))
		*dmaring_line_place(stream, states[to]) =
			dmaring_buf_index(stream, buf);
	/* Some look at them without the lock. */
	WRITE_ONCE(states[from], states[from] - 1);
	WRITE_ONCE(states[to], states[to] + 1);
	WRITE_ONCE(buf->state, to);
}

static inline void dmaring_set_state(struct dmaring_stream *stream,
				     struct dmaring_buf *buf,
				     enum dmaring_buffer_state state)
{
	dmaring_change_state(stream, buf, buf->state, state);
}

/* The first in line becomes the last one. */
static inline void dmaring_set_line_last(struct dmaring_stream *stream)
{
	u16 index = *dmaring_line_place(stream, 0);

	lockdep_assert_held(&stream->lock);
	stream->line_first++;
	*dmaring_line_place(stream, dmaring_in_line(stream) - 1) = index;
}

/* A buffer that was not in line is the first one. */
static inline void dmaring_set_line_first(struct dmaring_stream *stream,
					  struct dmaring_buf *buf)
{
	/* From the end of the line to its beginning. */
	dmaring_set_state(stream, buf, stream->line_state);
	stream->line_first--;
	*dmaring_line_place(stream, 0) = dmaring_buf_index(stream, buf);
}

/*
 * Does anybody refer to its pages who has no mapping of it any more?  While it is
 * mapped nobody can tell, but of a dma-buf: a mapping refers to them, too.  Whoever
 * maps it counts itself before, and its entries are gone before it does so no more.
 */
static inline bool
dmaring_still_referenced(const struct dmaring_stream *stream,
			 const struct dmaring_buf *buf)
{
	return unlikely(stream->pool.by_pages) &&
	       (buf->orphans ||
		(!buf->maps && buf->memory.kind->referenced(&buf->memory)));
}

#endif /* DMARING_BUFFER_H */
