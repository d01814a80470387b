/* SPDX-License-Identifier: MIT */
/* A stream of the card: what it does between power-on and the end of its guest. */
#ifndef CARD_H
#define CARD_H

#include <linux/dmaring.h>
#include "bar.h"
#include "irq.h"
#include "link.h"
#include "queue.h"
#include "ram.h"
#include "settings.h"
#include "source.h"

/**
 * struct card - one stream, as if it were a card of its own
 * @link, @ram:    common to all streams.
 * @bar, @queue, @source, @irq: its parts.
 * @control:       the last command that was obeyed.
 * @running:       between START and what ends it.
 * @frame_bytes:   told at START.
 * @format:        told at START.
 * @direction:     told at START, enum fgsim_direction.
 * @settings:      the last ones that were obeyed.
 * @sequence:      number of the next frame.
 * @completed:     number that the last completion said, true or not.
 * @lease_ns:      told at START; 0: for ever.
 * @heartbeat:     as it was seen last.
 * @heard_ns:      when it last changed.
 * @told:          how often it was said why the card halted.
 * @busy_ns:       when there last was something to do.
 * @asked_ns:      when the driver last asked for the time.
 * @stalled_until: a fault: no frames before.
 * @deaf_since:    a fault: since when no command to stop is obeyed, or 0.
 * @late:          a fault: this is written after its frame was completed,
 * @late_ns:       not before that.
 */
struct card {
	const struct link *link;
	const struct ram *ram;
	struct bar bar;
	struct queue queue;
	struct source source;
	struct irq irq;

	uint32_t control;
	bool running;
	uint32_t frame_bytes;
	struct dmaring_format format;
	uint32_t direction;
	struct settings settings;
	uint64_t sequence;
	uint64_t completed;
	uint64_t lease_ns;
	uint32_t heartbeat;
	uint64_t heard_ns;
	uint32_t told;
	uint64_t busy_ns;
	uint64_t asked_ns;

	uint64_t stalled_until;
	uint64_t deaf_since;
	uint8_t *late;
	uint64_t late_ns;
};

/* Forget everything: power-on, or the bus was reset. */
void card_power_on(struct card *card);

/* All registers read as ones. */
void card_power_off(struct card *card);

/* Do what is to be done now; returns when there may be more. */
uint64_t card_work(struct card *card, uint64_t now);

/* Before it sleeps: true unless the driver was quicker. */
bool card_may_sleep(struct card *card);
void card_wakes(struct card *card);

#endif /* CARD_H */
