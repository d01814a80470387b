// SPDX-License-Identifier: MIT
/* "dmaring view" in the pixels of a terminal: sixels and kitty's pictures, and without. */
#define _GNU_SOURCE		/* posix_openpt, RTLD_NEXT */
#include "fake_kernel.h"

#include <dlfcn.h>
#include "pty.h"
#include "decode.h"
#include "lib/libchafa.h"

#define BLOCK "\xe2\x96\x80"
#define COMMAND "view " FAKE_DEVICE " %s"
#define FRAMES 3

#define WIDTH	36
#define HEIGHT	24
#define COLUMNS	6		/* of characters of 6 by 12 pixels: the frame just fits */
#define ROWS	3		/* and the status */
#define CELL_WIDTH 6
#define CELL_HEIGHT 12

#define QUESTION "\033[c"
#define HAS_SIXEL "\033[?62;4;22c"
#define HAS_KITTY "\033_Gi=4711;OK\033\\\033[?62;22c"
#define HAS_NEITHER "\033[?62;22c"
#define HAS_BOTH "\033_Gi=4711;OK\033\\\033[?62;4;22c"

static bool no_library;
static struct decoded decoded;

void *dlopen(const char *file, int flags)
{
	void *(*next)(const char *, int) = dlsym(RTLD_NEXT, "dlopen");

	return next(no_library ? "libnothing-of-this-name.so" : file, flags);
}

/* 8 colours, of 6 by 6 pixels each, so that none is lost on the way */
static uint8_t value_at(unsigned int x, unsigned int y, unsigned int component)
{
	return (x / 6 + 3 * (y / 6)) >> component & 1 ? 220 : 30;
}

static void paint(const struct dmaring_frame *frame)
{
	uint8_t *bytes = fake.buffers[frame->buffer];
	unsigned int i;

	for (i = 0; i < WIDTH * HEIGHT * 3; i++)
		bytes[i] = value_at(i / 3 % WIDTH, i / 3 / WIDTH, i % 3);
}

static void begin(void)
{
	int i;

	clearenv();	/* many things there tell of a terminal */
	setenv("TERM", "xterm-256color", 1);
	setenv("COLUMNS", "6", 1);
	setenv("LINES", "3", 1);
	fake_reset();
	fake.on_deliver = paint;
	fake.info.format = (struct dmaring_format){
		.width = WIDTH, .height = HEIGHT, .channels = 1,
		.pixelformat = DMARING_FOURCC('R', 'G', 'B', '3'),
		.bytes_per_line = 3 * WIDTH, .frame_bytes = 3 * WIDTH * HEIGHT,
	};
	for (i = 0; i < FRAMES; i++)
		fake_push(i, 0);
}

/* On a terminal that answers; NULL: it does not. */
static int view_on(const char *answer, const char *options)
{
	char line[256];
	int code;

	pty_open(COLUMNS, ROWS);
	pty_resize_cells(COLUMNS, ROWS, CELL_WIDTH, CELL_HEIGHT);
	pty_begin_to_answer(QUESTION, answer);
	snprintf(line, sizeof(line), COMMAND, options);
	code = pty_run(line);
	pty_end_to_answer();
	return code;
}

static bool shows_blocks(void)
{
	return strstr(output.out, BLOCK) && !strstr(output.out, "\033P") &&
	       !strstr(output.out, "a=T");
}

/* Sixels tell colours in percent. */
static void check_pixels(unsigned int error)
{
	unsigned int x, y, i, wrong = 0;

	CHECK_EQ(decoded.width, WIDTH);
	CHECK_EQ(decoded.height, HEIGHT);
	for (y = 0; y < HEIGHT; y++)
		for (x = 0; x < WIDTH; x++)
			for (i = 0; i < 3; i++)
				wrong += abs(decoded.pixels[y][x][i] - value_at(x, y, i)) >
					 (int)error;
	CHECK_EQ(wrong, 0);
}

static void need_library(void)
{
	if (!libchafa_load(NULL))
		SKIP("libchafa is not here, or was not when this was built");
}

/* -------------------------------------------------------------- what the terminal can */

