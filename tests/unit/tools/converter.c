// SPDX-License-Identifier: MIT
/*
 * Images that are made of frames: the colours of a known scene come back from each format.
 * With a file's name, all formats are written there, one beside the other, to look at.
 */
#include "lib/converter.h"

#include <errno.h>
#include <time.h>
#include "lib/image_png.h"
#include "scene.h"

/* Of 1.  Between bars colours mix; YUV has 219 steps. */
#define TOLERANCE	0.012
#define EDGE		3

static struct converter converter;

static const struct dmaring_format_row *row_of(const char *name)
{
	const struct dmaring_format_row *row = dmaring_format_rows;

	while (strcmp(row->name, name))
		row++;
	return row;
}

/* A machine that has no libswscale makes no colours. */
static bool opens(const struct dmaring_format *format, enum converter_target target)
{
	int err = converter_open(&converter, format, target);

	if (err == -ENOTSUP)
		SKIP("libswscale is not here");
	REQUIRE_EQ(err, 0);
	return true;
}

static double value_at(const struct image *image, unsigned int plane, unsigned int x,
		       unsigned int y, unsigned int component)
{
	const uint8_t *line = image->plane[plane].bytes + y * image->plane[plane].stride;
	unsigned int at = x * (image->model == IMAGE_RGB ? 3 : 1) + component;

	return (image->bits > 8 ? ((const uint16_t *)line)[at] : line[at]) /
	       ((1U << image->bits) - 1.0);
}

static bool is_near(const struct image *image, const struct scene *scene,
		    const struct dmaring_format *format, unsigned int x, unsigned int y)
{
	struct scene_colour colour = scene_at(scene, x, y, format);
	unsigned int i;

	if (image->model == IMAGE_GREY)
		return fabs(value_at(image, 0, x, y, 0) - scene_brightness(colour)) < TOLERANCE;
	for (i = 0; i < 3; i++)
		if (fabs(value_at(image, 0, x, y, i) - colour.of[i]) >= TOLERANCE)
			return false;
	return true;
}

/* Within EDGE pixels there is one colour only. */
static bool is_inside(const struct scene *scene, const struct dmaring_format *format,
		      unsigned int x, unsigned int y)
{
	unsigned int bar = format->width / SCENE_BARS;

	if (scene->flat)
		return true;
	return x % bar >= EDGE && x % bar < bar - EDGE &&
	       (y + EDGE) < format->height * 3 / 4;
}

static void check_picture(const struct scene *scene, const struct dmaring_format_row *row,
			  unsigned int width, unsigned int height, unsigned int padding)
{
	struct dmaring_format format = scene_format(row, width, height, padding);
	const uint8_t *frame = scene_frame(scene, &format);
	const struct image *image;
	unsigned int x, y, wrong = 0;

	opens(&format, CONVERTER_PICTURE);
	image = converter_image(&converter, frame);
	REQUIRE(image);
	CHECK_EQ(image->width, width);
	CHECK_EQ(image->height, height);
	CHECK_EQ(image->model, row->kind == DMARING_KIND_GREY ? IMAGE_GREY : IMAGE_RGB);
	for (y = 0; y < height; y++)
		for (x = 0; x < width; x++)
			if (is_inside(scene, &format, x, y) &&
			    !is_near(image, scene, &format, x, y) && !wrong++)
				printf("# %s %ux%u: wrong at %u, %u\n", row->name, width,
				       height, x, y);
	CHECK_EQ(wrong, 0);
	converter_close(&converter);
}

TEST(colours_come_back)
{
	scene_each_format(&scene_bars, 160, 48, 0, check_picture);
	scene_each_format(&scene_bars, 96, 34, 0, check_picture);
}

TEST(lines_have_padding)
{
	scene_each_format(&scene_bars, 160, 48, 64, check_picture);
	scene_each_format(&scene_bars, 160, 48, 17, check_picture);
}

TEST(tiny_and_odd_sizes_have_colours_too)
{
	const struct scene flat = { true, 0.8, 0.4, 0.2 };
	unsigned int width, height;

	for (width = 2; width < 20; width++)
		for (height = 2; height < 7; height++)
			scene_each_format(&flat, width, height, width % 3, check_picture);
}

