// SPDX-License-Identifier: LGPL-2.1-or-later
#define _GNU_SOURCE
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* @at: memory of this process that makes room for it, or NULL. */
static void *map(const struct dmaring *stream, void *at, uint64_t bytes,
		 uint64_t offset)
{
	int protection = PROT_READ | (stream->most_bytes ? PROT_WRITE : 0);

	return mmap(at, bytes, protection, MAP_SHARED | (at ? MAP_FIXED : 0),
		    stream->fd, (off_t)offset);
}

/* In whole pages, so that the buffer behind it begins with one. */
static size_t headroom_bytes(const struct dmaring *stream)
{
	size_t page = sysconf(_SC_PAGESIZE);

	return (stream->headroom + page - 1) / page * page;
}

/* The buffer takes the place of what lies behind the headroom: nothing else can come
 * between them.
 */
static void *map_behind_headroom(const struct dmaring *stream, uint64_t bytes,
				 uint64_t offset)
{
	size_t room = headroom_bytes(stream);
	char *address = mmap(NULL, room + bytes, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (address == MAP_FAILED)
		return MAP_FAILED;
	if (map(stream, address + room, bytes, offset) == MAP_FAILED) {
		munmap(address, room + bytes);
		return MAP_FAILED;
	}
	/* As the buffer: pages that others refer to must not become a child's. */
	madvise(address, room, MADV_DONTFORK);
	return address + room;
}

/* All buffers at once: a process may have fewer mappings than a pool may have
 * buffers.  False if there is no such range of addresses.
 */
static bool map_pool(struct dmaring *stream, const struct dmaring_info *info)
{
	uint64_t bytes = info->buffers * info->buffer_stride;
	struct dmaring_buffer first;
	char *address;

	if (bytes != (size_t)bytes || dmaring_get_buffer(stream, 0, &first))
		return false;
	address = map(stream, NULL, bytes, first.mmap_offset);
	if (address == MAP_FAILED)
		return false;
	for (; stream->mapped < info->buffers; stream->mapped++) {
		stream->maps[stream->mapped] = (struct buffer_map){
			.address = address + stream->mapped * info->buffer_stride,
		};
	}
	stream->maps[0].length = bytes;
	return true;
}

static int map_buffer(const struct dmaring *stream, uint32_t index,
		      struct buffer_map *buffer_map)
{
	struct dmaring_buffer buffer;
	void *address;
	int err;

	err = dmaring_get_buffer(stream, index, &buffer);
	if (err)
		return err;
	if (stream->headroom)
		address = map_behind_headroom(stream, buffer.length,
					      buffer.mmap_offset);
	else
		address = map(stream, NULL, buffer.length, buffer.mmap_offset);
	if (address == MAP_FAILED)
		return error_set(stream->device, STEP_MAP, errno);
	buffer_map->address = address;
	buffer_map->length = buffer.length;
	return 0;
}

/* Each where there is room for it. */
static int map_each(struct dmaring *stream, uint32_t buffers)
{
	int err;

	for (; stream->mapped < buffers; stream->mapped++) {
		err = map_buffer(stream, stream->mapped,
				 &stream->maps[stream->mapped]);
		if (err)
			return err;
	}
	return 0;
}

/* The first touch of a buffer makes the kernel fill its page table: now, not
 * when its first frame is there.  The kernel itself reads the byte, because that
 * is EFAULT when the card has just gone, where a read of our own would be a
 * signal.  MADV_POPULATE_READ cannot do it: it is for memory that has struct
 * pages to refer to.  Nothing depends on it: without a pipe it is not done.
 */
static void touch_all(const struct dmaring *stream)
{
	int ends[2];
	uint32_t i;
	char byte;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return;
	for (i = 0; i < stream->mapped; i++)
		if (write(ends[1], stream->maps[i].address, 1) != 1 ||
		    read(ends[0], &byte, 1) != 1)
			break;
	close(ends[0]);
	close(ends[1]);
}

int buffers_map(struct dmaring *stream, const struct dmaring_info *info)
{
	int err;

	stream->maps = calloc(info->buffers, sizeof(*stream->maps));
	if (!stream->maps)
		return error_set(stream->device, STEP_MAP, ENOMEM);
	err = !stream->headroom && map_pool(stream, info) ?
		      0 : map_each(stream, info->buffers);
	if (err) {
		buffers_unmap(stream);
		return err;
	}
	/* Pages are mapped already. */
	if (info->memory != DMARING_MEMORY_PAGES)
		touch_all(stream);
	return 0;
}

int buffers_lend(struct dmaring *stream, const struct dmaring_info *info)
{
	stream->maps = calloc(info->buffers, sizeof(*stream->maps));
	if (!stream->maps)
		return error_set(stream->device, STEP_MAP, ENOMEM);
	stream->places = info->buffers;
	return 0;
}

void buffers_unmap(struct dmaring *stream)
{
	size_t room = headroom_bytes(stream);
	struct buffer_map *buffer_map;

	while (stream->mapped) {
		buffer_map = &stream->maps[--stream->mapped];
		if (buffer_map->length)
			munmap(buffer_map->address, buffer_map->length);
		if (room)
			munmap((char *)buffer_map->address - room, room);
	}
	free(stream->maps);
	stream->maps = NULL;
}
