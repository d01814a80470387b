// SPDX-License-Identifier: MIT
#define _GNU_SOURCE
#include "sysfs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

bool sysfs_device(const char *node, char path[PATH_MAX])
{
	char link[64];
	struct stat status;

	if (stat(node, &status) < 0)
		return false;
	snprintf(link, sizeof(link), "/sys/dev/char/%u:%u/device",
		 major(status.st_rdev), minor(status.st_rdev));
	return realpath(link, path);
}

static int open_in(const char *folder, const char *name, int flags)
{
	char path[PATH_MAX + 64];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return open(path, flags | O_CLOEXEC);
}

int sysfs_read(const char *folder, const char *name, char text[PATH_MAX])
{
	int fd = open_in(folder, name, O_RDONLY);
	ssize_t got;

	if (fd < 0)
		return -errno;
	got = read(fd, text, PATH_MAX - 1);
	close(fd);
	text[got < 0 ? 0 : got] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return got < 0 ? -EIO : 0;
}

int sysfs_write(const char *folder, const char *name, const char *text)
{
	int fd = open_in(folder, name, O_WRONLY);
	int err = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		err = -errno;
	close(fd);
	return err;
}

/* A line of its own is one of MSI; the others may be shared. */
unsigned int sysfs_irqs(const char *device, unsigned int irqs[SYSFS_IRQS_MAX])
{
	char path[PATH_MAX + 64];
	struct dirent *entry;
	unsigned int count = 0;
	DIR *folder;

	snprintf(path, sizeof(path), "%s/msi_irqs", device);
	folder = opendir(path);
	while (folder && count < SYSFS_IRQS_MAX && (entry = readdir(folder)))
		if (entry->d_name[0] != '.')
			irqs[count++] = atoi(entry->d_name);
	if (folder)
		closedir(folder);
	return count;
}

/* "12,0,7" */
uint64_t sysfs_irq_count(unsigned int irq)
{
	char folder[64], text[PATH_MAX], *at = text;
	uint64_t sum = 0;

	snprintf(folder, sizeof(folder), "/sys/kernel/irq/%u", irq);
	if (sysfs_read(folder, "per_cpu_count", text))
		return 0;
	while (*at) {
		sum += strtoull(at, &at, 10);
		at += *at == ',';
		if (*at && (*at < '0' || *at > '9'))
			break;
	}
	return sum;
}
