// SPDX-License-Identifier: MIT
/* "dmaring controls" and "dmaring set" from the command line to the exit code. */
#include "fake_kernel.h"

#include "commands.h"
#include "output.h"

#define SET "set " FAKE_DEVICE " "

static void prepare(void)
{
	fake_reset();
}

/* Its whole output. */
static void prints(const char *line, const char *text)
{
	CHECK_EQ(output_of(line), EXIT_OK);
	if (!CHECK(!strcmp(output.out, text)))
		printf("# of %s comes:\n%s", line, output.out);
	CHECK_EQ(output_lines(output.err), 0);
}

static void sets(const char *line, uint32_t index, int64_t value)
{
	fake.controls[index].value = 77;
	if (!CHECK_EQ(output_of(line), EXIT_OK) || !CHECK_EQ(fake.controls[index].value, value))
		printf("# with: %s: %s\n", line, output.err);
	CHECK_EQ(output_lines(output.out), 0);
}

static void refuses(const char *line, int code, const char *why)
{
	uint32_t seq = fake.info.control_seq;

	CHECK_EQ(output_of(line), code);
	output_has(output.err, why);
	CHECK_EQ(fake.info.control_seq, seq);
}

TEST(what_there_is)
{
	memcpy(fake.controls[4].text, "left", 5);
	fake.controls[2].value = 2;
	prints("controls " FAKE_DEVICE,
	       "ExposureTime     20 \u00b5s   integer, -10 to 100 in steps of 5, default 20 \u00b5s\n"
	       "ReverseX         no      boolean, default no, only while stopped\n"
	       "TestPattern      Ramp    menu: Off Ramp, default Off\n"
	       "TriggerSoftware  -       button\n"
	       "DeviceUserID     \"left\"  string, 0 to 8 bytes, default \"\"\n");
	CHECK_EQ(fake_count(DMARING_IOC_ATTACH), 0);
	CHECK_EQ(fake.open_flags & O_ACCMODE, O_RDONLY);
}

TEST(names_only)
{
	prints("controls --list-names 7",
	       "ExposureTime\nReverseX\nTestPattern\nTriggerSoftware\nDeviceUserID\n");
}

TEST(for_programs)
{
	fake.controls[0].value = -5;
	CHECK_EQ(output_of("controls --json " FAKE_DEVICE), EXIT_OK);
	output_has(output.out, "{\"device\": \"/dev/dmaring7\", \"control_seq\": 3, \"controls\": [{");
	output_has(output.out, "\"name\": \"ExposureTime\", \"type\": \"integer\", \"value\": -5, ");
	output_has(output.out, "-5, \"default\": 20, \"unit\": \"\u00b5s\", \"minimum\": -10, ");
	output_has(output.out, "-10, \"maximum\": 100, \"step\": 5, \"items\": [], \"read_only\": ");
	output_has(output.out, "[], \"read_only\": false, \"volatile\": false, \"when_stopped\": f");
	output_has(output.out, "\"value\": false");
	output_has(output.out, "\"value\": \"Off\", \"default\": \"Off\"");
	output_has(output.out, "\"items\": [\"Off\", \"Ramp\"]");
	CHECK_EQ(output_lines(output.out), 1);
}

TEST(one_that_the_card_does_not_tell)
{
	fake.refused_control = 2;
	CHECK_EQ(output_of("controls 7"), EXIT_ERROR);
	output_has(output.out, "ReverseX         unknown  boolean");
	output_has(output.out, "TestPattern      Off      menu");
	output_has(output.err, "ReverseX: the card does not tell its value");
	CHECK_EQ(output_of("controls --json 7"), EXIT_ERROR);
	output_has(output.out, "\"name\": \"ReverseX\", \"type\": \"boolean\", \"value\": null");
}

TEST(a_card_without_any)
{
	fake.info.controls = 0;
	CHECK_EQ(output_of("controls 7"), EXIT_OK);
	output_has(output.err, "the card has no controls");
	refuses(SET "Gain=1", EXIT_USAGE, "there is no control 'Gain'");
}

TEST(values_of_each_type)
{
	sets(SET "ExposureTime=-10", 0, -10);
	sets(SET "ExposureTime=0x64", 0, 100);
	sets("set dmaring7 ReverseX=yes", 1, 1);
	sets("set 7 ReverseX=off", 1, 0);
	sets(SET "ReverseX=1", 1, 1);
	sets(SET "TestPattern=Ramp", 2, 2);
	sets(SET "TriggerSoftware=1", 3, 0);
	sets(SET "DeviceUserID=a=b", 4, 0);
	CHECK(!strcmp(fake.controls[4].text, "a=b"));
	sets(SET "DeviceUserID=", 4, 0);
	CHECK_EQ(fake.controls[4].text[0], 0);
	CHECK_EQ(fake_count(DMARING_IOC_ATTACH), 0);
}

