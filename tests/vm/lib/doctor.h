/* SPDX-License-Identifier: MIT */
/* Consumers of all kinds, and what "dmaring doctor" says of them. */
#ifndef DOCTOR_H
#define DOCTOR_H

#include "stream.h"

#define SAID	16384

static char said[SAID];

/* ------------------------------------------------------------------ consumers */

static inline void attach(struct stream *stream, uint32_t watermark)
{
	struct dmaring_attach argument = attach_argument(DMARING_POLICY_LOSSLESS, 0, 0);

	*stream = (struct stream){ .fd = stream_open(O_RDWR) };
	argument.watermark = watermark;
	REQUIRE_EQ(call(stream->fd, DMARING_IOC_ATTACH, &argument), 0);
	REQUIRE_EQ(call(stream->fd, DMARING_IOC_START, NULL), 0);
}

/* Takes up to @most frames as they come, keeps them for @keep_ms, @count times. */
static inline void take(struct stream *stream, uint32_t most, unsigned int keep_ms, int count)
{
	static struct dmaring_frame frames[64];
	int got;

	while (count--) {
		got = stream_take(stream->fd, frames, most, FOREVER);
		REQUIRE(got > 0);
		if (keep_ms)
			sleep_ms(keep_ms);
		while (got--)
			REQUIRE_EQ(stream_give(stream->fd, &frames[got]), 0);
	}
}

static inline void live_well(void)
{
	struct stream stream;

	attach(&stream, 1);
	for (;;)
		take(&stream, 4, 0, 1);
}

/* It is in the same group, which ends with the test. */
static inline pid_t begin(void (*live)(void))
{
	pid_t pid = fork();

	REQUIRE(pid >= 0);
	if (!pid) {
		live();
		_exit(0);
	}
	return pid;
}

static inline void await_frames(uint64_t frames)
{
	int fd = stream_open(O_RDONLY);
	uint64_t begun = stream_stats(fd).produced;

	while (stream_stats(fd).produced < begun + frames)
		sleep_ms(1);
	close(fd);
}

/* ---------------------------------------------------------------- the doctor */

/* Return: its exit status. */
static inline int ask(const char *arguments, uid_t who)
{
	int ends[2], status;
	size_t used = 0;
	ssize_t bytes;
	char line[256];
	pid_t pid;

	REQUIRE_EQ(pipe(ends), 0);
	pid = fork();
	if (!pid) {
		dup2(ends[1], STDOUT_FILENO);
		dup2(ends[1], STDERR_FILENO);
		close(ends[0]);
		if (who && setuid(who))
			_exit(126);
		snprintf(line, sizeof(line), "exec dmaring doctor %s", arguments);
		execl("/bin/sh", "sh", "-c", line, NULL);
		_exit(127);
	}
	close(ends[1]);
	while ((bytes = read(ends[0], said + used, SAID - 1 - used)) > 0)
		used += bytes;
	said[used] = '\0';
	close(ends[0]);
	REQUIRE_EQ(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static inline void has(const char *words)
{
	if (!CHECK(strstr(said, words)))
		printf("# not '%s' but: %s\n", words, said);
}

/* Prints what it has named; checks that it is this and nothing else, but perhaps @also. */
static inline void names(const char *made, const char *also)
{
	static const char key[] = "{\"cause\": \"";
	const char *at = said;
	int count = 0, length, right = 1;

	printf("# made %s, named", made);
	while ((at = strstr(at, key))) {
		at += strlen(key);
		length = strcspn(at, "\"");
		printf(" %.*s", length, at);
		if (count && also && !strncmp(at, also, length))
			continue;
		right &= !count++ && !strncmp(at, made, length) && !made[length];
	}
	puts("");
	if (!CHECK(count && right))
		printf("# %s\n", said);
}

static inline void finds_as(const char *made, const char *also, uid_t who)
{
	await_frames(30);
	CHECK_EQ(ask("--json --time 0.7", who), 1);
	names(made, also);
	has("\"unexplained\": 0,");
	has(who ? "\"traced\": false" : "\"traced\": true");
}

static inline void finds(const char *made)
{
	finds_as(made, NULL, 0);
	printf("# %s", strstr(said, "\"evidence\"") ? strstr(said, "\"evidence\"") : "\n");
}

#endif /* DOCTOR_H */
