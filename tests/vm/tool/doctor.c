// SPDX-License-Identifier: MIT
/*
 * "dmaring doctor": frames are lost on purpose, for one reason at a time, and that reason
 * is the one that it names, and no other.  What it has named is printed: together these
 * lines are a table of what was made and what was found.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <sys/stat.h>
#include "doctor.h"
#include "virt.h"

#define NOBODY	65534

/* ------------------------------------------------------------------ consumers */

static void keep_many(void)
{
	static struct dmaring_frame frames[24];
	struct stream stream;

	attach(&stream, 1);
	for (;;) {
		for (int i = 0; i < 24; i++)
			REQUIRE_EQ(stream_take(stream.fd, &frames[i], 1, FOREVER), 1);
		sleep_ms(100);
		for (int i = 0; i < 24; i++)
			REQUIRE_EQ(stream_give(stream.fd, &frames[i]), 0);
		take(&stream, 32, 0, 10);
	}
}

static void be_woken_late(void)
{
	struct stream stream;

	attach(&stream, 32);
	for (;;)
		take(&stream, 32, 4, 1);
}

static void pause_now_and_then(void)
{
	struct stream stream;

	attach(&stream, 1);
	for (;;) {
		take(&stream, 32, 0, 200);
		sleep_ms(60);
	}
}

static void be_slow(void)
{
	struct stream stream;

	attach(&stream, 1);
	for (;;)
		take(&stream, 1, 2, 1);
}

/* With the few buffers that viewers leave */
static void pause_shortly(void)
{
	struct stream stream;

	attach(&stream, 1);
	for (;;) {
		take(&stream, 32, 0, 50);
		sleep_ms(15);
	}
}

static void view_and_keep(void)
{
	struct stream viewer = viewer_start(1, 23);
	struct dmaring_frame frame;

	for (int i = 0; i < 23; i++)
		REQUIRE_EQ(stream_take(viewer.fd, &frame, 1, FOREVER), 1);
	for (;;)
		pause();
}

static void view(void)
{
	struct stream viewer = viewer_start(1, 1);

	for (;;) {
		take(&viewer, 1, 0, 1);
		sleep_ms(20);
	}
}

static void burn(void)
{
	struct sched_param first = { .sched_priority = 50 };
	long long end;

	REQUIRE_EQ(sched_setscheduler(0, SCHED_FIFO, &first), 0);
	for (;;) {
		for (end = now_ns() + 60 * MS; now_ns() < end;)
			;
		sleep_ms(60);
	}
}

/* ------------------------------------------------------------------ the table */

TEST(a_healthy_stream_is_called_healthy)
{
	begin(live_well);
	begin(view);
	await_frames(20);
	CHECK_EQ(ask("--time 0.3", 0), 0);
	has("healthy: no frame was lost; at the worst moment the card had");
	CHECK_EQ(ask("--json --time 0.3", 0), 0);
	has("\"healthy\": true");
	has("\"lost\": 0");
	has("\"causes\": []");
	CHECK_EQ(ask("--json --time 0.3", NOBODY), 0);
	has("\"traced\": false");
}

TEST(frames_that_are_kept)
{
	begin(keep_many);
	finds("hold");
	has("had taken ");
}

TEST(a_watermark_that_is_too_high)
{
	begin(be_woken_late);
	finds("watermark");
	has("is woken when 32 of 32 buffers");
	has("--watermark 8 or less");
}

TEST(a_pause_that_is_longer_than_the_pool)
{
	begin(pause_now_and_then);
	finds("pause");
	has("then it was asleep");
	has("buffers=");
}

TEST(a_consumer_that_is_stopped)
{
	pid_t pid = begin(live_well), stopper = fork();

	while (!stopper) {
		kill(pid, SIGSTOP);
		sleep_ms(80);
		kill(pid, SIGCONT);
		sleep_ms(200);
	}
	finds("pause");
	has("then it was stopped");
}

TEST(a_consumer_that_is_slow)
{
	begin(be_slow);
	finds("slow");
}

