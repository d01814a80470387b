// SPDX-License-Identifier: MIT
/* dmaringsrc, one property after the other, in GStreamer's harness. */
#include <dmaring/format.h>
#include <fcntl.h>
#include <gst/check/gstharness.h>
#include <gst/video/video.h>
#include <libdmaring.h>

#include "../../../../userlib/gstreamer/caps.h"
#include "virt.h"

#define PERIOD	GST_MSECOND	/* of virt_prepare() */
#define SMALL	"video/x-raw,format=GRAY8,width=30,height=16"

/* ---------------------------------------------------------------- the harness */

static GstBus *bus;

static GstElement *new_source(const char *first, ...)
{
	GstElement *source;
	va_list rest;

	gst_init(NULL, NULL);
	source = gst_element_factory_make("dmaringsrc", NULL);
	REQUIRE(source);
	bus = gst_bus_new();
	gst_element_set_bus(source, bus);
	va_start(rest, first);
	g_object_set_valist(G_OBJECT(source), first, rest);
	va_end(rest);
	return source;
}

/* Not playing yet; its clock is that of the system. */
static GstHarness *harness_of(GstElement *source)
{
	GstHarness *harness = gst_harness_new_with_element(source, NULL, "src");

	gst_harness_use_systemclock(harness);
	return harness;
}

static GstHarness *playing(GstElement *source)
{
	GstHarness *harness = harness_of(source);

	gst_harness_play(harness);
	return harness;
}

static GstBuffer *pull(GstHarness *harness)
{
	GstBuffer *buffer = gst_harness_pull(harness);

	REQUIRE(buffer);
	return buffer;
}

static guint64 stat_of(GstElement *source, const char *name)
{
	GstStructure *stats;
	guint64 value = 0;
	guint small = 0;

	g_object_get(source, "stats", &stats, NULL);
	if (!gst_structure_get_uint64(stats, name, &value)) {
		CHECK(gst_structure_get_uint(stats, name, &small));
		value = small;
	}
	gst_structure_free(stats);
	return value;
}

static int is_copy(GstBuffer *buffer)
{
	return !GST_MEMORY_IS_READONLY(gst_buffer_peek_memory(buffer, 0));
}

/* How many of its bytes are those of its frame, where lines have no padding */
static guint32 good_bytes(GstBuffer *buffer, guint32 width)
{
	GstMapInfo map;
	guint32 good;

	REQUIRE(gst_buffer_map(buffer, &map, GST_MAP_READ));
	good = dmaring_pattern_check(map.data, DMARING_PATTERN_NOISE, width,
				     GST_BUFFER_OFFSET(buffer), map.size);
	gst_buffer_unmap(buffer, &map);
	return good;
}

static void check_whole(GstBuffer *buffer)
{
	CHECK_EQ(good_bytes(buffer, 64), 64 * 32);
	CHECK_EQ(gst_buffer_get_size(buffer), 64 * 32);
}

static void check_caps(GstHarness *harness, const char *expected)
{
	GstCaps *caps = gst_pad_get_current_caps(harness->sinkpad);
	GstCaps *like = gst_caps_from_string(expected);

	CHECK(caps && gst_caps_is_subset(caps, like));
	gst_clear_caps(&caps);
	gst_caps_unref(like);
}

static void check_int(const GstStructure *structure, const char *name, gint expected)
{
	gint value = 0;

	CHECK(gst_structure_get_int(structure, name, &value));
	CHECK_EQ(value, expected);
}

static GstMessage *wait_for(GstMessageType type)
{
	return gst_bus_timed_pop_filtered(bus, GST_CLOCK_TIME_NONE, type);
}

/* Ends what it has; so nothing must be left when the test is over. */
static void end(GstHarness *harness)
{
	gst_bus_set_flushing(bus, TRUE);
	gst_harness_teardown(harness);
}

/* ---------------------------------------------------------------------- frames */

