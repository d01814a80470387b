// SPDX-License-Identifier: MIT
#include "commands.h"
#include "lib/busfault.h"
#include "lib/canvas.h"
#include "lib/clock.h"
#include "lib/format.h"
#include "lib/graphics.h"
#include "lib/half_blocks.h"
#include "lib/interrupt.h"
#include "lib/libchafa.h"
#include "lib/status.h"
#include "lib/terminal.h"
#include "lib/units.h"
#include "lib/write_all.h"

#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A signal or a key that comes just before the wait is noticed only after it. */
#define WAIT_MAX_MS 200

/* More than the eye can follow would only keep the terminal busy. */
#define PERIOD_NS (NS_PER_SECOND / 50)

#define NS_PER_MS 1000000ULL

#define HOME "\033[H"
#define CLEAR_SCREEN "\033[0m\033[2J"
#define CLEAR_LINE "\r\033[K"
#define CONTROL_BYTES 32
#define PAUSED "paused  "

struct view {
	const struct options *options;
	struct dmaring *stream;
	struct dmaring_info info;
	struct status status;
	enum graphics graphics;		/* as it was chosen */
	enum colours colours;
	struct libchafa chafa;
	struct terminal_size size;
	struct canvas canvas;
	char *text;			/* what goes to the terminal */
	int terminal_err;
	bool paused;
	bool holds;			/* @held: the frame that is looked at */
	struct dmaring_frame held;
	bool quit;
};

static int write_text(struct view *view, const char *text, const char *end)
{
	view->terminal_err = write_all(STDOUT_FILENO, text, end - text);
	return view->terminal_err;
}

/* ------------------------------------------------------------------- one frame */

static bool is_resized(const struct view *view, const struct terminal_size *size)
{
	return size->columns != view->size.columns ||
	       size->rows != view->size.rows ||
	       size->cell_width != view->size.cell_width ||
	       size->cell_height != view->size.cell_height;
}

static int resize_text(struct view *view)
{
	size_t bytes = TRACE_AXIS + STATUS_TEXT + CONTROL_BYTES;
	char *text;

	if (view->graphics == GRAPHICS_BLOCKS)
		bytes += half_blocks_bytes(&view->canvas.picture);
	text = realloc(view->text, bytes);
	if (!text)
		return -ENOMEM;
	view->text = text;
	return 0;
}

/* Follows the size of the terminal.
 * Return: 1 if all of it must be drawn anew, 0 if not, or -ENOMEM.
 */
static int fit(struct view *view)
{
	struct terminal_size size = terminal_size(STDOUT_FILENO);
	bool resized = is_resized(view, &size);
	unsigned int below = 1 + canvas_axis_rows(&view->canvas);
	unsigned int rows = size.rows > below ? size.rows - below : 1;
	const struct picture_room room = graphics_room(view->graphics, &size,
						       rows);
	int changed = canvas_fit(&view->canvas, &room);

	view->size = size;
	if (changed <= 0)
		return changed < 0 ? changed : resized;
	return resize_text(view) ? -ENOMEM : 1;
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

	canvas_look(&view->canvas, data, look->frame->bytes_used);
	return 0;
}

static char *put_axis(char *to, const struct view *view)
{
	char text[TRACE_AXIS];
	const char *axis = canvas_axis(text, &view->canvas, view->size.columns);

	if (!axis)
		return to;
	to = stpcpy(to, view->options->once ? "" : CLEAR_LINE);
	return stpcpy(stpcpy(to, axis), "\n");
}

static char *put_status(char *to, const struct view *view)
{
	unsigned int columns = view->options->once ? STATUS_TEXT :
						     view->size.columns;
	const char *pause = view->holds ? PAUSED : "";
	char text[STATUS_TEXT];

	if (columns < strlen(pause))
		pause = "";
	status_text(text, &view->status, columns - strlen(pause));
	return stpcpy(stpcpy(to, pause), text);
}

/* Terminals disagree about where the cursor is after it. */
static char *put_below(char *to, const struct view *view, unsigned int rows)
{
	if (view->options->once)
		return stpcpy(to, "\n");
	return to + sprintf(to, "\033[%uH", rows + 1);
}

static int draw_graphics(struct view *view)
{
	const struct picture *picture = &view->canvas.picture;
	unsigned int cell = view->size.cell_width;
	const char *text = NULL;
	size_t bytes;

	bytes = libchafa_encode(&view->chafa, view->graphics, picture,
				(picture->width + cell - 1) / cell,
				graphics_rows(view->graphics, &view->size,
					      picture), &text);
	return bytes ? write_text(view, text, text + bytes) : -ENOMEM;
}

