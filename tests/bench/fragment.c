// SPDX-License-Identifier: MIT
/*
 * Fragments the memory and keeps it so: a share of what is free is taken page by page,
 * and every other page given back.  The pages that stay are an application's, which the
 * kernel can move out of the way, or hold data of pipes, which it cannot move.
 * Prints "ready" and stays.
 *
 * usage: fragment movable|pinned PERCENT
 */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#define PAGE		4096
#define PIPE_PAGES	256
#define PIPES_MAX	65536

static size_t free_pages(void)
{
	return sysconf(_SC_AVPHYS_PAGES);
}

static void fragment_movable(size_t pages)
{
	char *map = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (map == MAP_FAILED)
		err(1, "mmap");
	madvise(map, pages * PAGE, MADV_NOHUGEPAGE);
	for (size_t i = 0; i < pages; i++)
		map[i * PAGE] = 1;
	for (size_t i = 0; i < pages; i += 2)
		madvise(map + i * PAGE, PAGE, MADV_DONTNEED);
}

static void open_pipe(int ends[2])
{
	if (pipe(ends) || fcntl(ends[1], F_SETPIPE_SZ, PIPE_PAGES * PAGE) < 0)
		err(1, "pipe");
}

/* Two pipes are filled in turns, page by page; one of them is closed. */
static void fragment_pinned(size_t pages)
{
	static char page[PAGE];
	static int (*given_back)[2];
	size_t pairs = pages / (2 * PIPE_PAGES);
	const struct rlimit files = { PIPES_MAX, PIPES_MAX };

	if (setrlimit(RLIMIT_NOFILE, &files))
		err(1, "setrlimit");
	given_back = calloc(pairs, sizeof(*given_back));
	for (size_t i = 0; i < pairs; i++) {
		int kept[2];

		open_pipe(given_back[i]);
		open_pipe(kept);
		for (int j = 0; j < PIPE_PAGES; j++)
			if (write(given_back[i][1], page, PAGE) != PAGE ||
			    write(kept[1], page, PAGE) != PAGE)
				err(1, "write");
	}
	for (size_t i = 0; i < pairs; i++) {
		close(given_back[i][0]);
		close(given_back[i][1]);
	}
}

int main(int argc, char **argv)
{
	size_t pages = argc == 3 ? free_pages() * atoi(argv[2]) / 100 : 0;

	if (!pages)
		errx(2, "usage: fragment movable|pinned PERCENT");
	if (!strcmp(argv[1], "movable"))
		fragment_movable(pages);
	else
		fragment_pinned(pages);
	puts("ready");
	fflush(stdout);
	pause();
	return 0;
}
