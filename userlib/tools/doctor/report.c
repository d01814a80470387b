// SPDX-License-Identifier: MIT
#include "report.h"
#include "../lib/json.h"
#include "../lib/number.h"
#include "../lib/units.h"

#include <inttypes.h>
#include <stdio.h>

static void print_head(const struct evidence *facts)
{
	static const char *const verbs[] = {
		[FROM_LIVE] = "was watched for", [FROM_INDEX] = "has frames of",
		[FROM_TRACE] = "was traced for",
	};
	char time[UNITS_TEXT], gap[UNITS_TEXT];

	printf("%s %s %s: %" PRIu64 " frames came, %" PRIu64 " were lost",
	       facts->subject, verbs[facts->from],
	       units_ns(time, facts->end_ns - facts->begin_ns), facts->completed,
	       facts->overruns);
	if (facts->bursts)
		printf(", in %" PRIu64 " gap%s of up to %" PRIu64 " frames (%s)",
		       facts->bursts, facts->bursts == 1 ? "" : "s", facts->longest_burst,
		       units_ns(gap, facts->longest_burst * evidence_period_ns(facts)));
	putchar('\n');
	if (facts->bursts && facts->from != FROM_LIVE)
		printf("the first was lost after %.3f s, the last after %.3f s\n",
		       (facts->first_loss_ns - facts->begin_ns) / (double)NS_PER_SECOND,
		       (facts->last_loss_ns - facts->begin_ns) / (double)NS_PER_SECOND);
}

static void print_finding(unsigned int number, const struct finding *finding,
			  uint64_t lost)
{
	printf("\nCAUSE %u: %s (%s", number, finding->title, finding->cause);
	if (finding->lost)
		printf(", %" PRIu64 " of %" PRIu64 " lost frames", finding->lost, lost);
	printf(")\n  evidence: %s\n  change:   %s\n", finding->evidence, finding->change);
}

static void print_health(const struct evidence *facts, bool healthy)
{
	printf(healthy ? "healthy: no frame was lost" :
			 "what there is of the trace tells of no loss");
	if (facts->has_buffers)
		printf("; at the worst moment the card had %u of %u buffers",
		       facts->least_armed, facts->buffers);
	putchar('\n');
}

static void print_notes(const struct evidence *facts)
{
	if (facts->untraced)
		printf("\nnote: only counters were looked at; %s\n", facts->untraced);
	if (facts->trace_lost)
		printf("\nnote: the kernel had no room for %" PRIu64 " events of the trace%s\n",
		       facts->trace_lost, facts->from == FROM_LIVE ?
			       "; counters were believed instead" :
			       ": it does not tell of all frames that were lost");
}

void report_text(const struct evidence *facts, const struct diagnosis *diagnosis)
{
	unsigned int i;

	print_head(facts);
	for (i = 0; i < diagnosis->count; i++)
		print_finding(i + 1, &diagnosis->of[i], diagnosis->lost);
	if (diagnosis->lost > diagnosis->explained)
		printf("\n%" PRIu64 " of %" PRIu64 " lost frames are not explained\n",
		       diagnosis->lost - diagnosis->explained, diagnosis->lost);
	if (!diagnosis->count && !diagnosis->lost)
		print_health(facts, is_healthy(facts, diagnosis));
	print_notes(facts);
}

static void write_finding(struct json *json, const struct finding *finding,
			  const struct evidence *facts)
{
	json_open(json, NULL, '{');
	json_string(json, "cause", finding->cause);
	json_string(json, "title", finding->title);
	json_number(json, "lost", finding->lost);
	if (finding->consumer >= 0) {
		json_number(json, "consumer", finding->consumer);
		json_integer(json, "pid", facts->of[finding->consumer].pid);
	}
	json_string(json, "evidence", finding->evidence);
	json_string(json, "change", finding->change);
	json_close(json, '}');
}

void report_json(const struct evidence *facts, const struct diagnosis *diagnosis)
{
	struct json json = { .out = stdout };
	unsigned int i;

	json_open(&json, NULL, '{');
	json_string(&json, "subject", facts->subject);
	json_real(&json, "seconds", (facts->end_ns - facts->begin_ns) / (double)NS_PER_SECOND);
	json_bool(&json, "healthy", is_healthy(facts, diagnosis));
	json_number(&json, "completed", facts->completed);
	json_number(&json, "lost", diagnosis->lost);
	json_number(&json, "unexplained", diagnosis->lost > diagnosis->explained ?
						  diagnosis->lost - diagnosis->explained : 0);
	json_number(&json, "gaps", facts->bursts);
	json_number(&json, "longest_gap", facts->longest_burst);
	if (facts->has_buffers) {
		json_number(&json, "buffers", facts->buffers);
		json_number(&json, "least_armed", facts->least_armed);
	}
	json_bool(&json, "traced", facts->from == FROM_TRACE ||
		  (facts->from == FROM_LIVE && !facts->untraced));
	json_open(&json, "causes", '[');
	for (i = 0; i < diagnosis->count; i++)
		write_finding(&json, &diagnosis->of[i], facts);
	json_close(&json, ']');
	json_close(&json, '}');
	putchar('\n');
}
