// SPDX-License-Identifier: MIT
/* Recordings: what is in the files, also of one that ended in the middle. */
#include "fake_frames.h"

#include <dirent.h>
#include <libaio.h>
#include <libdmaring-record.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <pthread.h>
#include <stddef.h>
#include <sys/wait.h>
#include <zlib.h>

#define STRIDE		4096
#define HEADER		128
#define SLOW_MS		1000000		/* no frame is made safe before the end */
#define STEPS_MAX	20000000	/* of which most find only that a write takes its time */

static struct dmaring *stream;
static struct dmaring_recorder *recorder;

/* libaio's, which is as short: a system can have no room for one more. */
static int libaio_refuses;

int io_setup(int jobs, io_context_t *context)
{
	if (libaio_refuses)
		return -EAGAIN;
	return syscall(SYS_io_setup, jobs, context) ? -errno : 0;
}

static int begin(struct dmaring_recorder_options options)
{
	options.size = sizeof(options);
	if (!options.sync_ms)
		options.sync_ms = SLOW_MS;
	if (!options.depth)
		options.depth = 1;	/* a buffer is filled again only when it is written */
	REQUIRE_EQ(dmaring_open(FAKE_DEVICE, NULL, &stream), 0);
	return dmaring_recorder_open(stream, "r", &options, &recorder);
}

#define BEGIN(...) begin((struct dmaring_recorder_options){ __VA_ARGS__ })

static struct dmaring_recorder_state state(void)
{
	struct dmaring_recorder_state now = { .size = sizeof(now) };

	REQUIRE_EQ(dmaring_recorder_get_state(recorder, &now), 0);
	return now;
}

/* Until so many frames are written. */
static void record(uint64_t frames)
{
	for (int i = 0; state().written < frames; i++) {
		REQUIRE_EQ(dmaring_recorder_step(recorder, 100), 0);
		REQUIRE(i < STEPS_MAX);
	}
}

static void end(void)
{
	CHECK_EQ(dmaring_recorder_close(recorder), 0);
	dmaring_close(stream);
}

static void record_all(struct dmaring_recorder_options options)
{
	fake_offer(100);
	REQUIRE_EQ(begin(options), 0);
	record(FRAMES);
	end();
}

#define RECORD_ALL(...) record_all((struct dmaring_recorder_options){ __VA_ARGS__ })

static struct dmaring_verdict verify(int mend)
{
	struct dmaring_verdict verdict = { .size = sizeof(verdict) };

	REQUIRE_EQ(dmaring_recording_verify("r", mend, &verdict), 0);
	return verdict;
}

/* Nothing is wrong with it. */
static void check_good(uint64_t frames, uint32_t files)
{
	struct dmaring_verdict is = verify(0);

	CHECK_EQ(is.frames, frames);
	CHECK_EQ(is.files, files);
	CHECK_EQ(is.absent + is.corrupt + is.torn + is.spare + is.unended, 0);
}

static void check_frames(uint64_t first, uint64_t count)
{
	struct dmaring_recording *recording;

	REQUIRE_EQ(dmaring_recording_open("r", &recording), 0);
	CHECK_EQ(dmaring_recording_frames(recording), count);
	for (uint64_t i = 0; i < count; i++) {
		const struct dmaring_record *is = dmaring_recording_record(recording, i);
		const uint8_t *data = dmaring_recording_data(recording, i);

		REQUIRE(is && data);
		CHECK_EQ(is->frame.sequence, first + i);
		CHECK_EQ(is->frame.timestamp_ns, 1000 * (first + i));
		CHECK_EQ(is->frame.bytes_used, 128);
		CHECK_EQ(is->frame.cookie, 0);
		for (int k = 0; k < 128; k++)
			if (!CHECK_EQ(data[k], (uint8_t)(first + i)))
				break;
	}
	CHECK(!dmaring_recording_record(recording, count));
	CHECK(!dmaring_recording_data(recording, count));
	dmaring_recording_close(recording);
}

static long size_of(const char *path)
{
	FILE *file = fopen(path, "r");
	long bytes;

	REQUIRE(file);
	fseek(file, 0, SEEK_END);
	bytes = ftell(file);
	fclose(file);
	return bytes;
}

static int has(const char *path, const char *text)
{
	static char all[65536];
	FILE *file = fopen(path, "r");
	size_t bytes;

	REQUIRE(file);
	bytes = fread(all, 1, sizeof(all) - 1, file);
	fclose(file);
	all[bytes] = '\0';
	return !!strstr(all, text);
}

/* Bit by bit, as RFC 3720 has it. */
static uint32_t crc32c(const uint8_t *data, size_t bytes)
{
	uint32_t crc = ~0U;

	while (bytes--) {
		crc ^= *data++;
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78 : 0);
	}
	return ~crc;
}

static void poke(const char *path, long at, char byte)
{
	FILE *file = fopen(path, "r+");

	REQUIRE(file);
	REQUIRE(!fseek(file, at, SEEK_SET));
	REQUIRE_EQ(fputc(byte, file), (unsigned char)byte);
	fclose(file);
}

/* --------------------------------------------------------------------- the files */

