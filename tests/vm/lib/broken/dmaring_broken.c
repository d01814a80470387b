// SPDX-License-Identifier: GPL-2.0-only
/*
 * A hardware driver with the defect that its parameter names, for "dmaring check" to
 * find.  With none it is a good one: a timer fills buffers with a test pattern.
 */
#include <linux/dma-mapping.h>
#include <linux/kfifo.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/workqueue.h>

#include <dmaring/hw.h>
#include <dmaring/pattern.h>

#define WIDTH		64		/* the greatest, and the first */
#define HEIGHT		16
#define PADDING		16		/* bytes of a line */
#define QUEUE_LENGTH	64
#define RATE		100		/* Hz; likewise */
#define EVERY		8		/* frames, for what happens now and then */
#define LATE_MS		20
#define SILENT_FRAMES	50		/* after a start */

static char *defect = "none";
module_param(defect, charp, 0444);
MODULE_PARM_DESC(defect, "what is wrong with it");

DMARING_POOL_PARAMS(pool_params);

struct broken {
	struct platform_device *pdev;
	struct dmaring_stream *stream;
	struct delayed_work clock;
	struct delayed_work late;
	spinlock_t lock;		/* for the next two */
	bool running;
	DECLARE_KFIFO(armed, u32, QUEUE_LENGTH);
	u64 frames;
	u32 last;			/* buffer */
	u64 last_ns;
	u64 due_ns;			/* of the next one */
	unsigned int starts;
	struct dmaring_format format;	/* of the frames */
	unsigned int formats_asked;
	s64 gain;
	s64 offset;
};

static struct platform_device *device;

/* It sleeps while this is 1. */
static bool asleep;
static int asleep_set(const char *text, const struct kernel_param *param);
static const struct kernel_param_ops asleep_ops = {
	.set = asleep_set,
	.get = param_get_bool,
};
module_param_cb(asleep, &asleep_ops, &asleep, 0644);
MODULE_PARM_DESC(asleep, "1: suspended (default 0)");

static bool slept;

static unsigned int stops_asleep;
module_param(stops_asleep, uint, 0444);
MODULE_PARM_DESC(stops_asleep, "how often stop() was called while it slept (to be read)");

static bool has(const char *name)
{
	return !strcmp(defect, name);
}

/* Now and then. */
static bool does(struct broken *broken, const char *name)
{
	return has(name) && broken->frames % EVERY == EVERY - 1;
}

static void scribble(struct broken *broken, u32 index)
{
	struct dmaring_span span = dmaring_buffer_span(broken->stream, index, 8);

	if (span.bytes)
		memset(span.at, 0xee, 8);
}

static void fill(struct broken *broken, u32 index, u32 bytes)
{
	u64 sequence = dmaring_sequence(broken->stream);
	struct dmaring_span span;

	if (has("wrong_content"))
		sequence++;
	for (u32 at = 0; at < bytes; at += PAGE_SIZE) {
		span = dmaring_buffer_span(broken->stream, index, at);
		dmaring_pattern_fill(span.at, DMARING_PATTERN_NOISE, broken->format.width,
				     sequence, at, min_t(u32, bytes - at, PAGE_SIZE));
	}
}

static u64 stamp(struct broken *broken)
{
	u64 now = ktime_get_ns();

	if (does(broken, "backwards"))
		return broken->last_ns - NSEC_PER_MSEC;
	if (does(broken, "future"))
		return now + NSEC_PER_SEC;
	if (has("past"))
		return now - 3 * NSEC_PER_SEC;
	return now;
}

