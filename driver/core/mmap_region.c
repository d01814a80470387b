// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mappings of the card's own memory.
 *
 * They are filled at a fault, as those of buffers are and for the same reasons
 * (mmap.c), but with vmf_insert_pfn(): it asks x86 how the kernel has mapped that
 * memory, so that nobody gets another kind of cache on it than the driver; and
 * unlike remap_pfn_range() it leaves nothing that would have to be given back as
 * a whole, so that a mapping can be split.
 *
 * They keep nothing but their open file, and are cut at removal whatever file they
 * were made of: also of one that has its mappings of buffers made of pages.
 */
#include <linux/capability.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/pfn.h>
#include <linux/security.h>

#include <compat.h>

#include "internal.h"
#include "mmap.h"
#include "region.h"

static const struct dmaring_card_region *
vma_region(const struct vm_area_struct *vma)
{
	return vma->vm_private_data;
}

/* Where an address of the mapping is in the region. */
static u64 region_offset(const struct vm_area_struct *vma, unsigned long address)
{
	return ((u64)(vma->vm_pgoff - vma_region(vma)->first_page) << PAGE_SHIFT) +
	       (address - vma->vm_start);
}

/* All that the mapping has in the page table of the address. */
static vm_fault_t fill_table(struct vm_area_struct *vma, unsigned long address)
{
	unsigned long begin = max(address & PMD_MASK, vma->vm_start);
	unsigned long end = pmd_addr_end(address, vma->vm_end);
	vm_fault_t result = VM_FAULT_NOPAGE;
	unsigned long pfn;

	pfn = PHYS_PFN(vma_region(vma)->start + region_offset(vma, begin));
	for (; begin != end && result == VM_FAULT_NOPAGE; begin += PAGE_SIZE)
		result = vmf_insert_pfn(vma, begin, pfn++);
	return result;
}

static vm_fault_t region_fault(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	struct dmaring_stream *stream = dmaring_vma_consumer(vma)->stream;
	vm_fault_t result = VM_FAULT_SIGBUS;
	int idx;

	if (dmaring_is_marked(vmf))
		return VM_FAULT_SIGBUS;
	idx = srcu_read_lock(&stream->srcu);
	if (!dmaring_is_gone(stream))
		result = fill_table(vma, vmf->address);
	srcu_read_unlock(&stream->srcu, idx);
	return result;
}

/* A debugger looks at it, with the width that the card understands. */
static int region_access(struct vm_area_struct *vma, unsigned long address,
			 void *data, int bytes, int write)
{
	struct dmaring_stream *stream = dmaring_vma_consumer(vma)->stream;
	const struct dmaring_card_region *region = vma_region(vma);
	u64 offset = region_offset(vma, address);
	size_t count = dmaring_access_bytes(vma, address, bytes);
	void *page, *from;

	if (write || !(region->flags & DMARING_REGION_READ))
		return -EACCES;
	page = (void *)get_zeroed_page(GFP_KERNEL_ACCOUNT);
	if (!page)
		return -ENOMEM;
	from = dmaring_region_read(stream, region, offset, &count, page);
	if (!IS_ERR(from))
		memcpy(data, from, count);
	free_page((unsigned long)page);
	return IS_ERR(from) ? PTR_ERR(from) : (int)count;
}

static const struct vm_operations_struct region_vm_ops = {
	.fault = region_fault,
	.access = region_access,
};

/* The region that has all of these pages of the file's offsets. */
static const struct dmaring_card_region *
find_region(const struct dmaring_stream *stream, unsigned long first,
	    unsigned long count)
{
	const struct dmaring_card_region *region = stream->regions;
	const struct dmaring_card_region *end = region + stream->region_count;

	for (; region < end; region++)
		if (first >= region->first_page &&
		    first - region->first_page < region->pages)
			return count <= region->pages -
						(first - region->first_page) ?
				       region : NULL;
	return NULL;
}

/*
 * Whoever opened the file could as well write to the card by other ways; the file
 * may be somebody else's now.
 */
static int may_write(struct file *file, const struct dmaring_card_region *region)
{
	if (!(region->flags & DMARING_REGION_WRITE) ||
	    !(file->f_mode & FMODE_WRITE))
		return -EACCES;
	if (!file_ns_capable(file, &init_user_ns, CAP_SYS_RAWIO))
		return -EPERM;
	return security_locked_down(LOCKDOWN_PCI_ACCESS);
}

static pgprot_t protect(const struct dmaring_card_region *region, pgprot_t prot)
{
	if (region->flags & DMARING_REGION_CACHED)
		return prot;
	return region->flags & DMARING_REGION_PREFETCHABLE ?
		       pgprot_writecombine(prot) : pgprot_noncached(prot);
}

/* ->mmap of what lies behind the pool; the mapping is shared. */
int dmaring_mmap_region(struct file *file, struct vm_area_struct *vma)
{
	struct dmaring_consumer *consumer = file->private_data;
	const struct dmaring_card_region *region =
		find_region(consumer->stream, vma->vm_pgoff, vma_pages(vma));
	bool write = vma->vm_flags & VM_WRITE;
	int err = 0;

	if (!region)
		return -EINVAL;
	if (write)
		err = may_write(file, region);
	/* Who did not ask for it now is not asked later, by mprotect(). */
	if (!err)
		err = dmaring_mmap_flags(vma, VM_IO | VM_PFNMAP,
					 write ? 0 : VM_MAYWRITE);
	if (err)
		return err;
	vma->vm_page_prot = protect(region, vma->vm_page_prot);
	vma->vm_private_data = (void *)region;
	vma->vm_ops = &region_vm_ops;
	return 0;
}

/* Cut all of them, and those of metadata; @gone is set and synchronized. */
void dmaring_zap_regions(struct dmaring_stream *stream)
{
	loff_t first = (loff_t)dmaring_pool_pages(&stream->pool) << PAGE_SHIFT;

	if (!stream->region_count && !stream->meta)
		return;
	unmap_mapping_range(stream->inode->i_mapping, first, 0, 1);
	unmap_mapping_range(stream->pages_inode->i_mapping, first, 0, 1);
}
