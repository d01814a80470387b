// SPDX-License-Identifier: MIT
/* A producer by system calls: what it submits is sent as it is, in order, or comes back. */
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include "pages.h"
#include "play.h"

static short poll_out(int fd, int timeout_ms)
{
	struct pollfd entry = { .fd = fd, .events = POLLIN | POLLOUT };

	return poll(&entry, 1, timeout_ms) < 0 ? -errno : entry.revents;
}

/* Takes all buffers; how many there are. */
static uint32_t take_all(const struct play *play, struct dmaring_frame *frames)
{
	uint32_t taken = 0;
	int some;

	while (taken < play->info.buffers) {
		some = stream_take(play->fd, frames + taken, play->info.buffers - taken, 0);
		REQUIRE(some > 0);
		taken += some;
	}
	return taken;
}

/* Fills and submits all buffers, in an order of its own; @order: of their indices. */
static void submit_all(struct play *play, uint32_t *order)
{
	struct dmaring_frame frames[MAPS_MAX];
	uint32_t count = take_all(play, frames), at;

	for (uint32_t i = 0; i < count; i++) {
		/* 7 and the number of buffers, a power of two, have no common divisor. */
		at = i * 7 % count;
		play_fill(play, &frames[at], 1 + i * 100 % play->info.buffer_size);
		REQUIRE_EQ(play_submit(play, &frames[at]), 0);
		order[i] = frames[at].buffer;
	}
}

/* ------------------------------------------------------------------ what it is */

TEST(the_stream_says_what_it_is)
{
	struct play play = play_attach();

	CHECK_EQ(play.info.direction, DMARING_PLAYBACK);
	CHECK(play.info.caps & DMARING_CAP_PLAYBACK);
	CHECK_EQ(play.info.viewer_buffers, 0);
}

TEST(there_is_one_producer_and_it_writes)
{
	struct play play = play_attach();
	int other = stream_open(O_RDWR), reader = stream_open(O_RDONLY);
	struct dmaring_frame frame;

	CHECK_EQ(stream_attach(other, DMARING_POLICY_LOSSLESS, 0, 0), -EBUSY);
	CHECK_EQ(stream_attach(other, DMARING_POLICY_LATEST, 1, 1), -EINVAL);
	CHECK_EQ(stream_attach(reader, DMARING_POLICY_LOSSLESS, 0, 0), -EACCES);
	CHECK_EQ(stream_attach(reader, DMARING_POLICY_LATEST, 1, 1), -EINVAL);
	CHECK(mmap(NULL, 4096, PROT_READ, MAP_SHARED, reader, 0) == MAP_FAILED);
	CHECK_EQ(errno, ENOTCONN);
	CHECK_EQ(stream_info(reader).consumers, 1);
	CHECK_EQ(play_stats(reader).consumers, 1);
	CHECK_EQ(read(play.fd, &frame, sizeof(frame)), -1);
	CHECK_EQ(errno, EINVAL);
	close(play.fd);
}

/* ------------------------------------------------------------------ what is sent */

TEST(each_byte_arrives_in_order)
{
	uint64_t mismatches = play_mismatches(), sequence = 0, bytes;
	struct play play = play_start();
	struct dmaring_stats before = play_stats(play.fd), after;
	struct dmaring_frame frame;
	int sent = 0;

	bytes = before.bytes;
	for (int i = 0; i < 1000; i++) {
		uint32_t some = 1 + i * 37 % play.info.buffer_size;

		frame = play_take(&play);
		if (frame.timestamp_ns) {
			CHECK_EQ(frame.flags, 0);
			CHECK(frame.bytes_used > 0);
			CHECK(!sent || frame.sequence == sequence + 1);
			sequence = frame.sequence;
			sent++;
		}
		play_fill(&play, &frame, some);
		bytes += some;
		REQUIRE_EQ(play_submit(&play, &frame), 0);
	}
	CHECK(sent > 0);
	CHECK_EQ(fsync(play.fd), 0);
	after = play_stats(play.fd);
	CHECK_EQ(after.consumer_produced, 1000);
	CHECK_EQ(after.consumer_delivered, 1000);
	CHECK_EQ(after.consumer_dropped, 0);
	CHECK_EQ(after.completed, before.completed + 1000);
	CHECK_EQ(after.bytes, bytes);
	CHECK_EQ(play_mismatches(), mismatches);
}

