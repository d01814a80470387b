/* SPDX-License-Identifier: GPL-2.0-only */
/* What is behind a buffer: one interface, whatever the memory is. */
#ifndef DMARING_MEMORY_H
#define DMARING_MEMORY_H

#include <linux/list.h>
#include <linux/mm.h>
#include <linux/sizes.h>
#include <linux/types.h>

#include <dmaring/hw.h>

struct device;
struct dmaring_lent;
struct dmaring_memory;
struct scatterlist;
struct sg_table;
struct vm_area_struct;

/* So much must be left to the system, whatever was asked for. */
#define DMARING_RESERVE_MIN	SZ_16M

/**
 * struct dmaring_memory_limits - what the memory of a buffer may be like
 * @block_bytes:  largest block of pages, a power of two.  alloc() makes it less
 *                when it had to do with smaller ones.
 * @max_segments: most pieces on the bus.
 * @card:         what each of them may be like.
 * @until_ns:     so long, CLOCK_MONOTONIC, others' memory may be moved away to
 *                get large blocks.
 */
struct dmaring_memory_limits {
	size_t block_bytes;
	unsigned int max_segments;
	struct dmaring_limits card;
	u64 until_ns;
};

/**
 * struct dmaring_memory_kind - how memory of one kind is had and used
 * @name:     what the operator calls it.
 * @id:       enum dmaring_memory_id.
 * @caps:     DMARING_CAP_* of a stream whose pool it is.
 * @blocks:   It is made of blocks, of a size that the operator may choose.
 * @alloc:    Memory for a buffer: zeroed, for the device to reach.  Says nothing
 *            in the log when there is none.
 *            Guarantees: process context; @aside is the caller's list, at first
 *            empty, of blocks that were offered and are of no use; it is given
 *            to dmaring_blocks_put_back() in the end.
 *            Returns true, or false and nothing is allocated.
 * @limit:    alloc() failed: why, an enum dmaring_pool_limit.
 * @free:     Guarantees: the card does not write it, and nothing is mapped of
 *            memory without @map.
 * @span:     Where the byte at @offset is for the kernel, of memory that has
 *            several pieces, and what follows there.
 *            Guarantees: @offset is less than what the memory has.  Any context.
 *
 * Mappings by page frame numbers, at the first touch:
 * @pages:    List the pages in order in @table, which the caller frees with
 *            sg_free_table().  Returns 0 or a negative errno.
 * @protect:  The protection of a mapping: how the memory must be cached.  NULL:
 *            as any memory.
 *
 * Mappings by pages, each of which counts who refers to it:
 * @map:      Map @count pages of it from page @first on at an address.
 *            Guarantees: ->mmap of @vma or a fault in it.
 *            Returns 0; or a negative errno, and a part may be mapped: -EBUSY if
 *            the next one is mapped already.
 * @referenced: Does anybody but us refer to a page?  Guarantees: nobody maps it.
 *            Any context.
 * @keep:     Refer to all pages from @copy, which is zeroed, and of which @map
 *            and @span can be used then.  Guarantees: process context.  Returns 0
 *            or a negative errno.
 * @let_go:   Undoes it, also after @free() of the memory.
 *
 * Memory that the card and the CPU do not see alike (@sync of the memory):
 * @to_card:  What the CPU wrote is for the card.  Any context.
 * @to_cpu:   What the card wrote is for the CPU.  Any context.
 *
 * Memory that an application lends (@lent of the memory), which has no other
 * operations than these, @free, @span, @referenced and those above:
 * @reach:    Map it for the device, and list the segments; @free undoes that.
 *            Guarantees: process context; the device is there until @free.
 *            Returns 0; -E2BIG with more segments than there may be; -EINVAL if
 *            one would not be aligned; -ERANGE if the card cannot reach it;
 *            another negative errno.
 * @give_back: Let go of it.  Guarantees: process context; the card does not
 *            write it, nor is it mapped for it.
 */
struct dmaring_memory_kind {
	const char *name;
	u32 id;
	u64 caps;
	bool blocks;
	bool (*alloc)(struct dmaring_memory *memory,
		      struct dmaring_memory_limits *limits,
		      struct list_head *aside);
	u32 (*limit)(struct device *dev, size_t bytes,
		     const struct dmaring_memory_limits *limits);
	void (*free)(struct dmaring_memory *memory);
	struct dmaring_span (*span)(const struct dmaring_memory *memory,
				    size_t offset);

	int (*pages)(const struct dmaring_memory *memory,
		     struct sg_table *table);
	pgprot_t (*protect)(struct device *dev, pgprot_t prot);

	int (*map)(const struct dmaring_memory *memory,
		   struct vm_area_struct *vma, unsigned long address,
		   unsigned long first, unsigned long count);
	bool (*referenced)(const struct dmaring_memory *memory);
	int (*keep)(const struct dmaring_memory *memory,
		    struct dmaring_memory *copy);
	void (*let_go)(struct dmaring_memory *copy);

