// SPDX-License-Identifier: LGPL-2.1-or-later
#include "caps.h"
#include "../src/gstreamer_rate.h"

#include <dmaring/format.h>
#include <gst/video/video.h>
#include <string.h>

/* ----------------------------------------------------------------------- rates */

void format_add_rate(struct dmaring_format *format, guint numerator, guint denominator)
{
	guint64 rate = (guint64)numerator * dmaring_format_counted(format);

	if (format->rate_denominator || !numerator || rate > G_MAXINT)
		return;
	format->rate_numerator = rate;
	format->rate_denominator = denominator;
}

GstClockTime format_interval(const struct dmaring_format *format)
{
	if (!format->rate_denominator || !format->rate_numerator)
		return GST_CLOCK_TIME_NONE;
	return gst_util_uint64_scale(GST_SECOND * dmaring_format_counted(format),
				     format->rate_denominator,
				     format->rate_numerator);
}

/* ---------------------------------------------------------- of one format */

/* A later GStreamer may know it. */
static gboolean is_known(const GstStructure *structure)
{
	const gchar *name = gst_structure_get_string(structure, "format");

	if (gst_structure_has_name(structure, "audio/x-raw"))
		return gst_structure_has_field(structure, "rate");
	return !gst_structure_has_name(structure, "video/x-raw") ||
	       gst_video_format_from_string(name) != GST_VIDEO_FORMAT_UNKNOWN;
}

static GstStructure *describe_other(const struct dmaring_format *format,
				    const struct dmaring_format_description *as)
{
	GstStructure *structure =
		gst_structure_new(CAPS_OTHER, "format", G_TYPE_STRING, as->name,
				  "width", G_TYPE_INT, format->width,
				  "height", G_TYPE_INT, format->height, NULL);
	gint rate, per;

	if (as->flags & DMARING_DESCRIPTION_SAMPLES) {
		gst_structure_set(structure, "channels", G_TYPE_INT,
				  format->channels, NULL);
		rate = gstreamer_sample_rate(format);
		if (rate)
			gst_structure_set(structure, "rate", G_TYPE_INT, rate, NULL);
	} else {
		gstreamer_frame_rate(format, &rate, &per);
		gst_structure_set(structure, "framerate", GST_TYPE_FRACTION, rate,
				  per, NULL);
	}
	return structure;
}

/* GStreamer wants to know which loudspeaker each of more than two is for: none. */
static void add_channel_mask(GstStructure *structure)
{
	gint channels;

	if (gst_structure_has_name(structure, "audio/x-raw") &&
	    gst_structure_get_int(structure, "channels", &channels) && channels > 2)
		gst_structure_set(structure, "channel-mask", GST_TYPE_BITMASK,
				  (guint64)0, NULL);
}

static GstStructure *structure_of_format(const struct dmaring_format *format)
{
	struct dmaring_format_description as = { .size = sizeof(as) };
	GstStructure *structure;

	if (!format->pixelformat || dmaring_format_describe(format, &as))
		return gst_structure_new_empty(CAPS_RAW);
	if (!as.gstreamer[0])
		return describe_other(format, &as);
	structure = gst_structure_from_string(as.gstreamer, NULL);
	if (!is_known(structure)) {
		gst_structure_free(structure);
		return describe_other(format, &as);
	}
	add_channel_mask(structure);
	return structure;
}

static GstCaps *caps_of_structure(GstStructure *structure)
{
	GstCaps *caps = gst_caps_new_empty();

	gst_caps_append_structure(caps, structure);
	return caps;
}

GstCaps *caps_of_format(const struct dmaring_format *format)
{
	return caps_of_structure(structure_of_format(format));
}

/* -------------------------------------------------- of what a card can make */

/* A frame without padding, of which only the names matter */
static void make_up(struct dmaring_format *format, const struct dmaring_format_row *row,
		    guint32 width, guint32 height)
{
	*format = (struct dmaring_format){
		.width = width,
		.height = height,
		.pixelformat = dmaring_format_fourcc(row),
		.channels = 1,
		.rate_numerator = width,
		.rate_denominator = 1,
	};
	format->bytes_per_line = dmaring_format_line_bytes(row, width, 1);
	format->frame_bytes = dmaring_format_frame_bytes(row, format->bytes_per_line,
							 height);
}

