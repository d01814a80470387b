// SPDX-License-Identifier: MIT
/*
 * Frames of dmaring_virt to a file, until all are safe on the disk: how fast, and what it
 * costs the whole machine.  Of the processor a process at the lowest priority gets what
 * nobody else needs, and counts it.  On a machine with --cost that is exact, for a
 * processor of 1,000 million instructions a second.
 *
 *	libaio		libdmaring-record, by this engine
 *	io_uring	the same by the other one
 *	write		write(2) of each frame from its buffer, through the system's cache
 *	take		nothing: takes and releases them
 *	COMMAND		what the shell makes of anything else; it does not touch the source
 *
 * "view" is with a "dmaring view" beside it, in a terminal of 80 columns.
 *
 * usage: record speed|cost|view WAY DEPTH FRAMES RATE WHAT	RATE 0: as fast as it can be
 */
#define _GNU_SOURCE
#include <pty.h>
#include <sched.h>
#include <libdmaring-record.h>
#include "price.h"
#include "virt.h"

#define DISK		"/disk"
#define RECORDING	DISK "/recording"
#define RAW		DISK "/raw"
#define ALONE_MS	200
#define SETTLE_MS	50
#define SHOWN_BYTES	2000	/* some pictures */
#define STEP_MS		1000
#define TIMEOUT_MS	10000

struct shared {
	uint64_t rounds;	/* of who counts what is left of the processor */
	uint64_t shown;		/* bytes, by who shows frames */
};

static const char *how, *way, *what;
static unsigned int depth, frames, rate;
static struct shared *shared;
static struct dmaring *stream;
static struct dmaring_info info;

/* -------------------------------------------------------------------- others */

static void count_what_is_left(void)
{
	const struct sched_param none = { 0 };

	if (fork())
		return;
	REQUIRE_EQ(sched_setscheduler(0, SCHED_IDLE, &none), 0);
	for (;;) {
		now_ns();
		__atomic_store_n(&shared->rounds, shared->rounds + 1, __ATOMIC_RELAXED);
	}
}

static void read_terminal(int terminal)
{
	char text[4096];
	ssize_t bytes;

	while ((bytes = read(terminal, text, sizeof(text))) > 0)
		__atomic_add_fetch(&shared->shown, bytes, __ATOMIC_RELAXED);
	tap_end();
}

/* It starts the card, too: frames that it shows before we record are none of ours. */
static void show_live(void)
{
	const struct winsize size = { .ws_row = 24, .ws_col = 80 };
	int terminal;

	if (!forkpty(&terminal, NULL, NULL, &size)) {
		setenv("TERM", "linux", 1);
		execlp("dmaring", "dmaring", "view", "--pictures", "blocks", NULL);
		_exit(1);
	}
	REQUIRE(terminal >= 0);
	if (!fork())
		read_terminal(terminal);
	while (__atomic_load_n(&shared->shown, __ATOMIC_RELAXED) < SHOWN_BYTES)
		sleep_ms(SETTLE_MS);
}

/* ------------------------------------------------------------------ recording */

static struct dmaring_recorder *recorder;
static int raw = -1;

static void must(int err)
{
	if (err)
		printf("# %s\n", dmaring_error());
	REQUIRE_EQ(err, 0);
}

static void must_record(int err)
{
	if (err)
		printf("# %s\n", dmaring_record_error());
	REQUIRE_EQ(err, 0);
}

static void open_stream(void)
{
	must(dmaring_open(card_node(), NULL, &stream));
	REQUIRE_EQ(dmaring_get_info(stream, &info), 0);
}

static void open_file(void)
{
	struct dmaring_recorder_options options = { .size = sizeof(options), .depth = depth };

	if (!strcmp(way, "libaio"))
		options.engine = DMARING_RECORDER_LIBAIO;
	else if (!strcmp(way, "io_uring"))
		options.engine = DMARING_RECORDER_IO_URING;
	if (options.engine) {
		must_record(dmaring_recorder_open(stream, RECORDING, &options, &recorder));
		dmaring_recorder_limit(recorder, frames);
	} else if (!strcmp(way, "write")) {
		raw = open(RAW, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		REQUIRE(raw >= 0);
	}
}

static struct dmaring_recorder_state state_of_recorder(void)
{
	struct dmaring_recorder_state state = { .size = sizeof(state) };

	REQUIRE_EQ(dmaring_recorder_get_state(recorder, &state), 0);
	return state;
}

/* The same. */
static uint64_t record(void)
{
	struct dmaring_recorder_state state;

	do {
		must_record(dmaring_recorder_step(recorder, STEP_MS));
		state = state_of_recorder();
	} while (state.written < frames);
	return state.overruns + state.drops;
}

/* Returns how many are missing between them. */
static uint64_t take_all(void)
{
	struct dmaring_frame frame;
	uint64_t first = 0;

	for (unsigned int i = 0; i < frames; i++) {
		must(dmaring_next(stream, &frame, TIMEOUT_MS));
		if (!i)
			first = frame.sequence;
		if (raw >= 0)
			REQUIRE_EQ(write(raw, dmaring_data(stream, &frame), frame.bytes_used),
				   frame.bytes_used);
		REQUIRE_EQ(dmaring_release(stream, &frame), 0);
	}
	return frame.sequence - first + 1 - frames;
}

static void make_safe(void)
{
	if (recorder)
		must_record(dmaring_recorder_finish(recorder));
	else if (raw >= 0)
		REQUIRE_EQ(fdatasync(raw), 0);
}

/* ------------------------------------------------------------------- checking */

/* Its number is what the card writes into the first bytes of a frame. */
static uint64_t number_at(int fd, off_t at)
{
	uint64_t number;

	REQUIRE_EQ(pread(fd, &number, sizeof(number), at), sizeof(number));
	return number;
}

static void check_file(const char *path, off_t begin, off_t stride, uint64_t lost)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	uint64_t first, last;

	REQUIRE(fd >= 0);
	first = number_at(fd, begin);
	last = first;
	for (unsigned int i = 1; i < frames; i++) {
		uint64_t next = number_at(fd, begin + i * stride);

		REQUIRE(next > last);
		last = next;
	}
	CHECK_EQ(last - first + 1 - frames, lost);
	close(fd);
}

