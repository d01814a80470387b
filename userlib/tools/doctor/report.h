/* SPDX-License-Identifier: MIT */
#ifndef REPORT_H
#define REPORT_H

#include "causes.h"

/* For people; one object on one line for programs.  To stdout. */
void report_text(const struct evidence *evidence, const struct diagnosis *diagnosis);
void report_json(const struct evidence *evidence, const struct diagnosis *diagnosis);

#endif /* REPORT_H */
