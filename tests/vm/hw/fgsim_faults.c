// SPDX-License-Identifier: MIT
/*
 * Every fault of the card's fault page: it is counted and traced, the stream goes on or
 * fails cleanly, and no wrong frame is handed out as good.
 */
#include "fgsim.h"
#include "pulse.h"
#include "interlude.h"
#include "ring.h"

#define TRACING		"/sys/kernel/tracing/"
#define DEAF_MS		3600000	/* or until the test says that it is enough */
#define LOSING_RATE	200000	/* of so many a second most are lost */
#define AFTERWARDS	100	/* frames that must come, and be right; or must not come */
#define PULSES		20	/* of the driver; in two of them it sees a lost interrupt */
#define LATE_BYTES	16
#define LATE_BYTE	0xee

static long long counted_before;
static struct dmaring_stats stats_before;

/* The kernel that looks for races is built without; trace.sh insists on it elsewhere. */
static int has_trace(void)
{
	return !access(TRACING "trace", F_OK);
}

/* How often the trace names it, and the trace is empty again. */
static int traced(const char *counter)
{
	char line[512], name[64];
	FILE *trace = fopen(TRACING "trace", "re");
	int count = 0;

	REQUIRE(trace);
	snprintf(name, sizeof(name), " %s value=", counter);
	while (fgets(line, sizeof(line), trace))
		count += strstr(line, " dmaring_card_fault: ") && strstr(line, name);
	fclose(trace);
	trace = fopen(TRACING "trace", "we");
	REQUIRE(trace);
	fclose(trace);
	return count;
}

static void remember(const struct stream *stream, const char *counter)
{
	if (has_trace()) {
		REQUIRE_EQ(file_write(TRACING "events/dmaring/dmaring_card_fault/enable", "1"), 0);
		traced(counter);
	}
	counted_before = fgsim_count(counter);
	REQUIRE(counted_before >= 0);
	stats_before = stream_stats(stream->fd);
}

/* The next frame, in order; its content is verified unless it is marked. */
static struct dmaring_frame next_frame(const struct stream *stream, struct dmaring_frame before)
{
	struct dmaring_frame frame;

	REQUIRE_EQ(stream_await(stream->fd, &frame), 1);
	CHECK(frame.sequence > before.sequence);
	CHECK(frame.timestamp_ns > before.timestamp_ns);
	CHECK(frame.timestamp_ns <= (uint64_t)now_ns());
	CHECK(frame.sequence - before.sequence - 1 ==
	      frame.overruns_total - before.overruns_total);
	if (!(frame.flags & DMARING_FRAME_ERROR))
		capture_verify(stream, &frame);
	CHECK_EQ(stream_give(stream->fd, &frame), 0);
	return frame;
}

/* Wants faults; takes frames until they were made, and some more: how many had these flags? */
static int take_spoilt(const struct stream *stream, enum fgsim_fault fault, uint32_t count,
		       uint32_t set, uint32_t clear)
{
	struct dmaring_frame frame = capture_take(stream);
	int marked = 0;

	CHECK_EQ(stream_give(stream->fd, &frame), 0);
	fault_want(fault, count);
	for (int left = AFTERWARDS; left; left -= fault_made(fault)) {
		frame = next_frame(stream, frame);
		marked += (frame.flags & set) == set && !(frame.flags & clear);
	}
	return marked;
}

static void check_counted(const char *counter, int count)
{
	CHECK_EQ(fgsim_count(counter) - counted_before, count);
	if (has_trace())
		CHECK_EQ(traced(counter), count);
}

/* The buffers in doubt are quarantined, their frames overruns, until STOP. */
static void check_lost(const struct stream *stream, unsigned int count)
{
	struct dmaring_stats stats = stream_stats(stream->fd);

	CHECK_EQ(stats.quarantined, count);
	CHECK(stats.overruns - stats_before.overruns >= count);
	CHECK_EQ(stats.errors - stats_before.errors, count);
	CHECK_EQ(call(stream->fd, DMARING_IOC_STOP, NULL), 0);
	CHECK_EQ(stream_stats(stream->fd).quarantined, 0);
}

