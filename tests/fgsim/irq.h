/* SPDX-License-Identifier: MIT */
/* When a stream interrupts. */
#ifndef IRQ_H
#define IRQ_H

#include "bar.h"
#include "link.h"
#include "queue.h"

/**
 * struct irq - both vectors
 * @link:       raises them.
 * @first:      the first one's number among those of the card.
 * @served:     the @cq_arm that the last interrupt answered.
 * @since_ns:   when completions began to wait for the next one; 0: none does.
 * @event:      an event is to be told.
 * @event_ns:   when the last one was.
 */
struct irq {
	const struct link *link;
	uint32_t first;
	uint32_t served;
	uint64_t since_ns;
	bool event;
	uint64_t event_ns;
};

void irq_reset(struct irq *irq);
void irq_raise(const struct irq *irq, enum fgsim_vector vector);

/* Interrupt if it is time; returns when to look again. */
uint64_t irq_update(struct irq *irq, struct queue *queue, uint64_t now);

#endif /* IRQ_H */
