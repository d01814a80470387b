// SPDX-License-Identifier: MIT
/*
 *	 capture-71  [000] d.h1.  12.345678: dmaring_publish: dmaring0 buffer=3 ...
 *
 * trace-cmd prints no flags behind the processor's number, and more blanks.
 */
#include "trace_text.h"
#include "../lib/number.h"
#include "../lib/process.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BEGIN ": dmaring_"

static const struct {
	const char *name;
	enum trace_kind kind;
} kinds[] = {
	{ "arm", TRACE_ARM },		{ "complete", TRACE_COMPLETE },
	{ "publish", TRACE_PUBLISH },	{ "dequeue", TRACE_DEQUEUE },
	{ "release", TRACE_RELEASE },	{ "overrun", TRACE_OVERRUN },
	{ "card_fault", TRACE_FAULT },
};

static enum trace_kind kind_of(const char *name, size_t length)
{
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strlen(kinds[i].name) == length && !strncmp(kinds[i].name, name, length))
			return kinds[i].kind;
	return TRACE_OTHER;
}

/* " buffer=3"; 0 where it is not. */
static uint64_t field(const char *text, const char *name)
{
	const char *at = strstr(text, name);

	return at ? strtoull(at + strlen(name), NULL, 0) : 0;
}

/* "12.345678" or "12.345678901", in front of @end.  Return: false if it is none. */
static bool parse_time(const char *line, const char *end, uint64_t *ns)
{
	const char *begin = end, *dot;
	uint64_t seconds, rest = 0, unit = NS_PER_SECOND;

	while (begin > line && (isdigit((unsigned char)begin[-1]) || begin[-1] == '.'))
		begin--;
	dot = memchr(begin, '.', end - begin);
	if (!dot || dot == begin || dot - begin > 10)
		return false;
	seconds = strtoull(begin, NULL, 10);
	for (dot++; dot < end && unit > 1; dot++) {
		if (*dot == '.')
			return false;
		rest = rest * 10 + (*dot - '0');
		unit /= 10;
	}
	*ns = seconds * NS_PER_SECOND + rest * unit;
	return true;
}

/* "capture-71", in front of "[000]"; a name may have blanks and dashes. */
static void parse_process(const char *line, const char *end, struct trace_event *event)
{
	const char *bracket = memchr(line, '[', end - line), *dash;
	size_t length;

	if (!bracket)
		return;
	while (bracket > line && isblank((unsigned char)bracket[-1]))
		bracket--;
	for (dash = bracket; dash > line && isdigit((unsigned char)dash[-1]);)
		dash--;
	if (dash == bracket || dash == line || dash[-1] != '-')
		return;
	event->pid = strtoul(dash, NULL, 10);
	while (isblank((unsigned char)*line))
		line++;
	length = dash - 1 > line ? dash - 1 - line : 0;
	snprintf(event->process, sizeof(event->process), "%.*s",
		 (int)(length < EVIDENCE_WORD ? length : EVIDENCE_WORD - 1), line);
	make_printable(event->process);
}

/* "CPU:0 [LOST 123 EVENTS]" of the kernel, "CPU:0 [123 EVENTS DROPPED]" of trace-cmd;
 * both have no number where nobody knows it.
 */
static bool parse_lost(const char *line, struct trace_event *event)
{
	const char *at = strchr(line, '[');

	if (!at || !(strstr(at, "[LOST ") || strstr(at, "EVENTS DROPPED]")))
		return false;
	event->kind = TRACE_LOST_EVENTS;
	event->count = strtoull(at + strcspn(at, "0123456789]"), NULL, 10) ?: 1;
	return true;
}

static void parse_fields(const char *text, struct trace_event *event)
{
	event->buffer = field(text, " buffer=");
	event->consumer = field(text, " consumer=");
	event->consumers = field(text, " consumers=");
	event->cookie = field(text, " cookie=");
	event->flags = field(text, " flags=");
	event->count = field(text, " frames=");
	event->bad_length = strstr(text, " impossible_length ");
	event->bad_completion = strstr(text, " bad_completions ");
	event->lost_interrupt = strstr(text, " lost_interrupts ");
}

bool trace_parse(const char *line, struct trace_event *event)
{
	const char *at = strstr(line, BEGIN), *name, *end, *text;

	*event = (struct trace_event){ .kind = TRACE_OTHER };
	if (!at)
		return parse_lost(line, event);
	name = at + strlen(BEGIN);
	end = strchr(name, ':');
	if (!end || !parse_time(line, at, &event->time_ns))
		return false;
	event->kind = kind_of(name, end - name);
	text = end + 1 + strspn(end + 1, " \t");
	if (event->kind == TRACE_OTHER || strncmp(text, "dmaring", strlen("dmaring")) ||
	    !isdigit((unsigned char)text[strlen("dmaring")]))
		return false;
	event->minor = strtoul(text + strlen("dmaring"), NULL, 10);
	parse_process(line, at, event);
	parse_fields(text, event);
	return event->buffer < DMARING_BUFFERS_MAX && event->consumer < EVIDENCE_CONSUMERS;
}
