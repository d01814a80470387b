// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mappings of buffers, and how they are cut when the card goes away; memory that
 * is mapped by its pages has its own way (mmap_pages.c).
 *
 * A mapping is filled at its first fault, a whole buffer at a time, inside an
 * SRCU section and after a look at @gone; and not in ->mmap, whose VMA is not in
 * the tree yet where unmap_mapping_range() would find it.  So removal sets @gone,
 * waits for those that fill, and cuts what they have filled.  It waits for
 * nobody's mmap_lock, which a hostile process can hold for ever.
 *
 * What is entered are page frame numbers, one by one, as remap_pfn_range() does
 * it; that function itself is for ->mmap alone, since it changes the VMA.  No
 * reference to a page can be taken through such a mapping: it would outlive the
 * consumer and show the next one's frames.
 *
 * Where the kernel knows page frame numbers in large entries, too, one of them
 * takes the place of a whole page table (2 MiB with pages of 4 KiB).  Not from
 * ->huge_fault, which depends on settings that a process changes meanwhile:
 * small entries could then be asked for where a large one is, which is a warning
 * of the kernel's.
 */
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/personality.h>
#include <linux/scatterlist.h>

#include <compat.h>

#include "internal.h"
#include "meta.h"
#include "mmap.h"

/*
 * Mapped buffers keep the consumer attached, if it is; and who has mapped some
 * lends none, and the other way round.
 */
static int count_map(struct dmaring_consumer *consumer)
{
	struct dmaring_stream *stream = consumer->stream;
	int err = 0;

	spin_lock_irq(&stream->lock);
	if (!consumer->attached)
		err = -ENOTCONN;
	else if (stream->lent)
		err = -EBUSY;
	else
		consumer->maps++;
	spin_unlock_irq(&stream->lock);
	return err;
}

/* A VMA was made of another one, or ends; each keeps the consumer attached. */
void dmaring_vma_count(struct vm_area_struct *vma)
{
	count_map(dmaring_vma_consumer(vma));
}

void dmaring_vma_uncount(struct vm_area_struct *vma)
{
	struct dmaring_consumer *consumer = dmaring_vma_consumer(vma);
	struct dmaring_stream *stream = consumer->stream;

	spin_lock_irq(&stream->lock);
	consumer->maps--;
	spin_unlock_irq(&stream->lock);
}

/* ---------------------------------------------------------------------- where */

/* A range within one buffer, or any number of whole ones. */
static int check_range(const struct dmaring_pool *pool,
		       struct vm_area_struct *vma)
{
	unsigned long pages = dmaring_buffer_pages(pool), count = vma_pages(vma);
	unsigned long first = vma->vm_pgoff / pages;
	unsigned long page = vma->vm_pgoff % pages;

	if (first >= pool->count)
		return -EINVAL;
	if (count <= pages - page)
		return 0;
	if (page || count % pages || count / pages > pool->count - first)
		return -EINVAL;
	return 0;
}

/* ----------------------------------------------------------------------- fill */

/**
 * struct filler - the pages of a buffer, one after the other
 * @vmf:     the fault.
 * @address: of the next entry.
 * @end:     of the addresses to be filled.
 * @sg:      where the next page is.
 * @page:    which one it is there.
 */
struct filler {
	const struct vm_fault *vmf;
	unsigned long address;
	unsigned long end;
	struct scatterlist *sg;
	unsigned long page;
};

static unsigned long next_pfn(const struct filler *filler)
{
	return page_to_pfn(sg_page(filler->sg)) + filler->page;
}

/* How many pages follow each other in memory from the next one on. */
static unsigned long in_a_row(const struct filler *filler)
{
	return (filler->sg->length >> PAGE_SHIFT) - filler->page;
}

/* How many pages are to be filled from the next one to the end of its table. */
static unsigned long of_table(const struct filler *filler)
{
	return (pmd_addr_end(filler->address, filler->end) - filler->address) >>
	       PAGE_SHIFT;
}

static void skip_pages(struct filler *filler, unsigned long count)
{
	filler->page += count;
	while (filler->sg && filler->page >= filler->sg->length >> PAGE_SHIFT) {
		filler->page -= filler->sg->length >> PAGE_SHIFT;
		filler->sg = sg_next(filler->sg);
	}
}

/*
 * @count pages in a row.  Another thread may have been faster with an entry; then
 * it is the same one.
 */
