// SPDX-License-Identifier: GPL-2.0-only
/*
 * dmaring_virt: a source of frames without any card.
 *
 * An hrtimer plays the card, on any machine: to try the software, to measure
 * what a frame costs, to run for long, and to see what happens when a card
 * misbehaves.
 *
 * With rate > 0 the source runs freely, like a camera: a frame that is due and
 * finds no armed buffer is an overrun, and so is one that this machine is too
 * slow to make in time.  With rate = 0 it makes a frame for each
 * buffer as soon as it is armed, like a digitizer that is never waited for, and
 * loses none.
 *
 * With loop=1 frames come from a producer: see loop.c.
 *
 * With direction=playback it is a sink: it takes a frame where it would have made
 * one, and compares it with the pattern that the frame of its number has.  One that
 * is due and finds no armed buffer is an underrun.
 *
 * Parameters that can be written in /sys/module/dmaring_virt/parameters take
 * effect with the next frame, for all instances.
 */
#include <linux/dma-mapping.h>
#include <linux/math64.h>
#include <linux/module.h>
#include <linux/pm.h>
#include <linux/random.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include <compat.h>
#include <dmaring/format.h>

#include "virt.h"

#define VIRT_INSTANCES_MAX	16
#define VIRT_LINE_MAX		65536
#define VIRT_CHANNELS_MAX	16
#define VIRT_FRAME_BYTES_MAX	((u32)SZ_1G)
#define VIRT_SAMPLE_RATE_MAX	1000000000
#define VIRT_SAMPLE_RATE_MIN	1000
#define VIRT_SEGMENTS_MAX	1024

/*
 * Timers closer than that would leave no time for anything else: at higher
 * rates several frames are due at a tick.
 */
#define VIRT_TICK_MIN_NS	50000
/* Frames made per tick at most; if it is so late that more are due, they are lost. */
#define VIRT_TICK_FRAMES	256
/* Large ones are fewer: nobody else runs on this CPU while they are filled. */
#define VIRT_TICK_BYTES		((u32)SZ_64M)
#define VIRT_TICK_FRAMES_MIN	32
/* Not more, so that a tick can be late by as much and make up for it. */
#define VIRT_BURST_MAX		(VIRT_TICK_FRAMES / 2)

/**
 * struct limited - a parameter that is refused beyond its limits
 * @value: what it is,
 * @least: at least,
 * @most:  and at most.
 */
struct limited {
	unsigned int value;
	unsigned int least;
	unsigned int most;
};

/* When the module is loaded, and when somebody writes to its file. */
static int limited_set(const char *text, const struct kernel_param *param)
{
	struct limited *limited = param->arg;
	unsigned int value;
	int err = kstrtouint(text, 0, &value);

	if (err)
		return err;
	if (value < limited->least || value > limited->most) {
		pr_err("dmaring_virt: %s=%u: must be %u..%u\n", param->name,
		       value, limited->least, limited->most);
		return -EINVAL;
	}
	WRITE_ONCE(limited->value, value);
	return 0;
}

static int limited_get(char *text, const struct kernel_param *param)
{
	const struct limited *limited = param->arg;

	return sysfs_emit(text, "%u\n", READ_ONCE(limited->value));
}

static const struct kernel_param_ops limited_ops = {
	.set = limited_set,
	.get = limited_get,
};

static unsigned int instances = 1;
module_param(instances, uint, 0444);
MODULE_PARM_DESC(instances, "streams to make, 1..16 (default 1)");

static unsigned int width = 640;
module_param(width, uint, 0444);
MODULE_PARM_DESC(width, "pixels of a line, or samples of a frame (default 640)");

static unsigned int height = 480;
module_param(height, uint, 0444);
MODULE_PARM_DESC(height, "lines of a frame (default 480)");

static char *format = "GREY";
module_param(format, charp, 0444);
MODULE_PARM_DESC(format, "pixel or sample format, a fourcc of dmaring/format.h (default GREY)");

static unsigned int channels = 1;
module_param(channels, uint, 0444);
MODULE_PARM_DESC(channels, "channels of samples, 1..16 (default 1)");