TEST(a_recorder_gets_every_frame_where_it_is)
{
	GstElement *source = new_source("recorder", TRUE, NULL);
	GstHarness *harness = playing(source);
	GstClockTime before = 0;
	guint64 sequence = 0;

	for (int i = 0; i < 300; i++) {
		GstBuffer *buffer = pull(harness);

		check_whole(buffer);
		CHECK_EQ(!!GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_DISCONT),
			 !i || GST_BUFFER_OFFSET(buffer) != sequence + 1);
		CHECK(GST_BUFFER_PTS(buffer) >= before);
		CHECK_EQ(GST_BUFFER_DURATION(buffer), PERIOD);
		before = GST_BUFFER_PTS(buffer);
		sequence = GST_BUFFER_OFFSET(buffer);
		gst_buffer_unref(buffer);
	}
	check_caps(harness, "video/x-raw,format=GRAY8,width=64,height=32,framerate=1000/1");
	CHECK_EQ(stat_of(source, "drops"), 0);
	end(harness);
}

TEST(a_buffer_is_the_frame_itself)
{
	GstElement *source = new_source("recorder", TRUE, NULL);
	GstHarness *harness = playing(source);
	GstBuffer *buffer = pull(harness);

	CHECK(!is_copy(buffer));
	CHECK(gst_buffer_get_reference_timestamp_meta(buffer, NULL));
	CHECK(stat_of(source, "lent") > 0);
	gst_buffer_unref(buffer);
	end(harness);
}

TEST(stamps_are_on_the_clock_of_the_pipeline)
{
	GstElement *source = new_source("recorder", TRUE, NULL);
	GstHarness *harness = playing(source);
	GstBuffer *buffer = pull(harness);
	GstReferenceTimestampMeta *meta = gst_buffer_get_reference_timestamp_meta(buffer, NULL);

	REQUIRE(meta);
	CHECK_EQ(GST_BUFFER_PTS(buffer) + gst_element_get_base_time(source), meta->timestamp);
	gst_buffer_unref(buffer);
	end(harness);
}

/* A clock that began with 1,000,000 s, and stands still. */
TEST(of_any_clock_there_is_a_stamp)
{
	GstElement *source = new_source("recorder", TRUE, NULL);
	GstHarness *harness = gst_harness_new_with_element(source, NULL, "src");
	GstBuffer *buffer;

	gst_harness_use_testclock(harness);
	gst_harness_set_time(harness, 1000000 * GST_SECOND);
	gst_element_set_base_time(source, 1000000 * GST_SECOND - 600 * GST_SECOND);
	gst_harness_play(harness);
	buffer = pull(harness);
	CHECK(GST_BUFFER_PTS(buffer) <= 600 * GST_SECOND);
	CHECK(GST_BUFFER_PTS(buffer) > 0);
	gst_buffer_unref(buffer);
	end(harness);
}

TEST(frames_outlive_the_source)
{
	GstHarness *harness = playing(new_source("recorder", TRUE, NULL));
	GstBuffer *buffer = pull(harness);

	end(harness);
	check_whole(buffer);
	gst_buffer_unref(buffer);
}

/* ----------------------------------------------------------- frames that are kept */

/* The harness keeps all that comes. */
static void let_come(GstElement *source, guint64 frames)
{
	while (stat_of(source, "frames") < frames)
		g_usleep(1000);
}

TEST(what_downstream_keeps_too_much_of_is_copied)
{
	GstElement *source = new_source("recorder", TRUE, NULL);
	GstHarness *harness = playing(source);
	guint64 most = stat_of(source, "max-lent");

	let_come(source, most + 20);
	CHECK_EQ(most, 8);	/* half of the pool */
	CHECK_EQ(stat_of(source, "lent"), most);
	for (guint64 i = 0; i < most + 20; i++) {
		GstBuffer *buffer = pull(harness);

		CHECK_EQ(is_copy(buffer), i >= most);
		check_whole(buffer);
		gst_buffer_unref(buffer);
	}
	CHECK(stat_of(source, "copied") >= 20);
	end(harness);
}

TEST(or_waited_for)
{
	GstElement *source = new_source("recorder", TRUE, "copy", FALSE, "max-held", 4, NULL);
	GstHarness *harness = playing(source);

	let_come(source, 3);
	for (int i = 0; i < 100; i++) {
		GstBuffer *buffer = pull(harness);

		CHECK(!is_copy(buffer));
		check_whole(buffer);
		gst_buffer_unref(buffer);
	}
	CHECK_EQ(stat_of(source, "copied"), 0);
	CHECK_EQ(stat_of(source, "max-lent"), 3);
	let_come(source, 103);
	/* Who waits is interrupted. */
	end(harness);
}