/* Faults after which the frame is lost and its buffer in doubt. */
static void loses_frames(enum fgsim_fault fault, const char *counter)
{
	struct stream stream = capture_start();

	capture_frames(&stream, 3);
	remember(&stream, counter);
	take_spoilt(&stream, fault, 3, 0, 0);
	check_counted(counter, 3);
	check_lost(&stream, 3);
}

TEST(dropped_completions) { loses_frames(FGSIM_FAULT_DROP, "skipped"); }
TEST(impossible_lengths) { loses_frames(FGSIM_FAULT_LENGTH, "bad_lengths"); }
TEST(impossible_sequence_numbers) { loses_frames(FGSIM_FAULT_SEQUENCE, "bad_sequences"); }

/* Of hundreds of lost frames the card tells with the next one that finds a buffer. */
static void lies_after_losses(void)
{
	struct stream stream = capture_start();
	struct dmaring_frame frames[MAPS_MAX];

	remember(&stream, "bad_sequences");
	capture_hold_all(&stream, frames);
	fault_want(FGSIM_FAULT_SEQUENCE, 1);
	for (uint32_t i = 0; i < stream.info.buffers; i++)
		CHECK_EQ(stream_give(stream.fd, &frames[i]), 0);
	while (!fault_made(FGSIM_FAULT_SEQUENCE))
		capture_frames(&stream, 1);
	capture_frames(&stream, AFTERWARDS);
	check_counted("bad_sequences", 1);
	check_lost(&stream, 1);
	close(stream.fd);
}

TEST(impossible_sequence_numbers_after_losses)
{
	fgsim_set_rate(LOSING_RATE);
	for (int round = 0; round < 5; round++)
		lies_after_losses();
}

TEST(cookies_that_were_never_posted) { loses_frames(FGSIM_FAULT_COOKIE, "bad_cookies"); }
TEST(cookies_of_earlier_buffers) { loses_frames(FGSIM_FAULT_STALE, "bad_cookies"); }

TEST(duplicate_completions)
{
	struct stream stream = capture_start();
	struct dmaring_stats stats;

	remember(&stream, "bad_cookies");
	take_spoilt(&stream, FGSIM_FAULT_DUPLICATE, 20, 0, 0);
	check_counted("bad_cookies", 20);
	stats = stream_stats(stream.fd);
	CHECK_EQ(stats.bad_completions - stats_before.bad_completions, 20);
	CHECK_EQ(stats.quarantined, 0);
}

TEST(one_after_the_other)
{
	struct stream stream = capture_start();

	remember(&stream, "bad_cookies");
	for (int fault = FGSIM_FAULT_DROP; fault <= FGSIM_FAULT_TIMESTAMP; fault++)
		take_spoilt(&stream, fault, 1, 0, 0);
	CHECK(fgsim_count("bad_cookies") > counted_before);
}

TEST(short_frames_are_marked)
{
	struct stream stream = capture_start();

	remember(&stream, "bad_lengths");
	CHECK_EQ(take_spoilt(&stream, FGSIM_FAULT_SHORT, 5, DMARING_FRAME_ERROR, 0), 5);
	CHECK_EQ(stream_stats(stream.fd).errors - stats_before.errors, 5);
	check_counted("bad_lengths", 0);
}

TEST(impossible_timestamps_are_replaced)
{
	struct stream stream = capture_start();

	remember(&stream, "bad_timestamps");
	CHECK_EQ(take_spoilt(&stream, FGSIM_FAULT_TIMESTAMP, 5, 0, DMARING_FRAME_HW_TIMESTAMP),
		 5);
	check_counted("bad_timestamps", 5);
}

