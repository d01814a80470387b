/* SPDX-License-Identifier: MIT */
/* Recordings that are shares of one series: are its frames all there? */
#ifndef SHARES_H
#define SHARES_H

#include "share.h"

/**
 * struct shares - what is known of a series
 * @series:     its name.
 * @count:      shares.
 * @frames:     that are in one of them.
 * @duplicates: more of the same.
 * @lost:       that the sender has counted: lost by the card, dropped or skipped.
 * @missing:    that were sent and are in no share.
 * @has_first:  what is missing before the first frame that is there was counted.
 * @has_end:    what is missing behind the last one was counted.
 */
struct shares {
	char series[WIRE_SERIES];
	unsigned int count;
	uint64_t frames;
	uint64_t duplicates;
	uint64_t lost;
	uint64_t missing;
	bool has_first;
	bool has_end;
};

/* Says which frames are missing, the first few of them.
 * Return: 0; -ENOENT, nothing said: the only one is no share; another negative errno,
 * all said, also for shares of different series.
 */
int shares_check(char **paths, unsigned int count, struct shares *shares);

#endif /* SHARES_H */
