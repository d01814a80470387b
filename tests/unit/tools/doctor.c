// SPDX-License-Identifier: MIT
/*
 * "dmaring doctor": facts from looks, traces and recordings that are made here, and the
 * cause that it finds in them.
 */
#include "doctor/causes.h"
#include "doctor/trace_state.h"
#include "output.h"
#include "scratch.h"

#include <fcntl.h>
#include <libdmaring-record.h>
#include <stdlib.h>
#include <zlib.h>

#define MS	1000000ULL
#define BUFFERS	32

static struct evidence facts;
static struct diagnosis diagnosis;

/* ------------------------------------------------------------------- from facts */

static void begin(void)
{
	scratch_make();
	REQUIRE(!chdir(scratch));
	evidence_begin(&facts, "dmaring0");
	facts.buffers = BUFFERS;
	facts.rate = 1000;
	facts.begin_ns = 1000 * MS;
	facts.end_ns = 3000 * MS;
	facts.has_buffers = true;
	strcpy(facts.driver, "dmaring_virt");
}

/* So many frames were lost while consumer 0 had these. */
static struct consumer_facts *lost_by_consumer(uint64_t lost, uint32_t waiting, uint32_t held)
{
	struct consumer_facts *of = &facts.of[0];

	facts.overruns = lost;
	facts.lost_held = lost;
	*of = (struct consumer_facts){
		.policy = DMARING_POLICY_LOSSLESS, .watermark = 1, .pid = 42,
		.name = "grab", .lost = lost, .lost_waiting = waiting, .lost_held = held,
		.looks = { [DOING_SLEEP] = 10 },
	};
	return of;
}

static void finds(const char *cause, const char *evidence, const char *change)
{
	diagnose(&facts, &diagnosis);
	REQUIRE(diagnosis.count);
	if (!CHECK(!strcmp(diagnosis.of[0].cause, cause)))
		printf("# it is %s\n", diagnosis.of[0].cause);
	CHECK_EQ(diagnosis.count, 1);
	CHECK_EQ(diagnosis.explained, facts.overruns);
	output_has(diagnosis.of[0].evidence, evidence);
	output_has(diagnosis.of[0].change, change);
}

static void finds_nothing(void)
{
	diagnose(&facts, &diagnosis);
	CHECK_EQ(diagnosis.count, 0);
}

TEST(nothing_is_found_where_nothing_is_wrong)
{
	facts.completed = 2000;
	facts.late.count = 3;
	finds_nothing();
	CHECK_EQ(diagnosis.lost, 0);
}

TEST(frames_that_are_kept)
{
	lost_by_consumer(50, 2, 30)->longest_hold_ns = 100 * MS;
	finds("hold", "consumer 0 (pid 42, grab) had taken 30 of 32 buffers and kept them for up to 100.0 ms, in which the card makes 100 frames",
	      "modprobe dmaring_virt buffers=149");
}

TEST(how_many_buffers_would_have_been_enough)
{
	lost_by_consumer(50, 32, 0)->longest_pause_ns = 80 * MS;
	finds("pause", "for 80.0 ms, in which the card makes 80 frames; the pool has 32 buffers",
	      "with modprobe dmaring_virt buffers=92 nothing would have been lost");
}

TEST(a_consumer_that_was_stopped)
{
	struct consumer_facts *of = lost_by_consumer(50, 32, 0);

	of->longest_pause_ns = 80 * MS;
	of->looks_in_pause[DOING_STOPPED] = 9;
	of->looks_in_pause[DOING_SLEEP] = 1;
	finds("pause", "then it was asleep in 1 of 10 looks, stopped in 9 of 10 looks",
	      "or do not stop it");
}

TEST(a_watermark_that_is_too_high)
{
	struct consumer_facts *of = lost_by_consumer(50, 30, 0);

	of->watermark = 30;
	of->longest_pause_ns = 31 * MS;
	finds("watermark", "is woken when 30 of 32 buffers have frames for it; then the card has 2, for 2.0 ms",
	      "--watermark 8 or less");
	of->watermark = 8;
	of->longest_pause_ns = 3 * MS;
	finds("slow", "is slower than the card", "more buffers do not help");
}

