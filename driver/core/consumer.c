// SPDX-License-Identifier: GPL-2.0-only
/* The consumer: one open file, attached or not, running or not. */
#include <linux/eventfd.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/string.h>

#include <compat.h>

#include "internal.h"
#include "meta.h"

#define WATERMARK_NS_MAX	(60ULL * NSEC_PER_SEC)

struct dmaring_consumer *dmaring_consumer_create(struct dmaring_stream *stream,
						 bool writable)
{
	struct dmaring_consumer *consumer;

	consumer = kzalloc(sizeof(*consumer), GFP_KERNEL_ACCOUNT);
	if (!consumer)
		return NULL;
	get_device(&stream->dev);
	consumer->stream = stream;
	consumer->writable = writable;
	INIT_LIST_HEAD(&consumer->exports);
	/* Never 0, so that who races with ATTACH does not divide by it. */
	consumer->stride = sizeof(struct dmaring_frame);
	dmaring_wake_init(consumer);
	spin_lock_irq(&stream->lock);
	consumer->controls_seen = stream->control_seq;
	list_add_rcu(&consumer->link, &stream->files);
	spin_unlock_irq(&stream->lock);
	return consumer;
}

void dmaring_consumer_destroy(struct dmaring_consumer *consumer)
{
	struct dmaring_stream *stream = consumer->stream;

	mutex_lock(&stream->state_mutex);
	dmaring_consumer_detach(consumer, NULL);
	mutex_unlock(&stream->state_mutex);
	dmaring_refill(stream);
	spin_lock_irq(&stream->lock);
	list_del_rcu(&consumer->link);
	spin_unlock_irq(&stream->lock);
	dmaring_ring_forget(&consumer->known_ring);
	dmaring_wake_end(consumer);
	put_device(&stream->dev);
}

/* ------------------------------------------------------------ attach, detach */

static int check_attach(const struct dmaring_consumer *consumer,
			const struct dmaring_attach *attach)
{
	bool playback = consumer->stream->playback;
	u32 most = consumer->stream->pool.count;

	if (attach->flags || attach->watermark_ns > WATERMARK_NS_MAX ||
	    !dmaring_is_zero(attach->reserved))
		return -EINVAL;
	if (attach->frame_stride &&
	    (attach->frame_stride < DMARING_FRAME_SIZE_VER0 ||
	     attach->frame_stride > DMARING_FRAME_STRIDE_MAX ||
	     attach->frame_stride % 8))
		return -EINVAL;
	switch (attach->policy) {
	case DMARING_POLICY_LOSSLESS:
		if (attach->depth || attach->max_held)
			return -EINVAL;
		if (!consumer->writable)
			return -EACCES;
		break;
	case DMARING_POLICY_LATEST:
		if (!attach->depth || !attach->max_held || playback)
			return -EINVAL;
		most = attach->depth;
		break;
	default:
		return -EINVAL;
	}
	if (attach->watermark > most)
		return -EINVAL;
	return attach->features & ~dmaring_features(consumer->stream) ?
		       -EOPNOTSUPP : 0;
}

/*
 * What is kept for a consumer while it is attached: the buffers that a viewer
 * may hold, and the module of the card's driver.
 */
static int claim(struct dmaring_stream *stream, u64 buffers)
{
	if (buffers > stream->viewer_buffers - stream->viewer_reserved)
		return -ENOSPC;
	/* It fails while the module is on its way out: the card goes, too. */
	if (!try_module_get(stream->owner))
		return -ENODEV;
	WRITE_ONCE(stream->viewer_reserved, stream->viewer_reserved + buffers);
	return 0;
}

static void unclaim(struct dmaring_stream *stream, u32 buffers)
{
	WRITE_ONCE(stream->viewer_reserved, stream->viewer_reserved - buffers);
	/* Removal has put those of who was attached then, and left no owner. */
	module_put(stream->owner);
}

/*
 * How many buffers a consumer reserves: a viewer all that it may have.  Where
 * viewers have one in all, a viewer with the smallest queue makes do with it: no
 * frame waits while it has taken one.
 */
static u64 reserved_by(const struct dmaring_stream *stream,
		       const struct dmaring_attach *attach)
{
	u64 most = (u64)attach->depth + attach->max_held;

	return most == 2 && stream->viewer_buffers == 1 ? 1 : most;
}

