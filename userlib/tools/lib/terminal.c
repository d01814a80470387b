// SPDX-License-Identifier: MIT
#include "terminal.h"
#include "interrupt.h"
#include "number.h"
#include "write_all.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#define COLUMNS_DEFAULT 80
#define ROWS_DEFAULT 24
#define SIDE_MAX 4096

#define ENTER "\033[?1049h\033[?25l\033[2J\033[H"
#define LEAVE "\033[0m\033[?25h\033[?1049l"

static struct termios before;
static bool keyboard;		/* its settings were changed */
static struct keyboard keys;

static unsigned int from_environment(const char *name, unsigned int otherwise)
{
	const char *text = getenv(name);
	uint64_t value;

	if (!text || number_parse(text, 1, SIDE_MAX, &value))
		return otherwise;
	return value;
}

struct terminal_size terminal_size(int fd)
{
	struct winsize size = { 0 };

	if (ioctl(fd, TIOCGWINSZ, &size) || !size.ws_col ||
	    !size.ws_row)
		return (struct terminal_size){
			.columns = from_environment("COLUMNS", COLUMNS_DEFAULT),
			.rows = from_environment("LINES", ROWS_DEFAULT),
		};
	return (struct terminal_size){ size.ws_col, size.ws_row };
}

enum colours terminal_colours(void)
{
	const char *colours = getenv("COLORTERM"), *term = getenv("TERM");

	if (colours && (!strcmp(colours, "truecolor") ||
			!strcmp(colours, "24bit")))
		return COLOURS_24_BIT;
	if (term && strstr(term, "-direct"))
		return COLOURS_24_BIT;
	return COLOURS_256;
}

bool terminal_usable(void)
{
	const char *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && term && *term && strcmp(term, "dumb");
}

/* In a signal handler, and perhaps because the terminal takes nothing any more. */
static void restore_at_once(void)
{
	struct pollfd output = { .fd = STDOUT_FILENO, .events = POLLOUT };

	if (poll(&output, 1, 0) == 1)
		write_all(STDOUT_FILENO, LEAVE, strlen(LEAVE));
	if (keyboard)
		tcsetattr(STDIN_FILENO, TCSANOW, &before);
}

void terminal_begin(void)
{
	struct termios quiet;

	keyboard = !tcgetattr(STDIN_FILENO, &before);
	if (keyboard) {
		quiet = before;
		quiet.c_lflag &= ~(tcflag_t)(ECHO | ICANON);
		quiet.c_cc[VSUSP] = _POSIX_VDISABLE;
		tcsetattr(STDIN_FILENO, TCSADRAIN, &quiet);
	}
	interrupt_last_act(restore_at_once);
	write_all(STDOUT_FILENO, ENTER, strlen(ENTER));
}

void terminal_end(void)
{
	interrupt_last_act(NULL);
	write_all(STDOUT_FILENO, LEAVE, strlen(LEAVE));
	if (keyboard)
		tcsetattr(STDIN_FILENO, TCSADRAIN, &before);
	keyboard = false;
}

static int read_byte(void)
{
	unsigned char byte;

	if (keyboard && read(STDIN_FILENO, &byte, 1) == 1)
		return byte;
	keyboard = false;
	return 0;
}

int terminal_key_within(uint64_t ns)
{
	struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };
	int key = 0;

	while (!key && interrupt_poll(&input, keyboard, ns)) {
		key = keyboard_take(&keys, read_byte());
		ns = 0;
	}
	return key;
}

bool terminal_quit_within(uint64_t ns)
{
	int key;

	while ((key = terminal_key_within(ns))) {
		if (key == 'q')
			return true;
		ns = 0;		/* but all that was typed */
	}
	return false;
}
