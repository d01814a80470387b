// SPDX-License-Identifier: MIT
#include "process_facts.h"
#include "../lib/process.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* The letter behind the name, which may have anything in it. */
static enum doing doing_of(int32_t pid)
{
	char text[512];
	const char *at;

	process_read(pid, "stat", text, sizeof(text));
	at = strrchr(text, ')');
	if (!at || at[1] != ' ')
		return DOINGS;
	switch (at[2]) {
	case 'R':
		return DOING_RUN;
	case 'D':
		return DOING_DISK;
	case 'T':
	case 't':
		return DOING_STOPPED;
	default:
		return DOING_SLEEP;
	}
}

static void look_at_times(struct process *process, struct consumer_facts *facts)
{
	uint64_t ran_ns, queued_ns;
	char text[128];

	process_read(process->pid, "schedstat", text, sizeof(text));
	if (sscanf(text, "%" SCNu64 " %" SCNu64, &ran_ns, &queued_ns) != 2)
		return;
	if (process->ran_ns || process->queued_ns) {
		facts->ran_ns += ran_ns - process->ran_ns;
		facts->queued_ns += queued_ns - process->queued_ns;
		if (queued_ns - process->queued_ns > facts->queued_most_ns)
			facts->queued_most_ns = queued_ns - process->queued_ns;
	}
	process->ran_ns = ran_ns;
	process->queued_ns = queued_ns;
}

static void begin(struct process *process, struct consumer_facts *facts)
{
	*process = (struct process){ .pid = facts->pid };
	process_name(facts->name, facts->pid);
	process_look_closely(process, facts);
	facts->written_bytes = 0;
}

void process_look(struct process *process, struct consumer_facts *facts, bool in_pause)
{
	enum doing doing;

	if (!facts->pid)
		return;
	if (process->pid != facts->pid)
		begin(process, facts);
	doing = doing_of(facts->pid);
	if (doing == DOINGS)
		return;
	facts->looks[doing]++;
	if (in_pause)
		facts->looks_in_pause[doing]++;
	look_at_times(process, facts);
}

void process_look_closely(struct process *process, struct consumer_facts *facts)
{
	char text[512];
	const char *at;
	uint64_t written;

	process_read(process->pid, "io", text, sizeof(text));
	at = strstr(text, "\nwrite_bytes: ");
	if (!at || sscanf(at, " write_bytes: %" SCNu64, &written) != 1)
		return;
	facts->written_bytes += written - process->written_bytes;
	process->written_bytes = written;
}
