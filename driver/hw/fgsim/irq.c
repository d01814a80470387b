// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupts, and polling under load.
 *
 * The card interrupts once for each value of cq_arm.  The handler passes on a
 * few frames itself, so that a single one is not delayed; if there are more its
 * thread goes on, without any interrupt, until none is left.  Then cq_arm gets a
 * new value, and the ring is looked at once more.
 *
 * Handlers and threads come before every ordinary process.  A thread that finds
 * their part of the time used up hands over to a work item, which is no better
 * than others: it goes on until no frame is left.
 *
 * How many completions are worth an interrupt follows the load: as many as come
 * in MODERATE_NS, one at a time when frames are further apart.  But never more
 * than a part of the buffers that the card has: what is given back meanwhile must
 * reach the card before it has filled the others.
 */
#include <linux/interrupt.h>
#include <linux/math64.h>
#include <linux/module.h>

#include "fgsim.h"

#define BUDGET		64	/* completions that are passed on under the lock */

#define MODERATE_NS	200000
#define MODERATE_MAX	128U

/* After so much of so much time in handlers and threads a work item goes on. */
#define SPAN_NS		8000000
#define SPAN_IRQ_NS	2000000

/* The average time from frame to frame, at the end of a row of fresh ones. */
static void update_gap(struct fgsim *fgsim)
{
	u64 now = ktime_get_ns();

	if (!fgsim->fresh)
		return;
	fgsim->gap_ns = (3 * fgsim->gap_ns +
			 div_u64(now - fgsim->armed_ns, fgsim->fresh)) / 4;
	fgsim->armed_ns = now;
	fgsim->fresh = 0;
}

/* How many completions the next interrupt shall wait for. */
static void moderate(struct fgsim *fgsim)
{
	/* A hint: who posts more meanwhile only makes it too small. */
	u32 posted = READ_ONCE(fgsim->posted) - fgsim->done;
	u32 most = clamp(posted / FGSIM_UNREPORTED_PART, 1U, MODERATE_MAX);
	u32 count;

	update_gap(fgsim);
	count = min_t(u64, div64_u64(MODERATE_NS, fgsim->gap_ns | 1), most);
	fgsim_set32(fgsim->regs->driver.irq_count, count);
	fgsim_set32(fgsim->regs->driver.irq_time_ns,
		    count > 1 ? MODERATE_NS : 0);
}

/* Who passes on frames. */
enum poller { HANDLER, THREAD, WORK };

/* Ask for the next interrupt; true if completions came meanwhile. */
static bool rearm(struct fgsim *fgsim, bool *lost)
{
	struct fgsim_bar *regs = fgsim->regs;
	u32 sequence_next = fgsim_get32(regs->card.sequence_next);

	lockdep_assert_held(&fgsim->lock);
	moderate(fgsim);
	fgsim_set32(regs->driver.cq_arm, ++fgsim->cq_arm);
	/* f: the card sees cq_arm, or we see its completion. */
	virt_mb();
	if (fgsim_get32(regs->card.cq_head) != fgsim->cq_tail)
		return true;
	*lost = fgsim_account_losses(fgsim, sequence_next);
	/* Who handles the interrupt has to wait for the lock, and then sees it. */
	fgsim->in_work = false;
	return false;
}

/* Have handlers and threads had their part of the time? */
static bool irqs_had_enough(struct fgsim *fgsim, u64 now)
{
	if (now - fgsim->span_ns >= SPAN_NS) {
		fgsim->span_ns = now;
		fgsim->irq_ns = 0;
	}
	return fgsim->irq_ns >= SPAN_IRQ_NS;
}

/* Is it @poller that passes on frames?  A thread that had enough hands over. */
static bool is_in_charge(struct fgsim *fgsim, enum poller poller, u64 now)
{
	lockdep_assert_held(&fgsim->lock);
	if (!fgsim->running)
		return false;
	if (poller == THREAD && !fgsim->in_work &&
	    irqs_had_enough(fgsim, now)) {
		fgsim->in_work = true;
		queue_work(fgsim->queue, &fgsim->poll);
	}
	return fgsim->in_work == (poller == WORK);
}

/* Pass on frames; true if there are more, for the caller. */
static bool fgsim_poll(struct fgsim *fgsim, enum poller poller)
{
	bool mine, more = false, lost = false;
	u64 start = ktime_get_ns();
	unsigned long flags;

	spin_lock_irqsave(&fgsim->lock, flags);
	mine = is_in_charge(fgsim, poller, start);
	if (mine) {
		fgsim->counters.polls++;
		more = fgsim_drain(fgsim, BUDGET);
	}
	spin_unlock_irqrestore(&fgsim->lock, flags);
	if (!mine)
		return false;
	/* First of all, so that the interrupt is asked for with them in mind. */
	dmaring_refill(fgsim->stream);

	spin_lock_irqsave(&fgsim->lock, flags);
	if (fgsim->running && !more)
		more = rearm(fgsim, &lost);
	if (poller != WORK)
		fgsim->irq_ns += ktime_get_ns() - start;
	spin_unlock_irqrestore(&fgsim->lock, flags);
	if (lost)
		dmaring_refill(fgsim->stream);
	return more;
}

