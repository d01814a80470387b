// SPDX-License-Identifier: MIT
#include "commands.h"
#include "lib/busfault.h"
#include "lib/json.h"
#include "lib/shares.h"
#include "lib/units.h"

#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <libdmaring-record.h>
#include <stdio.h>

static void print_json(const char *path, const struct dmaring_verdict *is)
{
	struct json json = { .out = stdout };

	json_open(&json, NULL, '{');
	json_string(&json, "recording", path);
	json_number(&json, "files", is->files);
	json_number(&json, "frames", is->frames);
	json_number(&json, "checked", is->checked);
	json_number(&json, "corrupt", is->corrupt);
	json_number(&json, "absent", is->absent);
	json_number(&json, "damaged", is->damaged);
	json_number(&json, "torn", is->torn);
	json_number(&json, "spare", is->spare);
	json_number(&json, "unended", is->unended);
	json_number(&json, "overruns", is->overruns);
	json_number(&json, "drops", is->drops);
	json_number(&json, "triggers", is->triggers);
	json_number(&json, "skipped", is->skipped);
	json_number(&json, "mended", is->mended);
	json_close(&json, '}');
	putchar('\n');
}

static void print_text(const char *path, const struct dmaring_verdict *is)
{
	char text[UNITS_TEXT];

	printf("%s: %" PRIu64 " frames in %u files, %" PRIu64 " lost by the card, %" PRIu64
	       " dropped\n",
	       path, is->frames, is->files, is->overruns, is->drops);
	if (is->triggers)
		printf("  triggers     %" PRIu64 ", and %" PRIu64 " frames between them that nobody wanted\n",
		       is->triggers, is->skipped);
	if (is->checked)
		printf("  checksums    %" PRIu64 " frames have one, %" PRIu64 " are corrupt\n",
		       is->checked, is->corrupt);
	if (is->absent)
		printf("  absent       %" PRIu64 " frames of the index are not in their file, which is too short\n",
		       is->absent);
	if (is->damaged)
		printf("  damaged      %" PRIu64 " indices have a record that is not whole, and whole ones behind it\n",
		       is->damaged);
	if (is->torn)
		printf("  torn         %s at the end of an index are no record\n",
		       units_bytes(text, is->torn));
	if (is->spare)
		printf("  spare        %s behind the last frame: room for more, or frames that were not safe yet\n",
		       units_bytes(text, is->spare));
	if (is->unended)
		printf("  not ended    %" PRIu64 " files do not say how many frames they have\n",
		       is->unended);
	if (is->mended)
		printf("  mended       %" PRIu64 " files\n", is->mended);
}

static bool can_be_mended(const struct dmaring_verdict *is)
{
	return is->torn || is->spare || is->unended;
}

struct look {
	const char *path;
	int mend;
	struct dmaring_verdict *verdict;
};

static int look(void *argument)
{
	const struct look *what = argument;

	return dmaring_recording_verify(what->path, what->mend, what->verdict);
}

static int verify_one(const char *path, const struct options *options)
{
	struct dmaring_verdict is = { .size = sizeof(is) };
	int err = busfault_guard(look, &(struct look){ path, options->mend, &is });

	if (busfault_explain(path, err) && err != -EFAULT)
		warnx("%s", dmaring_record_error());
	if (err)
		return EXIT_ERROR;
	if (options->json)
		print_json(path, &is);
	else
		print_text(path, &is);
	if (can_be_mended(&is) && !options->mend)
		warnx("%s: it was not ended; 'dmaring verify --mend' makes a whole recording of it",
		      path);
	if (is.corrupt || is.absent || is.damaged || (can_be_mended(&is) && !options->mend))
		return EXIT_FRAMES;
	return EXIT_OK;
}

/* ------------------------------------------------------------------------- shares */

static void print_series_json(const struct shares *shares)
{
	struct json json = { .out = stdout };

	json_open(&json, NULL, '{');
	json_string(&json, "series", shares->series);
	json_number(&json, "shares", shares->count);
	json_number(&json, "frames", shares->frames);
	json_number(&json, "lost", shares->lost);
	json_number(&json, "missing", shares->missing);
	json_number(&json, "duplicates", shares->duplicates);
	json_bool(&json, "has_first", shares->has_first);
	json_bool(&json, "has_end", shares->has_end);
	json_close(&json, '}');
	putchar('\n');
}

static void print_series(const struct shares *shares)
{
	printf("series %s: %" PRIu64 " frames in %u shares, %" PRIu64
	       " lost before they were sent, %" PRIu64 " in no share, %" PRIu64
	       " more than once\n",
	       shares->series, shares->frames, shares->count, shares->lost, shares->missing,
	       shares->duplicates);
	if (!shares->has_first)
		printf("  begin        not known: what is missing before the first frame is not counted\n");
	if (!shares->has_end)
		printf("  end          not known: what is missing behind the last frame is not counted\n");
}

/* One share alone need not be whole. */
static int verify_series(const struct options *options)
{
	struct shares shares;
	int err = shares_check(options->operands, options->operand_count, &shares);

	if (err)
		return err == -ENOENT && options->operand_count == 1 ? EXIT_OK : EXIT_ERROR;
	if (options->json)
		print_series_json(&shares);
	else
		print_series(&shares);
	if (options->operand_count == 1)
		return EXIT_OK;
	return shares.missing || !shares.has_first || !shares.has_end ? EXIT_FRAMES : EXIT_OK;
}

int command_verify(const struct options *options)
{
	int code = EXIT_OK, one;

	if (!options->operand_count) {
		warnx("which recording? 'dmaring verify DIR' looks at it");
		return EXIT_USAGE;
	}
	for (int i = 0; i < options->operand_count && code != EXIT_ERROR; i++) {
		one = verify_one(options->operands[i], options);
		code = one == EXIT_OK ? code : one;
	}
	if (code != EXIT_ERROR) {
		one = verify_series(options);
		code = one == EXIT_OK ? code : one;
	}
	return code;
}
