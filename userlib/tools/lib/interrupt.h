/* SPDX-License-Identifier: MIT */
#ifndef INTERRUPT_H
#define INTERRUPT_H

#include <poll.h>
#include <stdint.h>

/* From now on SIGINT, SIGTERM, SIGHUP and SIGQUIT ask for an orderly end; the
 * second one kills, should the end not come.  SIGHUP and SIGQUIT stay ignored
 * where they were.
 */
void interrupt_catch(void);

/* The signal that asked for the end; 0 if none did. */
int interrupt_signal(void);

/* What has to be done before a second signal kills; NULL: nothing.  @act may only
 * do what a signal handler may.
 */
void interrupt_last_act(void (*act)(void));

/* poll(2) that a signal that asks for the end ends, too.
 * Return: how many of @fds have something to say; 0 for a time-out or a signal.
 */
int interrupt_poll(struct pollfd *fds, unsigned int count, uint64_t ns);

/* Sleeps until the time is over or a signal asks for the end. */
void interrupt_sleep(uint64_t ns);

#endif /* INTERRUPT_H */
