// SPDX-License-Identifier: GPL-2.0-only
/* The stream: its life, and starting and stopping its card. */
#include <linux/fs.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include "control.h"
#include "internal.h"
#include "meta.h"
#include "region.h"

/*
 * With fewer buffers than these the card gets at once what a system call gives
 * back, even if its driver is content with less: it costs hardly anything.
 */
#define ARM_AT_ONCE	8

static const char * const directions[] = {
	[DMARING_CAPTURE] = "capture",
	[DMARING_PLAYBACK] = "playback",
};

static int param_set_direction(const char *text,
			       const struct kernel_param *param)
{
	int found = sysfs_match_string(directions, text);

	if (found < 0)
		return found;
	*(u32 *)param->arg = found;
	return 0;
}

static int param_get_direction(char *text, const struct kernel_param *param)
{
	return sysfs_emit(text, "%s\n", directions[*(u32 *)param->arg]);
}

const struct kernel_param_ops dmaring_param_direction_ops = {
	.set = param_set_direction,
	.get = param_get_direction,
};
EXPORT_SYMBOL_GPL(dmaring_param_direction_ops);

static void mark_gone(struct dmaring_stream *stream)
{
	/*
	 * Whoever sleeps tests @gone after queueing itself, and the wake-up
	 * comes after the store: one of the two sees the other.
	 */
	WRITE_ONCE(stream->gone, true);
	spin_lock_irq(&stream->lock);
	dmaring_flag_rings(stream, DMARING_RING_GONE, 0);
	spin_unlock_irq(&stream->lock);
	dmaring_wake_all(stream, EPOLLHUP);
}

/* ------------------------------------------------- start and stop of the card */

static void set_armable(struct dmaring_stream *stream, bool armable)
{
	unsigned long flags;

	spin_lock_irqsave(&stream->arm_lock, flags);
	stream->armable = armable;
	spin_unlock_irqrestore(&stream->arm_lock, flags);
}

static int hw_start(struct dmaring_stream *stream)
{
	struct dmaring_format format;
	int err, error;

	lockdep_assert_held(&stream->state_mutex);
	/* Before start(), so that a card that fails at once is believed. */
	spin_lock_irq(&stream->lock);
	error = stream->error;
	WRITE_ONCE(stream->error, 0);
	dmaring_flag_rings(stream, 0, DMARING_RING_FAILED);
	stream->watched = stream->sequence;
	stream->was_due = false;
	WRITE_ONCE(stream->card_full, false);
	spin_unlock_irq(&stream->lock);

	dmaring_format_get(stream, &format);
	err = dmaring_checked(stream->ops->start(stream->hw, &format));
	spin_lock_irq(&stream->lock);
	if (err) {
		WRITE_ONCE(stream->error, error);
		dmaring_flag_rings(stream, error ? DMARING_RING_FAILED : 0,
				   error ? 0 : DMARING_RING_FAILED);
	} else {
		stream->counters.starts++;
	}
	spin_unlock_irq(&stream->lock);
	if (err)
		return err;
	WRITE_ONCE(stream->hw_running, true);
	dmaring_clock_start(stream);
	set_armable(stream, true);
	dmaring_refill(stream);
	if (stream->stall_ms)
		schedule_delayed_work(&stream->watchdog,
				      msecs_to_jiffies(stream->stall_ms));
	return 0;
}

/* How many the card may still write. */
static u32 unsafe_buffers(const struct dmaring_stream *stream)
{
	return stream->counters.states[DMARING_BUFFER_QUARANTINED] -
	       stream->counters.referenced;
}

/* The card is quiet, or it is not: what that means for the buffers it had. */
static void settle_buffers(struct dmaring_stream *stream, bool quiet)
{
	enum dmaring_buffer_state state =
		quiet ? DMARING_BUFFER_IDLE : DMARING_BUFFER_QUARANTINED;
	struct dmaring_buf *buf;
	u32 i;

	for (i = 0; i < stream->pool.count; i++) {
		buf = &stream->pool.bufs[i];
		/* Buffer by buffer, to keep interrupts off for a short time. */
		spin_lock_irq(&stream->lock);
		if (buf->state == DMARING_BUFFER_ARMED ||
		    (quiet && buf->state == DMARING_BUFFER_QUARANTINED &&
		     !buf->referenced))
			dmaring_set_state(stream, buf, state);
		spin_unlock_irq(&stream->lock);
	}
}

