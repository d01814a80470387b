// SPDX-License-Identifier: GPL-2.0-only
/* What is the same for every kind of memory. */
#include <linux/sched.h>
#include <linux/string.h>

#include "memory.h"

/* Make it zeroes.  The card does not write it; process context. */
void dmaring_memory_clear(const struct dmaring_memory *memory)
{
	size_t offset, bytes;
	void *at;

	for (offset = 0; offset < memory->bytes; offset += bytes) {
		at = memory->kind->address(memory, offset, &bytes);
		memset(at, 0, bytes);
		cond_resched();
	}
}
