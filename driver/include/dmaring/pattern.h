/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note OR MIT */
/*
 * Test patterns: what a simulated sensor puts into a frame.
 *
 * Hardware drivers include this header to fill frames with a pattern.
 * Applications include it to recompute every byte and compare.  Each byte
 * depends on nothing but the pattern, the width, the frame's sequence number
 * and the byte's offset in the frame.  So a chunk in the wrong place, a stale
 * chunk of an earlier frame or a frame in the wrong buffer cannot look right.
 *
 * A stream with DMARING_CAP_TEST_PATTERN says in frame.hw_meta which pattern
 * (enum dmaring_pattern) the frame has.  dmaring_pattern_check_frame() compares a
 * frame of any format.
 *
 * Frames of format GREY, and raw bytes, are made of dmaring_pattern_byte(); the
 * width is that of info.format, or 1 where the format has no lines.  In all other
 * formats each component of a pixel has a value of its own.  So the picture is the
 * same in all of them, as far as they have its bits and its colours.
 */
#ifndef DMARING_PATTERN_H
#define DMARING_PATTERN_H

#include <linux/types.h>

#include <dmaring/format.h>

/**
 * enum dmaring_pattern - how a test frame is filled
 * @DMARING_PATTERN_RAMP:  a diagonal ramp that moves with the sequence number.
 * @DMARING_PATTERN_NOISE: pseudo-random bytes, others in every frame.
 * @DMARING_PATTERN_ZONE:  a zone plate whose rings run outwards, to look at.
 * @DMARING_PATTERN_COUNT: number of patterns.
 * @DMARING_PATTERN_NONE:  hw_meta of a frame that can be compared with none, such
 *                         as one of another brightness; as any number from
 *                         COUNT on.
 */
enum dmaring_pattern {
	DMARING_PATTERN_RAMP	= 0,
	DMARING_PATTERN_NOISE	= 1,
	DMARING_PATTERN_ZONE	= 2,
	DMARING_PATTERN_COUNT	= 3,
	DMARING_PATTERN_NONE	= 0x7fffffff,
};

/* For an array of names by enum dmaring_pattern: what parameters call them. */
#define DMARING_PATTERN_NAMES			\
	[DMARING_PATTERN_RAMP] = "ramp",	\
	[DMARING_PATTERN_NOISE] = "noise",	\
	[DMARING_PATTERN_ZONE] = "zone"

/* The finalizer of splitmix64 (Steele, Lea, Flood: "Fast splittable
 * pseudorandom number generators", OOPSLA 2014): every input bit reaches every
 * output bit.
 */
static inline __u64 dmaring_pattern_mix(__u64 x)
{
	x += 0x9e3779b97f4a7c15ULL;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
	return x ^ (x >> 31);
}

/**
 * dmaring_pattern_byte() - one byte of a test frame
 * @pattern:  enum dmaring_pattern; any other value counts as NOISE.
 * @width:    bytes of a line, at least 1; only ZONE uses it.
 * @sequence: sequence number of the frame.
 * @offset:   offset of the byte in the frame.
 *
 * Return: the byte.
 */
static inline __u8 dmaring_pattern_byte(__u32 pattern, __u32 width,
					__u64 sequence, __u32 offset)
{
	__u64 word;

	switch (pattern) {
	case DMARING_PATTERN_RAMP:
		return (__u8)(offset + (offset >> 8) + (offset >> 16) +
			      (offset >> 24) + 37 * sequence);
	case DMARING_PATTERN_ZONE: {
		/* The centre is at a fixed distance from the top left, so that
		 * the height does not matter.
		 */
		__u32 x = offset % width, y = offset / width;
		__u32 dx = x > width / 2 ? x - width / 2 : width / 2 - x;
		__u32 dy = y > width / 3 ? y - width / 3 : width / 3 - y;
		__u32 phase = (dx * dx + dy * dy) / 4 - (__u32)(11 * sequence);

		phase &= 0x1ff;
		return (__u8)(phase & 0x100 ? 0x1ff - phase : phase);
	}
	default:
		word = dmaring_pattern_mix(sequence * 0x100000000ULL + offset / 8);
		return (__u8)(word >> (8 * (offset % 8)));
	}
}

