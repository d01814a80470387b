#!/bin/sh
# SPDX-License-Identifier: MIT
#
# What tests/vm/run says of tests whose names do not lead to one test.

top=$(cd "$(dirname "$0")/../../.." && pwd) || exit
. "$top/tests/lib/tap.sh"

tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
mkdir -p "$tree/tests/vm/ring" "$tree/tests/vm/uapi" "$tree/scripts/vm"
cp -r "$top/tests/lib" "$tree/tests"
cp -r "$top/tests/vm/lib" "$top/tests/vm/run" "$tree/tests/vm"
cp "$top"/scripts/vm/*.py "$tree/scripts/vm"
echo '[machine]' >"$tree/tests/vm/machines.ini"
touch "$tree/tests/vm/ring/alone.c" "$tree/tests/vm/ring/twice.c"

run() # ARGUMENT...
{
	said=$(KVER=6.99.0-1-amd64 "$tree/tests/vm/run" "$@" 2>&1)
	status=$?
}

run nothing
like "$said" 'no machine called nothing in .*machines\.ini' "a machine that is not there"
is $status 2 "which is a mistake"

cat >"$tree/tests/vm/machines.ini" <<'END'
[machine]
tests = twice
only = another kernel
END
run
like "$said" '^FAIL alone: no machine in .*machines\.ini runs it$' "a test that no machine runs"
like "$said" '^0 passed, 1 failed, 0 skipped$' "it is the only one"
is $status 1 "which is a failure"

touch "$tree/tests/vm/uapi/twice.sh"
run
is $status 1 "a script is another name"
touch "$tree/tests/vm/uapi/twice.c"
run
like "$said" 'two tests have one name: ring/twice\.c and uapi/twice\.c' "two tests of one name"
is $status 2 "which is a mistake"
done_testing
