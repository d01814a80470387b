// SPDX-License-Identifier: MIT
#include "names.h"

#include <linux/dmaring.h>

const char *name_of_buffer_state(uint32_t state)
{
	static const char *const names[] = {
		[DMARING_BUFFER_IDLE] = "idle",
		[DMARING_BUFFER_ARMED] = "armed",
		[DMARING_BUFFER_HELD] = "held",
		[DMARING_BUFFER_QUARANTINED] = "quarantined",
		[DMARING_BUFFER_FILLED] = "filled",
		[DMARING_BUFFER_ABSENT] = "absent",
	};

	return state <= DMARING_BUFFER_ABSENT ? names[state] : "unknown";
}

const char *name_of_memory(uint32_t memory)
{
	switch (memory) {
	case DMARING_MEMORY_COHERENT:
		return "coherent";
	case DMARING_MEMORY_PAGES:
		return "pages";
	case DMARING_MEMORY_USER:
		return "user";
	case DMARING_MEMORY_DMABUF:
		return "dmabuf";
	default:
		return "unknown";
	}
}

const char *name_of_stream_state(uint32_t state)
{
	if (state & DMARING_STATE_FAILED)
		return "failed";
	if (state & DMARING_STATE_SUSPENDED)
		return "suspended";
	return state & DMARING_STATE_RUNNING ? "running" : "stopped";
}

const char *name_of_policy(uint32_t policy)
{
	return policy == DMARING_POLICY_LOSSLESS ? "lossless" : "latest";
}