static void fill_entries(struct filler *filler, pte_t *pte, unsigned long count)
{
	const unsigned long end = filler->address + (count << PAGE_SHIFT);
	const struct vm_area_struct *vma = filler->vmf->vma;
	unsigned long pfn = next_pfn(filler);

	for (; filler->address != end; filler->address += PAGE_SIZE, pte++, pfn++)
		if (pte_none(ptep_get(pte)))
			set_pte_at(vma->vm_mm, filler->address, pte,
				   pte_mkspecial(pfn_pte(pfn, vma->vm_page_prot)));
	skip_pages(filler, count);
}

/*
 * From this entry to the end of its page table, which is locked: to be called for
 * each entry would be most of what it costs.
 */
static int fill_table(pte_t *pte, unsigned long address, void *data)
{
	struct filler *filler = data;
	unsigned long left, count;

	for (left = of_table(filler); left; left -= count, pte += count) {
		count = min(left, in_a_row(filler));
		fill_entries(filler, pte, count);
	}
	return 0;
}

/*
 * The entry for the page table of the next address.  NULL if it does not lie
 * beside that of the fault: then it is filled when it is touched.
 */
static pmd_t *find_pmd(const struct filler *filler)
{
	unsigned long fault = filler->vmf->address;

	if ((fault ^ filler->address) & PUD_MASK)
		return NULL;
	return filler->vmf->pmd + pmd_index(filler->address) - pmd_index(fault);
}

static bool have_large(void)
{
	return IS_ENABLED(CONFIG_TRANSPARENT_HUGEPAGE) &&
	       IS_ENABLED(CONFIG_ARCH_SUPPORTS_PMD_PFNMAP) &&
	       has_transparent_hugepage();
}

/*
 * Whether one entry does for a whole table.  All threads that fill get the same
 * answer: a large entry may be cut by another one's fault meanwhile, but what is
 * nothing or large becomes no table, and a table, which mremap() can have made
 * before, nothing else.  Whoever moves the mapping or frees tables takes
 * mmap_lock.  Once the card is gone a thread may put a page of zeroes where another
 * one still fills: who asked for these has no large entries.
 */
static bool fits_large(const struct filler *filler)
{
	pmd_t *pmd = find_pmd(filler), entry;

	if (!have_large() || dmaring_vma_consumer(filler->vmf->vma)->zeroes ||
	    of_table(filler) != PTRS_PER_PTE ||
	    in_a_row(filler) < PTRS_PER_PTE ||
	    !IS_ALIGNED(next_pfn(filler), PTRS_PER_PTE))
		return false;
	if (!pmd)
		return true;
	entry = pmdp_get(pmd);
	return pmd_none(entry) || pmd_leaf(entry);
}

static int fill_large(struct filler *filler)
{
	struct vm_fault vmf = {
		.vma = filler->vmf->vma,
		.address = filler->address,
		.pmd = find_pmd(filler),
	};
	/* The mapping's protection may be without it: soft-dirty tracking. */
	bool write = filler->vmf->flags & FAULT_FLAG_WRITE;

	if (vmf.pmd && vmf_insert_pfn_pmd(&vmf, next_pfn(filler), write) &
			       VM_FAULT_OOM)
		return -ENOMEM;
	filler->address += PMD_SIZE;
	skip_pages(filler, PTRS_PER_PTE);
	return 0;
}

static int fill_tables(struct filler *filler)
{
	struct mm_struct *mm = filler->vmf->vma->vm_mm;
	int err = 0;

	while (!err && filler->address != filler->end) {
		if (fits_large(filler))
			err = fill_large(filler);
		else
			err = apply_to_page_range(mm, filler->address, PAGE_SIZE,
						  fill_table, filler);
	}
	return err;
}

/* As much of the buffer as the mapping has. */
static int fill_buffer(const struct dmaring_pool *pool,
		       const struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	unsigned long pgoff = vmf->pgoff;
	struct dmaring_place place = dmaring_find_place(pool, pgoff);
	unsigned long begin = max(pgoff - place.page, vma->vm_pgoff);
	unsigned long end = min(pgoff - place.page + dmaring_buffer_pages(pool),
				vma->vm_pgoff + vma_pages(vma));
	struct filler filler = { .vmf = vmf };
	struct sg_table table;
	int err;

	err = place.buf->memory.kind->pages(&place.buf->memory, &table);
	if (err)
		return err;
	filler.sg = table.sgl;
	skip_pages(&filler, begin - (pgoff - place.page));
	filler.address = vma->vm_start + ((begin - vma->vm_pgoff) << PAGE_SHIFT);
	filler.end = filler.address + ((end - begin) << PAGE_SHIFT);
	err = fill_tables(&filler);
	sg_free_table(&table);
	return err;
}

