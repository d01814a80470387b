// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sleep, reset, errors of the bus and shutdown: the same for every PCI card.
 *
 * The card's streams are children of its device.  The kernel calls with that
 * device locked, as it calls probe and remove: none comes or goes meanwhile.
 */
#include <linux/module.h>

#include <dmaring/pci.h>

#include "internal.h"

/**
 * struct visit - what is to be done with each stream of a card
 * @visit: does it.
 * @err:   what it returned, the first that was not 0.
 */
struct visit {
	int (*visit)(struct dmaring_stream *stream);
	int err;
};

static int visit_child(struct device *dev, void *data)
{
	struct visit *visit = data;
	int err;

	if (dev->class != &dmaring_class)
		return 0;
	err = visit->visit(container_of(dev, struct dmaring_stream, dev));
	visit->err = visit->err ?: err;
	/* The others need it no less. */
	return 0;
}

static int visit_streams(struct pci_dev *pdev,
			 int (*visit)(struct dmaring_stream *stream))
{
	struct visit each = { .visit = visit };

	device_for_each_child(&pdev->dev, &each, visit_child);
	return each.err;
}

int dmaring_pci_register(struct dmaring_stream *stream)
{
	/* What a reset of the slot puts back. */
	pci_save_state(to_pci_dev(stream->dev.parent));
	return dmaring_register(stream);
}
EXPORT_SYMBOL_GPL(dmaring_pci_register);

int dmaring_pci_cut_off(struct pci_dev *pdev)
{
	u16 command;

	pci_clear_master(pdev);
	pci_read_config_word(pdev, PCI_COMMAND, &command);
	if (PCI_POSSIBLE_ERROR(command))
		return 0;
	return command & PCI_COMMAND_MASTER ? -ETIMEDOUT : 0;
}
EXPORT_SYMBOL_GPL(dmaring_pci_cut_off);

/* ------------------------------------------------------- sleep, next kernel */

static int suspend(struct device *dev)
{
	/* A card that does not stop is no reason to stay awake. */
	visit_streams(to_pci_dev(dev), dmaring_suspend);
	return 0;
}

static int resume(struct device *dev)
{
	/* What was saved at probe was used up to wake it: fatal errors need it. */
	pci_save_state(to_pci_dev(dev));
	return visit_streams(to_pci_dev(dev), dmaring_resume);
}

const struct dev_pm_ops dmaring_pci_pm_ops = {
	SYSTEM_SLEEP_PM_OPS(suspend, resume)
};
EXPORT_SYMBOL_GPL(dmaring_pci_pm_ops);

void dmaring_pci_shutdown(struct pci_dev *pdev)
{
	visit_streams(pdev, dmaring_suspend);
	pci_clear_master(pdev);
}
EXPORT_SYMBOL_GPL(dmaring_pci_shutdown);

/* ------------------------------------------------------------ reset, errors */

static int lose_card(struct dmaring_stream *stream)
{
	dmaring_fail(stream, -ENODEV);
	return 0;
}

static int check(struct dmaring_stream *stream)
{
	if (stream->ops->check)
		return stream->ops->check(stream->hw);
	return pci_device_is_present(to_pci_dev(stream->dev.parent)) ? 0 : -ENODEV;
}

static void reset_prepare(struct pci_dev *pdev)
{
	visit_streams(pdev, dmaring_suspend);
}

static void reset_done(struct pci_dev *pdev)
{
	/* What was saved was used up to put it back. */
	pci_save_state(pdev);
	visit_streams(pdev, dmaring_resume);
}

static pci_ers_result_t error_detected(struct pci_dev *pdev,
				       pci_channel_state_t state)
{
	visit_streams(pdev, dmaring_suspend);
	if (state != pci_channel_io_perm_failure)
		return PCI_ERS_RESULT_NEED_RESET;
	visit_streams(pdev, lose_card);
	return PCI_ERS_RESULT_DISCONNECT;
}

static pci_ers_result_t slot_reset(struct pci_dev *pdev)
{
	pci_restore_state(pdev);
	/* It is good for one time only. */
	pci_save_state(pdev);
	if (!visit_streams(pdev, check))
		return PCI_ERS_RESULT_RECOVERED;
	visit_streams(pdev, lose_card);
	return PCI_ERS_RESULT_DISCONNECT;
}

const struct pci_error_handlers dmaring_pci_error_handlers = {
	.error_detected = error_detected,
	.slot_reset = slot_reset,
	.resume = reset_done,
	.reset_prepare = reset_prepare,
	.reset_done = reset_done,
};
EXPORT_SYMBOL_GPL(dmaring_pci_error_handlers);
