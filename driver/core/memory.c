// SPDX-License-Identifier: GPL-2.0-only
/* What is the same for every kind of memory: segments, blocks of pages, zeroes. */
#include <linux/dma-map-ops.h>
#include <linux/dma-mapping.h>
#include <linux/gfp.h>
#include <linux/iommu.h>
#include <linux/ktime.h>
#include <linux/scatterlist.h>
#include <linux/sched.h>
#include <linux/slab.h>
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
	struct dmaring_span span;
	size_t offset;

	for (offset = 0; offset < memory->bytes; offset += span.bytes) {
		span = dmaring_memory_span(memory, offset);
		/* Memory that is lent, and nobody's to erase. */
		if (WARN_ON_ONCE(!span.bytes))
			return;
		memset(span.at, 0, span.bytes);
		cond_resched();
	}
}

/* ---------------------------------------------------------------- segments */

/* Where the piece ends that begins there, and has so many bytes at most. */
static size_t piece_bytes(u64 addr, size_t bytes,
			  const struct dmaring_limits *card)
{
	size_t most = bytes;

	if (card->segment_bytes)
		most = min_t(size_t, most, card->segment_bytes);
	if (card->boundary)
		most = min_t(u64, most,
			     card->boundary - (addr & (card->boundary - 1)));
	return most;
}

/* Can a buffer be so large, if its memory lies as well as can be? */
bool dmaring_memory_may_fit(size_t bytes,
			    const struct dmaring_memory_limits *limits)
{
	size_t most = piece_bytes(0, bytes, &limits->card);

	return DIV_ROUND_UP(bytes, most) <= limits->max_segments;
}

/* Write the pieces of a run to @to, or only count them. */
static unsigned int cut_run(struct dmaring_segment *to, u64 addr, size_t bytes,
			    const struct dmaring_limits *card)
{
	unsigned int count = 0;
	size_t part;

	for (; bytes; bytes -= part, addr += part, count++) {
		part = piece_bytes(addr, bytes, card);
		if (to)
			to[count] = (struct dmaring_segment) {
				.addr = addr,
				.bytes = part,
			};
	}
	return count;
}

/**
 * struct part - what is left of the part of a list that is a buffer's memory
 * @skip:  bytes before it.
 * @bytes: its bytes.
 */
struct part {
	u64 skip;
	size_t bytes;
};

/* What of the next entry belongs to it; no bytes: nothing. */
static struct dmaring_segment next_run(struct part *part,
				       struct scatterlist *sg)
{
	u64 skip = min_t(u64, part->skip, sg_dma_len(sg));
	struct dmaring_segment run = {
		.addr = sg_dma_address(sg) + skip,
		.bytes = min_t(u64, part->bytes, sg_dma_len(sg) - skip),
	};

	part->skip -= skip;
	part->bytes -= run.bytes;
	return run;
}

/* How many segments it takes; or a negative errno. */
static int count_segments(const struct dmaring_memory *memory,
			  struct scatterlist *sg, unsigned int count,
			  u64 offset, const struct dmaring_memory_limits *limits)
{
	u32 unaligned = (limits->card.align ?: 1) - 1;
	struct part part = { offset, memory->bytes };
	struct dmaring_segment run;
	unsigned int pieces = 0;

	for (; count && part.bytes; count--, sg = sg_next(sg)) {
		run = next_run(&part, sg);
		if ((run.addr | run.bytes) & unaligned)
			return -EINVAL;
		pieces += cut_run(NULL, run.addr, run.bytes, &limits->card);
		if (pieces > limits->max_segments)
			return -E2BIG;
	}
	return part.bytes ? -EINVAL : pieces;
}

/**
 * dmaring_segments_list() - note down where the DMA API has put some memory
 * @memory: has no segments yet; also told whether card and CPU see it alike.
 * @sg:     the first entry, mapped for the device.
 * @count:  entries, as the DMA API told.
 * @offset: where in them the memory begins.
 * @limits: what a segment may be like, and how many there may be.
 *
 * Return: 0, for dmaring_segments_free(); -E2BIG if it takes more segments than
 * there may be; -EINVAL if one would not be aligned, or the entries do not cover
 * the memory; -ENOMEM.
 */
