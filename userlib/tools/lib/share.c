// SPDX-License-Identifier: MIT
#include "share.h"
#include "json.h"
#include "json_scan.h"
#include "process.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
#include <limits.h>
#include <string.h>

#define NAME	"series.json"
#define PART	"series.json.part"

static int complain(const char *path, const char *what)
{
	int err = errno ?: EIO;

	warnx("%s/" NAME ": cannot %s it: %s", path, what, strerror(err));
	return -err;
}

static void put(FILE *file, const struct share *share)
{
	struct json json = { .out = file };

	json_open(&json, NULL, '{');
	json_string(&json, "series", share->series);
	if (share->has_first)
		json_number(&json, "first", share->first);
	if (share->has_end) {
		json_number(&json, "end", share->end);
		json_number(&json, "lost", share->lost);
	}
	json_close(&json, '}');
	fputc('\n', file);
}

int share_write(const char *path, const struct share *share)
{
	char part[PATH_MAX], name[PATH_MAX];
	bool failed;
	FILE *file;

	errno = ENAMETOOLONG;
	if (snprintf(part, PATH_MAX, "%s/" PART, path) >= PATH_MAX)
		return complain(path, "write");
	snprintf(name, PATH_MAX, "%s/" NAME, path);
	file = fopen(part, "we");
	if (!file)
		return complain(path, "write");
	put(file, share);
	errno = 0;
	failed = fflush(file) || ferror(file) || fsync(fileno(file));
	if (fclose(file) || failed || rename(part, name))
		return complain(path, "write");
	return 0;
}

int share_read(const char *path, struct share *share)
{
	char name[PATH_MAX], text[512];
	struct json_scan scan;
	ssize_t bytes;
	int fd;

	*share = (struct share){ 0 };
	if (snprintf(name, PATH_MAX, "%s/" NAME, path) >= PATH_MAX)
		return -ENOENT;
	fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return errno == ENOENT ? -ENOENT : complain(path, "read");
	bytes = read(fd, text, sizeof(text));
	close(fd);
	if (bytes < 0)
		return complain(path, "read");
	if (!json_scan(text, bytes, &scan) ||
	    !json_scan_text(&scan, "series", share->series, WIRE_SERIES)) {
		warnx("%s/" NAME ": it does not say which series this is a share of", path);
		return -EPROTO;
	}
	make_printable(share->series);
	share->has_first = json_scan_number(&scan, "first", &share->first);
	share->has_end = json_scan_number(&scan, "end", &share->end) &&
			 json_scan_number(&scan, "lost", &share->lost);
	return 0;
}
