// SPDX-License-Identifier: MIT
#include "command.h"
#include "lib/suggest.h"

#include <err.h>
#include <libdmaring.h>
#include <stdio.h>
#include <string.h>

static const struct command {
	const char *name;
	const char *full_name;
	int (*run)(int argc, char **argv);
	const char *summary;
} commands[] = {
	{ "info", "dmaring info", command_info,
	  "describe streams, their pools and formats" },
	{ "capture", "dmaring capture", command_capture,
	  "take frames; write, verify and count them" },
	{ "view", "dmaring view", command_view,
	  "show the newest frame in the terminal, live" },
	{ "stats", "dmaring stats", command_stats,
	  "show the counters of a stream" },
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

static int run(int argc, char **argv)
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
	/* getopt begins its messages with argv[0]. */
	argv[1] = (char *)command->full_name;
	return command->run(argc - 1, argv + 1);
}

int main(int argc, char **argv)
{
	int code = run(argc, argv);

	if (fflush(stdout) || ferror(stdout)) {
		warn("cannot write to the standard output");
		return EXIT_ERROR;
	}
	return code;
}
