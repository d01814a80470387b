// SPDX-License-Identifier: GPL-2.0-only
/* All counters of one instant. */
#include <linux/nospec.h>
#include <linux/pid.h>
#include <linux/sched/signal.h>

#include "internal.h"

/* 0 when none of its threads lives: the number may be another's then. */
static pid_t pid_of(struct pid *owner)
{
	struct task_struct *leader;
	pid_t pid = 0;

	rcu_read_lock();
	leader = pid_task(owner, PIDTYPE_TGID);
	if (leader && atomic_read(&leader->signal->live))
		pid = pid_vnr(owner);
	rcu_read_unlock();
	return pid;
}

static void snapshot_consumer(struct dmaring_consumer *consumer,
			      struct dmaring_stats *stats)
{
	const struct dmaring_stream *stream = consumer->stream;
	const struct dmaring_tally *tally = &consumer->tally;
	u64 produced = tally->produced, overruns = tally->overruns;
	u32 waiting;

	dmaring_queue_sync(consumer);
	waiting = dmaring_waiting(consumer);

	if (consumer->running) {
		produced = stream->sequence - tally->base_sequence;
		overruns = stream->counters.overruns - tally->base_overruns;
	}
	stats->consumer_produced = produced;
	stats->consumer_overruns = overruns;
	stats->consumer_dropped = tally->dropped;
	stats->consumer_delivered = tally->delivered;
	stats->consumer_waiting = waiting;
	stats->consumer_held = consumer->refs - waiting;
	stats->consumer_policy = consumer->policy;
	stats->consumer_running = consumer->running;
	stats->consumer = consumer->id;
	stats->consumer_pid = pid_of(consumer->owner);
	stats->consumer_reserved = consumer->most;
	stats->consumer_watermark = consumer->watermark;
	if (!stream->playback)
		return;
	stats->consumer_produced = consumer->submitted;
	stats->consumer_delivered = consumer->sent;
	stats->consumer_dropped = consumer->unsent;
}

static u32 attached_mask(struct dmaring_stream *stream)
{
	u32 id, mask = 0;

	for (id = 0; id < DMARING_CONSUMERS_MAX; id++)
		if (rcu_access_pointer(stream->consumers[id]))
			mask |= BIT(id);
	return mask;
}

static void snapshot_stream(struct dmaring_stream *stream,
			    struct dmaring_stats *stats)
{
	const struct dmaring_counters *counters = &stream->counters;

	lockdep_assert_held(&stream->lock);
	*stats = (struct dmaring_stats) {
		.produced = stream->sequence,
		.completed = counters->completed,
		.overruns = counters->overruns,
		.errors = counters->errors,
		.bad_completions = counters->bad_completions,
		.bad_releases = counters->bad_releases,
		.stalls = counters->stalls,
		.starts = counters->starts,
		.bytes = counters->bytes,
		.idle = counters->states[DMARING_BUFFER_IDLE],
		.armed = counters->states[DMARING_BUFFER_ARMED],
		.held = counters->states[DMARING_BUFFER_HELD],
		.quarantined = counters->states[DMARING_BUFFER_QUARANTINED],
		.consumers = attached_mask(stream),
		.referenced = counters->referenced,
		.filled = counters->states[DMARING_BUFFER_FILLED],
		.absent = counters->states[DMARING_BUFFER_ABSENT],
	};
}

/**
 * dmaring_stats_snapshot() - all counters at one instant
 * @stream:   the stream.
 * @consumer: NULL, or whose counters to add if it is attached.
 * @stats:    filled, but for the size.
 */
void dmaring_stats_snapshot(struct dmaring_stream *stream,
			    struct dmaring_consumer *consumer,
			    struct dmaring_stats *stats)
{
	unsigned long flags;

	spin_lock_irqsave(&stream->lock, flags);
	snapshot_stream(stream, stats);
	if (consumer && consumer->attached)
		snapshot_consumer(consumer, stats);
	spin_unlock_irqrestore(&stream->lock, flags);
}

/**
 * dmaring_stats_of() - the same with the counters of any consumer
 * @stream: the stream.
 * @id:     number of the consumer.
 * @stats:  filled, but for the size.
 *
 * Return: 0; -ENOENT and nothing filled if it is not attached.
 */
int dmaring_stats_of(struct dmaring_stream *stream, u32 id,
		     struct dmaring_stats *stats)
{
	struct dmaring_consumer *consumer;

	if (id >= DMARING_CONSUMERS_MAX)
		return -ENOENT;
	id = array_index_nospec(id, DMARING_CONSUMERS_MAX);
	spin_lock_irq(&stream->lock);
	consumer = rcu_dereference_protected(stream->consumers[id],
					     lockdep_is_held(&stream->lock));
	/* One whose DETACH has begun still has its frames, but is none. */
	if (consumer && consumer->attached) {
		snapshot_stream(stream, stats);
		snapshot_consumer(consumer, stats);
	} else {
		consumer = NULL;
	}
	spin_unlock_irq(&stream->lock);
	return consumer ? 0 : -ENOENT;
}
