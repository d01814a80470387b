// SPDX-License-Identifier: GPL-2.0-only
/*
 * The memory that a consumer shares with the kernel.
 *
 * It outlives DETACH as long as a descriptor or a mapping of it exists, so that
 * a thread that looks at its ring while another one says DETACH finds the GONE
 * flag and no hole.  Meanwhile the open file knows it, and the next ATTACH takes
 * it again: a file never has two.  A mapping is of all of it, so that whoever
 * keeps it alive is seen to use as much; and its pages are charged to the memory
 * cgroup of the thread that attached.
 */
#include <linux/anon_inodes.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include <compat.h>

#include "internal.h"

/* Guards @known_as of all rings, and what it points to. */
static DEFINE_SPINLOCK(known_lock);

/* The ring that a file knows, with a reference; or NULL. */
static struct dmaring_ring_memory *get_known(struct dmaring_ring_memory **known)
{
	struct dmaring_ring_memory *ring;

	spin_lock(&known_lock);
	ring = *known;
	/* The last reference goes under the lock: there still is one. */
	if (ring)
		kref_get(&ring->refs);
	spin_unlock(&known_lock);
	return ring;
}

static void make_known(struct dmaring_ring_memory *ring,
		       struct dmaring_ring_memory **known)
{
	spin_lock(&known_lock);
	ring->known_as = known;
	*known = ring;
	spin_unlock(&known_lock);
}

/**
 * dmaring_ring_forget() - the open file ends
 * @known: where it knows its ring.
 */
void dmaring_ring_forget(struct dmaring_ring_memory **known)
{
	spin_lock(&known_lock);
	if (*known)
		(*known)->known_as = NULL;
	*known = NULL;
	spin_unlock(&known_lock);
}

static struct dmaring_ring_memory *create(u32 slots)
{
	size_t frames_at = sizeof(struct dmaring_ring_header);
	size_t releases_at = frames_at + slots * sizeof(struct dmaring_frame);
	struct dmaring_ring_memory *ring;

	BUILD_BUG_ON(sizeof(struct dmaring_ring_header) % DMARING_CACHE_LINE);
	ring = kzalloc(sizeof(*ring), GFP_KERNEL_ACCOUNT);
	if (!ring)
		return NULL;
	ring->bytes = PAGE_ALIGN(releases_at +
				 slots * sizeof(struct dmaring_ring_release));
	ring->header = __vmalloc(ring->bytes, GFP_KERNEL_ACCOUNT | __GFP_ZERO);
	if (!ring->header) {
		kfree(ring);
		return NULL;
	}
	kref_init(&ring->refs);
	ring->frames = (void *)ring->header + frames_at;
	ring->releases = (void *)ring->header + releases_at;
	ring->mask = slots - 1;
	return ring;
}

/**
 * dmaring_ring_get() - the ring of an open file, a new one if need be
 * @known: where it knows its ring.
 * @slots: of both rings; a power of two, always the same for a file.
 *
 * Sleeps.  Return: the ring, for dmaring_ring_put(); NULL without memory.
 */
struct dmaring_ring_memory *dmaring_ring_get(struct dmaring_ring_memory **known,
					     u32 slots)
{
	struct dmaring_ring_memory *ring = get_known(known);

	if (!ring) {
		ring = create(slots);
		if (ring)
			make_known(ring, known);
	}
	return ring;
}

static void ring_free(struct kref *refs)
	__releases(&known_lock)
{
	struct dmaring_ring_memory *ring =
		container_of(refs, struct dmaring_ring_memory, refs);

	if (ring->known_as)
		*ring->known_as = NULL;
	spin_unlock(&known_lock);
	vfree(ring->header);
	kfree(ring);
}

void dmaring_ring_put(struct dmaring_ring_memory *ring)
{
	kref_put_lock(&ring->refs, ring_free, &known_lock);
}

/* Only the kernel writes the flags: what stands there is not read back. */
void dmaring_ring_flag(struct dmaring_ring_memory *ring, u32 set, u32 clear)
{
	ring->flags = (ring->flags | set) & ~clear;
	WRITE_ONCE(ring->header->flags, ring->flags);
}

static int may_split(struct vm_area_struct *vma, unsigned long address)
{
	return -EINVAL;
}

static const struct vm_operations_struct ring_vm_ops = {
	.may_split = may_split,
};

static int ring_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct dmaring_ring_memory *ring = file->private_data;
	size_t at;
	int err;

	if (!(vma->vm_flags & VM_SHARED) || vma->vm_pgoff ||
	    vma->vm_end - vma->vm_start != ring->bytes)
		return -EINVAL;
	err = dmaring_mmap_flags(vma, 0, 0);
	vma->vm_ops = &ring_vm_ops;
	for (at = 0; at < ring->bytes && !err; at += PAGE_SIZE)
		err = vm_insert_page(vma, vma->vm_start + at,
				     vmalloc_to_page((void *)ring->header + at));
	return err;
}

static int ring_release(struct inode *inode, struct file *file)
{
	dmaring_ring_put(file->private_data);
	return 0;
}

static const struct file_operations ring_fops = {
	.owner = THIS_MODULE,
	.mmap = ring_mmap,
	.release = ring_release,
};

/* A new descriptor of the ring, or a negative errno. */
int dmaring_ring_fd(struct dmaring_ring_memory *ring)
{
	int fd;

	kref_get(&ring->refs);
	fd = anon_inode_getfd("[dmaring-ring]", &ring_fops, ring,
			      O_RDWR | O_CLOEXEC);
	if (fd < 0)
		dmaring_ring_put(ring);
	return fd;
}