static struct limited rate = { .value = 30, .most = VIRT_RATE_MAX };
static const struct kernel_param_ops rate_ops;
module_param_cb(rate, &rate_ops, &rate, 0644);
MODULE_PARM_DESC(rate, "frames a second from the next start on, 0..1000000; 0: as fast as buffers come back (default 30)");

static u32 direction;
module_param_cb(direction, &dmaring_param_direction_ops, &direction, 0444);
MODULE_PARM_DESC(direction, "capture, or playback (default capture)");

static bool loop;
module_param(loop, bool, 0444);
MODULE_PARM_DESC(loop, "1: two streams, and what is played to the second one comes out of the first one (default 0)");

static char *pattern = "ramp";
module_param(pattern, charp, 0444);
MODULE_PARM_DESC(pattern, "ramp, noise, zone, or off: only its sequence number, in its first 8 bytes (default ramp)");

static struct limited jitter_percent = { .most = 100 };
module_param_cb(jitter_percent, &limited_ops, &jitter_percent, 0644);
MODULE_PARM_DESC(jitter_percent, "how much a tick may be early or late, percent of the period, 0..100");

static struct limited burst = { .value = 1, .least = 1, .most = VIRT_BURST_MAX };
module_param_cb(burst, &limited_ops, &burst, 0644);
MODULE_PARM_DESC(burst, "frames that come at once, 1..128; the rate stays (default 1)");

static bool sink;
module_param(sink, bool, 0444);
MODULE_PARM_DESC(sink, "1: frames for which there is no buffer go into one that nobody sees (default 0)");

static bool stall;
module_param(stall, bool, 0644);
MODULE_PARM_DESC(stall, "fault: fall silent while this is 1");

/* As if it were a card that can be given only certain memory. */
static unsigned int limit_align;
module_param(limit_align, uint, 0444);
MODULE_PARM_DESC(limit_align, "alignment of segments, bytes (0: any)");

static unsigned int limit_segment_bytes;
module_param(limit_segment_bytes, uint, 0444);
MODULE_PARM_DESC(limit_segment_bytes, "most bytes of a segment (0: any)");

static ulong limit_boundary;
module_param(limit_boundary, ulong, 0444);
MODULE_PARM_DESC(limit_boundary, "no segment crosses a multiple of it, bytes (0: any)");

static unsigned int limit_buffers;
module_param(limit_buffers, uint, 0444);
MODULE_PARM_DESC(limit_buffers, "most buffers (0: any)");

static unsigned int dma_bits;
module_param(dma_bits, uint, 0444);
MODULE_PARM_DESC(dma_bits, "address bits of a second device, which does the transfers (0: there is none)");

DMARING_POOL_PARAMS(pool_params);

static struct platform_device *devices[VIRT_INSTANCES_MAX];

/* Of all formats; filled when the module is loaded. */
static struct dmaring_hw_format formats[DMARING_FORMAT_ROWS];

/* By a control.  With several instances the parameter says what all were told. */
void virt_rate_was_set(unsigned int hertz)
{
	if (instances == 1)
		WRITE_ONCE(rate.value, hertz);
}

/* ---------------------------------------------------------------- the "card" */

static bool next_armed(struct virt *virt, u32 *index)
{
	bool got = virt_get_armed(virt, index);

	if (unlikely(READ_ONCE(virt_faulty)) && got)
		return virt_may_discard(virt, index);
	return got;
}

/* So many frames of this size are not too many for a tick. */
static u32 tick_frames(u32 bytes)
{
	return clamp(VIRT_TICK_BYTES / max(bytes, 1U),
		     (u32)VIRT_TICK_FRAMES_MIN, (u32)VIRT_TICK_FRAMES);
}

/* A producer's frames are as long as it likes. */
static u32 tick_budget(const struct virt *virt)
{
	return tick_frames(virt->playback ? pool_params.buffer_size :
					    virt->format.frame_bytes);
}

