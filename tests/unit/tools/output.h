/* SPDX-License-Identifier: MIT */
/* Runs the tool and catches what it prints. */
#ifndef OUTPUT_H
#define OUTPUT_H

#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "commands.h"
#include "tap.h"

#define OUTPUT_MAX	131072
#define WORDS_MAX	24

static struct output {
	char out[OUTPUT_MAX];
	size_t out_bytes;
	char err[OUTPUT_MAX];
} output;

static inline size_t output_read(FILE *file, char text[OUTPUT_MAX])
{
	size_t bytes;

	rewind(file);
	bytes = fread(text, 1, OUTPUT_MAX - 1, file);
	text[bytes] = '\0';
	fclose(file);
	return bytes;
}

/* Return: how many words there are now; the first is the program's name. */
static inline int output_split(char *line, char *words[WORDS_MAX])
{
	int count = 0;

	words[count++] = "dmaring";
	for (char *word = strtok(line, " "); word; word = strtok(NULL, " "))
		words[count++] = word;
	words[count] = NULL;
	return count;
}

/* @line: the command and its arguments, separated by single blanks. */
static inline int output_of(const char *line)
{
	int out = dup(STDOUT_FILENO), err = dup(STDERR_FILENO);
	FILE *out_file = tmpfile(), *err_file = tmpfile();
	char *copy = strdup(line), *words[WORDS_MAX];
	int count = output_split(copy, words), code;

	fflush(stdout);
	dup2(fileno(out_file), STDOUT_FILENO);
	dup2(fileno(err_file), STDERR_FILENO);
	code = commands_run(count, words);
	fflush(stdout);
	dup2(out, STDOUT_FILENO);
	dup2(err, STDERR_FILENO);
	output.out_bytes = output_read(out_file, output.out);
	output_read(err_file, output.err);
	free(copy);
	return code;
}

static inline void output_has(const char *stream, const char *words)
{
	if (!CHECK(strstr(stream, words)))
		printf("# not '%s' but:\n# %s\n", words, stream);
}

static inline int output_lines(const char *stream)
{
	int lines = 0;

	for (; *stream; stream++)
		lines += *stream == '\n';
	return lines;
}

#endif /* OUTPUT_H */
