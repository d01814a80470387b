# SPDX-License-Identifier: MIT
#
# Everything that is made goes below build/. "make help" lists what can be made.

VERSION := $(shell sed -n 's/.*DMARING_VERSION "\(.*\)"/\1/p' userlib/src/version.h)
PREFIX  ?= /usr/local
LIBDIR  ?= $(PREFIX)/lib

# Everything is for the architecture of the kernel. What is not for this machine has a
# folder of its own, is linked statically, and what makes it may come from scripts/vm/fetch.
HOST_ARCH := $(patsubst aarch64,arm64,$(shell uname -m))
ARCH      ?= $(if $(KVER)$(KDIR),$(shell KVER=$(KVER) KDIR=$(KDIR) scripts/kver arch),$(HOST_ARCH))
override ARCH := $(patsubst x86,x86_64,$(ARCH))
ifneq ($(ARCH),$(HOST_ARCH))
CROSS_arm64   := aarch64-linux-gnu-
CROSS_x86_64  := x86_64-linux-gnu-
CROSS_COMPILE ?= $(CROSS_$(ARCH))
BUILD         ?= build/$(ARCH)
STATIC        := -static
CROSS         := ARCH=$(ARCH) CROSS_COMPILE=$(CROSS_COMPILE)
export PATH   := $(CURDIR)/build/tools/bin:$(PATH)
AR := $(CROSS_COMPILE)ar
OBJCOPY := $(CROSS_COMPILE)objcopy
ifeq ($(filter command,$(origin CC)),)
CC := $(CROSS_COMPILE)gcc
endif
endif
BUILD ?= build
OBJCOPY ?= objcopy

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

CFLAGS    ?= -O2 -g
INCLUDES  := -Idriver/uapi -Idriver/include -Iuserlib/include
ALL_FLAGS  = -std=gnu11 -Wall -Wextra -Wshadow -Wmissing-prototypes $(WERROR) \
	     $(INCLUDES) -MMD -MP $(CPPFLAGS) $(CFLAGS)

# 32-bit programs use the kernel interface directly; there is no 32-bit library.
M32_TESTS_x86_64 := $(addprefix uapi/,abi32 efault exchange ioctl_args read) \
		    memory/mmap memory/userfault ring/ring wait/interrupted

# What an example needs besides libdmaring.
LIBS_aio_loop        := -laio
LIBS_recorder_viewer := -lpthread
LIBS_uring_loop      := -luring

# "make V=1" shows the commands, "make -s" nothing.
Q      := $(if $(V),,@)
silent := $(V)$(findstring s,$(firstword -$(MAKEFLAGS)))
show    = $(if $(silent),@:,@printf '  %-7s %s\n' $(1) $@)

