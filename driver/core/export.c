// SPDX-License-Identifier: GPL-2.0-only
/*
 * Buffers as dma-bufs, by which other drivers use them where they are.
 *
 * A dma-buf refers to the pages of its buffer.  It may outlive the consumer that
 * made it, the pool and the card: it needs none of them, only the stream's own
 * structure, to tell that it has ended.  While its consumer is attached it counts
 * as one of the consumer's mappings.  After that nobody has a right to what it
 * shows: it is an orphan, and the buffer is kept from everybody until it ends
 * (quarantine.c).
 *
 * Importers take no references to pages, but one to the dma-buf.  A mapping of it
 * does, too, and the dma-buf is there for as long as any part of the mapping is.
 *
 * All dma-bufs of a buffer have one reservation object.  Importers put fences
 * there for what they have not done yet.
 */
#include <linux/dma-buf.h>
#include <linux/dma-fence.h>
#include <linux/dma-mapping.h>
#include <linux/dma-resv.h>
#include <linux/fcntl.h>
#include <linux/iosys-map.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/nospec.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include <compat.h>

#include "internal.h"
#include "mmap.h"

MODULE_IMPORT_NS("DMA_BUF");

/* VMAs of one dma-buf.  Each refers to each page: the count must not wrap around. */
#define AREAS_MAX	4096

/**
 * struct dmaring_exported - what all dma-bufs of a buffer have in common
 * @ref:      dma-bufs, and whoever waits for a fence.
 * @stream:   the stream; we have a reference.
 * @buf:      the buffer, in the stream's pool.
 * @memory:   its memory, to which we refer.
 * @resv:     fences of importers.
 * @counts:   dma-bufs of each attached consumer.     (stream->lock)
 * @waits:    for @fence.                             (state_mutex to set)
 * @fence:    one that has not signaled.
 * @callback: when it does.
 * @signaled: it has.
 */
struct dmaring_exported {
	struct kref ref;
	struct dmaring_stream *stream;
	struct dmaring_buf *buf;
	struct dmaring_memory memory;
	struct dma_resv resv;
	u8 counts[DMARING_CONSUMERS_MAX];
	bool waits;
	struct dma_fence *fence;
	struct dma_fence_cb callback;
	struct work_struct signaled;
};

/**
 * struct export - one dma-buf
 * @exported:    of its buffer, with a reference; NULL while it is being made.
 * @stream:      the stream; we have a reference.
 * @buf:         its buffer.
 * @writable:    it is not a read-only one.
 * @consumer:    who made it, NULL after DETACH.      (stream->lock)
 * @link:        in its exports.                      (stream->lock)
 * @areas:       VMAs of it.
 * @mutex:       guards @attachments.
 * @attachments: devices that use it.
 */
struct export {
	struct dmaring_exported *exported;
	struct dmaring_stream *stream;
	struct dmaring_buf *buf;
	bool writable;
	struct dmaring_consumer *consumer;
	struct list_head link;
	atomic_t areas;
	struct mutex mutex;
	struct list_head attachments;
};

/**
 * struct attachment - a device that uses a dma-buf
 * @link:      in export->attachments.
 * @dev:       the device.
 * @table:     the pages, as the device can have them.
 * @direction: how they are mapped for it, or DMA_NONE.    (export->mutex)
 */
struct attachment {
	struct list_head link;
	struct device *dev;
	struct sg_table table;
	enum dma_data_direction direction;
};

/* ---------------------------------------------------- the buffer, and its fences */

static void exported_free(struct kref *ref)
{
	struct dmaring_exported *exported =
		container_of(ref, struct dmaring_exported, ref);
	struct dmaring_stream *stream = exported->stream;
	struct dmaring_buf *buf = exported->buf;
	unsigned long flags;

	spin_lock_irqsave(&stream->lock, flags);
	/* There may be a new one meanwhile. */
	if (buf->exported == exported) {
		buf->exported = NULL;
		buf->fences = DMARING_FENCES_NONE;
	}
	spin_unlock_irqrestore(&stream->lock, flags);
	exported->memory.kind->let_go(&exported->memory);
	dma_resv_fini(&exported->resv);
	kfree(exported);
	put_device(&stream->dev);
}

