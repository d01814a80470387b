// SPDX-License-Identifier: LGPL-2.1-or-later
#include "blocks.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void blocks_begin(struct blocks *blocks, int dir, uint32_t wanted)
{
	blocks->dir = dir;
	blocks->wanted = wanted;
	blocks->size = ((uint64_t)wanted + BLOCKS_OF_WANTED - 1) / BLOCKS_OF_WANTED;
}

static void add(struct losses *to, const struct losses *losses)
{
	to->frames += losses->frames;
	to->overruns += losses->overruns;
	to->drops += losses->drops;
}

static void remove_first(struct blocks *blocks)
{
	segment_remove(blocks->dir, blocks->list[0].number, true);
	add(&blocks->gone, &blocks->list[0].has);
	blocks->count--;
	memmove(blocks->list, blocks->list + 1, blocks->count * sizeof(*blocks->list));
}

static bool is_enough_without_first(const struct blocks *blocks)
{
	uint64_t frames = 0;

	for (uint32_t i = 1; i < blocks->count; i++)
		frames += blocks->list[i].has.frames;
	return frames >= blocks->wanted;
}

void blocks_add(struct blocks *blocks, const struct segment *segment)
{
	blocks->list[blocks->count++] = (struct block){
		.number = segment->number,
		.has = { segment->safe, segment->overruns, segment->drops },
	};
	while (blocks->count == BLOCKS_MAX ||
	       (blocks->count && is_enough_without_first(blocks)))
		remove_first(blocks);
}

int blocks_tell_gone(struct blocks *blocks, struct segment *segment)
{
	const struct losses gone = blocks->gone;

	blocks->gone = (struct losses){ 0 };
	if (!gone.frames)
		return 0;
	return segment_skip(segment, gone.frames, gone.overruns, gone.drops);
}

int blocks_adopt(struct blocks *blocks, const struct segment *like, uint32_t *number,
		 uint64_t *frames)
{
	struct segment block = *like;
	uint32_t i;
	int err = 0;

	*frames = 0;
	for (i = 0; i < blocks->count; i++) {
		block.number = blocks->list[i].number;
		block.before = true;
		block.safe = blocks->list[i].has.frames;
		err = blocks_tell_gone(blocks, &block) ?: segment_adopt(&block, *number);
		if (block.before)
			break;
		(*number)++;
		*frames += blocks->list[i].has.frames;
	}
	blocks->count -= i;
	memmove(blocks->list, blocks->list + i, blocks->count * sizeof(*blocks->list));
	return err;
}

void blocks_remove(struct blocks *blocks)
{
	while (blocks->count)
		remove_first(blocks);
}

static bool is_ours(const char *name)
{
	char npy[RECORD_NAME], idx[RECORD_NAME];
	uint32_t number;

	if (sscanf(name, SEGMENT_BEFORE "-%u.", &number) != 1)
		return false;
	segment_path(npy, number, true, "npy");
	segment_path(idx, number, true, "idx");
	return !strcmp(name, npy) || !strcmp(name, idx);
}

void blocks_remove_stale(int dir)
{
	DIR *entries = fdopendir(dup(dir));
	struct dirent *entry;

	if (!entries)
		return;
	rewinddir(entries);
	while ((entry = readdir(entries)))
		if (is_ours(entry->d_name))
			unlinkat(dir, entry->d_name, 0);
	closedir(entries);
}
