// SPDX-License-Identifier: GPL-2.0-only
/*
 * The pool: how many buffers a stream gets, of which size, and why not more.
 * They are allocated once, when the card is bound; of what, a kind of memory
 * knows (memory.h).
 */
#include <linux/dma-mapping.h>
#include <linux/gfp.h>
#include <linux/ktime.h>
#include <linux/log2.h>
#include <linux/module.h>
#include <linux/sched/signal.h>
#include <linux/sizes.h>
#include <linux/slab.h>

#include <compat.h>

#include "internal.h"

/* frame.bytes_used has 32 bits. */
#define BUFFER_SIZE_MAX		SZ_2G

/* The page allocator has no larger ones. */
#define BLOCK_SIZE_MAX		(PAGE_SIZE << MAX_PAGE_ORDER)

/*
 * Of what is available at load, leave at least this part to the system, even
 * with reserve_mib=0, and no less than this: "until the allocator fails" has
 * panicked small machines.
 */
#define RESERVE_FRACTION	16
/* To bind a card takes so much longer at most, where memory is in pieces. */
#define COMPACT_NS		(10ULL * NSEC_PER_SEC)

/* Of the reserve, so much is tried out. */
#define RESERVE_TRIED_BYTES	SZ_256M

static int param_set_size(const char *text, const struct kernel_param *param)
{
	char *end;
	unsigned long long size = memparse(text, &end);

	if (*end == '\n')
		end++;
	if (end == text || *end || size > BUFFER_SIZE_MAX)
		return -EINVAL;
	*(unsigned long *)param->arg = size;
	return 0;
}

const struct kernel_param_ops dmaring_param_size_ops = {
	.set = param_set_size,
	.get = param_get_ulong,
};
EXPORT_SYMBOL_GPL(dmaring_param_size_ops);

const char *dmaring_limit_name(u32 limit)
{
	static const char * const names[] = {
		[DMARING_LIMIT_NONE] = "none",
		[DMARING_LIMIT_CAP] = "cap",
		[DMARING_LIMIT_MEMORY] = "memory",
		[DMARING_LIMIT_DMA_MASK] = "dma_mask",
		[DMARING_LIMIT_IOVA] = "iova",
		[DMARING_LIMIT_ORDER] = "order",
		[DMARING_LIMIT_COUNT] = "count",
		[DMARING_LIMIT_SEGMENTS] = "segments",
	};

	return names[limit];
}

/* What helps against each limit, for the line that says that there is no pool. */
static const char *limit_advice(u32 limit)
{
	switch (limit) {
	case DMARING_LIMIT_CAP:
		return "lower reserve_mib= or buffer_size=, or free memory";
	case DMARING_LIMIT_MEMORY:
		return "lower buffer_size=, load the driver early at boot, or set fallback=1";
	case DMARING_LIMIT_DMA_MASK:
		return "no free memory the card can address; lower buffer_size= or use an IOMMU";
	case DMARING_LIMIT_ORDER:
		return "no block is that large; lower buffer_size=, set fallback=1 or use an IOMMU";
	case DMARING_LIMIT_SEGMENTS:
		return "the card gathers fewer pieces; raise block_size= or lower buffer_size=";
	default:
		return "lower buffer_size= or buffers=";
	}
}

/* Bytes to leave to the system. */
static u64 reserve_bytes(u64 available, unsigned int reserve_mib)
{
	return max3((u64)reserve_mib << 20,
		    div_u64(available, RESERVE_FRACTION),
		    (u64)DMARING_RESERVE_MIN);
}

/* Give back pages that were only held. */
static void free_held(struct list_head *held)
{
	struct page *page, *next;

	list_for_each_entry_safe(page, next, held, lru) {
		list_del(&page->lru);
		__free_page(page);
		cond_resched();
	}
}

static bool buf_alloc(struct dmaring_pool *pool, struct dmaring_buf *buf,
		      struct list_head *aside)
{
	buf->memory = (struct dmaring_memory) {
		.kind = pool->kind,
		.dev = pool->dev,
		.direction = pool->direction,
		.bytes = pool->buffer_size,
	};
	return pool->kind->alloc(&buf->memory, &pool->limits, aside);
}