TEST(frames_lie_one_after_the_other)
{
	RECORD_ALL();
	CHECK_EQ(size_of("r/frames-000.npy"), 4096 + FRAMES * STRIDE);
	CHECK_EQ(size_of("r/frames-000.idx"), HEADER + FRAMES * 128);
	check_good(FRAMES, 1);
	check_frames(100, FRAMES);
	CHECK_EQ(fake.release_count, FRAMES);
	CHECK(has("r/meta.json", "\"complete\": true"));
	CHECK(has("r/meta.json", "\"frames\": 10,"));
	CHECK(has("r/meta.json", "\"card\": \"fake card\","));
}

/* A name that somebody gave the card, in another encoding or not in any */
TEST(texts_that_are_no_utf8)
{
	static const struct { const char *card, *words; } texts[] = {
		{ "M\xc3\xa4rz \xe2\x82\xac \xf0\x9f\x98\x80", "'M\\xe4rz \\u20ac \\U0001f600'" },
		{ "M\xe4rz", "'M\\ufffdrz'" },
		{ "a\xc3", "'a\\ufffd'" },
		{ "\xc0\xaf\xed\xa0\x80", "5 * '\\ufffd'" },
		{ "\xf4\x90\x80\x80", "4 * '\\ufffd'" },
	};
	char command[128];

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		strcpy(fake.info.card, texts[i].card);
		RECORD_ALL();
		snprintf(command, sizeof(command),
			 "/usr/bin/python3 -c \"import json; assert json.load(open('r/meta.json', 'rb'))['card'] == %s\"",
			 texts[i].words);
		CHECK(!system(command));
		REQUIRE(!system("rm -r r"));
	}
}

/* A recording of somebody else may have a link in the place of a file. */
TEST(nothing_is_written_through_a_link)
{
	struct dmaring_verdict is = { .size = sizeof(is) };

	RECORD_ALL();
	REQUIRE(!system("echo theirs >theirs && ln -sf ../theirs r/frames-000.npy"));
	REQUIRE(!truncate("r/frames-000.idx", HEADER));
	CHECK_EQ(dmaring_recording_verify("r", 1, &is), -ELOOP);
	CHECK(strstr(dmaring_record_error(), "r: frames-000.npy: cannot mend it"));
	CHECK_EQ(size_of("theirs"), 7);
	REQUIRE(!system("rm -r r; mkdir r; ln -s ../theirs r/meta.json.part"));
	fake_offer(100);
	CHECK_EQ(BEGIN(.flags = DMARING_RECORDER_APPEND), -ELOOP);
	CHECK_EQ(size_of("theirs"), 7);
}

TEST(with_several_writes_at_a_time)
{
	/* A frame that was overwritten while it was written would show. */
	fake.on_deliver = NULL;
	fake_offer(100);
	REQUIRE_EQ(BEGIN(.depth = 64), 0);
	record(FRAMES);
	end();
	check_good(FRAMES, 1);
}

/* They are chosen by what the system has: each must do all of it. */
TEST(each_engine)
{
	for (uint32_t engine = DMARING_RECORDER_LIBAIO; engine <= DMARING_RECORDER_IO_URING;
	     engine++) {
		fake_offer(100);
		REQUIRE_EQ(BEGIN(.engine = engine, .depth = 4, .split_frames = 3, .sync_ms = 1), 0);
		CHECK_EQ(state().engine, engine);
		record(FRAMES);
		/* One more, which comes to nothing: a frame is waited for, and then no more. */
		CHECK_EQ(dmaring_recorder_step(recorder, 1), 0);
		end();
		check_good(FRAMES, 4);
		check_frames(100, FRAMES);
		REQUIRE(!system("rm -r r"));
	}
}

TEST(the_other_engine_where_one_is_not)
{
	for (libaio_refuses = 0; libaio_refuses <= 1; libaio_refuses++) {
		fake_offer(100);
		REQUIRE_EQ(BEGIN(.engine = DMARING_RECORDER_AUTO), 0);
		CHECK_EQ(state().engine, libaio_refuses ? DMARING_RECORDER_IO_URING :
							  DMARING_RECORDER_LIBAIO);
		record(FRAMES);
		end();
		check_frames(100, FRAMES);
		REQUIRE(!system("rm -r r"));
	}
	CHECK_EQ(BEGIN(.engine = DMARING_RECORDER_LIBAIO), -EAGAIN);
	CHECK(strstr(dmaring_record_error(), "fs.aio-max-nr"));
}

static void *step_once(void *result)
{
	*(int *)result = dmaring_recorder_step(recorder, 1);
	return NULL;
}

/* A thread that waits for a frame, and goes, does not take the recorder along. */
TEST(threads_that_come_and_go)
{
	const uint64_t one = 1;
	pthread_t thread;
	int result;

	for (uint32_t engine = DMARING_RECORDER_LIBAIO; engine <= DMARING_RECORDER_IO_URING;
	     engine++) {
		fake_offer(100);
		fake.frame_count = 0;
		REQUIRE(dup2(eventfd(0, 0), FAKE_FD) == FAKE_FD);
		REQUIRE_EQ(BEGIN(.engine = engine), 0);
		REQUIRE(!pthread_create(&thread, NULL, step_once, &result));
		REQUIRE(!pthread_join(thread, NULL));
		CHECK_EQ(result, 0);
		CHECK_EQ(dmaring_recorder_step(recorder, 1), 0);
		fake.frame_count = FRAMES;
		REQUIRE_EQ(write(FAKE_FD, &one, sizeof(one)), sizeof(one));
		record(FRAMES);
		end();
		check_frames(100, FRAMES);
		REQUIRE(!system("rm -r r"));
	}
}

