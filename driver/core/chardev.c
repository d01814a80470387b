// SPDX-License-Identifier: GPL-2.0-only
/* The character device: open, release, read, write, poll, fsync. */
#include <linux/compat.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/poll.h>

#include "internal.h"

#define FRAME_EVENTS	(EPOLLIN | EPOLLRDNORM | EPOLLOUT | EPOLLWRNORM)

static int dmaring_open(struct inode *inode, struct file *file)
{
	struct dmaring_stream *stream =
		container_of(inode->i_cdev, struct dmaring_stream, cdev);
	struct dmaring_consumer *consumer;

	if (dmaring_is_gone(stream))
		return -ENODEV;
	consumer = dmaring_consumer_create(stream, file->f_mode & FMODE_WRITE);
	if (!consumer)
		return -ENOMEM;
	consumer->readable = file->f_mode & FMODE_READ;
	file->private_data = consumer;
	/* All device nodes of the stream share one mapping: see inode.c. */
	file->f_mapping = dmaring_maps_pages(consumer) ?
				  stream->pages_inode->i_mapping :
				  stream->inode->i_mapping;
	return stream_open(inode, file);
}

static int dmaring_fasync(int fd, struct file *file, int on)
{
	struct dmaring_consumer *consumer = file->private_data;

	return fasync_helper(fd, file, on, &consumer->fasync);
}

static int dmaring_release(struct inode *inode, struct file *file)
{
	dmaring_consumer_destroy(file->private_data);
	return 0;
}

static ssize_t dmaring_read(struct file *file, char __user *to, size_t bytes,
			    loff_t *pos)
{
	struct dmaring_consumer *consumer = file->private_data;
	/* Once: a DETACH and ATTACH on another CPU may change it. */
	u32 stride = READ_ONCE(consumer->stride);
	size_t count;
	int taken;

	if (dmaring_is_gone(consumer->stream))
		return -ENODEV;
	if (consumer->stream->playback)
		return -EINVAL;
	if (!READ_ONCE(consumer->attached))
		return -ENOTCONN;
	count = min_t(size_t, bytes / stride, consumer->stream->pool.count);
	if (!count)
		return -EINVAL;
	taken = dmaring_exchange_take(consumer, to, stride, count,
				      file->f_flags & O_NONBLOCK ? 0 : -1,
				      NULL);
	return taken < 0 ? taken : (ssize_t)taken * stride;
}

static ssize_t dmaring_write(struct file *file, const char __user *from,
			     size_t bytes, loff_t *pos)
{
	struct dmaring_consumer *consumer = file->private_data;

	if (dmaring_is_gone(consumer->stream))
		return -ENODEV;
	if (!consumer->stream->playback)
		return -EINVAL;
	return dmaring_exchange_write(consumer, from, bytes,
				      !(file->f_flags & O_NONBLOCK));
}

static int dmaring_fsync(struct file *file, loff_t start, loff_t end,
			 int datasync)
{
	struct dmaring_consumer *consumer = file->private_data;

	if (dmaring_is_gone(consumer->stream))
		return -ENODEV;
	if (!consumer->stream->playback)
		return -EINVAL;
	/* aio's own thread, which no signal reaches: it could wait for ever. */
	if (current->flags & PF_KTHREAD)
		return -EINVAL;
	return dmaring_exchange_drain(consumer);
}

/* Of frames, and of what becomes of the stream; @found: what a take would find. */
static __poll_t frame_events(const struct dmaring_consumer *consumer, int found)
{
	switch (found) {
	case 0:
		return consumer->stream->news;
	case -EAGAIN:
		return 0;
	case -ENODEV:
		return EPOLLHUP;
	case -EBADFD:
		/* Before the first START there is nothing to tell. */
		return READ_ONCE(consumer->started) ? EPOLLERR : 0;
	default:
		return EPOLLERR;
	}
}

static __poll_t control_events(const struct dmaring_consumer *consumer)
{
	return READ_ONCE(consumer->controls_seen) ==
			       READ_ONCE(consumer->stream->control_seq) ?
		       0 : EPOLLPRI;
}

static __poll_t dmaring_poll(struct file *file, poll_table *table)
{
	struct dmaring_consumer *consumer = file->private_data;
	__poll_t events;

	poll_wait(file, &consumer->wait, table);
	/* Queued before we look: pairs with wq_has_sleeper(). */
	smp_mb();
	events = control_events(consumer);
	/* Who waits for nothing else need not be attached. */
	if (poll_requested_events(table) & EPOLLPRI &&
	    !(poll_requested_events(table) & FRAME_EVENTS))
		return events | (dmaring_is_gone(consumer->stream) ? EPOLLHUP : 0);
	return events |
	       frame_events(consumer, dmaring_exchange_poll(consumer));
}

const struct file_operations dmaring_fops = {
	.owner = THIS_MODULE,
	.open = dmaring_open,
	.release = dmaring_release,
	.read = dmaring_read,
	.write = dmaring_write,
	.fsync = dmaring_fsync,
	.poll = dmaring_poll,
	.fasync = dmaring_fasync,
	.unlocked_ioctl = dmaring_ioctl,
	/* One layout for 32-bit and 64-bit programs. */
	.compat_ioctl = compat_ptr_ioctl,
	.mmap = dmaring_mmap,
	/* Addresses that are aligned like the buffers, for large entries. */
	.get_unmapped_area = thp_get_unmapped_area,
};
