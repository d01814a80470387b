// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who is told of news, and how: wait queue, SIGIO, eventfd, flags in the ring.
 *
 * News come from the card's context, where other work waits, and a consumer can
 * let any number of threads, epoll sets and processes wait for them.  There the
 * work for one consumer must have an end that no user can move.  So a single
 * sleeper is woken directly.  All others are woken by a work item of their
 * consumer, with normal priority, and news that come meanwhile go along with
 * its next round.
 *
 * A single entry of a wait queue need not be a single sleeper: behind that of an
 * epoll set, or of an io_uring, is whatever waits for that.  Nobody can see how
 * much it is, so it is measured and paid back: the next such entry of the same
 * consumer is woken directly only after STRANGER_REST times as long.
 */
#include <linux/eventfd.h>
#include <linux/fs.h>
#include <linux/hrtimer.h>
#include <linux/poll.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include <compat.h>

#include "internal.h"

/* One part in so many of the card's context is for a consumer's strangers. */
#define STRANGER_REST	64

/* What one wake-up takes at most, where it is one, on a slow machine. */
#define STRANGER_FREE_NS	10000

/* Of normal priority, on any processor. */
static struct workqueue_struct *later;

/**
 * dmaring_stream_work_later() - what would take too long in the card's context
 * @stream: the stream; the work has a reference, which it puts in the end.
 * @work:   of that stream.
 *
 * A system call may come here when the stream is about to end: not before it.
 */
void dmaring_stream_work_later(struct dmaring_stream *stream,
			       struct work_struct *work)
{
	get_device(&stream->dev);
	if (!queue_work(later, work))
		put_device(&stream->dev);
}

/* It is not needed any more, and its reference must not outlast the card. */
void dmaring_stream_work_flush(struct dmaring_stream *stream,
			       struct work_struct *work)
{
	if (cancel_work_sync(work))
		put_device(&stream->dev);
}

/* It is done before the module goes, and may have the last reference to that. */
void dmaring_work_later(struct work_struct *work)
{
	queue_work(later, work);
}

/* In so many milliseconds, also if it was to be later or sooner. */
void dmaring_delayed_work_later(struct delayed_work *work, unsigned int ms)
{
	mod_delayed_work(later, work, msecs_to_jiffies(ms));
}

void dmaring_rcu_work_later(struct rcu_work *work)
{
	queue_rcu_work(later, work);
}

/* -------------------------------------------------- all of them, and later */

static __poll_t take_untold(struct dmaring_consumer *consumer,
			    enum dmaring_way way)
{
	return (__force __poll_t)atomic_xchg(&consumer->untold[way], 0);
}

/* If there is none any more, DETACH finds what it was owed. */
static void tell_eventfd(struct dmaring_consumer *consumer)
{
	struct dmaring_eventfd_ref *eventfd;

	rcu_read_lock();
	eventfd = rcu_dereference(consumer->eventfd);
	/* In this order: pairs with dmaring_wake_owes_eventfd(). */
	if (eventfd && take_untold(consumer, DMARING_BY_EVENTFD))
		eventfd_signal(eventfd->eventfd);
	rcu_read_unlock();
}

/* What SIGIO says of it. */
static int band(__poll_t events)
{
	if (events & EPOLLIN)
		return POLL_IN;
	return events & EPOLLOUT ? POLL_OUT : POLL_HUP;
}

/* Whatever time that takes. */
static void waker_work(struct work_struct *work)
{
	struct dmaring_consumer *consumer =
		container_of(work, struct dmaring_consumer, waker);
	__poll_t events;

	events = take_untold(consumer, DMARING_BY_QUEUE);
	if (events)
		wake_up_interruptible_poll(&consumer->wait, events);
	events = take_untold(consumer, DMARING_BY_SIGIO);
	if (events)
		kill_fasync(&consumer->fasync, SIGIO, band(events));
	tell_eventfd(consumer);
}

/**
 * dmaring_wake_owes_eventfd() - was it not told of the last news?
 * @consumer: the consumer, whose eventfd the work item finds no more.
 *
 * Return: true, once: then it is the caller's to tell it.
 */
bool dmaring_wake_owes_eventfd(struct dmaring_consumer *consumer)
{
	/* The work item has seen that it is gone, or has told. */
	smp_mb__before_atomic();
	return take_untold(consumer, DMARING_BY_EVENTFD);
}

static noinline void tell_later(struct dmaring_consumer *consumer,
				enum dmaring_way way, __poll_t events)
{
	atomic_or((__force int)events, &consumer->untold[way]);
	/* If it is queued and has not begun, it will find these events. */
	queue_work(later, &consumer->waker);
}

/* ---------------------------------------------------- one of them, directly */

