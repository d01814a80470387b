// SPDX-License-Identifier: LGPL-2.1-or-later
/* The element as others see it: its properties. */
#include "internal.h"

#include "caps.h"

enum property {
	PROPERTY_DEVICE = 1,
	PROPERTY_RECORDER,
	PROPERTY_DEPTH,
	PROPERTY_MAX_HELD,
	PROPERTY_COPY,
	PROPERTY_FRAMERATE,
	PROPERTY_STATS,
};

G_DEFINE_TYPE_WITH_CODE(DmaringSrc, dmaring_src, GST_TYPE_PUSH_SRC,
			G_IMPLEMENT_INTERFACE(GST_TYPE_URI_HANDLER,
					      dmaring_src_prepare_uri))

static GstStructure *stats_of(DmaringSrc *self)
{
	struct capture *capture = self->capture;
	const struct counts *counts = &self->counts;

	return gst_structure_new("application/x-dmaringsrc-stats",
				 "frames", G_TYPE_UINT64, counts->frames,
				 "copied", G_TYPE_UINT64, counts->copied,
				 "damaged", G_TYPE_UINT64, counts->damaged,
				 "overruns", G_TYPE_UINT64, counts->overruns,
				 "drops", G_TYPE_UINT64, counts->drops,
				 "depth", G_TYPE_UINT, capture ? capture->depth : 0,
				 "max-lent", G_TYPE_UINT,
				 capture ? capture->max_lent : 0,
				 "lent", G_TYPE_UINT,
				 capture ? capture_lent(capture) : 0, NULL);
}

static void get_property(GObject *object, guint property, GValue *value,
			 GParamSpec *spec)
{
	DmaringSrc *self = DMARING_SRC(object);

	GST_OBJECT_LOCK(self);
	switch (property) {
	case PROPERTY_DEVICE:
		g_value_set_string(value, self->device);
		break;
	case PROPERTY_RECORDER:
		g_value_set_boolean(value, self->recorder);
		break;
	case PROPERTY_DEPTH:
		g_value_set_uint(value, self->depth);
		break;
	case PROPERTY_MAX_HELD:
		g_value_set_uint(value, self->max_held);
		break;
	case PROPERTY_COPY:
		g_value_set_boolean(value, self->copy);
		break;
	case PROPERTY_FRAMERATE:
		gst_value_set_fraction(value, self->rate_numerator,
				       self->rate_denominator);
		break;
	case PROPERTY_STATS:
		g_value_take_boxed(value, stats_of(self));
		break;
	default:
		G_OBJECT_WARN_INVALID_PROPERTY_ID(object, property, spec);
	}
	GST_OBJECT_UNLOCK(self);
}

static void set_property(GObject *object, guint property, const GValue *value,
			 GParamSpec *spec)
{
	DmaringSrc *self = DMARING_SRC(object);

	GST_OBJECT_LOCK(self);
	switch (property) {
	case PROPERTY_DEVICE:
		g_free(self->device);
		self->device = g_value_dup_string(value) ?: g_strdup(DEVICE_FIRST);
		break;
	case PROPERTY_RECORDER:
		self->recorder = g_value_get_boolean(value);
		break;
	case PROPERTY_DEPTH:
		self->depth = g_value_get_uint(value);
		break;
	case PROPERTY_MAX_HELD:
		self->max_held = g_value_get_uint(value);
		break;
	case PROPERTY_COPY:
		self->copy = g_value_get_boolean(value);
		/* It may be waiting for a frame to come back. */
		if (self->capture)
			capture_copy(self->capture, self->copy);
		break;
	case PROPERTY_FRAMERATE:
		self->rate_numerator = gst_value_get_fraction_numerator(value);
		self->rate_denominator = gst_value_get_fraction_denominator(value);
		break;
	default:
		G_OBJECT_WARN_INVALID_PROPERTY_ID(object, property, spec);
	}
	GST_OBJECT_UNLOCK(self);
}

