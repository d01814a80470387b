// SPDX-License-Identifier: MIT
/* What the card did, its interrupts, its pool. */
#include "look.h"

#define FRAMES_SURE 8		/* of which not one came */
#define HOG_PERCENT 30		/* of a real-time process that may be in the way */

bool find_bad(const struct look *look)
{
	const struct evidence *facts = look->facts;
	uint64_t bad = facts->bad_completions + facts->bad_lengths;

	if (!bad)
		return false;
	/* The card does not have those any more that it completed as others. */
	look->finding->lost = facts->lost_armed + facts->lost_aside;
	EVIDENCE(look, "the card completed %" PRIu64 " buffers that it did not have",
		 facts->bad_completions);
	if (facts->bad_lengths)
		EVIDENCE(look, ", and %" PRIu64 " with more bytes than a buffer has",
			 facts->bad_lengths);
	if (facts->quarantined)
		EVIDENCE(look, "; %u buffers are kept from everybody since then",
			 facts->quarantined);
	CHANGE(look, "nothing here: it is the card's firmware or its driver; 'dmaring check --only trust' tells more");
	return true;
}

bool find_quarantine(const struct look *look)
{
	const struct evidence *facts = look->facts;
	bool referenced = facts->referenced, card = facts->quarantined > facts->referenced;

	if (!facts->lost_aside || facts->bad_completions || facts->bad_lengths)
		return false;
	look->finding->lost = facts->lost_aside;
	EVIDENCE(look, "%u of %u buffers were kept from everybody when the card had none",
		 facts->aside_at_loss, facts->buffers);
	if (referenced)
		EVIDENCE(look, ": %u because I/O still refers to them", facts->referenced);
	if (card)
		EVIDENCE(look, "%s%u because the card misused them, or may still write them",
			 referenced ? ", " : ": ", facts->quarantined - facts->referenced);
	if (referenced)
		CHANGE(look, "end the reads, writes and registrations that go on%s",
		       card ? "; " : "");
	if (card || !referenced)
		CHANGE(look, "stop all who take frames: then the card is stopped, and has them again if it is quiet; 'dmesg | grep dmaring' says what it did");
	return true;
}

static bool is_moderated(const struct evidence *facts)
{
	return facts->late.count >= 3 && facts->late.count * 2 >= facts->late.batches;
}

static void tell_late(const struct look *look)
{
	const struct late_facts *late = &look->facts->late;
	char gap[UNITS_TEXT];

	EVIDENCE(look, "completions came late and together %" PRIu64 " times, up to %u at once after %s of silence, while the card had buffers",
		 late->count, late->most, units_ns(gap, late->longest_ns));
	if (look->facts->has_irqs)
		EVIDENCE(look, "; %" PRIu64 " interrupts for %" PRIu64 " frames",
			 look->facts->interrupts, look->facts->completed);
}

bool find_moderation(const struct look *look)
{
	const struct evidence *facts = look->facts;

	if (!facts->lost_late || !is_moderated(facts))
		return false;
	look->finding->lost = facts->lost_late;
	tell_late(look);
	EVIDENCE(look, "; that is how most of them come (%" PRIu64 " of %" PRIu64 " times)",
		 facts->late.count, facts->late.batches);
	CHANGE(look, "let the card interrupt for at most %u frames, or ",
	       look_quarter(facts));
	look_change_buffers(look, look_margin(2 * look_frames(facts, facts->late.longest_ns)));
	return true;
}

bool find_interrupts(const struct look *look)
{
	const struct evidence *facts = look->facts;

	if ((!facts->lost_late || is_moderated(facts)) && !facts->lost_interrupts)
		return false;
	if (!is_moderated(facts))
		look->finding->lost = facts->lost_late;
	tell_late(look);
	if (facts->lost_interrupts)
		EVIDENCE(look, "; the driver noticed that %" PRIu64 " interrupts did not come at all",
			 facts->lost_interrupts);
	else
		EVIDENCE(look, "; as a rule they come in time");
	if (facts->irq[0])
		EVIDENCE(look, "; interrupt %s is for processors %s", facts->irq,
			 facts->irq_cpus);
	look_tell_hog(look, HOG_PERCENT);
	look_tell_throttling(look);
	CHANGE(look, "a processor for the interrupt that nothing keeps busy: echo CPU >/proc/irq/%s/smp_affinity_list, a higher priority for its thread (chrt -f -p 60), sysctl kernel.sched_rt_runtime_us=-1; or ",
	       facts->irq[0] ? facts->irq : "N");
	look_change_buffers(look, look_margin(facts->buffers / 2 +
					      look_frames(facts, facts->late.longest_ns)));
	return true;
}

bool find_card(const struct look *look)
{
	const struct evidence *facts = look->facts;

	if (!facts->lost_armed || facts->bad_completions || facts->bad_lengths)
		return false;
	look->finding->lost = facts->lost_armed;
	EVIDENCE(look, "the card lost frames though it had %u buffers or more, and completed others in time",
		 facts->armed_at_loss);
	CHANGE(look, "nothing in the pool: look at the card's own FIFO, its link (lspci -vv: LnkSta), its cable and sensor, and what 'dmaring peek' shows");
	return true;
}

/* All the time: it may have been so before, or be too short for stall_ms. */
static bool is_silent(const struct evidence *facts)
{
	return facts->running && !facts->rested && !facts->starts && !facts->completed &&
	       !facts->overruns && facts->has_buffers && facts->least_armed &&
	       look_frames(facts, facts->end_ns - facts->begin_ns) >= FRAMES_SURE;
}

bool find_stall(const struct look *look)
{
	const struct evidence *facts = look->facts;
	char time[UNITS_TEXT];

	if (!facts->stalls && !is_silent(facts))
		return false;
	if (facts->stalls)
		EVIDENCE(look, "the running card completed nothing for stall_ms, %" PRIu64 " time%s, though it had buffers and a frame was due",
			 facts->stalls, facts->stalls == 1 ? "" : "s");
	else
		EVIDENCE(look, "the running card completed nothing in %s, though it had buffers, and its format tells of %.1f frames/s",
			 units_ns(time, facts->end_ns - facts->begin_ns), look_rate(facts));
	CHANGE(look, "the card's trigger, sensor or firmware; 'dmesg | grep dmaring' says when");
	return true;
}

bool find_damage(const struct look *look)
{
	const struct evidence *facts = look->facts;

	if (!facts->errors || facts->bad_completions || facts->bad_lengths)
		return false;
	EVIDENCE(look, "the card marked %" PRIu64 " of %" PRIu64 " frames as damaged; they are there",
		 facts->errors, facts->completed);
	CHANGE(look, "the card's link, cable or sensor");
	return true;
}

bool find_small_pool(const struct look *look)
{
	const struct evidence *facts = look->facts;

	if (!facts->lost_held || facts->buffers_asked <= facts->buffers)
		return false;
	EVIDENCE(look, "the pool has %u buffers, and %u were asked for: memory was short when the driver was loaded",
		 facts->buffers, facts->buffers_asked);
	CHANGE(look, "load the driver early, give it memory in pieces (memory=pages), or lower reserve_mib; 'dmaring info' says what the limit was");
	return true;
}
