/* SPDX-License-Identifier: GPL-2.0-only */
/* The pool: how many buffers there are, of which size, and why not more. */
#ifndef DMARING_POOL_H
#define DMARING_POOL_H

#include <linux/types.h>

#include "memory.h"

struct device;
struct dmaring_buf;
struct dmaring_config;

/**
 * struct dmaring_pool - the buffers of a stream; constant after creation, but for
 *                       the memory that an application lends (import.c)
 * @dev:         whom the memory is for.
 * @kind:        what they are made of.
 * @by_pages:    they are mapped by their pages, to which others can refer.
 * @direction:   enum dma_data_direction: which way they are used.
 * @sync:        card and CPU do not see some of them alike.  It changes only
 *               while the card is stopped.
 * @in_order:    the card fills them in the order in which they are armed.
 * @special:     @sync or @in_order.
 * @limits:      what the memory of each may be like.
 * @bufs:        @count of them, and the sink.
 * @count:       number of buffers.
 * @sink:        there is one more, for frames that are lost.
 * @sink_unsafe: the card may still write it: it is not freed.
 * @buffer_size: bytes of each, whole pages.
 * @most_segments: most segments that one of them has.
 * @asked:       params.buffers as asked.
 * @asked_size:  params.buffer_size as asked.
 * @limit:       enum dmaring_pool_limit: why there are no more.
 * @alloc_ns:    how long the allocation took.
 */
struct dmaring_pool {
	struct device *dev;
	const struct dmaring_memory_kind *kind;
	bool by_pages;
	u8 direction;
	bool sync;
	bool in_order;
	bool special;
	struct dmaring_memory_limits limits;
	struct dmaring_buf *bufs;
	u32 count;
	bool sink;
	bool sink_unsafe;
	size_t buffer_size;
	u32 most_segments;
	u32 asked;
	u64 asked_size;
	u32 limit;
	u64 alloc_ns;
};

/* Buffers that the card can be given, the sink among them. */
static inline u32 dmaring_pool_total(const struct dmaring_pool *pool)
{
	return pool->count + pool->sink;
}

/* Pages that its buffers take in the file's offsets. */
static inline unsigned long dmaring_pool_pages(const struct dmaring_pool *pool)
{
	return pool->count * (pool->buffer_size >> PAGE_SHIFT);
}

int dmaring_pool_alloc(struct dmaring_pool *pool, struct device *dev,
		       const struct dmaring_config *config);
void dmaring_pool_sync(struct dmaring_pool *pool);
void dmaring_pool_free(struct dmaring_pool *pool);
const char *dmaring_limit_name(u32 limit);

#endif /* DMARING_POOL_H */
