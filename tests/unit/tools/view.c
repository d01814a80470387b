// SPDX-License-Identifier: MIT
/* "dmaring view" from the command line to the exit code, on a terminal and off. */
#define _GNU_SOURCE		/* posix_openpt */
#include "fake_kernel.h"

#include <sys/resource.h>
#include "pty.h"

#define BLOCK "\xe2\x96\x80"
#define COMMAND "view --pictures blocks " FAKE_DEVICE " %s"
#define FRAMES 5

static void paint_grey(const struct dmaring_frame *frame)
{
	if (!fake.gone)
		memset(fake.buffers[frame->buffer], 10 * frame->sequence,
		       frame->bytes_used);
}

static void begin(void)
{
	uint64_t sequence;

	unsetenv("COLORTERM");
	setenv("TERM", "xterm-256color", 1);
	setenv("COLUMNS", "8", 1);
	setenv("LINES", "3", 1);
	fake_reset();
	fake.on_deliver = paint_grey;
	for (sequence = 0; sequence < FRAMES; sequence++)
		fake_push(sequence, 0);
}

static int view(const char *options)
{
	char line[256];

	snprintf(line, sizeof(line), COMMAND, options);
	return output_of(line);
}

/* ---------------------------------------------------------------------- one frame */

TEST(one_frame_goes_anywhere)
{
	CHECK_EQ(view("--once"), EXIT_OK);
	/* 16x8 pixels become 8x4, in two lines, and one line of status. */
	output_has(output.out, "\033[38;5;16;48;5;16m" BLOCK BLOCK BLOCK BLOCK
			       BLOCK BLOCK BLOCK BLOCK "\033[0m\n\033[38");
	output_has(output.out, "\nlost 0 (0 overruns, 0 drops)  latency ");
	output_has(output.out, "frame 0  16x8  " FAKE_DEVICE "\n");
	CHECK_EQ(output_lines(output.out), 3);
	CHECK(!strstr(output.out, "\033[?"));
	CHECK(!*output.err);
	CHECK_EQ(fake.delivered, 1);
	CHECK_EQ(fake.release_count, 1);
	CHECK_EQ(fake_count(DMARING_IOC_STOP) + fake_count(DMARING_IOC_DETACH), 1);
}

/* From now on nothing can be written any more. */
static void fill_up_the_disk(const struct dmaring_frame *frame)
{
	const struct rlimit none = { 0, RLIM_INFINITY };

	(void)frame;
	signal(SIGXFSZ, SIG_IGN);
	REQUIRE(!setrlimit(RLIMIT_FSIZE, &none));
}

/* Terminals are slow. */
TEST(a_frame_is_given_back_before_it_is_drawn)
{
	fake.on_deliver = fill_up_the_disk;
	CHECK_EQ(view("--once"), EXIT_ERROR);
	CHECK_EQ(fake.release_count, 1);
}

TEST(it_looks_on_and_holds_nobody_back)
{
	CHECK_EQ(view("--once"), EXIT_OK);
	CHECK_EQ(fake.attach.policy, DMARING_POLICY_LATEST);
	CHECK_EQ(fake.attach.depth, 1);
	CHECK_EQ(fake.attach.max_held, 1);
	CHECK_EQ(fake.open_flags, O_RDONLY | O_CLOEXEC);
}

TEST(the_environment_chooses_the_colours)
{
	setenv("COLORTERM", "truecolor", 1);
	CHECK_EQ(view("--once"), EXIT_OK);
	output_has(output.out, "\033[38;2;0;0;0;48;2;0;0;0m");
	setenv("COLORTERM", "", 1);
	setenv("TERM", "xterm-direct", 1);
	CHECK_EQ(view("--once"), EXIT_OK);
	output_has(output.out, "\033[38;2;10;10;10;48;2;10;10;10m");
}

