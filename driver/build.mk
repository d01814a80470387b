# SPDX-License-Identifier: MIT

# Asked for only when drivers are built: the rest needs no kernel headers.
ASKED    := KVER=$(KVER) KDIR=$(KDIR) LLVM=$(LLVM) KERNEL_CC=$(KERNEL_CC) \
	    CROSS_COMPILE=$(CROSS_COMPILE)
# CC is for user space, but make would hand it on to Kbuild. That compiles as its kernel was
# compiled: by what the headers name, by clang with LLVM=1 (or LLVM=-15), or as KERNEL_CC says.
KBUILD_CC = $(if $(LLVM)$(KERNEL_CC)$(filter command,$(origin CC)),\
	    CC='$(shell $(ASKED) scripts/kver compiler)')
KVER_ASKED := $(KVER)
KVER     ?= $(shell $(ASKED) scripts/kver)
KDIR     ?= $(shell KVER=$(KVER) scripts/kver dir)
DRIVER    = $(BUILD)/driver/$(KVER)

driver:
	@# Kbuild writes beside its sources, so it gets a folder of links to them. No BTF:
	@# kernel headers come without the vmlinux that it would be made from. UBSAN, if the
	@# kernel has it, looks at this driver, even if not at all of the kernel.
	@$(ASKED) scripts/kver check $(if $(silent),>/dev/null)
	@mkdir -p $(DRIVER)
	@cp -rsf $(abspath driver)/. $(DRIVER)
	@find $(DRIVER) -xtype l -delete
	+$(Q)$(MAKE) --no-print-directory -C $(KDIR) M=$(abspath $(DRIVER)) $(CROSS) $(KBUILD_CC) \
		CONFIG_DEBUG_INFO_BTF_MODULES= UBSAN_SANITIZE=y modules
