#!/bin/sh
# SPDX-License-Identifier: MIT
# The types of the Python package are complete, and fit.
. tests/style/lib.sh

tool mypy
mkdir -p $STYLE
mypy --strict --cache-dir $STYLE/mypy --python-executable /usr/bin/python3 \
	userlib/python/dmaring
