#!/bin/sh
# SPDX-License-Identifier: MIT
# clang has nothing to say, with the kernel's extra warnings for the driver.
. tests/style/lib.sh

tool clang
# The headers describe a kernel built by gcc; these say otherwise, and turn off
# what only gcc can do. The outcome is to be looked at, not to be loaded.
configuration="CONFIG_CC_IS_GCC= CONFIG_GCC_VERSION=0 CONFIG_CC_IS_CLANG=y
	CONFIG_CC_IMPLICIT_FALLTHROUGH=-Wimplicit-fallthrough
	CONFIG_FTRACE_MCOUNT_USE_CC= CONFIG_INIT_STACK_ALL_ZERO= CONFIG_RETHUNK= CONFIG_SLS="

build_all clang CC=clang WERROR=-Werror userlib examples tests || exit
# shellcheck disable=SC2086 # a list of words
build_all clang-driver CC=clang W=1 KCFLAGS=-Werror $configuration driver
