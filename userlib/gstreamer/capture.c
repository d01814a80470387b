// SPDX-License-Identifier: LGPL-2.1-or-later
#include "capture.h"

#include <errno.h>

/* What suits most pipelines: a sink keeps the last frame, a queue some. */
#define DEPTH_FIRST	2
#define HELD_FIRST	6
/* With fewer buffers than that, each frame that a sink keeps would cost a copy. */
#define HELD_LEAST	3
#define ATTEMPTS	5

/* ---------------------------------------------------------------- open, close */

/* What others can still have: by default half of that is left to them. */
static guint share_of_viewers(const struct dmaring_info *info, gboolean asked)
{
	guint left = info->viewer_buffers - info->viewer_reserved;

	if (asked || left <= DEPTH_FIRST + HELD_LEAST)
		return left;
	return MAX(left / 2, DEPTH_FIRST + HELD_LEAST);
}

/* No more than there is; but one of each is the least that can be asked for. */
static void fit_viewer(const struct wishes *wishes, const struct dmaring_info *info,
		       struct dmaring_options *options)
{
	gboolean asked = wishes->depth || wishes->max_held;
	guint share = share_of_viewers(info, asked);
	guint held = wishes->max_held ?: HELD_FIRST;
	guint depth = wishes->depth ?: DEPTH_FIRST;

	depth = MIN(depth, share > HELD_LEAST ? share - HELD_LEAST : 1);
	held = MIN(held, share > depth ? share - depth : 1);
	options->policy = DMARING_POLICY_LATEST;
	options->depth = depth;
	options->max_held = held;
}

/* What it holds is missing to the card. */
static guint held_by_recorder(const struct wishes *wishes, const struct dmaring_info *info)
{
	guint held = wishes->max_held ?: info->buffers / 2 + 1;

	return MIN(held, info->buffers);
}

static int look(const gchar *device, struct dmaring_info *info)
{
	struct dmaring_options options = {
		.size = sizeof(options),
		.flags = DMARING_OPEN_MONITOR,
	};
	struct dmaring *monitor;
	int err = dmaring_open(device, &options, &monitor);

	if (err)
		return err;
	err = dmaring_get_info(monitor, info);
	dmaring_close(monitor);
	return err;
}

static int open_viewer(const struct wishes *wishes, struct capture *capture,
		       struct dmaring_options *options)
{
	int attempt, err = -ENOSPC;

	/* Others can be faster. */
	for (attempt = 0; err == -ENOSPC && attempt < ATTEMPTS; attempt++) {
		err = look(wishes->device, &capture->info);
		if (err)
			return err;
		fit_viewer(wishes, &capture->info, options);
		err = dmaring_open(wishes->device, options, &capture->stream);
	}
	return err;
}

static int open_stream(const struct wishes *wishes, struct capture *capture)
{
	struct dmaring_options options = {
		.size = sizeof(options),
		.flags = DMARING_OPEN_ZEROES,
		.policy = DMARING_POLICY_LOSSLESS,
	};
	int err;

	err = wishes->recorder ?
	      dmaring_open(wishes->device, &options, &capture->stream) :
	      open_viewer(wishes, capture, &options);
	if (!err)
		err = dmaring_get_info(capture->stream, &capture->info);
	if (err)
		return err;
	if (wishes->recorder)
		options.max_held = held_by_recorder(wishes, &capture->info);
	capture->depth = wishes->recorder ? capture->info.buffers : options.depth;
	/* One must be left to take the next frame with, which is then copied. */
	capture->max_lent = options.max_held - 1;
	return 0;
}

int capture_open(const struct wishes *wishes, struct capture **opened)
{
	struct capture *capture = g_new0(struct capture, 1);
	int err;

	capture->references = 1;
	g_mutex_init(&capture->lock);
	g_cond_init(&capture->returned);
	err = open_stream(wishes, capture);
	if (err)
		capture_unref(capture);
	*opened = err ? NULL : capture;
	return err;
}

struct capture *capture_ref(struct capture *capture)
{
	g_atomic_int_inc(&capture->references);
	return capture;
}

void capture_unref(struct capture *capture)
{
	if (!g_atomic_int_dec_and_test(&capture->references))
		return;
	dmaring_close(capture->stream);
	g_cond_clear(&capture->returned);
	g_mutex_clear(&capture->lock);
	g_free(capture);
}

/* ----------------------------------------------------------------------- lend */

/* With its lock */
static gboolean has_room(const struct capture *capture)
{
	return capture->lent < capture->max_lent;
}

guint capture_lent(struct capture *capture)
{
	guint lent;

	g_mutex_lock(&capture->lock);
	lent = capture->lent;
	g_mutex_unlock(&capture->lock);
	return lent;
}

gboolean capture_may_lend(struct capture *capture)
{
	gboolean room;

	g_mutex_lock(&capture->lock);
	room = has_room(capture);
	g_mutex_unlock(&capture->lock);
	return room;
}

gboolean capture_wait(struct capture *capture)
{
	gboolean may;

	g_mutex_lock(&capture->lock);
	while (!has_room(capture) && !capture->flushing && !capture->copying)
		g_cond_wait(&capture->returned, &capture->lock);
	may = has_room(capture) || !capture->flushing;
	g_mutex_unlock(&capture->lock);
	return may;
}

void capture_flush(struct capture *capture, gboolean flushing)
{
	g_mutex_lock(&capture->lock);
	capture->flushing = flushing;
	g_cond_broadcast(&capture->returned);
	g_mutex_unlock(&capture->lock);
}

void capture_copy(struct capture *capture, gboolean copying)
{
	g_mutex_lock(&capture->lock);
	capture->copying = copying;
	g_cond_broadcast(&capture->returned);
	g_mutex_unlock(&capture->lock);
}

/* A frame that is downstream */
struct loan {
	struct capture *capture;
	struct dmaring_frame frame;
};

/* By whichever thread drops the memory, perhaps long after the source has stopped. */
static void take_back(gpointer data)
{
	struct loan *loan = data;
	struct capture *capture = loan->capture;

	dmaring_release(capture->stream, &loan->frame);
	g_mutex_lock(&capture->lock);
	capture->lent--;
	g_cond_signal(&capture->returned);
	g_mutex_unlock(&capture->lock);
	capture_unref(capture);
	g_free(loan);
}

GstBuffer *capture_lend(struct capture *capture, const struct dmaring_frame *frame,
			gsize bytes)
{
	struct loan *loan = g_new(struct loan, 1);
	gpointer data;

	loan->capture = capture_ref(capture);
	loan->frame = *frame;
	g_mutex_lock(&capture->lock);
	capture->lent++;
	g_mutex_unlock(&capture->lock);
	data = (gpointer)dmaring_data(capture->stream, frame);
	return gst_buffer_new_wrapped_full(GST_MEMORY_FLAG_READONLY, data, bytes, 0,
					   bytes, loan, take_back);
}
