// SPDX-License-Identifier: MIT
#include "irq.h"
#include "fault.h"
#include "now.h"

void irq_reset(struct irq *irq)
{
	*irq = (struct irq) { .link = irq->link, .first = irq->first };
}

void irq_raise(const struct irq *irq, enum fgsim_vector vector)
{
	link_interrupt(irq->link, irq->first + vector);
}

static uint64_t update_event(struct irq *irq, uint64_t now)
{
	uint64_t due = irq->event_ns + FGSIM_EVENT_NS;

	if (!irq->event)
		return NEVER;
	if (now < due)
		return due;
	irq->event = false;
	irq->event_ns = now;
	irq_raise(irq, FGSIM_VECTOR_EVENT);
	return NEVER;
}

static void raise_frames(struct irq *irq, struct bar *bar, uint32_t arm)
{
	irq->served = arm;
	irq->since_ns = 0;
	if (!fault_now(bar, FGSIM_FAULT_LOST_IRQ))
		irq_raise(irq, FGSIM_VECTOR_FRAMES);
}

static uint64_t update_frames(struct irq *irq, struct queue *queue, uint64_t now)
{
	const struct fgsim_driver_page *page = &queue->bar->regs->driver;
	uint32_t arm, waiting;
	uint64_t due;

	/* f: we see what the driver armed, or it sees our completion. */
	full_barrier();
	arm = get32(&page->cq_arm);
	waiting = arm == irq->served ? 0 : queue_waiting(queue);
	if (!waiting) {
		irq->since_ns = 0;
		return NEVER;
	}
	if (!irq->since_ns)
		irq->since_ns = now;
	due = irq->since_ns + get32(&page->irq_time_ns);
	if (now < due && waiting < get32(&page->irq_count))
		return due;
	raise_frames(irq, queue->bar, arm);
	return NEVER;
}

uint64_t irq_update(struct irq *irq, struct queue *queue, uint64_t now)
{
	return earlier(update_event(irq, now), update_frames(irq, queue, now));
}
