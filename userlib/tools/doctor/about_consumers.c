// SPDX-License-Identifier: MIT
/* What a consumer did that the card had no buffer. */
#include "look.h"
#include "../lib/number.h"

#include <stdio.h>
#include <string.h>

#define PERCENT 100
#define BUSY_PERCENT 80		/* of a disk that can hardly do more */
#define NAME_TEXT 80

static const char *name_of(const struct look *look, char text[NAME_TEXT])
{
	if (look->of->pid)
		snprintf(text, NAME_TEXT, "consumer %d (pid %d, %s)", look->consumer,
			 look->of->pid, look->of->name[0] ? look->of->name : "?");
	else
		snprintf(text, NAME_TEXT, "consumer %d", look->consumer);
	return text;
}

static uint64_t sum_of(const uint64_t looks[DOINGS])
{
	return looks[DOING_RUN] + looks[DOING_SLEEP] + looks[DOING_DISK] +
	       looks[DOING_STOPPED];
}

/* In most of the looks at its pauses, or at any time if there were none. */
static bool was(const struct consumer_facts *of, enum doing doing)
{
	const uint64_t *looks = sum_of(of->looks_in_pause) ? of->looks_in_pause : of->looks;

	return looks[doing] * 2 > sum_of(looks);
}

static void tell_doing(const struct look *look)
{
	static const char *const words[DOINGS] = {
		[DOING_RUN] = "running", [DOING_SLEEP] = "asleep",
		[DOING_DISK] = "waiting for a disk", [DOING_STOPPED] = "stopped",
	};
	uint64_t all = sum_of(look->of->looks_in_pause);
	enum doing doing;

	for (doing = 0; doing < DOINGS && all; doing++)
		if (look->of->looks_in_pause[doing] * 10 >= all)
			EVIDENCE(look, "%s%s in %" PRIu64 " of %" PRIu64 " looks",
				 strstr(look->finding->evidence, "; then it was ") ?
					 ", " : "; then it was ",
				 words[doing], look->of->looks_in_pause[doing], all);
}

bool find_viewers(const struct look *look)
{
	const struct evidence *facts = look->facts;
	char name[NAME_TEXT];

	if (look->of->policy != DMARING_POLICY_LATEST)
		return false;
	EVIDENCE(look, "%s takes only the newest frames, but had %u of %u buffers when the card had none; viewers can reserve %u",
		 name_of(look, name), look->of->lost_waiting + look->of->lost_held,
		 facts->buffers, facts->viewer_buffers);
	CHANGE(look, "modprobe %s viewer_buffers=%u, or --depth and --max-held of the viewer, which ask for %u now",
	       look_driver(facts), look_quarter(facts),
	       look->of->reserved);
	return true;
}

bool find_watermark(const struct look *look)
{
	const struct evidence *facts = look->facts;
	const struct consumer_facts *of = look->of;
	char name[NAME_TEXT], time[UNITS_TEXT], pause[UNITS_TEXT];
	uint32_t left = facts->buffers - of->watermark;
	uint64_t fill_ns = of->watermark * evidence_period_ns(facts);

	/* Who gives frames back as fast as they come is only woken too late. */
	if (of->watermark < 2 || of->watermark > facts->buffers ||
	    of->watermark * 4ULL < facts->buffers * 3ULL ||
	    of->longest_hold_ns > fill_ns + fill_ns / 2 ||
	    of->longest_pause_ns > 3 * fill_ns || was(of, DOING_STOPPED))
		return false;
	EVIDENCE(look, "%s is woken when %u of %u buffers have frames for it; then the card has %u, for %s, and there were pauses of up to %s",
		 name_of(look, name), of->watermark, facts->buffers, left,
		 units_ns(time, left * evidence_period_ns(facts)),
		 units_ns(pause, of->longest_pause_ns));
	CHANGE(look, "--watermark %u or less, or ", look_quarter(facts));
	look_change_buffers(look, look_margin(of->watermark * 2ULL));
	return true;
}

bool find_disk(const struct look *look)
{
	const struct evidence *facts = look->facts;
	const struct consumer_facts *of = look->of;
	char name[NAME_TEXT], hold[UNITS_TEXT], written[UNITS_TEXT], made[UNITS_TEXT];
	bool busy = facts->disk[0] && facts->disk_busy_percent >= BUSY_PERCENT;
	double seconds = (facts->end_ns - facts->begin_ns) / (double)NS_PER_SECOND;

	if (was(of, DOING_STOPPED) || !(was(of, DOING_DISK) || (of->written_bytes && busy)))
		return false;
	EVIDENCE(look, "%s writes to a disk and had %u frames in its hands and %u waiting, for up to %s",
		 name_of(look, name), of->lost_held, of->lost_waiting,
		 units_ns(hold, of->longest_hold_ns));
	if (seconds > 0)
		EVIDENCE(look, "; it wrote %s/s, and the card makes %s/s",
			 look_mib(written, of->written_bytes / seconds),
			 look_mib(made, look_rate(facts) * facts->frame_bytes));
	if (facts->disk[0])
		EVIDENCE(look, "; %s was busy for %u %% of the time", facts->disk,
			 facts->disk_busy_percent);
	tell_doing(look);
	CHANGE(look, "a faster disk, a lower rate or smaller frames (dmaring format); more buffers only help where the disk is fast enough on average");
	return true;
}

