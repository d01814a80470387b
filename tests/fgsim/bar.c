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

void bar_create(struct bar *bar)
{
	bar->fd = memfd_create("fgsim-bar2", MFD_CLOEXEC);
	if (bar->fd < 0 || ftruncate(bar->fd, FGSIM_BAR_BYTES))
		err(1, "no shared memory of %u bytes for BAR2", FGSIM_BAR_BYTES);
	bar->regs = mmap(NULL, FGSIM_BAR_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, bar->fd, 0);
	if (bar->regs == MAP_FAILED)
		err(1, "cannot map BAR2");
}

void bar_power_on(struct bar *bar, uint64_t ram_end)
{
	struct fgsim_card_page *card = &bar->regs->card;

	memset(bar->regs, 0, FGSIM_BAR_BYTES);
	set32(&card->version, FGSIM_VERSION);
	set32(&card->peer, LINK_CARD_PEER);
	set32(&card->resets, bar->resets);
	set64(&card->ram_bytes, ram_end);
	set32(&card->magic, FGSIM_MAGIC);
}

void bar_all_ones(struct bar *bar)
{
	memset(bar->regs, 0xff, FGSIM_BAR_BYTES);
}
