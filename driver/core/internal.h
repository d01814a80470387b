/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The core's own header.
 *
 * The life of a frame, in call order:
 *
 *	dmaring_refill()		refill.c   IDLE -> ARMED, ops->arm()
 *	   ... the card writes the buffer and raises an interrupt ...
 *	dmaring_complete()		frame.c	   the hardware driver's handler
 *	  dmaring_queue_reap()		queue.c	   releases in the shared rings
 *	  dmaring_queue_publish()	queue.c	   ARMED -> HELD, one descriptor
 *						   in every running queue
 *	dmaring_refill()		refill.c   the end of the handler
 *	  dmaring_wake_published()	wake.c	   who sleeps, outside all locks
 *	read(), DEQUEUE			chardev.c, ioctl.c
 *	  dmaring_exchange_take()	exchange.c the descriptor goes to the user
 *	   ... the application uses the frame in its mapping ...
 *	RELEASE				ioctl.c
 *	  dmaring_exchange_release()	exchange.c
 *	    dmaring_queue_release()	queue.c	   HELD -> IDLE after the last one
 *	    dmaring_refill()		refill.c
 *
 * Locks, outermost first:
 *
 *	state_mutex	who is attached and running, whether the card runs;
 *			sleeps, held across ops->start() and ops->stop()
 *	control_mutex	serializes ops->get_control() and ops->set_control();
 *			sleeps, held across these
 *	arm_lock	serializes ops->arm(); whoever clears @armable under it
 *			knows that no arm() runs and none will
 *	(the hardware driver's own lock)
 *	lock		buffer states, queues, counters; calls nothing
 *
 * lock nests inside mmap_lock; mmap_lock nests inside none of them.
 *
 * Lifetimes: the stream lives until the last reference to its struct device,
 * and each open file has one.  The pool's memory and the hardware driver live
 * only until dmaring_destroy().  Who touches them holds state_mutex and has
 * seen that the stream is not gone; or arm_lock, and it is armable; or, for a
 * mapping, which must not wait for START, an SRCU section and has seen that the
 * stream is not gone.
 */
#ifndef DMARING_INTERNAL_H
#define DMARING_INTERNAL_H

#include "buffer.h"
#include "consumer.h"
#include "format.h"
#include "memory.h"
#include "pool.h"
#include "queue.h"
#include "stream.h"

/* Steps of a long job between two moments with interrupts on. */
#define DMARING_BATCH	64

/* The first errno that is of no meaning outside of the kernel. */
#define DMARING_ERRNO_END	512

/* What a driver answers is for the application, or it is a mistake. */
static inline int dmaring_checked(int err)
{
	return err > 0 || err <= -DMARING_ERRNO_END ? -EIO : err;
}

/* refill.c: what the card gets */
void dmaring_refill_init(struct dmaring_stream *stream);

/* playback.c: the producer's frames */
int dmaring_playback_alloc(struct dmaring_stream *stream);
void dmaring_playback_hand_out(struct dmaring_stream *stream);
bool dmaring_playback_hand_back(struct dmaring_consumer *consumer,
				const u64 *cookies, u32 count);
unsigned long dmaring_playback_drained(struct dmaring_stream *stream);
unsigned long dmaring_playback_unsent(struct dmaring_stream *stream,
				      struct dmaring_buf *buf);
unsigned long dmaring_playback_sent(struct dmaring_stream *stream,
				    struct dmaring_buf *buf,
				    struct dmaring_frame *frame);
void dmaring_playback_settle(struct dmaring_stream *stream, bool quiet);
void dmaring_playback_give_back(struct dmaring_stream *stream);
void dmaring_playback_end(struct dmaring_stream *stream);

/* quarantine.c: buffers that somebody refers to who has no right to them */
void dmaring_quarantine_init(struct dmaring_stream *stream);
void dmaring_quarantine(struct dmaring_stream *stream, struct dmaring_buf *buf);
bool dmaring_quarantine_if_needed(struct dmaring_stream *stream,
				  struct dmaring_buf *buf);
void dmaring_quarantine_unfence(struct dmaring_stream *stream,
				struct dmaring_buf *buf);
void dmaring_quarantine_soon(struct dmaring_stream *stream);
void dmaring_quarantine_idle(struct dmaring_stream *stream);
void dmaring_quarantine_recheck(struct dmaring_stream *stream);

/* import.c: memory that an application lends */
int dmaring_import(struct dmaring_consumer *consumer,
		   union dmaring_argument *arg);
int dmaring_import_settle(struct dmaring_stream *stream);
void dmaring_import_end(struct dmaring_stream *stream);

/* wake.c: who is told, and how */
void dmaring_wake_init(struct dmaring_consumer *consumer);
void dmaring_wake_consumer(struct dmaring_consumer *consumer, __poll_t events);
void dmaring_wake(struct dmaring_stream *stream, unsigned long who);
void dmaring_wake_at_refill(struct dmaring_stream *stream, unsigned long who);
void dmaring_wake_published(struct dmaring_stream *stream);
void dmaring_wake_all(struct dmaring_stream *stream, __poll_t events);
void dmaring_stream_work_later(struct dmaring_stream *stream,
			       struct work_struct *work);
void dmaring_work_later(struct work_struct *work);
void dmaring_delayed_work_later(struct delayed_work *work, unsigned int ms);
void dmaring_rcu_work_later(struct rcu_work *work);
void dmaring_stream_work_flush(struct dmaring_stream *stream,
			       struct work_struct *work);
bool dmaring_wake_owes_eventfd(struct dmaring_consumer *consumer);
void dmaring_wake_failed(struct dmaring_stream *stream);
void dmaring_wake_for_controls(struct dmaring_stream *stream);
void dmaring_wake_end(struct dmaring_consumer *consumer);
void dmaring_wake_init_stream(struct dmaring_stream *stream);
int dmaring_wake_module_init(void);
void dmaring_wake_module_exit(void);
void dmaring_flag_rings(struct dmaring_stream *stream, u32 set, u32 clear);

/* exchange.c: what system calls take and give back */
void dmaring_exchange_end(struct dmaring_consumer *consumer);
int dmaring_exchange_poll(struct dmaring_consumer *consumer);
int dmaring_exchange_take(struct dmaring_consumer *consumer, char __user *to,
			  u32 stride, u32 count, s64 timeout_ns,
			  u32 __user *tell);
int dmaring_exchange_release(struct dmaring_consumer *consumer,
			     const u64 *cookies, u32 *count);
int dmaring_exchange_submit(struct dmaring_consumer *consumer,
			    const struct dmaring_filled *filled, u32 *count);
ssize_t dmaring_exchange_write(struct dmaring_consumer *consumer,
			       const char __user *from, size_t bytes,
			       bool wait);
int dmaring_exchange_drain(struct dmaring_consumer *consumer);
int dmaring_exchange_kick(struct dmaring_consumer *consumer,
			  union dmaring_argument *arg);
void dmaring_exchange_reap(struct dmaring_consumer *consumer);

/* deadline.c: when a wait ends */
void dmaring_deadline_keep(const struct dmaring_consumer *consumer,
			   const void __user *to, s64 timeout_ns,
			   ktime_t deadline);
ktime_t dmaring_deadline(const struct dmaring_consumer *consumer,
			 const void __user *to, s64 timeout_ns);

/* ring.c: memory shared with the user */
struct dmaring_ring_memory *dmaring_ring_get(struct dmaring_ring_memory **known,
					     u32 slots);
void dmaring_ring_forget(struct dmaring_ring_memory **known);
void dmaring_ring_put(struct dmaring_ring_memory *ring);
int dmaring_ring_fd(struct dmaring_ring_memory *ring);
void dmaring_ring_flag(struct dmaring_ring_memory *ring, u32 set, u32 clear);

/* export.c: buffers as dma-bufs; ioctl.c answers where there are none */
#ifdef CONFIG_DMA_SHARED_BUFFER
int dmaring_export(struct dmaring_consumer *consumer,
		   union dmaring_argument *arg);
void dmaring_export_orphan(struct dmaring_consumer *consumer);
bool dmaring_export_has_fences(const struct dmaring_exported *exported);
bool dmaring_export_is_idle(struct dmaring_stream *stream,
			    struct dmaring_buf *buf);
#else
static inline int dmaring_export(struct dmaring_consumer *consumer,
				 union dmaring_argument *arg)
{
	return -EOPNOTSUPP;
}

static inline void dmaring_export_orphan(struct dmaring_consumer *consumer)
{
}

static inline bool
dmaring_export_has_fences(const struct dmaring_exported *exported)
{
	return false;
}

static inline bool dmaring_export_is_idle(struct dmaring_stream *stream,
					  struct dmaring_buf *buf)
{
	return true;
}
#endif

/* stats.c */
void dmaring_stats_snapshot(struct dmaring_stream *stream,
			    struct dmaring_consumer *consumer,
			    struct dmaring_stats *stats);
int dmaring_stats_of(struct dmaring_stream *stream, u32 id,
		     struct dmaring_stats *stats);

/* sysfs.c */
extern const struct attribute_group *dmaring_groups[];

/* chardev.c, ioctl.c, mmap.c, mmap_region.c, inode.c */
extern const struct file_operations dmaring_fops;
long dmaring_ioctl(struct file *file, unsigned int command, unsigned long arg);
int dmaring_mmap(struct file *file, struct vm_area_struct *vma);
int dmaring_mmap_flags(struct vm_area_struct *vma, vm_flags_t set,
		       vm_flags_t clear);
int dmaring_mmap_region(struct file *file, struct vm_area_struct *vma);
void dmaring_zap(struct dmaring_stream *stream);
void dmaring_zap_regions(struct dmaring_stream *stream);
struct inode *dmaring_inode_new(void);
void dmaring_inode_free(struct inode *inode);
int dmaring_inode_init(void);
void dmaring_inode_exit(void);

/* Is a mapping of the consumer's made of pages? */
static inline bool dmaring_maps_pages(const struct dmaring_consumer *consumer)
{
	return consumer->stream->pool.by_pages && consumer->writable;
}

/* main.c */
extern struct class dmaring_class;
int dmaring_minor_get(void);
void dmaring_minor_put(int minor);
dev_t dmaring_devt(int minor);

/*
 * Buffers were released by a system call.  If the card has no room or enough to
 * do, its next completion, which is counted under the lock that the release was
 * done under, is followed by a dmaring_refill() that finds them.
 */
static inline void dmaring_refill_if_needed(struct dmaring_stream *stream)
{
	if (!READ_ONCE(stream->card_full) &&
	    dmaring_armed(stream) < stream->arm_below)
		dmaring_refill(stream);
}

/**
 * dmaring_exchange_leave() - the caller uses the queue no more
 * @consumer: the consumer.
 *
 * Whoever leaves last after DETACH frees it.
 */
static inline void dmaring_exchange_leave(struct dmaring_consumer *consumer)
{
	/* A full barrier: see below. */
	if (atomic_dec_and_test(&consumer->inside) &&
	    unlikely(!READ_ONCE(consumer->attached)))
		dmaring_exchange_end(consumer);
}

/**
 * dmaring_exchange_enter() - let the queue stay, for use without the lock
 * @consumer: the consumer.
 *
 * Return: true, for dmaring_exchange_leave(); false if it is not attached.
 */
static inline bool dmaring_exchange_enter(struct dmaring_consumer *consumer)
{
	atomic_inc(&consumer->inside);
	/* DETACH, which leaves after that, sees us; or we see what it did. */
	smp_mb__after_atomic();
	/* Pairs with that of ATTACH: who is attached has a queue. */
	if (likely(smp_load_acquire(&consumer->attached)))
		return true;
	dmaring_exchange_leave(consumer);
	return false;
}

#endif /* DMARING_INTERNAL_H */