# Objects of one folder of sources, and programs that are one source file each.
objects_of  = $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard $(1)/*.c))
programs_of = $(patsubst %.c,$(BUILD)/%,$(wildcard $(1)/*.c))

LIB_OBJECTS  := $(call objects_of,userlib/src)
TOOL_OBJECTS := $(call objects_of,userlib/tools) $(call objects_of,userlib/tools/lib)
EXAMPLES     := $(call programs_of,examples)
UNIT_TESTS   := $(call programs_of,tests/unit/*)
TSAN_TESTS   := $(call programs_of,tests/tsan)
VM_TESTS     := $(call programs_of,tests/vm/*)
BENCHES      := $(call programs_of,tests/bench)
VM32_TESTS   := $(addprefix $(BUILD)/tests/vm32/,$(M32_TESTS_$(ARCH)))

LIB_SHARED := $(BUILD)/lib/libdmaring.so.0
LIB_STATIC := $(BUILD)/lib/libdmaring.a
TOOL_PARTS := $(BUILD)/obj/tools.a
TOOL       := $(BUILD)/bin/dmaring
# The simulated frame grabber, which scripts/vm/boot starts beside QEMU.
FGSIM         := $(BUILD)/bin/fgsim
FGSIM_OBJECTS := $(call objects_of,tests/fgsim)
# What runs on this machine, or on the only one where it is measured.
HOST_TESTS_$(HOST_ARCH) := $(UNIT_TESTS) $(TSAN_TESTS) $(FGSIM) $(BENCHES)

.PHONY: all
all: driver userlib examples ## build the driver, the library and the examples

.PHONY: driver
driver: ## build the kernel modules for KVER (default: the running kernel)
	@# Kbuild writes beside its sources, so it gets a folder of links to them. No BTF:
	@# kernel headers come without the vmlinux that it would be made from. UBSAN, if the
	@# kernel has it, looks at this driver, even if not at all of the kernel.
	@$(ASKED) scripts/kver check $(if $(silent),>/dev/null)
	@mkdir -p $(DRIVER)
	@cp -rsf $(abspath driver)/. $(DRIVER)
	@find $(DRIVER) -xtype l -delete
	+$(Q)$(MAKE) --no-print-directory -C $(KDIR) M=$(abspath $(DRIVER)) $(CROSS) $(KBUILD_CC) \
		CONFIG_DEBUG_INFO_BTF_MODULES= UBSAN_SANITIZE=y modules

.PHONY: userlib
userlib: $(LIB_SHARED) $(LIB_STATIC) $(TOOL) ## build the library and the dmaring command
	@:

.PHONY: examples
examples: $(EXAMPLES) ## build the examples
	@:

.PHONY: tests
tests: $(HOST_TESTS_$(ARCH)) $(VM_TESTS) $(VM32_TESTS) ## build the tests
	@:

.PHONY: demo
demo: ## capture frames in a virtual machine, into build/demo
	scripts/setup demo
	+$(Q)$(MAKE) --no-print-directory driver userlib
	scripts/vm/demo

.PHONY: bench
bench: ## measure, into build/bench; BENCH=name for one of them
	scripts/setup bench
	+$(Q)$(MAKE) --no-print-directory driver userlib tests
	tests/bench/run $(BENCH)

.PHONY: check check-debug check-kernels check-model check-unit check-vm style
check: ## run every check and test
	scripts/setup
	+scripts/check

check-debug: ## run the VM tests on kernels with KASAN, lockdep, KCSAN and their like
	scripts/setup debug
	+scripts/check debug

check-kernels: ## build for other kernels and architectures, run tests on them
	scripts/setup
	+scripts/check kernels

check-unit: ## run the tests that need no driver
	+scripts/check unit

check-model: ## search the models of the protocol for errors
	+scripts/check model

check-vm: ## run the tests that need a virtual machine
	+scripts/check vm

style: ## run the style and compiler checks
	+scripts/check style

.PHONY: install uninstall
install: driver userlib ## install for KVER; honours DESTDIR, PREFIX and LIBDIR
	@KVER=$(KVER) scripts/install install $(BUILD) $(PREFIX) $(LIBDIR) $(VERSION)

uninstall: ## remove what install installed: modules of all kernels, or of KVER
	@KVER=$(KVER_ASKED) scripts/install uninstall $(BUILD) $(PREFIX) $(LIBDIR) $(VERSION)

.PHONY: clean
clean: ## remove everything that was made
	rm -rf $(BUILD)

.PHONY: help
help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 12

$(BUILD)/obj/%.o: %.c
	$(call show,CC)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_FLAGS) -fPIC -fvisibility=hidden -c -o $@ $<

$(LIB_SHARED): $(LIB_OBJECTS) userlib/libdmaring.map
	$(call show,LD)
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS) -shared -Wl,-soname,$(@F) -Wl,--version-script=userlib/libdmaring.map \
		-o $@ $(LIB_OBJECTS)
	$(Q)ln -sf $(@F) $(@D)/libdmaring.so

# One object, in which what is not public is local: its names are free for programs.
$(LIB_STATIC): $(LIB_OBJECTS)
	$(call show,AR)
	@mkdir -p $(@D)
	$(Q)rm -f $@
	$(Q)$(CC) -r -nostdlib -o $(BUILD)/obj/$(@F:.a=.o) $^
	$(Q)$(OBJCOPY) --localize-hidden $(BUILD)/obj/$(@F:.a=.o)
	$(Q)$(AR) rcs $@ $(BUILD)/obj/$(@F:.a=.o)

# What unit tests link with: the command without its main().
$(TOOL_PARTS): $(filter-out %/main.o,$(TOOL_OBJECTS))
	$(call show,AR)
	@mkdir -p $(@D)
	$(Q)rm -f $@
	$(Q)$(AR) rcs $@ $^

# Everything here is linked with the static library, so that it runs from build/.
$(TOOL): $(TOOL_OBJECTS) $(LIB_STATIC)
	$(call show,LD)
	@mkdir -p $(@D)
	$(Q)$(CC) $(STATIC) $(LDFLAGS) -o $@ $^ -lpng -lz -lm

# It and the tests that look at its registers read its data sheet.
$(FGSIM_OBJECTS) $(VM_TESTS) $(BENCHES): INCLUDES += -Idriver

$(FGSIM): $(FGSIM_OBJECTS)
	$(call show,LD)
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^

$(EXAMPLES): $(BUILD)/%: %.c $(LIB_STATIC)
	$(call show,LD)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_FLAGS) $(STATIC) $(LDFLAGS) -o $@ $< $(LIB_STATIC) $(LIBS_$(@F))

$(UNIT_TESTS): $(BUILD)/%: %.c $(TOOL_PARTS) $(LIB_STATIC)
	$(call show,LD)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_FLAGS) -Iuserlib/src -Iuserlib/tools -Itests/unit -Itests/lib $(LDFLAGS) \
		-o $@ $< $(TOOL_PARTS) $(LIB_STATIC) -lpng -lz -lm -lpthread

# Without it, if the compiler cannot; the unit tests that run these say so.
TSAN_FLAGS = $(shell echo 'int main(void) { return 0; }' | \
	       $(CC) -fsanitize=thread -x c -o /dev/null - 2>/dev/null && \
	       echo -fsanitize=thread)

# These compile in what of the library is to be looked at.
$(TSAN_TESTS): $(BUILD)/%: %.c $(LIB_STATIC)
	$(call show,LD)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_FLAGS) $(TSAN_FLAGS) $(LDFLAGS) -o $@ $< $(LIB_STATIC) -lpthread

VM_INCLUDES := -Itests/vm/lib -Itests/lib

$(VM_TESTS) $(BENCHES): $(BUILD)/%: %.c $(LIB_STATIC)
	$(call show,LD)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_FLAGS) $(VM_INCLUDES) $(STATIC) $(LDFLAGS) -o $@ $< $(LIB_STATIC) \
		-lpthread

$(VM32_TESTS): $(BUILD)/tests/vm32/%: tests/vm/%.c
	$(call show,LD)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_FLAGS) $(VM_INCLUDES) -m32 -D_FILE_OFFSET_BITS=64 -static $(LDFLAGS) \
		-o $@ $< -lpthread

-include $(shell find $(addprefix $(BUILD)/,obj examples tests) -name '*.d' -type f 2>/dev/null)
