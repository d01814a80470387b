/* SPDX-License-Identifier: MIT */
/* What /proc tells of the process that takes the frames. */
#ifndef PROCESS_FACTS_H
#define PROCESS_FACTS_H

#include "evidence.h"

struct process {
	int32_t pid;		/* 0: it was not looked at yet */
	uint64_t ran_ns, queued_ns, written_bytes;	/* at the last look */
};

/* Looks at it, and adds what is new to @facts. */
void process_look(struct process *process, struct consumer_facts *facts, bool in_pause);

/* The same of what costs more to know; first and last. */
void process_look_closely(struct process *process, struct consumer_facts *facts);

#endif /* PROCESS_FACTS_H */