TEST(a_wrong_byte_is_told)
{
	uint64_t mismatches = play_mismatches();
	struct play play = play_start();
	struct dmaring_frame frame;
	uint32_t buffer;

	frame = play_take(&play);
	buffer = frame.buffer;
	play_fill(&play, &frame, 100);
	play.map[buffer][99] ^= 1;
	CHECK_EQ(play_submit(&play, &frame), 0);
	CHECK_EQ(fsync(play.fd), 0);
	CHECK_EQ(play_mismatches(), mismatches + 1);
	do {
		frame = play_take(&play);
	} while (frame.buffer != buffer);
	CHECK_EQ(frame.flags, DMARING_FRAME_ERROR);
	CHECK_EQ(frame.hw_meta, 99);
	CHECK(frame.timestamp_ns != 0);
}

TEST(frames_can_be_submitted_before_start)
{
	uint64_t mismatches = play_mismatches();
	struct play play = play_attach();
	uint32_t order[MAPS_MAX];
	struct dmaring_frame frame;
	struct dmaring_stats stats = play_stats(play.fd);

	CHECK_EQ(stats.consumer_waiting, play.info.buffers);
	CHECK_EQ(stats.idle, 0);
	CHECK_EQ(poll_out(play.fd, 0), POLLOUT);
	submit_all(&play, order);
	stats = play_stats(play.fd);
	CHECK_EQ(stats.filled, play.info.buffers);
	CHECK_EQ(stats.consumer_produced, play.info.buffers);
	CHECK_EQ(stream_take(play.fd, &frame, 1, 0), -EBADFD);
	CHECK_EQ(poll_out(play.fd, 0), 0);
	CHECK_EQ(fsync(play.fd), -1);
	CHECK_EQ(errno, EBADFD);
	CHECK_EQ(call(play.fd, DMARING_IOC_START, NULL), 0);
	CHECK_EQ(fsync(play.fd), 0);
	for (uint32_t i = 0; i < play.info.buffers; i++) {
		frame = play_take(&play);
		CHECK_EQ(frame.buffer, order[i]);
		CHECK_EQ(frame.flags, 0);
	}
	CHECK_EQ(play_mismatches(), mismatches);
}

TEST(each_frame_that_is_wanted_and_not_there_is_an_underrun)
{
	struct dmaring_stats before, stats;
	struct play play = play_attach();

	virt_set("rate", 1000);
	before = play_stats(play.fd);
	REQUIRE_EQ(call(play.fd, DMARING_IOC_START, NULL), 0);
	do {
		sleep_ms(1);
		stats = play_stats(play.fd);
		CHECK_EQ(stats.completed, before.completed);
		CHECK_EQ(stats.consumer_overruns, stats.overruns - before.overruns);
	} while (stats.consumer_overruns < 20);
	play_frames(&play, 5);
	CHECK_EQ(fsync(play.fd), 0);
	CHECK_EQ(call(play.fd, DMARING_IOC_STOP, NULL), 0);
	stats = play_stats(play.fd);
	CHECK_EQ(stats.consumer_delivered, 5);
	CHECK_EQ(stats.produced - before.produced, 5 + stats.consumer_overruns);
	sleep_ms(20);
	CHECK_EQ(play_stats(play.fd).consumer_overruns, stats.consumer_overruns);
}

/* -------------------------------------------------------------- what comes back */

/* All buffers come back in that order, unsent, and as they were. */
static void check_unsent(const struct play *play, const uint32_t *order,
			 struct dmaring_frame *frames)
{
	REQUIRE_EQ(take_all(play, frames), play->info.buffers);
	for (uint32_t i = 0; i < play->info.buffers; i++) {
		CHECK_EQ(frames[i].buffer, order[i]);
		CHECK_EQ(frames[i].flags, DMARING_FRAME_UNSENT);
		CHECK_EQ(frames[i].bytes_used, 1 + i * 100 % play->info.buffer_size);
		CHECK_EQ(frames[i].timestamp_ns, 0);
	}
}