TEST(silence_ends_it)
{
	fake.frame_count = 0;
	CHECK_EQ(view("--once --timeout 0.01"), EXIT_ERROR);
	output_has(output.err, "no frame came for 10.0 ms");
	CHECK(!*output.out);
}

TEST(an_interrupt_before_the_frame_is_told)
{
	fake.frame_count = 0;
	fake.raise_when_empty = SIGINT;
	fake.when_empty = EINTR;
	CHECK_EQ(view("--once"), EXIT_SIGNAL + SIGINT);
}

TEST(a_card_that_goes_away_ends_in_a_sentence)
{
	fake.gone = true;
	CHECK_EQ(view("--once"), EXIT_ERROR);
	output_has(output.err, "the card is gone");
	fake.frame_count = 0;
	fake.when_empty = ENODEV;
	CHECK_EQ(view("--once"), EXIT_ERROR);
	output_has(output.err, "the card is gone");
}

TEST(only_known_formats_can_be_shown)
{
	fake.info.format.pixelformat = DMARING_FOURCC('n', 'o', 'n', 'e');
	CHECK_EQ(view("--once"), EXIT_ERROR);
	output_has(output.err, "only those of pixels or samples can");
	fake.info.format.pixelformat = DMARING_PIXELFORMAT_GREY;
	fake.info.format.height = 0;
	CHECK_EQ(view("--once"), EXIT_ERROR);
	output_has(output.err, "16x0");
	CHECK_EQ(fake_count(DMARING_IOC_START), 0);
}

TEST(no_place_for_a_viewer_is_explained)
{
	fake_fail(DMARING_IOC_ATTACH, 0, ENOSPC);
	CHECK_EQ(view("--once"), EXIT_ERROR);
	output_has(output.err, "viewer_buffers=");
}

TEST(what_is_no_terminal_is_refused)
{
	CHECK_EQ(view(""), EXIT_USAGE);
	output_has(output.err, "no terminal");
	CHECK_EQ(fake.steps, 0);
}

TEST(a_wrong_command_line_opens_nothing)
{
	static const char *const lines[] = {
		"-n", "-n 0", "-n x", "--timeout 0", "--once -n 1", "--bogus", "b",
		"--contrast much", "--gain 0", "--gain x", "--gain -1",
	};
	size_t i;

	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		if (!CHECK_EQ(view(lines[i]), EXIT_USAGE) ||
		    !CHECK_EQ(output_lines(output.err), 1))
			printf("# with: %s\n# says: %s\n", lines[i], output.err);
	}
	CHECK_EQ(fake.steps, 0);
}

/* --------------------------------------------------------------------- a terminal */

static int view_live(const char *options)
{
	char line[256];

	pty_open(8, 3);
	snprintf(line, sizeof(line), COMMAND, options);
	return pty_run(line);
}

/* ------------------------------------------------------------------ other formats */

static void set_format(uint32_t fourcc, uint32_t width, uint32_t height, uint32_t line_bytes)
{
	fake.info.format = (struct dmaring_format){
		.width = width, .height = height, .pixelformat = fourcc, .channels = 1,
		.bytes_per_line = line_bytes, .frame_bytes = height * line_bytes,
	};
	fake.frame_count = 0;
	for (int i = 0; i < FRAMES; i++)
		fake_push(i, 0);
}

/* The left half is a little brighter than the right one. */
static void paint_words(const struct dmaring_frame *frame)
{
	uint16_t *words = fake.buffers[frame->buffer];
	int i;

	for (i = 0; i < 16 * 8; i++)
		words[i] = i % 16 < 8 ? 600 : 500;
}

