/* SPDX-License-Identifier: MIT */
/* What a capture amounted to. */
#ifndef RESULT_H
#define RESULT_H

#include "latency.h"

#include <libdmaring.h>
#include <stdbool.h>

struct result {
	const char *device;
	uint32_t frame_bytes;		/* of a whole frame */
	uint64_t start_ns;
	uint64_t heard_ns;		/* when the last frame came */
	uint64_t elapsed_ns;
	uint64_t frames;
	uint64_t bytes;
	struct dmaring_loss loss;	/* between the first and the last frame */
	uint64_t corrupt;
	uint64_t damaged;		/* DMARING_FRAME_ERROR */
	uint64_t truncated;		/* DMARING_FRAME_TRUNCATED */
	uint64_t short_ones;		/* fewer bytes than a whole frame */
	uint64_t skipped;		/* not in the recording */
	uint64_t discontinuities;	/* after the first frame */
	bool verified;
	bool complete;			/* all that was asked for */
	struct dmaring_frame first, last;
	struct latency latency;
};

void result_begin(struct result *result, const char *device,
		  uint32_t frame_bytes, bool verified);
void result_add(struct result *result, const struct dmaring_frame *frame);
void result_end(struct result *result, bool complete);
uint64_t result_lost(const struct result *result);

/* Frames a second, from the first time stamp to the last; 0: not known. */
double result_rate(const struct result *result);
double result_byte_rate(const struct result *result);

/* Is one of the frames corrupt?  @recorded: or damaged, short or not written?
 * @strict: or that, or one is or may be lost, or none came?  Says which and how many.
 */
bool result_faulty(const struct result *result, bool recorded, bool strict);

/* Do the driver's counters, read after the last frame, allow for this result? */
bool result_agrees(const struct result *result,
		   const struct dmaring_stats *stats);

#define RESULT_SILENCE 48

/* "no frame for 4 s"; "" if that is not worth a word; returns @text. */
const char *result_silence(char text[RESULT_SILENCE],
			   const struct result *result);

#endif /* RESULT_H */
