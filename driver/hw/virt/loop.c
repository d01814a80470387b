// SPDX-License-Identifier: GPL-2.0-only
/*
 * With loop=1: what a producer submits to one stream comes out of the other.
 *
 * It is a camera whose frames a program makes, for applications that are to see
 * the frames of yesterday.  The producer says when: each of its frames is passed
 * on at once.  If the application has no buffer then, or has none yet, it has
 * lost the frame, as with any card; while it is stopped, nobody has.
 *
 * Frames are copied in a work item, because they may be large.
 */
#include <linux/dma-mapping.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/string.h>
#include <linux/workqueue.h>

#include <compat.h>

#include "virt.h"

/* Frames that are passed on before others may have the processor. */
#define LOOP_BUDGET		32
#define LOOP_LOSE_MAX		1000000000
#define LOOP_FLAGS		(DMARING_FRAME_ERROR | DMARING_FRAME_TRUNCATED | \
				 DMARING_FRAME_DISCONTINUITY)

enum loop_control { LOOP_LOSE_FRAMES, LOOP_FLAGS_OF_NEXT, LOOP_CONTROLS };

/**
 * struct loop_end - one of its streams
 * @loop:    whose.
 * @stream:  the stream.
 * @running: between start() and stop().                      (loop->lock)
 * @format:  told by start().                                 (loop->lock)
 * @armed:   indices of armed buffers, in order.              (loop->lock)
 */
struct loop_end {
	struct virt_loop *loop;
	struct dmaring_stream *stream;
	bool running;
	struct dmaring_format format;
	DECLARE_KFIFO(armed, u32, VIRT_QUEUE_LENGTH);
};

/**
 * struct virt_loop - two streams
 * @in:    the producer's.
 * @out:   the application's.
 * @queue: runs @work: with large frames that takes a while.
 * @work:  passes frames on.
 * @lock:  guards what follows, and the ends; arm() takes it.
 * @lost:  what LoseFrames was set to.
 * @flags: of the next frame.
 */
struct virt_loop {
	struct loop_end in;
	struct loop_end out;
	struct workqueue_struct *queue;
	struct work_struct work;

	spinlock_t lock;
	u32 lost;
	u32 flags;
};

static bool is_playback(const struct loop_end *end)
{
	return end == &end->loop->in;
}

static struct loop_end *other_end(const struct loop_end *end)
{
	return is_playback(end) ? &end->loop->out : &end->loop->in;
}

/* ------------------------------------------------------------- the frames */

static bool get_armed(struct loop_end *end, u32 *index)
{
	bool got;

	spin_lock_irq(&end->loop->lock);
	got = end->running && kfifo_get(&end->armed, index);
	spin_unlock_irq(&end->loop->lock);
	return got;
}

/* Releases that nobody has told of may have set one free. */
static bool get_empty(struct loop_end *out, u32 *index)
{
	if (get_armed(out, index))
		return true;
	dmaring_refill(out->stream);
	return get_armed(out, index);
}

static void copy_frame(struct virt_loop *loop, u32 from, u32 to, u32 bytes)
{
	struct dmaring_span source, target;
	u32 offset, part;

	for (offset = 0; offset < bytes; offset += part) {
		source = dmaring_buffer_span(loop->in.stream, from, offset);
		target = dmaring_buffer_span(loop->out.stream, to, offset);
		part = min3(source.bytes, target.bytes, (size_t)bytes - offset);
		memcpy(target.at, source.at, part);
		cond_resched();
	}
}

/* Nobody writes the frame meanwhile: the buffer is the card's, and we are that. */
static void pass_on(struct virt_loop *loop, u32 from)
{
	struct dmaring_completion sent = {
		.bytes_used = dmaring_frame_bytes(loop->in.stream, from),
	};
	struct dmaring_completion frame = { .hw_meta = DMARING_PATTERN_NONE };
	bool heard;
	u32 to, most;

	spin_lock_irq(&loop->lock);
	heard = loop->out.running;
	most = loop->out.format.frame_bytes;
	frame.flags = loop->flags;
	loop->flags = 0;
	spin_unlock_irq(&loop->lock);

	frame.bytes_used = min(sent.bytes_used, most);
	if (frame.bytes_used < sent.bytes_used)
		frame.flags |= DMARING_FRAME_TRUNCATED;
	if (heard && get_empty(&loop->out, &to)) {
		copy_frame(loop, from, to, frame.bytes_used);
		dmaring_complete(loop->out.stream, to, &frame);
	} else if (heard) {
		dmaring_overrun(loop->out.stream, 1);
	}
	dmaring_complete(loop->in.stream, from, &sent);
}

static void pass_frames(struct work_struct *work)
{
	struct virt_loop *loop = container_of(work, struct virt_loop, work);
	u32 left = LOOP_BUDGET, from;

	while (left && get_armed(&loop->in, &from)) {
		pass_on(loop, from);
		left--;
	}
	dmaring_refill(loop->out.stream);
	dmaring_refill(loop->in.stream);
	if (!left)
		queue_work(loop->queue, work);
}

/* ---------------------------------------------------- what the core asks for */

/* They may come at any rate. */
static bool is_same(struct dmaring_format one, struct dmaring_format other)
{
	one.rate_numerator = other.rate_numerator;
	one.rate_denominator = other.rate_denominator;
	return !memcmp(&one, &other, sizeof(one));
}

/* Who starts later must have the format of who runs. */
static int loop_start(void *hw, const struct dmaring_format *format)
{
	struct loop_end *end = hw, *other = other_end(end);
	int err = 0;

	spin_lock_irq(&end->loop->lock);
	if (other->running && !is_same(*format, other->format))
		err = -EBUSY;
	end->format = *format;
	end->running = !err;
	end->loop->flags = 0;
	spin_unlock_irq(&end->loop->lock);
	return err;
}

