/* SPDX-License-Identifier: MIT */
/*
 * The counters of streams as Prometheus reads them: its text format 0.0.4, which
 * node_exporter takes from files and promtool checks.  (OpenMetrics 1.0 is the same
 * text but for the TYPE line of counters, which has no "_total" there.)
 * Source: https://prometheus.io/docs/instrumenting/exposition_formats/
 */
#ifndef METRICS_H
#define METRICS_H

#include "sample.h"

#include <stdio.h>

#define METRICS_STREAM 32

struct metrics_stream {
	char name[METRICS_STREAM];	/* "dmaring0" */
	struct sample sample;
};

void metrics_print(FILE *out, const struct metrics_stream *streams,
		   unsigned int count);

/* Of each stream that is named, or of every one.  One that goes away meanwhile is left
 * out, none at all is no error.
 * Return: an exit code, all said.
 */
int metrics_print_all(FILE *out, char **names, int count);

#endif /* METRICS_H */
