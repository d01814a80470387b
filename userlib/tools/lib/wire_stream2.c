// SPDX-License-Identifier: MIT
#include "cbor.h"
#include "number.h"
#include "wire_array.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define TAG_DATE	0
#define TAG_ARRAY	40	/* of several dimensions, the outermost first */
#define TAG_COMPRESSED	56500

/* What many readers ask for by its name. */
#define CHANNEL		"threshold_1"

#define NAME		40	/* room for the names that we look for */

/* --------------------------------------------------------------------------- write */

static void put_date(struct cbor_out *out, const char *name, uint64_t ns)
{
	time_t seconds = ns / NS_PER_SECOND;
	char text[48] = "1970-01-01T00:00:00";
	struct tm date;
	size_t used;

	if (gmtime_r(&seconds, &date))
		strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &date);
	used = strlen(text);
	snprintf(text + used, sizeof(text) - used, ".%09uZ",
		 (unsigned int)(ns % NS_PER_SECOND));
	cbor_put_text(out, name);
	cbor_put(out, CBOR_TAG, TAG_DATE);
	cbor_put_text(out, text);
}

static void put_series(struct cbor_out *out, const char *type,
		       const struct wire_message *message)
{
	cbor_put_text_of(out, "type", type);
	cbor_put_number_of(out, "series_id", message->number);
	cbor_put_text_of(out, "series_unique_id", message->series);
}

/* One field that is a number. */
struct field {
	const char *name;
	uint64_t number;
};

static void put_fields(struct cbor_out *out, const char *name,
		       const struct field *fields, unsigned int count)
{
	cbor_put_text(out, name);
	cbor_put(out, CBOR_MAP, count);
	for (; count--; fields++)
		cbor_put_number_of(out, fields->name, fields->number);
}

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void put_start(struct cbor_out *out, const struct wire_message *message)
{
	struct wire_shape shape;
	const struct field user[] = { { "first", message->first } };

	wire_shape_of(&message->format, message->format.frame_bytes, &shape);
	cbor_put(out, CBOR_MAP, 9);
	put_series(out, "start", message);
	put_date(out, "arm_date", message->begun_ns);
	cbor_put_text(out, "channels");
	cbor_put(out, CBOR_ARRAY, 1);
	cbor_put_text(out, CHANNEL);
	cbor_put_number_of(out, "image_size_x", shape.shape[shape.dimensions > 1 ? 1 : 0]);
	cbor_put_number_of(out, "image_size_y", shape.dimensions > 1 ? shape.shape[0] : 1);
	cbor_put_text_of(out, "image_dtype", shape.type);
	put_fields(out, "user_data", user, COUNT(user));
}

static void put_end(struct cbor_out *out, const struct wire_message *message)
{
	const struct field user[] = {
		{ "first", message->first },
		{ "end", message->end },
		{ "lost", message->lost },
	};

	cbor_put(out, CBOR_MAP, 4);
	put_series(out, "end", message);
	put_fields(out, "user_data", user, COUNT(user));
}

static void put_user(struct cbor_out *out, const struct wire_message *message)
{
	const struct dmaring_format *format = &message->format;
	const struct dmaring_frame *frame = &message->frame;
	const struct field user[] = {
		{ "sequence", frame->sequence },
		{ "first", message->first },
		{ "overruns", message->overruns },
		{ "drops", message->drops },
		{ "skipped", message->skipped },
		{ "lost", message->lost },
		{ "timestamp_ns", frame->timestamp_ns },
		{ "realtime_ns", message->realtime_ns },
		{ "flags", frame->flags },
		{ "hw_meta", frame->hw_meta },
		{ "control_seq", frame->control_seq },
		{ "pixelformat", format->pixelformat },
		{ "width", format->width },
		{ "height", format->height },
		{ "channels", format->channels },
		{ "bytes_per_line", format->bytes_per_line },
		{ "frame_bytes", format->frame_bytes },
		{ "rate_numerator", format->rate_numerator },
		{ "rate_denominator", format->rate_denominator },
	};

	put_fields(out, "user_data", user, COUNT(user));
}

/* The frame's bytes follow: what is last in the map is the array, and what is last in
 * that are its bytes.
 */