TEST(stop_gives_back_what_was_not_sent)
{
	uint64_t mismatches = play_mismatches();
	struct play play = play_attach();
	struct dmaring_frame frames[MAPS_MAX];
	uint32_t order[MAPS_MAX];
	struct dmaring_stats stats;

	virt_set("stall", 1);
	submit_all(&play, order);
	REQUIRE_EQ(call(play.fd, DMARING_IOC_START, NULL), 0);
	stats = play_stats(play.fd);
	CHECK(stats.armed > 0);
	CHECK_EQ(stats.armed + stats.filled, play.info.buffers);
	CHECK_EQ(call(play.fd, DMARING_IOC_STOP, NULL), 0);
	stats = play_stats(play.fd);
	CHECK_EQ(stats.consumer_dropped, play.info.buffers);
	CHECK_EQ(stats.consumer_waiting, play.info.buffers);
	check_unsent(&play, order, frames);
	/* The content is still there. */
	for (uint32_t i = 0; i < play.info.buffers; i++)
		REQUIRE_EQ(play_submit(&play, &frames[i]), 0);
	virt_set("stall", 0);
	REQUIRE_EQ(call(play.fd, DMARING_IOC_START, NULL), 0);
	CHECK_EQ(fsync(play.fd), 0);
	CHECK_EQ(play_mismatches(), mismatches);
	stats = play_stats(play.fd);
	CHECK_EQ(stats.consumer_produced, 2 * play.info.buffers);
	CHECK_EQ(stats.consumer_delivered, play.info.buffers);
}

/* Each fourth is completed with an impossible length: perhaps the card still reads it. */
TEST(what_a_lying_card_had_comes_back_when_it_is_quiet)
{
	struct play play = play_start();
	struct dmaring_frame frame;
	struct dmaring_stats stats;
	int unsent = 0;

	virt_set("bad_every", 4);
	play_frames(&play, 8);
	CHECK_EQ(fsync(play.fd), 0);
	stats = play_stats(play.fd);
	CHECK_EQ(stats.quarantined, 2);
	CHECK_EQ(stats.consumer_delivered, 6);
	CHECK_EQ(stats.consumer_dropped, 0);
	CHECK_EQ(call(play.fd, DMARING_IOC_STOP, NULL), 0);
	stats = play_stats(play.fd);
	CHECK_EQ(stats.quarantined, 0);
	CHECK_EQ(stats.consumer_dropped, 2);
	for (uint32_t i = 0; i < play.info.buffers; i++) {
		frame = play_take(&play);
		unsent += frame.flags == DMARING_FRAME_UNSENT;
	}
	CHECK_EQ(unsent, 2);
}

/* The last frame is one of them, and fsync sleeps until there is none. */
TEST(fsync_ends_with_what_a_lying_card_had)
{
	struct play play;

	virt_set("rate", 100);
	play = play_start();
	virt_set("bad_every", 4);
	play_frames(&play, 8);
	CHECK_EQ(fsync(play.fd), 0);
	CHECK_EQ(play_stats(play.fd).quarantined, 2);
	CHECK_EQ(call(play.fd, DMARING_IOC_STOP, NULL), 0);
}

TEST(what_the_card_gives_back_comes_back_unsent)
{
	struct play play;
	struct dmaring_stats stats;

	virt_set("rate", 100);
	play = play_attach();
	play_frames(&play, 8);
	REQUIRE_EQ(call(play.fd, DMARING_IOC_START, NULL), 0);
	virt_set("discard_every", 4);
	/* Some were not sent: so it says. */
	CHECK_EQ(fsync(play.fd), -1);
	CHECK_EQ(errno, EBADFD);
	while (play_stats(play.fd).filled + play_stats(play.fd).armed)
		sleep_ms(10);
	stats = play_stats(play.fd);
	CHECK(stats.consumer_dropped >= 1);
	CHECK_EQ(stats.consumer_produced, 8);
	CHECK_EQ(stats.held, play.info.buffers);
	virt_set("discard_every", 0);
	CHECK_EQ(call(play.fd, DMARING_IOC_STOP, NULL), 0);
}

