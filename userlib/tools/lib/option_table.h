/* SPDX-License-Identifier: MIT */
/*
 * The options of all commands in one table, from which command lines are read and
 * usage texts printed.
 */
#ifndef OPTION_TABLE_H
#define OPTION_TABLE_H

#include "options.h"

#include <stddef.h>

enum option_id {
	OPTION_FRAMES,
	OPTION_TIME,
	OPTION_ONCE,
	OPTION_TIMEOUT,
	OPTION_OUTPUT,
	OPTION_INDEX,
	OPTION_FORMAT,
	OPTION_OVERWRITE,
	OPTION_VERIFY,
	OPTION_STRICT,
	OPTION_READ_ONLY,
	OPTION_POLICY,
	OPTION_DEPTH,
	OPTION_MAX_HELD,
	OPTION_WATERMARK,
	OPTION_WATERMARK_TIME,
	OPTION_BUFFERS,
	OPTION_ALL,
	OPTION_WATCH,
	OPTION_JSON,
	OPTION_OPENMETRICS,
	OPTION_BYTES,
	OPTION_LOOP,
	OPTION_DRY_RUN,
	OPTION_QUIET,
	OPTION_CONTRAST,
	OPTION_GAIN,
	OPTION_PICTURES,
	OPTION_CHECK_TIME,
	OPTION_ONLY,
	OPTION_LIST,
	OPTION_TAP,
	OPTION_CHECK_STRICT,
	OPTION_DESTRUCTIVE,
	OPTION_LIST_NAMES,
	OPTION_APPEND,
	OPTION_SPLIT,
	OPTION_SPLIT_SIZE,
	OPTION_SPLIT_TIME,
	OPTION_SIZE,
	OPTION_KEEP_FREE,
	OPTION_CRC,
	OPTION_CRC32C,
	OPTION_SYNC,
	OPTION_WRITES,
	OPTION_TRIGGER,
	OPTION_PRE,
	OPTION_POST,
	OPTION_ENGINE,
	OPTION_BUFFERED,
	OPTION_MEND,
	OPTION_FIRST,
	OPTION_SPEED,
	OPTION_TO,
	OPTION_EXPORT_FORMAT,
	OPTION_LINK,
	OPTION_COPY,
	OPTION_REPLAY_FORMAT,
	OPTION_TRACE,
	OPTION_PUB,
	OPTION_FORM,
	OPTION_HWM,
	OPTION_RECORD,
	OPTION_HELP,
	OPTIONS,
};

/* Which of them a command line has. */
struct options_given {
	bool of[OPTIONS];
};

struct option_word;

struct option_row {
	const char *name;
	char letter;			/* 0: none */
	const char *argument;		/* NULL: none; "[...]": may be left out */
	unsigned int commands;		/* that have it */
	const char *help;
	/* Puts the argument's meaning at @to.  Return: 0; -1, all said. */
	int (*take)(const struct option_row *row, const char *text, void *to);
	size_t field;			/* of struct options */
	uint64_t max;
	const struct option_word *words;
	/* Options that cannot be meant as well; OPTIONS is behind the last one. */
	const enum option_id *excludes;
	const enum option_id *needs;	/* an option without which it is nothing */
};

extern const struct option_row option_rows[OPTIONS];

/* What cannot be told from which options there are, but from what they say.
 * Return: NULL, or a sentence.
 */
const char *option_conflict(const struct options *options,
			    const struct options_given *given);

#define OPTION_SPELLING 32

/* As people write it: "-n", "--depth"; returns @text. */
const char *option_spell(char text[OPTION_SPELLING], const struct option_row *row);

#endif /* OPTION_TABLE_H */
