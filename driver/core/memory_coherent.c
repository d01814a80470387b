// SPDX-License-Identifier: GPL-2.0-only
/*
 * Coherent memory: dma_alloc_coherent(), one segment.
 *
 * What lies behind the address is the DMA API's business: a block of the page
 * allocator, single pages side by side for the kernel only (behind an IOMMU),
 * uncached pages (a device that is not coherent).  So which pages there are is
 * asked of the DMA API, too.
 */
#include <linux/dma-map-ops.h>
#include <linux/dma-mapping.h>
#include <linux/iommu.h>
#include <linux/scatterlist.h>

#include <compat.h>

#include "memory.h"

/* Blocks to put aside in search of one that the card can reach. */
#define ASIDE_MAX		16384

static bool behind_iommu(struct device *dev)
{
	struct iommu_domain *domain = iommu_get_domain_for_dev(dev);

	return domain && (domain->type & __IOMMU_DOMAIN_PAGING);
}

static bool alloc(struct dmaring_memory *memory)
{
	memory->cpu = dma_alloc_coherent(memory->dev, memory->bytes,
					 &memory->one.addr,
					 GFP_KERNEL | __GFP_NORETRY |
					 __GFP_NOWARN);
	memory->one.bytes = memory->bytes;
	memory->segments = &memory->one;
	memory->segment_count = 1;
	return memory->cpu;
}

/*
 * The page allocator knows zones, not DMA masks.  With a mask within a zone it
 * offers blocks that the card cannot reach although there are others.  Put
 * aside what it would offer until it offers a block within the mask.
 *
 * Return: false if there is no such block, or little is left.
 */
static bool set_aside(const struct dmaring_memory *memory,
		      struct list_head *aside)
{
	unsigned int order = get_order(memory->bytes), tries;
	u64 mask = dma_get_mask(memory->dev);
	gfp_t zone = mask <= DMA_BIT_MASK(32) ? GFP_DMA32 : 0;
	struct page *page;

	if (order > MAX_PAGE_ORDER || behind_iommu(memory->dev))
		return false;
	for (tries = 0; tries < ASIDE_MAX; tries++) {
		if (dmaring_memory_available() < DMARING_RESERVE_MIN)
			return false;
		page = alloc_pages(GFP_KERNEL | zone | __GFP_NORETRY |
				   __GFP_NOWARN, order);
		if (!page)
			return false;
		if (page_to_phys(page) + memory->bytes - 1 <= mask) {
			__free_pages(page, order);
			return true;
		}
		list_add(&page->lru, aside);
		cond_resched();
	}
	return false;
}

static bool coherent_alloc(struct dmaring_memory *memory,
			   struct list_head *aside)
{
	return alloc(memory) || (set_aside(memory, aside) && alloc(memory));
}

static void coherent_put_back(struct list_head *aside, size_t bytes)
{
	struct page *page, *next;

	list_for_each_entry_safe(page, next, aside, lru) {
		list_del(&page->lru);
		__free_pages(page, get_order(bytes));
		cond_resched();
	}
}

static u32 coherent_limit(struct device *dev, size_t bytes)
{
	struct page *page;

	if (behind_iommu(dev))
		return dmaring_memory_available() < bytes ?
			       DMARING_LIMIT_MEMORY : DMARING_LIMIT_IOVA;
	if (get_order(bytes) > MAX_PAGE_ORDER)
		return DMARING_LIMIT_ORDER;
	/* Memory that anybody may have: if there is some, the mask is at fault. */
	page = alloc_pages(GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN,
			   get_order(bytes));
	if (!page)
		return DMARING_LIMIT_MEMORY;
	__free_pages(page, get_order(bytes));
	return DMARING_LIMIT_DMA_MASK;
}

static void coherent_free(struct dmaring_memory *memory)
{
	dma_free_coherent(memory->dev, memory->bytes, memory->cpu,
			  memory->one.addr);
	memory->cpu = NULL;
}

static void *coherent_address(const struct dmaring_memory *memory,
			      size_t offset, size_t *bytes)
{
	*bytes = memory->bytes - offset;
	return memory->cpu + offset;
}

static int coherent_pages(const struct dmaring_memory *memory,
			  struct sg_table *table)
{
	return dma_get_sgtable(memory->dev, table, memory->cpu,
			       memory->one.addr, memory->bytes);
}

static pgprot_t coherent_protect(struct device *dev, pgprot_t prot)
{
	/* Uncached for the card's sake means uncached for everybody. */
	return dev_is_dma_coherent(dev) ? prot : pgprot_dmacoherent(prot);
}

const struct dmaring_memory_kind dmaring_memory_coherent = {
	.name = "coherent",
	.alloc = coherent_alloc,
	.put_back = coherent_put_back,
	.limit = coherent_limit,
	.free = coherent_free,
	.address = coherent_address,
	.pages = coherent_pages,
	.protect = coherent_protect,
};
