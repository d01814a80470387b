// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupts, and polling under load.
 *
 * The card interrupts once for each value of cq_arm.  The handler passes on a
 * few frames itself, so that a single one is not delayed; if there are more its
 * thread goes on, without any interrupt, until none is left.  Then cq_arm gets a
 * new value, and the ring is looked at once more.
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

#define IRQ_BUDGET	64
#define THREAD_BUDGET	64

#define MODERATE_NS	200000
#define MODERATE_MAX	128U

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
	return false;
}

/* Pass on frames; true if there are more. */
static bool fgsim_poll(struct fgsim *fgsim, u32 budget)
{
	bool more = false, lost = false;
	unsigned long flags;

	spin_lock_irqsave(&fgsim->lock, flags);
	fgsim->counters.polls++;
	if (fgsim->running)
		more = fgsim_drain(fgsim, budget);
	spin_unlock_irqrestore(&fgsim->lock, flags);
	/* First of all, so that the interrupt is asked for with them in mind. */
	dmaring_refill(fgsim->stream);
	if (more)
		return true;

	spin_lock_irqsave(&fgsim->lock, flags);
	if (fgsim->running)
		more = rearm(fgsim, &lost);
	spin_unlock_irqrestore(&fgsim->lock, flags);
	if (lost)
		dmaring_refill(fgsim->stream);
	return more;
}

static irqreturn_t frames_irq(int irq, void *data)
{
	struct fgsim *fgsim = data;

	fgsim->counters.interrupts++;
	return fgsim_poll(fgsim, IRQ_BUDGET) ? IRQ_WAKE_THREAD : IRQ_HANDLED;
}

static irqreturn_t frames_thread(int irq, void *data)
{
	while (fgsim_poll(data, THREAD_BUDGET))
		cond_resched();
	return IRQ_HANDLED;
}

static irqreturn_t event_irq(int irq, void *data)
{
	struct fgsim *fgsim = data;

	fgsim->counters.events++;
	fgsim_check_state(fgsim);
	/* Lost frames are accounted for when the ring is empty. */
	return fgsim_poll(fgsim, IRQ_BUDGET) ? IRQ_WAKE_THREAD : IRQ_HANDLED;
}

/* Begin to listen to a card that was just started. */
void fgsim_irq_start(struct fgsim *fgsim)
{
	struct fgsim_driver_page *page = &fgsim->regs->driver;

	spin_lock_irq(&fgsim->lock);
	fgsim->armed_ns = ktime_get_ns();
	fgsim->gap_ns = MODERATE_NS;
	fgsim->fresh = 0;
	fgsim->pulse_pending = false;
	fgsim->running = true;
	fgsim_set32(page->irq_count, 1);
	fgsim_set32(page->irq_time_ns, 0);
	fgsim_set32(page->cq_arm, ++fgsim->cq_arm);
	spin_unlock_irq(&fgsim->lock);
	fgsim_pulse_start(fgsim);
}

int fgsim_request_irqs(struct fgsim *fgsim)
{
	struct pci_dev *pdev = fgsim->pdev;
	int err;

	err = pci_alloc_irq_vectors(pdev, FGSIM_VECTORS, FGSIM_VECTORS,
				    PCI_IRQ_MSIX);
	if (err < 0) {
		dev_err(&pdev->dev, "no %u MSI-X vectors (%d): QEMU needs vectors=%u, the kernel MSI\n",
			FGSIM_VECTORS, err, FGSIM_VECTORS);
		return err;
	}
	fgsim->frames_irq = pci_irq_vector(pdev, FGSIM_VECTOR_FRAMES);
	err = request_threaded_irq(fgsim->frames_irq, frames_irq, frames_thread,
				   0, "dmaring_fgsim", fgsim);
	if (err)
		goto err_free_vectors;
	err = request_threaded_irq(pci_irq_vector(pdev, FGSIM_VECTOR_EVENT),
				   event_irq, frames_thread, 0,
				   "dmaring_fgsim-event", fgsim);
	if (err)
		goto err_free_frames;
	return 0;

err_free_frames:
	free_irq(fgsim->frames_irq, fgsim);
err_free_vectors:
	pci_free_irq_vectors(pdev);
	return err;
}

void fgsim_free_irqs(struct fgsim *fgsim)
{
	free_irq(pci_irq_vector(fgsim->pdev, FGSIM_VECTOR_EVENT), fgsim);
	free_irq(fgsim->frames_irq, fgsim);
	pci_free_irq_vectors(fgsim->pdev);
}