TEST(a_disk_that_is_slow)
{
	struct consumer_facts *of = lost_by_consumer(50, 2, 30);

	of->written_bytes = 8 << 20;
	of->longest_hold_ns = 100 * MS;
	facts.frame_bytes = 1 << 20;
	strcpy(facts.disk, "sda");
	facts.disk_busy_percent = 99;
	finds("disk", "it wrote 4.0 MiB/s, and the card makes 1000.0 MiB/s; sda was busy for 99 % of the time",
	      "a faster disk");
	facts.disk_busy_percent = 20;
	finds("hold", "had taken 30 of 32", "give frames back sooner");
	of->looks_in_pause[DOING_DISK] = 9;
	finds("disk", "waiting for a disk in 9 of 9 looks", "a faster disk");
}

TEST(no_time_on_a_processor)
{
	struct consumer_facts *of = lost_by_consumer(50, 32, 0);

	of->longest_pause_ns = 60 * MS;
	of->queued_most_ns = 59 * MS;
	strcpy(facts.rt_hog, "hog (7)");
	facts.rt_hog_percent = 70;
	finds("processor", "hog (7), which has real-time priority, ran for 70 % of the time",
	      "chrt -f 10");
	of->pid = 7;
	facts.rt_hog_pid = 7;
	facts.rt_hog_percent = 95;
	facts.rt_runtime_us = 950000;
	finds("processor", "real-time threads are throttled after 950000 us of a period",
	      "let it sleep until frames come");
}

TEST(viewers_that_have_too_many)
{
	struct consumer_facts *of = lost_by_consumer(50, 1, 23);

	of->policy = DMARING_POLICY_LATEST;
	of->reserved = 24;
	facts.viewer_buffers = 24;
	finds("viewers", "had 24 of 32 buffers when the card had none; viewers can reserve 24",
	      "viewer_buffers=8");
}

TEST(interrupts_that_come_late)
{
	facts.overruns = 40;
	facts.lost_late = 40;
	facts.late = (struct late_facts){ .count = 2, .longest_ns = 70 * MS,
					  .most = 32, .batches = 1900 };
	strcpy(facts.irq, "27");
	strcpy(facts.irq_cpus, "0-1");
	facts.rt_runtime_us = 950000;
	finds("interrupts", "2 times, up to 32 at once after 70.0 ms of silence",
	      "echo CPU >/proc/irq/27/smp_affinity_list");
	output_has(diagnosis.of[0].evidence, "throttled after 950000 us");
	facts.late.count = 1900;
	finds("moderation", "that is how most of them come (1900 of 1900 times)",
	      "at most 8 frames");
}

TEST(what_the_card_does_by_itself)
{
	facts.overruns = 9;
	facts.lost_armed = 9;
	facts.armed_at_loss = 30;
	finds("card", "though it had 30 buffers or more", "nothing in the pool");
	facts.bad_completions = 2;
	finds("bad-completions", "completed 2 buffers that it did not have",
	      "dmaring check --only trust");
}

TEST(faults_that_lose_nothing_are_named_too)
{
	facts.completed = 100;
	facts.stalls = 2;
	finds("stall", "2 times", "trigger");
	facts.stalls = 0;
	facts.completed = 0;
	facts.running = true;
	facts.least_armed = 31;
	finds("stall", "completed nothing in 2.00 s", "trigger");
	facts.rested = true;
	finds_nothing();
	facts.rested = false;
	facts.rate = 0;
	finds_nothing();
	facts.completed = 100;
	facts.errors = 7;
	finds("damage", "marked 7 of 100 frames", "cable");
}

