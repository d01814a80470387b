// SPDX-License-Identifier: GPL-2.0-only
/*
 * Metadata: what a card says of a frame besides its descriptor.
 *
 * Each buffer has a block of its own, in memory that consumers map read-only.  It is
 * written when the buffer is completed, before the frame is published, and not
 * again before the buffer was given back by all and was armed anew.  So whoever
 * holds a frame finds its block by the buffer's index, however it was taken, and it
 * is as stable as the frame.  A ring beside the ring of frames would have to be as
 * long as frames may be held, which nobody knows.
 *
 * The mapping is made of page frame numbers, filled at a fault inside an SRCU
 * section, and cut at removal, as that of the card's own memory is (mmap_region.c).
 * No reference to a page can be taken, and a mapping keeps its consumer attached:
 * nobody sees what belongs to who comes later.
 */
#include <linux/fs.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/nospec.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include <compat.h>

#include "internal.h"
#include "meta.h"
#include "mmap.h"
#include "region.h"

/* A block begins with a cache line, and ends within its page. */
#define STRIDE_MIN	64

/* --------------------------------------------------------------- each frame */

/**
 * dmaring_meta_store() - a frame is complete: keep what the card says of it
 * @stream: the stream, which has metadata.
 * @index:  of its buffer, which nobody holds.
 * @from:   what the card says; NULL: nothing, and nothing older is seen.
 *
 * The card may write there at any time: it is read once.
 */
void dmaring_meta_store(struct dmaring_stream *stream, u32 index,
			const void *from)
{
	void *to = stream->meta + ((size_t)index << stream->meta_shift);

	lockdep_assert_held(&stream->lock);
	stream->meta_dirty = true;
	if (from)
		memcpy(to, from, stream->meta_bytes);
	else
		memset(to, 0, stream->meta_bytes);
}

/* Nobody is attached, the card is stopped: erase what earlier consumers had. */
void dmaring_meta_scrub(struct dmaring_stream *stream)
{
	lockdep_assert_held(&stream->state_mutex);
	if (!stream->meta || !stream->meta_dirty)
		return;
	memset(stream->meta, 0, stream->meta_pages << PAGE_SHIFT);
	stream->meta_dirty = false;
}

/* ------------------------------------------------------------------- mapping */

static unsigned long page_at(const struct vm_area_struct *vma,
			     unsigned long address)
{
	const struct dmaring_stream *stream = dmaring_vma_consumer(vma)->stream;

	return vma->vm_pgoff - stream->meta_first_page +
	       ((address - vma->vm_start) >> PAGE_SHIFT);
}

static vm_fault_t meta_fault(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	struct dmaring_stream *stream = dmaring_vma_consumer(vma)->stream;
	unsigned long page = page_at(vma, vmf->address);
	vm_fault_t result = VM_FAULT_SIGBUS;
	int idx;

	if (dmaring_is_marked(vmf))
		return VM_FAULT_SIGBUS;
	idx = srcu_read_lock(&stream->srcu);
	/* Checked by ->mmap, and a mapping does not grow. */
	if (dmaring_is_gone(stream))
		result = dmaring_fault_gone(vmf);
	else if (page < stream->meta_pages)
		result = vmf_insert_pfn(vma, vmf->address,
					vmalloc_to_pfn(stream->meta +
						       (page << PAGE_SHIFT)));
	srcu_read_unlock(&stream->srcu, idx);
	return result;
}

/* A debugger looks at it. */
static int meta_access(struct vm_area_struct *vma, unsigned long address,
		       void *data, int bytes, int write)
{
	struct dmaring_stream *stream = dmaring_vma_consumer(vma)->stream;
	size_t offset = (page_at(vma, address) << PAGE_SHIFT) +
			offset_in_page(address);
	int idx;

	if (write)
		return -EACCES;
	idx = srcu_read_lock(&stream->srcu);
	if (dmaring_is_gone(stream)) {
		bytes = -ENODEV;
	} else {
		bytes = dmaring_access_bytes(vma, address, bytes);
		memcpy(data, stream->meta + offset, bytes);
	}
	srcu_read_unlock(&stream->srcu, idx);
	return bytes;
}

