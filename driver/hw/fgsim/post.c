// SPDX-License-Identifier: GPL-2.0-only
/* The posted ring: buffers on their way to the card. */
#include "fgsim.h"

/* The card is stopped: forget all buffers. */
void fgsim_post_reset(struct fgsim *fgsim)
{
	fgsim->post_head = 0;
	fgsim->post_freed = 0;
	fgsim->done = fgsim->posted;
	fgsim_set32(fgsim->regs->driver.post_head, 0);
}

/*
 * Which segments have the first @bytes: how many, and how much of the last one is
 * among them.
 */
static unsigned int cut(const struct dmaring_segment *segments,
			unsigned int count, size_t bytes, size_t *last)
{
	unsigned int i;

	for (i = 0; i + 1 < count && segments[i].bytes < bytes; i++)
		bytes -= segments[i].bytes;
	*last = min(segments[i].bytes, bytes);
	return i + 1;
}

static void write_entry(struct fgsim *fgsim, u32 at, dma_addr_t addr,
			size_t bytes, bool more)
{
	struct fgsim_post *entry =
		&fgsim->regs->post[at % FGSIM_POST_ENTRIES];

	fgsim_set64(entry->cookie, fgsim->posted);
	fgsim_set64(entry->addr, addr);
	fgsim_set32(entry->bytes, bytes);
	fgsim_set32(entry->flags, more ? FGSIM_POST_MORE : 0);
}

int fgsim_arm(void *hw, u32 index, const struct dmaring_segment *segments,
	      unsigned int count)
{
	struct fgsim *fgsim = hw;
	struct fgsim_slot *slot =
		&fgsim->slots[fgsim->posted % FGSIM_POST_ENTRIES];
	/* Pairs with fgsim_drain(): it has done with the slot. */
	u32 used = fgsim->post_head - smp_load_acquire(&fgsim->post_freed);
	size_t last = segments[count - 1].bytes;
	unsigned int i;

	if (unlikely(fgsim->playback))
		count = cut(segments, count,
			    dmaring_frame_bytes(fgsim->stream, index), &last);
	if (count > FGSIM_POST_ENTRIES - used)
		return -EBUSY;
	for (i = 0; i + 1 < count; i++)
		write_entry(fgsim, fgsim->post_head + i, segments[i].addr,
			    segments[i].bytes, true);
	write_entry(fgsim, fgsim->post_head + i, segments[i].addr, last, false);
	fgsim->post_head += count;
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