static void finish(struct broken *broken, u32 index)
{
	u32 bytes = broken->format.width * broken->format.height;
	struct dmaring_completion frame = {
		.bytes_used = bytes,
		.flags = DMARING_FRAME_HW_TIMESTAMP,
		.hw_meta = DMARING_PATTERN_NOISE,
		.timestamp_ns = stamp(broken),
	};

	if (does(broken, "short"))
		frame.bytes_used /= 2;
	if (does(broken, "long"))
		frame.bytes_used += 8;
	if (does(broken, "damaged"))
		frame.flags |= DMARING_FRAME_ERROR;
	if (does(broken, "unstamped"))
		frame.flags &= ~DMARING_FRAME_HW_TIMESTAMP;
	fill(broken, index, has("half") ? bytes / 2 : bytes);
	broken->last_ns = frame.timestamp_ns;
	dmaring_complete(broken->stream, index, &frame);
	if (does(broken, "twice"))
		dmaring_complete(broken->stream, index, &frame);
}

static void make_frame(struct broken *broken)
{
	bool got;
	u32 index;

	spin_lock_irq(&broken->lock);
	got = broken->running && kfifo_get(&broken->armed, &index);
	spin_unlock_irq(&broken->lock);
	if (!got) {
		dmaring_overrun(broken->stream, has("overruns_twice") ? 2 : 1);
	} else if (!does(broken, "forgets")) {
		finish(broken, index);
		broken->last = index;
		/* What is written after a frame is complete. */
		if (has("late_write"))
			queue_delayed_work(system_wq, &broken->late, msecs_to_jiffies(5));
	}
	broken->frames++;
}

/* Jiffies are coarse: one that comes too late is followed by one that comes sooner. */
static unsigned long until_next(struct broken *broken)
{
	const struct dmaring_format *format = &broken->format;
	u64 now_ns = ktime_get_ns();

	if (has("ignores_rate"))
		return 1;
	broken->due_ns += div_u64((u64)format->rate_denominator * NSEC_PER_SEC,
				  format->rate_numerator);
	if (broken->due_ns < now_ns)
		broken->due_ns = now_ns;
	return nsecs_to_jiffies(broken->due_ns - now_ns);
}

static void tick(struct work_struct *work)
{
	struct broken *broken = container_of(work, struct broken, clock.work);

	if (!READ_ONCE(broken->running))
		return;
	if (!has("falls_silent") || broken->frames < SILENT_FRAMES)
		make_frame(broken);
	if (!has("wakes_nobody"))
		dmaring_refill(broken->stream);
	queue_delayed_work(system_wq, &broken->clock, until_next(broken));
}

static void be_late(struct work_struct *work)
{
	struct broken *broken = container_of(work, struct broken, late.work);
	const struct dmaring_completion frame = { .bytes_used = WIDTH * HEIGHT };

	if (has("tells_after_stop"))
		dmaring_complete(broken->stream, broken->last, &frame);
	else
		scribble(broken, broken->last);
}

static int broken_start(void *hw, const struct dmaring_format *format)
{
	struct broken *broken = hw;

	if (has("starts_once") && broken->starts)
		return -EBUSY;
	if (has("answers_numbers"))
		return 1;
	broken->starts++;
	broken->frames = 0;
	broken->last_ns = ktime_get_ns();
	broken->due_ns = broken->last_ns;
	if (!has("format_stays") && !has("tries_for_real"))
		broken->format = *format;
	WRITE_ONCE(broken->running, true);
	queue_delayed_work(system_wq, &broken->clock, until_next(broken));
	return 0;
}

static int broken_stop(void *hw)
{
	struct broken *broken = hw;

	spin_lock_irq(&broken->lock);
	WRITE_ONCE(broken->running, false);
	kfifo_reset(&broken->armed);
	spin_unlock_irq(&broken->lock);
	cancel_delayed_work_sync(&broken->clock);
	cancel_delayed_work_sync(&broken->late);
	if (has("writes_after_stop") || has("tells_after_stop"))
		queue_delayed_work(system_wq, &broken->late, msecs_to_jiffies(LATE_MS));
	stops_asleep += asleep;
	return has("quiet_once_it_slept") && !slept ? -ETIMEDOUT : 0;
}