TEST(sixels_are_the_picture)
{
	need_library();
	CHECK_EQ(view_on(HAS_SIXEL, "-n 1"), EXIT_OK);
	REQUIRE(decode_sixels(&decoded, output.out));
	check_pixels(4);
	CHECK(!strstr(output.out, BLOCK));
	/* The status is below it, in the last row. */
	CHECK(!strncmp(decoded.end, "\033\\\033[3H\r\033[Klost 0", 14));
	pty_check_restored();
}

TEST(kittys_pictures_are_the_picture)
{
	need_library();
	CHECK_EQ(view_on(HAS_KITTY, "-n 1"), EXIT_OK);
	REQUIRE(decode_kitty(&decoded, output.out));
	check_pixels(0);
	CHECK_EQ(decoded.columns, COLUMNS);
	CHECK_EQ(decoded.rows, ROWS - 1);
	CHECK(!strstr(output.out, BLOCK));
	output_has(decoded.end, "\033[3H\r\033[Klost 0");
	pty_check_restored();
}

TEST(kitty_is_better_and_each_can_be_asked_for)
{
	need_library();
	CHECK_EQ(view_on(HAS_BOTH, "-n 1"), EXIT_OK);
	CHECK(decode_kitty(&decoded, output.out));
	fake.delivered = 0;
	CHECK_EQ(view_on(HAS_BOTH, "-n 1 --pictures sixel"), EXIT_OK);
	CHECK(decode_sixels(&decoded, output.out));
	CHECK(!strstr(output.out, "a=T"));
}

TEST(blocks_are_not_asked_for)
{
	CHECK_EQ(view_on(HAS_BOTH, "-n 1 --pictures blocks"), EXIT_OK);
	CHECK(shows_blocks());
	CHECK(!strstr(output.out, QUESTION));
}

TEST(a_terminal_that_has_neither_shows_blocks)
{
	need_library();
	CHECK_EQ(view_on(HAS_NEITHER, "-n 1"), EXIT_OK);
	CHECK(shows_blocks());
	CHECK_EQ(view_on(HAS_NEITHER, "-n 1 --pictures sixel"), EXIT_USAGE);
	output_has(output.out, "--pictures sixel: the terminal answers that it cannot");
	CHECK_EQ(view_on(HAS_SIXEL, "-n 1 --pictures kitty"), EXIT_USAGE);
	output_has(output.out, "--pictures kitty: the terminal answers that it cannot");
}

/* An answer tells more: a terminal in which another one runs inherits its environment. */
TEST(the_environment_tells_of_a_terminal_that_does_not_answer)
{
	need_library();
	CHECK_EQ(view_on(NULL, "-n 1"), EXIT_OK);
	CHECK(shows_blocks());
	CHECK_EQ(view_on(NULL, "-n 1 --pictures sixel"), EXIT_USAGE);
	output_has(output.out, "the terminal does not answer what it can show");
	fake.delivered = 0;
	setenv("TERM", "xterm-kitty", 1);
	CHECK_EQ(view_on(NULL, "-n 1"), EXIT_OK);
	CHECK(decode_kitty(&decoded, output.out));
	fake.delivered = 0;
	CHECK_EQ(view_on(HAS_NEITHER, "-n 1"), EXIT_OK);
	CHECK(shows_blocks());
}

TEST(keys_between_the_answers_are_used)
{
	need_library();
	CHECK_EQ(view_on("x\033_Gi=4711;OK\033\\q" HAS_SIXEL, "-n 3"), EXIT_OK);
	CHECK(decode_kitty(&decoded, output.out));
	CHECK_EQ(fake.delivered, 1);
	pty_check_restored();
}

TEST(a_terminal_that_does_not_know_its_pixels_is_a_vt340)
{
	need_library();
	pty_open(COLUMNS, ROWS);
	pty_begin_to_answer(QUESTION, HAS_SIXEL);
	CHECK_EQ(pty_run("view " FAKE_DEVICE " -n 1"), EXIT_OK);
	pty_end_to_answer();
	REQUIRE(decode_sixels(&decoded, output.out));
	CHECK_EQ(decoded.width, 10 * COLUMNS);
	CHECK_EQ(decoded.height, 36);	/* whole bands of 6 lines of 40 */
}

