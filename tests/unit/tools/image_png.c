// SPDX-License-Identifier: MIT
/* PNG files: libpng must read back what we were given. */
#define _GNU_SOURCE		/* memfd_create */
#include "lib/image_png.h"

#include <errno.h>
#include <fcntl.h>
#include <png.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "tap.h"

static struct image make(enum image_model model, unsigned int bits, unsigned int width,
			 unsigned int height, unsigned int padding)
{
	struct image image = {
		.model = model, .width = width, .height = height, .bits = bits, .planes = 1,
	};
	size_t line = (size_t)width * (model == IMAGE_RGB ? 3 : 1) * (bits > 8 ? 2 : 1), i;
	uint8_t *bytes = malloc((line + padding) * height + 1);

	REQUIRE(bytes);
	srandom(2);
	for (i = 0; i < (line + padding) * height; i++)
		bytes[i] = bits > 8 && bits < 16 && i % 2 ? random() & ((1 << (bits - 8)) - 1) :
							    random();
	image.plane[0] = (struct image_plane){
		.bytes = bytes, .stride = line + padding, .line_bytes = line, .lines = height,
	};
	return image;
}

struct decoded {
	png_structp png;
	png_infop info;
	png_bytepp lines;
};

static struct decoded decode(int fd)
{
	struct decoded decoded = {
		.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL),
	};

	lseek(fd, 0, SEEK_SET);
	decoded.info = png_create_info_struct(decoded.png);
	png_init_io(decoded.png, fdopen(fd, "rb"));
	png_read_png(decoded.png, decoded.info, PNG_TRANSFORM_SWAP_ENDIAN, NULL);
	decoded.lines = png_get_rows(decoded.png, decoded.info);
	return decoded;
}

/* Narrow values come back shifted down by as many bits as sBIT says. */
static void check_line(const struct image *image, const uint8_t *is, const uint8_t *expected)
{
	const struct image_plane *plane = &image->plane[0];
	size_t i;

	if (image->bits == 8 || image->bits == 16) {
		CHECK(!memcmp(is, expected, plane->line_bytes));
		return;
	}
	for (i = 0; i < plane->line_bytes / 2; i++)
		CHECK_EQ(((const uint16_t *)is)[i] >> (16 - image->bits),
			 ((const uint16_t *)expected)[i]);
}

static void check(struct image image)
{
	int fd = memfd_create("png", 0);
	bool narrow = image.bits > 8 && image.bits < 16;
	struct decoded decoded;
	png_color_8p bits;
	unsigned int line;

	REQUIRE_EQ(image_png_write(fd, &image), 0);
	decoded = decode(fd);
	CHECK_EQ(png_get_image_width(decoded.png, decoded.info), image.width);
	CHECK_EQ(png_get_image_height(decoded.png, decoded.info), image.height);
	CHECK_EQ(png_get_bit_depth(decoded.png, decoded.info), image.bits > 8 ? 16 : 8);
	CHECK_EQ(png_get_channels(decoded.png, decoded.info), image.model == IMAGE_RGB ? 3 : 1);
	CHECK_EQ(!!png_get_sBIT(decoded.png, decoded.info, &bits), narrow);
	if (narrow)
		CHECK_EQ(bits->gray, image.bits);
	for (line = 0; line < image.height; line++)
		check_line(&image, decoded.lines[line],
			   image.plane[0].bytes + line * image.plane[0].stride);
}

TEST(images_come_back_as_they_were)
{
	check(make(IMAGE_GREY, 8, 160, 120, 0));
	check(make(IMAGE_GREY, 8, 1, 1, 0));
	check(make(IMAGE_GREY, 8, 1, 500, 0));
	check(make(IMAGE_GREY, 8, 1999, 3, 0));
}

TEST(colours_and_more_bits_do_too)
{
	check(make(IMAGE_RGB, 8, 33, 7, 0));
	check(make(IMAGE_RGB, 16, 33, 7, 0));
	check(make(IMAGE_GREY, 16, 33, 7, 0));
	check(make(IMAGE_GREY, 10, 33, 7, 0));
	check(make(IMAGE_GREY, 12, 33, 7, 0));
	check(make(IMAGE_GREY, 14, 33, 7, 0));
}

TEST(lines_may_be_longer_than_the_image_is_wide)
{
	check(make(IMAGE_GREY, 8, 100, 50, 28));
	check(make(IMAGE_RGB, 16, 100, 50, 28));
	check(make(IMAGE_GREY, 12, 100, 50, 28));
}

TEST(a_full_disk_is_told)
{
	struct image image = make(IMAGE_GREY, 8, 640, 480, 0);
	int fd = open("/dev/full", O_WRONLY);

	REQUIRE(fd >= 0);
	CHECK_EQ(image_png_write(fd, &image), -ENOSPC);
}

TEST(a_size_that_png_cannot_have_is_refused)
{
	struct image image = make(IMAGE_GREY, 8, 0, 5, 0);

	CHECK_EQ(image_png_write(memfd_create("png", 0), &image), -EINVAL);
}

int main(void)
{
	return tap_run(NULL, NULL);
}
