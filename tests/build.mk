# SPDX-License-Identifier: MIT

UNIT_TESTS := $(call programs_of,tests/unit/*)
TSAN_TESTS := $(call programs_of,tests/tsan)
VM_TESTS   := $(call programs_of,tests/vm/*)
BENCHES    := $(call programs_of,tests/bench)

# It measures parts of the command, here.
VIEW_BENCH := $(BUILD)/tests/bench/view

# So does this, which sends to another process here; and a test plays the sender.
SEND_BENCH := $(BUILD)/tests/bench/send
$(SEND_BENCH) $(BUILD)/tests/unit/tools/receive: private CPPFLAGS += $(if $(ZMQ_SONAME),-DZMQ_SONAME='"$(ZMQ_SONAME)"')

# What tests/bench/python_frames preloads; the library in it is what it measures.
ENDLESS := $(BUILD)/tests/bench/lib/endless.so

# 32-bit programs use the kernel interface directly; there is no 32-bit library.
M32_TESTS_x86_64 := $(addprefix uapi/,abi32 efault exchange format ioctl_args read) \
		    $(addprefix memory/,meta mmap region_maps userfault) ring/ring wait/interrupted \
		    play/playback play/play_ring
VM32_TESTS := $(addprefix $(BUILD)/tests/vm32/,$(M32_TESTS_$(ARCH)))

# The simulated frame grabber, which scripts/vm/boot starts beside QEMU.
FGSIM         := $(BUILD)/bin/fgsim
FGSIM_OBJECTS := $(call objects_of,tests/fgsim)

# What runs on this machine, or on the only one where it is measured.
HOST_TESTS_$(HOST_ARCH) := $(UNIT_TESTS) $(TSAN_TESTS) $(FGSIM) $(BENCHES) $(ENDLESS)

tests: $(HOST_TESTS_$(ARCH)) $(VM_TESTS) $(VM32_TESTS)
	@:

# It and the tests that look at its registers read its data sheet.
$(FGSIM_OBJECTS) $(VM_TESTS) $(BENCHES): INCLUDES += -Idriver

$(FGSIM): $(FGSIM_OBJECTS)
	$(call show,LD)
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^

$(UNIT_TESTS) $(VIEW_BENCH) $(SEND_BENCH): $(BUILD)/%: %.c $(TOOL_PARTS) $(RECORD_STATIC) $(LIB_STATIC)
	$(call show,LD)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_FLAGS) -Iuserlib/src -Iuserlib/tools -Iuserlib -Itests/unit \
		-Itests/lib $(LDFLAGS) \
		-o $@ $< $(CARD_PARTS) $(TOOL_PARTS) $(RECORD_STATIC) $(LIB_STATIC) -lpng $(RECORD_LIBS) \
		-lm -ldl -lpthread

# The simulated grabber without its main().
CARD_TESTS := $(filter $(BUILD)/tests/unit/fgsim/%,$(UNIT_TESTS))
$(CARD_TESTS): private CARD_PARTS := $(filter-out %/main.o,$(FGSIM_OBJECTS))
$(CARD_TESTS): private INCLUDES += -Idriver -Itests/fgsim
$(CARD_TESTS): $(filter-out %/main.o,$(FGSIM_OBJECTS))

# These compile in a part of the core. What it needs of a kernel they define; the headers in
# which it looks for that are empty.
CORE_TESTS   := $(filter %/unit/core/queue,$(UNIT_TESTS))
CORE_SOURCES := driver/core/queue.c $(wildcard driver/core/*.h driver/include/dmaring/*.h)
NO_HEADERS   := $(BUILD)/obj/tests/unit/core/none
$(CORE_TESTS): private INCLUDES += -Idriver -I$(NO_HEADERS)
$(CORE_TESTS): $(NO_HEADERS)/made

$(NO_HEADERS)/made: $(CORE_SOURCES)
	@mkdir -p $(@D)/linux $(@D)/trace
	@sed -n 's,^#include <\(linux/.*\|trace/.*\)>,$(@D)/\1,p' $^ | \
		grep -v '/linux/\(types\|dmaring\)\.h$$' | xargs touch $@

# Without it, if the compiler cannot; the unit tests that run these say so.
TSAN_FLAGS = $(shell echo 'int main(void) { return 0; }' | \
	       $(CC) -fsanitize=thread -x c -o /dev/null - 2>/dev/null && \
	       echo -fsanitize=thread)

# These compile in what of the library is to be looked at.
$(TSAN_TESTS): $(BUILD)/%: %.c $(LIB_STATIC)
	$(call show,LD)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_FLAGS) $(TSAN_FLAGS) $(LDFLAGS) -o $@ $< $(LIB_STATIC) -lpthread

$(ENDLESS): $(BUILD)/%.so: %.c $(LIB_STATIC)
	$(call show,LD)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_FLAGS) -fPIC $(LDFLAGS) -shared -o $@ $< $(LIB_STATIC)

VM_INCLUDES := -Itests/vm/lib -Itests/lib

LIBS_latency_dmaring := -luring

LIBS_record := $(RECORD_STATIC) $(LIB_STATIC) $(RECORD_LIBS)
LIBS_power_loss := $(LIBS_record)
LIBS_faults := $(LIBS_record)
$(addprefix $(BUILD)/tests/,vm/record/record vm/record/faults vm/lib/power_loss bench/record): \
	$(RECORD_STATIC)

$(VM_TESTS) $(filter-out $(VIEW_BENCH) $(SEND_BENCH),$(BENCHES)): $(BUILD)/%: %.c $(LIB_STATIC)
	$(call show,LD)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_FLAGS) $(VM_INCLUDES) $(STATIC) $(LDFLAGS) -o $@ $< $(LIB_STATIC) \
		$(LIBS_$(@F)) -lpthread

# These meet other people's programs, of the host, in a guest: each where there is what it is
# built with.
NEIGHBOURS := $(addprefix $(BUILD)/tests/vm/neighbours/programs/, \
	      $(if $(GSTREAMER_CFLAGS),gst_element) $(if $(SOAPYSDR),soapy_device))
LIBS_gstreamer    = $(GSTREAMER_LIBS)
GST_ELEMENT_PARTS = $(BUILD)/obj/userlib/gstreamer/caps.o
LIBS_gst_element  = $(GST_ELEMENT_PARTS) $(LIB_STATIC) $(GSTREAMER_LIBS) -lgstcheck-1.0
LIBS_soapy_device = $(shell pkg-config --libs SoapySDR)
GSTREAMER_BENCH := $(if $(GSTREAMER_CFLAGS),$(BUILD)/tests/bench/lib/gstreamer)
tests: $(NEIGHBOURS) $(GSTREAMER_BENCH)

$(BUILD)/tests/vm/neighbours/programs/gst_element: $(GST_ELEMENT_PARTS)
$(NEIGHBOURS) $(GSTREAMER_BENCH): $(BUILD)/%: %.c $(LIB_STATIC)
	$(call show,LD)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_FLAGS) $(VM_INCLUDES) $(GSTREAMER_CFLAGS) $(LDFLAGS) -o $@ $< \
		$(LIB_STATIC) $(LIBS_$(@F))

$(VM32_TESTS): $(BUILD)/tests/vm32/%: tests/vm/%.c
	$(call show,LD)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_FLAGS) $(VM_INCLUDES) -m32 -D_FILE_OFFSET_BITS=64 -static $(LDFLAGS) \
		-o $@ $< -lpthread

# Kernel modules of tests, where the driver is built already: they are linked with it.
# TEST_MODULES= leaves them out, where another system has what makes modules.
TEST_MODULES = $(BUILD)/tests/modules/$(KVER)

tests: test-modules
.PHONY: test-modules
test-modules:
	$(Q)[ -z "$(TEST_MODULES)" ] || [ ! -e $(DRIVER)/Module.symvers ] || \
		$(MAKE) --no-print-directory _test-modules

# After it, where both are made.
ifneq ($(filter driver all,$(MAKECMDGOALS)),)
test-modules: driver
endif

.PHONY: _test-modules
_test-modules:
	@mkdir -p $(TEST_MODULES)
	@cp -rsf $(abspath tests/vm/lib/broken)/. $(TEST_MODULES)
	+$(Q)$(MAKE) --no-print-directory -C $(KDIR) M=$(abspath $(TEST_MODULES)) $(CROSS) \
		$(KBUILD_CC) KBUILD_EXTRA_SYMBOLS=$(abspath $(DRIVER))/Module.symvers \
		KCFLAGS="-I$(abspath driver/uapi) -I$(abspath driver/include)" \
		CONFIG_DEBUG_INFO_BTF_MODULES= modules
