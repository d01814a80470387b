// SPDX-License-Identifier: MIT
/* What dmaring_format_describe() says of each row of the table of formats. */
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <libdmaring.h>
#include <dmaring/format.h>
#include "tap.h"

#define WIDTH	12
#define HEIGHT	6
#define RATE	30

struct expected {
	const char *name;
	const char *dtype;
	const char *genicam;
	const char *caps;		/* without size and rate */
	unsigned int tiff_photometric, tiff_samples, tiff_bits, png_bits, png_colour;
};

#define MOSAIC(order, genicam, caps)							\
	{ "S" #order "8", "|u1", "Bayer" genicam "8", "video/x-bayer,format=" caps,	\
	  32803, 1, 8, 8, 2 },								\
	{ "S" #order "10", "<u2", "Bayer" genicam "10", "video/x-bayer,format=" caps "10le", \
	  32803, 1, 16, 16, 2 },							\
	{ "S" #order "12", "<u2", "Bayer" genicam "12", "video/x-bayer,format=" caps "12le", \
	  32803, 1, 16, 16, 2 },							\
	{ "S" #order "16", "<u2", "Bayer" genicam "16", "video/x-bayer,format=" caps "16le", \
	  32803, 1, 16, 16, 2 },							\
	{ "S" #order "10P", "|u1", "", "", 32803, 1, 16, 16, 2 },			\
	{ "S" #order "12P", "|u1", "", "", 32803, 1, 16, 16, 2 }

static const struct expected expectations[] = {
	{ "GREY", "|u1", "Mono8", "video/x-raw,format=GRAY8", 1, 1, 8, 8, 0 },
	{ "Y10", "<u2", "Mono10", "video/x-raw,format=GRAY10_LE16", 1, 1, 16, 16, 0 },
	{ "Y12", "<u2", "Mono12", "", 1, 1, 16, 16, 0 },
	{ "Y14", "<u2", "Mono14", "", 1, 1, 16, 16, 0 },
	{ "Y16", "<u2", "Mono16", "video/x-raw,format=GRAY16_LE", 1, 1, 16, 16, 0 },
	{ "Y10P", "|u1", "", "", 1, 1, 16, 16, 0 },
	{ "Y12P", "|u1", "", "", 1, 1, 16, 16, 0 },
	{ "RGB24", "|u1", "RGB8", "video/x-raw,format=RGB", 2, 3, 8, 8, 2 },
	{ "BGR24", "|u1", "BGR8", "video/x-raw,format=BGR", 2, 3, 8, 8, 2 },
	{ "YUYV", "|u1", "YUV422_8", "video/x-raw,format=YUY2", 6, 3, 8, 8, 2 },
	{ "UYVY", "|u1", "YUV422_8_UYVY", "video/x-raw,format=UYVY", 6, 3, 8, 8, 2 },
	{ "NV12", "|u1", "YCbCr420_8_YY_CbCr_Semiplanar", "video/x-raw,format=NV12",
	  6, 3, 8, 8, 2 },
	MOSAIC(BGGR, "BG", "bggr"),
	MOSAIC(GBRG, "GB", "gbrg"),
	MOSAIC(GRBG, "GR", "grbg"),
	MOSAIC(RGGB, "RG", "rggb"),
	{ "S16", "<i2", "", "audio/x-raw,format=S16LE,layout=interleaved", 1, 2, 16, 0, 0 },
	{ "S32", "<i4", "", "audio/x-raw,format=S32LE,layout=interleaved", 1, 2, 32, 0, 0 },
	{ "F32", "<f4", "", "audio/x-raw,format=F32LE,layout=interleaved", 1, 2, 32, 0, 0 },
	{ "CS16", "[('re', '<i2'), ('im', '<i2')]", "", "", 1, 2, 32, 0, 0 },
};

static const struct expected *expected_of(const struct dmaring_format_row *row)
{
	size_t i;

	for (i = 0; i < sizeof(expectations) / sizeof(expectations[0]); i++)
		if (!strcmp(expectations[i].name, row->name))
			return &expectations[i];
	return NULL;
}

static struct dmaring_format format_of(const struct dmaring_format_row *row, uint32_t padding)
{
	struct dmaring_format format = {
		.width = WIDTH,
		.height = dmaring_format_is_samples(row) ? 1 : HEIGHT,
		.pixelformat = dmaring_format_fourcc(row),
		.channels = dmaring_format_is_samples(row) ? 2 : 1,
		.rate_numerator = RATE,
		.rate_denominator = 1,
	};

	format.bytes_per_line = padding + dmaring_format_line_bytes(row, WIDTH, format.channels);
	format.frame_bytes = dmaring_format_frame_bytes(row, format.bytes_per_line,
							format.height);
	return format;
}

static struct dmaring_format_description describe(const struct dmaring_format *format)
{
	struct dmaring_format_description description;

	memset(&description, 0xcc, sizeof(description));
	description.size = sizeof(description);
	REQUIRE_EQ(dmaring_format_describe(format, &description), 0);
	return description;
}

static void check_string(const char *row, const char *is, const char *expected)
{
	if (!CHECK(!strcmp(is, expected)))
		printf("# %s: '%s', not '%s'\n", row, is, expected);
}

static void check_caps(const struct dmaring_format_row *row, const struct expected *expected,
		       const char *caps)
{
	char text[256] = "";

	if (*expected->caps && dmaring_format_is_samples(row))
		snprintf(text, sizeof(text), "%s,rate=%d,channels=2", expected->caps, RATE);
	else if (*expected->caps)
		snprintf(text, sizeof(text), "%s,width=%d,height=%d,framerate=%d/1",
			 expected->caps, WIDTH, HEIGHT, RATE);
	check_string(row->name, caps, text);
}

/* Of an element, as NumPy would say */
static uint64_t item_bytes(const char *dtype)
{
	return *dtype == '[' ? 4 : dtype[2] - '0';
}

static void check_numpy(const char *row, const struct dmaring_format *format,
			const struct dmaring_format_description *description)
{
	uint64_t bytes = item_bytes(description->numpy_dtype), all = bytes, last = bytes;
	uint32_t i;

	for (i = 0; i < description->numpy_dimensions; i++) {
		all *= description->numpy_shape[i];
		last += (description->numpy_shape[i] - 1) * description->numpy_strides[i];
	}
	if (format->bytes_per_line == description->line_bytes)
		CHECK_EQ(all, format->frame_bytes);
	else
		CHECK_EQ(last, format->frame_bytes -
			       (format->bytes_per_line - description->line_bytes));
	if (!CHECK_EQ(description->numpy_strides[i - 1], bytes))
		printf("# of %s\n", row);
}

static void check_row(const struct dmaring_format_row *row)
{
	const struct expected *expected = expected_of(row);
	struct dmaring_format format = format_of(row, 0);
	struct dmaring_format_description is = describe(&format);
	bool samples = dmaring_format_is_samples(row);
	char v4l2[64] = "";

	REQUIRE(expected);
	if (!samples)
		snprintf(v4l2, sizeof(v4l2), "V4L2_PIX_FMT_%s", row->name);
	check_string(row->name, is.name, row->name);
	check_string(row->name, is.v4l2, v4l2);
	check_string(row->name, is.numpy_dtype, expected->dtype);
	check_string(row->name, is.genicam, expected->genicam);
	check_caps(row, expected, is.gstreamer);
	check_numpy(row->name, &format, &is);
	CHECK_EQ(is.kind, row->kind);
	CHECK_EQ(is.order, row->order);
	CHECK_EQ(is.components, row->components);
	CHECK_EQ(is.bits, row->bits);
	CHECK_EQ(is.storage_bits, row->storage);
	CHECK_EQ(is.tiff_bits, expected->tiff_bits);
	CHECK_EQ(is.tiff_samples, expected->tiff_samples);
	CHECK_EQ(is.tiff_photometric, expected->tiff_photometric);
	CHECK_EQ(is.tiff_sample_format, samples ? row->kind - DMARING_KIND_SIGNED + 2 +
						  (row->kind == DMARING_KIND_COMPLEX) : 1);
	CHECK_EQ(is.png_bits, expected->png_bits);
	CHECK_EQ(is.png_colour_type, expected->png_colour);
	CHECK_EQ(!!(is.flags & DMARING_DESCRIPTION_SAMPLES), samples);
	CHECK_EQ(!!(is.flags & DMARING_DESCRIPTION_PACKED), row->storage % 8 != 0);
}

TEST(each_row_is_called_what_others_call_it)
{
	size_t i;

	for (i = 0; i < DMARING_FORMAT_ROWS; i++)
		check_row(&dmaring_format_rows[i]);
	CHECK_EQ(sizeof(expectations) / sizeof(expectations[0]), DMARING_FORMAT_ROWS);
}

TEST(strides_have_the_padding_of_lines)
{
	struct dmaring_format_description is;
	struct dmaring_format format;
	size_t i;

	for (i = 0; i < DMARING_FORMAT_ROWS; i++) {
		format = format_of(&dmaring_format_rows[i], 20);
		is = describe(&format);
		check_numpy(dmaring_format_rows[i].name, &format, &is);
	}
}

TEST(no_rate_is_a_rate_of_its_own)
{
	struct dmaring_format format = format_of(dmaring_format_find(DMARING_PIXELFORMAT_GREY), 0);
	uint32_t s16 = DMARING_FOURCC('S', '1', '6', ' ');

	format.rate_numerator = 0;
	format.rate_denominator = 0;
	check_string("GREY", describe(&format).gstreamer,
		     "video/x-raw,format=GRAY8,width=12,height=6,framerate=0/1");
	format = format_of(dmaring_format_find(s16), 0);
	format.rate_denominator = 7;	/* not a whole number of samples a second */
	check_string("S16", describe(&format).gstreamer,
		     "audio/x-raw,format=S16LE,layout=interleaved,channels=2");
}

/* Its integers have a sign, ours have none. */
TEST(gstreamer_has_no_room_for_each_rate)
{
	struct dmaring_format format = format_of(dmaring_format_find(DMARING_PIXELFORMAT_GREY), 0);

	format.rate_numerator = 4000000000;
	format.rate_denominator = 4;
	check_string("GREY", describe(&format).gstreamer,
		     "video/x-raw,format=GRAY8,width=12,height=6,framerate=2000000000/2");
	format.rate_numerator = 30;
	format.rate_denominator = 4000000000;
	check_string("GREY", describe(&format).gstreamer,
		     "video/x-raw,format=GRAY8,width=12,height=6,framerate=15/2000000000");
	format.rate_numerator = UINT32_MAX;
	format.rate_denominator = 1;
	check_string("GREY", describe(&format).gstreamer,
		     "video/x-raw,format=GRAY8,width=12,height=6,framerate=2147483647/1");
	format = format_of(dmaring_format_find(DMARING_FOURCC('S', '1', '6', ' ')), 0);
	format.rate_numerator = 2500000000;
	format.rate_denominator = 1;
	check_string("S16", describe(&format).gstreamer,
		     "audio/x-raw,format=S16LE,layout=interleaved,channels=2");
}

/* GStreamer takes no more than two without being told which loudspeakers they are for. */
TEST(many_channels_are_for_no_loudspeaker)
{
	uint32_t f32 = DMARING_FOURCC('F', '3', '2', ' ');
	struct dmaring_format format = format_of(dmaring_format_find(f32), 0);

	format.channels = 1024;
	format.bytes_per_line = 4096 * format.width;
	format.frame_bytes = format.bytes_per_line * format.height;
	format.rate_numerator = INT32_MAX;
	check_string("F32", describe(&format).gstreamer,
		     "audio/x-raw,format=F32LE,layout=interleaved,rate=2147483647,channels=1024,channel-mask=(bitmask)0x0");
}

TEST(raw_bytes_are_a_row_of_them)
{
	const struct dmaring_format format = { .frame_bytes = 4096 };
	struct dmaring_format_description is = describe(&format);

	check_string("raw", is.name, "raw");
	check_string("raw", is.numpy_dtype, "|u1");
	CHECK_EQ(is.numpy_dimensions, 1);
	CHECK_EQ(is.numpy_shape[0], 4096);
	CHECK_EQ(is.numpy_strides[0], 1);
	CHECK_EQ(is.components, 0);
}

static void refused(struct dmaring_format format, int err)
{
	struct dmaring_format_description is, before;

	memset(&is, 0xcc, sizeof(is));
	is.size = sizeof(is);
	before = is;
	CHECK_EQ(dmaring_format_describe(&format, &is), err);
	CHECK(!memcmp(&is, &before, sizeof(is)));
}

TEST(what_cannot_be_is_refused)
{
	const struct dmaring_format good =
		format_of(dmaring_format_find(DMARING_FOURCC('p', 'R', 'C', 'C')), 0);
	struct dmaring_format bad = good;

	bad.pixelformat = DMARING_FOURCC('n', 'o', 'n', 'e');
	refused(bad, -ENOENT);
	check_string("none", dmaring_error(),
		     "none: cannot describe the format: this library does not know it");
	bad = good;
	bad.width--;
	refused(bad, -EINVAL);
	bad = good;
	bad.height = 0;
	refused(bad, -EINVAL);
	bad = good;
	bad.bytes_per_line--;
	refused(bad, -EINVAL);
	bad = good;
	bad.frame_bytes--;
	refused(bad, -EINVAL);
	bad = good;
	bad.width = UINT32_MAX - 1;
	bad.height = UINT32_MAX - 1;
	refused(bad, -EINVAL);
	/* More channels than there can be, of which the lines have room for one. */
	bad = format_of(dmaring_format_find(DMARING_FOURCC('S', '1', '6', ' ')), 0);
	bad.channels += 1 << 16;
	refused(bad, -EINVAL);
}

/* An application of a later version has more room, and one of a wrong one none. */
TEST(the_description_can_grow)
{
	struct dmaring_format format = format_of(&dmaring_format_rows[0], 0);
	struct {
		struct dmaring_format_description known;
		uint32_t more[4];
	} later;

	memset(&later, 0xcc, sizeof(later));
	later.known.size = sizeof(later);
	CHECK_EQ(dmaring_format_describe(&format, &later.known), 0);
	CHECK_EQ(later.known.size, sizeof(later));
	CHECK_EQ(later.more[0] | later.more[3], 0);
	later.known.size = sizeof(later.known) - 1;
	CHECK_EQ(dmaring_format_describe(&format, &later.known), -EINVAL);
	later.known.size = 4097;
	CHECK_EQ(dmaring_format_describe(&format, &later.known), -EINVAL);
}

int main(void)
{
	return tap_run(NULL, NULL);
}
