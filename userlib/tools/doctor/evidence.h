/* SPDX-License-Identifier: MIT */
/*
 * Plain facts about a stream that may have lost frames, wherever they come from: its
 * counters, looked at again and again; a trace of each buffer's life; the index of a
 * recording.  Nothing here reasons; causes.h does.
 */
#ifndef EVIDENCE_H
#define EVIDENCE_H

#include <linux/dmaring.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EVIDENCE_CONSUMERS 32	/* bits of stats.consumers */
#define EVIDENCE_WORD 32

/* What a process was doing whenever somebody looked */
enum doing {
	DOING_RUN,		/* or wanted to */
	DOING_SLEEP,
	DOING_DISK,		/* asleep, and not to be interrupted */
	DOING_STOPPED,
	DOINGS,
};

/* What is known at one instant */
struct moment {
	uint64_t time_ns;
	uint64_t completed, overruns;	/* so far */
	bool polled;		/* more may have happened since the last one */
	bool has_buffers;	/* the rest is known */
	uint32_t armed;
	uint32_t aside;		/* kept from everybody */
	uint32_t consumers;	/* bit n: consumer n is there */
	struct moment_of {
		uint32_t waiting, held;
		uint64_t taken, released;	/* so far */
	} of[EVIDENCE_CONSUMERS];
};

struct consumer_facts {
	uint32_t policy;	/* 0: nobody knows */
	uint32_t watermark;	/* 0: nobody knows */
	uint32_t reserved;
	int32_t pid;		/* 0: nobody knows */
	char name[EVIDENCE_WORD];	/* of the process */
	uint64_t taken;		/* in the time */
	uint64_t longest_pause_ns;	/* neither took nor gave back what it had */
	uint64_t longest_hold_ns;	/* kept one frame, or all of those it had */
	/* When frames were lost, and it had the most buffers */
	uint64_t lost;
	uint32_t lost_waiting, lost_held;	/* when it had the most */
	/* Of the process */
	uint64_t looks[DOINGS], looks_in_pause[DOINGS];
	uint64_t ran_ns, queued_ns;	/* on a processor, and waiting for one */
	uint64_t queued_most_ns;	/* in one pause */
	uint64_t written_bytes;
};

struct late_facts {
	uint64_t count;		/* times that completions came late and together */
	uint64_t longest_ns;
	uint32_t most;		/* at once */
	uint64_t batches;	/* late or not */
};

struct evidence {
	enum { FROM_LIVE, FROM_INDEX, FROM_TRACE } from;
	char subject[64];	/* the stream or file */
	uint64_t begin_ns, end_ns;
	double rate;		/* frames a second that the card makes; 0: nobody knows */
	uint32_t buffers;	/* of the pool; 0: nobody knows */
	uint32_t buffers_asked;	/* 0: as many as there are */
	uint32_t viewer_buffers;
	uint64_t frame_bytes;
	char driver[EVIDENCE_WORD];
	bool running;		/* FROM_LIVE: the card did, at some look; */
	bool rested;		/* it did not, at another one */

	uint64_t completed, overruns;	/* in the time */
	uint64_t bad_completions, bad_lengths, errors, stalls, starts, dropped;
	uint64_t discontinuities;
	uint64_t lost_interrupts;	/* of which the card's driver says so */
	uint32_t quarantined, referenced;
	uint32_t least_armed;
	bool has_buffers;	/* armed, waiting and held are known */

	/* Frames that were lost: */
	uint64_t lost_held;	/* while consumers had the buffers, */
	uint64_t lost_aside;	/* while they were kept from everybody, */
	uint64_t lost_late;	/* because completions came late, */
	uint64_t lost_armed;	/* though the card had buffers, */
	uint64_t lost_unknown;	/* when nobody knows who had them. */
	uint32_t armed_at_loss;	/* fewest, when the card had buffers */
	uint32_t aside_at_loss;	/* most, when they were kept from everybody */
	uint64_t bursts, longest_burst;	/* of lost frames */
	uint64_t first_loss_ns, last_loss_ns;
	/* A recording: how many bursts came at the beginning of a file, in even steps */
	uint32_t files, bursts_at_file;
	uint64_t bursts_even, burst_step_ns;

	struct late_facts late;
	struct consumer_facts of[EVIDENCE_CONSUMERS];

	/* Of the machine; unset where nobody could look */
	bool has_irqs;
	uint64_t interrupts;
	char irq[EVIDENCE_WORD], irq_cpus[EVIDENCE_WORD];
	int64_t rt_runtime_us;	/* INT64_MIN: nobody knows */
	char rt_hog[EVIDENCE_WORD];	/* real-time process that ran most; "": none */
	int32_t rt_hog_pid;
	uint32_t rt_hog_percent;
	char disk[EVIDENCE_WORD];	/* the busiest; "": nobody knows */
	uint32_t disk_busy_percent;
	const char *untraced;	/* why there are no exact times; NULL: there are */
	uint64_t trace_lost;	/* events that the kernel had no room for */

	/* Where things stand, for evidence_add() */
	struct {
		bool begun;
		/* The one with the fewest armed in this batch, and in the one before */
		struct moment last, dry, dry_before;
		uint64_t completion_ns, plenty_ns, gap_ns;
		uint32_t batch;
		bool late, late_before;
		bool dry_late;	/* the last buffers went in completions that came late */
		uint64_t loss_completed;	/* completed at the last loss */
		uint64_t burst;
		struct {
			uint64_t progress_ns, progress, hold_ns, released;
		} of[EVIDENCE_CONSUMERS];
	} now;
};

void evidence_begin(struct evidence *evidence, const char *subject);

/* The next moment. */
void evidence_add(struct evidence *evidence, const struct moment *moment);

/* Nothing follows. */
void evidence_end(struct evidence *evidence);

/* Is the consumer in a pause now?  For who looks at its process then. */
bool evidence_in_pause(const struct evidence *evidence, unsigned int consumer);

/* What an exact source knows better, where it saw as many losses. */
void evidence_refine(struct evidence *evidence, const struct evidence *exact);

/* Nanoseconds from frame to frame; 0: nobody knows. */
uint64_t evidence_period_ns(const struct evidence *evidence);

/* Buffers that are as good as none: a card cannot always use the last ones. */
uint32_t evidence_slack(const struct evidence *evidence);

/* Frames a second that the card makes, as its format says, which may tell of samples;
 * 0: it does not.
 */
double evidence_rate(const struct dmaring_format *format);

#endif /* EVIDENCE_H */
