// SPDX-License-Identifier: LGPL-2.1-or-later
/* What GstBaseSrc asks for: the stream's life, formats, frames. */
#include "internal.h"

#include <errno.h>
#include <gst/video/video.h>
#include <string.h>

#include "caps.h"
#include "timing.h"

static GstElementClass *parent_class;

/* ---------------------------------------------------------------------- errors */

static gint code_of(int err)
{
	switch (err) {
	case -ENOENT:
	case -ENODEV:
		return GST_RESOURCE_ERROR_NOT_FOUND;
	case -EACCES:
	case -EPERM:
		return GST_RESOURCE_ERROR_NOT_AUTHORIZED;
	case -EBUSY:
	case -ENOSPC:
		return GST_RESOURCE_ERROR_BUSY;
	case -EINVAL:
	case -EOPNOTSUPP:
		return GST_RESOURCE_ERROR_SETTINGS;
	default:
		return GST_RESOURCE_ERROR_READ;
	}
}

static void post(DmaringSrc *self, int err, const gchar *sentence)
{
	gst_element_message_full(GST_ELEMENT(self), GST_MESSAGE_ERROR,
				 GST_RESOURCE_ERROR, code_of(err),
				 g_strdup(sentence), NULL, __FILE__,
				 GST_FUNCTION, __LINE__);
}

/* What the library said of it */
void dmaring_src_failed(DmaringSrc *self, int err)
{
	post(self, err, dmaring_error());
}

/* ------------------------------------------------------------------------ life */

/* NULL: it is not open.  To be put. */
static struct capture *get_capture(DmaringSrc *self)
{
	struct capture *capture = NULL;

	GST_OBJECT_LOCK(self);
	if (self->capture)
		capture = capture_ref(self->capture);
	GST_OBJECT_UNLOCK(self);
	return capture;
}

static void set_capture(DmaringSrc *self, struct capture *capture)
{
	GST_OBJECT_LOCK(self);
	self->capture = capture;
	GST_OBJECT_UNLOCK(self);
}

static int open_stream(DmaringSrc *self, struct capture **capture)
{
	struct wishes wishes;
	gchar *device;
	int err;

	GST_OBJECT_LOCK(self);
	device = g_strdup(self->device);
	wishes = (struct wishes){
		.device = device,
		.recorder = self->recorder,
		.depth = self->depth,
		.max_held = self->max_held,
	};
	memset(&self->counts, 0, sizeof(self->counts));
	GST_OBJECT_UNLOCK(self);
	err = capture_open(&wishes, capture);
	g_free(device);
	return err;
}

static void prepare_poll(DmaringSrc *self, const struct dmaring *stream)
{
	GstPollFD fd = GST_POLL_FD_INIT;

	self->poll = gst_poll_new(TRUE);
	fd.fd = dmaring_fd(stream);
	gst_poll_add_fd(self->poll, &fd);
	gst_poll_fd_ctl_read(self->poll, &fd, TRUE);
}

/* As it is, and as the property completes it. */
static void set_format(DmaringSrc *self, const struct dmaring_info *info)
{
	self->format = info->format;
	self->format_seq = info->format_seq;
	GST_OBJECT_LOCK(self);
	format_add_rate(&self->format, self->rate_numerator, self->rate_denominator);
	GST_OBJECT_UNLOCK(self);
}

static gboolean start(GstBaseSrc *base)
{
	DmaringSrc *self = DMARING_SRC(base);
	struct capture *capture;
	int err = open_stream(self, &capture);

	if (err) {
		dmaring_src_failed(self, err);
		return FALSE;
	}
	if (capture->info.direction == DMARING_PLAYBACK) {
		post(self, -ENOTSUP,
		     "this stream is one of playback: it takes frames, and has none; name another device");
		capture_unref(capture);
		return FALSE;
	}
	GST_INFO_OBJECT(self, "%s: %u frames may wait, %u be lent",
			capture->info.card, capture->depth, capture->max_lent);
	self->running = FALSE;
	self->has_last = FALSE;
	set_format(self, &capture->info);
	prepare_poll(self, capture->stream);
	set_capture(self, capture);
	return TRUE;
}

/* Frames that are still downstream keep the stream open. */
static gboolean stop(GstBaseSrc *base)
{
	DmaringSrc *self = DMARING_SRC(base);
	struct capture *capture = self->capture;

	dmaring_stop(capture->stream);
	set_capture(self, NULL);
	gst_poll_free(self->poll);
	capture_unref(capture);
	return TRUE;
}

