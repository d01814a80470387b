// SPDX-License-Identifier: LGPL-2.1-or-later
#include "internal.h"
#include "gstreamer_rate.h"

#include <dmaring/format.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* No version's description will be larger; a size above is no size. */
#define DESCRIPTION_SIZE_MAX 4096

#define FIRST_SIZE \
	(offsetof(struct dmaring_format_description, reserved) + 32)

/* TIFF's numbers */
enum {
	TIFF_BLACK_IS_ZERO	= 1,
	TIFF_RGB		= 2,
	TIFF_YCBCR		= 6,
	TIFF_CFA		= 32803,
	TIFF_UNSIGNED		= 1,
	TIFF_SIGNED		= 2,
	TIFF_FLOAT		= 3,
	TIFF_COMPLEX		= 5,
};

enum {
	PNG_GREY	= 0,
	PNG_COLOUR	= 2,
};

/* Names that do not follow from the other columns of the table */
static const struct alias {
	__u32 fourcc;
	const char *genicam;
	const char *gstreamer;		/* video/x-raw,format= */
} aliases[] = {
	{ DMARING_FOURCC('G', 'R', 'E', 'Y'), "Mono8", "GRAY8" },
	{ DMARING_FOURCC('Y', '1', '0', ' '), "Mono10", "GRAY10_LE16" },
	{ DMARING_FOURCC('Y', '1', '2', ' '), "Mono12", NULL },
	{ DMARING_FOURCC('Y', '1', '4', ' '), "Mono14", NULL },
	{ DMARING_FOURCC('Y', '1', '6', ' '), "Mono16", "GRAY16_LE" },
	{ DMARING_FOURCC('R', 'G', 'B', '3'), "RGB8", "RGB" },
	{ DMARING_FOURCC('B', 'G', 'R', '3'), "BGR8", "BGR" },
	{ DMARING_FOURCC('Y', 'U', 'Y', 'V'), "YUV422_8", "YUY2" },
	{ DMARING_FOURCC('U', 'Y', 'V', 'Y'), "YUV422_8_UYVY", "UYVY" },
	{ DMARING_FOURCC('N', 'V', '1', '2'),
	  "YCbCr420_8_YY_CbCr_Semiplanar", "NV12" },
};

static const char *const mosaics[] = {	/* as GStreamer calls them */
	[DMARING_ORDER_BGGR] = "bggr",
	[DMARING_ORDER_GBRG] = "gbrg",
	[DMARING_ORDER_GRBG] = "grbg",
	[DMARING_ORDER_RGGB] = "rggb",
};

static const char *const genicam_mosaics[] = {
	[DMARING_ORDER_BGGR] = "BG",
	[DMARING_ORDER_GBRG] = "GB",
	[DMARING_ORDER_GRBG] = "GR",
	[DMARING_ORDER_RGGB] = "RG",
};

static const struct alias *alias_of(__u32 fourcc)
{
	static const struct alias none;
	size_t i;

	for (i = 0; i < sizeof(aliases) / sizeof(aliases[0]); i++)
		if (aliases[i].fourcc == fourcc)
			return &aliases[i];
	return &none;
}

static bool is_packed(const struct dmaring_format_row *row)
{
	return row->storage % 8;
}

/* A dimension more, outside of those that there are */
static void add_dimension(struct dmaring_format_description *to, __u64 elements,
			  __u64 stride)
{
	__u32 count = to->numpy_dimensions++;

	memmove(to->numpy_shape + 1, to->numpy_shape,
		count * sizeof(to->numpy_shape[0]));
	memmove(to->numpy_strides + 1, to->numpy_strides,
		count * sizeof(to->numpy_strides[0]));
	to->numpy_shape[0] = elements;
	to->numpy_strides[0] = stride;
}

static void name_dtype(const struct dmaring_format_row *row,
		       struct dmaring_format_description *to)
{
	char kind = row->kind == DMARING_KIND_FLOAT ? 'f' :
		    row->kind == DMARING_KIND_SIGNED ? 'i' : 'u';

	if (row->kind == DMARING_KIND_COMPLEX)
		snprintf(to->numpy_dtype, sizeof(to->numpy_dtype),
			 "[('re', '<i%u'), ('im', '<i%u')]", row->storage / 8,
			 row->storage / 8);
	else if (is_packed(row) || row->storage == 8)
		strcpy(to->numpy_dtype, "|u1");
	else
		snprintf(to->numpy_dtype, sizeof(to->numpy_dtype), "<%c%u",
			 kind, row->storage / 8);
}

