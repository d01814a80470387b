/* SPDX-License-Identifier: MIT */
/*
 * The subcommands.  Each gets its options, says what went wrong on stderr and
 * returns the program's exit code.
 */
#ifndef COMMANDS_H
#define COMMANDS_H

#include "lib/options.h"

#include <stdio.h>

int command_list(const struct options *options);
int command_info(const struct options *options);
int command_capture(const struct options *options);
int command_play(const struct options *options);
int command_record(const struct options *options);
int command_verify(const struct options *options);
int command_export(const struct options *options);
int command_replay(const struct options *options);
int replay_to_stream(const struct options *options);
int command_send(const struct options *options);
int command_receive(const struct options *options);
int command_view(const struct options *options);
int command_stats(const struct options *options);
int command_doctor(const struct options *options);
int command_top(const struct options *options);
int command_peek(const struct options *options);
int command_format(const struct options *options);
int command_check(const struct options *options);
int command_controls(const struct options *options);
int command_set(const struct options *options);
int command_help(const struct options *options);
int command_version(const struct options *options);

/* Says so if there is none, and returns NULL. */
const struct command *commands_find(const char *name);

/* What there is to say about all of them. */
void commands_print(FILE *out);

/* All that the program does, but for what it finds out when it ends. */
int commands_run(int argc, char **argv);

#endif /* COMMANDS_H */
