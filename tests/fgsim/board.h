/* SPDX-License-Identifier: MIT */
/* The card as a whole: its streams, and what is common to them. */
#ifndef BOARD_H
#define BOARD_H

#include "card.h"

/**
 * struct board - all of it
 * @link, @ram:  what it is connected with.
 * @memory:      of BAR2, for QEMU.
 * @streams:     what each of them does.
 * @count:       how many there are.
 * @away_until:  a fault: no card before; 0: it is there.
 */
struct board {
	struct link link;
	struct ram ram;
	int memory;
	struct card streams[FGSIM_STREAMS_MAX];
	uint32_t count;
	uint64_t away_until;
};

/* Once, before all else; frames that are so late are lost. */
void board_create(struct board *board, uint32_t count, uint64_t slack_ns);

/* Forget everything: power-on, or the bus was reset. */
void board_power_on(struct board *board);
void board_bus_reset(struct board *board);

/* Do what is to be done now; returns when there may be more. */
uint64_t board_work(struct board *board, uint64_t now);

/* Before it sleeps: true unless a driver was quicker. */
bool board_may_sleep(struct board *board);
void board_wakes(struct board *board);

#endif /* BOARD_H */
