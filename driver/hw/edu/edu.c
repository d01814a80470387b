// SPDX-License-Identifier: GPL-2.0-only
/*
 * dmaring_edu: QEMU's educational PCI device as a frame grabber.
 *
 * The card (1234:11e8) can do one thing at a time: move up to 4 KiB between RAM
 * and its own buffer, which takes it 100 ms, and raise an interrupt.  A frame
 * is put together from chunks.  The driver plays the sensor: it writes a chunk
 * of a test pattern into a staging page, lets the card fetch it, and lets the
 * card store it in the frame's buffer.  So each byte crosses the bus twice, and
 * who reads the frame can recompute it.
 *
 * The sensor runs freely.  If no buffer is armed when a frame begins, that
 * frame is lost: after the time it would have taken it counts as an overrun.
 *
 * With direction=playback the card is a loop-back plug: it fetches a chunk of a
 * frame from its buffer and stores it in the staging page, where the driver
 * compares the two.  A frame that is due and was not submitted is an underrun,
 * after the time that one of the stream's format would have taken.
 *
 * Applications may look at the registers, and, while the card is stopped, at its
 * buffer, which the card has to hand out by a transfer.  In playback they may
 * not: it has what another one sent.
 *
 * Registers: QEMU, docs/specs/edu.txt (later edu.rst).
 */
#include <linux/dma-mapping.h>
#include <linux/interrupt.h>
#include <linux/io-64-nonatomic-lo-hi.h>
#include <linux/iopoll.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/timer.h>

#include <compat.h>
#include <dmaring/hw.h>
#include <dmaring/pattern.h>
#include <dmaring/pci.h>

#define EDU_REG_ID		0x00
#define EDU_ID_MASK		0x000000ff
#define EDU_ID			0x000000ed
#define EDU_REG_IRQ_STATUS	0x24
#define EDU_REG_IRQ_ACK		0x64
#define EDU_IRQ_DMA		0x00000100	/* what the DMA engine raises */
#define EDU_IRQ_INSTANT		0x00010000	/* for instant=1, written to register 0x60 */
#define EDU_REG_WIDTH		4		/* of those below 0x80 */
#define EDU_REG_DMA_SRC		0x80
#define EDU_REG_DMA_DST		0x88
#define EDU_REG_DMA_COUNT	0x90
#define EDU_REG_DMA_COMMAND	0x98
#define EDU_DMA_RUN		BIT(0)		/* reads as 1 while it runs */
#define EDU_DMA_TO_RAM		BIT(1)
#define EDU_DMA_IRQ		BIT(2)
#define EDU_CARD_BUFFER		0x40000		/* its address for the card */

/*
 * QEMU 7.2 aborts on a transfer that ends exactly at the end of the card's
 * 4 KiB, so a chunk is half of it.
 */
#define EDU_CHUNK_BYTES		2048
#define EDU_READ_BYTES		4088		/* for the same reason */
#define EDU_TRANSFER_MS		100
#define EDU_QUEUE_LENGTH	4		/* buffers armed at a time */
#define EDU_STOP_TIMEOUT_US	1000000
#define EDU_LINE_MAX		8192		/* pixels, lines */

static unsigned int dma_bits = 28;
module_param(dma_bits, uint, 0444);
MODULE_PARM_DESC(dma_bits, "address bits of the card, as its QEMU property dma_mask (default 28)");

static unsigned int width = 160;
module_param(width, uint, 0444);
MODULE_PARM_DESC(width, "pixels of a line (default 160)");

static unsigned int height = 120;
module_param(height, uint, 0444);
MODULE_PARM_DESC(height, "lines of a frame (default 120)");

static char *pattern = "ramp";
module_param(pattern, charp, 0444);
MODULE_PARM_DESC(pattern, "what the sensor sees: ramp, noise or zone (default ramp)");

static bool instant;
module_param(instant, bool, 0444);
MODULE_PARM_DESC(instant, "1: nothing is transferred, a frame is there when 0x10000 is written to register 0x60: to measure latency (default 0)");

