// SPDX-License-Identifier: MIT
#include "board.h"
#include "fault.h"
#include "now.h"

#include <stdio.h>

void board_create(struct board *board, uint32_t count, uint64_t slack_ns)
{
	struct bar bars[FGSIM_STREAMS_MAX];

	board->memory = bar_create(bars, count);
	board->count = count;
	board->link.vector_count = count * FGSIM_VECTORS;
	for (uint32_t i = 0; i < count; i++) {
		struct card *card = &board->streams[i];

		card->link = &board->link;
		card->ram = &board->ram;
		card->bar = bars[i];
		card->irq.first = i * FGSIM_VECTORS;
		card->source.slack_ns = slack_ns;
	}
}

void board_power_on(struct board *board)
{
	board->away_until = 0;
	for (uint32_t i = 0; i < board->count; i++)
		card_power_on(&board->streams[i]);
}

void board_bus_reset(struct board *board)
{
	fprintf(stderr, "fgsim: the bus was reset\n");
	for (uint32_t i = 0; i < board->count; i++)
		board->streams[i].bar.resets++;
	board_power_on(board);
}

/* Whichever stream was asked to: the card is not there any more. */
static void go_away(struct board *board, uint64_t until)
{
	board->away_until = until;
	for (uint32_t i = 0; i < board->count; i++)
		card_power_off(&board->streams[i]);
}

static void make_faults(struct board *board, uint64_t now)
{
	for (uint32_t i = 0; i < board->count; i++) {
		struct bar *bar = &board->streams[i].bar;
		uint64_t away_ms = get32(&bar->regs->fault.away_ms);

		if (!fault_now(bar, FGSIM_FAULT_AWAY))
			continue;
		go_away(board, now + away_ms * NS_PER_MS);
		return;
	}
}

uint64_t board_work(struct board *board, uint64_t now)
{
	uint64_t again = NEVER;

	if (board->away_until && now >= board->away_until)
		board_power_on(board);
	if (!board->away_until)
		make_faults(board, now);
	if (board->away_until)
		return board->away_until;
	for (uint32_t i = 0; i < board->count; i++)
		again = earlier(again, card_work(&board->streams[i], now));
	return again;
}

bool board_may_sleep(struct board *board)
{
	bool may = true;

	for (uint32_t i = 0; i < board->count && may; i++)
		may = card_may_sleep(&board->streams[i]);
	return may;
}

void board_wakes(struct board *board)
{
	for (uint32_t i = 0; i < board->count; i++)
		card_wakes(&board->streams[i]);
}
