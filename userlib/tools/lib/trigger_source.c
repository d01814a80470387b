// SPDX-License-Identifier: MIT
#include "trigger_source.h"
#include "clock.h"

#include <err.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static volatile uint64_t signalled_ns;

static void note_signal(int number)
{
	(void)number;
	signalled_ns = clock_ns();
}

static const struct {
	const char *word;
	enum trigger_kind kind;
} kinds[] = {
	{ "signal", TRIGGER_SIGNAL },
	{ "line", TRIGGER_LINE },
	{ "file=", TRIGGER_FILE },
	{ "control=", TRIGGER_CONTROL },
	{ "every=", TRIGGER_EVERY },
};

int trigger_source_parse(struct trigger_source *source, const char *text)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		const char *word = kinds[i].word;
		size_t length = strlen(word);
		bool named = word[length - 1] == '=';

		if (strncmp(text, word, length) || named != !!text[length])
			continue;
		source->kind = kinds[i].kind;
		source->name = text + length;
		if (source->kind == TRIGGER_EVERY)
			return option_seconds("--trigger every", source->name,
					      &source->period_ns);
		return 0;
	}
	warnx("--trigger '%s': must be signal, line, file=PATH, control=NAME or every=SECONDS",
	      text);
	return -1;
}

/* ------------------------------------------------------------------- each of them */

/* One that is not there was never changed. */
static struct timespec changed_at(const char *path)
{
	struct stat status;

	if (stat(path, &status))
		return (struct timespec){ 0 };
	return status.st_mtim;
}

/* The file has the time that people read. */
static uint64_t monotonic_ns(struct timespec time)
{
	struct timespec real;
	uint64_t now = clock_ns();
	int64_t ago;

	clock_gettime(CLOCK_REALTIME, &real);
	ago = (int64_t)(real.tv_sec - time.tv_sec) * NS_PER_SECOND + real.tv_nsec - time.tv_nsec;
	/* Somebody has set it to what he wanted: that was now. */
	return ago < 0 || (uint64_t)ago >= now ? now : now - ago;
}

static uint64_t file_changed(struct trigger_source *source)
{
	struct timespec now = changed_at(source->name), before = source->seen;

	source->seen = now;
	if (now.tv_sec == before.tv_sec && now.tv_nsec == before.tv_nsec)
		return 0;
	return now.tv_sec || now.tv_nsec ? monotonic_ns(now) : 0;
}

static uint64_t control_changed(struct trigger_source *source)
{
	int64_t before = source->value;

	if (dmaring_get_control(source->stream, source->name, &source->value))
		return 0;	/* a card that is gone says so by its frames */
	return source->value != before ? clock_ns() : 0;
}

/* Several that have come together are one trigger. */
static uint64_t line_came(struct trigger_source *source)
{
	struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };
	char text[4096];
	ssize_t got;

	if (source->ended || poll(&input, 1, 0) <= 0)
		return 0;
	got = read(STDIN_FILENO, text, sizeof(text));
	source->ended = !got || (got < 0 && errno != EINTR && errno != EAGAIN);
	return got > 0 && memchr(text, '\n', got) ? clock_ns() : 0;
}

static uint64_t time_came(struct trigger_source *source)
{
	uint64_t now = clock_ns(), came = source->next_ns;

	if (now < came)
		return 0;
	/* Those that nobody had time for have passed. */
	source->next_ns += ((now - came) / source->period_ns + 1) * source->period_ns;
	return came;
}

static uint64_t signal_came(void)
{
	uint64_t came = signalled_ns;

	if (came)
		signalled_ns = 0;
	return came;
}

/* --------------------------------------------------------------------------- all */

int trigger_source_begin(struct trigger_source *source, struct dmaring *stream)
{
	struct sigaction action = { .sa_handler = note_signal };
	int err = 0;

	source->stream = stream;
	source->next_ns = clock_ns() + source->period_ns;
	if (source->kind == TRIGGER_SIGNAL)
		sigaction(SIGUSR1, &action, NULL);
	else if (source->kind == TRIGGER_FILE)
		source->seen = changed_at(source->name);
	else if (source->kind == TRIGGER_CONTROL)
		err = dmaring_get_control(stream, source->name, &source->value);
	if (err)
		warnx("--trigger control=%s: %s", source->name, dmaring_error());
	return err;
}

uint64_t trigger_source_came(struct trigger_source *source)
{
	switch (source->kind) {
	case TRIGGER_SIGNAL:
		return signal_came();
	case TRIGGER_LINE:
		return line_came(source);
	case TRIGGER_FILE:
		return file_changed(source);
	case TRIGGER_CONTROL:
		return control_changed(source);
	case TRIGGER_EVERY:
		return time_came(source);
	case TRIGGER_NONE:
		break;
	}
	return 0;
}

uint64_t trigger_source_next_ns(const struct trigger_source *source)
{
	return source->kind == TRIGGER_EVERY ? source->next_ns : UINT64_MAX;
}