static struct stream start_triggered(void)
{
	REQUIRE_EQ(card_write("device/triggered", "1"), 0);
	return capture_start();
}

static void fire(void)
{
	REQUIRE_EQ(card_write("device/trigger", "1"), 0);
}

static struct dmaring_frame take_triggered(const struct stream *stream)
{
	struct dmaring_frame frame;

	fire();
	frame = capture_take(stream);
	CHECK_EQ(stream_give(stream->fd, &frame), 0);
	return frame;
}

static int is_late(const struct stream *stream, const struct dmaring_frame *frame)
{
	for (int i = 0; i < LATE_BYTES; i++)
		if (stream->map[frame->buffer][i] != LATE_BYTE)
			return 0;
	return 1;
}

/*
 * The driver can't see these.  They hit the frame that was told of and nothing else; the
 * card writes late by a millisecond, and before any frame that is due after that.
 */
TEST(late_writes_are_survived)
{
	struct stream stream = start_triggered();
	struct dmaring_frame spoilt, frame;

	remember(&stream, "bad_cookies");
	for (int i = 0; i < 5; i++) {
		fault_want(FGSIM_FAULT_LATE_WRITE, 1);
		fire();
		REQUIRE_EQ(stream_await(stream.fd, &spoilt), 1);
		do
			frame = take_triggered(&stream);
		while (frame.timestamp_ns < spoilt.timestamp_ns + 5 * MS);
		CHECK(fault_made(FGSIM_FAULT_LATE_WRITE));
		CHECK(is_late(&stream, &spoilt));
		CHECK_EQ(stream_give(stream.fd, &spoilt), 0);
	}
	for (int i = 0; i < AFTERWARDS; i++)
		take_triggered(&stream);
	check_counted("bad_cookies", 0);
	CHECK_EQ(stream_stats(stream.fd).bad_completions, stats_before.bad_completions);
}

/*
 * One frame whose interrupt is lost: true if the driver found that out, and no interrupt
 * told it.  It may still be awake from the frame before, and see this one by itself.
 */
static int finds_lost_interrupt(const struct stream *stream)
{
	const __le32 *heartbeat = &fgsim_regs()->driver.heartbeat;
	long long interrupts = fgsim_count("interrupts"), lost = fgsim_count("lost_interrupts");
	uint32_t pulses = reg_get(heartbeat);
	struct dmaring_frame frame;

	fault_want(FGSIM_FAULT_LOST_IRQ, 1);
	fire();
	while (stream_take(stream->fd, &frame, 1, 10 * MS) != 1)
		REQUIRE(reg_get(heartbeat) - pulses < PULSES);
	capture_verify(stream, &frame);
	CHECK_EQ(stream_give(stream->fd, &frame), 0);
	return fgsim_count("lost_interrupts") > lost && fgsim_count("interrupts") == interrupts;
}

/* No other frame comes whose interrupt could tell of it: the driver's pulse has to. */
TEST(lost_interrupts)
{
	struct stream stream = start_triggered();
	int found = 0;

	take_triggered(&stream);
	remember(&stream, "lost_interrupts");
	for (int i = 0; i < 20 && found < 3; i++) {
		found += finds_lost_interrupt(&stream);
		CHECK(fault_made(FGSIM_FAULT_LOST_IRQ));
		take_triggered(&stream);
	}
	CHECK_EQ(found, 3);
	CHECK(!has_trace() || traced("lost_interrupts") >= 3);
}

/* With a buffer for each frame the card has no other reason for an event. */
TEST(interrupts_for_nothing)
{
	struct stream stream = start_triggered();
	long long events;

	remember(&stream, "events");
	for (int i = 0; i < 50; i++) {
		fault_want(FGSIM_FAULT_SPURIOUS, 1);
		take_triggered(&stream);
	}
	for (int i = 0; i < AFTERWARDS; i++)
		take_triggered(&stream);
	CHECK(fault_made(FGSIM_FAULT_SPURIOUS));
	events = fgsim_count("events") - counted_before;
	if (!CHECK(events > 0 && events <= 50))
		printf("# %lld events\n", events);
	CHECK_EQ(stream_stats(stream.fd).bad_completions, stats_before.bad_completions);
	CHECK_EQ(stream_stats(stream.fd).overruns, stats_before.overruns);
}

