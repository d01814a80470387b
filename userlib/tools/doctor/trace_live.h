/* SPDX-License-Identifier: MIT */
/* The driver's tracepoints, as they come, in a buffer of our own: nobody else's trace is
 * disturbed.  It needs root.
 */
#ifndef TRACE_LIVE_H
#define TRACE_LIVE_H

#include "trace_state.h"

#include <limits.h>

struct trace_live {
	int pipe;		/* -1: there is none */
	struct trace_state state;
	char line[1024];
	size_t used;
};

/* Makes it, but does not begin.  Return: NULL; why there is none. */
const char *trace_live_open(struct trace_live *live, struct evidence *evidence,
			    uint32_t minor);
void trace_live_begin(struct trace_live *live);

/* A part of what has come: it may come faster than it can be read.
 * Return: false if there was nothing.
 */
bool trace_live_read(struct trace_live *live);

/* Whether or not it was opened. */
void trace_live_close(struct trace_live *live);

#endif /* TRACE_LIVE_H */