/* One line of a mosaic has no red or no blue: only what is read counts. */
TEST(a_pixel_alone_is_an_image)
{
	const struct scene flat = { true, 0.5, 0.5, 0.5 };

	scene_each_format(&flat, 1, 1, 0, check_picture);
	scene_each_format(&flat, 1, 9, 1, check_picture);
	scene_each_format(&flat, 9, 1, 0, check_picture);
	scene_each_format(&flat, 4, 1, 0, check_picture);
}

TEST(values_of_grey_stay_as_they_are)
{
	const struct dmaring_format_row *row = row_of("Y12P");
	struct dmaring_format format = scene_format(row, 4, 1, 0);
	const uint8_t packed[] = { 0x12, 0xab, 0xc3, 0xff, 0x00, 0x0f };
	const uint16_t *words;

	opens(&format, CONVERTER_PICTURE);
	words = (const uint16_t *)converter_image(&converter, packed)->plane[0].bytes;
	CHECK_EQ(words[0], 0x123);
	CHECK_EQ(words[1], 0xabc);
	CHECK_EQ(words[2], 0xfff);
	CHECK_EQ(words[3], 0x000);
	CHECK_EQ(converter.image.bits, 12);
}

TEST(each_pixel_has_its_own_low_bits)
{
	const struct dmaring_format_row *row = row_of("Y10P");
	struct dmaring_format format = scene_format(row, 4, 1, 0);
	const uint8_t packed[] = { 0x01, 0x02, 0x03, 0xff, 0xe4 };
	const uint16_t *words;

	opens(&format, CONVERTER_PICTURE);
	words = (const uint16_t *)converter_image(&converter, packed)->plane[0].bytes;
	CHECK_EQ(words[0], 0x004);
	CHECK_EQ(words[1], 0x009);
	CHECK_EQ(words[2], 0x00e);
	CHECK_EQ(words[3], 0x3ff);
}

/* Bits that must be 0 are not. */
TEST(a_card_that_writes_too_much_is_cut_off)
{
	const struct dmaring_format_row *row = row_of("Y10");
	struct dmaring_format format = scene_format(row, 2, 1, 0);
	const uint8_t words[] = { 0xff, 0x03, 0x01, 0x80 };
	const uint16_t *is;

	opens(&format, CONVERTER_PICTURE);
	is = (const uint16_t *)converter_image(&converter, words)->plane[0].bytes;
	CHECK_EQ(is[0], 1023);
	CHECK_EQ(is[1], 1023);
}

TEST(bytes_are_not_copied_in_vain)
{
	struct dmaring_format format = scene_format(&dmaring_format_rows[0], 10, 10, 3);
	const uint8_t *frame = scene_frame(&scene_bars, &format);

	opens(&format, CONVERTER_PICTURE);
	CHECK(converter_image(&converter, frame)->plane[0].bytes == frame);
}

/* ---------------------------------------------------------------------------- video */

static void check_video(const struct dmaring_format_row *row)
{
	struct dmaring_format format = scene_format(row, 160, 48, 5);
	const uint8_t *frame = scene_frame(&scene_bars, &format);
	const struct image *image;
	unsigned int x, wrong = 0, i, half;
	uint8_t yuv[3];

	opens(&format, CONVERTER_VIDEO);
	image = converter_image(&converter, frame);
	REQUIRE(image);
	half = image->model != IMAGE_YUV444;
	for (x = 10; x < 160 && image->planes == 3; x += 20) {
		scene_yuv(scene_at(&scene_bars, x, 12, &format), yuv);
		for (i = 0; i < 3; i++)
			wrong += fabs(255 * value_at(image, i, i && half ? x / 2 : x,
						     i && image->model == IMAGE_YUV420 ? 6 : 12,
						     0) - yuv[i]) > 2;
	}
	if (!CHECK_EQ(wrong, 0))
		printf("# of %s\n", row->name);
	CHECK_EQ(image->planes, row->kind == DMARING_KIND_GREY ? 1 : 3);
	converter_close(&converter);
}

TEST(video_has_the_colours_of_the_scene)
{
	const struct dmaring_format_row *row;

	for (row = dmaring_format_rows; row < dmaring_format_rows + DMARING_FORMAT_ROWS; row++)
		if (scene_fits(row, 160, 48))
			check_video(row);
}

/* -------------------------------------------------------------------------- refusals */

