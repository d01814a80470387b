// SPDX-License-Identifier: MIT
#include "image_pnm.h"
#include "write_all.h"

#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* So much is written at a time. */
#define PIECE_BYTES (1 << 20)

#define HEAD_BYTES 64

struct piece {
	int fd;
	size_t used, room;
	uint8_t *bytes;
};

static int flush(struct piece *piece)
{
	int err = write_all(piece->fd, piece->bytes, piece->used);

	piece->used = 0;
	return err;
}

static void add_line(struct piece *piece, const uint8_t *line,
		     const struct image *image)
{
	size_t bytes = image->plane[0].line_bytes, i;
	uint16_t *to = (uint16_t *)(piece->bytes + piece->used);
	const uint16_t *words = (const uint16_t *)line;

	if (image->bits > 8)
		for (i = 0; i < bytes / 2; i++)
			to[i] = htobe16(words[i]);
	else
		memcpy(to, line, bytes);
	piece->used += bytes;
}

static int write_lines(struct piece *piece, const struct image *image)
{
	const struct image_plane *plane = &image->plane[0];
	const uint8_t *line = plane->bytes;
	unsigned int number;
	int err = 0;

	for (number = 0; number < plane->lines && !err; number++) {
		if (piece->used + plane->line_bytes > piece->room)
			err = flush(piece);
		add_line(piece, line, image);
		line += plane->stride;
	}
	return err ? err : flush(piece);
}

static int write_head(int fd, const struct image *image)
{
	char head[HEAD_BYTES];
	int bytes = snprintf(head, sizeof(head), "P%c\n%u %u\n%u\n",
			     image->model == IMAGE_RGB ? '6' : '5',
			     image->width, image->height,
			     (1U << image->bits) - 1);

	return write_all(fd, head, bytes);
}

int image_pnm_write(int fd, const struct image *image)
{
	size_t line = image->plane[0].line_bytes;
	struct piece piece = {
		.fd = fd,
		.room = line > PIECE_BYTES ? line : PIECE_BYTES,
	};
	int err;

	piece.bytes = malloc(piece.room);
	if (!piece.bytes)
		return -ENOMEM;
	err = write_head(fd, image);
	if (!err)
		err = write_lines(&piece, image);
	free(piece.bytes);
	return err;
}
