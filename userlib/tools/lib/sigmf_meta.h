/* SPDX-License-Identifier: MIT */
/* NAME.sigmf-meta: what SigMF, the Signal Metadata Format, tells of samples, as JSON. */
#ifndef SIGMF_META_H
#define SIGMF_META_H

#include <libdmaring.h>
#include <stdio.h>

/**
 * struct sigmf_capture - samples that follow each other without a gap
 * @start:   the first of them, by number in the file.
 * @index:   and in the stream, with those that were lost.
 * @count:   of them.
 * @header:  bytes before them that are no samples.
 * @time_ns: of the first one, since 1970.
 * @overruns: frames that the card lost before them.
 * @drops:   frames that were dropped there.
 */
struct sigmf_capture {
	uint64_t start;
	uint64_t index;
	uint64_t count;
	uint64_t header;
	uint64_t time_ns;
	uint64_t overruns;
	uint64_t drops;
};

/**
 * struct sigmf_meta - all of it
 * @format:   of the samples.
 * @dataset:  name of the file that they are in, if it is not NAME.sigmf-data.
 * @trailing: bytes behind the last of them.
 * @captures: @count of them.
 */
struct sigmf_meta {
	const struct dmaring_format *format;
	const char *dataset;
	uint64_t trailing;
	struct sigmf_capture *captures;
	size_t count;
};

/* "ri16_le"; NULL: there are no such samples. */
const char *sigmf_datatype(uint32_t pixelformat);

void sigmf_meta_print(FILE *out, const struct sigmf_meta *meta);

#endif /* SIGMF_META_H */
