/* SPDX-License-Identifier: MIT */
#ifndef USAGE_H
#define USAGE_H

#include "options.h"

#include <stdio.h>

/* What there is to say about a command on one screen. */
void usage_print(FILE *out, const struct command *command);

#endif /* USAGE_H */
