// SPDX-License-Identifier: MIT
#define _GNU_SOURCE		/* fopencookie */
#include "output.h"
#include "write_all.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static int first_err;		/* negative */

static ssize_t write_out(void *unused, const char *bytes, size_t count)
{
	int err = write_all(STDOUT_FILENO, bytes, count);

	(void)unused;
	if (!err)
		return count;
	if (!first_err)
		first_err = err;
	errno = -err;
	return 0;
}

/* What is opened later must not become the standard output, if that was closed
 * by whoever started this program; it shall still be bad to use.
 */
static void keep_places(void)
{
	int fd;

	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

void output_begin(void)
{
	static const cookie_io_functions_t functions = { .write = write_out };
	FILE *file;

	keep_places();
	file = fopencookie(NULL, "w", functions);
	if (!file)
		return;		/* no memory: then without it */
	setvbuf(file, NULL, isatty(STDOUT_FILENO) ? _IOLBF : _IOFBF, BUFSIZ);
	stdout = file;
}

int output_end(void)
{
	if (fflush(stdout) && !first_err)
		first_err = -errno;
	if (!first_err && !ferror(stdout))
		return 0;
	errno = -first_err;
	warn("cannot write to the standard output");
	return -1;
}
