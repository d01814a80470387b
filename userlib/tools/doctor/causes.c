// SPDX-License-Identifier: MIT
#include "causes.h"
#include "../lib/number.h"
#include "../lib/units.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define PERCENT 100
#define BUSY_PERCENT 80		/* of a disk that can hardly do more */
#define FRAMES_SURE 8		/* of which not one came */
#define HOG_PERCENT 30		/* of a real-time process that may be in the way */

/* Facts, and where a function puts what it makes of them */
struct look {
	const struct evidence *facts;
	const struct consumer_facts *of;	/* NULL: it is about no consumer */
	int consumer;
	struct finding *finding;
};

static void say(char *text, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Behind what is there */
static void say(char *text, const char *format, ...)
{
	size_t used = strlen(text);
	va_list values;

	va_start(values, format);
	vsnprintf(text + used, FINDING_TEXT - used, format, values);
	va_end(values);
}

#define EVIDENCE(look, ...) say((look)->finding->evidence, __VA_ARGS__)
#define CHANGE(look, ...) say((look)->finding->change, __VA_ARGS__)

/* ------------------------------------------------------------------------- numbers */

static double rate_of(const struct evidence *facts)
{
	uint64_t period_ns = evidence_period_ns(facts);

	return facts->rate > 0 ? facts->rate :
	       period_ns ? (double)NS_PER_SECOND / period_ns : 0;
}

static uint64_t frames_in(const struct evidence *facts, uint64_t ns)
{
	double frames = rate_of(facts) * ns / NS_PER_SECOND;

	return (uint64_t)frames + (frames > (uint64_t)frames);
}

/* An eighth more, and two for the card's hands. */
static uint64_t with_margin(uint64_t buffers)
{
	return buffers + (buffers + 7) / 8 + 2;
}

static const char *mib(char text[UNITS_TEXT], double bytes)
{
	snprintf(text, UNITS_TEXT, bytes < 1 << 20 ? "%.1f KiB" : "%.1f MiB",
		 bytes / (bytes < 1 << 20 ? 1 << 10 : 1 << 20));
	return text;
}

static uint32_t quarter_of(const struct evidence *facts)
{
	return facts->buffers / 4 ? facts->buffers / 4 : 1;
}

static const char *driver_of(const struct evidence *facts)
{
	return facts->driver[0] ? facts->driver : "DRIVER";
}

static void change_buffers(const struct look *look, uint64_t buffers)
{
	if (buffers > DMARING_BUFFERS_MAX) {
		CHANGE(look, "%" PRIu64 " buffers, of which a pool can have %u",
		       buffers, DMARING_BUFFERS_MAX);
		return;
	}
	CHANGE(look, "modprobe %s buffers=%" PRIu64, driver_of(look->facts), buffers);
	if (look->facts->frame_bytes && buffers > look->facts->buffers) {
		char text[UNITS_TEXT];

		CHANGE(look, " (%s more memory)",
		       mib(text, (buffers - look->facts->buffers) *
						 look->facts->frame_bytes));
	}
}

/* ----------------------------------------------------------------------- consumers */

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

static bool find_viewers(const struct look *look)
{
	const struct evidence *facts = look->facts;
	char name[NAME_TEXT];

	if (look->of->policy != DMARING_POLICY_LATEST)
		return false;
	EVIDENCE(look, "%s takes only the newest frames, but had %u of %u buffers when the card had none; viewers can reserve %u",
		 name_of(look, name), look->of->lost_waiting + look->of->lost_held,
		 facts->buffers, facts->viewer_buffers);
	CHANGE(look, "modprobe %s viewer_buffers=%u, or --depth and --max-held of the viewer, which ask for %u now",
	       driver_of(facts), quarter_of(facts),
	       look->of->reserved);
	return true;
}

static bool find_watermark(const struct look *look)
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
	CHANGE(look, "--watermark %u or less, or ", quarter_of(facts));
	change_buffers(look, with_margin(of->watermark * 2ULL));
	return true;
}

static bool find_disk(const struct look *look)
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
			 mib(written, of->written_bytes / seconds),
			 mib(made, rate_of(facts) * facts->frame_bytes));
	if (facts->disk[0])
		EVIDENCE(look, "; %s was busy for %u %% of the time", facts->disk,
			 facts->disk_busy_percent);
	tell_doing(look);
	CHANGE(look, "a faster disk, a lower rate or smaller frames (dmaring format); more buffers only help where the disk is fast enough on average");
	return true;
}

