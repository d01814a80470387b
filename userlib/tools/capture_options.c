// SPDX-License-Identifier: MIT
#include "capture_options.h"
#include "command.h"
#include "lib/number.h"

#include <err.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

static const char usage[] =
"usage: dmaring capture [OPTION...] [DEVICE]\n"
"\n"
"Takes frames from DEVICE (/dev/dmaring0) until it is interrupted.\n"
"\n"
"  -n, --frames N           end after N frames\n"
"  -t, --time SECONDS       end after SECONDS\n"
"      --timeout SECONDS    give up when no frame comes for so long\n"
"  -o, --output DIR         write each frame to DIR/frame-SEQUENCE.raw\n"
"      --format FORMAT      raw; png (grey images); none: write nothing\n"
"      --overwrite          DIR may have frames of another capture\n"
"      --verify             check each byte of a test pattern\n"
"      --strict             lost frames are a failure\n"
"      --read-only          open the stream read-only; needs no write permission\n"
"      --policy POLICY      lossless: no frame is skipped for this program;\n"
"                           latest: old ones are dropped when it is slow\n"
"      --depth N            latest: most frames that wait (1)\n"
"      --max-held N         latest: most frames in the program's hands (1)\n"
"      --watermark N        be woken when N frames wait (1)\n"
"      --watermark-time MS  or when the oldest has waited for so long\n"
"      --json               print the summary as one JSON object\n"
"  -q, --quiet              no progress line and no summary but --json\n"
"  -h, --help               print this\n"
"\n"
"Exit status: 0 all well, 1 error, 2 bad command line, 3 frames corrupt\n"
"(--verify) or lost (--strict), 130 interrupted before the end (143: SIGTERM).\n";

enum {
	OPTION_TIMEOUT = 256,
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
	OPTION_JSON,
};

