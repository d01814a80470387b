/* SPDX-License-Identifier: MIT */
/*
 * The registers of QEMU's edu card, whichever driver it is bound to.  While one is,
 * they can be mapped only on a machine with --append iomem=relaxed.
 */
#ifndef EDU_H
#define EDU_H

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#define EDU_BAR_BYTES	0x100000
#define EDU_IRQ_STATUS	0x24
#define EDU_IRQ_RAISE	0x60
#define EDU_IRQ_ACK	0x64
#define EDU_IRQ_INSTANT	0x00010000	/* with dmaring_edu instant=1: a frame */

/* @device: its folder in sysfs.  MAP_FAILED: see errno. */
static inline void *edu_map(const char *device)
{
	char path[1024];
	void *map;
	int fd;

	snprintf(path, sizeof(path), "%s/resource0", device);
	fd = open(path, O_RDWR | O_CLOEXEC);
	map = mmap(NULL, EDU_BAR_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	return map;
}

static inline void edu_write(volatile uint32_t *registers, unsigned int at, uint32_t value)
{
	registers[at / sizeof(*registers)] = value;
}

static inline uint32_t edu_read(volatile uint32_t *registers, unsigned int at)
{
	return registers[at / sizeof(*registers)];
}

#endif /* EDU_H */