static void lose_frames(struct virt *virt, u64 frames)
{
	if (!READ_ONCE(virt->running))
		return;
	virt->made += frames;
	virt->sequence += frames;
	dmaring_overrun(virt->stream, frames);
}

/* The frames that are due, each with a buffer or lost. */
static void make_due_frames(struct virt *virt, u64 due)
{
	u32 budget = tick_budget(virt);
	bool got, may_refill = true;
	u32 index;

	if (due > VIRT_TICK_FRAMES) {
		lose_frames(virt, due - VIRT_TICK_FRAMES);
		due = VIRT_TICK_FRAMES;
	}
	while (due--) {
		got = budget && next_armed(virt, &index);
		/*
		 * Releases arm no more than a few buffers, and some were only
		 * seen by the completions of this tick.
		 */
		if (!got && budget && may_refill) {
			dmaring_refill(virt->stream);
			got = next_armed(virt, &index);
			may_refill = got;
		}
		if (got) {
			budget--;
			virt_make_frame(virt, index);
		} else {
			lose_frames(virt, 1);
		}
	}
}

/* As many as there are buffers; true if there may be more. */
static bool make_possible_frames(struct virt *virt)
{
	u32 index, budget = tick_budget(virt);

	while (budget && next_armed(virt, &index)) {
		virt_make_frame(virt, index);
		budget--;
	}
	return !budget;
}

static u64 with_jitter(u64 ns)
{
	u32 percent = READ_ONCE(jitter_percent.value);
	u32 range = min_t(u64, div_u64(ns * percent, 100), S32_MAX);

	return range ? ns - range + get_random_u32() % (2 * range + 1) : ns;
}

static u64 period_ns(const struct virt *virt)
{
	return div64_u64(virt->per_ns, virt->frames);
}

static u64 tick_ns(const struct virt *virt)
{
	return max_t(u64, period_ns(virt) * READ_ONCE(burst.value),
		     VIRT_TICK_MIN_NS);
}

/* As if no frame had been due before. */
static void begin_row(struct virt *virt, u64 now)
{
	virt->since_ns = now;
	virt->due = 0;
}

/* Frames that are newly due: all in all it is the rate, however late the ticks. */
static u64 count_due(struct virt *virt, u64 now)
{
	u64 due = mul_u64_u64_div_u64(now - virt->since_ns, virt->frames,
				      virt->per_ns);
	u64 fresh = due - virt->due;

	/* Where the division is not exact it may seem to go back. */
	if (due < virt->due)
		return 0;
	virt->due = due;
	return fresh;
}

/* A frame for each trigger, whether there is a buffer or not; nothing is due else. */
static noinline void make_triggered_frames(struct virt *virt)
{
	make_due_frames(virt, atomic_xchg(&virt->triggers, 0));
	dmaring_refill(virt->stream);
}

void virt_start_timer(struct virt *virt, u64 in_ns)
{
	hrtimer_start(&virt->timer, ns_to_ktime(in_ns), HRTIMER_MODE_REL_SOFT);
}

static enum hrtimer_restart tick(struct hrtimer *timer)
{
	struct virt *virt = container_of(timer, struct virt, timer);
	bool rated = virt->per_ns;
	u64 now = ktime_get_ns();
	bool silent = READ_ONCE(stall), more = false;

	if (!READ_ONCE(virt->running))
		return HRTIMER_NORESTART;
	if (unlikely(virt->triggered) && !silent) {
		make_triggered_frames(virt);
		return HRTIMER_NORESTART;
	}
	if (silent)
		begin_row(virt, now);
	else if (rated)
		make_due_frames(virt, count_due(virt, now));
	else
		more = make_possible_frames(virt);
	dmaring_refill(virt->stream);

	/*
	 * Without a rate arm() starts the timer, perhaps right now: hence
	 * hrtimer_start() here, too, and not HRTIMER_RESTART.
	 */
	if (rated)
		virt_start_timer(virt, with_jitter(tick_ns(virt)));
	else if (more)
		virt_start_timer(virt, 0);
	else if (silent)
		virt_start_timer(virt, VIRT_TICK_MIN_NS);
	return HRTIMER_NORESTART;
}

