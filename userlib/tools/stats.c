// SPDX-License-Identifier: MIT
#include "clock.h"
#include "command.h"
#include "interrupt.h"
#include "json.h"
#include "number.h"

#include <err.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <libdmaring.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

static const char usage[] =
"usage: dmaring stats [OPTION...] [DEVICE]\n"
"\n"
"Shows the counters of DEVICE (/dev/dmaring0) since its driver was loaded.\n"
"\n"
"      --watch [SECONDS]  again every SECONDS (1), with what changed\n"
"      --json             print JSON objects, one a line\n"
"  -h, --help             print this\n";

struct sample {
	uint64_t time_ns;
	struct dmaring_stats stats;
	struct dmaring_info info;
};

/* A number that only grows, or one that says how things are. */
enum kind { COUNTER, LEVEL };

static const struct row {
	const char *name;
	enum kind kind;
	size_t offset;
	const char *meaning;
} rows[] = {
#define COUNTER(field) #field, COUNTER, offsetof(struct sample, stats.field)
#define LEVEL(field) #field, LEVEL, offsetof(struct sample, stats.field)
#define INFO(field) #field, LEVEL, offsetof(struct sample, info.field)
	{ COUNTER(produced), "frames the card produced" },
	{ COUNTER(completed), "frames that arrived in a buffer" },
	{ COUNTER(overruns), "frames lost for want of a free buffer" },
	{ COUNTER(errors), "frames the card marked as damaged" },
	{ COUNTER(bad_completions), "completions of no or the wrong buffer" },
	{ COUNTER(bad_releases), "releases refused to applications" },
	{ COUNTER(stalls), "times the running card fell silent" },
	{ COUNTER(starts), "times the card was started" },
	{ COUNTER(bytes), "bytes in completed frames" },
	{ LEVEL(idle), "buffers nobody uses" },
	{ LEVEL(armed), "buffers the card may write" },
	{ LEVEL(held), "buffers applications have" },
	{ LEVEL(quarantined), "buffers kept from everybody" },
	{ INFO(consumers), "applications attached" },
	{ INFO(viewer_reserved), "buffers reserved by viewers" },
	{ INFO(viewer_buffers), "buffers that viewers can reserve" },
#undef COUNTER
#undef LEVEL
#undef INFO
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

struct options {
	const char *device;
	uint64_t period_ns;	/* 0: once */
	bool as_json;
};

static uint64_t value_of(const struct sample *sample, const struct row *row)
{
	const char *at = (const char *)sample + row->offset;
	uint64_t counter;
	uint32_t level;

	if (row->kind == COUNTER) {
		memcpy(&counter, at, sizeof(counter));
		return counter;
	}
	memcpy(&level, at, sizeof(level));
	return level;
}

static uint64_t growth_of(const struct sample *now, const struct sample *before,
			  const struct row *row)
{
	return value_of(now, row) - value_of(before, row);
}

static double per_second(const struct sample *now, const struct sample *before,
			 uint64_t growth)
{
	uint64_t elapsed_ns = now->time_ns - before->time_ns;

	return elapsed_ns ? growth * (double)NS_PER_SECOND / elapsed_ns : 0;
}

/* @before is NULL for the first sample in all of these. */

static void print_table(const struct sample *now, const struct sample *before)
{
	const struct row *row;

	for (row = rows; row < rows + ROWS; row++) {
		printf("%-16s %12" PRIu64, row->name, value_of(now, row));
		if (before && row->kind == COUNTER)
			printf("  %+12" PRId64 "  %12.1f/s",
			       (int64_t)growth_of(now, before, row),
			       per_second(now, before,
					  growth_of(now, before, row)));
		else if (before)
			printf("%30s", "");
		printf("  %s\n", row->meaning);
	}
}

static void print_line(const struct sample *now, const struct sample *before)
{
	const struct row *row;

	for (row = rows; row < rows + ROWS; row++) {
		printf("%s%s %" PRIu64, row == rows ? "" : ", ", row->name,
		       value_of(now, row));
		if (before && row->kind == COUNTER)
			printf(" (+%" PRIu64 ", %.1f/s)",
			       growth_of(now, before, row),
			       per_second(now, before,
					  growth_of(now, before, row)));
	}
	putchar('\n');
}

static void print_json(const char *device, const struct sample *now,
		       const struct sample *before)
{
	struct json json = { .out = stdout };
	const struct row *row;

	json_open(&json, NULL, '{');
	json_string(&json, "device", device);
	for (row = rows; row < rows + ROWS; row++)
		json_number(&json, row->name, value_of(now, row));
	if (before) {
		json_open(&json, "per_second", '{');
		for (row = rows; row < rows + ROWS; row++)
			if (row->kind == COUNTER)
				json_real(&json, row->name,
					  per_second(now, before,
						     growth_of(now, before,
							       row)));
		json_close(&json, '}');
	}
	json_close(&json, '}');
	putchar('\n');
}

static void print_sample(const struct options *options,
			 const struct sample *now, const struct sample *before)
{
	if (options->as_json) {
		print_json(options->device, now, before);
	} else if (!options->period_ns) {
		print_table(now, before);
	} else if (isatty(STDOUT_FILENO)) {
		fputs("\033[H\033[J", stdout);
		printf("%s\n\n", options->device);
		print_table(now, before);
	} else {
		print_line(now, before);
	}
}

static int take_sample(const struct dmaring *stream, struct sample *sample)
{
	int err = dmaring_get_info(stream, &sample->info);

	sample->time_ns = clock_ns();
	return err ? err : dmaring_get_stats(stream, &sample->stats);
}

/* Ends early when nobody reads what is printed; main() tells. */
static int show(const struct options *options, const struct dmaring *stream)
{
	struct sample samples[2], *now = &samples[0], *before = NULL;
	int err;

	for (;;) {
		err = take_sample(stream, now);
		if (err)
			return err;
		print_sample(options, now, before);
		if (fflush(stdout) || !options->period_ns)
			return 0;
		interrupt_sleep(options->period_ns);
		if (interrupt_signal())
			return 0;
		before = now;
		now = now == &samples[0] ? &samples[1] : &samples[0];
	}
}

static int open_and_show(const struct options *options)
{
	static const struct dmaring_options monitor = {
		.size = sizeof(monitor),
		.flags = DMARING_OPEN_MONITOR,
	};
	struct dmaring *stream;
	int err;

	err = dmaring_open(options->device, &monitor, &stream);
	if (!err)
		err = show(options, stream);
	if (err)
		warnx("%s", dmaring_error());
	dmaring_close(stream);
	return err ? EXIT_ERROR : EXIT_OK;
}

/* "--watch 2" and "--watch=2"; a bare number after it is no device. */
static int take_watch(struct options *options, char **argv)
{
	uint64_t ns;

	options->period_ns = NS_PER_SECOND;
	if (optarg)
		return option_seconds("--watch", optarg, &options->period_ns);
	if (!argv[optind] || seconds_parse(argv[optind], &ns) == -EINVAL)
		return 0;
	return option_seconds("--watch", argv[optind++], &options->period_ns);
}

/* Return: true to go on; false to end the program with @code. */
static bool parse(struct options *options, int argc, char **argv, int *code)
{
	static const struct option long_options[] = {
		{ "watch", optional_argument, NULL, 'w' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int option;

	*code = EXIT_USAGE;
	while ((option = getopt_long(argc, argv, "h", long_options,
				     NULL)) != -1) {
		switch (option) {
		case 'w':
			if (take_watch(options, argv))
				return false;
			break;
		case 'j':
			options->as_json = true;
			break;
		case 'h':
			fputs(usage, stdout);
			*code = EXIT_OK;
			return false;
		default:
			return false;
		}
	}
	if (argc - optind > 1) {
		warnx("only one DEVICE can be shown at a time");
		return false;
	}
	if (optind < argc)
		options->device = argv[optind];
	return true;
}

int command_stats(int argc, char **argv)
{
	struct options options = { .device = "/dev/dmaring0" };
	int code;

	if (!parse(&options, argc, argv, &code))
		return code;
	interrupt_catch();
	return open_and_show(&options);
}
