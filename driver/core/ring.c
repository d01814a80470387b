// SPDX-License-Identifier: GPL-2.0-only
/*
 * The memory that a consumer shares with the kernel.
 *
 * It outlives the consumer as long as a descriptor or a mapping of it exists,
 * so that a thread that looks at its ring while another one says DETACH finds
 * the GONE flag and no hole.
 */
#include <linux/anon_inodes.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include <compat.h>

#include "internal.h"

struct dmaring_ring_memory *dmaring_ring_create(u32 slots)
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
	ring->header = vmalloc_user(ring->bytes);
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

static void ring_free(struct kref *refs)
{
	struct dmaring_ring_memory *ring =
		container_of(refs, struct dmaring_ring_memory, refs);

	vfree(ring->header);
	kfree(ring);
}

void dmaring_ring_put(struct dmaring_ring_memory *ring)
{
	kref_put(&ring->refs, ring_free);
}

/* Only the kernel writes the flags: what stands there is not read back. */
void dmaring_ring_flag(struct dmaring_ring_memory *ring, u32 set, u32 clear)
{
	ring->flags = (ring->flags | set) & ~clear;
	WRITE_ONCE(ring->header->flags, ring->flags);
}

static int ring_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct dmaring_ring_memory *ring = file->private_data;

	int err;

	if (!(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	err = dmaring_mmap_flags(vma, 0, 0);
	if (err)
		return err;
	/* Refuses what is not within the memory. */
	return remap_vmalloc_range(vma, ring->header, vma->vm_pgoff);
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
