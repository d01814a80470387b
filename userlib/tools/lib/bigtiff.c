// SPDX-License-Identifier: MIT
#include "bigtiff.h"

#include <assert.h>
#include <err.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What is called by its name in the specification of TIFF 6.0 */
enum tag {
	IMAGE_WIDTH		= 256,
	IMAGE_LENGTH		= 257,
	BITS_PER_SAMPLE		= 258,
	COMPRESSION		= 259,
	PHOTOMETRIC		= 262,
	STRIP_OFFSETS		= 273,
	SAMPLES_PER_PIXEL	= 277,
	ROWS_PER_STRIP		= 278,
	STRIP_BYTE_COUNTS	= 279,
	MAX_SAMPLE_VALUE	= 281,
	PLANAR_CONFIG		= 284,
};

enum type {
	SHORT	= 3,
	LONG	= 4,
	LONG8	= 16,
};

enum {
	UNCOMPRESSED	= 1,
	BLACK_IS_ZERO	= 1,
	RGB		= 2,
	CONTIGUOUS	= 1,
};

/* Little-endian, as the machines that this is for. */
struct head {
	char order[2];
	uint16_t version;
	uint16_t offset_bytes;
	uint16_t zero;
	uint64_t first;
};

struct entry {
	uint16_t tag;
	uint16_t type;
	uint32_t count[2];	/* 64 bits that are not aligned */
	uint32_t value[2];
};

#define ENTRIES 11

/* Entries stand behind a count of 64 bits, and before the place of the next page. */
#define ENTRIES_AT	8
#define NEXT_AT		(ENTRIES_AT + ENTRIES * sizeof(struct entry))
#define PIXELS_AT	256
#define PAGE_ALIGN	16

static_assert(sizeof(struct head) == 16, "as in a BigTIFF file");
static_assert(sizeof(struct entry) == 20, "as in a BigTIFF file");
static_assert(NEXT_AT + 8 <= PIXELS_AT, "they have room");

static size_t pixel_bytes(const struct image *image)
{
	return image->plane[0].line_bytes * image->plane[0].lines;
}

static void put(struct entry **to, enum tag tag, enum type type, uint32_t count,
		uint64_t value)
{
	struct entry *entry = (*to)++;

	*entry = (struct entry){ .tag = tag, .type = type, .count = { count } };
	memcpy(entry->value, &value, sizeof(value));
}

static uint64_t repeat(uint64_t value, uint32_t components)
{
	return components == 3 ? value << 32 | value << 16 | value : value;
}

/* Tags in ascending order.  @at: where the page will be in the file. */
static void describe(uint8_t *page, const struct image *image, uint64_t at)
{
	struct entry *entry = (struct entry *)(page + ENTRIES_AT);
	uint32_t components = image->model == IMAGE_RGB ? 3 : 1;
	uint64_t bits = image->bits > 8 ? 16 : 8, count = ENTRIES;

	memset(page, 0, PIXELS_AT);
	memcpy(page, &count, sizeof(count));
	put(&entry, IMAGE_WIDTH, LONG, 1, image->width);
	put(&entry, IMAGE_LENGTH, LONG, 1, image->height);
	put(&entry, BITS_PER_SAMPLE, SHORT, components, repeat(bits, components));
	put(&entry, COMPRESSION, SHORT, 1, UNCOMPRESSED);
	put(&entry, PHOTOMETRIC, SHORT, 1, components == 3 ? RGB : BLACK_IS_ZERO);
	put(&entry, STRIP_OFFSETS, LONG8, 1, at + PIXELS_AT);
	put(&entry, SAMPLES_PER_PIXEL, SHORT, 1, components);
	put(&entry, ROWS_PER_STRIP, LONG, 1, image->height);
	put(&entry, STRIP_BYTE_COUNTS, LONG8, 1, pixel_bytes(image));
	put(&entry, MAX_SAMPLE_VALUE, SHORT, components,
	    repeat((1U << image->bits) - 1, components));
	put(&entry, PLANAR_CONFIG, SHORT, 1, CONTIGUOUS);
}

static void pack(uint8_t *to, const struct image *image)
{
	const struct image_plane *plane = &image->plane[0];

	for (unsigned int number = 0; number < plane->lines; number++)
		memcpy(to + number * plane->line_bytes,
		       plane->bytes + number * plane->stride, plane->line_bytes);
}

int bigtiff_open(struct bigtiff *tiff, struct frame_row *row,
		 const struct dmaring_format *format)
{
	const struct head head = { .order = "II", .version = 43, .offset_bytes = 8 };
	int err = converter_open(&tiff->converter, format, CONVERTER_PICTURE);

	if (err)
		return err;
	if (!row->is_file) {
		warnx("%s: pages of a TIFF file cannot go through a pipe; name a file",
		      row->name);
		return -ESPIPE;
	}
	tiff->bytes = PIXELS_AT + pixel_bytes(&tiff->converter.image);
	tiff->bytes = (tiff->bytes + PAGE_ALIGN - 1) / PAGE_ALIGN * PAGE_ALIGN;
	tiff->link = offsetof(struct head, first);
	tiff->packed = calloc(1, tiff->bytes);
	if (!tiff->packed) {
		warnx("no memory for an image of %zu bytes", tiff->bytes);
		return -ENOMEM;
	}
	return frame_row_begin(row, &head, sizeof(head));
}

static int lead_to(struct bigtiff *tiff, const struct frame_row *row, uint64_t at)
{
	int err = 0;

	if (pwrite(row->fd, &at, sizeof(at), tiff->link) != sizeof(at)) {
		err = errno ? -errno : -EIO;
		warnx("%s: cannot write: %s", row->name, strerror(-err));
	}
	tiff->link = at + NEXT_AT;
	return err;
}

int bigtiff_write(struct bigtiff *tiff, struct frame_row *row,
		  const struct dmaring_frame *frame, const void *data)
{
	const struct image *image;
	uint64_t at = row->bytes;
	int err;

	if (converter_refuses(&tiff->converter, frame))
		return -EMSGSIZE;
	image = converter_image(&tiff->converter, data);
	if (!image) {
		warnx("%s: libswscale cannot convert a frame", row->name);
		return -EINVAL;
	}
	describe(tiff->packed, image, at);
	pack(tiff->packed + PIXELS_AT, image);
	err = frame_row_write_made(row, frame, tiff->packed, tiff->bytes);
	return err ? err : lead_to(tiff, row, at);
}

void bigtiff_close(struct bigtiff *tiff)
{
	converter_close(&tiff->converter);
	free(tiff->packed);
	tiff->packed = NULL;
}
