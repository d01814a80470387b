/* SPDX-License-Identifier: MIT */
/*
 * A disk that takes its time, as a real one may: a disk in memory behind the kernel's
 * delay target.  What is to be written is looked at, and what is read arrives, only when
 * the time is over.  The machine needs the modules brd and dm-delay; of a kernel that has
 * them built in, the disk in memory is as large as its configuration says.
 */
#ifndef SLOW_DISK_H
#define SLOW_DISK_H

#include <errno.h>
#include <fcntl.h>
#include <linux/dm-ioctl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "tap.h"

#define SLOW_DISK_FAST	"/dev/ram0"	/* the same without the delay */
#define SLOW_DISK	"/dev/dm-0"
#define SLOW_DISK_MS	2000
#define SLOW_DISK_KIB	1024

struct slow_disk_command {
	struct dm_ioctl head;
	struct dm_target_spec target;
	char parameters[64];
};

static inline void slow_disk_do(int control, unsigned long number,
				struct slow_disk_command *command)
{
	command->head.version[0] = DM_VERSION_MAJOR;
	command->head.data_size = sizeof(*command);
	command->head.data_start = offsetof(struct slow_disk_command, target);
	strcpy(command->head.name, "slow");
	REQUIRE(!ioctl(control, number, command));
}

/* Makes it; once in a machine. */
static inline void slow_disk_make(void)
{
	struct slow_disk_command create = { 0 }, load = {
		.head.target_count = 1,
		.target = { .length = 2 * SLOW_DISK_KIB, .target_type = "delay" },
	}, resume = { 0 };
	int control;

	if (!access(SLOW_DISK, F_OK))
		return;
	REQUIRE(!system("modprobe brd rd_nr=1 rd_size=1024 && modprobe dm-delay"));
	control = open("/dev/mapper/control", O_RDWR | O_CLOEXEC);
	REQUIRE(control >= 0);
	snprintf(load.parameters, sizeof(load.parameters), SLOW_DISK_FAST " 0 %d",
		 SLOW_DISK_MS);
	slow_disk_do(control, DM_DEV_CREATE, &create);
	slow_disk_do(control, DM_TABLE_LOAD, &load);
	slow_disk_do(control, DM_DEV_SUSPEND, &resume);
	close(control);
}

/* Past the page cache.  Ends the test on failure. */
static inline int slow_disk_open(const char *path)
{
	int fd = open(path, O_RDWR | O_DIRECT | O_CLOEXEC);

	REQUIRE(fd >= 0);
	return fd;
}

#endif /* SLOW_DISK_H */
