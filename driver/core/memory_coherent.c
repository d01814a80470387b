// SPDX-License-Identifier: GPL-2.0-only
/*
 * Coherent memory: dma_alloc_coherent(), in one piece for the card, but for its
 * limits.
 *
 * What lies behind the address is the DMA API's business: a block of the page
 * allocator, single pages side by side for the kernel only (behind an IOMMU),
 * uncached pages (a device that is not coherent).  So which pages there are is
 * asked of the DMA API, too.
 */
#include <linux/dma-map-ops.h>
#include <linux/dma-mapping.h>
#include <linux/scatterlist.h>

#include <compat.h>

#include "memory.h"

static void release(struct dmaring_memory *memory, dma_addr_t addr)
{
	dma_free_coherent(memory->dev, memory->bytes, memory->cpu, addr);
	memory->cpu = NULL;
}

static bool alloc(struct dmaring_memory *memory,
		  const struct dmaring_memory_limits *limits)
{
	struct scatterlist whole;
	dma_addr_t addr;

	memory->cpu = dma_alloc_coherent(memory->dev, memory->bytes, &addr,
					 dmaring_memory_effort(limits,
							       memory->bytes));
	if (!memory->cpu)
		return false;
	sg_init_table(&whole, 1);
	sg_dma_address(&whole) = addr;
	sg_dma_len(&whole) = memory->bytes;
	if (!dmaring_segments_list(memory, &whole, 1, 0, limits)) {
		memory->sync = false;
		return true;
	}
	release(memory, addr);
	return false;
}

/*
 * The DMA API does not look further than the first block that it is offered:
 * put aside what it would get until there is one within the mask.
 */
static bool set_aside(const struct dmaring_memory *memory,
		      const struct dmaring_memory_limits *limits,
		      struct list_head *aside)
{
	struct page *page;

	if (get_order(memory->bytes) > MAX_PAGE_ORDER ||
	    dmaring_behind_iommu(memory->dev))
		return false;
	page = dmaring_block_alloc(memory->dev, memory->bytes, limits, aside);
	if (page)
		__free_pages(page, get_order(memory->bytes));
	return page;
}

static bool coherent_alloc(struct dmaring_memory *memory,
			   struct dmaring_memory_limits *limits,
			   struct list_head *aside)
{
	return alloc(memory, limits) ||
	       (set_aside(memory, limits, aside) && alloc(memory, limits));
}

static u32 coherent_limit(struct device *dev, size_t bytes,
			  const struct dmaring_memory_limits *limits)
{
	if (dmaring_behind_iommu(dev))
		return dmaring_memory_available() < bytes ?
			       DMARING_LIMIT_MEMORY : DMARING_LIMIT_IOVA;
	return dmaring_block_limit(bytes);
}

static void coherent_free(struct dmaring_memory *memory)
{
	dma_addr_t addr = memory->segments->addr;

	dmaring_segments_free(memory);
	release(memory, addr);
}

static int coherent_pages(const struct dmaring_memory *memory,
			  struct sg_table *table)
{
	return dma_get_sgtable(memory->dev, table, memory->cpu,
			       memory->segments->addr, memory->bytes);
}

static pgprot_t coherent_protect(struct device *dev, pgprot_t prot)
{
	/* Uncached for the card's sake means uncached for everybody. */
	return dev_is_dma_coherent(dev) ? prot : pgprot_dmacoherent(prot);
}

const struct dmaring_memory_kind dmaring_memory_coherent = {
	.name = "coherent",
	.id = DMARING_MEMORY_COHERENT,
	.alloc = coherent_alloc,
	.limit = coherent_limit,
	.free = coherent_free,
	.pages = coherent_pages,
	.protect = coherent_protect,
};
