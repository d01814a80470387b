#!/bin/sh
# SPDX-License-Identifier: MIT
#
# A plain ivshmem has the same PCI ID; and the card knows no addresses but physical
# ones, so that an IOMMU must not translate for it.

. /tests/lib/tap.sh

modprobe -r dmaring_fgsim
modprobe dmaring_fgsim width=32 height=32
said=$(dmesg)
like "$said" 'an ivshmem-doorbell that is no fgsim card \(0x0, not 0x4d534746\): left alone' \
	"an ivshmem of somebody else is left alone"
like "$said" 'an IOMMU translates for this card.* boot with iommu=pt' \
	"behind an IOMMU the card is refused, and it is said what helps"
fails "there is no stream" [ -e /dev/dmaring0 ]
done_testing
