// SPDX-License-Identifier: MIT
#include "wire_array.h"
#include "json_scan.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define FORMAT_Y16 DMARING_FOURCC('Y', '1', '6', ' ')

static const struct type {
	const char *dtype;
	const char *name;
	unsigned int tag;
	unsigned int bytes;
} types[] = {
	{ "|u1", "uint8", 64, 1 },
	{ "|i1", "int8", 72, 1 },
	{ "<u2", "uint16", 69, 2 },
	{ "<i2", "int16", 77, 2 },
	{ "<u4", "uint32", 70, 4 },
	{ "<i4", "int32", 78, 4 },
	{ "<f4", "float32", 85, 4 },
	{ "<f8", "float64", 86, 8 },
};

#define TYPES (sizeof(types) / sizeof(types[0]))

static bool take_type(struct wire_shape *shape, const struct type *type)
{
	if (type == types + TYPES)
		return false;
	shape->type = type->name;
	shape->tag = type->tag;
	shape->bytes = type->bytes;
	return true;
}

bool wire_shape_named(struct wire_shape *shape, const char *name)
{
	const struct type *type = types;

	while (type < types + TYPES && strcmp(type->name, name))
		type++;
	return take_type(shape, type);
}

bool wire_shape_tagged(struct wire_shape *shape, uint64_t tag)
{
	const struct type *type = types;

	while (type < types + TYPES && type->tag != tag)
		type++;
	return take_type(shape, type);
}

static bool shape_typed(struct wire_shape *shape, const char *dtype)
{
	const struct type *type = types;

	while (type < types + TYPES && strcmp(type->dtype, dtype))
		type++;
	return take_type(shape, type);
}

/* Of all elements; false if they are more than a frame can have. */
static bool shape_bytes(const struct wire_shape *shape, uint64_t *bytes)
{
	*bytes = shape->bytes;
	for (unsigned int i = 0; i < shape->dimensions; i++)
		if (__builtin_mul_overflow(*bytes, shape->shape[i], bytes) ||
		    *bytes > UINT32_MAX)
			return false;
	return true;
}

static bool shape_described(const struct dmaring_format *format,
			    struct wire_shape *shape)
{
	struct dmaring_format_description is = { .size = sizeof(is) };
	unsigned int last;

	if (dmaring_format_describe(format, &is) || !is.numpy_dimensions ||
	    is.numpy_dimensions > WIRE_DIMENSIONS || !shape_typed(shape, is.numpy_dtype))
		return false;
	shape->dimensions = is.numpy_dimensions;
	memcpy(shape->shape, is.numpy_shape, sizeof(shape->shape));
	last = is.numpy_dimensions > 1 ? 1 : 0;
	/* Padding at the end of a line is elements, too. */
	if (last) {
		if (is.numpy_strides[0] % is.numpy_strides[1])
			return false;
		shape->shape[1] = is.numpy_strides[0] / is.numpy_strides[1];
	}
	return true;
}

void wire_shape_of(const struct dmaring_format *format, uint32_t bytes,
		   struct wire_shape *shape)
{
	uint64_t described;

	*shape = (struct wire_shape){ 0 };
	if (shape_described(format, shape) && shape_bytes(shape, &described) &&
	    described == bytes)
		return;
	wire_shape_named(shape, "uint8");
	shape->dimensions = 1;
	shape->shape[0] = bytes;
}

void wire_guess_format(const struct wire_shape *shape, uint64_t bytes,
		       struct dmaring_format *format)
{
	bool grey = shape->tag == 64 || shape->tag == 69;

	*format = (struct dmaring_format){ .frame_bytes = bytes };
	if (!grey || shape->dimensions != 2 || !bytes)
		return;
	format->pixelformat = shape->bytes == 1 ? DMARING_PIXELFORMAT_GREY : FORMAT_Y16;
	format->height = shape->shape[0];
	format->width = shape->shape[1];
	format->channels = 1;
	format->bytes_per_line = format->width * shape->bytes;
}

/* It is printed, and written into files. */
void wire_check_series(struct wire_message *message)
{
	static const char good[] =
"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:";

	if (message->series[strspn(message->series, good)])
		*message->series = '\0';
}

const char *wire_refuse(const struct wire_message *message,
			const struct wire_shape *shape, uint64_t bytes)
{
	struct dmaring_format_description is = { .size = sizeof(is) };
	uint64_t shaped;

	if (!message->format.frame_bytes || message->format.frame_bytes > WIRE_FRAME_MAX)
		return "its frames have no bytes, or more than a message can have";
	if (!shape_bytes(shape, &shaped) || shaped != bytes)
		return "its shape does not fit its bytes";
	if (bytes > message->format.frame_bytes)
		return "it has more bytes than its format says";
	if (dmaring_format_describe(&message->format, &is))
		return "its format is none that we know, or its lines do not fit the frame";
	return NULL;
}

/* --------------------------------------------------------------------------- write */

static int put_shape(char *text, size_t room, const struct wire_shape *shape)
{
	size_t used = snprintf(text, room, "[");

	for (unsigned int i = 0; i < shape->dimensions; i++)
		used += snprintf(text + used, room - used, "%s%" PRIu64, i ? "," : "",
				 shape->shape[i]);
	return used + snprintf(text + used, room - used, "]");
}

static size_t put_end(const struct wire_message *message, char *text)
{
	return snprintf(text, WIRE_PREFIX,
			"{\"htype\":\"dseries_end-1.0\",\"type\":\"uint8\",\"shape\":[0],\"frame\":%"
			PRIu64 ",\"series\":%" PRIu64
			",\"series_unique_id\":\"%s\",\"first\":%" PRIu64
			",\"end\":%" PRIu64 ",\"lost\":%" PRIu64 "}",
			message->end, message->number, message->series, message->first,
			message->end, message->lost);
}

