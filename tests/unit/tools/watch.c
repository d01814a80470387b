// SPDX-License-Identifier: MIT
/* "dmaring stats --watch" on terminals of all sizes. */
#define _GNU_SOURCE		/* posix_openpt */
#include "fake_kernel.h"

#include "pty.h"

#define ENTER "\033[?1049h\033[?25l\033[2J\033[H"
#define CONSUMERS 2

static void begin(void)
{
	setenv("TERM", "xterm-256color", 1);
	fake_reset();
	fake.stats.produced = 123;
	fake.stats.overruns = 7;
	fake.stats.consumers = 3;
	for (int i = 0; i < CONSUMERS; i++)
		fake.of[i] = (struct dmaring_stats){
			.consumer = i, .consumer_pid = 4711 + i,
			.consumer_policy = DMARING_POLICY_LOSSLESS,
		};
	fake.interrupt_at = 2;
}

/* Each screen begins at the top; the last one is looked at. */
static char *last_screen(void)
{
	char *screen = output.out, *next;

	while ((next = strstr(screen + 1, "\033[H")))
		screen = next;
	return screen;
}

/* The rows of a screen, each without what is no character of it. */
static int count_rows(const char *screen, int *longest)
{
	int rows = 1, length = 0;

	*longest = 0;
	for (const char *c = screen + 3; strncmp(c, "\033[J", 3); c++) {
		if (!CHECK(*c))
			break;
		if (*c == '\033') {
			c += 2;		/* "\033[K" */
			continue;
		}
		rows += *c == '\n';
		length = *c == '\n' ? 0 : length + (*c != '\r');
		if (length > *longest)
			*longest = length;
	}
	return rows;
}

static void watch_on(unsigned short columns, unsigned short rows)
{
	pty_open(columns, rows);
	CHECK_EQ(pty_run("stats --watch 0.01 " FAKE_DEVICE), EXIT_OK);
	CHECK(!strncmp(output.out, ENTER, strlen(ENTER)));
	pty_check_restored();
}

TEST(it_fits_a_terminal_of_any_size)
{
	static const unsigned short sizes[][2] = {
		{ 80, 24 }, { 80, 10 }, { 40, 5 }, { 20, 2 }, { 10, 1 }, { 1, 1 }, { 300, 100 },
	};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		int longest, rows;

		fake.steps = 0;
		watch_on(sizes[i][0], sizes[i][1]);
		rows = count_rows(last_screen(), &longest);
		CHECK(rows <= sizes[i][1]);
		CHECK(longest < sizes[i][0]);
		if (sizes[i][1] > 50)
			CHECK_EQ(rows, 1 + 19 + 1 + CONSUMERS);
	}
}

TEST(what_matters_comes_first)
{
	watch_on(100, 12);
	output_has(last_screen(), FAKE_DEVICE "  stopped  0.0 frames/s  7 overruns  (q quits)");
	output_has(last_screen(), "\nproduced ");
	output_has(last_screen(), "\noverruns ");
	output_has(last_screen(), "\nheld ");
	output_has(last_screen(), "\n       0     4711 lossless");
	output_has(last_screen(), "\n(12 more lines, in a larger terminal)");
	CHECK(!strstr(last_screen(), "viewer_reserved"));
}

TEST(a_playback_stream_has_underruns)
{
	fake.info.direction = DMARING_PLAYBACK;
	watch_on(100, 12);
	output_has(last_screen(), FAKE_DEVICE "  stopped  0.0 frames/s  7 underruns  (q quits)");
	output_has(last_screen(), "\nunderruns ");
	CHECK(!strstr(last_screen(), "overruns "));
}

TEST(q_quits)
{
	alarm(20);
	fake.interrupt_at = 0;
	pty_open(80, 24);
	pty_type("xyq");
	CHECK_EQ(pty_run("stats --watch 60 " FAKE_DEVICE), EXIT_OK);
	CHECK_EQ(fake_count(DMARING_IOC_STATS), 1);
	pty_check_restored();
}

/* Until the terminal has got more than so many bytes. */
static int wait_for_more_than(int bytes)
{
	int there;

	do {
		usleep(10000);
		REQUIRE(!ioctl(pty.master, FIONREAD, &there));
	} while (there <= bytes);
	return there;
}

static void resize_once_it_is_drawn(void)
{
	int drawn;

	if (fork())
		return;
	drawn = wait_for_more_than(200);
	pty_resize(30, 3);
	wait_for_more_than(drawn);
	pty_type("q");
	_exit(0);
}

TEST(it_follows_the_size_of_the_terminal)
{
	int longest;

	alarm(60);
	fake.interrupt_at = 0;
	pty_open(80, 24);
	resize_once_it_is_drawn();
	CHECK_EQ(pty_run("stats --watch 60 " FAKE_DEVICE), EXIT_OK);
	CHECK_EQ(fake_count(DMARING_IOC_STATS), 1);
	CHECK_EQ(count_rows(last_screen(), &longest), 3);
	CHECK(longest < 30);
	pty_check_restored();
}

TEST(an_error_restores_the_terminal_before_it_is_told)
{
	const char *left;

	fake_fail(DMARING_IOC_STATS, 1, ENODEV);
	pty_open(80, 24);
	CHECK_EQ(pty_run("stats --watch 0.01 " FAKE_DEVICE), EXIT_ERROR);
	pty_check_restored();
	left = strstr(output.out, "\033[?1049l");
	CHECK(left && strstr(left, "the card is gone"));
}

TEST(a_signal_that_kills_restores_the_terminal)
{
	int status;

	fake.interrupt_at = 0;
	fake.raise_twice_at = 2;
	pty_open(80, 24);
	status = pty_run_to_death("stats --watch 0.01 " FAKE_DEVICE);
	CHECK(WIFSIGNALED(status));
	pty_check_restored();
}

TEST(a_dumb_terminal_gets_lines)
{
	setenv("TERM", "dumb", 1);
	pty_open(80, 24);
	CHECK_EQ(pty_run("stats --watch 0.01 " FAKE_DEVICE), EXIT_OK);
	CHECK(!strchr(output.out, '\033'));
	CHECK_EQ(output_lines(output.out), 2);
}

TEST(json_is_for_programs_also_on_a_terminal)
{
	pty_open(80, 24);
	CHECK_EQ(pty_run("stats --watch 0.01 --json " FAKE_DEVICE), EXIT_OK);
	CHECK(!strchr(output.out, '\033'));
}

int main(void)
{
	return tap_run(begin, NULL);
}
