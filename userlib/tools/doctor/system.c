// SPDX-License-Identifier: MIT
#include "system.h"
#include "../lib/clock.h"
#include "../lib/number.h"
#include "../lib/process.h"

#include <dirent.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CLASS "/sys/class/dmaring"
#define PERCENT 100
#define NS_PER_MS 1000000ULL

/* --------------------------------------------------------------------------- disks */

static void look_at_disks(struct system_look *look)
{
	FILE *file = fopen("/proc/diskstats", "re");
	uint64_t written, busy_ms;
	char line[512], name[EVIDENCE_WORD];

	while (file && fgets(line, sizeof(line), file) && look->disk_count < SYSTEM_DISKS) {
		/* Reads are four numbers, then writes, those in flight, time busy. */
		if (sscanf(line, " %*u %*u %31s %*u %*u %*u %*u %*u %*u %" SCNu64
			   " %*u %*u %" SCNu64, name, &written, &busy_ms) != 3)
			continue;
		strcpy(look->disks[look->disk_count].name, name);
		look->disks[look->disk_count].written = written;
		look->disks[look->disk_count++].busy_ms = busy_ms;
	}
	if (file)
		fclose(file);
}

static void compare_disks(const struct system_look *before, const struct system_look *after,
			  uint64_t ns, struct evidence *evidence)
{
	uint64_t busy_ms, most_ms = 0;
	unsigned int i;

	for (i = 0; i < after->disk_count && i < before->disk_count; i++) {
		if (strcmp(before->disks[i].name, after->disks[i].name))
			return;		/* one came or went: they are others now */
		busy_ms = after->disks[i].busy_ms - before->disks[i].busy_ms;
		if (busy_ms <= most_ms || after->disks[i].written == before->disks[i].written)
			continue;
		most_ms = busy_ms;
		strcpy(evidence->disk, after->disks[i].name);
	}
	if (ns >= NS_PER_MS)
		evidence->disk_busy_percent = most_ms * PERCENT / (ns / NS_PER_MS);
	if (evidence->disk_busy_percent > PERCENT)
		evidence->disk_busy_percent = PERCENT;
}

/* ---------------------------------------------------------------------- interrupts */

/* Of all processors */
static uint64_t count_irq(const char *counts)
{
	uint64_t sum = 0, count;
	char *end;

	for (;; counts = end) {
		count = strtoull(counts, &end, 10);
		if (end == counts || (*end != ' ' && *end != '\n'))
			return sum;
		sum += count;
	}
}

static void add_irq(struct system_look *look, unsigned int number)
{
	FILE *file = fopen("/proc/interrupts", "re");
	char line[16384];
	unsigned int other;
	const char *at;

	while (file && fgets(line, sizeof(line), file)) {
		at = strchr(line, ':');
		if (!at || sscanf(line, " %u:", &other) != 1 || other != number ||
		    look->irq_count == SYSTEM_IRQS)
			continue;
		look->irqs[look->irq_count].number = number;
		look->irqs[look->irq_count++].count = count_irq(at + 1);
	}
	if (file)
		fclose(file);
}

static void look_at_irqs(struct system_look *look, uint32_t minor)
{
	const struct dirent *entry;
	char path[PATH_MAX];
	DIR *folder;

	snprintf(path, sizeof(path), CLASS "/dmaring%u/device/msi_irqs", minor);
	folder = opendir(path);
	while (folder && (entry = readdir(folder)))
		if (entry->d_name[0] != '.')
			add_irq(look, strtoul(entry->d_name, NULL, 10));
	if (folder)
		closedir(folder);
}

static void read_line(const char *path, char text[EVIDENCE_WORD])
{
	FILE *file = fopen(path, "re");

	text[0] = '\0';
	if (!file)
		return;
	if (!fgets(text, EVIDENCE_WORD, file))
		text[0] = '\0';
	text[strcspn(text, "\n")] = '\0';
	fclose(file);
}

static void compare_irqs(const struct system_look *before, const struct system_look *after,
			 struct evidence *evidence)
{
	uint64_t grew, most = 0;
	char path[64];
	unsigned int i;

