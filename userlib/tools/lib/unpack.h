/* SPDX-License-Identifier: MIT */
/* Words of 16 bits from pixels that have fewer. */
#ifndef UNPACK_H
#define UNPACK_H

#include <stdint.h>

/* Pixels that share bytes as in MIPI CSI-2; @width is a multiple of 4, or of 2. */
void unpack_10(uint16_t *to, const uint8_t *from, unsigned int width);
void unpack_12(uint16_t *to, const uint8_t *from, unsigned int width);

/* Words with the low byte first, none above @most, whatever the card wrote. */
void unpack_words(uint16_t *to, const uint8_t *from, unsigned int width,
		  uint16_t most);

/* Values of @bits, 8 or more, become values of 16: the largest of these, too. */
void unpack_widen(uint16_t *words, unsigned int width, unsigned int bits);

#endif /* UNPACK_H */
