// SPDX-License-Identifier: MIT
/* What "dmaring record" and "dmaring verify" say, and how they end. */
#include "fake_frames.h"

#include <sys/resource.h>
#include "commands.h"
#include "lib/clock.h"
#include "output.h"

#define RECORD "record --writes 1 -n 10 "

TEST(a_recording_and_its_verdict)
{
	CHECK_EQ(output_of(RECORD "r " FAKE_DEVICE), EXIT_OK);
	output_has(output.out, "r: 10 frames recorded, 40 KiB written in ");
	output_has(output.out, ", 0 lost by the card, 0 dropped\n");
	CHECK_EQ(output_of("verify r"), EXIT_OK);
	output_has(output.out, "r: 10 frames in 1 files, 0 lost by the card, 0 dropped\n");
	CHECK_EQ(output_lines(output.out), 1);
}

TEST(both_for_programs)
{
	CHECK_EQ(output_of(RECORD "--json --crc --engine libaio --split 4 r " FAKE_DEVICE),
		 EXIT_OK);
	output_has(output.out, "{\"device\": \"" FAKE_DEVICE "\", \"recording\": \"r\", \"frames\": 10, ");
	output_has(output.out, "\"bytes\": 40960, \"overruns\": 0, \"drops\": 0, \"files\": 3, ");
	output_has(output.out, "\"engine\": \"libaio\", ");
	CHECK_EQ(output_of("verify --json r"), EXIT_OK);
	output_has(output.out, "\"files\": 3, \"frames\": 10, \"checked\": 10, \"corrupt\": 0, ");
}

TEST(what_is_not_asked_for_is_refused)
{
	CHECK_EQ(output_of("record"), EXIT_USAGE);
	output_has(output.err, "'dmaring record DIR [DEVICE]'");
	CHECK_EQ(output_of("verify"), EXIT_USAGE);
	CHECK_EQ(output_of("record --engine spdk r " FAKE_DEVICE), EXIT_USAGE);
	CHECK_EQ(output_of("record --writes 257 r " FAKE_DEVICE), EXIT_USAGE);
	CHECK_EQ(output_of("record --split 0 r " FAKE_DEVICE), EXIT_USAGE);
	CHECK_EQ(output_of("record --crc --crc32c r " FAKE_DEVICE), EXIT_USAGE);
	output_has(output.err, "--crc and --crc32c exclude each other");
	CHECK(access("r", F_OK));
	CHECK_EQ(output_of("receive --crc --crc32c --record r inproc://none"), EXIT_USAGE);
	CHECK_EQ(output_of("verify nowhere"), EXIT_ERROR);
	output_has(output.err, "nowhere: cannot open the recording: No such file or directory");
	REQUIRE(!mkdir("empty", 0755));
	CHECK_EQ(output_of("verify empty"), EXIT_ERROR);
	output_has(output.err, "empty: there is no frames-000.idx: this is no recording");
}

TEST(what_is_there_stays)
{
	CHECK_EQ(output_of(RECORD "r " FAKE_DEVICE), EXIT_OK);
	fake.delivered = 0;
	CHECK_EQ(output_of(RECORD "r " FAKE_DEVICE), EXIT_ERROR);
	output_has(output.err, "r: something is in it already");
	CHECK_EQ(output_of(RECORD "--append r " FAKE_DEVICE), EXIT_OK);
	CHECK_EQ(output_of("verify r"), EXIT_OK);
	output_has(output.out, "r: 20 frames in 2 files");
}

TEST(losses)
{
	for (uint32_t i = 5; i < FRAMES; i++) {
		fake.frames[i].sequence += 3;
		fake.frames[i].overruns_total = 2;
	}
	CHECK_EQ(output_of(RECORD "--strict r " FAKE_DEVICE), EXIT_FRAMES);
	output_has(output.out, ", 2 lost by the card, 1 dropped\n");
	CHECK_EQ(output_of("verify r"), EXIT_OK);
	output_has(output.out, ", 2 lost by the card, 1 dropped\n");
}

TEST(a_way_that_costs_is_told)
{
	fake.info.caps &= ~(uint64_t)DMARING_CAP_DIRECT_IO;
	CHECK_EQ(output_of(RECORD "r " FAKE_DEVICE), EXIT_OK);
	/* Without direct I/O there is something else to be said of the file system. */
	CHECK(strstr(output.err, "memory=pages") || strstr(output.err, "no direct I/O"));
	fake.delivered = 0;
	CHECK_EQ(output_of(RECORD "-q s " FAKE_DEVICE), EXIT_OK);
	CHECK(!*output.err && !*output.out);
}

