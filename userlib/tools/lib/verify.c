// SPDX-License-Identifier: MIT
#include "verify.h"

#include <dmaring/pattern.h>
#include <err.h>

static void say_length(const struct dmaring_frame *frame,
		       const struct dmaring_format *format)
{
	warnx("frame %llu is corrupt: it has %u bytes, should have %u",
	      (unsigned long long)frame->sequence, frame->bytes_used,
	      format->frame_bytes);
}

static void say_byte(const struct dmaring_frame *frame, __u32 offset, __u8 is,
		     __u8 should_be)
{
	warnx("frame %llu is corrupt: byte %u is 0x%02x, should be 0x%02x",
	      (unsigned long long)frame->sequence, offset, is, should_be);
}

static void say_none(const struct dmaring_frame *frame)
{
	warnx("frame %llu cannot be verified: the card says that it has no test pattern; 'dmaring controls' shows how it is set",
	      (unsigned long long)frame->sequence);
}

bool verify_frame(const struct dmaring_frame *frame, const void *data,
		  const struct dmaring_format *format, bool say_it)
{
	__u32 pattern = frame->hw_meta;
	__u32 offset;

	if (frame->bytes_used != format->frame_bytes) {
		if (say_it)
			say_length(frame, format);
		return false;
	}
	if (frame->hw_meta >= DMARING_PATTERN_COUNT) {
		if (say_it)
			say_none(frame);
		return false;
	}
	offset = dmaring_pattern_check_frame(data, pattern, format,
					     frame->sequence,
					     frame->bytes_used);
	if (offset == frame->bytes_used)
		return true;
	if (say_it)
		say_byte(frame, offset, ((const __u8 *)data)[offset],
			 dmaring_pattern_frame_byte(pattern, format,
						    frame->sequence, offset));
	return false;
}
