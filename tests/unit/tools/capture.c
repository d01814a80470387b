// SPDX-License-Identifier: MIT
/* "dmaring capture" from the command line to the exit code. */
#include "fake_kernel.h"

#include "commands.h"
#include "output.h"
#include "scratch.h"

#include <dmaring/pattern.h>

#define COMMAND "capture " FAKE_DEVICE " %s"
#define FRAMES 5

static uint64_t spoiled = UINT64_MAX;	/* the frame that has a wrong byte */

static void paint_ramp(const struct dmaring_frame *frame)
{
	__u8 *data = fake.buffers[frame->buffer];

	if (fake.gone)
		return;
	dmaring_pattern_fill(data, DMARING_PATTERN_RAMP, fake.info.format.width,
			     frame->sequence, 0, frame->bytes_used);
	if (frame->sequence == spoiled)
		data[77] ^= 1;
}

static void begin(void)
{
	uint64_t sequence;

	scratch_make();
	fake_reset();
	fake.on_deliver = paint_ramp;
	for (sequence = 0; sequence < FRAMES; sequence++)
		fake_push(sequence, 0);
}

static int capture(const char *options)
{
	char line[256];

	snprintf(line, sizeof(line), COMMAND, options);
	return output_of(line);
}

TEST(all_frames_come_and_all_are_released)
{
	unsigned int i;

	CHECK_EQ(capture("-n 5 --verify --json"), EXIT_OK);
	output_has(output.out, "\"frames\": 5,");
	output_has(output.out, "\"bytes\": 640,");
	output_has(output.out, "\"lost\": 0,");
	output_has(output.out, "\"corrupt\": 0,");
	output_has(output.out, "\"complete\": true}");
	CHECK_EQ(output_lines(output.out), 1);
	CHECK(!*output.err);
	CHECK_EQ(fake.release_count, FRAMES);
	for (i = 0; i < FRAMES; i++)
		CHECK_EQ(fake.released[i], fake.frames[i].cookie);
	CHECK_EQ(fake_count(DMARING_IOC_STOP), 1);
	CHECK_EQ(fake_count(FAKE_CLOSE), 1);
}

TEST(no_more_frames_are_taken_than_asked_for)
{
	CHECK_EQ(capture("-n 3 --json"), EXIT_OK);
	output_has(output.out, "\"frames\": 3,");
	output_has(output.out, "\"corrupt\": null,");
	CHECK_EQ(fake.delivered, 3);
}

TEST(a_wrong_byte_is_found_and_told)
{
	spoiled = 2;
	CHECK_EQ(capture("-n 5 --verify --json"), EXIT_FRAMES);
	output_has(output.out, "\"corrupt\": 1,");
	output_has(output.err, "frame 2 is corrupt: byte 77 is 0x96, should be 0x97");
}

TEST(a_short_frame_is_corrupt)
{
	fake.frames[1].bytes_used--;
	CHECK_EQ(capture("-n 5 --verify --json"), EXIT_FRAMES);
	output_has(output.out, "\"corrupt\": 1,");
	output_has(output.err, "frame 1 is corrupt: it has 127 bytes, should have 128");
}

static void lose_frames(void)
{
	fake.frame_count = 1;
	fake_push(4, 1);
	fake.stats.consumer_overruns = 1;
	fake.stats.consumer_dropped = 2;
}

TEST(lost_frames_are_counted_and_told_apart)
{
	lose_frames();
	CHECK_EQ(capture("-n 2 --json"), EXIT_OK);
	output_has(output.out, "\"lost\": 3, \"overruns\": 1, \"drops\": 2,");
}

TEST(lost_frames_fail_a_strict_capture)
{
	lose_frames();
	CHECK_EQ(capture("-n 2 --strict"), EXIT_FRAMES);
	output_has(output.out, "lost       3 (1 overruns, 2 drops)");
}

TEST(counters_that_disagree_are_an_error)
{
	lose_frames();
	fake.stats.consumer_dropped = 1;
	CHECK_EQ(capture("-n 2"), EXIT_ERROR);
	output_has(output.err, "please report this");
}

