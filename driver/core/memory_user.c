// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory of an application, which lends it: anonymous, shmem or huge pages.
 *
 * The pages are pinned for long, which breaks what they share with others first:
 * the zero page, what fork(2) left, what KSM has merged.  So the card writes what
 * the process sees there, and the pages are not moved, swapped or given to anybody
 * else until they are unpinned, whatever becomes of the mapping and the process.
 *
 * They count in mm->pinned_vm, as those of RDMA and io_uring do.  It is atomic: to
 * count in mm->locked_vm takes mmap_lock, which a hostile process can hold for
 * ever, and then removal of the card would wait for it.
 */
#include <linux/capability.h>
#include <linux/dma-map-ops.h>
#include <linux/dma-mapping.h>
#include <linux/fs.h>
#include <linux/hugetlb_inline.h>
#include <linux/magic.h>
#include <linux/mm.h>
#include <linux/scatterlist.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include <compat.h>

#include "memory.h"

/**
 * struct user_memory - memory that an application lends
 * @lent:    as all that is lent.
 * @mm:      whose it is, and where it counts; a reference to the struct only.
 * @pages:   @wanted of them.
 * @wanted:  how many it is; they count.
 * @pinned:  how many of them are pinned.
 * @offset:  of its first byte in the first page.
 * @table:   the same for the DMA API.
 */
struct user_memory {
	struct dmaring_lent lent;
	struct mm_struct *mm;
	struct page **pages;
	unsigned long wanted;
	unsigned long pinned;
	unsigned int offset;
	struct sg_table table;
};

static struct user_memory *to_user(const struct dmaring_memory *memory)
{
	return container_of(memory->lent, struct user_memory, lent);
}

/* ------------------------------------------------------------------- limits */

static int charge(struct user_memory *user)
{
	u64 most = rlimit(RLIMIT_MEMLOCK) >> PAGE_SHIFT, all;

	all = atomic64_add_return(user->wanted, &user->mm->pinned_vm) +
	      READ_ONCE(user->mm->locked_vm);
	if (all <= most || capable(CAP_IPC_LOCK))
		return 0;
	atomic64_sub(user->wanted, &user->mm->pinned_vm);
	return -ENOMEM;
}

static void uncharge(struct user_memory *user)
{
	atomic64_sub(user->wanted, &user->mm->pinned_vm);
}

/* ---------------------------------------------------------------------- pin */

/* Of a file or a device, even if it can be pinned? */
static bool is_of_others(struct vm_area_struct *vma)
{
	if (vma->vm_flags & (VM_IO | VM_PFNMAP | VM_MIXEDMAP))
		return true;
	if (!vma->vm_file || !(vma->vm_flags & VM_SHARED) ||
	    is_vm_hugetlb_page(vma))
		return false;
	/* What looks like a file of tmpfs is memory. */
	return file_inode(vma->vm_file)->i_sb->s_magic != TMPFS_MAGIC;
}

/* It cannot be pinned: because there is nothing, or of what is there? */
static int why_not(unsigned long addr)
{
	struct vm_area_struct *vma;
	int err = -EFAULT;

	if (mmap_read_lock_killable(current->mm))
		return -EINTR;
	vma = vma_lookup(current->mm, addr);
	if (vma && is_of_others(vma))
		err = -EOPNOTSUPP;
	mmap_read_unlock(current->mm);
	return err;
}

/* Some kernels pin pages of files, too, which are written back meanwhile. */
static bool may_be_lent(struct page *page)
{
	struct folio *folio = page_folio(page);

	return folio_test_anon(folio) || folio_test_swapbacked(folio) ||
	       folio_test_hugetlb(folio);
}

static int check_pages(const struct user_memory *user)
{
	unsigned long i;

	for (i = 0; i < user->pinned; i++)
		if (!may_be_lent(user->pages[i]))
			return -EOPNOTSUPP;
	return 0;
}

static void unpin(struct user_memory *user)
{
	unpin_user_pages_dirty_lock(user->pages, user->pinned, true);
}

/* Nobody has written them. */
static void undo_pin(struct user_memory *user)
{
	unpin_user_pages(user->pages, user->pinned);
}

/*
 * A fault may wait for a user (userfaultfd): under no lock of ours.  Less than was
 * asked for can be pinned; the next attempt then tells why.
 */
static int pin(struct user_memory *user, unsigned long addr)
{
	unsigned long next;
	int got, err;

	while (user->pinned < user->wanted) {
		next = addr + (user->pinned << PAGE_SHIFT);
		got = pin_user_pages_fast(next, user->wanted - user->pinned,
					  FOLL_WRITE | FOLL_LONGTERM,
					  user->pages + user->pinned);
		if (got <= 0) {
			err = got ?: -EFAULT;
			if (err == -EFAULT)
				err = why_not(untagged_addr(next));
			undo_pin(user);
			return err;
		}
		user->pinned += got;
	}
	err = check_pages(user);
	if (err)
		undo_pin(user);
	return err;
}

/* -------------------------------------------------------------- take, give back */

/* No longer than the DMA API lets the card have them. */
static int list_pages(const struct dmaring_memory *memory)
{
	struct user_memory *user = to_user(memory);
	size_t longest = dma_get_max_seg_size(memory->dev);

	if (longest < PAGE_SIZE)
		return -E2BIG;
	return sg_alloc_table_from_pages_segment(&user->table, user->pages,
						 user->wanted, user->offset,
						 memory->bytes, longest,
						 GFP_KERNEL_ACCOUNT);
}

