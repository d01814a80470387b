# SPDX-License-Identifier: MIT

EXAMPLES := $(call programs_of,examples)

# What some need besides libdmaring.
LIBS_aio_loop        := -laio
LIBS_recorder_viewer := -lpthread
LIBS_uring_loop      := -luring

examples: $(EXAMPLES)
	@:

$(EXAMPLES): $(BUILD)/%: %.c $(LIB_STATIC)
	$(call show,LD)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_FLAGS) $(STATIC) $(LDFLAGS) -o $@ $< $(LIB_STATIC) $(LIBS_$(@F))
