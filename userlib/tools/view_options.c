// SPDX-License-Identifier: MIT
#include "view_options.h"
#include "command.h"
#include "lib/number.h"

#include <err.h>
#include <getopt.h>
#include <stdio.h>

static const char usage[] =
"usage: dmaring view [OPTION...] [DEVICE]\n"
"\n"
"Shows the newest frame of DEVICE (/dev/dmaring0) in the terminal, live, until\n"
"q or Ctrl-C.  It costs whoever records no frame.\n"
"\n"
"  -n, --frames N         end after N frames\n"
"      --once             print one frame, to a file or a pipe, too\n"
"      --timeout SECONDS  give up when no frame comes for so long\n"
"  -h, --help             print this\n"
"\n"
"COLORTERM=truecolor in the environment asks for 24-bit colours.\n";

enum {
	OPTION_ONCE = 256,
	OPTION_TIMEOUT,
};

static const struct option long_options[] = {
	{ "frames", required_argument, NULL, 'n' },
	{ "once", no_argument, NULL, OPTION_ONCE },
	{ "timeout", required_argument, NULL, OPTION_TIMEOUT },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

static int take_option(struct view_options *options, int option,
		       const char *text)
{
	switch (option) {
	case 'n':
		return option_number("-n", text, 1, UINT64_MAX,
				     &options->frames);
	case OPTION_ONCE:
		options->once = true;
		return 0;
	case OPTION_TIMEOUT:
		return option_seconds("--timeout", text, &options->silence_ns);
	default:
		return -1;	/* getopt has said why */
	}
}

static bool finish(struct view_options *options, int argc, char **argv)
{
	const char *fault = NULL;

	if (options->once && options->frames)
		fault = "--once and -n exclude each other";
	else if (argc > 1)
		fault = "only one DEVICE can be viewed at a time";
	if (fault)
		warnx("%s", fault);
	else if (argc == 1)
		options->device = argv[0];
	return !fault;
}

bool view_options_parse(struct view_options *options, int argc, char **argv,
			int *code)
{
	int option;

	*options = (struct view_options){ .device = "/dev/dmaring0" };
	*code = EXIT_USAGE;
	while ((option = getopt_long(argc, argv, "n:h", long_options,
				     NULL)) != -1) {
		if (option == 'h') {
			fputs(usage, stdout);
			*code = EXIT_OK;
			return false;
		}
		if (take_option(options, option, optarg))
			return false;
	}
	return finish(options, argc - optind, argv + optind);
}