TEST(losses_stand_in_the_index)
{
	struct dmaring_recording *recording;

	fake_offer(100);
	for (uint32_t i = 4; i < FRAMES; i++) {
		fake.frames[i].sequence += 7;
		fake.frames[i].overruns_total = 5;
	}
	REQUIRE_EQ(BEGIN(0), 0);
	record(FRAMES);
	CHECK_EQ(state().overruns, 5);
	CHECK_EQ(state().drops, 2);
	end();
	REQUIRE_EQ(dmaring_recording_open("r", &recording), 0);
	for (uint64_t i = 0; i < FRAMES; i++) {
		CHECK_EQ(dmaring_recording_record(recording, i)->overruns, i == 4 ? 5 : 0);
		CHECK_EQ(dmaring_recording_record(recording, i)->drops, i == 4 ? 2 : 0);
	}
	dmaring_recording_close(recording);
	CHECK_EQ(verify(0).overruns, 5);
	CHECK_EQ(verify(0).drops, 2);
}

TEST(new_files_after_so_many_frames)
{
	RECORD_ALL(.split_frames = 3);
	CHECK_EQ(size_of("r/frames-000.npy"), 4096 + 3 * STRIDE);
	CHECK_EQ(size_of("r/frames-003.npy"), 4096 + STRIDE);
	check_good(FRAMES, 4);
	check_frames(100, FRAMES);
}

/* Also where there is a pair of files without a frame. */
TEST(in_which_file_a_frame_is)
{
	struct dmaring_recording *recording;

	RECORD_ALL(.split_frames = 6);
	REQUIRE_EQ(BEGIN(.flags = DMARING_RECORDER_APPEND), 0);
	end();
	RECORD_ALL(.flags = DMARING_RECORDER_APPEND);
	REQUIRE_EQ(dmaring_recording_open("r", &recording), 0);
	CHECK_EQ(dmaring_recording_find_file(recording, 0), 0);
	CHECK_EQ(dmaring_recording_find_file(recording, 5), 0);
	CHECK_EQ(dmaring_recording_find_file(recording, 6), 1);
	CHECK_EQ(dmaring_recording_find_file(recording, FRAMES), 3);
	CHECK_EQ(dmaring_recording_find_file(recording, 2 * FRAMES), -ENOENT);
	dmaring_recording_close(recording);
}

TEST(new_files_after_so_many_bytes)
{
	/* Just as long, and a byte too short for the third one. */
	RECORD_ALL(.split_bytes = 4096 + 3 * STRIDE - 1);
	CHECK_EQ(size_of("r/frames-000.npy"), 4096 + 2 * STRIDE);
	check_good(FRAMES, 5);
	check_frames(100, FRAMES);
	REQUIRE(!system("rm -r r"));
	RECORD_ALL(.split_bytes = 4096 + 3 * STRIDE);
	check_good(FRAMES, 4);
	REQUIRE(!system("rm -r r"));
	/* A frame must be in it. */
	RECORD_ALL(.split_bytes = 1);
	check_good(FRAMES, FRAMES);
}

TEST(new_files_after_so_long)
{
	uint32_t files;

	fake_offer(100);
	REQUIRE_EQ(BEGIN(.split_ms = 20), 0);
	dmaring_recorder_limit(recorder, 4);
	record(4);
	files = state().files;
	usleep(20000);
	dmaring_recorder_limit(recorder, 0);
	record(FRAMES);
	CHECK(state().files > files);
	end();
	check_good(FRAMES, verify(0).files);
	check_frames(100, FRAMES);
}

TEST(its_end_is_told)
{
	fake_offer(100);
	REQUIRE_EQ(BEGIN(0), 0);
	record(FRAMES);
	CHECK_EQ(state().safe, 0);
	CHECK_EQ(dmaring_recorder_finish(recorder), 0);
	CHECK_EQ(state().safe, FRAMES);
	CHECK_EQ(fake.release_count, FRAMES);
	check_frames(100, FRAMES);
	CHECK_EQ(dmaring_recorder_step(recorder, 0), -EBADFD);
	CHECK_EQ(dmaring_recorder_finish(recorder), 0);
	end();
}

TEST(a_recording_goes_on_in_new_files)
{
	RECORD_ALL();
	fake_offer(100 + FRAMES);
	REQUIRE_EQ(BEGIN(.flags = DMARING_RECORDER_APPEND), 0);
	record(FRAMES);
	end();
	check_good(2 * FRAMES, 2);
	check_frames(100, 2 * FRAMES);
}

