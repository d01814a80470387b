// SPDX-License-Identifier: GPL-2.0-only
/*
 * A frame: what the source writes and the sink compares, what it says of it, and
 * what is wrong with it.
 */
#include <linux/math64.h>
#include <linux/module.h>
#include <linux/string.h>

#include "virt.h"

#define VIRT_CLOCK_AHEAD	0x123456789abcdefULL

static ulong mismatches;
module_param(mismatches, ulong, 0444);
MODULE_PARM_DESC(mismatches, "playback: frames that were not as the pattern (to be read)");

/* The faults that come after so many frames each; is there any? */
static unsigned int overrun_every;
static unsigned int bad_every;
static unsigned int error_every;
static unsigned int truncate_every;
static unsigned int discard_every;
bool virt_faulty;

static int fault_set(const char *text, const struct kernel_param *param)
{
	int err = param_set_uint(text, param);
	/* Parameters of a module are set one at a time. */
	bool any = overrun_every || bad_every || error_every ||
		   truncate_every || discard_every;

	WRITE_ONCE(virt_faulty, any);
	return err;
}

static const struct kernel_param_ops fault_ops = {
	.set = fault_set,
	.get = param_get_uint,
};

module_param_cb(overrun_every, &fault_ops, &overrun_every, 0644);
MODULE_PARM_DESC(overrun_every, "fault: lose a burst of frames after so many (0: never)");

static unsigned int overrun_frames = 1;
module_param(overrun_frames, uint, 0644);
MODULE_PARM_DESC(overrun_frames, "fault: how many frames overrun_every loses (default 1)");

module_param_cb(bad_every, &fault_ops, &bad_every, 0644);
MODULE_PARM_DESC(bad_every, "fault: complete buffers that do not exist or are not armed, and impossible lengths, after so many frames (0: never)");

module_param_cb(error_every, &fault_ops, &error_every, 0644);
MODULE_PARM_DESC(error_every, "fault: mark every so many-th frame as damaged (0: never)");

module_param_cb(truncate_every, &fault_ops, &truncate_every, 0644);
MODULE_PARM_DESC(truncate_every, "fault: cut every so many-th frame in half, and say so (0: never)");

module_param_cb(discard_every, &fault_ops, &discard_every, 0644);
MODULE_PARM_DESC(discard_every, "fault: give a buffer back without a frame after so many (0: never)");

static unsigned int clock_hertz;
module_param(clock_hertz, uint, 0444);
MODULE_PARM_DESC(clock_hertz, "frames are stamped by a counter that counts so often a second (0: there is none)");

static unsigned int clock_bits = 64;
module_param(clock_bits, uint, 0444);
MODULE_PARM_DESC(clock_bits, "bits of that counter (default 64)");

static bool metadata;
module_param(metadata, bool, 0444);
MODULE_PARM_DESC(metadata, "1: frames have metadata, which tells of their number (default 0)");

static unsigned int bare_every;
module_param(bare_every, uint, 0644);
MODULE_PARM_DESC(bare_every, "every so many-th frame has no metadata (0: all have)");

/* Fields of metadata, and their table with a mistake in one row: for tests. */
static char *meta_mistake = "";
module_param(meta_mistake, charp, 0444);
MODULE_PARM_DESC(meta_mistake, "fault: a row of the table that is wrong, which the core refuses: type, offset, align, name or twice (default: none)");

const char *const virt_pattern_names[VIRT_PATTERNS] = {
	DMARING_PATTERN_NAMES,
	[VIRT_PATTERN_OFF] = "off",
};

/* Does more need to be done for a frame than to fill it? */
bool virt_is_special(const struct virt *virt)
{
	return virt->playback || clock_hertz || metadata ||
	       virt->bright != DMARING_PATTERN_BRIGHT;
}

static bool every(const struct virt *virt, unsigned int frames)
{
	return frames && virt->made % frames == 0;
}

/* Perhaps this one is to be given back as it is, for another one. */
bool virt_may_discard(struct virt *virt, u32 *index)
{
	if (!virt->made || !every(virt, READ_ONCE(discard_every)))
		return true;
	dmaring_discard(virt->stream, *index);
	return virt_get_armed(virt, index);
}

