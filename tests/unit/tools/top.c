// SPDX-License-Identifier: MIT
/* "dmaring top": all streams and their consumers, on terminals and in pipes. */
#define _GNU_SOURCE		/* posix_openpt */
#include "fake_kernel.h"

#include <dirent.h>
#include "pty.h"

#define CONSUMERS 2

/* What is in /dev, in the order of scandir(); one changes while top runs. */
static const char *nodes[4];
static unsigned int come_at, go_at, looks;

typedef int (*filter_entry)(const struct dirent *entry);

/* As the command calls it */
int fake_scandir(const char *path, struct dirent ***list, filter_entry filter, void *compare)
	__asm__("scandir");

int fake_scandir(const char *path, struct dirent ***list, filter_entry filter, void *compare)
{
	int count = 0;

	(void)path;
	(void)compare;
	looks++;
	*list = calloc(4, sizeof(**list));
	for (int i = 0; i < 4 && nodes[i] && !(i && looks < come_at); i++) {
		if (go_at && looks >= go_at)
			break;
		struct dirent *entry = calloc(1, sizeof(*entry));

		strcpy(entry->d_name, nodes[i]);
		if (filter(entry))
			(*list)[count++] = entry;
		else
			free(entry);
	}
	return count;
}

static void begin(void)
{
	setenv("TERM", "xterm-256color", 1);
	fake_reset();
	nodes[0] = "dmaring7";
	fake.stats.produced = 123;
	fake.stats.overruns = 7;
	fake.stats.armed = 3;
	fake.stats.consumers = 3;
	for (int i = 0; i < CONSUMERS; i++)
		fake.of[i] = (struct dmaring_stats){
			.consumer = i, .consumer_pid = i ? getpid() : 0x7fffffff,
			.consumer_policy = i ? DMARING_POLICY_LATEST : DMARING_POLICY_LOSSLESS,
			.consumer_held = 2 * i, .consumer_waiting = 5, .consumer_delivered = 9,
			.consumer_watermark = 4, .consumer_reserved = 3 * i,
			.consumer_running = 1,
		};
}

TEST(it_prints_once)
{
	char *first, *second;

	CHECK_EQ(output_of("top --once --watch 0.02"), EXIT_OK);
	output_has(output.out, "dmaring top  1 stream, 2 consumers\nstream ");
	output_has(output.out, "\ndmaring7   stopped ");
	CHECK(!strchr(output.out, '\033'));
	CHECK_EQ(output_lines(output.out), 6);
	first = strstr(output.out, "\n   1 ");
	second = strstr(output.out, "\n   0 2147483647 -               lossless     4     -       5     0 ");
	CHECK(first && second && first < second);	/* who holds more comes first */
	output_has(output.out, " top             latest       4     3       5     2 ");
}

TEST(it_tells_programs)
{
	CHECK_EQ(output_of("top --once --json --watch 0.02"), EXIT_OK);
	CHECK_EQ(output_lines(output.out), 1);
	output_has(output.out, "{\"device\": \"/dev/dmaring7\", \"state\": \"stopped\", ");
	output_has(output.out, "\"lost\": 7, \"lost_per_second\": 0.000000, \"armed\": 3, ");
	output_has(output.out, "\"attached\": [{\"consumer\": 1, ");
	output_has(output.out, "\"held\": 2, \"longest_hold_ns\": ");
}

TEST(it_goes_on_in_a_pipe_until_it_is_interrupted)
{
	fake.interrupt_at = 12;
	CHECK_EQ(output_of("top --watch 0.01"), EXIT_OK);
	output_has(output.out, "\n\ndmaring top  1 stream, ");
}

TEST(streams_come_and_some_cannot_be_opened)
{
	nodes[1] = "dmaring8";
	nodes[2] = "dmaringx";
	come_at = 2;
	CHECK_EQ(output_of("top --once --watch 0.02"), EXIT_OK);
	output_has(output.out, "dmaring top  2 streams, 2 consumers");
	output_has(output.out, "\ndmaring8   cannot be looked at: No such file or directory\n");
}

TEST(streams_go)
{
	fake.interrupt_at = 10;
	go_at = 3;
	CHECK_EQ(output_of("top --once --watch 0.02"), EXIT_OK);
	output_has(output.out, "dmaring top  1 stream, 2 consumers");
	looks = 2;
	CHECK_EQ(output_of("top --once --watch 0.02"), EXIT_OK);
	output_has(output.out, "dmaring top  0 streams, 0 consumers\nthere is no stream: ");
}

TEST(a_card_that_goes_while_it_is_looked_at)
{
	fake_fail(DMARING_IOC_STATS, 0, ENODEV);
	CHECK_EQ(output_of("top --json --once --watch 0.02"), EXIT_OK);
	output_has(output.out, "{\"device\": \"/dev/dmaring7\", ");
	CHECK_EQ(fake_count(FAKE_OPEN), 2);
}

TEST(it_shows_in_place_and_leaves_the_terminal_as_it_was)
{
	fake.interrupt_at = 3;
	pty_open(100, 24);
	CHECK_EQ(pty_run("top --watch 0.01"), EXIT_OK);
	output_has(output.out, "dmaring top  1 stream, 2 consumers  (q quits)");
	pty_check_restored();
	fake_reset();
	pty_open(80, 24);
	pty_type("xyq");
	CHECK_EQ(pty_run("top --watch 60"), EXIT_OK);
	pty_check_restored();
}

TEST(a_signal_that_kills_restores_the_terminal)
{
	int status;

	fake.raise_twice_at = 2;
	pty_open(80, 24);
	status = pty_run_to_death("top --watch 0.01");
	CHECK(WIFSIGNALED(status));
	pty_check_restored();
}

static void resize_and_quit(void)
{
	int there;

	if (fork())
		return;
	do {
		usleep(10000);
		REQUIRE(!ioctl(pty.master, FIONREAD, &there));
	} while (there <= 200);
	pty_resize(30, 2);
	for (int more = there; more <= there;) {
		usleep(10000);
		REQUIRE(!ioctl(pty.master, FIONREAD, &more));
	}
	pty_type("q");
	_exit(0);
}

TEST(it_follows_the_size_of_the_terminal)
{
	alarm(60);
	pty_open(80, 24);
	resize_and_quit();
	CHECK_EQ(pty_run("top --watch 60"), EXIT_OK);
	output_has(output.out, "more lines, in a larger");
	pty_check_restored();
}

int main(void)
{
	return tap_run(begin, NULL);
}
