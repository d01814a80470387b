/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note OR MIT */
/*
 * The table of formats: what a frame can consist of.
 *
 * It is the only one.  The kernel takes the sizes of lines and frames from it,
 * the library (dmaring_format_describe()) what other programs call the same.
 *
 * The fourcc is that of V4L2 where V4L2 has one (linux/videodev2.h); the formats
 * of samples are ours.  Words of more than a byte have the low byte first.  Where
 * a component has fewer bits than its word, they are the low ones, and the others
 * are 0.
 *
 * Packed formats are those of MIPI CSI-2 (RAW10 and RAW12 in V4L2's
 * documentation): the high 8 bits of 4 (or 2) pixels, a byte each, and then one
 * byte with the low 2 (or 4) bits of all of them, the first pixel's lowest.
 */
#ifndef DMARING_FORMAT_H
#define DMARING_FORMAT_H

#ifdef __KERNEL__
#include <linux/stddef.h>
#else
#include <stddef.h>
#endif
#include <linux/types.h>

#include <linux/dmaring.h>

/**
 * enum dmaring_format_kind - what the components of a format mean
 * @DMARING_KIND_GREY:    one component a pixel, brightness.
 * @DMARING_KIND_BAYER:   one component a pixel, of the colour that the place has
 *                        in a mosaic of 2 x 2; enum dmaring_format_order.
 * @DMARING_KIND_RGB:     three a pixel.
 * @DMARING_KIND_YUV:     brightness, and two of colour for 2 pixels, or for 2 x 2.
 * @DMARING_KIND_SIGNED:  samples, two's complement.
 * @DMARING_KIND_FLOAT:   samples, IEEE 754, -1 .. 1.
 * @DMARING_KIND_COMPLEX: samples, each a real and then an imaginary part, both
 *                        two's complement.
 */
enum dmaring_format_kind {
	DMARING_KIND_GREY,
	DMARING_KIND_BAYER,
	DMARING_KIND_RGB,
	DMARING_KIND_YUV,
	DMARING_KIND_SIGNED,
	DMARING_KIND_FLOAT,
	DMARING_KIND_COMPLEX,
};

/**
 * enum dmaring_format_order - which component is where
 * @DMARING_ORDER_NONE: there is but one order.
 * @DMARING_ORDER_BGGR: a mosaic whose first line begins with blue, green; the
 *                      others accordingly.
 * @DMARING_ORDER_GBRG: see there.
 * @DMARING_ORDER_GRBG: see there.
 * @DMARING_ORDER_RGGB: see there.
 * @DMARING_ORDER_RGB:  red is the first byte of a pixel.
 * @DMARING_ORDER_BGR:  blue is.
 * @DMARING_ORDER_YUYV: of 2 pixels, bytes Y0, Cb, Y1, Cr.
 * @DMARING_ORDER_UYVY: of 2 pixels, bytes Cb, Y0, Cr, Y1.
 * @DMARING_ORDER_NV12: a plane of brightness; behind it half as many lines, of as
 *                      many bytes, of Cb and Cr in turn, each for 2 x 2 pixels.
 */
enum dmaring_format_order {
	DMARING_ORDER_NONE,
	DMARING_ORDER_BGGR,
	DMARING_ORDER_GBRG,
	DMARING_ORDER_GRBG,
	DMARING_ORDER_RGGB,
	DMARING_ORDER_RGB,
	DMARING_ORDER_BGR,
	DMARING_ORDER_YUYV,
	DMARING_ORDER_UYVY,
	DMARING_ORDER_NV12,
};

/*
 * ROW(name, fourcc, kind, order, components, bits, storage)
 *
 * components: in a line, of each pixel or of each channel's sample.
 * bits:       that a component has.
 * storage:    bits that it takes in memory.  10 and 12 are packed; others are
 *             whole bytes.
 */