/* GStreamer's steps count from 0; other values are refused when they are set. */
static void set_range(GstStructure *structure, const char *name, gint least, gint most,
		      gint step)
{
	GValue value = G_VALUE_INIT;

	if (least >= most) {
		gst_structure_set(structure, name, G_TYPE_INT, least, NULL);
		return;
	}
	g_value_init(&value, GST_TYPE_INT_RANGE);
	if (step > 1 && least % step == 0)
		gst_value_set_int_range_step(&value, least, most - most % step,
					     step);
	else
		gst_value_set_int_range(&value, least, most);
	gst_structure_take_value(structure, name, &value);
}

static void set_frame_rates(GstStructure *structure,
			    const struct dmaring_format_range *range)
{
	const struct dmaring_format slowest = {
		.rate_numerator = range->rate_min_numerator,
		.rate_denominator = range->rate_min_denominator,
	};
	const struct dmaring_format fastest = {
		.rate_numerator = range->rate_max_numerator,
		.rate_denominator = range->rate_max_denominator,
	};
	gint least, least_per, most, most_per;

	gstreamer_frame_rate(&slowest, &least, &least_per);
	gstreamer_frame_rate(&fastest, &most, &most_per);
	if (gst_util_fraction_compare(least, least_per, most, most_per) >= 0)
		gst_structure_set(structure, "framerate", GST_TYPE_FRACTION,
				  most, most_per, NULL);
	else
		gst_structure_set(structure, "framerate", GST_TYPE_FRACTION_RANGE,
				  least, least_per, most, most_per, NULL);
}

static void set_sample_rates(GstStructure *structure,
			     const struct dmaring_format_range *range)
{
	guint64 per = range->rate_min_denominator;
	guint least = MAX((range->rate_min_numerator + per - 1) / per, 1);
	guint most = range->rate_max_numerator / range->rate_max_denominator;

	/* Whole ones */
	set_range(structure, "rate", MIN(least, G_MAXINT), MIN(most, G_MAXINT), 1);
}

static void set_ranges(GstStructure *structure, const struct dmaring_format_range *range,
		       const struct dmaring_format_row *row)
{
	gboolean rated = range->rate_min_denominator && range->rate_max_denominator;

	if (gst_structure_has_field(structure, "width")) {
		set_range(structure, "width", range->width_min, range->width_max,
			  range->width_step);
		set_range(structure, "height", range->height_min,
			  range->height_max, range->height_step);
	}
	if (gst_structure_has_field(structure, "channels"))
		set_range(structure, "channels", 1, range->channels_max, 1);
	if (rated && dmaring_format_is_samples(row))
		set_sample_rates(structure, range);
	else if (rated)
		set_frame_rates(structure, range);
}

GstCaps *caps_of_range(const struct dmaring_format_range *range,
		       const struct dmaring_format *now)
{
	const struct dmaring_format_row *row = dmaring_format_find(range->pixelformat);
	struct dmaring_format least;
	GstStructure *structure;

	if (!row)
		return gst_caps_new_empty();
	make_up(&least, row, range->width_min, range->height_min);
	if (now->rate_denominator) {
		least.rate_numerator = now->rate_numerator;
		least.rate_denominator = now->rate_denominator;
	}
	structure = structure_of_format(&least);
	set_ranges(structure, range, row);
	return caps_of_structure(structure);
}

/* ---------------------------------------------------------- of everything */

static void append_string(GValue *list, const gchar *text)
{
	GValue value = G_VALUE_INIT;

	g_value_init(&value, G_TYPE_STRING);
	g_value_set_string(&value, text);
	gst_value_list_append_and_take_value(list, &value);
}

static void append_names(GstCaps *caps, GstStructure *structure)
{
	const gchar *media = gst_structure_get_name(structure);
	GValue formats = G_VALUE_INIT;
	guint i;

	g_value_init(&formats, GST_TYPE_LIST);
	for (i = 0; i < DMARING_FORMAT_ROWS; i++) {
		struct dmaring_format format;
		GstStructure *row;

		make_up(&format, &dmaring_format_rows[i], 4, 2);
		row = structure_of_format(&format);
		if (gst_structure_has_name(row, media))
			append_string(&formats,
				      gst_structure_get_string(row, "format"));
		gst_structure_free(row);
	}
	gst_structure_take_value(structure, "format", &formats);
	gst_caps_append_structure(caps, structure);
}

