// SPDX-License-Identifier: GPL-2.0-only
/*
 * What system calls take from a consumer's queue and give back to it.
 *
 * The floor above queue.c and frame.c: here buffers that were given back go on
 * to the card, which neither of the two may do, and here is what sleeps and what
 * touches user memory.  Nobody here holds a lock while it refills, because the
 * hardware driver takes its own.
 */
#include <linux/hrtimer.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/sched/signal.h>
#include <linux/sizes.h>
#include <linux/srcu.h>
#include <linux/uaccess.h>
#include <linux/wait.h>

#include <compat.h>

#include "internal.h"
#include "trace.h"

/* So many descriptors are copied faster in one piece than one by one. */
#define RUN_MIN		4

/* So many bytes are copied while removal has to wait. */
#define WRITE_PIECE	SZ_64K

/* ------------------------------------------------------------- enter, leave */

/*
 * The last one has left, and DETACH came meanwhile.  Whoever comes now leaves
 * again, and who attaches does that under the lock.
 */
void dmaring_exchange_end(struct dmaring_consumer *consumer)
{
	struct dmaring_stream *stream = consumer->stream;
	struct dmaring_queue_parts parts = { };

	spin_lock_irq(&stream->lock);
	if (!consumer->attached && !atomic_read(&consumer->inside))
		dmaring_queue_remove(consumer, &parts);
	spin_unlock_irq(&stream->lock);
	dmaring_queue_free(&parts);
}

static int not_attached(const struct dmaring_consumer *consumer)
{
	return dmaring_is_gone(consumer->stream) ? -ENODEV : -ENOTCONN;
}

/* ---------------------------------------------------------------------- peek */

/* Frames that wait, or a negative errno in place of their number. */
struct span {
	u32 tail;
	s32 count;
};

static noinline struct span peek_with_lock(struct dmaring_consumer *consumer)
{
	struct dmaring_stream *stream = consumer->stream;
	struct span span;

	spin_lock_irq(&stream->lock);
	span.count = dmaring_queue_sync(consumer) ? dmaring_waiting(consumer) :
						    -EPROTO;
	span.tail = consumer->tail;
	spin_unlock_irq(&stream->lock);
	return span;
}

/* Once or twice per frame: without the lock.  -EPROTO: the tail is nonsense. */
static __always_inline struct span peek(struct dmaring_consumer *consumer)
{
	struct span span;
	u32 count;

	span.tail = READ_ONCE(consumer->ring->header->frames_tail);
	/* In this order the head is not behind an honest tail: pairs with B. */
	smp_rmb();
	/* The slots after the head: pairs with publish. */
	count = smp_load_acquire(&consumer->head) - span.tail;
	/* Or we were kept from running, while the head went round the ring. */
	if (unlikely(count > consumer->ring->mask + 1))
		return peek_with_lock(consumer);
	span.count = count;
	return span;
}

static struct span no_span(int err)
{
	return (struct span) { .count = err };
}

/*
 * What waits; if a read would fail or wait, why: -EAGAIN if some may come.
 * Unless @ripe, frames below the watermark count, too.
 */
static __always_inline struct span look(struct dmaring_consumer *consumer,
					bool ripe)
{
	struct span span;
	bool running;
	int error;

	/* Perhaps no longer: DETACH wakes those who wait. */
	if (dmaring_is_gone(consumer->stream) ||
	    !READ_ONCE(consumer->attached))
		return no_span(not_attached(consumer));
	/* Once each: a START on another CPU must not look like a failure. */
	running = READ_ONCE(consumer->running);
	error = READ_ONCE(consumer->stream->error);
	span = peek(consumer);
	if (span.count < 0)
		return span;
	if (span.count && (!running || error || !ripe ||
			   dmaring_queue_is_ripe(consumer, span.tail,
						 span.count)))
		return span;
	if (!running)
		return no_span(-EBADFD);
	return no_span(error ? -EIO : -EAGAIN);
}

