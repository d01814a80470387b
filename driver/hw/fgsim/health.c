// SPDX-License-Identifier: GPL-2.0-only
/* Is the card still what it was, and what if not? */
#include <linux/interrupt.h>
#include <linux/iopoll.h>

#include "fgsim.h"

#define PULSE_JIFFIES	(HZ / 20)

/* A card that is a process has to wait for its turn on a busy host. */
#define ANSWER_TIMEOUT_US	5000000

/* The PCI ID is that of any ivshmem-doorbell: is it ours? */
static int check_block(struct device *dev, const struct fgsim_bar *regs)
{
	u32 magic = fgsim_get32(regs->card.magic);
	u32 version = fgsim_get32(regs->card.version);

	if (magic == ~0U) {
		dev_err(dev, "the card is gone: all its registers are ones\n");
		return -ENODEV;
	}
	if (magic != FGSIM_MAGIC) {
		dev_info(dev, "an ivshmem-doorbell that is no fgsim card (%#x, not %#x): left alone\n",
			 magic, FGSIM_MAGIC);
		return -ENODEV;
	}
	if (version != FGSIM_VERSION) {
		dev_err(dev, "the card has registers of version %u, this driver knows %u: build both from one tree\n",
			version, FGSIM_VERSION);
		return -ENODEV;
	}
	return 0;
}

/* At first, when it is not yet known how many streams there are. */
int fgsim_check_card(struct fgsim_card *card)
{
	int err = check_block(&card->pdev->dev, card->blocks);
	u32 i, count;

	if (err)
		return err;
	count = fgsim_get32(card->blocks->card.streams);
	if (!count || count > card->room) {
		dev_err(&card->pdev->dev, "the card says that it has %u streams, and has room for %u\n",
			count, card->room);
		return -ENODEV;
	}
	for (i = 1; i < count && !err; i++)
		err = check_block(&card->pdev->dev, &card->blocks[i]);
	card->count = count;
	return err;
}

int fgsim_check(void *hw)
{
	struct fgsim *fgsim = hw;

	return check_block(&fgsim->pdev->dev, fgsim->regs);
}

/* Also the streams that do not run, and would not notice. */
static void lose_card(struct fgsim_card *card)
{
	u32 i;

	for (i = 0; i < card->count; i++)
		dmaring_fail(card->streams[i].stream, -ENODEV);
}

/* The card can't go on; the stream fails with @error, or -ENODEV if it left. */
void fgsim_break(struct fgsim *fgsim, int error)
{
	lockdep_assert_held(&fgsim->lock);
	WRITE_ONCE(fgsim->running, false);
	if (fgsim_is_away(fgsim))
		lose_card(fgsim->card);
	else
		dmaring_fail(fgsim->stream, error);
}

/* Is it still what it was when it was started? */
void fgsim_check_state(struct fgsim *fgsim)
{
	unsigned long flags;
	u32 state, error;

	spin_lock_irqsave(&fgsim->lock, flags);
	state = fgsim_get32(fgsim->regs->card.state);
	error = fgsim_get32(fgsim->regs->card.error);
	if (fgsim->running && state != FGSIM_RUNNING) {
		if (state == FGSIM_HALTED)
			fgsim_fault(fgsim, &fgsim->counters.halts, "halts",
				    error);
		if (!fgsim_is_away(fgsim))
			dev_err_ratelimited(&fgsim->pdev->dev,
					    "the card stopped by itself: state %u, error %u\n",
					    state, error);
		fgsim_break(fgsim, -EIO);
	}
	spin_unlock_irqrestore(&fgsim->lock, flags);
}

/* A card that waits for a trigger is silent, and that is as it should be. */
bool fgsim_frame_due(void *hw)
{
	struct fgsim *fgsim = hw;
	struct fgsim_bar *regs = fgsim->regs;
	u32 made = fgsim_get32(regs->card.sequence_next) -
		   (u32)fgsim_get64(regs->driver.sequence);
	u32 wanted = READ_ONCE(fgsim->trigger) - fgsim->trigger_start;

	return fgsim_get32(regs->driver.source) != FGSIM_SOURCE_TRIGGER ||
	       made != wanted;
}

/* Has the card answered, or will it never? */
static bool asking_is_over(struct fgsim *fgsim, const __le32 *request,
			   u32 value, const __le32 *reply)
{
	return fgsim_get32(*reply) == value ||
	       fgsim_get32(*request) != value || fgsim_is_away(fgsim);
}

/**
 * fgsim_ask() - have the card look at its registers
 * @fgsim:   the stream.
 * @request: the register that it notices, of the driver page.
 * @value:   a new value of that.
 * @reply:   the register in which it says @value once it has obeyed.
 *
 * Return: 0; -ENODEV: it is away; -EAGAIN: it lost its registers meanwhile, the
 * request among them; -ETIMEDOUT.
 */
int fgsim_ask(struct fgsim *fgsim, __le32 *request, u32 value,
	      const __le32 *reply)
{
	bool over;
	int err;

	if (fgsim_is_away(fgsim))
		return -ENODEV;
	dma_wmb();	/* the registers that it is about */
	fgsim_set32(*request, value);
	fgsim_ring(fgsim);
	err = read_poll_timeout(asking_is_over, over, over, 20,
				ANSWER_TIMEOUT_US, false, fgsim, request, value,
				reply);
	if (fgsim_is_away(fgsim))
		return -ENODEV;
	if (fgsim_get32(*request) != value)
		return -EAGAIN;
	return err;
}

/* ----------------------------------------------------------------- the pulse */

/*
 * Completions that were there a pulse ago and nobody came for.  A work item needs
 * no interrupt, and may have to wait for its turn.
 */
static bool lost_interrupt(struct fgsim *fgsim)
{
	bool pending, lost;

	spin_lock_irq(&fgsim->lock);
	pending = fgsim->running && !fgsim->in_work &&
		  fgsim_get32(fgsim->regs->card.cq_head) != fgsim->cq_tail;
	lost = pending && fgsim->pulse_pending &&
	       fgsim->pulse_tail == fgsim->cq_tail;
	fgsim->pulse_pending = pending;
	fgsim->pulse_tail = fgsim->cq_tail;
	if (lost)
		fgsim_fault(fgsim, &fgsim->counters.lost_interrupts,
			    "lost_interrupts", fgsim->cq_tail);
	spin_unlock_irq(&fgsim->lock);
	return lost;
}

void fgsim_pulse_start(struct fgsim *fgsim)
{
	mod_timer(&fgsim->pulse, jiffies + PULSE_JIFFIES);
}

void fgsim_pulse(struct timer_list *timer)
{
	struct fgsim *fgsim = container_of(timer, struct fgsim, pulse);
	struct fgsim_driver_page *page = &fgsim->regs->driver;

	fgsim_check_state(fgsim);
	if (!READ_ONCE(fgsim->running))
		return;
	fgsim_set32(page->heartbeat, fgsim_get32(page->heartbeat) + 1);
	if (lost_interrupt(fgsim))
		irq_wake_thread(fgsim->frames_irq, fgsim);
	fgsim_pulse_start(fgsim);
}