TEST(whichever_end_comes_first)
{
	CHECK_EQ(output_of("record --writes 1 --size 12K r " FAKE_DEVICE), EXIT_OK);
	output_has(output.out, "r: 3 frames recorded, 12 KiB");
	fake_offer(0);
	CHECK_EQ(output_of(RECORD "--split-size 16K --split-time 1000 s " FAKE_DEVICE), EXIT_OK);
	CHECK_EQ(output_of("verify s"), EXIT_OK);
	output_has(output.out, "s: 10 frames in 4 files");
	fake_offer(0);
	CHECK_EQ(output_of(RECORD "--keep-free 16000T f " FAKE_DEVICE), EXIT_OK);
	output_has(output.out, "f: 0 frames recorded");
	CHECK_EQ(output_of(RECORD "--size 3X r " FAKE_DEVICE), EXIT_USAGE);
	output_has(output.err, "'3X': this is no number of bytes");
}

/* While a frame is copied: what was recorded before it stays, and it goes back. */
TEST(the_card_goes_in_the_middle_of_a_frame)
{
	fake.info.caps &= ~(uint64_t)DMARING_CAP_DIRECT_IO;
	fake.on_deliver = NULL;
	fake.gone = true;
	CHECK_EQ(output_of(RECORD "--crc r " FAKE_DEVICE), EXIT_ERROR);
	output_has(output.err, FAKE_DEVICE ": the card is gone\n");
	output_has(output.out, "r: 0 frames recorded");
	CHECK_EQ(fake.release_count, 1);
	CHECK_EQ(output_of("verify r"), EXIT_OK);
	CHECK(!system("grep -q 'error.*the card is gone, in the middle' r/meta.json"));
}

TEST(no_frame_comes)
{
	fake.frame_count = 0;
	CHECK_EQ(output_of("record --timeout 0.1 r " FAKE_DEVICE), EXIT_ERROR);
	output_has(output.err, "no frame came for 100.0 ms");
	CHECK_EQ(output_of("verify r"), EXIT_OK);
}

/* Frames from the fifth on come after whatever happens before it. */
static void shoot(const struct dmaring_frame *frame)
{
	fake_fill(frame);
	if (frame->sequence == 3)
		raise(SIGUSR1);
}

TEST(about_a_signal)
{
	for (uint32_t i = 5; i < FRAMES; i++)
		fake.frames[i].timestamp_ns += UINT64_MAX / 2;
	fake.on_deliver = shoot;
	CHECK_EQ(output_of("record --trigger signal --pre 2 --post 3 -n 5 r " FAKE_DEVICE),
		 EXIT_OK);
	output_has(output.out, "r: 5 frames recorded");
	output_has(output.out, "r: 1 triggers, 3 frames skipped between them\n");
	CHECK_EQ(output_of("verify r"), EXIT_OK);
	output_has(output.out, "  triggers     1, and 3 frames between them that nobody wanted\n");
}

TEST(about_lines_of_which_no_more_come)
{
	fake.frames[FRAMES - 1].timestamp_ns += UINT64_MAX / 2;
	REQUIRE(!system("echo now > now") && freopen("now", "r", stdin));
	CHECK_EQ(output_of("record --json --trigger line --pre 1 r " FAKE_DEVICE), EXIT_OK);
	output_has(output.out, "\"frames\": 2, ");
	output_has(output.out, "\"triggers\": 1, \"skipped\": 8, ");
}

TEST(triggers_that_cannot_be)
{
	CHECK_EQ(output_of("record --pre 2 r " FAKE_DEVICE), EXIT_USAGE);
	output_has(output.err, "--trigger says what that is");
	CHECK_EQ(output_of("record --trigger button r " FAKE_DEVICE), EXIT_USAGE);
	output_has(output.err, "--trigger 'button': must be signal, line, file=PATH, ");
	CHECK_EQ(output_of("record --trigger control=Gian r " FAKE_DEVICE), EXIT_ERROR);
	output_has(output.err, "--trigger control=Gian: ");
}

static void fill_disk(const struct dmaring_frame *frame)
{
	struct rlimit limit = { 4096 + 3 * 4096, 4096 + 3 * 4096 };

	fake_fill(frame);
	if (frame->sequence == 1)
		REQUIRE(!setrlimit(RLIMIT_FSIZE, &limit));
}

TEST(the_disk_is_full)
{
	signal(SIGXFSZ, SIG_IGN);
	fake.on_deliver = fill_disk;
	CHECK_EQ(output_of(RECORD "r " FAKE_DEVICE), EXIT_ERROR);
	output_has(output.err, "frames-000.npy: ");
	output_has(output.out, "r: 3 frames recorded");
	CHECK_EQ(output_of("verify r"), EXIT_OK);
}

