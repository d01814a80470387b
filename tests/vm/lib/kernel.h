/* SPDX-License-Identifier: MIT */
/* What a test expects of the kernel differs with its version. */
#ifndef KERNEL_H
#define KERNEL_H

#include <stdio.h>
#include <sys/utsname.h>
#include "tap.h"

/* Is it that version or a later one?  Ends the test on failure. */
static inline int kernel_is_from(int major, int minor)
{
	struct utsname name;
	int its_major, its_minor;

	REQUIRE(!uname(&name));
	REQUIRE(sscanf(name.release, "%d.%d", &its_major, &its_minor) == 2);
	return its_major > major || (its_major == major && its_minor >= minor);
}

#endif /* KERNEL_H */
