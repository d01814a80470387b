/* SPDX-License-Identifier: MIT */
/* Runs the tool on a terminal; what that got is in output.out.  After fake_kernel.h. */
#ifndef PTY_H
#define PTY_H

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include "output.h"

static struct {
	int master;
	int slave;
	struct termios as_it_was;
	size_t used;		/* bytes of output.out */
	const char *answer;	/* to the question what it can show; or NULL: it gives none */
	void (*on_question)(void);
	const char *question;	/* what that ends with, when a thread reads */
	pthread_t thread;
	int end[2];		/* a pipe that ends it */
} pty;

static inline void pty_resize(unsigned short columns, unsigned short rows)
{
	struct winsize size = { .ws_col = columns, .ws_row = rows };

	REQUIRE(!ioctl(pty.master, TIOCSWINSZ, &size));
}

/* Its characters have so many pixels. */
static inline void pty_resize_cells(unsigned short columns, unsigned short rows,
				    unsigned short width, unsigned short height)
{
	struct winsize size = {
		.ws_col = columns, .ws_row = rows,
		.ws_xpixel = columns * width, .ws_ypixel = rows * height,
	};

	REQUIRE(!ioctl(pty.master, TIOCSWINSZ, &size));
}

static inline void pty_type(const char *keys)
{
	REQUIRE_EQ(write(pty.master, keys, strlen(keys)), strlen(keys));
}

static inline void pty_open(unsigned short columns, unsigned short rows)
{
	pty.master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK);
	REQUIRE(pty.master >= 0 && !grantpt(pty.master) && !unlockpt(pty.master));
	pty_resize(columns, rows);
	pty.slave = syscall(SYS_openat, AT_FDCWD, ptsname(pty.master), O_RDWR | O_NOCTTY, 0);
	REQUIRE(pty.slave >= 0);
	tcgetattr(pty.slave, &pty.as_it_was);
	pty.used = 0;
}

static inline void pty_read(void)
{
	ssize_t bytes;

	while ((bytes = read(pty.master, output.out + pty.used,
			     sizeof(output.out) - 1 - pty.used)) > 0)
		pty.used += bytes;
	output.out[pty.used] = '\0';
}

static inline void *pty_answer(void *unused)
{
	struct pollfd fds[] = {
		{ .fd = pty.master, .events = POLLIN }, { .fd = pty.end[0], .events = POLLIN },
	};
	bool asked = false;
	sigset_t all;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, NULL);
	while (poll(fds, 2, -1) > 0 && !fds[1].revents) {
		pty_read();
		if (asked || !strstr(output.out, pty.question))
			continue;
		asked = true;
		if (pty.on_question)
			pty.on_question();
		if (pty.answer)
			pty_type(pty.answer);
	}
	return unused;
}

/* From now on what comes is read at once, and answered if it has @question. */
static inline void pty_begin_to_answer(const char *question, const char *answer)
{
	pty.question = question;
	pty.answer = answer;
	REQUIRE(!pipe(pty.end));
	REQUIRE(!pthread_create(&pty.thread, NULL, pty_answer, NULL));
}

static inline void pty_end_to_answer(void)
{
	REQUIRE_EQ(write(pty.end[1], "", 1), 1);
	pthread_join(pty.thread, NULL);
	pty_read();
}

/* @line: as output_of(). */
static inline int pty_run(const char *line)
{
	int in = dup(STDIN_FILENO), out = dup(STDOUT_FILENO), err = dup(STDERR_FILENO), code;
	char *copy = strdup(line), *words[WORDS_MAX];
	int count = output_split(copy, words);

	fflush(stdout);
	dup2(pty.slave, STDOUT_FILENO);
	dup2(pty.slave, STDIN_FILENO);
	dup2(pty.slave, STDERR_FILENO);
	code = commands_run(count, words);
	fflush(stdout);
	dup2(out, STDOUT_FILENO);
	dup2(in, STDIN_FILENO);
	dup2(err, STDERR_FILENO);
	if (!pty.question)
		pty_read();
	return code;
}

/* In a process of its own.  Return: how that ended, as waitpid() tells. */
static inline int pty_run_to_death(const char *line)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		pty_run(line);
		_exit(0);
	}
	REQUIRE_EQ(waitpid(pid, &status, 0), pid);
	pty_read();
	return status;
}

static inline void pty_check_restored(void)
{
	struct termios now;

	tcgetattr(pty.slave, &now);
	CHECK_EQ(now.c_lflag, pty.as_it_was.c_lflag);
	CHECK_EQ(now.c_cc[VSUSP], pty.as_it_was.c_cc[VSUSP]);
	output_has(output.out, "\033[0m\033[?25h\033[?1049l");
}

#endif /* PTY_H */
