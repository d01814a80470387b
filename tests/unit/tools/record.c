// SPDX-License-Identifier: MIT
/* What "dmaring record" and "dmaring verify" say, and how they end. */
#include "fake_kernel.h"

#include <sys/eventfd.h>
#include <sys/resource.h>
#include "commands.h"
#include "output.h"
#include "scratch.h"

#define FRAMES 10

static void fill(const struct dmaring_frame *frame)
{
	memset(fake.buffers[frame->buffer], (int)frame->sequence, frame->bytes_used);
}

static void prepare(void)
{
	scratch_make();
	REQUIRE(!chdir(scratch));
	fake_reset();
	fake.info.caps |= DMARING_CAP_DIRECT_IO;
	fake.on_deliver = fill;
	REQUIRE(dup2(eventfd(1, 0), FAKE_FD) == FAKE_FD);
	for (uint32_t i = 0; i < FRAMES; i++)
		fake.frames[i] = (struct dmaring_frame){
			.cookie = i + 1, .sequence = i, .timestamp_ns = 1000 * i,
			.buffer = i % FAKE_BUFFERS, .bytes_used = 128,
		};
	fake.frame_count = FRAMES;
}

#define RECORD "record --writes 1 -n 10 "

TEST(a_recording_and_its_verdict)
{
	CHECK_EQ(output_of(RECORD "r " FAKE_DEVICE), EXIT_OK);
	output_has(output.out, "r: 10 frames in the recording, 40 KiB written in ");
	output_has(output.out, ", 0 lost by the card, 0 dropped\n");
	CHECK_EQ(output_of("verify r"), EXIT_OK);
	output_has(output.out, "r: 10 frames in 1 files, 0 lost by the card, 0 dropped\n");
	CHECK_EQ(output_lines(output.out), 1);
}

TEST(both_for_programs)
{
	CHECK_EQ(output_of(RECORD "--json --crc --split 4 r " FAKE_DEVICE), EXIT_OK);
	output_has(output.out, "{\"device\": \"" FAKE_DEVICE "\", \"recording\": \"r\", \"frames\": 10, ");
	output_has(output.out, "\"bytes\": 40960, \"overruns\": 0, \"drops\": 0, \"files\": 3, ");
	CHECK_EQ(output_of("verify --json r"), EXIT_OK);
	output_has(output.out, "\"files\": 3, \"frames\": 10, \"checked\": 10, \"corrupt\": 0, ");
}

TEST(what_is_not_asked_for_is_refused)
{
	CHECK_EQ(output_of("record"), EXIT_USAGE);
	output_has(output.err, "'dmaring record DIR [DEVICE]'");
	CHECK_EQ(output_of("verify"), EXIT_USAGE);
	CHECK_EQ(output_of("record --writes 257 r " FAKE_DEVICE), EXIT_USAGE);
	CHECK_EQ(output_of("record --split 0 r " FAKE_DEVICE), EXIT_USAGE);
	CHECK_EQ(output_of("verify nowhere"), EXIT_ERROR);
	output_has(output.err, "nowhere: cannot open the recording: No such file or directory");
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

TEST(no_frame_comes)
{
	fake.frame_count = 0;
	CHECK_EQ(output_of("record --timeout 0.1 r " FAKE_DEVICE), EXIT_ERROR);
	output_has(output.err, "no frame came for 100.0 ms");
	CHECK_EQ(output_of("verify r"), EXIT_OK);
}

static void fill_disk(const struct dmaring_frame *frame)
{
	struct rlimit limit = { 4096 + 3 * 4096, 4096 + 3 * 4096 };

	fill(frame);
	if (frame->sequence == 1)
		REQUIRE(!setrlimit(RLIMIT_FSIZE, &limit));
}

TEST(the_disk_is_full)
{
	signal(SIGXFSZ, SIG_IGN);
	fake.on_deliver = fill_disk;
	CHECK_EQ(output_of(RECORD "r " FAKE_DEVICE), EXIT_ERROR);
	output_has(output.err, "frames-000.npy: ");
	output_has(output.out, "r: 3 frames in the recording");
	CHECK_EQ(output_of("verify r"), EXIT_OK);
}

TEST(a_recording_that_did_not_end)
{
	CHECK_EQ(output_of(RECORD "r " FAKE_DEVICE), EXIT_OK);
	REQUIRE(!truncate("r/frames-000.idx", 64 + 6 * 128 + 5));
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

int main(void)
{
	return tap_run(prepare, scratch_remove);
}
