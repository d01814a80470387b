// SPDX-License-Identifier: GPL-2.0-only
/* Start and stop. */
#include <linux/math64.h>

#include <compat.h>
#include <dmaring/format.h>

#include "fgsim.h"

/*
 * After so long without a sign of life the card halts: its driver may have
 * crashed, and its buffers may be somebody else's memory.
 */
#define LEASE_MS		10000

static int command_once(struct fgsim *fgsim, u32 run)
{
	fgsim->control = ((fgsim->control | FGSIM_CONTROL_RUN) + 1) | run;
	return fgsim_ask(fgsim, &fgsim->regs->driver.control, fgsim->control,
			 &fgsim->regs->card.control_ack);
}

/* Tell the card to run or not to; 0 once it has obeyed. */
static int command(struct fgsim *fgsim, u32 run)
{
	int err = command_once(fgsim, run);

	return err == -EAGAIN ? command_once(fgsim, run) : err;
}

/* 0: as fast as buffers come. */
static u64 period_ns(const struct dmaring_format *format)
{
	u64 seconds = (u64)format->rate_denominator *
		      dmaring_format_counted(format);

	if (!seconds)
		return 0;
	return mul_u64_u64_div_u64(seconds, NSEC_PER_SEC, format->rate_numerator);
}

static void program_format(struct fgsim_driver_page *page,
			   const struct dmaring_format *format)
{
	fgsim_set32(page->frame_bytes, format->frame_bytes);
	fgsim_set32(page->line_bytes, format->bytes_per_line);
	fgsim_set32(page->pixelformat, format->pixelformat);
	fgsim_set32(page->width, format->width);
	fgsim_set32(page->height, format->height);
	fgsim_set32(page->channels, format->channels);
}

static void program(struct fgsim *fgsim, const struct dmaring_format *format)
{
	struct fgsim_driver_page *page = &fgsim->regs->driver;

	fgsim_post_reset(fgsim);
	fgsim->cq_tail = 0;
	fgsim_set32(page->cq_tail, 0);
	fgsim->frame_bytes = format->frame_bytes;
	fgsim->sequence = dmaring_sequence(fgsim->stream);
	program_format(page, format);
	/* Not that of @format: a control may have set another one since. */
	fgsim_write_rate(fgsim);
	fgsim_set32(page->direction,
		    fgsim->playback ? FGSIM_PLAYBACK : FGSIM_CAPTURE);
	fgsim_set32(page->source, READ_ONCE(fgsim->triggered) ?
				  FGSIM_SOURCE_TRIGGER : FGSIM_SOURCE_FREE);
	fgsim_set64(page->sequence, fgsim->sequence);
	fgsim_set32(page->lease_ms, LEASE_MS);
	fgsim_write_settings(fgsim);
	fgsim_set32(page->trigger, fgsim->trigger);
	/* The card may have been reset. */
	fgsim->sync_request = fgsim_get32(fgsim->regs->card.clock_reply);
}

static int fgsim_start(void *hw, const struct dmaring_format *format)
{
	struct fgsim *fgsim = hw;
	int err;

	/* Its interrupts need it; its writes to memory do not ask. */
	pci_set_master(fgsim->pdev);
	mutex_lock(&fgsim->settings_lock);
	program(fgsim, format);
	/* The card counts from the trigger that it finds. */
	fgsim->trigger_start = fgsim->trigger;
	err = command_once(fgsim, FGSIM_CONTROL_RUN);
	mutex_unlock(&fgsim->settings_lock);
	if (err == -EAGAIN ||
	    (!err && fgsim_get32(fgsim->regs->card.state) != FGSIM_RUNNING))
		err = -EIO;
	if (err) {
		dev_err(&fgsim->pdev->dev, "the card does not start (%d): state %u, error %u\n",
			err, fgsim_get32(fgsim->regs->card.state),
			fgsim_get32(fgsim->regs->card.error));
		command(fgsim, 0);
		return err;
	}
	fgsim_irq_start(fgsim);
	return 0;
}

/*
 * The card's word is the only proof: it writes memory without asking the bus, so
 * that bus mastering turned off, and read back as off, would prove nothing.
 */
int fgsim_stop(void *hw)
{
	struct fgsim *fgsim = hw;
	int err;

	spin_lock_irq(&fgsim->lock);
	WRITE_ONCE(fgsim->running, false);
	spin_unlock_irq(&fgsim->lock);
	timer_delete_sync(&fgsim->pulse);

	err = command(fgsim, 0);
	if (err == -ENODEV)
		err = 0;	/* what is not there writes nothing */
	else if (err)
		err = -ETIMEDOUT;	/* not proved quiet, whatever it said */
	/* Whoever polls must not find the buffers of the next start. */
	synchronize_irq(fgsim->frames_irq);
	synchronize_irq(fgsim->event_irq);
	/* Last: a handler may have queued it. */
	cancel_work_sync(&fgsim->poll);
	return err;
}

int fgsim_set_format(void *hw, struct dmaring_format *format)
{
	if (format->frame_bytes > FGSIM_FRAME_BYTES_MAX)
		return -EINVAL;
	if (format->rate_denominator &&
	    (period_ns(format) < NSEC_PER_SEC / FGSIM_RATE_MAX ||
	     period_ns(format) > FGSIM_PERIOD_NS_MAX))
		return -ERANGE;
	return 0;
}

/* There is one region, the card's page, of which the card may write any word now. */
static int fgsim_read_region(void *hw, u32 region, u64 offset, void *to,
			     size_t bytes)
{
	struct fgsim *fgsim = hw;
	const __le32 *from = (void *)&fgsim->regs->card + offset;
	__le32 *words = to;
	size_t i;

	for (i = 0; i < bytes / sizeof(*words); i++)
		words[i] = READ_ONCE(from[i]);
	return 0;
}

const struct dmaring_hw_ops fgsim_ops = {
	.start = fgsim_start,
	.stop = fgsim_stop,
	.arm = fgsim_arm,
	.kick = fgsim_kick,
	.set_format = fgsim_set_format,
	.check = fgsim_check,
	.frame_due = fgsim_frame_due,
	.read_clock = fgsim_read_clock,
	.read_region = fgsim_read_region,
	.get_control = fgsim_get_control,
	.set_control = fgsim_set_control,
};