static int loop_stop(void *hw)
{
	struct loop_end *end = hw;

	spin_lock_irq(&end->loop->lock);
	end->running = false;
	kfifo_reset(&end->armed);
	spin_unlock_irq(&end->loop->lock);
	/* A frame may be on its way; the next ones find that we are stopped. */
	flush_work(&end->loop->work);
	return 0;
}

static int loop_arm(void *hw, u32 index, const struct dmaring_segment *segments,
		    unsigned int count)
{
	struct loop_end *end = hw;
	unsigned int put;

	spin_lock(&end->loop->lock);
	put = kfifo_put(&end->armed, index);
	spin_unlock(&end->loop->lock);
	if (put && is_playback(end))
		queue_work(end->loop->queue, &end->loop->work);
	return put ? 0 : -EBUSY;
}

/* Nobody knows when the producer has one. */
static bool loop_frame_due(void *hw)
{
	return is_playback(hw);
}

static const struct dmaring_hw_control controls[LOOP_CONTROLS] = {
	[LOOP_LOSE_FRAMES] = {
		.name = "LoseFrames",
		.type = DMARING_CONTROL_INTEGER,
		.flags = DMARING_CONTROL_VOLATILE,
		.maximum = LOOP_LOSE_MAX,
	},
	[LOOP_FLAGS_OF_NEXT] = {
		.name = "NextFrameFlags",
		.type = DMARING_CONTROL_INTEGER,
		.flags = DMARING_CONTROL_VOLATILE,
		.maximum = LOOP_FLAGS,
	},
};

static int loop_get_control(void *hw, u32 control,
			    struct dmaring_hw_value *value)
{
	struct virt_loop *loop = ((struct loop_end *)hw)->loop;

	spin_lock_irq(&loop->lock);
	value->number = control == LOOP_LOSE_FRAMES ? loop->lost : loop->flags;
	spin_unlock_irq(&loop->lock);
	return 0;
}

static int loop_set_control(void *hw, u32 control,
			    const struct dmaring_hw_value *value)
{
	struct virt_loop *loop = ((struct loop_end *)hw)->loop;
	u32 number = value->number;
	bool lose = false;

	spin_lock_irq(&loop->lock);
	if (control == LOOP_LOSE_FRAMES) {
		loop->lost = number;
		lose = number && loop->out.running;
	} else {
		loop->flags = number & LOOP_FLAGS;
	}
	spin_unlock_irq(&loop->lock);
	if (lose)
		dmaring_overrun(loop->out.stream, number);
	return 0;
}

static const struct dmaring_hw_ops loop_ops = {
	.start = loop_start,
	.stop = loop_stop,
	.arm = loop_arm,
	.set_format = virt_set_format,
	.frame_due = loop_frame_due,
	.get_control = loop_get_control,
	.set_control = loop_set_control,
};

/* ------------------------------------------------------------- probe, remove */

static int create(struct loop_end *end, struct device *dev,
		  struct dmaring_config config)
{
	config.ops = &loop_ops;
	config.hw = end;
	config.card = "virtual loop";
	if (is_playback(end)) {
		config.direction = DMARING_PLAYBACK;
		config.stream = 1;
		config.controls = controls;
		config.control_count = LOOP_CONTROLS;
	}
	end->stream = dmaring_create(dev, &config);
	return PTR_ERR_OR_ZERO(end->stream);
}

static void destroy_queue(void *queue)
{
	destroy_workqueue(queue);
}

/* The work item knows both streams: it ends before either goes. */
static void destroy(void *data)
{
	struct virt_loop *loop = data;

	dmaring_unregister(loop->in.stream);
	dmaring_unregister(loop->out.stream);
	cancel_work_sync(&loop->work);
	dmaring_destroy(loop->in.stream);
	dmaring_destroy(loop->out.stream);
}

int virt_loop_probe(struct platform_device *pdev,
		    const struct dmaring_config *config)
{
	struct virt_loop *loop;
	int err;

	loop = devm_kzalloc(&pdev->dev, sizeof(*loop), GFP_KERNEL);
	if (!loop)
		return -ENOMEM;
	spin_lock_init(&loop->lock);
	INIT_WORK(&loop->work, pass_frames);
	loop->in.loop = loop;
	loop->out.loop = loop;
	INIT_KFIFO(loop->in.armed);
	INIT_KFIFO(loop->out.armed);
	loop->queue = alloc_workqueue("dmaring_virt", WQ_UNBOUND | WQ_HIGHPRI, 1);
	if (!loop->queue)
		return -ENOMEM;
	err = devm_add_action_or_reset(&pdev->dev, destroy_queue, loop->queue);
	if (err)
		return err;
	err = create(&loop->out, &pdev->dev, *config);
	if (err)
		return err;
	err = create(&loop->in, &pdev->dev, *config);
	if (err) {
		dmaring_destroy(loop->out.stream);
		return err;
	}
	platform_set_drvdata(pdev, loop);
	err = devm_add_action_or_reset(&pdev->dev, destroy, loop);
	if (err)
		return err;
	/* The application's is the first one that appears. */
	return dmaring_register(loop->out.stream) ?:
	       dmaring_register(loop->in.stream);
}

int virt_loop_suspend(struct device *dev)
{
	struct virt_loop *loop = dev_get_drvdata(dev);

	dmaring_suspend(loop->in.stream);
	dmaring_suspend(loop->out.stream);
	return 0;
}

int virt_loop_resume(struct device *dev)
{
	struct virt_loop *loop = dev_get_drvdata(dev);
	int err = dmaring_resume(loop->out.stream);

	return dmaring_resume(loop->in.stream) ?: err;
}
