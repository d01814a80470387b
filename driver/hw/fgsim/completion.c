// SPDX-License-Identifier: GPL-2.0-only
/*
 * The completion ring: frames, checked.  All of it under fgsim->lock.
 *
 * The card promises to complete buffers in the order in which they were posted,
 * each once, with the cookie that it was posted with, and to number frames
 * without a gap but for lost ones.  So a cookie that is not among those posted
 * and not completed is a lie or a repetition; a cookie further on means that
 * buffers were left out: whether the card still writes them nobody knows, and
 * the core keeps them from everybody until the card was stopped.
 */
#include "fgsim.h"

/* As if so many frames lost at once were possible. */
#define LOST_MAX	BIT(31)

/* A length that the core takes for what it is: impossible. */
#define IMPOSSIBLE_BYTES	U32_MAX

/**
 * struct fgsim_meta - what the card says of a frame
 * @exposure_us:      how long it was exposed.
 * @gain_percent:     how much brighter it got then.
 * @temperature_mdeg: of the card.
 * @encoder:          where the object was.
 */
struct fgsim_meta {
	u32 exposure_us;
	u32 gain_percent;
	s32 temperature_mdeg;
	u32 encoder;
};

static const struct dmaring_hw_meta meta_fields[] = {
	{ "ExposureTime", "µs", DMARING_META_U32,
	  offsetof(struct fgsim_meta, exposure_us) },
	{ "Gain", "%", DMARING_META_U32,
	  offsetof(struct fgsim_meta, gain_percent) },
	{ "DeviceTemperature", "0.001 °C", DMARING_META_S32,
	  offsetof(struct fgsim_meta, temperature_mdeg) },
	{ "EncoderValue", "counts", DMARING_META_U32,
	  offsetof(struct fgsim_meta, encoder) },
};

/* From now on frames have it. */
void fgsim_offer_meta(struct fgsim *fgsim, struct dmaring_config *config)
{
	fgsim->metadata = true;
	config->meta_fields = meta_fields;
	config->meta_field_count = ARRAY_SIZE(meta_fields);
	config->meta_bytes = sizeof(struct fgsim_meta);
}

/* One completion, as it was loaded. */
struct completion_copy {
	u64 cookie;
	u64 sequence;
	u64 timestamp_ns;
	u32 bytes;
	u32 status;
	u32 pattern;
	struct fgsim_meta meta;
};

static struct completion_copy load(const struct fgsim_completion *from)
{
	return (struct completion_copy) {
		.cookie = fgsim_get64(from->cookie),
		.sequence = fgsim_get64(from->sequence),
		.timestamp_ns = fgsim_get64(from->timestamp_ns),
		.bytes = fgsim_get32(from->bytes),
		.status = fgsim_get32(from->status),
		.pattern = fgsim_get32(from->pattern),
		.meta = {
			.exposure_us = fgsim_get32(from->exposure_us),
			.gain_percent = fgsim_get32(from->gain_percent),
			.temperature_mdeg = fgsim_get32(from->temperature_mdeg),
			.encoder = fgsim_get32(from->encoder),
		},
	};
}

static struct fgsim_slot *oldest(struct fgsim *fgsim)
{
	return &fgsim->slots[fgsim->done % FGSIM_POST_ENTRIES];
}

/* What the frame of the oldest buffer should have. */
static u32 oldest_bytes(struct fgsim *fgsim)
{
	if (unlikely(fgsim->playback))
		return dmaring_frame_bytes(fgsim->stream, oldest(fgsim)->index);
	return fgsim->frame_bytes;
}

/* The card is through with the oldest buffer. */
static void free_oldest(struct fgsim *fgsim)
{
	u32 end = oldest(fgsim)->end;

	fgsim->done++;
	/* Pairs with fgsim_arm(). */
	smp_store_release(&fgsim->post_freed, end);
}

/* The frame of the oldest buffer is lost, and its buffer not to be trusted. */
static void reject_oldest(struct fgsim *fgsim)
{
	const struct dmaring_completion lost = {
		.bytes_used = IMPOSSIBLE_BYTES,
	};

	dmaring_complete(fgsim->stream, oldest(fgsim)->index, &lost);
	fgsim->sequence++;
	free_oldest(fgsim);
}

/* Frames before this one that found no buffer; false if it cannot be. */
static bool account_gap(struct fgsim *fgsim, u64 sequence, u32 skipped)
{
	u64 lost = sequence - fgsim->sequence - skipped;

	if (lost >= LOST_MAX)
		return false;
	if (lost)
		dmaring_overrun(fgsim->stream, lost);
	fgsim->sequence += lost;
	return true;
}