static void tell_hog(const struct look *look, uint32_t least_percent)
{
	const struct evidence *facts = look->facts;

	if (facts->rt_hog[0] && facts->rt_hog_percent >= least_percent)
		EVIDENCE(look, "; %s, which has real-time priority, ran for %u %% of the time",
			 facts->rt_hog, facts->rt_hog_percent);
}

static void tell_throttling(const struct look *look)
{
	if (look->facts->rt_runtime_us >= 0)
		EVIDENCE(look, "; real-time threads are throttled after %" PRId64 " us of a period",
			 look->facts->rt_runtime_us);
}

/* It was itself what ran most, and yet had to wait. */
static bool is_throttled(const struct look *look)
{
	return look->of->pid && look->of->pid == look->facts->rt_hog_pid &&
	       look->facts->rt_hog_percent * 2 > PERCENT;
}

static bool find_processor(const struct look *look)
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
	tell_hog(look, 0);
	if (is_throttled(look)) {
		tell_throttling(look);
		CHANGE(look, "let it sleep until frames come (poll, dmaring_next() with a timeout); or sysctl kernel.sched_rt_runtime_us=-1, and since Linux 6.12 also 0 in /sys/kernel/debug/sched/fair_server/cpu*/runtime");
		return true;
	}
	CHANGE(look, "a higher priority (chrt -f 10, nice) or a processor of its own (taskset) for it");
	return true;
}

static bool find_hold(const struct look *look)
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
		 frames_in(facts, of->longest_hold_ns));
	tell_doing(look);
	CHANGE(look, "give frames back sooner, or take fewer at a time; or ");
	change_buffers(look, with_margin(of->lost_held +
					 frames_in(facts, of->longest_hold_ns)));
	return true;
}

static bool find_pause(const struct look *look)
{
	const struct evidence *facts = look->facts;
	const struct consumer_facts *of = look->of;
	uint64_t frames = frames_in(facts, of->longest_pause_ns);
	char name[NAME_TEXT], pause[UNITS_TEXT];

	if (frames < 4 || frames < facts->buffers / 2)
		return false;
	EVIDENCE(look, "%s took and gave back nothing for %s, in which the card makes %" PRIu64 " frames; the pool has %u buffers",
		 name_of(look, name), units_ns(pause, of->longest_pause_ns), frames,
		 facts->buffers);
	tell_doing(look);
	CHANGE(look, "with ");
	change_buffers(look, with_margin(frames + (of->watermark > 1 ? of->watermark : 0)));
	CHANGE(look, " nothing would have been lost");
	if (was(of, DOING_STOPPED))
		CHANGE(look, "; or do not stop it (a signal or a debugger did)");
	return true;
}

/* What remains */
static bool find_slow(const struct look *look)
{
	const struct evidence *facts = look->facts;
	const struct consumer_facts *of = look->of;
	double seconds = (facts->end_ns - facts->begin_ns) / (double)NS_PER_SECOND;
	char name[NAME_TEXT];

	EVIDENCE(look, "%s is slower than the card: it took %.1f frames/s of %.1f; it had %u and %u waited when the card had no buffer",
		 name_of(look, name), seconds > 0 ? of->taken / seconds : 0, rate_of(facts),
		 of->lost_held, of->lost_waiting);
	if (of->ran_ns && seconds > 0)
		EVIDENCE(look, "; it ran for %.0f %% of the time",
			 of->ran_ns / seconds / (NS_PER_SECOND / PERCENT));
	CHANGE(look, "less work for each frame, or a lower rate (dmaring format @RATE); --policy latest if it may miss frames; more buffers do not help");
	return true;
}

/* ------------------------------------------------------------------ card and system */

