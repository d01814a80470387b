// SPDX-License-Identifier: MIT
/* What "dmaring export" makes of a recording, as other programs read it. */
#include "fake_frames.h"

#include <sys/resource.h>
#include "commands.h"
#include "output.h"

#define RECORD		"record -q --writes 1 -n 10 "
#define PYTHON		"/usr/bin/python3"

static void record_as(struct dmaring_format format)
{
	fake.info.format = format;
	REQUIRE_EQ(output_of(RECORD "r " FAKE_DEVICE), EXIT_OK);
}

#define RECORD_AS(...) record_as((struct dmaring_format){ __VA_ARGS__ })

static void record_grey(void)
{
	RECORD_AS(.width = 16, .height = 8, .pixelformat = DMARING_PIXELFORMAT_GREY,
		  .bytes_per_line = 16, .frame_bytes = 128, .channels = 1);
}

/* @words is what must be true, after @preparation. */
static void python_says(const char *preparation, const char *words)
{
	FILE *script = fopen("check.py", "w");

	REQUIRE(script);
	fprintf(script, "%s\nassert %s\n", preparation, words);
	fclose(script);
	if (!CHECK(!system(PYTHON " check.py")))
		printf("# %s\n", words);
}

/* ---------------------------------------------------------------------- TIFF */

/* All of its pages, as libtiff finds them. */
static const char read_tiff[] =
	"import ctypes\n"
	"t = ctypes.CDLL('libtiff.so.6')\n"
	"t.TIFFOpen.restype = ctypes.c_void_p\n"
	"t.TIFFReadEncodedStrip.restype = ctypes.c_ssize_t\n"
	"t.TIFFReadEncodedStrip.argtypes = [ctypes.c_void_p, ctypes.c_uint32, ctypes.c_void_p,\n"
	"                                   ctypes.c_ssize_t]\n"
	"f = ctypes.c_void_p(t.TIFFOpen(b'all.tif', b'r'))\n"
	"def tag(number, kind):\n"
	"    value = kind()\n"
	"    assert t.TIFFGetField(f, ctypes.c_uint32(number), ctypes.byref(value))\n"
	"    return value.value\n"
	"def page(number):\n"
	"    assert t.TIFFSetDirectory(f, ctypes.c_uint32(number))\n"
	"    pixels = ctypes.create_string_buffer(100000)\n"
	"    count = t.TIFFReadEncodedStrip(f, 0, pixels, -1)\n"
	"    return pixels.raw[:count]\n"
	"pages = t.TIFFNumberOfDirectories(f)\n"
	"big = t.TIFFIsBigTIFF(f)\n";

static void tiff_needs_libtiff(void)
{
	if (system(PYTHON " -c 'import ctypes; ctypes.CDLL(\"libtiff.so.6\")' 2>/dev/null"))
		SKIP("there is no libtiff.so.6 here");
}

TEST(pages_of_one_tiff_file)
{
	tiff_needs_libtiff();
	record_grey();
	CHECK_EQ(output_of("export r --format tiff -o all.tif"), EXIT_OK);
	output_has(output.out, "all.tif: 10 frames of r\n");
	CHECK(!access("all.tif.csv", F_OK));
	python_says(read_tiff, "pages == 10 and big");
	python_says(read_tiff, "[page(i) for i in range(10)] == [bytes([i] * 128) for i in range(10)]");
	python_says(read_tiff, "tag(256, ctypes.c_uint32) == 16 and tag(257, ctypes.c_uint32) == 8");
	python_says(read_tiff, "tag(258, ctypes.c_uint16) == 8 and tag(277, ctypes.c_uint16) == 1");
}

TEST(pages_of_more_bits_and_of_colours)
{
	tiff_needs_libtiff();
	RECORD_AS(.width = 5, .height = 8, .pixelformat = DMARING_FOURCC('Y', '1', '2', ' '),
		  .bytes_per_line = 16, .frame_bytes = 128, .channels = 1);
	CHECK_EQ(output_of("export -q r --format tiff -o all.tif"), EXIT_OK);
	python_says(read_tiff, "pages == 10 and page(7) == bytes([7] * 80)");
	python_says(read_tiff, "tag(258, ctypes.c_uint16) == 16 and tag(281, ctypes.c_uint16) == 4095");
	REQUIRE(!system("rm -r r"));
	fake_offer(0);
	RECORD_AS(.width = 5, .height = 8, .pixelformat = DMARING_FOURCC('R', 'G', 'B', '3'),
		  .bytes_per_line = 16, .frame_bytes = 128, .channels = 1);
	CHECK_EQ(output_of("export -q r --format tiff --overwrite -o all.tif"), EXIT_OK);
	python_says(read_tiff, "pages == 10 and page(7) == bytes([7] * 120)");
	python_says(read_tiff, "tag(262, ctypes.c_uint16) == 2 and tag(277, ctypes.c_uint16) == 3");
}

TEST(where_pages_cannot_be)
{
	fake.frames[3].bytes_used = 100;
	record_grey();
	CHECK_EQ(output_of("export r --format tiff -o all.tif"), EXIT_FRAMES);
	output_has(output.out, "all.tif: 9 frames of r, 1 left out\n");
	CHECK_EQ(output_of("export r --format tiff -o all.tif"), EXIT_ERROR);
	output_has(output.err, "all.tif: there is such a file");
	CHECK_EQ(output_of("export r --format tiff -o -"), EXIT_USAGE);
	REQUIRE(!system("mkfifo pipe.tif; cat pipe.tif >/dev/null &"));
	CHECK_EQ(output_of("export r --format tiff -o pipe.tif"), EXIT_ERROR);
	output_has(output.err, "pipe.tif: pages of a TIFF file cannot go through a pipe");
}

/* Each page that was written before is still there. */
TEST(the_disk_is_full_after_some_pages)
{
	const struct rlimit limit = { 16 + 5 * 384 + 200, RLIM_INFINITY };
	const struct rlimit none = { RLIM_INFINITY, RLIM_INFINITY };

	tiff_needs_libtiff();
	record_grey();
	signal(SIGXFSZ, SIG_IGN);
	REQUIRE(!setrlimit(RLIMIT_FSIZE, &limit));
	CHECK_EQ(output_of("export r --format tiff -o all.tif"), EXIT_ERROR);
	output_has(output.err, "all.tif: cannot write frame 5: File too large");
	REQUIRE(!setrlimit(RLIMIT_FSIZE, &none));
	python_says(read_tiff, "pages == 5 and page(4) == bytes([4] * 128)");
}

int main(void)
{
	return tap_run(fake_frames_prepare, scratch_remove);
}
