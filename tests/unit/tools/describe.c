// SPDX-License-Identifier: MIT
/* What "dmaring info" and "dmaring stats" print. */
#include "fake_kernel.h"

#include "commands.h"
#include "output.h"

TEST(info_for_people)
{
	CHECK_EQ(output_of("info " FAKE_DEVICE), EXIT_OK);
	output_has(output.out, FAKE_DEVICE "\n");
	output_has(output.out, "card         fake card\n");
	output_has(output.out, "stream       1 of its card, counted from 0\n");
	output_has(output.out, "state        stopped\n");
	output_has(output.out, "16x8 GREY, 16 bytes a line, 128 a frame\n");
	output_has(output.out, "asked        as many as fit, of 4 KiB\n");
	output_has(output.out, "got          4 buffers of 4 KiB, 0.0 MiB in all, in 1.5 us\n");
	output_has(output.out, "limit        dma_mask: no free memory within the card's reach");
	output_has(output.out, "consumers    0 of at most 1\n");
	output_has(output.out, "viewers      have reserved 1 of at most 2 buffers\n");
	output_has(output.out, "  region 0     registers, 20 B: read, 4 bytes at a time\n");
	output_has(output.out, "  region 1     memory, 8 KiB: read map cached\n");
	CHECK_EQ(fake_count(DMARING_IOC_ATTACH), 0);
}

TEST(info_for_programs)
{
	CHECK_EQ(output_of("info --json " FAKE_DEVICE), EXIT_OK);
	output_has(output.out, "{\"devices\": [{\"device\": \"" FAKE_DEVICE "\", ");
	output_has(output.out, "\"bus\": \"nowhere\", \"stream\": 1, ");
	output_has(output.out, "\"test_pattern\": true, ");
	output_has(output.out, "\"pool\": {\"asked\": 0, \"buffers\": 4, \"limit\": \"dma_mask\", ");
	output_has(output.out, "\"consumers_max\": 1, \"viewer_reserved\": 1, ");
	output_has(output.out, "\"viewer_buffers\": 2, \"regions\": [{\"index\": 0, ");
	output_has(output.out, "\"name\": \"registers\", \"length\": 20, \"width\": 4, ");
	output_has(output.out, "\"read\": true, \"map\": false, \"write\": false, ");
	output_has(output.out, "\"cached\": false, \"mmap_offset\": null}, ");
	output_has(output.out, "\"mmap_offset\": 68719476736}], \"metadata\": []}]}\n");
	CHECK_EQ(output_lines(output.out), 1);
}

TEST(info_of_what_the_card_says_of_frames)
{
	fake_offer_meta(FAKE_META_FIELDS);
	CHECK_EQ(output_of("info " FAKE_DEVICE), EXIT_OK);
	output_has(output.out, "  metadata 0   FrameCounter, u64\n");
	output_has(output.out, "  metadata 2   ExposureTime, u32, ns\n");
	output_has(output.out, "  metadata 5   Later, unknown\n");
	CHECK_EQ(output_of("info --json " FAKE_DEVICE), EXIT_OK);
	output_has(output.out, "{\"index\": 6, \"name\": \"Position\", \"type\": \"f64\", ");
	output_has(output.out, "\"unit\": \"\\\"mm\\\", abs\", \"offset\": 32}]}]}\n");
}

TEST(info_of_buffers)
{
	CHECK_EQ(output_of("info --buffers " FAKE_DEVICE), EXIT_OK);
	output_has(output.out, "buffer 3     offset 0xc00000000  idle         bus 0x1000\n");
	CHECK_EQ(fake_count(DMARING_IOC_BUFFER), FAKE_BUFFERS);
}

TEST(info_goes_on_after_a_device_that_fails)
{
	fake_fail(FAKE_OPEN, 0, EACCES);
	CHECK_EQ(output_of("info --json 7 7"), EXIT_ERROR);
	output_has(output.err, "permission denied");
	output_has(output.out, "[{\"device\": \"/dev/dmaring7\", ");
}

TEST(info_knows_every_state)
{
	fake.info.state = DMARING_STATE_RUNNING;
	output_of("info " FAKE_DEVICE);
	output_has(output.out, "state        running\n");
	fake.info.state = DMARING_STATE_RUNNING | DMARING_STATE_FAILED;
	output_of("info " FAKE_DEVICE);
	output_has(output.out, "state        failed\n");
	fake.info.state = DMARING_STATE_SUSPENDED;
	output_of("info " FAKE_DEVICE);
	output_has(output.out, "state        suspended\n");
}

