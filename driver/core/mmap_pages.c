// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mappings of memory that is mapped by its pages.
 *
 * They are filled in ->mmap, so that no frame waits for a fault; what
 * MADV_DONTNEED takes out comes back at the next touch.  Each entry refers to its
 * page, so removal need not find them: what is mapped stays until munmap(2), and
 * the pool only lets go of its own reference.
 *
 * Only files that may write have such mappings.  A viewer that could make
 * references to frames could keep all buffers from everybody.
 *
 * A reference that is neither the pool's nor a mapping's is somebody's who may
 * outlive the consumer.  It can be told from the others only while nobody maps
 * the buffer (quarantine.c).  So a buffer counts the mappings that have pages of
 * it, and one that is kept aside for such a reference gets into no mapping: a
 * touch is SIGBUS until it is back.
 */
#include <linux/bitmap.h>
#include <linux/fs.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include <compat.h>

#include "internal.h"
#include "mmap.h"

/* Each refers to each page of a block: its count must not wrap around. */
#define MAPS_MAX	65536

/**
 * struct mapping - one mmap(2) of buffers
 * @areas:  VMAs that are left of it: parts, and copies made by fork.
 * @first:  the first buffer.
 * @count:  how many.
 * @filled: one bit for each: it was filled, and counts us.  (stream->lock)
 */
struct mapping {
	refcount_t areas;
	u32 first;
	u32 count;
	unsigned long filled[];
};

static struct dmaring_stream *vma_stream(const struct vm_area_struct *vma)
{
	return dmaring_vma_consumer(vma)->stream;
}

static struct mapping *mapping_new(const struct dmaring_stream *stream,
				   struct vm_area_struct *vma)
{
	const struct dmaring_pool *pool = &stream->pool;
	u32 count = max(vma_pages(vma) / dmaring_buffer_pages(pool), 1UL);
	struct mapping *mapping;

	mapping = kvzalloc(struct_size(mapping, filled, BITS_TO_LONGS(count)),
			   GFP_KERNEL_ACCOUNT);
	if (!mapping)
		return NULL;
	refcount_set(&mapping->areas, 1);
	mapping->first = dmaring_buf_index(stream,
					   dmaring_find_place(pool,
							      vma->vm_pgoff).buf);
	mapping->count = count;
	return mapping;
}

/* The last VMA is gone, and with it all entries: before that, the kernel does. */
static void mapping_end(struct dmaring_stream *stream, struct mapping *mapping)
{
	u32 i;

	for (i = 0; i < mapping->count; i++) {
		/* Buffer by buffer, to keep interrupts off for a short time. */
		spin_lock_irq(&stream->lock);
		if (test_bit(i, mapping->filled))
			stream->pool.bufs[mapping->first + i].maps--;
		spin_unlock_irq(&stream->lock);
		cond_resched();
	}
	kvfree(mapping);
}

/**
 * dmaring_may_map() - may somebody refer to pages of a buffer?
 * @consumer: the consumer that is about to map it.
 * @buf:      the buffer.
 *
 * Nobody can tell then who else refers to it: not if somebody does, unless it is
 * this consumer, who has taken the frame in it.
 */
bool dmaring_may_map(const struct dmaring_consumer *consumer,
		     const struct dmaring_buf *buf)
{
	lockdep_assert_held(&consumer->stream->lock);
	return (!buf->referenced || buf->fenced) && buf->maps < MAPS_MAX &&
	       (buf->holders & consumer->holder ||
		!dmaring_still_referenced(consumer->stream, buf));
}

static bool may_fill(const struct vm_area_struct *vma, struct mapping *mapping,
		     struct dmaring_buf *buf)
{
	struct dmaring_consumer *consumer = dmaring_vma_consumer(vma);
	struct dmaring_stream *stream = consumer->stream;
	u32 bit = dmaring_buf_index(stream, buf) - mapping->first;
	bool may;

