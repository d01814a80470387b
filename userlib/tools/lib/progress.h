/* SPDX-License-Identifier: MIT */
/* One line on the terminal that is written over and over. */
#ifndef PROGRESS_H
#define PROGRESS_H

#include "line.h"
#include "options.h"
#include "result.h"

struct progress {
	bool wanted;
	uint64_t goal_frames;	/* 0: none */
	uint64_t goal_ns;	/* 0: none */
	uint64_t next_ns;
	uint64_t silence_ns;	/* 0: for ever */
};

/* Nothing is shown unless stderr is a terminal. */
void progress_begin(struct progress *progress, const struct options *options);

/* Of another kind than a capture's: is it time for a line; the line. */
bool progress_is_due(struct progress *progress);
void progress_write(const struct line *line);

/* Often called, seldom does anything. */
void progress_show(struct progress *progress, const struct result *result);

/* Makes room for another message, or for the summary. */
void progress_clear(const struct progress *progress);

/* Return: -ETIMEDOUT, said, if no frame has come since @heard_ns for as long as may be; 0. */
int progress_check_silence(const struct progress *progress, const char *device,
			   uint64_t heard_ns);

#endif /* PROGRESS_H */
