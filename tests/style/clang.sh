#!/bin/sh
# SPDX-License-Identifier: MIT
# clang has nothing to say, with the kernel's extra warnings for the driver.
. tests/style/lib.sh

tool clang
build_all clang CC=clang WERROR=-Werror userlib examples tests || exit
driver_by clang
