// SPDX-License-Identifier: MIT
#define _GNU_SOURCE		/* ppoll */
#include "interrupt.h"
#include "number.h"

#include <poll.h>
#include <signal.h>
#include <time.h>

static volatile sig_atomic_t caught;

static void remember(int signal)
{
	caught = signal;
}

void interrupt_catch(void)
{
	struct sigaction action = {
		.sa_handler = remember,
		.sa_flags = SA_RESETHAND,
	};

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

int interrupt_signal(void)
{
	return caught;
}

void interrupt_sleep(uint64_t ns)
{
	struct timespec time = {
		.tv_sec = ns / NS_PER_SECOND,
		.tv_nsec = ns % NS_PER_SECOND,
	};
	sigset_t ours, before;

	/* A signal between the check and the sleep must not be missed. */
	sigemptyset(&ours);
	sigaddset(&ours, SIGINT);
	sigaddset(&ours, SIGTERM);
	sigprocmask(SIG_BLOCK, &ours, &before);
	if (!caught)
		ppoll(NULL, 0, &time, &before);
	sigprocmask(SIG_SETMASK, &before, NULL);
}
