/* SPDX-License-Identifier: GPL-2.0-only */
/* The consumer: one open file, attached or not, running or not. */
#ifndef DMARING_CONSUMER_H
#define DMARING_CONSUMER_H

#include <linux/bitops.h>
#include <linux/hrtimer.h>
#include <linux/list.h>
#include <linux/rcupdate.h>
#include <linux/string.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include <dmaring/hw.h>

struct dmaring_ring_memory;
struct dmaring_stream;
struct eventfd_ctx;
struct fasync_struct;

#define DMARING_CONSUMERS_MAX	16	/* bits of dmaring_buf.holders */

/* What ATTACH may ask for. */
#define DMARING_FEATURES	(DMARING_FEATURE_RING | \
				 DMARING_FEATURE_WATERMARK | \
				 DMARING_FEATURE_EVENTFD)	/* META, ZEROES */

/* What a command is given and answers; all begin with their size. */
union dmaring_argument {
	u32 size;
	struct dmaring_info info;
	struct dmaring_buffer buffer;
	struct dmaring_attach attach;
	struct dmaring_stats stats;
	struct dmaring_ring ring;
	struct dmaring_eventfd eventfd;
	struct dmaring_export export;
	struct dmaring_region region;
	struct dmaring_read_region read_region;
	struct dmaring_meta meta;
	struct dmaring_import import;
	struct dmaring_format_range format_range;
	struct dmaring_set_format set_format;
	struct dmaring_control_info control_info;
	struct dmaring_controls controls;
};

#define dmaring_is_zero(field)	(!memchr_inv(&(field), 0, sizeof(field)))

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
 * struct dmaring_eventfd_ref - an eventfd that a consumer signals
 * @end:     those who have just found it signal it before it is let go of.
 * @eventfd: the eventfd; we have a reference.
 * @wait:    its wait queue, in it.
 * @owed:    it is to be signalled once more, in the end.
 */
struct dmaring_eventfd_ref {
	struct rcu_work end;
	struct eventfd_ctx *eventfd;
	struct wait_queue_head *wait;
	bool owed;
};

/* How one is told of news. */
enum dmaring_way {
	DMARING_BY_QUEUE,
	DMARING_BY_EVENTFD,
	DMARING_BY_SIGIO,
	DMARING_WAYS
};

/**
 * struct dmaring_consumer - one open file, attached or not
 * @stream:        the stream; the open file holds a reference.
 * @writable:      opened for writing.
 * @readable:      opened for reading.
 * @wait:          the file's only wait queue, alive from open to release.
 * @fasync:        who wants SIGIO.
 * @end:           publish may still wake a consumer that is going away.
 *
 * @started:       it was running since ATTACH.
 * @policy:        enum dmaring_policy.
 * @depth:         LATEST: most frames that wait.
 * @most:          LATEST: most buffers, of frames that wait and are taken; as
 *                 many are reserved.
 * @stride:        bytes from descriptor to descriptor in user memory.
 * @watermark:     frames that must wait before it is woken.
 * @watermark_ns:  or how long the oldest one must.
 * @eventfd:       to signal, or NULL; RCU to use it.
 *
 * @attached:      between ATTACH and DETACH.
 * @running:       between START and STOP.
 * @id:            its place in stream->consumers.
 * @holder:        its bit in dmaring_buf.holders.
 *
 * @link:          in stream->files; RCU to wake.
 * @owner:         process that attached it, or NULL.
 * @maps:          mappings of buffers made through this file.
 * @meta_maps:     mappings of metadata.
 * @has_meta:      ATTACH has asked for metadata.
 * @zeroes:        ATTACH has asked for zeroes once the card is gone; it stays so as
 *                 long as there are mappings, which keep the consumer from DETACH.
 * @exports:       its dma-bufs, see export.c.
 * @ring:          the queue, shared with the user; there is one while the
 *                 consumer is attached or somebody @inside, who reads it.
 * @order:         per slot: which buffer the kernel put there.
 * @positions:     per buffer: index of its entry when it was queued.
 * @head:          index of the next frame.
 * @tail:          the last tail that made sense.
 * @released:      index of the next release.
 * @refs:          buffers with this consumer's bit in holders.
 * @marked:        frames before this index may say DISCONTINUITY.
 * @discontinuity: a frame that said so was dropped: the next one must.
 * @ripe:          frames before this index have waited long enough.
 * @ripening:      @ripener was started and has not been here yet.
 * @ripens:        index of the frame that it was started anew for.
 * @tally:         see there.
 * @submitted:     playback: frames, since ATTACH.
 * @sent:          of these sent.
 * @unsent:        of these given back.
 *
 * @inside:        system calls that use the queue without the lock.
 * @known_ring:    the ring of the last ATTACH, if it still exists; see ring.c.
 * @ripener:       is started by the first frame that waits.
 * @waker:         tells those who are too many to be told directly.
 * @untold:        of which events, in each way.
 * @strangers_from: see wake.c; nanoseconds of CLOCK_MONOTONIC.
 * @controls_seen: stream->control_seq as it was told last.
 */
