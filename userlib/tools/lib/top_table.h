/* SPDX-License-Identifier: MIT */
/* What "dmaring top" shows: a line for each stream, and below it one for each consumer. */
#ifndef TOP_TABLE_H
#define TOP_TABLE_H

#include "line.h"
#include "top_streams.h"

void top_table_title(struct line *line, const struct top_streams *streams);

/* Calls @add for a new line, as often as there are some. */
void top_table_add(const struct top_streams *streams,
		   struct line *(*add)(void *argument), void *argument);

/* One object on one line for each stream, to stdout */
void top_table_json(const struct top_streams *streams);

#endif /* TOP_TABLE_H */
