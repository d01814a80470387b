// SPDX-License-Identifier: MIT
#include "status.h"
#include "clock.h"
#include "units.h"

#include <inttypes.h>
#include <stdio.h>

/* Numbers that change more often cannot be read. */
#define RATE_NS NS_PER_SECOND

void status_begin(struct status *status, const char *device,
		  const struct dmaring_format *format)
{
	*status = (struct status){ .format = *format };
	result_begin(&status->result, device, format->frame_bytes, false);
	status->since_ns = status->result.start_ns;
}

static void begin_rates(struct status *status, uint64_t now_ns)
{
	status->since_ns = now_ns;
	status->since_frame = status->result.last;
	status->since_shown = status->result.frames;
}

static void update_rates(struct status *status, uint64_t now_ns)
{
	const struct result *result = &status->result;
	const struct dmaring_frame *last = &result->last;
	const struct dmaring_frame *since = &status->since_frame;
	double seconds = (double)(last->timestamp_ns - since->timestamp_ns) /
			 NS_PER_SECOND;

	if (last->timestamp_ns > since->timestamp_ns) {
		status->produced_rate =
			(last->sequence - since->sequence) / seconds;
		status->shown_rate =
			(result->frames - status->since_shown) / seconds;
	}
	begin_rates(status, now_ns);
}

void status_add(struct status *status, const struct dmaring_frame *frame)
{
	uint64_t now_ns;

	result_add(&status->result, frame);
	now_ns = status->result.heard_ns;
	status->age_ns = now_ns > frame->timestamp_ns ?
			 now_ns - frame->timestamp_ns : 0;
	if (status->result.frames == 1)
		begin_rates(status, now_ns);
	else if (now_ns - status->since_ns >= RATE_NS)
		update_rates(status, now_ns);
}

/* Unknown in the first second. */
static int put_rates(char *text, size_t bytes, const struct status *status)
{
	if (status->shown_rate <= 0)
		return 0;
	return snprintf(text, bytes, "%.1f frames/s, %.1f shown  ",
			status->produced_rate, status->shown_rate);
}

static void put_waiting(char text[STATUS_TEXT], const struct status *status)
{
	char silence[RESULT_SILENCE], format[UNITS_TEXT];

	result_silence(silence, &status->result);
	snprintf(text, STATUS_TEXT, "waiting for the first frame%s%s  %s  %s",
		 *silence ? ", " : "", silence,
		 units_format(format, &status->format), status->result.device);
}

static void put_all(char text[STATUS_TEXT], const struct status *status)
{
	const struct result *result = &status->result;
	const struct dmaring_format *format = &status->format;
	char silence[RESULT_SILENCE], age[UNITS_TEXT];
	int used;

	result_silence(silence, result);
	used = snprintf(text, STATUS_TEXT, "%s%s", silence,
			*silence ? "  " : "");
	used += put_rates(text + used, STATUS_TEXT - used, status);
	snprintf(text + used, STATUS_TEXT - used,
		 "lost %" PRIu64 " (%" PRIu64 " overruns, %" PRIu64
		 " drops)  latency %s  frame %" PRIu64 "  %ux%u  %s",
		 result_lost(result), (uint64_t)result->loss.overruns,
		 (uint64_t)result->loss.drops, units_ns(age, status->age_ns),
		 (uint64_t)result->last.sequence, format->width,
		 format->height, result->device);
}

const char *status_text(char text[STATUS_TEXT], const struct status *status,
			unsigned int columns)
{
	if (status->result.frames)
		put_all(text, status);
	else
		put_waiting(text, status);
	if (columns < STATUS_TEXT)
		text[columns] = '\0';
	return text;
}
