// SPDX-License-Identifier: GPL-2.0-only
/* The commands: what user space gives is copied once, checked, then used. */
#include <linux/capability.h>
#include <linux/fs.h>
#include <linux/nospec.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "internal.h"

union argument {
	u32 size;
	struct dmaring_info info;
	struct dmaring_buffer buffer;
	struct dmaring_attach attach;
	struct dmaring_dequeue dequeue;
	struct dmaring_release release;
	struct dmaring_stats stats;
};

/* A structure this long is a mistake, whatever it holds. */
#define ARGUMENT_SIZE_MAX	4096

#define is_zero(field)	(!memchr_inv(&(field), 0, sizeof(field)))

static int ioctl_info(struct dmaring_consumer *consumer, union argument *arg,
		      void __user *user)
{
	struct dmaring_stream *stream = consumer->stream;
	struct dmaring_info *info = &arg->info;
	u32 id;

	if (info->flags || !is_zero(info->reserved))
		return -EINVAL;
	*info = (struct dmaring_info) {
		.caps = stream->caps,
		.buffers = stream->pool.count,
		.buffer_size = stream->pool.buffer_size,
		.buffer_stride = stream->pool.buffer_size,
		.max_segments = 1,
		.consumers_max = DMARING_CONSUMERS_MAX,
		.pool_asked = stream->pool.asked,
		.pool_limit = stream->pool.limit,
		.pool_asked_size = stream->pool.asked_size,
		.pool_alloc_ns = stream->pool.alloc_ns,
	};
	strscpy(info->driver, stream->driver, sizeof(info->driver));
	strscpy(info->card, stream->card, sizeof(info->card));
	strscpy(info->bus_info, stream->bus_info, sizeof(info->bus_info));

	if (READ_ONCE(stream->hw_running))
		info->state |= DMARING_STATE_RUNNING;
	if (READ_ONCE(stream->suspended))
		info->state |= DMARING_STATE_SUSPENDED;
	spin_lock_irq(&stream->lock);
	if (stream->error)
		info->state |= DMARING_STATE_FAILED;
	info->format = stream->format;
	info->format_seq = stream->format_seq;
	for (id = 0; id < DMARING_CONSUMERS_MAX; id++)
		info->consumers += !!rcu_access_pointer(stream->consumers[id]);
	spin_unlock_irq(&stream->lock);
	return 0;
}

static int ioctl_buffer(struct dmaring_consumer *consumer, union argument *arg,
			void __user *user)
{
	struct dmaring_pool *pool = &consumer->stream->pool;
	struct dmaring_buffer *buffer = &arg->buffer;
	const struct dmaring_buf *buf;
	u32 index = buffer->index;

	if (!is_zero(buffer->reserved) || buffer->segment ||
	    index >= pool->count)
		return -EINVAL;
	buf = &pool->bufs[array_index_nospec(index, pool->count)];
	*buffer = (struct dmaring_buffer) {
		.index = index,
		.segments = 1,
		.mmap_offset = (u64)index * pool->buffer_size,
		.length = pool->buffer_size,
		.segment_bytes = buf->segment.bytes,
		.state = READ_ONCE(buf->state),
	};
	/* A bus address tells where memory is: not for everybody. */
	if (ns_capable_noaudit(&init_user_ns, CAP_SYS_ADMIN)) {
		buffer->bus_addr = buf->segment.addr;
		buffer->flags = DMARING_BUFFER_BUS_SHOWN;
	}
	return 0;
}

static int ioctl_attach(struct dmaring_consumer *consumer, union argument *arg,
			void __user *user)
{
	return dmaring_consumer_attach(consumer, &arg->attach);
}

static int ioctl_dequeue(struct dmaring_consumer *consumer, union argument *arg,
			 void __user *user)
{
	struct dmaring_dequeue *dequeue = &arg->dequeue;
	int taken;
	u32 count;

	if (dequeue->flags || dequeue->reserved || !dequeue->count)
		return -EINVAL;
	count = min(dequeue->count, consumer->stream->pool.count);
	taken = dmaring_queue_take(consumer, u64_to_user_ptr(dequeue->frames),
				   READ_ONCE(consumer->stride), count,
				   dequeue->timeout_ns);
	if (taken < 0)
		return taken;
	dequeue->count = taken;
	return 0;
}

