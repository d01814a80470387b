// SPDX-License-Identifier: MIT
/* "dmaring check" from the command line to the exit code: what it looks at and prints. */
#include "fake_kernel.h"

#include "commands.h"
#include "output.h"

#define CHECK_IT "check " FAKE_DEVICE " "
#define INFO CHECK_IT "--only info"

static int lines_with(const char *text)
{
	int count = 0;

	for (const char *at = output.out; (at = strstr(at, text)); at++)
		count++;
	return count;
}

/* A line, as FAIL: exactly one thing is found. */
static void finds(const char *line, const char *found)
{
	CHECK_EQ(output_of(line), EXIT_ERROR);
	output_has(output.out, found);
	if (!CHECK_EQ(lines_with("FAIL "), 1))
		printf("# %s", output.out);
	output_has(output.out, "; look at ");
}

TEST(the_list_needs_no_device)
{
	CHECK_EQ(output_of("check --list"), EXIT_OK);
	output_has(output.out, "info ");
	output_has(output.out, "- nothing is written after STOP\n");
	CHECK_EQ(fake.steps, 0);
}

TEST(a_good_description)
{
	CHECK_EQ(output_of(INFO), EXIT_OK);
	output_has(output.out, FAKE_DEVICE ": fake, fake card, nowhere\n");
	output_has(output.out, "ok    info: driver, card and place have names\n");
	output_has(output.out, "ok    info: what can be read of regions is read\n");
	output_has(output.out, "9 ok, 0 failed, 0 skipped, 0 warnings\n");
	CHECK_EQ(output_lines(output.err), 0);
	CHECK_EQ(fake_count(DMARING_IOC_ATTACH), 0);
}

TEST(names)
{
	fake.info.card[0] = '\0';
	finds(INFO, "FAIL  info: driver, card and place have names: card is empty;");
	strcpy(fake.info.card, "a\nb");
	finds(INFO, "card has the byte 0x0a;");
	memset(fake.info.card, 'x', sizeof(fake.info.card));
	finds(INFO, "card does not end;");
}

TEST(sizes)
{
	fake.info.buffer_stride = FAKE_STRIDE + 1;
	finds(INFO, "FAIL  info: the sizes of the pool fit each other: buffer_stride");
	fake.info.buffer_stride = FAKE_STRIDE;
	fake.info.viewer_buffers = 5;
	finds(INFO, "5 of 4 buffers are for viewers");
	fake.info.viewer_buffers = 2;
	fake.info.direction = DMARING_PLAYBACK;
	finds(INFO, "caps and direction contradict each other");
}

TEST(formats)
{
	struct dmaring_format *format = &fake.info.format;

	format->bytes_per_line = 15;
	format->frame_bytes = 120;
	finds(INFO, "a line has 15 bytes, 16 pixels of GREY need 16;");
	format->bytes_per_line = 16;
	finds(INFO, "a frame has 120 bytes, 8 lines of 16 have 128;");
	format->frame_bytes = 128;
	format->pixelformat = DMARING_FOURCC('Y', '1', '0', 'P');
	format->width = 10;
	finds(INFO, "Y10P frames cannot be 10x8;");
	*format = (struct dmaring_format) { .frame_bytes = 4097 };
	finds(INFO, "FAIL  info: a frame fits into a buffer: a frame has 4097 bytes, a buffer 4096;");
	*format = (struct dmaring_format) { .frame_bytes = 4096, .rate_numerator = 30 };
	finds(INFO, "the rate is 30/0;");
	output_has(output.out, "skip  info: the format is one of the table (frames are raw bytes)\n");
}

TEST(a_warning_is_a_failure_if_asked)
{
	fake.info.pool_asked = 8;
	CHECK_EQ(output_of(INFO), EXIT_OK);
	output_has(output.out, "warn  info: the pool is as large as was asked for: 4 of 8 buffers");
	output_has(output.out, " were had: dma_mask; look at 'dmaring info'");
	output_has(output.out, "8 ok, 0 failed, 0 skipped, 1 warnings\n");
	finds(INFO " --strict", "4 of 8 buffers were had");
}

TEST(regions)
{
	fake_fail(DMARING_IOC_READ_REGION, 0, EIO);
	finds(INFO, "FAIL  info: what can be read of regions is read: registers: ");
	fake_fail(DMARING_IOC_READ_REGION, 0, EBUSY);
	CHECK_EQ(output_of(INFO), EXIT_OK);
	fake.info.regions = 0;
	CHECK_EQ(output_of(INFO), EXIT_OK);
	output_has(output.out, "skip  info: regions are described (the driver offers no regions)\n");
}