TEST(no_more_than_were_wanted)
{
	fake_offer(100);
	REQUIRE_EQ(BEGIN(.depth = 4), 0);
	dmaring_recorder_limit(recorder, 3);
	record(3);
	CHECK_EQ(dmaring_recorder_step(recorder, 0), 0);
	CHECK_EQ(state().taken, 3);
	end();
	check_good(3, 1);
}

TEST(without_direct_io_from_buffers_they_are_copied)
{
	fake.info.caps &= ~(uint64_t)DMARING_CAP_DIRECT_IO;
	fake_offer(100);
	REQUIRE_EQ(BEGIN(.depth = 4), 0);
	CHECK_EQ(state().staged, state().direct);
	record(FRAMES);
	end();
	check_good(FRAMES, 1);
	check_frames(100, FRAMES);
}

TEST(through_the_cache_nothing_is_copied_first)
{
	fake.info.caps &= ~(uint64_t)DMARING_CAP_DIRECT_IO;
	fake_offer(100);
	REQUIRE_EQ(BEGIN(.flags = DMARING_RECORDER_BUFFERED), 0);
	CHECK_EQ(state().staged, 0);
	CHECK_EQ(state().direct, 0);
	record(FRAMES);
	end();
	check_frames(100, FRAMES);
}

TEST(what_numpy_is_told)
{
	static const struct { struct dmaring_format format; const char *descr; } formats[] = {
		{ { .width = 4, .height = 3, .pixelformat = DMARING_PIXELFORMAT_GREY,
		    .bytes_per_line = 4, .frame_bytes = 12, .channels = 1 },
		  "[('frame', '|u1', (3,4,)), ('', '|V4084')]" },
		{ { .width = 4, .height = 3, .pixelformat = DMARING_PIXELFORMAT_GREY,
		    .bytes_per_line = 6, .frame_bytes = 18, .channels = 1 },
		  "[('frame', [('line', '|u1', (4,)), ('', '|V2')], (3,)), ('', '|V4078')]" },
		{ { .width = 32, .height = 64, .pixelformat = DMARING_FOURCC('Y', '1', '6', ' '),
		    .bytes_per_line = 64, .frame_bytes = 4096, .channels = 1 },
		  "[('frame', '<u2', (64,32,))]" },
		{ { .frame_bytes = 5000 }, "[('frame', '|u1', (5000,)), ('', '|V3192')]" },
	};
	char header[DMARING_RECORD_ALIGN], expected[256];
	FILE *file;

	for (size_t i = 0; i < sizeof(formats) / sizeof(*formats); i++) {
		fake.info.format = formats[i].format;
		REQUIRE_EQ(BEGIN(0), 0);
		end();
		file = fopen("r/frames-000.npy", "r");
		REQUIRE(file && fread(header, sizeof(header), 1, file) == 1);
		fclose(file);
		snprintf(expected, sizeof(expected),
			 "{'descr': %s, 'fortran_order': False, 'shape': (0,), } ",
			 formats[i].descr);
		if (!CHECK(!strncmp(header + 10, expected, strlen(expected))))
			printf("# %.120s\n", header + 10);
		CHECK(!memcmp(header, "\x93NUMPY\x01\x00\xf6\x0f", 10));
		CHECK_EQ(header[4095], '\n');
		REQUIRE(!system("rm -r r"));
	}
}

/* What others do with a recording, in their words; all of it is true. */
static void python_says(const char *words)
{
	FILE *script = fopen("check.py", "w");

	REQUIRE(script);
	fputs("import json, numpy, zlib\n", script);
	fputs("f = numpy.load('r/frames-000.npy', mmap_mode='r')['frame']\n", script);
	fputs("record = {'names': ['sequence', 'crc'], 'offsets': [8, 120],\n", script);
	fputs("          'formats': ['<u8', '<u4'], 'itemsize': 128}\n", script);
	fputs("i = numpy.fromfile('r/frames-000.idx', numpy.dtype(record), offset=128)\n", script);
	fputs("m = json.load(open('r/meta.json'))\n", script);
	fprintf(script, "assert %s\n", words);
	fclose(script);
	if (!CHECK(!system("/usr/bin/python3 check.py")))
		printf("# %s\n", words);
}

TEST(numpy_and_json_read_it)
{
	static const struct { struct dmaring_format format; const char *words; } formats[] = {
		{ { .width = 16, .height = 8, .pixelformat = DMARING_PIXELFORMAT_GREY,
		    .bytes_per_line = 16, .frame_bytes = 128, .channels = 1 },
		  "f.shape == (10, 8, 16) and f.dtype == 'u1' and (f[3] == 103).all()" },
		{ { .width = 16, .height = 4, .pixelformat = DMARING_PIXELFORMAT_GREY,
		    .bytes_per_line = 32, .frame_bytes = 128, .channels = 1 },
		  "f['line'].shape == (10, 4, 16) and (f['line'][9] == 109).all()" },
		{ { .width = 8, .height = 8, .pixelformat = DMARING_FOURCC('Y', '1', '6', ' '),
		    .bytes_per_line = 16, .frame_bytes = 128, .channels = 1 },
		  "f.shape == (10, 8, 8) and f.dtype == '<u2' and (f[1] == 101 * 257).all()" },
		{ { .width = 32, .height = 1, .pixelformat = DMARING_FOURCC('C', 'S', '1', '6'),
		    .bytes_per_line = 128, .frame_bytes = 128, .channels = 1 },
		  "f.shape[0] == 10 and f.dtype.itemsize == 4 and f[0].size == 32" },
		{ { .frame_bytes = 128 }, "f.shape == (10, 128) and m['complete']" },
	};

	if (system("/usr/bin/python3 -c 'import numpy' 2>/dev/null"))
		SKIP("no python3-numpy here");
	for (size_t i = 0; i < sizeof(formats) / sizeof(*formats); i++) {
		fake.info.format = formats[i].format;
		RECORD_ALL(.flags = DMARING_RECORDER_CRC32);
		python_says(formats[i].words);
		python_says("(i['sequence'] == numpy.arange(100, 110)).all()");
		python_says("i['crc'][2] == zlib.crc32(bytes([102] * 128))");
		python_says("m['frames'] == 10 and m['rate'] == [0, 0]");
		REQUIRE(!system("rm -r r"));
	}
}

