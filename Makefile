# SPDX-License-Identifier: MIT
#
# Everything that is made goes below build/. "make help" lists what can be made; how, is
# in the build.mk of each folder.

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

CFLAGS    ?= -O2 -g
INCLUDES  := -Idriver/uapi -Idriver/include -Iuserlib/include
ALL_FLAGS  = -std=gnu11 -Wall -Wextra -Wshadow -Wmissing-prototypes $(WERROR) \
	     $(INCLUDES) -MMD -MP $(CPPFLAGS) $(CFLAGS)

# "make V=1" shows the commands, "make -s" nothing.
Q      := $(if $(V),,@)
silent := $(V)$(findstring s,$(firstword -$(MAKEFLAGS)))
show    = $(if $(silent),@:,@printf '  %-7s %s\n' $(1) $@)

# Objects of one folder of sources, and programs that are one source file each.
objects_of  = $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard $(1)/*.c))
programs_of = $(patsubst %.c,$(BUILD)/%,$(wildcard $(1)/*.c))

include driver/build.mk userlib/build.mk examples/build.mk tests/build.mk

$(BUILD)/obj/%.o: %.c
	$(call show,CC)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_FLAGS) -fPIC -fvisibility=hidden -c -o $@ $<

-include $(shell find $(addprefix $(BUILD)/,obj examples tests) -name '*.d' -type f 2>/dev/null)

# ---------------------------------------------------------------- entry points

.DEFAULT_GOAL := all
.PHONY: all driver userlib examples tests
all: driver userlib examples ## build the driver, the library and the examples
driver: ## build the kernel modules for KVER (default: the running kernel)
userlib: ## build the library and the dmaring command
examples: ## build the examples
tests: ## build the tests

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

.PHONY: check check-debug check-kernels check-model check-packages check-unit check-vm mutate style
check: ## run every check and test
	scripts/setup
	+scripts/check

check-debug: ## run the VM tests on kernels with KASAN, lockdep, KCSAN and their like
	scripts/setup debug
	+scripts/check debug

check-kernels: ## build for other kernels and architectures, run tests on them
	scripts/setup
	+scripts/check kernels

mutate: ## break the code on purpose: does the test that claims to see it fail?
	scripts/setup
	+tests/mutate/run

check-packages: ## build Debian packages in clean systems, install and try them there
	scripts/setup packages
	+scripts/check packages

check-unit: ## run the tests that need no driver
	+scripts/check unit

check-model: ## search the models of the protocol for errors
	+scripts/check model

check-vm: ## run the tests that need a virtual machine
	+scripts/check vm

style: ## run the style and compiler checks
	+scripts/check style

.PHONY: deb install install-userlib uninstall
install: driver userlib ## install for KVER; honours DESTDIR, PREFIX and LIBDIR
	@KVER=$(KVER) scripts/install install $(BUILD) $(PREFIX) $(LIBDIR) $(VERSION)

install-userlib: userlib # the same without modules: packages bring the driver by DKMS
	@KVER= scripts/install install $(BUILD) $(PREFIX) $(LIBDIR) $(VERSION)

uninstall: ## remove what install installed: modules of all kernels, or of KVER
	@KVER=$(KVER_ASKED) scripts/install uninstall $(BUILD) $(PREFIX) $(LIBDIR) $(VERSION)

deb: ## build Debian packages, into build/deb
	scripts/setup deb
	+$(Q)scripts/packaging/deb $(VERSION)

.PHONY: clean
clean: ## remove everything that was made
	rm -rf $(BUILD)

.PHONY: help
help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 12