/* ---------------------------------------------------- what the core asks for */

/* Frames may come fast, but not that fast. */
int virt_set_format(void *hw, struct dmaring_format *format)
{
	u64 most = (u64)VIRT_RATE_MAX * dmaring_format_counted(format);

	if (format->frame_bytes > VIRT_FRAME_BYTES_MAX)
		return -EINVAL;
	if (format->rate_denominator &&
	    div_u64(format->rate_numerator, format->rate_denominator) > most)
		return -ERANGE;
	return 0;
}

/* What the stream says now; a control may just have set it. */
static void take_rate(struct virt *virt)
{
	struct dmaring_rate now;

	lockdep_assert_held(&virt->lock);
	dmaring_get_rate(virt->stream, &now);
	virt->frames = now.numerator;
	virt->per_ns = (u64)now.denominator * NSEC_PER_SEC;
	begin_row(virt, ktime_get_ns());
}

/* The timer is paused. */
void virt_change_rate(struct virt *virt)
{
	spin_lock_irq(&virt->lock);
	if (virt->running)
		take_rate(virt);
	spin_unlock_irq(&virt->lock);
}

static int virt_start(void *hw, const struct dmaring_format *format)
{
	struct virt *virt = hw;

	virt_ask_for_sequence(virt);
	spin_lock_irq(&virt->lock);
	virt->format = *format;
	take_rate(virt);
	virt->made = 0;
	/* Those of before have had their time. */
	atomic_set(&virt->triggers, 0);
	WRITE_ONCE(virt->running, true);
	/* Else who has paused it starts it. */
	if (virt->per_ns && !virt->paused)
		virt_start_timer(virt, tick_ns(virt));
	spin_unlock_irq(&virt->lock);
	return 0;
}

static int virt_stop(void *hw)
{
	struct virt *virt = hw;

	spin_lock_irq(&virt->lock);
	WRITE_ONCE(virt->running, false);
	kfifo_reset(&virt->armed);
	spin_unlock_irq(&virt->lock);
	hrtimer_cancel(&virt->timer);
	return 0;
}

static int virt_arm(void *hw, u32 index, const struct dmaring_segment *segments,
		    unsigned int count)
{
	struct virt *virt = hw;
	unsigned int put;

	spin_lock(&virt->lock);
	put = kfifo_put(&virt->armed, index);
	/* Under the lock: whoever pauses the timer cancels what is started here. */
	if (put && !virt->per_ns && !virt->paused &&
	    !hrtimer_is_queued(&virt->timer))
		virt_start_timer(virt, 0);
	spin_unlock(&virt->lock);
	return put ? 0 : -EBUSY;
}

static const struct dmaring_hw_ops virt_ops = {
	.start = virt_start,
	.stop = virt_stop,
	.arm = virt_arm,
	.set_format = virt_set_format,
	.frame_due = virt_frame_due,
	.read_clock = virt_read_clock,
	.get_control = virt_get_control,
	.set_control = virt_set_control,
};

/* ------------------------------------------------------------- probe, remove */

/* A row for each format of the table. */
static void list_formats(void)
{
	const struct dmaring_format_row *row;
	unsigned int i;
	bool samples;

	for (i = 0; i < ARRAY_SIZE(formats); i++) {
		row = &dmaring_format_rows[i];
		samples = dmaring_format_is_samples(row);
		formats[i] = (struct dmaring_hw_format){
			.pixelformat = dmaring_format_fourcc(row),
			.width_min = dmaring_format_width_step(row),
			.width_max = VIRT_LINE_MAX,
			.height_min = dmaring_format_height_step(row),
			.height_max = samples ? 1 : VIRT_FRAME_BYTES_MAX,
			.channels_max = samples ? VIRT_CHANNELS_MAX : 1,
			.rate_min.numerator = samples ? VIRT_SAMPLE_RATE_MIN : 1,
			.rate_min.denominator = samples ? 1 : 1000,
			.rate_max.numerator = samples ? VIRT_SAMPLE_RATE_MAX :
							VIRT_RATE_MAX,
			.rate_max.denominator = 1,
		};
	}
}