static bool map_registers;
module_param(map_registers, bool, 0444);
MODULE_PARM_DESC(map_registers, "1: all of BAR0 can be seen and mapped, with bus addresses in it: for tests (default 0)");

static u32 direction;
module_param_cb(direction, &dmaring_param_direction_ops, &direction, 0444);
MODULE_PARM_DESC(direction, "capture, or playback (default capture)");

DMARING_POOL_PARAMS(pool_params);

static const char * const pattern_names[] = {
	DMARING_PATTERN_NAMES,
};

/* The sensor has no rate that anybody could set: the card's transfers are it. */
static const struct dmaring_hw_format formats[] = {
	{
		.pixelformat = DMARING_PIXELFORMAT_GREY,
		.width_min = 1,
		.width_max = EDU_LINE_MAX,
		.height_min = 1,
		.height_max = EDU_LINE_MAX,
	},
	{
		.pixelformat = DMARING_FOURCC('Y', '1', '6', ' '),
		.width_min = 1,
		.width_max = EDU_LINE_MAX,
		.height_min = 1,
		.height_max = EDU_LINE_MAX,
	},
};

/* What the sensor does; guarded by edu->lock. */
enum edu_phase {
	EDU_STOPPED,
	EDU_BETWEEN,	/* between two frames */
	EDU_FETCHING,	/* the card fetches a chunk: staging page, or frame */
	EDU_STORING,	/* the card stores that chunk: frame, or staging page */
	EDU_LOSING,	/* no buffer was armed: the frame passes by */
	EDU_INSTANT,	/* a frame is there when an interrupt says so */
};

/**
 * struct edu - one card
 * @pdev:         the card.
 * @regs:         its registers.
 * @stream:       its stream.
 * @staging:      where the sensor's chunks are written for the card to fetch, or
 *                the card's buffer to be read, or a sent chunk to be compared.
 * @staging_addr: the same for the card.
 * @engine:       who uses the card's transfers: start(), stop() and what runs
 *                between them, or one who reads its buffer.
 * @pattern:      enum dmaring_pattern for frames to come: the control TestPattern.
 * @playback:     it sends frames.
 * @clock:        begins frames when no interrupt does.
 * @lock:         guards what follows.
 * @phase:        what the sensor does.
 * @format:       told by start().
 * @index:        of the buffer of the frame in work.
 * @target:       its bus address.
 * @frame_bytes:  of the frame in work.
 * @offset:       in the frame, of the chunk in work.
 * @sequence:     of the frame in work.
 * @frame_pattern: of the frame in work.
 * @equal:        playback: how many of its bytes were sent as they are.
 * @mismatches:   playback: frames of which not all were.
 */
struct edu {
	struct pci_dev *pdev;
	void __iomem *regs;
	struct dmaring_stream *stream;
	void *staging;
	dma_addr_t staging_addr;
	struct mutex engine;
	u32 pattern;
	bool playback;
	struct timer_list clock;

	spinlock_t lock;
	enum edu_phase phase;
	struct dmaring_format format;
	u32 index;
	dma_addr_t target;
	u32 frame_bytes;
	u32 offset;
	u64 sequence;
	u32 frame_pattern;
	u32 equal;
	unsigned long mismatches;
};

/* -------------------------------------------------------------------- sensor */

static u32 chunk_bytes(const struct edu *edu)
{
	return min_t(u32, edu->frame_bytes - edu->offset, EDU_CHUNK_BYTES);
}

static void transfer(struct edu *edu, u64 src, u64 dst, u32 bytes, u32 command)
{
	writeq(src, edu->regs + EDU_REG_DMA_SRC);
	writeq(dst, edu->regs + EDU_REG_DMA_DST);
	writeq(bytes, edu->regs + EDU_REG_DMA_COUNT);
	/* writel() orders what is to be fetched before the command. */
	writel(command | EDU_DMA_RUN, edu->regs + EDU_REG_DMA_COMMAND);
}

/* Where the chunk in work is in the frame, for the card. */
static dma_addr_t frame_addr(const struct edu *edu)
{
	return edu->target + edu->offset;
}

