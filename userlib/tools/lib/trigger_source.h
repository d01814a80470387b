/* SPDX-License-Identifier: MIT */
/* Where triggers come from, as --trigger has it. */
#ifndef TRIGGER_SOURCE_H
#define TRIGGER_SOURCE_H

#include <libdmaring.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/**
 * struct trigger_source - one of them
 * @kind:      TRIGGER_NONE: there is none.
 * @name:      of the file or of the control.
 * @period_ns: from one trigger to the next.
 * @next_ns:   when that is.
 * @seen:      when the file was changed, as far as that is known.
 * @value:     that the control had.
 * @stream:    whose control it is.
 * @ended:     no more will come.
 */
struct trigger_source {
	enum trigger_kind {
		TRIGGER_NONE,
		TRIGGER_SIGNAL,
		TRIGGER_LINE,
		TRIGGER_FILE,
		TRIGGER_CONTROL,
		TRIGGER_EVERY,
	} kind;
	const char *name;
	uint64_t period_ns;
	uint64_t next_ns;
	struct timespec seen;
	int64_t value;
	struct dmaring *stream;
	bool ended;
};

/* "signal", "line", "file=PATH", "control=NAME" or "every=SECONDS".
 * Return: 0; -1 when it is none of them, which is said.
 */
int trigger_source_parse(struct trigger_source *source, const char *text);

/* From now on.  Return: 0; a negative errno when it cannot be, which is said. */
int trigger_source_begin(struct trigger_source *source, struct dmaring *stream);

/* When one has come since the last call, on the clock of frames; 0: none has. */
uint64_t trigger_source_came(struct trigger_source *source);

/* When the next one comes, if that is known; UINT64_MAX. */
uint64_t trigger_source_next_ns(const struct trigger_source *source);

#endif /* TRIGGER_SOURCE_H */