static irqreturn_t frames_irq(int irq, void *data)
{
	struct fgsim *fgsim = data;

	fgsim->counters.interrupts++;
	return fgsim_poll(fgsim, HANDLER) ? IRQ_WAKE_THREAD : IRQ_HANDLED;
}

static irqreturn_t frames_thread(int irq, void *data)
{
	while (fgsim_poll(data, THREAD))
		cond_resched();
	return IRQ_HANDLED;
}

void fgsim_poll_work(struct work_struct *work)
{
	struct fgsim *fgsim = container_of(work, struct fgsim, poll);

	while (fgsim_poll(fgsim, WORK))
		cond_resched();
}

static irqreturn_t event_irq(int irq, void *data)
{
	struct fgsim *fgsim = data;

	fgsim->counters.events++;
	fgsim_check_state(fgsim);
	/* Lost frames are accounted for when the ring is empty. */
	return fgsim_poll(fgsim, HANDLER) ? IRQ_WAKE_THREAD : IRQ_HANDLED;
}

/* Begin to listen to a card that was just started. */
void fgsim_irq_start(struct fgsim *fgsim)
{
	struct fgsim_driver_page *page = &fgsim->regs->driver;

	spin_lock_irq(&fgsim->lock);
	fgsim->armed_ns = ktime_get_ns();
	fgsim->gap_ns = MODERATE_NS;
	fgsim->fresh = 0;
	fgsim->in_work = false;
	fgsim->pulse_pending = false;
	fgsim->running = true;
	fgsim_set32(page->irq_count, 1);
	fgsim_set32(page->irq_time_ns, 0);
	fgsim_set32(page->cq_arm, ++fgsim->cq_arm);
	spin_unlock_irq(&fgsim->lock);
	fgsim_pulse_start(fgsim);
}

static int request_irqs(struct fgsim *fgsim)
{
	int err, first = fgsim->number * FGSIM_VECTORS;

	/* Not bound: nothing else of its processor's has to wait for it. */
	fgsim->queue = alloc_workqueue("dmaring_fgsim", WQ_UNBOUND, 1);
	if (!fgsim->queue)
		return -ENOMEM;
	fgsim->frames_irq = pci_irq_vector(fgsim->pdev,
					   first + FGSIM_VECTOR_FRAMES);
	fgsim->event_irq = pci_irq_vector(fgsim->pdev,
					  first + FGSIM_VECTOR_EVENT);
	err = request_threaded_irq(fgsim->frames_irq, frames_irq, frames_thread,
				   0, "dmaring_fgsim", fgsim);
	if (err)
		goto err_destroy_queue;
	err = request_threaded_irq(fgsim->event_irq, event_irq, frames_thread,
				   0, "dmaring_fgsim-event", fgsim);
	if (err)
		goto err_free_frames;
	return 0;

err_free_frames:
	free_irq(fgsim->frames_irq, fgsim);
err_destroy_queue:
	destroy_workqueue(fgsim->queue);
	return err;
}

static void free_irqs(struct fgsim *fgsim)
{
	free_irq(fgsim->event_irq, fgsim);
	free_irq(fgsim->frames_irq, fgsim);
	destroy_workqueue(fgsim->queue);
}

int fgsim_request_irqs(struct fgsim_card *card)
{
	int err, vectors = card->count * FGSIM_VECTORS;
	u32 i;

	err = pci_alloc_irq_vectors(card->pdev, vectors, vectors, PCI_IRQ_MSIX);
	if (err < 0) {
		dev_err(&card->pdev->dev, "no %d MSI-X vectors (%d): QEMU needs vectors=%d, the kernel MSI\n",
			vectors, err, vectors);
		return err;
	}
	for (i = 0; i < card->count; i++) {
		err = request_irqs(&card->streams[i]);
		if (err)
			goto err_free_irqs;
	}
	return 0;

err_free_irqs:
	while (i--)
		free_irqs(&card->streams[i]);
	pci_free_irq_vectors(card->pdev);
	return err;
}

void fgsim_free_irqs(struct fgsim_card *card)
{
	u32 i;

	for (i = 0; i < card->count; i++)
		free_irqs(&card->streams[i]);
	pci_free_irq_vectors(card->pdev);
}