static void fetch_chunk(struct edu *edu)
{
	WRITE_ONCE(edu->phase, EDU_FETCHING);
	if (!edu->playback)
		dmaring_pattern_fill_frame(edu->staging, edu->frame_pattern,
					   &edu->format, edu->sequence,
					   edu->offset, chunk_bytes(edu));
	transfer(edu, edu->playback ? frame_addr(edu) : edu->staging_addr,
		 EDU_CARD_BUFFER, chunk_bytes(edu), EDU_DMA_IRQ);
}

static void store_chunk(struct edu *edu)
{
	WRITE_ONCE(edu->phase, EDU_STORING);
	transfer(edu, EDU_CARD_BUFFER,
		 edu->playback ? edu->staging_addr : frame_addr(edu),
		 chunk_bytes(edu), EDU_DMA_TO_RAM | EDU_DMA_IRQ);
}

static u32 equal_bytes(const u8 *left, const u8 *right, u32 bytes)
{
	u32 i;

	for (i = 0; i < bytes; i++)
		if (left[i] != right[i])
			break;
	return i;
}

/* How much of the chunk came back as it is in the frame. */
static u32 compare_chunk(const struct edu *edu)
{
	u32 bytes = chunk_bytes(edu), at, part, equal;
	struct dmaring_span span;

	for (at = 0; at < bytes; at += part) {
		span = dmaring_buffer_span(edu->stream, edu->index,
					   edu->offset + at);
		part = min_t(size_t, span.bytes, bytes - at);
		equal = equal_bytes(span.at, edu->staging + at, part);
		if (equal < part)
			return at + equal;
	}
	return bytes;
}

static unsigned long frame_jiffies(const struct edu *edu)
{
	u32 chunks = DIV_ROUND_UP(edu->format.frame_bytes, EDU_CHUNK_BYTES);

	return msecs_to_jiffies(chunks * 2 * EDU_TRANSFER_MS);
}

static u32 frame_bytes(const struct edu *edu, u32 index)
{
	return edu->playback ? dmaring_frame_bytes(edu->stream, index) :
			       edu->format.frame_bytes;
}

static void begin_frame(struct edu *edu)
{
	struct dmaring_armed next;

	lockdep_assert_held(&edu->lock);
	if (!dmaring_next_armed(edu->stream, &next)) {
		WRITE_ONCE(edu->phase, EDU_LOSING);
		mod_timer(&edu->clock, jiffies + frame_jiffies(edu));
		return;
	}
	edu->index = next.index;
	edu->target = next.segments->addr;
	edu->frame_bytes = frame_bytes(edu, next.index);
	edu->offset = 0;
	edu->equal = 0;
	/* Nobody else counts frames of this stream, so it stays true. */
	edu->sequence = dmaring_sequence(edu->stream);
	edu->frame_pattern = READ_ONCE(edu->pattern);
	fetch_chunk(edu);
}

static void end_frame(struct edu *edu)
{
	struct dmaring_completion frame = {
		.bytes_used = edu->frame_bytes,
		.hw_meta = edu->playback ? edu->equal : edu->frame_pattern,
	};

	if (edu->playback && edu->equal < edu->frame_bytes) {
		frame.flags = DMARING_FRAME_ERROR;
		WRITE_ONCE(edu->mismatches, edu->mismatches + 1);
	}
	WRITE_ONCE(edu->phase, EDU_BETWEEN);
	dmaring_complete_next(edu->stream, &frame);
}

/* A frame without a transfer: the buffer's content is what it was. */
static void instant_frame(struct edu *edu)
{
	struct dmaring_completion frame = { };
	struct dmaring_armed next;

	lockdep_assert_held(&edu->lock);
	if (edu->phase != EDU_INSTANT)
		return;
	if (dmaring_next_armed(edu->stream, &next)) {
		frame.bytes_used = frame_bytes(edu, next.index);
		dmaring_complete_next(edu->stream, &frame);
	} else {
		dmaring_overrun(edu->stream, 1);
	}
}

