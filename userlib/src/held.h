/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which frames the caller has: the ring has no way to say that it has not. */
#ifndef DMARING_HELD_H
#define DMARING_HELD_H

#include "ring.h"

/* Off the path of a frame that is there: keep it out of its registers. */
#define SLOW __attribute__((noinline, cold))

/* The frame is the caller's from now on.  Remembered so that a frame released
 * twice is found out here: the ring has no way to say so.
 */
static inline void remember(struct dmaring *stream,
			    const struct dmaring_frame *frame)
{
	/* Cut off: who scribbles on the ring shall not scribble on our memory. */
	set(&stream->cookies[(uint16_t)frame->buffer], frame->cookie);
}

/* True if the frame was the caller's, who then no longer has it: its cookie.  A
 * monitor has no frames and no cookies.
 */
static inline bool forget_below(struct dmaring *stream, uint32_t buffers,
				const struct dmaring_frame *frame,
				__u64 *cookie)
{
	uint32_t buffer = frame->buffer;

	*cookie = frame->cookie;
	return buffer < buffers && *cookie &&
	       swap_if(&stream->cookies[buffer], cookie, 0);
}

static inline bool forget(struct dmaring *stream,
			  const struct dmaring_frame *frame, __u64 *cookie)
{
	return forget_below(stream, stream->mapped, frame, cookie);
}

/* All or nothing: NULL, or the first one that was not the caller's. */
static inline const struct dmaring_frame *
forget_all(struct dmaring *stream, const struct dmaring_frame *frames,
	   unsigned int count)
{
	const struct dmaring_frame *end = frames + count, *bad;
	__u64 cookie;

	for (bad = frames; bad < end && forget(stream, bad, &cookie); bad++)
		;
	if (bad == end)
		return NULL;
	for (; frames < bad; frames++)
		remember(stream, frames);
	return bad;
}

#endif /* DMARING_HELD_H */
