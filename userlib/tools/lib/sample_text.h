/* SPDX-License-Identifier: MIT */
/* Samples for people to read. */
#ifndef SAMPLE_TEXT_H
#define SAMPLE_TEXT_H

#include "line.h"
#include "sample.h"

/* A line of the table each */
void sample_add_counter(struct line *line, const struct sample *now,
			const struct sample *before,
			const struct counter *counter);
void sample_add_consumer_head(struct line *line, const struct sample *now);
void sample_add_consumer(struct line *line, const struct sample *now,
			 const struct sample *before,
			 const struct dmaring_stats *of);

/* The whole table, to stdout */
void sample_print_table(const struct sample *now);

/* All in one line, to stdout */
void sample_print_line(const struct sample *now, const struct sample *before);

#endif /* SAMPLE_TEXT_H */