/* Who is attached: how many, of these viewers, and a place that is free. */
struct places {
	u32 attached;
	u32 viewers;
	int free;	/* -1: none */
};

static struct places look_at_places(const struct dmaring_stream *stream)
{
	struct places places = { .free = -1 };
	struct dmaring_consumer *consumer;
	u32 id;

	for (id = 0; id < DMARING_CONSUMERS_MAX; id++) {
		consumer = rcu_dereference_protected(stream->consumers[id],
						     lockdep_is_held(&stream->state_mutex));
		if (!consumer) {
			if (places.free < 0)
				places.free = id;
			continue;
		}
		places.attached++;
		places.viewers += consumer->policy == DMARING_POLICY_LATEST;
	}
	return places;
}

/* Attached, and nobody else is. */
bool dmaring_consumer_is_alone(const struct dmaring_consumer *consumer)
{
	return consumer->attached &&
	       look_at_places(consumer->stream).attached == 1;
}

/* Some places are kept, so that viewers keep no recorder out. */
static bool has_place(const struct dmaring_stream *stream,
		      const struct places *places, u32 policy)
{
	if (stream->playback)
		return !places->attached;
	if (policy == DMARING_POLICY_LATEST &&
	    places->viewers >= DMARING_CONSUMERS_MAX - DMARING_CONSUMERS_KEPT)
		return false;
	return places->free >= 0;
}

/* Who had a right to the frame in it has left: it is to be erased, too. */
static void disown(struct dmaring_stream *stream, struct dmaring_buf *buf)
{
	spin_lock_irq(&stream->lock);
	dmaring_quarantine_unfence(stream, buf);
	spin_unlock_irq(&stream->lock);
}

/* Nobody is attached, the card is stopped: erase what earlier consumers had. */
static int scrub(struct dmaring_stream *stream)
{
	struct dmaring_buf *buf;
	u32 i;

	for (i = 0; i < stream->pool.count; i++) {
		buf = &stream->pool.bufs[i];
		if (buf->fenced)
			disown(stream, buf);
		if (!buf->dirty || buf->referenced)
			continue;
		if (fatal_signal_pending(current))
			return -EINTR;
		dmaring_memory_clear(&buf->memory);
		/* What a card in doubt may still write stays dirty. */
		buf->dirty = buf->state == DMARING_BUFFER_QUARANTINED;
		cond_resched();
	}
	return 0;
}

/* What the ring of who attaches now has to show. */
static u32 ring_flags(const struct dmaring_stream *stream)
{
	lockdep_assert_held(&stream->lock);
	return DMARING_RING_STOPPED |
	       (stream->kick_wanted ? DMARING_RING_NEED_KICK : 0) |
	       (stream->error ? DMARING_RING_FAILED : 0) |
	       /* Told to those who were attached, perhaps a moment ago. */
	       (dmaring_is_gone(stream) ? DMARING_RING_GONE : 0);
}

/* ATTACH. */
int dmaring_consumer_attach(struct dmaring_consumer *consumer,
			    union dmaring_argument *arg)
{
	struct dmaring_attach *attach = &arg->attach;
	struct dmaring_stream *stream = consumer->stream;
	struct dmaring_queue_parts parts;
	struct places places;
	int id, err;
	u32 flags;
	u64 most;

	lockdep_assert_held(&stream->state_mutex);
	if (dmaring_is_gone(stream))
		return -ENODEV;
	if (consumer->attached)
		return -EALREADY;
	err = check_attach(consumer, attach);
	if (err)
		return err;
	places = look_at_places(stream);
	if (!places.attached) {
		dmaring_stream_recheck(stream);
		err = dmaring_import_settle(stream);
		if (err)
			return err;
		dmaring_quarantine_recheck(stream);
		/* What a card in doubt had until now. */
		dmaring_quarantine_idle(stream);
		err = scrub(stream);
		if (err)
			return err;
		dmaring_meta_scrub(stream);
	}
	if (stream->lent || !has_place(stream, &places, attach->policy))
		return -EBUSY;
	id = places.free;
	/* Before any memory is taken for who may not have it. */
	most = reserved_by(stream, attach);
	err = claim(stream, most);
	if (err)
		return err;
	err = dmaring_queue_alloc(consumer, &parts);
	if (err) {
		unclaim(stream, most);
		return err;
	}

