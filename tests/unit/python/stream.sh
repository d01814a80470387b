#!/bin/sh
# SPDX-License-Identifier: MIT
# What of the Python package's Stream needs no card.

cd "$(dirname "$0")/../../.." || exit
. tests/lib/tap.sh

[ -e build/python/dmaring/_dmaring.abi3.so ] ||
	skip_all "the Python package is not built: no python3-dev"
PYTHONPATH=$PWD/build/python:$PWD/tests/lib exec /usr/bin/python3 -B tests/unit/python/stream.py