/* A stall is over unseen, where the guest stood still meanwhile and the card did not. */
static int stall_is_told(struct stream *stream, void (*stall)(struct stream *stream))
{
	int told, still, tries = 5;
	struct pulse pulse;

	reg_set(&fgsim_regs()->fault.stall_ms, 2000);
	do {
		remember(stream, "halts");
		pulse_begin(&pulse);
		stall(stream);
		still = pulse_stood_still(&pulse);
		told = stream_stats(stream->fd).stalls > stats_before.stalls;
	} while (!told && still && --tries);
	return told;
}

static void stall_between_frames(struct stream *stream)
{
	take_spoilt(stream, FGSIM_FAULT_STALL, 1, 0, 0);
}

/* The machine's setup loads the driver with a patience of 500 ms. */
TEST(a_stall_is_told_and_survived)
{
	struct stream stream = capture_start();

	CHECK(stall_is_told(&stream, stall_between_frames));
	check_counted("halts", 0);
}

static void stall_after_trigger(struct stream *stream)
{
	fault_want(FGSIM_FAULT_STALL, 1);
	REQUIRE_EQ(card_write("device/trigger", "1"), 0);
	capture_frames(stream, 1);
	CHECK(fault_made(FGSIM_FAULT_STALL));
}

/* A trigger that no frame comes for, though: that is one. */
TEST(a_trigger_without_a_frame_is_a_stall)
{
	struct stream stream;

	REQUIRE_EQ(card_write("device/triggered", "1"), 0);
	stream = capture_start();
	CHECK(stall_is_told(&stream, stall_after_trigger));
}

/* Frames until there are no more for that reason: the error.  Few come after it. */
static int take_until(const struct stream *stream, enum fgsim_fault fault)
{
	int error, left = AFTERWARDS;
	struct dmaring_frame frame;

	fault_want(fault, 1);
	while ((error = stream_await(stream->fd, &frame)) == 1) {
		capture_verify(stream, &frame);
		CHECK_EQ(stream_give(stream->fd, &frame), 0);
		left -= fault_made(fault);
		REQUIRE(left);
	}
	return error;
}

/* After frames that wait: EIO, until the stream is stopped and started. */
static void fails(enum fgsim_fault fault, const char *counter)
{
	struct stream stream = capture_start();

	capture_frames(&stream, 3);
	remember(&stream, counter);
	CHECK_EQ(take_until(&stream, fault), -EIO);
	check_counted(counter, 1);
	CHECK(stream_poll(stream.fd, 0) & POLLERR);
	REQUIRE_EQ(call(stream.fd, DMARING_IOC_STOP, NULL), 0);
	REQUIRE_EQ(call(stream.fd, DMARING_IOC_START, NULL), 0);
	capture_frames(&stream, AFTERWARDS);
}

TEST(an_impossible_ring_index) { fails(FGSIM_FAULT_HEAD, "bad_indices"); }
TEST(a_card_that_halts) { fails(FGSIM_FAULT_HALT, "halts"); }

/* No frame comes meanwhile that could wake it. */
static void is_woken(short (*wait)(const struct stream *stream))
{
	struct stream stream;
	pid_t pid;

	REQUIRE_EQ(card_write("device/triggered", "1"), 0);
	stream = capture_start();
	pid = fork();
	if (!pid) {
		/* It sleeps by then, or finds the failure: both are good. */
		usleep(100000);
		fault_want(FGSIM_FAULT_HALT, 1);
		_exit(0);
	}
	CHECK_EQ(wait(&stream), POLLERR);
	CHECK(fault_made(FGSIM_FAULT_HALT));
}