static const struct option long_options[] = {
	{ "frames", required_argument, NULL, 'n' },
	{ "time", required_argument, NULL, 't' },
	{ "timeout", required_argument, NULL, OPTION_TIMEOUT },
	{ "output", required_argument, NULL, 'o' },
	{ "format", required_argument, NULL, OPTION_FORMAT },
	{ "overwrite", no_argument, NULL, OPTION_OVERWRITE },
	{ "verify", no_argument, NULL, OPTION_VERIFY },
	{ "strict", no_argument, NULL, OPTION_STRICT },
	{ "read-only", no_argument, NULL, OPTION_READ_ONLY },
	{ "policy", required_argument, NULL, OPTION_POLICY },
	{ "depth", required_argument, NULL, OPTION_DEPTH },
	{ "max-held", required_argument, NULL, OPTION_MAX_HELD },
	{ "watermark", required_argument, NULL, OPTION_WATERMARK },
	{ "watermark-time", required_argument, NULL, OPTION_WATERMARK_TIME },
	{ "json", no_argument, NULL, OPTION_JSON },
	{ "quiet", no_argument, NULL, 'q' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

#define FILE_UNSAID -1

/* What the kernel accepts: a minute. */
#define WATERMARK_MS_MAX 60000
#define US_PER_MS 1000

struct word {
	const char *name;
	int value;
};

static const struct word file_words[] = {
	{ "raw", FRAME_FILE_RAW },
	{ "png", FRAME_FILE_PNG },
	{ "none", FRAME_FILE_NONE },
	{ 0 },
};

static const struct word policy_words[] = {
	{ "lossless", DMARING_POLICY_LOSSLESS },
	{ "latest", DMARING_POLICY_LATEST },
	{ 0 },
};

static int option_word(const char *option, const char *text,
		       const struct word *words, int *value)
{
	char all[64] = "";
	const struct word *word;

	for (word = words; word->name; word++) {
		if (!strcmp(word->name, text)) {
			*value = word->value;
			return 0;
		}
		strcat(strcat(all, " "), word->name);
	}
	warnx("%s '%s': must be one of:%s", option, text, all);
	return -1;
}

static int option_number32(const char *option, const char *text, uint32_t max,
			   uint32_t *value)
{
	uint64_t number;
	int err = option_number(option, text, 1, max, &number);

	if (!err)
		*value = number;
	return err;
}

static int option_frames(const char *option, const char *text, uint32_t *value)
{
	return option_number32(option, text, DMARING_BUFFERS_MAX, value);
}

static int option_ms(const char *option, const char *text, uint32_t *us)
{
	int err = option_number32(option, text, WATERMARK_MS_MAX, us);

	if (!err)
		*us *= US_PER_MS;
	return err;
}

static int take_stream_option(struct dmaring_options *stream, int option,
			      const char *text)
{
	int policy, err;

	switch (option) {
	case OPTION_READ_ONLY:
		stream->flags |= DMARING_OPEN_READ_ONLY;
		return 0;
	case OPTION_POLICY:
		err = option_word("--policy", text, policy_words, &policy);
		if (!err)
			stream->policy = policy;
		return err;
	case OPTION_DEPTH:
		return option_frames("--depth", text, &stream->depth);
	case OPTION_MAX_HELD:
		return option_frames("--max-held", text, &stream->max_held);
	case OPTION_WATERMARK:
		return option_frames("--watermark", text, &stream->watermark);
	case OPTION_WATERMARK_TIME:
		return option_ms("--watermark-time", text,
				 &stream->watermark_us);
	default:
		return -1;	/* getopt has said why */
	}
}

static int take_option(struct capture_options *options, int *file, int option,
		       const char *text)
{
	switch (option) {
	case 'n':
		return option_number("-n", text, 1, UINT64_MAX,
				     &options->frames);
	case 't':
		return option_seconds("-t", text, &options->duration_ns);
	case OPTION_TIMEOUT:
		return option_seconds("--timeout", text, &options->silence_ns);
	case 'o':
		options->directory = text;
		return 0;
	case OPTION_FORMAT:
		return option_word("--format", text, file_words, file);
	case OPTION_OVERWRITE:
		options->overwrite = true;
		return 0;
	case OPTION_VERIFY:
		options->verify = true;
		return 0;
	case OPTION_STRICT:
		options->strict = true;
		return 0;
	case OPTION_JSON:
		options->json = true;
		return 0;
	case 'q':
		options->quiet = true;
		return 0;
	default:
		return take_stream_option(&options->stream, option, text);
	}
}

static const char *stream_conflict(const struct dmaring_options *stream)
{
	bool read_only = stream->flags & DMARING_OPEN_READ_ONLY;
	bool latest = read_only || stream->policy == DMARING_POLICY_LATEST;
	uint32_t depth = stream->depth ? stream->depth : 1;

	if (read_only && stream->policy == DMARING_POLICY_LOSSLESS)
		return "--read-only and --policy lossless exclude each other";
	if (!latest && (stream->depth || stream->max_held))
		return "--depth and --max-held are for --policy latest";
	if (latest && stream->watermark > depth)
		return "--watermark cannot be more than --depth, so many never wait";
	if (stream->watermark_us && !stream->watermark)
		return "--watermark-time is for --watermark";
	return NULL;
}

/* NULL, or why the options cannot be meant together */
static const char *conflict(const struct capture_options *options, int file)
{
	if (options->frames && options->duration_ns)
		return "-n and -t exclude each other";
	if (file > FRAME_FILE_NONE && !options->directory)
		return "--format needs -o DIR, where the files go";
	if (file == FRAME_FILE_NONE && options->directory)
		return "-o DIR and --format none exclude each other";
	if (options->overwrite && !options->directory)
		return "--overwrite is for -o DIR";
	return stream_conflict(&options->stream);
}

static bool finish(struct capture_options *options, int file, int argc,
		   char **argv)
{
	const char *fault = conflict(options, file);

	if (argc > 1)
		fault = "only one DEVICE can be captured at a time";
	if (fault) {
		warnx("%s", fault);
		return false;
	}
	if (argc == 1)
		options->device = argv[0];
	if (file == FILE_UNSAID)
		file = options->directory ? FRAME_FILE_RAW : FRAME_FILE_NONE;
	options->file = file;
	return true;
}

bool capture_options_parse(struct capture_options *options, int argc,
			   char **argv, int *code)
{
	int option, file = FILE_UNSAID;

	*options = (struct capture_options){
		.device = "/dev/dmaring0",
		.stream.size = sizeof(options->stream),
	};
	*code = EXIT_USAGE;
	while ((option = getopt_long(argc, argv, "n:t:o:qh", long_options,
				     NULL)) != -1) {
		if (option == 'h') {
			fputs(usage, stdout);
			*code = EXIT_OK;
			return false;
		}
		if (take_option(options, &file, option, optarg))
			return false;
	}
	return finish(options, file, argc - optind, argv + optind);
}
