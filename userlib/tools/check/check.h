/* SPDX-License-Identifier: MIT */
/*
 * The parts of "dmaring check".
 *
 * A group is a few things that must be true of a hardware driver: its points.  Its
 * run() looks at them as often as it likes, and each is one line in the end: FAIL, if
 * it was not so at any look; skip, if nobody had a chance to look.
 */
#ifndef CHECK_H
#define CHECK_H

#include "../lib/options.h"

#include <libdmaring.h>
#include <stdbool.h>
#include <stdint.h>

#define CHECK_POINTS_MAX 16
#define CHECK_TEXT 320

struct check;

struct check_point {
	const char *what;	/* is so */
	const char *look;	/* where the mistake may be, if not */
};

enum check_needs {
	CHECK_CAPTURE	  = 1U << 0,	/* a stream that goes that way */
	CHECK_PLAYBACK	  = 1U << 1,
	CHECK_DESTRUCTIVE = 1U << 2,	/* leave to take the device away */
};

struct check_group {
	const char *name;
	const char *about;
	const struct check_point *points;
	unsigned int count;
	unsigned int needs;
	void (*run)(struct check *check);
};

#define CHECK_COUNT(points) (sizeof(points) / sizeof((points)[0]))

extern const struct check_group check_info;
extern const struct check_group check_buffers;
extern const struct check_group check_run;
extern const struct check_group check_stop;
extern const struct check_group check_time;
extern const struct check_group check_interrupts;
extern const struct check_group check_account;
extern const struct check_group check_starve;
extern const struct check_group check_consumers;
extern const struct check_group check_playback;
extern const struct check_group check_trust;
extern const struct check_group check_format;
extern const struct check_group check_control;
extern const struct check_group check_life;

/* What was seen of a point. */
struct check_verdict {
	uint64_t looked;
	uint64_t faults;
	bool warning;
	char text[CHECK_TEXT];	/* the first fault, a warning, or why it is skipped */
};

struct check_tally {
	unsigned int ok;
	unsigned int failed;
	unsigned int skipped;
	unsigned int warnings;
};

struct check {
	const struct options *options;
	const char *device;
	struct dmaring_info info;
	struct dmaring_stats before;	/* all groups */
	uint64_t time_ns;		/* for what takes frames for a time */
	uint64_t patience_ns;		/* for a frame */
	uint64_t period_ns;		/* from frame to frame; 0: not known yet */
	bool silent;			/* a frame was waited for, and none came */
	const struct check_group *group;
	struct check_verdict verdicts[CHECK_POINTS_MAX];
	char reason[CHECK_TEXT];	/* why there was no chance */
	struct check_tally tally;
};

/* Look at a point: it is @good, or else the rest says what is.  Return: @good. */
__attribute__((format(printf, 4, 5)))
bool check_that(struct check *check, unsigned int point, bool good,
		const char *format, ...);

/* The same of a call of the library: if not 0, dmaring_error() says what is. */
bool check_call(struct check *check, unsigned int point, int err);

/* It is allowed, but odd. */
__attribute__((format(printf, 3, 4)))
void check_warn(struct check *check, unsigned int point, const char *format, ...);

/* Why nobody can look. */
__attribute__((format(printf, 3, 4)))
void check_skip(struct check *check, unsigned int point, const char *format, ...);

/* The same for all points that nobody will look at. */
__attribute__((format(printf, 2, 3)))
void check_give_up(struct check *check, const char *format, ...);

/* collect.c: one group after the other; or a list of them.  Return: exit code. */
int check_groups(struct check *check, const struct check_group *const *groups,
		 unsigned int count);

#endif /* CHECK_H */