TEST(a_recording_that_did_not_end)
{
	CHECK_EQ(output_of(RECORD "r " FAKE_DEVICE), EXIT_OK);
	REQUIRE(!truncate("r/frames-000.idx", 128 + 6 * 128 + 5));
	CHECK_EQ(output_of("verify r"), EXIT_FRAMES);
	output_has(output.out, "r: 6 frames in 1 files");
	output_has(output.out, "  torn         5 B at the end of an index are no record\n");
	output_has(output.out, "  spare        16 KiB behind the last frame");
	output_has(output.out, "  not ended    1 files do not say how many frames they have\n");
	output_has(output.err, "'dmaring verify --mend'");
	CHECK_EQ(output_of("verify --mend r"), EXIT_OK);
	output_has(output.out, "  mended       1 files\n");
	CHECK_EQ(output_of("verify r"), EXIT_OK);
	CHECK_EQ(output_lines(output.out), 1);
}

/* ---------------------------------------------------------------------- export */

static int same(const char *one, const char *other)
{
	char command[256];

	snprintf(command, sizeof(command), "cmp -s %s %s", one, other);
	return !system(command);
}

TEST(what_is_exported_is_what_capture_writes)
{
	CHECK_EQ(output_of("capture -q -n 10 -o c.raw " FAKE_DEVICE), EXIT_OK);
	fake.delivered = 0;
	fake.release_count = 0;
	CHECK_EQ(output_of(RECORD "r " FAKE_DEVICE), EXIT_OK);
	CHECK_EQ(output_of("export r -o e.raw"), EXIT_OK);
	output_has(output.out, "e.raw: 10 frames of r\n");
	CHECK(same("c.raw", "e.raw"));
	CHECK(same("c.raw.csv", "e.raw.csv"));
	CHECK_EQ(output_of("export r --format png -o p"), EXIT_OK);
	CHECK(!access("p/frame-00000009.png", F_OK));
	CHECK_EQ(output_of("export r --format y4m -o v.y4m"), EXIT_OK);
}

TEST(some_of_them)
{
	CHECK_EQ(output_of(RECORD "r " FAKE_DEVICE), EXIT_OK);
	CHECK_EQ(output_of("export --first 4 -n 3 r --format pgm -o p"), EXIT_OK);
	output_has(output.out, "p: 3 frames of r\n");
	CHECK(access("p/frame-00000003.pgm", F_OK));
	CHECK(!access("p/frame-00000004.pgm", F_OK));
	CHECK(!access("p/frame-00000006.pgm", F_OK));
	CHECK(access("p/frame-00000007.pgm", F_OK));
	CHECK_EQ(output_of("export --first 0 -n 100 -q r -o all"), EXIT_OK);
	CHECK(!*output.out);
	CHECK_EQ(output_of("export --first 11 r -o none"), EXIT_ERROR);
	output_has(output.err, "r: it has 10 frames, none from 11 on");
}

TEST(frames_that_cannot_be_exported)
{
	fake.frames[3].bytes_used = 100;
	CHECK_EQ(output_of(RECORD "r " FAKE_DEVICE), EXIT_OK);
	CHECK_EQ(output_of("export r --format png -o p"), EXIT_FRAMES);
	output_has(output.out, "p: 9 frames of r, 1 left out\n");
	REQUIRE(!truncate("r/frames-000.npy", 4096 + 9 * 4096));
	CHECK_EQ(output_of("export r -o e.raw"), EXIT_FRAMES);
	output_has(output.err, "r: frame 9 is not in its file");
	CHECK_EQ(output_of("export r"), EXIT_USAGE);
	CHECK_EQ(output_of("export"), EXIT_USAGE);
	CHECK_EQ(output_of("export nowhere -o x"), EXIT_ERROR);
}

TEST(a_replay_takes_the_time_that_it_took)
{
	uint64_t begun_ns;

	for (uint32_t i = 0; i < FRAMES; i++)
		fake.frames[i].timestamp_ns = 5000000000 + 40000000 * i;
	CHECK_EQ(output_of(RECORD "r " FAKE_DEVICE), EXIT_OK);
	CHECK_EQ(output_of("export -q r -o e.raw"), EXIT_OK);
	begun_ns = clock_ns();
	CHECK_EQ(output_of("replay --speed 2 r"), EXIT_OK);
	/* 9 x 40 ms, twice as fast. */
	CHECK(clock_ns() - begun_ns >= 180000000);
	CHECK_EQ(output_lines(output.err), 0);
	CHECK_EQ(output_of("replay --first 9 -n 1 r"), EXIT_OK);
	CHECK_EQ(output.out[0], 9);
	CHECK_EQ(output_of("replay"), EXIT_USAGE);
	CHECK_EQ(output_of("replay --format png r"), EXIT_USAGE);
}

int main(void)
{
	return tap_run(fake_frames_prepare, scratch_remove);
}
