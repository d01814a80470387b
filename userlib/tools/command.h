/* SPDX-License-Identifier: MIT */
/*
 * The subcommands.  Each gets its own name in argv[0], reads its options, says
 * what went wrong on stderr and returns the program's exit code.
 */
#ifndef COMMAND_H
#define COMMAND_H

#include "lib/exit_code.h"

int command_info(int argc, char **argv);
int command_capture(int argc, char **argv);
int command_view(int argc, char **argv);
int command_stats(int argc, char **argv);

#endif /* COMMAND_H */