TEST(info_survives_what_it_does_not_know)
{
	fake.info.pool_limit = UINT32_MAX;
	fake.info.format = (struct dmaring_format){ .frame_bytes = 99 };
	fake.info.pool_asked = 12;
	CHECK_EQ(output_of("info " FAKE_DEVICE), EXIT_OK);
	output_has(output.out, "limit        unknown: ");
	output_has(output.out, "format       raw, 99 bytes a frame\n");
	output_has(output.out, "asked        12, of 4 KiB\n");
}

static void set_counters(void)
{
	fake.stats.produced = 123;
	fake.stats.bytes = UINT64_MAX;
	fake.stats.quarantined = 2;
	fake.stats.referenced = 1;
}

TEST(stats_for_people)
{
	set_counters();
	CHECK_EQ(output_of("stats " FAKE_DEVICE), EXIT_OK);
	output_has(output.out, "produced                  123  frames the card produced\n");
	output_has(output.out, "quarantined                 2  buffers kept from everybody\n");
	output_has(output.out, "viewer_reserved             1  buffers reserved by viewers\n");
	output_has(output.out, "referenced                  1  of these because I/O refers to them\n");
	CHECK_EQ(output_lines(output.out), 19);
}

TEST(stats_for_programs)
{
	set_counters();
	CHECK_EQ(output_of("stats --json " FAKE_DEVICE), EXIT_OK);
	output_has(output.out, "{\"device\": \"" FAKE_DEVICE "\", \"produced\": 123, ");
	output_has(output.out, "\"bytes\": 18446744073709551615, ");
	output_has(output.out, "\"quarantined\": 2, \"referenced\": 1, \"absent\": 0, \"consumers\": 0, ");
	output_has(output.out, "\"viewer_buffers\": 2, \"filled\": 0, \"attached\": []}\n");
}

/* Two are attached, and a third that has gone when it is asked for. */
static void set_consumers(void)
{
	fake.stats.consumers = 0x80000003;
	fake.of[0] = (struct dmaring_stats){
		.consumer_pid = 4711,
		.consumer_policy = DMARING_POLICY_LOSSLESS,
		.consumer_running = 1,
		.consumer_produced = 63,
		.consumer_delivered = 50,
		.consumer_waiting = 6,
		.consumer_held = 7,
	};
	fake.of[1] = (struct dmaring_stats){
		.consumer = 1,
		.consumer_policy = DMARING_POLICY_LATEST,
		.consumer_dropped = 8,
		.consumer_overruns = 9,
	};
}

TEST(stats_of_consumers_for_people)
{
	set_consumers();
	CHECK_EQ(output_of("stats " FAKE_DEVICE), EXIT_OK);
	output_has(output.out, "       0     4711 lossless running           50          0 ");
	output_has(output.out, "       1        0 latest   stopped            0          8 ");
	output_has(output.out, " 0       6     7\n");
	output_has(output.out, " 9       0     0\n");
	CHECK_EQ(output_lines(output.out), 19 + 2 + 2);
}

/* Other things are counted by the same numbers. */
TEST(stats_of_a_playback_stream)
{
	set_consumers();
	fake.info.direction = DMARING_PLAYBACK;
	fake.stats.overruns = 7;
	fake.stats.consumers = 2;
	CHECK_EQ(output_of("stats " FAKE_DEVICE), EXIT_OK);
	output_has(output.out, "\nunderruns                   7  times the card wanted a frame and ");
	output_has(output.out, "completed                   0  frames the card sent\n");
	output_has(output.out, " state           sent     unsent  underruns   empty  held\n");
	output_has(output.out, "        0          8          9       0     0\n");
	CHECK(!strstr(output.out, "overruns "));
	CHECK_EQ(output_lines(output.out), 19 + 2 + 1);
	fake.steps = 0;
	fake.interrupt_at = 2;
	CHECK_EQ(output_of("stats --watch 0.01 " FAKE_DEVICE), EXIT_OK);
	output_has(output.out, ", underruns 7 (+0, 0.0/s), ");
	output_has(output.out, "sent 0 (0.0/s) unsent 8 underruns 9 empty 0 held 0\n");
	/* A program finds them by one name. */
	CHECK_EQ(output_of("stats --json " FAKE_DEVICE), EXIT_OK);
	output_has(output.out, ", \"overruns\": 7, ");
	output_has(output.out, "\"taken\": 0, \"dropped\": 8, \"overruns\": 9, ");
}

