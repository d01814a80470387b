/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of dmaringsrc know about each other. */
#ifndef DMARING_GSTREAMER_INTERNAL_H
#define DMARING_GSTREAMER_INTERNAL_H

#include <gst/base/gstpushsrc.h>
#include <gst/gst.h>

#include "capture.h"
#include "layout.h"

#define DEVICE_FIRST "/dev/dmaring0"

GST_DEBUG_CATEGORY_EXTERN(dmaring_debug);
#define GST_CAT_DEFAULT dmaring_debug

#define DMARING_TYPE_SRC (dmaring_src_get_type())
G_DECLARE_FINAL_TYPE(DmaringSrc, dmaring_src, DMARING, SRC, GstPushSrc)

/**
 * struct counts - what became of frames since READY
 * @frames:   that went downstream.
 * @copied:   of these, not in their buffer.
 * @damaged:  of these, with an error or cut short.
 * @overruns: that the card lost.
 * @drops:    that this source missed: it was too slow.
 */
struct counts {
	guint64 frames;
	guint64 copied;
	guint64 damaged;
	guint64 overruns;
	guint64 drops;
};

/*
 * The object's lock guards what can be set, @capture, @counts, and changes of
 * @interval; GstBaseSrc's live_lock, @running.  The others belong to the thread that
 * makes buffers, and while that does not run, to the one that changes the state.
 */
struct _DmaringSrc {
	GstPushSrc parent;

	gchar *device;
	gboolean recorder;
	guint depth;
	guint max_held;
	gboolean copy;
	gint rate_numerator;
	gint rate_denominator;

	struct capture *capture;	/* NULL: in READY or below */
	struct counts counts;

	GstPoll *poll;			/* the stream's descriptor, and who interrupts */
	gboolean running;
	gboolean meta_accepted;		/* downstream knows GstVideoMeta */
	struct dmaring_format format;	/* as negotiated */
	guint32 format_seq;
	guint32 control_seq;
	struct layout layout;
	GstClockTime interval;		/* of frames; none: nobody knows */
	gboolean has_last;
	struct dmaring_frame last;
	GstClockTime last_end;		/* on the pipeline's clock, or none */
};

/* source.c: what GstBaseSrc asks for */
void dmaring_src_prepare_class(DmaringSrcClass *class);
/* The card makes nothing for it behind the end of stream. */
void dmaring_src_watch_end(DmaringSrc *self);
/* NULL: it is not open.  To be put. */
struct capture *dmaring_src_get_capture(DmaringSrc *self);
/* An error on the bus; of the second one the library said why. */
void dmaring_src_post(DmaringSrc *self, int err, const gchar *sentence);
void dmaring_src_failed(DmaringSrc *self, int err);

/* formats.c */
void dmaring_src_prepare_formats(GstBaseSrcClass *class);
void dmaring_src_set_format(DmaringSrc *self, const struct dmaring_info *info);
/* Negotiate again if the stream's format is another one than before. */
GstFlowReturn dmaring_src_follow_format(DmaringSrc *self);

/* uri.c */
void dmaring_src_prepare_uri(gpointer interface, gpointer data);

#endif /* DMARING_GSTREAMER_INTERNAL_H */
