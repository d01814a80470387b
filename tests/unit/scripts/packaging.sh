#!/bin/bash
# SPDX-License-Identifier: MIT
#
# What DKMS is told, and what a card maker's driver finds of the core.
# shellcheck disable=SC2317 # functions that ok and fails call

top=$(cd "$(dirname "$0")/../../.." && pwd) || exit
. "$top/tests/lib/tap.sh"
cd "$top" || exit

tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
kernel_source_dir=/headers dkms_tree=/dkms kernelver=6.1.0-56-amd64 arch=x86_64
export kernel_source_dir dkms_tree kernelver arch

# As DKMS reads it.
scripts/packaging/dkms conf 1.2.3 >"$tree/dkms.conf"
# shellcheck source=/dev/null
. "$tree/dkms.conf"

allowed() # KERNEL
{
	[[ $1 =~ $BUILD_EXCLUSIVE_KERNEL ]]
}

is "$PACKAGE_NAME/$PACKAGE_VERSION" dmaring/1.2.3 "its name and version"
is "$(printf '%s\n' "${BUILT_MODULE_NAME[@]}" | sort | xargs)" \
	"dmaring $(cd driver/hw && printf 'dmaring_%s\n' */ | tr -d / | sort | xargs)" \
	"it names the core and a module for each folder of hardware drivers"
for kernel in 6.1.0-56-amd64 6.12.118+deb13-amd64 7.3.4+deb13-amd64; do
	ok "$kernel is tested" allowed $kernel
done
for kernel in 6.0.1 6.10.1 6.11.0-1-amd64 5.6.1.2 7.30.1 16.1.0 6-1; do
	fails "$kernel is not" allowed $kernel
done

scripts/packaging/dkms source "$tree/source"
ok "the sources of each module are there" [ -e "$tree/source/${BUILT_MODULE_LOCATION[0]}/Kbuild" ]
is "$(find "$tree/source" -name '*.md' -o -name build.mk)" "" "and nothing else"
ok "POST_BUILD can be run" [ -x "$tree/source/${POST_BUILD%% *}" ]
is "${POST_BUILD#* }" "$kernelver $arch" "and is told for which kernel"

# KERNEL [FILE]: the fragment, read by make as Kbuild reads it.
fragment()
{
	printf '%s\n' "${2:+include $2}" "include scripts/packaging/hw.mk" 'all: ;' >"$tree/Kbuild"
	make -s -f "$tree/Kbuild" KERNELRELEASE="$1"
}

says 2 'not installed for Linux 6.1.0-none: install its headers, then run "dkms autoinstall' \
	"a kernel without the core" fragment 6.1.0-none
mkdir -p "$tree/scripts"
touch "$tree/scripts/Makefile.clean"
ok "to clean needs no core" fragment 6.1.0-none "$tree/scripts/Makefile.clean"
done_testing