TEST(a_short_frame_is_refused)
{
	struct dmaring_format format = scene_format(&dmaring_format_rows[0], 10, 10, 0);
	struct dmaring_frame frame = { .bytes_used = 99 };

	opens(&format, CONVERTER_PICTURE);
	CHECK(converter_refuses(&converter, &frame));
	frame.bytes_used++;
	CHECK(!converter_refuses(&converter, &frame));
}

TEST(what_is_no_picture_is_refused)
{
	struct dmaring_format format = scene_format(row_of("CS16"), 10, 1, 0);

	CHECK_EQ(converter_open(&converter, &format, CONVERTER_PICTURE), -EINVAL);
	format = scene_format(&dmaring_format_rows[0], 10, 10, 0);
	format.bytes_per_line--;
	CHECK_EQ(converter_open(&converter, &format, CONVERTER_PICTURE), -EINVAL);
	format.pixelformat = 0;
	CHECK_EQ(converter_open(&converter, &format, CONVERTER_VIDEO), -EINVAL);
	converter_close(&converter);
}

/* ----------------------------------------------------------------------------- speed */

static double cpu_seconds(void)
{
	struct timespec time;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}

TEST(how_fast_a_large_mosaic_is_developed)
{
	const struct dmaring_format_row *row = row_of("SRGGB12P");
	struct dmaring_format format = scene_format(row, 4096, 3072, 0);
	uint8_t *frame = calloc(1, format.frame_bytes);
	const int pictures = 4;
	double begun;
	int i;

	opens(&format, CONVERTER_PICTURE);
	converter_image(&converter, frame);	/* pages are touched */
	begun = cpu_seconds();
	for (i = 0; i < pictures; i++)
		CHECK(converter_image(&converter, frame));
	printf("# %.1f pictures a second of a mosaic of 4096x3072 pixels, 12 bits packed\n",
	       pictures / (cpu_seconds() - begun));
}

/* ----------------------------------------------------------------------- to look at */

#define SHEET_WIDTH	160
#define SHEET_HEIGHT	64
#define SHEET_COLUMNS	6

static void place(uint16_t *sheet, size_t stride, unsigned int number,
		  const struct dmaring_format_row *row)
{
	struct dmaring_format format = scene_format(row, SHEET_WIDTH, SHEET_HEIGHT, 3);
	const uint8_t *frame = scene_frame(&scene_bars, &format);
	const struct image *image;
	unsigned int x, y, i;

	opens(&format, CONVERTER_PICTURE);
	image = converter_image(&converter, frame);
	sheet += number / SHEET_COLUMNS * (SHEET_HEIGHT + 4) * stride +
		 number % SHEET_COLUMNS * (SHEET_WIDTH + 4) * 3;
	for (y = 0; y < SHEET_HEIGHT; y++)
		for (x = 0; x < SHEET_WIDTH; x++)
			for (i = 0; i < 3; i++)
				sheet[y * stride + 3 * x + i] = 65535 *
					value_at(image, 0, x, y, image->model == IMAGE_RGB ? i : 0);
	converter_close(&converter);
}

static int write_sheet(const char *path)
{
	const size_t stride = SHEET_COLUMNS * (SHEET_WIDTH + 4) * 3;
	const struct dmaring_format_row *row;
	unsigned int number = 0, height;
	struct image image = { .model = IMAGE_RGB, .bits = 16, .planes = 1 };
	FILE *file = fopen(path, "w");
	uint16_t *sheet;

	height = (DMARING_FORMAT_ROWS / SHEET_COLUMNS + 1) * (SHEET_HEIGHT + 4);
	sheet = calloc(height * stride, 2);
	if (!file || !sheet)
		return 1;
	for (row = dmaring_format_rows; row < dmaring_format_rows + DMARING_FORMAT_ROWS; row++)
		if (!dmaring_format_is_samples(row))
			place(sheet, stride, number++, row);
	image.width = stride / 3;
	image.height = height;
	image.plane[0] = (struct image_plane){ (uint8_t *)sheet, stride * 2, stride * 2, height };
	return image_png_write(fileno(file), &image) || fclose(file);
}

int main(int argc, char **argv)
{
	return argc > 1 ? write_sheet(argv[1]) : tap_run(NULL, NULL);
}
