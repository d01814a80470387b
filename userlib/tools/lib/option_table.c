// SPDX-License-Identifier: MIT
#include "option_table.h"
#include "frame_dir.h"
#include "graphics.h"
#include "number.h"
#include "tone.h"
#include "wire.h"

#include <err.h>
#include <libdmaring-record.h>
#include <stdio.h>
#include <string.h>

/* What the kernel accepts: a minute. */
#define WATERMARK_MS_MAX 60000
#define US_PER_MS 1000

/* An hour, and what libdmaring-record accepts. */
#define SYNC_MS_MAX 3600000
#define WRITES_MAX 256

struct option_word {
	const char *name;
	uint32_t value;
};

static const struct option_word format_words[] = {
	{ "raw", FRAME_FILE_RAW },
	{ "png", FRAME_FILE_PNG },
	{ "pgm", FRAME_FILE_PNM },
	{ "tiff", FRAME_FILE_TIFF },
	{ "y4m", FRAME_FILE_Y4M },
	{ "none", FRAME_FILE_NONE },
	{ 0 },
};

static const struct option_word export_words[] = {
	{ "raw", FRAME_FILE_RAW },
	{ "png", FRAME_FILE_PNG },
	{ "pgm", FRAME_FILE_PNM },
	{ "tiff", FRAME_FILE_TIFF },
	{ "y4m", FRAME_FILE_Y4M },
	{ "hdf5", FRAME_FILE_HDF5 },
	{ "sigmf", FRAME_FILE_SIGMF },
	{ 0 },
};

static const struct option_word replay_words[] = {
	{ "raw", FRAME_FILE_RAW },
	{ "y4m", FRAME_FILE_Y4M },
	{ 0 },
};

static const struct option_word policy_words[] = {
	{ "lossless", DMARING_POLICY_LOSSLESS },
	{ "latest", DMARING_POLICY_LATEST },
	{ 0 },
};

static const struct option_word contrast_words[] = {
	{ "auto", TONE_AUTO },
	{ "minmax", TONE_MINMAX },
	{ "full", TONE_FULL },
	{ 0 },
};

static const struct option_word picture_words[] = {
	{ "auto", GRAPHICS_AUTO },
	{ "blocks", GRAPHICS_BLOCKS },
	{ "sixel", GRAPHICS_SIXEL },
	{ "kitty", GRAPHICS_KITTY },
	{ 0 },
};

static const struct option_word form_words[] = {
	{ "array", WIRE_ARRAY },
	{ "stream2", WIRE_STREAM2 },
	{ 0 },
};

static const struct option_word engine_words[] = {
	{ "auto", DMARING_RECORDER_AUTO },
	{ "libaio", DMARING_RECORDER_LIBAIO },
	{ "io_uring", DMARING_RECORDER_IO_URING },
	{ 0 },
};

static int take_yes(const struct option_row *row, const char *text, void *to);
static int take_factor(const struct option_row *row, const char *text, void *to);
static int take_text(const struct option_row *row, const char *text, void *to);
static int take_count(const struct option_row *row, const char *text, void *to);
static int take_number(const struct option_row *row, const char *text, void *to);
static int take_count32(const struct option_row *row, const char *text, void *to);
static int take_ms(const struct option_row *row, const char *text, void *to);
static int take_size(const struct option_row *row, const char *text, void *to);
static int take_seconds(const struct option_row *row, const char *text, void *to);
static int take_word(const struct option_row *row, const char *text, void *to);

#define FIELD(field) offsetof(struct options, field)
#define ALL_OF(...) (const enum option_id[]){ __VA_ARGS__, OPTIONS }

