// SPDX-License-Identifier: MIT
/* "dmaring capture" from the command line to the exit code. */
#define _GNU_SOURCE		/* posix_openpt */
#include "fake_kernel.h"

#include "pty.h"
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

static void set_times(uint64_t period_ns)
{
	unsigned int i;

	for (i = 0; i < fake.frame_count; i++)
		fake.frames[i].timestamp_ns = 1000 + i * period_ns;
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

TEST(after_losses_there_is_advice)
{
	lose_frames();
	CHECK_EQ(capture("-n 2"), EXIT_OK);
	output_has(output.out, "advice     overruns: ");
	output_has(output.out, "advice     drops: ");
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

TEST(so_is_a_frame_that_was_not_taken)
{
	fake.stats.consumer_delivered = 1;
	CHECK_EQ(capture("-n 2"), EXIT_ERROR);
	output_has(output.err, "please report this");
}

TEST(damaged_frames_and_gaps_are_counted)
{
	fake.frames[1].flags = DMARING_FRAME_ERROR;
	fake.frames[2].flags = DMARING_FRAME_DISCONTINUITY;
	CHECK_EQ(capture("-n 5 --json"), EXIT_OK);
	output_has(output.out, "\"damaged\": 1, \"truncated\": 0, \"short\": 0, ");
	output_has(output.out, "\"discontinuities\": 1,");
	output_has(output.err, "frame 1 is damaged, says the card");
	CHECK_EQ(output_lines(output.err), 1);
}

/* What was before the first frame is nobody's loss. */
TEST(a_gap_before_the_first_frame_is_none)
{
	fake.frames[0].flags = DMARING_FRAME_DISCONTINUITY;
	CHECK_EQ(capture("-n 5 --strict --json"), EXIT_OK);
	output_has(output.out, "\"discontinuities\": 0,");
}

/* One that has fewer bytes is not short, too. */
TEST(truncated_frames_are_counted_apart)
{
	fake.frames[1].flags = DMARING_FRAME_TRUNCATED;
	fake.frames[1].bytes_used /= 2;
	CHECK_EQ(capture("-n 5 --json"), EXIT_OK);
	output_has(output.out, "\"damaged\": 0, \"truncated\": 1, \"short\": 0, ");
	output_has(output.err, "frame 1 is truncated, says the card: ");
	CHECK_EQ(output_lines(output.err), 1);
}

TEST(a_truncated_frame_fails_a_strict_capture)
{
	fake.frames[3].flags = DMARING_FRAME_TRUNCATED;
	CHECK_EQ(capture("-n 5 -q --strict"), EXIT_FRAMES);
	output_has(output.err, "not all frames are good: 1 truncated\n");
}

TEST(a_damaged_frame_fails_a_strict_capture)
{
	fake.frames[3].flags = DMARING_FRAME_ERROR;
	CHECK_EQ(capture("-n 5 -q --strict"), EXIT_FRAMES);
	output_has(output.err, "not all frames are good: 1 damaged\n");
}

TEST(a_short_frame_fails_a_strict_capture)
{
	fake.frames[3].bytes_used = 7;
	CHECK_EQ(capture("-n 5 -q --strict"), EXIT_FRAMES);
	output_has(output.err, "frame 3 is short: it has 7 bytes, should have 128");
	output_has(output.err, "not all frames are good: 1 short\n");
}

TEST(a_gap_fails_a_strict_capture)
{
	fake.frames[3].flags = DMARING_FRAME_DISCONTINUITY;
	CHECK_EQ(capture("-n 5 --strict"), EXIT_FRAMES);
	output_has(output.err, "1 times an unknown number lost");
	output_has(output.out, "gaps       1 of unknown length");
	output_has(output.out, "advice     gaps: ");
}

TEST(no_frame_fails_a_strict_capture)
{
	fake.frame_count = 0;
	CHECK_EQ(capture("-t 0.01 -q"), EXIT_OK);
	CHECK_EQ(capture("-t 0.01 -q --strict"), EXIT_FRAMES);
	output_has(output.err, "no frame came");
}

TEST(the_first_damaged_frames_are_named)
{
	unsigned int i;

	fake.frame_count = 0;
	for (i = 0; i < 12; i++) {
		fake_push(i, 0);
		fake.frames[i].flags = DMARING_FRAME_ERROR;
	}
	CHECK_EQ(capture("-n 12"), EXIT_OK);
	output_has(output.err, "frame 7 is damaged");
	CHECK(!strstr(output.err, "frame 8 is damaged"));
	output_has(output.err, "more damaged frames are counted, not listed");
	output_has(output.out, "damaged    12, says the card");
	CHECK_EQ(output_lines(output.err), 9);
}

/* Four periods between five frames, however long the first one was waited for */
TEST(rates_are_from_the_first_time_stamp_to_the_last)
{
	set_times(20000000);
	CHECK_EQ(capture("-n 5 --json"), EXIT_OK);
	output_has(output.out, "\"frames_per_second\": 50.000000,");
	fake.delivered = 0;
	CHECK_EQ(capture("-n 4"), EXIT_ERROR);	/* its counters know of all nine */
	output_has(output.out, "rate       50.00 frames/s, 0.006 MB/s\n");
}

TEST(one_frame_has_no_rate)
{
	CHECK_EQ(capture("-n 1"), EXIT_OK);
	output_has(output.out, "rate       not known");
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

/* On a terminal that is 60 columns wide */
TEST(progress_shows_the_goal_the_time_left_and_silence)
{
	set_times(1000000000);
	pty_open(60, 24);
	CHECK_EQ(pty_run("capture -n 65 --timeout 2.5 " FAKE_DEVICE), EXIT_ERROR);
	output_has(output.out, "\r\033[K5 of 65 frames in 0.");
	/* A line is shorter than the terminal is wide. */
	output_has(output.out, " s, 1.0 frames/s, 1 min 0 s left, 0 lo\r\033[K");
	output_has(output.out, "no frame for 2 s; 5 of 65 frames in 2.");
}

TEST(progress_shows_the_time_that_is_the_goal)
{
	pty_open(80, 24);
	CHECK_EQ(pty_run("capture -t 1.5 " FAKE_DEVICE), EXIT_OK);
	output_has(output.out, "5 frames in 0.");
	output_has(output.out, " of 1.5 s, 1 s left, 0 lost");
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

static off_t file_bytes(const char *name)
{
	struct stat status;
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", scratch, name);
	fd = open(path, O_RDONLY);
	if (fd < 0)
		return -1;
	fstat(fd, &status);
	close(fd);
	return status.st_size;
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

TEST(damaged_and_short_frames_are_written_and_fail_a_recording)
{
	char options[128];

	fake.frames[1].flags = DMARING_FRAME_ERROR;
	fake.frames[2].bytes_used = 100;
	snprintf(options, sizeof(options), "-n 5 -o %s", scratch);
	CHECK_EQ(capture(options), EXIT_FRAMES);
	output_has(output.err, "frame 1 is damaged");
	output_has(output.err, "frame 2 is short");
	output_has(output.err, "not all frames are good: 1 damaged, 1 short\n");
	check_file(1);
	check_file(4);
	CHECK_EQ(file_bytes("frame-00000002.raw"), 100);
}

TEST(what_is_too_short_for_an_image_is_left_out)
{
	char options[128];

	fake.frames[2].bytes_used = 100;
	snprintf(options, sizeof(options), "-n 5 -o %s --format png", scratch);
	CHECK_EQ(capture(options), EXIT_FRAMES);
	output_has(output.err, "frame 2 is not written: it has 100 bytes, an image of 16x8 needs 128");
	output_has(output.err, "1 short, 1 not written\n");
	output_has(output.out, "frames     5 in ");
	output_has(output.out, "skipped    1, not written\n");
	CHECK_EQ(file_bytes("frame-00000002.png"), -1);
	CHECK(file_bytes("frame-00000003.png") > 0);
}

TEST(frames_in_a_row_and_nothing_else_go_to_the_output)
{
	CHECK_EQ(capture("-n 5 -o -"), EXIT_OK);
	CHECK_EQ(output.out_bytes, 5 * 128);
	CHECK_EQ(dmaring_pattern_check(output.out + 4 * 128, DMARING_PATTERN_RAMP,
				       16, 4, 128), 128);
	output_has(output.err, "frames     5 in ");
}

TEST(its_summary_as_json_does_not_mix_with_frames)
{
	CHECK_EQ(capture("-n 2 -o - --json"), EXIT_OK);
	CHECK_EQ(output.out_bytes, 2 * 128);
	output_has(output.err, "\"frames\": 2,");
}

TEST(a_terminal_gets_no_frames)
{
	pty_open(80, 24);
	CHECK_EQ(pty_run("capture -n 2 -o - " FAKE_DEVICE), EXIT_ERROR);
	output_has(output.out, "frames are not for a terminal");
	CHECK_EQ(fake_count(DMARING_IOC_START), 0);
}

TEST(a_file_gets_frames_in_a_row)
{
	char options[128];

	snprintf(options, sizeof(options), "-n 5 -o %s/row.raw", scratch);
	CHECK_EQ(capture(options), EXIT_OK);
	CHECK_EQ(file_bytes("row.raw"), 5 * 128);
	CHECK(file_bytes("row.raw.csv") > 0);
	output_has(output.out, "frames     5 in ");
}

/* ------------------------------------------------------- metadata in the index */

#define INDEX_HEAD "sequence,timestamp_ns,bytes,flags,overruns_before,drops_before,where"
#define META_HEAD ",FrameCounter,EncoderValue,ExposureTime [ns],Drift [ns]," \
		  "Temperature [\u00b0C],Later,\"Position [\"\"mm\"\", abs]\""
#define META_OF_0 ",18446744073709551615,-2147483648,4294967295,-1099511627776,0,,0"
#define META_OF_1 ",18446744073709551614,-2147483647,4294967294,-1099511627777," \
		  "-0.100000001,,0.10000000000000001"

static void tell(const struct dmaring_frame *frame)
{
	char *block = fake.meta + frame->buffer * FAKE_META_STRIDE;
	int64_t sequence = frame->sequence, drift = -(1LL << 40) - sequence;
	uint64_t counter = UINT64_MAX - sequence;
	uint32_t exposure = UINT32_MAX - sequence;
	int32_t encoder = INT32_MIN + sequence;
	double position = sequence / 10.0;
	float temperature = -sequence / 10.0F;

	paint_ramp(frame);
	memcpy(block + fake_meta[0].offset, &counter, sizeof(counter));
	memcpy(block + fake_meta[1].offset, &encoder, sizeof(encoder));
	memcpy(block + fake_meta[2].offset, &exposure, sizeof(exposure));
	memcpy(block + fake_meta[3].offset, &drift, sizeof(drift));
	memcpy(block + fake_meta[4].offset, &temperature, sizeof(temperature));
	memcpy(block + fake_meta[6].offset, &position, sizeof(position));
}

static void check_index(const char *name, const char *expected)
{
	char path[128], content[2048] = "";
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", scratch, name);
	file = fopen(path, "r");
	if (!CHECK(file))
		return;
	content[fread(content, 1, sizeof(content) - 1, file)] = '\0';
	fclose(file);
	if (!CHECK(!strcmp(content, expected)))
		printf("# it has:\n# %s\n", content);
}

TEST(what_the_card_says_of_frames_is_in_the_index)
{
	char options[128];

	fake_offer_meta(FAKE_META_FIELDS);
	fake.on_deliver = tell;
	snprintf(options, sizeof(options), "-n 2 -o %s/row.raw", scratch);
	CHECK_EQ(capture(options), EXIT_OK);
	CHECK(fake.attach.features & DMARING_FEATURE_META);
	check_index("row.raw.csv", INDEX_HEAD META_HEAD "\n"
		    "0,0,128,,0,0,0" META_OF_0 "\n1,0,128,,0,0,128" META_OF_1 "\n");
}

TEST(so_it_is_of_frames_that_are_left_out)
{
	char options[128];

	fake_offer_meta(2);
	fake.on_deliver = tell;
	fake.frames[1].bytes_used = 100;
	snprintf(options, sizeof(options), "-n 2 -o %s --format pgm", scratch);
	CHECK_EQ(capture(options), EXIT_FRAMES);
	check_index("index.csv", INDEX_HEAD ",FrameCounter,EncoderValue\n"
		    "0,0,128,,0,0,frame-00000000.pgm,18446744073709551615,-2147483648\n"
		    "1,0,100,,0,0,,18446744073709551614,-2147483647\n");
}

TEST(of_a_card_that_says_nothing_it_is_as_it_was)
{
	char options[128];

	snprintf(options, sizeof(options), "-n 1 -o %s/row.raw", scratch);
	CHECK_EQ(capture(options), EXIT_OK);
	CHECK_EQ(fake.attach.features, 0);
	CHECK_EQ(fake_count(DMARING_IOC_META), 0);
	check_index("row.raw.csv", INDEX_HEAD "\n0,0,128,,0,0,0\n");
}

/* Either both are written, or none. */
TEST(a_card_that_goes_away_leaves_no_frame_without_a_line)
{
	char options[128];

	fake_offer_meta(FAKE_META_FIELDS);
	fake.gone_meta = true;
	snprintf(options, sizeof(options), "-n 2 -o %s/row.raw", scratch);
	CHECK_EQ(capture(options), EXIT_ERROR);
	output_has(output.err, "the card is gone, in the middle of frame 0");
	CHECK_EQ(file_bytes("row.raw"), 0);
	check_index("row.raw.csv", INDEX_HEAD META_HEAD "\n");
}

TEST(a_table_that_cannot_be_read_is_told)
{
	char options[128];

	fake_offer_meta(FAKE_META_FIELDS);
	/* The library reads it first, when it maps the blocks. */
	fake_fail(DMARING_IOC_META, FAKE_META_FIELDS, ENODEV);
	snprintf(options, sizeof(options), "-n 2 -o %s/row.raw", scratch);
	CHECK_EQ(capture(options), EXIT_ERROR);
	output_has(output.err, "the card is gone");
	CHECK_EQ(fake_count(DMARING_IOC_START), 0);
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

TEST(only_pixels_become_images)
{
	fake.info.format.pixelformat = 0;
	CHECK_EQ(capture("-n 5 -o /nowhere --format png"), EXIT_ERROR);
	output_has(output.err, "only those of pixels or samples can");
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
		"--format png -o -", "--index x",
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