/* The card has done what it was told: what comes next? */
static void transfer_done(struct edu *edu)
{
	lockdep_assert_held(&edu->lock);
	switch (edu->phase) {
	case EDU_FETCHING:
		store_chunk(edu);
		break;
	case EDU_STORING:
		/* Not beyond the first difference. */
		if (edu->playback && edu->equal == edu->offset)
			edu->equal += compare_chunk(edu);
		edu->offset += chunk_bytes(edu);
		if (edu->offset < edu->frame_bytes)
			fetch_chunk(edu);
		else
			end_frame(edu);
		break;
	default:
		/* Stopped meanwhile, or an interrupt nobody asked for. */
		break;
	}
}

static void begin_frame_if_between(struct edu *edu)
{
	unsigned long flags;

	/* Whoever else ends a frame comes here after that. */
	if (READ_ONCE(edu->phase) != EDU_BETWEEN)
		return;
	spin_lock_irqsave(&edu->lock, flags);
	if (edu->phase == EDU_BETWEEN)
		begin_frame(edu);
	spin_unlock_irqrestore(&edu->lock, flags);
}

/* The frame that found no buffer is over. */
static void clock_tick(struct timer_list *timer)
{
	struct edu *edu = container_of(timer, struct edu, clock);
	unsigned long flags;

	spin_lock_irqsave(&edu->lock, flags);
	if (edu->phase == EDU_LOSING) {
		dmaring_overrun(edu->stream, 1);
		WRITE_ONCE(edu->phase, EDU_BETWEEN);
	}
	spin_unlock_irqrestore(&edu->lock, flags);
	begin_frame_if_between(edu);
}

static irqreturn_t edu_irq(int irq, void *data)
{
	struct edu *edu = data;
	u32 status = readl(edu->regs + EDU_REG_IRQ_STATUS);

	if (!status)
		return IRQ_NONE;
	if (PCI_POSSIBLE_ERROR(status)) {
		/* In a reset it is only deaf for a while: INTx of another card. */
		if (READ_ONCE(edu->phase) != EDU_STOPPED)
			dmaring_fail(edu->stream, -ENODEV);
		return IRQ_NONE;
	}
	/* With MSI, too: the card raises no further one before. */
	writel(status, edu->regs + EDU_REG_IRQ_ACK);
	if (status & (EDU_IRQ_DMA | EDU_IRQ_INSTANT)) {
		spin_lock(&edu->lock);
		if (status & EDU_IRQ_DMA)
			transfer_done(edu);
		if (status & EDU_IRQ_INSTANT)
			instant_frame(edu);
		spin_unlock(&edu->lock);
		/* Between two frames the last chance to get a buffer in. */
		dmaring_refill(edu->stream);
		begin_frame_if_between(edu);
	}
	return IRQ_HANDLED;
}

/* ---------------------------------------------------- what the core asks for */

static int start(struct edu *edu, const struct dmaring_format *format)
{
	u32 command = readl(edu->regs + EDU_REG_DMA_COMMAND);

	lockdep_assert_held(&edu->engine);
	if (PCI_POSSIBLE_ERROR(command))
		return -ENODEV;
	/* One that stop() had to cut off would go on in somebody's frame. */
	if (command & EDU_DMA_RUN) {
		dev_err(&edu->pdev->dev, "an old transfer still runs: reset the card\n");
		return -EBUSY;
	}
	pci_set_master(edu->pdev);
	writel(readl(edu->regs + EDU_REG_IRQ_STATUS),
	       edu->regs + EDU_REG_IRQ_ACK);

	spin_lock_irq(&edu->lock);
	edu->format = *format;
	WRITE_ONCE(edu->phase, instant ? EDU_INSTANT : EDU_BETWEEN);
	spin_unlock_irq(&edu->lock);
	/* The first frame, after buffers were armed. */
	if (!instant)
		mod_timer(&edu->clock, jiffies + 1);
	return 0;
}

static int edu_start(void *hw, const struct dmaring_format *format)
{
	struct edu *edu = hw;
	int err;

	mutex_lock(&edu->engine);
	err = start(edu, format);
	mutex_unlock(&edu->engine);
	return err;
}

