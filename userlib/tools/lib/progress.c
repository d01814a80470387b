// SPDX-License-Identifier: MIT
#include "progress.h"
#include "clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#define PERIOD_NS (NS_PER_SECOND / 5)
#define ERASE_LINE "\r\033[K"

void progress_begin(struct progress *progress, bool wanted)
{
	progress->wanted = wanted && isatty(STDERR_FILENO);
	progress->next_ns = 0;
}

void progress_show(struct progress *progress, const struct result *result)
{
	uint64_t now_ns;
	double seconds;

	if (!progress->wanted)
		return;
	now_ns = clock_ns();
	if (now_ns < progress->next_ns)
		return;
	progress->next_ns = now_ns + PERIOD_NS;
	seconds = (double)(now_ns - result->start_ns) / NS_PER_SECOND;
	fprintf(stderr, ERASE_LINE "%" PRIu64 " frames in %.1f s, %.1f frames/s, %"
		PRIu64 " lost", result->frames, seconds,
		seconds > 0 ? result->frames / seconds : 0,
		result_lost(result));
	if (result->verified)
		fprintf(stderr, ", %" PRIu64 " corrupt", result->corrupt);
}

void progress_clear(const struct progress *progress)
{
	if (progress->wanted)
		fputs(ERASE_LINE, stderr);
}
