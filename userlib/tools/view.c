// SPDX-License-Identifier: MIT
#include "commands.h"
#include "lib/busfault.h"
#include "lib/clock.h"
#include "lib/format.h"
#include "lib/half_blocks.h"
#include "lib/interrupt.h"
#include "lib/picture.h"
#include "lib/status.h"
#include "lib/terminal.h"
#include "lib/units.h"
#include "lib/write_all.h"

#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A signal or a key that comes just before the wait is noticed only after it. */
#define WAIT_MAX_MS 200

/* More than the eye can follow would only keep the terminal busy. */
#define PERIOD_NS (NS_PER_SECOND / 50)

#define HOME "\033[H"
#define CLEAR_SCREEN "\033[0m\033[2J"
#define CLEAR_LINE "\r\033[K"
#define CONTROL_BYTES 32

struct view {
	const struct options *options;
	struct dmaring *stream;
	struct dmaring_info info;
	struct status status;
	enum colours colours;
	struct terminal_size size;
	struct picture picture;
	char *text;			/* what goes to the terminal */
	int terminal_err;
	bool quit;
};

static int write_text(struct view *view, const char *text, const char *end)
{
	view->terminal_err = write_all(STDOUT_FILENO, text, end - text);
	return view->terminal_err;
}

/* ------------------------------------------------------------------- one frame */

/* Follows the size of the terminal.
 * Return: 1 if all of it must be drawn anew, 0 if not, or -ENOMEM.
 */
static int fit(struct view *view)
{
	struct terminal_size size = terminal_size(STDOUT_FILENO);
	bool resized = size.columns != view->size.columns ||
		       size.rows != view->size.rows;
	unsigned int rows = size.rows > 1 ? size.rows - 1 : 1;
	int changed;
	char *text;

	view->size = size;
	changed = picture_fit(&view->picture, &view->info.format, size.columns,
			      rows * 2);
	if (changed <= 0)
		return changed < 0 ? changed : resized;
	text = realloc(view->text, half_blocks_bytes(&view->picture) +
				   STATUS_TEXT + CONTROL_BYTES);
	if (!text)
		return -ENOMEM;
	view->text = text;
	return 1;
}

struct look {
	struct view *view;
	const struct dmaring_frame *frame;
};

static int look_at(void *argument)
{
	const struct look *look = argument;
	struct view *view = look->view;
	const void *data = dmaring_data(view->stream, look->frame);

	picture_scale(&view->picture, data, look->frame->bytes_used,
		      &view->info.format);
	return 0;
}

static char *put_status(char *to, const struct view *view)
{
	char text[STATUS_TEXT];

	return stpcpy(to, status_text(text, &view->status,
				      view->options->once ? STATUS_TEXT :
				      view->size.columns));
}

static int draw(struct view *view, bool all)
{
	bool live = !view->options->once;
	char *to = view->text;

	if (live && all)
		to = stpcpy(to, CLEAR_SCREEN);
	if (live)
		to = stpcpy(to, HOME);
	to = half_blocks_encode(to, &view->picture, view->colours);
	to = put_status(stpcpy(to, live ? CLEAR_LINE : ""), view);
	if (!live)
		*to++ = '\n';
	return write_text(view, view->text, to);
}

/* The frame is given back before it is drawn: terminals are slow. */
static int show_frame(struct view *view, const struct dmaring_frame *frame)
{
	struct look look = { .view = view, .frame = frame };
	int changed = fit(view);
	int err;

	if (changed < 0)
		return changed;
	status_add(&view->status, frame);
	err = busfault_guard(look_at, &look);
	if (err)
		return -ENODEV;
	err = dmaring_release(view->stream, frame);
	return err ? err : draw(view, changed);
}

/* ------------------------------------------------------------- all of the frames */

/* The cursor is on its line. */
static int show_status(struct view *view)
{
	char text[sizeof(CLEAR_LINE) + STATUS_TEXT];
	char *end;

	if (view->options->once)
		return 0;
	end = put_status(stpcpy(text, CLEAR_LINE), view);
	return write_text(view, text, end);
}

