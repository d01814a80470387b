/* SPDX-License-Identifier: MIT */
#ifndef SAMPLE_JSON_H
#define SAMPLE_JSON_H

#include "sample.h"

/* One object on one line, to stdout */
void sample_print_json(const char *device, const struct sample *now,
		       const struct sample *before);

#endif /* SAMPLE_JSON_H */