const struct option_row option_rows[OPTIONS] = {
	[OPTION_FRAMES] = {
		.name = "frames",
		.letter = 'n',
		.argument = "N",
		.commands = COMMAND_CAPTURE | COMMAND_VIEW | COMMAND_PLAY |
			    COMMAND_RECORD | COMMAND_EXPORT | COMMAND_REPLAY |
			    COMMAND_SEND | COMMAND_RECEIVE,
		.help = "end after N frames",
		.take = take_count,
		.field = FIELD(frames),
		.max = UINT64_MAX,
		.excludes = ALL_OF(OPTION_TIME, OPTION_ONCE),
	},
	[OPTION_TIME] = {
		.name = "time",
		.letter = 't',
		.argument = "SECONDS",
		.commands = COMMAND_CAPTURE | COMMAND_RECORD | COMMAND_DOCTOR |
			    COMMAND_SEND,
		.help = "end after SECONDS",
		.take = take_seconds,
		.field = FIELD(duration_ns),
	},
	[OPTION_ONCE] = {
		.name = "once",
		.commands = COMMAND_VIEW | COMMAND_TOP,
		.help = "show it once, to a file or a pipe, too",
		.take = take_yes,
		.field = FIELD(once),
	},
	[OPTION_TIMEOUT] = {
		.name = "timeout",
		.argument = "SECONDS",
		.commands = COMMAND_CAPTURE | COMMAND_VIEW | COMMAND_CHECK |
			    COMMAND_RECORD | COMMAND_SEND | COMMAND_RECEIVE,
		.help = "give up when no frame comes for so long",
		.take = take_seconds,
		.field = FIELD(silence_ns),
	},
	[OPTION_OUTPUT] = {
		.name = "output",
		.letter = 'o',
		.argument = "WHERE",
		.commands = COMMAND_CAPTURE | COMMAND_EXPORT,
		.help = "DIR: a file for each frame; NAME.raw or any other\n"
			"name with a dot: a file of all frames in a row;\n"
			"-: the same to the standard output",
		.take = take_text,
		.field = FIELD(output),
	},
	[OPTION_INDEX] = {
		.name = "index",
		.argument = "FILE",
		.commands = COMMAND_CAPTURE | COMMAND_EXPORT,
		.help = "index of the frames (DIR/index.csv, NAME.raw.csv)",
		.take = take_text,
		.field = FIELD(index),
		.needs = ALL_OF(OPTION_OUTPUT),
	},
	[OPTION_FORMAT] = {
		.name = "format",
		.argument = "FORMAT",
		.commands = COMMAND_CAPTURE,
		.help = "raw; png, pgm, tiff: images in DIR; tiff: or pages of NAME.tif;\n"
			"y4m: video in a file or for a player; none: write nothing",
		.take = take_word,
		.field = FIELD(format),
		.words = format_words,
	},
	[OPTION_OVERWRITE] = {
		.name = "overwrite",
		.commands = COMMAND_CAPTURE | COMMAND_EXPORT,
		.help = "WHERE may have frames of another capture",
		.take = take_yes,
		.field = FIELD(overwrite),
		.needs = ALL_OF(OPTION_OUTPUT),
	},
	[OPTION_VERIFY] = {
		.name = "verify",
		.commands = COMMAND_CAPTURE,
		.help = "check each byte of a test pattern",
		.take = take_yes,
		.field = FIELD(verify),
	},
	[OPTION_STRICT] = {
		.name = "strict",
		.commands = COMMAND_CAPTURE | COMMAND_PLAY | COMMAND_RECORD |
			    COMMAND_SEND | COMMAND_RECEIVE,
		.help = "no frame, a lost or a damaged one is a failure",
		.take = take_yes,
		.field = FIELD(strict),
	},
	[OPTION_READ_ONLY] = {
		.name = "read-only",
		.commands = COMMAND_CAPTURE,
		.help = "open the stream read-only; needs no write permission",
		.take = take_yes,
		.field = FIELD(read_only),
	},
	[OPTION_POLICY] = {
		.name = "policy",
		.argument = "POLICY",
		.commands = COMMAND_CAPTURE | COMMAND_SEND,
		.help = "lossless: no frame is skipped for this program;\n"
			"latest: old ones are dropped when it is slow",
		.take = take_word,
		.field = FIELD(stream.policy),
		.words = policy_words,
	},
	[OPTION_DEPTH] = {
		.name = "depth",
		.argument = "N",
		.commands = COMMAND_CAPTURE | COMMAND_SEND,
		.help = "latest: most frames that wait (1)",
		.take = take_count32,
		.field = FIELD(stream.depth),
		.max = DMARING_BUFFERS_MAX,
	},
	[OPTION_MAX_HELD] = {
		.name = "max-held",
		.argument = "N",
		.commands = COMMAND_CAPTURE | COMMAND_SEND,
		.help = "latest: most frames in the program's hands (1)",
		.take = take_count32,
		.field = FIELD(stream.max_held),
		.max = DMARING_BUFFERS_MAX,
	},
	[OPTION_WATERMARK] = {
		.name = "watermark",
		.argument = "N",
		.commands = COMMAND_CAPTURE,
		.help = "be woken when N frames wait (1)",
		.take = take_count32,
		.field = FIELD(stream.watermark),
		.max = DMARING_BUFFERS_MAX,
	},
	[OPTION_WATERMARK_TIME] = {
		.name = "watermark-time",
		.argument = "MS",
		.commands = COMMAND_CAPTURE,
		.help = "or when the oldest has waited for so long",
		.take = take_ms,
		.field = FIELD(stream.watermark_us),
		.max = WATERMARK_MS_MAX,
		.needs = ALL_OF(OPTION_WATERMARK),
	},
	[OPTION_BUFFERS] = {
		.name = "buffers",
		.commands = COMMAND_INFO,
		.help = "list the buffers, too (bus addresses: as root)",
		.take = take_yes,
		.field = FIELD(buffers),
	},
	[OPTION_ALL] = {
		.name = "all",
		.commands = COMMAND_PEEK,
		.help = "print lines that repeat, too, and no * in their place",
		.take = take_yes,
		.field = FIELD(all),
	},
	[OPTION_WATCH] = {
		.name = "watch",
		.argument = "[SECONDS]",
		.commands = COMMAND_STATS | COMMAND_TOP,
		.help = "again every SECONDS (1), with what changed",
		.take = take_seconds,
		.field = FIELD(period_ns),
	},
	[OPTION_JSON] = {
		.name = "json",
		.commands = COMMAND_INFO | COMMAND_CAPTURE | COMMAND_STATS |
			    COMMAND_LIST | COMMAND_FORMAT |
			    COMMAND_CONTROLS | COMMAND_RECORD | COMMAND_VERIFY |
			    COMMAND_DOCTOR | COMMAND_TOP | COMMAND_SEND |
			    COMMAND_RECEIVE,
		.help = "print JSON for programs, one object a line",
		.take = take_yes,
		.field = FIELD(json),
	},
	[OPTION_OPENMETRICS] = {
		.name = "openmetrics",
		.commands = COMMAND_STATS,
		.help = "print metrics for Prometheus and its node_exporter",
		.take = take_yes,
		.field = FIELD(openmetrics),
		.excludes = ALL_OF(OPTION_JSON, OPTION_WATCH),
	},
	[OPTION_DRY_RUN] = {
		.name = "dry-run",
		.commands = COMMAND_FORMAT,
		.help = "say what would come of it, and change nothing",
		.take = take_yes,
		.field = FIELD(dry_run),
	},
	[OPTION_BYTES] = {
		.name = "bytes",
		.argument = "N",
		.commands = COMMAND_PLAY,
		.help = "a frame has N bytes, not those of the format",
		.take = take_count,
		.field = FIELD(frame_bytes),
		.max = UINT32_MAX,
	},
	[OPTION_LOOP] = {
		.name = "loop",
		.commands = COMMAND_PLAY | COMMAND_REPLAY,
		.help = "begin again at the end",
		.take = take_yes,
		.field = FIELD(loop),
	},
	[OPTION_QUIET] = {
		.name = "quiet",
		.letter = 'q',
		.commands = COMMAND_CAPTURE | COMMAND_PLAY | COMMAND_RECORD |
			    COMMAND_EXPORT | COMMAND_REPLAY | COMMAND_SEND | COMMAND_RECEIVE,
		.help = "no progress line and no summary but --json",
		.take = take_yes,
		.field = FIELD(quiet),
	},
	[OPTION_CONTRAST] = {
		.name = "contrast",
		.argument = "HOW",
		.commands = COMMAND_VIEW,
		.help = "auto: but for the darkest and brightest 0.5 % of pixels;\n"
			"minmax: from the least to the most value there is;\n"
			"full: that there can be (auto; of 8 bits full)",
		.take = take_word,
		.field = FIELD(contrast),
		.words = contrast_words,
	},
	[OPTION_GAIN] = {
		.name = "gain",
		.argument = "FACTOR",
		.commands = COMMAND_VIEW,
		.help = "so many times as bright (1)",
		.take = take_factor,
		.field = FIELD(gain),
	},
	[OPTION_PICTURES] = {
		.name = "pictures",
		.argument = "HOW",
		.commands = COMMAND_VIEW,
		.help = "blocks: half blocks, for any terminal; sixel, kitty: pixels,\n"
			"by libchafa; auto: the best that it can show (auto)",
		.take = take_word,
		.field = FIELD(pictures),
		.words = picture_words,
	},
	[OPTION_CHECK_TIME] = {
		.name = "time",
		.letter = 't',
		.argument = "SECONDS",
		.commands = COMMAND_CHECK,
		.help = "take frames for SECONDS in each group (2)",
		.take = take_seconds,
		.field = FIELD(duration_ns),
	},
	[OPTION_ONLY] = {
		.name = "only",
		.argument = "GROUP",
		.commands = COMMAND_CHECK,
		.help = "only this group",
		.take = take_text,
		.field = FIELD(only),
	},
	[OPTION_LIST] = {
		.name = "list",
		.commands = COMMAND_CHECK,
		.help = "list the groups and what they check, and end",
		.take = take_yes,
		.field = FIELD(list),
	},
	[OPTION_TAP] = {
		.name = "tap",
		.commands = COMMAND_CHECK,
		.help = "print TAP for programs",
		.take = take_yes,
		.field = FIELD(tap),
	},
	[OPTION_CHECK_STRICT] = {
		.name = "strict",
		.commands = COMMAND_CHECK,
		.help = "a warning is a failure",
		.take = take_yes,
		.field = FIELD(strict),
	},
	[OPTION_DESTRUCTIVE] = {
		.name = "destructive",
		.commands = COMMAND_CHECK,
		.help = "let the system sleep, reset the card, unbind it (root)",
		.take = take_yes,
		.field = FIELD(destructive),
	},
	[OPTION_LIST_NAMES] = {
		.name = "list-names",
		.commands = COMMAND_CONTROLS,
		.help = "print the names only, one a line",
		.take = take_yes,
		.field = FIELD(list_names),
		.excludes = ALL_OF(OPTION_JSON),
	},
	[OPTION_APPEND] = {
		.name = "append",
		.commands = COMMAND_RECORD,
		.help = "go on with a recording that is in DIR, in new files",
		.take = take_yes,
		.field = FIELD(append),
	},
	[OPTION_SPLIT] = {
		.name = "split",
		.argument = "N",
		.commands = COMMAND_RECORD,
		.help = "begin new files after N frames",
		.take = take_count,
		.field = FIELD(split_frames),
		.max = UINT64_MAX,
	},
	[OPTION_SPLIT_SIZE] = {
		.name = "split-size",
		.argument = "SIZE",
		.commands = COMMAND_RECORD,
		.help = "or before a file is longer than SIZE, such as 4G",
		.take = take_size,
		.field = FIELD(split_bytes),
	},
	[OPTION_SPLIT_TIME] = {
		.name = "split-time",
		.argument = "SECONDS",
		.commands = COMMAND_RECORD,
		.help = "or after SECONDS",
		.take = take_seconds,
		.field = FIELD(split_ns),
	},
	[OPTION_SIZE] = {
		.name = "size",
		.argument = "SIZE",
		.commands = COMMAND_RECORD,
		.help = "end when SIZE is written, such as 500G",
		.take = take_size,
		.field = FIELD(most_bytes),
	},
	[OPTION_KEEP_FREE] = {
		.name = "keep-free",
		.argument = "SIZE",
		.commands = COMMAND_RECORD,
		.help = "end when no more than SIZE of the disk is free",
		.take = take_size,
		.field = FIELD(keep_free),
	},
	[OPTION_CRC] = {
		.name = "crc",
		.commands = COMMAND_RECORD | COMMAND_RECEIVE,
		.help = "a checksum of each frame, for 'dmaring verify'",
		.take = take_yes,
		.field = FIELD(crc),
		.excludes = ALL_OF(OPTION_CRC32C),
	},
	[OPTION_CRC32C] = {
		.name = "crc32c",
		.commands = COMMAND_RECORD | COMMAND_RECEIVE,
		.help = "one of the kind CRC-32C instead of CRC-32",
		.take = take_yes,
		.field = FIELD(crc32c),
	},
	[OPTION_SYNC] = {
		.name = "sync",
		.argument = "MS",
		.commands = COMMAND_RECORD,
		.help = "make frames safe from a crash every MS (1000)",
		.take = take_count32,
		.field = FIELD(sync_ms),
		.max = SYNC_MS_MAX,
	},
	[OPTION_WRITES] = {
		.name = "writes",
		.argument = "N",
		.commands = COMMAND_RECORD,
		.help = "write N frames at a time (8)",
		.take = take_count32,
		.field = FIELD(writes),
		.max = WRITES_MAX,
	},
	[OPTION_TRIGGER] = {
		.name = "trigger",
		.argument = "WHAT",
		.commands = COMMAND_RECORD,
		.help = "record only frames about a trigger: signal (SIGUSR1), line (of\n"
			"standard input), file=PATH (made or changed), control=NAME\n"
			"(another value), every=SECONDS",
		.take = take_text,
		.field = FIELD(trigger),
	},
	[OPTION_PRE] = {
		.name = "pre",
		.argument = "N",
		.commands = COMMAND_RECORD,
		.help = "N frames before it (0)",
		.take = take_count32,
		.field = FIELD(pre_frames),
		.max = UINT32_MAX,
	},
	[OPTION_POST] = {
		.name = "post",
		.argument = "N",
		.commands = COMMAND_RECORD,
		.help = "N frames from it on (1)",
		.take = take_count32,
		.field = FIELD(post_frames),
		.max = UINT32_MAX,
	},
	[OPTION_ENGINE] = {
		.name = "engine",
		.argument = "NAME",
		.commands = COMMAND_RECORD,
		.help = "libaio, io_uring, or auto: the second if not the first (auto)",
		.take = take_word,
		.field = FIELD(engine),
		.words = engine_words,
	},
	[OPTION_BUFFERED] = {
		.name = "buffered",
		.commands = COMMAND_RECORD,
		.help = "through the system's cache, without direct I/O",
		.take = take_yes,
		.field = FIELD(buffered),
	},
	[OPTION_MEND] = {
		.name = "mend",
		.commands = COMMAND_VERIFY,
		.help = "make a whole recording of one that was not ended",
		.take = take_yes,
		.field = FIELD(mend),
	},
	[OPTION_FIRST] = {
		.name = "first",
		.argument = "NUMBER",
		.commands = COMMAND_EXPORT | COMMAND_REPLAY,
		.help = "begin with that frame of the recording (0)",
		.take = take_number,
		.field = FIELD(first),
		.max = UINT64_MAX,
	},
	[OPTION_SPEED] = {
		.name = "speed",
		.argument = "FACTOR",
		.commands = COMMAND_REPLAY,
		.help = "so many times as fast as the frames came (1)",
		.take = take_factor,
		.field = FIELD(speed),
	},
	[OPTION_TO] = {
		.name = "to",
		.argument = "DEVICE",
		.commands = COMMAND_REPLAY,
		.help = "play them to that stream, not to the standard output",
		.take = take_text,
		.field = FIELD(to),
		.excludes = ALL_OF(OPTION_REPLAY_FORMAT),
	},
	[OPTION_EXPORT_FORMAT] = {
		.name = "format",
		.argument = "FORMAT",
		.commands = COMMAND_EXPORT,
		.help = "raw; png, pgm, tiff: images in DIR; tiff: or pages of NAME.tif;\n"
			"y4m: video in a file or for a player; hdf5: as NeXus has it;\n"
			"sigmf: of samples, NAME.sigmf-meta and NAME.sigmf-data",
		.take = take_word,
		.field = FIELD(format),
		.words = export_words,
	},
	[OPTION_LINK] = {
		.name = "link",
		.commands = COMMAND_EXPORT,
		.help = "hdf5, sigmf: point at the frames where they are",
		.take = take_yes,
		.field = FIELD(link),
		.excludes = ALL_OF(OPTION_COPY),
		.needs = ALL_OF(OPTION_EXPORT_FORMAT),
	},
	[OPTION_COPY] = {
		.name = "copy",
		.commands = COMMAND_EXPORT,
		.help = "copy them, as without --link",
		.take = take_yes,
		.field = FIELD(copy),
	},
	[OPTION_REPLAY_FORMAT] = {
		.name = "format",
		.argument = "FORMAT",
		.commands = COMMAND_REPLAY,
		.help = "raw; y4m: video for a player",
		.take = take_word,
		.field = FIELD(format),
		.words = replay_words,
	},
	[OPTION_TRACE] = {
		.name = "trace",
		.argument = "FILE",
		.commands = COMMAND_DOCTOR,
		.help = "look at what 'trace-cmd report' or the kernel printed; - is the\n"
			"standard input",
		.take = take_text,
		.field = FIELD(trace),
		.excludes = ALL_OF(OPTION_TIME),
	},
	[OPTION_PUB] = {
		.name = "pub",
		.commands = COMMAND_SEND | COMMAND_RECEIVE,
		.help = "each frame to all who receive, not to one of them: both ends say it",
		.take = take_yes,
		.field = FIELD(pub),
	},
	[OPTION_FORM] = {
		.name = "form",
		.argument = "FORM",
		.commands = COMMAND_SEND,
		.help = "array: JSON and pixels, as array-1.0; stream2: CBOR, as DECTRIS\n"
			"Stream2 (array)",
		.take = take_word,
		.field = FIELD(form),
		.words = form_words,
	},
	[OPTION_HWM] = {
		.name = "hwm",
		.argument = "N",
		.commands = COMMAND_SEND | COMMAND_RECEIVE,
		.help = "high-water mark: frames that may wait for each receiver (4)",
		.take = take_count32,
		.field = FIELD(hwm),
		.max = DMARING_BUFFERS_MAX,
	},
	[OPTION_RECORD] = {
		.name = "record",
		.argument = "DIR",
		.commands = COMMAND_RECEIVE,
		.help = "make a recording of the frames in DIR: a share of the series",
		.take = take_text,
		.field = FIELD(record),
	},
	[OPTION_HELP] = {
		.name = "help",
		.letter = 'h',
		.commands = ~0U,
		.help = "print this",
	},
};

