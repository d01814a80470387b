/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the card has, besides the states of the buffers: the order in which it was
 * given them, if it keeps to that, and the sink.
 */
#ifndef DMARING_ARMED_H
#define DMARING_ARMED_H

#include "buffer.h"

/* The place of an armed buffer, of a card that fills them in order. */
static inline u32 *dmaring_armed_place(struct dmaring_stream *stream, u32 place)
{
	/* The sink may be armed besides all that were idle. */
	return &stream->armed[place & (2 * (stream->line_mask + 1) - 1)];
}

static inline void dmaring_armed_add(struct dmaring_stream *stream, u32 index)
{
	lockdep_assert_held(&stream->lock);
	*dmaring_armed_place(stream, stream->armed_end++) = index;
}

/* It is the first one, unless the card lies or gives it back. */
static inline void dmaring_armed_remove(struct dmaring_stream *stream,
					u32 index)
{
	u32 at = stream->armed_first;

	lockdep_assert_held(&stream->lock);
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

/* The sink takes a place of the card's queue, or leaves it. */
static inline void dmaring_sink_set_armed(struct dmaring_stream *stream,
					  bool armed)
{
	lockdep_assert_held(&stream->lock);
	stream->sink_armed = armed;
	WRITE_ONCE(stream->queue_room, stream->queue_length - armed);
	if (!stream->pool.in_order)
		return;
	if (armed)
		dmaring_armed_add(stream, stream->pool.count);
	else
		dmaring_armed_remove(stream, stream->pool.count);
}

#endif /* DMARING_ARMED_H */