size_t wire_array_prefix(const struct wire_message *message, char *text)
{
	const struct dmaring_format *format = &message->format;
	const struct dmaring_frame *frame = &message->frame;
	struct wire_shape shape;
	char list[128];

	if (message->kind != WIRE_FRAME)
		return message->kind == WIRE_END ? put_end(message, text) : 0;
	wire_shape_of(format, frame->bytes_used, &shape);
	put_shape(list, sizeof(list), &shape);
	return snprintf(text, WIRE_PREFIX,
			"{\"htype\":\"array-1.0\",\"type\":\"%s\",\"shape\":%s,\"frame\":%" PRIu64
			",\"series\":%" PRIu64 ",\"series_unique_id\":\"%s\",\"first\":%" PRIu64
			",\"overruns\":%" PRIu64 ",\"drops\":%" PRIu64 ",\"skipped\":%" PRIu64
			",\"lost\":%" PRIu64 ",\"timestamp_ns\":%" PRIu64
			",\"realtime_ns\":%" PRIu64 ",\"flags\":%u,\"hw_meta\":%" PRIu64
			",\"control_seq\":%u,\"pixelformat\":%u,\"width\":%u,\"height\":%u,\"channels\":%u,\"bytes_per_line\":%u,\"frame_bytes\":%u,\"rate\":[%u,%u]}",
			shape.type, list, (uint64_t)frame->sequence, message->number,
			message->series, message->first, message->overruns, message->drops,
			message->skipped, message->lost, (uint64_t)frame->timestamp_ns,
			message->realtime_ns, frame->flags, (uint64_t)frame->hw_meta,
			frame->control_seq, format->pixelformat, format->width,
			format->height, format->channels, format->bytes_per_line,
			format->frame_bytes, format->rate_numerator,
			format->rate_denominator);
}

/* ---------------------------------------------------------------------------- read */

bool wire_is_array(const void *part, size_t bytes)
{
	return bytes && *(const char *)part == '{';
}

static bool get32(const struct json_scan *scan, const char *name, uint32_t *to)
{
	uint64_t number;

	if (!json_scan_number(scan, name, &number) || number > UINT32_MAX)
		return false;
	*to = number;
	return true;
}

static void read_format(const struct json_scan *scan, struct dmaring_format *format)
{
	uint64_t rate[2];

	get32(scan, "width", &format->width);
	get32(scan, "height", &format->height);
	get32(scan, "channels", &format->channels);
	get32(scan, "bytes_per_line", &format->bytes_per_line);
	get32(scan, "frame_bytes", &format->frame_bytes);
	if (json_scan_numbers(scan, "rate", rate, 2) == 2) {
		format->rate_numerator = rate[0];
		format->rate_denominator = rate[1];
	}
}

static void read_series(const struct json_scan *scan, struct wire_message *message)
{
	json_scan_number(scan, "series", &message->number);
	if (json_scan_text(scan, "series_unique_id", message->series, WIRE_SERIES))
		wire_check_series(message);
	message->has_first = json_scan_number(scan, "first", &message->first);
	json_scan_number(scan, "lost", &message->lost);
}

static void read_frame(const struct json_scan *scan, struct wire_message *message)
{
	struct dmaring_frame *frame = &message->frame;
	uint64_t number = 0;

	json_scan_number(scan, "overruns", &message->overruns);
	json_scan_number(scan, "drops", &message->drops);
	json_scan_number(scan, "skipped", &message->skipped);
	json_scan_number(scan, "realtime_ns", &message->realtime_ns);
	if (json_scan_number(scan, "timestamp_ns", &number))
		frame->timestamp_ns = number;
	if (json_scan_number(scan, "hw_meta", &number))
		frame->hw_meta = number;
	get32(scan, "flags", &frame->flags);
	get32(scan, "control_seq", &frame->control_seq);
}

const char *wire_read_array(const void *header, size_t header_bytes, const void *data,
			    size_t bytes, struct wire_message *message)
{
	struct wire_shape shape = { 0 };
	struct json_scan scan;
	char htype[32], type[16];
	uint64_t number;
	int dimensions;

	*message = (struct wire_message){ .kind = WIRE_FRAME, .data = data };
	if (header_bytes > WIRE_HEADER_MAX)
		return "its header is too long";
	if (!json_scan(header, header_bytes, &scan))
		return "its header is no JSON";
	if (!json_scan_text(&scan, "htype", htype, sizeof(htype)))
		return "its header has no htype";
	read_series(&scan, message);
	if (!strcmp(htype, "dseries_end-1.0")) {
		message->kind = WIRE_END;
		if (!json_scan_number(&scan, "end", &message->end))
			message->has_first = false;
		return NULL;
	}
	if (strcmp(htype, "array-1.0"))
		return "it is another htype than array-1.0";
	dimensions = json_scan_numbers(&scan, "shape", shape.shape, WIRE_DIMENSIONS);
	if (dimensions < 0 || !json_scan_text(&scan, "type", type, sizeof(type)) ||
	    !wire_shape_named(&shape, type))
		return "it has no type and shape that we know";
	if (!json_scan_number(&scan, "frame", &number))
		return "it has no number";
	shape.dimensions = dimensions;
	message->frame.sequence = number;
	message->frame.bytes_used = bytes;
	if (get32(&scan, "pixelformat", &message->format.pixelformat))
		read_format(&scan, &message->format);
	else
		wire_guess_format(&shape, bytes, &message->format);
	read_frame(&scan, message);
	return wire_refuse(message, &shape, bytes);
}
