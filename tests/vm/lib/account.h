/* SPDX-License-Identifier: MIT */
/*
 * A consumer's own books: what it can derive from the frames it took must be
 * what the kernel has counted, to the last frame.
 */
#ifndef ACCOUNT_H
#define ACCOUNT_H

#include "stream.h"

struct account {
	uint64_t next_sequence;		/* of the next frame, if none is missing */
	uint64_t overruns_total;	/* as of the last frame */
	uint64_t taken;
	uint64_t overruns;		/* before the frames taken, since START */
	uint64_t dropped;
};

/* After START.  Frames may have come already. */
static inline struct account account_open(int fd)
{
	struct dmaring_stats stats = stream_stats(fd);

	return (struct account) {
		.next_sequence = stats.produced - stats.consumer_produced,
		.overruns_total = stats.overruns - stats.consumer_overruns,
	};
}

/* In the order in which they were taken. */
static inline void account_frame(struct account *account, const struct dmaring_frame *frame)
{
	uint64_t missing = frame->sequence - account->next_sequence;
	uint64_t overruns = frame->overruns_total - account->overruns_total;

	if (!CHECK(frame->sequence >= account->next_sequence) || !CHECK(overruns <= missing))
		printf("# frame %llu: %llu missing, %llu of them overruns\n",
		       (unsigned long long)frame->sequence, (unsigned long long)missing,
		       (unsigned long long)overruns);
	account->taken++;
	account->overruns += overruns;
	account->dropped += missing - overruns;
	account->next_sequence = frame->sequence + 1;
	account->overruns_total = frame->overruns_total;
}

/* While it runs: all that was missing between frames has been counted. */
static inline void account_check(const struct account *account, int fd)
{
	struct dmaring_stats stats = stream_stats(fd);

	CHECK_EQ(stats.consumer_delivered, account->taken);
	CHECK(stats.consumer_overruns >= account->overruns);
	CHECK(stats.consumer_dropped >= account->dropped);
}

/* After STOP: what came after the last frame taken was lost or dropped, too. */
static inline void account_close(const struct account *account, int fd)
{
	struct dmaring_stats stats = stream_stats(fd);
	uint64_t counted = account->taken + account->overruns + account->dropped;
	uint64_t rest = stats.consumer_produced - counted;
	uint64_t overruns = stats.consumer_overruns - account->overruns;

	CHECK_EQ(stats.consumer_running, 0);
	CHECK_EQ(stats.consumer_waiting, 0);
	CHECK_EQ(stats.consumer_delivered, account->taken);
	CHECK(stats.consumer_produced >= counted);
	CHECK(overruns <= rest);
	CHECK_EQ(stats.consumer_dropped, account->dropped + rest - overruns);
}

#endif /* ACCOUNT_H */
