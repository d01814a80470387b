#!/bin/sh
# SPDX-License-Identifier: MIT
# No shell script has anything that shellcheck would find.
. tests/style/lib.sh

tool shellcheck
# shellcheck disable=SC2046 # a list of words
shellcheck -x --source-path=SCRIPTDIR:. $(scripts_in sh; scripts_in bash; sources sh)