/*
 * Is it kept from everybody, because somebody refers to its pages who may have been a
 * former consumer?  It was not erased, and what that one has begun to read gets there.
 */
static bool is_kept(const struct dmaring_stream *stream,
		    const struct dmaring_buf *buf)
{
	lockdep_assert_held(&stream->lock);
	if (buf->state != DMARING_BUFFER_QUARANTINED)
		return false;
	/* Because of the card, and perhaps of both. */
	return buf->referenced ? !buf->fenced :
				 dmaring_still_referenced(stream, buf);
}

/* Somebody is about to see a buffer, and perhaps to write it: false if he may not. */
static bool may_see(struct dmaring_stream *stream, struct dmaring_buf *buf,
		    bool write)
{
	bool may;

	spin_lock_irq(&stream->lock);
	may = !is_kept(stream, buf);
	buf->dirty |= may && write;
	spin_unlock_irq(&stream->lock);
	return may;
}

/**
 * dmaring_fault_gone() - a touch of what the card's going has cut
 * @vmf: the fault, in a mapping by page frame numbers.
 *
 * Who has asked for zeroes gets the page of them that the whole system shares; their
 * mappings can never be written, see check_zeroes().  The card's memory may have
 * been mapped uncached, this page must not be.  Removal may cut it once more: then
 * the fault comes again.
 *
 * Return: what a fault handler returns.
 */
vm_fault_t dmaring_fault_gone(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;

	if (!dmaring_vma_consumer(vma)->zeroes)
		return VM_FAULT_SIGBUS;
	return vmf_insert_pfn_prot(vma, vmf->address,
				   page_to_pfn(ZERO_PAGE(vmf->address)),
				   vm_get_page_prot(vma->vm_flags));
}

static int fill_if_seen(struct dmaring_stream *stream, struct vm_fault *vmf)
{
	const struct dmaring_pool *pool = &stream->pool;
	struct dmaring_buf *buf = dmaring_find_place(pool, vmf->pgoff).buf;

	if (!may_see(stream, buf, vmf->vma->vm_flags & VM_MAYWRITE))
		return -EBUSY;
	return fill_buffer(pool, vmf);
}

static vm_fault_t vma_fault(struct vm_fault *vmf)
{
	struct dmaring_stream *stream = dmaring_vma_consumer(vmf->vma)->stream;
	bool gone;
	int err = 0, idx;

	if (dmaring_is_marked(vmf))
		return VM_FAULT_SIGBUS;
	idx = srcu_read_lock(&stream->srcu);
	gone = dmaring_is_gone(stream);
	if (!gone)
		err = fill_if_seen(stream, vmf);
	srcu_read_unlock(&stream->srcu, idx);
	if (gone)
		return dmaring_fault_gone(vmf);
	if (err == -ENOMEM)
		return VM_FAULT_OOM;
	return err ? VM_FAULT_SIGBUS : VM_FAULT_NOPAGE;
}

/* ------------------------------------------------------------------- mappings */

/* Parts of a buffer can be unmapped; parts of several could not be counted. */
int dmaring_vma_may_split(struct vm_area_struct *vma, unsigned long address)
{
	const struct dmaring_pool *pool =
		&dmaring_vma_consumer(vma)->stream->pool;

	return vma_pages(vma) > dmaring_buffer_pages(pool) ? -EINVAL : 0;
}