static bool find_bad(const struct look *look)
{
	const struct evidence *facts = look->facts;
	uint64_t bad = facts->bad_completions + facts->bad_lengths;

	if (!bad)
		return false;
	/* The card does not have those any more that it completed as others. */
	look->finding->lost = facts->lost_armed;
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

static bool find_moderation(const struct look *look)
{
	const struct evidence *facts = look->facts;

	if (!facts->lost_late || !is_moderated(facts))
		return false;
	look->finding->lost = facts->lost_late;
	tell_late(look);
	EVIDENCE(look, "; that is how most of them come (%" PRIu64 " of %" PRIu64 " times)",
		 facts->late.count, facts->late.batches);
	CHANGE(look, "let the card interrupt for at most %u frames, or ",
	       quarter_of(facts));
	change_buffers(look, with_margin(2 * frames_in(facts, facts->late.longest_ns)));
	return true;
}

static bool find_interrupts(const struct look *look)
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
	tell_hog(look, HOG_PERCENT);
	tell_throttling(look);
	CHANGE(look, "a processor for the interrupt that nothing keeps busy: echo CPU >/proc/irq/%s/smp_affinity_list, a higher priority for its thread (chrt -f -p 60), sysctl kernel.sched_rt_runtime_us=-1; or ",
	       facts->irq[0] ? facts->irq : "N");
	change_buffers(look, with_margin(facts->buffers / 2 +
					 frames_in(facts, facts->late.longest_ns)));
	return true;
}

static bool find_card(const struct look *look)
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
	       frames_in(facts, facts->end_ns - facts->begin_ns) >= FRAMES_SURE;
}

static bool find_stall(const struct look *look)
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
			 units_ns(time, facts->end_ns - facts->begin_ns), rate_of(facts));
	CHANGE(look, "the card's trigger, sensor or firmware; 'dmesg | grep dmaring' says when");
	return true;
}

static bool find_damage(const struct look *look)
{
	const struct evidence *facts = look->facts;

	if (!facts->errors || facts->bad_completions || facts->bad_lengths)
		return false;
	EVIDENCE(look, "the card marked %" PRIu64 " of %" PRIu64 " frames as damaged; they are there",
		 facts->errors, facts->completed);
	CHANGE(look, "the card's link, cable or sensor");
	return true;
}

static bool find_small_pool(const struct look *look)
{
	const struct evidence *facts = look->facts;

	if (!facts->lost_held || facts->buffers_asked <= facts->buffers)
		return false;
	EVIDENCE(look, "the pool has %u buffers, and %u were asked for: memory was short when the driver was loaded",
		 facts->buffers, facts->buffers_asked);
	CHANGE(look, "load the driver early, give it memory in pieces (memory=pages), or lower reserve_mib; 'dmaring info' says what the limit was");
	return true;
}

/* ---------------------------------------------------------------------- recordings */

static bool find_drops(const struct look *look)
{
	const struct evidence *facts = look->facts;

	if (facts->from != FROM_INDEX || !facts->dropped)
		return false;
	EVIDENCE(look, "%" PRIu64 " frames were dropped for the recorder alone: it asked for the newest ones, and was slower than they came",
		 facts->dropped);
	CHANGE(look, "record with a lossless consumer");
	return true;
}

static bool find_sleep(const struct look *look)
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

	change_buffers(look, with_margin(facts->buffers + facts->longest_burst));
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

static bool find_split(const struct look *look)
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

static bool find_flush(const struct look *look)
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
static bool find_slow_disk(const struct look *look)
{
	const struct evidence *facts = look->facts;
	double seconds = (facts->last_loss_ns - facts->first_loss_ns) / (double)NS_PER_SECOND;
	double lost = seconds > 0 ? facts->lost_unknown / seconds : 0;
	char kept[UNITS_TEXT], made[UNITS_TEXT];

	if (facts->bursts < 8 || lost * 50 < rate_of(facts) ||
	    facts->longest_burst * 4 > facts->lost_unknown)
		return false;
	look->finding->lost = facts->lost_unknown;
	EVIDENCE(look, "from the first loss to the last, %.1f s, of %s/s that came %s/s were kept",
		 seconds, mib(made, rate_of(facts) * facts->frame_bytes),
		 mib(kept, (rate_of(facts) - lost) * facts->frame_bytes));
	EVIDENCE(look, ", in %" PRIu64 " gaps: the recorder or its disk was slower than the stream",
		 facts->bursts);
	CHANGE(look, "a faster disk, no --crc, a lower rate or smaller frames (dmaring format); more buffers only make it begin later");
	return true;
}

static bool find_short_pool(const struct look *look)
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

/* ------------------------------------------------------------------------ the table */

