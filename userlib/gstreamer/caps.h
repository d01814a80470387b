/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Formats of streams, and what GStreamer calls them. */
#ifndef DMARING_GSTREAMER_CAPS_H
#define DMARING_GSTREAMER_CAPS_H

#include <gst/gst.h>
#include <libdmaring.h>

/* For what GStreamer has no name */
#define CAPS_OTHER	"application/x-dmaring"
#define CAPS_RAW	"application/octet-stream"

/* All that any stream can have */
GstCaps *caps_of_everything(void);
GstCaps *caps_of_format(const struct dmaring_format *format);
/* Of one row of the list of what the card can make; what it does not say is of @now. */
GstCaps *caps_of_range(const struct dmaring_format_range *range,
		       const struct dmaring_format *now);
/* What fixed caps ask for; 0 where they leave it open.  FALSE: it is no format of ours. */
gboolean caps_to_format(const GstCaps *caps, struct dmaring_format *format);
/* The nearest to @now of what caps leave open; takes @caps. */
GstCaps *caps_fixate(GstCaps *caps, const struct dmaring_format *now);

/* The format with a rate of frames, if nobody knows its own. */
void format_add_rate(struct dmaring_format *format, guint numerator, guint denominator);
/* Of a frame; none if nobody knows */
GstClockTime format_interval(const struct dmaring_format *format);

#endif /* DMARING_GSTREAMER_CAPS_H */
