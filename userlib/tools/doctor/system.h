/* SPDX-License-Identifier: MIT */
/* What /proc and /sys tell of the machine, in the time between two looks. */
#ifndef SYSTEM_H
#define SYSTEM_H

#include "evidence.h"

#define SYSTEM_DISKS 64
#define SYSTEM_IRQS 64
#define SYSTEM_TASKS 256

struct system_look {
	uint64_t time_ns;
	struct {
		char name[EVIDENCE_WORD];
		uint64_t busy_ms, written;
	} disks[SYSTEM_DISKS];
	struct {
		unsigned int number;
		uint64_t count;
	} irqs[SYSTEM_IRQS];
	struct {
		int pid;
		char name[EVIDENCE_WORD];
		uint64_t ticks;
	} tasks[SYSTEM_TASKS];	/* with real-time priority */
	unsigned int disk_count, irq_count, task_count;
};

/* @minor: 0 for /dev/dmaring0, whatever link it was called by */
void system_look(struct system_look *look, uint32_t minor);

/* What happened in between. */
void system_compare(const struct system_look *before, const struct system_look *after,
		    struct evidence *evidence);

#endif /* SYSTEM_H */
