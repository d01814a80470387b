// SPDX-License-Identifier: MIT
/* What "dmaring export" makes of a recording, as other programs read it. */
#include "fake_frames.h"

#include <sys/resource.h>
#include "commands.h"
#include "lib/exporter.h"
#include "lib/frame_dir.h"
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

static void python_needs(const char *what)
{
	char command[128];

	snprintf(command, sizeof(command), PYTHON " -c 'import %s' 2>/dev/null", what);
	if (system(command))
		SKIP("Python has no %s here", what);
}

/* @words is what must be true, after @preparation. */
static void python_says(const char *preparation, const char *words)
{
	FILE *script = fopen("check.py", "w");

	REQUIRE(script);
	fprintf(script, "%s\nassert (%s)\n", preparation, words);
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

/* A TIFF file has a page. */
TEST(no_page_is_no_file)
{
	record_grey();
	CHECK_EQ(output_of("export r --first 10 --format tiff -o all.tif"), EXIT_ERROR);
	output_has(output.err, "r: it has no frame to be exported");
	CHECK(access("all.tif", F_OK));
	CHECK_EQ(output_of("export r --first 10 --format tiff -o all"), EXIT_OK);
	CHECK_EQ(output_of("export r --first 10 -o all.raw"), EXIT_OK);
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

/* ---------------------------------------------------------------------- HDF5 */

/* Each of these files, as one after the other is called. */
static const char read_hdf5[] =
	"import h5py, numpy, os, time\n"
	"def each(name): return list(detector[name])\n"
	"for path in (%s):\n"
	"    f = h5py.File(path, 'r')\n"
	"    entry, data = f['entry'], f['entry/data/data']\n"
	"    detector = f['entry/instrument/detector']\n"
	"    assert (%s), path\n";

static void h5py_says(const char *paths, const char *words)
{
	FILE *script = fopen("check.py", "w");

	REQUIRE(script);
	fprintf(script, read_hdf5, paths, words);
	fclose(script);
	if (!CHECK(!system("HDF5_EXTFILE_PREFIX='${ORIGIN}' " PYTHON " check.py")))
		printf("# %s\n", words);
}

static bool hdf5_is_here(void)
{
	int code = output_of("export r --format hdf5 -o probe.h5");

	return code != EXIT_ERROR || !strstr(output.err, "HDF5 files cannot be written");
}

/* Copied; linked from elsewhere, and beside it. */
static void hdf5_says(const char *words)
{
	CHECK_EQ(output_of("export r -q --overwrite --format hdf5 --copy -o copy.h5"), EXIT_OK);
	CHECK_EQ(output_of("export r -q --overwrite --format hdf5 --link -o link.h5"), EXIT_OK);
	CHECK_EQ(output_of("export r -q --overwrite --format hdf5 --link -o r/link.h5"), EXIT_OK);
	h5py_says("'copy.h5', 'link.h5', 'r/link.h5'", words);
}

static void hdf5_needs_h5py(void)
{
	python_needs("h5py");
	if (!hdf5_is_here())
		SKIP("the command cannot write HDF5 files here");
}

TEST(hdf5_has_the_frames)
{
	static const struct { struct dmaring_format format; const char *words; } formats[] = {
		{ { .width = 16, .height = 8, .pixelformat = DMARING_PIXELFORMAT_GREY,
		    .bytes_per_line = 16, .frame_bytes = 128, .channels = 1 },
		  "data.shape == (10, 8, 16) and data.dtype == 'u1'" },
		{ { .width = 5, .height = 8, .pixelformat = DMARING_FOURCC('Y', '1', '2', ' '),
		    .bytes_per_line = 16, .frame_bytes = 128, .channels = 1 },
		  "data.shape == (10, 8, 5) and data.dtype == '<u2' and data.attrs['bits'] == 12" },
		{ { .width = 8, .height = 8, .pixelformat = DMARING_FOURCC('Y', '1', '2', 'P'),
		    .bytes_per_line = 16, .frame_bytes = 128, .channels = 1 },
		  "data.shape == (10, 8, 12) and 'RAW12' in data.attrs['packing']" },
		{ { .width = 5, .height = 8, .pixelformat = DMARING_FOURCC('R', 'G', 'B', '3'),
		    .bytes_per_line = 16, .frame_bytes = 128, .channels = 1 },
		  "data.shape == (10, 8, 5, 3) and data.attrs['genicam'] == 'RGB8'" },
		{ { .width = 16, .height = 1, .pixelformat = DMARING_FOURCC('S', '1', '6', ' '),
		    .bytes_per_line = 128, .frame_bytes = 128, .channels = 4 },
		  "data.shape == (10, 16, 4) and data.dtype == '<i2'" },
		{ { .width = 32, .height = 1, .pixelformat = DMARING_FOURCC('F', '3', '2', ' '),
		    .bytes_per_line = 128, .frame_bytes = 128, .channels = 1 },
		  "data.shape == (10, 32, 1) and data.dtype == '<f4'" },
		{ { .width = 32, .height = 1, .pixelformat = DMARING_FOURCC('C', 'S', '1', '6'),
		    .bytes_per_line = 128, .frame_bytes = 128, .channels = 1 },
		  "data.shape == (10, 32, 1) and data.dtype['im'] == '<i2'" },
		{ { .frame_bytes = 128 }, "data.shape == (10, 128) and data.dtype == 'u1'" },
	};

	python_needs("h5py");
	for (size_t i = 0; i < sizeof(formats) / sizeof(*formats); i++) {
		fake_offer(0);
		record_as(formats[i].format);
		hdf5_needs_h5py();
		hdf5_says(formats[i].words);
		h5py_says("'copy.h5', 'link.h5', 'r/link.h5'",
			  "all(data[i].tobytes() == bytes([i] * data[i].nbytes) for i in range(10))");
		REQUIRE(!system("rm -r r"));
	}
}

TEST(hdf5_has_what_is_known_of_frames)
{
	fake.frames[4].bytes_used = 100;
	for (uint32_t i = 5; i < FRAMES; i++) {
		fake.frames[i].sequence += 3;
		fake.frames[i].overruns_total = 2;
	}
	record_grey();
	hdf5_needs_h5py();
	hdf5_says("each('sequence_number') == [0, 1, 2, 3, 4, 8, 9, 10, 11, 12]\n"
		  " and each('timestamp') == [1000 * i for i in range(10)]\n"
		  " and each('overruns') == [0] * 5 + [2] + [0] * 4 and each('drops')[5] == 1\n"
		  " and each('bytes_used')[3:6] == [128, 100, 128]\n"
		  " and abs(each('realtime')[0] / 1e9 - time.time()) < 1e8\n"
		  " and (data[4].flatten()[:100] == 4).all()\n"
		  " and all('units' in detector[name].attrs for name in ('timestamp', 'overruns'))");
}

TEST(hdf5_has_the_names_of_nexus)
{
	record_grey();
	hdf5_needs_h5py();
	hdf5_says("[x.attrs['NX_class'] for x in (f, entry, entry['data'], entry['instrument'],\n"
		  " detector)] == ['NXroot', 'NXentry', 'NXdata', 'NXinstrument', 'NXdetector']\n"
		  " and f.attrs['default'] == 'entry' and entry.attrs['default'] == 'data'\n"
		  " and entry['data'].attrs['signal'] == 'data'\n"
		  " and list(entry['data'].attrs['axes']) == ['timestamp', '.', '.']\n"
		  " and detector['data'] == data\n"
		  " and entry['data/timestamp'] == detector['timestamp']\n"
		  " and entry['start_time'][()].decode().endswith('Z')");
}

/* Several pairs of files, one of them without a frame, and not all frames of them. */
TEST(hdf5_links_to_several_files)
{
	fake.info.format = (struct dmaring_format){ .frame_bytes = 128 };
	REQUIRE_EQ(output_of(RECORD "--split 4 r " FAKE_DEVICE), EXIT_OK);
	fake.frame_count = 0;
	REQUIRE_EQ(output_of("record -q --append --keep-free 16000T r " FAKE_DEVICE), EXIT_OK);
	fake_offer(10);
	REQUIRE_EQ(output_of(RECORD "--append r " FAKE_DEVICE), EXIT_OK);
	hdf5_needs_h5py();
	hdf5_says("data.shape == (20, 128) and list(data[:, 127]) == list(range(20))");
	CHECK_EQ(output_of("export r -q --first 3 -n 9 --format hdf5 --link -o some.h5"), EXIT_OK);
	h5py_says("'some.h5',", "list(data[:, 0]) == list(range(3, 12))\n"
		  " and each('sequence_number')[8] == 11 and os.stat('some.h5').st_size < 20000");
}

#define LAST_PIXEL "-d /entry/data/data -s 9,7,15 -c 1,1,1 "

TEST(h5dump_reads_it)
{
	record_grey();
	hdf5_needs_h5py();
	if (system("command -v h5dump >/dev/null"))
		SKIP("there is no h5dump here");
	CHECK_EQ(output_of("export r -q --format hdf5 --link -o link.h5"), EXIT_OK);
	CHECK_EQ(output_of("export r -q --format hdf5 -o copy.h5"), EXIT_OK);
	CHECK(!system("h5dump " LAST_PIXEL "link.h5 | grep -q '(9,7,15): 9$'"));
	CHECK(!system("h5dump " LAST_PIXEL "copy.h5 | grep -q '(9,7,15): 9$'"));
	CHECK(!system("h5dump -H link.h5 | grep -q 'HDF5 \"link.h5\"'"));
}

TEST(frames_that_are_not_in_their_file_are_left_out)
{
	record_grey();
	hdf5_needs_h5py();
	REQUIRE(!truncate("r/frames-000.npy", 4096 + 7 * 4096));
	for (int link = 0; link < 2; link++) {
		CHECK_EQ(output_of(link ? "export r --overwrite --format hdf5 --link -o all.h5" :
					  "export r --format hdf5 -o all.h5"), EXIT_FRAMES);
		output_has(output.out, "all.h5: 7 frames of r, 3 left out\n");
		h5py_says("'all.h5',", "data.shape[0] == 7 and len(each('drops')) == 7 and (data[6] == 6).all()");
	}
}

TEST(what_hdf5_refuses)
{
	record_grey();
	hdf5_needs_h5py();
	CHECK_EQ(output_of("export r --format hdf5 -o probe.h5"), EXIT_ERROR);
	output_has(output.err, "probe.h5: there is such a file");
	CHECK_EQ(output_of("export r --format hdf5 -o probe.h5"), EXIT_ERROR);
	CHECK_EQ(output_of("export r --format hdf5 -o nowhere/all.h5"), EXIT_ERROR);
	CHECK_EQ(output_of("export r --format hdf5 -o -"), EXIT_USAGE);
	CHECK_EQ(output_of("export r --format hdf5 --link --copy -o x.h5"), EXIT_USAGE);
	CHECK_EQ(output_of("export r --format hdf5 --index i.csv -o x.h5"), EXIT_USAGE);
	CHECK_EQ(output_of("export r --format png --link -o x"), EXIT_USAGE);
	CHECK_EQ(output_of("export r --link -o x"), EXIT_USAGE);
	CHECK_EQ(output_of("export r --first 10 --format hdf5 -o x.h5"), EXIT_ERROR);
	output_has(output.err, "r: it has no frame to be exported");
	CHECK(access("x.h5", F_OK));
	CHECK_EQ(output_of("capture --format hdf5 -o x.h5 " FAKE_DEVICE), EXIT_USAGE);
	/* What is no file would be removed when it cannot be ended. */
	REQUIRE(!mkfifo("pipe", 0600));
	REQUIRE(!system("cat pipe >/dev/null & ln -s /dev/null nothing"));
	CHECK_EQ(output_of("export r --format hdf5 -o pipe"), EXIT_ERROR);
	output_has(output.err, "pipe: HDF5 needs a file");
	CHECK(!access("pipe", F_OK));
	CHECK_EQ(output_of("export r --format hdf5 -o nothing"), EXIT_ERROR);
	CHECK(!access("nothing", F_OK));
}

/* A file that cannot be ended is not there; one that has no room for another frame is. */
TEST(the_disk_is_full_in_an_hdf5_file)
{
	const struct rlimit none = { RLIM_INFINITY, RLIM_INFINITY };
	struct rlimit limit = { 3000, RLIM_INFINITY };

	record_grey();
	hdf5_needs_h5py();
	signal(SIGXFSZ, SIG_IGN);
	for (; limit.rlim_cur < 16000; limit.rlim_cur += 1000) {
		REQUIRE(!setrlimit(RLIMIT_FSIZE, &limit));
		CHECK_EQ(output_of("export r --overwrite --format hdf5 -o all.h5"), EXIT_ERROR);
		CHECK(*output.err);
		REQUIRE(!setrlimit(RLIMIT_FSIZE, &none));
		if (!access("all.h5", F_OK))
			h5py_says("'all.h5',", "all((data[i] == i).all() for i in range(len(data)))");
	}
	CHECK_EQ(output_of("export r --overwrite --format hdf5 -o all.h5"), EXIT_OK);
}

/* What libhdf5 could not end is not touched again at the end of the program. */
TEST(the_program_ends_after_a_full_disk)
{
	struct rlimit limit = { 1000, RLIM_INFINITY };
	int status;
	pid_t child;

	record_grey();
	hdf5_needs_h5py();
	signal(SIGXFSZ, SIG_IGN);
	for (; limit.rlim_cur < 16000; limit.rlim_cur += 1000) {
		fflush(NULL);
		child = fork();
		if (!child) {
			setrlimit(RLIMIT_FSIZE, &limit);
			exit(output_of("export r --overwrite --format hdf5 -o all.h5"));
		}
		REQUIRE_EQ(waitpid(child, &status, 0), child);
		CHECK(WIFEXITED(status) && WEXITSTATUS(status) == EXIT_ERROR);
	}
}

/* What libhdf5 is given is the mapping itself. */
TEST(a_file_that_is_shortened_while_it_is_copied)
{
	struct options options = { .output = "all.h5", .overwrite = true };
	struct export_job job = { .options = &options, .path = "r", .count = FRAMES };
	const struct exporter *exporter = exporter_of(FRAME_FILE_HDF5);
	const void *data;
	void *state;

	record_grey();
	hdf5_needs_h5py();
	REQUIRE_EQ(dmaring_recording_open("r", &job.from), 0);
	job.format = dmaring_recording_format(job.from);
	REQUIRE_EQ(exporter->open(&job, &state), 0);
	CHECK_EQ(exporter->add(state, 0, dmaring_recording_data(job.from, 0)), 0);
	data = dmaring_recording_data(job.from, 1);
	REQUIRE(!truncate("r/frames-000.npy", 4096));
	CHECK_EQ(exporter->add(state, 1, data), -EFAULT);
	CHECK_EQ(exporter->close(state), 0);
	h5py_says("'all.h5',", "data.shape[0] == 1 and (data[0] == 0).all()");
	dmaring_recording_close(job.from);
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
		CHECK_EQ(output_of("export -q --overwrite r --format sigmf -o s"), EXIT_OK);
		snprintf(words, sizeof(words), ALL_BYTES " and g['core:datatype'] == '%s'\n"
			 " and g['core:num_channels'] == 2 and g['core:sample_rate'] == 48000\n"
			 " and len(captures) == 1 and notes == []", kinds[i].name);
		sigmf_says("s", words);
		CHECK_EQ(output_of("export -q r --format sigmf --link -o r/s.sigmf-data"), EXIT_OK);
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
	sigmf_says("s", "[c['core:sample_start'] for c in captures] == [0, 160, 272]\n"
		   " and [c['core:global_index'] for c in captures] == [0, 256, 384]\n"
		   " and len(notes) == 1 and notes[0]['core:sample_start'] == 160\n"
		   " and '2 frames lost by the card, 1 dropped' in notes[0]['core:comment']\n"
		   " and len(samples) == 9 * 128 + 64");
	CHECK_EQ(output_of("export -q --first 4 -n 5 r --format sigmf --link -o r/s"), EXIT_OK);
	sigmf_says("r/s", "samples[:128] == bytes([4] * 128) and len(samples) == 4 * 128 + 64\n"
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
	sigmf_says("r/s", "len(captures) == 1 and captures[0]['core:header_bytes'] == 4096\n"
		   " and 'core:trailing_bytes' not in g and 'core:sample_rate' not in g\n"
		   " and samples == b''.join(bytes([i] * 4096) for i in range(10))");
}

TEST(what_sigmf_refuses)
{
	record_grey();
	CHECK_EQ(output_of("export r --format sigmf -o s"), EXIT_ERROR);
	output_has(output.err, "r: SigMF is for samples, and its frames are none; --format hdf5 takes all");
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

/* --------------------------------------------------------------------- copies */

TEST(no_memory_for_a_frame)
{
	const struct dmaring_format large = { .frame_bytes = 1U << 31 };
	const struct rlimit limit = { 1U << 30, RLIM_INFINITY };
	struct dmaring_writer *writer;

	REQUIRE_EQ(dmaring_writer_open("r", &large, 0, &writer), 0);
	REQUIRE_EQ(dmaring_writer_close(writer), 0);
	REQUIRE(!setrlimit(RLIMIT_AS, &limit));
	CHECK_EQ(output_of("export r -o x.raw"), EXIT_ERROR);
	output_has(output.err, "r: no memory for an export");
}

/* Numbers of frames begin anew when the driver was loaded anew: files are called by them. */
TEST(a_recording_that_has_numbers_twice)
{
	record_grey();
	fake_offer(5);
	REQUIRE_EQ(output_of(RECORD "--append r " FAKE_DEVICE), EXIT_OK);
	CHECK_EQ(output_of("export r -o d"), EXIT_ERROR);
	output_has(output.err, "r: its frame 10 has the sequence number of one before");
	output_has(output.err, "-n 10 of them, and those from --first 10 on");
	CHECK(access("d", F_OK));
	CHECK_EQ(output_of("export r --format png -o d"), EXIT_ERROR);
	CHECK_EQ(output_of("export r --first 7 -o d"), EXIT_ERROR);
	output_has(output.err, "-n 5 of them, and those from --first 12 on");
	CHECK_EQ(output_of("export r -n 10 -o d"), EXIT_OK);
	CHECK_EQ(output_of("export r --first 10 -o e"), EXIT_OK);
	CHECK(!access("d/frame-00000005.raw", F_OK));
	CHECK(!access("e/frame-00000005.raw", F_OK));
	CHECK_EQ(output_of("export r -o all.raw"), EXIT_OK);
	output_has(output.out, "all.raw: 20 frames of r\n");
}

/* Not what lies between two runs, nor what was about no trigger. */
TEST(losses_are_those_of_the_recording)
{
	fake.frames[7].sequence = 17;
	fake.frames[7].overruns_total = 3;
	for (int i = 8; i < FRAMES; i++)
		fake.frames[i].overruns_total = 3;
	record_grey();
	fake_offer(1025);
	REQUIRE_EQ(output_of(RECORD "--append r " FAKE_DEVICE), EXIT_OK);
	CHECK_EQ(output_of("export r -o all.raw"), EXIT_OK);
	CHECK(!system("grep -q '^17,7000,128,,3,7,896' all.raw.csv"));
	CHECK(!system("grep -q '^1025,1025000,128,,0,0,1280' all.raw.csv"));
	CHECK_EQ(output_of("export r --first 7 --format png -o d"), EXIT_OK);
	CHECK(!system("grep -q '^17,7000,128,,3,7,frame-00000017.png' d/index.csv"));
	REQUIRE(!truncate("r/frames-000.npy", 4096 + 6 * 4096));
	CHECK_EQ(output_of("export r --overwrite -o all.raw"), EXIT_FRAMES);
	CHECK(!system("grep -q '^17,7000,128,,3,7,$' all.raw.csv"));
}

TEST(no_export_takes_the_place_of_the_recording)
{
	record_grey();
	REQUIRE(!symlink("r/frames-000.npy", "x.raw"));
	CHECK_EQ(output_of("export r --overwrite -o x.raw"), EXIT_ERROR);
	output_has(output.err, "x.raw: is a part of the recording that is exported");
	CHECK_EQ(output_of("export r --overwrite -o y.raw --index r/frames-000.idx"), EXIT_ERROR);
	CHECK_EQ(output_of("export r --format tiff --overwrite -o r/meta.json"), EXIT_ERROR);
	CHECK(access("y.raw", F_OK));
	CHECK_EQ(output_of("verify r"), EXIT_OK);
	CHECK_EQ(output_of("export r -o r/all.raw"), EXIT_OK);
	CHECK_EQ(output_of("export r --overwrite -o r/all.raw"), EXIT_OK);
}

int main(void)
{
	return tap_run(fake_frames_prepare, scratch_remove);
}
