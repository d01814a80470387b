// SPDX-License-Identifier: GPL-2.0-only
/*
 * The card's own memory: what its driver offers, and how it is read.
 *
 * The driver reads, for it knows how; the core sees to it that the card is there
 * meanwhile.  That is an SRCU section, in which no memory of a user's is touched:
 * who answers for that may take as long as they like, and removal would wait for
 * them.  So what is read goes to a page of the kernel's first.
 */
#include <linux/export.h>
#include <linux/io.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/nospec.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "internal.h"
#include "region.h"

#define WIDTH_MAX	8

static const struct dmaring_card_region *
find_region(const struct dmaring_stream *stream, u32 index)
{
	if (index >= stream->region_count)
		return NULL;
	return &stream->regions[array_index_nospec(index, stream->region_count)];
}

/* ------------------------------------------------------------------- reading */

static int ask_driver(struct dmaring_stream *stream, u32 index, u64 offset,
		      void *to, size_t bytes)
{
	int err, idx;

	idx = srcu_read_lock(&stream->srcu);
	if (dmaring_is_gone(stream))
		err = -ENODEV;
	/* dmaring_suspend() waits for us, or we see it here. */
	else if (READ_ONCE(stream->suspended))
		err = -EBUSY;
	else
		err = dmaring_checked(stream->ops->read_region(stream->hw, index,
							       offset, to,
							       bytes));
	srcu_read_unlock(&stream->srcu, idx);
	return err;
}

/**
 * dmaring_region_read() - read whole words around what somebody wants
 * @stream: the stream.
 * @region: one of its regions, which can be read.
 * @offset: of the first byte.
 * @bytes:  how many, within the region; it becomes how many were read.
 * @page:   a page of memory for them.
 *
 * Return: where they are in the page; or ERR_PTR().
 */
void *dmaring_region_read(struct dmaring_stream *stream,
			  const struct dmaring_card_region *region, u64 offset,
			  size_t *bytes, void *page)
{
	size_t before = offset & (region->width - 1);
	int err;

	*bytes = min_t(size_t, *bytes, PAGE_SIZE - before);
	err = ask_driver(stream, region - stream->regions, offset - before, page,
			 round_up(before + *bytes, region->width));
	return err ? ERR_PTR(err) : page + before;
}

static int read_to_user(struct dmaring_stream *stream,
			const struct dmaring_card_region *region,
			const struct dmaring_read_region *arg, void *page)
{
	char __user *to = u64_to_user_ptr(arg->data);
	u64 done = 0;
	size_t bytes;
	void *from;

	for (; done < arg->length; done += bytes) {
		if (fatal_signal_pending(current))
			return -EINTR;
		bytes = min_t(u64, arg->length - done, PAGE_SIZE);
		from = dmaring_region_read(stream, region, arg->offset + done,
					   &bytes, page);
		if (IS_ERR(from))
			return PTR_ERR(from);
		if (copy_to_user(to + done, from, bytes))
			return -EFAULT;
		cond_resched();
	}
	return 0;
}

/* READ_REGION. */
int dmaring_read_region(struct dmaring_consumer *consumer,
			union dmaring_argument *argument)
{
	const struct dmaring_read_region *arg = &argument->read_region;
	struct dmaring_stream *stream = consumer->stream;
	const struct dmaring_card_region *region;
	void *page;
	int err;

	if (arg->flags || arg->reserved0 || arg->reserved)
		return -EINVAL;
	if (!consumer->readable)
		return -EBADF;
	region = find_region(stream, arg->index);
	if (!region || arg->offset > region->bytes ||
	    arg->length > region->bytes - arg->offset)
		return -EINVAL;
	if (!(region->flags & DMARING_REGION_READ))
		return -EOPNOTSUPP;
	/* Zeroed: a driver that forgets some bytes shows nothing of ours. */
	page = (void *)get_zeroed_page(GFP_KERNEL_ACCOUNT);
	if (!page)
		return -ENOMEM;
	err = read_to_user(stream, region, arg, page);
	free_page((unsigned long)page);
	return err;
}

