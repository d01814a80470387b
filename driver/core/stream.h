/* SPDX-License-Identifier: GPL-2.0-only */
/* A stream: one source of frames, /dev/dmaringN. */
#ifndef DMARING_STREAM_H
#define DMARING_STREAM_H

#include <linux/cdev.h>
#include <linux/device.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/srcu.h>
#include <linux/workqueue.h>

#include <dmaring/hw.h>

#include "clock.h"
#include "consumer.h"
#include "pool.h"

struct dmaring_card_control;
struct dmaring_card_region;

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
	u32 states[DMARING_BUFFER_ABSENT + 1];	/* buffers in each */
	u32 referenced;		/* of QUARANTINED: because of references */
	u32 fenced;		/* of these: because of a fence alone */
};

/**
 * struct dmaring_fill - playback: the frame that is in a buffer
 * @bytes: how many it has; 0: there is none.
 * @turn:  counts what was submitted.
 */
struct dmaring_fill {
	u32 bytes;
	u32 turn;
};

/**
 * struct dmaring_stream - one source of frames, /dev/dmaringN
 * @dev:           its device in class dmaring; the reference count of it all.
 * @cdev:          its character device.
 * @ops:           of the hardware driver.
 * @owner:         its module, of which each attached consumer has a
 *                 reference; NULL after removal.     (state_mutex)
 * @hw:            of the hardware driver.
 * @driver:        name of the hardware driver.
 * @card:          name of the card.
 * @bus_info:      name of the card's device.
 * @number:        of the card's streams, which one it is.
 * @caps:          DMARING_CAP_*.
 * @playback:      frames go from memory to the card.
 * @news:          what poll() says when frames, or empty buffers, wait.
 * @stall_ms:      see struct dmaring_pool_params.
 * @queue_length:  see struct dmaring_config; never 0.
 * @queue_room:    the same, but for the sink.        (lock; read without)
 * @kick_below:    see struct dmaring_config; never 0.
 * @arm_below:     with fewer, what a system call releases is armed at once.
 * @by_cpu:        see struct dmaring_config.
 * @pool:          the buffers.
 * @viewer_buffers: buffers that LATEST consumers can reserve.
 * @viewer_reserved: of these reserved.               (state_mutex)
 * @inode:         carries every mapping of the buffers, whichever device node
 *                 was opened.
 * @pages_inode:   carries those that are made of pages, which nobody cuts.
 * @registered:    the character device exists.
 * @unregistered:  dmaring_unregister() was called.
 * @gone:          the card went away; set once.      (read without a lock)
 * @srcu:          sections that touch the pool's memory for a mapping, or the
 *                 card's.
 * @state_mutex:   see above.
 * @running:       consumers between START and STOP.  (state_mutex)
 * @hw_running:    the card was started.              (state_mutex)
 * @in_doubt:      the last stop() did not prove the card quiet. (state_mutex)
 * @suspended:     between suspend and resume.        (state_mutex)
 * @format:        what frames look like.  (state_mutex and lock; the rate: lock)
 * @format_seq:    counts its changes.                (state_mutex and lock)
 * @control_seq:   counts changes of the controls.    (lock; read without)
 * @lent:          buffers that the consumer lends, which is alone then; or that
 *                 one has lent and the card may still write.
 *                                                    (state_mutex and lock)
 * @lent_bytes:    of the smallest of these.          (state_mutex)
 * @arm_lock:      see above.
 * @armable:       arm() may be called.               (arm_lock)
 * @lock:          see above.
 * @line:          indices of the buffers in line for the card, first in first
 *                 out.                               (lock)
 * @line_mask:     slots of it - 1; at least as many as buffers.
 * @line_first:    the first one's place, counted without end. (lock)
 * @in_line:       how many there are, in counters.states.
 * @line_state:    which buffers these are: IDLE, or FILLED in playback.
 * @fills:         playback: what is in the buffers.  (lock)
 * @sorted:        playback: room for all indices.    (state_mutex)
 * @turns:         playback: frames that were submitted. (lock)
 * @files:         all consumers, attached or not.    (lock, RCU to wake)
 * @consumers:     the attached ones.                 (lock, RCU to wake)
 * @runners:       one bit per running consumer.      (lock)
 * @kick_wanted:   NEED_KICK is set in the rings.     (lock; read without)
 * @card_full:     arm() had no room, nothing was completed since, and what
 *                 it refused is idle.                (lock; read without)
 * @armed:         indices of the armed buffers in the order of arming, of a card
 *                 that fills them in order; else NULL.     (lock)
 * @armed_first:   the first one's place, counted without end. (lock)
 * @armed_end:     the place behind the last one.     (lock)
 * @sink_armed:    the card has the sink.             (lock)
 * @sequence:      number of the next frame.          (lock)
 * @stamped_ns:    time stamp of the last frame.      (lock; read without)
 * @publications:  gives each published frame its cookie. (lock)
 * @discontinuity: the next frame must say so.        (lock)
 * @error:         why the card cannot go on, or 0.   (lock; read without)
 * @counters:      see there.                         (lock)
 * @unwoken:       consumers to wake at the next refill, a bit each.
 * @feeder:        looks for releases that were too many for the card's context.
 * @failure:       tells all open files that the card has failed.
 * @recheck:       looks whether buffers are still referenced.
 * @recheck_ms:    when it looks again, milliseconds.  (lock)
 * @recheck_now:   it is queued, to look at once.      (lock)
 * @referenced_told: the log has it.                  (state_mutex)
 * @clock:         the card's.
 * @watchdog:      looks for stalls while the card runs.
 * @watched:       @sequence at its last look.
 * @was_due:       buffers were armed at its last look, and a frame due.
 * @regions:       of the card's own memory, constant.
 * @region_count:  how many there are.
 * @formats:       what the card can make, constant.
 * @format_count:  how many rows; 0: @format cannot change.
 * @aside:         it is a playback stream, or has metadata.
 * @meta:          metadata, a block for each buffer; NULL: it has none.  What is in
 *                 a block changes with its buffer.   (lock; mapped by users)
 * @meta_bytes:    of a block.
 * @meta_shift:    from one block to the next.
 * @meta_dirty:    some was written since the last scrub. (lock; state_mutex
 *                 while the card is stopped)
 * @meta_fields:   what a block consists of, constant.
 * @meta_count:    how many fields.
 * @meta_first_page: where it is in the file's offsets.
 * @meta_pages:    how many pages it has.
 * @controls:      what can be set: see control.h.
 * @control_count: how many there are, constant.
 * @control_mutex: one get_control() or set_control() at a time.
 * @control_news:  tells all open files that a control has changed.
 */