/* The card has been told of nothing any more; the sink is its own in doubt. */
static void forget_order(struct dmaring_stream *stream, bool quiet)
{
	spin_lock_irq(&stream->lock);
	stream->armed_first = stream->armed_end;
	stream->pool.sink_unsafe = !quiet && (stream->sink_armed ||
					      stream->pool.sink_unsafe);
	stream->sink_armed = false;
	stream->queue_room = stream->queue_length;
	spin_unlock_irq(&stream->lock);
}

static int hw_stop(struct dmaring_stream *stream)
{
	int err;

	lockdep_assert_held(&stream->state_mutex);
	set_armable(stream, false);
	dmaring_clock_stop(stream);
	err = dmaring_checked(stream->ops->stop(stream->hw));
	/* What it completed last, no refill follows. */
	dmaring_wake_published(stream);
	WRITE_ONCE(stream->hw_running, false);
	stream->in_doubt = err;
	if (stream->playback)
		dmaring_playback_settle(stream, !err);
	else
		settle_buffers(stream, !err);
	forget_order(stream, !err);
	cancel_delayed_work_sync(&stream->watchdog);
	if (err)
		dev_err(&stream->dev,
			"the card does not stop (%d): %u buffers quarantined, reset the card\n",
			err, unsafe_buffers(stream));
	return err;
}

/* Ask the card once more whether it is quiet, if the last stop did not prove it. */
static int stop_again(struct dmaring_stream *stream)
{
	return stream->in_doubt ? hw_stop(stream) : 0;
}

/* The same for applications, who do not know when the card cannot be asked. */
int dmaring_stream_recheck(struct dmaring_stream *stream)
{
	lockdep_assert_held(&stream->state_mutex);
	if (stream->in_doubt && stream->suspended)
		return -ETIMEDOUT;
	return stop_again(stream);
}

/* Let the next frame say that some may be missing; what it said before. */
static bool mark_discontinuity(struct dmaring_stream *stream, bool mark)
{
	bool was;

	spin_lock_irq(&stream->lock);
	was = stream->discontinuity;
	stream->discontinuity = mark;
	spin_unlock_irq(&stream->lock);
	return was;
}

/* Those who run go on, and nobody counted what they missed. */
static int restart(struct dmaring_stream *stream)
{
	bool was = mark_discontinuity(stream, true);
	int err = hw_start(stream);

	if (err)
		mark_discontinuity(stream, was);
	return err;
}

/* One more consumer runs; a card that has failed begins anew for all. */
int dmaring_stream_run(struct dmaring_stream *stream)
{
	bool failed = stream->running && READ_ONCE(stream->error);
	int err = 0;

	lockdep_assert_held(&stream->state_mutex);
	dmaring_quarantine_recheck(stream);
	if ((failed || !stream->running) && !stream->suspended) {
		/* A card that is not proved quiet must not be started. */
		err = stream->hw_running ? hw_stop(stream) :
					   dmaring_stream_recheck(stream);
		if (!err)
			err = failed ? restart(stream) : hw_start(stream);
	}
	if (!err)
		stream->running++;
	return err;
}

/* One consumer less runs. */
int dmaring_stream_halt(struct dmaring_stream *stream)
{
	lockdep_assert_held(&stream->state_mutex);
	if (--stream->running || !stream->hw_running)
		return 0;
	return hw_stop(stream);
}

int dmaring_suspend(struct dmaring_stream *stream)
{
	int err = 0;

	mutex_lock(&stream->state_mutex);
	dmaring_controls_keep(stream);
	WRITE_ONCE(stream->suspended, true);
	/* Whoever reads the card's memory, or sets a control, finishes first. */
	synchronize_srcu(&stream->srcu);
	if (stream->hw_running)
		err = hw_stop(stream);
	spin_lock_irq(&stream->lock);
	stream->discontinuity = true;
	spin_unlock_irq(&stream->lock);
	mutex_unlock(&stream->state_mutex);
	return err;
}
EXPORT_SYMBOL_GPL(dmaring_suspend);