/* ------------------------------------------------------------------------ refused */

/* As when the end came first, or no trigger. */
TEST(numpy_maps_a_recording_without_frames)
{
	if (system("/usr/bin/python3 -c 'import numpy' 2>/dev/null"))
		SKIP("Python has no numpy here");
	REQUIRE_EQ(BEGIN(0), 0);
	end();
	check_good(0, 1);
	CHECK(!system("/usr/bin/python3 -c '\n"
		      "import numpy\n"
		      "a = numpy.load(\"r/frames-000.npy\", mmap_mode=\"r\")[\"frame\"]\n"
		      "assert a.shape == (0, 8, 16)'"));
	CHECK_EQ(verify(1).mended, 0);
	fake_offer(100);
	REQUIRE_EQ(BEGIN(.flags = DMARING_RECORDER_APPEND), 0);
	record(FRAMES);
	end();
	check_good(FRAMES, 2);
	check_frames(100, FRAMES);
}

TEST(what_is_in_a_directory_is_not_overwritten)
{
	RECORD_ALL();
	CHECK_EQ(BEGIN(0), -EEXIST);
	CHECK(strstr(dmaring_record_error(), "r: something is in it already"));
	CHECK(!recorder);
	check_good(FRAMES, 1);
}

TEST(frames_of_another_format_do_not_follow)
{
	RECORD_ALL();
	fake.info.format.height = 4;
	fake.info.format.frame_bytes = 64;
	CHECK_EQ(BEGIN(.flags = DMARING_RECORDER_APPEND), -EPROTO);
	/* As long, but of another shape. */
	fake.info.format.height = 16;
	fake.info.format.width = 8;
	fake.info.format.bytes_per_line = 8;
	fake.info.format.frame_bytes = 128;
	CHECK_EQ(BEGIN(.flags = DMARING_RECORDER_APPEND), -EPROTO);
	CHECK(strstr(dmaring_record_error(), "of another format"));
}

TEST(only_one_records_into_it)
{
	struct dmaring_verdict verdict = { .size = sizeof(verdict) };
	struct dmaring_recorder *first;

	REQUIRE_EQ(BEGIN(0), 0);
	first = recorder;
	CHECK_EQ(BEGIN(.flags = DMARING_RECORDER_APPEND), -EBUSY);
	CHECK_EQ(dmaring_recording_verify("r", 1, &verdict), -EBUSY);
	CHECK_EQ(dmaring_recorder_close(first), 0);
}

TEST(options_that_cannot_be)
{
	struct dmaring_recorder_options small = { .size = sizeof(small) - 8 };
	struct dmaring_verdict verdict = { .size = 4 };

	CHECK_EQ(BEGIN(.depth = 257), -EINVAL);
	CHECK_EQ(BEGIN(.flags = 1U << 31), -EINVAL);
	CHECK_EQ(dmaring_recorder_open(stream, "r", &small, &recorder), -EINVAL);
	fake.info.direction = DMARING_PLAYBACK;
	CHECK_EQ(dmaring_recorder_open(stream, "r", NULL, &recorder), -EOPNOTSUPP);
	fake.info.direction = DMARING_CAPTURE;
	CHECK_EQ(dmaring_recorder_open(stream, "a/b", NULL, &recorder), -ENOENT);
	CHECK_EQ(dmaring_recording_verify("r", 0, &verdict), -EINVAL);
	verdict.size = sizeof(verdict);
	CHECK_EQ(dmaring_recording_verify("nowhere", 0, &verdict), -ENOENT);
	REQUIRE(!mkdir("r", 0700));
	CHECK_EQ(dmaring_recording_verify("r", 0, &verdict), -EPROTO);
	CHECK_EQ(dmaring_recorder_close(NULL), 0);
}

/* ------------------------------------------------------------------ ends in the middle */

/* A process that records and is gone in a moment. */
static void die_after(uint64_t frames, uint32_t sync_ms)
{
	pid_t pid = fork();
	int status;

	REQUIRE(pid >= 0);
	if (!pid) {
		fake_offer(100);
		REQUIRE_EQ(BEGIN(.sync_ms = sync_ms), 0);
		record(frames);
		while (sync_ms != SLOW_MS && state().safe < frames)
			dmaring_recorder_step(recorder, 1);
		_exit(0);
	}
	REQUIRE_EQ(waitpid(pid, &status, 0), pid);
	REQUIRE_EQ(status, 0);
}

