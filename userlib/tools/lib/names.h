/* SPDX-License-Identifier: MIT */
/* Words for what the kernel has numbers for. */
#ifndef NAMES_H
#define NAMES_H

#include <stdint.h>

/* "idle"; enum dmaring_buffer_state */
const char *name_of_buffer_state(uint32_t state);

/* "pages"; enum dmaring_memory_id */
const char *name_of_memory(uint32_t memory);

/* "running"; DMARING_STATE_* */
const char *name_of_stream_state(uint32_t state);

/* "lossless"; enum dmaring_policy */
const char *name_of_policy(uint32_t policy);

#endif /* NAMES_H */