TEST(the_one_that_explains_most_comes_first)
{
	lost_by_consumer(10, 30, 2);
	facts.overruns = 100;
	facts.lost_armed = 70;
	facts.lost_unknown = 20;
	diagnose(&facts, &diagnosis);
	REQUIRE_EQ(diagnosis.count, 2);
	CHECK(!strcmp(diagnosis.of[0].cause, "card"));
	CHECK(!strcmp(diagnosis.of[1].cause, "slow"));
	CHECK_EQ(diagnosis.lost - diagnosis.explained, 20);
}

/* -------------------------------------------------------------------- from looks */

/* Each millisecond the card has @armed buffers, consumer 0 has @held, a frame is lost. */
static void look_while_frames_are_lost(uint32_t armed, uint32_t held, uint32_t aside)
{
	struct moment moment = {
		.time_ns = facts.begin_ns, .polled = true, .has_buffers = true,
		.armed = armed, .aside = aside, .consumers = 1, .of[0].held = held,
	};

	for (int i = 0; i < 100; i++) {
		evidence_add(&facts, &moment);
		moment.time_ns += MS;
		moment.completed++;
		moment.overruns++;
		moment.of[0].taken++;
		moment.of[0].released++;
	}
	facts.of[0].policy = DMARING_POLICY_LOSSLESS;
	facts.quarantined = aside;
	evidence_end(&facts);
}

TEST(buffers_that_nobody_may_have)
{
	look_while_frames_are_lost(1, 1, 30);
	facts.referenced = 10;
	finds("quarantine", "30 of 32 buffers were kept from everybody when the card had none: 10 because I/O still refers to them, 20 because",
	      "stop all");
	facts.bad_lengths = 20;
	finds("bad-completions", "20 with more bytes than a buffer has; 30 buffers are kept",
	      "firmware");
}

TEST(some_of_which_leave_enough)
{
	look_while_frames_are_lost(0, 28, 4);
	finds("hold", "consumer 0 had taken 28 of 32 buffers", "give frames back sooner");
}

/* ------------------------------------------------------------------- from traces */

static FILE *trace;
static uint64_t now_us, total;

static void event(const char *format, ...)
{
	va_list values;

	fprintf(trace, "   a b-c-71      [000] d.h1. %5llu.%06llu: ",
		(unsigned long long)now_us / 1000000, (unsigned long long)now_us % 1000000);
	va_start(values, format);
	vfprintf(trace, format, values);
	va_end(values);
	fputc('\n', trace);
}

/* Frame @n, in the next buffer. */
static void complete(unsigned int n)
{
	event("dmaring_complete: dmaring0 buffer=%u sequence=%u bytes_used=1 flags=0x0", n % 8, n);
	event("dmaring_publish: dmaring0 buffer=%u cookie=%#x sequence=%u consumers=0x1", n % 8,
	      (n + 1) << 16 | n % 8, n);
}

static void take(unsigned int n)
{
	event("dmaring_dequeue: dmaring0 consumer=0 buffer=%u sequence=%u", n % 8, n);
}

static void give(unsigned int n)
{
	event("dmaring_release: dmaring0 consumer=0 cookie=%#x", (n + 1) << 16 | n % 8);
	event("dmaring_arm: dmaring0 buffer=%u", n % 8);
}

static void lose(unsigned int frames)
{
	total += frames;
	event("dmaring_overrun: dmaring0 frames=%u total=%u", frames, (unsigned int)total);
}

/* A frame each millisecond, taken and given back at once. */
static unsigned int live_well(unsigned int n, unsigned int frames)
{
	for (; frames; frames--, n++) {
		now_us += 1000;
		complete(n);
		take(n);
		give(n);
	}
	return n;
}

static void begin_trace(void)
{
	trace = fopen("trace", "w");
	REQUIRE(trace);
	now_us = 5000000;
	fputs("# tracer: nop\n#\n", trace);
}

static int ask(const char *line)
{
	if (trace)
		fclose(trace);
	trace = NULL;
	return output_of(line);
}

TEST(a_trace_of_a_healthy_stream)
{
	begin_trace();
	live_well(0, 100);
	CHECK_EQ(ask("doctor --trace trace"), 0);
	output_has(output.out, "healthy: no frame was lost; at the worst moment the card had 7 of 8 buffers");
}