static void unregister_engine(void *engine)
{
	platform_device_unregister(engine);
}

static int set_up_dma(struct device *dev, unsigned int bits)
{
	dma_set_max_seg_size(dev, UINT_MAX);
	return dma_coerce_mask_and_coherent(dev, DMA_BIT_MASK(bits));
}

static int set_up_engine(struct virt *virt)
{
	struct device *dev = &virt->pdev->dev;
	int err;

	if (!dma_bits)
		return 0;
	virt->engine = platform_device_register_simple("dmaring_virt_engine",
						       virt->pdev->id, NULL, 0);
	if (IS_ERR(virt->engine))
		return PTR_ERR(virt->engine);
	err = devm_add_action_or_reset(dev, unregister_engine, virt->engine);
	return err ?: set_up_dma(&virt->engine->dev, dma_bits);
}

static struct dmaring_rate param_rate(void)
{
	u32 hertz = READ_ONCE(rate.value);

	return (struct dmaring_rate){ hertz, !!hertz };
}

/* What parameters say of any stream; false if it makes no sense. */
static bool configure(struct device *dev, struct dmaring_config *config)
{
	*config = (struct dmaring_config) {
		.owner = THIS_MODULE,
		.driver = "dmaring_virt",
		.format = {
			.pixelformat = dmaring_format_by_name(format),
			.width = width,
			.height = height,
			.channels = channels,
		},
		.formats = formats,
		.format_count = ARRAY_SIZE(formats),
		.pool = &pool_params,
		.queue_length = tick_frames(pool_params.buffer_size),
		.kick_below = 1,
		.max_segments = VIRT_SEGMENTS_MAX,
		.limits = {
			.align = limit_align,
			.segment_bytes = limit_segment_bytes,
			.boundary = limit_boundary,
			.buffers = limit_buffers,
		},
		.by_cpu = true,
	};
	if (match_string(virt_pattern_names, VIRT_PATTERNS, pattern) >= 0 &&
	    config->format.pixelformat && width && height && channels)
		return true;
	dev_err(dev, "width=%u height=%u channels=%u format=%s pattern=%s: must not be 0, a fourcc of dmaring/format.h, and ramp, noise, zone or off\n",
		width, height, channels, format, pattern);
	return false;
}

static int set_up_stream(struct virt *virt, struct dmaring_config *config)
{
	struct dmaring_hw_meta table[VIRT_META_FIELDS];
	struct dmaring_hw_control controls[VIRT_CONTROLS_MAX];
	struct dmaring_rate first = param_rate();
	int err;

	virt->pattern = match_string(virt_pattern_names, VIRT_PATTERNS,
				     pattern);
	virt->playback = direction == DMARING_PLAYBACK;
	virt_init_settings(virt, first.numerator);
	virt->special = virt_is_special(virt);
	config->ops = &virt_ops;
	config->direction = direction;
	config->hw = virt;
	config->sink = sink;
	config->controls = controls;
	config->control_count = virt_declare_controls(virt, first.denominator,
						      controls);
	config->card = virt->playback ? "virtual sink" : "virtual source";
	if (virt->pattern != VIRT_PATTERN_OFF)
		config->caps = DMARING_CAP_TEST_PATTERN;
	virt_offer(config, table);
	err = set_up_engine(virt);
	if (err)
		return err;
	if (virt->engine)
		config->dma_device = &virt->engine->dev;
	virt->stream = dmaring_create(&virt->pdev->dev, config);
	if (IS_ERR(virt->stream))
		return PTR_ERR(virt->stream);
	dmaring_set_rate(virt->stream, &first);
	return 0;
}

/* Those whose rate the parameter sets. */
static LIST_HEAD(all);
static DEFINE_MUTEX(all_lock);

static int rate_param_set(const char *text, const struct kernel_param *param)
{
	struct dmaring_rate next;
	struct virt *virt;
	int err;

	mutex_lock(&all_lock);
	err = limited_set(text, param);
	next = param_rate();
	if (!err)
		list_for_each_entry(virt, &all, list)
			virt_rate_was_told(virt, &next);
	mutex_unlock(&all_lock);
	return err;
}

