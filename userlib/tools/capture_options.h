/* SPDX-License-Identifier: MIT */
#ifndef CAPTURE_OPTIONS_H
#define CAPTURE_OPTIONS_H

#include "lib/frame_dir.h"

#include <libdmaring.h>
#include <stdbool.h>

struct capture_options {
	const char *device;
	uint64_t frames;	/* 0: no matter how many */
	uint64_t duration_ns;	/* 0: no matter how long */
	uint64_t silence_ns;	/* longest wait for a frame; 0: for ever */
	const char *directory;
	enum frame_file file;
	bool overwrite;
	bool verify;
	bool strict;
	bool json;
	bool quiet;
	struct dmaring_options stream;
};

/* Return: true to go on; false to end the program with @code, all said. */
bool capture_options_parse(struct capture_options *options, int argc,
			   char **argv, int *code);

#endif /* CAPTURE_OPTIONS_H */
