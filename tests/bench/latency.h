/* SPDX-License-Identifier: MIT */
/*
 * From a write to the edu card's register, which makes it interrupt at once, until an
 * application knows.  The trigger is the same for all: a thread writes through the
 * card's mapped resource.  Another one, of a higher priority, waits as its driver wants
 * it; on a second processor, if there is one.
 *
 * Busy is a machine in which other processes want the processor, too, and another one
 * wakes up 20,000 times a second; the thread that waits has an ordinary priority there.
 *
 * usage of programs that include it: NAME [ns|busy]
 */
#ifndef LATENCY_H
#define LATENCY_H

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include "edu.h"
#include "spread.h"
#include "tap.h"

#define EVENTS_WARM	200	/* not counted */
#define EVENTS_MAX	10000
#define EVENTS_COUNTED	2000	/* of instructions: they hardly vary */
#define EVENTS_BUSY	4000	/* each of them waits for the others */
#define HOGS		2	/* processes that never sleep */
#define ALARM_US	50	/* from one wake-up to the next of the one that does */
#define REST_US		100	/* between two events: whoever waits is asleep by then */
#define PRIORITY	50

/* Functions of one way to wait. */
struct latency_way {
	void (*wait)(void);
	void (*done)(void);	/* what has to follow, not measured; or NULL */
	int spins;		/* does not sleep: one processor is enough, but one thread, too */
};

static volatile uint32_t *latency_card;
static const struct latency_way *latency_way;
static double latency_values[EVENTS_WARM + EVENTS_MAX];
static double latency_clock;
static volatile long long latency_start;
static volatile int latency_count;	/* events that are over */
static int latency_busy;

static inline void latency_options(int argc, char **argv)
{
	price_options(argc, argv);
	latency_busy = argc > 1 && !strcmp(argv[1], "busy");
	price_in_ns |= latency_busy;
}

/* The card's folder in sysfs. */
static inline const char *latency_device(void)
{
	const char *device = getenv("EDU_DEVICE");

	return device ? device : "/sys/bus/pci/devices/0000:01:00.0";
}

static inline void latency_map(void)
{
	latency_card = edu_map(latency_device());
	REQUIRE(latency_card != MAP_FAILED);
}

/* As a driver does at each interrupt of the card. */
static inline void latency_acknowledge(void)
{
	edu_write(latency_card, EDU_IRQ_ACK, edu_read(latency_card, EDU_IRQ_STATUS));
}

static inline void latency_raise(void)
{
	latency_start = now_ns();
	edu_write(latency_card, EDU_IRQ_RAISE, EDU_IRQ_INSTANT);
}

static inline void latency_note(void)
{
	latency_values[latency_count] = now_ns() - latency_start - latency_clock;
	if (latency_way->done)
		latency_way->done();
	__atomic_store_n(&latency_count, latency_count + 1, __ATOMIC_RELEASE);
}

static inline void latency_stay_on(int processor)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(processor, &set);
	REQUIRE_EQ(sched_setaffinity(0, sizeof(set), &set), 0);
}

static inline void *latency_waiter(void *events)
{
	const struct sched_param first = { .sched_priority = PRIORITY };

	latency_stay_on(sysconf(_SC_NPROCESSORS_ONLN) - 1);
	if (!latency_busy)
		REQUIRE_EQ(sched_setscheduler(0, SCHED_FIFO, &first), 0);
	while (latency_count < *(int *)events) {
		latency_way->wait();
		latency_note();
	}
	return NULL;
}

static inline void latency_one_thread(int events)
{
	while (latency_count < events) {
		latency_raise();
		latency_way->wait();
		latency_note();
	}
}

static inline void latency_two_threads(int events)
{
	pthread_t waiter;

	REQUIRE_EQ(pthread_create(&waiter, NULL, latency_waiter, &events), 0);
	for (int i = 0; i < events; i++) {
		while (__atomic_load_n(&latency_count, __ATOMIC_ACQUIRE) < i)
			sched_yield();
		usleep(REST_US);
		latency_raise();
	}
	pthread_join(waiter, NULL);
}

/* ------------------------------------------------------------- a busy machine */

static inline void latency_hog(void)
{
	for (;;)
		;
}

static inline void latency_alarm(void)
{
	prctl(PR_SET_TIMERSLACK, 1UL);
	for (;;)
		usleep(ALARM_US);
}

static inline pid_t latency_fork(void (*what)(void))
{
	pid_t pid = fork();

	REQUIRE(pid >= 0);
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		what();
	}
	return pid;
}

static inline void latency_others(pid_t others[HOGS + 1])
{
	for (int i = 0; i <= HOGS; i++)
		others[i] = latency_busy ? latency_fork(i < HOGS ? latency_hog : latency_alarm) : 0;
}

static inline void latency_end_others(const pid_t others[HOGS + 1])
{
	for (int i = 0; i <= HOGS; i++)
		if (others[i]) {
			kill(others[i], SIGKILL);
			waitpid(others[i], NULL, 0);
		}
}

static inline int latency_events(void)
{
	if (latency_busy)
		return EVENTS_BUSY;
	return price_in_ns ? EVENTS_MAX : EVENTS_COUNTED;
}

/* Measure one way, and print what came of it. */
static inline void latency_measure(const char *what, const struct latency_way *way)
{
	int events = EVENTS_WARM + latency_events();
	pid_t others[HOGS + 1];

	latency_way = way;
	latency_clock = price_of_clock();
	latency_stay_on(0);
	latency_others(others);
	if (way->spins && sysconf(_SC_NPROCESSORS_ONLN) == 1)
		latency_one_thread(events);
	else
		latency_two_threads(events);
	latency_end_others(others);
	spread_print(what, latency_values + EVENTS_WARM, events - EVENTS_WARM);
}

#endif /* LATENCY_H */