/* ---------------------------------------------------------------------- reap */

/* Do what all releases in the ring ask for, with interrupts on in between. */
void dmaring_exchange_reap(struct dmaring_consumer *consumer)
{
	struct dmaring_stream *stream = consumer->stream;
	u32 left = consumer->ring->mask + 1, reaped;

	do {
		spin_lock_irq(&stream->lock);
		reaped = dmaring_queue_reap(consumer,
					    min_t(u32, left, DMARING_BATCH), 1);
		spin_unlock_irq(&stream->lock);
		left -= reaped;
	} while (left && reaped == DMARING_BATCH);
}

static void reap_and_refill(struct dmaring_consumer *consumer)
{
	dmaring_exchange_reap(consumer);
	dmaring_refill_if_needed(consumer->stream);
}

/* Somebody calls us anyway: look at the ring, if there is anything to see. */
static void reap_pending(struct dmaring_consumer *consumer)
{
	if (dmaring_has_releases(consumer))
		reap_and_refill(consumer);
}

/* ---------------------------------------------------------------------- take */

static __always_inline bool would_wait(struct dmaring_consumer *consumer,
				       struct span *span)
{
	*span = look(consumer, true);
	return span->count == -EAGAIN;
}

/*
 * Sleep until a read would not wait: 0; -ETIME if @deadline came first, NULL: never;
 * -ERESTARTSYS for a signal.  As wait_event() does, but one that was woken, and is
 * not queued then, looks before it queues itself again: mostly that is the end.
 */
static int sleep_until(struct dmaring_consumer *consumer, ktime_t *deadline,
		       struct span *span)
{
	DEFINE_WAIT(entry);
	int err;

	do {
		err = prepare_to_wait_event(&consumer->wait, &entry,
					    TASK_INTERRUPTIBLE);
		if (!would_wait(consumer, span)) {
			err = 0;
			break;
		}
		if (!err && !schedule_hrtimeout_range(deadline,
						      current->timer_slack_ns,
						      HRTIMER_MODE_ABS))
			err = -ETIME;
	} while (!err && would_wait(consumer, span));
	finish_wait(&consumer->wait, &entry);
	return err;
}

/* Wait until a read would not; KTIME_MAX: for ever. */
static noinline struct span wait_until(struct dmaring_consumer *consumer,
				       ktime_t deadline)
{
	bool endless = deadline == KTIME_MAX;
	struct span span;
	int err = sleep_until(consumer, endless ? NULL : &deadline, &span);

	/* Time is over: what waits below the watermark will do. */
	if (err == -ETIME) {
		span = look(consumer, false);
		return span.count == -EAGAIN ? no_span(-ETIMEDOUT) : span;
	}
	/* EINTR, if a handler runs; without an end, if it has no SA_RESTART. */
	if (err)
		return no_span(endless ? err : -ERESTARTNOHAND);
	return span;
}

/*
 * Take what was copied from the slots: @count, or -EAGAIN if somebody took or
 * dropped it meanwhile, and so perhaps wrote it anew while it was copied, or
 * -EPROTO if the tail is nonsense.
 */
static int commit(struct dmaring_consumer *consumer, u32 tail, u32 count)
{
	struct dmaring_stream *stream = consumer->stream;
	int taken = -EAGAIN;
	u32 i;

	spin_lock_irq(&stream->lock);
	if (!dmaring_queue_sync(consumer)) {
		taken = -EPROTO;
	} else if (consumer->tail == tail &&
		   dmaring_waiting(consumer) >= count &&
		   dmaring_queue_move_tail(consumer, tail, tail + count)) {
		taken = count;
		consumer->tally.delivered += count;
		/* Not round the loop with interrupts off for nobody. */
		if (trace_dmaring_dequeue_enabled())
			for (i = 0; i < count; i++)
				trace_dmaring_dequeue(consumer,
						      dmaring_queue_slot(consumer,
									 tail + i));
	}
	spin_unlock_irq(&stream->lock);
	return taken;
}