/**
 * dmaring_pattern_fill() - fill a part of a test frame
 * @dst:      where to put the bytes.
 * @pattern:  enum dmaring_pattern.
 * @width:    bytes of a line; 0 counts as 1.
 * @sequence: sequence number of the frame.
 * @offset:   offset in the frame of the first byte.
 * @bytes:    how many bytes.
 */
static inline void dmaring_pattern_fill(void *dst, __u32 pattern, __u32 width,
					__u64 sequence, __u32 offset, __u32 bytes)
{
	__u8 *to = (__u8 *)dst;
	__u32 i;

	for (i = 0; i < bytes; i++)
		to[i] = dmaring_pattern_byte(pattern, width ? width : 1,
					     sequence, offset + i);
}

/**
 * dmaring_pattern_check() - compare a test frame with what it should be
 * @src:      the frame.
 * @pattern:  enum dmaring_pattern.
 * @width:    bytes of a line; 0 counts as 1.
 * @sequence: sequence number of the frame.
 * @bytes:    bytes of the frame.
 *
 * Return: the offset of the first wrong byte; @bytes if all are right.
 */
static inline __u32 dmaring_pattern_check(const void *src, __u32 pattern,
					  __u32 width, __u64 sequence,
					  __u32 bytes)
{
	const __u8 *from = (const __u8 *)src;
	__u32 i;

	for (i = 0; i < bytes; i++)
		if (from[i] != dmaring_pattern_byte(pattern, width ? width : 1,
						    sequence, i))
			break;
	return i;
}

/* ------------------------------------------------------------ other formats */

/**
 * dmaring_pattern_value() - one component of one pixel or sample
 * @pattern:  enum dmaring_pattern; any other value counts as NOISE.
 * @width:    pixels of a line, at least 1.
 * @sequence: sequence number of the frame.
 * @pixel:    number of the pixel in the frame: line x width + column.
 * @part:     which component: 0 is brightness, or red, or the first channel's
 *            sample; 1 green or Cb, 2 blue or Cr; 1 and on: further samples.
 *
 * Return: 16 bits of it.  A format with fewer has the high ones.
 */
static inline __u32 dmaring_pattern_value(__u32 pattern, __u32 width,
					  __u64 sequence, __u32 pixel, __u32 part)
{
	__u32 high;

	if (pattern != DMARING_PATTERN_RAMP && pattern != DMARING_PATTERN_ZONE)
		return (__u32)dmaring_pattern_mix((sequence + part) * 0x100000000ULL +
						  pixel) & 0xffff;
	high = dmaring_pattern_byte(pattern, width, sequence + 5 * part, pixel);
	if (pattern == DMARING_PATTERN_RAMP)
		return high << 8 | ((31 * pixel + 7 * part) & 0xff);
	return high << 8 | high;
}

/* (@value - 0x8000) / 0x8000 as IEEE 754 has it, without a unit for that. */
static inline __u32 dmaring_pattern_float(__u32 value)
{
	__u32 sign = value < 0x8000 ? 0x80000000U : 0;
	__u32 size = sign ? 0x8000 - value : value - 0x8000;
	__u32 exponent = 127;

	if (!size)
		return 0;
	for (; size < 0x8000; size <<= 1)
		exponent--;
	return sign | exponent << 23 | (size & 0x7fff) << 8;
}

/* The component as it is in memory, the low byte first. */
static inline __u32 dmaring_pattern_word(const struct dmaring_format_row *row,
					 __u32 value)
{
	if (row->kind == DMARING_KIND_FLOAT)
		return dmaring_pattern_float(value);
	if (dmaring_format_is_samples(row))
		value ^= 0x8000;
	return row->bits == 32 ? value << 16 | value : value >> (16 - row->bits);
}

