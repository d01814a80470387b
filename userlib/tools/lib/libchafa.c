// SPDX-License-Identifier: MIT
#define _GNU_SOURCE		/* environ */
#include "libchafa.h"

#include <err.h>

#ifdef CHAFA_SONAME

#include "shared_library.h"

#include <chafa.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

static typeof(chafa_canvas_config_new) *config_new;
static typeof(chafa_canvas_config_unref) *config_unref;
static typeof(chafa_canvas_config_set_geometry) *set_geometry;
static typeof(chafa_canvas_config_set_cell_geometry) *set_cell_geometry;
static typeof(chafa_canvas_config_set_pixel_mode) *set_pixel_mode;
static typeof(chafa_canvas_config_set_dither_mode) *set_dither_mode;
static typeof(chafa_canvas_new) *canvas_new;
static typeof(chafa_canvas_unref) *canvas_unref;
static typeof(chafa_canvas_draw_all_pixels) *draw_all_pixels;
static typeof(chafa_canvas_print) *print;
static typeof(chafa_term_db_get_default) *terminals;
static typeof(chafa_term_db_detect) *detect;
static typeof(chafa_term_db_get_fallback_info) *usual_terminal;
static typeof(chafa_term_info_copy) *terminal_copy;
static typeof(chafa_term_info_unref) *terminal_unref;
static typeof(chafa_term_info_set_seq) *set_sequence;
static typeof(chafa_term_info_have_seq) *has_sequence;
static typeof(g_string_append) *string_append;
static typeof(g_string_free) *string_free;

/* The last two are GLib's, which it brings along. */
static const struct shared_symbol symbols[] = {
	{ "chafa_canvas_config_new", (void **)&config_new },
	{ "chafa_canvas_config_unref", (void **)&config_unref },
	{ "chafa_canvas_config_set_geometry", (void **)&set_geometry },
	{ "chafa_canvas_config_set_cell_geometry", (void **)&set_cell_geometry },
	{ "chafa_canvas_config_set_pixel_mode", (void **)&set_pixel_mode },
	{ "chafa_canvas_config_set_dither_mode", (void **)&set_dither_mode },
	{ "chafa_canvas_new", (void **)&canvas_new },
	{ "chafa_canvas_unref", (void **)&canvas_unref },
	{ "chafa_canvas_draw_all_pixels", (void **)&draw_all_pixels },
	{ "chafa_canvas_print", (void **)&print },
	{ "chafa_term_db_get_default", (void **)&terminals },
	{ "chafa_term_db_detect", (void **)&detect },
	{ "chafa_term_db_get_fallback_info", (void **)&usual_terminal },
	{ "chafa_term_info_copy", (void **)&terminal_copy },
	{ "chafa_term_info_unref", (void **)&terminal_unref },
	{ "chafa_term_info_set_seq", (void **)&set_sequence },
	{ "chafa_term_info_have_seq", (void **)&has_sequence },
	{ "g_string_append", (void **)&string_append },
	{ "g_string_free", (void **)&string_free },
	{ 0 },
};

bool libchafa_load(const char *what)
{
	return shared_library_load(CHAFA_SONAME, symbols, what);
}

bool libchafa_knows(enum graphics graphics)
{
	ChafaTermInfo *terminal = detect(terminals(), environ);
	bool knows = has_sequence(terminal, graphics == GRAPHICS_KITTY ?
		CHAFA_TERM_SEQ_BEGIN_KITTY_IMMEDIATE_IMAGE_V1 :
		CHAFA_TERM_SEQ_BEGIN_SIXELS);

	terminal_unref(terminal);
	return knows;
}

/* Pictures of kitty's stay in the terminal's memory until they are deleted, for which
 * they need a number.  There are two: the one before is seen until the next one has come
 * as a whole.  The cursor stays (C=1), and no answer is wanted (q=2).
 */
#define NUMBER(odd) ((odd) ? 4711 : 4712)
#define KITTY_NUMBERED "\033_Ga=T,i=%u,q=2,C=1,f=%%1,s=%%2,v=%%3,c=%%4,r=%%5,m=1\033\\"
#define KITTY_DELETE "\033_Ga=d,d=I,i=%u,q=2\033\\"

static bool is_numbered(const struct libchafa *chafa)
{
	return chafa->in_place && chafa->graphics == GRAPHICS_KITTY;
}

static void number_next(struct libchafa *chafa)
{
	char text[80];

	chafa->odd = !chafa->odd;
	snprintf(text, sizeof(text), KITTY_NUMBERED, NUMBER(chafa->odd));
	set_sequence(chafa->terminal,
		     CHAFA_TERM_SEQ_BEGIN_KITTY_IMMEDIATE_IMAGE_V1, text, NULL);
}

