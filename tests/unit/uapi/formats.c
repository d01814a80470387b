// SPDX-License-Identifier: MIT
/*
 * The table of formats, and test frames in each of them.  What a row says is
 * compared with what the others say of the same picture: packed with unpacked, a
 * mosaic with the colours it shows, floating point with integers.
 */
#include <dmaring/pattern.h>
#include <string.h>
#include "tap.h"

#define WIDTH		64
#define HEIGHT		12
#define PADDING		6
#define FRAME_MAX	65536

static __u8 frame[FRAME_MAX], other[FRAME_MAX];

static const struct dmaring_format_row *row_of(const char *fourcc)
{
	return dmaring_format_find(dmaring_format_by_name(fourcc));
}

static struct dmaring_format format_of(const struct dmaring_format_row *row, __u32 channels)
{
	struct dmaring_format format = {
		.width = WIDTH,
		.height = dmaring_format_is_samples(row) ? 1 : HEIGHT,
		.pixelformat = dmaring_format_fourcc(row),
		.channels = channels,
	};

	format.bytes_per_line = dmaring_format_line_bytes(row, WIDTH, channels) + PADDING;
	format.frame_bytes = dmaring_format_frame_bytes(row, format.bytes_per_line, format.height);
	return format;
}

static struct dmaring_format fill(const char *fourcc, __u32 channels, __u32 pattern, __u8 *to)
{
	struct dmaring_format format = format_of(row_of(fourcc), channels);

	memset(to, 0xcc, FRAME_MAX);
	dmaring_pattern_fill_frame(to, pattern, &format, 7, 0, format.frame_bytes);
	CHECK_EQ(to[format.frame_bytes], 0xcc);
	return format;
}

static unsigned int word(const __u8 *at, unsigned int bytes)
{
	unsigned int value = 0;

	while (bytes--)
		value = value << 8 | at[bytes];
	return value;
}

static const __u8 *line_of(const struct dmaring_format *format, const __u8 *from, __u32 y)
{
	return from + y * format->bytes_per_line;
}

TEST(fourccs_are_unique_and_found)
{
	size_t i, j;

	CHECK_EQ(DMARING_FORMAT_ROWS, 40);
	for (i = 0; i < DMARING_FORMAT_ROWS; i++) {
		const struct dmaring_format_row *row = &dmaring_format_rows[i];

		CHECK_EQ(strlen(row->fourcc), 4);
		CHECK(dmaring_format_find(dmaring_format_fourcc(row)) == row);
		CHECK_EQ(dmaring_format_by_name(row->fourcc), dmaring_format_fourcc(row));
		for (j = 0; j < i; j++)
			CHECK(strcmp(row->name, dmaring_format_rows[j].name));
	}
	CHECK(!dmaring_format_find(0));
	CHECK_EQ(dmaring_format_by_name("Y10"), DMARING_FOURCC('Y', '1', '0', ' '));
	CHECK_EQ(dmaring_format_by_name(""), 0);
	CHECK_EQ(dmaring_format_by_name("GREYS"), 0);
	CHECK_EQ(dmaring_format_by_name("grey"), 0);
}

TEST(sizes)
{
	static const struct {
		const char *fourcc;
		__u32 line, frame, width_step, height_step;
	} sizes[] = {
		{ "GREY", 64, 768, 1, 1 },  { "Y10 ", 128, 1536, 1, 1 },
		{ "Y10P", 80, 960, 4, 1 },  { "Y12P", 96, 1152, 2, 1 },
		{ "RGB3", 192, 2304, 1, 1 }, { "YUYV", 128, 1536, 2, 1 },
		{ "NV12", 64, 1152, 2, 2 }, { "pRAA", 80, 960, 4, 1 },
		{ "RG16", 128, 1536, 1, 1 }, { "S16 ", 128, 1536, 1, 1 },
		{ "S32 ", 256, 3072, 1, 1 }, { "CS16", 256, 3072, 1, 1 },
	};
	size_t i;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		const struct dmaring_format_row *row = row_of(sizes[i].fourcc);

		CHECK_EQ(dmaring_format_line_bytes(row, 64, 1), sizes[i].line);
		CHECK_EQ(dmaring_format_frame_bytes(row, sizes[i].line, 12), sizes[i].frame);
		CHECK_EQ(dmaring_format_width_step(row), sizes[i].width_step);
		CHECK_EQ(dmaring_format_height_step(row), sizes[i].height_step);
	}
	CHECK(dmaring_format_line_bytes(row_of("CS16"), 0xffffffffU, DMARING_CHANNELS_MAX) ==
	      0xffffffffULL * DMARING_CHANNELS_MAX * 4);
}