struct dmaring_consumer {
	/* The same from open to release. */
	struct dmaring_stream *stream;
	bool writable;
	bool readable;
	wait_queue_head_t wait;
	struct fasync_struct *fasync;
	struct rcu_work end;

	/* state_mutex */
	bool started;
	u32 policy;
	u32 depth;
	u32 most;
	u32 stride;
	u32 watermark;
	u64 watermark_ns;
	struct dmaring_eventfd_ref __rcu *eventfd;

	/* state_mutex and stream->lock to write */
	bool attached;
	bool running;
	u32 id;
	u16 holder;

	/* stream->lock */
	struct list_head link;
	struct pid *owner;
	u32 maps;
	u32 meta_maps;
	bool has_meta;
	bool zeroes;
	struct list_head exports;
	struct dmaring_ring_memory *ring;
	u16 *order;
	u32 *positions;
	u32 head;
	u32 tail;
	u32 released;
	u32 refs;
	u32 marked;
	bool discontinuity;
	u32 ripe;
	bool ripening;
	u32 ripens;
	struct dmaring_tally tally;
	u64 submitted;
	u64 sent;
	u64 unsent;

	/* Each guards itself. */
	atomic_t inside;
	struct dmaring_ring_memory *known_ring;
	struct hrtimer ripener;
	struct work_struct waker;
	atomic_t untold[DMARING_WAYS];
	u64 strangers_from;
	u32 controls_seen;
};

/* Take the lowest bit out of a mask of consumers that has one. */
static inline unsigned int dmaring_next_of(unsigned long *mask)
{
	unsigned int id = __ffs(*mask);

	*mask &= *mask - 1;
	return id;
}

struct dmaring_consumer *dmaring_consumer_create(struct dmaring_stream *stream,
						 bool writable);
void dmaring_consumer_destroy(struct dmaring_consumer *consumer);
/* Commands; under state_mutex. */
int dmaring_consumer_attach(struct dmaring_consumer *consumer,
			    union dmaring_argument *arg);
int dmaring_consumer_detach(struct dmaring_consumer *consumer,
			    union dmaring_argument *arg);
int dmaring_consumer_start(struct dmaring_consumer *consumer,
			   union dmaring_argument *arg);
int dmaring_consumer_stop(struct dmaring_consumer *consumer,
			  union dmaring_argument *arg);
int dmaring_consumer_ring(struct dmaring_consumer *consumer,
			  union dmaring_argument *arg);
int dmaring_consumer_eventfd(struct dmaring_consumer *consumer,
			     union dmaring_argument *arg);
bool dmaring_consumer_is_alone(const struct dmaring_consumer *consumer);
void dmaring_consumer_drop_all(struct dmaring_consumer *consumer);

#endif /* DMARING_CONSUMER_H */