/* Return: where text goes on, or NULL: view->terminal_err. */
static char *put_picture(char *to, struct view *view)
{
	const struct picture *picture = &view->canvas.picture;

	if (view->graphics == GRAPHICS_BLOCKS)
		return half_blocks_encode(to, picture, view->colours);
	if (write_text(view, view->text, to) || draw_graphics(view))
		return NULL;
	return put_below(view->text, view,
			 graphics_rows(view->graphics, &view->size, picture));
}

static int draw(struct view *view, bool all)
{
	bool live = !view->options->once;
	char *to = view->text;

	if (live && all)
		to = stpcpy(to, CLEAR_SCREEN);
	if (live)
		to = stpcpy(to, HOME);
	to = put_picture(to, view);
	if (!to)
		return view->terminal_err ? view->terminal_err : -ENOMEM;
	to = put_axis(to, view);
	to = put_status(stpcpy(to, live ? CLEAR_LINE : ""), view);
	if (!live)
		*to++ = '\n';
	return write_text(view, view->text, to);
}

/* The frame is given back before it is drawn: terminals are slow.  It is not while it
 * has to be looked at again.
 */
static int look_and_draw(struct view *view, const struct dmaring_frame *frame)
{
	struct look look = { .view = view, .frame = frame };
	int changed = fit(view);
	int err = 0;

	if (changed < 0)
		return changed;
	if (busfault_guard(look_at, &look))
		return -ENODEV;
	if (!view->holds)
		err = dmaring_release(view->stream, frame);
	if (err)
		return err;
	canvas_finish(&view->canvas);
	return draw(view, changed);
}

static int show_frame(struct view *view, const struct dmaring_frame *frame)
{
	status_add(&view->status, frame);
	if (view->paused) {
		view->holds = true;
		view->held = *frame;
	}
	return look_and_draw(view, frame);
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

static int go_on(struct view *view)
{
	view->paused = false;
	if (!view->holds)
		return 0;
	view->holds = false;
	return dmaring_release(view->stream, &view->held);
}

static int use_key(struct view *view, int key)
{
	if (key == 'q')
		view->quit = true;
	else if (key == ' ' && view->paused)
		return go_on(view);
	else if (key == ' ')
		view->paused = true;	/* at the next frame */
	else if (canvas_key(&view->canvas, key) && view->holds)
		return look_and_draw(view, &view->held);
	return 0;
}

/* All that were typed; waits so long for the first. */
static int use_keys(struct view *view, uint64_t ns)
{
	int key, err = 0;

	while (!err && !view->quit && (key = terminal_key_within(ns))) {
		err = use_key(view, key);
		ns = 0;
	}
	return err;
}

/* The frame stays, the terminal may become larger. */
static int look_on(struct view *view)
{
	struct terminal_size size;
	int err = use_keys(view, WAIT_MAX_MS * NS_PER_MS);

	if (err || !view->holds)
		return err;
	size = terminal_size(STDOUT_FILENO);
	if (!is_resized(view, &size))
		return 0;
	return look_and_draw(view, &view->held);
}

static int await_frame(struct view *view)
{
	uint64_t begun_ns = clock_ns(), spent_ns;
	struct dmaring_frame frame;
	int err = dmaring_next(view->stream, &frame, WAIT_MAX_MS);

	if (err == -ETIMEDOUT || err == -EINTR)
		err = show_silence(view);
	else if (!err)
		err = show_frame(view, &frame);
	if (!err)
		err = use_keys(view, 0);
	spent_ns = clock_ns() - begun_ns;
	if (!err && spent_ns < PERIOD_NS && !all_done(view))
		interrupt_sleep(PERIOD_NS - spent_ns);
	return err;
}

static int show_frames(struct view *view)
{
	int err = 0;

	while (!err && !all_done(view) && !interrupt_signal() && !view->quit)
		err = view->holds ? look_on(view) : await_frame(view);
	return err;
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

static void leave(const struct view *view)
{
	char text[LIBCHAFA_CLEAR];

	libchafa_clear(&view->chafa, text);
	write_all(STDOUT_FILENO, text, strlen(text));
	terminal_end();
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
		leave(view);
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
	view->canvas.format = &view->info.format;
	view->canvas.row = format_row(&view->info.format, "shown");
	if (!view->canvas.row)
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
	struct view view = {
		.options = options,
		.graphics = options->pictures,
		.chafa.in_place = !options->once,
		.canvas = {
			.contrast = options->contrast,
			.gain = options->gain ? options->gain : 1,
		},
	};
	int err;

	if (!options->once && refuse_terminal())
		return EXIT_USAGE;
	interrupt_catch();
	err = graphics_choose(&view.graphics);
	if (err)
		return err;
	view.colours = terminal_colours();
	err = open_and_run(&view);
	dmaring_close(view.stream);
	libchafa_close(&view.chafa);
	picture_free(&view.canvas.picture);
	free(view.text);
	return err ? EXIT_ERROR : exit_code(&view);
}
