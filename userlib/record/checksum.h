/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Checksums of frames, of two kinds. */
#ifndef RECORD_CHECKSUM_H
#define RECORD_CHECKSUM_H

#include "internal.h"

#include <stddef.h>

/* Both in flags of a header: of which kind, if of any. */
#define CHECKSUM_KINDS (DMARING_RECORD_CRC32 | DMARING_RECORD_CRC32C)

/* Can it be made here?  -EINVAL: two kinds; -EOPNOTSUPP; it says so. */
int checksum_refuse(uint32_t flags);

/* That of the kind that @flags have; 0: none. */
uint32_t checksum(uint32_t flags, const void *data, size_t bytes);

#endif /* RECORD_CHECKSUM_H */
