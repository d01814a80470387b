/* SPDX-License-Identifier: MIT */
#ifndef VIEW_OPTIONS_H
#define VIEW_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

struct view_options {
	const char *device;
	uint64_t frames;	/* 0: no matter how many */
	uint64_t silence_ns;	/* longest wait for a frame; 0: for ever */
	bool once;
};

/* Return: true to go on; false to end the program with @code, all said. */
bool view_options_parse(struct view_options *options, int argc, char **argv,
			int *code);

#endif /* VIEW_OPTIONS_H */