/* Apart from what a frame without a pattern costs. */
static noinline void fill_pattern(struct virt *virt, u32 index)
{
	u32 bytes = virt->format.frame_bytes, offset, part;
	struct dmaring_span span;

	for (offset = 0; offset < bytes; offset += part) {
		span = dmaring_buffer_span(virt->stream, index, offset);
		part = min_t(size_t, span.bytes, bytes - offset);
		dmaring_pattern_fill_bright(span.at, virt->pattern,
					    &virt->format, virt->sequence,
					    virt->bright, offset, part);
	}
}

/* The same where the first bytes of a buffer are not all in one piece. */
static noinline void fill_number_by_bytes(struct virt *virt, u32 index)
{
	u32 bytes = min_t(u32, sizeof(u64), virt->format.frame_bytes), i;
	struct dmaring_span span;

	for (i = 0; i < bytes; i++) {
		span = dmaring_buffer_span(virt->stream, index, i);
		*(u8 *)span.at = ((const u8 *)&virt->sequence)[i];
	}
}

/* So that nobody is content with a card that writes nothing. */
static __always_inline void fill_number(struct virt *virt, u32 index)
{
	struct dmaring_span span = dmaring_buffer_span(virt->stream, index, 0);

	if (likely(span.bytes >= sizeof(u64)))
		memcpy(span.at, &virt->sequence, sizeof(u64));
	else
		fill_number_by_bytes(virt, index);
}

static __always_inline void fill(struct virt *virt, u32 index)
{
	if (virt->pattern == VIRT_PATTERN_OFF)
		fill_number(virt, index);
	else
		fill_pattern(virt, index);
}

/* The counter of a card, which has been on for longer than we know. */
static u64 read_counter(void)
{
	u64 ticks = mul_u64_u32_div(ktime_get_ns(), clock_hertz, NSEC_PER_SEC);

	return (ticks + VIRT_CLOCK_AHEAD) & GENMASK_ULL(clock_bits - 1, 0);
}

static void stamp(struct virt *virt, struct dmaring_completion *frame)
{
	if (!dmaring_card_time(virt->stream, read_counter(),
			       &frame->timestamp_ns))
		frame->flags |= DMARING_FRAME_HW_TIMESTAMP;
}

/* The offset of the first byte that is not as the pattern; @bytes if all are. */
static u32 check_pattern(struct virt *virt, u32 index, u32 bytes)
{
	struct dmaring_span span;
	u32 offset, part, right;

	for (offset = 0; offset < bytes; offset += part) {
		span = dmaring_buffer_span(virt->stream, index, offset);
		part = min_t(size_t, span.bytes, bytes - offset);
		right = dmaring_pattern_check_piece(span.at, virt->pattern,
						    &virt->format, virt->taken,
						    offset, part);
		if (right < part)
			return offset + right;
	}
	return bytes;
}

/* As a card that sends a frame. */
static noinline void take_frame(struct virt *virt, u32 index,
				struct dmaring_completion *frame)
{
	u32 bytes = dmaring_frame_bytes(virt->stream, index);

	frame->bytes_used = bytes;
	frame->hw_meta = bytes;
	if (virt->pattern != VIRT_PATTERN_OFF)
		frame->hw_meta = check_pattern(virt, index, bytes);
	if (frame->hw_meta != bytes) {
		frame->flags = DMARING_FRAME_ERROR;
		WRITE_ONCE(mismatches, mismatches + 1);
	}
	virt->taken++;
}

/* Completions that make no sense; @index is armed, and lost by the last one. */
static void lie(struct virt *virt, u32 index)
{
	struct dmaring_completion frame = { .bytes_used = 1 };

	dmaring_complete(virt->stream, U32_MAX, &frame);
	frame.bytes_used = U32_MAX;
	dmaring_complete(virt->stream, index, &frame);
	frame.bytes_used = 1;
	dmaring_complete(virt->stream, index, &frame);
}

/* What is wrong with this frame.  True if there is none: the buffer was lost. */
static noinline bool spoil(struct virt *virt, u32 index,
			   struct dmaring_completion *frame)
{
	if (every(virt, READ_ONCE(bad_every))) {
		lie(virt, index);
		virt_ask_for_sequence(virt);
		return true;
	}
	if (every(virt, READ_ONCE(error_every)))
		frame->flags |= DMARING_FRAME_ERROR;
	if (every(virt, READ_ONCE(truncate_every))) {
		frame->flags |= DMARING_FRAME_TRUNCATED;
		frame->bytes_used /= 2;
	}
	return false;
}

