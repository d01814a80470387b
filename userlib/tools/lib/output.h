/* SPDX-License-Identifier: MIT */
/*
 * The standard output, with a memory: stdio drops what it could not write and
 * why, however long before the program's end that was.
 */
#ifndef OUTPUT_H
#define OUTPUT_H

/* First of all.  What is printed to stdout comes through here then. */
void output_begin(void);

/* Last of all.  Return: 0; -1 if not all was written, all said. */
int output_end(void);

#endif /* OUTPUT_H */
