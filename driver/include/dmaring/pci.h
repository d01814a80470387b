/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is the same for every PCI card: sleep, reset, bus errors and shutdown.
 *
 * A hardware driver names it in its struct pci_driver:
 *
 *	.shutdown = dmaring_pci_shutdown,
 *	.err_handler = &dmaring_pci_error_handlers,
 *	.driver.pm = pm_sleep_ptr(&dmaring_pci_pm_ops),
 *
 * The handlers find the streams by the card that dmaring_create() was told, and
 * call dmaring_suspend(), dmaring_resume() and dmaring_fail() for each of them.
 * The driver adds nothing but, perhaps, the op check().
 *
 * A card may have several streams.  Its probe creates all of them before it
 * registers the first one, and its remove unregisters all before it frees what they
 * share.  config.stream gives each its number.
 */
#ifndef DMARING_PCI_H
#define DMARING_PCI_H

#include <linux/pci.h>
#include <linux/pm.h>

struct dmaring_stream;

/**
 * dmaring_pci_register() - dmaring_register() for a stream of a PCI card
 * @stream: the stream; its device is a struct pci_dev, whose driver has the
 *          handlers below.
 *
 * This is the last step of probe.  It also saves the card's configuration as it
 * is now, interrupts included: a reset of the slot puts that back.
 *
 * Context: process; may sleep.
 * Return: 0 or a negative errno.
 */
int dmaring_pci_register(struct dmaring_stream *stream);

/**
 * dmaring_pci_cut_off() - take bus mastering from a card that does not stop
 * @pdev: the card.
 *
 * This is the last resort of stop(), and takes it from all streams of the card: who
 * has several fails the others, too.  It is a proof only as long as bus
 * mastering stays off: before start() calls pci_set_master() again, it must see
 * that the card has forgotten what it was doing.
 *
 * Return: 0 when the card is proved unable to write memory: bus mastering reads
 * back as off, or the card is not there any more.  -ETIMEDOUT otherwise.
 */
int dmaring_pci_cut_off(struct pci_dev *pdev);

/**
 * dmaring_pci_shutdown() - the system ends, or is about to start another kernel
 * @pdev: the card.
 *
 * It stops the card and clears bus mastering: what was a buffer will be somebody
 * else's memory.
 */
void dmaring_pci_shutdown(struct pci_dev *pdev);

/*
 * Before the system sleeps, this stops the card.  Afterwards it starts the card
 * again if a consumer runs, and the next frame carries DISCONTINUITY.
 */
extern const struct dev_pm_ops dmaring_pci_pm_ops;

/*
 * The same before and after a reset of the card, whether somebody asked for one
 * or the kernel recovers from an error of the bus.  A card that is lost for good,
 * or that is not the same afterwards (see check() of struct dmaring_hw_ops), is
 * gone: every call answers ENODEV.
 */
extern const struct pci_error_handlers dmaring_pci_error_handlers;

#endif /* DMARING_PCI_H */