/*
 * A cookie that is not the card's.  With the number of a frame that was told of
 * before it is a repetition; else there is a frame somewhere, and the buffer that
 * was to have it is in doubt.
 */
static void take_bad_cookie(struct fgsim *fgsim,
			    const struct completion_copy *from, u64 outstanding)
{
	const struct dmaring_completion nothing = { };

	fgsim_fault(fgsim, &fgsim->counters.bad_cookies, "bad_cookies",
		    from->cookie);
	dmaring_complete(fgsim->stream, U32_MAX, &nothing);
	if (outstanding && account_gap(fgsim, from->sequence, 0))
		reject_oldest(fgsim);
}

static void deliver_oldest(struct fgsim *fgsim,
			   const struct completion_copy *from)
{
	struct dmaring_completion frame = {
		.bytes_used = from->bytes,
		.timestamp_ns = fgsim_frame_time(fgsim, from->timestamp_ns),
		.hw_meta = from->pattern,
	};

	if (fgsim->metadata)
		frame.meta = &from->meta;
	if (frame.timestamp_ns)
		frame.flags |= DMARING_FRAME_HW_TIMESTAMP;
	if (from->status != FGSIM_STATUS_OK ||
	    from->bytes != oldest_bytes(fgsim))
		frame.flags |= DMARING_FRAME_ERROR;
	dmaring_complete(fgsim->stream, oldest(fgsim)->index, &frame);
	fgsim->sequence++;
	free_oldest(fgsim);
}

static void take(struct fgsim *fgsim, const struct completion_copy *from)
{
	/* Pairs with fgsim_arm(). */
	u64 outstanding = smp_load_acquire(&fgsim->posted) - fgsim->done;
	u64 skipped = from->cookie - fgsim->done;
	bool credible;

	if (skipped >= outstanding) {
		take_bad_cookie(fgsim, from, outstanding);
		return;
	}
	credible = account_gap(fgsim, from->sequence, skipped);
	while (skipped--) {
		fgsim_fault(fgsim, &fgsim->counters.skipped, "skipped",
			    fgsim->done);
		reject_oldest(fgsim);
	}
	if (!credible) {
		fgsim_fault(fgsim, &fgsim->counters.bad_sequences,
			    "bad_sequences", from->sequence);
		reject_oldest(fgsim);
	} else if (from->bytes > oldest_bytes(fgsim)) {
		fgsim_fault(fgsim, &fgsim->counters.bad_lengths, "bad_lengths",
			    from->bytes);
		reject_oldest(fgsim);
	} else {
		deliver_oldest(fgsim, from);
	}
}

/**
 * fgsim_drain() - pass on frames
 * @fgsim:  the card, running, under its lock.
 * @budget: how many completions at most.
 *
 * Return: true if there are more.
 */
bool fgsim_drain(struct fgsim *fgsim, u32 budget)
{
	struct fgsim_bar *regs = fgsim->regs;
	u32 ready = fgsim_get32(regs->card.cq_head) - fgsim->cq_tail;
	u32 i, count = min(ready, budget);
	struct completion_copy copy;

	lockdep_assert_held(&fgsim->lock);
	if (ready > FGSIM_CQ_ENTRIES) {
		if (!fgsim_is_away(fgsim))
			fgsim_fault(fgsim, &fgsim->counters.bad_indices,
				    "bad_indices", ready);
		fgsim_break(fgsim, -EIO);
		return false;
	}
	dma_rmb();	/* e, in regs.h */
	for (i = 0; i < count; i++) {
		copy = load(&regs->cq[fgsim->cq_tail++ % FGSIM_CQ_ENTRIES]);
		take(fgsim, &copy);
	}
	fgsim->fresh += count;
	/* The card may use the entries again only after they were read. */
	virt_store_release(&regs->driver.cq_tail, cpu_to_le32(fgsim->cq_tail)); /* g */
	return ready > count;
}

/**
 * fgsim_account_losses() - frames lost after the last one that was completed
 * @fgsim:         the card, under its lock; all completions were read.
 * @sequence_next: what the card said before that.
 *
 * Only if the card has no buffer: else the next completion tells.
 *
 * Return: true if there are any.
 */
bool fgsim_account_losses(struct fgsim *fgsim, u32 sequence_next)
{
	u32 lost = sequence_next - (u32)fgsim->sequence;
	u64 posted;

	lockdep_assert_held(&fgsim->lock);
	/* Pairs with fgsim_arm(); loaded after @sequence_next. */
	posted = smp_load_acquire(&fgsim->posted);
	if (!lost || lost >= LOST_MAX || posted != fgsim->done)
		return false;
	dmaring_overrun(fgsim->stream, lost);
	fgsim->sequence += lost;
	return true;
}
