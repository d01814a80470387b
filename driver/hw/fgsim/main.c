// SPDX-License-Identifier: GPL-2.0-only
/*
 * dmaring_fgsim: a simulated PCIe frame grabber, fast enough to hurt.
 *
 * The card is a process on the host behind QEMU's ivshmem-doorbell; scripts/vm/boot
 * --card fgsim starts it.  fgsim.h tells how a frame comes, regs.h is the data
 * sheet.
 */
#include <linux/dma-mapping.h>
#include <linux/io.h>
#include <linux/iommu.h>
#include <linux/module.h>

#include <dmaring/format.h>
#include <dmaring/pci.h>

#include "fgsim.h"

static unsigned int width = 640;
module_param(width, uint, 0444);
MODULE_PARM_DESC(width, "bytes of a line (default 640)");

static unsigned int height = 480;
module_param(height, uint, 0444);
MODULE_PARM_DESC(height, "lines of a frame (default 480)");

static char *format = "GREY";
module_param(format, charp, 0444);
MODULE_PARM_DESC(format, "pixel or sample format, a fourcc of dmaring/format.h (default GREY)");

static unsigned int rate = 30;
module_param(rate, uint, 0444);
MODULE_PARM_DESC(rate, "frames a second, at most 1000000; 0: as fast as buffers come back (default 30)");

static bool triggered;
module_param(triggered, bool, 0444);
MODULE_PARM_DESC(triggered, "1: frames come when the attribute \"trigger\" is written (default 0)");

static char *pattern = "ramp";
module_param(pattern, charp, 0444);
MODULE_PARM_DESC(pattern, "ramp, noise or zone; or copy, stamp, off, which are cheap (default ramp)");

static unsigned int segment_bytes;
module_param(segment_bytes, uint, 0444);
MODULE_PARM_DESC(segment_bytes, "post a buffer in segments of at most so many bytes (default 0: as it is)");

static bool metadata;
module_param(metadata, bool, 0444);
MODULE_PARM_DESC(metadata, "1: frames have metadata: exposure, gain, temperature, encoder (default 0)");

static u32 direction;
module_param_cb(direction, &dmaring_param_direction_ops, &direction, 0444);
MODULE_PARM_DESC(direction, "capture, or playback (default capture)");

DMARING_POOL_PARAMS(pool_params);

/* ------------------------------------------------------------- probe, remove */

static int map_bars(struct fgsim_card *card)
{
	struct pci_dev *pdev = card->pdev;
	resource_size_t start = pci_resource_start(pdev, FGSIM_BAR_MEMORY);
	resource_size_t bytes = pci_resource_len(pdev, FGSIM_BAR_MEMORY);
	int err;

	BUILD_BUG_ON(sizeof(struct fgsim_bar) != FGSIM_BAR_BYTES);
	if (bytes < FGSIM_BAR_BYTES) {
		dev_info(&pdev->dev, "an ivshmem with %llu bytes of memory, no fgsim card: left alone\n",
			 (u64)bytes);
		return -ENODEV;
	}
	bytes = min_t(u64, bytes, FGSIM_STREAMS_MAX * FGSIM_BAR_BYTES);
	card->room = bytes / FGSIM_BAR_BYTES;
	err = pcim_iomap_regions(pdev, BIT(FGSIM_BAR_DOORBELL),
				 "dmaring_fgsim");
	if (err)
		return err;
	card->doorbell = pcim_iomap_table(pdev)[FGSIM_BAR_DOORBELL];
	if (!devm_request_mem_region(&pdev->dev, start, bytes,
				     "dmaring_fgsim"))
		return -EBUSY;
	/* Memory shared with another processor, nothing that acts when touched. */
	card->blocks = devm_memremap(&pdev->dev, start, bytes, MEMREMAP_WB);
	return PTR_ERR_OR_ZERO(card->blocks);
}

static int check_iommu(struct fgsim_card *card)
{
	struct device *dev = &card->pdev->dev;
	struct iommu_domain *domain = iommu_get_domain_for_dev(dev);

	if (!domain || !(domain->type & __IOMMU_DOMAIN_PAGING))
		return 0;
	dev_err(dev, "an IOMMU translates for this card, which knows only physical addresses: boot with iommu=pt or without one\n");
	return -EIO;
}

/* The mask that covers the card's reach. */
static int set_mask(struct fgsim_card *card)
{
	u64 reach = fgsim_get64(card->blocks->card.ram_bytes);

	if (reach < 2 || dma_set_mask_and_coherent(&card->pdev->dev,
						   DMA_BIT_MASK(fls64(reach - 1)))) {
		dev_err(&card->pdev->dev, "the card reaches %llu bytes: no such DMA mask on this machine\n",
			reach);
		return -EIO;
	}
	dma_set_max_seg_size(&card->pdev->dev, UINT_MAX);
	return 0;
}

