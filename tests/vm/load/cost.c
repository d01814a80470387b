// SPDX-License-Identifier: MIT
/*
 * What a frame costs, in guest instructions: on a machine with --cost a nanosecond
 * of the guest's clock is an instruction, so the figures repeat on any host.  They
 * say nothing of caches or of what a barrier costs on real processors.
 *
 * A test fails if a figure is a fiftieth above what it was when it was recorded here, on
 * Linux 6.1, or there above its target if that was reached then; on other kernels a fifth
 * above.  A target that is missed is said.  Without --cost the figures are nanoseconds of a
 * busy host, good for comparison within a run and no more.
 *
 * usage: cost [ns]
 */
#include <libdmaring.h>
#include <sys/utsname.h>
#include "price.h"
#include "ring.h"
#include "virt.h"

#define ROUNDS		9
#define BURST		32	/* frames that the source makes at once */
#define CONSUMERS_MAX	16

#define DRIFT		1.02
#define DRIFT_ELSEWHERE	1.2

struct figure {
	const char *what;
	double target;		/* 0: none */
	double recorded;
};

/* What was recorded is of Linux 6.1; others have other locks, and another compiler. */
static int as_recorded(void)
{
	struct utsname kernel;

	REQUIRE(!uname(&kernel));
	return !strncmp(kernel.release, "6.1.", 4);
}

/* What was reached stays so. */
static double most_of(const struct figure *figure)
{
	double most = DRIFT * figure->recorded;

	if (!as_recorded())
		return DRIFT_ELSEWHERE * figure->recorded;
	return figure->recorded <= figure->target && figure->target < most ? figure->target : most;
}

/* Prints what was measured; a check that it has not become worse. */
static void report(const struct figure *figure, double measured)
{
	price_print(measured, figure->what);
	if (price_in_ns)
		return;
	if (figure->target && measured > figure->target)
		printf("## missed: %s: the target is %.0f\n", figure->what, figure->target);
	if (!CHECK(measured <= most_of(figure)))
		printf("# it was %.1f\n", figure->recorded);
}

static void prepare(void)
{
	virt_prepare();
	virt_set("burst", BURST);	/* and then nothing for a while */
}

/* --------------------------------------------------------- without system calls */

static struct dmaring *library;

static void library_start(void)
{
	if (dmaring_open(card_node(), NULL, &library) || dmaring_start(library))
		printf("# %s\n", dmaring_error());
	REQUIRE(library);
}

static void library_let_wait(void)
{
	let_wait(dmaring_fd(library), BURST);
}

/* What next and release would be if they did nothing: to return 0, and no more. */
#define NOTHING_COST	2	/* instructions; the library's functions have these, too */

/* Called as a function of the library is, of which a compiler knows nothing. */
#if defined(__has_attribute) && __has_attribute(noipa)
#define NOTHING	__attribute__((noipa))
#else
#define NOTHING	__attribute__((noinline))
#endif

#ifdef __aarch64__
#define SET_TO_ZERO	"mov %w0, wzr"
#else
#define SET_TO_ZERO	"xor %0, %0"
#endif

static NOTHING int no_next(struct dmaring *stream, struct dmaring_frame *frame, int timeout_ms)
{
	int zero;

	/* Nothing that a compiler could know and leave out. */
	__asm__ volatile(SET_TO_ZERO : "=r"(zero) : "r"(stream), "r"(frame), "r"(timeout_ms));
	return zero;
}

static NOTHING int no_release(struct dmaring *stream, const struct dmaring_frame *frame)
{
	int zero;

	__asm__ volatile(SET_TO_ZERO : "=r"(zero) : "r"(stream), "r"(frame));
	return zero;
}

/* One frame after the other, with the loop around it. */
static __attribute__((always_inline)) inline double
take_and_give(int (*next)(struct dmaring *, struct dmaring_frame *, int),
	      int (*give)(struct dmaring *, const struct dmaring_frame *))
{
	struct dmaring_frame frame;
	double values[ROUNDS];
	int errors = 0;

	for (int round = 0; round < ROUNDS; round++) {
		long long start;

		library_let_wait();
		start = now_ns();
		for (int i = 0; i < BURST; i++) {
			errors |= next(library, &frame, 0);
			errors |= give(library, &frame);
		}
		values[round] = price_each(start, BURST);
	}
	CHECK_EQ(errors, 0);
	return price_least(values, ROUNDS);
}

TEST(the_library_on_the_ring)
{
	static const struct figure single = { "next + release", 45, 50 };
	static const struct figure looped = { "the same with the loop that calls them", 0, 62 };
	double whole, loop;

	library_start();
	loop = take_and_give(no_next, no_release) - 2 * NOTHING_COST;
	whole = take_and_give(dmaring_next, dmaring_release);
	report(&single, whole - loop);
	report(&looped, whole);
}