TEST(several_at_once)
{
	CHECK_EQ(output_of(SET "ExposureTime=50 TestPattern=Ramp ReverseX=on"), EXIT_OK);
	CHECK_EQ(fake.controls[0].value, 50);
	CHECK_EQ(fake.controls[1].value, 1);
	CHECK_EQ(fake.controls[2].value, 2);
	CHECK_EQ(fake.info.control_seq, 4);
}

TEST(values_that_cannot_be)
{
	refuses(SET "ExposureTime=101", EXIT_USAGE,
		"ExposureTime=101: must be -10 to 100 \u00b5s, in steps of 5");
	refuses(SET "ExposureTime=1", EXIT_USAGE, "in steps of 5");
	refuses(SET "ExposureTime=-11", EXIT_USAGE, "must be -10 to 100");
	refuses(SET "ExposureTime=99999999999999999999", EXIT_USAGE, "must be -10 to 100");
	refuses(SET "ExposureTime=9223372036854775808", EXIT_USAGE, "must be -10 to 100");
	refuses(SET "ExposureTime=-9223372036854775808", EXIT_USAGE, "must be -10 to 100");
	refuses(SET "ExposureTime=ten", EXIT_USAGE, "this is no whole number");
	refuses(SET "ExposureTime=", EXIT_USAGE, "this is no whole number");
	refuses(SET "ExposureTime=--5", EXIT_USAGE, "this is no whole number");
	refuses(SET "ReverseX=2", EXIT_USAGE, "ReverseX='2': must be yes or no");
	refuses(SET "TestPattern=Zone", EXIT_USAGE,
		"TestPattern='Zone': must be one of: Off Ramp\n");
	refuses(SET "TestPattern=", EXIT_USAGE, "must be one of: Off Ramp");
	refuses(SET "TriggerSoftware=0", EXIT_USAGE, "a button can only be pushed");
	refuses(SET "DeviceUserID=123456789", EXIT_USAGE, "must have 0 to 8 bytes");
	/* One wrong, all wrong. */
	refuses(SET "ReverseX=yes ExposureTime=1", EXIT_USAGE, "in steps of 5");
}

TEST(names_that_are_none)
{
	refuses(SET "ExposureTim=20", EXIT_USAGE,
		"there is no control 'ExposureTim'; did you mean 'ExposureTime'?");
	refuses(SET "Humidity=1", EXIT_USAGE, "'dmaring controls' lists them");
	refuses(SET "=1", EXIT_USAGE, "there is no control ''");
	refuses(SET "ReverseX=1 ReverseX=0", EXIT_USAGE, "once is enough");
	refuses(SET "AnExtraordinarilyLongNameThatIsLongerThanWhatTheDistanceIsForX=1", EXIT_USAGE,
		"there is no control");
	refuses(SET "AnExtraordinarilyLongNameThatIsLongerThanWhatAnyControlCanHaveAtAll=1",
		EXIT_USAGE, "such a long name");
}

TEST(what_the_card_refuses)
{
	fake.refused_control = 2;
	CHECK_EQ(output_of(SET "ExposureTime=50 ReverseX=on"), EXIT_ERROR);
	output_has(output.err, "ReverseX=on: ");
	output_has(output.err, "cannot be set while the card runs");
	output_has(output.err, "nothing was set");
	CHECK_EQ(fake.controls[0].value, 20);
	fake_fail(DMARING_IOC_CONTROLS, FAKE_CONTROLS, ENODEV);
	CHECK_EQ(output_of(SET "ExposureTime=50"), EXIT_ERROR);
	output_has(output.err, "the card is gone");
}

TEST(a_wrong_command_line_opens_nothing)
{
	static const char *const lines[] = {
		"set", "set 7", SET "ExposureTime", "set 7 8 ReverseX=1", "controls 7 8",
		"controls --list-names --json 7", "set --json 7 ReverseX=1",
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		if (!CHECK_EQ(output_of(lines[i]), EXIT_USAGE) ||
		    !CHECK_EQ(output_lines(output.err), 1))
			printf("# with: %s\n# says: %s\n", lines[i], output.err);
	}
	CHECK_EQ(fake_count(FAKE_OPEN), 0);
}

int main(void)
{
	return tap_run(prepare, NULL);
}
