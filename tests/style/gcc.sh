#!/bin/sh
# SPDX-License-Identifier: MIT
# gcc has nothing to say, with the kernel's extra warnings for the driver.
. tests/style/lib.sh

tool gcc
build_all gcc CC=gcc WERROR=-Werror userlib examples tests || exit
driver_by gcc