/* ------------------------------------------------------------------- without a library */

TEST(without_the_library_there_are_blocks)
{
	no_library = true;
	CHECK_EQ(view_on(HAS_BOTH, "-n 1"), EXIT_OK);
	CHECK(shows_blocks());
	CHECK(!strstr(output.out, QUESTION));
	CHECK(!strstr(output.out, "chafa"));
	pty_check_restored();
}

TEST(what_is_missing_is_named)
{
	no_library = true;
	CHECK_EQ(view_on(HAS_BOTH, "-n 1 --pictures kitty"), EXIT_ERROR);
	output_has(output.out, "--pictures: ");
	output_has(output.out, "libchafa");
	CHECK_EQ(fake.steps, 0);
}

/* ------------------------------------------------------------------------- one frame */

TEST(a_file_gets_blocks_or_what_is_asked_for)
{
	char line[128];

	need_library();
	snprintf(line, sizeof(line), COMMAND, "--once");
	CHECK_EQ(output_of(line), EXIT_OK);
	CHECK(shows_blocks());
	fake.delivered = 0;
	snprintf(line, sizeof(line), COMMAND, "--once --pictures sixel");
	CHECK_EQ(output_of(line), EXIT_OK);
	REQUIRE(decode_sixels(&decoded, output.out));
	CHECK(!strncmp(decoded.end, "\033\\\nlost 0 ", 10));
	CHECK(!strstr(output.out, QUESTION));
	CHECK(!*output.err);
}

TEST(one_frame_on_a_terminal)
{
	struct termios now;

	need_library();
	CHECK_EQ(view_on("\033_Gi=4711;OK\033\\x" HAS_SIXEL, "--once"), EXIT_OK);
	REQUIRE(decode_kitty(&decoded, output.out));
	check_pixels(0);
	CHECK_EQ(decoded.number, 0);	/* it stays when the next one comes */
	CHECK(!strstr(output.out, "\033[?1049h"));
	tcgetattr(pty.slave, &now);
	CHECK_EQ(now.c_lflag, pty.as_it_was.c_lflag);
}

/* --------------------------------------------------------------------- many pictures */

/* The terminal keeps two of kitty's at most, and in the end none. */
TEST(the_terminal_is_not_filled_with_pictures)
{
	unsigned int before = 0, i;
	char forget[40];
	const char *at = output.out;

	need_library();
	CHECK_EQ(view_on(HAS_KITTY, "-n 3"), EXIT_OK);
	for (i = 0; i < 3; i++) {
		REQUIRE(decode_kitty(&decoded, at));
		CHECK(decoded.number && decoded.number != before);
		snprintf(forget, sizeof(forget), "\033_Ga=d,d=I,i=%u,q=2\033\\", before);
		if (before)
			CHECK(!strncmp(decoded.end + 10, forget, strlen(forget)));
		before = decoded.number;
		at = decoded.end;
	}
	snprintf(forget, sizeof(forget), "\033_Ga=d,d=I,i=%u,q=2\033\\", before);
	output_has(at + 10 + strlen(forget), forget);
	pty_check_restored();
}

/* Twice as large, first by more characters, then by larger ones */
static void grow(const struct dmaring_frame *frame)
{
	paint(frame);
	if (frame->sequence == 1)
		pty_resize_cells(2 * COLUMNS, 2 * ROWS - 1, CELL_WIDTH, CELL_HEIGHT);
	if (frame->sequence == 2)
		pty_resize_cells(2 * COLUMNS, 2 * ROWS - 1, 2 * CELL_WIDTH, 2 * CELL_HEIGHT);
}

static void check_growth(bool (*decode)(struct decoded *, const char *))
{
	const char *at = output.out;
	unsigned int i;

	for (i = 0; i < FRAMES; i++, at = decoded.end) {
		REQUIRE(decode(&decoded, at));
		CHECK_EQ(decoded.width, WIDTH << i);
		CHECK_EQ(decoded.height, HEIGHT << i);
	}
}

