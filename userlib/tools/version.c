// SPDX-License-Identifier: MIT
#include "commands.h"

#include <libdmaring.h>
#include <stdio.h>

int command_version(const struct options *options)
{
	(void)options;
	printf("dmaring %s\n", dmaring_version());
	return EXIT_OK;
}
