/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The records of the index as they are in the file, and whether they are whole. */
#ifndef RECORD_INDEX_H
#define RECORD_INDEX_H

#include "internal.h"

#include <stdbool.h>
#include <stddef.h>

#define INDEX_HEADER_BYTES	sizeof(struct dmaring_record_header)
#define INDEX_RECORD_BYTES	sizeof(struct dmaring_record)

/* Of one pair of files. */
struct dmaring_record_header index_header(const struct dmaring_format *format,
					  uint32_t number, uint32_t flags);

/* Of a frame that follows @before, the one recorded before it, or NULL, with @skipped
 * between them.  @at is its number in the file.  It still has to be sealed.
 */
struct dmaring_record index_record(const struct dmaring_frame *frame,
				   const struct dmaring_frame *before,
				   uint64_t skipped, uint64_t stride, uint64_t at);

/* Do frames lie alike?  They may come at another rate. */
bool index_is_same(struct dmaring_format one, struct dmaring_format other);

/* Nothing of it changes any more. */
void index_seal(struct dmaring_record *record);

/* Is that a header that we know; else why not? */
const char *index_refuse_header(const struct dmaring_record_header *header);

/* Is that a whole record, of the frame with this number in the file? */
bool index_is_whole(const struct dmaring_record *record,
		    const struct dmaring_record_header *header, uint64_t at);

uint32_t index_crc32(const void *data, size_t bytes);

#endif /* RECORD_INDEX_H */
