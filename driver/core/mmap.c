// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mappings of buffers, and how they are cut when the card goes away.
 *
 * unmap_mapping_range() alone is not enough.  ->mmap fills the VMA before the
 * kernel enters it into the mapping's tree, so it would miss one on its way
 * there; and it does not take mmap_lock, so it would meet one that mremap() is
 * moving, whose page tables and memory type are for a moment not its own.  So
 * the address spaces with mappings are remembered, and dmaring_zap() cuts what
 * they have under their mmap_lock: nobody is in ->mmap or mremap() then, and
 * nobody enters ->mmap any more because @gone is set.
 */
#include <linux/dma-map-ops.h>
#include <linux/dma-mapping.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/nospec.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include <linux/wait_bit.h>

#include <compat.h>

#include "internal.h"

/**
 * struct dmaring_map - an address space with mappings of buffers
 * @mm:   the address space; we have a reference to the structure.
 * @link: in stream->maps.
 * @refs: one per VMA, one for who walks the list.       (stream->maps_lock)
 */
struct dmaring_map {
	struct mm_struct *mm;
	struct list_head link;
	unsigned int refs;
};

static struct dmaring_map *map_find(struct dmaring_stream *stream,
				    struct mm_struct *mm)
{
	struct dmaring_map *map;

	lockdep_assert_held(&stream->maps_lock);
	list_for_each_entry(map, &stream->maps, link)
		if (map->mm == mm)
			return map;
	return NULL;
}

/* A reference to the record of the address space; NULL without memory. */
static struct dmaring_map *map_get(struct dmaring_stream *stream,
				   struct mm_struct *mm)
{
	struct dmaring_map *new, *map;

	new = kzalloc(sizeof(*new), GFP_KERNEL_ACCOUNT);
	if (!new)
		return NULL;
	spin_lock(&stream->maps_lock);
	map = map_find(stream, mm);
	if (!map) {
		map = new;
		new = NULL;
		mmgrab(mm);
		map->mm = mm;
		INIT_LIST_HEAD(&map->link);
	}
	map->refs++;
	/* To the front: who maps one buffer maps them all. */
	list_move(&map->link, &stream->maps);
	spin_unlock(&stream->maps_lock);
	kfree(new);
	return map;
}

static void map_put(struct dmaring_stream *stream, struct dmaring_map *map)
{
	bool last;

	spin_lock(&stream->maps_lock);
	last = !--map->refs;
	if (last) {
		list_del(&map->link);
	} else if (map->refs == 1) {
		/* Who waits has queued itself, or sees this: see zap_map(). */
		smp_mb();
		wake_up_var(&map->refs);
	}
	spin_unlock(&stream->maps_lock);
	if (!last)
		return;
	mmdrop(map->mm);
	kfree(map);
}

/* Mapped buffers keep the consumer attached; false if it is not. */
static bool count_map(struct dmaring_consumer *consumer)
{
	struct dmaring_stream *stream = consumer->stream;
	bool attached;

	spin_lock_irq(&stream->lock);
	attached = consumer->attached;
	if (attached)
		consumer->maps++;
	spin_unlock_irq(&stream->lock);
	return attached;
}

static void uncount_map(struct dmaring_consumer *consumer)
{
	struct dmaring_stream *stream = consumer->stream;

	spin_lock_irq(&stream->lock);
	consumer->maps--;
	spin_unlock_irq(&stream->lock);
}

static struct dmaring_consumer *vma_consumer(struct vm_area_struct *vma)
{
	return vma->vm_file->private_data;
}

/* A VMA was split or moved; its other half keeps the consumer attached. */
static void vma_open(struct vm_area_struct *vma)
{
	struct dmaring_consumer *consumer = vma_consumer(vma);
	struct dmaring_map *map = vma->vm_private_data;

	count_map(consumer);
	spin_lock(&consumer->stream->maps_lock);
	map->refs++;
	spin_unlock(&consumer->stream->maps_lock);
}

static void vma_close(struct vm_area_struct *vma)
{
	struct dmaring_consumer *consumer = vma_consumer(vma);

	uncount_map(consumer);
	map_put(consumer->stream, vma->vm_private_data);
}

/* Everything is mapped from the beginning: a fault means that it was cut. */
static vm_fault_t vma_fault(struct vm_fault *vmf)
{
	return VM_FAULT_SIGBUS;
}

static const struct vm_operations_struct vm_ops = {
	.open = vma_open,
	.close = vma_close,
	.fault = vma_fault,
};

/* The range must lie within one buffer; which one, and where in it (pages). */
static int find_range(const struct dmaring_pool *pool,
		      struct vm_area_struct *vma, u32 *index,
		      unsigned long *first)
{
	unsigned long pages = pool->buffer_size >> PAGE_SHIFT;
	unsigned long at = vma->vm_pgoff / pages;

	if (at >= pool->count)
		return -EINVAL;
	*index = array_index_nospec(at, pool->count);
	*first = vma->vm_pgoff % pages;
	return vma_pages(vma) <= pages - *first ? 0 : -EINVAL;
}

static int check_flags(const struct vm_area_struct *vma)
{
	/* MAP_SHARED of a read-only file has VM_MAYSHARE but not VM_SHARED. */
	if (!(vma->vm_flags & VM_MAYSHARE) || vma->vm_flags & VM_EXEC)
		return -EINVAL;
	return 0;
}

