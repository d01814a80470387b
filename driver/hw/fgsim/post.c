// SPDX-License-Identifier: GPL-2.0-only
/* The posted ring: buffers on their way to the card. */
#include <linux/module.h>

#include "fgsim.h"

unsigned int fgsim_segment_bytes;
module_param_named(segment_bytes, fgsim_segment_bytes, uint, 0444);
MODULE_PARM_DESC(segment_bytes, "post a buffer in segments of so many bytes (default 0: as it is)");

/* The card is stopped: forget all buffers. */
void fgsim_post_reset(struct fgsim *fgsim)
{
	fgsim->post_head = 0;
	fgsim->post_freed = 0;
	fgsim->done = fgsim->posted;
	fgsim_set32(fgsim->regs->driver.post_head, 0);
}

static void write_entry(struct fgsim *fgsim, u32 at, u64 addr, u32 bytes,
			bool more)
{
	struct fgsim_post *entry =
		&fgsim->regs->post[at % FGSIM_POST_ENTRIES];

	fgsim_set64(entry->cookie, fgsim->posted);
	fgsim_set64(entry->addr, addr);
	fgsim_set32(entry->bytes, bytes);
	fgsim_set32(entry->flags, more ? FGSIM_POST_MORE : 0);
}

static u32 piece_bytes(const struct dmaring_segment *segment)
{
	return min_t(size_t, segment->bytes, fgsim_segment_bytes ?: U32_MAX);
}

static u32 count_entries(const struct dmaring_segment *segments,
			 unsigned int count)
{
	u32 entries = 0;
	unsigned int i;

	if (!fgsim_segment_bytes)
		return count;
	for (i = 0; i < count; i++)
		entries += DIV_ROUND_UP(segments[i].bytes,
					fgsim_segment_bytes);
	return entries;
}

static void write_buffer(struct fgsim *fgsim,
			 const struct dmaring_segment *segments, u32 entries)
{
	struct dmaring_segment left = *segments;
	u32 i, bytes;

	for (i = 0; i < entries; i++) {
		if (!left.bytes)
			left = *++segments;
		bytes = piece_bytes(&left);
		write_entry(fgsim, fgsim->post_head + i, left.addr, bytes,
			    i + 1 < entries);
		left.addr += bytes;
		left.bytes -= bytes;
	}
}

int fgsim_arm(void *hw, u32 index, const struct dmaring_segment *segments,
	      unsigned int count)
{
	struct fgsim *fgsim = hw;
	struct fgsim_slot *slot =
		&fgsim->slots[fgsim->posted % FGSIM_POST_ENTRIES];
	u32 entries = count_entries(segments, count);
	/* Pairs with fgsim_drain(): it has done with the slot. */
	u32 used = fgsim->post_head - smp_load_acquire(&fgsim->post_freed);

	if (entries > FGSIM_SEGMENTS_MAX)
		return -EINVAL;
	if (entries > FGSIM_POST_ENTRIES - used)
		return -EBUSY;
	write_buffer(fgsim, segments, entries);
	fgsim->post_head += entries;
	slot->index = index;
	slot->end = fgsim->post_head;
	/* Pairs with fgsim_drain(): the slot is there before its cookie. */
	smp_store_release(&fgsim->posted, fgsim->posted + 1);
	return 0;
}

/* One look of the card at the ring for all that was posted. */
void fgsim_kick(void *hw)
{
	struct fgsim *fgsim = hw;

	dma_wmb();	/* a, in regs.h */
	fgsim_set32(fgsim->regs->driver.post_head, fgsim->post_head);
	virt_mb();	/* b */
	if (fgsim_get32(fgsim->regs->card.post_notify))
		fgsim_ring(fgsim);
}