static int set_up_device(struct fgsim_card *card)
{
	int err;

	err = pcim_enable_device(card->pdev);
	if (!err)
		err = map_bars(card);
	if (!err)
		err = fgsim_check_card(card);
	if (!err)
		err = check_iommu(card);
	if (!err)
		err = set_mask(card);
	return err;
}

/* All that there are; until the device goes. */
static const struct dmaring_hw_format *list_formats(struct device *dev)
{
	const struct dmaring_format_row *row;
	struct dmaring_hw_format *formats;
	unsigned int i;
	bool samples;

	formats = devm_kcalloc(dev, DMARING_FORMAT_ROWS, sizeof(*formats),
			       GFP_KERNEL);
	for (i = 0; formats && i < DMARING_FORMAT_ROWS; i++) {
		row = &dmaring_format_rows[i];
		samples = dmaring_format_is_samples(row);
		formats[i] = (struct dmaring_hw_format){
			.pixelformat = dmaring_format_fourcc(row),
			.width_min = dmaring_format_width_step(row),
			.width_max = FGSIM_LINE_MAX,
			.height_min = dmaring_format_height_step(row),
			.height_max = samples ? 1 : FGSIM_FRAME_BYTES_MAX,
			.channels_max = samples ? FGSIM_CHANNELS_MAX : 1,
			.rate_min = { .numerator = 1, .denominator = 3600 },
			.rate_max = { .numerator = samples ? U32_MAX :
							     FGSIM_RATE_MAX,
				      .denominator = 1 },
		};
	}
	return formats;
}

static int set_up_stream(struct fgsim *fgsim)
{
	/* What the card says of itself; not the rings, which have bus addresses. */
	const struct dmaring_hw_region card_page = {
		.name = "card",
		.start = pci_resource_start(fgsim->pdev, FGSIM_BAR_MEMORY) +
			 fgsim->number * sizeof(struct fgsim_bar) +
			 offsetof(struct fgsim_bar, card),
		.bytes = sizeof(struct fgsim_card_page),
		.flags = DMARING_REGION_MAP | DMARING_REGION_PREFETCHABLE |
			 DMARING_REGION_CACHED,
		.width = sizeof(__le32),
	};
	struct dmaring_config config = {
		.ops = &fgsim_ops,
		.owner = THIS_MODULE,
		.direction = direction,
		.hw = fgsim,
		.driver = "dmaring_fgsim",
		.card = "simulated frame grabber",
		.format = {
			.width = width,
			.height = height,
		},
		.formats = list_formats(&fgsim->pdev->dev),
		.format_count = DMARING_FORMAT_ROWS,
		.pool = &pool_params,
		.kick_below = FGSIM_KICK_BELOW,
		.max_segments = FGSIM_SEGMENTS_MAX,
		.limits.segment_bytes = segment_bytes,
		.clock_hertz = NSEC_PER_SEC,
		.regions = &card_page,
		.region_count = 1,
		.stream = fgsim->number,
	};
	const struct dmaring_rate first = { rate, !!rate };
	struct dmaring_hw_control controls[FGSIM_CONTROLS];
	int found = fgsim_pattern_by_name(pattern);

	if (!config.formats)
		return -ENOMEM;
	config.format.pixelformat = dmaring_format_by_name(format);
	if (found < 0 || !config.format.pixelformat || !width || !height) {
		dev_err(&fgsim->pdev->dev,
			"width=%u height=%u format=%s pattern=%s: must not be 0, a fourcc of dmaring/format.h, and ramp, noise, zone, copy, stamp or off\n",
			width, height, format, pattern);
		return -EINVAL;
	}
	if (rate > FGSIM_RATE_MAX) {
		dev_err(&fgsim->pdev->dev, "rate=%u: must be 0..%u\n", rate,
			FGSIM_RATE_MAX);
		return -EINVAL;
	}
	fgsim->playback = direction == DMARING_PLAYBACK;
	fgsim->triggered = triggered;
	fgsim->settings.pattern = found;
	fgsim_init_settings(fgsim, rate);
	config.controls = controls;
	config.control_count = fgsim_declare_controls(fgsim, controls);
	if (metadata && !fgsim->playback)
		fgsim_offer_meta(fgsim, &config);
	if (fgsim_is_test_pattern(found) && !fgsim->playback)
		config.caps = DMARING_CAP_TEST_PATTERN;
	fgsim->stream = dmaring_create(&fgsim->pdev->dev, &config);
	if (IS_ERR(fgsim->stream))
		return PTR_ERR(fgsim->stream);
	dmaring_set_rate(fgsim->stream, &first);
	return 0;
}

static void free_slots(void *slots)
{
	kvfree(slots);
}

/* Too many to be sure of so much contiguous memory. */
static int alloc_slots(struct fgsim *fgsim)
{
	fgsim->slots = kvcalloc(FGSIM_POST_ENTRIES, sizeof(*fgsim->slots),
				GFP_KERNEL);
	if (!fgsim->slots)
		return -ENOMEM;
	return devm_add_action_or_reset(&fgsim->pdev->dev, free_slots,
					fgsim->slots);
}

