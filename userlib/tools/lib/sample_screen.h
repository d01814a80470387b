/* SPDX-License-Identifier: MIT */
/* Samples on a terminal, in place: what matters first, as much as fits. */
#ifndef SAMPLE_SCREEN_H
#define SAMPLE_SCREEN_H

#include "sample.h"
#include "screen.h"
#include "terminal.h"

struct sample_screen {
	const char *device;
	const struct sample *now, *before;
	struct screen screen;
	struct terminal_size size;
};

/* Return: 0, or -errno of the terminal. */
int sample_screen_draw(struct sample_screen *screen, const struct sample *now,
		       const struct sample *before);

/* Follows the size of the terminal until then.
 * Return: false if that is to be the end, by a key or a signal or an error.
 */
bool sample_screen_wait(struct sample_screen *screen, uint64_t until_ns);

#endif /* SAMPLE_SCREEN_H */