static int asleep_set(const char *text, const struct kernel_param *param)
{
	struct broken *broken = device ? platform_get_drvdata(device) : NULL;
	bool sleep;
	int err = kstrtobool(text, &sleep);

	if (err || !broken)
		return err ?: -ENODEV;
	if (sleep) {
		dmaring_suspend(broken->stream);
		asleep = true;
		return 0;
	}
	asleep = false;
	slept = true;
	return dmaring_resume(broken->stream);
}

static int broken_arm(void *hw, u32 index, const struct dmaring_segment *segments,
		      unsigned int count)
{
	struct broken *broken = hw;
	unsigned int put;
	unsigned long flags;

	spin_lock_irqsave(&broken->lock, flags);
	put = kfifo_put(&broken->armed, index);
	spin_unlock_irqrestore(&broken->lock, flags);
	return put ? 0 : -EBUSY;
}

/* ------------------------------------------------------------ format and controls */

static const struct dmaring_hw_format formats[] = {
	{
		.pixelformat = DMARING_PIXELFORMAT_GREY,
		.width_min = WIDTH / 4,
		.width_max = WIDTH,
		.height_min = HEIGHT / 2,
		.height_max = HEIGHT,
		.line_step = PADDING,
		.rate_min = { RATE / 10, 1 },
		.rate_max = { RATE, 1 },
	},
};

static int broken_set_format(void *hw, struct dmaring_format *format)
{
	struct broken *broken = hw;

	if (has("promises_format") && format->width < WIDTH / 2)
		return -ERANGE;
	/* The first one is asked for by the core, at probe. */
	if (has("answers_numbers") && broken->formats_asked++)
		return format->width;
	/* They are tried first, and then set. */
	if (has("set_is_not_try") && broken->formats_asked++ % 2) {
		format->bytes_per_line += PADDING;
		format->frame_bytes += PADDING * format->height;
	}
	if (has("slows_down"))
		format->rate_numerator = RATE / 10;
	if (has("tries_for_real"))
		broken->format = *format;
	return 0;
}

enum broken_control {
	GAIN,
	OFFSET,
	NAME,
};

static const struct dmaring_hw_control controls[] = {
	[GAIN] = {
		.name = "Gain",
		.type = DMARING_CONTROL_INTEGER,
		.maximum = 100,
		.step = 5,
		.default_value = 20,
	},
	[OFFSET] = {
		.name = "BlackLevel",
		.type = DMARING_CONTROL_INTEGER,
		.flags = DMARING_CONTROL_VOLATILE,
		.minimum = -8,
		.maximum = 7,
	},
	[NAME] = {
		.name = "DeviceUserID",
		.type = DMARING_CONTROL_STRING,
		.flags = DMARING_CONTROL_READ_ONLY,
		.maximum = DMARING_CONTROL_TEXT - 1,
	},
};

static int broken_get_control(void *hw, u32 control, struct dmaring_hw_value *value)
{
	struct broken *broken = hw;

	switch (control) {
	case GAIN:
		value->number = broken->gain;
		if (has("reads_beyond"))
			value->number = controls[GAIN].maximum + controls[GAIN].step;
		if (has("reads_between"))
			value->number++;
		return has("reads_nothing") ? -ETIMEDOUT : 0;
	case OFFSET:
		value->number = has("never_set") ? 3 : broken->offset;
		return 0;
	default:
		if (has("endless_text"))
			memset(value->text, 'x', sizeof(value->text));
		return 0;
	}
}

static int broken_set_control(void *hw, u32 control, const struct dmaring_hw_value *value)
{
	struct broken *broken = hw;

	if (control == OFFSET) {
		broken->offset = value->number;
		return 0;
	}
	if (has("promises_value") && value->number > 50)
		return -EINVAL;
	broken->gain = value->number;
	return 0;
}

static const struct dmaring_hw_region regions[] = {
	{
		.name = "registers",
		.bytes = 64,
		.width = 4,
	},
};