TEST(pictures_follow_the_size_of_the_terminal)
{
	need_library();
	fake.on_deliver = grow;
	CHECK_EQ(view_on(HAS_SIXEL, "-n 3"), EXIT_OK);
	check_growth(decode_sixels);
	output_has(output.out, "\033[0m\033[2J\033[H\033P");
	fake.delivered = 0;
	CHECK_EQ(view_on(HAS_KITTY, "-n 3 --pictures kitty"), EXIT_OK);
	check_growth(decode_kitty);
	pty_check_restored();
}

static void pause_and_zoom(const struct dmaring_frame *frame)
{
	paint(frame);
	if (frame->sequence == 1)
		pty_type(" ");
	if (frame->sequence == 2)
		pty_type("+h\033[C q");
}

/* The last one stays decoded. */
static unsigned int count_pictures(void)
{
	const char *at = output.out;
	unsigned int count = 0;

	for (; strstr(at, "\033P"); at = decoded.end, count++)
		REQUIRE(decode_sixels(&decoded, at));
	return count;
}

static bool has_colour(int red, int green, int blue)
{
	const uint8_t *pixel;
	unsigned int x, y;

	for (y = 0; y < decoded.height; y++)
		for (x = 0; x < decoded.width; x++) {
			pixel = decoded.pixels[y][x];
			if (abs(pixel[0] - red) < 4 && abs(pixel[1] - green) < 4 &&
			    abs(pixel[2] - blue) < 4)
				return true;
		}
	return false;
}

TEST(pause_zoom_and_histogram)
{
	need_library();
	fake.on_deliver = pause_and_zoom;
	CHECK_EQ(view_on(HAS_SIXEL, ""), EXIT_OK);
	CHECK_EQ(fake.delivered, 3);
	CHECK_EQ(fake.release_count, 3);
	/* The frames, and the last one again for three keys: zoomed, with a histogram */
	CHECK_EQ(count_pictures(), 6);
	CHECK(has_colour(255, 160, 0));
	pty_check_restored();
}

TEST(samples_are_a_trace)
{
	need_library();
	fake.info.format = (struct dmaring_format){
		.width = 1000, .height = 1, .channels = 1,
		.pixelformat = DMARING_FOURCC('S', '1', '6', ' '),
		.bytes_per_line = 2000, .frame_bytes = 2000,
	};
	fake.on_deliver = NULL;
	fake.frame_count = 0;
	fake_push(0, 0);
	CHECK_EQ(view_on(HAS_SIXEL, "-n 1"), EXIT_OK);
	REQUIRE(decode_sixels(&decoded, output.out));
	CHECK_EQ(decoded.width, WIDTH);
	CHECK_EQ(decoded.height, CELL_HEIGHT);
	/* The axis and the status are below. */
	output_has(decoded.end, "\033[2H\r\033[K0");
}

static void kill_twice(const struct dmaring_frame *frame)
{
	paint(frame);
	raise(SIGHUP);
	raise(SIGQUIT);
}

/* A picture may be written in part then. */
TEST(a_second_signal_ends_a_picture_and_restores_the_terminal)
{
	int status;

	need_library();
	fake.on_deliver = kill_twice;
	pty_open(COLUMNS, ROWS);
	pty_begin_to_answer(QUESTION, HAS_SIXEL);
	status = pty_run_to_death("view " FAKE_DEVICE);
	pty_end_to_answer();
	CHECK(WIFSIGNALED(status));
	output_has(output.out, "\033\\\033[0m\033[?25h\033[?1049l");
	pty_check_restored();
}

static void interrupt_question(void)
{
	kill(getpid(), SIGINT);
}

/* ^C does not wait for an answer. */
TEST(a_signal_ends_the_question)
{
	need_library();
	pty.on_question = interrupt_question;
	CHECK_EQ(view_on(NULL, ""), EXIT_OK);
	CHECK_EQ(fake.delivered, 0);
	pty_check_restored();
}

int main(void)
{
	return tap_run(begin, NULL);
}
