/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The core's own header.
 *
 * The life of a frame, in call order:
 *
 *	dmaring_refill()		frame.c	   IDLE -> ARMED, ops->arm()
 *	   ... the card writes the buffer and raises an interrupt ...
 *	dmaring_complete()		frame.c	   the hardware driver's handler
 *	  dmaring_queue_reap()		queue.c	   releases in the shared rings
 *	  dmaring_queue_publish()	queue.c	   ARMED -> HELD, one descriptor
 *						   in every running queue
 *	  wake up				   after the lock is dropped
 *	dmaring_read(), DEQUEUE		chardev.c, ioctl.c
 *	  dmaring_queue_take()	queue.c the descriptor goes to the user
 *	   ... the application uses the frame in its mapping ...
 *	RELEASE				ioctl.c
 *	  dmaring_queue_release()	queue.c	   HELD -> IDLE after the last one
 *	  dmaring_refill()
 *
 * Locks, outermost first:
 *
 *	state_mutex	who is attached and running, whether the card runs;
 *			sleeps, held across ops->start() and ops->stop()
 *	arm_lock	serializes ops->arm(); whoever clears @armable under it
 *			knows that no arm() runs and none will
 *	(the hardware driver's own lock)
 *	lock		buffer states, queues, counters; calls nothing
 *
 * maps_lock nests inside mmap_lock; mmap_lock nests inside none of them.
 *
 * Lifetimes: the stream lives until the last reference to its struct device,
 * and each open file has one.  The pool's memory and the hardware driver live
 * only until dmaring_destroy().  Who touches them holds state_mutex and has
 * seen that the stream is not gone; or arm_lock, and it is armable; or, in
 * ->mmap, which must not wait for START, an SRCU section and has seen that the
 * stream is not gone.
 */
#ifndef DMARING_INTERNAL_H
#define DMARING_INTERNAL_H

#include <linux/cdev.h>
#include <linux/device.h>
#include <linux/hrtimer.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/srcu.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include <dmaring/hw.h>

#define DMARING_CONSUMERS_MAX	16	/* bits of dmaring_buf.holders */

/* What ATTACH may ask for. */
#define DMARING_FEATURES	(DMARING_FEATURE_RING | \
				 DMARING_FEATURE_WATERMARK | \
				 DMARING_FEATURE_EVENTFD)

/* Releases taken from one consumer's ring while a frame is completed. */
#define DMARING_REAP_MAX	16

/* Steps of a long job between two moments with interrupts on. */
#define DMARING_BATCH	64

/**
 * struct dmaring_buf - a buffer of the pool
 * @segment: where it is on the bus.
 * @cpu:     where it is for the kernel.
 * @idle:    place in stream->idle; only while IDLE.         (stream->lock)
 * @state:   enum dmaring_buffer_state.                      (stream->lock)
 * @holders: one bit per consumer that has it queued or
 *           taken; not 0 exactly while HELD.                (stream->lock)
 * @dirty:   the card or a consumer may have written it
 *           since the last scrub.                           (stream->lock)
 * @cookie:  names the last publication.                     (stream->lock)
 */
struct dmaring_buf {
	struct dmaring_segment segment;
	void *cpu;
	struct list_head idle;
	u8 state;
	bool dirty;
	u16 holders;
	u64 cookie;
};

/**
 * struct dmaring_pool - the buffers of a stream; constant after creation
 * @dev:         whom the memory is for.
 * @bufs:        @count of them.
 * @count:       number of buffers.
 * @buffer_size: bytes of each, whole pages.
 * @asked:       params.buffers as asked.
 * @asked_size:  params.buffer_size as asked.
 * @limit:       enum dmaring_pool_limit: why there are no more.
 * @alloc_ns:    how long the allocation took.
 */
struct dmaring_pool {
	struct device *dev;
	struct dmaring_buf *bufs;
	u32 count;
	size_t buffer_size;
	u32 asked;
	u64 asked_size;
	u32 limit;
	u64 alloc_ns;
};

/**
 * struct dmaring_ring_memory - what a consumer shares with the kernel
 * @refs:     the consumer and the descriptors made of it.
 * @header:   the memory; anybody may have written anything there.
 * @frames:   in it.
 * @releases: in it.
 * @mask:     slots - 1, of both rings.
 * @bytes:    of the memory, whole pages.
 * @flags:    what header->flags should be.           (stream->lock)
 */
