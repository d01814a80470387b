/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An open stream, and its frames that are downstream. */
#ifndef DMARING_GSTREAMER_CAPTURE_H
#define DMARING_GSTREAMER_CAPTURE_H

#include <gst/gst.h>
#include <libdmaring.h>

/**
 * struct wishes - how to open a stream
 * @device:   which, as dmaring_open() takes it.
 * @recorder: every frame, the card waits for us; else the latest ones.
 * @depth:    a viewer's frames that wait; 0: what suits.
 * @max_held: frames that downstream may keep; 0: what suits.
 */
struct wishes {
	const gchar *device;
	gboolean recorder;
	guint depth;
	guint max_held;
};

/**
 * struct capture - an open stream, which lives as long as its last frame
 * @stream:   the library's.
 * @info:     of when it was opened.
 * @depth:    frames that wait at most, till some are lost.
 * @max_lent: frames that downstream can have without a copy.
 * @lock:     guards the next three.
 * @lent:     frames that it has.
 * @flushing: nobody shall wait.
 * @copying:  nobody need wait: what cannot be lent is copied.
 * @returned: @lent, @flushing or @copying has changed.
 */
struct capture {
	struct dmaring *stream;
	struct dmaring_info info;
	guint depth;
	guint max_lent;
	gint references;
	GMutex lock;
	guint lent;
	gboolean flushing;
	gboolean copying;
	GCond returned;
};

int capture_open(const struct wishes *wishes, struct capture **opened);
struct capture *capture_ref(struct capture *capture);
void capture_unref(struct capture *capture);

/* How many are downstream without a copy */
guint capture_lent(struct capture *capture);
/* May one more frame go downstream without a copy? */
gboolean capture_may_lend(struct capture *capture);
/* Until it may; FALSE if it shall not wait. */
gboolean capture_wait(struct capture *capture);
void capture_flush(struct capture *capture, gboolean flushing);
void capture_copy(struct capture *capture, gboolean copying);

/* The frame's first bytes as read-only memory; its end releases the frame. */
GstBuffer *capture_lend(struct capture *capture, const struct dmaring_frame *frame,
			gsize bytes);

#endif /* DMARING_GSTREAMER_CAPTURE_H */
