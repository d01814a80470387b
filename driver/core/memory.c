// SPDX-License-Identifier: GPL-2.0-only
/* What is the same for every kind of memory: blocks of pages, and zeroes. */
#include <linux/dma-mapping.h>
#include <linux/gfp.h>
#include <linux/iommu.h>
#include <linux/sched.h>
#include <linux/string.h>

#include <compat.h>

#include "memory.h"

/* Blocks to put aside in search of one that the card can reach. */
#define ASIDE_MAX		16384

static const struct dmaring_memory_kind * const kinds[] = {
	&dmaring_memory_coherent,
	&dmaring_memory_pages,
};

/* The kind of that name, which the operator wrote; NULL: there is none. */
const struct dmaring_memory_kind *dmaring_memory_find(const char *name)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		if (sysfs_streq(name, kinds[i]->name))
			return kinds[i];
	return NULL;
}

/* Make it zeroes.  The card does not write it; process context. */
void dmaring_memory_clear(const struct dmaring_memory *memory)
{
	size_t offset, bytes;
	void *at;

	for (offset = 0; offset < memory->bytes; offset += bytes) {
		at = memory->kind->address(memory, offset, &bytes);
		memset(at, 0, bytes);
		cond_resched();
	}
}

bool dmaring_behind_iommu(struct device *dev)
{
	struct iommu_domain *domain = iommu_get_domain_for_dev(dev);

	return domain && (domain->type & __IOMMU_DOMAIN_PAGING);
}

static bool in_reach(struct device *dev, struct page *page, size_t bytes)
{
	return page_to_phys(page) + bytes - 1 <= dma_get_mask(dev) ||
	       dmaring_behind_iommu(dev);
}

/**
 * dmaring_block_alloc() - pages side by side that the card can reach
 * @dev:   the card.
 * @bytes: how many, at most PAGE_SIZE << MAX_PAGE_ORDER.
 * @aside: blocks that were offered and that it cannot reach.
 *
 * The page allocator knows zones, not DMA masks.  With a mask within a zone it
 * offers blocks that the card cannot reach although there are others.  So what it
 * would offer is put aside until it offers one within the mask.
 *
 * Return: the first page of a compound one that is not zeroed; NULL if there is
 * no such block, or little is left.
 */
struct page *dmaring_block_alloc(struct device *dev, size_t bytes,
				 struct list_head *aside)
{
	bool low = dma_get_mask(dev) <= DMA_BIT_MASK(32) &&
		   !dmaring_behind_iommu(dev);
	gfp_t gfp = GFP_KERNEL | __GFP_COMP | __GFP_NORETRY | __GFP_NOWARN |
		    (low ? GFP_DMA32 : 0);
	struct page *page;
	unsigned int tries;

	for (tries = 0; tries < ASIDE_MAX; tries++) {
		if (tries && dmaring_memory_available() < DMARING_RESERVE_MIN)
			break;
		page = alloc_pages_node(dev_to_node(dev), gfp, get_order(bytes));
		if (!page || in_reach(dev, page, bytes))
			return page;
		list_add(&page->lru, aside);
		cond_resched();
	}
	return NULL;
}

void dmaring_blocks_put_back(struct list_head *aside)
{
	struct page *page, *next;

	list_for_each_entry_safe(page, next, aside, lru) {
		list_del(&page->lru);
		__free_pages(page, compound_order(page));
		cond_resched();
	}
}

/* There was no block of that size within the mask: an enum dmaring_pool_limit. */
u32 dmaring_block_limit(size_t bytes)
{
	struct page *page;

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
