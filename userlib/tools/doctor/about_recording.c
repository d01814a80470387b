// SPDX-License-Identifier: MIT
/* What a recording's index tells of its recorder, its disk, and sleep. */
#include "look.h"
#include "../lib/number.h"

bool find_drops(const struct look *look)
{
	const struct evidence *facts = look->facts;

	if (facts->from != FROM_INDEX || !facts->dropped)
		return false;
	EVIDENCE(look, "%" PRIu64 " frames were dropped for the recorder alone: it asked for the newest ones, and was slower than they came",
		 facts->dropped);
	CHANGE(look, "record with a lossless consumer");
	return true;
}

bool find_sleep(const struct look *look)
{
	const struct evidence *facts = look->facts;

	if (!facts->discontinuities)
		return false;
	EVIDENCE(look, "%" PRIu64 " times an unknown number of frames is missing: the system or the card slept, was reset or started anew",
		 facts->discontinuities);
	CHANGE(look, "do not let them sleep meanwhile (systemd-inhibit)");
	return true;
}

/* How many more buffers would have had room for the longest burst of losses */
static void change_burst(const struct look *look)
{
	const struct evidence *facts = look->facts;

	look_change_buffers(look, look_margin(facts->buffers + facts->longest_burst));
}

static void tell_bursts(const struct look *look)
{
	const struct evidence *facts = look->facts;
	char time[UNITS_TEXT];

	EVIDENCE(look, "%" PRIu64 " gaps, the longest of %" PRIu64 " frames (%s); at least %u buffers were in use",
		 facts->bursts, facts->longest_burst,
		 units_ns(time, facts->longest_burst * evidence_period_ns(facts)),
		 facts->buffers);
}

bool find_split(const struct look *look)
{
	const struct evidence *facts = look->facts;

	if (!facts->lost_unknown || facts->files < 2 || !facts->bursts_at_file ||
	    facts->bursts_at_file * 2 < facts->bursts)
		return false;
	look->finding->lost = facts->lost_unknown;
	tell_bursts(look);
	EVIDENCE(look, "; %u of them at the beginning of one of the %u files",
		 facts->bursts_at_file, facts->files);
	CHANGE(look, "longer files (--split, --split-size, --split-time), or ");
	change_burst(look);
	return true;
}

bool find_flush(const struct look *look)
{
	const struct evidence *facts = look->facts;
	char step[UNITS_TEXT];

	if (!facts->lost_unknown || facts->bursts < 4 ||
	    facts->bursts_even * 4 < (facts->bursts - 1) * 3)
		return false;
	look->finding->lost = facts->lost_unknown;
	tell_bursts(look);
	EVIDENCE(look, "; they come every %s, as a flush of the disk or a timer does",
		 units_ns(step, facts->burst_step_ns));
	CHANGE(look, "another --sync, and look for what else runs so often; or ");
	change_burst(look);
	return true;
}

/* All the time, from when the buffers were full on */
bool find_slow_disk(const struct look *look)
{
	const struct evidence *facts = look->facts;
	double seconds = (facts->last_loss_ns - facts->first_loss_ns) / (double)NS_PER_SECOND;
	double lost = seconds > 0 ? facts->lost_unknown / seconds : 0;
	char kept[UNITS_TEXT], made[UNITS_TEXT];

	if (facts->bursts < 8 || lost * 50 < look_rate(facts) ||
	    facts->longest_burst * 4 > facts->lost_unknown)
		return false;
	look->finding->lost = facts->lost_unknown;
	EVIDENCE(look, "from the first loss to the last, %.1f s, of %s/s that came %s/s were kept",
		 seconds, look_mib(made, look_rate(facts) * facts->frame_bytes),
		 look_mib(kept, (look_rate(facts) - lost) * facts->frame_bytes));
	EVIDENCE(look, ", in %" PRIu64 " gaps: the recorder or its disk was slower than the stream",
		 facts->bursts);
	CHANGE(look, "a faster disk, no --crc, a lower rate or smaller frames (dmaring format); more buffers only make it begin later");
	return true;
}

bool find_short_pool(const struct look *look)
{
	const struct evidence *facts = look->facts;

	if (facts->from != FROM_INDEX || !facts->lost_unknown)
		return false;
	look->finding->lost = facts->lost_unknown;
	tell_bursts(look);
	EVIDENCE(look, ": the recorder paused for longer than the pool lasts");
	CHANGE(look, "with ");
	change_burst(look);
	CHANGE(look, " nothing would have been lost; 'dmaring doctor' while it records tells who was late");
	return true;
}