static int wait_for_transfer(struct edu *edu)
{
	u32 command;

	return readl_poll_timeout(edu->regs + EDU_REG_DMA_COMMAND, command,
				  !(command & EDU_DMA_RUN), 1000,
				  EDU_STOP_TIMEOUT_US);
}

static int edu_stop(void *hw)
{
	struct edu *edu = hw;
	int err;

	/* Readers must not keep it from falling silent. */
	mutex_lock(&edu->engine);
	spin_lock_irq(&edu->lock);
	WRITE_ONCE(edu->phase, EDU_STOPPED);
	spin_unlock_irq(&edu->lock);
	timer_delete_sync(&edu->clock);

	/* Nothing begins any more; a transfer that runs cannot be called off. */
	err = wait_for_transfer(edu);
	/* Its interrupt must not be taken for one of the next start. */
	synchronize_irq(pci_irq_vector(edu->pdev, 0));
	if (err)
		err = dmaring_pci_cut_off(edu->pdev);
	mutex_unlock(&edu->engine);
	return err;
}

/* The card has no queue: the core keeps the order, until a frame begins. */
static int edu_arm(void *hw, u32 index, const struct dmaring_segment *segments,
		   unsigned int count)
{
	return 0;
}

static int edu_check(void *hw)
{
	struct edu *edu = hw;
	u32 id = readl(edu->regs + EDU_REG_ID);

	if ((id & EDU_ID_MASK) == EDU_ID)
		return 0;
	dev_err(&edu->pdev->dev, "the card says %#010x, not ......ed: is it a QEMU edu device?\n",
		id);
	return -ENODEV;
}

/* With instant=1 a frame comes when somebody writes to a register. */
static bool edu_frame_due(void *hw)
{
	return !instant;
}

enum edu_region {
	EDU_REGISTERS,
	EDU_BUFFER,
	EDU_REGIONS,
};

/* The card is stopped: its buffer comes to the staging page. */
static int fetch_buffer(struct edu *edu, u64 offset, void *to, size_t bytes)
{
	u32 command = readl(edu->regs + EDU_REG_DMA_COMMAND);

	lockdep_assert_held(&edu->engine);
	if (PCI_POSSIBLE_ERROR(command))
		return -ENODEV;
	/* An old one that was cut off: bus mastering would let it go on. */
	if (command & EDU_DMA_RUN)
		return -EBUSY;
	pci_set_master(edu->pdev);
	transfer(edu, EDU_CARD_BUFFER + offset, edu->staging_addr, bytes,
		 EDU_DMA_TO_RAM);
	if (wait_for_transfer(edu))
		return -EIO;
	memcpy(to, edu->staging, bytes);
	return 0;
}

/* One at a time, and nobody waits: there could be any number of them. */
static int read_buffer(struct edu *edu, u64 offset, void *to, size_t bytes)
{
	int err = -EBUSY;

	if (!mutex_trylock(&edu->engine))
		return -EBUSY;
	if (READ_ONCE(edu->phase) == EDU_STOPPED)
		err = fetch_buffer(edu, offset, to, bytes);
	mutex_unlock(&edu->engine);
	return err;
}

static int edu_read_region(void *hw, u32 region, u64 offset, void *to,
			   size_t bytes)
{
	struct edu *edu = hw;

	if (region == EDU_BUFFER)
		return read_buffer(edu, offset, to, bytes);
	return dmaring_read_io(edu->regs + offset, to, bytes, EDU_REG_WIDTH);
}

static bool edu_has_controls(const struct edu *edu)
{
	return !edu->playback && !instant;
}

static const struct dmaring_hw_control edu_controls[] = {
	{
		.name = "TestPattern",
		.type = DMARING_CONTROL_MENU,
		.items = pattern_names,
		.item_count = ARRAY_SIZE(pattern_names),
	},
};

static int edu_get_control(void *hw, u32 control, struct dmaring_hw_value *value)
{
	struct edu *edu = hw;

	value->number = READ_ONCE(edu->pattern);
	return 0;
}