/*
 * One descriptor, word by word: a copy by a function takes twice as long.  The
 * slot may be written anew meanwhile: a race by intent, see below.
 */
static __always_inline bool copy_one(u64 __user *to, const u64 *from)
{
	BUILD_BUG_ON(sizeof(struct dmaring_frame) != 8 * sizeof(u64));
	if (!user_write_access_begin(to, sizeof(struct dmaring_frame)))
		return false;
	unsafe_put_user(READ_ONCE(from[0]), &to[0], err_end_access);
	unsafe_put_user(READ_ONCE(from[1]), &to[1], err_end_access);
	unsafe_put_user(READ_ONCE(from[2]), &to[2], err_end_access);
	unsafe_put_user(READ_ONCE(from[3]), &to[3], err_end_access);
	unsafe_put_user(READ_ONCE(from[4]), &to[4], err_end_access);
	unsafe_put_user(READ_ONCE(from[5]), &to[5], err_end_access);
	unsafe_put_user(READ_ONCE(from[6]), &to[6], err_end_access);
	unsafe_put_user(READ_ONCE(from[7]), &to[7], err_end_access);
	user_write_access_end();
	return true;

err_end_access:
	user_write_access_end();
	return false;
}

/*
 * Whole descriptors that reached the user, one by one.  If a slot is written
 * anew meanwhile, commit() refuses what was copied.
 */
static u32 copy_each(struct dmaring_consumer *consumer, char __user *to,
		     u32 stride, u32 tail, u32 count)
{
	u32 more = stride - sizeof(struct dmaring_frame);
	u32 i;

	for (i = 0; i < count; i++, to += stride) {
		if (!copy_one((u64 __user *)to,
			      (const u64 *)dmaring_queue_slot(consumer, tail + i)) ||
		    (more && clear_user(to + sizeof(struct dmaring_frame), more)))
			break;
	}
	return i;
}

/* The same, from slots that lie side by side. */
static u32 copy_run(struct dmaring_consumer *consumer, char __user *to,
		    u32 tail, u32 count)
{
	size_t bytes = count * sizeof(struct dmaring_frame);
	/* A race by intent, see above. */
	size_t left = data_race(copy_to_user(to,
					     dmaring_queue_slot(consumer, tail),
					     bytes));

	return count - DIV_ROUND_UP(left, sizeof(struct dmaring_frame));
}

/* Whole descriptors, from @tail on, that reached the user. */
static u32 copy_frames(struct dmaring_consumer *consumer, char __user *to,
		       u32 stride, u32 tail, u32 count)
{
	u32 run = min(count, consumer->ring->mask + 1 -
			     (tail & consumer->ring->mask));
	u32 copied;

	/* A copy of no constant size is checked at length: not for a few. */
	if (count < RUN_MIN || stride != sizeof(struct dmaring_frame))
		return copy_each(consumer, to, stride, tail, count);
	copied = copy_run(consumer, to, tail, run);
	/* And those at the other end of the ring. */
	if (copied == run && run < count)
		copied += copy_run(consumer, to + run * stride, tail + run,
				   count - run);
	return copied;
}

/* Take up to @count frames of @span; how many, or a negative errno. */
static int take_waiting(struct dmaring_consumer *consumer, struct span span,
			char __user *to, u32 stride, u32 count,
			u32 __user *taken)
{
	int copied;

	for (;;) {
		copied = copy_frames(consumer, to, stride, span.tail,
				     min_t(u32, count, span.count));
		/* Before they are taken: an answer not given is a frame lost. */
		if (!copied || (taken && put_user(copied, taken)))
			return -EFAULT;
		/* A user who scribbles on its tail may keep us here for ever. */
		if (fatal_signal_pending(current))
			return -EINTR;
		copied = commit(consumer, span.tail, copied);
		if (copied != -EAGAIN)
			return copied;
		span = peek(consumer);
		if (span.count <= 0)
			return span.count;
	}
}