/**
 * struct cost - of a wake-up that may be more than it seems
 * @since: when it began; 0: it is what it seems.
 * @free:  so many nanoseconds need not be paid back.
 */
struct cost {
	u64 since;
	u32 free;
};

/* May we wake all that wait here? */
static bool may_wake(const struct dmaring_consumer *consumer,
		     struct wait_queue_head *wait, struct cost *cost)
{
	const struct wait_queue_entry *entry;

	lockdep_assert_held(&wait->lock);
	*cost = (struct cost) { };
	if (list_empty(&wait->head))
		return true;
	if (!list_is_singular(&wait->head))
		return false;
	entry = list_first_entry(&wait->head, struct wait_queue_entry, entry);
	/* A thread in a system call, and nothing else. */
	if (entry->func == autoremove_wake_function ||
	    entry->func == default_wake_function)
		return true;
	/* poll() and io_uring know whom they wake, and that is cheap mostly. */
	if (entry->private)
		cost->free = STRANGER_FREE_NS;
	cost->since = ktime_get_ns();
	return cost->since >= READ_ONCE(consumer->strangers_from);
}

/* Two CPUs may be here for one consumer: the time of either will do. */
static void pay_back(struct dmaring_consumer *consumer, const struct cost *cost)
{
	u64 now, took;

	if (!cost->since)
		return;
	now = ktime_get_ns();
	took = now - cost->since;
	if (took >= cost->free)
		WRITE_ONCE(consumer->strangers_from,
			   now + STRANGER_REST * took);
}

/* False if there are too many; or if somebody has the lock, perhaps for long. */
static noinline bool wake_one(struct dmaring_consumer *consumer,
			      __poll_t events)
{
	struct wait_queue_head *wait = &consumer->wait;
	unsigned long flags;
	struct cost cost;
	bool may;

	if (!spin_trylock_irqsave(&wait->lock, flags))
		return false;
	may = may_wake(consumer, wait, &cost);
	if (may)
		__wake_up_locked_key(wait, TASK_INTERRUPTIBLE,
				     poll_to_key(events));
	spin_unlock_irqrestore(&wait->lock, flags);
	if (may)
		pay_back(consumer, &cost);
	return may;
}

/* The same for those who wait for the eventfd. */
static noinline bool signal_one(struct dmaring_consumer *consumer,
				struct dmaring_eventfd_ref *eventfd)
{
	struct wait_queue_head *wait = eventfd->wait;
	unsigned long flags;
	struct cost cost;
	bool may;

	if (!spin_trylock_irqsave(&wait->lock, flags))
		return false;
	may = may_wake(consumer, wait, &cost);
	spin_unlock_irqrestore(&wait->lock, flags);
	if (may) {
		eventfd_signal(eventfd->eventfd);
		pay_back(consumer, &cost);
	}
	return may;
}

/**
 * dmaring_wake_consumer() - tell all who wait for this consumer, in whatever way
 * @consumer: the consumer; RCU keeps it, or the caller has a reason of its own.
 * @events:   what poll() would say.
 *
 * Bounded work, in any context.
 */
void dmaring_wake_consumer(struct dmaring_consumer *consumer, __poll_t events)
{
	struct dmaring_eventfd_ref *eventfd;

	RCU_LOCKDEP_WARN(!rcu_read_lock_held(), "the eventfd may be put");
	/* Its barrier pairs with that of the sleeper. */
	if (wq_has_sleeper(&consumer->wait) && !wake_one(consumer, events))
		tell_later(consumer, DMARING_BY_QUEUE, events);
	eventfd = rcu_dereference(consumer->eventfd);
	if (eventfd && !signal_one(consumer, eventfd))
		tell_later(consumer, DMARING_BY_EVENTFD, events);
	/* It may go to all processes of a group. */
	if (READ_ONCE(consumer->fasync))
		tell_later(consumer, DMARING_BY_SIGIO, events);
}

/* ---------------------------------------------------------- several consumers */

/*
 * Wake the consumers named in @who.  Called without the lock: a consumer may be
 * detaching on another CPU, and RCU keeps its wait queue until we are done.
 */
void dmaring_wake(struct dmaring_stream *stream, unsigned long who)
{
	struct dmaring_consumer *consumer;
	unsigned int id;

	rcu_read_lock();
	while (who) {
		id = dmaring_next_of(&who);
		consumer = rcu_dereference(stream->consumers[id]);
		if (consumer)
			dmaring_wake_consumer(consumer, stream->news);
	}
	rcu_read_unlock();
}

/* Frames were published for those in @who. */
void dmaring_wake_at_refill(struct dmaring_stream *stream, unsigned long who)
{
	/* The frames first: another CPU may wake them now. */
	smp_mb__before_atomic();
	atomic_or(who, &stream->unwoken);
}