TEST(who_waits_copies_when_that_is_allowed)
{
	GstElement *source = new_source("recorder", TRUE, "copy", FALSE, "max-held", 4, NULL);
	GstHarness *harness = playing(source);

	let_come(source, 3);
	let_produce(stream_open(O_RDONLY), 50);
	CHECK_EQ(stat_of(source, "frames"), 3);
	g_object_set(source, "copy", TRUE, NULL);
	let_come(source, 20);
	CHECK(stat_of(source, "copied") > 0);
	end(harness);
}

/* GStreamer's own way to adjust a time never goes back to before it was last asked. */
TEST(who_asks_the_clock_meanwhile_makes_no_frame_younger)
{
	GstElement *source = new_source("recorder", TRUE, "copy", FALSE, "max-held", 4, NULL);
	GstHarness *harness = playing(source);
	GstClock *clock = gst_element_get_clock(source);

	/* One is stamped when one comes back; others are complete, and wait. */
	let_come(source, 3);
	let_produce(stream_open(O_RDONLY), 50);
	for (int i = 0; i < 8; i++) {
		GstBuffer *buffer = pull(harness);
		GstReferenceTimestampMeta *meta =
			gst_buffer_get_reference_timestamp_meta(buffer, NULL);

		gst_clock_get_time(clock);
		REQUIRE(meta);
		CHECK_EQ(GST_BUFFER_PTS(buffer) + gst_element_get_base_time(source),
			 meta->timestamp);
		gst_buffer_unref(buffer);
	}
	gst_object_unref(clock);
	end(harness);
}

TEST(a_viewer_takes_what_the_pool_has_left)
{
	struct stream others = viewer_attach(2, 3);
	GstElement *source = new_source("depth", 6, "max-held", 20, NULL);
	GstHarness *harness = playing(source);
	GstBuffer *buffer = pull(harness);

	/* Of 8, 5 are taken. */
	CHECK_EQ(stream_info(others.fd).viewer_reserved, 8);
	check_whole(buffer);
	gst_buffer_unref(buffer);
	end(harness);
}

TEST(and_leaves_some_to_others)
{
	GstElement *source = new_source(NULL, NULL);
	GstHarness *harness = playing(source);
	struct stream others = viewer_attach(1, 1);

	CHECK_EQ(stat_of(source, "depth"), 2);
	CHECK_EQ(stat_of(source, "max-lent"), 2);
	CHECK_EQ(stream_info(others.fd).viewer_reserved, 2 + 3 + 2);
	end(harness);
}

/* ---------------------------------------------------------------------- losses */

static int saw_gap(GstHarness *harness, GstClockTime *since, GstClockTime *lasts)
{
	GstEvent *event;
	int saw = 0;

	while (!saw && (event = gst_harness_try_pull_event(harness))) {
		saw = GST_EVENT_TYPE(event) == GST_EVENT_GAP;
		if (saw)
			gst_event_parse_gap(event, since, lasts);
		gst_event_unref(event);
	}
	return saw;
}

TEST(what_is_lost_is_a_gap_and_a_discontinuity)
{
	GstClockTime since = 0, lasts = 0, last_end = 0;
	GstElement *source;
	GstHarness *harness;
	int discontinuities = 0;
	guint64 last = 0;

	virt_set("rate", 100);
	virt_set("overrun_every", 10);
	virt_set("overrun_frames", 3);
	source = new_source("recorder", TRUE, NULL);
	harness = playing(source);
	for (int i = 0; discontinuities < 3; i++) {
		GstBuffer *buffer = pull(harness);
		int missing = i && GST_BUFFER_OFFSET(buffer) != last + 1;

		CHECK_EQ(!!GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_DISCONT),
			 missing || !i);
		/* A source that is late makes frames faster than its rate: no time is missing. */
		if (missing && last_end < GST_BUFFER_PTS(buffer)) {
			REQUIRE(saw_gap(harness, &since, &lasts));
			CHECK_EQ(since, last_end);
			CHECK_EQ(since + lasts, GST_BUFFER_PTS(buffer));
			discontinuities++;
		}
		last = GST_BUFFER_OFFSET(buffer);
		last_end = GST_BUFFER_PTS(buffer) + GST_BUFFER_DURATION(buffer);
		gst_buffer_unref(buffer);
	}
	CHECK(stat_of(source, "overruns") >= 9);
	gst_message_unref(wait_for(GST_MESSAGE_QOS));
	end(harness);
}

