# SPDX-License-Identifier: MIT
#
# For hardware drivers that have a package of their own. The first line of their Kbuild is
#
#	include /usr/share/dmaring/hw.mk
#
# It finds the headers of the dmaring that DKMS has installed for the kernel that is built
# for, and what its symbols are like.

DMARING := $(realpath $(firstword \
	     $(wildcard /var/lib/dkms/dmaring/kernel-$(KERNELRELEASE)-*)))

# "make clean" needs none of it.
ifeq ($(DMARING)$(filter %/Makefile.clean,$(MAKEFILE_LIST)),)
$(error dmaring is not installed for Linux $(KERNELRELEASE): \
install its headers, then run "dkms autoinstall -k $(KERNELRELEASE)"; "dkms status" says more)
endif

subdir-ccflags-y += -I$(DMARING)/../../source/uapi -I$(DMARING)/../../source/include
KBUILD_EXTRA_SYMBOLS += $(DMARING)/Module.symvers