/* What colour a place of a mosaic has: 0 red, 1 green, 2 blue. */
static inline __u32 dmaring_pattern_mosaic(__u8 order, __u32 x, __u32 y)
{
	static const __u8 colours[][4] = {
		{ 2, 1, 1, 0 }, { 1, 2, 0, 1 }, { 1, 0, 2, 1 }, { 0, 1, 1, 2 },
	};

	return colours[order - DMARING_ORDER_BGGR][y % 2 * 2 + x % 2];
}

/* As bright as the pattern is: a factor with 16 bits behind the point. */
#define DMARING_PATTERN_BRIGHT	0x10000U

/* @value x @bright, or the greatest that there is. */
static inline __u32 dmaring_pattern_scale(__u32 value, __u32 bright, __u32 most)
{
	__u64 scaled = ((__u64)value * bright) >> 16;

	return scaled < most ? (__u32)scaled : most;
}

/**
 * struct dmaring_pattern_at - a place in a frame
 * @row:      its format's; NULL: the frame is made of dmaring_pattern_byte().
 * @format:   its format.
 * @pattern:  enum dmaring_pattern.
 * @bright:   how bright it is.
 * @sequence: the frame's.
 * @y:        the line.
 */
struct dmaring_pattern_at {
	const struct dmaring_format_row *row;
	const struct dmaring_format *format;
	__u32 pattern;
	__u32 bright;
	__u64 sequence;
	__u32 y;
};

/*
 * More light makes values greater, and more gain the distance of samples from 0,
 * which is in the middle; a colour stays what it is.
 */
static inline __u32 dmaring_pattern_light(const struct dmaring_pattern_at *at,
					  __u32 value, __u32 part)
{
	if (at->bright == DMARING_PATTERN_BRIGHT ||
	    (at->row->kind == DMARING_KIND_YUV && part))
		return value;
	if (!dmaring_format_is_samples(at->row))
		return dmaring_pattern_scale(value, at->bright, 0xffff);
	if (value >= 0x8000)
		return 0x8000 + dmaring_pattern_scale(value - 0x8000, at->bright,
						      0x7fff);
	return 0x8000 - dmaring_pattern_scale(0x8000 - value, at->bright, 0x8000);
}

/* The component @part of the pixel @x in the line, as it is in memory. */
static inline __u32 dmaring_pattern_component(const struct dmaring_pattern_at *at,
					      __u32 x, __u32 part)
{
	__u32 width = at->format->width;
	__u32 value = dmaring_pattern_value(at->pattern, width, at->sequence,
					    at->y * width + x, part);

	return dmaring_pattern_word(at->row,
				    dmaring_pattern_light(at, value, part));
}

/* The only component of a pixel. */
static inline __u32 dmaring_pattern_pixel(const struct dmaring_pattern_at *at,
					  __u32 x)
{
	__u32 part = at->row->kind == DMARING_KIND_BAYER ?
			     dmaring_pattern_mosaic(at->row->order, x, at->y) : 0;

	return dmaring_pattern_component(at, x, part);
}

/* Packed: @shared pixels, a byte each, and one with the low bits of all. */
static inline __u8 dmaring_pattern_packed(const struct dmaring_pattern_at *at,
					  __u32 offset)
{
	__u32 low = at->row->bits - 8, shared = 8 / low;
	__u32 x = offset / (shared + 1) * shared, k = offset % (shared + 1), i;
	__u32 byte = 0;

	if (k < shared)
		return (__u8)(dmaring_pattern_pixel(at, x + k) >> low);
	for (i = 0; i < shared; i++)
		byte |= (dmaring_pattern_pixel(at, x + i) & ((1U << low) - 1))
			<< (i * low);
	return (__u8)byte;
}