/* Whose segment has not come since a flush, as long as @flushed is 1 */
static GstPadProbeReturn count_stray_gaps(GstPad *pad, GstPadProbeInfo *info, gpointer stray)
{
	static int flushed;

	(void)pad;
	switch (GST_EVENT_TYPE(GST_PAD_PROBE_INFO_EVENT(info))) {
	case GST_EVENT_FLUSH_STOP:
		flushed = 1;
		break;
	case GST_EVENT_SEGMENT:
		flushed = 0;
		break;
	case GST_EVENT_GAP:
		*(int *)stray += flushed;
		break;
	default:
		break;
	}
	return GST_PAD_PROBE_OK;
}

/* Of a viewer, what comes while it is flushed replaces what waited. */
TEST(no_gap_reaches_over_a_flush)
{
	GstElement *source = new_source(NULL, NULL);
	GstPad *pad = gst_element_get_static_pad(source, "src");
	GstHarness *harness = playing(source);
	int fd = stream_open(O_RDONLY), stray = 0;

	gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM | GST_PAD_PROBE_TYPE_EVENT_FLUSH,
			  count_stray_gaps, &stray, NULL);
	for (int i = 0; i < 3; i++) {
		guint64 frames = stat_of(source, "frames");

		let_come(source, frames + 2);
		CHECK(gst_element_send_event(source, gst_event_new_flush_start()));
		let_produce(fd, 50);
		CHECK(gst_element_send_event(source, gst_event_new_flush_stop(FALSE)));
		frames = stat_of(source, "frames");
		let_come(source, frames + 2);
	}
	CHECK_EQ(stray, 0);
	gst_object_unref(pad);
	end(harness);
}

TEST(damaged_frames_say_so)
{
	GstElement *source;
	GstHarness *harness;
	int damaged = 0;

	virt_set("truncate_every", 5);
	source = new_source("recorder", TRUE, NULL);
	harness = playing(source);
	for (int i = 0; i < 20; i++) {
		GstBuffer *buffer = pull(harness);

		damaged += GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_CORRUPTED) ? 1 : 0;
		CHECK_EQ(gst_buffer_get_size(buffer), 64 * 32);
		gst_buffer_unref(buffer);
	}
	CHECK(damaged > 0 && damaged < 20);
	CHECK(stat_of(source, "damaged") >= (guint64)damaged);
	end(harness);
}

/* Beside what is lost while it plays, on a host that is slow. */
TEST(a_pause_is_no_loss)
{
	int fd = stream_open(O_RDONLY);
	guint64 before = stream_stats(fd).overruns, frames;
	GstElement *source = new_source("recorder", TRUE, NULL);
	GstHarness *harness = playing(source);
	struct stream others;
	GstBuffer *buffer;

	gst_buffer_unref(pull(harness));
	CHECK_EQ(gst_element_set_state(source, GST_STATE_PAUSED), GST_STATE_CHANGE_NO_PREROLL);
	frames = stat_of(source, "frames");
	others = viewer_start(1, 1);
	let_produce(others.fd, 50);
	CHECK_EQ(stat_of(source, "frames"), frames);
	while (gst_harness_buffers_in_queue(harness))
		gst_buffer_unref(pull(harness));
	CHECK_EQ(gst_element_set_state(source, GST_STATE_PLAYING), GST_STATE_CHANGE_SUCCESS);
	buffer = pull(harness);
	CHECK(GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_DISCONT));
	gst_buffer_unref(buffer);
	gst_buffer_unref(pull(harness));
	CHECK_EQ(stat_of(source, "drops"), 0);
	CHECK(stat_of(source, "overruns") <= stream_stats(fd).overruns - before);
	close(fd);
	end(harness);
}

static void check_no_error(void)
{
	GstMessage *message = gst_bus_pop_filtered(bus, GST_MESSAGE_ERROR);
	GError *error = NULL;

	if (CHECK(!message))
		return;
	gst_message_parse_error(message, &error, NULL);
	printf("# %s\n", error->message);
	g_clear_error(&error);
	gst_message_unref(message);
}

