#!/bin/sh
# SPDX-License-Identifier: MIT
# clang has nothing to say, with the kernel's extra warnings for the driver.
. tests/style/lib.sh

tool clang
# The headers describe a kernel built by gcc; these say otherwise, and turn off
# what only gcc, or only a newer clang, can do, by the names that it has from 6.1
# to 7.3. The outcome is to be looked at, not to be loaded.
configuration="CONFIG_CC_IS_GCC= CONFIG_GCC_VERSION=0 CONFIG_CC_IS_CLANG=y
	CONFIG_CC_IMPLICIT_FALLTHROUGH=-Wimplicit-fallthrough
	CONFIG_CC_HAS_MIN_FUNCTION_ALIGNMENT= CONFIG_FTRACE_MCOUNT_USE_CC=
	CONFIG_INIT_STACK_ALL_ZERO= CONFIG_RETHUNK= CONFIG_MITIGATION_RETHUNK=
	CONFIG_SLS= CONFIG_MITIGATION_SLS= CONFIG_UBSAN_BOUNDS_STRICT="

# And per-CPU variables as only gcc is meant to see them, in two address spaces.
flags="-Werror -Wno-duplicate-decl-specifier"

build_all clang CC=clang WERROR=-Werror userlib examples tests || exit
# shellcheck disable=SC2086 # a list of words
build_all clang-driver CC=clang W=1 KCFLAGS="$flags" $configuration driver