#define DMARING_FORMATS(ROW)						       \
	ROW(GREY,     "GREY", GREY,    NONE, 1,  8,  8)			       \
	ROW(Y10,      "Y10 ", GREY,    NONE, 1, 10, 16)			       \
	ROW(Y12,      "Y12 ", GREY,    NONE, 1, 12, 16)			       \
	ROW(Y14,      "Y14 ", GREY,    NONE, 1, 14, 16)			       \
	ROW(Y16,      "Y16 ", GREY,    NONE, 1, 16, 16)			       \
	ROW(Y10P,     "Y10P", GREY,    NONE, 1, 10, 10)			       \
	ROW(Y12P,     "Y12P", GREY,    NONE, 1, 12, 12)			       \
	ROW(RGB24,    "RGB3", RGB,     RGB,  3,  8,  8)			       \
	ROW(BGR24,    "BGR3", RGB,     BGR,  3,  8,  8)			       \
	ROW(YUYV,     "YUYV", YUV,     YUYV, 2,  8,  8)			       \
	ROW(UYVY,     "UYVY", YUV,     UYVY, 2,  8,  8)			       \
	ROW(NV12,     "NV12", YUV,     NV12, 1,  8,  8)			       \
	ROW(SBGGR8,   "BA81", BAYER,   BGGR, 1,  8,  8)			       \
	ROW(SGBRG8,   "GBRG", BAYER,   GBRG, 1,  8,  8)			       \
	ROW(SGRBG8,   "GRBG", BAYER,   GRBG, 1,  8,  8)			       \
	ROW(SRGGB8,   "RGGB", BAYER,   RGGB, 1,  8,  8)			       \
	ROW(SBGGR10,  "BG10", BAYER,   BGGR, 1, 10, 16)			       \
	ROW(SGBRG10,  "GB10", BAYER,   GBRG, 1, 10, 16)			       \
	ROW(SGRBG10,  "BA10", BAYER,   GRBG, 1, 10, 16)			       \
	ROW(SRGGB10,  "RG10", BAYER,   RGGB, 1, 10, 16)			       \
	ROW(SBGGR12,  "BG12", BAYER,   BGGR, 1, 12, 16)			       \
	ROW(SGBRG12,  "GB12", BAYER,   GBRG, 1, 12, 16)			       \
	ROW(SGRBG12,  "BA12", BAYER,   GRBG, 1, 12, 16)			       \
	ROW(SRGGB12,  "RG12", BAYER,   RGGB, 1, 12, 16)			       \
	ROW(SBGGR16,  "BYR2", BAYER,   BGGR, 1, 16, 16)			       \
	ROW(SGBRG16,  "GB16", BAYER,   GBRG, 1, 16, 16)			       \
	ROW(SGRBG16,  "GR16", BAYER,   GRBG, 1, 16, 16)			       \
	ROW(SRGGB16,  "RG16", BAYER,   RGGB, 1, 16, 16)			       \
	ROW(SBGGR10P, "pBAA", BAYER,   BGGR, 1, 10, 10)			       \
	ROW(SGBRG10P, "pGAA", BAYER,   GBRG, 1, 10, 10)			       \
	ROW(SGRBG10P, "pgAA", BAYER,   GRBG, 1, 10, 10)			       \
	ROW(SRGGB10P, "pRAA", BAYER,   RGGB, 1, 10, 10)			       \
	ROW(SBGGR12P, "pBCC", BAYER,   BGGR, 1, 12, 12)			       \
	ROW(SGBRG12P, "pGCC", BAYER,   GBRG, 1, 12, 12)			       \
	ROW(SGRBG12P, "pgCC", BAYER,   GRBG, 1, 12, 12)			       \
	ROW(SRGGB12P, "pRCC", BAYER,   RGGB, 1, 12, 12)			       \
	ROW(S16,      "S16 ", SIGNED,  NONE, 1, 16, 16)			       \
	ROW(S32,      "S32 ", SIGNED,  NONE, 1, 32, 32)			       \
	ROW(F32,      "F32 ", FLOAT,   NONE, 1, 32, 32)			       \
	ROW(CS16,     "CS16", COMPLEX, NONE, 2, 16, 16)

/**
 * struct dmaring_format_row - one row of the table
 * @name:       what V4L2's macro has behind V4L2_PIX_FMT_, or our name.
 * @fourcc:     its four characters.
 * @kind:       enum dmaring_format_kind.
 * @order:      enum dmaring_format_order.
 * @components: in a line, of each pixel or of each channel's sample.
 * @bits:       that a component has.
 * @storage:    bits that it takes in memory.
 */
struct dmaring_format_row {
	char name[12];
	char fourcc[5];
	__u8 kind;
	__u8 order;
	__u8 components;
	__u8 bits;
	__u8 storage;
};

#define DMARING_FORMAT_ROW(_name, _fourcc, _kind, _order, _components, _bits,   \
			   _storage)					       \
	{ #_name, _fourcc, DMARING_KIND_##_kind, DMARING_ORDER_##_order,       \
	  _components, _bits, _storage },

