// SPDX-License-Identifier: MIT
#define _GNU_SOURCE		/* asprintf */
#include "commands.h"
#include "lib/clock.h"
#include "lib/endpoint.h"
#include "lib/interrupt.h"
#include "lib/json.h"
#include "lib/line.h"
#include "lib/progress.h"
#include "lib/share.h"
#include "lib/units.h"
#include "lib/wire.h"

#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <libdmaring-record.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef ZMQ_SONAME

/* A signal that comes just before the wait is noticed only after it. */
#define WAIT_MAX_MS 200

/* More would only bury the first. */
#define SAID_MAX 8

struct receive {
	const struct options *options;
	struct endpoint endpoint;
	struct dmaring_writer *writer;
	struct dmaring_format format;	/* of what is recorded */
	struct share share;		/* the series, once a frame has come */
	bool ended;			/* its end has come */
	uint64_t last;			/* number of the frame that came last */
	uint64_t last_lost;		/* in the series, up to that */

	uint64_t frames;
	uint64_t bytes;
	uint64_t damaged;		/* messages that are none */
	uint64_t foreign;		/* of another series */
	uint64_t overruns;
	uint64_t drops;
	uint64_t skipped;
	uint64_t elsewhere;		/* that others have, or nobody */
	uint64_t late;			/* that came out of their order */
	uint64_t start_ns;
	uint64_t heard_ns;
	struct progress progress;
};

static void refuse(struct receive *receive, const char *why)
{
	if (++receive->damaged > SAID_MAX + 1)
		return;
	progress_clear(&receive->progress);
	if (receive->damaged > SAID_MAX)
		warnx("more messages that are no frames are counted, not listed");
	else
		warnx("%s: a message is no frame: %s", receive->endpoint.where, why);
}

/* ---------------------------------------------------------------------- recording */

static int begin_recording(struct receive *receive, const struct wire_message *message)
{
	const struct options *options = receive->options;
	uint32_t flags = (options->crc ? DMARING_RECORD_CRC32 : 0) |
			 (options->crc32c ? DMARING_RECORD_CRC32C : 0);
	int err = dmaring_writer_open(options->record, &message->format, flags,
				      &receive->writer);

	if (err)
		warnx("%s", dmaring_record_error());
	receive->format = message->format;
	return err ?: share_write(options->record, &receive->share);
}

static int record(struct receive *receive, const struct wire_message *message)
{
	struct dmaring_record record = {
		.frame = message->frame,
		.overruns = message->overruns,
		.drops = message->drops + message->skipped,
		.realtime_ns = message->realtime_ns,
	};
	int err = 0;

	/* For 'dmaring verify' of all shares: see dmaring-recording(5). */
	record.frame.overruns_total = message->lost;
	if (!receive->options->record)
		return 0;
	if (!receive->writer)
		err = begin_recording(receive, message);
	if (err)
		return err;
	err = dmaring_writer_add(receive->writer, &record, message->data);
	if (err) {
		progress_clear(&receive->progress);
		warnx("%s", dmaring_record_error());
	}
	return err;
}

static int finish_recording(struct receive *receive, int err)
{
	int end_err = dmaring_writer_close(receive->writer);

	if (end_err && !err)
		warnx("%s", dmaring_record_error());
	if (receive->writer && receive->ended)
		end_err = end_err ?: share_write(receive->options->record, &receive->share);
	return err ?: end_err;
}

/* ----------------------------------------------------------------------- messages */

/* Between this frame and the one before: what the sender has lost before this one; and
 * what it has sent to others, who are told what it has lost before theirs.
 */
static void count_losses(struct receive *receive, const struct wire_message *message)
{
	uint64_t distance = message->frame.sequence - receive->last;
	uint64_t lost = message->lost - receive->last_lost;

	receive->overruns += message->overruns;
	receive->drops += message->drops;
	receive->skipped += message->skipped;
	if (receive->frames && message->frame.sequence <= receive->last) {
		receive->late++;
		return;
	}
	if (receive->frames && distance - 1 > lost)
		receive->elsewhere += distance - 1 - lost;
	receive->last = message->frame.sequence;
	receive->last_lost = message->lost;
}

static bool is_of_series(const struct receive *receive, const struct wire_message *message)
{
	return !receive->frames || !strcmp(receive->share.series, message->series);
}

