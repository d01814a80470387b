/* SPDX-License-Identifier: MIT */
/* Bytes as hexdump -C shows them: address, hexadecimal, text. */
#ifndef HEX_DUMP_H
#define HEX_DUMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define HEX_DUMP_LINE 16

/* Zero what is not set. */
struct hex_dump {
	FILE *out;
	bool all;		/* lines that repeat, too, not "*" in their place */
	bool begun;
	bool folded;
	uint8_t last[HEX_DUMP_LINE];
};

/* Bytes that lie at @address, behind those of the last call; only in the last one
 * of all may there be a part of a line.
 */
void hex_dump_bytes(struct hex_dump *dump, uint64_t address,
		    const uint8_t *bytes, size_t count);

/* The last line is the address of what would come next. */
void hex_dump_end(const struct hex_dump *dump, uint64_t address);

#endif /* HEX_DUMP_H */