static void exported_put(struct dmaring_exported *exported)
{
	kref_put(&exported->ref, exported_free);
}

/* What the buffer has, if anybody still has it. */
static struct dmaring_exported *exported_get(struct dmaring_stream *stream,
					     struct dmaring_buf *buf)
{
	struct dmaring_exported *exported;

	spin_lock_irq(&stream->lock);
	exported = buf->exported;
	if (exported && !kref_get_unless_zero(&exported->ref))
		exported = NULL;
	spin_unlock_irq(&stream->lock);
	return exported;
}

/* The fence may be signaled long after all dma-bufs have been closed. */
static void signaled_work(struct work_struct *work)
{
	struct dmaring_exported *exported =
		container_of(work, struct dmaring_exported, signaled);
	struct dmaring_stream *stream = exported->stream;

	get_device(&stream->dev);
	dma_fence_put(exported->fence);
	/* Before the recheck, which may find another fence to wait for. */
	smp_store_release(&exported->waits, false);
	exported_put(exported);
	dmaring_quarantine_soon(stream);
	put_device(&stream->dev);
	/* The module's exit waits for the end of this function. */
	module_put(THIS_MODULE);
}

static void signaled(struct dma_fence *fence, struct dma_fence_cb *callback)
{
	dmaring_work_later(&container_of(callback, struct dmaring_exported,
					 callback)->signaled);
}

/* False if it has signaled just now. */
static bool wait_for(struct dmaring_exported *exported, struct dma_fence *fence)
{
	/* Pairs with that of signaled_work(): it has done with the callback. */
	if (smp_load_acquire(&exported->waits))
		return true;
	/* The stream is not gone, so the module is in use. */
	__module_get(THIS_MODULE);
	kref_get(&exported->ref);
	exported->waits = true;
	exported->fence = dma_fence_get(fence);
	if (!dma_fence_add_callback(fence, &exported->callback, signaled))
		return true;
	exported->waits = false;
	dma_fence_put(fence);
	exported_put(exported);
	module_put(THIS_MODULE);
	return false;
}

/**
 * dmaring_export_has_fences() - is there a fence, signaled or not?
 * @exported: of a buffer that has dma-bufs.
 *
 * Context: any; stream->lock is held.
 */
bool dmaring_export_has_fences(const struct dmaring_exported *exported)
{
	return rcu_access_pointer(exported->resv.fences);
}

/**
 * dmaring_export_is_idle() - have all fences of a buffer signaled?
 * @stream: the stream, not gone.
 * @buf:    the buffer.
 *
 * If not, dmaring_quarantine_soon() is called when they may have.
 */
bool dmaring_export_is_idle(struct dmaring_stream *stream,
			    struct dmaring_buf *buf)
{
	struct dmaring_exported *exported;
	struct dma_resv_iter cursor;
	struct dma_fence *fence;
	bool idle = true;

	lockdep_assert_held(&stream->state_mutex);
	exported = exported_get(stream, buf);
	if (!exported)
		return true;
	/* The next transfer writes: those who read must have done, too. */
	dma_resv_iter_begin(&cursor, &exported->resv, DMA_RESV_USAGE_READ);
	dma_resv_for_each_fence_unlocked(&cursor, fence) {
		idle = !wait_for(exported, fence);
		if (!idle)
			break;
	}
	dma_resv_iter_end(&cursor);
	exported_put(exported);
	return idle;
}

/* ------------------------------------------------------------ for other devices */

/* All pages of it, in order; the caller frees the array. */
static struct page **list_pages(const struct dmaring_memory *memory)
{
	unsigned long i, count = memory->bytes >> PAGE_SHIFT;
	struct dmaring_span span;
	struct page **pages;

	pages = kvmalloc_array(count, sizeof(*pages), GFP_KERNEL_ACCOUNT);
	for (i = 0; pages && i < count; i++) {
		span = dmaring_memory_span(memory, i << PAGE_SHIFT);
		pages[i] = virt_to_page(span.at);
	}
	return pages;
}