/* Take frames, waiting for the first one. */
static int take(struct dmaring_consumer *consumer, char __user *to, u32 stride,
		u32 count, s64 timeout_ns, u32 __user *tell)
{
	ktime_t deadline = KTIME_MAX;
	struct span span;
	int taken;

	if (timeout_ns > 0)
		deadline = dmaring_deadline(consumer, to, timeout_ns);
	do {
		reap_pending(consumer);
		/* Who does not wait at all takes what there is. */
		span = look(consumer, timeout_ns);
		if (span.count == -EAGAIN && timeout_ns)
			span = wait_until(consumer, deadline);
		if (span.count == -ERESTARTNOHAND)
			dmaring_deadline_keep(consumer, to, timeout_ns,
					      deadline);
		if (span.count < 0)
			return span.count;
		taken = take_waiting(consumer, span, to, stride, count, tell);
		/* None: another thread was faster, wait again. */
	} while (!taken);
	return taken;
}

/**
 * dmaring_exchange_take() - take frames, waiting for the first one
 * @consumer:   the consumer.
 * @to:         user memory for the descriptors.
 * @stride:     from one to the next; the consumer's may change meanwhile.
 * @count:      how many there is room for, at least 1.
 * @timeout_ns: as in struct dmaring_dequeue.
 * @tell:       NULL, or where to write how many were taken.
 *
 * Return: frames taken, at least 1; or a negative errno, and nothing was taken.
 */
int dmaring_exchange_take(struct dmaring_consumer *consumer, char __user *to,
			  u32 stride, u32 count, s64 timeout_ns,
			  u32 __user *tell)
{
	int taken;

	if (!dmaring_exchange_enter(consumer))
		return not_attached(consumer);
	taken = take(consumer, to, stride, count, timeout_ns, tell);
	dmaring_exchange_leave(consumer);
	return taken;
}

/* ----------------------------------------------------------------- give back */

/**
 * dmaring_exchange_release() - give buffers back, and the card what it needs
 * @consumer: the consumer.
 * @cookies:  of its frames.
 * @count:    how many; on -EINVAL and -ESTALE the place of the first bad one.
 *
 * Return: 0, or a negative errno and nothing was given back.
 */
int dmaring_exchange_release(struct dmaring_consumer *consumer,
			     const u64 *cookies, u32 *count)
{
	struct dmaring_stream *stream = consumer->stream;
	bool news = false;
	int err = -ENOTCONN;

	if (dmaring_is_gone(stream))
		return -ENODEV;
	spin_lock_irq(&stream->lock);
	if (consumer->attached)
		err = dmaring_queue_release(consumer, cookies, count);
	if (unlikely(stream->playback) && !err)
		news = dmaring_playback_hand_back(consumer, cookies, *count);
	spin_unlock_irq(&stream->lock);
	if (unlikely(news))
		dmaring_wake(stream, BIT(DMARING_PRODUCER));
	if (!err)
		dmaring_refill_if_needed(stream);
	return err;
}

/**
 * dmaring_exchange_submit() - put frames in line, and give the card what it needs
 * @consumer: the producer.
 * @filled:   its frames.
 * @count:    how many; on -EINVAL and -ESTALE the place of the first bad one.
 *
 * Return: 0, or a negative errno and nothing was submitted.
 */
int dmaring_exchange_submit(struct dmaring_consumer *consumer,
			    const struct dmaring_filled *filled, u32 *count)
{
	struct dmaring_stream *stream = consumer->stream;
	int err = -ENOTCONN;

	if (dmaring_is_gone(stream))
		return -ENODEV;
	if (!dmaring_exchange_enter(consumer))
		return not_attached(consumer);
	/* What it has put into the ring before comes before these. */
	reap_pending(consumer);
	spin_lock_irq(&stream->lock);
	if (consumer->attached)
		err = dmaring_queue_submit(consumer, filled, count);
	spin_unlock_irq(&stream->lock);
	dmaring_exchange_leave(consumer);
	if (!err)
		dmaring_refill_if_needed(stream);
	return err;
}