static void put_image(struct cbor_out *out, const struct wire_message *message)
{
	uint64_t ns = message->realtime_ns > message->begun_ns ?
			      message->realtime_ns - message->begun_ns : 0;
	struct wire_shape shape;

	wire_shape_of(&message->format, message->frame.bytes_used, &shape);
	cbor_put(out, CBOR_MAP, 8);
	put_series(out, "image", message);
	cbor_put_number_of(out, "image_id", message->frame.sequence - message->first);
	put_date(out, "series_date", message->begun_ns);
	cbor_put_text(out, "stop_time");
	cbor_put(out, CBOR_ARRAY, 2);
	cbor_put(out, CBOR_NUMBER, ns);
	cbor_put(out, CBOR_NUMBER, NS_PER_SECOND);
	put_user(out, message);
	cbor_put_text(out, "data");
	cbor_put(out, CBOR_MAP, 1);
	cbor_put_text(out, CHANNEL);
	cbor_put(out, CBOR_TAG, TAG_ARRAY);
	cbor_put(out, CBOR_ARRAY, 2);
	cbor_put(out, CBOR_ARRAY, shape.dimensions);
	for (unsigned int i = 0; i < shape.dimensions; i++)
		cbor_put(out, CBOR_NUMBER, shape.shape[i]);
	cbor_put(out, CBOR_TAG, shape.tag);
	cbor_put(out, CBOR_BYTES, message->frame.bytes_used);
}

size_t wire_prefix(enum wire_form form, const struct wire_message *message,
		   uint8_t prefix[WIRE_PREFIX])
{
	struct cbor_out out = { .to = prefix, .room = WIRE_PREFIX };

	if (form == WIRE_ARRAY)
		return wire_array_prefix(message, (char *)prefix);
	if (message->kind == WIRE_START)
		put_start(&out, message);
	else if (message->kind == WIRE_END)
		put_end(&out, message);
	else
		put_image(&out, message);
	return out.used;
}

/* ---------------------------------------------------------------------------- read */

/* What was found in a message, and cannot be understood before all of it was. */
struct found {
	struct wire_message *message;
	char type[16];
	uint64_t image;		/* its number */
	bool has_image;
	bool has_sequence;
	bool has_end;
	bool has_format;
	const char *fault;	/* NULL, or what is wrong */
	struct wire_shape shape;
	uint64_t bytes;
};

static bool fault(struct found *found, const char *what)
{
	found->fault = what;
	return false;
}

/* Where a number of the user's data goes, and that it was there. */
static void place(struct found *found, const char *name, uint64_t number)
{
	struct wire_message *message = found->message;
	struct dmaring_format *format = &message->format;
	struct dmaring_frame *frame = &message->frame;
	const struct {
		const char *name;
		void *to;
		size_t bytes;
		bool *has;
	} rows[] = {
		{ "sequence", &frame->sequence, 8, &found->has_sequence },
		{ "first", &message->first, 8, &message->has_first },
		{ "end", &message->end, 8, &found->has_end },
		{ "overruns", &message->overruns, 8, NULL },
		{ "drops", &message->drops, 8, NULL },
		{ "skipped", &message->skipped, 8, NULL },
		{ "lost", &message->lost, 8, NULL },
		{ "timestamp_ns", &frame->timestamp_ns, 8, NULL },
		{ "realtime_ns", &message->realtime_ns, 8, NULL },
		{ "flags", &frame->flags, 4, NULL },
		{ "hw_meta", &frame->hw_meta, 8, NULL },
		{ "control_seq", &frame->control_seq, 4, NULL },
		{ "pixelformat", &format->pixelformat, 4, &found->has_format },
		{ "width", &format->width, 4, NULL },
		{ "height", &format->height, 4, NULL },
		{ "channels", &format->channels, 4, NULL },
		{ "bytes_per_line", &format->bytes_per_line, 4, NULL },
		{ "frame_bytes", &format->frame_bytes, 4, NULL },
		{ "rate_numerator", &format->rate_numerator, 4, NULL },
		{ "rate_denominator", &format->rate_denominator, 4, NULL },
	};
	size_t i = 0;

	while (i < COUNT(rows) && strcmp(rows[i].name, name))
		i++;
	if (i == COUNT(rows) || (rows[i].bytes == 4 && number > UINT32_MAX))
		return;
	/* Little-endian, as all machines are that this is for. */
	memcpy(rows[i].to, &number, rows[i].bytes);
	if (rows[i].has)
		*rows[i].has = true;
}

/* The name of what follows; "" for one that is longer than those we look for. */
static bool get_name(struct cbor_in *in, char name[NAME])
{
	struct cbor_in before = *in;

	if (cbor_get_text(in, name, NAME))
		return true;
	*in = before;
	*name = '\0';
	return cbor_skip(in);
}

/* A number, or over something else. */
static bool get_number(struct cbor_in *in, uint64_t *number, bool *is)
{
	struct cbor_in before = *in;

	*is = cbor_get_kind(in, CBOR_NUMBER, number);
	if (*is)
		return true;
	*in = before;
	return cbor_skip(in);
}

/* Ours is a map of numbers; that of others may be anything. */
static bool read_user(struct cbor_in *in, struct found *found)
{
	struct cbor_in before = *in;
	char name[NAME];
	uint64_t left, number;
	bool is;

	if (!cbor_get_kind(in, CBOR_MAP, &left)) {
		*in = before;
		return cbor_skip(in);
	}
	while (cbor_more(in, &left)) {
		if (!get_name(in, name) || !get_number(in, &number, &is))
			return false;
		if (is)
			place(found, name, number);
	}
	return true;
}

