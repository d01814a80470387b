/* SPDX-License-Identifier: MIT */
/* What a capture amounted to. */
#ifndef RESULT_H
#define RESULT_H

#include "latency.h"

#include <libdmaring.h>
#include <stdbool.h>

struct result {
	const char *device;
	uint64_t start_ns;
	uint64_t elapsed_ns;
	uint64_t frames;
	uint64_t bytes;
	struct dmaring_loss loss;	/* between the first and the last frame */
	uint64_t corrupt;
	uint64_t damaged;		/* DMARING_FRAME_ERROR */
	uint64_t discontinuities;
	bool verified;
	bool complete;			/* all that was asked for */
	struct dmaring_frame last;
	struct latency latency;
};

void result_begin(struct result *result, const char *device, bool verified);
void result_add(struct result *result, const struct dmaring_frame *frame);
void result_end(struct result *result, bool complete);
uint64_t result_lost(const struct result *result);

/* Do the driver's counters, read after the last frame, allow for this result? */
bool result_agrees(const struct result *result,
		   const struct dmaring_stats *stats);

void result_print(const struct result *result);
void result_print_json(const struct result *result);

#endif /* RESULT_H */