TEST(the_library_on_the_ring_in_batches)
{
	static const struct figure batch = { "next_batch + release_batch of 32", 35, 34 };
	struct dmaring_frame frames[BURST];
	double values[ROUNDS];

	library_start();
	for (int round = 0; round < ROUNDS; round++) {
		long long start;

		library_let_wait();
		start = now_ns();
		CHECK_EQ(dmaring_next_batch(library, frames, BURST, 0), BURST);
		CHECK_EQ(dmaring_release_batch(library, frames, BURST), 0);
		values[round] = price_each(start, BURST);
	}
	report(&batch, price_least(values, ROUNDS));
}

/* What a loop that asks before it takes costs, when it need not wait. */
TEST(poll_and_the_ring)
{
	static const struct figure each = { "poll + next + release", 0, 1149 };
	struct pollfd entry = { .events = POLLIN };
	struct dmaring_frame frame;
	double values[ROUNDS];
	int errors = 0;

	library_start();
	entry.fd = dmaring_fd(library);
	for (int round = 0; round < ROUNDS; round++) {
		long long start;

		library_let_wait();
		start = now_ns();
		for (int i = 0; i < BURST; i++) {
			errors |= poll(&entry, 1, 0) != 1;
			errors |= dmaring_next(library, &frame, 0);
			errors |= dmaring_release(library, &frame);
		}
		values[round] = price_each(start, BURST);
	}
	CHECK_EQ(errors, 0);
	report(&each, price_least(values, ROUNDS));
}

/* ------------------------------------------------------------- with system calls */

/* The least that ioctl(2) costs on this kernel, whatever the device does. */
TEST(the_floor)
{
	static const struct figure floor = { "ioctl(2) that no device answers", 0, 568 };
	int null = open("/dev/null", O_RDWR);
	double values[ROUNDS];

	for (int round = 0; round < ROUNDS; round++) {
		long long start = now_ns();

		for (int i = 0; i < BURST; i++)
			ioctl(null, DMARING_IOC_KICK, NULL);
		values[round] = price_each(start, BURST);
	}
	report(&floor, price_least(values, ROUNDS));
}

static struct dmaring_frame taken[BURST];

static void dequeue(int fd, uint32_t count)
{
	struct dmaring_dequeue dequeue = { .size = sizeof(dequeue), .count = count };

	for (uint32_t i = 0; i < BURST; i += count) {
		dequeue.frames = (uintptr_t)&taken[i];
		dequeue.count = count;
		if (ioctl(fd, DMARING_IOC_DEQUEUE, &dequeue))
			CHECK_EQ(-errno, 0);
	}
}

static void release(int fd, uint32_t count)
{
	struct dmaring_release release = { .size = sizeof(release), .count = count };
	__u64 cookies[BURST];

	release.cookies = (uintptr_t)cookies;
	for (uint32_t i = 0; i < BURST; i += count) {
		for (uint32_t j = 0; j < count; j++)
			cookies[j] = taken[i + j].cookie;
		if (ioctl(fd, DMARING_IOC_RELEASE, &release))
			CHECK_EQ(-errno, 0);
	}
}

/* Each call gives back what the one before took; the last ones stay taken. */
static void exchange(int fd, uint32_t count)
{
	struct dmaring_dequeue dequeue = { .size = sizeof(dequeue) };

	dequeue.frames = (uintptr_t)taken;
	for (uint32_t i = 0; i < BURST; i += count) {
		dequeue.count = count;
		if (ioctl(fd, DMARING_IOC_DEQUEUE, &dequeue))
			CHECK_EQ(-errno, 0);
		dequeue.release = dequeue.count;
	}
}

static void by_read(int fd, uint32_t count)
{
	const ssize_t bytes = count * sizeof(*taken);

	for (uint32_t i = 0; i < BURST; i += count)
		if (read(fd, &taken[i], bytes) != bytes)
			CHECK_EQ(-errno, 0);
}

static void measure(void (*take)(int, uint32_t), uint32_t count, const struct figure *whole,
		    const struct figure *part)
{
	struct stream stream = capture_start();
	double takes[ROUNDS], both[ROUNDS];

	for (int round = 0; round < ROUNDS; round++) {
		long long start;

		let_wait(stream.fd, BURST);
		start = now_ns();
		take(stream.fd, count);
		takes[round] = price_each(start, BURST);
		start = now_ns();
		release(stream.fd, count);
		both[round] = takes[round] + price_each(start, BURST);
	}
	report(part, price_least(takes, ROUNDS));
	report(whole, price_least(both, ROUNDS));
}

TEST(ioctls_one_by_one)
{
	static const struct figure whole = { "DEQUEUE + RELEASE, one frame", 1700, 1680 };
	static const struct figure part = { "DEQUEUE, one frame", 0, 865 };

	measure(dequeue, 1, &whole, &part);
}