TEST(a_trace_of_a_consumer_that_keeps_frames)
{
	unsigned int n, i;

	begin_trace();
	n = live_well(0, 96);
	for (i = 0; i < 8; i++) {
		now_us += 1000;
		complete(n + i);
		take(n + i);
	}
	for (i = 0; i < 20; i++) {
		now_us += 1000;
		lose(1);
	}
	for (i = 0; i < 8; i++)
		give(n + i);
	live_well(n + 8, 50);
	CHECK_EQ(ask("doctor --trace trace"), 1);
	output_has(output.out, "154 frames came, 20 were lost, in 1 gap of up to 20 frames");
	output_has(output.out, "CAUSE 1: frames are kept too long (hold, 20 of 20 lost frames)");
	output_has(output.out, "consumer 0 (pid 71, a b-c) had taken 8 of 8 buffers and kept them for up to 27.0 ms");
	CHECK(!strstr(output.out, "CAUSE 2"));
	CHECK(!strstr(output.out, "not explained"));
}

TEST(a_trace_of_late_interrupts)
{
	unsigned int n, i;

	begin_trace();
	n = live_well(0, 96);
	now_us += 30000;
	for (i = 0; i < 8; i++, now_us += 5)
		complete(n + i);
	lose(22);
	for (i = 0; i < 8; i++, now_us += 5) {
		take(n + i);
		give(n + i);
	}
	live_well(n + 8, 50);
	CHECK_EQ(ask("doctor --json --trace trace dmaring0"), 1);
	output_has(output.out, "\"lost\": 22, \"unexplained\": 0");
	output_has(output.out, "\"causes\": [{\"cause\": \"interrupts\"");
	output_has(output.out, "up to 8 at once after 30.0 ms of silence");
}

/* Who knows what consumers had before? */
TEST(what_a_trace_cannot_tell_is_not_explained)
{
	begin_trace();
	complete(7);
	take(7);
	lose(5);
	CHECK_EQ(ask("doctor --trace trace"), 1);
	output_has(output.out, "5 of 5 lost frames are not explained");
}

/* As the kernel and as trace-cmd say it: what was missed may have been anything. */
static void check_missed(const char *word)
{
	begin_trace();
	live_well(0, 100);
	fprintf(trace, "%s\n", word);
	live_well(100, 100);
	CHECK_EQ(ask("doctor --trace trace"), 2);
	output_has(output.out, "what there is of the trace tells of no loss");
	CHECK(!strstr(output.out, "healthy"));
}

TEST(a_trace_with_missing_events_calls_nothing_healthy)
{
	check_missed("CPU:0 [LOST 123 EVENTS]");
	check_missed("CPU:0 [LOST EVENTS]");
	check_missed("CPU:0 [123 EVENTS DROPPED]");
	check_missed("CPU:0 [EVENTS DROPPED]");
}

TEST(garbage_is_no_trace)
{
	static const char *const lines[] = {
		"", ": dmaring_publish:", "x: dmaring_publish: dmaring0 buffer=1",
		"1.2: dmaring_publish: dmaring", "1.2.3: dmaring_publish: dmaring0 buffer=1",
		"99999999999.2: dmaring_arm: dmaring0 buffer=1",
		" 1.2: dmaring_arm: dmaring999999999999999999999 buffer=1",
		" 1.2: dmaring_arm: dmaring0 buffer=4294967295", "1.2: dmaring_unknown: dmaring0",
		" 1.2: dmaring_dequeue: dmaring0 consumer=32 buffer=1",
	};
	struct trace_event event;

	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++)
		if (!CHECK(!trace_parse(lines[i], &event) || event.minor > 255))
			printf("# %s\n", lines[i]);
	begin_trace();
	for (int i = 0; i < 100000; i++)
		fputc(rand(), trace);
	CHECK_EQ(ask("doctor --trace trace"), 2);
	output_has(output.err, "tells of a stream of dmaring");
	CHECK_EQ(ask("doctor --trace nowhere"), 2);
	CHECK_EQ(ask("doctor --trace /"), 2);
}