static const struct kernel_param_ops rate_ops = {
	.set = rate_param_set,
	.get = limited_get,
};

static void join(struct virt *virt)
{
	mutex_lock(&all_lock);
	list_add(&virt->list, &all);
	mutex_unlock(&all_lock);
}

static void destroy_stream(void *data)
{
	struct virt *virt = data;

	mutex_lock(&all_lock);
	list_del(&virt->list);
	mutex_unlock(&all_lock);
	dmaring_unregister(virt->stream);
	dmaring_destroy(virt->stream);
}

static int virt_probe(struct platform_device *pdev)
{
	struct dmaring_config config;
	struct virt *virt;
	int err;

	if (!configure(&pdev->dev, &config))
		return -EINVAL;
	err = set_up_dma(&pdev->dev, 64);
	if (err || loop)
		return err ?: virt_loop_probe(pdev, &config);
	virt = devm_kzalloc(&pdev->dev, sizeof(*virt), GFP_KERNEL);
	if (!virt)
		return -ENOMEM;
	virt->pdev = pdev;
	spin_lock_init(&virt->lock);
	INIT_KFIFO(virt->armed);
	hrtimer_setup(&virt->timer, tick, CLOCK_MONOTONIC, HRTIMER_MODE_REL_SOFT);

	err = set_up_stream(virt, &config);
	if (err)
		return err;
	platform_set_drvdata(pdev, virt);
	/* Undone before what was allocated for the device above. */
	join(virt);
	err = devm_add_action_or_reset(&pdev->dev, destroy_stream, virt);
	if (err)
		return err;
	return dmaring_register(virt->stream);
}

static int virt_suspend(struct device *dev)
{
	struct virt *virt = dev_get_drvdata(dev);

	if (loop)
		return virt_loop_suspend(dev);
	dmaring_suspend(virt->stream);
	return 0;
}

static int virt_resume(struct device *dev)
{
	struct virt *virt = dev_get_drvdata(dev);

	if (loop)
		return virt_loop_resume(dev);
	virt_forget(virt);
	return dmaring_resume(virt->stream);
}

static DEFINE_SIMPLE_DEV_PM_OPS(virt_pm_ops, virt_suspend, virt_resume);

static struct platform_driver virt_driver = {
	.driver.name = "dmaring_virt",
	.driver.pm = pm_sleep_ptr(&virt_pm_ops),
	.probe = virt_probe,
};

static void unregister_devices(void)
{
	unsigned int i;

	for (i = 0; i < VIRT_INSTANCES_MAX && devices[i]; i++)
		platform_device_unregister(devices[i]);
}

static int __init virt_init(void)
{
	unsigned int i;
	int err;

	if (!instances || instances > VIRT_INSTANCES_MAX) {
		pr_err("dmaring_virt: instances=%u: must be 1..%u\n", instances,
		       VIRT_INSTANCES_MAX);
		return -EINVAL;
	}
	if (loop && direction == DMARING_PLAYBACK) {
		pr_err("dmaring_virt: loop=1 has both directions\n");
		return -EINVAL;
	}
	list_formats();
	err = platform_driver_register(&virt_driver);
	for (i = 0; !err && i < instances; i++) {
		devices[i] = platform_device_register_simple("dmaring_virt", i,
							     NULL, 0);
		err = PTR_ERR_OR_ZERO(devices[i]);
	}
	if (!err)
		return 0;
	if (i) {
		devices[i - 1] = NULL;
		unregister_devices();
		platform_driver_unregister(&virt_driver);
	}
	return err;
}

static void __exit virt_exit(void)
{
	unregister_devices();
	platform_driver_unregister(&virt_driver);
}

module_init(virt_init);
module_exit(virt_exit);

MODULE_DESCRIPTION("dmaring source of frames without a card");
MODULE_AUTHOR("The dmaring authors");
MODULE_LICENSE("GPL");