/* Of "export", and of the options that it shares with "capture". */
static const char *output_conflict(const struct options *options,
				   const struct options_given *given)
{
	bool none = options->format == FRAME_FILE_NONE;
	bool whole = options->format >= FRAME_FILE_HDF5;
	bool capture = given->of[OPTION_FORMAT];

	if (capture && none && options->output)
		return "-o and --format none exclude each other";
	if ((capture || given->of[OPTION_EXPORT_FORMAT]) && !none &&
	    !options->output)
		return "--format needs -o, where the frames go";
	if (options->link && !whole)
		return "--link is for --format hdf5 and sigmf: no other can point at frames";
	if (options->index && whole)
		return "--index is not for --format hdf5 and sigmf: they tell of frames themselves";
	if (!options->output || strcmp(options->output, "-"))
		return NULL;
	if (frame_file_is_image(options->format))
		return "--format png, pgm and tiff are for -o DIR: images cannot stand in a row";
	if (whole)
		return "--format hdf5 and sigmf are for -o NAME: they are no row of frames";
	return NULL;
}

const char *option_conflict(const struct options *options,
			    const struct options_given *given)
{
	const char *output = output_conflict(options, given);
	const struct dmaring_options *stream = &options->stream;
	bool latest = options->read_only ||
		      stream->policy == DMARING_POLICY_LATEST;
	uint32_t depth = stream->depth ? stream->depth : 1;

	if (output)
		return output;
	if (options->read_only && stream->policy == DMARING_POLICY_LOSSLESS)
		return "--read-only and --policy lossless exclude each other";
	if (!latest && (stream->depth || stream->max_held))
		return "--depth and --max-held are for --policy latest";
	if (latest && stream->watermark > depth)
		return "--watermark cannot be more than --depth, so many never wait";
	return NULL;
}