static int broken_read_region(void *hw, u32 region, u64 offset, void *to, size_t bytes)
{
	memset(to, 0, bytes);
	return has("answers_numbers") ? bytes : 0;
}

static const struct dmaring_hw_ops broken_ops = {
	.start = broken_start,
	.stop = broken_stop,
	.arm = broken_arm,
	.set_format = broken_set_format,
	.get_control = broken_get_control,
	.set_control = broken_set_control,
	.read_region = broken_read_region,
};

static int broken_probe(struct platform_device *pdev)
{
	struct dmaring_config config = {
		.ops = &broken_ops,
		.owner = THIS_MODULE,
		.driver = "dmaring_broken",
		.card = has("nameless") ? "" : "broken source",
		.caps = DMARING_CAP_TEST_PATTERN,
		.format = {
			.width = WIDTH,
			.height = HEIGHT,
			.pixelformat = DMARING_PIXELFORMAT_GREY,
			.bytes_per_line = WIDTH,
			.frame_bytes = WIDTH * HEIGHT + (has("frame_bytes") ? 16 : 0),
			.rate_numerator = RATE,
			.rate_denominator = 1,
		},
		/* With a list the core reckons the bytes. */
		.formats = has("frame_bytes") ? NULL : formats,
		.format_count = has("frame_bytes") ? 0 : ARRAY_SIZE(formats),
		.controls = controls,
		.control_count = ARRAY_SIZE(controls),
		.regions = regions,
		.region_count = ARRAY_SIZE(regions),
		.pool = &pool_params,
		.queue_length = QUEUE_LENGTH,
		.kick_below = 1,
		.max_segments = 1,
		.by_cpu = true,
	};
	struct broken *broken = devm_kzalloc(&pdev->dev, sizeof(*broken), GFP_KERNEL);
	int err;

	if (!broken)
		return -ENOMEM;
	broken->pdev = pdev;
	spin_lock_init(&broken->lock);
	INIT_KFIFO(broken->armed);
	INIT_DELAYED_WORK(&broken->clock, tick);
	INIT_DELAYED_WORK(&broken->late, be_late);
	platform_set_drvdata(pdev, broken);
	err = dma_coerce_mask_and_coherent(&pdev->dev, DMA_BIT_MASK(64));
	if (err)
		return err;
	config.hw = broken;
	broken->format = config.format;
	broken->gain = controls[GAIN].default_value;
	broken->stream = dmaring_create(&pdev->dev, &config);
	if (IS_ERR(broken->stream))
		return PTR_ERR(broken->stream);
	err = dmaring_register(broken->stream);
	if (err) {
		dmaring_unregister(broken->stream);
		dmaring_destroy(broken->stream);
	}
	return err;
}

static void forget(struct platform_device *pdev)
{
	struct broken *broken = platform_get_drvdata(pdev);

	dmaring_unregister(broken->stream);
	cancel_delayed_work_sync(&broken->late);
	dmaring_destroy(broken->stream);
}

static struct platform_driver broken_driver = {
	.driver.name = "dmaring_broken",
	.probe = broken_probe,
};

static int __init broken_init(void)
{
	int err = platform_driver_register(&broken_driver);

	if (err)
		return err;
	device = platform_device_register_simple("dmaring_broken", -1, NULL, 0);
	if (!IS_ERR(device) && platform_get_drvdata(device))
		return 0;
	if (!IS_ERR(device))
		platform_device_unregister(device);
	platform_driver_unregister(&broken_driver);
	return -ENODEV;
}

static void __exit broken_exit(void)
{
	forget(device);
	platform_device_unregister(device);
	platform_driver_unregister(&broken_driver);
}

module_init(broken_init);
module_exit(broken_exit);

MODULE_DESCRIPTION("A driver with a defect, for dmaring check to find");
MODULE_LICENSE("GPL");
