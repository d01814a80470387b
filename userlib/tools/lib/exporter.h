/* SPDX-License-Identifier: MIT */
/* Files of a whole recording, which tell more of it than a row of frames does. */
#ifndef EXPORTER_H
#define EXPORTER_H

#include "options.h"

#include <libdmaring-record.h>

/**
 * struct export_job - what is exported
 * @options: where to, and how.
 * @from:    open until the exporter is closed.
 * @path:    of that.
 * @format:  of its frames.
 * @first:   number of the first frame.
 * @count:   of frames that will be added, at most; 1 at least.
 */
struct export_job {
	const struct options *options;
	struct dmaring_recording *from;
	const char *path;
	const struct dmaring_format *format;
	uint64_t first;
	uint64_t count;
};

/**
 * struct exporter - how one kind of files is made
 * @open:  begins, with what the others get.
 * @add:   one more frame.  It can be left in the middle, by a fault of @data.
 * @close: ends the files, also after an error or a fault: of the frames that were added.
 *         Removes those that cannot be ended.
 *
 * Functions that fail have said why and return a negative errno; -EFAULT, of which
 * nothing was said: @data cannot be read.
 */
struct exporter {
	int (*open)(const struct export_job *job, void **state);
	int (*add)(void *state, uint64_t number, const void *data);
	int (*close)(void *state);
};

extern const struct exporter export_hdf5;
extern const struct exporter export_sigmf;

/* Of enum frame_file; NULL: it is a row of frames, or a file for each. */
const struct exporter *exporter_of(uint32_t format);

/* Do the files go into the directory of the recording?  Then they lie beside its own. */
bool export_is_beside(const struct export_job *job);

#endif /* EXPORTER_H */
