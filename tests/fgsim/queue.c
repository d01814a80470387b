// SPDX-License-Identifier: MIT
#include "queue.h"

void queue_reset(struct queue *queue)
{
	struct bar *bar = queue->bar;

	*queue = (struct queue) { .bar = bar };
	set32(&bar->regs->card.cq_head, 0);
}

/* Is no buffer posted? */
bool queue_empty(struct queue *queue)
{
	if (queue->post_head == queue->post_tail) {
		queue->post_head = get32(&queue->bar->regs->driver.post_head);
		if (queue->post_head - queue->post_tail > FGSIM_POST_ENTRIES)
			queue->error = FGSIM_ERROR_POST;
	}
	return queue->error || queue->post_head == queue->post_tail;
}

/* Add one segment; true if it was the last of the buffer. */
static bool take_segment(struct queue *queue, struct posted *posted)
{
	const struct fgsim_post *entry =
		&queue->bar->regs->post[queue->post_tail++ % FGSIM_POST_ENTRIES];
	uint32_t segment = posted->segments++;

	posted->cookie = get64(&entry->cookie);
	posted->addr[segment] = get64(&entry->addr);
	posted->bytes[segment] = get32(&entry->bytes);
	return !(get32(&entry->flags) & FGSIM_POST_MORE);
}

/* The next buffer; false if there is none. */
bool queue_take(struct queue *queue, struct posted *posted)
{
	posted->segments = 0;
	if (queue_empty(queue))
		return false;
	do {
		if (queue->post_tail == queue->post_head ||
		    posted->segments == FGSIM_SEGMENTS_MAX) {
			queue->error = FGSIM_ERROR_CHAIN;
			return false;
		}
	} while (!take_segment(queue, posted));
	return true;
}

/* Completions that the driver has not read. */
uint32_t queue_waiting(struct queue *queue)
{
	uint32_t waiting = queue->cq_head - get32(&queue->bar->regs->driver.cq_tail);

	if (waiting > FGSIM_CQ_ENTRIES) {
		queue->error = FGSIM_ERROR_TAIL;
		return 0;
	}
	return waiting;
}

/* For a completion, and for another one that should not be there. */
bool queue_has_room(struct queue *queue)
{
	return queue_waiting(queue) + 2 <= FGSIM_CQ_ENTRIES && !queue->error;
}

void queue_complete(struct queue *queue, const struct fgsim_completion *completion)
{
	queue->bar->regs->cq[queue->cq_head++ % FGSIM_CQ_ENTRIES] = *completion;
	set32(&queue->bar->regs->card.cq_head, queue->cq_head + queue->skew);
}
