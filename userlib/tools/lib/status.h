/* SPDX-License-Identifier: MIT */
/* The line below a live picture: rate, losses, latency. */
#ifndef STATUS_H
#define STATUS_H

#include "result.h"

#define STATUS_TEXT 256

struct status {
	struct result result;
	struct dmaring_format format;
	uint64_t since_ns;		/* rates are those from then on, */
	struct dmaring_frame since_frame;	/* from this one's time stamp */
	uint64_t since_shown;
	double produced_rate;
	double shown_rate;
	uint64_t age_ns;		/* of the last frame when it came */
};

void status_begin(struct status *status, const char *device,
		  const struct dmaring_format *format);
void status_add(struct status *status, const struct dmaring_frame *frame);

/* One line without its end, at most @columns characters; returns @text. */
const char *status_text(char text[STATUS_TEXT], const struct status *status,
			unsigned int columns);

#endif /* STATUS_H */
