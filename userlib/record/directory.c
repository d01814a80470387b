// SPDX-License-Identifier: LGPL-2.1-or-later
#include "recorder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

int directory_open(const char *path, bool lock)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return record_error(errno, "%s: cannot open the recording: %s", path,
				    strerror(errno));
	if (!lock || !flock(fd, LOCK_EX | LOCK_NB))
		return fd;
	close(fd);
	return record_error(EBUSY, "%s: somebody is recording into it, or mending it", path);
}

/* The number of the pair that an index is of, -1: it is something else. */
static int64_t number_of(const char *name)
{
	char again[RECORD_NAME];
	uint32_t number;

	if (sscanf(name, "frames-%" SCNu32 ".idx", &number) != 1)
		return -1;
	segment_name(again, number, "idx");
	return strcmp(name, again) ? -1 : (int64_t)number;
}

/* Is anything in it; and the number after the last index.  -EPROTO: one is missing. */
static int look(int dir, bool *empty, uint32_t *next)
{
	uint32_t count = 0;
	DIR *entries = fdopendir(dup(dir));
	struct dirent *entry;
	int64_t number;

	if (!entries)
		return -errno;
	rewinddir(entries);
	*empty = true;
	*next = 0;
	while ((entry = readdir(entries))) {
		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
			*empty = false;
		number = number_of(entry->d_name);
		count += number >= 0;
		if (number >= *next)
			*next = number + 1;
	}
	closedir(entries);
	return count == *next ? 0 : -EPROTO;
}

/* Frames that follow must be like those that are there. */
static int check_format(int dir, uint32_t next, const struct dmaring_format *format,
			const char *path)
{
	struct dmaring_record_header is;
	char name[RECORD_NAME];
	const char *why;
	ssize_t got;
	int fd;

	segment_name(name, next - 1, "idx");
	/* Nobody waits for the writer of something that is no file. */
	fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return record_error(errno, "%s/%s: %s", path, name, strerror(errno));
	got = read(fd, &is, sizeof(is));
	close(fd);
	why = got == sizeof(is) ? index_refuse_header(&is) : "it is too short";
	if (why)
		return record_error(EPROTO, "%s/%s: %s; 'dmaring verify' says more", path,
				    name, why);
	if (index_is_same(is.format, *format))
		return 0;
	return record_error(EPROTO, "%s: what is there has frames of another format; record into another directory",
			    path);
}

/* Frames that are safe are of no use in a directory that nobody finds. */
static void make_name_safe(int dir)
{
	int above = openat(dir, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (above < 0)
		return;	/* who must not read it cannot do more */
	fsync(above);
	close(above);
}

int directory_begin(const char *path, bool append, const struct dmaring_format *format,
		    int *dir, uint32_t *number)
{
	bool empty = false;
	int err;

	if (mkdir(path, 0777) && errno != EEXIST)
		return record_error(errno, "%s: cannot create the directory: %s", path,
				    strerror(errno));
	*dir = directory_open(path, true);
	if (*dir < 0)
		return *dir;
	make_name_safe(*dir);
	if (append)
		blocks_remove_stale(*dir);
	err = look(*dir, &empty, number);
	if (err == -EPROTO)
		return record_error(EPROTO, "%s: an index is missing among its files; record into another directory",
				    path);
	if (err)
		return record_error(-err, "%s: cannot read the directory: %s", path,
				    strerror(-err));
	if (!empty && !append)
		return record_error(EEXIST, "%s: something is in it already; record into another directory, or append to the recording",
				    path);
	return *number ? check_format(*dir, *number, format, path) : 0;
}
