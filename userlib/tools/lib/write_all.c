// SPDX-License-Identifier: MIT
#include "write_all.h"

#include <errno.h>
#include <unistd.h>

int write_all(int fd, const void *from, size_t bytes)
{
	const char *next = from;
	ssize_t written;

	while (bytes) {
		written = write(fd, next, bytes);
		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return -errno;
		if (written == 0)
			return -EIO;
		next += written;
		bytes -= written;
	}
	return 0;
}