/* It would look at the queue of one who has none any more. */
TEST(no_timer_is_left_of_who_waited_for_several)
{
	struct dmaring_attach attach = attach_argument(DMARING_POLICY_LOSSLESS, 0, 0);

	attach.watermark = 2;
	attach.watermark_ns = 50 * MS;
	for (int i = 0; i < 3; i++) {
		int fd = stream_open(O_RDWR);

		REQUIRE_EQ(call(fd, DMARING_IOC_ATTACH, &attach), 0);
		if (i)
			REQUIRE_EQ(call(fd, DMARING_IOC_START, NULL), 0);
		if (i > 1)
			REQUIRE_EQ(call(fd, DMARING_IOC_STOP, NULL), 0);
		CHECK_EQ(call(fd, DMARING_IOC_DETACH, NULL), 0);
		close(fd);
		sleep_ms(100);
	}
}

static void *take_one(void *fd)
{
	struct dmaring_frame frame;

	return (void *)(intptr_t)stream_take(*(int *)fd, &frame, 1, FOREVER);
}

/* One thread has all of them, another one waits. */
TEST(what_was_not_filled_wakes_who_waits)
{
	struct play play = play_start();
	struct dmaring_frame frame = { };
	pthread_t waiter;
	void *taken;

	virt_set("stall", 1);
	for (uint32_t i = 0; i < play.info.buffers; i++)
		frame = play_take(&play);
	REQUIRE(!pthread_create(&waiter, NULL, take_one, &play.fd));
	sleep_ms(50);
	CHECK_EQ(stream_give(play.fd, &frame), 0);
	REQUIRE(!pthread_join(waiter, &taken));
	CHECK_EQ((intptr_t)taken, 1);
	virt_set("stall", 0);
}

TEST(what_was_not_filled_waits_again)
{
	struct play play = play_start();
	struct dmaring_frame first = play_take(&play), frame;

	CHECK_EQ(stream_give(play.fd, &first), 0);
	CHECK_EQ(stream_give(play.fd, &first), -ESTALE);
	first.bytes_used = 1;
	CHECK_EQ(play_submit(&play, &first), -ESTALE);
	CHECK_EQ(play_stats(play.fd).consumer_waiting, play.info.buffers);
	for (uint32_t i = 0; i < play.info.buffers; i++)
		frame = play_take(&play);
	CHECK_EQ(frame.buffer, first.buffer);
	CHECK(frame.cookie != first.cookie);
	CHECK_EQ(frame.timestamp_ns, 0);
	CHECK_EQ(frame.flags, 0);
}

/* ------------------------------------------------------------------ wrong frames */

TEST(wrong_frames_are_refused_all_or_none)
{
	struct play play = play_attach();
	struct dmaring_frame frame[3] = { play_take(&play), play_take(&play), play_take(&play) };
	struct dmaring_filled filled[3];
	uint64_t refused = play_stats(play.fd).bad_releases;
	uint32_t bad;

#define REFUSED(error, at)							\
	do {									\
		CHECK_EQ(play_submit_some(play.fd, filled, 3, &bad), error);	\
		CHECK_EQ(bad, at);						\
		CHECK_EQ(play_stats(play.fd).bad_releases, ++refused);		\
		CHECK_EQ(play_stats(play.fd).consumer_held, 3);			\
		CHECK_EQ(play_stats(play.fd).consumer_produced, 0);		\
	} while (0)
	for (int i = 0; i < 3; i++)
		filled[i] = (struct dmaring_filled){ .cookie = frame[i].cookie, .bytes = 10 };
	filled[1].bytes = 0;
	REFUSED(-EINVAL, 1);
	filled[1].bytes = play.info.buffer_size + 1;
	REFUSED(-EINVAL, 1);
	filled[1].bytes = ~0U;
	REFUSED(-EINVAL, 1);
	filled[1].bytes = 10;
	filled[2].cookie = filled[0].cookie;
	REFUSED(-ESTALE, 2);
	filled[2].cookie = 0;
	REFUSED(-EINVAL, 2);
	filled[2].cookie = frame[2].cookie + (1 << 16);
	REFUSED(-ESTALE, 2);
	filled[2].cookie = frame[2].cookie;
	CHECK_EQ(play_submit_some(play.fd, filled, 0, &bad), -EINVAL);
	CHECK_EQ(play_submit_some(play.fd, filled, 65, &bad), -EINVAL);
	CHECK_EQ(play_submit_some(play.fd, (void *)1, 3, &bad), -EFAULT);
	filled[0].reserved = 1;
	CHECK_EQ(play_submit_some(play.fd, filled, 3, &bad), -EINVAL);
	CHECK_EQ(bad, 0);
	filled[0].reserved = 0;
	CHECK_EQ(play_submit_some(play.fd, filled, 3, &bad), 0);
	CHECK_EQ(bad, 3);
	CHECK_EQ(play_submit_some(play.fd, filled, 3, &bad), -ESTALE);
	CHECK_EQ(play_stats(play.fd).consumer_produced, 3);
}

