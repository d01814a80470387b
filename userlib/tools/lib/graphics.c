// SPDX-License-Identifier: MIT
#include "graphics.h"
#include "exit_code.h"
#include "libchafa.h"
#include "number.h"
#include "terminal.h"

#include <err.h>
#include <math.h>
#include <stdlib.h>
#include <unistd.h>

/* Terminals answer at once, but perhaps over a slow line. */
#define ANSWER_NS NS_PER_SECOND

#define PIXELS_MAX (4U << 20)

/* Sixels come in bands of so many lines. */
#define BAND_LINES 6

static bool shows(enum graphics graphics, const struct terminal_answer *answer)
{
	if (!answer->came)
		return libchafa_knows(graphics);
	return graphics == GRAPHICS_KITTY ? answer->kitty : answer->sixel;
}

static enum graphics best_of(const struct terminal_answer *answer)
{
	if (shows(GRAPHICS_KITTY, answer))
		return GRAPHICS_KITTY;
	return shows(GRAPHICS_SIXEL, answer) ? GRAPHICS_SIXEL : GRAPHICS_BLOCKS;
}

static void refuse(enum graphics graphics, const struct terminal_answer *answer)
{
	const char *name = graphics == GRAPHICS_KITTY ? "kitty" : "sixel";
	const char *term = getenv("TERM");

	if (answer->came)
		warnx("--pictures %s: the terminal answers that it cannot show them",
		      name);
	else
		warnx("--pictures %s: the terminal does not answer what it can show, and nothing in the environment tells (TERM is '%s')",
		      name, term ? term : "");
}

static int choose_on_terminal(enum graphics *graphics)
{
	struct terminal_answer answer = terminal_ask(ANSWER_NS);

	if (*graphics == GRAPHICS_AUTO) {
		*graphics = best_of(&answer);
		return EXIT_OK;
	}
	if (shows(*graphics, &answer))
		return EXIT_OK;
	refuse(*graphics, &answer);
	return EXIT_USAGE;
}

int graphics_choose(enum graphics *graphics)
{
	bool automatic = *graphics == GRAPHICS_AUTO;

	if (*graphics == GRAPHICS_BLOCKS)
		return EXIT_OK;
	if (!libchafa_load(automatic ? NULL : "--pictures")) {
		*graphics = GRAPHICS_BLOCKS;
		return automatic ? EXIT_OK : EXIT_ERROR;
	}
	if (isatty(STDOUT_FILENO))
		return choose_on_terminal(graphics);
	if (automatic)
		*graphics = GRAPHICS_BLOCKS;
	return EXIT_OK;
}

/* The shape of it stays. */
static void bound(struct picture_room *room)
{
	double pixels = (double)room->width * room->height, part;

	if (pixels <= PIXELS_MAX)
		return;
	part = sqrt(PIXELS_MAX / pixels);
	room->width *= part;
	room->height *= part;
}

struct picture_room graphics_room(enum graphics graphics,
				  const struct terminal_size *size,
				  unsigned int rows)
{
	bool kitty = graphics == GRAPHICS_KITTY;
	struct picture_room room = {
		.width = size->columns * size->cell_width,
		.height = rows * size->cell_height,
		.width_step = kitty ? size->cell_width : 1,
		.height_step = kitty ? size->cell_height : BAND_LINES,
	};

	if (graphics == GRAPHICS_BLOCKS)
		return (struct picture_room){ size->columns, 2 * rows, 1, 2 };
	bound(&room);
	return room;
}

unsigned int graphics_rows(enum graphics graphics,
			   const struct terminal_size *size,
			   const struct picture *picture)
{
	unsigned int lines = graphics == GRAPHICS_BLOCKS ? 2 : size->cell_height;

	return (picture->height + lines - 1) / lines;
}
