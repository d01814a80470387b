// SPDX-License-Identifier: GPL-2.0-only
/* Who is told of news, and how: wait queue, SIGIO, eventfd, flags in the ring. */
#include <linux/eventfd.h>
#include <linux/fs.h>
#include <linux/hrtimer.h>
#include <linux/poll.h>
#include <linux/rcupdate.h>

#include <compat.h>

#include "internal.h"

/* Tell everybody who waits for this consumer, in whatever way. */
void dmaring_wake_consumer(struct dmaring_consumer *consumer, __poll_t events)
{
	struct dmaring_eventfd_ref *eventfd;

	RCU_LOCKDEP_WARN(!rcu_read_lock_held(), "the eventfd may be put");
	/* Its barrier pairs with that of the sleeper. */
	if (wq_has_sleeper(&consumer->wait))
		wake_up_interruptible_poll(&consumer->wait, events);
	if (READ_ONCE(consumer->fasync))
		kill_fasync(&consumer->fasync, SIGIO,
			    events & EPOLLIN ? POLL_IN : POLL_HUP);
	eventfd = rcu_dereference(consumer->eventfd);
	if (eventfd)
		eventfd_signal(eventfd->eventfd);
}

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
			dmaring_wake_consumer(consumer, EPOLLIN | EPOLLRDNORM);
	}
	rcu_read_unlock();
}

/* Wake all open files, attached or not. */
void dmaring_wake_all(struct dmaring_stream *stream, __poll_t events)
{
	struct dmaring_consumer *consumer;

	rcu_read_lock();
	list_for_each_entry_rcu(consumer, &stream->files, link)
		dmaring_wake_consumer(consumer, events);
	rcu_read_unlock();
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
	dmaring_wake_consumer(consumer, EPOLLIN | EPOLLRDNORM);
	rcu_read_unlock();
	return HRTIMER_NORESTART;
}

/* Once per open file: its wait queue lives as long. */
void dmaring_wake_init(struct dmaring_consumer *consumer)
{
	init_waitqueue_head(&consumer->wait);
	hrtimer_setup(&consumer->ripener, ripen, CLOCK_MONOTONIC,
		      HRTIMER_MODE_REL_SOFT);
}