/* ------------------------------------------------------------- write and fsync */

TEST(a_write_is_a_frame)
{
	uint64_t mismatches = play_mismatches();
	struct play play = play_start();
	uint32_t most = play.info.buffer_size;
	uint8_t frame[most + 1];

	for (int i = 0; i < 100; i++) {
		uint32_t bytes = 1 + i * 41 % most;

		dmaring_pattern_fill(frame, DMARING_PATTERN_NOISE, 1, play.number++, 0, bytes);
		REQUIRE_EQ(write(play.fd, frame, bytes), bytes);
	}
	dmaring_pattern_fill(frame, DMARING_PATTERN_NOISE, 1, play.number++, 0, most + 1);
	CHECK_EQ(write(play.fd, frame, most + 1), most);
	CHECK_EQ(write(play.fd, frame, 0), 0);
	CHECK_EQ(fsync(play.fd), 0);
	CHECK_EQ(play_stats(play.fd).consumer_delivered, 101);
	CHECK_EQ(play_mismatches(), mismatches);
}

TEST(a_write_that_fails_sends_nothing)
{
	struct play play = play_attach();
	uint8_t *pages = mmap(NULL, 2 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			      -1, 0);
	struct dmaring_stats stats;

	REQUIRE(pages != MAP_FAILED);
	REQUIRE_EQ(munmap(pages + 4096, 4096), 0);
	fcntl(play.fd, F_SETFL, O_NONBLOCK);
	CHECK_EQ(write(play.fd, pages + 4000, 200), -1);
	CHECK_EQ(errno, EFAULT);
	stats = play_stats(play.fd);
	CHECK_EQ(stats.consumer_waiting, play.info.buffers);
	CHECK_EQ(stats.consumer_produced, 0);
	for (uint32_t i = 0; i < play.info.buffers; i++)
		CHECK_EQ(write(play.fd, pages, 10), 10);
	CHECK_EQ(write(play.fd, pages, 10), -1);
	CHECK_EQ(errno, EBADFD);
	virt_set("stall", 1);
	REQUIRE_EQ(call(play.fd, DMARING_IOC_START, NULL), 0);
	CHECK_EQ(write(play.fd, pages, 10), -1);
	CHECK_EQ(errno, EAGAIN);
	CHECK_EQ(play_stats(play.fd).consumer_produced, play.info.buffers);
}

static void nothing(int number __attribute__((unused)))
{
}

TEST(fsync_waits_and_can_be_interrupted)
{
	struct sigaction action = { .sa_handler = nothing };
	struct play play = play_start();

	CHECK_EQ(fsync(play.fd), 0);
	virt_set("stall", 1);
	play_frames(&play, 1);
	REQUIRE_EQ(sigaction(SIGALRM, &action, NULL), 0);
	ualarm(20000, 20000);
	CHECK_EQ(fsync(play.fd), -1);
	CHECK_EQ(errno, EINTR);
	ualarm(0, 0);
	virt_set("stall", 0);
	CHECK_EQ(fsync(play.fd), 0);
	CHECK_EQ(play_stats(play.fd).consumer_delivered, 1);
}