static void delete_other(const struct libchafa *chafa, GString *string)
{
	char text[80];

	snprintf(text, sizeof(text), KITTY_DELETE, NUMBER(!chafa->odd));
	string_append(string, text);
}

/* A picture of sixels need not end where a character does. */
static void open_canvas(struct libchafa *chafa)
{
	bool kitty = chafa->graphics == GRAPHICS_KITTY;
	unsigned int columns = kitty ? chafa->columns : 1;
	unsigned int rows = kitty ? chafa->rows : 1;
	ChafaCanvasConfig *config = config_new();

	set_geometry(config, columns, rows);
	set_cell_geometry(config, chafa->width / columns, chafa->height / rows);
	set_pixel_mode(config, kitty ? CHAFA_PIXEL_MODE_KITTY :
				       CHAFA_PIXEL_MODE_SIXELS);
	set_dither_mode(config, CHAFA_DITHER_MODE_NONE);
	chafa->canvas = canvas_new(config);
	config_unref(config);
}

static void fit(struct libchafa *chafa, enum graphics graphics,
		const struct picture *picture, unsigned int columns,
		unsigned int rows)
{
	if (!chafa->terminal)
		chafa->terminal = terminal_copy(usual_terminal(terminals()));
	if (chafa->canvas && chafa->graphics == graphics &&
	    chafa->width == picture->width && chafa->height == picture->height &&
	    chafa->columns == columns && chafa->rows == rows)
		return;
	if (chafa->canvas)
		canvas_unref(chafa->canvas);
	chafa->graphics = graphics;
	chafa->width = picture->width;
	chafa->height = picture->height;
	chafa->columns = columns;
	chafa->rows = rows;
	open_canvas(chafa);
}

/* Its threads must not get our signals: they would not end what the first thread waits
 * for.
 */
static void draw(struct libchafa *chafa, const struct picture *picture)
{
	sigset_t all, before;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	draw_all_pixels(chafa->canvas, CHAFA_PIXEL_RGB8,
			(const guint8 *)picture->pixels, picture->width,
			picture->height, picture->width * sizeof(struct rgb));
	sigprocmask(SIG_SETMASK, &before, NULL);
}

static void forget_text(struct libchafa *chafa)
{
	if (chafa->text)
		string_free(chafa->text, TRUE);
	chafa->text = NULL;
}

size_t libchafa_encode(struct libchafa *chafa, enum graphics graphics,
		       const struct picture *picture, unsigned int columns,
		       unsigned int rows, const char **text)
{
	GString *string;

	forget_text(chafa);
	fit(chafa, graphics, picture, columns, rows);
	if (is_numbered(chafa))
		number_next(chafa);
	draw(chafa, picture);
	string = print(chafa->canvas, chafa->terminal);
	chafa->text = string;
	if (!string)
		return 0;
	if (is_numbered(chafa))
		delete_other(chafa, string);
	*text = string->str;
	return string->len;
}

const char *libchafa_clear(const struct libchafa *chafa,
			   char text[LIBCHAFA_CLEAR])
{
	*text = '\0';
	if (is_numbered(chafa) && chafa->text)
		snprintf(text, LIBCHAFA_CLEAR, KITTY_DELETE,
			 NUMBER(chafa->odd));
	return text;
}

void libchafa_close(struct libchafa *chafa)
{
	forget_text(chafa);
	if (chafa->canvas)
		canvas_unref(chafa->canvas);
	if (chafa->terminal)
		terminal_unref(chafa->terminal);
	*chafa = (struct libchafa){ 0 };
}

#else /* !CHAFA_SONAME */

bool libchafa_load(const char *what)
{
	if (what)
		warnx("%s: this program was built without libchafa", what);
	return false;
}

bool libchafa_knows(enum graphics graphics)
{
	(void)graphics;
	return false;
}

size_t libchafa_encode(struct libchafa *chafa, enum graphics graphics,
		       const struct picture *picture, unsigned int columns,
		       unsigned int rows, const char **text)
{
	(void)chafa;
	(void)graphics;
	(void)picture;
	(void)columns;
	(void)rows;
	(void)text;
	return 0;
}

const char *libchafa_clear(const struct libchafa *chafa,
			   char text[LIBCHAFA_CLEAR])
{
	(void)chafa;
	*text = '\0';
	return text;
}

void libchafa_close(struct libchafa *chafa)
{
	(void)chafa;
}

#endif /* CHAFA_SONAME */