/* From the next frame on; the one in work has the old one, and says so. */
static int edu_set_control(void *hw, u32 control,
			   const struct dmaring_hw_value *value)
{
	struct edu *edu = hw;

	WRITE_ONCE(edu->pattern, value->number);
	return 0;
}

static const struct dmaring_hw_ops edu_ops = {
	.start = edu_start,
	.stop = edu_stop,
	.arm = edu_arm,
	.check = edu_check,
	.frame_due = edu_frame_due,
	.read_region = edu_read_region,
	.get_control = edu_get_control,
	.set_control = edu_set_control,
};

/* --------------------------------------------------------------------- sysfs */

static ssize_t pattern_show(struct device *dev, struct device_attribute *attr,
			    char *text)
{
	struct edu *edu = dev_get_drvdata(dev);

	return sysfs_emit(text, "%s\n", pattern_names[READ_ONCE(edu->pattern)]);
}

/* From the next frame on; each frame says in hw_meta which one it has. */
static ssize_t pattern_store(struct device *dev, struct device_attribute *attr,
			     const char *text, size_t length)
{
	struct edu *edu = dev_get_drvdata(dev);
	int found = sysfs_match_string(pattern_names, text);

	if (found < 0)
		return found;
	WRITE_ONCE(edu->pattern, found);
	if (edu_has_controls(edu))
		dmaring_control_changed(edu->stream, 0);
	return length;
}
static DEVICE_ATTR_RW(pattern);

static ssize_t mismatches_show(struct device *dev,
			       struct device_attribute *attr, char *text)
{
	struct edu *edu = dev_get_drvdata(dev);

	return sysfs_emit(text, "%lu\n", READ_ONCE(edu->mismatches));
}
static DEVICE_ATTR_RO(mismatches);

static struct attribute *edu_attrs[] = {
	&dev_attr_pattern.attr,
	&dev_attr_mismatches.attr,
	NULL
};
ATTRIBUTE_GROUPS(edu);

/* ------------------------------------------------------------- probe, remove */

static int set_up_device(struct edu *edu)
{
	struct pci_dev *pdev = edu->pdev;
	int err;

	err = pcim_enable_device(pdev);
	if (err)
		return err;
	err = pcim_iomap_regions(pdev, BIT(0), "dmaring_edu");
	if (err)
		return err;
	edu->regs = pcim_iomap_table(pdev)[0];
	err = edu_check(edu);
	if (err)
		return err;
	if (dma_bits < 16 || dma_bits > 64 ||
	    dma_set_mask_and_coherent(&pdev->dev, DMA_BIT_MASK(dma_bits))) {
		dev_err(&pdev->dev, "dma_bits=%u: no such DMA mask on this machine; give the width of the card's dma_mask\n",
			dma_bits);
		return -EIO;
	}
	dma_set_max_seg_size(&pdev->dev, UINT_MAX);
	edu->staging = dmam_alloc_coherent(&pdev->dev, EDU_READ_BYTES,
					   &edu->staging_addr, GFP_KERNEL);
	return edu->staging ? 0 : -ENOMEM;
}

/*
 * Nothing that has a bus address, unless that was asked for.  What the buffer has
 * of a frame is a test pattern and no secret; but not in playback.
 */
