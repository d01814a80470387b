// SPDX-License-Identifier: MIT
#include "busfault.h"

#include <err.h>
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stddef.h>

static sigjmp_buf way_out;

static void leave(int number)
{
	(void)number;
	siglongjmp(way_out, 1);
}

int busfault_guard(int (*use)(void *argument), void *argument)
{
	struct sigaction action = { .sa_handler = leave };
	struct sigaction before;
	int result;

	if (sigsetjmp(way_out, 1)) {
		signal(SIGBUS, SIG_DFL);
		return -EFAULT;
	}
	sigaction(SIGBUS, &action, &before);
	result = use(argument);
	sigaction(SIGBUS, &before, NULL);
	return result;
}

int busfault_explain(const char *path, int err)
{
	if (err == -EFAULT)
		warnx("%s: the disk does not give back what was written, or somebody has shortened a file",
		      path);
	return err;
}