const char *option_spell(char text[OPTION_SPELLING], const struct option_row *row)
{
	if (row->letter)
		snprintf(text, OPTION_SPELLING, "-%c", row->letter);
	else
		snprintf(text, OPTION_SPELLING, "--%s", row->name);
	return text;
}

static int take_yes(const struct option_row *row, const char *text, void *to)
{
	(void)row;
	(void)text;
	*(bool *)to = true;
	return 0;
}

static int take_text(const struct option_row *row, const char *text, void *to)
{
	(void)row;
	*(const char **)to = text;
	return 0;
}

static int take_count(const struct option_row *row, const char *text, void *to)
{
	char option[OPTION_SPELLING];

	return option_number(option_spell(option, row), text, 1, row->max, to);
}

static int take_number(const struct option_row *row, const char *text, void *to)
{
	char option[OPTION_SPELLING];

	return option_number(option_spell(option, row), text, 0, row->max, to);
}

static int take_count32(const struct option_row *row, const char *text, void *to)
{
	uint64_t number;
	int err = take_count(row, text, &number);

	if (!err)
		*(uint32_t *)to = number;
	return err;
}

static int take_ms(const struct option_row *row, const char *text, void *to)
{
	uint32_t *us = to;
	int err = take_count32(row, text, us);

	if (!err)
		*us *= US_PER_MS;
	return err;
}

