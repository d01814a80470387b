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
 * (enum dmaring_pattern) the frame has.  The width is that of info.format, or 1
 * where the format has no lines.
 */
#ifndef DMARING_PATTERN_H
#define DMARING_PATTERN_H

#include <linux/types.h>

/**
 * enum dmaring_pattern - how a test frame is filled
 * @DMARING_PATTERN_RAMP:  a diagonal ramp that moves with the sequence number.
 * @DMARING_PATTERN_NOISE: pseudo-random bytes, others in every frame.
 * @DMARING_PATTERN_ZONE:  a zone plate whose rings run outwards, to look at.
 * @DMARING_PATTERN_COUNT: number of patterns.
 */
enum dmaring_pattern {
	DMARING_PATTERN_RAMP	= 0,
	DMARING_PATTERN_NOISE	= 1,
	DMARING_PATTERN_ZONE	= 2,
	DMARING_PATTERN_COUNT	= 3,
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

#endif /* DMARING_PATTERN_H */