/* In pieces as large as the device takes. */
static int fill_table(struct sg_table *table,
		      const struct dmaring_memory *memory, struct device *dev)
{
	unsigned long count = memory->bytes >> PAGE_SHIFT;
	struct page **pages = list_pages(memory);
	int err;

	if (!pages)
		return -ENOMEM;
	err = sg_alloc_table_from_pages_segment(table, pages, count, 0,
						memory->bytes,
						dma_get_max_seg_size(dev),
						GFP_KERNEL);
	kvfree(pages);
	return err;
}

static int export_attach(struct dma_buf *dma_buf,
			 struct dma_buf_attachment *user)
{
	struct export *export = dma_buf->priv;
	struct attachment *attachment;
	int err;

	attachment = kzalloc(sizeof(*attachment), GFP_KERNEL);
	if (!attachment)
		return -ENOMEM;
	err = fill_table(&attachment->table, &export->exported->memory,
			 user->dev);
	if (err) {
		kfree(attachment);
		return err;
	}
	attachment->dev = user->dev;
	attachment->direction = DMA_NONE;
	user->priv = attachment;
	mutex_lock(&export->mutex);
	list_add(&attachment->link, &export->attachments);
	mutex_unlock(&export->mutex);
	return 0;
}

static void export_detach(struct dma_buf *dma_buf,
			  struct dma_buf_attachment *user)
{
	struct attachment *attachment = user->priv;
	struct export *export = dma_buf->priv;

	mutex_lock(&export->mutex);
	list_del(&attachment->link);
	mutex_unlock(&export->mutex);
	sg_free_table(&attachment->table);
	kfree(attachment);
}

static void set_direction(struct export *export, struct attachment *attachment,
			  enum dma_data_direction direction)
{
	mutex_lock(&export->mutex);
	attachment->direction = direction;
	mutex_unlock(&export->mutex);
}

static struct sg_table *export_map(struct dma_buf_attachment *user,
				   enum dma_data_direction direction)
{
	struct attachment *attachment = user->priv;
	struct export *export = user->dmabuf->priv;
	int err;

	if (!export->writable && direction != DMA_TO_DEVICE)
		return ERR_PTR(-EACCES);
	err = dma_map_sgtable(user->dev, &attachment->table, direction, 0);
	if (err)
		return ERR_PTR(err);
	set_direction(export, attachment, direction);
	return &attachment->table;
}

static void export_unmap(struct dma_buf_attachment *user, struct sg_table *table,
			 enum dma_data_direction direction)
{
	set_direction(user->dmabuf->priv, user->priv, DMA_NONE);
	dma_unmap_sgtable(user->dev, table, direction, 0);
}

/* --------------------------------------------------------------- for the kernel */

/* What is in one piece has an address already. */
static int export_vmap(struct dma_buf *dma_buf, struct iosys_map *map)
{
	struct export *export = dma_buf->priv;
	const struct dmaring_memory *memory = &export->exported->memory;
	void *at = memory->cpu;
	struct page **pages;

	if (!at) {
		pages = list_pages(memory);
		if (pages)
			at = vmap(pages, memory->bytes >> PAGE_SHIFT, VM_MAP,
				  PAGE_KERNEL);
		kvfree(pages);
	}
	if (!at)
		return -ENOMEM;
	iosys_map_set_vaddr(map, at);
	return 0;
}

static void export_vunmap(struct dma_buf *dma_buf, struct iosys_map *map)
{
	struct export *export = dma_buf->priv;

	if (!export->exported->memory.cpu)
		vunmap(map->vaddr);
}

/*
 * Our own card's mapping is as it should be while the card does not have the
 * buffer: what it wrote was for the CPU when it completed, and what the CPU wrote
 * is for it when it is armed.
 */