static gboolean unlock(GstBaseSrc *base)
{
	DmaringSrc *self = DMARING_SRC(base);

	if (!self->capture)
		return TRUE;
	gst_poll_set_flushing(self->poll, TRUE);
	capture_flush(self->capture, TRUE);
	return TRUE;
}

static gboolean unlock_stop(GstBaseSrc *base)
{
	DmaringSrc *self = DMARING_SRC(base);

	if (!self->capture)
		return TRUE;
	gst_poll_set_flushing(self->poll, FALSE);
	capture_flush(self->capture, FALSE);
	return TRUE;
}

/* A live source has nothing in PAUSED: so the card makes nothing for it there. */
static void pause_stream(DmaringSrc *self)
{
	GMutex *lock = &GST_BASE_SRC(self)->live_lock;

	g_mutex_lock(lock);
	if (self->running)
		dmaring_stop(self->capture->stream);
	self->running = FALSE;
	g_mutex_unlock(lock);
}

static GstStateChangeReturn change_state(GstElement *element, GstStateChange change)
{
	GstStateChangeReturn result = parent_class->change_state(element, change);

	if (change == GST_STATE_CHANGE_PLAYING_TO_PAUSED)
		pause_stream(DMARING_SRC(element));
	return result;
}

/* --------------------------------------------------------------------- formats */

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
	struct capture *capture = get_capture(self);
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
	return GST_BASE_SRC_CLASS(parent_class)->fixate(base, caps);
}

/* Only what caps ask for, and the card's own choice in what they do not. */
static int change_format(DmaringSrc *self, const GstCaps *caps)
{
	struct dmaring_format format;
	struct dmaring_info info;
	int err;

	if (!caps_to_format(caps, &format))
		return -EINVAL;
	err = dmaring_set_format(self->capture->stream, &format,
				 format.rate_denominator ? DMARING_SET_FORMAT_RATE : 0);
	if (!err)
		err = dmaring_get_info(self->capture->stream, &info);
	if (!err)
		set_format(self, &info);
	return err;
}

/* A card that has no rate which can be set has caps with that of the property. */
static gboolean is_format_of(const DmaringSrc *self, const GstCaps *caps)
{
	GstCaps *ours = caps_of_format(&self->format);
	gboolean is = gst_caps_can_intersect(ours, caps);

	gst_caps_unref(ours);
	return is;
}