struct dmaring_ring_memory {
	struct kref refs;
	struct dmaring_ring_header *header;
	struct dmaring_frame *frames;
	struct dmaring_ring_release *releases;
	u32 mask;
	size_t bytes;
	u32 flags;
};

/**
 * struct dmaring_tally - what became of the frames since START      (lock)
 * @base_sequence: stream->sequence at START.
 * @base_overruns: stream->overruns at START.
 * @produced:      frames the card produced until STOP, settled then.
 * @overruns:      of these lost by the card, settled then.
 * @delivered:     taken.
 * @dropped:       dropped by policy or STOP.
 */
struct dmaring_tally {
	u64 base_sequence;
	u64 base_overruns;
	u64 produced;
	u64 overruns;
	u64 delivered;
	u64 dropped;
};

/**
 * struct dmaring_consumer - one open file, attached or not
 * @stream:        the stream; the open file holds a reference.
 * @link:          in stream->files.                  (lock, RCU to wake)
 * @wait:          the file's only wait queue, alive from open to release.
 * @writable:      opened for writing.
 * @maps:          mappings of buffers made through this file.  (lock)
 * @rcu:           publish may still wake a consumer that is going away.
 * @attached:      between ATTACH and DETACH.         (state_mutex and lock)
 * @running:       between START and STOP.            (state_mutex and lock)
 * @owner:         process that attached it, or NULL.              (lock)
 * @id:            its place in stream->consumers.    (state_mutex)
 * @policy:        enum dmaring_policy.               (state_mutex)
 * @depth:         LATEST: most frames that wait.     (state_mutex)
 * @max_held:      LATEST: most frames taken.         (state_mutex)
 * @stride:        bytes from descriptor to descriptor in user memory.
 * @watermark:     frames that must wait before it is woken.
 * @watermark_ns:  or how long the oldest one must.
 * @ripener:       is started by the first frame that waits.
 * @ripe:          frames before this index have waited long enough. (lock)
 * @ripening:      @ripener was started and has not been here yet.   (lock)
 * @ripens:        index of the frame that it was started anew for. (lock)
 * @fasync:        who wants SIGIO.
 * @eventfd:       to signal, or NULL.                (state_mutex, RCU to use)
 * @ring:          the queue, shared with the user.   (lock; read without)
 * @order:         per slot: which buffer the kernel put there.     (lock)
 * @positions:     per buffer: index of its entry when it was queued. (lock)
 * @head:          index of the next frame.           (lock)
 * @tail:          the last tail that made sense.     (lock)
 * @released:      index of the next release.         (lock)
 * @refs:          buffers with this consumer's bit in holders.     (lock)
 * @discontinuity: a frame that said so was dropped: the next one must. (lock)
 * @tally:         see there.                         (lock)
 */
struct dmaring_consumer {
	struct dmaring_stream *stream;
	struct list_head link;
	wait_queue_head_t wait;
	bool writable;
	u32 maps;
	struct rcu_head rcu;

	bool attached;
	bool running;
	struct pid *owner;
	u32 id;
	u32 policy;
	u32 depth;
	u32 max_held;
	u32 stride;

	u32 watermark;
	u64 watermark_ns;
	struct hrtimer ripener;
	u32 ripe;
	bool ripening;
	u32 ripens;
	struct fasync_struct *fasync;
	struct eventfd_ctx __rcu *eventfd;

	struct dmaring_ring_memory *ring;
	u16 *order;
	u32 *positions;
	u32 head;
	u32 tail;
	u32 released;
	u32 refs;
	bool discontinuity;
	struct dmaring_tally tally;
};

/* What the stream counts: fields of struct dmaring_stats.     (stream->lock) */
struct dmaring_counters {
	u64 completed;
	u64 overruns;
	u64 errors;
	u64 bad_completions;
	u64 bad_releases;
	u64 stalls;
	u64 starts;
	u64 bytes;
	u32 states[DMARING_BUFFER_QUARANTINED + 1];	/* buffers in each */
};