/* Of a sender that tells nothing of its series there is only this receiver. */
static void begin_series(struct receive *receive, const struct wire_message *message)
{
	strcpy(receive->share.series, message->series);
	receive->share.has_first = message->has_first;
	receive->share.first = message->first;
}

static int take_frame(struct receive *receive, const struct wire_message *message)
{
	int err;

	if (receive->writer &&
	    memcmp(&message->format, &receive->format, sizeof(receive->format))) {
		refuse(receive, "it has another format than those that are recorded");
		return 0;
	}
	if (!receive->frames)
		begin_series(receive, message);
	err = record(receive, message);
	if (err)
		return err;
	count_losses(receive, message);
	receive->frames++;
	receive->bytes += message->frame.bytes_used;
	receive->heard_ns = clock_ns();
	return 0;
}

static int take_message(struct receive *receive, const struct wire_message *message)
{
	if (message->kind == WIRE_START)
		return 0;
	if (!is_of_series(receive, message)) {
		receive->foreign += message->kind == WIRE_FRAME;
		return 0;
	}
	if (message->kind == WIRE_FRAME)
		return take_frame(receive, message);
	/* The end of a series of which others had all frames is an end, too. */
	receive->share.has_end = message->has_first;
	receive->share.end = message->end;
	receive->share.lost = message->lost;
	receive->ended = true;
	return 0;
}

static int read_parts(struct receive *receive, zmq_msg_t parts[2], unsigned int count)
{
	const void *first = zmq.msg_data(&parts[0]);
	size_t bytes = zmq.msg_size(&parts[0]);
	bool array = wire_is_array(first, bytes);
	struct wire_message message;
	const char *why;

	if (array && count == 2)
		why = wire_read_array(first, bytes, zmq.msg_data(&parts[1]),
				      zmq.msg_size(&parts[1]), &message);
	else if (!array && count == 1)
		why = wire_read_stream2(first, bytes, &message);
	else
		why = "it has more or fewer parts than its form";
	if (!why)
		return take_message(receive, &message);
	refuse(receive, why);
	return 0;
}

/* Takes all parts of a message, of which two are kept.  Return: how many; 0: it was
 * interrupted before the first.
 */
static int receive_parts(struct receive *receive, zmq_msg_t parts[2], unsigned int *kept)
{
	zmq_msg_t more;
	zmq_msg_t *part;
	int count = 0;

	*kept = 0;
	do {
		part = *kept < 2 ? &parts[*kept] : &more;
		zmq.msg_init(part);
		while (zmq.msg_recv(part, receive->endpoint.socket,
				    count ? 0 : ZMQ_DONTWAIT) < 0) {
			if (count && errno == EINTR)
				continue;
			zmq.msg_close(part);
			return errno == EAGAIN || errno == EINTR ?
				       0 : endpoint_complain(&receive->endpoint, "receive");
		}
		count++;
		*kept += part != &more;
	} while (zmq.msg_more(part) && (part != &more || !zmq.msg_close(&more)));
	if (part == &more)
		zmq.msg_close(&more);
	return count;
}

static int next(struct receive *receive)
{
	unsigned int kept;
	zmq_msg_t parts[2];
	int count, err = 0;

	count = endpoint_wait(&receive->endpoint, ZMQ_POLLIN, WAIT_MAX_MS);
	if (count <= 0)
		return count;
	count = receive_parts(receive, parts, &kept);
	if (count > 2)
		refuse(receive, "it has more parts than any form");
	else if (count > 0)
		err = read_parts(receive, parts, count);
	while (kept)
		zmq.msg_close(&parts[--kept]);
	return count < 0 ? count : err;
}

static void show_progress(struct receive *receive)
{
	struct line line = { 0 };
	char text[UNITS_TEXT];

	if (!progress_is_due(&receive->progress))
		return;
	line_add(&line, "%" PRIu64 " frames, %s received, %" PRIu64 " lost, %" PRIu64
		 " skipped, %" PRIu64 " not here",
		 receive->frames, units_bytes(text, receive->bytes),
		 receive->overruns + receive->drops, receive->skipped, receive->elsewhere);
	progress_write(&line);
}

static bool is_silent(const struct receive *receive)
{
	uint64_t silence_ns = receive->options->silence_ns;

	return silence_ns && clock_ns() - receive->heard_ns >= silence_ns;
}