TEST(tap)
{
	fake.info.card[0] = '\0';
	fake.info.pool_asked = 8;
	fake.info.regions = 0;
	CHECK_EQ(output_of(INFO " --tap"), EXIT_ERROR);
	CHECK(!strncmp(output.out, "TAP version 13\n# " FAKE_DEVICE, 17 + strlen(FAKE_DEVICE)));
	output_has(output.out, "\n1..9\n");
	output_has(output.out, "\nnot ok 1 - info: driver, card and place have names\n"
			       "# card is empty; look at config.driver and config.card\n");
	output_has(output.out, "\nok 2 - info: the sizes of the pool fit each other\n");
	output_has(output.out, "\nok 3 - info: the pool is as large as was asked for\n# warning: ");
	output_has(output.out, "\nok 8 - info: regions are described # SKIP the driver offers");
	CHECK_EQ(lines_with(" - info: "), 9);
}

TEST(buffers)
{
	CHECK_EQ(output_of(CHECK_IT "--only buffers"), EXIT_ERROR);
	/* The four of them are told to be in one place. */
	output_has(output.out, "FAIL  buffers: no two buffers share memory of the bus: buffers 0 and ");
	output_has(output.out, "ok    buffers: the segments of a buffer are all of it\n");
	output_has(output.out, "ok    buffers: buffers keep what is written");
}

TEST(frames_that_nobody_writes)
{
	for (int i = 0; i < 16; i++)
		fake_push(i, 0);
	CHECK_EQ(output_of(CHECK_IT "--only run --time 0.001 --timeout 0.01"), EXIT_ERROR);
	output_has(output.out, "FAIL  run: all of a frame is written: frame 0, buffer 0: nobody ");
	output_has(output.out, "nobody has written it from byte 0 on");
	output_has(output.out, "FAIL  run: no frame of before START comes after it: frame 0 is ");
}

TEST(frames_that_do_not_come)
{
	fake.when_empty = ETIMEDOUT;
	CHECK_EQ(output_of(CHECK_IT "--timeout 0.01 --only run"), EXIT_ERROR);
	output_has(output.out, "no frame came for 10.0 ms; does the card wait for a trigger?");
	output_has(output.out, "skip  run: all of a frame is written (because of what failed above)\n");
	CHECK_EQ(output_of(CHECK_IT "--timeout 0.01"), EXIT_ERROR);
	output_has(output.out, "skip  stop: nothing is written after STOP (no frames come: see ");
}

TEST(a_card_that_fails)
{
	fake_fail(DMARING_IOC_START, 0, EIO);
	CHECK_EQ(output_of(CHECK_IT "--only run"), EXIT_ERROR);
	output_has(output.out, "FAIL  run: frames come after each START, and STOP ends them: ");
	output_has(output.out, "ends them: " FAKE_DEVICE ": ");
}

TEST(who_is_there_is_left_alone)
{
	fake.info.consumers = 1;
	CHECK_EQ(output_of(CHECK_IT), EXIT_ERROR);
	output_has(output.err, FAKE_DEVICE " is in use (1 attached");
	CHECK_EQ(output_lines(output.err), 1);
	CHECK(!output.out[0]);
	CHECK_EQ(fake_count(DMARING_IOC_ATTACH), 0);
}

TEST(nothing_is_destroyed_without_leave)
{
	CHECK_EQ(output_of(CHECK_IT "--only life"), EXIT_OK);
	CHECK_EQ(lines_with("(only with --destructive)\n"), 6);
	CHECK_EQ(fake_count(DMARING_IOC_ATTACH), 0);
}

TEST(only_what_goes_that_way)
{
	CHECK_EQ(output_of(CHECK_IT "--only playback"), EXIT_OK);
	CHECK_EQ(lines_with("(it is a capture stream)\n"), 8);
	fake.info.direction = DMARING_PLAYBACK;
	CHECK_EQ(output_of(CHECK_IT "--only run"), EXIT_OK);
	CHECK_EQ(lines_with("(it is a playback stream)\n"), 7);
}

TEST(a_wrong_command_line_opens_nothing)
{
	static const char *const lines[] = {
		CHECK_IT "--only nonsense", CHECK_IT "--time 0", CHECK_IT "--time x",
		CHECK_IT "0", CHECK_IT "--bogus", CHECK_IT "-n 5", CHECK_IT "--only",
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		if (!CHECK_EQ(output_of(lines[i]), EXIT_USAGE) ||
		    !CHECK_EQ(output_lines(output.err), 1))
			printf("# with: %s\n# says: %s\n", lines[i], output.err);
	CHECK_EQ(fake.steps, 0);
}

int main(void)
{
	return tap_run(fake_reset, NULL);
}