/* Of those about a consumer, and of those about a recording, the first that fits is it. */
static const struct cause {
	const char *word, *title;
	enum { EACH_CONSUMER, OF_RECORDING, ANY } kind;
	bool (*find)(const struct look *look);
} causes[] = {
	{ "viewers", "viewers have too many buffers", EACH_CONSUMER, find_viewers },
	{ "watermark", "the watermark is too high", EACH_CONSUMER, find_watermark },
	{ "disk", "the disk is slower than the stream", EACH_CONSUMER, find_disk },
	{ "processor", "no time on a processor", EACH_CONSUMER, find_processor },
	{ "hold", "frames are kept too long", EACH_CONSUMER, find_hold },
	{ "pause", "the pool is too small for the longest pause", EACH_CONSUMER, find_pause },
	{ "slow", "a consumer is slower than the stream", EACH_CONSUMER, find_slow },
	{ "split", "losses where a new file begins", OF_RECORDING, find_split },
	{ "flush", "losses at even intervals", OF_RECORDING, find_flush },
	{ "disk", "the disk is slower than the stream", OF_RECORDING, find_slow_disk },
	{ "pause", "the pool is too small for the longest pause", OF_RECORDING,
	  find_short_pool },
	{ "bad-completions", "the card reports bad completions", ANY, find_bad },
	{ "moderation", "the card saves interrupts, too many for this pool", ANY,
	  find_moderation },
	{ "interrupts", "interrupts are delayed", ANY, find_interrupts },
	{ "card", "the card loses frames by itself", ANY, find_card },
	{ "stall", "the card falls silent", ANY, find_stall },
	{ "damage", "frames are damaged", ANY, find_damage },
	{ "sleep", "the stream was interrupted", ANY, find_sleep },
	{ "drops", "the recorder's own policy", ANY, find_drops },
	{ "small-pool", "the pool is smaller than was asked for", ANY, find_small_pool },
};

#define CAUSES (sizeof(causes) / sizeof(causes[0]))

static bool try(const struct cause *cause, const struct evidence *facts, int consumer,
		struct diagnosis *diagnosis)
{
	struct finding *finding = &diagnosis->of[diagnosis->count];
	struct look look = {
		.facts = facts, .consumer = consumer, .finding = finding,
		.of = consumer < 0 ? NULL : &facts->of[consumer],
	};

	if (diagnosis->count == FINDINGS_MAX)
		return false;
	*finding = (struct finding){
		.cause = cause->word, .title = cause->title, .consumer = consumer,
		.lost = look.of ? look.of->lost : 0,
	};
	if (!cause->find(&look))
		return false;
	diagnosis->count++;
	diagnosis->explained += finding->lost;
	return true;
}

static void try_first(int kind, const struct evidence *facts, int consumer,
		      struct diagnosis *diagnosis)
{
	const struct cause *cause;

	for (cause = causes; cause < causes + CAUSES; cause++)
		if ((int)cause->kind == kind && try(cause, facts, consumer, diagnosis))
			return;
}

/* Those that explain as much stay in the order of the table. */
static void sort(struct diagnosis *diagnosis)
{
	struct finding moved;
	unsigned int i, to;

	for (i = 1; i < diagnosis->count; i++) {
		moved = diagnosis->of[i];
		for (to = i; to && diagnosis->of[to - 1].lost < moved.lost; to--)
			diagnosis->of[to] = diagnosis->of[to - 1];
		diagnosis->of[to] = moved;
	}
}

void diagnose(const struct evidence *facts, struct diagnosis *diagnosis)
{
	const struct cause *cause;
	int id;

	*diagnosis = (struct diagnosis){ .lost = facts->overruns };
	for (id = 0; id < EVIDENCE_CONSUMERS; id++)
		if (facts->of[id].lost)
			try_first(EACH_CONSUMER, facts, id, diagnosis);
	if (facts->from == FROM_INDEX)
		try_first(OF_RECORDING, facts, -1, diagnosis);
	for (cause = causes; cause < causes + CAUSES; cause++)
		if (cause->kind == ANY)
			try(cause, facts, -1, diagnosis);
	sort(diagnosis);
}

bool is_healthy(const struct evidence *facts, const struct diagnosis *diagnosis)
{
	return !diagnosis->count && !diagnosis->lost &&
	       !(facts->from == FROM_TRACE && facts->trace_lost);
}
