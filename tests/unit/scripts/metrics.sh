#!/bin/bash
# SPDX-License-Identifier: MIT
#
# What Prometheus' own checker says of our metrics. Its package would start a server on
# this machine, so it is unpacked below build/ only.
# shellcheck disable=SC2317 # functions that ok and fails call

top=$(cd "$(dirname "$0")/../../.." && pwd) || exit
# shellcheck source=tests/lib/tap.sh
. "$top/tests/lib/tap.sh"

tools=$top/build/tools/prometheus

unpack() # -> promtool
{
	command -v promtool || {
		[ -x "$tools/usr/bin/promtool" ] || {
			mkdir -p "$tools" && cd "$tools" || return
			apt-get -q download prometheus || return
			dpkg-deb -x prometheus_*.deb . && rm -rf prometheus_*.deb usr/bin/prometheus
		} >"$tools.log" 2>&1
		echo "$tools/usr/bin/promtool"
	}
}

check() # METRICS
{
	printf '%s\n' "$1" | "$promtool" check metrics
}

mkdir -p "${tools%/*}"
promtool=$(unpack)
[ -x "$promtool" ] || {
	echo "1..0 # SKIP the package prometheus, which has promtool, cannot be fetched"
	exit
}
metrics=$("$top/build/tests/unit/tools/metrics" print)
ok "promtool likes the metrics of streams" check "$metrics"
ok "and of none" check "$("$top/build/bin/dmaring" stats --openmetrics)"
# The checker sees what is wrong.
fails "it would see a metric that is not described" \
	check "$(printf '%s\n' "$metrics" | sed '/^# .* dmaring_starts_total/d')"

# The dashboard shows metrics that there are.
board=$top/scripts/packaging/grafana-dashboard.json
ok "the dashboard is JSON" python3 -m json.tool "$board" /dev/null
for metric in $(grep -o 'dmaring_[a-z_]*[{,]' "$board" | tr -d '{,' | sort -u); do
	like "$metrics" "# TYPE $metric " "$metric, of the dashboard, is one"
done
done_testing