/* KICK. */
int dmaring_exchange_kick(struct dmaring_consumer *consumer,
			  union dmaring_argument *arg)
{
	if (!dmaring_exchange_enter(consumer))
		return not_attached(consumer);
	reap_and_refill(consumer);
	dmaring_exchange_leave(consumer);
	return 0;
}

/* --------------------------------------------------------------------- write */

/* An empty buffer that was taken for a write. */
struct taken {
	struct dmaring_buf *buf;
	u64 cookie;
};

/* Take the oldest that waits: 1; 0 if somebody was faster; -EPROTO. */
static int take_empty(struct dmaring_consumer *consumer, struct taken *taken)
{
	struct dmaring_stream *stream = consumer->stream;
	u32 tail, index;
	int got = 0;

	spin_lock_irq(&stream->lock);
	if (!dmaring_queue_sync(consumer)) {
		got = -EPROTO;
	} else if (dmaring_waiting(consumer)) {
		tail = consumer->tail;
		/* In the kernel's own memory. */
		index = consumer->order[tail & consumer->ring->mask];
		if (dmaring_queue_move_tail(consumer, tail, tail + 1)) {
			consumer->tally.delivered++;
			taken->buf = &stream->pool.bufs[index];
			taken->cookie = taken->buf->cookie;
			/* For the next producer it is erased. */
			taken->buf->dirty = true;
			got = 1;
		}
	}
	spin_unlock_irq(&stream->lock);
	return got;
}

/* Wait for an empty buffer, and take it. */
static int wait_for_empty(struct dmaring_consumer *consumer, bool wait,
			  struct taken *taken)
{
	struct span span;
	int got;

	do {
		if (fatal_signal_pending(current))
			return -EINTR;
		reap_pending(consumer);
		span = look(consumer, wait);
		if (span.count == -EAGAIN && wait)
			span = wait_until(consumer, KTIME_MAX);
		if (span.count < 0)
			return span.count;
		got = take_empty(consumer, taken);
	} while (!got);
	return min(got, 0);
}

/*
 * Copy a piece of a frame; how many bytes, or a negative errno.  Removal and DETACH
 * wait for us, so nothing here waits for a page of the user's.
 */
static ssize_t copy_piece(struct dmaring_consumer *consumer,
			  const struct taken *taken, size_t at,
			  const char __user *from, size_t bytes)
{
	struct dmaring_stream *stream = consumer->stream;
	struct dmaring_span span;
	ssize_t copied = -ENODEV;
	int idx;

	idx = srcu_read_lock(&stream->srcu);
	if (dmaring_is_gone(stream))
		goto out;
	copied = -ENOTCONN;
	/* After DETACH, and another ATTACH, it is not ours: in this order. */
	if (!smp_load_acquire(&consumer->attached) ||
	    READ_ONCE(taken->buf->cookie) != taken->cookie)
		goto out;
	span = dmaring_memory_span(&taken->buf->memory, at);
	bytes = min(bytes, span.bytes);
	pagefault_disable();
	copied = bytes - __copy_from_user_inatomic(span.at, from, bytes);
	pagefault_enable();
out:
	srcu_read_unlock(&stream->srcu, idx);
	return copied;
}

