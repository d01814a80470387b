// SPDX-License-Identifier: MIT
#include "canvas.h"
#include "terminal.h"

#define GAIN_STEP 1.25

static bool is_trace(const struct canvas *canvas)
{
	return dmaring_format_is_samples(canvas->row);
}

unsigned int canvas_axis_rows(const struct canvas *canvas)
{
	return is_trace(canvas) ? 1 : 0;
}

int canvas_fit(struct canvas *canvas, const struct picture_room *room)
{
	const struct region whole = {
		.width = canvas->format->width,
		.height = canvas->format->height,
	};

	if (is_trace(canvas))
		return picture_fill(&canvas->picture, room);
	return picture_fit(&canvas->picture, &whole, room);
}

void canvas_look(struct canvas *canvas, const void *frame, size_t bytes)
{
	const struct dmaring_format *format = canvas->format;
	struct region region;
	struct pixels pixels;

	if (is_trace(canvas)) {
		trace_draw(&canvas->trace, &canvas->picture, format,
			   canvas->row, frame, bytes, &canvas->zoom,
			   canvas->contrast == TONE_FULL, canvas->gain);
		return;
	}
	pixels = pixels_of(format, canvas->row, frame, bytes);
	region = zoom_region(&canvas->zoom, format->width, format->height);
	picture_scale(&canvas->picture, &pixels, &region);
}

void canvas_finish(struct canvas *canvas)
{
	struct tone tone;

	if (is_trace(canvas))
		return;
	tone = tone_of(canvas->picture.histogram, canvas->contrast,
		       canvas->row->bits, canvas->gain);
	picture_tone(&canvas->picture, &tone);
	if (canvas->histogram)
		picture_draw_histogram(&canvas->picture, &tone);
}

/* From what is the default here */
static enum tone_contrast contrast_after(const struct canvas *canvas)
{
	enum tone_contrast contrast = canvas->contrast;

	if (contrast == TONE_DEFAULT)
		contrast = canvas->row->bits > 8 ? TONE_AUTO : TONE_FULL;
	return contrast == TONE_FULL ? TONE_AUTO : contrast + 1;
}

bool canvas_key(struct canvas *canvas, int key)
{
	switch (key) {
	case '+':
	case '=':
		zoom_in(&canvas->zoom);
		return true;
	case '-':
		zoom_out(&canvas->zoom);
		return true;
	case '0':
		canvas->zoom = (struct zoom){ 0 };
		return true;
	case TERMINAL_LEFT:
	case TERMINAL_RIGHT:
		zoom_move(&canvas->zoom, key == TERMINAL_RIGHT ? 1 : -1, 0);
		return true;
	case TERMINAL_UP:
	case TERMINAL_DOWN:
		zoom_move(&canvas->zoom, 0, key == TERMINAL_DOWN ? 1 : -1);
		return true;
	case 'c':
		canvas->contrast = contrast_after(canvas);
		return true;
	case 'g':
		canvas->gain *= GAIN_STEP;
		return true;
	case 'G':
		canvas->gain /= GAIN_STEP;
		return true;
	case 'h':
		canvas->histogram = !canvas->histogram;
		return true;
	default:
		return false;
	}
}

const char *canvas_axis(char text[TRACE_AXIS], const struct canvas *canvas,
			unsigned int columns)
{
	if (!is_trace(canvas))
		return NULL;
	return trace_axis(text, &canvas->trace, columns);
}