int dmaring_resume(struct dmaring_stream *stream)
{
	int err = 0;

	mutex_lock(&stream->state_mutex);
	if (stream->suspended && !dmaring_is_gone(stream))
		dmaring_controls_restore(stream);
	/* Not suspended: it runs, or nobody wants it to. */
	if (stream->suspended && stream->running && !dmaring_is_gone(stream)) {
		err = stop_again(stream);
		if (!err)
			err = hw_start(stream);
	}
	WRITE_ONCE(stream->suspended, false);
	mutex_unlock(&stream->state_mutex);
	if (err)
		dmaring_fail(stream, err);
	return err;
}
EXPORT_SYMBOL_GPL(dmaring_resume);

static bool frame_due(const struct dmaring_stream *stream)
{
	return !stream->ops->frame_due || stream->ops->frame_due(stream->hw);
}

static void watchdog_work(struct work_struct *work)
{
	struct dmaring_stream *stream =
		container_of(work, struct dmaring_stream, watchdog.work);
	bool due = frame_due(stream), stalled;

	spin_lock_irq(&stream->lock);
	due = due && stream->counters.states[DMARING_BUFFER_ARMED];
	/* Buffers and triggers that came only just now do not make it a stall. */
	stalled = stream->sequence == stream->watched && due &&
		  stream->was_due;
	stream->watched = stream->sequence;
	stream->was_due = due;
	if (stalled)
		stream->counters.stalls++;
	spin_unlock_irq(&stream->lock);

	if (stalled)
		dev_warn_ratelimited(&stream->dev,
				     "no frame for %u ms though buffers are armed: is the card's %s connected?\n",
				     stream->stall_ms,
				     stream->playback ? "sink" : "source");
	schedule_delayed_work(&stream->watchdog,
			      msecs_to_jiffies(stream->stall_ms));
}

/* ---------------------------------------------------------- creation and end */

static void stream_release(struct device *dev)
{
	struct dmaring_stream *stream =
		container_of(dev, struct dmaring_stream, dev);

	if (stream->inode)
		dmaring_inode_free(stream->inode);
	if (stream->pages_inode)
		dmaring_inode_free(stream->pages_inode);
	dmaring_minor_put(MINOR(dev->devt));
	cleanup_srcu_struct(&stream->srcu);
	kvfree(stream->armed);
	kfree(stream->regions);
	dmaring_meta_free(stream);
	kfree(stream->formats);
	dmaring_controls_free(stream);
	kvfree(stream->line);
	kvfree(stream->fills);
	kvfree(stream->sorted);
	kvfree(stream->pool.bufs);
	/* None if no pool was tried. */
	put_device(stream->pool.dev);
	kfree(stream);
}

static void stream_init(struct dmaring_stream *stream, struct device *parent,
			const struct dmaring_config *config)
{
	stream->ops = config->ops;
	stream->owner = config->owner;
	stream->hw = config->hw;
	strscpy(stream->driver, config->driver, sizeof(stream->driver));
	strscpy(stream->card, config->card, sizeof(stream->card));
	strscpy(stream->bus_info, dev_name(parent), sizeof(stream->bus_info));
	stream->number = config->stream;
	stream->caps = config->caps;
	stream->playback = config->direction == DMARING_PLAYBACK;
	stream->aside = stream->playback || config->meta_field_count;
	stream->line_state = stream->playback ? DMARING_BUFFER_FILLED :
						DMARING_BUFFER_IDLE;
	stream->in_line = &stream->counters.states[stream->line_state];
	stream->news = stream->playback ? EPOLLOUT | EPOLLWRNORM :
					  EPOLLIN | EPOLLRDNORM;
	if (stream->playback)
		stream->caps |= DMARING_CAP_PLAYBACK;
	stream->stall_ms = config->pool->stall_ms;
	stream->queue_length = config->queue_length ?: U32_MAX;
	stream->queue_room = stream->queue_length;
	stream->kick_below = config->kick_below ?: 1;
	stream->by_cpu = config->by_cpu;
	stream->arm_below = min(max_t(u32, ARM_AT_ONCE, stream->kick_below + 1),
				stream->queue_length);
	INIT_LIST_HEAD(&stream->files);
	spin_lock_init(&stream->arm_lock);
	spin_lock_init(&stream->lock);
	mutex_init(&stream->state_mutex);
	dmaring_refill_init(stream);
	dmaring_quarantine_init(stream);
	dmaring_wake_init_stream(stream);
	dmaring_controls_init_stream(stream);
	INIT_DELAYED_WORK(&stream->watchdog, watchdog_work);
}