TEST(stats_of_consumers_for_programs)
{
	set_consumers();
	CHECK_EQ(output_of("stats --json " FAKE_DEVICE), EXIT_OK);
	output_has(output.out, "\"attached\": [{\"consumer\": 0, \"pid\": 4711, ");
	output_has(output.out, "\"policy\": \"lossless\", \"running\": true, ");
	output_has(output.out, "\"produced\": 63, \"taken\": 50, \"dropped\": 0, ");
	output_has(output.out, "\"dropped\": 8, \"overruns\": 9, \"waiting\": 0, \"held\": 0}]}\n");
	CHECK_EQ(output_lines(output.out), 1);
}

TEST(stats_of_consumers_again_and_again)
{
	set_consumers();
	fake.interrupt_at = 2;
	CHECK_EQ(output_of("stats --watch 0.01 " FAKE_DEVICE), EXIT_OK);
	output_has(output.out, ", consumer 0 (pid 4711, lossless, running): taken 50 dropped 0 ");
	output_has(output.out, ": taken 50 (0.0/s) dropped 0 overruns 0 waiting 6 held 7");
	CHECK_EQ(output_lines(output.out), 2);
}

TEST(stats_watch_until_interrupted)
{
	set_counters();
	fake.interrupt_at = 3;
	CHECK_EQ(output_of("stats --watch 0.01 " FAKE_DEVICE), EXIT_OK);
	output_has(output.out, "produced 123, completed 0, ");
	output_has(output.out, "\nproduced 123 (+0, 0.0/s), ");
	CHECK_EQ(output_lines(output.out), 3);
}

/* A signal before the sleep must end it, too. */
TEST(stats_watch_does_not_sleep_once_interrupted)
{
	alarm(20);
	fake.interrupt_at = 1;
	CHECK_EQ(output_of("stats --watch=60 --json 7"), EXIT_OK);
	CHECK_EQ(output_lines(output.out), 1);
}

TEST(stats_end_when_the_card_goes)
{
	fake_fail(DMARING_IOC_STATS, 0, ENODEV);
	CHECK_EQ(output_of("stats " FAKE_DEVICE), EXIT_ERROR);
	output_has(output.err, "the card is gone");
	CHECK_EQ(fake_count(FAKE_CLOSE), 1);
}

TEST(help_lists_the_commands)
{
	CHECK_EQ(output_of("help"), EXIT_OK);
	output_has(output.out, "\n  capture   take frames;");
	output_has(output.out, "\n  version   print the version\n");
	CHECK_EQ(output_of("--help"), EXIT_OK);
	output_has(output.out, "\n  capture   take frames;");
}

TEST(help_of_a_command)
{
	CHECK_EQ(output_of("help capture"), EXIT_OK);
	output_has(output.out, "usage: dmaring capture [OPTION...] [DEVICE]\n");
	output_has(output.out, "\n  -n, --frames N           end after N frames\n");
	CHECK_EQ(output_of("help list"), EXIT_OK);
	output_has(output.out, "usage: dmaring list [OPTION...]\n");
	CHECK_EQ(output_of("help capure"), EXIT_USAGE);
	output_has(output.err, "did you mean 'capture'?");
	CHECK_EQ(output_of("help capture view"), EXIT_USAGE);
	output_has(output.err, "only one COMMAND");
}

/* All that a command has, and nothing that it has not */
TEST(every_option_is_in_the_usage_text_of_its_commands)
{
	CHECK_EQ(output_of("stats -h"), EXIT_OK);
	output_has(output.out, "      --watch [SECONDS]  again every SECONDS");
	output_has(output.out, "\n  -h, --help             print this\n");
	CHECK(!strstr(output.out, "--frames"));
	CHECK_EQ(output_of("stats --frames 3"), EXIT_USAGE);
	output_has(output.err, "dmaring stats: unrecognized option '--frames'");
}

TEST(version)
{
	CHECK_EQ(output_of("version"), EXIT_OK);
	output_has(output.out, "dmaring ");
	CHECK_EQ(output_of("--version"), EXIT_OK);
	output_has(output.out, "dmaring ");
	CHECK_EQ(output_of("version 1"), EXIT_USAGE);
	output_has(output.err, "takes no argument");
}

int main(void)
{
	return tap_run(fake_reset, NULL);
}
