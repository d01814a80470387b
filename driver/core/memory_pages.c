// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pages: blocks of the page allocator, which the DMA API maps for the card.
 *
 * What is mapped into a process are the pages themselves.  So whatever takes
 * references to a program's memory takes them to a frame: O_DIRECT, io_uring,
 * vmsplice(2), MSG_ZEROCOPY, RDMA.  Such a reference may outlive the mapping and
 * the process, see quarantine.c.
 *
 * Each block is a compound page, whose head counts all references to it: one is
 * ours, and there is one for each page that is mapped.
 */
#include <linux/dma-map-ops.h>
#include <linux/dma-mapping.h>
#include <linux/log2.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>

#include <compat.h>

#include "memory.h"

/* Blocks that an IOMMU may have to join. */
#define BLOCKS_JOINED_MAX	512

/* Pages that are handed over to be mapped in one go. */
#define MAP_BATCH	64

static struct page *block_page(const struct dmaring_memory *memory,
			       unsigned int block)
{
	return sg_page(&memory->blocks[block]);
}

/* --------------------------------------------------------------- alloc, free */

static void put_blocks(struct dmaring_memory *memory)
{
	while (memory->block_count)
		put_page(block_page(memory, --memory->block_count));
	kvfree(memory->blocks);
	memory->blocks = NULL;
}

/* As many blocks of this size as it takes, the last one as small as can be. */
static bool get_blocks(struct dmaring_memory *memory, size_t block_bytes,
		       const struct dmaring_memory_limits *limits,
		       struct list_head *aside)
{
	unsigned int count = DIV_ROUND_UP(memory->bytes, block_bytes);
	size_t left = memory->bytes, bytes;
	struct page *page;

	memory->block_bytes = block_bytes;
	memory->block_count = 0;
	memory->cpu = NULL;
	memory->blocks = kvcalloc(count, sizeof(*memory->blocks),
				  GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN);
	if (!memory->blocks)
		return false;
	sg_init_table(memory->blocks, count);
	for (; left; left -= bytes) {
		bytes = min(left, block_bytes);
		page = dmaring_block_alloc(memory->dev, bytes, limits, aside);
		if (!page) {
			put_blocks(memory);
			return false;
		}
		sg_set_page(&memory->blocks[memory->block_count++], page,
			    bytes, 0);
	}
	if (count == 1)
		memory->cpu = page_address(block_page(memory, 0));
	return true;
}

/* No frame waits that the CPU has not seen; others may have written since. */
static void unmap(struct dmaring_memory *memory)
{
	dma_unmap_sg_attrs(memory->dev, memory->blocks, memory->block_count,
			   memory->direction, DMA_ATTR_SKIP_CPU_SYNC);
}

/* Behind an IOMMU it may become fewer segments than blocks. */
static bool map_for_card(struct dmaring_memory *memory,
			 const struct dmaring_memory_limits *limits)
{
	unsigned int count;

	count = dma_map_sg(memory->dev, memory->blocks, memory->block_count,
			   memory->direction);
	if (!count)
		return false;
	if (!dmaring_segments_list(memory, memory->blocks, count, 0, limits)) {
		if (!dmaring_memory_bounced(memory))
			return true;
		dmaring_segments_free(memory);
	}
	unmap(memory);
	return false;
}

static bool try_blocks(struct dmaring_memory *memory, size_t block_bytes,
		       const struct dmaring_memory_limits *limits,
		       struct list_head *aside)
{
	if (!get_blocks(memory, block_bytes, limits, aside))
		return false;
	/* Only what is kept, and before it is the card's. */
	dmaring_memory_clear(memory);
	if (map_for_card(memory, limits))
		return true;
	put_blocks(memory);
	return false;
}

/*
 * Most blocks that can become so many segments.  Whoever looks at the references
 * to a buffer looks at each block.
 */
static size_t most_blocks(struct device *dev, unsigned int max_segments)
{
	return dmaring_behind_iommu(dev) ?
		       max_t(size_t, max_segments, BLOCKS_JOINED_MAX) :
		       max_segments;
}

/*
 * The largest blocks that there are.  Where these are used up, smaller ones do
 * as long as the card can gather them, and nobody looks for larger ones again.
 */
static bool pages_alloc(struct dmaring_memory *memory,
			struct dmaring_memory_limits *limits,
			struct list_head *aside)
{
	size_t most = most_blocks(memory->dev, limits->max_segments), bytes;

	bytes = min(limits->block_bytes, roundup_pow_of_two(memory->bytes));
	for (; bytes >= PAGE_SIZE; bytes /= 2) {
		if (DIV_ROUND_UP(memory->bytes, bytes) > most)
			return false;
		if (try_blocks(memory, bytes, limits, aside)) {
			limits->block_bytes = bytes;
			return true;
		}
	}
	return false;
}

