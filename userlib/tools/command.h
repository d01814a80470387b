/* SPDX-License-Identifier: MIT */
/*
 * The subcommands.  Each gets its own name in argv[0], reads its options, says
 * what went wrong on stderr and returns the program's exit code.
 */
#ifndef COMMAND_H
#define COMMAND_H

enum exit_code {
	EXIT_OK		= 0,
	EXIT_ERROR	= 1,
	EXIT_USAGE	= 2,
	EXIT_FRAMES	= 3,	/* corrupt or, if asked to care, lost frames */
	EXIT_SIGNAL	= 128,	/* plus the signal's number */
};

int command_info(int argc, char **argv);
int command_capture(int argc, char **argv);
int command_view(int argc, char **argv);
int command_stats(int argc, char **argv);

#endif /* COMMAND_H */
