// SPDX-License-Identifier: MIT
#include "options.h"
#include "frame_dir.h"
#include "number.h"
#include "option_table.h"
#include "usage.h"

#include <err.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

static bool optional(const struct option_row *row)
{
	return row->argument && row->argument[0] == '[';
}

/* What getopt_long() wants to have, and says when it finds it: the number of the
 * row, after all letters.
 */
struct getopt_tables {
	char letters[2 * OPTIONS + 1];
	struct option names[OPTIONS + 1];
};

#define LETTERS 256

static void make_tables(struct getopt_tables *tables, enum command_id command)
{
	struct option *name = tables->names;
	char *letter = tables->letters;
	const struct option_row *row;

	for (row = option_rows; row < option_rows + OPTIONS; row++) {
		if (!(row->commands & command))
			continue;
		*name++ = (struct option){
			.name = row->name,
			.has_arg = optional(row) ? optional_argument :
				   row->argument ? required_argument :
						   no_argument,
			.val = LETTERS + (int)(row - option_rows),
		};
		if (row->letter)
			*letter++ = row->letter;
		if (row->letter && row->argument)
			*letter++ = ':';
	}
	*name = (struct option){ 0 };
	*letter = '\0';
}

/* @found: as getopt_long() returns it.  Return: NULL if it has complained. */
static const struct option_row *row_of(int found)
{
	const struct option_row *row;

	if (found >= LETTERS)
		return &option_rows[found - LETTERS];
	for (row = option_rows; row < option_rows + OPTIONS; row++)
		if (row->letter == found)
			return row;
	return NULL;
}

/* "--watch 2" and "--watch=2"; a bare number after it is no device. */
static const char *argument_of(const struct option_row *row, char **argv)
{
	const char *next = argv[optind];
	uint64_t ns;

	if (optarg || !optional(row) || !next ||
	    seconds_parse(next, &ns) == -EINVAL)
		return optarg;
	optind++;
	return next;
}

/* Return: false with @code if that is an end. */
static bool take_options(struct options *options, const struct command *command,
			 int argc, char **argv, struct options_given *given,
			 int *code)
{
	struct getopt_tables tables;
	const struct option_row *row;
	int found;

	make_tables(&tables, command->id);
	optind = 0;		/* begin anew, whatever was read before */
	while ((found = getopt_long(argc, argv, tables.letters, tables.names,
				    NULL)) != -1) {
		row = row_of(found);
		if (row == &option_rows[OPTION_HELP]) {
			usage_print(stdout, command);
			*code = EXIT_OK;
			return false;
		}
		if (!row || row->take(row, argument_of(row, argv),
				      (char *)options + row->field))
			return false;
		given->of[row - option_rows] = true;
	}
	return true;
}

/* The first of the options in @list that is given; NULL: none is. */
static const struct option_row *first_given(const enum option_id *list,
					    const struct options_given *given)
{
	for (; list && *list != OPTIONS; list++)
		if (given->of[*list])
			return &option_rows[*list];
	return NULL;
}

/* One of those given: may it be, with the others? */
static int refuse_row(const struct option_row *row,
		      const struct options_given *given)
{
	const struct option_row *excluded = first_given(row->excludes, given);
	char one[OPTION_SPELLING], other[OPTION_SPELLING];

	option_spell(one, row);
	if (excluded)
		warnx("%s and %s exclude each other", one,
		      option_spell(other, excluded));
	else if (row->needs && !first_given(row->needs, given))
		warnx("%s is for %s", one,
		      option_spell(other, &option_rows[*row->needs]));
	else
		return 0;
	return -1;
}

static int refuse_pairs(const struct options_given *given)
{
	const struct option_row *row;

	for (row = option_rows; row < option_rows + OPTIONS; row++)
		if (given->of[row - option_rows] && refuse_row(row, given))
			return -1;
	return 0;
}

static int refuse_values(const struct options *options,
			 const struct options_given *given)
{
	const char *fault = option_conflict(options, given);

	if (fault)
		warnx("%s", fault);
	return fault ? -1 : 0;
}

static int take_operands(struct options *options, const struct command *command,
			 char **operands, int count)
{
	const char *all = command->operands;
	size_t bracket = all[0] == '[';

	if (count > command->operands_max) {
		if (command->operands_max > 1)
			warnx("%s takes only %s", command->name, all);
		else if (command->operands_max)
			warnx("%s takes only one %.*s", command->name,
			      (int)(strlen(all) - 2 * bracket), all + bracket);
		else
			warnx("%s takes no argument", command->name);
		return -1;
	}
	options->operands = operands;
	options->operand_count = count;
	return 0;
}

static void draw_conclusions(struct options *options,
			     const struct options_given *given)
{
	if (options->output && !given->of[OPTION_FORMAT] &&
	    !given->of[OPTION_EXPORT_FORMAT])
		options->format = FRAME_FILE_RAW;
	if (options->read_only)
		options->stream.flags |= DMARING_OPEN_READ_ONLY;
}

bool options_parse(struct options *options, const struct command *command,
		   int argc, char **argv, int *code)
{
	static char name[OPTION_SPELLING];
	struct options_given given = { { false } };

	*options = (struct options){ .stream.size = sizeof(options->stream) };
	*code = EXIT_USAGE;
	snprintf(name, sizeof(name), "dmaring %s", command->name);
	argv[0] = name;		/* with which getopt begins its messages */
	if (!take_options(options, command, argc, argv, &given, code))
		return false;
	if (refuse_pairs(&given) || refuse_values(options, &given) ||
	    take_operands(options, command, argv + optind, argc - optind))
		return false;
	draw_conclusions(options, &given);
	return true;
}