static int pin_and_list(const struct dmaring_memory *memory, u64 addr)
{
	struct user_memory *user = to_user(memory);
	int err;

	user->pages = kvmalloc_array(user->wanted, sizeof(*user->pages),
				     GFP_KERNEL_ACCOUNT);
	if (!user->pages)
		return -ENOMEM;
	err = pin(user, addr & PAGE_MASK);
	if (err)
		goto err_free;
	err = list_pages(memory);
	if (err)
		goto err_unpin;
	return 0;

err_unpin:
	undo_pin(user);
err_free:
	kvfree(user->pages);
	return err;
}

/* What shares a cache line with it would be overwritten with what it was. */
static bool shares_cache_line(struct device *dev, u64 addr, size_t bytes)
{
	return !dev_is_dma_coherent(dev) &&
	       !IS_ALIGNED(addr | bytes, dma_get_cache_alignment());
}

/**
 * dmaring_user_take() - pin memory of the calling process
 * @memory: filled, but for its segments.
 * @dev:    whom it is for.
 * @addr:   where it is.
 * @bytes:  how much, at least 1.
 *
 * Sleeps, perhaps for as long as a user likes.
 *
 * Return: 0, for give_back(); -EFAULT, -EOPNOTSUPP, -EINVAL, -EINTR; -ENOMEM
 * without memory or beyond RLIMIT_MEMLOCK; -E2BIG.
 */
int dmaring_user_take(struct dmaring_memory *memory, struct device *dev,
		      u64 addr, size_t bytes)
{
	struct user_memory *user;
	int err;

	if (addr + bytes < addr || addr + bytes > ULONG_MAX ||
	    shares_cache_line(dev, addr, bytes))
		return -EINVAL;
	user = kzalloc(sizeof(*user), GFP_KERNEL_ACCOUNT);
	if (!user)
		return -ENOMEM;
	*memory = (struct dmaring_memory) {
		.kind = &dmaring_memory_user,
		.dev = dev,
		.bytes = bytes,
		.lent = &user->lent,
	};
	user->offset = offset_in_page(addr);
	user->wanted = DIV_ROUND_UP(user->offset + bytes, PAGE_SIZE);
	user->mm = current->mm;
	err = charge(user);
	if (err)
		goto err_free;
	err = pin_and_list(memory, addr);
	if (err)
		goto err_uncharge;
	mmgrab(user->mm);
	return 0;

err_uncharge:
	uncharge(user);
err_free:
	kfree(user);
	return err;
}

static void user_give_back(struct dmaring_memory *memory)
{
	struct user_memory *user = to_user(memory);

	sg_free_table(&user->table);
	unpin(user);
	kvfree(user->pages);
	uncharge(user);
	mmdrop(user->mm);
	kfree(user);
}

/* --------------------------------------------------------------- for the card */

/* The DMA API would have it copied where the card can reach. */
static bool out_of_reach(const struct dmaring_memory *memory)
{
	struct scatterlist *sg;
	unsigned int i;

	for_each_sgtable_sg(&to_user(memory)->table, sg, i)
		if (!dmaring_in_reach(memory->dev, sg_phys(sg), sg->length))
			return true;
	return false;
}

/* What the application wrote since is not to be lost. */
static void unmap(const struct dmaring_memory *memory)
{
	dma_unmap_sgtable(memory->dev, &to_user(memory)->table,
			  DMA_FROM_DEVICE, DMA_ATTR_SKIP_CPU_SYNC);
}

static int user_reach(struct dmaring_memory *memory,
		      const struct dmaring_memory_limits *limits)
{
	struct sg_table *table = &to_user(memory)->table;
	int err;

	if (out_of_reach(memory))
		return -ERANGE;
	/* Other than that, there is no address, or no memory to note it down. */
	if (dma_map_sgtable(memory->dev, table, DMA_FROM_DEVICE, 0))
		return -ENOMEM;
	err = dmaring_segments_list(memory, table->sgl, table->nents, 0,
				    limits);
	if (err)
		goto err_unmap;
	if (dmaring_memory_bounced(memory)) {
		err = -ERANGE;
		goto err_free_segments;
	}
	return 0;

err_free_segments:
	dmaring_segments_free(memory);
err_unmap:
	unmap(memory);
	return err;
}

static void user_free(struct dmaring_memory *memory)
{
	dmaring_segments_free(memory);
	unmap(memory);
}

static struct dmaring_span user_span(const struct dmaring_memory *memory,
				     size_t offset)
{
	const struct user_memory *user = to_user(memory);
	size_t at = user->offset + offset;
	size_t into = offset_in_page(at);

	return (struct dmaring_span) {
		.at = page_address(user->pages[at >> PAGE_SHIFT]) + into,
		.bytes = min_t(size_t, PAGE_SIZE - into, memory->bytes - offset),
	};
}

/* It is the application's: who else refers to it is its own business. */
static bool user_referenced(const struct dmaring_memory *memory)
{
	return false;
}

static void user_to_card(const struct dmaring_memory *memory)
{
	dma_sync_sgtable_for_device(memory->dev, &to_user(memory)->table,
				    DMA_FROM_DEVICE);
}

static void user_to_cpu(const struct dmaring_memory *memory)
{
	dma_sync_sgtable_for_cpu(memory->dev, &to_user(memory)->table,
				 DMA_FROM_DEVICE);
}

const struct dmaring_memory_kind dmaring_memory_user = {
	.name = "user",
	.id = DMARING_MEMORY_USER,
	.free = user_free,
	.span = user_span,
	.referenced = user_referenced,
	.to_card = user_to_card,
	.to_cpu = user_to_cpu,
	.reach = user_reach,
	.give_back = user_give_back,
};