/* Wake whoever a frame was published for since the last time. */
void dmaring_wake_published(struct dmaring_stream *stream)
{
	/* What a completion on another CPU adds now, its own refill finds. */
	if (atomic_read(&stream->unwoken))
		dmaring_wake(stream, atomic_xchg(&stream->unwoken, 0));
}

/*
 * Wake all open files, attached or not.  They may be many: not in the card's
 * context.
 */
void dmaring_wake_all(struct dmaring_stream *stream, __poll_t events)
{
	struct dmaring_consumer *consumer;

	rcu_read_lock();
	list_for_each_entry_rcu(consumer, &stream->files, link)
		dmaring_wake_consumer(consumer, events);
	rcu_read_unlock();
}

static void failure_work(struct work_struct *work)
{
	struct dmaring_stream *stream =
		container_of(work, struct dmaring_stream, failure);

	dmaring_wake_all(stream, dmaring_is_gone(stream) ? EPOLLHUP : EPOLLERR);
	put_device(&stream->dev);
}

/* The same, from any context, and a little later. */
void dmaring_wake_failed(struct dmaring_stream *stream)
{
	dmaring_stream_work_later(stream, &stream->failure);
}

/* A control has changed.  It is no news for who waits for frames by an eventfd. */
void dmaring_wake_for_controls(struct dmaring_stream *stream)
{
	struct dmaring_consumer *consumer;

	rcu_read_lock();
	list_for_each_entry_rcu(consumer, &stream->files, link) {
		wake_up_interruptible_poll(&consumer->wait, EPOLLPRI);
		kill_fasync(&consumer->fasync, SIGIO, POLL_PRI);
	}
	rcu_read_unlock();
}

void dmaring_wake_init_stream(struct dmaring_stream *stream)
{
	INIT_WORK(&stream->failure, failure_work);
}

/* Show flags in the rings of all attached consumers. */
void dmaring_flag_rings(struct dmaring_stream *stream, u32 set, u32 clear)
{
	struct dmaring_consumer *consumer;
	u32 id;

	lockdep_assert_held(&stream->lock);
	for (id = 0; id < DMARING_CONSUMERS_MAX; id++) {
		consumer = dmaring_attached(stream, id);
		if (consumer)
			dmaring_ring_flag(consumer->ring, set, clear);
	}
}

/* ----------------------------------------------------------------- watermark */

/* The oldest frame may have waited for watermark_ns: look. */
static enum hrtimer_restart ripen(struct hrtimer *timer)
{
	struct dmaring_consumer *consumer =
		container_of(timer, struct dmaring_consumer, ripener);
	struct dmaring_stream *stream = consumer->stream;
	unsigned long flags;
	s64 left;

	spin_lock_irqsave(&stream->lock, flags);
	left = dmaring_queue_ripe_in(consumer);
	consumer->ripening = left > 0;
	if (!left)
		WRITE_ONCE(consumer->ripe, consumer->head);
	spin_unlock_irqrestore(&stream->lock, flags);
	if (left > 0) {
		/* Not hrtimer_forward(), which counts from when it was due. */
		hrtimer_set_expires(timer, ktime_add_ns(ktime_get(), left));
		return HRTIMER_RESTART;
	}
	if (left < 0)
		return HRTIMER_NORESTART;
	rcu_read_lock();
	dmaring_wake_consumer(consumer, stream->news);
	rcu_read_unlock();
	return HRTIMER_NORESTART;
}

/* Once per open file: its wait queue lives as long. */
void dmaring_wake_init(struct dmaring_consumer *consumer)
{
	init_waitqueue_head(&consumer->wait);
	INIT_WORK(&consumer->waker, waker_work);
	hrtimer_setup(&consumer->ripener, ripen, CLOCK_MONOTONIC,
		      HRTIMER_MODE_REL_SOFT);
}

/* ------------------------------------------------------------------- the end */

static void end_work(struct work_struct *work)
{
	struct dmaring_consumer *consumer =
		container_of(to_rcu_work(work), struct dmaring_consumer, end);

	/* Nobody can find the consumer: it is not queued again. */
	cancel_work_sync(&consumer->waker);
	kfree(consumer);
}

/*
 * Free a consumer that nobody finds any more: those who have just found it may
 * still wake it, and queue its work item.
 */
void dmaring_wake_end(struct dmaring_consumer *consumer)
{
	INIT_RCU_WORK(&consumer->end, end_work);
	dmaring_rcu_work_later(&consumer->end);
}

int dmaring_wake_module_init(void)
{
	later = alloc_workqueue("dmaring", WQ_UNBOUND, 0);
	return later ? 0 : -ENOMEM;
}

/* After the last open file; work may have the last reference to a stream. */
void dmaring_wake_module_exit(void)
{
	/* What waits for a grace period is queued then. */
	rcu_barrier();
	destroy_workqueue(later);
}
