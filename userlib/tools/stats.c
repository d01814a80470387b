// SPDX-License-Identifier: MIT
#include "commands.h"
#include "lib/clock.h"
#include "lib/devices.h"
#include "lib/interrupt.h"
#include "lib/metrics.h"
#include "lib/monitor.h"
#include "lib/sample_json.h"
#include "lib/sample_screen.h"
#include "lib/sample_text.h"

#include <err.h>
#include <string.h>

struct watch {
	const struct options *options;
	const char *device;
	struct dmaring *stream;
	struct sample samples[2];
	struct sample *now, *before;	/* before is NULL at first */
	bool live;			/* in place, on a terminal */
	struct sample_screen screen;
	int terminal_err;
};

/* Return: false if nobody can read it any more. */
static bool show_sample(struct watch *watch)
{
	if (watch->live) {
		watch->terminal_err = sample_screen_draw(&watch->screen,
							 watch->now,
							 watch->before);
		return !watch->terminal_err;
	}
	if (watch->options->json)
		sample_print_json(watch->device, watch->now,
				  watch->before);
	else if (watch->options->period_ns)
		sample_print_line(watch->now, watch->before);
	else
		sample_print_table(watch->now);
	return !fflush(stdout);		/* main() tells why */
}

static bool wait_until(struct watch *watch, uint64_t until_ns)
{
	uint64_t now_ns = clock_ns();

	if (watch->live)
		return sample_screen_wait(&watch->screen, until_ns);
	if (now_ns < until_ns)
		interrupt_sleep(until_ns - now_ns);
	return !interrupt_signal();
}

static void take_turns(struct watch *watch)
{
	struct sample *other = watch->before ? watch->before :
					       &watch->samples[1];

	watch->before = watch->now;
	watch->now = other;
}

static int show_samples(struct watch *watch)
{
	uint64_t period_ns = watch->options->period_ns;
	int err;

	for (;; take_turns(watch)) {
		err = sample_take(watch->stream, watch->now);
		if (err)
			return err;
		if (!show_sample(watch) || !period_ns ||
		    !wait_until(watch, watch->now->time_ns + period_ns))
			return 0;
	}
}

static int show_live(struct watch *watch)
{
	int err;

	terminal_begin();
	err = show_samples(watch);
	terminal_end();
	if (!watch->terminal_err)
		return err;
	warnx("cannot write to the terminal: %s",
	      strerror(-watch->terminal_err));
	return watch->terminal_err;
}

static int watch_stream(const struct options *options, const char *device)
{
	struct watch watch = {
		.options = options,
		.device = device,
		.now = &watch.samples[0],
		.live = options->period_ns && !options->json &&
			terminal_usable(),
		.screen.device = device,
	};
	int err;

	interrupt_catch();
	err = monitor_open(device, &watch.stream);
	if (!err)
		err = watch.live ? show_live(&watch) : show_samples(&watch);
	if (err && !watch.terminal_err)
		warnx("%s", dmaring_error());
	dmaring_close(watch.stream);
	return err ? EXIT_ERROR : EXIT_OK;
}

int command_stats(const struct options *options)
{
	char device[PATH_MAX];
	int code;

	if (options->openmetrics)
		return metrics_print_all(stdout, options->operands,
					 options->operand_count);
	code = devices_resolve(options->operands[0], device);
	return code ? code : watch_stream(options, device);
}