TEST(damaged_frames_and_gaps_are_counted)
{
	fake.frames[1].flags = DMARING_FRAME_ERROR;
	fake.frames[2].flags = DMARING_FRAME_DISCONTINUITY;
	CHECK_EQ(capture("-n 5 --json"), EXIT_OK);
	output_has(output.out, "\"damaged\": 1, \"discontinuities\": 1,");
}

TEST(an_endless_capture_ends_well_when_interrupted)
{
	fake.raise_when_empty = SIGINT;
	fake.when_empty = EINTR;
	CHECK_EQ(capture("--json"), EXIT_OK);
	output_has(output.out, "\"frames\": 5,");
	output_has(output.out, "\"complete\": true}");
	CHECK_EQ(fake_count(DMARING_IOC_STOP), 1);
}

TEST(an_interrupted_count_is_incomplete)
{
	fake.raise_when_empty = SIGINT;
	fake.when_empty = EINTR;
	CHECK_EQ(capture("-n 6 --json"), EXIT_SIGNAL + SIGINT);
	output_has(output.out, "\"complete\": false}");
}

TEST(sigterm_is_as_orderly)
{
	fake.raise_when_empty = SIGTERM;
	fake.when_empty = EINTR;
	CHECK_EQ(capture("-n 6"), EXIT_SIGNAL + SIGTERM);
	output_has(output.out, "5 in ");
	output_has(output.out, "(incomplete)");
}

TEST(sighup_is_as_orderly)
{
	fake.when_empty = EINTR;
	fake.raise_when_empty = SIGHUP;
	CHECK_EQ(capture("-n 6"), EXIT_SIGNAL + SIGHUP);
	output_has(output.out, "(incomplete)");
	CHECK_EQ(fake_count(DMARING_IOC_STOP), 1);
}

TEST(sigquit_is_as_orderly)
{
	fake.when_empty = EINTR;
	fake.raise_when_empty = SIGQUIT;
	CHECK_EQ(capture("-n 6"), EXIT_SIGNAL + SIGQUIT);
	output_has(output.out, "(incomplete)");
}

static void hang_up(const struct dmaring_frame *frame)
{
	paint_ramp(frame);
	raise(SIGHUP);
}

TEST(nohup_is_heeded)
{
	signal(SIGHUP, SIG_IGN);
	fake.on_deliver = hang_up;
	CHECK_EQ(capture("-n 5"), EXIT_OK);
}

TEST(silence_ends_the_capture)
{
	CHECK_EQ(capture("-n 6 --timeout 0.01 --json"), EXIT_ERROR);
	output_has(output.err, "no frame came for 10.0 ms");
	output_has(output.out, "\"frames\": 5,");
	output_has(output.out, "\"complete\": false}");
}

TEST(a_time_ends_the_capture)
{
	CHECK_EQ(capture("-t 0.5 --json"), EXIT_OK);
	output_has(output.out, "\"frames\": 5,");
	CHECK(strtod(strstr(output.out, "seconds") + 9, NULL) >= 0.5);
	CHECK(fake.timeout_ns <= 200000000);
}

TEST(a_card_that_goes_away_ends_in_a_sentence)
{
	fake.when_empty = ENODEV;
	CHECK_EQ(capture("-n 6 --json"), EXIT_ERROR);
	output_has(output.err, "the card is gone");
	output_has(output.out, "\"complete\": false}");
	CHECK_EQ(output_lines(output.err), 1);
}

TEST(a_card_that_goes_away_under_the_mapping_does_too)
{
	fake.gone = true;
	CHECK_EQ(capture("-n 5 --verify --json"), EXIT_ERROR);
	output_has(output.err, "the card is gone");
	output_has(output.out, "\"complete\": false}");
}