/* It is still playing, and has what is downstream. */
TEST(behind_its_end_a_recorder_holds_nobody_back)
{
	GstHarness *harness = playing(new_source("recorder", TRUE, "num-buffers", 3, NULL));
	int fd = stream_open(O_RDONLY), over = 0;
	GstBuffer *buffer = pull(harness);
	GstEvent *event;

	CHECK(stream_info(fd).state & DMARING_STATE_RUNNING);
	while (!over) {
		event = gst_harness_pull_event(harness);
		REQUIRE(event);
		over = GST_EVENT_TYPE(event) == GST_EVENT_EOS;
		gst_event_unref(event);
	}
	CHECK(!(stream_info(fd).state & DMARING_STATE_RUNNING));
	check_whole(buffer);
	gst_buffer_unref(buffer);
	close(fd);
	end(harness);
}

/* While it waits for a frame, takes one, or has just begun to run. */
TEST(a_pause_may_come_at_any_time)
{
	GstElement *source = new_source("recorder", TRUE, NULL);
	GstHarness *harness = playing(source);

	for (int i = 0; i < 300; i++) {
		g_usleep(37 * i % 3000);
		REQUIRE_EQ(gst_element_set_state(source, GST_STATE_PAUSED),
			   GST_STATE_CHANGE_NO_PREROLL);
		while (gst_harness_buffers_in_queue(harness))
			gst_buffer_unref(pull(harness));
		REQUIRE_EQ(gst_element_set_state(source, GST_STATE_PLAYING),
			   GST_STATE_CHANGE_SUCCESS);
	}
	check_no_error();
	gst_buffer_unref(pull(harness));
	end(harness);
}

/* ------------------------------------------------------------- caps and latency */

static struct dmaring *settings(void)
{
	struct dmaring_options options = {
		.size = sizeof(options), .flags = DMARING_OPEN_CONFIGURE,
	};
	struct dmaring *stream;

	REQUIRE_EQ(dmaring_open("0", &options, &stream), 0);
	return stream;
}

/* What the machine has; a test that changes it puts it back. */
static void format_back(void)
{
	struct dmaring_format format = {
		.width = 64, .height = 32, .pixelformat = DMARING_PIXELFORMAT_GREY, .channels = 1,
	};
	struct dmaring *stream = settings();

	REQUIRE_EQ(dmaring_set_format(stream, &format, 0), 0);
	dmaring_close(stream);
}

/* So many samples a frame */
static void format_of_samples(guint32 samples, guint32 rate)
{
	struct dmaring_format format = {
		.width = samples, .height = 1, .pixelformat = dmaring_format_by_name("S16"),
		.channels = 1, .rate_numerator = rate, .rate_denominator = 1,
	};
	struct dmaring *stream = settings();

	REQUIRE_EQ(dmaring_set_format(stream, &format, DMARING_SET_FORMAT_RATE), 0);
	dmaring_close(stream);
}

/* Those that were made before may still come; a thousand are of later. */
static void pull_until_lasting(GstHarness *harness, GstClockTime duration)
{
	GstClockTime is = 0;

	for (int i = 0; i < 1000 && is != duration; i++) {
		GstBuffer *buffer = pull(harness);

		is = GST_BUFFER_DURATION(buffer);
		gst_buffer_unref(buffer);
	}
	CHECK_EQ(is, duration);
}

static void change_rate(gboolean recorder)
{
	GstElement *source = new_source("recorder", recorder, NULL);
	GstHarness *harness = playing(source);
	GstPad *pad = gst_element_get_static_pad(source, "src");
	struct dmaring *stream = settings();

	pull_until_lasting(harness, PERIOD);
	REQUIRE_EQ(dmaring_set_control(stream, "AcquisitionFrameRate", 500), 0);
	pull_until_lasting(harness, 2 * PERIOD);
	check_caps(harness, "video/x-raw,framerate=500/1");
	gst_pad_mark_reconfigure(pad);
	for (int i = 0; i < 50; i++)
		gst_buffer_unref(pull(harness));
	check_no_error();
	dmaring_close(stream);
	gst_object_unref(pad);
	end(harness);
}

TEST(a_recorder_follows_a_control_that_sets_the_rate)
{
	change_rate(TRUE);
}

TEST(a_viewer_does_so_too)
{
	change_rate(FALSE);
}

