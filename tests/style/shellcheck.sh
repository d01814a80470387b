#!/bin/sh
# SPDX-License-Identifier: MIT
# No shell script has anything that shellcheck would find.
. tests/style/lib.sh

tool shellcheck
# SC1091: tests that run in the guest read loading.sh from where it is there.
# shellcheck disable=SC2046 # a list of words
shellcheck -x --source-path=SCRIPTDIR:. --exclude=SC1091 \
	$( (scripts_in sh; scripts_in bash; sources sh) | sort -u)