static void check_file(uint64_t sequence)
{
	__u8 data[256];
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/frame-%08llu.raw", scratch,
		 (unsigned long long)sequence);
	file = fopen(path, "rb");
	if (!CHECK(file))
		return;
	CHECK_EQ(fread(data, 1, sizeof(data), file), 128);
	CHECK_EQ(dmaring_pattern_check(data, DMARING_PATTERN_RAMP, 16, sequence,
				       128), 128);
	fclose(file);
}

TEST(frames_are_written)
{
	char options[128];
	uint64_t sequence;

	snprintf(options, sizeof(options), "-n 5 -o %s", scratch);
	CHECK_EQ(capture(options), EXIT_OK);
	for (sequence = 0; sequence < FRAMES; sequence++)
		check_file(sequence);
}

TEST(frames_of_another_capture_are_refused)
{
	char options[128];

	snprintf(options, sizeof(options), "-n 1 -o %s", scratch);
	CHECK_EQ(capture(options), EXIT_OK);
	CHECK_EQ(capture(options), EXIT_ERROR);
	output_has(output.err, "--overwrite");
}

TEST(what_cannot_be_done_is_refused_before_the_start)
{
	fake.info.caps = 0;
	CHECK_EQ(capture("-n 5 --verify"), EXIT_ERROR);
	output_has(output.err, "sends no test pattern");
	CHECK_EQ(fake_count(DMARING_IOC_START), 0);
}

TEST(only_grey_images_become_png)
{
	fake.info.format.pixelformat = DMARING_FOURCC('Y', '1', '6', ' ');
	CHECK_EQ(capture("-n 5 -o /nowhere --format png"), EXIT_ERROR);
	output_has(output.err, "only GREY can");
	CHECK_EQ(fake_count(DMARING_IOC_START), 0);
}

TEST(a_directory_that_cannot_be_is_refused_before_the_start)
{
	CHECK_EQ(capture("-n 5 -o /dev/null/x"), EXIT_ERROR);
	output_has(output.err, "/dev/null/x: cannot create the directory");
	CHECK_EQ(fake_count(DMARING_IOC_START), 0);
}

TEST(the_options_reach_the_stream)
{
	CHECK_EQ(capture("-n 5 -q --policy latest --depth 2 --max-held 3"), EXIT_OK);
	CHECK_EQ(fake.attach.policy, DMARING_POLICY_LATEST);
	CHECK_EQ(fake.attach.depth, 2);
	CHECK_EQ(fake.attach.max_held, 3);
	CHECK(!*output.out);
}

TEST(the_watermark_reaches_the_stream)
{
	CHECK_EQ(capture("-n 5 -q --watermark 3 --watermark-time 20"), EXIT_OK);
	CHECK_EQ(fake.attach.policy, DMARING_POLICY_LOSSLESS);
	CHECK_EQ(fake.attach.watermark, 3);
	CHECK_EQ(fake.attach.watermark_ns, 20000000);
}

TEST(a_wrong_command_line_opens_nothing)
{
	static const char *const lines[] = {
		"-n", "-n -1", "-n 1x", "-t 0", "-n 1 -t 1", "--format png",
		"--format gif -o d", "--format none -o d", "--depth 1",
		"--overwrite", "--read-only --policy lossless",
		"--watermark 0", "--watermark x", "--watermark-time 20",
		"--watermark 2 --watermark-time 60001",
		"--read-only --watermark 2",
		"--policy latest --depth 2 --watermark 3",
		"--policy newest", "--max-held 0 --policy latest", "--bogus", "b",
	};
	size_t i;

	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		if (!CHECK_EQ(capture(lines[i]), EXIT_USAGE) ||
		    !CHECK_EQ(output_lines(output.err), 1))
			printf("# with: %s\n# says: %s\n", lines[i], output.err);
	}
	CHECK_EQ(fake.steps, 0);
}

TEST(help_goes_to_the_output)
{
	CHECK_EQ(capture("--help"), EXIT_OK);
	output_has(output.out, "usage: dmaring capture");
	CHECK(!*output.err);
}

int main(void)
{
	return tap_run(begin, scratch_remove);
}