static void buf_free(struct dmaring_buf *buf)
{
	buf->memory.kind->free(&buf->memory);
}

static struct dmaring_buf *last_buf(struct dmaring_pool *pool)
{
	return &pool->bufs[pool->count - 1];
}

/*
 * What counts as available is not always to be had: part of it lies in zones
 * kept for special wishes.  So take the reserve as any program would, and where
 * that fails give back a buffer.
 */
static void leave_reserve(struct dmaring_pool *pool, u64 bytes)
{
	u64 pages = min_t(u64, bytes, RESERVE_TRIED_BYTES) >> PAGE_SHIFT;
	struct page *page;
	LIST_HEAD(held);

	while (pages && pool->count) {
		page = alloc_page(GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN);
		if (page) {
			list_add(&page->lru, &held);
			pages--;
		} else {
			buf_free(last_buf(pool));
			pool->count--;
			pool->limit = DMARING_LIMIT_CAP;
		}
		cond_resched();
	}
	free_held(&held);
}

/*
 * Allocate until it is enough, a limit is hit or we are killed (-EINTR).  What
 * the kernel needs for a buffer besides its pages (page tables of an IOMMU, the
 * mapping, debugging) is not in @wanted, and for small ones it is a lot: look at
 * what is left, before others are killed for it.  Blocks put aside come back, and
 * only look like used ones.
 */
static int allocate(struct dmaring_pool *pool, u32 wanted, u64 reserve)
{
	struct dmaring_buf *buf;
	bool limited = false;
	LIST_HEAD(aside);
	int err = 0;

	while (pool->count < wanted) {
		if (fatal_signal_pending(current)) {
			err = -EINTR;
			break;
		}
		if (list_empty(&aside) && dmaring_memory_available() < reserve) {
			pool->limit = DMARING_LIMIT_CAP;
			break;
		}
		buf = &pool->bufs[pool->count];
		limited = !buf_alloc(pool, buf, &aside);
		if (limited)
			break;
		pool->count++;
		cond_resched();
	}
	dmaring_blocks_put_back(&aside);
	if (limited)
		pool->limit = pool->kind->limit(pool->dev, pool->buffer_size,
						&pool->limits);
	return err;
}

/* One rung of the ladder: as many buffers of this size as may and can be had. */
static int try_size(struct dmaring_pool *pool, size_t size, u64 available,
		    u64 reserve, const struct dmaring_config *config)
{
	u64 cap = available > reserve ? available - reserve : 0;
	u32 most = min_not_zero(config->limits.buffers, DMARING_BUFFERS_MAX);
	u32 wanted = pool->asked;

	pool->buffer_size = size;
	pool->limit = DMARING_LIMIT_NONE;
	if (!wanted || wanted > most) {
		wanted = most;
		pool->limit = DMARING_LIMIT_COUNT;
	}
	wanted += config->sink;
	if (wanted > div_u64(cap, size)) {
		wanted = div_u64(cap, size);
		pool->limit = DMARING_LIMIT_CAP;
	}
	if (!dmaring_memory_may_fit(size, &pool->limits)) {
		pool->limit = DMARING_LIMIT_SEGMENTS;
		return 0;
	}
	if (!wanted)
		return 0;
	pool->bufs = kvcalloc(wanted, sizeof(*pool->bufs), GFP_KERNEL);
	if (!pool->bufs)
		return -ENOMEM;
	return allocate(pool, wanted, reserve);
}

/* The last one is no buffer of the pool. */
static void keep_sink(struct dmaring_pool *pool)
{
	if (!pool->count)
		return;
	pool->count--;
	pool->sink = true;
}

/**
 * dmaring_pool_sync() - do card and CPU see any of it differently?
 * @pool: all its buffers are its own.
 */