/* Caps of samples do not tell how many a frame has. */
TEST(frames_may_change_while_caps_do_not)
{
	GstElement *source = new_source("recorder", TRUE, NULL);
	GstHarness *harness = harness_of(source);

	format_of_samples(64, 64000);
	gst_harness_play(harness);
	pull_until_lasting(harness, GST_MSECOND);
	REQUIRE_EQ(gst_element_set_state(source, GST_STATE_PAUSED), GST_STATE_CHANGE_NO_PREROLL);
	format_of_samples(128, 64000);
	REQUIRE_EQ(gst_element_set_state(source, GST_STATE_PLAYING), GST_STATE_CHANGE_SUCCESS);
	pull_until_lasting(harness, 2 * GST_MSECOND);
	end(harness);
	format_back();
}

TEST(latency_is_of_a_frame_to_what_may_wait)
{
	GstHarness *harness = playing(new_source(NULL, NULL));
	GstQuery *query = gst_query_new_latency();
	GstClockTime least, most;
	gboolean live;

	gst_buffer_unref(pull(harness));
	REQUIRE(gst_pad_peer_query(harness->sinkpad, query));
	gst_query_parse_latency(query, &live, &least, &most);
	CHECK(live);
	CHECK_EQ(least, PERIOD);
	CHECK_EQ(most, 3 * PERIOD);
	gst_query_unref(query);
	end(harness);
}

/* It is asked for its caps before they are set. */
static GstPadProbeReturn ask_for_latency(GstPad *pad, GstPadProbeInfo *info, gpointer most)
{
	GstQuery *query;

	if (GST_QUERY_TYPE(GST_PAD_PROBE_INFO_QUERY(info)) != GST_QUERY_CAPS)
		return GST_PAD_PROBE_OK;
	query = gst_query_new_latency();
	if (gst_pad_query(pad, query))
		gst_query_parse_latency(query, NULL, NULL, most);
	gst_query_unref(query);
	return GST_PAD_PROBE_REMOVE;
}

TEST(before_there_are_caps_nothing_is_known_of_it)
{
	GstElement *source = new_source(NULL, NULL);
	GstPad *pad = gst_element_get_static_pad(source, "src");
	GstHarness *harness = harness_of(source);
	GstClockTime most = 1;

	gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_QUERY_DOWNSTREAM | GST_PAD_PROBE_TYPE_PUSH,
			  ask_for_latency, &most, NULL);
	gst_harness_play(harness);
	gst_buffer_unref(pull(harness));
	CHECK_EQ(most, GST_CLOCK_TIME_NONE);
	gst_object_unref(pad);
	end(harness);
}

/* As a card that is triggered */
TEST(a_card_without_a_rate_gets_that_of_the_property)
{
	GstHarness *harness;
	GstBuffer *buffer;

	virt_set("rate", 0);
	harness = playing(new_source("framerate", 25, 1, NULL));
	buffer = pull(harness);
	check_caps(harness, "video/x-raw,framerate=25/1");
	CHECK_EQ(GST_BUFFER_DURATION(buffer), 40 * GST_MSECOND);
	gst_buffer_unref(buffer);
	end(harness);
	harness = playing(new_source(NULL, NULL));
	buffer = pull(harness);
	check_caps(harness, "video/x-raw,framerate=0/1");
	CHECK_EQ(GST_BUFFER_DURATION(buffer), GST_CLOCK_TIME_NONE);
	gst_buffer_unref(buffer);
	end(harness);
}

TEST(caps_set_the_format_for_a_recorder)
{
	GstHarness *harness = harness_of(new_source("recorder", TRUE, NULL));
	GstBuffer *buffer;

	gst_harness_set_sink_caps_str(harness, "video/x-raw,format=GRAY8,width=32,height=16");
	gst_harness_play(harness);
	buffer = pull(harness);
	CHECK_EQ(gst_buffer_get_size(buffer), 32 * 16);
	CHECK_EQ(good_bytes(buffer, 32), 32 * 16);
	CHECK(!is_copy(buffer));
	gst_buffer_unref(buffer);
	end(harness);
	format_back();
}

/* Of lines of 30 pixels, one each 32 bytes */
static int wrong_pixels(GstBuffer *buffer)
{
	guint64 sequence = GST_BUFFER_OFFSET(buffer);
	GstMapInfo map;
	int wrong = 0;

	REQUIRE(gst_buffer_map(buffer, &map, GST_MAP_READ));
	REQUIRE(map.size == 32 * 16);
	for (int line = 0; line < 16; line++)
		for (int x = 0; x < 30; x++)
			wrong += map.data[32 * line + x] !=
				 dmaring_pattern_byte(DMARING_PATTERN_NOISE, 30, sequence,
						      30 * line + x);
	gst_buffer_unmap(buffer, &map);
	return wrong;
}

