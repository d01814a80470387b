#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Which kernel is built for, and what is said of headers that cannot be used.

top=$(cd "$(dirname "$0")/../../.." && pwd) || exit
. "$top/tests/lib/tap.sh"

tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
mkdir -p "$tree/scripts"
cp "$top/scripts/kver" "$tree/scripts"
unset KVER KDIR CC KERNEL_CC LLVM CROSS_COMPILE

headers=
program() # NAME: what it does is read from standard input
{
	(echo "#!/bin/sh" && cat) >"$headers/$1"
	chmod +x "$headers/$1"
}

# Headers of a kernel as Debian's are, and everything in them.
make_headers() # KVER COMPILER
{
	headers=$tree/build/kernel/lib/modules/$1/build
	mkdir -p "$headers/include/config" "$headers/include/generated" \
		"$headers/scripts/basic" "$headers/scripts/mod"
	touch "$headers/Makefile" "$headers/Module.symvers" "$headers/include/config/auto.conf" \
		"$headers/include/generated/autoconf.h"
	program scripts/basic/fixdep </dev/null
	program scripts/mod/modpost </dev/null
	# shellcheck disable=SC2016 # for make
	echo 'CC = $(if $(X),$(Y)) $(CROSS_COMPILE)'"$2" >"$headers/.kernelvariables"
}

kver() # KVER WORD...
{
	kver=$1
	shift
	KVER=$kver "$tree/scripts/kver" "$@" 2>&1
}

one_sentence() # REGEX DESCRIPTION: kver said it, and that it fails
{
	like "$said" "$1" "$2"
	is "$(echo "$said" | wc -l)" 1 "$2: in one line"
	is "$status" 1 "$2: fails"
}

check() # KVER
{
	said=$(kver "$1" check)
	status=$?
}

make_headers 6.99.0-1-amd64 gcc
is "$(kver 6.99.0-1-amd64)" 6.99.0-1-amd64 "KVER decides"
is "$(kver 6.99.0-1-amd64 dir)" "$headers" "headers that were unpacked are found"
echo '#define UTS_RELEASE "6.99.0-2-arm64"' >"$headers/include/generated/utsrelease.h"
is "$(KDIR=$headers kver "")" 6.99.0-2-arm64 "KDIR without KVER: the kernel of those headers"
is "$(KDIR=$headers kver "" arch)" arm64 "and its architecture"
is "$(KDIR=$headers kver 6.99.0-1-amd64)" 6.99.0-1-amd64 "KVER decides all the same"
like "$(KDIR=$tree kver "")" "$tree has no include/generated/utsrelease.h.*unset it" \
	"a KDIR without headers"
is "$(kver 6.99.0-1-arm64-16k arch)" arm64 "the name says the architecture: arm64"
is "$(kver 6.99.0-1-cloud-amd64 arch)" x86_64 "the name says the architecture: x86_64"
is "$(kver 6.99.0 arch)" "$(uname -m | sed s/aarch64/arm64/)" "or else it is this machine's"
check 6.99.0-1-amd64
like "$said" '6.99.0-1-amd64, x86_64: as KVER says' "what is built for, and why"
is $status 0 "whole headers can be used"

check 6.98
one_sentence 'no headers of Linux 6.98 .* 6\.99\.0-1-amd64.*linux-headers-6\.98' \
	"a kernel that does not exist"

for part in Makefile include/generated/autoconf.h Module.symvers scripts/mod/modpost; do
	mv "$headers/$part" "$tree/part"
	check 6.99.0-1-amd64
	one_sentence "not whole, .*/$part is missing: install" "headers without $part"
	mv "$tree/part" "$headers/$part"
done
echo "include /nowhere/Makefile" >"$headers/Makefile"
check 6.99.0-1-amd64
one_sentence "not whole, /nowhere/Makefile is missing" "headers without the common ones"

make_headers 6.99.0-2-amd64 gcc-99
check 6.99.0-2-amd64
one_sentence 'want gcc-99, which is not here' "headers without a compiler that matches"
is "$(kver 6.99.0-2-amd64 compiler)" gcc-99 "which is the one that they name"
CC=gcc
export CC
check 6.99.0-2-amd64
is $status 1 "which one there is for user space does not matter"
unset CC
KERNEL_CC=gcc
export KERNEL_CC
check 6.99.0-2-amd64
is $status 0 "unless one is named"
is "$(kver 6.99.0-2-amd64 compiler)" gcc "and taken"
unset KERNEL_CC
for llvm in 1=clang -15=clang-15 /opt/llvm/bin/=/opt/llvm/bin/clang; do
	LLVM=${llvm%%=*}
	export LLVM
	is "$(kver 6.99.0-2-amd64 compiler)" "${llvm#*=}" "LLVM=$LLVM"
done
LLVM=-99
check 6.99.0-2-amd64
one_sentence 'ask for clang-99 .*, which is not here' "LLVM without such a clang"
echo CONFIG_CC_IS_GCC=y >"$headers/include/config/auto.conf"
check 6.99.0-2-amd64
one_sentence 'compiled by gcc' "LLVM for a kernel that gcc compiled"
: >"$headers/include/config/auto.conf"
unset LLVM

# What Kbuild is called with.
kbuild() # WORD...: of make
{
	make -s -C "$top" BUILD="$tree/out" KVER=6.99.0-2-amd64 KDIR="$headers" "$@" driver 2>/dev/null
}

# shellcheck disable=SC2016 # for make
printf 'CC = default\nmodules:\n\t@echo CC is $(CC)' >"$headers/Makefile"
make_compiler() # NAME
{
	mkdir -p "$tree/bin"
	ln -sf /bin/true "$tree/bin/$1"
}

make_compiler gcc-99
make_compiler clang
PATH=$tree/bin:$PATH
is "$(kbuild)" "CC is default" "Kbuild knows its compiler"
is "$(kbuild CC=clang)" "CC is gcc-99" "CC for user space does not reach it"
is "$(kbuild LLVM=1)" "CC is clang" "LLVM=1 does"
is "$(kbuild CC=gcc LLVM=1)" "CC is clang" "both as they are meant"
is "$(kbuild KERNEL_CC=gcc)" "CC is gcc" "KERNEL_CC, too"

make_headers 6.99.0-3-amd64 gcc
program scripts/basic/fixdep <<'END'
echo "fixdep: version \`GLIBC_2.99' not found" >&2
exit 1
END
check 6.99.0-3-amd64
one_sentence 'newer C library' "headers of a newer system"

said=$(kver 6.99.0-3-amd64 what)
status=$?
one_sentence 'no word "what"' "a word that kver does not know"
done_testing
