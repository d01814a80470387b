// SPDX-License-Identifier: MIT
#define _GNU_SOURCE		/* ppoll */
#include "interrupt.h"
#include "number.h"

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <time.h>

static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };

#define SIGNALS (sizeof(signals) / sizeof(signals[0]))

static volatile sig_atomic_t caught;
static void (*volatile last_act)(void);

/* The end that the first one asked for does not come. */
static void kill_at_once(int number)
{
	if (last_act)
		last_act();
	signal(number, SIG_DFL);
	raise(number);
}

static void note_signal(int number)
{
	if (caught)
		kill_at_once(number);
	caught = number;
}

/* nohup(1) and shells that put a command into the background mean it. */
static bool to_be_ignored(int number)
{
	struct sigaction action;

	return (number == SIGHUP || number == SIGQUIT) &&
	       !sigaction(number, NULL, &action) &&
	       action.sa_handler == SIG_IGN;
}

void interrupt_catch(void)
{
	struct sigaction action = { .sa_handler = note_signal };
	size_t i;

	for (i = 0; i < SIGNALS; i++)
		if (!to_be_ignored(signals[i]))
			sigaction(signals[i], &action, NULL);
}

int interrupt_signal(void)
{
	return caught;
}

void interrupt_last_act(void (*act)(void))
{
	last_act = act;
}

int interrupt_poll(struct pollfd *fds, unsigned int count, uint64_t ns)
{
	struct timespec time = {
		.tv_sec = ns / NS_PER_SECOND,
		.tv_nsec = ns % NS_PER_SECOND,
	};
	sigset_t ours, before;
	int ready = 0;
	size_t i;

	/* A signal between the check and the sleep must not be missed. */
	sigemptyset(&ours);
	for (i = 0; i < SIGNALS; i++)
		sigaddset(&ours, signals[i]);
	sigprocmask(SIG_BLOCK, &ours, &before);
	if (!caught)
		ready = ppoll(fds, count, &time, &before);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return ready > 0 ? ready : 0;
}

void interrupt_sleep(uint64_t ns)
{
	interrupt_poll(NULL, 0, ns);
}
