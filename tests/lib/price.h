/* SPDX-License-Identifier: MIT */
/*
 * What something costs: instructions on a machine with --cost, where a nanosecond of
 * the guest's clock is one; elsewhere nanoseconds.  A figure is printed as a line
 * "## VALUE UNIT: WHAT", which the benchmarks read.
 *
 * usage of programs that include it: NAME [ns]
 */
#ifndef PRICE_H
#define PRICE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "now.h"

static int price_in_ns;

static inline void price_options(int argc, char **argv)
{
	price_in_ns = argc > 1 && !strcmp(argv[1], "ns");
}

static inline void price_print(double value, const char *what)
{
	printf("## %.1f %s: %s\n", value, price_in_ns ? "ns" : "instructions", what);
}

/* The least of some measurements: in the others something came between. */
static inline double price_least(const double *values, int count)
{
	double found = values[0];

	for (int i = 1; i < count; i++)
		found = values[i] < found ? values[i] : found;
	return found;
}

static inline int price_compare(const void *left, const void *right)
{
	double difference = *(const double *)left - *(const double *)right;

	return (difference > 0) - (difference < 0);
}

/* Sorts them. */
static inline double price_middle(double *values, int count)
{
	qsort(values, count, sizeof(*values), price_compare);
	return values[count / 2];
}

static inline double price_of_clock(void)
{
	double values[9];

	for (int i = 0; i < 9; i++) {
		long long start = now_ns();

		values[i] = now_ns() - start;
	}
	return price_least(values, 9);
}

/* The price of one of @count things that were done between @start and now. */
static inline double price_each(long long start, int count)
{
	long long end = now_ns();

	return (end - start - price_of_clock()) / count;
}

#endif /* PRICE_H */
