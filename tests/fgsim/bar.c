// SPDX-License-Identifier: MIT
#define _GNU_SOURCE
#include "bar.h"
#include "link.h"

#include <assert.h>
#include <err.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static_assert(offsetof(struct fgsim_bar, driver) == 0x1000, "the driver page");
static_assert(offsetof(struct fgsim_bar, fault) == 0x2000, "the fault page");
static_assert(offsetof(struct fgsim_bar, post) == 0x20000, "the posted ring");
static_assert(offsetof(struct fgsim_bar, cq) == 0x80000, "the completion ring");
static_assert(sizeof(struct fgsim_bar) == FGSIM_BAR_BYTES, "a power of two, as a BAR must be");

int bar_create(struct bar *bars, uint32_t streams)
{
	int fd = memfd_create("fgsim-bar2", MFD_CLOEXEC);
	size_t bytes = (size_t)streams * FGSIM_BAR_BYTES;
	struct fgsim_bar *regs;

	if (fd < 0 || ftruncate(fd, bytes))
		err(1, "no shared memory of %zu bytes for BAR2", bytes);
	regs = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (regs == MAP_FAILED)
		err(1, "cannot map BAR2");
	for (uint32_t i = 0; i < streams; i++)
		bars[i] = (struct bar) { .regs = &regs[i], .streams = streams };
	return fd;
}

void bar_power_on(struct bar *bar, uint64_t ram_end)
{
	struct fgsim_card_page *card = &bar->regs->card;

	memset(bar->regs, 0, FGSIM_BAR_BYTES);
	set32(&card->version, FGSIM_VERSION);
	set32(&card->peer, LINK_CARD_PEER);
	set32(&card->resets, bar->resets);
	set64(&card->ram_bytes, ram_end);
	set32(&card->streams, bar->streams);
	set32(&card->magic, FGSIM_MAGIC);
}

void bar_all_ones(struct bar *bar)
{
	memset(bar->regs, 0xff, FGSIM_BAR_BYTES);
}
