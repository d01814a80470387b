// SPDX-License-Identifier: MIT
/* What the groups see, and the lines that come of it. */
#include "check.h"
#include "../lib/busfault.h"
#include "../lib/interrupt.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum outcome { OUTCOME_OK, OUTCOME_FAIL, OUTCOME_SKIP, OUTCOME_WARN };

/* ------------------------------------------------------------ what groups say */

bool check_that(struct check *check, unsigned int point, bool good,
		const char *format, ...)
{
	struct check_verdict *verdict = &check->verdicts[point];
	va_list values;

	verdict->looked++;
	if (good || verdict->faults++)
		return good;
	va_start(values, format);
	vsnprintf(verdict->text, sizeof(verdict->text), format, values);
	va_end(values);
	return false;
}

bool check_call(struct check *check, unsigned int point, int err)
{
	return check_that(check, point, !err, "%s", dmaring_error());
}

void check_warn(struct check *check, unsigned int point, const char *format, ...)
{
	struct check_verdict *verdict = &check->verdicts[point];
	va_list values;

	verdict->looked++;
	if (verdict->faults || verdict->warning)
		return;
	verdict->warning = true;
	va_start(values, format);
	vsnprintf(verdict->text, sizeof(verdict->text), format, values);
	va_end(values);
}

void check_skip(struct check *check, unsigned int point, const char *format, ...)
{
	struct check_verdict *verdict = &check->verdicts[point];
	va_list values;

	if (verdict->looked)
		return;
	va_start(values, format);
	vsnprintf(verdict->text, sizeof(verdict->text), format, values);
	va_end(values);
}

void check_give_up(struct check *check, const char *format, ...)
{
	va_list values;

	if (check->reason[0])
		return;
	va_start(values, format);
	vsnprintf(check->reason, sizeof(check->reason), format, values);
	va_end(values);
}

/* -------------------------------------------------------------- what is printed */

static enum outcome outcome_of(const struct check *check,
			       const struct check_verdict *verdict)
{
	if (verdict->faults)
		return OUTCOME_FAIL;
	if (verdict->warning)
		return check->options->strict ? OUTCOME_FAIL : OUTCOME_WARN;
	return verdict->looked ? OUTCOME_OK : OUTCOME_SKIP;
}

static void count(struct check_tally *tally, enum outcome outcome)
{
	tally->ok += outcome == OUTCOME_OK;
	tally->failed += outcome == OUTCOME_FAIL;
	tally->skipped += outcome == OUTCOME_SKIP;
	tally->warnings += outcome == OUTCOME_WARN;
}

static unsigned int number(const struct check_tally *tally)
{
	return tally->ok + tally->failed + tally->skipped + tally->warnings;
}

/* "byte 5 is wrong (3 times of 9); look at arm()" */
static void print_fault(const struct check_verdict *verdict,
			const struct check_point *point)
{
	fputs(verdict->text, stdout);
	if (verdict->faults > 1)
		printf(" (%" PRIu64 " times of %" PRIu64 ")", verdict->faults,
		       verdict->looked);
	printf("; look at %s\n", point->look);
}

static void print_line(const struct check *check, enum outcome outcome,
		       const struct check_verdict *verdict,
		       const struct check_point *point)
{
	static const char *const words[] = { "ok  ", "FAIL", "skip", "warn" };

	printf("%s  %s: %s", words[outcome], check->group->name, point->what);
	if (outcome == OUTCOME_SKIP)
		printf(" (%s)", verdict->text);
	if (outcome == OUTCOME_OK || outcome == OUTCOME_SKIP) {
		puts("");
		return;
	}
	printf(": ");
	print_fault(verdict, point);
}

/* testanything.org: what is behind # after a line tells of that. */
static void print_tap(const struct check *check, enum outcome outcome,
		      const struct check_verdict *verdict,
		      const struct check_point *point)
{
	printf("%sok %u - %s: %s", outcome == OUTCOME_FAIL ? "not " : "",
	       number(&check->tally), check->group->name, point->what);
	if (outcome == OUTCOME_SKIP)
		printf(" # SKIP %s", verdict->text);
	puts("");
	if (outcome == OUTCOME_OK || outcome == OUTCOME_SKIP)
		return;
	printf(outcome == OUTCOME_WARN ? "# warning: " : "# ");
	print_fault(verdict, point);
}

static const char *why_not(const struct check *check)
{
	if (check->reason[0])
		return check->reason;
	return check->verdicts[0].faults ? "because of what failed above" :
					   "there was no chance";
}

static void report(struct check *check, unsigned int point)
{
	struct check_verdict *verdict = &check->verdicts[point];
	enum outcome outcome = outcome_of(check, verdict);

	if (outcome == OUTCOME_SKIP && !verdict->text[0])
		snprintf(verdict->text, sizeof(verdict->text), "%s",
			 why_not(check));
	count(&check->tally, outcome);
	if (check->options->tap)
		print_tap(check, outcome, verdict, &check->group->points[point]);
	else
		print_line(check, outcome, verdict, &check->group->points[point]);
	fflush(stdout);
}

/* ------------------------------------------------------------------ the groups */

static int run_group(void *argument)
{
	struct check *check = argument;

	check->group->run(check);
	return 0;
}

/* Why not at all?  NULL: it can be. */
static const char *obstacle(const struct check *check)
{
	unsigned int needs = check->group->needs;
	bool playback = check->info.direction == DMARING_PLAYBACK;

	if (needs & CHECK_CAPTURE && playback)
		return "it is a playback stream";
	if (needs & CHECK_PLAYBACK && !playback)
		return "it is a capture stream";
	if (needs & CHECK_DESTRUCTIVE && !check->options->destructive)
		return "only with --destructive";
	return interrupt_signal() ? "interrupted" : NULL;
}

static void look_at_group(struct check *check, const struct check_group *group)
{
	const char *why;
	unsigned int i;

	check->group = group;
	memset(check->verdicts, 0, sizeof(check->verdicts));
	check->reason[0] = '\0';
	why = obstacle(check);
	if (why)
		check_give_up(check, "%s", why);
	else if (busfault_guard(run_group, check) == -EFAULT)
		check_that(check, 0, false, "the card went away meanwhile");
	if (interrupt_signal())
		check_give_up(check, "interrupted");
	for (i = 0; i < group->count; i++)
		report(check, i);
}

static bool chosen(const struct check *check, const struct check_group *group)
{
	const char *only = check->options->only;

	return !only || !strcmp(only, group->name);
}

/* Known before the first one, so that a program that dies is noticed. */
static void print_plan(const struct check *check,
		       const struct check_group *const *groups,
		       unsigned int count)
{
	unsigned int points = 0, i;

	for (i = 0; i < count; i++)
		points += chosen(check, groups[i]) ? groups[i]->count : 0;
	printf("1..%u\n", points);
}

static void print_sum(const struct check_tally *tally)
{
	printf("%u ok, %u failed, %u skipped, %u warnings\n", tally->ok,
	       tally->failed, tally->skipped, tally->warnings);
}

int check_groups(struct check *check, const struct check_group *const *groups,
		 unsigned int count)
{
	unsigned int i;

	if (check->options->tap)
		print_plan(check, groups, count);
	for (i = 0; i < count; i++)
		if (chosen(check, groups[i]))
			look_at_group(check, groups[i]);
	if (!check->options->tap)
		print_sum(&check->tally);
	if (interrupt_signal())
		return EXIT_SIGNAL + interrupt_signal();
	return check->tally.failed ? EXIT_ERROR : EXIT_OK;
}
