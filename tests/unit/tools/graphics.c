// SPDX-License-Identifier: MIT
/* How large pictures are, and what a terminal is said to have. */
#define _GNU_SOURCE		/* posix_openpt */
#include "lib/graphics.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include "lib/terminal.h"
#include "tap.h"

static const struct terminal_size usual = { 80, 24, 9, 19 };

static void check_room(struct picture_room room, unsigned int width, unsigned int height,
		       unsigned int width_step, unsigned int height_step)
{
	CHECK_EQ(room.width, width);
	CHECK_EQ(room.height, height);
	CHECK_EQ(room.width_step, width_step);
	CHECK_EQ(room.height_step, height_step);
}

TEST(each_kind_has_its_own_pixels)
{
	check_room(graphics_room(GRAPHICS_BLOCKS, &usual, 23), 80, 46, 1, 2);
	check_room(graphics_room(GRAPHICS_SIXEL, &usual, 23), 720, 437, 1, 6);
	check_room(graphics_room(GRAPHICS_KITTY, &usual, 23), 720, 437, 9, 19);
}

TEST(the_largest_terminal_gets_4_mi_pixels)
{
	const struct terminal_size largest = { 65535, 65535, 256, 256 };
	struct picture_room room = graphics_room(GRAPHICS_SIXEL, &largest, 65534);

	CHECK(room.width <= 2048 && room.width > 2000);
	CHECK(room.height <= 2048 && room.height > 2000);
}

static struct picture of_height(unsigned int height)
{
	return (struct picture){ .width = 100, .height = height };
}

TEST(rows_are_whole)
{
	struct picture one = of_height(2), six = of_height(6), large = of_height(39);

	CHECK_EQ(graphics_rows(GRAPHICS_BLOCKS, &usual, &one), 1);
	CHECK_EQ(graphics_rows(GRAPHICS_SIXEL, &usual, &six), 1);
	CHECK_EQ(graphics_rows(GRAPHICS_SIXEL, &usual, &large), 3);
}

/* What a terminal says of its pixels */
static void check_cell(unsigned short width, unsigned short height, unsigned int cell_width,
		       unsigned int cell_height)
{
	struct winsize said = {
		.ws_col = 80, .ws_row = 24, .ws_xpixel = width, .ws_ypixel = height,
	};
	int fd = posix_openpt(O_RDWR | O_NOCTTY);
	struct terminal_size size;

	REQUIRE(fd >= 0 && !ioctl(fd, TIOCSWINSZ, &said));
	size = terminal_size(fd);
	CHECK_EQ(size.columns, 80);
	CHECK_EQ(size.rows, 24);
	CHECK_EQ(size.cell_width, cell_width);
	CHECK_EQ(size.cell_height, cell_height);
	close(fd);
}

TEST(cells_are_what_can_be)
{
	check_cell(80 * 9, 24 * 19, 9, 19);
	check_cell(80 * 9 + 7, 24 * 19 + 3, 9, 19);	/* there is a margin */
	check_cell(0, 0, 10, 20);
	check_cell(80, 24, 10, 20);			/* these are no pixels */
	check_cell(65535, 24 * 19, 10, 20);
}

int main(void)
{
	return tap_run(NULL, NULL);
}
