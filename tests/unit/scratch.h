/* SPDX-License-Identifier: MIT */
/* A folder for one test at a time, named after the process that runs them all. */
#ifndef SCRATCH_H
#define SCRATCH_H

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include "tap.h"

static char scratch[64];

static inline void scratch_name(void)
{
	snprintf(scratch, sizeof(scratch), "/tmp/dmaring-test-%d", (int)getppid());
}

static inline void scratch_make(void)
{
	scratch_name();
	REQUIRE(!mkdir(scratch, 0755));
}

static inline void scratch_remove(void)
{
	char command[sizeof(scratch) + 8];

	scratch_name();
	snprintf(command, sizeof(command), "rm -rf %s", scratch);
	CHECK(!system(command));
}

#endif /* SCRATCH_H */
