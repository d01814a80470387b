// SPDX-License-Identifier: MIT
/* write_all(), over a write() that does as little as it may. */
#include "lib/write_all.h"

#include <errno.h>
#include <unistd.h>
#include "tap.h"

#define PIECE 7

static char written[256];
static size_t written_bytes;
static size_t space;
static int calls;

ssize_t write(int fd, const void *from, size_t bytes)
{
	(void)fd;
	if (calls++ % 2 == 0) {
		errno = EINTR;
		return -1;
	}
	if (written_bytes == space) {
		errno = ENOSPC;
		return -1;
	}
	if (bytes > PIECE)
		bytes = PIECE;
	if (bytes > space - written_bytes)
		bytes = space - written_bytes;
	memcpy(written + written_bytes, from, bytes);
	written_bytes += bytes;
	return bytes;
}

static const char text[] =
"Short writes and signals are no reason to lose, repeat or mix up a byte.";

TEST(short_writes_and_signals_are_overcome)
{
	space = sizeof(written);
	CHECK_EQ(write_all(1, text, sizeof(text)), 0);
	CHECK_EQ(written_bytes, sizeof(text));
	CHECK(!memcmp(written, text, sizeof(text)));
}

TEST(a_disk_that_fills_up_on_the_way_is_told)
{
	space = sizeof(text) - 1;
	CHECK_EQ(write_all(1, text, sizeof(text)), -ENOSPC);
}

TEST(nothing_is_no_work)
{
	CHECK_EQ(write_all(1, text, 0), 0);
	CHECK_EQ(calls, 0);
}

int main(void)
{
	return tap_run(NULL, NULL);
}