/* Bytes of 2 pixels with brightness each and colours together. */
static inline __u8 dmaring_pattern_yuv(const struct dmaring_pattern_at *at,
				       __u32 offset)
{
	__u32 bright = at->row->order == DMARING_ORDER_UYVY;

	if (offset % 2 == bright)
		return (__u8)dmaring_pattern_component(at, offset / 2, 0);
	return (__u8)dmaring_pattern_component(at, offset / 4 * 2,
					       1 + offset % 4 / 2);
}

/* Of NV12; @at->y counts the lines of both planes. */
static inline __u8 dmaring_pattern_planar(struct dmaring_pattern_at *at,
					  __u32 offset)
{
	if (at->y < at->format->height)
		return (__u8)dmaring_pattern_component(at, offset, 0);
	at->y = (at->y - at->format->height) * 2;
	return (__u8)dmaring_pattern_component(at, offset & ~1U, 1 + offset % 2);
}

/* Components that have bytes of their own. */
static inline __u8 dmaring_pattern_words(const struct dmaring_pattern_at *at,
					 __u32 offset)
{
	__u32 bytes = at->row->storage / 8;
	__u32 parts = at->row->components * at->format->channels;
	__u32 number = offset / bytes, shift = offset % bytes * 8, x, part;

	if (parts <= 1)
		return (__u8)(dmaring_pattern_pixel(at, number) >> shift);
	x = number / parts;
	part = number % parts;
	if (at->row->order == DMARING_ORDER_BGR)
		part = 2 - part;
	return (__u8)(dmaring_pattern_component(at, x, part) >> shift);
}

/* The byte at an offset in the line; what pads it is 0. */
static inline __u8 dmaring_pattern_line_byte(struct dmaring_pattern_at *at,
					     __u32 offset)
{
	if (offset >= dmaring_format_line_bytes(at->row, at->format->width,
						at->format->channels))
		return 0;
	if (at->row->order == DMARING_ORDER_NV12)
		return dmaring_pattern_planar(at, offset);
	if (at->row->kind == DMARING_KIND_YUV)
		return dmaring_pattern_yuv(at, offset);
	if (at->row->storage % 8)
		return dmaring_pattern_packed(at, offset);
	return dmaring_pattern_words(at, offset);
}

/* NULL: the frame is made of dmaring_pattern_byte(). */
static inline const struct dmaring_format_row *
dmaring_pattern_row(const struct dmaring_format *format)
{
	if (format->pixelformat == DMARING_PIXELFORMAT_GREY ||
	    !format->bytes_per_line || !format->width)
		return NULL;
	return dmaring_format_find(format->pixelformat);
}

static inline struct dmaring_pattern_at
dmaring_pattern_begin(__u32 pattern, const struct dmaring_format *format,
		      __u64 sequence, __u32 bright)
{
	struct dmaring_pattern_at at = { dmaring_pattern_row(format), format,
					 pattern, bright, sequence, 0 };

	return at;
}

static inline __u8 dmaring_pattern_byte_at(const struct dmaring_pattern_at *frame,
					   __u32 offset)
{
	struct dmaring_pattern_at at = *frame;
	__u32 line = at.format->bytes_per_line, width = at.format->width;
	__u8 grey;

	if (!at.row) {
		grey = dmaring_pattern_byte(at.pattern, width ? width : 1,
					    at.sequence, offset);
		return (__u8)dmaring_pattern_scale(grey, at.bright, 0xff);
	}
	at.y = offset / line;
	return dmaring_pattern_line_byte(&at, offset % line);
}

/**
 * dmaring_pattern_frame_byte() - one byte of a test frame of any format
 * @pattern:  enum dmaring_pattern.
 * @format:   the frame's.
 * @sequence: sequence number of the frame.
 * @offset:   offset of the byte in the frame.
 *
 * Return: the byte.
 */
