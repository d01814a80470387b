// SPDX-License-Identifier: MIT
#include "causes.h"
#include "look.h"

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
	{ "quarantine", "buffers are kept from everybody", ANY, find_quarantine },
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
