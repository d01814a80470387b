// SPDX-License-Identifier: MIT
/*
 * Metrics of two streams, one with a consumer.  With an argument it prints them only,
 * for other programs to read.
 */
#include "fake_kernel.h"

#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>
#include "lib/metrics.h"
#include "tap.h"

static struct metrics_stream streams[2];
static char *text;

static void set_streams(void)
{
	struct sample *first = &streams[0].sample;

	memset(streams, 0, sizeof(streams));
	strcpy(streams[0].name, "dmaring0");
	strcpy(streams[1].name, "dmaring1");
	strcpy(first->info.card, "a \"card\" \\ of\ntwo lines");
	strcpy(first->info.bus_info, "0000:00:04.0");
	first->info.state = DMARING_STATE_RUNNING;
	first->info.buffers = 16;
	first->stats.produced = 1ULL << 63;
	first->stats.idle = 7;
	first->attached = 1;
	first->of[0].consumer = 3;
	first->of[0].consumer_pid = getpid();
	first->of[0].consumer_policy = DMARING_POLICY_LOSSLESS;
	first->of[0].consumer_held = 5;
	first->of[0].consumer_delivered = 1000;
	streams[1].sample.info.direction = DMARING_PLAYBACK;
	streams[1].sample.stats.produced = 4;
}

static FILE *open_text(void)
{
	static size_t bytes;

	free(text);
	return open_memstream(&text, &bytes);
}

static void print(unsigned int count)
{
	FILE *out = open_text();

	metrics_print(out, streams, count);
	fclose(out);
}

static void begin(void)
{
	set_streams();
	print(2);
}

/* How often is that in it? */
static int count_of(const char *part)
{
	const char *at = text;
	int count = 0;

	while ((at = strstr(at, part))) {
		count++;
		at += strlen(part);
	}
	return count;
}

TEST(each_stream_has_its_line)
{
	CHECK(strstr(text, "# TYPE dmaring_produced_frames_total counter\n"
			   "dmaring_produced_frames_total{device=\"dmaring0\"} 9223372036854775808\n"
			   "dmaring_produced_frames_total{device=\"dmaring1\"} 4\n"));
	CHECK(strstr(text, "# TYPE dmaring_idle_buffers gauge\n"
			   "dmaring_idle_buffers{device=\"dmaring0\"} 7\n"));
	CHECK(strstr(text, "dmaring_running{device=\"dmaring0\"} 1\n"
			   "dmaring_running{device=\"dmaring1\"} 0\n"));
	CHECK(strstr(text, "dmaring_streams 2\n"));
}

/* Into memory of its consumer, too. */
TEST(a_card_runs_whatever_else_it_is)
{
	streams[0].sample.info.state |= DMARING_STATE_LENT;
	streams[1].sample.info.state = DMARING_STATE_LENT;
	print(2);
	CHECK(strstr(text, "dmaring_running{device=\"dmaring0\"} 1\n"
			   "dmaring_running{device=\"dmaring1\"} 0\n"));
}

TEST(a_consumer_is_told_by_its_process)
{
	char want[160], name[32] = "";
	FILE *comm = fopen("/proc/self/comm", "r");

	REQUIRE(comm && fgets(name, sizeof(name), comm));
	fclose(comm);
	name[strcspn(name, "\n")] = '\0';
	snprintf(want, sizeof(want),
		 "dmaring_consumer_held_buffers{device=\"dmaring0\",consumer=\"3\",pid=\"%d\",process=\"%s\",policy=\"lossless\"} 5\n",
		 getpid(), name);
	CHECK(strstr(text, want));
	CHECK_EQ(count_of("\ndmaring_consumer_held_buffers{"), 1);
}

/* Who looks on chooses its name; Prometheus refuses all of a file that is not UTF-8. */
TEST(a_name_that_is_no_text)
{
	REQUIRE(!prctl(PR_SET_NAME, "\xff\"\\x"));
	print(2);
	CHECK(strstr(text, "process=\"?\\\"\\\\x\""));
}

TEST(what_cards_say_is_quoted)
{
	CHECK(strstr(text, ",card=\"a \\\"card\\\" \\\\ of\\ntwo lines\","));
}

TEST(a_metric_is_described_once)
{
	const struct counter *counter;
	char head[80];

	for (counter = counters; counter < counters + COUNTERS; counter++) {
		snprintf(head, sizeof(head), "# TYPE dmaring_%s ", counter->metric);
		CHECK_EQ(count_of(head), 1);
	}
}

TEST(a_stream_that_is_named_is_looked_at)
{
	char *name = FAKE_DEVICE;
	FILE *out = open_text();

	fake_reset();
	fake.stats.produced = 77;
	CHECK_EQ(metrics_print_all(out, &name, 1), 0);
	fclose(out);
	CHECK(strstr(text, "dmaring_streams 1\n"));
	CHECK(strstr(text, "dmaring_produced_frames_total{device=\"" FAKE_DEVICE "\"} 77\n"));
}

/* A card's name may be what stood in its memory. */
TEST(what_cards_say_may_be_no_text)
{
	strcpy(streams[0].sample.info.card, "\xc2\xb5\xff\xe2\x82");
	print(2);
	CHECK(strstr(text, ",card=\"\xc2\xb5??\?\","));
}

TEST(no_stream_is_no_error)
{
	print(0);
	CHECK(strstr(text, "dmaring_streams 0\n"));
	CHECK_EQ(count_of("{"), 0);
}

int main(int argc, char **argv)
{
	(void)argv;
	if (argc > 1) {
		set_streams();
		metrics_print(stdout, streams, 2);
		return 0;
	}
	return tap_run(begin, NULL);
}
