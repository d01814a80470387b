#!/bin/sh
# SPDX-License-Identifier: MIT
# Every kernel-doc comment names what it documents, completely.
. tests/style/lib.sh

kernel_scripts
# shellcheck disable=SC2046 # a list of words
perl $KERNEL_SCRIPTS/kernel-doc -none -Werror \
	$(find driver userlib/include -name '*.h') $(find driver -name '*.c')
