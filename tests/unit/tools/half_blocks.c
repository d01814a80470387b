// SPDX-License-Identifier: MIT
/* How a picture becomes text for a terminal. */
#include "lib/half_blocks.h"

#include <stdlib.h>
#include <string.h>
#include "tap.h"

#define BLOCK "\xe2\x96\x80"
#define END "\033[0m\n"

static void check_text(unsigned int width, unsigned int height,
		       const uint8_t *pixels, enum colours colours,
		       const char *expected)
{
	struct picture picture = { width, height, (uint8_t *)pixels };
	char *text = calloc(1, half_blocks_bytes(&picture));
	char *end = half_blocks_encode(text, &picture, colours);

	CHECK((size_t)(end - text) < half_blocks_bytes(&picture));
	if (!CHECK(!strcmp(text, expected)))
		printf("# it is %s\n", text);
	free(text);
}

TEST(a_cell_has_two_pixels)
{
	static const uint8_t pixels[] = { 255, 0 };

	check_text(1, 2, pixels, COLOURS_24_BIT,
		   "\033[38;2;255;255;255;48;2;0;0;0m" BLOCK END);
	check_text(1, 2, pixels, COLOURS_256,
		   "\033[38;5;231;48;5;16m" BLOCK END);
}

TEST(colours_that_stay_are_not_said_again)
{
	static const uint8_t pixels[] = { 7, 7, 7, 42, 100, 100, 255, 255 };

	check_text(4, 2, pixels, COLOURS_24_BIT,
		   "\033[38;2;7;7;7;48;2;100;100;100m" BLOCK BLOCK
		   "\033[48;2;255;255;255m" BLOCK
		   "\033[38;2;42;42;42m" BLOCK END);
}

TEST(each_line_begins_anew)
{
	static const uint8_t pixels[] = { 0, 0, 0, 0 };

	check_text(1, 4, pixels, COLOURS_256,
		   "\033[38;5;16;48;5;16m" BLOCK END
		   "\033[38;5;16;48;5;16m" BLOCK END);
}

static int palette_of(uint8_t grey)
{
	uint8_t pixels[] = { grey, grey };
	struct picture picture = { 1, 2, pixels };
	char text[256];

	half_blocks_encode(text, &picture, COLOURS_256);
	return atoi(strstr(text, "38;5;") + 5);
}

/* Brightness of the usual palette */
static int brightness(int colour)
{
	return colour == 16 ? 0 : colour == 231 ? 255 : 8 + (colour - 232) * 10;
}

TEST(the_nearest_grey_of_the_palette_is_taken)
{
	int grey, colour, other, error;

	for (grey = 0; grey < 256; grey++) {
		colour = palette_of(grey);
		error = abs(brightness(colour) - grey);
		CHECK(colour == 16 || (colour >= 231 && colour <= 255));
		for (other = 231; other <= 255; other++)
			if (!CHECK(error <= abs(brightness(other) - grey)))
				printf("# grey %d, colour %d\n", grey, colour);
	}
}

TEST(the_worst_picture_fits)
{
	uint8_t pixels[64 * 64];
	struct picture picture = { 64, 64, pixels };
	char *text, *end;
	size_t i;

	for (i = 0; i < sizeof(pixels); i++)
		pixels[i] = 100 + i * 7 % 150;
	text = malloc(half_blocks_bytes(&picture));
	end = half_blocks_encode(text, &picture, COLOURS_24_BIT);
	CHECK((size_t)(end - text) < half_blocks_bytes(&picture));
	free(text);
}

int main(void)
{
	return tap_run(NULL, NULL);
}
