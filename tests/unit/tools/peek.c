// SPDX-License-Identifier: MIT
/* "dmaring peek" from the command line to the exit code. */
#include "fake_kernel.h"

#include "commands.h"
#include "output.h"

#define PEEK "peek " FAKE_DEVICE " "

static void prepare(void)
{
	size_t i;

	fake_reset();
	for (i = 0; i < FAKE_REGISTERS_BYTES; i++)
		fake.memory[i] = '0' + i * 7;
}

/* Its whole output. */
static void prints(const char *line, const char *text)
{
	CHECK_EQ(output_of(line), EXIT_OK);
	if (!CHECK(!strcmp(output.out, text)))
		printf("# of %s comes:\n%s", line, output.out);
	CHECK_EQ(output_lines(output.err), 0);
}

TEST(a_region_by_its_name_and_by_its_number)
{
	static const char all[] =
		"00000000  30 37 3e 45 4c 53 5a 61  68 6f 76 7d 84 8b 92 99  |07>ELSZahov}....|\n"
		"00000010  a0 a7 ae b5                                       |....|\n"
		"00000014\n";

	prints(PEEK "registers", all);
	prints(PEEK "0", all);
	prints(PEEK "0x0", all);
	prints("peek 7 registers", all);
	prints("peek dmaring7 0", all);
	CHECK_EQ(fake_count(DMARING_IOC_ATTACH), 0);
}

TEST(a_part_of_it)
{
	prints(PEEK "registers 4 3",
	       "00000004  4c 53 5a                                          |LSZ|\n"
	       "00000007\n");
	prints(PEEK "registers 0x10",
	       "00000010  a0 a7 ae b5                                       |....|\n"
	       "00000014\n");
	prints(PEEK "registers 20", "00000014\n");
	prints(PEEK "registers 0 0", "00000000\n");
}

TEST(lines_that_repeat_are_folded)
{
	prints(PEEK "memory 32 68",
	       "00000020  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  |................|\n"
	       "*\n"
	       "00000060  00 00 00 00                                       |....|\n"
	       "00000064\n");
	CHECK_EQ(output_of(PEEK "--all memory 32 68"), EXIT_OK);
	CHECK_EQ(output_lines(output.out), 6);
	/* Also beyond what is read at a time. */
	prints(PEEK "memory 4064 64",
	       "00000fe0  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  |................|\n"
	       "*\n"
	       "00001020\n");
	fake.memory[80] = 1;
	CHECK_EQ(output_of(PEEK "memory 32 96"), EXIT_OK);
	CHECK_EQ(output_lines(output.out), 6);
}

TEST(only_the_beginning_of_a_large_one)
{
	CHECK_EQ(output_of(PEEK "memory"), EXIT_OK);
	output_has(output.out, "\n00001000\n");
	output_has(output.err, "memory has 8192 bytes; a LENGTH shows more than 4096");
	CHECK_EQ(output_of(PEEK "memory 0 8192"), EXIT_OK);
	output_has(output.out, "\n00002000\n");
	CHECK_EQ(output_lines(output.err), 0);
	CHECK_EQ(output_of(PEEK "memory 4096"), EXIT_OK);
	CHECK_EQ(output_lines(output.err), 0);
}

TEST(what_is_beyond_the_end)
{
	CHECK_EQ(output_of(PEEK "registers 21"), EXIT_USAGE);
	output_has(output.err, "OFFSET 21: registers has 20 bytes");
	CHECK_EQ(output_of(PEEK "registers 4 17"), EXIT_USAGE);
	output_has(output.err, "LENGTH 17: registers has 20 bytes, 16 from there on");
	CHECK_EQ(output_of(PEEK "registers 0xffffffffffffffff 2"), EXIT_USAGE);
	CHECK_EQ(output_of(PEEK "registers 2 0xffffffffffffffff"), EXIT_USAGE);
	CHECK_EQ(fake_count(DMARING_IOC_READ_REGION), 0);
	CHECK(!output.out[0]);
}

TEST(what_there_is)
{
	prints("peek " FAKE_DEVICE,
	       "  region 0     registers, 20 B: read, 4 bytes at a time\n"
	       "  region 1     memory, 8 KiB: read map cached\n");
	fake.info.regions = 0;
	CHECK_EQ(output_of("peek " FAKE_DEVICE), EXIT_OK);
	output_has(output.err, "offers no regions");
	CHECK(!output.out[0]);
}

TEST(what_there_is_not)
{
	CHECK_EQ(output_of(PEEK "register"), EXIT_ERROR);
	output_has(output.err, "'register': there is no such region");
	CHECK_EQ(output_of(PEEK "2"), EXIT_ERROR);
	output_has(output.err, "'2': there is no such region");
}

TEST(what_the_kernel_refuses)
{
	fake_fail(DMARING_IOC_READ_REGION, 0, EBUSY);
	CHECK_EQ(output_of(PEEK "registers"), EXIT_ERROR);
	output_has(output.err, "cannot read the region: the card sleeps or has other things to do");
	fake_fail(DMARING_IOC_READ_REGION, 0, ENODEV);
	CHECK_EQ(output_of(PEEK "registers"), EXIT_ERROR);
	output_has(output.err, "the card is gone");
	fake_fail(DMARING_IOC_REGION, 0, ENODEV);
	CHECK_EQ(output_of("peek " FAKE_DEVICE), EXIT_ERROR);
	output_has(output.err, "cannot describe the region: the card is gone");
}

TEST(a_wrong_command_line_opens_nothing)
{
	static const char *const lines[] = {
		PEEK "registers x", PEEK "registers -1", PEEK "registers 0x", PEEK "registers 0 1k",
		PEEK "registers 0 18446744073709551616", PEEK "registers 0 1 2",
		"peek registers 0 1 2", "peek a b c d e", "peek --bogus", "peek registers offset",
	};
	size_t i;

	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		if (!CHECK_EQ(output_of(lines[i]), EXIT_USAGE) ||
		    !CHECK_EQ(output_lines(output.err), 1))
			printf("# with: %s\n# says: %s\n", lines[i], output.err);
	}
	CHECK_EQ(fake.steps, 0);
}

int main(void)
{
	return tap_run(prepare, NULL);
}
