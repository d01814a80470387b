// SPDX-License-Identifier: MIT
#include "commands.h"
#include "lib/suggest.h"

#include <err.h>
#include <libdmaring.h>
#include <stdio.h>
#include <string.h>

static const struct command commands[] = {
	{
		.id = COMMAND_INFO,
		.name = "info",
		.run = command_info,
		.summary = "describe streams, their pools and formats",
		.operands = "[DEVICE...]",
		.devices_max = DEVICES_ANY,
		.about = "Describes each DEVICE, or every stream there is.\n",
	},
	{
		.id = COMMAND_CAPTURE,
		.name = "capture",
		.run = command_capture,
		.summary = "take frames; write, verify and count them",
		.operands = "[DEVICE]",
		.devices_max = 1,
		.about =
"Takes frames from DEVICE (/dev/dmaring0) until it is interrupted.\n",
		.more =
"Exit status: 0 all well, 1 error, 2 bad command line, 3 frames corrupt\n"
"(--verify) or lost (--strict), 128 + N ended by signal N before the end.\n",
	},
	{
		.id = COMMAND_VIEW,
		.name = "view",
		.run = command_view,
		.summary = "show the newest frame in the terminal, live",
		.operands = "[DEVICE]",
		.devices_max = 1,
		.about =
"Shows the newest frame of DEVICE (/dev/dmaring0) in the terminal, live, until\n"
"q or Ctrl-C.  It costs whoever records no frame.\n",
		.more =
"COLORTERM=truecolor in the environment asks for 24-bit colours.\n",
	},
	{
		.id = COMMAND_STATS,
		.name = "stats",
		.run = command_stats,
		.summary = "show the counters of a stream",
		.operands = "[DEVICE]",
		.devices_max = 1,
		.about =
"Shows the counters of DEVICE (/dev/dmaring0) since its driver was loaded, and\n"
"those of each application that is attached since it started.\n",
	},
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void print_usage(FILE *out)
{
	size_t i;

	fputs("usage: dmaring COMMAND [OPTION...]\n\n", out);
	for (i = 0; i < COMMANDS; i++)
		fprintf(out, "  %-9s %s\n", commands[i].name,
			commands[i].summary);
	fputs("\n'dmaring COMMAND --help' lists the options, man 1 dmaring has more.\n",
	      out);
}

static const struct command *find_command(const char *name)
{
	size_t i;

	for (i = 0; i < COMMANDS; i++)
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	return NULL;
}

static int unknown_command(const char *name)
{
	const char *names[COMMANDS];
	const char *nearest;
	size_t i;

	for (i = 0; i < COMMANDS; i++)
		names[i] = commands[i].name;
	nearest = suggest(name, names, COMMANDS);
	if (nearest)
		warnx("there is no command '%s'; did you mean '%s'?", name,
		      nearest);
	else
		warnx("there is no command '%s'; 'dmaring --help' lists them",
		      name);
	return EXIT_USAGE;
}

static int run(const struct command *command, int argc, char **argv)
{
	struct options options;
	int code;

	if (!options_parse(&options, command, argc, argv, &code))
		return code;
	return command->run(&options);
}

int commands_run(int argc, char **argv)
{
	const struct command *command;

	if (argc < 2) {
		print_usage(stderr);
		return EXIT_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) {
		print_usage(stdout);
		return EXIT_OK;
	}
	if (!strcmp(argv[1], "--version")) {
		printf("dmaring %s\n", dmaring_version());
		return EXIT_OK;
	}
	command = find_command(argv[1]);
	if (!command)
		return unknown_command(argv[1]);
	return run(command, argc - 1, argv + 1);
}
