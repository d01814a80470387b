// SPDX-License-Identifier: MIT
#include "unpack.h"

#include <string.h>

void unpack_10(uint16_t *restrict to, const uint8_t *restrict from,
	       unsigned int width)
{
	unsigned int i;

	for (i = 0; i < width / 4; i++) {
		uint8_t low = from[5 * i + 4];

		to[4 * i] = from[5 * i] << 2 | (low & 3);
		to[4 * i + 1] = from[5 * i + 1] << 2 | (low >> 2 & 3);
		to[4 * i + 2] = from[5 * i + 2] << 2 | (low >> 4 & 3);
		to[4 * i + 3] = from[5 * i + 3] << 2 | low >> 6;
	}
}

void unpack_12(uint16_t *restrict to, const uint8_t *restrict from,
	       unsigned int width)
{
	unsigned int i;

	for (i = 0; i < width / 2; i++) {
		uint8_t low = from[3 * i + 2];

		to[2 * i] = from[3 * i] << 4 | (low & 15);
		to[2 * i + 1] = from[3 * i + 1] << 4 | low >> 4;
	}
}

void unpack_words(uint16_t *restrict to, const uint8_t *restrict from,
		  unsigned int width, uint16_t most)
{
	unsigned int i;
	uint16_t word;

	for (i = 0; i < width; i++) {
		word = from[2 * i] | from[2 * i + 1] << 8;
		to[i] = word < most ? word : most;
	}
}

#define ONE_IN_EACH_WORD 0x0001000100010001ULL

/* The high bits are repeated below the low ones, as PNG recommends; in 4 words at once,
 * since none has more bits than it may.
 */
void unpack_widen(uint16_t *words, unsigned int width, unsigned int bits)
{
	unsigned int up = 16 - bits, down = bits - up, i;
	uint64_t mask = ONE_IN_EACH_WORD * ((1U << up) - 1), four;

	for (i = 0; i + 4 <= width; i += 4) {
		memcpy(&four, words + i, sizeof(four));
		four = four << up | (four >> down & mask);
		memcpy(words + i, &four, sizeof(four));
	}
	for (; i < width; i++)
		words[i] = words[i] << up | words[i] >> down;
}