static int export_sync(struct dma_buf *dma_buf,
		       enum dma_data_direction direction,
		       void (*sync)(struct device *dev, struct sg_table *table,
				    enum dma_data_direction direction))
{
	struct export *export = dma_buf->priv;
	struct attachment *attachment;

	/* FROM_DEVICE: the CPU only reads. */
	if (!export->writable && direction != DMA_FROM_DEVICE)
		return -EACCES;
	mutex_lock(&export->mutex);
	list_for_each_entry(attachment, &export->attachments, link)
		if (attachment->direction != DMA_NONE)
			sync(attachment->dev, &attachment->table,
			     attachment->direction);
	mutex_unlock(&export->mutex);
	return 0;
}

static int export_begin_cpu(struct dma_buf *dma_buf,
			    enum dma_data_direction direction)
{
	return export_sync(dma_buf, direction, dma_sync_sgtable_for_cpu);
}

static int export_end_cpu(struct dma_buf *dma_buf,
			  enum dma_data_direction direction)
{
	return export_sync(dma_buf, direction, dma_sync_sgtable_for_device);
}

/* ----------------------------------------------------------------- for a process */

/* An entry that was taken out. */
static vm_fault_t area_fault(struct vm_fault *vmf)
{
	struct export *export = vmf->vma->vm_private_data;
	const struct dmaring_memory *memory = &export->exported->memory;
	int err;

	if (dmaring_is_marked(vmf) ||
	    vmf->pgoff >= memory->bytes >> PAGE_SHIFT)
		return VM_FAULT_SIGBUS;
	err = memory->kind->map(memory, vmf->vma, vmf->address & PAGE_MASK,
				vmf->pgoff, 1);
	if (err == -ENOMEM)
		return VM_FAULT_OOM;
	/* EBUSY: another thread was faster. */
	return err && err != -EBUSY ? VM_FAULT_SIGBUS : VM_FAULT_NOPAGE;
}

static void area_open(struct vm_area_struct *vma)
{
	struct export *export = vma->vm_private_data;

	atomic_inc(&export->areas);
}

static void area_close(struct vm_area_struct *vma)
{
	struct export *export = vma->vm_private_data;

	atomic_dec(&export->areas);
}

static const struct vm_operations_struct area_ops = {
	.open = area_open,
	.close = area_close,
	.fault = area_fault,
};

/* The VMA has the dma-buf; it may be made by a driver that has imported it. */
static int export_mmap(struct dma_buf *dma_buf, struct vm_area_struct *vma)
{
	struct export *export = dma_buf->priv;
	const struct dmaring_memory *memory = &export->exported->memory;
	unsigned long first = array_index_nospec(vma->vm_pgoff,
						 memory->bytes >> PAGE_SHIFT);
	int err;

	if (!(vma->vm_flags & VM_MAYSHARE))
		return -EINVAL;
	if (!export->writable && vma->vm_flags & VM_WRITE)
		return -EACCES;
	err = dmaring_mmap_flags(vma, VM_MIXEDMAP,
				 export->writable ? 0 : VM_MAYWRITE);
	if (err)
		return err;
	/* More than that can come to it by fork(2) and by splitting. */
	if (atomic_inc_return(&export->areas) > AREAS_MAX) {
		atomic_dec(&export->areas);
		return -ENOMEM;
	}
	err = memory->kind->map(memory, vma, vma->vm_start, first,
				vma_pages(vma));
	if (err) {
		atomic_dec(&export->areas);
		return err;
	}
	vma->vm_private_data = export;
	vma->vm_ops = &area_ops;
	return 0;
}

/* ----------------------------------------------------------------- begin and end */

/* It may be made, and counts as a mapping of the buffer from now on. */
static int export_count(struct export *export,
			struct dmaring_consumer *consumer)
{
	struct dmaring_stream *stream = consumer->stream;
	struct dmaring_buf *buf = export->buf;
	int err = 0;

	spin_lock_irq(&stream->lock);
	if (!dmaring_may_map(consumer, buf)) {
		err = -EBUSY;
	} else if (buf->exported &&
		   buf->exported->counts[consumer->id] >= DMARING_EXPORTS_MAX) {
		err = -ENOSPC;
	} else {
		buf->maps++;
		buf->dirty = true;
		export->consumer = consumer;
		list_add(&export->link, &consumer->exports);
	}
	spin_unlock_irq(&stream->lock);
	return err;
}

