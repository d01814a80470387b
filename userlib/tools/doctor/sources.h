/* SPDX-License-Identifier: MIT */
/*
 * Where facts come from.  What fails has said why, and what to do.  Return of all: 0, or
 * a negative errno.
 */
#ifndef SOURCES_H
#define SOURCES_H

#include "evidence.h"

/* Watches the stream until the time is over, or a signal asks for the end. */
int source_live(const char *device, uint64_t ns, struct evidence *evidence);

/* Is it the directory of a recording? */
bool source_is_recording(const char *path);
int source_recording(const char *path, struct evidence *evidence);

/* What "trace-cmd report" printed, or the kernel; "-" is the standard input.
 * @stream: "0" for that of /dev/dmaring0; NULL: the one that lost the most frames.
 */
int source_trace(const char *path, const char *stream, struct evidence *evidence);

#endif /* SOURCES_H */