TEST(what_was_not_safe_is_not_in_the_index)
{
	struct dmaring_verdict is;

	die_after(FRAMES, SLOW_MS);
	is = verify(0);
	CHECK_EQ(is.frames, 0);
	CHECK(is.spare >= FRAMES * STRIDE);
	CHECK_EQ(is.unended, 0);	/* it says 0, and so it is */
	CHECK(has("r/meta.json", "\"complete\": false"));
	CHECK_EQ(verify(1).mended, 1);
	check_good(0, 1);
}

TEST(what_was_safe_is_there_and_is_mended)
{
	struct dmaring_verdict is;

	die_after(FRAMES, 1);
	check_frames(100, FRAMES);
	is = verify(0);
	CHECK_EQ(is.frames, FRAMES);
	CHECK_EQ(is.unended, 1);
	CHECK(is.spare > 0);
	CHECK_EQ(is.mended, 0);
	CHECK_EQ(verify(1).mended, 1);
	check_good(FRAMES, 1);
	CHECK_EQ(size_of("r/frames-000.npy"), 4096 + FRAMES * STRIDE);
	fake_offer(100 + FRAMES);
	REQUIRE_EQ(BEGIN(.flags = DMARING_RECORDER_APPEND), 0);
	record(FRAMES);
	end();
	check_frames(100, 2 * FRAMES);
}

TEST(a_record_that_is_not_whole_ends_the_index)
{
	RECORD_ALL();
	REQUIRE(!truncate("r/frames-000.idx", HEADER + 7 * 128 + 100));
	CHECK_EQ(verify(0).frames, 7);
	CHECK_EQ(verify(0).torn, 100);
	CHECK_EQ(verify(1).mended, 1);
	check_good(7, 1);
	poke("r/frames-000.idx", HEADER + 6 * 128 + 30, 'x');
	CHECK_EQ(verify(0).frames, 6);
	CHECK_EQ(verify(1).mended, 1);
	check_good(6, 1);
	check_frames(100, 6);
}

/* Whatever has happened to it, no crash: what is behind it must not be cut. */
TEST(a_record_in_the_middle_that_is_damaged)
{
	struct dmaring_verdict verdict = { .size = sizeof(verdict) };

	RECORD_ALL();
	poke("r/frames-000.idx", HEADER + 5 * 128 + 30, 'x');
	CHECK_EQ(verify(0).frames, 5);
	CHECK_EQ(verify(0).damaged, 1);
	CHECK_EQ(verify(0).torn + verify(0).spare, 0);
	CHECK_EQ(dmaring_recording_verify("r", 1, &verdict), -EPROTO);
	CHECK(strstr(dmaring_record_error(), "record 5 is damaged, and 4 behind it are whole"));
	CHECK_EQ(size_of("r/frames-000.npy"), 4096 + FRAMES * STRIDE);
}

/* The power fails when the next pair of files is begun. */
TEST(a_pair_without_a_header)
{
	RECORD_ALL(.split_frames = 5);
	REQUIRE(!system("rm r/frames-001.npy && : > r/frames-001.idx && : > r/frames-001.npy"));
	check_frames(100, 5);
	CHECK_EQ(verify(0).unended, 1);
	CHECK_EQ(verify(1).mended, 1);
	check_good(5, 1);
	REQUIRE(!system(": > r/frames-001.npy"));	/* one that has no index at all */
	fake_offer(105);
	REQUIRE_EQ(BEGIN(.flags = DMARING_RECORDER_APPEND), 0);
	record(FRAMES);
	end();
	check_frames(100, 5 + FRAMES);
}

/* The same, a moment later. */
TEST(a_pair_of_which_only_the_index_has_a_header)
{
	static const char *const left[] = { "0", "4096", "12288" };

	for (size_t i = 0; i < sizeof(left) / sizeof(*left); i++) {
		char command[100];

		snprintf(command, sizeof(command),
			 "cd r && truncate -s 128 *1.idx && : > frames-001.npy && truncate -s %s *1.npy",
			 left[i]);
		RECORD_ALL(.split_frames = 5);
		REQUIRE(!system(command));
		check_frames(100, 5);
		CHECK_EQ(verify(0).unended, 1);
		CHECK_EQ(verify(1).mended, 1);
		check_good(5, 2);
		REQUIRE(!system("rm -r r"));
	}
}

/* Its frames are there: nobody may take the pair for one that had just begun. */
TEST(an_index_that_is_gone_from_the_last_pair)
{
	struct dmaring_verdict is = { .size = sizeof(is) };
	struct dmaring_recording *recording;

	RECORD_ALL(.split_frames = 5);
	REQUIRE(!truncate("r/frames-001.idx", 0));
	CHECK_EQ(dmaring_recording_open("r", &recording), -EPROTO);
	CHECK_EQ(dmaring_recording_verify("r", 1, &is), -EPROTO);
	CHECK_EQ(size_of("r/frames-001.npy"), 4096 + 5 * STRIDE);
	REQUIRE(!unlink("r/frames-001.idx") && !symlink("frames-001.idx", "r/frames-001.idx"));
	CHECK(dmaring_recording_verify("r", 1, &is) < 0 || is.files == 1);
	CHECK_EQ(size_of("r/frames-001.npy"), 4096 + 5 * STRIDE);
}