/* With any width and stride that 32 bits have: else a huge frame seems to fit. */
TEST(no_size_wraps)
{
	static const __u32 sizes[] = { 2, 0x7ffffffeU, 0xaaaaaaaaU, 0xaaaaaaacU, 0xfffffffeU };
	const struct dmaring_format_row *nv12 = row_of("NV12");
	size_t i, j, k;

	for (i = 0; i < DMARING_FORMAT_ROWS; i++)
		for (j = 0; j < sizeof(sizes) / sizeof(sizes[0]); j++)
			for (k = 0; k < sizeof(sizes) / sizeof(sizes[0]); k++)
				CHECK(dmaring_format_frame_bytes(&dmaring_format_rows[i], sizes[j],
								 sizes[k]) >=
				      (__u64)sizes[j] * sizes[k]);
	/* The last that fits, and the first that does not. */
	CHECK(dmaring_format_frame_bytes(nv12, 0xffffffffU, 0xaaaaaaaaU) ==
	      0xffffffffULL * 0xffffffffULL);
	CHECK(dmaring_format_frame_bytes(nv12, 0xffffffffU, 0xaaaaaaacU) == ~0ULL);
	CHECK(dmaring_format_frame_bytes(nv12, 0xffffffffU, 0xffffffffU) == ~0ULL);
}

TEST(each_format_in_pieces_and_each_wrong_byte)
{
	__u32 pattern = DMARING_PATTERN_NOISE, at, part;
	size_t i;

	for (i = 0; i < DMARING_FORMAT_ROWS; i++) {
		const char *fourcc = dmaring_format_rows[i].fourcc;
		struct dmaring_format format = fill(fourcc, 1, pattern, frame);

		for (at = 0; at < format.frame_bytes; at += part) {
			part = 1 + at % 37;
			if (part > format.frame_bytes - at)
				part = format.frame_bytes - at;
			dmaring_pattern_fill_frame(other + at, pattern, &format, 7, at, part);
		}
		CHECK(!memcmp(frame, other, format.frame_bytes));
		CHECK_EQ(dmaring_pattern_check_frame(frame, pattern, &format, 7,
						     format.frame_bytes), format.frame_bytes);
		CHECK(dmaring_pattern_check_frame(frame, pattern, &format, 8,
						  format.frame_bytes) < format.frame_bytes);
		for (at = 0; at < format.frame_bytes; at += 31) {
			frame[at] ^= 0x10;
			CHECK_EQ(dmaring_pattern_check_frame(frame, pattern, &format, 7,
							     format.frame_bytes), at);
			frame[at] ^= 0x10;
		}
	}
}

TEST(fewer_bits_are_the_high_ones)
{
	static const struct { const char *fourcc; unsigned int bits; } deep[] = {
		{ "Y10 ", 10 }, { "Y12 ", 12 }, { "Y14 ", 14 },
	};
	struct dmaring_format full, format;
	size_t i, x, y;

	for (i = 0; i < 3; i++) {
		full = fill("Y16 ", 1, DMARING_PATTERN_NOISE, frame);
		format = fill(deep[i].fourcc, 1, DMARING_PATTERN_NOISE, other);
		for (y = 0; y < HEIGHT; y++)
			for (x = 0; x < WIDTH; x++)
				CHECK_EQ(word(line_of(&format, other, y) + 2 * x, 2),
					 word(line_of(&full, frame, y) + 2 * x, 2) >>
						 (16 - deep[i].bits));
	}
}

TEST(packed_is_what_unpacked_is)
{
	struct dmaring_format packed = fill("Y10P", 1, DMARING_PATTERN_NOISE, frame);
	struct dmaring_format words = fill("Y10 ", 1, DMARING_PATTERN_NOISE, other);
	const __u8 *p, *w;
	__u32 x, y;

	for (y = 0; y < HEIGHT; y++) {
		w = line_of(&words, other, y);
		for (x = 0; x < WIDTH; x++) {
			p = line_of(&packed, frame, y) + x / 4 * 5;
			CHECK_EQ((unsigned int)p[x % 4] << 2 | (p[4] >> (x % 4 * 2) & 3),
				 word(w + 2 * x, 2));
		}
	}
	packed = fill("pRCC", 1, DMARING_PATTERN_RAMP, frame);
	words = fill("RG12", 1, DMARING_PATTERN_RAMP, other);
	for (y = 0; y < HEIGHT; y++) {
		w = line_of(&words, other, y);
		for (x = 0; x < WIDTH; x++) {
			p = line_of(&packed, frame, y) + x / 2 * 3;
			CHECK_EQ((unsigned int)p[x % 2] << 4 | (p[2] >> (x % 2 * 4) & 15),
				 word(w + 2 * x, 2));
		}
	}
}