static int copy_frame(struct dmaring_consumer *consumer,
		      const struct taken *taken, const char __user *from,
		      size_t bytes)
{
	size_t at = 0, piece;
	ssize_t copied;

	if (!access_ok(from, bytes))
		return -EFAULT;
	while (at < bytes) {
		piece = min_t(size_t, bytes - at, WRITE_PIECE);
		if (fault_in_readable(from + at, piece) == piece)
			return -EFAULT;
		copied = copy_piece(consumer, taken, at, from + at, piece);
		if (copied < 0)
			return copied;
		at += copied;
		/* Pages that go again and again may keep us here for ever. */
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	return 0;
}

static ssize_t write_frame(struct dmaring_consumer *consumer,
			   const char __user *from, size_t bytes, bool wait)
{
	struct dmaring_filled filled = { .bytes = bytes };
	struct taken taken;
	u32 one = 1;
	int err;

	err = wait_for_empty(consumer, wait, &taken);
	if (err)
		return err;
	filled.cookie = taken.cookie;
	err = copy_frame(consumer, &taken, from, bytes);
	if (!err)
		err = dmaring_exchange_submit(consumer, &filled, &one);
	if (!err)
		return bytes;
	/* It waits again, unless it is not ours any more. */
	one = 1;
	dmaring_exchange_release(consumer, &taken.cookie, &one);
	return err;
}

/**
 * dmaring_exchange_write() - copy a frame into an empty buffer, and submit it
 * @consumer: the producer.
 * @from:     user memory.
 * @bytes:    how many are there.
 * @wait:     for a buffer.
 *
 * Return: how many bytes the frame has; or a negative errno, and there is none.
 */
ssize_t dmaring_exchange_write(struct dmaring_consumer *consumer,
			       const char __user *from, size_t bytes, bool wait)
{
	ssize_t written;

	if (!dmaring_exchange_enter(consumer))
		return not_attached(consumer);
	bytes = min(bytes, consumer->stream->pool.buffer_size);
	written = bytes ? write_frame(consumer, from, bytes, wait) : 0;
	dmaring_exchange_leave(consumer);
	return written;
}

/* --------------------------------------------------------------------- drain */

/* Need nobody wait for a frame to be sent any more?  0, or why not. */
static bool is_drained(struct dmaring_consumer *consumer, u64 unsent, int *err)
{
	struct dmaring_stream *stream = consumer->stream;
	const u32 *states = stream->counters.states;
	bool pending, running, came_back;
	int error;

	spin_lock_irq(&stream->lock);
	pending = states[DMARING_BUFFER_FILLED] || states[DMARING_BUFFER_ARMED];
	running = consumer->running;
	came_back = consumer->unsent != unsent;
	error = stream->error;
	spin_unlock_irq(&stream->lock);

	*err = 0;
	if (dmaring_is_gone(stream) || !READ_ONCE(consumer->attached))
		*err = not_attached(consumer);
	else if ((pending && !running) || came_back)
		*err = -EBADFD;
	else if (pending && error)
		*err = -EIO;
	return *err || !pending;
}

/**
 * dmaring_exchange_drain() - wait until all that was submitted is sent
 * @consumer: the producer.
 *
 * Return: 0 or a negative errno.
 */
int dmaring_exchange_drain(struct dmaring_consumer *consumer)
{
	struct dmaring_stream *stream = consumer->stream;
	int err, interrupted;
	u64 unsent;

	if (!dmaring_exchange_enter(consumer))
		return not_attached(consumer);
	spin_lock_irq(&stream->lock);
	unsent = consumer->unsent;
	spin_unlock_irq(&stream->lock);
	reap_and_refill(consumer);
	interrupted = wait_event_interruptible(consumer->wait,
					       is_drained(consumer, unsent, &err));
	dmaring_exchange_leave(consumer);
	return interrupted ?: err;
}

/* ---------------------------------------------------------------------- poll */

/**
 * dmaring_exchange_poll() - what poll() asks
 * @consumer: the consumer; the caller is queued to be woken.
 *
 * Return: 0 when enough frames wait; -EAGAIN when some may come; else the errno
 * with which a read fails.
 */
int dmaring_exchange_poll(struct dmaring_consumer *consumer)
{
	struct span span;

	if (!dmaring_exchange_enter(consumer))
		return not_attached(consumer);
	reap_pending(consumer);
	span = look(consumer, true);
	dmaring_exchange_leave(consumer);
	return min(span.count, 0);
}
