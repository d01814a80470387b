#!/bin/sh
# SPDX-License-Identifier: MIT
# What README.md shows to be copied compiles: the program and the driver skeleton.
. tests/style/lib.sh

tool gcc
folder=$STYLE/readme
rm -rf "$folder"
mkdir -p "$folder/driver"
awk -v folder="$folder" '
	/^```c$/ { n++; inside = 1; next }
	/^```$/ { inside = 0 }
	inside { print > (folder "/" (n == 1 ? "program.c" : "driver/my_card.c")) }
' README.md
gcc -std=gnu11 -Wall -Wextra -Werror -fsyntax-only -Idriver/uapi -Iuserlib/include \
	"$folder/program.c" || exit

make -s BUILD="$folder/build" driver >/dev/null || exit
kver=$(scripts/kver)
cat >"$folder/driver/Kbuild" <<END
obj-m := my_card.o
ccflags-y := -I$PWD/driver/uapi -I$PWD/driver/include
END
make -s -C "$(scripts/kver dir)" M="$PWD/$folder/driver" W=1 KCFLAGS=-Werror \
	KBUILD_EXTRA_SYMBOLS="$PWD/$folder/build/driver/$kver/Module.symvers" modules