TEST(lines_that_others_expect_elsewhere_are_copied_there)
{
	GstElement *source = new_source("recorder", TRUE, NULL);
	GstHarness *harness = harness_of(source);
	GstBuffer *buffer;

	gst_harness_set_sink_caps_str(harness, SMALL);
	gst_harness_play(harness);
	buffer = pull(harness);
	CHECK(is_copy(buffer));
	CHECK_EQ(wrong_pixels(buffer), 0);
	gst_buffer_unref(buffer);
	CHECK(stat_of(source, "copied") > 0);
	CHECK_EQ(stat_of(source, "lent"), 0);
	end(harness);
	format_back();
}

TEST(unless_they_look_at_the_meta)
{
	GstHarness *harness = harness_of(new_source("recorder", TRUE, NULL));
	GstVideoMeta *meta;
	GstBuffer *buffer;

	gst_harness_add_propose_allocation_meta(harness, GST_VIDEO_META_API_TYPE, NULL);
	gst_harness_set_sink_caps_str(harness, SMALL);
	gst_harness_play(harness);
	buffer = pull(harness);
	meta = gst_buffer_get_video_meta(buffer);
	CHECK(!is_copy(buffer));
	REQUIRE(meta);
	CHECK_EQ(meta->stride[0], 30);
	CHECK_EQ(good_bytes(buffer, 30), 30 * 16);
	gst_buffer_unref(buffer);
	end(harness);
	format_back();
}

TEST(a_viewer_sets_nothing)
{
	GstHarness *harness = harness_of(new_source(NULL, NULL));
	GstMessage *message;

	gst_harness_set_sink_caps_str(harness, SMALL);
	gst_harness_play(harness);
	message = wait_for(GST_MESSAGE_ERROR);
	CHECK_EQ(stream_info(stream_open(O_RDONLY)).format.width, 64);
	gst_message_unref(message);
	end(harness);
}

TEST(samples_are_audio)
{
	GstHarness *harness = harness_of(new_source("recorder", TRUE, NULL));
	GstBuffer *buffer;

	gst_harness_set_sink_caps_str(harness, "audio/x-raw,format=S16LE");
	gst_harness_play(harness);
	buffer = pull(harness);
	check_caps(harness, "audio/x-raw,format=S16LE,layout=interleaved,channels=1");
	CHECK(gst_buffer_get_size(buffer) > 0);
	gst_buffer_unref(buffer);
	end(harness);
	format_back();
}

/* GStreamer's integers have a sign, the card's none. */
TEST(samples_may_be_too_fast_for_audio)
{
	struct dmaring_format format = {
		.pixelformat = DMARING_FOURCC('S', '1', '6', ' '), .width = 1024, .height = 1,
		.channels = 1, .bytes_per_line = 2048, .frame_bytes = 2048,
		.rate_numerator = 2500000000, .rate_denominator = 1,
	};
	const struct dmaring_format_range range = {
		.pixelformat = format.pixelformat, .width_min = 1, .width_max = 1024,
		.height_min = 1, .height_max = 1, .channels_max = 1, .rate_min_numerator = 1,
		.rate_min_denominator = 1, .rate_max_numerator = format.rate_numerator,
		.rate_max_denominator = 1,
	};
	GstCaps *caps = caps_of_format(&format), *everything = caps_of_everything();
	GstStructure *is = gst_caps_get_structure(caps, 0);

	CHECK(gst_structure_has_name(is, CAPS_OTHER));
	CHECK(!gst_structure_has_field(is, "rate"));
	CHECK(gst_caps_can_intersect(caps, everything));
	gst_caps_unref(caps);
	format.rate_numerator = 48000;
	caps = caps_of_range(&range, &format);
	is = gst_caps_get_structure(caps, 0);
	CHECK(gst_structure_has_name(is, "audio/x-raw"));
	gst_structure_fixate_field_nearest_int(is, "rate", 96000);
	check_int(is, "rate", 96000);
	gst_caps_unref(caps);
	gst_caps_unref(everything);
}