void dmaring_pool_sync(struct dmaring_pool *pool)
{
	u32 i;

	pool->sync = false;
	for (i = 0; i < dmaring_pool_total(pool); i++)
		pool->sync |= pool->bufs[i].memory.sync;
	pool->special = pool->sync || pool->in_order;
}

/* What is known once all are there. */
static void sum_up(struct dmaring_pool *pool)
{
	const struct dmaring_memory *memory;
	u32 i;

	pool->by_pages = pool->kind->map;
	dmaring_pool_sync(pool);
	for (i = 0; i < dmaring_pool_total(pool); i++) {
		memory = &pool->bufs[i].memory;
		pool->most_segments = max(pool->most_segments,
					  memory->segment_count);
	}
}

static void report(const struct dmaring_pool *pool)
{
	u64 kib = (u64)pool->count * pool->buffer_size >> 10;
	char asked[16] = "as many as fit", kind[48] = "";
	bool mib = kib % SZ_1K == 0 || kib >= 16 * SZ_1K;

	if (pool->asked)
		snprintf(asked, sizeof(asked), "%u", pool->asked);
	if (pool->kind->blocks)
		snprintf(kind, sizeof(kind), " of %s in at most %u segments",
			 pool->kind->name, pool->most_segments);
	dev_info(pool->dev,
		 "pool: %u buffers of %zu KiB, %llu %s%s; asked for %s of %llu KiB; limit: %s; %llu ms\n",
		 pool->count, pool->buffer_size >> 10,
		 mib ? kib >> 10 : kib, mib ? "MiB" : "KiB", kind, asked,
		 pool->asked_size >> 10, dmaring_limit_name(pool->limit),
		 div_u64(pool->alloc_ns, NSEC_PER_MSEC));
}

static int check_params(const struct dmaring_pool *pool,
			const struct dmaring_pool_params *params,
			u32 frame_bytes)
{
	if (!params->buffer_size || params->buffer_size > BUFFER_SIZE_MAX) {
		dev_err(pool->dev, "buffer_size=%lu: must be 1 .. %llu bytes\n",
			params->buffer_size, (u64)BUFFER_SIZE_MAX);
		return -EINVAL;
	}
	if (frame_bytes > params->buffer_size) {
		dev_err(pool->dev,
			"buffer_size=%lu: a frame has %u bytes; raise buffer_size= or make frames smaller\n",
			params->buffer_size, frame_bytes);
		return -EINVAL;
	}
	if (params->buffers && params->min_buffers > params->buffers) {
		dev_err(pool->dev,
			"min_buffers=%u is more than buffers=%u asks for\n",
			params->min_buffers, params->buffers);
		return -EINVAL;
	}
	return 0;
}

static bool check_limits(struct dmaring_pool *pool,
			 const struct dmaring_limits *limits)
{
	u32 align = limits->align ?: 1;

	/* All memory begins with a page, and has whole ones. */
	if (is_power_of_2(align) && align <= PAGE_SIZE &&
	    limits->segment_bytes % align == 0 &&
	    (!limits->boundary || (is_power_of_2(limits->boundary) &&
				   limits->boundary >= align)))
		return true;
	dev_err(pool->dev,
		"limits of the card make no sense: align %u, segment_bytes %u, boundary %llu\n",
		limits->align, limits->segment_bytes, limits->boundary);
	return false;
}