static int ioctl_release(struct dmaring_consumer *consumer, union argument *arg,
			 void __user *user)
{
	struct dmaring_release *release = &arg->release;
	struct dmaring_release __user *to = user;
	u64 cookies[DMARING_RELEASE_MAX];
	int err;

	if (release->flags || release->reserved || !release->count ||
	    release->count > DMARING_RELEASE_MAX)
		return -EINVAL;
	if (copy_from_user(cookies, u64_to_user_ptr(release->cookies),
			   release->count * sizeof(*cookies)))
		return -EFAULT;
	err = dmaring_queue_release(consumer, cookies, release->count,
				    &release->bad);
	if ((err == -EINVAL || err == -ESTALE) &&
	    put_user(release->bad, &to->bad))
		return -EFAULT;
	return err;
}

static int ioctl_stats(struct dmaring_consumer *consumer, union argument *arg,
		       void __user *user)
{
	if (arg->stats.flags || !is_zero(arg->stats.reserved))
		return -EINVAL;
	dmaring_stats_snapshot(consumer->stream, consumer, &arg->stats);
	return 0;
}

static int ioctl_detach(struct dmaring_consumer *consumer, union argument *arg,
			void __user *user)
{
	return dmaring_consumer_detach(consumer);
}

static int ioctl_start(struct dmaring_consumer *consumer, union argument *arg,
		       void __user *user)
{
	return dmaring_consumer_start(consumer);
}

static int ioctl_stop(struct dmaring_consumer *consumer, union argument *arg,
		      void __user *user)
{
	return dmaring_consumer_stop(consumer);
}

/**
 * struct command - one command
 * @run:      does it; the argument is checked for nothing but its size.
 * @size:     bytes of the structure as this kernel knows it; 0: no argument.
 * @min_size: bytes of its first version.
 */
struct command {
	int (*run)(struct dmaring_consumer *consumer, union argument *arg,
		   void __user *user);
	u32 size;
	u32 min_size;
};

#define COMMAND(NAME, name)						\
	[_IOC_NR(DMARING_IOC_##NAME)] = {				\
		.run = ioctl_##name,					\
		.size = sizeof(struct dmaring_##name),			\
		.min_size = DMARING_##NAME##_SIZE_VER0,			\
	}
#define COMMAND_WITHOUT_ARGUMENT(NAME, name)				\
	[_IOC_NR(DMARING_IOC_##NAME)] = { .run = ioctl_##name }

static const struct command commands[] = {
	COMMAND(INFO, info),
	COMMAND(BUFFER, buffer),
	COMMAND(ATTACH, attach),
	COMMAND_WITHOUT_ARGUMENT(DETACH, detach),
	COMMAND_WITHOUT_ARGUMENT(START, start),
	COMMAND_WITHOUT_ARGUMENT(STOP, stop),
	COMMAND(DEQUEUE, dequeue),
	COMMAND(RELEASE, release),
	COMMAND(STATS, stats),
};

static const struct command *find_command(unsigned int number)
{
	unsigned int nr = _IOC_NR(number);

	if (nr >= ARRAY_SIZE(commands))
		return NULL;
	nr = array_index_nospec(nr, ARRAY_SIZE(commands));
	/* All of them are plain _IO() numbers: no other size or direction. */
	return number == _IO(DMARING_IOC_MAGIC, nr) ? &commands[nr] : NULL;
}

static int run_with_argument(const struct command *command,
			     struct dmaring_consumer *consumer,
			     void __user *user)
{
	union argument arg;
	u32 size, answer_bytes;
	int err;

	if (get_user(size, (u32 __user *)user))
		return -EFAULT;
	if (size < command->min_size)
		return -EINVAL;
	if (size > ARGUMENT_SIZE_MAX)
		return -E2BIG;
	err = copy_struct_from_user(&arg, command->size, user, size);
	if (err)
		return err;
	/* It may have changed since get_user(): only the copy counts. */
	arg.size = size;
	/*
	 * An answer that cannot be given would cost a frame: find out before
	 * anything is done.
	 */
	answer_bytes = min(size, command->size);
	if (copy_to_user(user, &arg, answer_bytes))
		return -EFAULT;
	err = command->run(consumer, &arg, user);
	if (err)
		return err;
	arg.size = command->size;
	return copy_to_user(user, &arg, answer_bytes) ? -EFAULT : 0;
}

long dmaring_ioctl(struct file *file, unsigned int number, unsigned long arg)
{
	const struct command *command = find_command(number);
	struct dmaring_consumer *consumer = file->private_data;

	if (!command)
		return -ENOTTY;
	if (dmaring_is_gone(consumer->stream))
		return -ENODEV;
	if (!command->size)
		return command->run(consumer, NULL, NULL);
	return run_with_argument(command, consumer, (void __user *)arg);
}
