// SPDX-License-Identifier: MIT
/*
 * Frames through a recorder and four viewers that hold frames, release them in any
 * order, sleep, leave, join and are killed, beside one that writes nonsense into its
 * ring, until the recorder has taken as many as asked for.  Every byte is looked at
 * and every loss is accounted for.
 *
 * usage: stress [FRAMES [FRAMES-PER-SECOND [SEED]]]
 */
#include <sys/resource.h>
#include "account.h"
#include "scribble.h"
#include "virt.h"

#define VIEWERS		4
#define HELD_MAX	8
#define HELD_BY_VIEWER	3

static unsigned int frames = 100000, rate = 20000;

/* Shared by all processes. */
static struct {
	volatile int over;
	uint64_t recorded;
	uint64_t recorder_lost;
	uint64_t viewed;
	uint64_t killed;
} *stress;

/* A consumer, and the frames that it has not given back yet. */
struct taker {
	struct stream stream;
	struct ring ring;
	struct account account;
	struct dmaring_frame held[HELD_MAX];
	uint32_t count, most;
};

static struct taker taker_start(struct stream stream, uint32_t most)
{
	struct taker taker = { .stream = stream, .ring = ring_open(stream.fd), .most = most };

	REQUIRE_EQ(call(stream.fd, DMARING_IOC_START, NULL), 0);
	taker.account = account_open(stream.fd);
	return taker;
}

/* One that is held is given back, in one way or another. */
static void give_one(struct taker *taker)
{
	uint32_t which = scribble_below(taker->count);
	const struct dmaring_frame *frame = &taker->held[which];
	int error;

	capture_verify(&taker->stream, frame);	/* it was ours until now */
	error = scribble_below(8) ? ring_give(&taker->ring, frame) :
				    stream_give(taker->stream.fd, frame);
	REQUIRE_EQ(error, 0);
	taker->held[which] = taker->held[--taker->count];
}

/* Takes a frame in one way or another; false if none came for a while. */
static int take_one(struct taker *taker)
{
	struct dmaring_frame *frame = &taker->held[taker->count];

	if (!ring_next(&taker->ring, frame)) {
		if (scribble_below(2))
			stream_poll(taker->stream.fd, 10);
		if (stream_take(taker->stream.fd, frame, 1, 10 * MS) != 1)
			return 0;
	}
	taker->count++;
	account_frame(&taker->account, frame);
	return 1;
}

static void take_and_give(struct taker *taker)
{
	if (take_one(taker) && (taker->count == taker->most || scribble_below(2)))
		give_one(taker);
	if (taker->account.taken % 1024 == 0)
		account_check(&taker->account, taker->stream.fd);
}

static void finish(struct taker *taker)
{
	while (taker->count)
		give_one(taker);
	REQUIRE_EQ(call(taker->stream.fd, DMARING_IOC_STOP, NULL), 0);
	account_close(&taker->account, taker->stream.fd);
}

static void record(void)
{
	struct taker taker = { .count = 0 };
	struct stream stream = { .fd = stream_open(O_RDWR) };

	stream.info = stream_info(stream.fd);
	REQUIRE_EQ(stream_attach(stream.fd, DMARING_POLICY_LOSSLESS, 0, 0), 0);
	capture_map(&stream);
	taker = taker_start(stream, HELD_MAX);
	while (!stress->over) {
		take_and_give(&taker);
		__atomic_store_n(&stress->recorded, taker.account.taken, __ATOMIC_RELAXED);
	}
	finish(&taker);
	CHECK_EQ(taker.account.dropped, 0);
	stress->recorded = taker.account.taken;
	stress->recorder_lost = taker.account.overruns;
	_exit(0);
}