static int receive_messages(struct receive *receive)
{
	const struct options *options = receive->options;
	char text[UNITS_TEXT];
	int err = 0;

	receive->start_ns = clock_ns();
	receive->heard_ns = receive->start_ns;
	while (!err && !receive->ended && !interrupt_signal() && !is_silent(receive) &&
	       !(options->frames && receive->frames >= options->frames)) {
		show_progress(receive);
		err = next(receive);
	}
	progress_clear(&receive->progress);
	if (!err && is_silent(receive) && !receive->frames) {
		warnx("%s: no frame came for %s", receive->endpoint.where,
		      units_ns(text, options->silence_ns));
		err = -ETIMEDOUT;
	}
	return err;
}

/* ------------------------------------------------------------------------- the end */

static void print_json(const struct receive *receive, uint64_t ns)
{
	struct json json = { .out = stdout };

	json_open(&json, NULL, '{');
	json_string(&json, "endpoint", receive->options->operands[0]);
	json_string(&json, "series", receive->share.series);
	json_number(&json, "frames", receive->frames);
	json_number(&json, "bytes", receive->bytes);
	json_number(&json, "overruns", receive->overruns);
	json_number(&json, "drops", receive->drops);
	json_number(&json, "skipped", receive->skipped);
	json_number(&json, "elsewhere", receive->elsewhere);
	json_number(&json, "late", receive->late);
	json_number(&json, "damaged", receive->damaged);
	json_number(&json, "foreign", receive->foreign);
	json_bool(&json, "ended", receive->ended);
	json_real(&json, "seconds", (double)ns / NS_PER_SECOND);
	json_close(&json, '}');
	putchar('\n');
}

static void summarize(const struct receive *receive)
{
	uint64_t ns = clock_ns() - receive->start_ns;
	char time[UNITS_TEXT], bytes[UNITS_TEXT];

	if (receive->options->json)
		print_json(receive, ns);
	else if (!receive->options->quiet)
		printf("%s: %" PRIu64 " frames received, %s in %s, %" PRIu64
		       " lost by the card, %" PRIu64 " dropped, %" PRIu64
		       " skipped, %" PRIu64 " not here\n",
		       receive->options->operands[0], receive->frames,
		       units_bytes(bytes, receive->bytes), units_ns(time, ns),
		       receive->overruns, receive->drops, receive->skipped,
		       receive->elsewhere);
	if (receive->foreign)
		warnx("%s: %" PRIu64 " frames of another series were left out",
		      receive->options->operands[0], receive->foreign);
}

static int open_endpoint(struct receive *receive)
{
	const struct options *options = receive->options;
	int err = endpoint_open(&receive->endpoint, options->operands[0],
				options->pub ? ZMQ_SUB : ZMQ_PULL,
				options->hwm ?: ENDPOINT_HWM, false);

	if (!err && options->pub && zmq.set(receive->endpoint.socket, ZMQ_SUBSCRIBE, "", 0))
		err = endpoint_complain(&receive->endpoint, "subscribe");
	return err;
}

static int exit_code(const struct receive *receive, int err)
{
	uint64_t lost = receive->overruns + receive->drops + receive->skipped +
			receive->damaged;

	/* Those that others have are not meant, where each is for all. */
	if (receive->options->pub)
		lost += receive->elsewhere;
	if (err)
		return EXIT_ERROR;
	if (receive->options->strict && (lost || !receive->frames))
		return EXIT_FRAMES;
	if (interrupt_signal() && receive->options->frames)
		return EXIT_SIGNAL + interrupt_signal();
	return EXIT_OK;
}

int command_receive(const struct options *options)
{
	struct receive receive = { .options = options };
	int err;

	if (!options->operand_count) {
		warnx("from where? 'dmaring receive tcp://host:5555' takes what 'dmaring send' there sends");
		return EXIT_USAGE;
	}
	if ((options->crc || options->crc32c) && !options->record) {
		warnx("--crc and --crc32c are for --record");
		return EXIT_USAGE;
	}
	interrupt_catch();
	progress_begin(&receive.progress, options);
	err = open_endpoint(&receive);
	if (err)
		return EXIT_ERROR;
	err = receive_messages(&receive);
	endpoint_close(&receive.endpoint, 0);
	err = finish_recording(&receive, err);
	summarize(&receive);
	return exit_code(&receive, err);
}

#else

int command_receive(const struct options *options)
{
	(void)options;
	libzmq_load();
	return EXIT_ERROR;
}

#endif