/* A frame is stamped when it is complete. */
TEST(samples_are_stamped_with_their_first)
{
	GstElement *source = new_source("recorder", TRUE, NULL);
	GstHarness *harness = harness_of(source);
	GstReferenceTimestampMeta *meta;
	GstBuffer *buffer;

	format_of_samples(64, 64000);
	gst_harness_play(harness);
	pull_until_lasting(harness, GST_MSECOND);
	buffer = pull(harness);
	meta = gst_buffer_get_reference_timestamp_meta(buffer, NULL);
	REQUIRE(meta);
	CHECK_EQ(GST_BUFFER_PTS(buffer) + gst_element_get_base_time(source) + GST_MSECOND,
		 meta->timestamp);
	gst_buffer_unref(buffer);
	end(harness);
	format_back();
}

/* Half a frame is seven samples and a half. */
TEST(of_samples_that_were_cut_short_there_are_whole_ones)
{
	GstHarness *harness = harness_of(new_source("recorder", TRUE, NULL));
	int damaged = 0;

	format_of_samples(15, 15000);
	virt_set("truncate_every", 5);
	gst_harness_play(harness);
	for (int i = 0; i < 20; i++) {
		GstBuffer *buffer = pull(harness);
		int is = !!GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_CORRUPTED);

		CHECK_EQ(gst_buffer_get_size(buffer), is ? 7 * 2 : 15 * 2);
		damaged += is;
		gst_buffer_unref(buffer);
	}
	CHECK(damaged > 0 && damaged < 20);
	end(harness);
	format_back();
}

/* ------------------------------------------------------------- the end of things */

TEST(who_waits_can_be_stopped)
{
	GstElement *source;
	GstHarness *harness;

	virt_set("stall", 1);
	source = new_source(NULL, NULL);
	harness = playing(source);
	while (!stream_info(stream_open(O_RDONLY)).state)
		g_usleep(1000);
	CHECK_EQ(gst_element_set_state(source, GST_STATE_NULL), GST_STATE_CHANGE_SUCCESS);
	virt_set("stall", 0);
	end(harness);
}

TEST(an_address_is_a_device)
{
	GError *error = NULL;
	GstElement *source;
	char *device;

	gst_init(NULL, NULL);
	source = gst_element_make_from_uri(GST_URI_SRC, "dmaring:///dev/dmaring3", NULL, &error);
	REQUIRE(source);
	g_object_get(source, "device", &device, NULL);
	CHECK(!strcmp(device, "/dev/dmaring3"));
	g_free(device);
	gst_object_unref(source);
}

static int code_of_error(void)
{
	GstMessage *message = wait_for(GST_MESSAGE_ERROR);
	GError *error;
	int code;

	gst_message_parse_error(message, &error, NULL);
	printf("# %s\n", error->message);
	code = error->domain == GST_RESOURCE_ERROR ? error->code : -1;
	g_error_free(error);
	gst_message_unref(message);
	return code;
}

TEST(no_device_is_an_error_that_says_so)
{
	GstElement *source = new_source("device", "/dev/dmaring7", NULL);

	CHECK_EQ(gst_element_set_state(source, GST_STATE_PLAYING), GST_STATE_CHANGE_FAILURE);
	CHECK_EQ(code_of_error(), GST_RESOURCE_ERROR_NOT_FOUND);
	gst_element_set_state(source, GST_STATE_NULL);
}

static void unbind(int away)
{
	REQUIRE_EQ(file_write(away ? VIRT_DRIVER "unbind" : VIRT_DRIVER "bind",
			      "dmaring_virt.0"), 0);
}

/* What it has lent stays readable, and is zeroes. */
static void go_with(const char *name, gboolean value)
{
	GstHarness *harness = playing(new_source(name, value, NULL));
	GstBuffer *buffer = pull(harness);
	GstMapInfo map;

	REQUIRE(!is_copy(buffer));
	REQUIRE(gst_buffer_map(buffer, &map, GST_MAP_READ));
	unbind(1);
	CHECK_EQ(code_of_error(), GST_RESOURCE_ERROR_NOT_FOUND);
	for (gsize i = 0; i < map.size; i++)
		CHECK_EQ(map.data[i], 0);
	gst_buffer_unmap(buffer, &map);
	gst_buffer_unref(buffer);
	end(harness);
	unbind(0);
}

TEST(a_recorder_survives_the_card)
{
	go_with("recorder", TRUE);
}

TEST(a_viewer_survives_the_card)
{
	go_with("recorder", FALSE);
}

int main(int argc, char **argv)
{
	gst_init(&argc, &argv);
	return virt_run(argc, argv);
}
