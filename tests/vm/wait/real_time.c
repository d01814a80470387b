// SPDX-License-Identifier: MIT
/*
 * On a real-time kernel: how late a thread of the highest priority wakes up while frames
 * are captured.  It is late by what it costs to wake it, and by whatever keeps interrupts
 * off; on such a kernel a driver must not, so it is held against the same thread beside
 * system calls that have nothing to do with this driver.
 *
 * On a machine with --cost a nanosecond is an instruction, and no other machine is in the
 * way: the figures are those of the kernel and the driver alone.
 */
#include <pthread.h>
#include <sched.h>
#include <time.h>
#include "pages.h"
#include "price.h"
#include "virt.h"

#define RECORDERS	8
#define RATE		5000	/* frames a second */
#define PRIORITY	98

/* Not a multiple of anything that repeats, so that it comes at all moments of it. */
#define PERIOD_NS	97003
#define WAKES		5000

static long long late_ns[WAKES];
static volatile int enough;

/* How late it was: mostly, rarely, and once. */
struct lateness {
	long long median, rare, latest;
};

/* ---------------------------------------------------- the thread that is in a hurry */

static void *wake_up_again_and_again(void *unused)
{
	struct timespec due;

	clock_gettime(CLOCK_MONOTONIC, &due);
	for (int i = 0; i < WAKES; i++) {
		due.tv_nsec += PERIOD_NS;
		if (due.tv_nsec >= 1000000000) {
			due.tv_nsec -= 1000000000;
			due.tv_sec++;
		}
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL);
		late_ns[i] = now_ns() - (due.tv_sec * 1000000000LL + due.tv_nsec);
	}
	enough = 1;
	return unused;
}

static int by_value(const void *left, const void *right)
{
	long long difference = *(const long long *)left - *(const long long *)right;

	return (difference > 0) - (difference < 0);
}

static void print(long long late, const char *how_often, const char *beside)
{
	char text[80];

	snprintf(text, sizeof(text), "late beside %s, %s", beside, how_often);
	price_print(late, text);
}

/* Do @work again and again while the thread measures. */
static struct lateness lateness_beside(const char *what, void (*work)(void))
{
	struct sched_param priority = { .sched_priority = PRIORITY };
	struct lateness late;
	pthread_attr_t attributes;
	pthread_t thread;

	enough = 0;
	pthread_attr_init(&attributes);
	pthread_attr_setinheritsched(&attributes, PTHREAD_EXPLICIT_SCHED);
	pthread_attr_setschedpolicy(&attributes, SCHED_FIFO);
	pthread_attr_setschedparam(&attributes, &priority);
	REQUIRE_EQ(pthread_create(&thread, &attributes, wake_up_again_and_again, NULL), 0);
	while (!enough)
		work();
	pthread_join(thread, NULL);
	qsort(late_ns, WAKES, sizeof(*late_ns), by_value);
	late.median = late_ns[WAKES / 2];
	late.rare = late_ns[WAKES - 1 - WAKES / 100];
	late.latest = late_ns[WAKES - 1];
	print(late.median, "median", what);
	print(late.rare, "1 of 100", what);
	print(late.latest, "the latest", what);
	return late;
}

/* ------------------------------------------------------------------- what is beside it */

/* What any program does: processes, memory, a pipe. */
static void ordinary_calls(void)
{
	size_t bytes = 256 * 1024;
	char *memory = pages_map(bytes, PROT_READ | PROT_WRITE);
	int ends[2];
	pid_t pid;

	REQUIRE_EQ(pipe(ends), 0);
	memset(memory, 1, bytes);
	pid = fork();
	if (!pid)
		_exit(write(ends[1], memory, 4096) != 4096);
	REQUIRE(pid > 0);
	CHECK_EQ(read(ends[0], memory, 4096), 4096);
	waitpid(pid, NULL, 0);
	close(ends[0]);
	close(ends[1]);
	munmap(memory, bytes);
}

static struct stream streams[RECORDERS];

static void take_from_all(void)
{
	struct dmaring_frame frame;

	for (int i = 0; i < RECORDERS && !enough; i++) {
		REQUIRE_EQ(stream_take(streams[i].fd, &frame, 1, FOREVER), 1);
		REQUIRE_EQ(stream_give(streams[i].fd, &frame), 0);
	}
}

static void come_and_go(void)
{
	struct stream stream = capture_start();

	capture_frames(&stream, 1);
	for (uint32_t i = 0; i < stream.info.buffers; i++)
		munmap((void *)stream.map[i], stream.info.buffer_stride);
	REQUIRE_EQ(call(stream.fd, DMARING_IOC_STOP, NULL), 0);
	close(stream.fd);
}

/* -------------------------------------------------------------------------------- tests */

static struct lateness allowed;

static void prepare(void)
{
	virt_prepare();
	virt_set("rate", RATE);
	allowed = lateness_beside("ordinary system calls", ordinary_calls);
}

/* The latest alone would not do: rarely the kernel itself is very late. */
static void check(struct lateness late)
{
	CHECK(late.median <= allowed.median);
	CHECK(late.rare <= allowed.rare);
	CHECK(late.latest <= allowed.latest);
}

TEST(a_capture_keeps_nobody_waiting)
{
	for (int i = 0; i < RECORDERS; i++)
		streams[i] = capture_start();
	check(lateness_beside("a capture by 8 recorders", take_from_all));
}

TEST(nor_do_consumers_that_come_and_go)
{
	check(lateness_beside("consumers that come and go", come_and_go));
}

int main(void)
{
	return tap_run(prepare, virt_is_healthy);
}
