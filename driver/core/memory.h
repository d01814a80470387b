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
struct dmaring_memory;
struct sg_table;

/* So much must be left to the system, whatever was asked for. */
#define DMARING_RESERVE_MIN	SZ_16M

/**
 * struct dmaring_memory_kind - how memory of one kind is had and used
 * @name:     what the operator calls it.
 * @alloc:    Memory for a buffer: zeroed, for the device to reach.  Does not try
 *            hard, and says nothing in the log when there is none.
 *            Guarantees: process context; @aside is the caller's list, at first
 *            empty, of blocks that were offered and are of no use; it is given
 *            to put_back() in the end.
 *            Returns true, or false and nothing is allocated.
 * @put_back: Blocks that were put aside for this size.
 * @limit:    alloc() failed: why, an enum dmaring_pool_limit.
 * @free:     Guarantees: nothing is mapped and the card does not write it.
 * @address:  Where the byte at @offset is for the kernel.  @bytes tells how many
 *            follow there, at least 1.  Guarantees: @offset is less than what the
 *            memory has.  Any context.
 * @pages:    List the pages in order in @table, which the caller frees with
 *            sg_free_table().  Returns 0 or a negative errno.
 * @protect:  The protection of a mapping: how the memory must be cached.
 */
struct dmaring_memory_kind {
	const char *name;
	bool (*alloc)(struct dmaring_memory *memory, struct list_head *aside);
	void (*put_back)(struct list_head *aside, size_t bytes);
	u32 (*limit)(struct device *dev, size_t bytes);
	void (*free)(struct dmaring_memory *memory);
	void *(*address)(const struct dmaring_memory *memory, size_t offset,
			 size_t *bytes);
	int (*pages)(const struct dmaring_memory *memory,
		     struct sg_table *table);
	pgprot_t (*protect)(struct device *dev, pgprot_t prot);
};

/**
 * struct dmaring_memory - the memory of one buffer
 * @kind:          how it is used.
 * @dev:           whom it is for.
 * @bytes:         how much, whole pages.
 * @segments:      where it is for the card, in order.
 * @segment_count: how many these are, at least 1.
 * @one:           of memory that has only one.
 * @cpu:           where it is for the kernel, if it is in one piece there.
 */
struct dmaring_memory {
	const struct dmaring_memory_kind *kind;
	struct device *dev;
	size_t bytes;
	const struct dmaring_segment *segments;
	unsigned int segment_count;
	struct dmaring_segment one;
	void *cpu;
};

extern const struct dmaring_memory_kind dmaring_memory_coherent;

void dmaring_memory_clear(const struct dmaring_memory *memory);

/* Bytes that could be had without others being swapped out or killed. */
static inline u64 dmaring_memory_available(void)
{
	long pages = si_mem_available();

	return pages > 0 ? (u64)pages << PAGE_SHIFT : 0;
}

#endif /* DMARING_MEMORY_H */
