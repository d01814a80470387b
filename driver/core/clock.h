/* SPDX-License-Identifier: GPL-2.0-only */
/* A card's clock, mapped to CLOCK_MONOTONIC. */
#ifndef DMARING_CLOCK_H
#define DMARING_CLOCK_H

#include <linux/seqlock.h>
#include <linux/types.h>
#include <linux/workqueue.h>

struct dmaring_stream;

/**
 * struct dmaring_clock - how the card's counter and our clock belong together
 * @hertz:    how often it counts a second; 0: the card has none.
 * @bits:     how many it has.
 * @lock:     guards what follows.
 * @known:    that means something.
 * @ticks:    its value at one moment,
 * @ns:       which was that one, CLOCK_MONOTONIC.
 * @read_ns:  when that was found out,
 * @fresh_ns: and for how long it is good, nanoseconds.
 * @width_ns: how wide the bounds were in the middle of which @ns was.
 * @work:     keeps it right while the card runs.
 */
struct dmaring_clock {
	u32 hertz;
	u32 bits;
	seqlock_t lock;
	bool known;
	u64 ticks;
	u64 ns;
	u64 read_ns;
	s64 fresh_ns;
	s64 width_ns;
	struct delayed_work work;
};

int dmaring_clock_init(struct dmaring_stream *stream, u32 hertz, u32 bits);
void dmaring_clock_start(struct dmaring_stream *stream);
void dmaring_clock_stop(struct dmaring_stream *stream);

#endif /* DMARING_CLOCK_H */
