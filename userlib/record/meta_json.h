/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* meta.json: what was recorded, from where, when, and how it ended. */
#ifndef RECORD_META_JSON_H
#define RECORD_META_JSON_H

#include "internal.h"

#include <stdbool.h>

/**
 * struct meta_json - what changes of it
 * @begun_ns: CLOCK_REALTIME.
 * @ended_ns: 0: it has not ended.
 * @error:    why it ended, or NULL: because it was asked to.
 */
struct meta_json {
	uint64_t begun_ns;
	uint64_t ended_ns;
	const char *error;
};

/* Writes the file in the directory anew: whoever reads it sees the old or the new one. */
int meta_json_write(int dir, const struct dmaring_info *info, struct dmaring *stream,
		    const struct dmaring_recorder_state *state,
		    const struct meta_json *meta);

#endif /* RECORD_META_JSON_H */
