/* SPDX-License-Identifier: MIT */
/*
 * The card under test, as sysfs shows it: the stream named by the environment's
 * DMARING_CARD, or the first that there is.  Functions return 0 or -errno.
 */
#ifndef CARD_H
#define CARD_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CARD_CLASS	"/sys/class/dmaring"
#define CARD_DRIVERS	"/sys/bus/pci/drivers"
#define CARD_PATH_MAX	512

/* The name changes when a card goes and comes back while its node is still open. */
static inline const char *card_name(void)
{
	static char first[256];
	const char *name = getenv("DMARING_CARD");
	DIR *class = name ? NULL : opendir(CARD_CLASS);
	struct dirent *entry;

	if (name)
		return name;
	snprintf(first, sizeof(first), "dmaring0");
	for (int found = 0; class && (entry = readdir(class));) {
		if (entry->d_name[0] == '.' || (found && strcmp(entry->d_name, first) > 0))
			continue;
		snprintf(first, sizeof(first), "%s", entry->d_name);
		found = 1;
	}
	if (class)
		closedir(class);
	return first;
}

static inline const char *card_node(void)
{
	static char path[CARD_PATH_MAX];

	snprintf(path, sizeof(path), "/dev/%s", card_name());
	return path;
}

static inline int file_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int error = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		error = -errno;
	close(fd);
	return error;
}

/* The first line, without its end. */
static inline int file_read(const char *path, char *text, size_t bytes)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got;

	if (fd < 0)
		return -errno;
	got = read(fd, text, bytes - 1);
	close(fd);
	if (got < 0)
		return -errno;
	text[got] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return 0;
}

/* The number behind @name, with which a line of the file begins; or -ENODATA. */
static inline long long file_number(const char *path, const char *name)
{
	FILE *file = fopen(path, "re");
	long long number = -ENODATA;
	char line[256];

	if (!file)
		return -errno;
	while (number < 0 && fgets(line, sizeof(line), file)) {
		const char *begin = line + strspn(line, " ");

		if (!strncmp(begin, name, strlen(name)))
			number = strtoll(begin + strlen(name), NULL, 10);
	}
	fclose(file);
	return number;
}

static inline int card_write(const char *attribute, const char *text)
{
	char path[CARD_PATH_MAX];

	snprintf(path, sizeof(path), CARD_CLASS "/%s/%s", card_name(), attribute);
	return file_write(path, text);
}

static inline int card_read(const char *attribute, char *text, size_t bytes)
{
	char path[CARD_PATH_MAX];

	snprintf(path, sizeof(path), CARD_CLASS "/%s/%s", card_name(), attribute);
	return file_read(path, text, bytes);
}

/* A number in sysfs, or -errno. */
static inline long long card_number(const char *attribute)
{
	char text[64];
	int error = card_read(attribute, text, sizeof(text));

	return error ? error : strtoll(text, NULL, 0);
}

/* How many streams there are. */
static inline int card_count(void)
{
	DIR *class = opendir(CARD_CLASS);
	struct dirent *entry;
	int count = 0;

	while (class && (entry = readdir(class)))
		count += entry->d_name[0] != '.';
	if (class)
		closedir(class);
	return count;
}

/* Where the card is on the bus, as its hardware driver's bind and unbind want it. */
static inline int card_address(char address[CARD_PATH_MAX])
{
	char path[CARD_PATH_MAX], target[CARD_PATH_MAX];
	const char *slash;
	ssize_t length;

	snprintf(path, sizeof(path), CARD_CLASS "/%s/device", card_name());
	length = readlink(path, target, sizeof(target) - 1);
	if (length < 0)
		return -errno;
	target[length] = '\0';
	slash = strrchr(target, '/');
	snprintf(address, CARD_PATH_MAX, "%s", slash ? slash + 1 : target);
	return 0;
}

/* A machine has one kind of PCI card. */
static inline const char *card_driver(void)
{
	return access(CARD_DRIVERS "/dmaring_fgsim", F_OK) ? "dmaring_edu" : "dmaring_fgsim";
}

static inline int card_driver_write(const char *attribute, const char *text)
{
	char path[CARD_PATH_MAX];

	snprintf(path, sizeof(path), CARD_DRIVERS "/%s/%s", card_driver(), attribute);
	return file_write(path, text);
}

static inline int card_unbind(const char *address)
{
	return card_driver_write("unbind", address);
}

static inline int card_bind(const char *address)
{
	return card_driver_write("bind", address);
}

/* References that keep a driver's module from being unloaded, or -errno. */
static inline long long module_users(const char *module)
{
	char path[CARD_PATH_MAX], text[16];
	int error;

	snprintf(path, sizeof(path), "/sys/module/%s/refcnt", module);
	error = file_read(path, text, sizeof(text));
	return error ? error : atoll(text);
}

#endif /* CARD_H */
