/* SPDX-License-Identifier: MIT */
/*
 * Frames as messages on a network, in two forms that others read, too: see
 * dmaring-wire(7).  A message is a prefix and the bytes of the frame, in two parts
 * (array-1.0) or in one (Stream2).
 */
#ifndef WIRE_H
#define WIRE_H

#include <libdmaring.h>
#include <stdbool.h>

enum wire_form {
	WIRE_ARRAY,
	WIRE_STREAM2,
};

enum wire_kind {
	WIRE_START,
	WIRE_FRAME,
	WIRE_END,
};

#define WIRE_SERIES 64		/* a name of a series, with its NUL */
#define WIRE_PREFIX 1024	/* bytes: more than any prefix has */
#define WIRE_HEADER_MAX 65536	/* of others that is read: again for each of its names */
#define WIRE_FRAME_MAX (1U << 30)	/* no message is longer: see endpoint.h */

/**
 * struct wire_message - what a message tells
 * @kind:       of it.  Of a start and an end there is only the first group; a start that is
 *              written has @format, and an end has @lost.
 * @series:     name of the series, which no other has; "": it has none.
 * @number:     of the series.
 * @begun_ns:   when it began, CLOCK_REALTIME.
 * @has_first:  @first is known: our own senders say it.
 * @first:      sequence number of its first frame.
 * @end:        of an end: one more than that of its last frame.
 * @format:     of its frames.
 * @frame:      its descriptor: sequence, time, flags, bytes_used, what the card says.
 * @realtime_ns: when it was complete, CLOCK_REALTIME.
 * @overruns:   frames that the card lost directly before it.
 * @drops:      frames that the sender's stream dropped then.
 * @skipped:    frames that the sender skipped then, because nobody took them.
 * @lost:       all three since the first frame of the series; of an end, up to its last.
 * @data:       the bytes of the frame: frame.bytes_used.
 */
struct wire_message {
	enum wire_kind kind;
	char series[WIRE_SERIES];
	uint64_t number;
	uint64_t begun_ns;
	bool has_first;
	uint64_t first;
	uint64_t end;
	struct dmaring_format format;

	struct dmaring_frame frame;
	uint64_t realtime_ns;
	uint64_t overruns;
	uint64_t drops;
	uint64_t skipped;
	uint64_t lost;
	const void *data;
};

/* What comes before the bytes of a frame; all of a start or an end, of which array-1.0
 * has no start.  Return: bytes; 0: there is no such message.
 */
size_t wire_prefix(enum wire_form form, const struct wire_message *message,
		   uint8_t prefix[WIRE_PREFIX]);

/* Is what begins with these bytes the first part of an array-1.0 message, of two? */
bool wire_is_array(const void *part, size_t bytes);

/* What came from somewhere: nothing of it is trusted.  @data is a part of what is given.
 * Return: NULL; else why it is no message, @message is then of no use.
 */
const char *wire_read_array(const void *header, size_t header_bytes, const void *data,
			    size_t bytes, struct wire_message *message);
const char *wire_read_stream2(const void *text, size_t bytes,
			      struct wire_message *message);

#endif /* WIRE_H */