	for (i = 0; i < after->irq_count && i < before->irq_count; i++) {
		grew = after->irqs[i].count - before->irqs[i].count;
		evidence->has_irqs = true;
		evidence->interrupts += grew;
		if (grew < most)
			continue;
		most = grew;
		snprintf(evidence->irq, sizeof(evidence->irq), "%u", after->irqs[i].number);
	}
	if (!evidence->has_irqs)
		return;
	snprintf(path, sizeof(path), "/proc/irq/%.16s/smp_affinity_list", evidence->irq);
	read_line(path, evidence->irq_cpus);
}

/* ------------------------------------------------------------------ real-time tasks */

/* Of /proc/PID/stat, words behind that with the name: see proc(5). */
#define STAT_UTIME 12
#define STAT_STIME 13
#define STAT_RT_PRIORITY 38

/* The number that many words behind the first; 0: there are not so many. */
static uint64_t number_at(const char *text, unsigned int words)
{
	for (; text && words; words--) {
		text = strchr(text, ' ');
		if (text)
			text++;
	}
	return text ? strtoull(text, NULL, 10) : 0;
}

/* Those that the scheduler lets run before all others. */
static void look_at_task(struct system_look *look, int pid)
{
	char text[1024];
	const char *open, *close;

	process_read(pid, "stat", text, sizeof(text));
	open = strchr(text, '(');
	close = strrchr(text, ')');
	if (!open || !close || !number_at(close, STAT_RT_PRIORITY) ||
	    look->task_count == SYSTEM_TASKS)
		return;
	look->tasks[look->task_count].pid = pid;
	look->tasks[look->task_count].ticks = number_at(close, STAT_UTIME) +
					      number_at(close, STAT_STIME);
	snprintf(look->tasks[look->task_count++].name, EVIDENCE_WORD, "%.*s",
		 (int)(close - open - 1 < 16 ? close - open - 1 : 16), open + 1);
	make_printable(look->tasks[look->task_count - 1].name);
}

static void look_at_tasks(struct system_look *look)
{
	const struct dirent *entry;
	DIR *folder = opendir("/proc");
	int pid;

	while (folder && (entry = readdir(folder))) {
		pid = atoi(entry->d_name);
		if (pid > 0 && pid != getpid())
			look_at_task(look, pid);
	}
	if (folder)
		closedir(folder);
}

static uint64_t ticks_before(const struct system_look *before, int pid)
{
	unsigned int i;

	for (i = 0; i < before->task_count; i++)
		if (before->tasks[i].pid == pid)
			return before->tasks[i].ticks;
	return 0;
}

static void compare_tasks(const struct system_look *before, const struct system_look *after,
			  uint64_t ns, struct evidence *evidence)
{
	long per_second = sysconf(_SC_CLK_TCK);
	uint64_t ticks, most = 0;
	unsigned int i;

	for (i = 0; i < after->task_count; i++) {
		ticks = after->tasks[i].ticks - ticks_before(before, after->tasks[i].pid);
		if (ticks <= most)
			continue;
		most = ticks;
		snprintf(evidence->rt_hog, sizeof(evidence->rt_hog), "%.16s (%d)",
			 after->tasks[i].name, after->tasks[i].pid);
		evidence->rt_hog_pid = after->tasks[i].pid;
	}
	if (ns && per_second > 0)
		evidence->rt_hog_percent = most * PERCENT * (double)NS_PER_SECOND /
					   per_second / ns;
}

/* ----------------------------------------------------------------------------- all */

void system_look(struct system_look *look, uint32_t minor)
{
	*look = (struct system_look){ .time_ns = clock_ns() };
	look_at_disks(look);
	look_at_irqs(look, minor);
	look_at_tasks(look);
}

void system_compare(const struct system_look *before, const struct system_look *after,
		    struct evidence *evidence)
{
	/* Longer than the stream was watched, where there is little time for us. */
	uint64_t ns = after->time_ns - before->time_ns;
	char text[EVIDENCE_WORD];

	compare_disks(before, after, ns, evidence);
	compare_irqs(before, after, evidence);
	compare_tasks(before, after, ns, evidence);
	read_line("/proc/sys/kernel/sched_rt_runtime_us", text);
	if (text[0])
		evidence->rt_runtime_us = strtoll(text, NULL, 10);
}