TEST(viewers_with_too_many_buffers)
{
	begin(pause_shortly);
	await_frames(100);
	begin(view_and_keep);
	finds("viewers");
	has("viewer_buffers=");
}

TEST(a_consumer_that_gets_no_processor)
{
	begin(live_well);
	begin(burn);
	/* The source's timer is a soft one, which then comes late, too. */
	finds_as("processor", "interrupts", 0);
	has("has real-time priority, ran for");
}

TEST(frames_that_come_many_at_once)
{
	virt_set("burst", 64);
	begin(live_well);
	finds("moderation");
}

TEST(a_card_that_loses_frames_by_itself)
{
	virt_set("overrun_every", 50);
	virt_set("overrun_frames", 7);
	begin(live_well);
	finds("card");
}

TEST(bad_completions)
{
	virt_set("bad_every", 100);
	begin(live_well);
	finds("bad-completions");
}

TEST(damaged_frames)
{
	virt_set("error_every", 10);
	begin(live_well);
	finds("damage");
}

TEST(a_card_that_falls_silent)
{
	begin(live_well);
	await_frames(100);
	if (!fork()) {
		for (;;) {
			virt_set("stall", 1);
			sleep_ms(300);
			virt_set("stall", 0);
			sleep_ms(300);
		}
	}
	finds("stall");
}

/* --------------------------------------------------------------- without root */

TEST(counters_alone_tell_most)
{
	begin(keep_many);
	finds_as("hold", NULL, NOBODY);
	CHECK_EQ(ask("--time 0.5", NOBODY), 1);
	has("CAUSE 1: frames are kept too long (hold, ");
	has("note: only counters were looked at; the kernel's trace is for root");
}

TEST(counters_alone_tell_of_the_watermark)
{
	begin(be_woken_late);
	finds_as("watermark", NULL, NOBODY);
}

/* ------------------------------------------------------- nothing to be looked at */

TEST(a_stream_that_does_not_run)
{
	CHECK_EQ(ask("--time 0.1", 0), 2);
	has("the card did not run in this time; capture as when");
}

TEST(a_stream_that_is_not_there)
{
	CHECK_EQ(ask("/dev/dmaring77 --time 0.1", 0), 2);
	CHECK_EQ(ask("--trace /nowhere", 0), 2);
	has("cannot open /nowhere");
}

/* Nobody else's trace is disturbed, and nothing stays of it. */
TEST(its_trace_is_its_own)
{
	begin(live_well);
	await_frames(10);
	CHECK_EQ(ask("--time 0.2", 0), 0);
	CHECK(!system("! ls /sys/kernel/tracing/instances | grep ."));
	CHECK(!system("[ $(cat /sys/kernel/tracing/events/dmaring/enable) = 0 ]"));
	CHECK_EQ(ask("--time 60 & sleep 0.5; kill -INT $!; wait $!", 0), 0);
	CHECK(!system("! ls /sys/kernel/tracing/instances | grep ."));
}

/* The same from what the kernel printed. */
TEST(a_trace_that_was_saved)
{
	begin(keep_many);
	await_frames(50);
	CHECK(!chdir("/sys/kernel/tracing"));
	CHECK(!system("echo 1024 >buffer_size_kb; echo 1 >events/dmaring/enable; sleep 0.5"));
	CHECK(!system("echo 0 >events/dmaring/enable; cat trace >/tmp/trace"));
	CHECK_EQ(ask("--json --trace /tmp/trace", 0), 1);
	printf("# %s\n", said);
	names("hold", NULL);
}

static void prepare(void)
{
	virt_prepare();
	REQUIRE_EQ(chmod(card_node(), 0666), 0);
}

/* A stall was asked for: so it is not held against the stream that there was one. */
static void is_left(void)
{
	struct stream stream;

	virt_prepare();
	stream = capture_start();
	CHECK_EQ(stream_info(stream.fd).consumers, 1);
	capture_frames(&stream, 3);
}

int main(void)
{
	return tap_run(prepare, is_left);
}
