#!/bin/sh
# SPDX-License-Identifier: MIT
# Recordings, read by the Python package.

cd "$(dirname "$0")/../../.." || exit
. tests/lib/tap.sh

[ -e build/python/dmaring/_dmaring.abi3.so ] ||
	skip_all "the Python package is not built: no python3-dev"
PYTHONPATH=$PWD/build/python:$PWD/tests/lib exec /usr/bin/python3 -B tests/unit/python/recording.py