	spin_lock_irq(&stream->lock);
	may = test_bit(bit, mapping->filled);
	if (!may && dmaring_may_map(consumer, buf)) {
		__set_bit(bit, mapping->filled);
		buf->maps++;
		buf->dirty = true;
		may = true;
	}
	spin_unlock_irq(&stream->lock);
	return may;
}

/*
 * All of the mapping, but for buffers that are kept aside, and what there is no
 * memory for now: that comes with its first touch.
 */
static void fill(struct vm_area_struct *vma, struct mapping *mapping)
{
	struct dmaring_stream *stream = vma_stream(vma);
	unsigned long whole = dmaring_buffer_pages(&stream->pool);
	unsigned long done, count, pages = vma_pages(vma);
	struct dmaring_place place;
	int err = 0;

	for (done = 0; !err && done < pages; done += count) {
		if (dmaring_is_gone(stream) || fatal_signal_pending(current))
			break;
		place = dmaring_find_place(&stream->pool, vma->vm_pgoff + done);
		count = min(pages - done, whole);
		if (may_fill(vma, mapping, place.buf))
			err = stream->pool.kind->map(&place.buf->memory, vma,
						     vma->vm_start +
							     (done << PAGE_SHIFT),
						     place.page, count);
	}
}

/*
 * What was not mapped when the card went.  There can be no page of everybody's in such
 * a mapping, where each page counts who refers to it: it is one of the process's own.
 */
static vm_fault_t fault_gone(struct vm_fault *vmf)
{
	if (!dmaring_vma_consumer(vmf->vma)->zeroes)
		return VM_FAULT_SIGBUS;
	vmf->page = alloc_page(GFP_KERNEL_ACCOUNT | __GFP_ZERO);
	return vmf->page ? 0 : VM_FAULT_OOM;
}

/* An entry that was taken out, or a buffer that was kept aside. */
static vm_fault_t pages_fault(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	struct dmaring_stream *stream = vma_stream(vma);
	struct dmaring_place place;
	int err = -ENODEV, idx;
	bool gone;

	if (dmaring_is_marked(vmf))
		return VM_FAULT_SIGBUS;
	idx = srcu_read_lock(&stream->srcu);
	gone = dmaring_is_gone(stream);
	if (!gone) {
		place = dmaring_find_place(&stream->pool, vmf->pgoff);
		if (may_fill(vma, vma->vm_private_data, place.buf))
			err = stream->pool.kind->map(&place.buf->memory, vma,
						     vmf->address & PAGE_MASK,
						     place.page, 1);
	}
	srcu_read_unlock(&stream->srcu, idx);
	if (gone)
		return fault_gone(vmf);
	if (err == -ENOMEM)
		return VM_FAULT_OOM;
	/* EBUSY: another thread was faster. */
	return err && err != -EBUSY ? VM_FAULT_SIGBUS : VM_FAULT_NOPAGE;
}

/* A part of it, or a copy. */
static void pages_open(struct vm_area_struct *vma)
{
	struct mapping *mapping = vma->vm_private_data;

	refcount_inc(&mapping->areas);
	dmaring_vma_count(vma);
}

static void pages_close(struct vm_area_struct *vma)
{
	struct mapping *mapping = vma->vm_private_data;

	if (refcount_dec_and_test(&mapping->areas))
		mapping_end(vma_stream(vma), mapping);
	dmaring_vma_uncount(vma);
}

static const struct vm_operations_struct pages_vm_ops = {
	.open = pages_open,
	.close = pages_close,
	.may_split = dmaring_vma_may_split,
	.fault = pages_fault,
};

/* ->mmap of a range that was checked. */
int dmaring_mmap_pages(struct vm_area_struct *vma)
{
	struct dmaring_stream *stream = vma_stream(vma);
	struct mapping *mapping = mapping_new(stream, vma);
	int idx;

	if (!mapping)
		return -ENOMEM;
	idx = srcu_read_lock(&stream->srcu);
	if (!dmaring_is_gone(stream))
		fill(vma, mapping);
	srcu_read_unlock(&stream->srcu, idx);
	vma->vm_private_data = mapping;
	vma->vm_ops = &pages_vm_ops;
	return 0;
}
