#!/bin/sh
# SPDX-License-Identifier: MIT
#
# What "make install" puts where, and that "make uninstall" leaves nothing of it.
# shellcheck disable=SC2317 # functions that ok and fails call

top=$(cd "$(dirname "$0")/../../.." && pwd) || exit
. "$top/tests/lib/tap.sh"
cd "$top" || exit

tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
kver=6.1.0-none
build=$tree/build
mkdir -p "$build/bin" "$build/lib" "$build/driver/$kver/core" "$build/driver/$kver/hw/edu"
mkdir -p "$build/python/dmaring/__pycache__"
touch "$build/python/dmaring/__init__.py" "$build/python/dmaring/_dmaring.pyi" \
	"$build/python/dmaring/py.typed" "$build/python/dmaring/_dmaring.abi3.so" \
	"$build/python/dmaring/__pycache__/old.pyc"
mkdir -p "$build/gstreamer" "$build/soapysdr"
touch "$build/gstreamer/libgstdmaring.so" "$build/soapysdr/libdmaringSupport.so"
touch "$build/bin/dmaring" "$build/lib/libdmaring.so.0" "$build/lib/libdmaring.a" \
	"$build/lib/libdmaring-record.so.0" "$build/lib/libdmaring-record.a" \
	"$build/driver/$kver/core/dmaring.ko" "$build/driver/$kver/hw/edu/dmaring_edu.ko"
DESTDIR=$tree/root
export DESTDIR

run() # ACTION KVER PREFIX [LIBDIR]
{
	KVER=$2 scripts/install "$1" "$build" "$3" "${4:-$3/lib}" 1.2.3 2>&1
}

there() # FILE...: below DESTDIR
{
	for file in "$@"; do
		[ -e "$DESTDIR$file" ] || return
	done
}

exported()
{
	sed -n 's/^\t\t\(dmaring_[a-z_]*\);$/\1/p' userlib/libdmaring.map userlib/libdmaring-record.map
}

files()
{
	find "$tree/root" ! -type d | wc -l
}

said=$(run install $kver /usr/local)
ok "modules" there /lib/modules/$kver/updates/dmaring/dmaring.ko \
	/lib/modules/$kver/updates/dmaring/dmaring_edu.ko
ok "command, library and headers" there /usr/local/bin/dmaring /usr/local/lib/libdmaring.so \
	/usr/local/lib/libdmaring.a /usr/local/include/linux/dmaring.h
ok "manual" there /usr/local/share/man/man1/dmaring.1 /usr/local/share/man/man4/dmaring.4 \
	/usr/local/share/man/man5/dmaring-recording.5
ok "the library for recordings" there /usr/local/lib/libdmaring-record.so \
	/usr/local/lib/libdmaring-record.a /usr/local/include/libdmaring-record.h \
	/usr/local/lib/pkgconfig/libdmaring-record.pc
python=$(cd "$DESTDIR" && echo usr/local/lib/python3.*/dist-packages/dmaring)
ok "the Python package" there "/$python/__init__.py" "/$python/_dmaring.pyi" "/$python/py.typed" \
	"/$python/_dmaring.abi3.so"
fails "and nothing that is made anew" there "/$python/__pycache__"
mkdir "$DESTDIR/$python/__pycache__"
touch "$DESTDIR/$python/__pycache__/made.pyc"
ok "parts of GStreamer and SoapySDR" there /usr/local/lib/gstreamer-1.0/libgstdmaring.so \
	/usr/local/lib/SoapySDR/modules0.8/libdmaringSupport.so
ok "completion" there /usr/local/share/bash-completion/completions/dmaring
ok "zsh's, too" there /usr/local/share/zsh/site-functions/_dmaring
ok "rules" there /usr/local/lib/udev/rules.d/60-dmaring.rules
units=/usr/local/lib/systemd/system
ok "services" there "$units/dmaring-record@.service" "$units/dmaring-metrics.service" \
	"$units/dmaring-metrics.timer" /usr/local/etc/dmaring/record.conf
like "$(cat "$DESTDIR$units/dmaring-record@.service")" \
	'ExecStart=/usr/local/bin/dmaring .*-/usr/local/etc/dmaring/record|-/usr/local/etc/dmaring/record' \
	"know where everything is"