/* REGION. */
int dmaring_get_region(struct dmaring_consumer *consumer,
		       union dmaring_argument *argument)
{
	struct dmaring_region *arg = &argument->region;
	const struct dmaring_card_region *region =
		find_region(consumer->stream, arg->index);

	if (!dmaring_is_zero(arg->reserved) || !region)
		return -EINVAL;
	*arg = (struct dmaring_region) {
		.index = arg->index,
		.length = region->bytes,
		.flags = region->flags,
		.width = region->width,
	};
	if (region->flags & DMARING_REGION_MAP)
		arg->mmap_offset = (u64)region->first_page << PAGE_SHIFT;
	strscpy(arg->name, region->name, sizeof(arg->name));
	return 0;
}

int dmaring_read_io(const void __iomem *from, void *to, size_t bytes,
		    unsigned int width)
{
	size_t at;

	for (at = 0; at < bytes; at += width) {
		switch (width) {
		case 1:
			*(u8 *)(to + at) = readb(from + at);
			break;
		case 2:
			*(__le16 *)(to + at) = cpu_to_le16(readw(from + at));
			break;
		case 4:
			*(__le32 *)(to + at) = cpu_to_le32(readl(from + at));
			break;
#ifdef CONFIG_64BIT
		case 8:
			*(__le64 *)(to + at) = cpu_to_le64(readq(from + at));
			break;
#endif
		default:
			return -EINVAL;
		}
	}
	return 0;
}
EXPORT_SYMBOL_GPL(dmaring_read_io);

/* ------------------------------------------------------------------- creation */

/* What can be done with it, with this driver and this kernel. */
static u32 possible(const struct dmaring_hw_region *region,
		    const struct dmaring_hw_ops *ops)
{
	u32 flags = region->flags & (DMARING_REGION_MAP | DMARING_REGION_WRITE |
				     DMARING_REGION_PREFETCHABLE |
				     DMARING_REGION_CACHED);

	if (!PAGE_ALIGNED(region->start) || !PAGE_ALIGNED(region->bytes))
		flags &= ~DMARING_REGION_MAP;
	if (!(flags & DMARING_REGION_MAP))
		flags &= ~DMARING_REGION_WRITE;
	return flags | (ops->read_region ? DMARING_REGION_READ : 0);
}

static bool makes_sense(const struct dmaring_hw_region *region)
{
	u32 width = region->width ?: 1;

	return region->bytes && is_power_of_2(width) && width <= WIDTH_MAX &&
	       !(region->bytes & (width - 1)) && region->name && region->name[0];
}

/**
 * dmaring_regions_init() - copy what the driver offers
 * @stream: the stream; it has its pool.
 * @dev:    the card.
 * @config: of the stream.
 *
 * Their pages follow those of the pool in the file's offsets, one after the other.
 *
 * Return: 0; -EINVAL; -ENOMEM.
 */
int dmaring_regions_init(struct dmaring_stream *stream, struct device *dev,
			 const struct dmaring_config *config)
{
	const struct dmaring_pool *pool = &stream->pool;
	unsigned long page = dmaring_pool_pages(pool);
	const struct dmaring_hw_region *from = config->regions;
	struct dmaring_card_region *to;
	u32 i;

	if (!config->region_count)
		return 0;
	stream->regions = kcalloc(config->region_count, sizeof(*to), GFP_KERNEL);
	if (!stream->regions)
		return -ENOMEM;
	for (i = 0; i < config->region_count; i++, from++) {
		if (!makes_sense(from)) {
			dev_err(dev, "region %u has no name, or no bytes, or not whole words\n",
				i);
			return -EINVAL;
		}
		to = &stream->regions[i];
		strscpy(to->name, from->name, sizeof(to->name));
		to->start = from->start;
		to->bytes = from->bytes;
		to->width = from->width ?: 1;
		to->flags = possible(from, stream->ops);
		to->first_page = page;
		if (to->flags & DMARING_REGION_MAP)
			to->pages = to->bytes >> PAGE_SHIFT;
		page += to->pages;
	}
	stream->region_count = config->region_count;
	return 0;
}