/* Which kind of memory, in which blocks. */
static int choose_memory(struct dmaring_pool *pool,
			 const struct dmaring_config *config)
{
	const struct dmaring_pool_params *params = config->pool;
	unsigned long block = params->block_size;

	if (!check_limits(pool, &config->limits))
		return -EINVAL;
	if (config->sink && config->direction == DMARING_PLAYBACK) {
		dev_err(pool->dev, "a sink is for cards that write frames, not for playback\n");
		return -EINVAL;
	}
	pool->direction = config->direction == DMARING_PLAYBACK ?
				  DMA_TO_DEVICE : DMA_FROM_DEVICE;
	pool->kind = dmaring_memory_find(params->memory);
	if (!pool->kind) {
		dev_err(pool->dev, "memory=%s: must be coherent or pages\n",
			params->memory);
		return -EINVAL;
	}
	if (block && !pool->kind->blocks) {
		dev_err(pool->dev, "block_size=%lu: memory=%s has no blocks; set memory=pages\n",
			block, pool->kind->name);
		return -EINVAL;
	}
	if (block && (!is_power_of_2(block) || block < PAGE_SIZE ||
		      block > BLOCK_SIZE_MAX)) {
		dev_err(pool->dev, "block_size=%lu: must be a power of two, %lu .. %lu bytes\n",
			block, PAGE_SIZE, BLOCK_SIZE_MAX);
		return -EINVAL;
	}
	pool->limits = (struct dmaring_memory_limits) {
		/* No piece is longer than the DMA API lets the card have. */
		.block_bytes = rounddown_pow_of_two(min_t(unsigned long,
							  block ?: BLOCK_SIZE_MAX,
							  dma_get_max_seg_size(pool->dev))),
		.max_segments = config->max_segments ?: 1,
		.card = config->limits,
		.until_ns = ktime_get_ns() + COMPACT_NS,
	};
	return 0;
}

/**
 * dmaring_pool_alloc() - allocate the buffers of a stream
 * @pool:   zeroed; filled.  On failure only @pool->bufs is left, for kvfree().
 * @dev:    whose DMA mask and NUMA node count.
 * @config: what is wished, what the card can do; no buffer may be smaller than
 *          a frame.
 *
 * Return: 0; -ENOMEM with fewer buffers than wanted at least; -EINVAL; -EINTR.
 */
int dmaring_pool_alloc(struct dmaring_pool *pool, struct device *dev,
		       const struct dmaring_config *config)
{
	const struct dmaring_pool_params *params = config->pool;
	u32 frame_bytes = config->format.frame_bytes;
	u64 began = ktime_get_ns(), available = dmaring_memory_available();
	u64 reserve = reserve_bytes(available, params->reserve_mib);
	size_t smallest = PAGE_ALIGN(max(frame_bytes, 1U));
	u32 min_buffers = max(params->min_buffers, 1U);
	size_t size = PAGE_ALIGN(params->buffer_size);
	int err;

	/* System calls may look at it when the card is gone. */
	pool->dev = get_device(dev);
	pool->in_order = config->in_order;
	pool->asked = params->buffers;
	pool->asked_size = params->buffer_size;
	err = check_params(pool, params, frame_bytes);
	if (!err)
		err = choose_memory(pool, config);
	if (err)
		return err;

	for (;;) {
		err = try_size(pool, size, available, reserve, config);
		leave_reserve(pool, reserve);
		if (config->sink)
			keep_sink(pool);
		if (err || pool->count || !params->fallback || size / 2 < smallest)
			break;
		dmaring_pool_free(pool);
		kvfree(pool->bufs);
		pool->bufs = NULL;
		pool->sink = false;
		size = PAGE_ALIGN(size / 2);
	}
	pool->alloc_ns = ktime_get_ns() - began;

	if (!err && pool->count < min_buffers) {
		dev_err(dev,
			"pool: %u buffers of %zu KiB can be had, %u are needed; limit: %s: %s\n",
			pool->count, size >> 10, min_buffers,
			dmaring_limit_name(pool->limit),
			limit_advice(pool->limit));
		err = -ENOMEM;
	}
	if (err) {
		dmaring_pool_free(pool);
		return err;
	}
	sum_up(pool);
	report(pool);
	return 0;
}

/*
 * Free the memory, except what the card may still write; @bufs stays.  Others who
 * refer to pages keep them, each as its own.
 */
void dmaring_pool_free(struct dmaring_pool *pool)
{
	struct dmaring_buf *buf;
	u32 i;

	for (i = 0; i < pool->count; i++) {
		buf = &pool->bufs[i];
		if (buf->state != DMARING_BUFFER_QUARANTINED || buf->referenced)
			buf_free(buf);
		cond_resched();
	}
	if (pool->sink && !pool->sink_unsafe)
		buf_free(&pool->bufs[pool->count]);
}