static noinline void lose_burst(struct virt *virt)
{
	if (!every(virt, READ_ONCE(overrun_every)))
		return;
	dmaring_overrun(virt->stream, READ_ONCE(overrun_frames));
	virt_ask_for_sequence(virt);
}

/**
 * struct virt_meta - what it says of a frame; counter and encoder follow from its number
 * @frame_counter: the frame's sequence number.
 * @timestamp_ns:  when it was made.
 * @exposure_ns:   how long it was exposed.
 * @encoder:       where the object was.
 */
struct virt_meta {
	u64 frame_counter;
	u64 timestamp_ns;
	u32 exposure_ns;
	s32 encoder;
};

static const struct dmaring_hw_meta meta_fields[VIRT_META_FIELDS] = {
	{ "FrameCounter", NULL, DMARING_META_U64,
	  offsetof(struct virt_meta, frame_counter) },
	{ "Timestamp", "ns", DMARING_META_U64,
	  offsetof(struct virt_meta, timestamp_ns) },
	{ "ExposureTime", "ns", DMARING_META_U32,
	  offsetof(struct virt_meta, exposure_ns) },
	{ "EncoderValue", "counts", DMARING_META_S32,
	  offsetof(struct virt_meta, encoder) },
};

static void tell_meta(const struct virt *virt, struct virt_meta *meta)
{
	*meta = (struct virt_meta) {
		.frame_counter = virt->sequence,
		.timestamp_ns = ktime_get_ns(),
		.exposure_ns = virt->exposure_us * (u32)NSEC_PER_USEC,
		.encoder = -(s32)((u32)virt->sequence % 100000),
	};
}

/* With a fault, for a sink, with metadata or with a clock of its own. */
static noinline void make_special(struct virt *virt, u32 index,
				  struct dmaring_completion *frame)
{
	struct virt_meta meta;

	if (READ_ONCE(virt_faulty) && spoil(virt, index, frame))
		return;
	if (metadata && !every(virt, READ_ONCE(bare_every))) {
		tell_meta(virt, &meta);
		frame->meta = &meta;
	}
	if (virt->playback)
		take_frame(virt, index, frame);
	else
		fill(virt, index);
	if (!virt->playback && virt->pattern != VIRT_PATTERN_OFF &&
	    virt->bright != DMARING_PATTERN_BRIGHT)
		frame->hw_meta = DMARING_PATTERN_NONE;
	if (clock_hertz)
		stamp(virt, frame);
	dmaring_complete(virt->stream, index, frame);
	virt->sequence++;
	if (READ_ONCE(virt_faulty))
		lose_burst(virt);
}

/* One frame into an armed buffer. */
void virt_make_frame(struct virt *virt, u32 index)
{
	struct dmaring_completion frame = {
		.bytes_used = virt->format.frame_bytes,
		.hw_meta = virt->pattern,
	};

	virt->made++;
	if (unlikely(READ_ONCE(virt_faulty) || virt->special)) {
		make_special(virt, index, &frame);
		return;
	}
	fill(virt, index);
	dmaring_complete(virt->stream, index, &frame);
	virt->sequence++;
}

/* ----------------------------------------------------------- to be declared */

int virt_read_clock(void *hw, u64 *ticks)
{
	*ticks = read_counter();
	return 0;
}

/* The table, perhaps with a mistake in its third row. */
static void offer_meta(struct dmaring_config *config,
		       struct dmaring_hw_meta table[VIRT_META_FIELDS])
{
	struct dmaring_hw_meta *row = &table[2];

	memcpy(table, meta_fields, sizeof(meta_fields));
	if (!strcmp(meta_mistake, "type"))
		row->type = 99;
	else if (!strcmp(meta_mistake, "offset"))
		row->offset = sizeof(struct virt_meta);
	else if (!strcmp(meta_mistake, "align"))
		row->offset = 2;
	else if (!strcmp(meta_mistake, "name"))
		row->name = "ExposureTimeOfTheCameraInNanoseconds";
	else if (!strcmp(meta_mistake, "twice"))
		row->name = table[0].name;
	config->meta_fields = table;
	config->meta_field_count = VIRT_META_FIELDS;
	config->meta_bytes = sizeof(struct virt_meta);
}

/* What frames come with. */
void virt_offer(struct dmaring_config *config,
		struct dmaring_hw_meta table[VIRT_META_FIELDS])
{
	config->clock_hertz = clock_hertz;
	config->clock_bits = clock_bits;
	if (metadata)
		offer_meta(config, table);
}