static int set_up_stream(struct edu *edu)
{
	const struct dmaring_hw_region regions[EDU_REGIONS] = {
		[EDU_REGISTERS] = {
			.name = "registers",
			.start = pci_resource_start(edu->pdev, 0),
			.bytes = map_registers ?
					 pci_resource_len(edu->pdev, 0) :
					 EDU_REG_DMA_SRC,
			.flags = map_registers ? DMARING_REGION_MAP |
							 DMARING_REGION_WRITE :
						 0,
			.width = EDU_REG_WIDTH,
		},
		[EDU_BUFFER] = {
			.name = "buffer",
			.bytes = EDU_READ_BYTES,
			.flags = DMARING_REGION_PREFETCHABLE,
		},
	};
	struct dmaring_config config = {
		.ops = &edu_ops,
		.owner = THIS_MODULE,
		.direction = direction,
		.hw = edu,
		.driver = "dmaring_edu",
		.card = "QEMU edu",
		.format = { .width = width, .height = height },
		.pool = &pool_params,
		/* Together with the one that is being filled. */
		.queue_length = EDU_QUEUE_LENGTH,
		.in_order = true,
		.kick_below = 1,
		.regions = regions,
		.region_count = EDU_REGIONS,
		.formats = formats,
		.format_count = ARRAY_SIZE(formats),
		.controls = edu_controls,
		.control_count = ARRAY_SIZE(edu_controls),
	};
	int found = match_string(pattern_names, ARRAY_SIZE(pattern_names),
				 pattern);

	if (found < 0 || !width || width > EDU_LINE_MAX || !height ||
	    height > EDU_LINE_MAX) {
		dev_err(&edu->pdev->dev,
			"width=%u height=%u pattern=%s: must be 1..%u, 1..%u and ramp, noise or zone\n",
			width, height, pattern, EDU_LINE_MAX, EDU_LINE_MAX);
		return -EINVAL;
	}
	edu->pattern = found;
	edu->playback = direction == DMARING_PLAYBACK;
	if (!edu_has_controls(edu))
		config.control_count = 0;
	if (edu->playback)
		config.region_count = EDU_BUFFER;
	else if (!instant)
		config.caps = DMARING_CAP_TEST_PATTERN;
	edu->stream = dmaring_create(&edu->pdev->dev, &config);
	return PTR_ERR_OR_ZERO(edu->stream);
}

static int edu_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct edu *edu;
	int err;

	edu = devm_kzalloc(&pdev->dev, sizeof(*edu), GFP_KERNEL);
	if (!edu)
		return -ENOMEM;
	edu->pdev = pdev;
	mutex_init(&edu->engine);
	spin_lock_init(&edu->lock);
	timer_setup(&edu->clock, clock_tick, 0);
	pci_set_drvdata(pdev, edu);

	err = set_up_device(edu);
	if (err)
		return err;
	err = set_up_stream(edu);
	if (err)
		return err;
	err = pci_alloc_irq_vectors(pdev, 1, 1, PCI_IRQ_ALL_TYPES);
	if (err < 0)
		goto err_destroy_stream;
	err = request_irq(pci_irq_vector(pdev, 0), edu_irq, IRQF_SHARED,
			  "dmaring_edu", edu);
	if (err)
		goto err_free_vectors;
	err = dmaring_pci_register(edu->stream);
	if (err)
		goto err_unregister_stream;
	return 0;

err_unregister_stream:
	dmaring_unregister(edu->stream);
	free_irq(pci_irq_vector(pdev, 0), edu);
err_free_vectors:
	pci_free_irq_vectors(pdev);
err_destroy_stream:
	dmaring_destroy(edu->stream);
	return err;
}

static void edu_remove(struct pci_dev *pdev)
{
	struct edu *edu = pci_get_drvdata(pdev);

	dmaring_unregister(edu->stream);
	pci_clear_master(pdev);
	free_irq(pci_irq_vector(pdev, 0), edu);
	pci_free_irq_vectors(pdev);
	dmaring_destroy(edu->stream);
}

static const struct pci_device_id edu_ids[] = {
	{ PCI_DEVICE(0x1234, 0x11e8) },
	{ }
};
MODULE_DEVICE_TABLE(pci, edu_ids);

static struct pci_driver edu_driver = {
	.name = "dmaring_edu",
	.id_table = edu_ids,
	.probe = edu_probe,
	.remove = edu_remove,
	.shutdown = dmaring_pci_shutdown,
	.err_handler = &dmaring_pci_error_handlers,
	.dev_groups = edu_groups,
	.driver.pm = pm_sleep_ptr(&dmaring_pci_pm_ops),
};
module_pci_driver(edu_driver);

MODULE_DESCRIPTION("dmaring hardware driver for QEMU's edu device");
MODULE_AUTHOR("The dmaring authors");
MODULE_LICENSE("GPL");
