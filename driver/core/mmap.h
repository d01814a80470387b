/* SPDX-License-Identifier: GPL-2.0-only */
/* Mappings of buffers: what is the same for both ways to make them. */
#ifndef DMARING_MMAP_H
#define DMARING_MMAP_H

#include <linux/mm.h>
#include <linux/nospec.h>

#include "internal.h"

/* A place in a mapping: which buffer, and which page of it. */
struct dmaring_place {
	struct dmaring_buf *buf;
	unsigned long page;
};

static inline unsigned long
dmaring_buffer_pages(const struct dmaring_pool *pool)
{
	return pool->buffer_size >> PAGE_SHIFT;
}

/* The place of a page offset that ->mmap has checked. */
static inline struct dmaring_place
dmaring_find_place(const struct dmaring_pool *pool, unsigned long pgoff)
{
	unsigned long at = pgoff / dmaring_buffer_pages(pool);

	return (struct dmaring_place) {
		.buf = &pool->bufs[array_index_nospec(at, pool->count)],
		.page = pgoff % dmaring_buffer_pages(pool),
	};
}

static inline struct dmaring_consumer *
dmaring_vma_consumer(const struct vm_area_struct *vma)
{
	return vma->vm_file->private_data;
}

/*
 * Did userfaultfd leave a mark there, in place of an entry?  It stays, so the
 * fault would come again for ever, in the kernel beyond any signal.
 */
static inline bool dmaring_is_marked(const struct vm_fault *vmf)
{
	return vmf->flags & FAULT_FLAG_ORIG_PTE_VALID &&
	       !pte_none(vmf->orig_pte);
}

/*
 * How much of what a debugger wants is in the mapping.  Nobody else looks: what lies
 * behind it would be read from here, or written to here.
 */
static inline int dmaring_access_bytes(const struct vm_area_struct *vma,
				       unsigned long address, int bytes)
{
	return min_t(unsigned long, bytes, vma->vm_end - address);
}

void dmaring_vma_count(struct vm_area_struct *vma);
void dmaring_vma_uncount(struct vm_area_struct *vma);
int dmaring_vma_may_split(struct vm_area_struct *vma, unsigned long address);
int dmaring_mmap_pages(struct vm_area_struct *vma);
vm_fault_t dmaring_fault_gone(struct vm_fault *vmf);
bool dmaring_may_map(const struct dmaring_consumer *consumer,
		     const struct dmaring_buf *buf);

#endif /* DMARING_MMAP_H */
