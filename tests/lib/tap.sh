# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# TAP, the Test Anything Protocol, for tests in shell (busybox sh is enough):
#
#	. /tests/lib/tap.sh
#	ok "the module loads" modprobe dmaring_edu
#	is "$(cat /sys/...)" 4 "four buffers"
#	done_testing
#
# The plan is printed last: a test that dies on its way has none, which counts
# as a failure.

tap_count=0
tap_failures=0

result() # STATUS DESCRIPTION
{
	tap_count=$((tap_count + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $tap_count - $2"
	else
		tap_failures=$((tap_failures + 1))
		echo "not ok $tap_count - $2"
	fi
	return "$1"
}

note() # TEXT...
{
	printf '%s\n' "$*" | sed 's/^/# /'
}

ok() # DESCRIPTION COMMAND...: the command must succeed
{
	_what=$1
	shift
	_said=$("$@" 2>&1)
	_status=$?
	result $_status "$_what" || note "$* returned $_status: $_said"
}

fails() # DESCRIPTION COMMAND...: the command must fail
{
	_what=$1
	shift
	if _said=$("$@" 2>&1); then
		result 1 "$_what" || note "$* succeeded: $_said"
	else
		result 0 "$_what"
	fi
}

is() # GOT WANT DESCRIPTION
{
	[ "$1" = "$2" ]
	result $? "$3" || note "got \"$1\", want \"$2\""
}

like() # GOT REGEX DESCRIPTION
{
	echo "$1" | grep -qE -e "$2"
	result $? "$3" || note "got \"$1\", want something that matches \"$2\""
}

says() # STATUS REGEX DESCRIPTION COMMAND...: exit status and what it said
{
	_want=$1 _regex=$2 _what=$3
	shift 3
	_said=$("$@" 2>&1)
	is $? "$_want" "$_what: exit status" || note "$_said"
	like "$_said" "$_regex" "$_what: what it says"
}

skip() # REASON: one result that this machine cannot give
{
	tap_count=$((tap_count + 1))
	echo "ok $tap_count # SKIP $*"
}

skip_all() # REASON
{
	echo "1..0 # SKIP $*"
	exit 0
}

bail() # REASON: it makes no sense to go on
{
	echo "Bail out! $*"
	exit 1
}

# What KASAN keeps of memory that was freed, to see who still uses it: mm/kasan/
# quarantine.c, a 32nd of the memory and 1 MiB a processor.  0 without KASAN; with it
# kmemleak looks for what nobody points to.
quarantine_kib()
{
	if grep -q ' kasan_quarantine_put$' /proc/kallsyms; then
		awk -v cpus="$(grep -c '^processor' /proc/cpuinfo)" \
			'$1 == "MemTotal:" { print int($2 / 32) + 1024 * cpus }' /proc/meminfo
	else
		echo 0
	fi
}

# KiB of free memory, as MemFree or MemAvailable says, with what lies on the lists of the
# processors, which neither of them counts: up to 18 MiB in 256 since Linux 6.7.
free_kib() # FIELD
{
	echo 3 >/proc/sys/vm/drop_caches
	sleep 1 # freed behind an RCU grace period
	awk -v field="$1:" '$1 == field { kib += $2 }
		$1 == "KernelPageSize:" && !page { page = $2 }
		$1 == "count:" { pages += $2 }
		END { print kib + page * pages }' /proc/meminfo /proc/self/smaps /proc/zoneinfo
}

available_kib()
{
	free_kib MemAvailable
}

put() # FILE TEXT: prints the shell's complaint
{
	(echo "$2" >"$1") 2>&1
}

allow_log() # REGEX: kernel-log lines that this whole test expects
{
	echo "# allow-log: $*"
}

done_testing()
{
	echo "1..$tap_count"
	[ $tap_failures -eq 0 ]
	exit
}
