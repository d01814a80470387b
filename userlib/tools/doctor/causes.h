/* SPDX-License-Identifier: MIT */
/* Why frames were lost: from facts to causes, and what to change. */
#ifndef CAUSES_H
#define CAUSES_H

#include "evidence.h"

#define FINDINGS_MAX 32
#define FINDING_TEXT 768

struct finding {
	const char *cause;	/* a word for programs */
	const char *title;	/* the same for people */
	uint64_t lost;		/* frames that it explains */
	int consumer;		/* -1: it is about none */
	char evidence[FINDING_TEXT];
	char change[FINDING_TEXT];
};

struct diagnosis {
	unsigned int count;
	uint64_t lost, explained;
	struct finding of[FINDINGS_MAX];	/* most lost frames first */
};

/* No frame was lost, and nothing else is wrong, as far as the trace tells of all. */
bool is_healthy(const struct evidence *evidence, const struct diagnosis *diagnosis);

void diagnose(const struct evidence *evidence, struct diagnosis *diagnosis);

#endif /* CAUSES_H */
