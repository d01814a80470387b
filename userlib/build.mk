# SPDX-License-Identifier: MIT

LIB_OBJECTS  := $(call objects_of,userlib/src)
TOOL_OBJECTS := $(filter-out $(if $(STATIC),%/shared_library.o), \
		  $(foreach part,tools tools/lib tools/check tools/doctor,$(call objects_of,userlib/$(part))))

LIB_SHARED := $(BUILD)/lib/libdmaring.so.0
LIB_STATIC := $(BUILD)/lib/libdmaring.a
RECORD_OBJECTS := $(call objects_of,userlib/record)
RECORD_SHARED  := $(BUILD)/lib/libdmaring-record.so.0
RECORD_STATIC  := $(BUILD)/lib/libdmaring-record.a
# It makes checksums; it is there as a shared library only.
ISAL           := $(if $(STATIC),,$(shell echo '\#include <isa-l/crc.h>' | \
		  $(CC) -E -x c - >/dev/null 2>&1 && echo -lisal))
RECORD_LIBS    := -laio -luring -lz $(ISAL)
# What has the libraries in it runs from build/. With SHARED=1, for packages, the command
# and the Python package are linked with those that are installed beside them.
OUR_LIB        := $(if $(SHARED),$(LIB_SHARED),$(LIB_STATIC))
OUR_LIBS       := $(if $(SHARED),$(RECORD_SHARED),$(RECORD_STATIC)) $(OUR_LIB)
TOOL_PARTS := $(BUILD)/obj/tools.a
TOOL       := $(BUILD)/bin/dmaring

# Libraries that the command loads when it needs them, by the names of those that are here
# to be built with: it starts faster without, and runs where they are missing. A program that
# is linked statically cannot load any.
soname = $(if $(STATIC),,$(shell objdump -p "$$($(CC) -print-file-name=$(1))" 2>/dev/null | \
	 sed -n 's/ *SONAME *//p'))

SWSCALE_SONAME := $(call soname,libswscale.so)
TIFF_SONAME    := $(call soname,libtiff.so)
CHAFA_CFLAGS   := $(if $(STATIC),,$(patsubst -I%,-isystem %,\
		  $(shell pkg-config --cflags chafa 2>/dev/null)))
CHAFA_SONAME   := $(if $(CHAFA_CFLAGS),$(call soname,libchafa.so))
HDF5_CFLAGS    := $(if $(STATIC),,$(patsubst -I%,-isystem %,\
		  $(shell pkg-config --cflags hdf5 2>/dev/null)))
HDF5_SONAME    := $(if $(HDF5_CFLAGS),$(firstword $(call soname,hdf5/serial/libhdf5.so) \
		  $(call soname,libhdf5.so)))
ZMQ_SONAME     := $(if $(STATIC),,$(shell echo '\#include <zmq.h>' | \
		  $(CC) -E -x c - >/dev/null 2>&1 && echo yes))
ZMQ_SONAME     := $(if $(ZMQ_SONAME),$(call soname,libzmq.so))
LEFT_OUT       := $(if $(SWSCALE_SONAME)$(STATIC),,colours (no libswscale-dev)) \
		  $(if $(ISAL)$(STATIC),,checksums of the kind CRC-32C (no libisal-dev)) \
		  $(if $(TIFF_SONAME)$(STATIC),,TIFF files (no libtiff-dev)) \
		  $(if $(HDF5_SONAME)$(STATIC),,HDF5 files (no libhdf5-dev)) \
		  $(if $(ZMQ_SONAME)$(STATIC),,sending and receiving (no libzmq3-dev)) \
		  $(if $(CHAFA_SONAME)$(STATIC),,pictures in terminals (no libchafa-dev))

