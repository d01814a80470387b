// SPDX-License-Identifier: MIT
/* PNG files: libpng must read back what we were given. */
#define _GNU_SOURCE		/* memfd_create */
#include "lib/grey_png.h"

#include <errno.h>
#include <fcntl.h>
#include <png.h>
#include <stdlib.h>
#include <unistd.h>
#include "tap.h"

static void *image_of(const struct dmaring_format *format)
{
	size_t bytes = (size_t)format->bytes_per_line * format->height;
	unsigned char *image = malloc(bytes);
	size_t i;

	REQUIRE(image);
	srandom(2);
	for (i = 0; i < bytes; i++)
		image[i] = random();
	return image;
}

/* Grey, 8 bits, lines without a gap. */
static unsigned char *decode(int fd, const struct dmaring_format *format)
{
	png_image png = { .version = PNG_IMAGE_VERSION };
	unsigned char *pixels;
	FILE *file;

	lseek(fd, 0, SEEK_SET);
	file = fdopen(fd, "rb");
	REQUIRE(png_image_begin_read_from_stdio(&png, file));
	CHECK_EQ(png.width, format->width);
	CHECK_EQ(png.height, format->height);
	CHECK_EQ(png.format, PNG_FORMAT_GRAY);
	pixels = malloc(PNG_IMAGE_SIZE(png));
	REQUIRE(png_image_finish_read(&png, NULL, pixels, 0, NULL));
	fclose(file);
	return pixels;
}

static void round_trip(__u32 width, __u32 height, __u32 bytes_per_line)
{
	struct dmaring_format format = {
		.width = width,
		.height = height,
		.bytes_per_line = bytes_per_line,
	};
	unsigned char *image = image_of(&format), *pixels;
	int fd = memfd_create("png", 0);
	__u32 line;

	REQUIRE_EQ(grey_png_write(fd, image, &format), 0);
	pixels = decode(fd, &format);
	for (line = 0; line < height; line++)
		if (!CHECK(!memcmp(pixels + (size_t)line * width,
				   image + (size_t)line * bytes_per_line,
				   width)))
			break;
	free(pixels);
	free(image);
}

TEST(images_come_back_as_they_were)
{
	round_trip(160, 120, 160);
	round_trip(1, 1, 1);
	round_trip(1, 500, 1);
	round_trip(1999, 3, 1999);
}

TEST(lines_may_be_longer_than_the_image_is_wide)
{
	round_trip(100, 50, 128);
}

TEST(a_full_disk_is_told)
{
	struct dmaring_format format = {
		.width = 640, .height = 480, .bytes_per_line = 640,
	};
	void *image = image_of(&format);
	int fd = open("/dev/full", O_WRONLY);

	REQUIRE(fd >= 0);
	CHECK_EQ(grey_png_write(fd, image, &format), -ENOSPC);
	free(image);
}

TEST(a_size_that_png_cannot_have_is_refused)
{
	struct dmaring_format format = { .width = 0, .height = 5 };
	int fd = memfd_create("png", 0);

	CHECK_EQ(grey_png_write(fd, "", &format), -EINVAL);
}

int main(void)
{
	return tap_run(NULL, NULL);
}