	void (*to_card)(const struct dmaring_memory *memory);
	void (*to_cpu)(const struct dmaring_memory *memory);

	int (*reach)(struct dmaring_memory *memory,
		     const struct dmaring_memory_limits *limits);
	void (*give_back)(struct dmaring_memory *memory);
};

/**
 * struct dmaring_memory - the memory of one buffer
 * @kind:          how it is used.
 * @dev:           whom it is for.
 * @direction:     which way it is used: enum dma_data_direction.
 * @bytes:         how much, whole pages.
 * @segments:      where it is for the card, in order.
 * @segment_count: how many these are, at least 1.
 * @one:           of memory that has only one.
 * @sync:          the card and the CPU do not see it alike.
 * @cpu:           where it is for the kernel, if it is in one piece there.
 * @lent:          of an application: whose it is.
 * @blocks:        pages: the blocks, one entry each, side by side.
 * @block_count:   how many these are.
 * @block_bytes:   bytes of each, but for the last one.
 */
struct dmaring_memory {
	const struct dmaring_memory_kind *kind;
	struct device *dev;
	size_t bytes;
	struct dmaring_segment *segments;
	unsigned int segment_count;
	struct dmaring_segment one;
	bool sync;
	u8 direction;
	void *cpu;
	union {
		struct dmaring_lent *lent;
		struct scatterlist *blocks;
	};
	unsigned int block_count;
	size_t block_bytes;
};

/**
 * struct dmaring_lent - what every kind of memory that is lent begins with
 * @instead_of: the memory of the pool in whose place it is.
 */
struct dmaring_lent {
	struct dmaring_memory instead_of;
};

extern const struct dmaring_memory_kind dmaring_memory_coherent;
extern const struct dmaring_memory_kind dmaring_memory_pages;
extern const struct dmaring_memory_kind dmaring_memory_user;
extern const struct dmaring_memory_kind dmaring_memory_dmabuf;

/* memory.c */
const struct dmaring_memory_kind *dmaring_memory_find(const char *name);
int dmaring_segments_list(struct dmaring_memory *memory,
			  struct scatterlist *sg, unsigned int count,
			  u64 offset,
			  const struct dmaring_memory_limits *limits);
void dmaring_segments_free(struct dmaring_memory *memory);
bool dmaring_memory_bounced(const struct dmaring_memory *memory);
void dmaring_memory_clear(const struct dmaring_memory *memory);
bool dmaring_behind_iommu(struct device *dev);
bool dmaring_in_reach(struct device *dev, phys_addr_t at, size_t bytes);
bool dmaring_memory_may_fit(size_t bytes,
			    const struct dmaring_memory_limits *limits);
gfp_t dmaring_memory_effort(const struct dmaring_memory_limits *limits,
			    size_t bytes);
struct page *dmaring_block_alloc(struct device *dev, size_t bytes,
				 const struct dmaring_memory_limits *limits,
				 struct list_head *aside);
void dmaring_blocks_put_back(struct list_head *aside);
u32 dmaring_block_limit(size_t bytes);

/* memory_user.c */
int dmaring_user_take(struct dmaring_memory *memory, struct device *dev,
		      u64 addr, size_t bytes);

/* memory_dmabuf.c */
#ifdef CONFIG_DMA_SHARED_BUFFER
int dmaring_dmabuf_take(struct dmaring_memory *memory, struct device *dev,
			int fd, u64 offset, size_t bytes, bool by_cpu);
#else
static inline int dmaring_dmabuf_take(struct dmaring_memory *memory,
				      struct device *dev, int fd, u64 offset,
				      size_t bytes, bool by_cpu)
{
	return -EOPNOTSUPP;
}
#endif

/* Where it is, its one segment is. */
static inline void dmaring_memory_move(struct dmaring_memory *to,
				       const struct dmaring_memory *from)
{
	*to = *from;
	if (from->segments == &from->one)
		to->segments = &to->one;
}

/* Where the byte at @offset is for the kernel, and what follows there. */
static inline struct dmaring_span
dmaring_memory_span(const struct dmaring_memory *memory, size_t offset)
{
	if (unlikely(!memory->cpu))
		return memory->kind->span(memory, offset);
	return (struct dmaring_span) {
		.at = memory->cpu + offset,
		.bytes = memory->bytes - offset,
	};
}

/* What the CPU wrote is for the card.  Any context. */
static inline void dmaring_memory_to_card(const struct dmaring_memory *memory)
{
	if (memory->sync)
		memory->kind->to_card(memory);
}

/* What the card wrote is for the CPU.  Any context. */
static inline void dmaring_memory_to_cpu(const struct dmaring_memory *memory)
{
	if (memory->sync)
		memory->kind->to_cpu(memory);
}

/* Bytes that could be had without others being swapped out or killed. */
static inline u64 dmaring_memory_available(void)
{
	long pages = si_mem_available();

	return pages > 0 ? (u64)pages << PAGE_SHIFT : 0;
}

#endif /* DMARING_MEMORY_H */