define with
$(BUILD)/obj/userlib/tools/lib/$(1).o: private CPPFLAGS += $(if $(2),-D$(3)='"$(2)"')
endef
$(eval $(call with,swscale,$(SWSCALE_SONAME),SWSCALE_SONAME))
$(eval $(call with,image_tiff,$(TIFF_SONAME),TIFF_SONAME))
$(eval $(call with,libchafa,$(CHAFA_SONAME),CHAFA_SONAME))
$(BUILD)/obj/userlib/record/checksum.o: private CPPFLAGS += $(if $(ISAL),-DWITH_ISAL)
HDF5_PARTS := libhdf5 nexus export_hdf5
$(foreach part,$(HDF5_PARTS),$(eval $(call with,$(part),$(HDF5_SONAME),HDF5_SONAME)))
$(HDF5_PARTS:%=$(BUILD)/obj/userlib/tools/lib/%.o): private CPPFLAGS += $(HDF5_CFLAGS)
$(BUILD)/obj/userlib/tools/lib/libchafa.o: private CPPFLAGS += $(CHAFA_CFLAGS)

ZMQ_PARTS := lib/libzmq lib/endpoint send receive
$(ZMQ_PARTS:%=$(BUILD)/obj/userlib/tools/%.o): private CPPFLAGS += \
	$(if $(ZMQ_SONAME),-DZMQ_SONAME='"$(ZMQ_SONAME)"')

userlib: $(LIB_SHARED) $(LIB_STATIC) $(RECORD_SHARED) $(RECORD_STATIC) $(TOOL)
	@:

# Of each, a list says what is public.
$(LIB_SHARED) $(LIB_STATIC): OBJECTS := $(LIB_OBJECTS)
$(LIB_SHARED): $(LIB_OBJECTS) userlib/libdmaring.map
$(LIB_STATIC): $(LIB_OBJECTS)
$(RECORD_SHARED) $(RECORD_STATIC): OBJECTS := $(RECORD_OBJECTS)
$(RECORD_SHARED): $(RECORD_OBJECTS) userlib/libdmaring-record.map $(LIB_SHARED)
$(RECORD_SHARED): LIBS := $(BUILD)/lib/libdmaring.so $(RECORD_LIBS)
$(RECORD_STATIC): $(RECORD_OBJECTS)

$(LIB_SHARED) $(RECORD_SHARED):
	$(call show,LD)
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS) -shared -Wl,-soname,$(@F) \
		-Wl,--version-script=userlib/$(@F:.so.0=.map) -o $@ $(OBJECTS) $(LIBS)
	$(Q)ln -sf $(@F) $(@D)/$(@F:.0=)

# One object, in which what is not public is local: its names are free for programs.
$(LIB_STATIC) $(RECORD_STATIC):
	$(call show,AR)
	@mkdir -p $(@D)
	$(Q)rm -f $@
	$(Q)$(CC) -r -nostdlib -o $(BUILD)/obj/$(@F:.a=.o) $(OBJECTS)
	$(Q)$(OBJCOPY) --localize-hidden $(BUILD)/obj/$(@F:.a=.o)
	$(Q)$(AR) rcs $@ $(BUILD)/obj/$(@F:.a=.o)

# What unit tests link with: the command without its main(). "q", because files of two
# folders may have one name.
$(TOOL_PARTS): $(filter-out %/main.o,$(TOOL_OBJECTS))
	$(call show,AR)
	@mkdir -p $(@D)
	$(Q)rm -f $@
	$(Q)$(AR) qcs $@ $^

$(TOOL): $(TOOL_OBJECTS) $(OUR_LIBS)
	$(call show,LD)
	@mkdir -p $(@D)
	$(Q)$(CC) $(STATIC) $(LDFLAGS) -o $@ $^ -lpng $(RECORD_LIBS) -lm -ldl
	$(if $(strip $(LEFT_OUT)),@echo "  without $(strip $(LEFT_OUT))")

# ------------------------------------------------------------------------ Python

# One file for all Pythons from 3.11 on (the limited API), where that of the system has its
# headers.
PYTHON         ?= /usr/bin/python3
PYTHON_INCLUDE := $(if $(STATIC),,$(shell $(PYTHON) -c 'import os, sys, sysconfig; \
		  path = sysconfig.get_path("include"); \
		  print(path if sys.version_info >= (3, 11) and \
		  os.path.exists(path + "/Python.h") else "")' 2>/dev/null))