static void check_recording(uint64_t lost)
{
	struct dmaring_recorder_state state = state_of_recorder();
	off_t stride = (info.format.frame_bytes + DMARING_RECORD_ALIGN - 1) &
		       -(off_t)DMARING_RECORD_ALIGN;

	CHECK_EQ(state.safe, frames);
	CHECK_EQ(state.direct, 1);
	/* Only what cannot be written where it is may be copied. */
	CHECK_EQ(state.staged, !(info.caps & DMARING_CAP_DIRECT_IO));
	dmaring_recorder_close(recorder);
	check_file(RECORDING "/frames-000.npy", DMARING_RECORD_ALIGN, stride, lost);
}

static void check(uint64_t lost)
{
	if (recorder)
		check_recording(lost);
	else if (raw >= 0)
		check_file(RAW, 0, info.format.frame_bytes, lost);
}

/* ------------------------------------------------------------------ measuring */

static void print(const char *figure, double value, const char *unit)
{
	printf("## %.3f %s: %s, %s\n", value, unit, what, figure);
}

struct moment {
	long long ns;
	uint64_t rounds;
};

static struct moment moment(void)
{
	return (struct moment){ now_ns(), __atomic_load_n(&shared->rounds, __ATOMIC_RELAXED) };
}

static double ns_between(const struct moment *begin, const struct moment *end)
{
	return end->ns - begin->ns;
}

static double rounds_a_ns(const struct moment *begin, const struct moment *end)
{
	return (end->rounds - begin->rounds) / ns_between(begin, end);
}

static double rounds_alone(void)
{
	struct moment begin, end;

	sleep_ms(SETTLE_MS);
	begin = moment();
	sleep_ms(ALONE_MS);
	end = moment();
	return rounds_a_ns(&begin, &end);
}

static void print_cost(double alone, const struct moment *begin, const struct moment *end)
{
	double busy = 1 - rounds_a_ns(begin, end) / alone;

	print("processor", 100 * busy, "%");
	print("a frame", busy * ns_between(begin, end) / frames, "instructions");
}

static void print_stream(const struct moment *begin, const struct moment *end, uint64_t lost)
{
	print("speed", (double)info.format.frame_bytes * frames * 1e3 / ns_between(begin, end),
	      "MB/s");
	print("lost", lost, "frames");
}

static void measure_stream(double alone)
{
	struct moment begin, written, end;
	uint64_t lost, shown;

	virt_prepare();
	virt_set("rate", rate);
	open_stream();
	open_file();
	if (!strcmp(how, "view"))
		show_live();
	shown = __atomic_load_n(&shared->shown, __ATOMIC_RELAXED);
	begin = moment();
	must(dmaring_start(stream));
	lost = recorder ? record() : take_all();
	written = moment();
	make_safe();
	end = moment();
	print_stream(&begin, &written, lost);
	if (alone)
		print_cost(alone, &begin, &end);
	shown = __atomic_load_n(&shared->shown, __ATOMIC_RELAXED) - shown;
	if (!strcmp(how, "view")) {
		print("shown", shown, "B");
		CHECK(shown > SHOWN_BYTES);
	}
	check(lost);
}

static void measure_command(double alone)
{
	struct moment begin = moment(), end;

	REQUIRE_EQ(system(way), 0);
	end = moment();
	print_cost(alone, &begin, &end);
}

static int is_ours(void)
{
	static const char *const ways[] = { "libaio", "io_uring", "write", "take" };

	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++)
		if (!strcmp(way, ways[i]))
			return 1;
	return 0;
}

TEST(record_frames)
{
	double alone = 0;

	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		      -1, 0);
	REQUIRE(shared != MAP_FAILED);
	if (strcmp(how, "speed")) {
		count_what_is_left();
		alone = rounds_alone();
	}
	if (is_ours())
		measure_stream(alone);
	else
		measure_command(alone);
}

int main(int argc, char **argv)
{
	if (argc != 7) {
		fputs("usage: record speed|cost|view WAY DEPTH FRAMES RATE WHAT\n", stderr);
		return 2;
	}
	how = argv[1];
	way = argv[2];
	depth = atoi(argv[3]);
	frames = atoi(argv[4]);
	rate = atoi(argv[5]);
	what = argv[6];
	return tap_run(NULL, NULL);
}
