/* SPDX-License-Identifier: MIT */
/* Frames without what pads their lines. */
#ifndef FRAME_PACK_H
#define FRAME_PACK_H

#include <libdmaring.h>
#include <stdbool.h>

/**
 * struct frame_pack - a format, and room for a frame
 * @is:     what a frame consists of.
 * @lines:  of it, the outermost dimension.
 * @line:   bytes of one, without padding.
 * @pitch:  bytes from one to the next.
 * @bytes:  of a packed frame.
 * @packed: room for it.
 */
struct frame_pack {
	struct dmaring_format_description is;
	uint64_t lines;
	uint64_t line;
	uint64_t pitch;
	uint64_t bytes;
	uint8_t *packed;
};

/* Return: 0 or a negative errno, all said. */
int frame_pack_open(struct frame_pack *pack, const struct dmaring_format *format);

static inline bool frame_pack_is_padded(const struct frame_pack *pack)
{
	return pack->pitch != pack->line;
}

/* Of the first @used bytes of a frame, how many are left? */
uint64_t frame_pack_bytes(const struct frame_pack *pack, uint64_t used);

/* Return: the frame itself where nothing has to be done; what a short one lacks is 0. */
const void *frame_pack(struct frame_pack *pack, const void *data, uint64_t used);

void frame_pack_close(struct frame_pack *pack);

#endif /* FRAME_PACK_H */