static inline __u8 dmaring_pattern_frame_byte(__u32 pattern,
					      const struct dmaring_format *format,
					      __u64 sequence, __u32 offset)
{
	struct dmaring_pattern_at at =
		dmaring_pattern_begin(pattern, format, sequence,
				      DMARING_PATTERN_BRIGHT);

	return dmaring_pattern_byte_at(&at, offset);
}

/**
 * dmaring_pattern_fill_bright() - fill a part of a test frame, with more light or less
 * @dst:      where to put the bytes.
 * @pattern:  enum dmaring_pattern.
 * @format:   the frame's.
 * @sequence: sequence number of the frame.
 * @bright:   what values are multiplied by, in units of
 *            1 / %DMARING_PATTERN_BRIGHT.  With any but that the frame is no
 *            pattern any more: hw_meta is %DMARING_PATTERN_NONE.
 * @offset:   offset in the frame of the first byte.
 * @bytes:    how many bytes.
 */
static inline void
dmaring_pattern_fill_bright(void *dst, __u32 pattern,
			    const struct dmaring_format *format, __u64 sequence,
			    __u32 bright, __u32 offset, __u32 bytes)
{
	struct dmaring_pattern_at at =
		dmaring_pattern_begin(pattern, format, sequence, bright);
	__u8 *to = (__u8 *)dst;
	__u32 i;

	if (!at.row && bright == DMARING_PATTERN_BRIGHT) {
		dmaring_pattern_fill(dst, pattern, format->width, sequence,
				     offset, bytes);
		return;
	}
	for (i = 0; i < bytes; i++)
		to[i] = dmaring_pattern_byte_at(&at, offset + i);
}

/**
 * dmaring_pattern_fill_frame() - fill a part of a test frame of any format
 * @dst:      where to put the bytes.
 * @pattern:  enum dmaring_pattern.
 * @format:   the frame's.
 * @sequence: sequence number of the frame.
 * @offset:   offset in the frame of the first byte.
 * @bytes:    how many bytes.
 */
static inline void dmaring_pattern_fill_frame(void *dst, __u32 pattern,
					      const struct dmaring_format *format,
					      __u64 sequence, __u32 offset,
					      __u32 bytes)
{
	dmaring_pattern_fill_bright(dst, pattern, format, sequence,
				    DMARING_PATTERN_BRIGHT, offset, bytes);
}

/**
 * dmaring_pattern_check_piece() - compare a part of a test frame of any format
 * @src:      the part.
 * @pattern:  enum dmaring_pattern.
 * @format:   the frame's.
 * @sequence: sequence number of the frame.
 * @offset:   offset in the frame of the first byte.
 * @bytes:    how many bytes.
 *
 * Return: where in the part the first wrong byte is; @bytes if all are right.
 */
static inline __u32
dmaring_pattern_check_piece(const void *src, __u32 pattern,
			    const struct dmaring_format *format, __u64 sequence,
			    __u32 offset, __u32 bytes)
{
	struct dmaring_pattern_at at =
		dmaring_pattern_begin(pattern, format, sequence,
				      DMARING_PATTERN_BRIGHT);
	const __u8 *from = (const __u8 *)src;
	__u32 i;

	for (i = 0; i < bytes; i++)
		if (from[i] != dmaring_pattern_byte_at(&at, offset + i))
			break;
	return i;
}

/**
 * dmaring_pattern_check_frame() - compare a test frame of any format
 * @src:      the frame.
 * @pattern:  enum dmaring_pattern.
 * @format:   its format.
 * @sequence: its sequence number.
 * @bytes:    its bytes.
 *
 * Return: the offset of the first wrong byte; @bytes if all are right.
 */
static inline __u32
dmaring_pattern_check_frame(const void *src, __u32 pattern,
			    const struct dmaring_format *format, __u64 sequence,
			    __u32 bytes)
{
	return dmaring_pattern_check_piece(src, pattern, format, sequence, 0,
					   bytes);
}

#endif /* DMARING_PATTERN_H */