static short sleep_in_poll(const struct stream *stream)
{
	struct watch watch;
	short events;

	watch_begin(&watch, stream->fd);
	events = stream_poll(stream->fd, PATIENCE_NS / MS);
	watch_end(&watch);
	return events;
}

static short sleep_in_dequeue(const struct stream *stream)
{
	struct dmaring_frame frame;

	return stream_await(stream->fd, &frame) == -EIO ? POLLERR : 0;
}

TEST(a_failure_wakes_who_sleeps_in_poll) { is_woken(sleep_in_poll); }
TEST(a_failure_wakes_who_sleeps_in_DEQUEUE) { is_woken(sleep_in_dequeue); }

/* Who only looks at the ring learns that the card works again. */
TEST(a_reset_after_it_has_halted)
{
	struct stream stream = capture_start();
	struct ring ring = ring_open(stream.fd);
	struct dmaring_frame frame;

	CHECK_EQ(take_until(&stream, FGSIM_FAULT_HALT), -EIO);
	CHECK_EQ(ring_flags(ring.own) & DMARING_RING_FAILED, DMARING_RING_FAILED);
	interlude_reset();
	frame = interlude_take(&stream);
	CHECK_EQ(frame_flags(&frame), DMARING_FRAME_DISCONTINUITY);
	CHECK_EQ(stream_give(stream.fd, &frame), 0);
	CHECK_EQ(ring_flags(ring.own) & DMARING_RING_FAILED, 0);
}

/* Frames until the one that says that some are missing. */
static void check_goes_on(const struct stream *stream)
{
	struct dmaring_frame frame;

	do {
		frame = interlude_take(stream);
		CHECK_EQ(stream_give(stream->fd, &frame), 0);
	} while (!frame_flags(&frame));
	capture_frames(stream, AFTERWARDS);
}

/* A viewer that sleeps has not heard of it, and keeps nobody from trying again. */
TEST(one_of_two_starts_it_anew)
{
	struct stream stream = capture_start(), other = { .fd = stream_open(O_RDONLY) };
	struct dmaring_frame frame;

	other.info = stream_info(other.fd);
	REQUIRE_EQ(stream_attach(other.fd, DMARING_POLICY_LATEST, 1, 1), 0);
	capture_map(&other);
	REQUIRE_EQ(call(other.fd, DMARING_IOC_START, NULL), 0);
	CHECK_EQ(take_until(&stream, FGSIM_FAULT_HALT), -EIO);
	CHECK_EQ(stream_info(stream.fd).state, DMARING_STATE_RUNNING | DMARING_STATE_FAILED);
	REQUIRE_EQ(call(stream.fd, DMARING_IOC_STOP, NULL), 0);
	REQUIRE_EQ(call(stream.fd, DMARING_IOC_START, NULL), 0);
	CHECK_EQ(stream_info(stream.fd).state, DMARING_STATE_RUNNING);
	check_goes_on(&stream);
	CHECK_EQ(stream_poll(other.fd, -1), POLLIN);
	REQUIRE_EQ(stream_await(other.fd, &frame), 1);
	CHECK_EQ(stream_give(other.fd, &frame), 0);
	REQUIRE_EQ(call(stream.fd, DMARING_IOC_STOP, NULL), 0);
	REQUIRE_EQ(stream_await(other.fd, &frame), 1);
	CHECK_EQ(stream_give(other.fd, &frame), 0);
}

/* So slow that it has buffers to fill whenever it is told to stop. */
static struct stream capture_start_slowly(void)
{
	fgsim_set_rate(10);
	return capture_start();
}