static void shape_samples(const struct dmaring_format *format,
			  const struct dmaring_format_row *row,
			  struct dmaring_format_description *to)
{
	__u64 bytes = row->components * row->storage / 8;

	add_dimension(to, format->channels, bytes);
	add_dimension(to, format->width, bytes * format->channels);
	if (format->height > 1)
		add_dimension(to, format->height, format->bytes_per_line);
}

static void shape_pixels(const struct dmaring_format *format,
			 const struct dmaring_format_row *row,
			 struct dmaring_format_description *to)
{
	__u64 bytes = row->storage / 8, height = format->height;

	if (row->order == DMARING_ORDER_NV12)
		height += height / 2;
	if (is_packed(row)) {
		add_dimension(to, to->line_bytes, 1);
	} else {
		if (row->components > 1)
			add_dimension(to, row->components, bytes);
		add_dimension(to, format->width, bytes * row->components);
	}
	add_dimension(to, height, format->bytes_per_line);
}

static void name_genicam(const struct dmaring_format_row *row,
			 const struct alias *alias,
			 struct dmaring_format_description *to)
{
	/* GenICam packs, too, but in another order. */
	if (row->kind == DMARING_KIND_BAYER && !is_packed(row))
		snprintf(to->genicam, sizeof(to->genicam), "Bayer%s%u",
			 genicam_mosaics[row->order], row->bits);
	else if (alias->genicam)
		strcpy(to->genicam, alias->genicam);
}

static void add_video(const struct dmaring_format *format, char *to,
		      size_t room)
{
	int32_t rate, per;

	gstreamer_frame_rate(format, &rate, &per);
	snprintf(to, room, ",width=%u,height=%u,framerate=%d/%d", format->width,
		 format->height, rate, per);
}

/*
 * GStreamer knows whole rates only, and wants to know which loudspeaker each of more than
 * two channels is for: none.
 */
static void add_audio(const struct dmaring_format *format, char *to,
		      size_t room)
{
	int32_t rate = gstreamer_sample_rate(format);
	int used = 0;

	if (rate)
		used = snprintf(to, room, ",rate=%d", rate);
	snprintf(to + used, room - used, ",channels=%u%s", format->channels,
		 format->channels > 2 ? ",channel-mask=(bitmask)0x0" : "");
}

static void name_gstreamer(const struct dmaring_format *format,
			   const struct dmaring_format_row *row,
			   const struct alias *alias,
			   struct dmaring_format_description *to)
{
	char *caps = to->gstreamer;
	size_t room = sizeof(to->gstreamer);
	int used;

	if (is_packed(row) || row->kind == DMARING_KIND_COMPLEX)
		return;
	if (dmaring_format_is_samples(row)) {
		used = snprintf(caps, room,
				"audio/x-raw,format=%sLE,layout=interleaved",
				row->name);
		add_audio(format, caps + used, room - used);
		return;
	}
	if (row->kind == DMARING_KIND_BAYER && row->bits == 8)
		used = snprintf(caps, room, "video/x-bayer,format=%s",
				mosaics[row->order]);
	else if (row->kind == DMARING_KIND_BAYER)
		used = snprintf(caps, room, "video/x-bayer,format=%s%ule",
				mosaics[row->order], row->bits);
	else if (alias->gstreamer)
		used = snprintf(caps, room, "video/x-raw,format=%s",
				alias->gstreamer);
	else
		return;
	add_video(format, caps + used, room - used);
}

static __u32 tiff_photometric_of(const struct dmaring_format_row *row)
{
	switch (row->kind) {
	case DMARING_KIND_BAYER:
		return TIFF_CFA;
	case DMARING_KIND_RGB:
		return TIFF_RGB;
	case DMARING_KIND_YUV:
		return TIFF_YCBCR;
	default:
		return TIFF_BLACK_IS_ZERO;
	}
}

static __u32 tiff_sample_format_of(const struct dmaring_format_row *row)
{
	switch (row->kind) {
	case DMARING_KIND_SIGNED:
		return TIFF_SIGNED;
	case DMARING_KIND_FLOAT:
		return TIFF_FLOAT;
	case DMARING_KIND_COMPLEX:
		return TIFF_COMPLEX;
	default:
		return TIFF_UNSIGNED;
	}
}

static __u32 whole_bytes(const struct dmaring_format_row *row)
{
	return row->storage > 8 && row->storage < 16 ? 16 : row->storage;
}

