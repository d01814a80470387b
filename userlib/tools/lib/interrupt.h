/* SPDX-License-Identifier: MIT */
#ifndef INTERRUPT_H
#define INTERRUPT_H

#include <stdint.h>

/* From now on SIGINT and SIGTERM ask for an orderly end; the second one kills,
 * should the end not come.
 */
void interrupt_catch(void);

/* The signal that asked for the end; 0 if none did. */
int interrupt_signal(void);

/* Sleeps until the time is over or a signal asks for the end. */
void interrupt_sleep(uint64_t ns);

#endif /* INTERRUPT_H */