	if (!attach->frame_stride)
		attach->frame_stride = sizeof(struct dmaring_frame);
	attach->consumer = id;
	WRITE_ONCE(consumer->stride, attach->frame_stride);
	consumer->policy = attach->policy;
	consumer->depth = attach->depth;
	consumer->most = most;
	consumer->watermark = max(attach->watermark, 1U);
	consumer->watermark_ns = attach->watermark_ns;
	consumer->id = id;
	consumer->holder = BIT(id);
	WRITE_ONCE(consumer->started, false);

	spin_lock_irq(&stream->lock);
	consumer->tally = (struct dmaring_tally) { };
	consumer->submitted = 0;
	consumer->sent = 0;
	consumer->unsent = 0;
	consumer->has_meta = attach->features & DMARING_FEATURE_META;
	consumer->zeroes = attach->features & DMARING_FEATURE_ZEROES;
	dmaring_queue_install(consumer, &parts);
	flags = ring_flags(stream);
	dmaring_ring_flag(consumer->ring, flags, ~flags);
	consumer->owner = get_pid(task_tgid(current));
	/* Pairs with that of dmaring_exchange_enter(). */
	smp_store_release(&consumer->attached, true);
	rcu_assign_pointer(stream->consumers[id], consumer);
	spin_unlock_irq(&stream->lock);
	dmaring_queue_free(&parts);
	if (stream->playback)
		dmaring_playback_hand_out(stream);
	return 0;
}

/**
 * dmaring_consumer_drop_all() - STOP, or the end: what waits counts as dropped
 * @consumer: the consumer; nothing is published for it any more.
 */
void dmaring_consumer_drop_all(struct dmaring_consumer *consumer)
{
	struct dmaring_stream *stream = consumer->stream;
	/* An honest user takes a frame each time it keeps us from dropping it. */
	u32 rounds = stream->pool.count;
	bool more;

	do {
		spin_lock_irq(&stream->lock);
		more = dmaring_queue_drop_some(consumer, !rounds);
		spin_unlock_irq(&stream->lock);
		rounds -= !!rounds;
	} while (more);
}

/* It does not run any more, and nothing is published for it. */
static void end_run(struct dmaring_consumer *consumer)
{
	lockdep_assert_held(&consumer->stream->state_mutex);
	/* Empty buffers stay a producer's. */
	if (!consumer->stream->playback)
		dmaring_consumer_drop_all(consumer);
	hrtimer_cancel(&consumer->ripener);

	rcu_read_lock();
	dmaring_wake_consumer(consumer, EPOLLERR);
	rcu_read_unlock();
}

static int stop(struct dmaring_consumer *consumer)
{
	struct dmaring_stream *stream = consumer->stream;
	struct dmaring_tally *tally = &consumer->tally;
	int err;

	/* What it has submitted comes back, too. */
	if (stream->playback)
		dmaring_exchange_reap(consumer);
	spin_lock_irq(&stream->lock);
	stream->runners &= ~BIT(consumer->id);
	WRITE_ONCE(consumer->running, false);
	dmaring_queue_sync(consumer);
	dmaring_ring_flag(consumer->ring, DMARING_RING_STOPPED, 0);
	tally->produced = stream->sequence - tally->base_sequence;
	tally->overruns = stream->counters.overruns - tally->base_overruns;
	spin_unlock_irq(&stream->lock);

	end_run(consumer);
	err = dmaring_stream_halt(stream);
	if (stream->playback)
		dmaring_playback_give_back(stream);
	return err;
}

/* Those who found it before have signalled it. */
static void put_eventfd(struct work_struct *work)
{
	struct dmaring_eventfd_ref *ref =
		container_of(to_rcu_work(work), struct dmaring_eventfd_ref,
			     end);

	if (ref->owed)
		eventfd_signal(ref->eventfd);
	eventfd_ctx_put(ref->eventfd);
	kfree(ref);
}

/**
 * struct finder - asks a file that is polled for its wait queue
 * @table: tells the file to call found().
 * @wait:  the queue.
 */
struct finder {
	struct poll_table_struct table;
	struct wait_queue_head *wait;
};

static void found(struct file *file, struct wait_queue_head *wait,
		  poll_table *table)
{
	container_of(table, struct finder, table)->wait = wait;
}