/* It was itself what ran most, and yet had to wait. */
static bool is_throttled(const struct look *look)
{
	return look->of->pid && look->of->pid == look->facts->rt_hog_pid &&
	       look->facts->rt_hog_percent * 2 > PERCENT;
}

bool find_processor(const struct look *look)
{
	const struct consumer_facts *of = look->of;
	char name[NAME_TEXT], waited[UNITS_TEXT], pause[UNITS_TEXT], all[UNITS_TEXT];

	if (!of->longest_pause_ns || was(of, DOING_STOPPED) ||
	    of->queued_most_ns * 2 < of->longest_pause_ns ||
	    of->longest_pause_ns < 2 * evidence_period_ns(look->facts))
		return false;
	EVIDENCE(look, "%s wanted to run and was not let: for %s of a pause of %s, and %s in all",
		 name_of(look, name), units_ns(waited, of->queued_most_ns),
		 units_ns(pause, of->longest_pause_ns), units_ns(all, of->queued_ns));
	look_tell_hog(look, 0);
	if (is_throttled(look)) {
		look_tell_throttling(look);
		CHANGE(look, "let it sleep until frames come (poll, dmaring_next() with a timeout); or sysctl kernel.sched_rt_runtime_us=-1, and since Linux 6.12 also 0 in /sys/kernel/debug/sched/fair_server/cpu*/runtime");
		return true;
	}
	CHANGE(look, "a higher priority (chrt -f 10, nice) or a processor of its own (taskset) for it");
	return true;
}

bool find_hold(const struct look *look)
{
	const struct evidence *facts = look->facts;
	const struct consumer_facts *of = look->of;
	char name[NAME_TEXT], hold[UNITS_TEXT];

	if (!of->lost_held || of->lost_held < of->lost_waiting || was(of, DOING_STOPPED))
		return false;
	EVIDENCE(look, "%s had taken %u of %u buffers and kept them for up to %s",
		 name_of(look, name), of->lost_held, facts->buffers,
		 units_ns(hold, of->longest_hold_ns));
	EVIDENCE(look, ", in which the card makes %" PRIu64 " frames",
		 look_frames(facts, of->longest_hold_ns));
	tell_doing(look);
	CHANGE(look, "give frames back sooner, or take fewer at a time; or ");
	look_change_buffers(look, look_margin(of->lost_held +
					      look_frames(facts, of->longest_hold_ns)));
	return true;
}

bool find_pause(const struct look *look)
{
	const struct evidence *facts = look->facts;
	const struct consumer_facts *of = look->of;
	uint64_t frames = look_frames(facts, of->longest_pause_ns);
	char name[NAME_TEXT], pause[UNITS_TEXT];

	if (frames < 4 || frames < facts->buffers / 2)
		return false;
	EVIDENCE(look, "%s took and gave back nothing for %s, in which the card makes %" PRIu64 " frames; the pool has %u buffers",
		 name_of(look, name), units_ns(pause, of->longest_pause_ns), frames,
		 facts->buffers);
	tell_doing(look);
	CHANGE(look, "with ");
	look_change_buffers(look, look_margin(frames + (of->watermark > 1 ? of->watermark : 0)));
	CHANGE(look, " nothing would have been lost");
	if (was(of, DOING_STOPPED))
		CHANGE(look, "; or do not stop it (a signal or a debugger did)");
	return true;
}

/* What remains */
bool find_slow(const struct look *look)
{
	const struct evidence *facts = look->facts;
	const struct consumer_facts *of = look->of;
	double seconds = (facts->end_ns - facts->begin_ns) / (double)NS_PER_SECOND;
	char name[NAME_TEXT];

	EVIDENCE(look, "%s is slower than the card: it took %.1f frames/s of %.1f; it had %u and %u waited when the card had no buffer",
		 name_of(look, name), seconds > 0 ? of->taken / seconds : 0, look_rate(facts),
		 of->lost_held, of->lost_waiting);
	if (of->ran_ns && seconds > 0)
		EVIDENCE(look, "; it ran for %.0f %% of the time",
			 of->ran_ns / seconds / (NS_PER_SECOND / PERCENT));
	CHANGE(look, "less work for each frame, or a lower rate (dmaring format @RATE); --policy latest if it may miss frames; more buffers do not help");
	return true;
}