TEST(ioctls_in_batches)
{
	static const struct figure whole = { "DEQUEUE + RELEASE, of 32", 220, 160 };
	static const struct figure part = { "DEQUEUE of 32", 0, 43 };

	measure(dequeue, BURST, &whole, &part);
}

TEST(one_ioctl_for_both)
{
	static const struct figure each = { "DEQUEUE that releases the one before", 1186, 1034 };
	struct stream stream = capture_start();
	double values[ROUNDS];

	for (int round = 0; round < ROUNDS; round++) {
		long long start;

		let_wait(stream.fd, BURST);
		start = now_ns();
		exchange(stream.fd, 1);
		values[round] = price_each(start, BURST);
		CHECK_EQ(stream_give(stream.fd, taken), 0);
	}
	report(&each, price_least(values, ROUNDS));
}

TEST(read_one_by_one)
{
	static const struct figure whole = { "read + RELEASE, one frame", 0, 1650 };
	static const struct figure part = { "read, one frame", 0, 835 };

	measure(by_read, 1, &whole, &part);
}

/* -------------------------------------------------------------- the kernel's side */

static int consumers[CONSUMERS_MAX];

static int consumer_start(uint32_t policy)
{
	int fd = stream_open(O_RDWR), viewer = policy == DMARING_POLICY_LATEST;

	REQUIRE_EQ(stream_attach(fd, policy, viewer, viewer), 0);
	REQUIRE_EQ(call(fd, DMARING_IOC_START, NULL), 0);
	return fd;
}

/* What waits, at most a burst: one that has just started has missed some frames. */
static void drain(int fd)
{
	int count = stream_take(fd, taken, BURST, 0);

	for (int i = 0; i < count; i++)
		CHECK_EQ(stream_give(fd, &taken[i]), 0);
}

/*
 * Frames of a burst are completed one after the other, and each is stamped at the
 * same place of dmaring_complete(): from stamp to stamp is what it takes to complete
 * and publish one, the source's own few instructions included.
 */
static double from_stamp_to_stamp(const struct stream *stream)
{
	static double values[ROUNDS * (BURST - 1)];
	int count = 0, fd = stream->fd;

	for (int round = 0; round < ROUNDS; round++) {
		let_wait(fd, BURST);
		dequeue(fd, BURST);
		for (int i = 1; i < BURST; i++)
			values[count++] = taken[i].timestamp_ns - taken[i - 1].timestamp_ns;
		/* They have cost what they cost: are they there, too? */
		for (int i = 0; i < BURST; i++)
			REQUIRE(virt_has_written(stream->map[taken[i].buffer], &taken[i],
						 &stream->info.format));
		release(fd, BURST);
		for (int i = 1; i < CONSUMERS_MAX && consumers[i]; i++)
			if (stream_stats(consumers[i]).consumer_policy == DMARING_POLICY_LOSSLESS)
				drain(consumers[i]);
	}
	return price_middle(values, count);
}

static double print_publish(const struct stream *stream, int count, const char *whom)
{
	double value = from_stamp_to_stamp(stream);
	char what[64];

	snprintf(what, sizeof(what), "publish, %s: %d", whom, count);
	price_print(value, what);
	return value;
}

/* Prints the cost for the first consumer, and for each further one. */
static void measure_publish(uint32_t policy, const char *whom, const struct figure *first,
			    const struct figure *further)
{
	struct stream stream;
	int most = CONSUMERS_MAX;
	double alone, all = 0;

	/* Some places are no viewer's, and one is taken. */
	if (policy == DMARING_POLICY_LATEST)
		most -= DMARING_CONSUMERS_KEPT - 1;
	stream = capture_start();
	consumers[0] = stream.fd;
	alone = print_publish(&stream, 1, whom);
	for (int i = 1; i < most; i++) {
		consumers[i] = consumer_start(policy);
		if (!(i & (i + 1)) || i + 1 == most)
			all = print_publish(&stream, i + 1, whom);
	}
	report(first, alone);
	report(further, (all - alone) / (most - 1));
}

TEST(publish_to_recorders)
{
	static const struct figure first = { "complete + publish for one consumer", 534, 470 };
	static const struct figure further = { "for each further recorder", 148, 113 };

	measure_publish(DMARING_POLICY_LOSSLESS, "recorders", &first, &further);
}

/* They do not look, so that a frame is dropped for each that comes. */
TEST(publish_to_viewers)
{
	static const struct figure first = { "complete + publish for one consumer", 534, 470 };
	static const struct figure further = { "for each further viewer that sleeps", 150, 135 };

	measure_publish(DMARING_POLICY_LATEST, "sleeping viewers", &first, &further);
}

int main(int argc, char **argv)
{
	price_options(argc, argv);
	return tap_run(prepare, virt_is_healthy);
}