static void *drain(void *fd)
{
	return (void *)(long)(fsync(*(int *)fd) < 0 ? -errno : 0);
}

TEST(stop_ends_fsync)
{
	struct play play = play_start();
	pthread_t thread;
	void *result;

	virt_set("stall", 1);
	play_frames(&play, 1);
	REQUIRE_EQ(pthread_create(&thread, NULL, drain, &play.fd), 0);
	sleep_ms(20);
	CHECK_EQ(call(play.fd, DMARING_IOC_STOP, NULL), 0);
	REQUIRE_EQ(pthread_join(thread, &result), 0);
	/* Nothing is pending then, or it saw that before. */
	CHECK((long)result == 0 || (long)result == -EBADFD);
}

/* ----------------------------------------------------------------------- waiting */

TEST(poll_tells_of_empty_buffers)
{
	struct play play = play_start();

	virt_set("stall", 1);
	CHECK_EQ(poll_out(play.fd, 0), POLLOUT);
	play_frames(&play, play.info.buffers);
	CHECK_EQ(poll_out(play.fd, 0), 0);
	virt_set("stall", 0);
	CHECK_EQ(poll_out(play.fd, 30000), POLLOUT);
	CHECK_EQ(fsync(play.fd), 0);
	CHECK_EQ(call(play.fd, DMARING_IOC_DETACH, NULL), -EBUSY);
}

TEST(an_eventfd_tells_of_the_last_one)
{
	struct dmaring_attach attach = attach_argument(DMARING_POLICY_LOSSLESS, 0, 0);
	struct play play = { .fd = stream_open(O_RDWR) };
	int fd = eventfd(0, EFD_NONBLOCK);
	struct dmaring_eventfd argument = eventfd_argument(fd);
	struct pollfd entry = { .fd = fd, .events = POLLIN };
	uint64_t value;
	char byte = 0;

	play.info = stream_info(play.fd);
	attach.features = DMARING_FEATURE_WATERMARK;
	attach.watermark = play.info.buffers;
	REQUIRE_EQ(call(play.fd, DMARING_IOC_ATTACH, &attach), 0);
	REQUIRE_EQ(call(play.fd, DMARING_IOC_EVENTFD, &argument), 0);
	REQUIRE_EQ(call(play.fd, DMARING_IOC_START, NULL), 0);
	for (int i = 0; i < 3; i++) {
		struct dmaring_frame frame = play_take(&play);

		CHECK_EQ(stream_give(play.fd, &frame), 0);
	}
	while (read(fd, &value, sizeof(value)) > 0)
		;
	/* One buffer stays taken: the watermark is out of reach. */
	play_take(&play);
	CHECK_EQ(write(play.fd, &byte, 1), 1);
	CHECK_EQ(poll(&entry, 1, 30000), 1);
}

/* ------------------------------------------------------------ at any instant */

static volatile int accounting_ends;

static void *account(void *fd)
{
	long looks = 0;

	for (; !accounting_ends; looks++)
		play_stats(*(int *)fd);
	return (void *)looks;
}

TEST(the_accounts_are_right_at_any_instant)
{
	struct play play = play_attach();
	struct dmaring_stats stats;
	pthread_t thread;
	void *looks;

	virt_set("rate", 20000);
	REQUIRE_EQ(pthread_create(&thread, NULL, account, &play.fd), 0);
	for (int round = 0; round < 50; round++) {
		play_frames(&play, round % play.info.buffers);
		REQUIRE_EQ(call(play.fd, DMARING_IOC_START, NULL), 0);
		play_frames(&play, 30);
		if (round % 2)
			CHECK_EQ(fsync(play.fd), 0);
		REQUIRE_EQ(call(play.fd, DMARING_IOC_STOP, NULL), 0);
		stats = play_stats(play.fd);
		CHECK_EQ(stats.filled + stats.armed + stats.quarantined, 0);
	}
	/* However slow this machine is, this is slower. */
	virt_set("rate", 1);
	play_frames(&play, 2);
	REQUIRE_EQ(call(play.fd, DMARING_IOC_START, NULL), 0);
	REQUIRE_EQ(call(play.fd, DMARING_IOC_STOP, NULL), 0);
	virt_set("rate", 20000);
	stats = play_stats(play.fd);
	accounting_ends = 1;
	REQUIRE_EQ(pthread_join(thread, &looks), 0);
	CHECK((long)looks > 10);
	CHECK(stats.consumer_dropped > 0);
	CHECK(stats.consumer_delivered > 0);
}