static GstStructure *any_picture(const gchar *media)
{
	return gst_structure_new(media, "width", GST_TYPE_INT_RANGE, 1, G_MAXINT,
				 "height", GST_TYPE_INT_RANGE, 1, G_MAXINT,
				 "framerate", GST_TYPE_FRACTION_RANGE, 0, 1,
				 G_MAXINT, 1, NULL);
}

GstCaps *caps_of_everything(void)
{
	GstCaps *caps = gst_caps_new_empty();

	append_names(caps, any_picture("video/x-raw"));
	append_names(caps, any_picture("video/x-bayer"));
	append_names(caps, gst_structure_new("audio/x-raw", "layout", G_TYPE_STRING,
					     "interleaved", "rate",
					     GST_TYPE_INT_RANGE, 1, G_MAXINT,
					     "channels", GST_TYPE_INT_RANGE, 1,
					     (gint)DMARING_CHANNELS_MAX, NULL));
	/* Samples without a rate are that, too. */
	gst_caps_append_structure(caps, gst_structure_new_empty(CAPS_OTHER));
	gst_caps_append_structure(caps, gst_structure_new_empty(CAPS_RAW));
	return caps;
}

/* ------------------------------------------------------------- and back again */

static guint32 fourcc_of(const GstStructure *structure)
{
	const gchar *name = gst_structure_get_string(structure, "format");
	guint32 fourcc = 0;
	guint i;

	for (i = 0; name && !fourcc && i < DMARING_FORMAT_ROWS; i++) {
		struct dmaring_format format;
		GstStructure *row;

		make_up(&format, &dmaring_format_rows[i], 4, 2);
		row = structure_of_format(&format);
		if (gst_structure_has_name(row, gst_structure_get_name(structure)) &&
		    !g_strcmp0(gst_structure_get_string(row, "format"), name))
			fourcc = format.pixelformat;
		gst_structure_free(row);
	}
	return fourcc;
}

static guint32 number(const GstStructure *structure, const gchar *name)
{
	gint value;

	return gst_structure_get_int(structure, name, &value) ? value : 0;
}

gboolean caps_to_format(const GstCaps *caps, struct dmaring_format *format)
{
	const GstStructure *structure = gst_caps_get_structure(caps, 0);
	gint numerator, denominator;

	*format = (struct dmaring_format){
		.pixelformat = fourcc_of(structure),
		.width = number(structure, "width"),
		.height = number(structure, "height"),
		.channels = number(structure, "channels"),
	};
	format->rate_numerator = number(structure, "rate");
	format->rate_denominator = !!format->rate_numerator;
	if (gst_structure_get_fraction(structure, "framerate", &numerator,
				       &denominator) && numerator) {
		format->rate_numerator = numerator;
		format->rate_denominator = denominator;
	}
	return !!format->pixelformat;
}

GstCaps *caps_fixate(GstCaps *caps, const struct dmaring_format *now)
{
	GstStructure *structure;
	guint per = now->rate_denominator;
	gint rate, rate_per;

	caps = gst_caps_make_writable(gst_caps_truncate(caps));
	structure = gst_caps_get_structure(caps, 0);
	if (gst_structure_has_field(structure, "width")) {
		gst_structure_fixate_field_nearest_int(structure, "width",
						       now->width);
		gst_structure_fixate_field_nearest_int(structure, "height",
						       now->height);
	}
	if (gst_structure_has_field(structure, "channels"))
		gst_structure_fixate_field_nearest_int(structure, "channels",
						       now->channels);
	gstreamer_frame_rate(now, &rate, &rate_per);
	if (gst_structure_has_field(structure, "framerate"))
		gst_structure_fixate_field_nearest_fraction(structure, "framerate", rate,
							    rate_per);
	if (gst_structure_has_field(structure, "rate") && per)
		gst_structure_fixate_field_nearest_int(structure, "rate",
						       MIN(now->rate_numerator / per,
							   G_MAXINT));
	add_channel_mask(structure);
	return caps;
}
