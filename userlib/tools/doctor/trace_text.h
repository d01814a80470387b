/* SPDX-License-Identifier: MIT */
/* The tracepoints of the driver, as the kernel and trace-cmd print them. */
#ifndef TRACE_TEXT_H
#define TRACE_TEXT_H

#include "evidence.h"

enum trace_kind {
	TRACE_OTHER,
	TRACE_ARM,
	TRACE_COMPLETE,
	TRACE_PUBLISH,
	TRACE_DEQUEUE,
	TRACE_RELEASE,
	TRACE_OVERRUN,
	TRACE_FAULT,
	TRACE_LOST_EVENTS,	/* the kernel had no room for some */
};

struct trace_event {
	enum trace_kind kind;
	uint32_t minor;
	uint64_t time_ns;
	uint32_t buffer, consumer, consumers, flags;
	uint64_t cookie;
	uint64_t count;		/* of frames or events that were lost */
	bool bad_length;	/* TRACE_FAULT: what it is about */
	bool bad_completion;
	bool lost_interrupt;
	int32_t pid;
	char process[EVIDENCE_WORD];
};

/* Return: false if the line tells of no such event. */
bool trace_parse(const char *line, struct trace_event *event);

#endif /* TRACE_TEXT_H */