/* Which of red, green and blue is at (0, 0), (1, 0), (0, 1), (1, 1) */
TEST(a_mosaic_shows_the_colours)
{
	static const struct { const char *fourcc; int colours[4]; } mosaics[] = {
		{ "RGGB", { 0, 1, 1, 2 } }, { "BA81", { 2, 1, 1, 0 } },
		{ "GBRG", { 1, 2, 0, 1 } }, { "GRBG", { 1, 0, 2, 1 } },
	};
	struct dmaring_format rgb, mosaic;
	__u32 x, y;
	size_t i;

	rgb = fill("RGB3", 1, DMARING_PATTERN_ZONE, frame);
	for (i = 0; i < 4; i++) {
		mosaic = fill(mosaics[i].fourcc, 1, DMARING_PATTERN_ZONE, other);
		for (y = 0; y < HEIGHT; y++)
			for (x = 0; x < WIDTH; x++)
				CHECK_EQ(line_of(&mosaic, other, y)[x],
					 line_of(&rgb, frame, y)[3 * x +
						mosaics[i].colours[y % 2 * 2 + x % 2]]);
	}
	mosaic = fill("BGR3", 1, DMARING_PATTERN_ZONE, other);
	for (x = 0; x < 3 * WIDTH; x++)
		CHECK_EQ(other[x], frame[x / 3 * 3 + 2 - x % 3]);
}

TEST(yuv_is_the_same_in_each_order)
{
	struct dmaring_format yuyv = fill("YUYV", 1, DMARING_PATTERN_RAMP, frame), uyvy, nv12;
	const __u8 *from, *to;
	__u32 x, y;

	uyvy = fill("UYVY", 1, DMARING_PATTERN_RAMP, other);
	for (y = 0; y < HEIGHT; y++)
		for (x = 0; x < 2 * WIDTH; x++)
			CHECK_EQ(line_of(&uyvy, other, y)[x ^ 1], line_of(&yuyv, frame, y)[x]);
	nv12 = fill("NV12", 1, DMARING_PATTERN_RAMP, other);
	for (y = 0; y < HEIGHT; y++) {
		from = line_of(&yuyv, frame, y);
		for (x = 0; x < WIDTH; x++)
			CHECK_EQ(line_of(&nv12, other, y)[x], from[2 * x]);
		to = line_of(&nv12, other, HEIGHT + y / 2);
		for (x = 0; x < WIDTH && y % 2 == 0; x++)
			CHECK_EQ(to[x], from[2 * x + 1]);
	}
}

TEST(samples)
{
	struct dmaring_format format = fill("S16 ", 3, DMARING_PATTERN_NOISE, frame);
	float real;
	__s32 wide;
	__s16 whole;
	__u32 i;

	CHECK_EQ(format.frame_bytes, 3 * WIDTH * 2 + PADDING);
	fill("F32 ", 3, DMARING_PATTERN_NOISE, other);
	for (i = 0; i < 3 * WIDTH; i++) {
		memcpy(&whole, frame + 2 * i, sizeof(whole));
		memcpy(&real, other + 4 * i, sizeof(real));
		CHECK(real * 32768 == whole);
	}
	fill("S32 ", 3, DMARING_PATTERN_NOISE, other);
	for (i = 0; i < 3 * WIDTH; i++) {
		memcpy(&whole, frame + 2 * i, sizeof(whole));
		memcpy(&wide, other + 4 * i, sizeof(wide));
		CHECK_EQ(wide >> 16, whole);
	}
	/* A complex one is two, as two channels are. */
	fill("S16 ", 2, DMARING_PATTERN_NOISE, frame);
	fill("CS16", 1, DMARING_PATTERN_NOISE, other);
	CHECK(!memcmp(frame, other, (size_t)WIDTH * 4));
}

