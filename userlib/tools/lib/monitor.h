/* SPDX-License-Identifier: MIT */
#ifndef MONITOR_H
#define MONITOR_H

#include <libdmaring.h>

/* Opens a stream to look at it only, whoever else uses it.  As dmaring_open(). */
int monitor_open(const char *device, struct dmaring **stream);

#endif /* MONITOR_H */