static void finalize(GObject *object)
{
	DmaringSrc *self = DMARING_SRC(object);

	g_free(self->device);
	G_OBJECT_CLASS(dmaring_src_parent_class)->finalize(object);
}

#define READ_ONLY	(G_PARAM_READABLE | G_PARAM_STATIC_STRINGS)
#define ALWAYS		(READ_ONLY | G_PARAM_WRITABLE | GST_PARAM_MUTABLE_PLAYING)
#define WHEN_READY	(READ_ONLY | G_PARAM_WRITABLE | GST_PARAM_MUTABLE_READY)

static void add(GObjectClass *class, enum property property, GParamSpec *spec)
{
	g_object_class_install_property(class, property, spec);
}

static void add_number(GObjectClass *class, enum property property,
		       const gchar *name, const gchar *nick, const gchar *blurb)
{
	add(class, property,
	    g_param_spec_uint(name, nick, blurb, 0, DMARING_BUFFERS_MAX, 0,
			      WHEN_READY));
}

static void install_properties(GObjectClass *class)
{
	add(class, PROPERTY_DEVICE,
	    g_param_spec_string("device", "Device",
				"The stream: /dev/dmaring0, dmaring0 or 0",
				DEVICE_FIRST, WHEN_READY));
	add(class, PROPERTY_RECORDER,
	    g_param_spec_boolean("recorder", "Recorder",
				 "Get every frame, and hold the card back when downstream is slow; otherwise get the latest frames, and cost others none",
				 FALSE, WHEN_READY));
	add_number(class, PROPERTY_DEPTH, "depth", "Depth",
		   "Without recorder: frames that may wait before the oldest is dropped; fewer if the pool has no more (0 = what suits)");
	add_number(class, PROPERTY_MAX_HELD, "max-held", "Frames held at most",
		   "Frames that this element and those downstream may have at a time, without copies; fewer if the pool has no more (0 = what suits)");
	add(class, PROPERTY_COPY,
	    g_param_spec_boolean("copy", "Copy",
				 "When downstream keeps as many frames as it may, copy further ones; otherwise wait until it gives one back, and lose frames meanwhile",
				 TRUE, ALWAYS));
	add(class, PROPERTY_FRAMERATE,
	    gst_param_spec_fraction("framerate", "Frame rate",
				    "Frames a second to tell of, where the card does not know (0/1 = not known either)",
				    0, 1, G_MAXINT, 1, 0, 1, WHEN_READY));
	add(class, PROPERTY_STATS,
	    g_param_spec_boxed("stats", "Statistics",
			       "Counts of frames: sent, copied, damaged, lost by the card (overruns) and here (drops), and kept downstream (lent)",
			       GST_TYPE_STRUCTURE, READ_ONLY));
}

static void dmaring_src_class_init(DmaringSrcClass *class)
{
	GstElementClass *element = GST_ELEMENT_CLASS(class);
	GObjectClass *object = G_OBJECT_CLASS(class);
	GstCaps *caps = caps_of_everything();
	GstPadTemplate *pad;

	object->get_property = get_property;
	object->set_property = set_property;
	object->finalize = finalize;
	install_properties(object);
	gst_element_class_set_static_metadata(element, "dmaring source",
					      "Source/Video/Audio/Hardware",
					      "Frames of a PCIe capture card, without a copy",
					      "the authors of dmaring");
	pad = gst_pad_template_new("src", GST_PAD_SRC, GST_PAD_ALWAYS, caps);
	gst_element_class_add_pad_template(element, pad);
	gst_caps_unref(caps);
	dmaring_src_prepare_class(class);
}

static void dmaring_src_init(DmaringSrc *self)
{
	GstBaseSrc *base = GST_BASE_SRC(self);

	self->device = g_strdup(DEVICE_FIRST);
	self->copy = TRUE;
	self->rate_denominator = 1;
	gst_base_src_set_live(base, TRUE);
	gst_base_src_set_format(base, GST_FORMAT_TIME);
	dmaring_src_watch_end(self);
}
