// SPDX-License-Identifier: MIT
/*
 * What "dmaring view" and images of "dmaring capture" cost: how many frames of 4096 x 3072
 * pixels, a mosaic of packed 12 bits, become pictures in a second on one processor.  The
 * terminal is missing: what it does with them is not in here.
 *
 * usage: view [ROUNDS]		of which the median is printed
 */
#define _GNU_SOURCE		/* sched_setaffinity */
#include "lib/canvas.h"
#include "lib/converter.h"
#include "lib/graphics.h"
#include "lib/libchafa.h"
#include "lib/swscale.h"
#include "lib/terminal.h"

#include <err.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define WIDTH		4096
#define HEIGHT		3072
#define ROUNDS_MAX	1000

static struct dmaring_format format = {
	.width = WIDTH,
	.height = HEIGHT,
	.pixelformat = DMARING_FOURCC('p', 'R', 'C', 'C'),
	.channels = 1,
	.bytes_per_line = WIDTH * 3 / 2,
	.frame_bytes = WIDTH * 3 / 2 * HEIGHT,
};

static const struct dmaring_format_row *row;
static uint8_t *frame;
static unsigned int rounds = 7;

/* Of this program alone: others may use the machine meanwhile. */
static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}

static int compare(const void *one, const void *other)
{
	const double *a = one, *b = other;

	return (*a > *b) - (*a < *b);
}

/* The first round is for caches and pages.  Return: seconds. */
static double measure(const char *name, void (*act)(void *), void *argument)
{
	static double took[ROUNDS_MAX];
	unsigned int i;
	double begun;

	act(argument);
	for (i = 0; i < rounds; i++) {
		begun = seconds();
		act(argument);
		took[i] = seconds() - begun;
	}
	qsort(took, rounds, sizeof(*took), compare);
	printf("%-44s %8.2f ms  %7.1f/s\n", name, took[rounds / 2] * 1e3, 1 / took[rounds / 2]);
	return took[rounds / 2];
}

/* A picture with slopes in all directions, edges and some noise */
static unsigned int value_at(unsigned int x, unsigned int y)
{
	static uint32_t noise = 1;
	unsigned int value = x * 2 / 3 + y / 3 + ((x / 97 + y / 61) & 1) * 700;

	noise = noise * 1664525 + 1013904223;
	value = x & y & 1 ? 4095 - value % 4096 : value;
	return (value + (noise >> 27)) & 4095;
}

static void paint(void)
{
	uint8_t *to = frame;
	unsigned int x, y, one, other;

	for (y = 0; y < HEIGHT; y++)
		for (x = 0; x < WIDTH; x += 2) {
			one = value_at(x, y);
			other = value_at(x + 1, y);
			*to++ = one >> 4;
			*to++ = other >> 4;
			*to++ = (one & 15) | other << 4;
		}
}

/* ------------------------------------------------------------------------------- view */

struct show {
	enum graphics graphics;
	struct terminal_size size;
	struct canvas canvas;
	struct libchafa chafa;
	char *text;
	size_t bytes;
};

static void look(void *argument)
{
	struct show *show = argument;

	canvas_look(&show->canvas, frame, format.frame_bytes);
}

static void finish(void *argument)
{
	struct show *show = argument;

	canvas_finish(&show->canvas);
}

static void encode(void *argument)
{
	struct show *show = argument;
	const struct picture *picture = &show->canvas.picture;
	unsigned int cell = show->size.cell_width;
	const char *text;

	if (show->graphics == GRAPHICS_BLOCKS)
		show->bytes = half_blocks_encode(show->text, picture, COLOURS_24_BIT) -
			      show->text;
	else
		show->bytes = libchafa_encode(&show->chafa, show->graphics, picture,
					      (picture->width + cell - 1) / cell,
					      graphics_rows(show->graphics, &show->size, picture),
					      &text);
}

static void show_all(void *argument)
{
	look(argument);
	finish(argument);
	encode(argument);
}

static void measure_view(const char *name, enum graphics graphics, unsigned int columns,
			 unsigned int rows)
{
	struct show show = {
		.graphics = graphics,
		.size = { columns, rows, 10, 20 },
		.canvas = { .format = &format, .row = row, .gain = 1 },
	};
	const struct picture_room room = graphics_room(graphics, &show.size, rows - 1);
	char line[64];

	if (canvas_fit(&show.canvas, &room) < 0)
		errx(1, "no memory");
	show.text = graphics == GRAPHICS_BLOCKS ?
			    malloc(half_blocks_bytes(&show.canvas.picture)) : NULL;
	snprintf(line, sizeof(line), "view, %s, %ux%u characters", name, columns, rows);
	measure(line, show_all, &show);
	measure("  look: unpack, demosaic, scale", look, &show);
	measure("  finish: contrast", finish, &show);
	measure("  encode", encode, &show);
	printf("  %ux%u pixels, %zu bytes\n", show.canvas.picture.width,
	       show.canvas.picture.height, show.bytes);
	libchafa_close(&show.chafa);
	picture_free(&show.canvas.picture);
	free(show.text);
}

/* ---------------------------------------------------------------------------- capture */

static void make_image(void *argument)
{
	if (!converter_image(argument, frame))
		errx(1, "libswscale cannot convert it");
}

/* The same without what is before */
static void make_image_of_staged(void *argument)
{
	struct converter *converter = argument;
	const uint8_t *from[2] = { converter->staged };
	const int strides[2] = { converter->stride };

	if (swscale_convert(&converter->swscale, from, strides, &converter->image))
		errx(1, "libswscale cannot convert it");
}

static void measure_capture(void)
{
	struct converter converter;
	double all, alone;

	if (converter_open(&converter, &format, CONVERTER_PICTURE))
		return;
	all = measure("capture, an image: unpack and demosaic", make_image, &converter);
	alone = measure("  libswscale alone", make_image_of_staged, &converter);
	printf("  the whole is %.2f times libswscale\n", all / alone);
	converter_close(&converter);
}

static void stay_on_one_processor(void)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	sched_setaffinity(0, sizeof(one), &one);
}

int main(int argc, char **argv)
{
	if (argc > 1)
		rounds = atoi(argv[1]);
	if (rounds < 1 || rounds > ROUNDS_MAX)
		errx(2, "usage: view [ROUNDS]");
	stay_on_one_processor();
	row = dmaring_format_find(format.pixelformat);
	frame = malloc(format.frame_bytes);
	if (!frame)
		err(1, NULL);
	paint();
	measure_view("blocks", GRAPHICS_BLOCKS, 80, 24);
	measure_view("blocks", GRAPHICS_BLOCKS, 240, 67);
	if (libchafa_load("sixel and kitty")) {
		measure_view("sixel", GRAPHICS_SIXEL, 80, 24);
		measure_view("sixel", GRAPHICS_SIXEL, 192, 54);
		measure_view("kitty", GRAPHICS_KITTY, 80, 24);
		measure_view("kitty", GRAPHICS_KITTY, 192, 54);
	}
	measure_capture();
	return 0;
}
