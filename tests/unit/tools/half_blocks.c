// SPDX-License-Identifier: MIT
/* How a picture becomes text for a terminal. */
#include "lib/half_blocks.h"

#include <stdlib.h>
#include <string.h>
#include "tap.h"

#define BLOCK "\xe2\x96\x80"
#define END "\033[0m\n"

static struct picture picture_of(unsigned int width, unsigned int height, const uint8_t *greys)
{
	struct picture picture = {
		.width = width, .height = height,
		.pixels = calloc(width * height, sizeof(struct rgb)),
	};
	unsigned int i;

	for (i = 0; i < width * height; i++)
		picture.pixels[i] = (struct rgb){ greys[i], greys[i], greys[i] };
	return picture;
}

static void check_picture(struct picture picture, enum colours colours, const char *expected)
{
	char *text = calloc(1, half_blocks_bytes(&picture));
	char *end = half_blocks_encode(text, &picture, colours);

	CHECK((size_t)(end - text) < half_blocks_bytes(&picture));
	if (!CHECK(!strcmp(text, expected)))
		printf("# it is %s\n", text);
	free(text);
}

static void check_text(unsigned int width, unsigned int height, const uint8_t *greys,
		       enum colours colours, const char *expected)
{
	check_picture(picture_of(width, height, greys), colours, expected);
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
	struct picture picture = picture_of(1, 2, pixels);
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

TEST(colours_are_shown)
{
	struct rgb pixels[] = { { 1, 2, 255 }, { 0, 128, 0 } };
	struct picture picture = { .width = 1, .height = 2, .pixels = pixels };

	check_picture(picture, COLOURS_24_BIT,
		      "\033[38;2;1;2;255;48;2;0;128;0m" BLOCK END);
	check_picture(picture, COLOURS_256, "\033[38;5;21;48;5;28m" BLOCK END);
}

static int cube_error(int step, int value)
{
	return abs((step ? 55 + 40 * step : 0) - value);
}

TEST(the_nearest_colour_of_the_palette_is_taken)
{
	struct rgb pixels[2] = { { 0 } };
	struct picture picture = { .width = 1, .height = 2, .pixels = pixels };
	int value, step, other;
	char text[256];

	for (value = 1; value < 256; value++) {
		pixels[0].green = value;
		half_blocks_encode(text, &picture, COLOURS_256);
		step = (atoi(strstr(text, "38;5;") + 5) - 16) / 6;
		for (other = 0; other < 6; other++)
			CHECK(cube_error(step, value) <= cube_error(other, value));
	}
}

TEST(the_worst_picture_fits)
{
	uint8_t pixels[64 * 64];
	struct picture picture;
	char *text, *end;
	size_t i;

	for (i = 0; i < sizeof(pixels); i++)
		pixels[i] = 100 + i * 7 % 150;
	picture = picture_of(64, 64, pixels);
	text = malloc(half_blocks_bytes(&picture));
	end = half_blocks_encode(text, &picture, COLOURS_24_BIT);
	CHECK((size_t)(end - text) < half_blocks_bytes(&picture));
	free(text);
}

int main(void)
{
	return tap_run(NULL, NULL);
}
