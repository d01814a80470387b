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

/* ------------------------------------------------------------- what happens meanwhile */

/* While it is mapped; the loop has no other end. */
TEST(a_file_that_somebody_shortens)
{
	char command[256];

	record_grey();
	snprintf(command, sizeof(command),
		 "until grep -q frames-000.npy /proc/%d/maps; do :; done; truncate -s 4096 r/frames-000.npy",
		 (int)getpid());
	if (!fork())
		_exit(system(command));
	CHECK_EQ(output_of("replay --loop r"), EXIT_ERROR);
	output_has(output.err, "r: the disk does not give back what was written, or somebody has shortened");
}

/* --------------------------------------------------------------------- SigMF */

/* As the specification says: what must be there, and where samples are in a file. */
static const char read_sigmf[] =
	"import json, re, os, struct\n"
	"m = json.load(open(NAME + '.sigmf-meta'))\n"
	"g, captures, notes = m['global'], m['captures'], m['annotations']\n"
	"assert set(m) == {'global', 'captures', 'annotations'}\n"
	"assert re.fullmatch('[cr](f32|i32|i16)_le', g['core:datatype'])\n"
	"assert re.fullmatch(r'\\d+\\.\\d+\\.\\d+', g['core:version'])\n"
	"assert 1 <= g['core:num_channels'] <= 1000 and g.get('core:sample_rate', 1) >= 1\n"
	"assert captures[0]['core:sample_start'] == 0\n"
	"date = r'\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d+Z'\n"
	"assert all(re.fullmatch(date, c['core:datetime']) for c in captures)\n"
	"for part in captures, notes:\n"
	"    starts = [x['core:sample_start'] for x in part]\n"
	"    assert starts == sorted(starts)\n"
	"data = open(os.path.join(os.path.dirname(NAME), g['core:dataset'])\n"
	"            if 'core:dataset' in g else NAME + '.sigmf-data', 'rb').read()\n"
	"assert 'core:dataset' in g or not any('core:header_bytes' in c for c in captures)\n"
	"data = data[:len(data) - g.get('core:trailing_bytes', 0)]\n"
	"size = {'i16': 2, 'i32': 4, 'f32': 4}[g['core:datatype'][1:4]] * g['core:num_channels']\n"
	"size *= 2 if g['core:datatype'][0] == 'c' else 1\n"
	"samples, at = b'', 0\n"
	"for i, c in enumerate(captures):\n"
	"    at += c.get('core:header_bytes', 0)\n"
	"    end = (at + (captures[i + 1]['core:sample_start'] - c['core:sample_start']) * size\n"
	"           if i + 1 < len(captures) else len(data))\n"
	"    samples, at = samples + data[at:end], end\n";

static void sigmf_says(const char *name, const char *words)
{
	char preparation[4096];

	snprintf(preparation, sizeof(preparation), "NAME = '%s'\n%s", name, read_sigmf);
	python_says(preparation, words);
}

static void record_samples(const char *fourcc, uint32_t bytes, uint32_t channels)
{
	RECORD_AS(.width = 128 / bytes / channels, .height = 1, .channels = channels,
		  .pixelformat = DMARING_FOURCC(fourcc[0], fourcc[1], fourcc[2], fourcc[3]),
		  .bytes_per_line = 128, .frame_bytes = 128, .rate_numerator = 48000,
		  .rate_denominator = 1);
}

#define ALL_BYTES "samples == b''.join(bytes([i] * 128) for i in range(10))"

TEST(sigmf_has_the_samples)
{
	static const struct { const char *fourcc, *name; uint32_t bytes; } kinds[] = {
		{ "S16 ", "ri16_le", 2 }, { "S32 ", "ri32_le", 4 },
		{ "F32 ", "rf32_le", 4 }, { "CS16", "ci16_le", 4 },
	};
	char words[256];

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		fake_offer(0);
		record_samples(kinds[i].fourcc, kinds[i].bytes, 2);
		CHECK_EQ(output_of("export -q --overwrite r --format sigmf -o s.sigmf-data"), EXIT_OK);
		snprintf(words, sizeof(words), ALL_BYTES " and g['core:datatype'] == '%s' and "
			 "g['core:num_channels'] == 2 and g['core:sample_rate'] == 48000 and "
			 "len(captures) == 1 and notes == []", kinds[i].name);
		sigmf_says("s", words);
		CHECK_EQ(output_of("export -q r --format sigmf --link -o r/s.sigmf-meta"), EXIT_OK);
		CHECK(access("r/s.sigmf-data", F_OK));
		sigmf_says("r/s", ALL_BYTES " and len(captures) == 10");
		REQUIRE(!system("rm -r r"));
	}
}

