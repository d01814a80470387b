// SPDX-License-Identifier: GPL-2.0-only
/* The commands: what user space gives is copied once, checked, then used. */
#include <linux/capability.h>
#include <linux/fs.h>
#include <linux/nospec.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "control.h"
#include "internal.h"
#include "meta.h"
#include "region.h"

/* A structure this long is a mistake, whatever it holds. */
#define ARGUMENT_SIZE_MAX	4096

static int ioctl_info(struct dmaring_consumer *consumer,
		      union dmaring_argument *arg)
{
	struct dmaring_stream *stream = consumer->stream;
	struct dmaring_info *info = &arg->info;
	u32 id;

	if (info->flags || !dmaring_is_zero(info->reserved))
		return -EINVAL;
	*info = (struct dmaring_info) {
		.caps = stream->caps,
		.features = dmaring_features(stream),
		.buffers = stream->pool.count,
		.buffer_size = stream->pool.buffer_size,
		.buffer_stride = stream->pool.buffer_size,
		.max_segments = stream->pool.most_segments,
		.consumers_max = DMARING_CONSUMERS_MAX,
		.pool_asked = stream->pool.asked,
		.pool_limit = stream->pool.limit,
		.pool_asked_size = stream->pool.asked_size,
		.pool_alloc_ns = stream->pool.alloc_ns,
		.viewer_buffers = stream->viewer_buffers,
		.viewer_reserved = READ_ONCE(stream->viewer_reserved),
		.memory = stream->pool.kind->id,
		.regions = stream->region_count,
		.formats = stream->format_count,
		.meta_bytes = stream->meta_bytes,
		.meta_fields = stream->meta_count,
		.stream = stream->number,
		.controls = stream->control_count,
		.direction = stream->playback ? DMARING_PLAYBACK :
						DMARING_CAPTURE,
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
	if (stream->lent)
		info->state |= DMARING_STATE_LENT;
	info->format = stream->format;
	info->format_seq = stream->format_seq;
	info->control_seq = stream->control_seq;
	for (id = 0; id < DMARING_CONSUMERS_MAX; id++)
		info->consumers += !!rcu_access_pointer(stream->consumers[id]);
	spin_unlock_irq(&stream->lock);
	WRITE_ONCE(consumer->controls_seen, info->control_seq);
	return 0;
}

/* As the buffer is now, and where it is on the bus. */
static int look_at_buffer(struct dmaring_stream *stream,
			  const struct dmaring_buf *buf,
			  struct dmaring_buffer *buffer)
{
	const struct dmaring_memory *memory = &buf->memory;
	struct dmaring_segment segment;
	u32 at = buffer->segment;

	lockdep_assert_held(&stream->lock);
	if (at >= memory->segment_count)
		return -EINVAL;
	segment = memory->segments[array_index_nospec(at,
						      memory->segment_count)];
	buffer->segments = memory->segment_count;
	buffer->length = memory->bytes;
	buffer->bus_addr = segment.addr;
	buffer->segment_bytes = segment.bytes;
	buffer->state = buf->state;
	buffer->memory = memory->kind->id;
	buffer->flags = buf->referenced ? DMARING_BUFFER_REFERENCED : 0;
	return 0;
}

static int ioctl_buffer(struct dmaring_consumer *consumer,
			union dmaring_argument *arg)
{
	struct dmaring_stream *stream = consumer->stream;
	struct dmaring_buffer *buffer = &arg->buffer;
	const struct dmaring_pool *pool = &stream->pool;
	u32 index = buffer->index;
	int err = -ENODEV, idx;