TEST(a_file_of_frames_whose_index_is_gone)
{
	RECORD_ALL();
	REQUIRE(!unlink("r/frames-000.idx"));
	CHECK_EQ(BEGIN(.flags = DMARING_RECORDER_APPEND), -EEXIST);
	CHECK(strstr(dmaring_record_error(), "it has frames, but its index is gone"));
	dmaring_close(stream);
	CHECK_EQ(size_of("r/frames-000.npy"), 4096 + FRAMES * STRIDE);
}

/* As nobody records it: whoever reads frames knows one length of them. */
TEST(a_pair_of_another_format)
{
	struct dmaring_record_header header;
	struct dmaring_recording *recording;
	FILE *file;

	RECORD_ALL(.split_frames = 5);
	file = fopen("r/frames-001.idx", "r+");
	REQUIRE(file && fread(&header, sizeof(header), 1, file) == 1);
	header.format.frame_bytes *= 2;
	header.format.bytes_per_line *= 2;
	header.crc32 = crc32(0, (void *)&header, offsetof(struct dmaring_record_header, crc32));
	rewind(file);
	REQUIRE(fwrite(&header, sizeof(header), 1, file) == 1 && !fclose(file));
	CHECK_EQ(dmaring_recording_open("r", &recording), -EPROTO);
	CHECK(strstr(dmaring_record_error(), "frames-001.idx: its frames have another format"));
}

TEST(a_pair_that_is_missing)
{
	RECORD_ALL(.split_frames = 3);
	REQUIRE(!system("rm r/frames-001.idx"));
	CHECK_EQ(BEGIN(.flags = DMARING_RECORDER_APPEND), -EPROTO);
	CHECK(strstr(dmaring_record_error(), "an index is missing"));
}

TEST(a_frame_that_is_not_of_the_format)
{
	fake_offer(100);
	fake.frames[5].bytes_used = 129;
	REQUIRE_EQ(BEGIN(0), 0);
	for (int i = 0; i < STEPS_MAX && !dmaring_recorder_step(recorder, 10); i++)
		;
	CHECK_EQ(dmaring_recorder_close(recorder), -EPROTO);
	CHECK(strstr(dmaring_record_error(), "frame 105 has more bytes"));
	CHECK_EQ(fake.release_count, 6);
	dmaring_close(stream);
	check_good(5, 1);
	fake_offer(100);
	fake.frames[2].format_seq = 1;
	REQUIRE_EQ(BEGIN(.flags = DMARING_RECORDER_APPEND), 0);
	for (int i = 0; i < STEPS_MAX && !dmaring_recorder_step(recorder, 10); i++)
		;
	CHECK_EQ(dmaring_recorder_close(recorder), -EPROTO);
	CHECK(strstr(dmaring_record_error(), "frame 102 has another format"));
	check_good(7, 2);
}

TEST(a_frame_that_is_not_as_it_was)
{
	struct dmaring_recording *recording;

	RECORD_ALL(.flags = DMARING_RECORDER_CRC32);
	check_good(FRAMES, 1);
	CHECK_EQ(verify(0).checked, FRAMES);
	poke("r/frames-000.npy", 4096 + 3 * STRIDE + 127, 'x');
	poke("r/frames-000.npy", 4096 + 3 * STRIDE + 128, 'x');	/* of no frame */
	CHECK_EQ(verify(0).corrupt, 1);
	REQUIRE(!truncate("r/frames-000.npy", 4096 + 9 * STRIDE));
	CHECK_EQ(verify(0).absent, 1);
	REQUIRE_EQ(dmaring_recording_open("r", &recording), 0);
	CHECK(dmaring_recording_data(recording, 8));
	CHECK(!dmaring_recording_data(recording, 9));
	dmaring_recording_close(recording);
}

TEST(checksums_of_another_kind)
{
	struct dmaring_recording *recording;

	fake_offer(100);
	REQUIRE_EQ(BEGIN(.flags = DMARING_RECORDER_CRC32C), 0);
	record(FRAMES);
	end();
	CHECK_EQ(verify(0).checked, FRAMES);
	CHECK_EQ(verify(0).corrupt, 0);
	REQUIRE_EQ(dmaring_recording_open("r", &recording), 0);
	CHECK_EQ(dmaring_recording_record(recording, 0)->frame_crc,
		 crc32c(dmaring_recording_data(recording, 0), 128));
	dmaring_recording_close(recording);
	poke("r/frames-000.npy", DMARING_RECORD_ALIGN + STRIDE + 5, 1);
	CHECK_EQ(verify(0).corrupt, 1);
	CHECK_EQ(BEGIN(.flags = DMARING_RECORDER_CRC32C | DMARING_RECORDER_CRC32 |
				DMARING_RECORDER_APPEND), -EINVAL);
	dmaring_close(stream);
}