/* Events in an order that cannot be: it may say anything, and must go on. */
TEST(a_trace_that_lies)
{
	begin_trace();
	for (int i = 0; i < 20000; i++) {
		unsigned int n = rand() % 24;

		now_us += rand() % 5000;
		switch (rand() % 6) {
		case 0:
			complete(n);
			break;
		case 1:
			take(n);
			break;
		case 2:
			give(n);
			break;
		case 3:
			lose(rand());
			break;
		case 4:
			event("dmaring_publish: dmaring0 buffer=%u cookie=%d consumers=%#x", n,
			      rand(), (unsigned int)rand());
			break;
		default:
			now_us -= 1000;
		}
	}
	CHECK(ask("doctor --trace trace") < 3);
	CHECK(strlen(output.out));
}

/* --------------------------------------------------------------- from recordings */

static struct dmaring_format format;

static void write_header(int fd, uint32_t number)
{
	struct dmaring_record_header header = {
		.magic = DMARING_RECORD_MAGIC, .version = DMARING_RECORD_VERSION,
		.header_bytes = 128, .record_bytes = 128, .stride = 4096, .data_offset = 4096,
		.format = format,
		.number = number,
	};

	header.crc32 = crc32(0, (const void *)&header, sizeof(header) - 4);
	REQUIRE_EQ(write(fd, &header, sizeof(header)), sizeof(header));
}

static uint64_t frame_ms, sequence, overruns_total;

/* A pair of files of so many frames; before frame @at, and each @step later, @lost more. */
static void write_file(uint32_t number, int frames, int at, int step, int lost)
{
	char name[32];
	int fd;

	snprintf(name, sizeof(name), "r/frames-%03u.npy", number);
	close(open(name, O_CREAT | O_WRONLY, 0644));
	snprintf(name, sizeof(name), "r/frames-%03u.idx", number);
	fd = open(name, O_CREAT | O_WRONLY | O_TRUNC, 0644);
	REQUIRE(fd >= 0);
	write_header(fd, number);
	for (int i = 0; i < frames; i++) {
		struct dmaring_record record = { .position = 4096ULL * (i + 1) };

		if (lost && i >= at && (i == at || (step && (i - at) % step == 0))) {
			record.overruns = lost;
			overruns_total += lost;
			sequence += lost;
			frame_ms += lost;
		}
		record.frame.sequence = sequence++;
		record.frame.overruns_total = overruns_total;
		record.frame.timestamp_ns = ++frame_ms * MS;
		record.frame.buffer = i % 16;
		record.frame.bytes_used = 4096;
		record.crc32 = crc32(0, (const void *)&record, sizeof(record) - 4);
		REQUIRE_EQ(write(fd, &record, sizeof(record)), sizeof(record));
	}
	close(fd);
}

static void begin_recording(void)
{
	REQUIRE(!mkdir("r", 0755));
	format = (struct dmaring_format){
		.frame_bytes = 4096, .rate_numerator = 1000, .rate_denominator = 1,
	};
	frame_ms = 10000;
}

TEST(a_recording_without_a_loss)
{
	begin_recording();
	write_file(0, 500, 0, 0, 0);
	CHECK_EQ(ask("doctor r"), 0);
	output_has(output.out, "500 frames came, 0 were lost\nhealthy: no frame was lost\n");
}

TEST(a_recording_with_one_pause)
{
	FILE *meta;

	begin_recording();
	write_file(0, 500, 200, 0, 30);
	meta = fopen("r/meta.json", "w");
	fputs("{\"driver\": \"dmaring_edu\", \"x\": 1}", meta);
	fclose(meta);
	CHECK_EQ(ask("doctor r"), 1);
	output_has(output.out, "30 were lost, in 1 gap of up to 30 frames (30.0 ms)");
	output_has(output.out, "the first was lost after 0.2");
	output_has(output.out, "CAUSE 1: the pool is too small for the longest pause (pause, 30 of 30 lost frames)");
	output_has(output.out, "modprobe dmaring_edu buffers=54");
}

