/* SPDX-License-Identifier: MIT */
/* What /proc says of a process. */
#ifndef PROCESS_H
#define PROCESS_H

#include <stddef.h>
#include <stdint.h>

#define PROCESS_NAME 16

/* Its name as ps and top show it, in characters that any terminal and any reader of
 * UTF-8 takes; "" if there is no such process.  Returns @name.
 */
const char *process_name(char name[PROCESS_NAME], int32_t pid);

/* A small file of /proc/@pid, whole; "" where there is none. */
void process_read(int32_t pid, const char *name, char *text, size_t room);

/* What no terminal should get becomes question marks. */
void make_printable(char *text);

#endif /* PROCESS_H */