TEST(contrast_is_made_of_few_values)
{
	set_format(DMARING_FOURCC('Y', '1', '6', ' '), 16, 8, 32);
	setenv("COLORTERM", "truecolor", 1);
	fake.on_deliver = paint_words;
	CHECK_EQ(view("--once"), EXIT_OK);
	output_has(output.out, "\033[38;2;255;255;255;48;2;255;255;255m" BLOCK BLOCK BLOCK BLOCK
			       "\033[38;2;0;0;0;48;2;0;0;0m" BLOCK);
	fake.delivered = 0;
	CHECK_EQ(view("--once --contrast full --gain 10"), EXIT_OK);
	output_has(output.out, "\033[38;2;23;23;23;48;2;23;23;23m" BLOCK BLOCK BLOCK BLOCK
			       "\033[38;2;19;19;19;48;2;19;19;19m" BLOCK);
}

static void paint_blue(const struct dmaring_frame *frame)
{
	uint8_t *bytes = fake.buffers[frame->buffer];
	int i;

	for (i = 0; i < 16 * 8 * 3; i++)
		bytes[i] = i % 3 == 2 ? 200 : 10;
}

TEST(colours_are_shown)
{
	set_format(DMARING_FOURCC('R', 'G', 'B', '3'), 16, 8, 48);
	setenv("COLORTERM", "truecolor", 1);
	fake.on_deliver = paint_blue;
	CHECK_EQ(view("--once"), EXIT_OK);
	output_has(output.out, "\033[38;2;10;10;200;48;2;10;10;200m" BLOCK BLOCK);
}

static void paint_saw(const struct dmaring_frame *frame)
{
	int16_t *samples = fake.buffers[frame->buffer];
	int i;

	for (i = 0; i < 1000; i++)
		samples[i] = 2 * i - 1000;
}

TEST(samples_are_a_trace_over_time)
{
	set_format(DMARING_FOURCC('S', '1', '6', ' '), 1000, 1, 2000);
	fake.info.format.rate_numerator = 1000000;
	fake.info.format.rate_denominator = 1;
	setenv("COLUMNS", "60", 1);
	setenv("LINES", "8", 1);
	fake.on_deliver = paint_saw;
	CHECK_EQ(view("--once"), EXIT_OK);
	CHECK_EQ(output_lines(output.out), 8);
	output_has(output.out, "\n0 s ");
	output_has(output.out, " -1000 .. 998 ");
	output_has(output.out, " 1.0 ms\n");
}

static int view_live_at(const char *options, unsigned short columns, unsigned short rows)
{
	char line[256];

	pty_open(columns, rows);
	snprintf(line, sizeof(line), COMMAND, options);
	return pty_run(line);
}

static void pause_and_zoom(const struct dmaring_frame *frame)
{
	int i;

	for (i = 0; i < 128; i++)
		((uint8_t *)fake.buffers[frame->buffer])[i] = i % 16 < 8 ? 0 : 255;
	if (frame->sequence == 0)
		pty_type(" ");
	if (frame->sequence == 1)
		pty_type("+\033[C\033[Chx cq");
}

/* The second frame is kept until the blank after "x"; to the right all is white. */
TEST(a_pause_keeps_the_frame_and_keys_change_the_picture)
{
	const char *paused;

	setenv("COLORTERM", "truecolor", 1);
	fake.on_deliver = pause_and_zoom;
	CHECK_EQ(view_live_at("", 80, 5), EXIT_OK);
	paused = strstr(output.out, "paused  ");
	REQUIRE(paused);
	output_has(paused, "\033[38;2;255;255;255;48;2;255;255;255m" BLOCK BLOCK BLOCK BLOCK
			   BLOCK BLOCK BLOCK BLOCK BLOCK BLOCK BLOCK BLOCK BLOCK BLOCK BLOCK BLOCK
			   "\033[0m");
	output_has(paused, "255;160;0");	/* the histogram */
	CHECK_EQ(fake.delivered, 2);
	CHECK_EQ(fake.release_count, 2);
	pty_check_restored();
}

static void check_echo_is_off(const struct dmaring_frame *frame)
{
	struct termios now;

	paint_grey(frame);
	tcgetattr(pty.slave, &now);
	CHECK(!(now.c_lflag & (ECHO | ICANON)));
}