/* START fails while the card cannot be proved quiet, whoever else runs. */
TEST(a_card_that_does_not_come_back_from_a_reset)
{
	struct stream stream = capture_start_slowly(), other = capture_start();
	struct ring ring = ring_open(stream.fd), late_ring;
	struct dmaring_frame frame;
	int error, late = stream_open(O_RDWR);

	reg_set(&fgsim_regs()->fault.stall_ms, DEAF_MS);
	fault_want(FGSIM_FAULT_DEAF, 1);
	interlude_reset();
	CHECK_EQ(stream_info(stream.fd).state, DMARING_STATE_FAILED);
	REQUIRE_EQ(call(stream.fd, DMARING_IOC_STOP, NULL), 0);
	CHECK_EQ(call(stream.fd, DMARING_IOC_START, NULL), -ETIMEDOUT);
	CHECK_EQ(ring_flags(ring.own) & DMARING_RING_FAILED, DMARING_RING_FAILED);
	REQUIRE_EQ(stream_attach(late, DMARING_POLICY_LOSSLESS, 0, 0), 0);
	late_ring = ring_open(late);
	CHECK_EQ(ring_flags(late_ring.own) & DMARING_RING_FAILED, DMARING_RING_FAILED);
	REQUIRE_EQ(call(other.fd, DMARING_IOC_STOP, NULL), 0);
	reg_set(&fgsim_regs()->fault.stall_ms, 0);
	while ((error = call(stream.fd, DMARING_IOC_START, NULL)) == -ETIMEDOUT)
		;
	REQUIRE_EQ(error, 0);
	CHECK_EQ(ring_flags(ring.own) & DMARING_RING_FAILED, 0);
	close(other.fd);
	CHECK_EQ(ring_flags(late_ring.own) & DMARING_RING_FAILED, 0);
	close(late);
	frame = interlude_take(&stream);
	CHECK_EQ(stream_give(stream.fd, &frame), 0);
	capture_frames(&stream, AFTERWARDS);
}

/* It has no buffer, so none shows that the card is in doubt. */
TEST(a_card_without_a_buffer_that_does_not_stop)
{
	struct stream stream = capture_start();
	struct dmaring_frame frames[MAPS_MAX];
	int error;

	capture_hold_all(&stream, frames);
	reg_set(&fgsim_regs()->fault.stall_ms, DEAF_MS);
	fault_want(FGSIM_FAULT_DEAF, 1);
	CHECK_EQ(call(stream.fd, DMARING_IOC_STOP, NULL), -ETIMEDOUT);
	CHECK_EQ(stream_stats(stream.fd).quarantined, 0);
	CHECK_EQ(call(stream.fd, DMARING_IOC_START, NULL), -ETIMEDOUT);
	reg_set(&fgsim_regs()->fault.stall_ms, 0);
	while ((error = call(stream.fd, DMARING_IOC_START, NULL)) == -ETIMEDOUT)
		;
	REQUIRE_EQ(error, 0);
	for (uint32_t i = 0; i < stream.info.buffers; i++)
		CHECK_EQ(stream_give(stream.fd, &frames[i]), 0);
	capture_frames(&stream, AFTERWARDS);
}

TEST(a_card_that_does_not_stop)
{
	struct stream stream = capture_start_slowly();
	struct dmaring_stats stats;
	int error;

	capture_frames(&stream, 3);
	reg_set(&fgsim_regs()->fault.stall_ms, DEAF_MS);
	fault_want(FGSIM_FAULT_DEAF, 1);
	CHECK_EQ(call(stream.fd, DMARING_IOC_STOP, NULL), -ETIMEDOUT);
	stats = stream_stats(stream.fd);
	CHECK(stats.quarantined > 0);
	CHECK_EQ(stats.armed, 0);
	CHECK_EQ(call(stream.fd, DMARING_IOC_START, NULL), -ETIMEDOUT);
	reg_set(&fgsim_regs()->fault.stall_ms, 0);
	while ((error = call(stream.fd, DMARING_IOC_START, NULL)) == -ETIMEDOUT)
		;
	REQUIRE_EQ(error, 0);
	CHECK_EQ(stream_stats(stream.fd).quarantined, 0);
	capture_frames(&stream, AFTERWARDS);
}