/* First the pages; until then DETACH makes an orphan of it. */
static void export_let_go(struct export *export)
{
	struct dmaring_stream *stream = export->stream;
	struct dmaring_exported *exported;

	spin_lock_irq(&stream->lock);
	exported = export->exported;
	export->exported = NULL;
	if (exported && export->consumer)
		exported->counts[export->consumer->id]--;
	spin_unlock_irq(&stream->lock);
	if (exported)
		exported_put(exported);
}

/* Nobody has it any more, nor any page of it but those who refer to that alone. */
static void export_free(struct export *export)
{
	struct dmaring_stream *stream = export->stream;
	struct dmaring_buf *buf = export->buf;

	export_let_go(export);
	spin_lock_irq(&stream->lock);
	if (export->consumer) {
		list_del(&export->link);
		buf->maps--;
	} else {
		buf->orphans--;
	}
	spin_unlock_irq(&stream->lock);
	kfree(export);
	dmaring_quarantine_soon(stream);
	put_device(&stream->dev);
}

static void export_release(struct dma_buf *dma_buf)
{
	export_free(dma_buf->priv);
}

#define EXPORT_OPS						\
	.attach = export_attach,				\
	.detach = export_detach,				\
	.map_dma_buf = export_map,				\
	.unmap_dma_buf = export_unmap,				\
	.release = export_release,				\
	.begin_cpu_access = export_begin_cpu,			\
	.end_cpu_access = export_end_cpu,			\
	.mmap = export_mmap

static const struct dma_buf_ops export_ops = {
	EXPORT_OPS,
	.vmap = export_vmap,
	.vunmap = export_vunmap,
};

/*
 * Nobody says what an address for the kernel is for.  Refusing one would be a
 * warning of the kernel's, so this has no way to ask for it.
 */
static const struct dma_buf_ops read_only_ops = {
	EXPORT_OPS,
};

/* DETACH: the buffers of its dma-bufs are kept from everybody from now on. */
void dmaring_export_orphan(struct dmaring_consumer *consumer)
{
	struct dmaring_stream *stream = consumer->stream;
	struct export *export;

	lockdep_assert_held(&stream->state_mutex);
	do {
		/* One by one, to keep interrupts off for a short time. */
		spin_lock_irq(&stream->lock);
		export = list_first_entry_or_null(&consumer->exports,
						  struct export, link);
		if (export) {
			list_del(&export->link);
			export->consumer = NULL;
			/* Else it is ending. */
			if (export->exported)
				export->exported->counts[consumer->id]--;
			export->buf->maps--;
			export->buf->orphans++;
			dmaring_quarantine_unfence(stream, export->buf);
		}
		spin_unlock_irq(&stream->lock);
		cond_resched();
	} while (export);
}

static struct dmaring_exported *exported_new(struct dmaring_stream *stream,
					     struct dmaring_buf *buf)
{
	struct dmaring_exported *exported;
	int err;

	exported = kzalloc(sizeof(*exported), GFP_KERNEL_ACCOUNT);
	if (!exported)
		return ERR_PTR(-ENOMEM);
	err = buf->memory.kind->keep(&buf->memory, &exported->memory);
	if (err) {
		kfree(exported);
		return ERR_PTR(err);
	}
	kref_init(&exported->ref);
	dma_resv_init(&exported->resv);
	INIT_WORK(&exported->signaled, signaled_work);
	get_device(&stream->dev);
	exported->stream = stream;
	exported->buf = buf;
	return exported;
}

