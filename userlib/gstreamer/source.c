// SPDX-License-Identifier: LGPL-2.1-or-later
/* What GstBaseSrc asks for: the stream's life and its frames. */
#include "internal.h"

#include <dmaring/format.h>
#include <errno.h>
#include <string.h>

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

void dmaring_src_post(DmaringSrc *self, int err, const gchar *sentence)
{
	gst_element_message_full(GST_ELEMENT(self), GST_MESSAGE_ERROR,
				 GST_RESOURCE_ERROR, code_of(err),
				 g_strdup(sentence), NULL, __FILE__,
				 GST_FUNCTION, __LINE__);
}

/* What the library said of it */
void dmaring_src_failed(DmaringSrc *self, int err)
{
	dmaring_src_post(self, err, dmaring_error());
}

/* ------------------------------------------------------------------------ life */

struct capture *dmaring_src_get_capture(DmaringSrc *self)
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
	if (capture)
		capture_copy(capture, self->copy);
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

static const gchar playback[] =
	"this stream is one of playback: it takes frames, and has none; name another device";

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
		dmaring_src_post(self, -ENOTSUP, playback);
		capture_unref(capture);
		return FALSE;
	}
	GST_INFO_OBJECT(self, "%s: %u frames may wait, %u be lent",
			capture->info.card, capture->depth, capture->max_lent);
	self->running = FALSE;
	self->has_last = FALSE;
	/* Nobody knows before caps are set; the one of an earlier start is no guess. */
	GST_OBJECT_LOCK(self);
	self->interval = GST_CLOCK_TIME_NONE;
	GST_OBJECT_UNLOCK(self);
	dmaring_src_set_format(self, &capture->info);
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
	self->running = FALSE;
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
	/* Behind a flush is another segment: no gap reaches over it. */
	self->last_end = GST_CLOCK_TIME_NONE;
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

/* Behind the end nobody takes frames any more, in PLAYING neither: a recorder that goes on
 * would hold the card back, for everybody.
 */
static GstPadProbeReturn look_for_end(GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
	(void)pad;
	if (GST_EVENT_TYPE(GST_PAD_PROBE_INFO_EVENT(info)) == GST_EVENT_EOS)
		pause_stream(data);
	return GST_PAD_PROBE_OK;
}

void dmaring_src_watch_end(DmaringSrc *self)
{
	gst_pad_add_probe(GST_BASE_SRC_PAD(self), GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM,
			  look_for_end, self, NULL);
}

/* ---------------------------------------------------------------------- frames */

/* A pause may come at any time: GstBaseSrc holds no lock around create(). */
static int start_in_playing(DmaringSrc *self, gboolean *started)
{
	GstBaseSrc *base = GST_BASE_SRC(self);
	int err = 0;

	*started = FALSE;
	g_mutex_lock(&base->live_lock);
	if (base->live_running && !self->running) {
		err = dmaring_start(self->capture->stream);
		*started = !err;
		self->running = !err;
	}
	g_mutex_unlock(&base->live_lock);
	return err;
}

static GstFlowReturn run(DmaringSrc *self)
{
	gboolean started;
	int err = start_in_playing(self, &started);

	if (err) {
		dmaring_src_failed(self, err);
		return GST_FLOW_ERROR;
	}
	if (!started)
		return GST_FLOW_OK;
	/* What the card made for others meanwhile is no loss of ours. */
	self->has_last = FALSE;
	return dmaring_src_follow_format(self);
}

static GstFlowReturn wait_for_playing(DmaringSrc *self)
{
	GstFlowReturn flow = gst_base_src_wait_playing(GST_BASE_SRC(self));

	return flow == GST_FLOW_OK ? run(self) : flow;
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
	dmaring_src_post(self, -errno, g_strerror(errno));
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
		if (err != -EAGAIN && err != -EINTR && err != -EBADFD)
			break;
		/* A pause has stopped the stream. */
		flow = err == -EBADFD ? wait_for_playing(self) : wait_for_frame(self);
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
	guint64 since = frame->timestamp_ns;

	/* It is of when the frame was complete; samples are stamped with their first. */
	if (dmaring_format_counted(&self->format) > 1 &&
	    GST_CLOCK_TIME_IS_VALID(self->interval))
		since -= MIN(since, self->interval);
	GST_BUFFER_PTS(buffer) = timing_running_time(GST_ELEMENT(self), since);
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
		dmaring_src_post(self, -ENOMEM, "no memory to copy a frame to");
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
	if (frame.format_seq != self->format_seq || frame.control_seq != self->control_seq)
		flow = dmaring_src_follow_format(self);
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
	struct capture *capture = dmaring_src_get_capture(self);

	if (!capture)
		return FALSE;
	GST_OBJECT_LOCK(self);
	interval = self->interval;
	GST_OBJECT_UNLOCK(self);
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
	dmaring_src_prepare_formats(base);
	GST_ELEMENT_CLASS(class)->change_state = change_state;
	base->start = start;
	base->stop = stop;
	base->unlock = unlock;
	base->unlock_stop = unlock_stop;
	base->query = query;
	base->is_seekable = is_seekable;
	GST_PUSH_SRC_CLASS(class)->create = create;
}
