/* SPDX-License-Identifier: MIT */
/*
 * The subcommands.  Each gets its options, says what went wrong on stderr and
 * returns the program's exit code.
 */
#ifndef COMMANDS_H
#define COMMANDS_H

#include "lib/options.h"

int command_info(const struct options *options);
int command_capture(const struct options *options);
int command_view(const struct options *options);
int command_stats(const struct options *options);

/* All that the program does, but for what it finds out when it ends. */
int commands_run(int argc, char **argv);

#endif /* COMMANDS_H */