static int new_inode_at(struct inode **at)
{
	struct inode *inode = dmaring_inode_new();

	if (IS_ERR(inode))
		return PTR_ERR(inode);
	*at = inode;
	return 0;
}

/* A stream without a pool yet; from here on put_device() undoes it. */
static struct dmaring_stream *stream_alloc(struct device *parent,
					   const struct dmaring_config *config)
{
	struct dmaring_stream *stream;
	int minor, err = -ENOMEM;

	stream = kzalloc(sizeof(*stream), GFP_KERNEL);
	if (!stream)
		return ERR_PTR(-ENOMEM);
	stream_init(stream, parent, config);
	err = init_srcu_struct(&stream->srcu);
	if (err)
		goto err_free;
	minor = dmaring_minor_get();
	if (minor < 0) {
		err = minor;
		goto err_cleanup_srcu;
	}
	device_initialize(&stream->dev);
	stream->dev.parent = parent;
	stream->dev.class = &dmaring_class;
	stream->dev.devt = dmaring_devt(minor);
	stream->dev.groups = dmaring_groups;
	stream->dev.release = stream_release;

	err = new_inode_at(&stream->inode);
	if (!err)
		err = new_inode_at(&stream->pages_inode);
	if (err)
		goto err_put_device;
	err = dev_set_name(&stream->dev, "dmaring%d", minor);
	if (err)
		goto err_put_device;
	return stream;

err_put_device:
	put_device(&stream->dev);
	return ERR_PTR(err);
err_cleanup_srcu:
	cleanup_srcu_struct(&stream->srcu);
err_free:
	kfree(stream);
	return ERR_PTR(err);
}

/* How many are for viewers?  The card needs one, whatever was asked for. */
static void share_buffers(struct dmaring_stream *stream, u32 asked)
{
	u32 buffers = stream->pool.count;

	/* A producer has no viewers. */
	if (stream->playback)
		return;
	stream->viewer_buffers = min(asked ?: max(buffers / 4, 2U),
				     buffers - 1);
	if (asked > stream->viewer_buffers)
		dev_info(stream->dev.parent,
			 "viewer_buffers=%u is too many: viewers can reserve %u of %u buffers, the card needs one\n",
			 asked, stream->viewer_buffers, buffers);
}

/* All buffers are idle at first: in capture, in line for the card. */
static int line_up(struct dmaring_stream *stream, bool in_order)
{
	u32 i, count = stream->pool.count, slots = roundup_pow_of_two(count);

	stream->line = kvcalloc(slots, sizeof(*stream->line), GFP_KERNEL);
	if (!stream->line)
		return -ENOMEM;
	if (in_order) {
		stream->armed = kvcalloc(2 * slots, sizeof(*stream->armed),
					 GFP_KERNEL);
		if (!stream->armed)
			return -ENOMEM;
	}
	stream->line_mask = slots - 1;
	for (i = 0; i < count; i++) {
		stream->line[i] = i;
		stream->pool.bufs[i].state = DMARING_BUFFER_IDLE;
	}
	stream->counters.states[DMARING_BUFFER_IDLE] = count;
	return stream->playback ? dmaring_playback_alloc(stream) : 0;
}