/* One that looks on only: what can be written through a mapping is dirty in any case. */
static void attach_viewer(struct stream *stream)
{
	stream->fd = stream_open(O_RDONLY);
	REQUIRE_EQ(stream_attach(stream->fd, DMARING_POLICY_LATEST, 1, 1), 0);
	capture_map(stream);
}

/* So that nothing of the stream is left. */
static void detach_all(struct stream *stream)
{
	for (uint32_t i = 0; i < stream->info.buffers; i++)
		munmap((void *)stream->map[i], stream->info.buffer_stride);
	close(stream->fd);
}

static uint64_t bytes_left(const struct stream *stream)
{
	uint64_t left = 0;

	for (uint32_t i = 0; i < stream->info.buffers; i++)
		for (uint64_t at = 0; at < stream->info.buffer_stride; at++)
			left += stream->map[i][at] != 0;
	return left;
}

/* Its driver has stopped, and gives no sign of life any more: the card would halt. */
static void prolong_lease(void)
{
	__le32 *heartbeat = &fgsim_regs()->driver.heartbeat;

	reg_set(heartbeat, reg_get(heartbeat) + 1);
}

static void write_buffers_in_doubt(uint32_t buffers)
{
	uint32_t end = reg_get(&fgsim_regs()->card.cq_head) + buffers;
	char text[16];

	snprintf(text, sizeof(text), "%u", buffers);
	REQUIRE_EQ(card_write("device/trigger", text), 0);
	while (reg_get(&fgsim_regs()->card.cq_head) != end)
		usleep(1000);
}

/* The next consumer but one sees nothing of it, either. */
TEST(what_a_card_in_doubt_writes_after_a_scrub_is_scrubbed)
{
	struct stream stream;
	uint32_t quarantined;

	REQUIRE_EQ(card_write("device/triggered", "1"), 0);
	stream = capture_start();
	reg_set(&fgsim_regs()->fault.stall_ms, DEAF_MS);
	fault_want(FGSIM_FAULT_DEAF, 1);
	CHECK_EQ(call(stream.fd, DMARING_IOC_STOP, NULL), -ETIMEDOUT);
	quarantined = stream_stats(stream.fd).quarantined;
	CHECK_EQ(quarantined, stream.info.buffers);
	prolong_lease();
	detach_all(&stream);

	attach_viewer(&stream);
	CHECK_EQ(bytes_left(&stream), 0);
	write_buffers_in_doubt(quarantined);
	CHECK(bytes_left(&stream) > 0);
	detach_all(&stream);

	reg_set(&fgsim_regs()->fault.stall_ms, 0);
	attach_viewer(&stream);
	CHECK_EQ(stream_stats(stream.fd).quarantined, 0);
	CHECK_EQ(bytes_left(&stream), 0);
}

TEST(a_card_that_goes_away_and_comes_back)
{
	struct stream stream = capture_start();
	struct fgsim_bar *regs = fgsim_regs();
	char address[CARD_PATH_MAX];

	REQUIRE_EQ(card_address(address), 0);
	capture_frames(&stream, 3);
	reg_set(&regs->fault.away_ms, 3000);
	CHECK_EQ(take_until(&stream, FGSIM_FAULT_AWAY), -ENODEV);
	CHECK(stream_poll(stream.fd, 0) & POLLHUP);
	REQUIRE_EQ(card_unbind(address), 0);
	CHECK_EQ(card_bind(address), -ENODEV);	/* it is not there */
	while (reg_get(&regs->card.magic) != FGSIM_MAGIC)
		usleep(10000);
	close(stream.fd);
	REQUIRE_EQ(card_bind(address), 0);
}

int main(void)
{
	return tap_run(fgsim_prepare, fgsim_is_healthy);
}
