/* SPDX-License-Identifier: MIT */
/* What is told of a capture in the end. */
#ifndef SUMMARY_H
#define SUMMARY_H

#include "result.h"

#include <stdio.h>

void summary_print(FILE *out, const struct result *result);
void summary_print_json(FILE *out, const struct result *result);

#endif /* SUMMARY_H */