/* The queue is in the eventfd, which lives as long as our reference. */
static int find_wait_queue(struct dmaring_eventfd_ref *ref, struct file *file)
{
	struct finder finder = { };

	init_poll_funcptr(&finder.table, found);
	vfs_poll(file, &finder.table);
	if (WARN_ON_ONCE(!finder.wait))
		return -EINVAL;
	ref->wait = finder.wait;
	ref->eventfd = eventfd_ctx_fileget(file);
	return PTR_ERR_OR_ZERO(ref->eventfd);
}

static struct dmaring_eventfd_ref *get_eventfd(int fd)
{
	struct dmaring_eventfd_ref *ref;
	struct file *file;
	int err;

	file = eventfd_fget(fd);
	if (IS_ERR(file))
		return ERR_CAST(file);
	ref = kzalloc(sizeof(*ref), GFP_KERNEL_ACCOUNT);
	err = ref ? find_wait_queue(ref, file) : -ENOMEM;
	fput(file);
	if (!err)
		return ref;
	kfree(ref);
	return ERR_PTR(err);
}

/* NULL: none any more.  Nobody waits here: others want the mutex. */
static void set_eventfd(struct dmaring_consumer *consumer,
			struct dmaring_eventfd_ref *ref)
{
	bool last = !ref;

	lockdep_assert_held(&consumer->stream->state_mutex);
	ref = rcu_replace_pointer(consumer->eventfd, ref, true);
	if (!ref)
		return;
	/* What the work item has not told, it cannot tell any more. */
	ref->owed = last && dmaring_wake_owes_eventfd(consumer);
	INIT_RCU_WORK(&ref->end, put_eventfd);
	dmaring_rcu_work_later(&ref->end);
}

/* No longer attached, unless mappings are in the way. */
static bool unattach(struct dmaring_consumer *consumer)
{
	struct dmaring_stream *stream = consumer->stream;

	/* ->mmap counts its mapping under the lock, if it is attached then. */
	spin_lock_irq(&stream->lock);
	if (!consumer->maps && !consumer->meta_maps)
		WRITE_ONCE(consumer->attached, false);
	spin_unlock_irq(&stream->lock);
	return !consumer->attached;
}

/* DETACH: nobody can find the consumer any more, its bits only go away. */
static void let_go_of_all(struct dmaring_consumer *consumer)
{
	struct dmaring_stream *stream = consumer->stream;
	struct dmaring_buf *buf;
	u32 i;

	for (i = 0; i < stream->pool.count; i++) {
		buf = &stream->pool.bufs[i];
		/* Buffer by buffer, to keep interrupts off for a short time. */
		spin_lock_irq(&stream->lock);
		dmaring_queue_let_go(consumer, buf);
		spin_unlock_irq(&stream->lock);
	}
}

static void detach(struct dmaring_consumer *consumer)
{
	struct dmaring_stream *stream = consumer->stream;
	struct pid *owner;

	if (consumer->running)
		stop(consumer);
	dmaring_exchange_reap(consumer);
	if (stream->playback) {
		/* Who copies a frame into a buffer finishes first. */
		synchronize_srcu(&stream->srcu);
		dmaring_consumer_drop_all(consumer);
	}
	/* First: what becomes idle must not be armed as if it were still its. */
	dmaring_export_orphan(consumer);
	let_go_of_all(consumer);
	/* Not yet what the card may still write. */
	dmaring_import_settle(stream);
	if (!dmaring_is_gone(stream) && !stream->playback)
		dmaring_quarantine_idle(stream);
	set_eventfd(consumer, NULL);
	/* Who polls before the first START sleeps, and has to learn of it. */
	wake_up_interruptible_poll(&consumer->wait, EPOLLERR);
	/* Of buffers, a LOSSLESS one has claimed none. */
	unclaim(stream, consumer->most);
	spin_lock_irq(&stream->lock);
	dmaring_ring_flag(consumer->ring, DMARING_RING_GONE, 0);
	RCU_INIT_POINTER(stream->consumers[consumer->id], NULL);
	owner = consumer->owner;
	consumer->owner = NULL;
	spin_unlock_irq(&stream->lock);
	put_pid(owner);
	if (stream->playback)
		dmaring_playback_end(stream);
}

