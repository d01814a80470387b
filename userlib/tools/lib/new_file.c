// SPDX-License-Identifier: MIT
#include "new_file.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define FLAGS (O_WRONLY | O_NOCTTY | O_CLOEXEC)

/* Some file systems have no locks: then nobody can be kept off. */
int new_file_lock(int fd, const char *path)
{
	if (!flock(fd, LOCK_EX | LOCK_NB) || errno != EWOULDBLOCK)
		return 0;
	warnx("%s: another capture is writing it; wait for its end or name another",
	      path);
	return -EBUSY;
}

/* It is there: may it be written? */
static int check_existing(int fd, const char *path, bool overwrite)
{
	struct stat status;
	int err;

	if (fstat(fd, &status))
		return -errno;
	if (!S_ISREG(status.st_mode))
		return 0;
	err = new_file_lock(fd, path);
	if (err)
		return err;
	if (!overwrite && status.st_size) {
		warnx("%s: there is such a file; name another or add --overwrite",
		      path);
		return -EEXIST;
	}
	return ftruncate(fd, 0) ? -errno : 0;
}

int new_file_open(const char *path, bool overwrite)
{
	int fd = open(path, FLAGS | O_CREAT, 0666), err;

	if (fd < 0) {
		err = -errno;
		if (err == -EINTR)
			warnx("%s: nobody has opened the pipe to read", path);
		else
			warn("%s: cannot create the file", path);
		return err;
	}
	err = check_existing(fd, path, overwrite);
	if (!err)
		return fd;
	close(fd);
	return err;
}