/* Comes, looks for a while, goes, and comes again. */
static void view(void)
{
	while (!stress->over) {
		uint32_t enough = scribble_below(20000), depth = 1 + scribble_below(8);
		struct stream stream = viewer_attach(depth, HELD_BY_VIEWER);
		struct taker taker = taker_start(stream, HELD_BY_VIEWER);

		while (!stress->over && taker.account.taken < enough) {
			take_and_give(&taker);
			if (!scribble_below(5000))
				sleep_ms(scribble_below(100));
		}
		finish(&taker);
		__atomic_fetch_add(&stress->viewed, taker.account.taken, __ATOMIC_RELAXED);
		munmap(taker.ring.header, taker.ring.bytes);
		for (uint32_t i = 0; i < stream.info.buffers; i++)
			munmap((void *)stream.map[i], stream.info.buffer_stride);
		close(stream.fd);
	}
	_exit(0);
}

static void be_hostile(void)
{
	struct stream stream = viewer_start(4, 4);
	struct ring ring = ring_open(stream.fd);

	while (!stress->over)
		scribble(&ring);
	_exit(0);
}

/* The recorder comes first, as it would where it matters. */
static pid_t start(void (*role)(void))
{
	pid_t pid;

	scribble_random();
	pid = fork();
	if (!pid) {
		setpriority(PRIO_PROCESS, 0, role == record ? -10 : role == view ? 5 : 10);
		role();
	}
	REQUIRE(pid > 0);
	return pid;
}

static void kill_one(pid_t *pid, void (*again)(void))
{
	int status;

	kill(*pid, SIGKILL);
	REQUIRE_EQ(waitpid(*pid, &status, 0), *pid);
	stress->killed++;
	*pid = start(again);
}

static int has_ended(pid_t pid)
{
	siginfo_t info = { .si_pid = 0 };

	REQUIRE_EQ(waitid(P_PID, pid, &info, WEXITED | WNOHANG | WNOWAIT), 0);
	return info.si_pid == pid;
}

static void check_end(pid_t pid)
{
	int status;

	REQUIRE_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
}

TEST(a_recorder_four_viewers_and_one_who_is_hostile)
{
	long long started = now_ns();
	pid_t recorder, viewers[VIEWERS], hostile;
	struct dmaring_stats before, after;
	int fd = stream_open(O_RDONLY);

	stress = mmap(NULL, sizeof(*stress), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		      -1, 0);
	REQUIRE(stress != MAP_FAILED);
	printf("# seed %llu\n", (unsigned long long)scribble_seed);
	virt_set("rate", rate);
	virt_set("overrun_every", 9973);
	virt_set("overrun_frames", 3);
	before = stream_stats(fd);
	recorder = start(record);
	for (int i = 0; i < VIEWERS; i++)
		viewers[i] = start(view);
	hostile = start(be_hostile);
	while (__atomic_load_n(&stress->recorded, __ATOMIC_RELAXED) < frames &&
	       !has_ended(recorder) && !tap_verdict->failed) {
		sleep_ms(20 + scribble_below(200));
		if (scribble_below(3))
			kill_one(&viewers[scribble_below(VIEWERS)], view);
		else
			kill_one(&hostile, be_hostile);
		stream_stats(fd);
	}
	stress->over = 1;
	check_end(recorder);
	for (int i = 0; i < VIEWERS; i++)
		check_end(viewers[i]);
	kill(hostile, SIGKILL);
	waitpid(hostile, NULL, 0);
	after = stream_stats(fd);
	printf("## %llu frames produced in %lld s; %llu recorded, %llu lost by the card and told; viewers took more than %llu; %llu were killed\n",
	       (unsigned long long)(after.produced - before.produced),
	       (now_ns() - started) / (1000 * MS),
	       (unsigned long long)stress->recorded, (unsigned long long)stress->recorder_lost,
	       (unsigned long long)stress->viewed, (unsigned long long)stress->killed);
	CHECK(stress->recorded >= frames);
	CHECK_EQ(after.bad_completions, before.bad_completions);
}

int main(int argc, char **argv)
{
	if (argc > 1)
		frames = atoi(argv[1]);
	if (argc > 2)
		rate = atoi(argv[2]);
	if (argc > 3)
		scribble_seed = strtoull(argv[3], NULL, 0);
	return tap_run(virt_prepare, virt_is_healthy);
}
