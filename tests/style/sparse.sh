#!/bin/sh
# SPDX-License-Identifier: MIT
# sparse finds no mixed address spaces, no unbalanced locks in the driver.
. tests/style/lib.sh

tool sparse
said=$(build_all sparse C=2 CHECK=sparse driver 2>&1) || {
	echo "$said"
	exit 1
}
# What it says of the kernel's own headers is not ours to mend.
! echo "$said" | grep -E "$STYLE/sparse/driver/.*(warning|error):"
