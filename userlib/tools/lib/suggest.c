// SPDX-License-Identifier: MIT
#include "suggest.h"

#include <string.h>

#define WORD_MAX 63
#define SLIPS_MAX 2

static unsigned int least(unsigned int a, unsigned int b, unsigned int c)
{
	unsigned int less = a < b ? a : b;

	return less < c ? less : c;
}

/* Levenshtein's edit distance of two words of at most WORD_MAX letters */
static unsigned int distance(const char *a, const char *b)
{
	unsigned int row[WORD_MAX + 1], columns = strlen(b);
	unsigned int diagonal, above, i;

	for (i = 0; i <= columns; i++)
		row[i] = i;
	for (; *a; a++) {
		diagonal = row[0]++;
		for (i = 1; i <= columns; i++) {
			above = row[i];
			row[i] = least(above + 1, row[i - 1] + 1,
				       diagonal + (*a != b[i - 1]));
			diagonal = above;
		}
	}
	return row[columns];
}

const char *suggest(const char *word, const char *const *names, size_t count)
{
	unsigned int slips, fewest = SLIPS_MAX + 1;
	const char *nearest = NULL;
	size_t i;

	if (strlen(word) > WORD_MAX)
		return NULL;
	for (i = 0; i < count; i++) {
		slips = distance(word, names[i]);
		if (slips < fewest) {
			fewest = slips;
			nearest = names[i];
		}
	}
	return nearest;
}