TEST(all_values_of_floating_point)
{
	__u32 value, bits;
	float real;

	for (value = 0; value < 0x10000; value++) {
		bits = dmaring_pattern_float(value);
		memcpy(&real, &bits, sizeof(real));
		if (!CHECK(real == ((int)value - 0x8000) / 32768.0f))
			break;
	}
}

TEST(grey_and_raw_are_bytes)
{
	struct dmaring_format raw = { .frame_bytes = 256 };
	struct dmaring_format grey = { .width = 16, .height = 16, .bytes_per_line = 16,
				       .pixelformat = DMARING_PIXELFORMAT_GREY };

	dmaring_pattern_fill_frame(frame, DMARING_PATTERN_ZONE, &grey, 3, 0, 256);
	dmaring_pattern_fill(other, DMARING_PATTERN_ZONE, 16, 3, 0, 256);
	CHECK(!memcmp(frame, other, 256));
	dmaring_pattern_fill_frame(frame, DMARING_PATTERN_ZONE, &raw, 3, 0, 256);
	dmaring_pattern_fill(other, DMARING_PATTERN_ZONE, 1, 3, 0, 256);
	CHECK(!memcmp(frame, other, 256));
	CHECK_EQ(dmaring_pattern_frame_byte(DMARING_PATTERN_ZONE, &grey, 3, 100),
		 dmaring_pattern_byte(DMARING_PATTERN_ZONE, 16, 3, 100));
}

/* ------------------------------------------------------------------- brightness */

static void fill_bright(const char *fourcc, __u32 bright, __u8 *to)
{
	struct dmaring_format format = format_of(row_of(fourcc), 1);

	dmaring_pattern_fill_bright(to, DMARING_PATTERN_NOISE, &format, 7, bright, 0,
				    format.frame_bytes);
}

/* The least and the greatest are where they end. */
static long limited(long value, long least, long most)
{
	return value < least ? least : value > most ? most : value;
}

TEST(components_of_pixels_are_multiplied)
{
	static const __u32 brights[] = { 0, 0x4000, 0x18000, 0x100000, 0xffffffff };
	size_t i, x;

	for (i = 0; i < sizeof(brights) / sizeof(*brights); i++) {
		long factor = brights[i];

		fill("Y16 ", 1, DMARING_PATTERN_NOISE, frame);
		fill_bright("Y16 ", factor, other);
		for (x = 0; x < WIDTH; x++)
			CHECK_EQ((long)word(other + 2 * x, 2),
				 limited((word(frame + 2 * x, 2) * factor) >> 16, 0, 65535));
		/* The component is made in 16 bits, of which 12 are left. */
		fill_bright("Y12 ", factor, frame);
		for (x = 0; x < WIDTH; x++)
			CHECK_EQ(word(frame + 2 * x, 2), word(other + 2 * x, 2) >> 4);
	}
}

TEST(samples_are_as_far_from_zero_as_the_gain_says)
{
	static const long factors[] = { 0, 0x8000, 0x30000 };
	size_t i, x;

	for (i = 0; i < sizeof(factors) / sizeof(*factors); i++) {
		fill("S16 ", 1, DMARING_PATTERN_NOISE, frame);
		fill_bright("S16 ", factors[i], other);
		for (x = 0; x < WIDTH; x++) {
			long was = (__s16)word(frame + 2 * x, 2);

			CHECK_EQ((long)(__s16)word(other + 2 * x, 2),
				 limited(was * factors[i] / 65536, -32768, 32767));
		}
	}
}

TEST(a_colour_stays_what_it_is)
{
	__u32 i;

	fill("YUYV", 1, DMARING_PATTERN_NOISE, frame);
	fill_bright("YUYV", 0, other);
	for (i = 0; i < dmaring_format_line_bytes(row_of("YUYV"), WIDTH, 1); i++)
		CHECK_EQ(other[i], i % 2 ? frame[i] : 0);
}

TEST(as_bright_as_it_is_nothing_changes)
{
	size_t i;

	for (i = 0; i < DMARING_FORMAT_ROWS; i++) {
		const char *fourcc = dmaring_format_rows[i].fourcc;
		struct dmaring_format format = fill(fourcc, 1, DMARING_PATTERN_NOISE, frame);

		fill_bright(fourcc, DMARING_PATTERN_BRIGHT, other);
		CHECK(!memcmp(frame, other, format.frame_bytes));
		fill_bright(fourcc, DMARING_PATTERN_BRIGHT / 2, other);
		CHECK(memcmp(frame, other, format.frame_bytes));
	}
}

int main(void)
{
	return tap_run(NULL, NULL);
}