static int take_size(const struct option_row *row, const char *text, void *to)
{
	char option[OPTION_SPELLING];

	return option_size(option_spell(option, row), text, to);
}

/* One second where the argument may be left out. */
static int take_seconds(const struct option_row *row, const char *text, void *to)
{
	char option[OPTION_SPELLING];

	if (text)
		return option_seconds(option_spell(option, row), text, to);
	*(uint64_t *)to = NS_PER_SECOND;
	return 0;
}

/* As many decimals as seconds have. */
static int take_factor(const struct option_row *row, const char *text, void *to)
{
	char option[OPTION_SPELLING];
	uint64_t billionths;

	if (seconds_parse(text, &billionths)) {
		warnx("%s '%s': this is no factor, such as 2 or 0.5",
		      option_spell(option, row), text);
		return -1;
	}
	*(double *)to = billionths / 1e9;
	return 0;
}

static int take_word(const struct option_row *row, const char *text, void *to)
{
	char option[OPTION_SPELLING], all[64] = "";
	const struct option_word *word;

	for (word = row->words; word->name; word++) {
		if (!strcmp(word->name, text)) {
			*(uint32_t *)to = word->value;
			return 0;
		}
		strcat(strcat(all, " "), word->name);
	}
	warnx("%s '%s': must be one of:%s", option_spell(option, row), text, all);
	return -1;
}