static u32 pages_limit(struct device *dev, size_t bytes,
		       const struct dmaring_memory_limits *limits)
{
	size_t segments = DIV_ROUND_UP(bytes, dma_get_max_seg_size(dev));

	if (dmaring_behind_iommu(dev)) {
		if (segments > limits->max_segments)
			return DMARING_LIMIT_SEGMENTS;
		return dmaring_memory_available() < bytes ?
			       DMARING_LIMIT_MEMORY : DMARING_LIMIT_IOVA;
	}
	if (DIV_ROUND_UP(bytes, limits->block_bytes) > limits->max_segments)
		return limits->max_segments == 1 ? DMARING_LIMIT_ORDER :
						   DMARING_LIMIT_SEGMENTS;
	return dmaring_block_limit(min(bytes, limits->block_bytes));
}

static void pages_free(struct dmaring_memory *memory)
{
	dmaring_segments_free(memory);
	unmap(memory);
	put_blocks(memory);
}

/* ----------------------------------------------------- for kernel and process */

static struct dmaring_span pages_span(const struct dmaring_memory *memory,
				      size_t offset)
{
	unsigned int block = offset / memory->block_bytes;
	size_t into = offset % memory->block_bytes;

	return (struct dmaring_span) {
		.at = page_address(block_page(memory, block)) + into,
		.bytes = memory->blocks[block].length - into,
	};
}

/* For files that may not write, which map it by page frame numbers. */
static int pages_list(const struct dmaring_memory *memory,
		      struct sg_table *table)
{
	struct scatterlist *sg;
	unsigned int i;
	int err;

	err = sg_alloc_table(table, memory->block_count, GFP_KERNEL);
	if (err)
		return err;
	for_each_sgtable_sg(table, sg, i)
		sg_set_page(sg, block_page(memory, i), memory->blocks[i].length,
			    0);
	return 0;
}

static struct page *pages_page(const struct dmaring_memory *memory,
			       unsigned long page)
{
	unsigned long of_block = memory->block_bytes >> PAGE_SHIFT;

	return block_page(memory, page / of_block) + page % of_block;
}

static int pages_map(const struct dmaring_memory *memory,
		     struct vm_area_struct *vma, unsigned long address,
		     unsigned long first, unsigned long count)
{
	struct page *pages[MAP_BATCH];
	unsigned long i, batch, left;
	int err;

	for (; count; count -= batch, first += batch) {
		batch = min_t(unsigned long, count, MAP_BATCH);
		left = batch;
		for (i = 0; i < batch; i++)
			pages[i] = pages_page(memory, first + i);
		err = vm_insert_pages(vma, address, pages, &left);
		if (err)
			return err;
		address += batch << PAGE_SHIFT;
		cond_resched();
	}
	return 0;
}

static bool pages_referenced(const struct dmaring_memory *memory)
{
	unsigned int i;

	for (i = 0; i < memory->block_count; i++)
		if (page_ref_count(block_page(memory, i)) != 1)
			return true;
	return false;
}

static int pages_keep(const struct dmaring_memory *memory,
		      struct dmaring_memory *copy)
{
	unsigned int i;

	copy->blocks = kvcalloc(memory->block_count, sizeof(*copy->blocks),
				GFP_KERNEL_ACCOUNT);
	if (!copy->blocks)
		return -ENOMEM;
	sg_init_table(copy->blocks, memory->block_count);
	for (i = 0; i < memory->block_count; i++) {
		get_page(block_page(memory, i));
		sg_set_page(&copy->blocks[i], block_page(memory, i),
			    memory->blocks[i].length, 0);
	}
	copy->kind = memory->kind;
	copy->bytes = memory->bytes;
	copy->cpu = memory->cpu;
	copy->block_count = memory->block_count;
	copy->block_bytes = memory->block_bytes;
	return 0;
}

/* -------------------------------------------------------------- card and CPU */

static void pages_to_card(const struct dmaring_memory *memory)
{
	dma_sync_sg_for_device(memory->dev, memory->blocks, memory->block_count,
			       memory->direction);
}

static void pages_to_cpu(const struct dmaring_memory *memory)
{
	dma_sync_sg_for_cpu(memory->dev, memory->blocks, memory->block_count,
			    memory->direction);
}

const struct dmaring_memory_kind dmaring_memory_pages = {
	.name = "pages",
	.id = DMARING_MEMORY_PAGES,
	.caps = DMARING_CAP_DIRECT_IO |
		(IS_ENABLED(CONFIG_DMA_SHARED_BUFFER) ? DMARING_CAP_EXPORT : 0),
	.blocks = true,
	.alloc = pages_alloc,
	.limit = pages_limit,
	.free = pages_free,
	.span = pages_span,
	.pages = pages_list,
	.map = pages_map,
	.referenced = pages_referenced,
	.keep = pages_keep,
	.let_go = put_blocks,
	.to_card = pages_to_card,
	.to_cpu = pages_to_cpu,
};