/* A copy of it for who includes this file and looks something up. */
static const struct dmaring_format_row dmaring_format_rows[] = {
	DMARING_FORMATS(DMARING_FORMAT_ROW)
};

#define DMARING_FORMAT_ROWS \
	(sizeof(dmaring_format_rows) / sizeof(dmaring_format_rows[0]))

static inline __u32 dmaring_format_fourcc(const struct dmaring_format_row *row)
{
	return DMARING_FOURCC(row->fourcc[0], row->fourcc[1], row->fourcc[2],
			      row->fourcc[3]);
}

/**
 * dmaring_format_find() - the row of a fourcc
 * @fourcc: which.
 *
 * Return: the row, or NULL if the table has none.
 */
static inline const struct dmaring_format_row *dmaring_format_find(__u32 fourcc)
{
	unsigned int i;

	for (i = 0; i < DMARING_FORMAT_ROWS; i++)
		if (dmaring_format_fourcc(&dmaring_format_rows[i]) == fourcc)
			return &dmaring_format_rows[i];
	return NULL;
}

/**
 * dmaring_format_by_name() - the fourcc of a format that is written out
 * @name: its four characters; blanks at the end may be missing.
 *
 * Return: the fourcc, or 0 if the table has none of that name.
 */
static inline __u32 dmaring_format_by_name(const char *name)
{
	char text[4] = { ' ', ' ', ' ', ' ' };
	unsigned int i;
	__u32 fourcc;

	for (i = 0; name[i]; i++) {
		if (i == sizeof(text))
			return 0;
		text[i] = name[i];
	}
	fourcc = DMARING_FOURCC(text[0], text[1], text[2], text[3]);
	return dmaring_format_find(fourcc) ? fourcc : 0;
}

static inline int dmaring_format_is_samples(const struct dmaring_format_row *row)
{
	return row->kind >= DMARING_KIND_SIGNED;
}

/**
 * dmaring_format_width_step() - of what the width is a multiple
 * @row: the format's.
 *
 * Return: 4 or 2 where pixels share bytes, else 1.
 */
static inline __u32 dmaring_format_width_step(const struct dmaring_format_row *row)
{
	if (row->storage == 10)
		return 4;
	if (row->storage == 12 || row->kind == DMARING_KIND_YUV)
		return 2;
	return 1;
}

/**
 * dmaring_format_height_step() - of what the height is a multiple
 * @row: the format's.
 *
 * Return: 2 where lines share bytes, else 1.
 */
static inline __u32 dmaring_format_height_step(const struct dmaring_format_row *row)
{
	return row->order == DMARING_ORDER_NV12 ? 2 : 1;
}

/**
 * dmaring_format_line_bytes() - bytes of a line without padding
 * @row:      the format's.
 * @width:    pixels, or samples of each channel; a multiple of its step.
 * @channels: 1 for pixels.
 *
 * Return: bytes, which may be more than 32 bits have.
 */
static inline __u64 dmaring_format_line_bytes(const struct dmaring_format_row *row,
					      __u32 width, __u32 channels)
{
	/* At most 64 bits of a sample, and 16 of a count of channels. */
	return (__u64)width * (channels & 0xffff) *
	       (__u32)(row->components * row->storage) / 8;
}

/**
 * dmaring_format_frame_bytes() - bytes of a whole frame
 * @row:            the format's.
 * @bytes_per_line: with padding.
 * @height:         lines; a multiple of its step.
 *
 * Return: bytes, which may be more than 32 bits have; of a frame that has more than
 * 64 bits can say, the most that they can.
 */
static inline __u64 dmaring_format_frame_bytes(const struct dmaring_format_row *row,
					       __u32 bytes_per_line, __u32 height)
{
	__u64 bytes = (__u64)bytes_per_line * height, most = ~(__u64)0;

	if (row->order != DMARING_ORDER_NV12)
		return bytes;
	return bytes > most - bytes / 2 ? most : bytes + bytes / 2;
}

/**
 * dmaring_format_counted() - how many of what its rate counts a frame has
 * @format: the frame's.
 *
 * Return: samples of a channel, or 1 where the rate is of frames.
 */
static inline __u32 dmaring_format_counted(const struct dmaring_format *format)
{
	const struct dmaring_format_row *row =
		dmaring_format_find(format->pixelformat);

	return row && dmaring_format_is_samples(row) && format->width ?
		       format->width : 1;
}

#endif /* DMARING_FORMAT_H */
