/* SPDX-License-Identifier: MIT */
/* The kernel's own test mode suspends and resumes the devices without really sleeping. */
#ifndef ASLEEP_H
#define ASLEEP_H

#include <errno.h>
#include <string.h>
#include "card.h"
#include "tap.h"

/* Skips the test where the kernel cannot do that. */
static inline void sleep_and_wake_up(void)
{
	if (file_write("/sys/power/pm_test", "devices"))
		SKIP("this kernel cannot test suspend: %s", strerror(errno));
	file_write("/sys/module/suspend/parameters/pm_test_delay", "0");
	REQUIRE_EQ(file_write("/sys/power/state", "freeze"), 0);
}

#endif /* ASLEEP_H */
