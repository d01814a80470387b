// SPDX-License-Identifier: MIT
/*
 * What a frame costs in a pipeline, dmaringsrc ! fakesink, above a loop that takes and
 * releases frames with the library.  In turn, the best of some rounds.
 *
 * usage: gstreamer FRAMES ROUNDS UNIT
 */
#include <err.h>
#include <gst/gst.h>
#include <libdmaring.h>
#include <stdio.h>

#include "now.h"

#define PIPELINE "dmaringsrc name=source recorder=true num-buffers=%ld ! fakesink sync=false"

static double bare(long frames)
{
	struct dmaring_frame frame;
	struct dmaring *stream;
	long long begin;
	double ns;

	if (dmaring_open("0", NULL, &stream) || dmaring_start(stream) ||
	    dmaring_next(stream, &frame, -1) || dmaring_release(stream, &frame))
		errx(1, "%s", dmaring_error());
	begin = now_ns();
	for (long i = 0; i < frames; i++)
		if (dmaring_next(stream, &frame, -1) || dmaring_release(stream, &frame))
			errx(1, "%s", dmaring_error());
	ns = now_ns() - begin;
	dmaring_close(stream);
	return ns / frames;
}

/* From the second buffer on: the first one waits for the card to start. */
static long long first_ns;

static GstPadProbeReturn on_buffer(GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
	(void)pad, (void)info, (void)data;
	first_ns = now_ns();
	return GST_PAD_PROBE_REMOVE;
}

static guint64 copied(GstElement *source)
{
	GstStructure *stats;
	guint64 count = 1;

	g_object_get(source, "stats", &stats, NULL);
	gst_structure_get_uint64(stats, "copied", &count);
	gst_structure_free(stats);
	return count;
}

static double through(long frames)
{
	char *text = g_strdup_printf(PIPELINE, frames + 1);
	GstElement *line = gst_parse_launch(text, NULL);
	GstElement *source = line ? gst_bin_get_by_name(GST_BIN(line), "source") : NULL;
	GstMessage *message;
	GstPad *pad;
	GstBus *bus;
	double ns;

	if (!source)
		errx(1, "no dmaringsrc, or no fakesink, in GST_PLUGIN_PATH");
	pad = gst_element_get_static_pad(source, "src");
	bus = gst_element_get_bus(line);
	gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, on_buffer, NULL, NULL);
	gst_element_set_state(line, GST_STATE_PLAYING);
	message = gst_bus_timed_pop_filtered(bus, GST_CLOCK_TIME_NONE,
					     GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
	ns = now_ns() - first_ns;
	if (GST_MESSAGE_TYPE(message) != GST_MESSAGE_EOS || copied(source))
		errx(1, "it failed, or copied");
	gst_message_unref(message);
	gst_element_set_state(line, GST_STATE_NULL);
	gst_object_unref(pad);
	gst_object_unref(bus);
	gst_object_unref(source);
	gst_object_unref(line);
	g_free(text);
	return ns / frames;
}

int main(int argc, char **argv)
{
	long frames = argc > 3 ? atol(argv[1]) : 0, rounds = argc > 3 ? atol(argv[2]) : 0;
	double best_bare = 1e18, best_line = 1e18;

	gst_init(NULL, NULL);
	for (long i = 0; i < rounds; i++) {
		best_bare = MIN(best_bare, bare(frames));
		best_line = MIN(best_line, through(frames));
	}
	printf("## %.1f %s: bare loop\n## %.1f %s: pipeline\n", best_bare, argv[3], best_line,
	       argv[3]);
	return 0;
}
