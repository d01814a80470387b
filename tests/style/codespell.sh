#!/bin/sh
# SPDX-License-Identifier: MIT
# codespell finds no misspelled word.
. tests/style/lib.sh

tool codespell
codespell --ignore-words tests/style/codespell.ignore ./*.md Makefile driver userlib examples tests scripts .ci
