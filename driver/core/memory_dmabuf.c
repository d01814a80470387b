// SPDX-License-Identifier: GPL-2.0-only
/*
 * A dma-buf, which an application lends: memory of another driver.
 *
 * Its exporter maps it for the card and counts it.  What the CPU does with it, and
 * that it sees what the card has written, is between the application and the
 * exporter (DMA_BUF_IOCTL_SYNC).
 */
#include <linux/dma-buf.h>
#include <linux/dma-mapping.h>
#include <linux/iosys-map.h>
#include <linux/module.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>

#include <compat.h>

#include "memory.h"

/**
 * struct dmabuf_memory - a part of a dma-buf
 * @lent:       as all that is lent.
 * @dmabuf:     a reference.
 * @offset:     where the part begins.
 * @by_cpu:     the kernel, too, writes it: it needs an address.
 * @attachment: of the card, while it is mapped for it.
 * @table:      where it is for the card then.
 * @map:        and for the kernel, @by_cpu.
 */
struct dmabuf_memory {
	struct dmaring_lent lent;
	struct dma_buf *dmabuf;
	u64 offset;
	bool by_cpu;
	struct dma_buf_attachment *attachment;
	struct sg_table *table;
	struct iosys_map map;
};

static struct dmabuf_memory *to_dmabuf(const struct dmaring_memory *memory)
{
	return container_of(memory->lent, struct dmabuf_memory, lent);
}

/* Who was given it to look at cannot have the card write it. */
static int check_part(const struct dma_buf *dmabuf, u64 offset, size_t bytes)
{
	if (!(dmabuf->file->f_mode & FMODE_WRITE))
		return -EACCES;
	if (bytes > dmabuf->size || offset > dmabuf->size - bytes)
		return -EINVAL;
	return 0;
}

/**
 * dmaring_dmabuf_take() - get a dma-buf of the calling process
 * @memory: filled, but for its segments.
 * @dev:    whom it is for.
 * @fd:     its descriptor.
 * @offset: where the part that is lent begins.
 * @bytes:  how long it is.
 * @by_cpu: the kernel writes it, too.
 *
 * Return: 0, for give_back(); -EBADF, -EACCES, -EINVAL, -ENOMEM.
 */
int dmaring_dmabuf_take(struct dmaring_memory *memory, struct device *dev,
			int fd, u64 offset, size_t bytes, bool by_cpu)
{
	struct dmabuf_memory *lent;
	struct dma_buf *dmabuf = dma_buf_get(fd);
	int err;

	if (IS_ERR(dmabuf))
		return PTR_ERR(dmabuf);
	err = check_part(dmabuf, offset, bytes);
	if (err)
		goto err_put;
	lent = kzalloc(sizeof(*lent), GFP_KERNEL_ACCOUNT);
	if (!lent) {
		err = -ENOMEM;
		goto err_put;
	}
	lent->dmabuf = dmabuf;
	lent->offset = offset;
	lent->by_cpu = by_cpu;
	*memory = (struct dmaring_memory) {
		.kind = &dmaring_memory_dmabuf,
		.dev = dev,
		.bytes = bytes,
		.lent = &lent->lent,
	};
	return 0;

err_put:
	dma_buf_put(dmabuf);
	return err;
}

static void dmabuf_give_back(struct dmaring_memory *memory)
{
	struct dmabuf_memory *lent = to_dmabuf(memory);

	dma_buf_put(lent->dmabuf);
	kfree(lent);
}

/* -------------------------------------------------------------------- segments */

/* An exporter may map it as if the DMA API could copy it for us. */
static int get_segments(struct dmaring_memory *memory,
			const struct dmaring_memory_limits *limits)
{
	struct dmabuf_memory *lent = to_dmabuf(memory);
	bool bounced;
	int err;

	err = dmaring_segments_list(memory, lent->table->sgl,
				    lent->table->nents, lent->offset, limits);
	if (err)
		return err;
	bounced = dmaring_memory_bounced(memory);
	/* Otherwise it is the exporter's. */
	memory->sync = false;
	if (!bounced)
		return 0;
	dmaring_segments_free(memory);
	return -ERANGE;
}

/* ------------------------------------------------------------ for card and kernel */

static int map_for_kernel(struct dmaring_memory *memory)
{
	struct dmabuf_memory *lent = to_dmabuf(memory);
	int err;

	if (!lent->by_cpu)
		return 0;
	err = dma_buf_vmap_unlocked(lent->dmabuf, &lent->map);
	if (err)
		return err;
	if (lent->map.is_iomem) {
		dma_buf_vunmap_unlocked(lent->dmabuf, &lent->map);
		return -EOPNOTSUPP;
	}
	memory->cpu = lent->map.vaddr + lent->offset;
	return 0;
}

static int dmabuf_reach(struct dmaring_memory *memory,
			const struct dmaring_memory_limits *limits)
{
	struct dmabuf_memory *lent = to_dmabuf(memory);
	int err;

	lent->attachment = dma_buf_attach(lent->dmabuf, memory->dev);
	if (IS_ERR(lent->attachment))
		return PTR_ERR(lent->attachment);
	lent->table = dma_buf_map_attachment_unlocked(lent->attachment,
						      DMA_FROM_DEVICE);
	if (IS_ERR(lent->table)) {
		err = PTR_ERR(lent->table);
		goto err_detach;
	}
	err = get_segments(memory, limits);
	if (err)
		goto err_unmap;
	err = map_for_kernel(memory);
	if (err)
		goto err_free_segments;
	return 0;

err_free_segments:
	dmaring_segments_free(memory);
err_unmap:
	dma_buf_unmap_attachment_unlocked(lent->attachment, lent->table,
					  DMA_FROM_DEVICE);
err_detach:
	dma_buf_detach(lent->dmabuf, lent->attachment);
	return err;
}

static void dmabuf_free(struct dmaring_memory *memory)
{
	struct dmabuf_memory *lent = to_dmabuf(memory);

	if (lent->by_cpu)
		dma_buf_vunmap_unlocked(lent->dmabuf, &lent->map);
	dmaring_segments_free(memory);
	dma_buf_unmap_attachment_unlocked(lent->attachment, lent->table,
					  DMA_FROM_DEVICE);
	dma_buf_detach(lent->dmabuf, lent->attachment);
}

/* Nobody asked for an address. */
static struct dmaring_span dmabuf_span(const struct dmaring_memory *memory,
				       size_t offset)
{
	return (struct dmaring_span) { };
}

static bool dmabuf_referenced(const struct dmaring_memory *memory)
{
	return false;
}

const struct dmaring_memory_kind dmaring_memory_dmabuf = {
	.name = "dmabuf",
	.id = DMARING_MEMORY_DMABUF,
	.free = dmabuf_free,
	.span = dmabuf_span,
	.referenced = dmabuf_referenced,
	.reach = dmabuf_reach,
	.give_back = dmabuf_give_back,
};

MODULE_IMPORT_NS("DMA_BUF");