static int show_silence(struct view *view)
{
	uint64_t limit_ns = view->options->silence_ns;

	if (limit_ns && clock_ns() - view->status.result.heard_ns >= limit_ns)
		return -ETIMEDOUT;
	return show_status(view);
}

static bool all_done(const struct view *view)
{
	uint64_t frames = view->options->once ? 1 : view->options->frames;

	return frames && view->status.result.frames >= frames;
}

static int show_frames(struct view *view)
{
	struct dmaring_frame frame;
	uint64_t begun_ns, spent_ns;
	int err;

	while (!all_done(view) && !interrupt_signal() && !view->quit) {
		begun_ns = clock_ns();
		err = dmaring_next(view->stream, &frame, WAIT_MAX_MS);
		if (err == -ETIMEDOUT || err == -EINTR)
			err = show_silence(view);
		else if (!err)
			err = show_frame(view, &frame);
		if (err)
			return err;
		view->quit = terminal_quit();
		spent_ns = clock_ns() - begun_ns;
		if (spent_ns < PERIOD_NS && !all_done(view))
			interrupt_sleep(PERIOD_NS - spent_ns);
	}
	return 0;
}

/* Only when the terminal is as it was: what is said before would vanish. */
static void explain(const struct view *view, int err)
{
	char time[UNITS_TEXT];

	if (view->terminal_err)
		warnx("cannot write to the standard output: %s",
		      strerror(-view->terminal_err));
	else if (err == -ETIMEDOUT)
		warnx("%s: no frame came for %s; 'dmaring stats' shows whether the card produces any",
		      view->options->device,
		      units_ns(time, view->options->silence_ns));
	else if (err == -ENODEV)
		warnx("%s: the card is gone", view->options->device);
	else if (err == -ENOMEM)
		warnx("no memory for a picture of %ux%u characters",
		      view->size.columns, view->size.rows);
	else
		warnx("%s", dmaring_error());
}

static int run(struct view *view)
{
	int err;

	if (dmaring_start(view->stream)) {
		warnx("%s", dmaring_error());
		return -EIO;
	}
	status_begin(&view->status, view->options->device, &view->info.format);
	view->size = terminal_size(STDOUT_FILENO);
	if (!view->options->once)
		terminal_begin();
	err = show_frames(view);
	if (!view->options->once)
		terminal_end();
	if (err)
		explain(view, err);
	return err;
}

/* --------------------------------------------------------------------- the command */

static int open_and_run(struct view *view)
{
	static const struct dmaring_options viewer = {
		.size = sizeof(viewer),
		.flags = DMARING_OPEN_READ_ONLY,
	};

	if (dmaring_open(view->options->device, &viewer, &view->stream) ||
	    dmaring_get_info(view->stream, &view->info)) {
		warnx("%s", dmaring_error());
		return -EIO;
	}
	if (!format_grey(&view->info.format, "shown"))
		return -EINVAL;
	return run(view);
}

static int exit_code(const struct view *view)
{
	bool endless = !view->options->frames && !view->options->once;

	if (endless || all_done(view) || view->quit)
		return EXIT_OK;
	return EXIT_SIGNAL + interrupt_signal();
}

static int refuse_terminal(void)
{
	const char *term = getenv("TERM");

	if (terminal_usable())
		return 0;
	if (isatty(STDOUT_FILENO))
		warnx("the terminal cannot show colours in place (TERM is '%s'); --once prints one frame",
		      term ? term : "");
	else
		warnx("the standard output is no terminal; --once prints one frame to anything");
	return -1;
}

int command_view(const struct options *options)
{
	struct view view = { .options = options };
	int err;

	if (!options->once && refuse_terminal())
		return EXIT_USAGE;
	interrupt_catch();
	view.colours = terminal_colours();
	err = open_and_run(&view);
	dmaring_close(view.stream);
	picture_free(&view.picture);
	free(view.text);
	return err ? EXIT_ERROR : exit_code(&view);
}