static bool read_dimensions(struct cbor_in *in, struct found *found)
{
	struct wire_shape *shape = &found->shape;
	uint64_t left, number;

	if (!cbor_get_kind(in, CBOR_ARRAY, &left))
		return false;
	for (shape->dimensions = 0; cbor_more(in, &left); shape->dimensions++) {
		if (shape->dimensions == WIRE_DIMENSIONS ||
		    !cbor_get_kind(in, CBOR_NUMBER, &number))
			return fault(found, "its array has dimensions that we do not know");
		shape->shape[shape->dimensions] = number;
	}
	return true;
}

static bool read_elements(struct cbor_in *in, struct found *found)
{
	const void *bytes;
	uint64_t tag;
	size_t count;

	if (!cbor_get_kind(in, CBOR_TAG, &tag))
		return fault(found, "its array has elements without a type");
	if (tag == TAG_COMPRESSED)
		return fault(found, "it is compressed, which we cannot undo");
	if (!wire_shape_tagged(&found->shape, tag))
		return fault(found, "its array has elements of a type that we do not know");
	if (in->at < in->end && *in->at >> 5 == CBOR_TAG)
		return fault(found, "it is compressed, which we cannot undo");
	if (!cbor_get_bytes(in, &bytes, &count))
		return false;
	found->message->data = bytes;
	found->bytes = count;
	return true;
}

static bool read_data(struct cbor_in *in, struct found *found)
{
	uint64_t left, tag, parts;
	char name[NAME];

	if (!cbor_get_kind(in, CBOR_MAP, &left))
		return false;
	while (cbor_more(in, &left)) {
		if (found->message->data)
			return fault(found, "it has several channels, we take one");
		if (!get_name(in, name) || !cbor_get_kind(in, CBOR_TAG, &tag) ||
		    tag != TAG_ARRAY || !cbor_get_kind(in, CBOR_ARRAY, &parts) ||
		    parts != 2 || !read_dimensions(in, found) || !read_elements(in, found))
			return false;
	}
	return true;
}

static bool read_entry(struct cbor_in *in, const char *name, struct found *found)
{
	struct wire_message *message = found->message;
	struct cbor_in before = *in;
	uint64_t number;
	bool is;

	if (!strcmp(name, "type"))
		return cbor_get_text(in, found->type, sizeof(found->type));
	if (!strcmp(name, "series_unique_id")) {
		if (cbor_get_text(in, message->series, WIRE_SERIES)) {
			wire_check_series(message);
			return true;
		}
		*in = before;
	}
	if (!strcmp(name, "user_data"))
		return read_user(in, found);
	if (!strcmp(name, "data"))
		return read_data(in, found);
	if (strcmp(name, "series_id") && strcmp(name, "image_id"))
		return cbor_skip(in);
	if (!get_number(in, &number, &is))
		return false;
	if (is && *name == 's') {
		message->number = number;
	} else if (is) {
		found->image = number;
		found->has_image = true;
	}
	return true;
}

static const char *conclude(struct found *found)
{
	struct wire_message *message = found->message;

	if (!strcmp(found->type, "start")) {
		message->kind = WIRE_START;
		return NULL;
	}
	if (!strcmp(found->type, "end")) {
		message->kind = WIRE_END;
		message->has_first &= found->has_end;
		return NULL;
	}
	if (strcmp(found->type, "image"))
		return "it is neither start, image nor end";
	if (!message->data)
		return "it has no data";
	if (!found->has_sequence && !found->has_image)
		return "it has no number";
	message->kind = WIRE_FRAME;
	if (!found->has_sequence)
		message->frame.sequence = found->image;
	message->frame.bytes_used = found->bytes;
	if (!found->has_format)
		wire_guess_format(&found->shape, found->bytes, &message->format);
	return wire_refuse(message, &found->shape, found->bytes);
}

const char *wire_read_stream2(const void *text, size_t bytes, struct wire_message *message)
{
	struct cbor_in in = { text, (const uint8_t *)text + bytes };
	struct found found = { .message = message };
	char name[NAME];
	uint64_t left;

	*message = (struct wire_message){ 0 };
	if (!cbor_get_kind(&in, CBOR_MAP, &left))
		return "it is neither array-1.0 nor Stream2";
	while (cbor_more(&in, &left))
		if (!get_name(&in, name) || !read_entry(&in, name, &found))
			return found.fault ?: "its CBOR is damaged, or nested too deeply";
	if (in.at != in.end)
		return "something follows its CBOR";
	return conclude(&found);
}
