// SPDX-License-Identifier: MIT
#include "commands.h"

#include <err.h>
#include <stdio.h>

int main(int argc, char **argv)
{
	int code = commands_run(argc, argv);

	if (fflush(stdout) || ferror(stdout)) {
		warn("cannot write to the standard output");
		return EXIT_ERROR;
	}
	return code;
}