TEST(a_terminal_is_used_and_restored)
{
	fake.on_deliver = check_echo_is_off;
	CHECK_EQ(view_live("-n 2"), EXIT_OK);
	CHECK(!strncmp(output.out, "\033[?1049h\033[?25l\033[2J\033[H", 21));
	output_has(output.out, "\033[38;5;16;48;5;16m" BLOCK);
	output_has(output.out, "\033[38;5;232;48;5;232m" BLOCK);
	/* The status is no wider than the terminal. */
	output_has(output.out, "\r\033[Klost 0 (\033[");
	CHECK_EQ(fake.delivered, 2);
	pty_check_restored();
}

TEST(before_the_first_frame_it_says_so)
{
	fake.frame_count = 0;
	pty_open(80, 24);
	CHECK_EQ(pty_run("view --pictures blocks --timeout 2.2 " FAKE_DEVICE), EXIT_ERROR);
	output_has(output.out, "\r\033[Kwaiting for the first frame");
	output_has(output.out, "  16x8 GREY  " FAKE_DEVICE);
	CHECK(!strstr(output.out, "lost"));
	pty_check_restored();
}

static void press_q(const struct dmaring_frame *frame)
{
	paint_grey(frame);
	pty_type("xq");
}

TEST(q_ends_it)
{
	alarm(20);
	fake.on_deliver = press_q;
	CHECK_EQ(view_live(""), EXIT_OK);
	CHECK_EQ(fake.delivered, 1);
	pty_check_restored();
}

TEST(an_interrupt_ends_it_and_restores_the_terminal)
{
	fake.raise_when_empty = SIGINT;
	fake.when_empty = EINTR;
	CHECK_EQ(view_live(""), EXIT_OK);
	CHECK_EQ(fake.delivered, FRAMES);
	pty_check_restored();
}

TEST(an_interrupted_count_is_incomplete)
{
	fake.raise_when_empty = SIGTERM;
	fake.when_empty = EINTR;
	CHECK_EQ(view_live("-n 9"), EXIT_SIGNAL + SIGTERM);
	pty_check_restored();
}

static void kill_twice(const struct dmaring_frame *frame)
{
	paint_grey(frame);
	raise(SIGHUP);
	raise(SIGQUIT);
}

TEST(a_second_signal_ends_it_at_once_and_restores_the_terminal)
{
	int status;

	fake.on_deliver = kill_twice;
	pty_open(8, 3);
	status = pty_run_to_death("view --pictures blocks " FAKE_DEVICE);
	CHECK(WIFSIGNALED(status));
	CHECK_EQ(WTERMSIG(status), SIGQUIT);
	pty_check_restored();
}

static void grow(const struct dmaring_frame *frame)
{
	paint_grey(frame);
	if (frame->sequence == 1)
		pty_resize(16, 5);
}

TEST(it_follows_the_size_of_the_terminal)
{
	const char *second;

	fake.on_deliver = grow;
	CHECK_EQ(view_live("-n 2"), EXIT_OK);
	second = strstr(output.out, "\033[38;5;232");
	REQUIRE(second);
	CHECK(!memcmp(second - 11, "\033[0m\033[2J\033[H", 11));
	output_has(second, BLOCK BLOCK BLOCK BLOCK BLOCK BLOCK BLOCK BLOCK BLOCK);
	pty_check_restored();
}

TEST(an_error_restores_the_terminal_too)
{
	fake.when_empty = EIO;
	CHECK_EQ(view_live(""), EXIT_ERROR);
	pty_check_restored();
}

TEST(a_dumb_terminal_is_refused)
{
	setenv("TERM", "dumb", 1);
	CHECK_EQ(view_live(""), EXIT_USAGE);
	CHECK_EQ(fake.steps, 0);
}

int main(void)
{
	return tap_run(begin, NULL);
}