/* A debugger looks at a frame, or writes one: up to the end of a block of it. */
static int vma_access(struct vm_area_struct *vma, unsigned long address,
		      void *data, int bytes, int write)
{
	struct dmaring_stream *stream = dmaring_vma_consumer(vma)->stream;
	unsigned long offset = address - vma->vm_start;
	struct dmaring_place place = dmaring_find_place(&stream->pool, vma->vm_pgoff +
							(offset >> PAGE_SHIFT));
	const struct dmaring_memory *memory = &place.buf->memory;
	struct dmaring_span span;
	int idx;

	if (write && !(vma->vm_flags & VM_WRITE))
		return -EACCES;
	idx = srcu_read_lock(&stream->srcu);
	if (dmaring_is_gone(stream)) {
		bytes = -ENODEV;
	} else if (!may_see(stream, place.buf, write)) {
		bytes = -EFAULT;
	} else {
		span = dmaring_memory_span(memory,
					   (place.page << PAGE_SHIFT) +
						   offset_in_page(offset));
		bytes = min_t(size_t, dmaring_access_bytes(vma, address, bytes),
			      span.bytes);
		if (write)
			memcpy(span.at, data, bytes);
		else
			memcpy(data, span.at, bytes);
	}
	srcu_read_unlock(&stream->srcu, idx);
	return bytes;
}

static const struct vm_operations_struct vm_ops = {
	.open = dmaring_vma_count,
	.close = dmaring_vma_uncount,
	.may_split = dmaring_vma_may_split,
	.fault = vma_fault,
	.access = vma_access,
};

/**
 * dmaring_mmap_flags() - the rights of a mapping that is shared with the card
 * @vma:   the mapping, being made.
 * @set:   flags to set.
 * @clear: flags to clear.
 *
 * It is never executable.  Old programs, which make everything that they can
 * read executable, did not ask for it: they get what others get.
 *
 * Return: 0; -EINVAL if it was asked to be executable.
 */
int dmaring_mmap_flags(struct vm_area_struct *vma, vm_flags_t set,
		       vm_flags_t clear)
{
	if (vma->vm_flags & VM_EXEC &&
	    !(current->personality & READ_IMPLIES_EXEC))
		return -EINVAL;
	vm_flags_mod(vma, set | VM_DONTCOPY | VM_DONTEXPAND | VM_DONTDUMP,
		     clear | VM_EXEC | VM_MAYEXEC);
	vma->vm_page_prot = vm_get_page_prot(vma->vm_flags);
	return 0;
}

/*
 * Who gets zeroes once the card is gone writes nothing, now or later: they are
 * everybody's.  The mapping is counted, so that ATTACH does not change it any more.
 */
static int check_zeroes(const struct dmaring_consumer *consumer,
			struct vm_area_struct *vma)
{
	if (!consumer->zeroes)
		return 0;
	if (vma->vm_flags & VM_WRITE)
		return -EACCES;
	vm_flags_mod(vma, 0, VM_MAYWRITE);
	return 0;
}

int dmaring_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct dmaring_consumer *consumer = file->private_data;
	const struct dmaring_pool *pool = &consumer->stream->pool;
	bool by_pages;
	int err;

	if (dmaring_is_gone(consumer->stream))
		return -ENODEV;
	/* MAP_SHARED of a read-only file has VM_MAYSHARE but not VM_SHARED. */
	if (!(vma->vm_flags & VM_MAYSHARE))
		return -EINVAL;
	if (consumer->stream->meta &&
	    vma->vm_pgoff >= consumer->stream->meta_first_page)
		return dmaring_mmap_meta(file, vma);
	if (vma->vm_pgoff >= dmaring_pool_pages(pool))
		return dmaring_mmap_region(file, vma);
	by_pages = dmaring_maps_pages(consumer);
	err = check_range(pool, vma);
	if (!err)
		err = dmaring_mmap_flags(vma, by_pages ? VM_MIXEDMAP :
						VM_IO | VM_PFNMAP,
					 consumer->writable ? 0 : VM_MAYWRITE);
	if (err)
		return err;
	err = count_map(consumer);
	if (err)
		return err;
	err = check_zeroes(consumer, vma);
	if (!err && by_pages)
		err = dmaring_mmap_pages(vma);
	if (err)
		dmaring_vma_uncount(vma);
	if (err || by_pages)
		return err;
	if (pool->kind->protect)
		vma->vm_page_prot = pool->kind->protect(pool->dev,
							vma->vm_page_prot);
	vma->vm_ops = &vm_ops;
	return 0;
}

/*
 * Cut all mappings by page frame numbers; a later touch is SIGBUS.  @gone is set
 * and synchronized.  Pages that are mapped stay until munmap(2): they are the
 * process's then, and nobody writes them any more.
 */
void dmaring_zap(struct dmaring_stream *stream)
{
	unmap_mapping_range(stream->inode->i_mapping, 0, 0, 1);
}