/**
 * struct dmaring_stream - one source of frames, /dev/dmaringN
 * @dev:           its device in class dmaring; the reference count of it all.
 * @cdev:          its character device.
 * @ops:           of the hardware driver.
 * @hw:            of the hardware driver.
 * @driver:        name of the hardware driver.
 * @card:          name of the card.
 * @bus_info:      name of the card's device.
 * @caps:          DMARING_CAP_*.
 * @stall_ms:      see struct dmaring_pool_params.
 * @queue_length:  see struct dmaring_config; never 0.
 * @pool:          the buffers.
 * @viewer_buffers: buffers that LATEST consumers can reserve.
 * @viewer_reserved: of these reserved.               (state_mutex)
 * @inode:         carries every mapping of the buffers, whichever device node
 *                 was opened.
 * @registered:    the character device exists.
 * @unregistered:  dmaring_unregister() was called.
 * @gone:          the card went away; set once.      (read without a lock)
 * @srcu:          sections of ->mmap.
 * @maps:          list of struct dmaring_map.        (maps_lock)
 * @maps_lock:     guards @maps.
 * @state_mutex:   see above.
 * @running:       consumers between START and STOP.  (state_mutex)
 * @hw_running:    the card was started.              (state_mutex)
 * @suspended:     between suspend and resume.        (state_mutex)
 * @format:        what frames look like.             (state_mutex and lock)
 * @format_seq:    counts its changes.                (state_mutex and lock)
 * @arm_lock:      see above.
 * @armable:       arm() may be called.               (arm_lock)
 * @lock:          see above.
 * @idle:          idle buffers, first in first out.  (lock)
 * @files:         all consumers, attached or not.    (lock, RCU to wake)
 * @consumers:     the attached ones.                 (lock, RCU to wake)
 * @runners:       one bit per running consumer.      (lock)
 * @kick_wanted:   NEED_KICK is set in the rings.     (lock; read without)
 * @card_full:     arm() had no room, and nothing was completed since.
 *                                                    (lock; read without)
 * @sequence:      number of the next frame.          (lock)
 * @publications:  gives each published frame its cookie. (lock)
 * @discontinuity: the next frame must say so.        (lock)
 * @error:         why the card cannot go on, or 0.   (lock; read without)
 * @counters:      see there.                         (lock)
 * @watchdog:      looks for stalls while the card runs.
 * @watched:       @sequence at its last look.
 * @was_armed:     buffers were armed at its last look.
 */
struct dmaring_stream {
	struct device dev;
	struct cdev cdev;
	const struct dmaring_hw_ops *ops;
	void *hw;
	char driver[32];
	char card[32];
	char bus_info[32];
	u64 caps;
	u32 stall_ms;
	u32 queue_length;
	struct dmaring_pool pool;
	u32 viewer_buffers;
	u32 viewer_reserved;
	struct inode *inode;
	bool registered;
	bool unregistered;

	bool gone;
	struct srcu_struct srcu;
	struct list_head maps;
	spinlock_t maps_lock;

	struct mutex state_mutex;
	u32 running;
	bool hw_running;
	bool suspended;
	struct dmaring_format format;
	u32 format_seq;

	spinlock_t arm_lock;
	bool armable;

	spinlock_t lock ____cacheline_aligned_in_smp;
	struct list_head idle;
	struct list_head files;
	struct dmaring_consumer __rcu *consumers[DMARING_CONSUMERS_MAX];
	u16 runners;
	bool kick_wanted;
	bool card_full;
	u64 sequence;
	u64 publications;
	bool discontinuity;
	int error;
	struct dmaring_counters counters;

	struct delayed_work watchdog;
	u64 watched;
	bool was_armed;
};

static inline bool dmaring_is_gone(const struct dmaring_stream *stream)
{
	return READ_ONCE(stream->gone);
}

/* Frames that wait, as far as the kernel has looked. */
static inline u32 dmaring_waiting(const struct dmaring_consumer *consumer)
{
	return consumer->head - consumer->tail;
}

/* The place of the release with that index. */
static inline struct dmaring_ring_release *
dmaring_release_at(const struct dmaring_consumer *consumer, u32 at)
{
	const struct dmaring_ring_memory *ring = consumer->ring;

	return &ring->releases[at & ring->mask];
}

/* Has the user written a release that was not looked at?  A hint: no barrier. */
static inline bool dmaring_has_releases(const struct dmaring_consumer *consumer)
{
	u32 next = READ_ONCE(consumer->released);

	return READ_ONCE(dmaring_release_at(consumer, next)->turn) == next + 1;
}

/* stream.c: life of the stream, start and stop of the card */
int dmaring_stream_run(struct dmaring_stream *stream);
int dmaring_stream_halt(struct dmaring_stream *stream);
int dmaring_stream_recheck(struct dmaring_stream *stream);
int dmaring_stream_set_format(struct dmaring_stream *stream, u32 width,
			      u32 height);