int dmaring_segments_list(struct dmaring_memory *memory,
			  struct scatterlist *sg, unsigned int count,
			  u64 offset, const struct dmaring_memory_limits *limits)
{
	int pieces = count_segments(memory, sg, count, offset, limits);
	struct part part = { offset, memory->bytes };
	struct dmaring_segment run, *to;

	if (pieces < 0)
		return pieces;
	memory->segments = &memory->one;
	if (pieces > 1)
		memory->segments = kvmalloc_array(pieces,
						  sizeof(*memory->segments),
						  GFP_KERNEL | __GFP_NORETRY |
						  __GFP_NOWARN);
	if (!memory->segments)
		return -ENOMEM;
	memory->segment_count = pieces;
	memory->sync = false;
	for (to = memory->segments; part.bytes; sg = sg_next(sg)) {
		run = next_run(&part, sg);
		to += cut_run(to, run.addr, run.bytes, &limits->card);
		memory->sync |= run.bytes && dma_need_sync(memory->dev, run.addr);
	}
	return 0;
}

void dmaring_segments_free(struct dmaring_memory *memory)
{
	if (memory->segments != &memory->one)
		kvfree(memory->segments);
	memory->segments = NULL;
}

/*
 * Does the DMA API copy it somewhere else, because the card cannot reach it or
 * somebody wants that for all cards?  Then the card would not write our pages.
 */
bool dmaring_memory_bounced(const struct dmaring_memory *memory)
{
	return memory->sync && dev_is_dma_coherent(memory->dev) &&
	       !dmaring_behind_iommu(memory->dev);
}

/* ------------------------------------------------------------------- blocks */

bool dmaring_behind_iommu(struct device *dev)
{
	struct iommu_domain *domain = iommu_get_domain_for_dev(dev);

	return domain && (domain->type & __IOMMU_DOMAIN_PAGING);
}

/* The highest address that the card, and the bus it is on, can reach. */
static u64 reach(struct device *dev)
{
	return min_not_zero(dma_get_mask(dev), dev->bus_dma_limit);
}

/* Can it write there itself? */
bool dmaring_in_reach(struct device *dev, phys_addr_t at, size_t bytes)
{
	return at + bytes - 1 <= reach(dev) || dmaring_behind_iommu(dev);
}

/*
 * How hard the page allocator tries.  Large blocks it makes by moving what lies in
 * the way; small ones there are, or there is no memory.  It kills nobody.
 */
gfp_t dmaring_memory_effort(const struct dmaring_memory_limits *limits,
			    size_t bytes)
{
	bool hard = get_order(bytes) > PAGE_ALLOC_COSTLY_ORDER &&
		    ktime_get_ns() < limits->until_ns;

	return GFP_KERNEL | __GFP_NOWARN |
	       (hard ? __GFP_RETRY_MAYFAIL : __GFP_NORETRY);
}

/**
 * dmaring_block_alloc() - pages side by side that the card can reach
 * @dev:    the card.
 * @bytes:  how many, at most PAGE_SIZE << MAX_PAGE_ORDER.
 * @limits: tells how hard to try.
 * @aside:  blocks that were offered and that it cannot reach.
 *
 * The page allocator knows zones, not DMA masks.  With a mask within a zone it
 * offers blocks that the card cannot reach although there are others.  So what it
 * would offer is put aside until it offers one within the mask.
 *
 * Return: the first page of a compound one that is not zeroed; NULL if there is
 * no such block, or little is left.
 */
struct page *dmaring_block_alloc(struct device *dev, size_t bytes,
				 const struct dmaring_memory_limits *limits,
				 struct list_head *aside)
{
	bool low = reach(dev) <= DMA_BIT_MASK(32) &&
		   !dmaring_behind_iommu(dev);
	struct page *page;
	gfp_t gfp;
	unsigned int tries;

	for (tries = 0; tries < ASIDE_MAX; tries++) {
		if (tries && dmaring_memory_available() < DMARING_RESERVE_MIN)
			break;
		gfp = dmaring_memory_effort(limits, bytes) | __GFP_COMP |
		      (low ? GFP_DMA32 : 0);
		page = alloc_pages_node(dev_to_node(dev), gfp, get_order(bytes));
		if (!page ||
		    dmaring_in_reach(dev, page_to_phys(page), bytes))
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
