/* SPDX-License-Identifier: MIT */
/* The two rings, from the card's side. */
#ifndef QUEUE_H
#define QUEUE_H

#include <stdbool.h>
#include "bar.h"

/**
 * struct posted - a buffer that the driver posted
 * @cookie:   comes back in the completion.
 * @segments: how many.
 * @addr:     per segment.
 * @bytes:    per segment.
 */
struct posted {
	uint64_t cookie;
	uint32_t segments;
	uint64_t addr[FGSIM_SEGMENTS_MAX];
	uint32_t bytes[FGSIM_SEGMENTS_MAX];
};

/**
 * struct queue - both rings
 * @bar:       where they are.
 * @post_head: as far as it was looked at.
 * @post_tail: next entry of the posted ring to be read.
 * @cq_head:   next completion to be written.
 * @skew:      what the driver is told is so far off; a fault.
 * @error:     what is wrong with the driver's indices or buffers.
 */
struct queue {
	struct bar *bar;
	uint32_t post_head;
	uint32_t post_tail;
	uint32_t cq_head;
	uint32_t skew;
	enum fgsim_error error;
};

void queue_reset(struct queue *queue);
bool queue_empty(struct queue *queue);
bool queue_take(struct queue *queue, struct posted *posted);
bool queue_has_room(struct queue *queue);
uint32_t queue_waiting(struct queue *queue);
void queue_complete(struct queue *queue, const struct fgsim_completion *completion);

#endif /* QUEUE_H */