/* ------------------------------------------------------------------------ the end */

/* The next producer: nothing is sent, and nothing can be read. */
static void check_nothing_left(uint64_t completed)
{
	struct play play = play_start();
	struct dmaring_stats stats;

	for (uint32_t i = 0; i < play.info.buffers; i++)
		for (uint32_t at = 0; at < play.info.buffer_size; at++)
			if (!CHECK_EQ(play.map[i][at], 0))
				return;
	sleep_ms(20);
	stats = play_stats(play.fd);
	CHECK_EQ(stats.completed, completed);
	CHECK_EQ(stats.consumer_waiting, play.info.buffers);
}

TEST(nothing_is_left_of_who_never_started)
{
	int fd = stream_open(O_RDWR), producer = stream_open(O_WRONLY);
	uint64_t completed = play_stats(fd).completed;

	REQUIRE_EQ(stream_attach(producer, DMARING_POLICY_LOSSLESS, 0, 0), 0);
	for (int i = 0; i < 5; i++)
		CHECK_EQ(write(producer, "secret", 6), 6);
	CHECK_EQ(write(producer, (void *)-4096L, 6), -1);
	CHECK_EQ(play_stats(producer).filled, 5);
	close(producer);
	CHECK_EQ(play_stats(fd).idle, stream_info(fd).buffers);
	check_nothing_left(completed);
}

TEST(nothing_is_left_of_who_dies)
{
	int fd = stream_open(O_RDWR), ready[2];
	struct dmaring_stats before = play_stats(fd);
	struct play play;
	uint32_t order[MAPS_MAX];
	pid_t pid;
	char byte;

	virt_set("stall", 1);
	REQUIRE_EQ(pipe(ready), 0);
	pid = fork();
	if (!pid) {
		play = play_attach();
		submit_all(&play, order);
		REQUIRE_EQ(call(play.fd, DMARING_IOC_START, NULL), 0);
		REQUIRE_EQ(write(ready[1], "", 1), 1);
		pause();
	}
	REQUIRE_EQ(read(ready[0], &byte, 1), 1);
	CHECK(play_stats(fd).armed > 0);
	kill(pid, SIGKILL);
	REQUIRE_EQ(waitpid(pid, NULL, 0), pid);
	virt_set("stall", 0);
	check_nothing_left(before.completed);
}

TEST(the_card_goes)
{
	char address[CARD_PATH_MAX];
	struct play play = play_start();
	struct dmaring_frame frame = play_take(&play);
	pthread_t thread;
	void *result;

	REQUIRE_EQ(card_address(address), 0);
	virt_set("stall", 1);
	play_frames(&play, 3);
	frame.bytes_used = 1;
	REQUIRE_EQ(pthread_create(&thread, NULL, drain, &play.fd), 0);
	sleep_ms(20);
	REQUIRE_EQ(file_write(VIRT_DRIVER "unbind", address), 0);
	REQUIRE_EQ(pthread_join(thread, &result), 0);
	CHECK_EQ((long)result, -ENODEV);
	CHECK_EQ(play_submit(&play, &frame), -ENODEV);
	CHECK_EQ(write(play.fd, "", 1), -1);
	CHECK_EQ(errno, ENODEV);
	CHECK_EQ(fsync(play.fd), -1);
	CHECK_EQ(errno, ENODEV);
	CHECK_EQ(stream_take(play.fd, &frame, 1, FOREVER), -ENODEV);
	CHECK_EQ(poll_out(play.fd, 0), POLLHUP);
	close(play.fd);
	REQUIRE_EQ(file_write(VIRT_DRIVER "bind", address), 0);
}

int main(void)
{
	return tap_run(play_prepare, play_is_healthy);
}