struct dmaring_stream {
	struct device dev;
	struct cdev cdev;
	const struct dmaring_hw_ops *ops;
	struct module *owner;
	void *hw;
	char driver[32];
	char card[32];
	char bus_info[32];
	u32 number;
	u64 caps;
	__poll_t news;
	u32 stall_ms;
	u32 queue_length;
	u32 queue_room;
	u32 kick_below;
	u32 arm_below;
	bool by_cpu;
	struct dmaring_pool pool;
	u32 viewer_buffers;
	u32 viewer_reserved;
	struct inode *inode;
	struct inode *pages_inode;
	bool registered;
	bool unregistered;

	bool gone;
	struct srcu_struct srcu;

	struct mutex state_mutex;
	u32 running;
	bool hw_running;
	bool in_doubt;
	bool suspended;
	struct dmaring_format format;
	u32 format_seq;
	u32 control_seq;
	u32 lent;
	size_t lent_bytes;

	spinlock_t arm_lock;
	bool armable;

	spinlock_t lock ____cacheline_aligned_in_smp;
	const u32 *in_line;
	u16 *line;
	u32 line_mask;
	u32 line_first;
	struct list_head files;
	struct dmaring_consumer __rcu *consumers[DMARING_CONSUMERS_MAX];
	void *meta;
	u32 meta_bytes;
	u16 runners;
	bool kick_wanted;
	bool card_full;
	bool playback;
	bool aside;
	u8 line_state;
	u8 meta_shift;
	bool meta_dirty;
	bool sink_armed;
	u32 *armed;
	u32 armed_first;
	u32 armed_end;
	u64 sequence;
	u64 stamped_ns;
	u64 publications;
	bool discontinuity;
	int error;
	struct dmaring_counters counters;
	struct dmaring_fill *fills;
	u16 *sorted;
	u32 turns;

	atomic_t unwoken;
	struct work_struct feeder;
	struct work_struct failure;
	struct delayed_work recheck;
	unsigned int recheck_ms;
	bool recheck_now;
	bool referenced_told;
	struct dmaring_clock clock;
	struct delayed_work watchdog;
	u64 watched;
	bool was_due;

	struct dmaring_card_region *regions;
	u32 region_count;
	struct dmaring_hw_format *formats;
	u32 format_count;
	struct dmaring_meta *meta_fields;
	u32 meta_count;
	unsigned long meta_first_page;
	unsigned long meta_pages;

	struct dmaring_card_control *controls;
	u32 control_count;
	struct mutex control_mutex;
	struct work_struct control_news;
};

static inline bool dmaring_is_gone(const struct dmaring_stream *stream)
{
	return READ_ONCE(stream->gone);
}

/* What ATTACH may ask for. */
static inline u64 dmaring_features(const struct dmaring_stream *stream)
{
	return DMARING_FEATURES | (stream->meta ? DMARING_FEATURE_META : 0) |
	       (stream->playback ? 0 : DMARING_FEATURE_ZEROES);
}

/* How many buffers the card has: without the lock, a hint. */
static inline u32 dmaring_armed(const struct dmaring_stream *stream)
{
	return READ_ONCE(stream->counters.states[DMARING_BUFFER_ARMED]);
}

/* The only consumer of a playback stream has this number. */
#define DMARING_PRODUCER	0

/* The consumer of that number, or NULL. */
static inline struct dmaring_consumer *
dmaring_attached(struct dmaring_stream *stream, u32 id)
{
	return rcu_dereference_protected(stream->consumers[id],
					 lockdep_is_held(&stream->lock));
}

int dmaring_stream_run(struct dmaring_stream *stream);
int dmaring_stream_halt(struct dmaring_stream *stream);
int dmaring_stream_recheck(struct dmaring_stream *stream);

#endif /* DMARING_STREAM_H */