/* Join the other dma-bufs of the buffer.  Only EXPORT does, under the mutex. */
static int export_join(struct export *export)
{
	struct dmaring_stream *stream = export->stream;
	struct dmaring_buf *buf = export->buf;
	struct dmaring_exported *exported;

	lockdep_assert_held(&stream->state_mutex);
	exported = exported_get(stream, buf);
	if (!exported)
		exported = exported_new(stream, buf);
	if (IS_ERR(exported))
		return PTR_ERR(exported);
	spin_lock_irq(&stream->lock);
	export->exported = exported;
	exported->counts[export->consumer->id]++;
	if (buf->exported != exported) {
		buf->exported = exported;
		buf->fences = DMARING_FENCES_ASK;
	}
	spin_unlock_irq(&stream->lock);
	return 0;
}

static struct dma_buf *make_dma_buf(struct export *export, u32 flags)
{
	DEFINE_DMA_BUF_EXPORT_INFO(info);
	int err = export_join(export);

	if (err)
		return ERR_PTR(err);
	info.exp_name = KBUILD_MODNAME;
	info.owner = THIS_MODULE;
	info.ops = export->writable ? &export_ops : &read_only_ops;
	info.size = export->exported->memory.bytes;
	info.flags = flags & O_ACCMODE;
	info.resv = &export->exported->resv;
	info.priv = export;
	return dma_buf_export(&info);
}

static struct export *export_new(struct dmaring_consumer *consumer,
				 struct dmaring_buf *buf, bool writable)
{
	struct export *export;
	int err;

	export = kzalloc(sizeof(*export), GFP_KERNEL_ACCOUNT);
	if (!export)
		return ERR_PTR(-ENOMEM);
	export->stream = consumer->stream;
	export->buf = buf;
	export->writable = writable;
	mutex_init(&export->mutex);
	INIT_LIST_HEAD(&export->attachments);
	err = export_count(export, consumer);
	if (err) {
		kfree(export);
		return ERR_PTR(err);
	}
	get_device(&consumer->stream->dev);
	return export;
}

static int export_fd(struct dmaring_consumer *consumer, struct dmaring_buf *buf,
		     u32 flags)
{
	bool writable = (flags & O_ACCMODE) == O_RDWR;
	struct export *export = export_new(consumer, buf, writable);
	struct dma_buf *dma_buf;
	int fd;

	if (IS_ERR(export))
		return PTR_ERR(export);
	dma_buf = make_dma_buf(export, flags);
	if (IS_ERR(dma_buf)) {
		export_free(export);
		return PTR_ERR(dma_buf);
	}
	fd = dma_buf_fd(dma_buf, flags & O_CLOEXEC);
	if (fd < 0)
		dma_buf_put(dma_buf);
	return fd;
}

static int check_export(const struct dmaring_consumer *consumer,
			const struct dmaring_export *export)
{
	u32 access = export->flags & O_ACCMODE;

	if (export->flags & ~(O_ACCMODE | O_CLOEXEC) ||
	    (access != O_RDONLY && access != O_RDWR) ||
	    !dmaring_is_zero(export->reserved) ||
	    export->buffer >= consumer->stream->pool.count)
		return -EINVAL;
	if (!(consumer->stream->caps & DMARING_CAP_EXPORT))
		return -EOPNOTSUPP;
	if (!consumer->writable)
		return -EACCES;
	if (!consumer->attached)
		return -ENOTCONN;
	/* What it lends is its own already. */
	return consumer->stream->lent ? -EBUSY : 0;
}

/* EXPORT. */
int dmaring_export(struct dmaring_consumer *consumer,
		   union dmaring_argument *arg)
{
	struct dmaring_export *export = &arg->export;
	struct dmaring_pool *pool = &consumer->stream->pool;
	u32 index = export->buffer;
	int err;

	lockdep_assert_held(&consumer->stream->state_mutex);
	/* The pool's memory stays while we have the mutex. */
	if (dmaring_is_gone(consumer->stream))
		return -ENODEV;
	err = check_export(consumer, export);
	if (err)
		return err;
	index = array_index_nospec(index, pool->count);
	*export = (struct dmaring_export) {
		.flags = export->flags,
		.buffer = index,
		.fd = export_fd(consumer, &pool->bufs[index], export->flags),
	};
	return min(export->fd, 0);
}