/* What a stream needs before the core has it. */
static int prepare_stream(struct fgsim_card *card, u32 number)
{
	struct fgsim *fgsim = &card->streams[number];

	fgsim->card = card;
	fgsim->number = number;
	fgsim->pdev = card->pdev;
	fgsim->doorbell = card->doorbell;
	fgsim->regs = &card->blocks[number];
	fgsim->peer = fgsim_get32(fgsim->regs->card.peer) & 0xffff;
	/* Whoever had the card before us: any command is a new value. */
	fgsim->control = fgsim_get32(fgsim->regs->driver.control);
	fgsim->trigger = fgsim_get32(fgsim->regs->driver.trigger);
	fgsim->request = fgsim_get32(fgsim->regs->driver.settings);
	spin_lock_init(&fgsim->lock);
	mutex_init(&fgsim->settings_lock);
	timer_setup(&fgsim->pulse, fgsim_pulse, 0);
	INIT_WORK(&fgsim->poll, fgsim_poll_work);
	return alloc_slots(fgsim);
}

static int create_streams(struct fgsim_card *card)
{
	int err;
	u32 i;

	for (i = 0; i < card->count; i++) {
		err = prepare_stream(card, i);
		if (!err)
			err = set_up_stream(&card->streams[i]);
		if (err)
			goto err_destroy;
	}
	return 0;

err_destroy:
	while (i--)
		dmaring_destroy(card->streams[i].stream);
	return err;
}

static void destroy_streams(struct fgsim_card *card)
{
	u32 i;

	for (i = 0; i < card->count; i++)
		dmaring_destroy(card->streams[i].stream);
}

/* A kernel that crashed may have left it running. */
static int stop_streams(struct fgsim_card *card)
{
	int err = 0;
	u32 i;

	for (i = 0; i < card->count && !err; i++)
		err = fgsim_stop(&card->streams[i]);
	if (err)
		dev_err(&card->pdev->dev, "the card does not answer (%d): does its process still run?\n",
			err);
	return err;
}

/* The streams go together, as the card does; also those that never came. */
static void unregister_streams(struct fgsim_card *card)
{
	u32 i;

	for (i = 0; i < card->count; i++)
		dmaring_unregister(card->streams[i].stream);
}

static int register_streams(struct fgsim_card *card)
{
	int err = 0;
	u32 i;

	for (i = 0; i < card->count && !err; i++)
		err = dmaring_pci_register(card->streams[i].stream);
	if (err)
		unregister_streams(card);
	return err;
}

/*
 * Before the streams go, which the files use: what devm removes stays until
 * fgsim_remove() has returned.
 */
static void remove_second_group(struct fgsim_card *card)
{
	if (card->count > 1)
		device_remove_group(&card->pdev->dev, &fgsim_second_group);
}

static int fgsim_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct fgsim_card *card;
	int err;

	card = devm_kzalloc(&pdev->dev, sizeof(*card), GFP_KERNEL);
	if (!card)
		return -ENOMEM;
	card->pdev = pdev;
	pci_set_drvdata(pdev, card);

	err = set_up_device(card);
	if (err)
		return err;
	err = create_streams(card);
	if (err)
		return err;
	err = fgsim_request_irqs(card);
	if (err)
		goto err_destroy_streams;
	err = stop_streams(card);
	if (!err && card->count > 1)
		err = device_add_group(&pdev->dev, &fgsim_second_group);
	if (err)
		goto err_free_irqs;
	err = register_streams(card);
	if (err)
		goto err_remove_group;
	return 0;

err_remove_group:
	remove_second_group(card);
err_free_irqs:
	fgsim_free_irqs(card);
err_destroy_streams:
	destroy_streams(card);
	return err;
}

static void fgsim_remove(struct pci_dev *pdev)
{
	struct fgsim_card *card = pci_get_drvdata(pdev);

	remove_second_group(card);
	unregister_streams(card);
	pci_clear_master(pdev);
	fgsim_free_irqs(card);
	destroy_streams(card);
}

static const struct pci_device_id fgsim_ids[] = {
	{ PCI_DEVICE(FGSIM_PCI_VENDOR, FGSIM_PCI_DEVICE) },
	{ }
};
MODULE_DEVICE_TABLE(pci, fgsim_ids);

static struct pci_driver fgsim_driver = {
	.name = "dmaring_fgsim",
	.id_table = fgsim_ids,
	.probe = fgsim_probe,
	.remove = fgsim_remove,
	.shutdown = dmaring_pci_shutdown,
	.err_handler = &dmaring_pci_error_handlers,
	.dev_groups = fgsim_groups,
	.driver.pm = pm_sleep_ptr(&dmaring_pci_pm_ops),
};
module_pci_driver(fgsim_driver);

MODULE_DESCRIPTION("dmaring hardware driver for the simulated frame grabber");
MODULE_AUTHOR("The dmaring authors");
MODULE_LICENSE("GPL");
