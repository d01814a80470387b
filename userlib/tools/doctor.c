// SPDX-License-Identifier: MIT
#include "commands.h"
#include "doctor/report.h"
#include "doctor/sources.h"
#include "lib/devices.h"
#include "lib/interrupt.h"

#include <err.h>
#include <stdlib.h>

#define TIME_NS 5000000000ULL	/* unless somebody says for how long */

/* For scripts: other than those of other commands. */
enum verdict {
	VERDICT_HEALTHY	= 0,
	VERDICT_CAUSES	= 1,
	VERDICT_BLIND	= 2,	/* nothing could be looked at */
};

static int look_at_stream(const struct options *options, const char *name,
			  struct evidence *evidence)
{
	char path[PATH_MAX];
	int err;

	if (devices_resolve(name, path))
		return -1;
	err = source_live(path, options->duration_ns ? options->duration_ns : TIME_NS,
			  evidence);
	if (!err && !evidence->running) {
		warnx("%s: the card did not run in this time; capture as when frames were lost, and ask again meanwhile",
		      path);
		return -1;
	}
	return err;
}

static int look(const struct options *options, struct evidence *evidence)
{
	const char *name = options->operand_count ? options->operands[0] : NULL;

	if (options->trace)
		return source_trace(options->trace, name, evidence);
	if (name && source_is_recording(name))
		return source_recording(name, evidence);
	return look_at_stream(options, name, evidence);
}

int command_doctor(const struct options *options)
{
	struct evidence *evidence = calloc(1, sizeof(*evidence));
	struct diagnosis *diagnosis = calloc(1, sizeof(*diagnosis));
	int verdict = VERDICT_BLIND;

	interrupt_catch();
	if (!evidence || !diagnosis) {
		warnx("there is no memory");
	} else if (!look(options, evidence)) {
		diagnose(evidence, diagnosis);
		if (options->json)
			report_json(evidence, diagnosis);
		else
			report_text(evidence, diagnosis);
		if (diagnosis->count || diagnosis->lost)
			verdict = VERDICT_CAUSES;
		else if (is_healthy(evidence, diagnosis))
			verdict = VERDICT_HEALTHY;
	}
	free(evidence);
	free(diagnosis);
	return verdict;
}
