// SPDX-License-Identifier: MIT
#include "commands.h"
#include "lib/usage.h"

int command_help(const struct options *options)
{
	const struct command *command;

	if (!options->operand_count) {
		commands_print(stdout);
		return EXIT_OK;
	}
	command = commands_find(options->operands[0]);
	if (!command)
		return EXIT_USAGE;
	usage_print(stdout, command);
	return EXIT_OK;
}
