// SPDX-License-Identifier: LGPL-2.1-or-later
#include "internal.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

static int map_buffer(const struct dmaring *stream, uint32_t index,
		      struct buffer_map *map)
{
	struct dmaring_buffer buffer;
	void *address;
	int err;

	err = dmaring_get_buffer(stream, index, &buffer);
	if (err)
		return err;
	address = mmap(NULL, buffer.length, PROT_READ, MAP_SHARED, stream->fd,
		       (off_t)buffer.mmap_offset);
	if (address == MAP_FAILED)
		return error_set(stream->device, STEP_MAP, errno);
	map->address = address;
	map->length = buffer.length;
	return 0;
}

int buffers_map(struct dmaring *stream, uint32_t buffers)
{
	int err;

	stream->maps = calloc(buffers, sizeof(*stream->maps));
	/* A power of two, so that no index can miss it. */
	while (stream->cookie_mask + 1 < buffers)
		stream->cookie_mask = stream->cookie_mask * 2 + 1;
	stream->cookies = calloc(stream->cookie_mask + 1UL,
				 sizeof(*stream->cookies));
	if (!stream->maps || !stream->cookies) {
		buffers_unmap(stream);
		return error_set(stream->device, STEP_MAP, ENOMEM);
	}
	for (; stream->mapped < buffers; stream->mapped++) {
		err = map_buffer(stream, stream->mapped,
				 &stream->maps[stream->mapped]);
		if (err) {
			buffers_unmap(stream);
			return err;
		}
	}
	return 0;
}

void buffers_unmap(struct dmaring *stream)
{
	struct buffer_map *map;

	while (stream->mapped) {
		map = &stream->maps[--stream->mapped];
		munmap(map->address, map->length);
	}
	free(stream->cookies);
	free(stream->maps);
	stream->cookies = NULL;
	stream->maps = NULL;
}