/* It keeps the consumer attached, who must have asked for it. */
static int count_map(struct dmaring_consumer *consumer)
{
	struct dmaring_stream *stream = consumer->stream;
	int err = 0;

	spin_lock_irq(&stream->lock);
	if (!consumer->attached)
		err = -ENOTCONN;
	else if (!consumer->has_meta)
		err = -EINVAL;
	else
		consumer->meta_maps++;
	spin_unlock_irq(&stream->lock);
	return err;
}

static void vma_open(struct vm_area_struct *vma)
{
	count_map(dmaring_vma_consumer(vma));
}

static void vma_close(struct vm_area_struct *vma)
{
	struct dmaring_consumer *consumer = dmaring_vma_consumer(vma);
	struct dmaring_stream *stream = consumer->stream;

	spin_lock_irq(&stream->lock);
	consumer->meta_maps--;
	spin_unlock_irq(&stream->lock);
}

static const struct vm_operations_struct meta_vm_ops = {
	.open = vma_open,
	.close = vma_close,
	.fault = meta_fault,
	.access = meta_access,
};

/* ->mmap of whole pages of metadata; the mapping is shared. */
int dmaring_mmap_meta(struct file *file, struct vm_area_struct *vma)
{
	struct dmaring_consumer *consumer = file->private_data;
	const struct dmaring_stream *stream = consumer->stream;
	unsigned long first = vma->vm_pgoff - stream->meta_first_page;
	int err;

	if (first >= stream->meta_pages ||
	    vma_pages(vma) > stream->meta_pages - first)
		return -EINVAL;
	if (vma->vm_flags & VM_WRITE)
		return -EACCES;
	/* Nor is it made writable later. */
	err = dmaring_mmap_flags(vma, VM_IO | VM_PFNMAP, VM_MAYWRITE);
	if (!err)
		err = count_map(consumer);
	if (!err)
		vma->vm_ops = &meta_vm_ops;
	return err;
}

/* ------------------------------------------------------------------- command */

/* META. */
int dmaring_get_meta(struct dmaring_consumer *consumer,
		     union dmaring_argument *argument)
{
	struct dmaring_stream *stream = consumer->stream;
	struct dmaring_meta *arg = &argument->meta;
	u32 index = arg->index;

	if (arg->reserved0 || !dmaring_is_zero(arg->reserved) || index >= stream->meta_count)
		return -EINVAL;
	index = array_index_nospec(index, stream->meta_count);
	*arg = stream->meta_fields[index];
	return 0;
}

/* ------------------------------------------------------------------ creation */

static u32 bytes_of(u32 type)
{
	switch (type) {
	case DMARING_META_U32:
	case DMARING_META_S32:
	case DMARING_META_F32:
		return 4;
	case DMARING_META_U64:
	case DMARING_META_S64:
	case DMARING_META_F64:
		return 8;
	}
	return 0;
}

/* What is wrong with a row; NULL: nothing. */
static const char *mistake(const struct dmaring_config *config, u32 row)
{
	const struct dmaring_hw_meta *field = &config->meta_fields[row];
	u32 i, bytes = bytes_of(field->type);

	if (strlen(field->name) >= sizeof_field(struct dmaring_meta, name))
		return "its name is too long";
	if (field->unit &&
	    strlen(field->unit) >= sizeof_field(struct dmaring_meta, unit))
		return "its unit is too long";
	if (!bytes)
		return "there is no such type";
	if (!IS_ALIGNED(field->offset, bytes))
		return "its offset is no multiple of its size";
	if (field->offset > config->meta_bytes ||
	    bytes > config->meta_bytes - field->offset)
		return "it ends behind the block";
	for (i = 0; i < row; i++)
		if (!strcmp(config->meta_fields[i].name, field->name))
			return "another one has the same name";
	return NULL;
}

