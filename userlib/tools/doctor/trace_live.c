// SPDX-License-Identifier: MIT
#include "trace_live.h"
#include "../lib/interrupt.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define INSTANCES "/sys/kernel/tracing/instances"
#define PREFIX "dmaring-doctor-"
#define BUFFER_KIB "4096"	/* for each processor */

static const char *const events[] = {
	"arm", "publish", "dequeue", "release", "overrun", "card_fault",
};

#define EVENTS (sizeof(events) / sizeof(events[0]))

/* For a signal's handler, too */
static char folder[64];
static volatile int pipe_fd = -1;

/* Return: 0 or -errno. */
static int put(const char *name, const char *text)
{
	char path[PATH_MAX];
	int fd, err = 0;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		err = -errno;
	close(fd);
	return err;
}

/* The second signal kills: what was made must not stay.  While its pipe is open it cannot
 * be removed.
 */
static void remove_at_once(void)
{
	if (pipe_fd >= 0)
		close(pipe_fd);
	rmdir(folder);
}

/* One that was killed could not. */
static void remove_dead(void)
{
	DIR *instances = opendir(INSTANCES);
	const struct dirent *entry;
	char path[PATH_MAX];
	int pid;

	while (instances && (entry = readdir(instances))) {
		if (strncmp(entry->d_name, PREFIX, strlen(PREFIX)))
			continue;
		pid = atoi(entry->d_name + strlen(PREFIX));
		if (pid <= 0 || !kill(pid, 0) || errno != ESRCH)
			continue;
		snprintf(path, sizeof(path), INSTANCES "/%s", entry->d_name);
		rmdir(path);
	}
	if (instances)
		closedir(instances);
}

static int make(uint32_t minor)
{
	char name[64], filter[32];
	int err = 0;
	size_t i;

	remove_dead();
	snprintf(folder, sizeof(folder), INSTANCES "/" PREFIX "%d", (int)getpid());
	if (mkdir(folder, 0700)) {
		err = -errno;
		folder[0] = '\0';
		return err;
	}
	interrupt_last_act(remove_at_once);
	snprintf(filter, sizeof(filter), "minor == %u", minor);
	if (!err)
		err = put("tracing_on", "0");
	if (!err)
		err = put("trace_clock", "mono");
	if (!err)
		err = put("buffer_size_kb", BUFFER_KIB);
	if (!err)
		err = put("events/dmaring/filter", filter);
	for (i = 0; i < EVENTS && !err; i++) {
		snprintf(name, sizeof(name), "events/dmaring/dmaring_%s/enable", events[i]);
		err = put(name, "1");
	}
	return err;
}

static const char *explain(int err)
{
	if (err == -EACCES || err == -EPERM)
		return "the kernel's trace is for root: with sudo, times are exact";
	if (err == -ENOENT)
		return "the kernel has no trace (mount -t tracefs none /sys/kernel/tracing)";
	return "the kernel makes no trace for us";
}

const char *trace_live_open(struct trace_live *live, struct evidence *evidence, uint32_t minor)
{
	char path[PATH_MAX];
	int err;

	*live = (struct trace_live){ .pipe = -1 };
	err = make(minor);
	if (!err)
		err = trace_state_begin(&live->state, evidence, minor);
	if (err)
		return explain(err);
	snprintf(path, sizeof(path), "%s/trace_pipe", folder);
	live->pipe = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	pipe_fd = live->pipe;
	return live->pipe < 0 ? explain(-errno) : NULL;
}

void trace_live_begin(struct trace_live *live)
{
	if (live->pipe >= 0)
		put("tracing_on", "1");
}

static void take_line(struct trace_live *live)
{
	struct trace_event event;

	live->line[live->used] = '\0';
	live->used = 0;
	if (trace_parse(live->line, &event))
		trace_state_add(&live->state, &event);
}

/* A line that is too long is none of ours. */
static void take(struct trace_live *live, const char *text, size_t bytes)
{
	for (; bytes; text++, bytes--) {
		if (*text == '\n')
			take_line(live);
		else if (live->used < sizeof(live->line) - 1)
			live->line[live->used++] = *text;
	}
}

bool trace_live_read(struct trace_live *live)
{
	char text[16384];
	ssize_t bytes = live->pipe < 0 ? 0 : read(live->pipe, text, sizeof(text));

	if (bytes > 0)
		take(live, text, bytes);
	return bytes > 0;
}

void trace_live_close(struct trace_live *live)
{
	if (live->pipe >= 0) {
		put("tracing_on", "0");
		while (trace_live_read(live))
			;	/* nothing is added any more */
		pipe_fd = -1;
		close(live->pipe);
	}
	trace_state_end(&live->state);
	if (folder[0]) {
		interrupt_last_act(NULL);
		rmdir(folder);
	}
	folder[0] = '\0';
}
