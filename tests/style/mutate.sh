#!/bin/sh
# SPDX-License-Identifier: MIT
# What tests/mutate breaks is still there, and so are the tests that must see it.
. tests/style/lib.sh

tool python3
tests/mutate/run --table
