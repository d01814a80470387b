// SPDX-License-Identifier: LGPL-2.1-or-later
/* What GstBaseSrc asks for: caps, and the card's format. */
#include "internal.h"

#include <errno.h>
#include <gst/video/video.h>
#include <string.h>

#include "caps.h"

static GstBaseSrcClass *parent_class;

/* As it is, and as the property completes it. */
void dmaring_src_set_format(DmaringSrc *self, const struct dmaring_info *info)
{
	self->format = info->format;
	self->format_seq = info->format_seq;
	self->control_seq = info->control_seq;
	GST_OBJECT_LOCK(self);
	format_add_rate(&self->format, self->rate_numerator, self->rate_denominator);
	GST_OBJECT_UNLOCK(self);
}

/* A viewer takes what there is, and nobody changes what others are reading. */
static gboolean may_set_format(const DmaringSrc *self, const struct dmaring_info *info)
{
	return self->recorder && info->formats &&
	       !(info->state & DMARING_STATE_RUNNING);
}

static void add_ranges(GstCaps *caps, const struct capture *capture,
		       const struct dmaring_info *info)
{
	struct dmaring_format_range range;
	guint32 i;

	for (i = 0; i < info->formats; i++)
		if (!dmaring_get_format_range(capture->stream, i, &range))
			gst_caps_append(caps, caps_of_range(&range, &info->format));
}

/* What it has comes first: nothing is changed without need. */
static GstCaps *caps_of_stream(DmaringSrc *self, const struct capture *capture)
{
	struct dmaring_info info;
	GstCaps *caps;

	if (dmaring_get_info(capture->stream, &info))
		return NULL;
	GST_OBJECT_LOCK(self);
	format_add_rate(&info.format, self->rate_numerator, self->rate_denominator);
	GST_OBJECT_UNLOCK(self);
	caps = caps_of_format(&info.format);
	if (may_set_format(self, &info))
		add_ranges(caps, capture, &info);
	return caps;
}

static GstCaps *get_caps(GstBaseSrc *base, GstCaps *filter)
{
	DmaringSrc *self = DMARING_SRC(base);
	struct capture *capture = dmaring_src_get_capture(self);
	GstCaps *caps = NULL, *both;

	if (capture) {
		caps = caps_of_stream(self, capture);
		capture_unref(capture);
	}
	if (!caps)
		caps = gst_pad_get_pad_template_caps(base->srcpad);
	if (!filter)
		return caps;
	both = gst_caps_intersect_full(filter, caps, GST_CAPS_INTERSECT_FIRST);
	gst_caps_unref(caps);
	return both;
}

static GstCaps *fixate(GstBaseSrc *base, GstCaps *caps)
{
	caps = caps_fixate(caps, &DMARING_SRC(base)->format);
	return parent_class->fixate(base, caps);
}

/* A card that has no rate which can be set has caps with that of the property. */
static gboolean is_format_of(const DmaringSrc *self, const GstCaps *caps)
{
	GstCaps *ours = caps_of_format(&self->format);
	gboolean is = gst_caps_can_intersect(ours, caps);

	gst_caps_unref(ours);
	return is;
}

static const gchar cannot[] =
	"the card cannot make frames of these caps; \"dmaring format\" shows what it can";

/*
 * Only what caps ask for, and the card's own choice in what they do not.  NULL, or why
 * it could not be done.
 */
static const gchar *change_format(DmaringSrc *self, const GstCaps *caps)
{
	struct dmaring *stream = self->capture->stream;
	struct dmaring_format format;
	struct dmaring_info info;
	guint32 flags = 0;

	/* A viewer gets here if somebody else was faster, and must not answer in kind. */
	if (!self->recorder || !caps_to_format(caps, &format))
		return cannot;
	if (format.rate_denominator)
		flags = DMARING_SET_FORMAT_RATE;
	if (dmaring_set_format(stream, &format, flags) ||
	    dmaring_get_info(stream, &info))
		return dmaring_error();
	dmaring_src_set_format(self, &info);
	return is_format_of(self, caps) ? NULL : cannot;
}

static void adopt(DmaringSrc *self, const GstCaps *caps)
{
	GstClockTime interval = self->interval;

	layout_init(&self->layout, &self->format, caps);
	GST_OBJECT_LOCK(self);
	self->interval = format_interval(&self->format);
	GST_OBJECT_UNLOCK(self);
	if (self->interval != interval)
		gst_element_post_message(GST_ELEMENT(self),
					 gst_message_new_latency(GST_OBJECT(self)));
}

static gboolean set_caps(GstBaseSrc *base, GstCaps *caps)
{
	DmaringSrc *self = DMARING_SRC(base);
	struct dmaring_info info;
	const gchar *problem;

	/* get_caps() told of the format as it is now. */
	if (!dmaring_get_info(self->capture->stream, &info))
		dmaring_src_set_format(self, &info);
	problem = is_format_of(self, caps) ? NULL : change_format(self, caps);
	if (problem) {
		dmaring_src_post(self, -EINVAL, problem);
		return FALSE;
	}
	adopt(self, caps);
	return TRUE;
}

/* The pool is the card's; but does downstream look where lines are? */
static gboolean decide_allocation(GstBaseSrc *base, GstQuery *query)
{
	DmaringSrc *self = DMARING_SRC(base);

	self->meta_accepted = gst_query_find_allocation_meta(query,
							     GST_VIDEO_META_API_TYPE,
							     NULL);
	while (gst_query_get_n_allocation_pools(query))
		gst_query_remove_nth_allocation_pool(query, 0);
	return TRUE;
}

/* Others can have changed it before this one ran; a rate also later. */
GstFlowReturn dmaring_src_follow_format(DmaringSrc *self)
{
	GstPad *pad = GST_BASE_SRC_PAD(self);
	struct dmaring_format was;
	struct dmaring_info info;
	GstCaps *caps;
	int err = dmaring_get_info(self->capture->stream, &info);

	if (err) {
		dmaring_src_failed(self, err);
		return GST_FLOW_ERROR;
	}
	/* A control can change the rate, which is no other format_seq. */
	was = self->format;
	dmaring_src_set_format(self, &info);
	if (!memcmp(&was, &self->format, sizeof(was)))
		return GST_FLOW_OK;
	if (!gst_base_src_negotiate(GST_BASE_SRC(self)))
		return GST_PAD_IS_FLUSHING(pad) ? GST_FLOW_FLUSHING :
						  GST_FLOW_NOT_NEGOTIATED;
	/* Caps as they were are not set again, but do not tell of all of a format. */
	caps = gst_pad_get_current_caps(pad);
	if (caps) {
		adopt(self, caps);
		gst_caps_unref(caps);
	}
	return GST_FLOW_OK;
}

void dmaring_src_prepare_formats(GstBaseSrcClass *class)
{
	parent_class = g_type_class_peek_parent(class);
	class->get_caps = get_caps;
	class->fixate = fixate;
	class->set_caps = set_caps;
	class->decide_allocation = decide_allocation;
}