	if (!dmaring_is_zero(buffer->reserved) || index >= pool->count)
		return -EINVAL;
	index = array_index_nospec(index, pool->count);
	buffer->mmap_offset = (u64)index * pool->buffer_size;
	/* The pool's memory, and the list of its segments, is there until removal. */
	idx = srcu_read_lock(&stream->srcu);
	if (!dmaring_is_gone(stream)) {
		spin_lock_irq(&stream->lock);
		err = look_at_buffer(stream, &pool->bufs[index], buffer);
		spin_unlock_irq(&stream->lock);
	}
	srcu_read_unlock(&stream->srcu, idx);
	if (err)
		return err;
	/* A bus address tells where memory is: not for everybody. */
	if (ns_capable_noaudit(&init_user_ns, CAP_SYS_ADMIN))
		buffer->flags |= DMARING_BUFFER_BUS_SHOWN;
	else
		buffer->bus_addr = 0;
	return 0;
}

static int ioctl_stats(struct dmaring_consumer *consumer,
		       union dmaring_argument *arg)
{
	if (arg->stats.flags)
		return -EINVAL;
	dmaring_stats_snapshot(consumer->stream, consumer, &arg->stats);
	return 0;
}

static int ioctl_stats_of(struct dmaring_consumer *consumer,
			  union dmaring_argument *arg)
{
	if (arg->stats.flags)
		return -EINVAL;
	return dmaring_stats_of(consumer->stream, arg->stats.consumer,
				&arg->stats);
}

/**
 * struct command - one command
 * @run:      does it; the argument is checked for nothing but its size.
 * @size:     bytes of the structure as this kernel knows it; 0: no argument.
 * @min_size: bytes of its first version.
 * @state:    it runs under state_mutex.
 * @bad:      when it fails, its argument tells what was the reason.
 */
struct command {
	int (*run)(struct dmaring_consumer *consumer,
		   union dmaring_argument *arg);
	u32 size;
	u32 min_size;
	bool state;
	bool bad;
};

#define ARGUMENT(NAME, name)						\
	.size = sizeof(struct dmaring_##name),				\
	.min_size = DMARING_##NAME##_SIZE_VER0

static const struct command commands[] = {
	[_IOC_NR(DMARING_IOC_INFO)] = {
		.run = ioctl_info,
		ARGUMENT(INFO, info),
	},
	[_IOC_NR(DMARING_IOC_BUFFER)] = {
		.run = ioctl_buffer,
		ARGUMENT(BUFFER, buffer),
	},
	[_IOC_NR(DMARING_IOC_ATTACH)] = {
		.run = dmaring_consumer_attach,
		ARGUMENT(ATTACH, attach),
		.state = true,
	},
	[_IOC_NR(DMARING_IOC_DETACH)] = {
		.run = dmaring_consumer_detach,
		.state = true,
	},
	[_IOC_NR(DMARING_IOC_START)] = {
		.run = dmaring_consumer_start,
		.state = true,
	},
	[_IOC_NR(DMARING_IOC_STOP)] = {
		.run = dmaring_consumer_stop,
		.state = true,
	},
	[_IOC_NR(DMARING_IOC_STATS)] = {
		.run = ioctl_stats,
		ARGUMENT(STATS, stats),
	},
	[_IOC_NR(DMARING_IOC_RING)] = {
		.run = dmaring_consumer_ring,
		ARGUMENT(RING, ring),
		.state = true,
	},
	[_IOC_NR(DMARING_IOC_KICK)] = {
		.run = dmaring_exchange_kick,
	},
	[_IOC_NR(DMARING_IOC_EVENTFD)] = {
		.run = dmaring_consumer_eventfd,
		ARGUMENT(EVENTFD, eventfd),
		.state = true,
	},
	[_IOC_NR(DMARING_IOC_STATS_OF)] = {
		.run = ioctl_stats_of,
		ARGUMENT(STATS, stats),
	},
	[_IOC_NR(DMARING_IOC_REGION)] = {
		.run = dmaring_get_region,
		ARGUMENT(REGION, region),
	},
	[_IOC_NR(DMARING_IOC_READ_REGION)] = {
		.run = dmaring_read_region,
		ARGUMENT(READ_REGION, read_region),
	},
	[_IOC_NR(DMARING_IOC_EXPORT)] = {
		.run = dmaring_export,
		ARGUMENT(EXPORT, export),
		.state = true,
	},
	[_IOC_NR(DMARING_IOC_IMPORT)] = {
		.run = dmaring_import,
		ARGUMENT(IMPORT, import),
	},
	[_IOC_NR(DMARING_IOC_FORMAT)] = {
		.run = dmaring_format_set,
		ARGUMENT(SET_FORMAT, set_format),
		.state = true,
	},
	[_IOC_NR(DMARING_IOC_FORMATS)] = {
		.run = dmaring_format_list,
		ARGUMENT(FORMAT_RANGE, format_range),
	},
	[_IOC_NR(DMARING_IOC_META)] = {
		.run = dmaring_get_meta,
		ARGUMENT(META, meta),
	},
	[_IOC_NR(DMARING_IOC_CONTROL_INFO)] = {
		.run = dmaring_get_control_info,
		ARGUMENT(CONTROL_INFO, control_info),
	},
	[_IOC_NR(DMARING_IOC_CONTROLS)] = {
		.run = dmaring_controls,
		ARGUMENT(CONTROLS, controls),
		.bad = true,
	},
};

static const struct command *find_command(unsigned int number)
{
	unsigned int nr = _IOC_NR(number);

	if (nr >= ARRAY_SIZE(commands))
		return NULL;
	nr = array_index_nospec(nr, ARRAY_SIZE(commands));
	/* Plain _IO() numbers: no other size or direction. */
	if (number != _IO(DMARING_IOC_MAGIC, nr) || !commands[nr].run)
		return NULL;
	return &commands[nr];
}

static int check_size(u32 size, u32 min_size)
{
	if (size < min_size)
		return -EINVAL;
	return size > ARGUMENT_SIZE_MAX ? -E2BIG : 0;
}

static int run(const struct command *command,
	       struct dmaring_consumer *consumer, union dmaring_argument *arg)
{
	struct dmaring_stream *stream = consumer->stream;
	int err;

	if (!command->state)
		return command->run(consumer, arg);
	err = mutex_lock_killable(&stream->state_mutex);
	if (err)
		return err;
	err = command->run(consumer, arg);
	mutex_unlock(&stream->state_mutex);
	/* What the consumer had may be idle now, and others may run. */
	dmaring_refill(stream);
	return err;
}

static int run_with_argument(const struct command *command,
			     struct dmaring_consumer *consumer,
			     void __user *user)
{
	union dmaring_argument arg;
	u32 size, answer_bytes;
	int err;

	if (get_user(size, (u32 __user *)user))
		return -EFAULT;
	err = check_size(size, command->min_size);
	if (!err)
		err = copy_struct_from_user(&arg, command->size, user, size);
	if (err)
		return err;
	/* It may have changed since get_user(): only the copy counts. */
	arg.size = size;
	/*
	 * An answer that cannot be given would be something done and not told:
	 * find out before.
	 */
	answer_bytes = min(size, command->size);
	if (copy_to_user(user, &arg, answer_bytes))
		return -EFAULT;
	err = run(command, consumer, &arg);
	if (err && !command->bad)
		return err;
	if (!err)
		arg.size = command->size;
	return copy_to_user(user, &arg, answer_bytes) ? -EFAULT : err;
}

/* ------------------------------------------------- once or more per frame */

/*
 * DEQUEUE and RELEASE load their arguments word by word, where the application's
 * structure has the usual size, and write only the fields that change: the
 * kernel's copies of memory are functions, which check at length.
 */
#define get_hot_argument(arg, user)					\
({									\
	BUILD_BUG_ON(sizeof(*(arg)) != HOT_WORDS * sizeof(u64));	\
	try_get_words((u64 *)(arg), (const u64 __user *)(user)) &&	\
	(arg)->size == sizeof(*(arg)) ?					\
		0 : get_odd_argument(arg, sizeof(*(arg)), user);	\
})

#define HOT_WORDS	4

static __always_inline bool try_get_words(u64 *to, const u64 __user *from)
{
	if (!user_read_access_begin(from, HOT_WORDS * sizeof(*from)))
		return false;
	unsafe_get_user(to[0], &from[0], err_end_access);
	unsafe_get_user(to[1], &from[1], err_end_access);
	unsafe_get_user(to[2], &from[2], err_end_access);
	unsafe_get_user(to[3], &from[3], err_end_access);
	user_read_access_end();
	return true;

err_end_access:
	user_read_access_end();
	return false;
}

/* A structure of another length, or at the end of what can be read. */
static noinline int get_odd_argument(void *arg, u32 known, void __user *user)
{
	u32 size;
	int err;

	if (get_user(size, (u32 __user *)user))
		return -EFAULT;
	err = check_size(size, known);
	if (!err)
		err = copy_struct_from_user(arg, known, user, size);
	if (!err && put_user(known, (u32 __user *)user))
		err = -EFAULT;
	return err;
}

/* Cookies of the user, each @stride bytes after the one before. */
static int get_cookies(u64 *to, const char __user *from, u32 stride, u32 count)
{
	u64 *end = to + count;

	if (!user_read_access_begin(from, (size_t)(count - 1) * stride +
						  sizeof(*to)))
		return -EFAULT;
	/* No index into the array: checking its bounds may call a function. */
	for (; to < end; to++, from += stride)
		unsafe_get_user(*to, (const u64 __user *)from, err_end_access);
	user_read_access_end();
	return 0;

err_end_access:
	user_read_access_end();
	return -EFAULT;
}

/*
 * The answer first: one that cannot be given would be a release not told.  It
 * must be there while the taker sleeps, too, for a call that is restarted gives
 * back what then stands there.
 */
static int give_back(struct dmaring_consumer *consumer, const u64 *cookies,
		     u32 count, u32 __user *release_to)
{
	u32 asked = count;
	int err;

	if (put_user(0, release_to))
		return -EFAULT;
	err = dmaring_exchange_release(consumer, cookies, &count);
	if (err && put_user(asked, release_to))
		return -EFAULT;
	return err;
}

static noinline int give_back_batch(struct dmaring_consumer *consumer,
				    const char __user *from, u32 count,
				    u32 __user *release_to)
{
	u64 cookies[DMARING_RELEASE_MAX] __uninitialized;
	int err;

	err = get_cookies(cookies, from, READ_ONCE(consumer->stride), count);
	return err ?: give_back(consumer, cookies, count, release_to);
}

/* What the application has done with, before it takes the next ones. */
static int release_first(struct dmaring_consumer *consumer,
			 const struct dmaring_dequeue *arg,
			 u32 __user *release_to)
{
	const struct dmaring_frame __user *frame = u64_to_user_ptr(arg->frames);
	u64 cookie;

	if (arg->release > DMARING_RELEASE_MAX)
		return -EINVAL;
	if (arg->release > 1)
		return give_back_batch(consumer,
				       (const char __user *)&frame->cookie,
				       arg->release, release_to);
	if (get_user(cookie, &frame->cookie))
		return -EFAULT;
	return give_back(consumer, &cookie, 1, release_to);
}

static int dequeue(struct dmaring_consumer *consumer,
		   struct dmaring_dequeue __user *user)
{
	struct dmaring_dequeue arg __uninitialized;
	int err, taken;
	u32 count;

	err = get_hot_argument(&arg, user);
	if (err)
		return err;
	if (arg.flags || !arg.count)
		return -EINVAL;
	if (arg.release) {
		err = release_first(consumer, &arg, &user->release);
		if (err)
			return err;
	}
	count = min(arg.count, consumer->stream->pool.count);
	taken = dmaring_exchange_take(consumer, u64_to_user_ptr(arg.frames),
				      READ_ONCE(consumer->stride), count,
				      arg.timeout_ns, &user->count);
	/*
	 * Somebody else may have taken what was told already.  The call may be
	 * restarted, too, and then asks for what stands there.
	 */
	if (taken < 0 && put_user(arg.count, &user->count))
		return -EFAULT;
	return min(0, taken);
}

/* The answer first: one that cannot be given would be a release not told. */
static __always_inline int release_cookies(struct dmaring_consumer *consumer,
					   const u64 *cookies, u32 *count,
					   u32 __user *bad_to)
{
	int err;

	if (put_user(*count, bad_to))
		return -EFAULT;
	err = dmaring_exchange_release(consumer, cookies, count);
	if (unlikely(err) && (err == -EINVAL || err == -ESTALE) &&
	    put_user(*count, bad_to))
		return -EFAULT;
	return err;
}

static noinline int release_batch(struct dmaring_consumer *consumer,
				  const u64 __user *from, u32 *count,
				  u32 __user *bad_to)
{
	u64 cookies[DMARING_RELEASE_MAX] __uninitialized;
	int err;

	err = get_cookies(cookies, (const char __user *)from, sizeof(*from),
			  *count);
	return err ?: release_cookies(consumer, cookies, count, bad_to);
}

static int release(struct dmaring_consumer *consumer,
		   struct dmaring_release __user *user)
{
	struct dmaring_release arg __uninitialized;
	const u64 __user *from;
	u64 cookie;
	int err;

	err = get_hot_argument(&arg, user);
	if (err)
		return err;
	if (arg.flags || arg.reserved || !arg.count ||
	    arg.count > DMARING_RELEASE_MAX)
		return -EINVAL;
	from = u64_to_user_ptr(arg.cookies);
	if (arg.count > 1)
		return release_batch(consumer, from, &arg.count, &user->bad);
	if (get_user(cookie, from))
		return -EFAULT;
	return release_cookies(consumer, &cookie, &arg.count,
			       &user->bad);
}

/* Frames of the user, each checked but for its cookie and its length. */
static int get_filled(struct dmaring_filled *to, const void __user *from,
		      u32 *count)
{
	u32 i;

	if (copy_from_user(to, from, *count * sizeof(*to)))
		return -EFAULT;
	for (i = 0; i < *count; i++) {
		if (to[i].reserved) {
			*count = i;
			return -EINVAL;
		}
	}
	return 0;
}

static noinline int submit(struct dmaring_consumer *consumer,
			   struct dmaring_submit __user *user)
{
	struct dmaring_filled filled[DMARING_SUBMIT_MAX] __uninitialized;
	struct dmaring_submit arg __uninitialized;
	int err;

	err = get_hot_argument(&arg, user);
	if (err)
		return err;
	if (arg.flags || arg.reserved || !arg.count ||
	    arg.count > DMARING_SUBMIT_MAX)
		return -EINVAL;
	if (!consumer->stream->playback)
		return -EOPNOTSUPP;
	/* The answer first: one that cannot be given would not be told. */
	if (put_user(arg.count, &user->bad))
		return -EFAULT;
	err = get_filled(filled, u64_to_user_ptr(arg.frames), &arg.count);
	if (!err)
		err = dmaring_exchange_submit(consumer, filled, &arg.count);
	if ((err == -EINVAL || err == -ESTALE) &&
	    put_user(arg.count, &user->bad))
		return -EFAULT;
	return err;
}

long dmaring_ioctl(struct file *file, unsigned int number, unsigned long arg)
{
	struct dmaring_consumer *consumer = file->private_data;
	void __user *user = (void __user *)arg;
	const struct command *command;

	if (number == DMARING_IOC_DEQUEUE)
		return dequeue(consumer, user);
	if (number == DMARING_IOC_RELEASE)
		return release(consumer, user);
	if (number == DMARING_IOC_SUBMIT)
		return submit(consumer, user);
	command = find_command(number);
	if (!command)
		return -ENOTTY;
	if (dmaring_is_gone(consumer->stream))
		return -ENODEV;
	return command->size ? run_with_argument(command, consumer, user) :
			       run(command, consumer, NULL);
}