PYTHON_SOURCES := $(wildcard userlib/python/dmaring/*.py userlib/python/dmaring/*.pyi) \
		  userlib/python/dmaring/py.typed
PYTHON_PACKAGE := $(BUILD)/python/dmaring
PYTHON_FILES   := $(patsubst userlib/python/%,$(BUILD)/python/%,$(PYTHON_SOURCES))
PYTHON_MODULE  := $(PYTHON_PACKAGE)/_dmaring.abi3.so
PYTHON_OBJECTS := $(call objects_of,userlib/python/src)

.PHONY: python
userlib: python
ifneq ($(PYTHON_INCLUDE),)
python: $(PYTHON_MODULE) $(PYTHON_FILES)
	@:
else
python:
	$(if $(STATIC),@:,@echo "  without the Python package (no python3-dev, or older than 3.11)")
endif

$(PYTHON_OBJECTS): private CPPFLAGS += -isystem $(PYTHON_INCLUDE)

$(PYTHON_MODULE): $(PYTHON_OBJECTS) $(OUR_LIBS)
	$(call show,LD)
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS) -shared -Wl,--exclude-libs,ALL -o $@ $^ $(RECORD_LIBS)

$(PYTHON_FILES): $(BUILD)/python/%: userlib/python/%
	@mkdir -p $(@D)
	$(Q)cp $< $@

# --------------------------------------------------------------------- GStreamer

# A plugin for the system's GStreamer, with the library in it as in Python's module.
GSTREAMER_NEEDS  := gstreamer-base-1.0 gstreamer-video-1.0
GSTREAMER_CFLAGS := $(if $(STATIC),,$(patsubst -I%,-isystem %,\
		    $(shell pkg-config --cflags $(GSTREAMER_NEEDS) 2>/dev/null)))
GSTREAMER_LIBS   := $(if $(GSTREAMER_CFLAGS),$(shell pkg-config --libs $(GSTREAMER_NEEDS)))
GSTREAMER_PLUGIN := $(BUILD)/gstreamer/libgstdmaring.so
GSTREAMER_OBJECTS := $(call objects_of,userlib/gstreamer)

.PHONY: gstreamer
userlib: gstreamer
ifneq ($(GSTREAMER_CFLAGS),)
gstreamer: $(GSTREAMER_PLUGIN)
	@:
else
gstreamer:
	$(if $(STATIC),@:,@echo "  without the GStreamer element (no libgstreamer-plugins-base1.0-dev)")
endif

$(GSTREAMER_OBJECTS): private CPPFLAGS += $(GSTREAMER_CFLAGS)

$(GSTREAMER_PLUGIN): $(GSTREAMER_OBJECTS) $(OUR_LIB)
	$(call show,LD)
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS) -shared -Wl,--exclude-libs,ALL -o $@ $^ $(GSTREAMER_LIBS)

# ---------------------------------------------------------------------- SoapySDR

# A module is C++, as its interface is. With the library in it, too.
SOAPYSDR         := $(if $(STATIC),,$(shell pkg-config --exists SoapySDR 2>/dev/null && \
		    command -v $(CXX) >/dev/null && echo yes))
SOAPYSDR_MODULE  := $(BUILD)/soapysdr/libdmaringSupport.so
SOAPYSDR_OBJECTS := $(patsubst %.cpp,$(BUILD)/obj/%.o,$(wildcard userlib/soapysdr/*.cpp))

.PHONY: soapysdr
userlib: soapysdr
ifneq ($(SOAPYSDR),)
soapysdr: $(SOAPYSDR_MODULE)
	@:
else
soapysdr:
	$(if $(STATIC),@:,@echo "  without the SoapySDR module (no libsoapysdr-dev, or no g++)")
endif

$(BUILD)/obj/userlib/soapysdr/%.o: userlib/soapysdr/%.cpp
	$(call show,CXX)
	@mkdir -p $(@D)
	$(Q)$(CXX) -std=c++17 -Wall -Wextra $(WERROR) $(INCLUDES) -MMD -MP $(CPPFLAGS) $(CFLAGS) \
		$(shell pkg-config --cflags SoapySDR) -fPIC -fvisibility=hidden -c -o $@ $<

$(SOAPYSDR_MODULE): $(SOAPYSDR_OBJECTS) $(OUR_LIB)
	$(call show,LD)
	@mkdir -p $(@D)
	$(Q)$(CXX) $(LDFLAGS) -shared -Wl,--exclude-libs,ALL -o $@ $^ $(shell pkg-config --libs SoapySDR)
