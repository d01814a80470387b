// SPDX-License-Identifier: MIT
#include "progress.h"
#include "clock.h"
#include "terminal.h"
#include "units.h"

#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#define PERIOD_NS (NS_PER_SECOND / 5)
#define ERASE_LINE "\r\033[K"

void progress_begin(struct progress *progress, const struct options *options)
{
	*progress = (struct progress){
		.wanted = !options->quiet && isatty(STDERR_FILENO),
		.goal_frames = options->frames,
		.goal_ns = options->duration_ns,
		.silence_ns = options->silence_ns,
	};
}

static double seconds(uint64_t ns)
{
	return (double)ns / NS_PER_SECOND;
}

static void add_done(struct line *line, const struct progress *progress,
		     const struct result *result, uint64_t elapsed_ns)
{
	line_add(line, "%" PRIu64, result->frames);
	if (progress->goal_frames)
		line_add(line, " of %" PRIu64, progress->goal_frames);
	line_add(line, " frames in %.1f", seconds(elapsed_ns));
	if (progress->goal_ns)
		line_add(line, " of %.1f", seconds(progress->goal_ns));
	line_add(line, " s");
}

/* Return: 0 if nobody can know. */
static uint64_t left_ns(const struct progress *progress,
			const struct result *result, uint64_t elapsed_ns)
{
	double rate = result_rate(result);

	if (progress->goal_ns > elapsed_ns)
		return progress->goal_ns - elapsed_ns;
	if (progress->goal_frames > result->frames && rate > 0)
		return (progress->goal_frames - result->frames) / rate *
		       NS_PER_SECOND;
	return 0;
}

static void add_rates(struct line *line, const struct progress *progress,
		      const struct result *result, uint64_t elapsed_ns)
{
	uint64_t ns = left_ns(progress, result, elapsed_ns);
	char text[UNITS_TEXT];

	if (result_rate(result) > 0)
		line_add(line, ", %.1f frames/s", result_rate(result));
	if (ns)
		line_add(line, ", %s left", units_duration(text, ns));
}

static void add_faults(struct line *line, const struct result *result)
{
	line_add(line, ", %" PRIu64 " lost", result_lost(result));
	if (result->verified)
		line_add(line, ", %" PRIu64 " corrupt", result->corrupt);
	if (result->damaged)
		line_add(line, ", %" PRIu64 " damaged", result->damaged);
	if (result->truncated)
		line_add(line, ", %" PRIu64 " truncated", result->truncated);
}

static void compose(struct line *line, const struct progress *progress,
		    const struct result *result, uint64_t now_ns)
{
	uint64_t elapsed_ns = now_ns - result->start_ns;
	char silence[RESULT_SILENCE];

	/* First, so that it is seen however narrow the terminal is. */
	if (*result_silence(silence, result))
		line_add(line, "%s; ", silence);
	add_done(line, progress, result, elapsed_ns);
	add_rates(line, progress, result, elapsed_ns);
	add_faults(line, result);
}

bool progress_is_due(struct progress *progress)
{
	uint64_t now_ns;

	if (!progress->wanted)
		return false;
	now_ns = clock_ns();
	if (now_ns < progress->next_ns)
		return false;
	progress->next_ns = now_ns + PERIOD_NS;
	return true;
}

void progress_write(const struct line *line)
{
	/* A line that is full would begin another one. */
	fprintf(stderr, ERASE_LINE "%.*s",
		(int)terminal_size(STDERR_FILENO).columns - 1, line->text);
}

void progress_show(struct progress *progress, const struct result *result)
{
	struct line line = { 0 };

	if (!progress_is_due(progress))
		return;
	compose(&line, progress, result, clock_ns());
	progress_write(&line);
}

void progress_clear(const struct progress *progress)
{
	if (progress->wanted)
		fputs(ERASE_LINE, stderr);
}

int progress_check_silence(const struct progress *progress, const char *device,
			   uint64_t heard_ns)
{
	char text[UNITS_TEXT];

	if (!progress->silence_ns || clock_ns() - heard_ns < progress->silence_ns)
		return 0;
	progress_clear(progress);
	warnx("%s: no frame came for %s; 'dmaring stats' shows whether the card produces any",
	      device, units_ns(text, progress->silence_ns));
	return -ETIMEDOUT;
}