/* DETACH, and the end of the file. */
int dmaring_consumer_detach(struct dmaring_consumer *consumer,
			    union dmaring_argument *arg)
{
	int err = 0;

	lockdep_assert_held(&consumer->stream->state_mutex);
	/* Whoever leaves last takes the queue along. */
	if (!dmaring_exchange_enter(consumer))
		return -ENOTCONN;
	if (unattach(consumer))
		detach(consumer);
	else
		err = -EBUSY;
	dmaring_exchange_leave(consumer);
	return err;
}

/* --------------------------------------------------------------- start, stop */

/* START. */
int dmaring_consumer_start(struct dmaring_consumer *consumer,
			   union dmaring_argument *arg)
{
	struct dmaring_stream *stream = consumer->stream;
	struct dmaring_tally before;
	int err;

	lockdep_assert_held(&stream->state_mutex);
	if (dmaring_is_gone(stream))
		return -ENODEV;
	if (!consumer->attached)
		return -ENOTCONN;
	if (consumer->running)
		return -EALREADY;

	dmaring_exchange_reap(consumer);
	/* Before the card starts, so that the first frame finds a taker. */
	spin_lock_irq(&stream->lock);
	before = consumer->tally;
	consumer->tally = (struct dmaring_tally) {
		.base_sequence = stream->sequence,
		.base_overruns = stream->counters.overruns,
	};
	WRITE_ONCE(consumer->ripe, consumer->head);
	consumer->ripening = false;
	WRITE_ONCE(consumer->running, true);
	stream->runners |= BIT(consumer->id);
	dmaring_ring_flag(consumer->ring, 0, DMARING_RING_STOPPED);
	spin_unlock_irq(&stream->lock);

	err = dmaring_stream_run(stream);
	if (!err) {
		WRITE_ONCE(consumer->started, true);
		return 0;
	}

	spin_lock_irq(&stream->lock);
	stream->runners &= ~BIT(consumer->id);
	WRITE_ONCE(consumer->running, false);
	dmaring_ring_flag(consumer->ring, DMARING_RING_STOPPED, 0);
	spin_unlock_irq(&stream->lock);

	/* A card that had failed may have completed what it still had. */
	end_run(consumer);
	spin_lock_irq(&stream->lock);
	consumer->tally = before;
	spin_unlock_irq(&stream->lock);
	return err;
}

/* STOP. */
int dmaring_consumer_stop(struct dmaring_consumer *consumer,
			  union dmaring_argument *arg)
{
	lockdep_assert_held(&consumer->stream->state_mutex);
	if (!consumer->attached)
		return -ENOTCONN;
	return consumer->running ? stop(consumer) : -EALREADY;
}

/* ------------------------------------------------------------- ring, eventfd */

/* RING. */
int dmaring_consumer_ring(struct dmaring_consumer *consumer,
			  union dmaring_argument *arg)
{
	struct dmaring_ring_memory *memory = consumer->ring;
	struct dmaring_ring *ring = &arg->ring;

	lockdep_assert_held(&consumer->stream->state_mutex);
	if (ring->flags || !dmaring_is_zero(ring->reserved))
		return -EINVAL;
	if (!consumer->attached)
		return -ENOTCONN;
	*ring = (struct dmaring_ring) {
		.fd = dmaring_ring_fd(memory),
		.frame_slots = memory->mask + 1,
		.map_bytes = memory->bytes,
		.frames_offset = (void *)memory->frames - (void *)memory->header,
		.frame_bytes = sizeof(struct dmaring_frame),
		.releases_offset =
			(void *)memory->releases - (void *)memory->header,
		.release_slots = memory->mask + 1,
	};
	return min(ring->fd, 0);
}

/* EVENTFD. */
int dmaring_consumer_eventfd(struct dmaring_consumer *consumer,
			     union dmaring_argument *arg)
{
	struct dmaring_eventfd_ref *ref = NULL;

	lockdep_assert_held(&consumer->stream->state_mutex);
	if (arg->eventfd.flags || arg->eventfd.reserved)
		return -EINVAL;
	if (!consumer->attached)
		return -ENOTCONN;
	if (arg->eventfd.fd != -1) {
		ref = get_eventfd(arg->eventfd.fd);
		if (IS_ERR(ref))
			return PTR_ERR(ref);
	}
	set_eventfd(consumer, ref);
	return 0;
}