struct dmaring_stream *dmaring_create(struct device *dev,
				      const struct dmaring_config *config)
{
	struct dmaring_config fitted = *config;
	struct dmaring_stream *stream;
	int err;

	stream = stream_alloc(dev, config);
	if (IS_ERR(stream))
		return stream;
	err = dmaring_formats_init(stream, dev, config);
	if (err) {
		put_device(&stream->dev);
		return ERR_PTR(err);
	}
	fitted.format = stream->format;
	err = dmaring_clock_init(stream, config->clock_hertz,
				 config->clock_bits);
	if (err)
		dev_err(dev, "a clock of %u bits and %u Hz is of no use: there must be an op to read it, and it must not begin anew within 4 s\n",
			config->clock_bits, config->clock_hertz);
	else
		err = dmaring_pool_alloc(&stream->pool,
					 config->dma_device ?: dev, &fitted);
	if (err) {
		put_device(&stream->dev);
		return ERR_PTR(err);
	}
	err = line_up(stream, config->in_order);
	if (!err)
		err = dmaring_regions_init(stream, dev, config);
	if (!err)
		err = dmaring_meta_init(stream, dev, config);
	if (!err)
		err = dmaring_controls_init(stream, dev, config);
	if (err) {
		dmaring_pool_free(&stream->pool);
		put_device(&stream->dev);
		return ERR_PTR(err);
	}
	stream->caps |= stream->pool.kind->caps | DMARING_CAP_IMPORT;
	/*
	 * The line is in the order of frames: none can wait for a fence apart.  And
	 * the buffers are the producer's as soon as there is one.
	 */
	if (stream->playback)
		stream->caps &= ~(DMARING_CAP_EXPORT | DMARING_CAP_IMPORT);
	share_buffers(stream, config->pool->viewer_buffers);
	return stream;
}
EXPORT_SYMBOL_GPL(dmaring_create);

int dmaring_register(struct dmaring_stream *stream)
{
	int err;

	cdev_init(&stream->cdev, &dmaring_fops);
	stream->cdev.owner = THIS_MODULE;
	err = cdev_device_add(&stream->cdev, &stream->dev);
	if (!err)
		stream->registered = true;
	return err;
}
EXPORT_SYMBOL_GPL(dmaring_register);

/* The card is gone: nobody shall find frames whose memory goes away. */
static void drop_waiting(struct dmaring_stream *stream)
{
	struct dmaring_consumer *consumer;
	u32 id;

	for (id = 0; id < DMARING_CONSUMERS_MAX; id++) {
		/* Who is attached stays so while we have the mutex. */
		consumer = rcu_dereference_protected(stream->consumers[id],
						     lockdep_is_held(&stream->state_mutex));
		if (consumer)
			dmaring_consumer_drop_all(consumer);
	}
}

/*
 * No op is called any more, and the module may go before who is attached does:
 * by rmmod, or because loading it fails only now.
 */
static void put_owner(struct dmaring_stream *stream)
{
	u32 id;

	lockdep_assert_held(&stream->state_mutex);
	for (id = 0; id < DMARING_CONSUMERS_MAX; id++)
		if (rcu_access_pointer(stream->consumers[id]))
			module_put(stream->owner);
	stream->owner = NULL;
}

void dmaring_unregister(struct dmaring_stream *stream)
{
	stream->unregistered = true;
	mark_gone(stream);
	/*
	 * Whoever fills a mapping, reads the card's memory or sets a control
	 * finishes first.
	 */
	synchronize_srcu(&stream->srcu);
	dmaring_zap_regions(stream);

	/* START and its kin look at @gone under the mutex: none comes after. */
	mutex_lock(&stream->state_mutex);
	if (stream->hw_running)
		hw_stop(stream);
	else
		stop_again(stream);
	/* Nothing is published any more. */
	drop_waiting(stream);
	/* While there is a device that it is mapped for. */
	dmaring_import_end(stream);
	put_owner(stream);
	mutex_unlock(&stream->state_mutex);
	/* It does nothing any more, nor does anybody start it. */
	cancel_delayed_work_sync(&stream->recheck);

	if (stream->registered)
		cdev_device_del(&stream->cdev, &stream->dev);
	stream->registered = false;
}
EXPORT_SYMBOL_GPL(dmaring_unregister);

void dmaring_destroy(struct dmaring_stream *stream)
{
	u32 leaked;

	if (!stream->unregistered)
		dmaring_unregister(stream);
	/* All were told, and a card that comes back wants the same node. */
	dmaring_stream_work_flush(stream, &stream->failure);
	dmaring_stream_work_flush(stream, &stream->feeder);
	dmaring_stream_work_flush(stream, &stream->control_news);
	leaked = unsafe_buffers(stream);
	dmaring_zap(stream);
	if (leaked)
		dev_err(&stream->dev,
			"%u buffers leaked: the card may still write them\n",
			leaked);
	dmaring_pool_free(&stream->pool);
	put_device(&stream->dev);
}
EXPORT_SYMBOL_GPL(dmaring_destroy);
