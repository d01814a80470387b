// SPDX-License-Identifier: MIT
#define _GNU_SOURCE		/* F_SETPIPE_SZ */
#include "frame_row.h"
#include "interrupt.h"
#include "new_file.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What an ordinary user may ask for.  Less of it means more turns. */
#define PIPE_BYTES (1 << 20)

/* Once the end is asked for, the reader has so long for each piece. */
#define PATIENCE_MS 3000

static int open_standard_output(void)
{
	int fd;

	if (isatty(STDOUT_FILENO)) {
		warnx("frames are not for a terminal; lead the standard output into a file or a pipe");
		return -EINVAL;
	}
	fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0);
	return fd < 0 ? -errno : fd;
}

static bool is_regular(int fd)
{
	struct stat status;

	return !fstat(fd, &status) && S_ISREG(status.st_mode);
}

int frame_row_open(struct frame_row *row, const char *path, bool overwrite)
{
	bool ours = strcmp(path, "-");

	*row = (struct frame_row){
		.name = ours ? path : "standard output",
		.fd = ours ? new_file_open(path, overwrite) :
			     open_standard_output(),
	};
	if (row->fd < 0)
		return row->fd;
	row->is_file = ours && is_regular(row->fd);
	signal(SIGPIPE, SIG_IGN);	/* write(2) says it, too */
	fcntl(row->fd, F_SETPIPE_SZ, PIPE_BYTES);	/* if it is one */
	return 0;
}

/* So that a reader that does not read cannot keep us from ending. */
static bool room_for_a_piece(const struct frame_row *row)
{
	struct pollfd output = { .fd = row->fd, .events = POLLOUT };
	int ready;

	do
		ready = poll(&output, 1, PATIENCE_MS);
	while (ready < 0 && errno == EINTR);
	return ready == 1;
}

static int write_bytes(const struct frame_row *row, const void *from,
		       size_t bytes)
{
	const char *next = from;
	ssize_t written;
	size_t most;

	while (bytes) {
		most = bytes;
		if (interrupt_signal()) {
			if (!room_for_a_piece(row))
				return -ETIMEDOUT;
			most = bytes < PIPE_BUF ? bytes : PIPE_BUF;
		}
		written = write(row->fd, next, most);
		if (written < 0 && errno != EINTR)
			return -errno;
		if (written > 0) {
			next += written;
			bytes -= written;
		}
	}
	return 0;
}

static int write_zeros(const struct frame_row *row, size_t bytes)
{
	static const char zeros[PIPE_BUF];
	size_t part;
	int err = 0;

	for (; bytes && !err; bytes -= part) {
		part = bytes < sizeof(zeros) ? bytes : sizeof(zeros);
		err = write_bytes(row, zeros, part);
	}
	return err;
}

/* What is there of the frame is no use. */
static int give_up(struct frame_row *row, const struct dmaring_frame *frame,
		   int err)
{
	uint64_t sequence = frame->sequence;

	if (err == -EFAULT)
		warnx("%s: frame %" PRIu64 " is not written, the card is gone",
		      row->name, sequence);
	else if (err == -EPIPE)
		warnx("%s: its reader has gone, after %" PRIu64 " frames",
		      row->name, row->frames);
	else if (err == -ETIMEDOUT)
		warnx("%s: frame %" PRIu64 " is not whole: its reader has stopped, and the end was asked for",
		      row->name, sequence);
	else
		warnx("%s: cannot write frame %" PRIu64 ": %s", row->name,
		      sequence, strerror(-err));
	if (row->is_file && ftruncate(row->fd, row->bytes))
		warn("%s: after %" PRIu64 " frames there is a part of one",
		     row->name, row->frames);
	return err == -EFAULT ? -ENODEV : err;
}

int frame_row_begin(struct frame_row *row, const void *head, size_t bytes)
{
	int err = write_bytes(row, head, bytes);

	if (err)
		warnx("%s: cannot write: %s", row->name, strerror(-err));
	else
		row->bytes += bytes;
	return err;
}

int frame_row_write_made(struct frame_row *row,
			 const struct dmaring_frame *frame, const void *made,
			 size_t bytes)
{
	int err = write_bytes(row, made, bytes);

	if (err)
		return give_up(row, frame, err);
	row->bytes += bytes;
	row->frames++;
	return 0;
}

int frame_row_write(struct frame_row *row, const struct dmaring_frame *frame,
		    const void *data, const struct dmaring_format *format)
{
	uint32_t bytes = frame->bytes_used, missing = 0;
	int err;

	if (bytes < format->frame_bytes)
		missing = format->frame_bytes - bytes;
	err = write_bytes(row, data, bytes);
	if (!err)
		err = write_zeros(row, missing);
	if (err)
		return give_up(row, frame, err);
	row->bytes += bytes + missing;
	row->frames++;
	return 0;
}

int frame_row_close(struct frame_row *row)
{
	int err = 0;

	/* Some file systems tell only now that the disk is full. */
	if (row->fd >= 0 && close(row->fd)) {
		err = -errno;
		warn("%s: not all is written", row->name);
	}
	row->fd = -1;
	return err;
}