static gboolean set_caps(GstBaseSrc *base, GstCaps *caps)
{
	DmaringSrc *self = DMARING_SRC(base);
	GstClockTime interval = self->interval;

	if (!is_format_of(self, caps)) {
		int err = change_format(self, caps);

		if (err || !is_format_of(self, caps)) {
			post(self, -EINVAL, err ? dmaring_error() :
			     "the card cannot make frames of these caps; \"dmaring format\" shows what it can");
			return FALSE;
		}
	}
	layout_init(&self->layout, &self->format, caps);
	self->interval = format_interval(&self->format);
	if (self->interval != interval)
		gst_element_post_message(GST_ELEMENT(self),
					 gst_message_new_latency(GST_OBJECT(self)));
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
static GstFlowReturn follow_format(DmaringSrc *self)
{
	struct dmaring_info info;
	int err = dmaring_get_info(self->capture->stream, &info);

	if (err) {
		dmaring_src_failed(self, err);
		return GST_FLOW_ERROR;
	}
	if (info.format_seq == self->format_seq)
		return GST_FLOW_OK;
	set_format(self, &info);
	return gst_base_src_negotiate(GST_BASE_SRC(self)) ? GST_FLOW_OK :
							    GST_FLOW_NOT_NEGOTIATED;
}

/* ---------------------------------------------------------------------- frames */

static GstFlowReturn run(DmaringSrc *self)
{
	int err;

	if (self->running)
		return GST_FLOW_OK;
	err = dmaring_start(self->capture->stream);
	if (err) {
		dmaring_src_failed(self, err);
		return GST_FLOW_ERROR;
	}
	self->running = TRUE;
	/* What the card made for others meanwhile is no loss of ours. */
	self->has_last = FALSE;
	return follow_format(self);
}

static gboolean may_copy(DmaringSrc *self)
{
	gboolean may;

	GST_OBJECT_LOCK(self);
	may = self->copy;
	GST_OBJECT_UNLOCK(self);
	return may;
}

static gboolean must_wait(DmaringSrc *self)
{
	return self->capture->max_lent && !capture_may_lend(self->capture) &&
	       !may_copy(self);
}

static GstFlowReturn wait_for_frame(DmaringSrc *self)
{
	if (gst_poll_wait(self->poll, GST_CLOCK_TIME_NONE) >= 0 ||
	    errno == EINTR || errno == EAGAIN)
		return GST_FLOW_OK;
	if (errno == EBUSY)
		return GST_FLOW_FLUSHING;
	post(self, -errno, g_strerror(errno));
	return GST_FLOW_ERROR;
}

static GstFlowReturn take(DmaringSrc *self, struct dmaring_frame *frame)
{
	GstFlowReturn flow = GST_FLOW_OK;
	int err = -EAGAIN;

	while (flow == GST_FLOW_OK) {
		if (must_wait(self) && !capture_wait(self->capture))
			return GST_FLOW_FLUSHING;
		err = dmaring_next(self->capture->stream, frame, 0);
		if (err != -EAGAIN && err != -EINTR)
			break;
		flow = wait_for_frame(self);
	}
	if (flow == GST_FLOW_OK && err) {
		dmaring_src_failed(self, err);
		flow = GST_FLOW_ERROR;
	}
	return flow;
}

static void stamp(DmaringSrc *self, GstBuffer *buffer, const struct dmaring_frame *frame)
{
	static GstStaticCaps monotonic =
		GST_STATIC_CAPS("timestamp/x-dmaring-monotonic");
	GstCaps *reference = gst_static_caps_get(&monotonic);

	GST_BUFFER_PTS(buffer) = timing_running_time(GST_ELEMENT(self),
						     frame->timestamp_ns);
	GST_BUFFER_DTS(buffer) = GST_CLOCK_TIME_NONE;
	GST_BUFFER_DURATION(buffer) = self->interval;
	GST_BUFFER_OFFSET(buffer) = frame->sequence;
	GST_BUFFER_OFFSET_END(buffer) = frame->sequence + 1;
	gst_buffer_add_reference_timestamp_meta(buffer, reference,
						frame->timestamp_ns,
						self->interval);
	gst_caps_unref(reference);
	if (frame->flags & (DMARING_FRAME_ERROR | DMARING_FRAME_TRUNCATED))
		GST_BUFFER_FLAG_SET(buffer, GST_BUFFER_FLAG_CORRUPTED);
}

/* One that comes back at once, because it was copied, or could not be. */
static GstBuffer *copy_of(DmaringSrc *self, const struct dmaring_frame *frame, gsize bytes)
{
	struct dmaring *stream = self->capture->stream;
	GstBuffer *buffer = layout_copy(&self->layout, dmaring_data(stream, frame),
					bytes);

	dmaring_release(stream, frame);
	if (!buffer)
		post(self, -ENOMEM, "no memory to copy a frame to");
	return buffer;
}

static void count(DmaringSrc *self, const GstBuffer *buffer, gboolean copied,
		  const struct dmaring_loss *loss)
{
	GST_OBJECT_LOCK(self);
	self->counts.frames++;
	self->counts.copied += copied;
	self->counts.damaged += GST_BUFFER_FLAG_IS_SET(buffer,
						       GST_BUFFER_FLAG_CORRUPTED);
	self->counts.overruns += loss->overruns;
	self->counts.drops += loss->drops;
	GST_OBJECT_UNLOCK(self);
}

/* What is missing, as time that has no frames, and as a number. */
static void tell_gap(DmaringSrc *self, GstClockTime until)
{
	GstClockTime since = self->last_end;
	GstPad *pad = GST_BASE_SRC_PAD(self);
	GstMessage *message;

	if (!GST_CLOCK_TIME_IS_VALID(since) || !GST_CLOCK_TIME_IS_VALID(until) ||
	    since >= until)
		return;
	gst_pad_push_event(pad, gst_event_new_gap(since, until - since));
	message = gst_message_new_qos(GST_OBJECT(self), TRUE, since, since, since,
				      until - since);
	GST_OBJECT_LOCK(self);
	gst_message_set_qos_stats(message, GST_FORMAT_DEFAULT, self->counts.frames,
				  self->counts.overruns + self->counts.drops);
	GST_OBJECT_UNLOCK(self);
	gst_element_post_message(GST_ELEMENT(self), message);
}

/* Between the frame before and this one */
static void look_for_loss(DmaringSrc *self, const struct dmaring_frame *frame,
			  struct dmaring_loss *loss, gboolean *discontinuous)
{
	*loss = (struct dmaring_loss){ 0 };
	if (self->has_last)
		dmaring_loss_between(&self->last, frame, loss);
	*discontinuous = !self->has_last || loss->overruns || loss->drops ||
			 frame->flags & DMARING_FRAME_DISCONTINUITY;
}

static void remember(DmaringSrc *self, const struct dmaring_frame *frame,
		     const GstBuffer *buffer)
{
	GstClockTime end = GST_BUFFER_PTS(buffer);

	if (GST_CLOCK_TIME_IS_VALID(end) && GST_CLOCK_TIME_IS_VALID(self->interval))
		end += self->interval;
	self->last = *frame;
	self->last_end = end;
	self->has_last = TRUE;
}

static GstBuffer *buffer_of(DmaringSrc *self, const struct dmaring_frame *frame,
			    gboolean *copied)
{
	gsize bytes = layout_bytes(&self->layout, frame);
	GstBuffer *buffer;

	*copied = !layout_fits(&self->layout, self->meta_accepted) ||
		  !capture_may_lend(self->capture);
	if (*copied)
		return copy_of(self, frame, bytes);
	buffer = capture_lend(self->capture, frame, bytes);
	if (!self->layout.same)
		layout_tell(&self->layout, buffer);
	return buffer;
}

static GstFlowReturn send(DmaringSrc *self, const struct dmaring_frame *frame,
			  GstBuffer **to)
{
	gboolean copied, discontinuous, first = !self->has_last;
	GstBuffer *buffer = buffer_of(self, frame, &copied);
	struct dmaring_loss loss;

	if (!buffer)
		return GST_FLOW_ERROR;
	stamp(self, buffer, frame);
	look_for_loss(self, frame, &loss, &discontinuous);
	count(self, buffer, copied, &loss);
	if (discontinuous)
		GST_BUFFER_FLAG_SET(buffer, GST_BUFFER_FLAG_DISCONT);
	if (discontinuous && !first)
		tell_gap(self, GST_BUFFER_PTS(buffer));
	remember(self, frame, buffer);
	*to = buffer;
	return GST_FLOW_OK;
}

static GstFlowReturn create(GstPushSrc *push, GstBuffer **buffer)
{
	DmaringSrc *self = DMARING_SRC(push);
	struct dmaring_frame frame;
	GstFlowReturn flow;

	flow = run(self);
	if (flow == GST_FLOW_OK)
		flow = take(self, &frame);
	if (flow != GST_FLOW_OK)
		return flow;
	if (frame.format_seq != self->format_seq)
		flow = follow_format(self);
	if (flow == GST_FLOW_OK)
		return send(self, &frame, buffer);
	dmaring_release(self->capture->stream, &frame);
	return flow;
}

/* --------------------------------------------------------------------- latency */

/*
 * A frame is stamped when it is complete.  It waits for the next one at most, or as long
 * as frames may wait before some are lost.
 */
static gboolean answer_latency(DmaringSrc *self, GstQuery *query)
{
	GstClockTime interval = GST_CLOCK_TIME_NONE, most = GST_CLOCK_TIME_NONE;
	struct capture *capture = get_capture(self);

	if (!capture)
		return FALSE;
	interval = self->interval;
	if (GST_CLOCK_TIME_IS_VALID(interval))
		most = interval * (capture->depth + 1);
	else
		interval = 0;
	capture_unref(capture);
	GST_DEBUG_OBJECT(self, "latency %" GST_TIME_FORMAT " .. %" GST_TIME_FORMAT,
			 GST_TIME_ARGS(interval), GST_TIME_ARGS(most));
	gst_query_set_latency(query, TRUE, interval, most);
	return TRUE;
}

static gboolean query(GstBaseSrc *base, GstQuery *asked)
{
	if (GST_QUERY_TYPE(asked) == GST_QUERY_LATENCY)
		return answer_latency(DMARING_SRC(base), asked);
	return GST_BASE_SRC_CLASS(parent_class)->query(base, asked);
}

static gboolean is_seekable(GstBaseSrc *base)
{
	(void)base;
	return FALSE;
}

void dmaring_src_prepare_class(DmaringSrcClass *class)
{
	GstBaseSrcClass *base = GST_BASE_SRC_CLASS(class);

	parent_class = g_type_class_peek_parent(class);
	GST_ELEMENT_CLASS(class)->change_state = change_state;
	base->start = start;
	base->stop = stop;
	base->unlock = unlock;
	base->unlock_stop = unlock_stop;
	base->get_caps = get_caps;
	base->fixate = fixate;
	base->set_caps = set_caps;
	base->decide_allocation = decide_allocation;
	base->query = query;
	base->is_seekable = is_seekable;
	GST_PUSH_SRC_CLASS(class)->create = create;
}