/* pool.c */
int dmaring_pool_alloc(struct dmaring_pool *pool, struct device *dev,
		       const struct dmaring_pool_params *params,
		       u32 frame_bytes);
void dmaring_pool_free(struct dmaring_pool *pool);
const char *dmaring_limit_name(u32 limit);

/* frame.c: states of buffers */
void dmaring_set_state(struct dmaring_stream *stream, struct dmaring_buf *buf,
		       enum dmaring_buffer_state state);
void dmaring_refill_if_needed(struct dmaring_stream *stream);
void dmaring_drop_waiting(struct dmaring_stream *stream);
void dmaring_flag_rings(struct dmaring_stream *stream, u32 set, u32 clear);
void dmaring_wake_all(struct dmaring_stream *stream, __poll_t events);

/* consumer.c */
struct eventfd_ctx;
struct dmaring_consumer *dmaring_consumer_create(struct dmaring_stream *stream,
						 bool writable);
void dmaring_consumer_destroy(struct dmaring_consumer *consumer);
int dmaring_consumer_attach(struct dmaring_consumer *consumer,
			    struct dmaring_attach *attach);
int dmaring_consumer_detach(struct dmaring_consumer *consumer);
int dmaring_consumer_start(struct dmaring_consumer *consumer);
int dmaring_consumer_stop(struct dmaring_consumer *consumer);
int dmaring_consumer_kick(struct dmaring_consumer *consumer);
int dmaring_consumer_ring(struct dmaring_consumer *consumer,
			  struct dmaring_ring *ring);
int dmaring_consumer_eventfd(struct dmaring_consumer *consumer, int fd);
void dmaring_consumer_wake(struct dmaring_consumer *consumer, __poll_t events);

/* queue.c */
void dmaring_queue_init(struct dmaring_consumer *consumer);
int dmaring_queue_alloc(struct dmaring_consumer *consumer);
void dmaring_queue_free(struct dmaring_consumer *consumer);
bool dmaring_queue_publish(struct dmaring_consumer *consumer,
			   struct dmaring_buf *buf,
			   const struct dmaring_frame *frame, bool *ripe);
void dmaring_queue_drop_all(struct dmaring_consumer *consumer);
void dmaring_queue_release_all(struct dmaring_consumer *consumer);
bool dmaring_queue_sync(struct dmaring_consumer *consumer);
bool dmaring_queue_ripen(struct dmaring_consumer *consumer);
u32 dmaring_queue_reap(struct dmaring_consumer *consumer, u32 most);
void dmaring_queue_reap_all(struct dmaring_consumer *consumer);
void dmaring_queue_reap_pending(struct dmaring_consumer *consumer);
int dmaring_queue_status(struct dmaring_consumer *consumer, bool ripe);
int dmaring_queue_take(struct dmaring_consumer *consumer, char __user *to,
		       u32 stride, u32 count, s64 timeout_ns, u32 __user *tell);
int dmaring_queue_release(struct dmaring_consumer *consumer,
			  const u64 *cookies, u32 count, u32 *bad);

/* ring.c: memory shared with the user */
struct dmaring_ring_memory *dmaring_ring_create(u32 slots);
void dmaring_ring_put(struct dmaring_ring_memory *ring);
int dmaring_ring_fd(struct dmaring_ring_memory *ring);
void dmaring_ring_flag(struct dmaring_ring_memory *ring, u32 set, u32 clear);

/* stats.c */
void dmaring_stats_snapshot(struct dmaring_stream *stream,
			    struct dmaring_consumer *consumer,
			    struct dmaring_stats *stats);
int dmaring_stats_of(struct dmaring_stream *stream, u32 id,
		     struct dmaring_stats *stats);
extern const struct attribute_group *dmaring_groups[];

/* chardev.c, ioctl.c, mmap.c, inode.c */
extern const struct file_operations dmaring_fops;
long dmaring_ioctl(struct file *file, unsigned int command, unsigned long arg);
int dmaring_mmap(struct file *file, struct vm_area_struct *vma);
void dmaring_zap(struct dmaring_stream *stream);
struct inode *dmaring_inode_new(void);
void dmaring_inode_free(struct inode *inode);
int dmaring_inode_init(void);
void dmaring_inode_exit(void);

/* main.c */
extern struct class dmaring_class;
int dmaring_minor_get(void);
void dmaring_minor_put(int minor);
dev_t dmaring_devt(int minor);

#endif /* DMARING_INTERNAL_H */