/*
 * Behind an IOMMU a buffer is single pages, side by side for the kernel only.
 * dma_mmap_coherent() would map them as ordinary pages, to which vmsplice() and
 * O_DIRECT take references that outlive the consumer and read the next one's
 * frames.  Mapped as page frame numbers they are out of reach, as a buffer
 * without an IOMMU is.
 */
static int map_pages(struct vm_area_struct *vma, const char *from)
{
	unsigned long at;
	int err = 0;

	for (at = vma->vm_start; at < vma->vm_end && !err; at += PAGE_SIZE) {
		err = remap_pfn_range(vma, at, vmalloc_to_pfn(from), PAGE_SIZE,
				      vma->vm_page_prot);
		from += PAGE_SIZE;
	}
	return err;
}

static int map_block(const struct dmaring_pool *pool,
		     const struct dmaring_buf *buf, struct vm_area_struct *vma,
		     unsigned long first)
{
	unsigned long pgoff = vma->vm_pgoff;
	int err;

	/* It is the offset within the buffer for dma_mmap_coherent(). */
	vma->vm_pgoff = first;
	err = dma_mmap_coherent(pool->dev, vma, buf->memory.cpu,
				buf->memory.segment.addr,
				pool->buffer_size);
	/* And the offset in the file for unmap_mapping_range(). */
	vma->vm_pgoff = pgoff;
	return err;
}

static int fill(struct dmaring_stream *stream, struct vm_area_struct *vma)
{
	const struct dmaring_pool *pool = &stream->pool;
	struct dmaring_buf *buf;
	unsigned long first;
	u32 index;
	int err;

	if (dmaring_is_gone(stream))
		return -ENODEV;
	err = find_range(pool, vma, &index, &first);
	if (err)
		return err;
	buf = &pool->bufs[index];
	if (vma->vm_flags & VM_MAYWRITE) {
		spin_lock_irq(&stream->lock);
		buf->dirty = true;
		spin_unlock_irq(&stream->lock);
	}
	/* Uncached for the card's sake means uncached for everybody. */
	if (is_vmalloc_addr(buf->memory.cpu) && dev_is_dma_coherent(pool->dev))
		return map_pages(vma, buf->memory.cpu + (first << PAGE_SHIFT));
	return map_block(pool, buf, vma, first);
}

int dmaring_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct dmaring_consumer *consumer = file->private_data;
	struct dmaring_stream *stream = consumer->stream;
	struct dmaring_map *map;
	int err, idx;

	if (dmaring_is_gone(stream))
		return -ENODEV;
	err = check_flags(vma);
	if (err)
		return err;
	if (!count_map(consumer))
		return -ENOTCONN;
	map = map_get(stream, vma->vm_mm);
	if (!map) {
		uncount_map(consumer);
		return -ENOMEM;
	}
	vm_flags_mod(vma, VM_IO | VM_DONTCOPY | VM_DONTEXPAND | VM_DONTDUMP,
		     VM_MAYEXEC | (consumer->writable ? 0 : VM_MAYWRITE));

	/* On the list before the look at @gone: dmaring_zap() finds it. */
	idx = srcu_read_lock(&stream->srcu);
	err = fill(stream, vma);
	srcu_read_unlock(&stream->srcu, idx);
	if (err) {
		uncount_map(consumer);
		map_put(stream, map);
		return err;
	}
	vma->vm_private_data = map;
	vma->vm_ops = &vm_ops;
	return 0;
}

/* Move the next record to @passed, with a reference; NULL after the last. */
static struct dmaring_map *next_map(struct dmaring_stream *stream,
				    struct list_head *passed)
{
	struct dmaring_map *map;

	spin_lock(&stream->maps_lock);
	map = list_first_entry_or_null(&stream->maps, struct dmaring_map, link);
	if (map) {
		map->refs++;
		list_move(&map->link, passed);
	}
	spin_unlock(&stream->maps_lock);
	return map;
}

static void zap_vmas(const struct dmaring_map *map)
{
	VMA_ITERATOR(vmas, map->mm, 0);
	struct vm_area_struct *vma;

	for_each_vma(vmas, vma)
		if (vma->vm_ops == &vm_ops && vma->vm_private_data == map)
			zap_special_vma_range(vma, vma->vm_start,
					      vma->vm_end - vma->vm_start);
}

static void zap_map(struct dmaring_map *map)
{
	if (!mmget_not_zero(map->mm)) {
		/* It is being torn down, which waits for nobody: only we are left. */
		wait_var_event(&map->refs, READ_ONCE(map->refs) == 1);
		return;
	}
	/* For writing: munmap() ends its work with the lock held for reading. */
	mmap_write_lock(map->mm);
	zap_vmas(map);
	mmap_write_unlock(map->mm);
	mmput(map->mm);
}

/* Cut all mappings; a later touch is SIGBUS.  @gone is set. */
void dmaring_zap(struct dmaring_stream *stream)
{
	struct dmaring_map *map;
	LIST_HEAD(passed);

	while ((map = next_map(stream, &passed))) {
		zap_map(map);
		map_put(stream, map);
		cond_resched();
	}
	spin_lock(&stream->maps_lock);
	list_splice(&passed, &stream->maps);
	spin_unlock(&stream->maps_lock);
	/* And what is not mapped by page frame numbers (see fill()). */
	unmap_mapping_range(stream->inode->i_mapping, 0, 0, 1);
}