/* The rate of samples is not that of frames. */
TEST(a_recording_of_samples)
{
	begin_recording();
	format = (struct dmaring_format){
		.pixelformat = DMARING_FOURCC('C', 'S', '1', '6'), .width = 1024, .height = 1,
		.channels = 1, .bytes_per_line = 4096, .frame_bytes = 4096,
		.rate_numerator = 1024000, .rate_denominator = 1,
	};
	write_file(0, 500, 200, 0, 30);
	CHECK_EQ(ask("doctor r"), 1);
	output_has(output.out, "30 were lost, in 1 gap of up to 30 frames (30.0 ms)");
	output_has(output.out, "(pause, 30 of 30 lost frames)");
}

TEST(nobody_waits_for_a_pipe)
{
	begin_recording();
	write_file(0, 500, 200, 0, 30);
	REQUIRE(!mkfifo("r/meta.json", 0644));
	alarm(10);
	CHECK_EQ(ask("doctor r"), 1);
}

TEST(losses_where_files_begin)
{
	begin_recording();
	for (uint32_t i = 0; i < 4; i++)
		write_file(i, 100 + 7 * i, 3, 0, i ? 5 : 0);
	CHECK_EQ(ask("doctor --json r"), 1);
	output_has(output.out, "\"causes\": [{\"cause\": \"split\"");
	output_has(output.out, "3 of them at the beginning of one of the 4 files");
}

TEST(losses_at_even_intervals)
{
	begin_recording();
	write_file(0, 2000, 100, 250, 5);
	CHECK_EQ(ask("doctor --json r"), 1);
	output_has(output.out, "\"causes\": [{\"cause\": \"flush\"");
	output_has(output.out, "they come every 255.0 ms");
}

TEST(a_disk_that_was_too_slow)
{
	begin_recording();
	srand(1);
	write_file(0, 300, 0, 0, 0);
	for (uint32_t i = 1; i < 20; i++)
		write_file(i, 20 + rand() % 90, 17, 0, 10 + rand() % 40);
	CHECK_EQ(ask("doctor --json r"), 1);
	output_has(output.out, "\"causes\": [{\"cause\": \"disk\"");
	output_has(output.out, "3.9 MiB/s that came ");
}

/* A computer that was started anew counts its time anew. */
TEST(a_recording_that_went_on_after_a_restart)
{
	begin_recording();
	write_file(0, 200, 0, 0, 0);
	frame_ms = 5;
	write_file(1, 200, 100, 0, 90);
	CHECK_EQ(ask("doctor r"), 1);
	output_has(output.out, "400 frames came, 90 were lost");
}

TEST(a_share_is_for_its_sender)
{
	begin_recording();
	write_file(0, 100, 50, 0, 10);
	close(open("r/series.json", O_CREAT | O_WRONLY, 0644));
	CHECK_EQ(ask("doctor r"), 2);
	output_has(output.err, "its frames came from a sender");
}

TEST(a_recording_whose_index_is_cut)
{
	begin_recording();
	write_file(0, 500, 200, 0, 30);
	for (int bytes = 128 + 300 * 128 + 127; bytes >= 0; bytes -= 397) {
		REQUIRE(!truncate("r/frames-000.idx", bytes));
		CHECK_EQ(ask("doctor r"), bytes < 2 * 128 ? 2 :
					 bytes < 128 + 201 * 128 ? 0 : 1);
	}
	output_has(output.err, "r has no frame");
	REQUIRE(!truncate("r/frames-000.idx", 100));
	CHECK_EQ(ask("doctor r"), 2);
	output_has(output.err, "'dmaring verify' looks closer");
	REQUIRE(!unlink("r/frames-000.npy"));
	CHECK_EQ(ask("doctor r"), 2);
}

int main(void)
{
	return tap_run(begin, scratch_remove);
}