fails "nothing is left to fill in" grep -r '@[A-Z]*@' "$DESTDIR$units"
# Of a tree that is no whole system it misses the rest.
verify() # UNIT
{
	systemd-analyze --root="$DESTDIR" verify "$units/$1" 2>&1 |
		grep -v "sysinit.target not found\|Command 'man \|Command /bin/sh is not executable"
}
if command -v systemd-analyze >/dev/null; then
	for unit in dmaring-record@dmaring0.service dmaring-metrics.timer dmaring-metrics.service; do
		is "$(verify $unit)" "" "systemd likes $unit"
	done
fi
ok "recipes" there /usr/local/share/dmaring/latency.bt \
	/usr/local/share/dmaring/grafana-dashboard.json
echo "# mine" >>"$DESTDIR/usr/local/etc/dmaring/record.conf"
for function in $(exported); do
	ok "man $function" there "/usr/local/share/man/man3/$function.3"
done
is "$(readlink "$DESTDIR/usr/local/share/man/man3/dmaring_next.3")" libdmaring.3 \
	"is the page of the library"
like "$said" "modules +$DESTDIR/lib/modules/$kver/updates/dmaring" "it is told where the modules are"
like "$said" "command +$DESTDIR/usr/local/bin/dmaring" "and the command"
like "$(cat "$DESTDIR/usr/local/lib/pkgconfig/libdmaring.pc")" '^libdir=/usr/local/lib$' "pkg-config"
like "$(cat "$DESTDIR/usr/local/lib/pkgconfig/libdmaring.pc")" '^Version: 1\.2\.3$' "knows the version"

touch "$DESTDIR/lib/modules/$kver/updates/dmaring/dmaring_old.ko"
run install $kver /usr/local >/dev/null
like "$(cat "$DESTDIR/usr/local/etc/dmaring/record.conf")" '# mine' "a configuration stays as it is"
fails "modules of an earlier version go" there /lib/modules/$kver/updates/dmaring/dmaring_old.ko

is "$(run uninstall $kver /usr/local)" "" "uninstall has nothing to say"
is "$(files)" 0 "and nothing is left"
fails "not even what Python has compiled" there "/$python"
fails "not even a folder of modules" there /lib/modules/$kver/updates/dmaring

run install $kver /usr /usr/lib/of-this-machine >/dev/null
ok "a LIBDIR of its own" there /usr/lib/of-this-machine/libdmaring.so.0 \
	/usr/lib/of-this-machine/pkgconfig/libdmaring.pc
like "$(cat "$DESTDIR/usr/lib/of-this-machine/pkgconfig/libdmaring.pc")" \
	'^libdir=/usr/lib/of-this-machine$' "of which pkg-config knows"
ok "the Python package, for all of its versions" \
	there /usr/lib/python3/dist-packages/dmaring/_dmaring.abi3.so
fails "and nothing of the library elsewhere" there /usr/lib/libdmaring.so.0
run uninstall $kver /usr /usr/lib/of-this-machine >/dev/null
is "$(files)" 0 "goes, too"

run install "" /usr /usr/lib/of-this-machine >/dev/null
ok "without KVER the library" there /usr/lib/of-this-machine/libdmaring.so.0
fails "and no modules: packages have them in another way" there /lib/modules/$kver/updates/dmaring
run uninstall "" /usr /usr/lib/of-this-machine >/dev/null
is "$(files)" 0 "goes, too"

# As from a clone in which nothing is built, on a machine without kernel headers.
for other in $kver 6.12.0-none; do
	mkdir -p "$build/driver/$other"
	touch "$build/driver/$other/dmaring.ko"
	run install "$other" /usr/local >/dev/null
done
rm -r "$build"
mkdir "$tree/clone"
git ls-files -z Makefile '*/build.mk' userlib/src/version.h userlib/man \
	'userlib/*.pc.in' scripts examples |
	tar -c --null -T - | tar -x -C "$tree/clone"
ok "make uninstall from a fresh clone" make -s -C "$tree/clone" uninstall KVER=6.12.0-none
fails "removes the modules of the kernel that is named" \
	there /lib/modules/6.12.0-none/updates/dmaring
ok "make uninstall of all" make -s -C "$tree/clone" uninstall
is "$(files)" 0 "removes those of all kernels, and the rest"
fails "and builds nothing" [ -e "$tree/clone/build" ]
done_testing