static void describe_tiff(const struct dmaring_format *format,
			  const struct dmaring_format_row *row,
			  struct dmaring_format_description *to)
{
	bool complex = row->kind == DMARING_KIND_COMPLEX;
	bool colour = row->kind == DMARING_KIND_RGB ||
		      row->kind == DMARING_KIND_YUV;

	/* Both parts of a complex number are one sample. */
	to->tiff_bits = whole_bytes(row) * (complex ? 2 : 1);
	to->tiff_samples = dmaring_format_is_samples(row) ? format->channels :
			   colour ? 3 : 1;
	to->tiff_photometric = tiff_photometric_of(row);
	to->tiff_sample_format = tiff_sample_format_of(row);
}

static void describe_png(const struct dmaring_format_row *row,
			 struct dmaring_format_description *to)
{
	if (dmaring_format_is_samples(row))
		return;
	to->png_bits = whole_bytes(row);
	to->png_colour_type = row->kind == DMARING_KIND_GREY ? PNG_GREY :
							       PNG_COLOUR;
}

static void describe(const struct dmaring_format *format,
		     const struct dmaring_format_row *row,
		     struct dmaring_format_description *to)
{
	const struct alias *alias = alias_of(format->pixelformat);

	to->kind = row->kind;
	to->order = row->order;
	to->components = row->components;
	to->bits = row->bits;
	to->storage_bits = row->storage;
	strcpy(to->name, row->name);
	name_dtype(row, to);
	name_genicam(row, alias, to);
	name_gstreamer(format, row, alias, to);
	describe_tiff(format, row, to);
	describe_png(row, to);
	if (is_packed(row))
		to->flags |= DMARING_DESCRIPTION_PACKED;
	if (dmaring_format_is_samples(row)) {
		to->flags |= DMARING_DESCRIPTION_SAMPLES;
		shape_samples(format, row, to);
	} else {
		snprintf(to->v4l2, sizeof(to->v4l2), "V4L2_PIX_FMT_%s",
			 row->name);
		shape_pixels(format, row, to);
	}
}

static void describe_raw(const struct dmaring_format *format,
			 struct dmaring_format_description *to)
{
	strcpy(to->name, "raw");
	strcpy(to->numpy_dtype, "|u1");
	to->line_bytes = format->frame_bytes;
	to->bits = 8;
	to->storage_bits = 8;
	add_dimension(to, format->frame_bytes, 1);
}

/* A card's driver says so, but an application may have made it up. */
static bool is_sound(const struct dmaring_format *format,
		     const struct dmaring_format_row *row, __u64 line_bytes)
{
	__u64 bytes = dmaring_format_frame_bytes(row, format->bytes_per_line,
						 format->height);

	return format->width && format->height && line_bytes &&
	       (!dmaring_format_is_samples(row) || format->channels <= 0xffff) &&
	       format->width % dmaring_format_width_step(row) == 0 &&
	       format->height % dmaring_format_height_step(row) == 0 &&
	       line_bytes <= format->bytes_per_line &&
	       bytes <= format->frame_bytes;
}

static int fail(const struct dmaring_format *format, int err)
{
	char fourcc[5];

	memcpy(fourcc, &format->pixelformat, 4);
	fourcc[4] = '\0';
	return error_set(fourcc, STEP_FORMAT, err);
}

static int fill(const struct dmaring_format *format,
		struct dmaring_format_description *to)
{
	const struct dmaring_format_row *row;
	__u32 channels;

	if (!format->pixelformat) {
		describe_raw(format, to);
		return 0;
	}
	row = dmaring_format_find(format->pixelformat);
	if (!row)
		return fail(format, ENOENT);
	channels = dmaring_format_is_samples(row) ? format->channels : 1;
	to->line_bytes = dmaring_format_line_bytes(row, format->width, channels);
	if (!is_sound(format, row, to->line_bytes))
		return fail(format, EINVAL);
	describe(format, row, to);
	return 0;
}

int dmaring_format_describe(const struct dmaring_format *format,
			    struct dmaring_format_description *description)
{
	struct dmaring_format_description ours = { 0 };
	uint32_t size = description->size;
	int err;

	if (size < FIRST_SIZE || size > DESCRIPTION_SIZE_MAX)
		return error_set_detail("a format", STEP_FORMAT, EINVAL,
					"description.size is not sizeof(struct dmaring_format_description)");
	err = fill(format, &ours);
	if (err)
		return err;
	memset(description, 0, size);
	memcpy(description, &ours, size < sizeof(ours) ? size : sizeof(ours));
	description->size = size;
	return 0;
}
