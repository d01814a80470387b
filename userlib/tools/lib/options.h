/* SPDX-License-Identifier: MIT */
/* What a command line asks for. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include "exit_code.h"

#include <libdmaring.h>
#include <limits.h>
#include <stdbool.h>

enum command_id {
	COMMAND_INFO	= 1U << 0,
	COMMAND_CAPTURE	= 1U << 1,
	COMMAND_VIEW	= 1U << 2,
	COMMAND_STATS	= 1U << 3,
	COMMAND_LIST	= 1U << 4,
	COMMAND_HELP	= 1U << 5,
	COMMAND_VERSION	= 1U << 6,
	COMMAND_PEEK	= 1U << 7,
	COMMAND_PLAY	= 1U << 8,
	COMMAND_FORMAT	= 1U << 9,
	COMMAND_CHECK	= 1U << 12,
	COMMAND_CONTROLS = 1U << 10,
	COMMAND_SET	= 1U << 11,
	COMMAND_RECORD	= 1U << 13,
	COMMAND_VERIFY	= 1U << 14,
	COMMAND_EXPORT	= 1U << 15,
	COMMAND_REPLAY	= 1U << 16,
	COMMAND_DOCTOR	= 1U << 17,
	COMMAND_TOP	= 1U << 18,
	COMMAND_SEND	= 1U << 19,
	COMMAND_RECEIVE	= 1U << 20,
};

/* Zero where nothing was said. */
struct options {
	char **operands;
	int operand_count;
	const char *device;	/* for those that take one */

	uint64_t frames;	/* 0: no matter how many */
	uint64_t duration_ns;	/* 0: no matter how long */
	uint64_t silence_ns;	/* longest wait for a frame; 0: for ever */
	uint64_t period_ns;	/* 0: once */
	const char *output;	/* directory, file, or "-" */
	const char *to;		/* stream; NULL: the standard output */
	const char *index;
	const char *trace;	/* saved; NULL: look at a stream or a recording */
	const char *only;	/* group of checks; NULL: all */
	uint64_t frame_bytes;	/* 0: as the stream's format says */
	uint32_t format;	/* enum frame_file */
	uint32_t contrast;	/* enum tone_contrast */
	uint32_t pictures;	/* enum graphics */
	double gain;		/* 0: 1 */
	double speed;		/* 0: 1 */
	uint64_t first;		/* number of the first frame that is wanted */
	uint64_t split_frames;	/* 0: never; likewise the next two */
	uint64_t split_bytes;
	uint64_t split_ns;
	uint64_t most_bytes;	/* of a recording; 0: no matter how many */
	uint64_t keep_free;	/* bytes of the disk */
	uint32_t sync_ms;	/* 0: as the library thinks fit */
	uint32_t writes;	/* the same */
	bool all;
	bool append;
	bool buffered;
	bool buffers;
	const char *trigger;	/* what records; NULL: nothing must */
	uint32_t pre_frames;
	uint32_t post_frames;	/* 0: 1 */
	uint32_t engine;	/* enum dmaring_recorder_engine */
	const char *record;	/* directory of a recording; NULL: none */
	uint32_t form;		/* enum wire_form */
	uint32_t hwm;		/* messages that may wait; 0: 4 */
	bool pub;		/* to all, not to one each */
	bool copy;
	bool crc;
	bool crc32c;
	bool dry_run;
	bool destructive;
	bool json;
	bool link;
	bool list;
	bool list_names;
	bool loop;
	bool mend;
	bool once;
	bool openmetrics;
	bool overwrite;
	bool quiet;
	bool read_only;
	bool strict;
	bool tap;
	bool verify;
	struct dmaring_options stream;
};

#define OPERANDS_ANY INT_MAX

struct command {
	enum command_id id;
	const char *name;
	int (*run)(const struct options *options);
	const char *summary;
	const char *operands;
	int operands_max;
	bool one_device;	/* that is it, or the only one there is */
	const char *about;	/* whole lines */
	const char *more;	/* after the options; may be NULL */
};

/* @argv[0] is the command's name.
 * Return: true to go on; false to end the program with @code, all said.
 */
bool options_parse(struct options *options, const struct command *command,
		   int argc, char **argv, int *code);

#endif /* OPTIONS_H */
