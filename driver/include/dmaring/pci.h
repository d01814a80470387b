/* SPDX-License-Identifier: GPL-2.0-only */
/* For hardware drivers of PCI cards. */
#ifndef DMARING_PCI_H
#define DMARING_PCI_H

#include <linux/pci.h>

/**
 * dmaring_pci_cut_off() - take bus mastering from a card that does not stop
 * @pdev: the card.
 *
 * The last resort of stop().  It is a proof only as long as bus mastering stays
 * off: before start() calls pci_set_master() again, it must see that the card
 * has forgotten what it was doing.
 *
 * Return: 0 when the card is proved unable to write memory: bus mastering reads
 * back as off, or the card is not there any more.  -ETIMEDOUT otherwise.
 */
static inline int dmaring_pci_cut_off(struct pci_dev *pdev)
{
	u16 command;

	pci_clear_master(pdev);
	pci_read_config_word(pdev, PCI_COMMAND, &command);
	if (PCI_POSSIBLE_ERROR(command))
		return 0;
	return command & PCI_COMMAND_MASTER ? -ETIMEDOUT : 0;
}

#endif /* DMARING_PCI_H */
