// SPDX-License-Identifier: MIT
#include "monitor.h"

int monitor_open(const char *device, struct dmaring **stream)
{
	static const struct dmaring_options monitor = {
		.size = sizeof(monitor),
		.flags = DMARING_OPEN_MONITOR,
	};

	return dmaring_open(device, &monitor, stream);
}