/* Frames before the cut stay; no zeros take the place of those behind it. */
TEST(a_file_that_somebody_shortens)
{
	struct dmaring_verdict is;

	REQUIRE_EQ(BEGIN(.flags = DMARING_RECORDER_CRC32), 0);
	record(6);
	REQUIRE(!truncate("r/frames-000.npy", 4096 + 2 * STRIDE));
	CHECK_EQ(dmaring_recorder_close(recorder), -EIO);
	CHECK(strstr(dmaring_record_error(), "somebody has shortened it meanwhile"));
	dmaring_close(stream);
	CHECK_EQ(size_of("r/frames-000.npy"), 4096 + 2 * STRIDE);
	CHECK_EQ(verify(0).frames, 0);
	REQUIRE(!system("rm -r r"));
	fake_offer(100);
	REQUIRE_EQ(BEGIN(.sync_ms = 1), 0);
	for (int i = 0; state().safe < 6; i++) {
		REQUIRE_EQ(dmaring_recorder_step(recorder, 100), 0);
		REQUIRE(i < STEPS_MAX);
	}
	REQUIRE(!truncate("r/frames-000.npy", 4096 + 2 * STRIDE));
	CHECK_EQ(dmaring_recorder_close(recorder), -EIO);
	dmaring_close(stream);
	is = verify(0);
	CHECK(is.frames >= 6);
	CHECK_EQ(is.absent, is.frames - 2);
}

TEST(an_index_that_somebody_shortens)
{
	fake_offer(100);
	REQUIRE_EQ(BEGIN(.sync_ms = 1), 0);
	for (int i = 0; state().safe < 6; i++) {
		REQUIRE_EQ(dmaring_recorder_step(recorder, 100), 0);
		REQUIRE(i < STEPS_MAX);
	}
	REQUIRE(!truncate("r/frames-000.idx", HEADER + 2 * HEADER));
	CHECK_EQ(dmaring_recorder_close(recorder), -EIO);
	CHECK(strstr(dmaring_record_error(), "frames-000.idx: somebody has shortened it"));
	dmaring_close(stream);
	CHECK(has("r/meta.json", "\"error\": \"frames-000.idx"));
	CHECK_EQ(verify(0).frames, 2);
	CHECK_EQ(verify(0).damaged, 0);
}

TEST(an_index_that_is_none)
{
	struct dmaring_recording *recording;

	RECORD_ALL();
	poke("r/frames-000.idx", 20, 'x');
	CHECK_EQ(dmaring_recording_open("r", &recording), -EPROTO);
	CHECK(strstr(dmaring_record_error(), "frames-000.idx: its header is damaged"));
	REQUIRE(!truncate("r/frames-000.idx", 10));
	CHECK_EQ(dmaring_recording_open("r", &recording), -EPROTO);
	CHECK(strstr(dmaring_record_error(), "too short"));
	/* A pipe that nobody writes */
	REQUIRE(!unlink("r/frames-000.idx") && !mkfifo("r/frames-000.idx", 0644));
	alarm(10);
	CHECK_EQ(dmaring_recording_open("r", &recording), -EPROTO);
	fake_offer(100);
	CHECK_EQ(BEGIN(.flags = DMARING_RECORDER_APPEND), -EPROTO);
}

/* As a disk that is full. */
TEST(without_room_what_is_there_stays)
{
	struct rlimit limit = { 4096 + 4 * STRIDE, 4096 + 4 * STRIDE };
	int err = 0;

	signal(SIGXFSZ, SIG_IGN);
	fake_offer(100);
	REQUIRE_EQ(BEGIN(0), 0);
	REQUIRE(!setrlimit(RLIMIT_FSIZE, &limit));
	for (int i = 0; !err && i < STEPS_MAX; i++)
		err = dmaring_recorder_step(recorder, 10);
	CHECK_EQ(err, -EFBIG);
	CHECK(strstr(dmaring_record_error(), "frames-000.npy"));
	CHECK_EQ(dmaring_recorder_step(recorder, 10), -EFBIG);
	CHECK_EQ(dmaring_recorder_close(recorder), -EFBIG);
	CHECK_EQ(fake.release_count, 4);
	dmaring_close(stream);
	check_good(4, 1);
	check_frames(100, 4);
	CHECK(has("r/meta.json", "\"error\": \"frames-000.npy"));
}

TEST(a_stream_that_fails_ends_it_well)
{
	int err = 0;

	fake_offer(100);
	REQUIRE_EQ(BEGIN(0), 0);
	record(FRAMES);
	fake.when_empty = ENODEV;
	for (int i = 0; !err && i < STEPS_MAX; i++)
		err = dmaring_recorder_step(recorder, 10);
	CHECK_EQ(err, -ENODEV);
	CHECK_EQ(dmaring_recorder_close(recorder), -ENODEV);
	check_good(FRAMES, 1);
	CHECK(has("r/meta.json", "\"complete\": false"));
	CHECK(has("r/meta.json", "\"error\": \"/dev/dmaring7: "));
}

int main(void)
{
	return tap_run(fake_frames_prepare, scratch_remove);
}
