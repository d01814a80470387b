/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where a frame has its lines, and where GStreamer expects them. */
#ifndef DMARING_GSTREAMER_LAYOUT_H
#define DMARING_GSTREAMER_LAYOUT_H

#include <gst/gst.h>
#include <gst/video/video.h>
#include <libdmaring.h>

#define LAYOUT_PLANES 2

/**
 * struct plane - lines, one after the other
 * @offset:     of its first line in the frame.
 * @stride:     bytes from one line to the next in the frame.
 * @to_offset:  of its first line where GStreamer expects it.
 * @to_stride:  bytes from one to the next there.
 * @line_bytes: of a line without padding.
 * @lines:      how many.
 */
struct plane {
	gsize offset;
	gsize stride;
	gsize to_offset;
	gsize to_stride;
	gsize line_bytes;
	guint lines;
};

/**
 * struct layout - of frames of one format
 * @planes:   how many; 0: bytes, as many as a frame has.
 * @plane:    these.
 * @unit:     bytes of a sample of all channels; 1 where there are none.
 * @bytes:    of a frame from its first line to the end of its last one.
 * @to_bytes: of a buffer as GStreamer expects it.
 * @same:     lines are where GStreamer expects them.
 * @video:    GStreamer has a name for it, so a GstVideoMeta can tell of lines.
 * @info:     that name.
 */
struct layout {
	guint planes;
	struct plane plane[LAYOUT_PLANES];
	gsize unit;
	gsize bytes;
	gsize to_bytes;
	gboolean same;
	gboolean video;
	GstVideoInfo info;
};

void layout_init(struct layout *layout, const struct dmaring_format *format,
		 const GstCaps *caps);
/* Can a buffer have the frame as it is? */
gboolean layout_fits(const struct layout *layout, gboolean meta_accepted);
/* Bytes of the frame that downstream gets */
gsize layout_bytes(const struct layout *layout, const struct dmaring_frame *frame);
GstBuffer *layout_copy(const struct layout *layout, const void *data, gsize bytes);
void layout_tell(const struct layout *layout, GstBuffer *buffer);

#endif /* DMARING_GSTREAMER_LAYOUT_H */
