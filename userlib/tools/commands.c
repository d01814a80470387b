// SPDX-License-Identifier: MIT
#include "commands.h"
#include "lib/devices.h"
#include "lib/suggest.h"

#include <err.h>
#include <string.h>

static const struct command commands[] = {
	{
		.id = COMMAND_LIST,
		.name = "list",
		.run = command_list,
		.summary = "list the streams, one a line",
		.operands = "",
		.about =
"Lists the streams: device, address on the bus, driver, state, format, card.\n",
	},
	{
		.id = COMMAND_INFO,
		.name = "info",
		.run = command_info,
		.summary = "describe streams, their pools and formats",
		.operands = "[DEVICE...]",
		.operands_max = OPERANDS_ANY,
		.about = "Describes each DEVICE, or every stream there is.\n",
	},
	{
		.id = COMMAND_CAPTURE,
		.name = "capture",
		.run = command_capture,
		.summary = "take frames; write, verify and count them",
		.operands = "[DEVICE]",
		.operands_max = 1,
		.one_device = true,
		.about =
"Takes frames from DEVICE until it is interrupted.\n",
		.more =
"Exit status: 0 all well, 1 error, 2 bad command line, 3 frames corrupt (--verify),\n"
"damaged or short (-o), lost or none (--strict), 128 + N ended by signal N.\n",
	},
	{
		.id = COMMAND_PLAY,
		.name = "play",
		.run = command_play,
		.summary = "send the frames of a file",
		.operands = "FILE [DEVICE]",
		.operands_max = 2,
		.about =
"Sends FILE, raw frames in a row, through DEVICE; - is the standard input.\n"
"The card starts when all buffers are full, or the file is shorter.\n",
		.more =
"Exit status: 0 all sent, 1 error, 2 bad command line, 3 underruns or no frame\n"
"(--strict), 128 + N ended by signal N.\n",
	},
	{
		.id = COMMAND_RECORD,
		.name = "record",
		.run = command_record,
		.summary = "write frames to disk, and an index of them",
		.operands = "DIR [DEVICE]",
		.operands_max = 2,
		.about =
"Makes a recording of the frames of DEVICE in DIR, which NumPy can read, until it\n"
"is interrupted.  See dmaring-recording(5).\n",
		.more =
"Exit status: 0 all well, 1 error, 2 bad command line, 3 frames lost or none\n"
"(--strict), 128 + N ended by signal N before its end.\n",
	},
	{
		.id = COMMAND_VERIFY,
		.name = "verify",
		.run = command_verify,
		.summary = "check a recording, and mend it after a crash",
		.operands = "DIR...",
		.operands_max = OPERANDS_ANY,
		.about =
"Looks for what is wrong with the recording in each DIR.  Of several, all shares of\n"
"one series, as 'dmaring receive --record' makes them, it says whether they have all\n"
"its frames together.\n",
		.more =
"Exit status: 0 nothing, or mended, 1 error, 2 bad command line, 3 something.\n",
	},
	{
		.id = COMMAND_EXPORT,
		.name = "export",
		.run = command_export,
		.summary = "make images, video or raw files of a recording",
		.operands = "DIR",
		.operands_max = 1,
		.about =
"Copies frames of the recording in DIR into files of another kind, as 'dmaring\n"
"capture' writes them.\n",
		.more =
"Exit status: 0 all well, 1 error, 2 bad command line, 3 frames left out, because\n"
"they are short or not in their file, 128 + N ended by signal N.\n",
	},
	{
		.id = COMMAND_REPLAY,
		.name = "replay",
		.run = command_replay,
		.summary = "write a recording to the standard output or a stream, in its time",
		.operands = "DIR",
		.operands_max = 1,
		.about =
"Writes the frames of the recording in DIR to the standard output, each when as\n"
"much time has passed as had then; or plays them to a stream, out of which they\n"
"come again if that is one of a dmaring_virt with loop=1.\n",
		.more =
"Exit status: as of 'dmaring export'.\n",
	},
	{
		.id = COMMAND_SEND,
		.name = "send",
		.run = command_send,
		.summary = "send frames to other machines, by ZeroMQ",
		.operands = "DEVICE ENDPOINT",
		.operands_max = 2,
		.about =
"Sends the frames of DEVICE to ENDPOINT, as tcp://*:5555, until it is interrupted:\n"
"each to one of those who receive, or with --pub to all of them.\n",
		.more =
"Exit status: 0 all well, 1 error, 2 bad command line, 3 frames lost, skipped or none\n"
"(--strict), 128 + N ended by signal N before its end.\n",
	},
	{
		.id = COMMAND_RECEIVE,
		.name = "receive",
		.run = command_receive,
		.summary = "receive frames of another machine, by ZeroMQ",
		.operands = "ENDPOINT",
		.operands_max = 1,
		.about =
"Receives frames from ENDPOINT, as tcp://host:5555, until their series ends: those of\n"
"'dmaring send' and of others that send array-1.0 or Stream2.\n",
		.more =
"Exit status: 0 all well, 1 error, 2 bad command line, 3 frames lost, damaged or none\n"
"(--strict), 128 + N ended by signal N.\n",
	},
	{
		.id = COMMAND_VIEW,
		.name = "view",
		.run = command_view,
		.summary = "show the newest frame in the terminal, live",
		.operands = "[DEVICE]",
		.operands_max = 1,
		.one_device = true,
		.about =
"Shows the newest frame of DEVICE in the terminal, live, until\n"
"q or Ctrl-C.  It costs whoever records no frame.\n",
		.more =
"Keys: q quit, space pause and go on, + - zoom, arrows move, 0 all of it,\n"
"c contrast, g G gain, h histogram.\n"
"COLORTERM=truecolor in the environment asks for 24-bit colours of blocks.\n",
	},
	{
		.id = COMMAND_STATS,
		.name = "stats",
		.run = command_stats,
		.summary = "show the counters of a stream",
		.operands = "[DEVICE]",
		.operands_max = 1,
		.about =
"Shows the counters of DEVICE since its driver was loaded, and\n"
"those of each application that is attached since it started; with --openmetrics\n"
"of all streams if there is no DEVICE.\n",
	},
	{
		.id = COMMAND_TOP,
		.name = "top",
		.run = command_top,
		.summary = "show all streams, and who holds what, live",
		.operands = "",
		.about =
"Shows all streams, and below each who takes its frames, live, until q or Ctrl-C:\n"
"those that hold most frames first.\n",
		.more =
"What is no terminal gets the table again every second, or with --watch.\n",
	},
	{
		.id = COMMAND_DOCTOR,
		.name = "doctor",
		.run = command_doctor,
		.summary = "say why frames are lost, and what to change",
		.operands = "[DEVICE | RECORDING]",
		.operands_max = 1,
		.about =
"Watches DEVICE for five seconds, or as long as --time says, or reads the index of\n"
"RECORDING; names each cause of lost frames with its evidence and what to change.\n",
		.more =
"As root it knows exact times, from the kernel's trace.\n"
"Exit status: 0 healthy, 1 causes were found, 2 it could not look, or bad command line.\n",
	},
	{
		.id = COMMAND_PEEK,
		.name = "peek",
		.run = command_peek,
		.summary = "show registers and memory of the card",
		.operands = "[DEVICE] [REGION [OFFSET [LENGTH]]]",
		.operands_max = 4,
		.about =
"Shows what the card has in REGION, a name or a number, from OFFSET on: LENGTH\n"
"bytes, or up to 4096.  Without REGION it lists the regions.\n",
		.more =
"A DEVICE that is only a number is one if the name of a REGION follows.\n",
	},
	{
		.id = COMMAND_FORMAT,
		.name = "format",
		.run = command_format,
		.summary = "show and set what frames look like",
		.operands = "[DEVICE] [WxH] [FOURCC] [@RATE] [Nch]",
		.operands_max = 5,
		.about =
"Shows the format of DEVICE, and those that it can have; or sets it: width and\n"
"height, pixel or sample format, frames or samples a second, channels.\n",
		.more =
"What is not said stays, or becomes what is nearest.  @any is as fast as the card can.\n",
	},
	{
		.id = COMMAND_CHECK,
		.name = "check",
		.run = command_check,
		.summary = "check a hardware driver",
		.operands = "[DEVICE]",
		.operands_max = 1,
		.about =
"Checks whether the driver of DEVICE does what applications rely on.  Nobody else\n"
"may use the stream meanwhile.\n",
		.more =
"Exit status: 0 no check failed, 1 some failed, or error, 2 bad command line,\n"
"128 + N ended by signal N.\n",
	},
	{
		.id = COMMAND_CONTROLS,
		.name = "controls",
		.run = command_controls,
		.summary = "list what can be set of a card, and its values",
		.operands = "[DEVICE]",
		.operands_max = 1,
		.one_device = true,
		.about =
"Lists the controls of DEVICE: name, value, what else it can be.\n",
	},
	{
		.id = COMMAND_SET,
		.name = "set",
		.run = command_set,
		.summary = "set controls of a card, all of them or none",
		.operands = "[DEVICE] NAME=VALUE...",
		.operands_max = OPERANDS_ANY,
		.about =
"Sets controls of DEVICE: each NAME to its VALUE, or none of them.  An item of a\n"
"menu is called by its name; yes, on or 1 pushes a button.\n",
	},
	{
		.id = COMMAND_HELP,
		.name = "help",
		.run = command_help,
		.summary = "list the commands, or the options of one",
		.operands = "[COMMAND]",
		.operands_max = 1,
		.about =
"Lists the options of COMMAND, or the commands.\n",
	},
	{
		.id = COMMAND_VERSION,
		.name = "version",
		.run = command_version,
		.summary = "print the version",
		.operands = "",
		.about = "Prints the version.\n",
	},
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

void commands_print(FILE *out)
{
	size_t i;

	fputs("usage: dmaring COMMAND [OPTION...]\n\n", out);
	for (i = 0; i < COMMANDS; i++)
		fprintf(out, "  %-9s %s\n", commands[i].name,
			commands[i].summary);
	fputs("\n"
	      "DEVICE is a path, a number or an address on the bus; it can be left out where\n"
	      "there is one stream.  'dmaring help COMMAND' lists options, man 1 dmaring has more.\n",
	      out);
}

static void explain_unknown(const char *name)
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
		warnx("there is no command '%s'; 'dmaring help' lists them",
		      name);
}

const struct command *commands_find(const char *name)
{
	size_t i;

	for (i = 0; i < COMMANDS; i++)
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	explain_unknown(name);
	return NULL;
}

static int run_command(const struct command *command, int argc, char **argv)
{
	struct options options;
	char path[PATH_MAX];
	int code;

	if (!options_parse(&options, command, argc, argv, &code))
		return code;
	if (!command->one_device)
		return command->run(&options);
	code = devices_resolve(options.operands[0], path);
	if (code)
		return code;
	options.device = path;
	return command->run(&options);
}

/* As other programs call them */
static const char *name_of(const char *word)
{
	if (!strcmp(word, "--help") || !strcmp(word, "-h"))
		return "help";
	return strcmp(word, "--version") ? word : "version";
}

int commands_run(int argc, char **argv)
{
	const struct command *command;

	if (argc < 2) {
		commands_print(stderr);
		return EXIT_USAGE;
	}
	command = commands_find(name_of(argv[1]));
	if (!command)
		return EXIT_USAGE;
	return run_command(command, argc - 1, argv + 1);
}
