/* SPDX-License-Identifier: MIT */
/* The card behind a stream, in /sys. */
#ifndef CHECK_SYSFS_H
#define CHECK_SYSFS_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

/* Where its device is: "/sys/devices/…/0000:01:00.0".  False: nobody knows. */
bool sysfs_device(const char *node, char path[PATH_MAX]);

/* The first line of a file in a folder, without its end.  Return: 0 or -errno. */
int sysfs_read(const char *folder, const char *name, char text[PATH_MAX]);
int sysfs_write(const char *folder, const char *name, const char *text);

#define SYSFS_IRQS_MAX 64

/* Interrupts that are only the device's.  Return: how many. */
unsigned int sysfs_irqs(const char *device, unsigned int irqs[SYSFS_IRQS_MAX]);

/* How often one came, on all processors. */
uint64_t sysfs_irq_count(unsigned int irq);

#endif /* CHECK_SYSFS_H */
