#!/bin/sh
# SPDX-License-Identifier: MIT
# Every public header compiles alone, as C and as C++, and the kernel interface
# for 32-bit programs too.
. tests/style/lib.sh

tool gcc
tool g++
status=0

alone() # HEADER COMPILER...
{
	header=$1
	shift
	echo "#include <$header>" |
		"$@" -Wall -Wextra -Werror -pedantic -fsyntax-only \
			-Idriver/uapi -Idriver/include -Iuserlib/include - || {
		echo "$header does not compile alone with $*"
		status=1
	}
}

for header in linux/dmaring.h dmaring/pattern.h dmaring/format.h libdmaring.h \
	libdmaring-record.h; do
	alone "$header" gcc -xc -std=c11
	alone "$header" gcc -xc -std=gnu11
	alone "$header" g++ -xc++ -std=c++11
	alone "$header" g++ -xc++ -std=c++20
done
alone linux/dmaring.h gcc -xc -std=c11 -m32
alone linux/dmaring.h g++ -xc++ -std=c++11 -m32
exit $status