/* Of the second channel there is nothing to be said: samples are of all channels. */
TEST(sigmf_tells_of_losses)
{
	for (uint32_t i = 5; i < FRAMES; i++) {
		fake.frames[i].sequence += 3;
		fake.frames[i].overruns_total = 2;
	}
	fake.frames[8].bytes_used = 64;
	record_samples("S16 ", 2, 2);
	CHECK_EQ(output_of("export -q r --format sigmf -o s"), EXIT_OK);
	sigmf_says("s", "[c['core:sample_start'] for c in captures] == [0, 160, 272]"
		   " and [c['core:global_index'] for c in captures] == [0, 256, 384]"
		   " and len(notes) == 1 and notes[0]['core:sample_start'] == 160"
		   " and '2 frames lost by the card, 1 dropped' in notes[0]['core:comment']"
		   " and len(samples) == 9 * 128 + 64");
	CHECK_EQ(output_of("export -q --first 4 -n 5 r --format sigmf --link -o r/s"), EXIT_OK);
	sigmf_says("r/s", "samples[:128] == bytes([4] * 128) and len(samples) == 4 * 128 + 64"
		   " and captures[1]['core:global_index'] == 256 and len(notes) == 1");
}

/* Frames without anything between them are one capture, also where they are linked. */
TEST(sigmf_links_to_frames_without_padding)
{
	RECORD_AS(.width = 2048, .height = 1, .pixelformat = DMARING_FOURCC('S', '1', '6', ' '),
		  .bytes_per_line = 4096, .frame_bytes = 4096, .channels = 1);
	for (int i = 0; i < FRAMES; i++)
		fake.frames[i].bytes_used = 4096;
	REQUIRE(!system("rm -r r"));
	fake.delivered = 0;
	REQUIRE_EQ(output_of(RECORD "r " FAKE_DEVICE), EXIT_OK);
	CHECK_EQ(output_of("export -q r --format sigmf --link -o r/s"), EXIT_OK);
	sigmf_says("r/s", "len(captures) == 1 and captures[0]['core:header_bytes'] == 4096"
		   " and 'core:trailing_bytes' not in g and 'core:sample_rate' not in g"
		   " and samples == b''.join(bytes([i] * 4096) for i in range(10))");
}

TEST(what_sigmf_refuses)
{
	record_grey();
	CHECK_EQ(output_of("export r --format sigmf -o s"), EXIT_ERROR);
	output_has(output.err, "r: SigMF is for samples, and its frames are none");
	REQUIRE(!system("rm -r r"));
	fake_offer(0);
	record_samples("S16 ", 2, 2);
	CHECK_EQ(output_of("export r --format sigmf --link -o s"), EXIT_ERROR);
	output_has(output.err, "name one in that directory");
	CHECK(access("s.sigmf-meta", F_OK));
	fake_offer(10);
	REQUIRE_EQ(output_of(RECORD "--append r " FAKE_DEVICE), EXIT_OK);
	CHECK_EQ(output_of("export r --format sigmf --link -o r/s"), EXIT_ERROR);
	output_has(output.err, "the frames are in several");
	CHECK_EQ(output_of("export r -q --first 10 --format sigmf --link -o r/s"), EXIT_OK);
	sigmf_says("r/s", "g['core:dataset'] == 'frames-001.npy' and samples[0] == 10");
	REQUIRE(!system("echo theirs >t.sigmf-data"));
	CHECK_EQ(output_of("export r --format sigmf -o t"), EXIT_ERROR);
	CHECK(access("t.sigmf-meta", F_OK));
}

int main(void)
{
	return tap_run(fake_frames_prepare, scratch_remove);
}
