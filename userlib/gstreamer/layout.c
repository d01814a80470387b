// SPDX-License-Identifier: LGPL-2.1-or-later
#include "layout.h"

#include <dmaring/format.h>
#include <string.h>

static void add_plane(struct layout *layout, gsize stride, gsize line_bytes, guint lines)
{
	struct plane *plane = &layout->plane[layout->planes++];

	*plane = (struct plane){
		.offset = layout->bytes,
		.stride = stride,
		.line_bytes = line_bytes,
		.lines = lines,
	};
	layout->bytes += stride * lines;
}

/* In the frame */
static void find_lines(struct layout *layout, const struct dmaring_format *format,
		       const struct dmaring_format_row *row)
{
	gsize line_bytes = dmaring_format_line_bytes(row, format->width,
						     MAX(format->channels, 1));

	add_plane(layout, format->bytes_per_line, line_bytes, format->height);
	if (row->order == DMARING_ORDER_NV12)
		add_plane(layout, format->bytes_per_line, line_bytes,
			  format->height / 2);
}

static void expect_video(struct layout *layout)
{
	const GstVideoInfo *info = &layout->info;
	guint i;

	layout->video = TRUE;
	layout->to_bytes = GST_VIDEO_INFO_SIZE(info);
	for (i = 0; i < layout->planes; i++) {
		layout->plane[i].to_offset = GST_VIDEO_INFO_PLANE_OFFSET(info, i);
		layout->plane[i].to_stride = GST_VIDEO_INFO_PLANE_STRIDE(info, i);
	}
}

/* One plane; @align: of its lines, bytes */
static void expect_lines(struct layout *layout, gsize align)
{
	struct plane *plane = layout->plane;

	plane->to_stride = GST_ROUND_UP_N(plane->line_bytes, align);
	layout->to_bytes = plane->to_stride * plane->lines;
}

static gboolean is_same(const struct layout *layout)
{
	guint i;

	for (i = 0; i < layout->planes; i++)
		if (layout->plane[i].offset != layout->plane[i].to_offset ||
		    layout->plane[i].stride != layout->plane[i].to_stride)
			return FALSE;
	return TRUE;
}

void layout_init(struct layout *layout, const struct dmaring_format *format,
		 const GstCaps *caps)
{
	const struct dmaring_format_row *row = dmaring_format_find(format->pixelformat);
	const GstStructure *is = gst_caps_get_structure(caps, 0);

	*layout = (struct layout){ .unit = 1, .same = TRUE };
	if (!row)
		return;
	if (gst_structure_has_name(is, "audio/x-raw"))
		layout->unit = dmaring_format_line_bytes(row, 1, MAX(format->channels, 1));
	if (gst_structure_has_name(is, "video/x-raw") &&
	    gst_video_info_from_caps(&layout->info, caps)) {
		find_lines(layout, format, row);
		expect_video(layout);
	} else if (gst_structure_has_name(is, "video/x-bayer")) {
		/* What bayer2rgb expects; nothing can tell it of other lines. */
		find_lines(layout, format, row);
		expect_lines(layout, 4);
	} else if (gst_structure_has_name(is, "audio/x-raw") &&
		   format->height > 1) {
		find_lines(layout, format, row);
		expect_lines(layout, 1);
	}
	layout->same = is_same(layout);
}

gboolean layout_fits(const struct layout *layout, gboolean meta_accepted)
{
	return layout->same || (layout->video && meta_accepted);
}

/* Of a picture all, also of one that was cut short: what is behind is of an older one. */
gsize layout_bytes(const struct layout *layout, const struct dmaring_frame *frame)
{
	if (layout->planes)
		return layout->bytes;
	/* Of samples that were cut short, whole ones: sinks refuse others. */
	return frame->bytes_used - frame->bytes_used % MAX(layout->unit, 1);
}

static void copy_plane(const struct plane *plane, const guint8 *from, guint8 *to)
{
	guint line;

	for (line = 0; line < plane->lines; line++)
		memcpy(to + plane->to_offset + line * plane->to_stride,
		       from + plane->offset + line * plane->stride,
		       plane->line_bytes);
}

/* With its lines where GStreamer expects them */
GstBuffer *layout_copy(const struct layout *layout, const void *data, gsize bytes)
{
	gsize to_bytes = layout->same ? bytes : layout->to_bytes;
	GstBuffer *buffer = gst_buffer_new_allocate(NULL, to_bytes, NULL);
	GstMapInfo map;
	guint i;

	if (!buffer || !gst_buffer_map(buffer, &map, GST_MAP_WRITE)) {
		gst_clear_buffer(&buffer);
		return NULL;
	}
	if (layout->same) {
		memcpy(map.data, data, bytes);
	} else {
		/* Nothing of this program's goes out between the lines. */
		memset(map.data, 0, map.size);
		for (i = 0; i < layout->planes; i++)
			copy_plane(&layout->plane[i], data, map.data);
	}
	gst_buffer_unmap(buffer, &map);
	return buffer;
}

/* Where the lines of a buffer are that is the frame itself */
void layout_tell(const struct layout *layout, GstBuffer *buffer)
{
	gsize offsets[GST_VIDEO_MAX_PLANES] = { 0 };
	gint strides[GST_VIDEO_MAX_PLANES] = { 0 };
	guint i;

	for (i = 0; i < layout->planes; i++) {
		offsets[i] = layout->plane[i].offset;
		strides[i] = layout->plane[i].stride;
	}
	gst_buffer_add_video_meta_full(buffer, GST_VIDEO_FRAME_FLAG_NONE,
				       GST_VIDEO_INFO_FORMAT(&layout->info),
				       GST_VIDEO_INFO_WIDTH(&layout->info),
				       GST_VIDEO_INFO_HEIGHT(&layout->info),
				       layout->planes, offsets, strides);
}
