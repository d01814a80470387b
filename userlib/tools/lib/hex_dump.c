// SPDX-License-Identifier: MIT
#include "hex_dump.h"

#include <inttypes.h>
#include <string.h>

#define HALF (HEX_DUMP_LINE / 2)

static void print_line(FILE *out, uint64_t address, const uint8_t *bytes,
		       size_t count)
{
	size_t i;

	fprintf(out, "%08" PRIx64 " ", address);
	for (i = 0; i < HEX_DUMP_LINE; i++) {
		if (i == HALF)
			fputc(' ', out);
		if (i < count)
			fprintf(out, " %02x", bytes[i]);
		else
			fputs("   ", out);
	}
	fputs("  |", out);
	/* Not isprint(), which asks the user's language. */
	for (i = 0; i < count; i++)
		fputc(bytes[i] >= ' ' && bytes[i] <= '~' ? bytes[i] : '.', out);
	fputs("|\n", out);
}

static bool repeats(const struct hex_dump *dump, const uint8_t *bytes,
		    size_t count)
{
	return !dump->all && dump->begun && count == HEX_DUMP_LINE &&
	       !memcmp(dump->last, bytes, HEX_DUMP_LINE);
}

static void dump_line(struct hex_dump *dump, uint64_t address,
		      const uint8_t *bytes, size_t count)
{
	if (repeats(dump, bytes, count)) {
		if (!dump->folded)
			fputs("*\n", dump->out);
		dump->folded = true;
		return;
	}
	print_line(dump->out, address, bytes, count);
	dump->begun = true;
	dump->folded = false;
	memcpy(dump->last, bytes, count);
}

void hex_dump_bytes(struct hex_dump *dump, uint64_t address,
		    const uint8_t *bytes, size_t count)
{
	size_t at, line;

	for (at = 0; at < count; at += line) {
		line = count - at < HEX_DUMP_LINE ? count - at : HEX_DUMP_LINE;
		dump_line(dump, address + at, bytes + at, line);
	}
}

void hex_dump_end(const struct hex_dump *dump, uint64_t address)
{
	fprintf(dump->out, "%08" PRIx64 "\n", address);
}