static int check_table(struct device *dev, const struct dmaring_config *config)
{
	const struct dmaring_hw_meta *field = config->meta_fields;
	const char *wrong;
	u32 i;

	if (!config->meta_field_count || !field || !config->meta_bytes ||
	    config->meta_bytes > DMARING_META_BYTES_MAX ||
	    config->meta_field_count > DMARING_META_FIELDS_MAX ||
	    config->direction == DMARING_PLAYBACK) {
		dev_err(dev, "metadata of %u bytes in %u fields: 1..%u and 1..%u are possible, and capture\n",
			config->meta_bytes, config->meta_field_count,
			DMARING_META_BYTES_MAX, DMARING_META_FIELDS_MAX);
		return -EINVAL;
	}
	for (i = 0; i < config->meta_field_count; i++) {
		if (!field[i].name || !field[i].name[0]) {
			dev_err(dev, "metadata field %u has no name\n", i);
			return -EINVAL;
		}
		wrong = mistake(config, i);
		if (wrong) {
			dev_err(dev, "metadata field %s: %s\n", field[i].name,
				wrong);
			return -EINVAL;
		}
	}
	return 0;
}

static void describe(const struct dmaring_stream *stream,
		     struct dmaring_meta *to, u32 index,
		     const struct dmaring_hw_meta *from)
{
	*to = (struct dmaring_meta) {
		.index = index,
		.type = from->type,
		.offset = from->offset,
		.stride = 1U << stream->meta_shift,
		.mmap_offset = (u64)stream->meta_first_page << PAGE_SHIFT,
		.length = (u64)stream->meta_pages << PAGE_SHIFT,
	};
	strscpy(to->name, from->name, sizeof(to->name));
	if (from->unit)
		strscpy(to->unit, from->unit, sizeof(to->unit));
}

static unsigned long first_page(const struct dmaring_stream *stream)
{
	unsigned long page = dmaring_pool_pages(&stream->pool);
	u32 i;

	for (i = 0; i < stream->region_count; i++)
		page += stream->regions[i].pages;
	return page;
}

/**
 * dmaring_meta_init() - check and copy what the driver says of its metadata
 * @stream: the stream; it has its pool.
 * @dev:    the card.
 * @config: of the stream.
 *
 * Its pages follow those of the regions in the file's offsets.
 *
 * Return: 0; -EINVAL; -ENOMEM.
 */
int dmaring_meta_init(struct dmaring_stream *stream, struct device *dev,
		      const struct dmaring_config *config)
{
	u32 i, count = config->meta_field_count;
	size_t bytes;
	int err;

	if (!count && !config->meta_bytes)
		return 0;
	err = check_table(dev, config);
	if (err)
		return err;
	stream->meta_bytes = config->meta_bytes;
	stream->meta_shift = ilog2(roundup_pow_of_two(max(config->meta_bytes,
							  STRIDE_MIN)));
	bytes = PAGE_ALIGN((size_t)stream->pool.count << stream->meta_shift);
	stream->meta_first_page = first_page(stream);
	stream->meta_pages = bytes >> PAGE_SHIFT;
	stream->meta_fields = kcalloc(count, sizeof(*stream->meta_fields),
				      GFP_KERNEL);
	stream->meta = vzalloc(bytes);
	if (!stream->meta_fields || !stream->meta)
		return -ENOMEM;
	for (i = 0; i < count; i++)
		describe(stream, &stream->meta_fields[i], i,
			 &config->meta_fields[i]);
	stream->meta_count = count;
	stream->caps |= DMARING_CAP_META;
	return 0;
}

/* With the stream; its mappings were cut at removal. */
void dmaring_meta_free(struct dmaring_stream *stream)
{
	kfree(stream->meta_fields);
	vfree(stream->meta);
}
