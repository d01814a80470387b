// SPDX-License-Identifier: MIT
#include "commands.h"
#include "lib/clock.h"
#include "lib/devices.h"
#include "lib/endpoint.h"
#include "lib/interrupt.h"
#include "lib/json.h"
#include "lib/line.h"
#include "lib/monitor.h"
#include "lib/progress.h"
#include "lib/units.h"
#include "lib/wire.h"

#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#ifdef ZMQ_SONAME

/* A signal that comes just before the wait is noticed only after it. */
#define WAIT_MAX_MS 200

/* So long who receives has time for the next frame of those that wait at the end; and if
 * somebody wants that end now.
 */
#define LINGER_MS 30000
#define HURRY_MS 3000

/* Frames in libzmq's hands beyond those that wait: one on its way, one in ours. */
#define BEYOND_HWM 2

struct send;

/* A frame that libzmq has, by its buffer. */
struct lent {
	struct send *send;
	struct dmaring_frame frame;
};

struct send {
	const struct options *options;
	const char *device;
	bool lossless;
	uint32_t max_held;		/* 0: all buffers */
	struct dmaring *stream;
	struct dmaring_info info;
	struct endpoint endpoint;
	struct lent *lent;
	atomic_uint held;		/* frames in libzmq's hands */

	struct wire_message message;	/* the series, and the frame that is being sent */
	struct dmaring_frame before;	/* the frame taken last */
	bool begun;			/* the series has a frame */
	struct wire_message lost;	/* since the frame sent last: its three counts */
	uint64_t end;			/* one more than the frame sent last */
	uint64_t lost_before;		/* in the series, up to that */

	uint64_t sent;
	uint64_t bytes;
	uint64_t skipped;
	uint64_t held_back;
	uint64_t copied;
	uint64_t overruns;
	uint64_t drops;
	uint64_t undelivered;
	uint64_t start_ns;
	uint64_t heard_ns;
	struct progress progress;
};

static int complain(const struct send *send, int err)
{
	progress_clear(&send->progress);
	if (err == -ENODEV)
		warnx("%s: the card is gone; what waited is not sent", send->device);
	else
		warnx("%s", dmaring_error());
	return err;
}

/* Nothing more is to be sent, whoever waits. */
static bool is_over(const struct send *send)
{
	uint64_t ns = send->options->duration_ns;

	return interrupt_signal() ||
	       (ns && send->start_ns && clock_ns() - send->start_ns >= ns);
}

/* -------------------------------------------------------------------- one message */

/* libzmq's own thread calls it, too.  Others may have the buffer at once, and their frame
 * this place.
 */
static void give_back(void *data, void *hint)
{
	struct lent *lent = hint;
	struct send *send = lent->send;
	struct dmaring_frame frame = lent->frame;

	(void)data;
	/* It fails when the card is gone, and then nobody needs it. */
	dmaring_release(send->stream, &frame);
	atomic_fetch_sub(&send->held, 1);
}

/* Of a viewer that could not take another frame: others would have none, either. */
static bool must_copy(const struct send *send)
{
	return send->options->pub && send->max_held &&
	       atomic_load(&send->held) + 1 >= send->max_held;
}

static int copy_into(zmq_msg_t *part, const void *first, size_t first_bytes,
		     const void *second, size_t second_bytes)
{
	if (zmq.msg_init_size(part, first_bytes + second_bytes))
		return -ENOMEM;
	memcpy(zmq.msg_data(part), first, first_bytes);
	memcpy((char *)zmq.msg_data(part) + first_bytes, second, second_bytes);
	return 0;
}

/* The prefix lies in front of the frame already, where @prefix is not 0. */
static int lend(struct send *send, zmq_msg_t *part, size_t prefix)
{
	const struct dmaring_frame *frame = &send->message.frame;
	struct lent *lent = &send->lent[frame->buffer];
	char *data = dmaring_headroom(send->stream, frame, prefix);

	*lent = (struct lent){ send, *frame };
	atomic_fetch_add(&send->held, 1);
	if (!zmq.msg_init_data(part, data, prefix + frame->bytes_used, give_back, lent))
		return 0;
	give_back(data, lent);
	return -ENOMEM;
}

static int copy(struct send *send, zmq_msg_t *part, size_t prefix)
{
	const struct dmaring_frame *frame = &send->message.frame;
	int err = copy_into(part, dmaring_headroom(send->stream, frame, prefix), prefix,
			    dmaring_data(send->stream, frame), frame->bytes_used);

	dmaring_release(send->stream, frame);
	send->copied += !err;
	return err;
}

/* All messages of a frame, one or two.  The frame is given back whatever happens. */
static int make_parts(struct send *send, zmq_msg_t parts[2], unsigned int *count)
{
	enum wire_form form = send->options->form;
	uint8_t prefix[WIRE_PREFIX];
	size_t bytes = wire_prefix(form, &send->message, prefix);
	int err = 0;

	*count = form == WIRE_ARRAY ? 2 : 1;
	if (form == WIRE_ARRAY) {
		err = copy_into(&parts[0], prefix, bytes, NULL, 0);
		bytes = 0;
	} else {
		memcpy(dmaring_headroom(send->stream, &send->message.frame, bytes), prefix,
		       bytes);
	}
	if (err) {
		dmaring_release(send->stream, &send->message.frame);
		return err;
	}
	err = (must_copy(send) ? copy : lend)(send, &parts[*count - 1], bytes);
	if (err && *count == 2)
		zmq.msg_close(&parts[0]);
	return err;
}

/* Return: 1 if it is sent, 0 if there is no room for it, or nobody who takes it. */
static int try_send(struct send *send, zmq_msg_t *part, bool more)
{
	int flags = more ? ZMQ_SNDMORE | ZMQ_DONTWAIT : ZMQ_DONTWAIT;

	if (zmq.msg_send(part, send->endpoint.socket, flags) >= 0)
		return 1;
	if (errno == EAGAIN || errno == EINTR)
		return 0;
	progress_clear(&send->progress);
	return endpoint_complain(&send->endpoint, "send");
}

/* Who must not lose a frame waits, and the card with him. */
static int wait_and_send(struct send *send, zmq_msg_t *part, bool more, bool patient)
{
	int done = try_send(send, part, more);

	send->held_back += !done && patient;
	while (!done && patient && !is_over(send)) {
		done = endpoint_wait(&send->endpoint, ZMQ_POLLOUT, WAIT_MAX_MS);
		if (done >= 0)
			done = try_send(send, part, more);
	}
	return done;
}

/* The last part of what has begun, for which there is room.  If it is not sent, its
 * receiver has just gone, and libzmq has taken the beginning back: alone it would come
 * to another one, who would take it for a message.
 */
static int send_rest(struct send *send, zmq_msg_t *part)
{
	int done;

	do
		done = try_send(send, part, false);
	while (!done && errno == EINTR);
	return done;
}

static int send_parts(struct send *send, zmq_msg_t parts[2], unsigned int count)
{
	int done = 1;
	unsigned int i;

	for (i = 0; i < count && done > 0; i++)
		done = i ? send_rest(send, &parts[i]) :
			   wait_and_send(send, &parts[i], i + 1 < count, send->lossless);
	/* What was not taken is ours still; to close it gives the frame back. */
	for (i -= done <= 0; i < count; i++)
		zmq.msg_close(&parts[i]);
	return done;
}

/* Messages without a frame. */
static int send_word(struct send *send, enum wire_kind kind, bool patient)
{
	struct wire_message word = send->message;
	uint8_t prefix[WIRE_PREFIX];
	zmq_msg_t parts[2];
	size_t bytes;
	int done;

	word.kind = kind;
	word.end = send->end;
	word.lost = send->lost_before;
	bytes = wire_prefix(send->options->form, &word, prefix);
	if (!bytes)
		return 1;
	if (copy_into(&parts[0], prefix, bytes, NULL, 0))
		return -ENOMEM;
	done = wait_and_send(send, &parts[0], send->options->form == WIRE_ARRAY, patient);
	if (done <= 0) {
		zmq.msg_close(&parts[0]);
		return done;
	}
	if (send->options->form == WIRE_STREAM2)
		return done;
	/* So that who takes two parts for each frame stays in step. */
	zmq.msg_init(&parts[1]);
	done = send_rest(send, &parts[1]);
	if (done <= 0)
		zmq.msg_close(&parts[1]);
	return done;
}

/* ---------------------------------------------------------------------- one frame */

static uint64_t realtime_ns(uint64_t monotonic_ns)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * NS_PER_SECOND + now.tv_nsec - clock_ns() + monotonic_ns;
}

/* What is missing between this frame and the one sent last, which may be others than
 * those taken.
 */
static void count_losses(struct send *send, const struct dmaring_frame *frame)
{
	struct dmaring_loss loss = { 0 };

	if (send->before.cookie)
		dmaring_loss_between(&send->before, frame, &loss);
	send->before = *frame;
	send->overruns += loss.overruns;
	send->drops += loss.drops;
	send->lost.overruns += loss.overruns;
	send->lost.drops += loss.drops;
}

static void describe(struct send *send, const struct dmaring_frame *frame)
{
	struct wire_message *message = &send->message;

	message->frame = *frame;
	message->realtime_ns = realtime_ns(frame->timestamp_ns);
	if (!send->begun) {
		send->lost = (struct wire_message){ 0 };
		message->first = frame->sequence;
	}
	message->overruns = send->lost.overruns;
	message->drops = send->lost.drops;
	message->skipped = send->lost.skipped;
	message->lost = send->lost_before + message->overruns + message->drops +
			message->skipped;
}

static int send_frame(struct send *send, const struct dmaring_frame *frame)
{
	zmq_msg_t parts[2];
	unsigned int count;
	int done = 1;
	bool over;

	count_losses(send, frame);
	describe(send, frame);
	if (!send->begun && send->options->form == WIRE_STREAM2) {
		done = send_word(send, WIRE_START, send->lossless);
		/* Once, also if there is no room left for the frame itself. */
		if (done > 0) {
			send->begun = true;
			send->end = frame->sequence;
		}
	}
	if (done <= 0) {
		dmaring_release(send->stream, frame);
	} else {
		done = make_parts(send, parts, &count);
		if (done) {
			warnx("%s: no memory for a message", send->device);
			return done;
		}
		done = send_parts(send, parts, count);
	}
	if (done < 0)
		return done;
	/* One that waited when the end came lies behind that of the series. */
	if (!done) {
		over = is_over(send);
		send->skipped += !over;
		send->lost.skipped += !over;
		return 0;
	}
	send->begun = true;
	send->lost = (struct wire_message){ 0 };
	send->end = frame->sequence + 1;
	send->lost_before = send->message.lost;
	send->sent++;
	send->bytes += frame->bytes_used;
	return 0;
}

/* ------------------------------------------------------------------------ the frames */

static void show_progress(struct send *send)
{
	struct line line = { 0 };
	char text[UNITS_TEXT];

	if (!progress_is_due(&send->progress))
		return;
	line_add(&line, "%" PRIu64 " frames, %s sent, %" PRIu64 " skipped, %" PRIu64 " lost",
		 send->sent, units_bytes(text, send->bytes), send->skipped,
		 send->overruns + send->drops);
	line_add(&line, ", %u on their way", atomic_load(&send->held));
	progress_write(&line);
}

static bool all_done(const struct send *send)
{
	const struct options *options = send->options;

	return is_over(send) || (options->frames && send->sent >= options->frames);
}

static int next(struct send *send)
{
	struct dmaring_frame frame;
	int err = dmaring_next(send->stream, &frame, WAIT_MAX_MS);

	if (err == -ETIMEDOUT || err == -EINTR)
		return progress_check_silence(&send->progress, send->device, send->heard_ns);
	if (err)
		return complain(send, err);
	send->heard_ns = clock_ns();
	return send_frame(send, &frame);
}

/* The first frame is not to be lost before somebody is there.  Viewers come and go. */
static int wait_for_somebody(const struct send *send)
{
	int there = send->options->pub;

	if (!there && !send->options->quiet &&
	    !endpoint_wait(&send->endpoint, ZMQ_POLLOUT, WAIT_MAX_MS))
		warnx("%s: waiting for somebody who receives", send->options->operands[1]);
	while (!there && !interrupt_signal())
		there = endpoint_wait(&send->endpoint, ZMQ_POLLOUT, WAIT_MAX_MS);
	return there < 0 ? there : 0;
}

static int send_frames(struct send *send)
{
	int err = wait_for_somebody(send);

	if (err || interrupt_signal())
		return err;
	send->start_ns = clock_ns();
	send->heard_ns = send->start_ns;
	if (dmaring_start(send->stream))
		return complain(send, -EIO);
	/* From now on nobody changes it; while we waited, somebody may have. */
	err = dmaring_get_info(send->stream, &send->info);
	if (err)
		return complain(send, err);
	send->message.format = send->info.format;
	while (!err && !all_done(send)) {
		show_progress(send);
		err = next(send);
	}
	return err;
}

/* --------------------------------------------------------------------------- the end */

static int linger_ms(void)
{
	return interrupt_signal() ? HURRY_MS : LINGER_MS;
}

/* libzmq copies the last message before it gives it to the kernel: so often nothing has
 * to be on its way, for all to be where it is wanted.
 */
#define QUIET_LOOKS 5

/* Somebody who does not receive any more has not for ever. */
static void deliver(struct send *send)
{
	static const struct timespec pause = { .tv_nsec = 5000000 };
	uint64_t moved_ns = clock_ns(), before = 0, waiting;
	bool told = !send->begun;
	int quiet = 0;

	while (quiet < QUIET_LOOKS && clock_ns() - moved_ns < linger_ms() * 1000000ULL) {
		told = told || send_word(send, WIRE_END, false);
		nanosleep(&pause, NULL);
		waiting = atomic_load(&send->held) * send->info.buffer_size +
			  endpoint_unread() + !told;
		if (waiting != before)
			moved_ns = clock_ns();
		before = waiting;
		quiet = waiting ? 0 : quiet + 1;
	}
	send->undelivered = atomic_load(&send->held);
}

static void print_json(const struct send *send, uint64_t ns)
{
	struct json json = { .out = stdout };

	json_open(&json, NULL, '{');
	json_string(&json, "device", send->device);
	json_string(&json, "endpoint", send->options->operands[1]);
	json_string(&json, "series", send->message.series);
	json_number(&json, "first", send->message.first);
	json_number(&json, "end", send->end);
	json_number(&json, "frames", send->sent);
	json_number(&json, "bytes", send->bytes);
	json_number(&json, "skipped", send->skipped);
	json_number(&json, "held_back", send->held_back);
	json_number(&json, "copied", send->copied);
	json_number(&json, "overruns", send->overruns);
	json_number(&json, "drops", send->drops);
	json_number(&json, "undelivered", send->undelivered);
	json_real(&json, "seconds", (double)ns / NS_PER_SECOND);
	json_close(&json, '}');
	putchar('\n');
}

static void summarize(const struct send *send)
{
	uint64_t ns = send->start_ns ? clock_ns() - send->start_ns : 0;
	char time[UNITS_TEXT], bytes[UNITS_TEXT];

	if (send->options->json)
		print_json(send, ns);
	else if (!send->options->quiet)
		printf("%s: %" PRIu64 " frames sent, %s in %s, %" PRIu64
		       " skipped, %" PRIu64 " lost by the card, %" PRIu64 " dropped\n",
		       send->device, send->sent, units_bytes(bytes, send->bytes),
		       units_ns(time, ns), send->skipped, send->overruns, send->drops);
	if (send->undelivered)
		warnx("%s: %" PRIu64 " frames were not delivered in time",
		      send->options->operands[1], send->undelivered);
}

/* ------------------------------------------------------------------------- the begin */

/* A viewer holds what waits at the socket, as far as viewers may. */
static int choose_depth(struct send *send, struct dmaring_options *options)
{
	uint32_t hwm = send->options->hwm ?: ENDPOINT_HWM, left;
	struct dmaring *monitor;
	int err;

	err = monitor_open(send->device, &monitor);
	if (!err)
		err = dmaring_get_info(monitor, &send->info);
	if (err) {
		dmaring_close(monitor);
		return complain(send, err);
	}
	dmaring_close(monitor);
	if (send->lossless)
		return 0;
	options->policy = DMARING_POLICY_LATEST;
	options->depth = options->depth ?: 1;
	left = send->info.viewer_buffers - send->info.viewer_reserved;
	left = left > options->depth ? left - options->depth : 1;
	if (!options->max_held)
		options->max_held = hwm + BEYOND_HWM < left ? hwm + BEYOND_HWM : left;
	send->max_held = options->max_held;
	return 0;
}

static int open_stream(struct send *send)
{
	struct dmaring_options options = send->options->stream;
	int err = choose_depth(send, &options);

	if (err)
		return err;
	if (send->info.direction == DMARING_PLAYBACK) {
		warnx("%s (%s) is a playback stream, no frame comes from it",
		      send->device, send->info.card);
		return -EOPNOTSUPP;
	}
	/* libzmq's thread cannot survive a signal when the card goes. */
	options.flags |= DMARING_OPEN_ZEROES;
	options.headroom = send->options->form == WIRE_STREAM2 ? WIRE_PREFIX : 0;
	send->lent = calloc(send->info.buffers, sizeof(*send->lent));
	if (!send->lent) {
		warnx("%s: no memory", send->device);
		return -ENOMEM;
	}
	err = dmaring_open(send->device, &options, &send->stream);
	return err ? complain(send, err) : 0;
}

static void name_series(struct send *send)
{
	struct wire_message *message = &send->message;
	uint16_t id[8] = { 0 };
	struct timespec now;

	/* A UUID of version 4 */
	if (getrandom(id, sizeof(id), 0) != sizeof(id))
		id[0] = clock_ns();
	snprintf(message->series, WIRE_SERIES, "%04x%04x-%04x-4%03x-%04x-%04x%04x%04x", id[0],
		 id[1], id[2], id[3] & 0xfff, (id[4] & 0x3fff) | 0x8000, id[5], id[6], id[7]);
	clock_gettime(CLOCK_REALTIME, &now);
	message->kind = WIRE_FRAME;
	message->number = now.tv_sec;
	message->begun_ns = now.tv_sec * NS_PER_SECOND + now.tv_nsec;
	message->has_first = true;
}

/* As often as the slowest subscriber takes, if all are to have each frame. */
static int open_endpoint(struct send *send)
{
	const struct options *options = send->options;
	const int yes = 1;
	int err;

	err = endpoint_open(&send->endpoint, options->operands[1],
			    options->pub ? ZMQ_PUB : ZMQ_PUSH, options->hwm ?: ENDPOINT_HWM,
			    true);
	if (!err && options->pub && send->lossless &&
	    zmq.set(send->endpoint.socket, ZMQ_XPUB_NODROP, &yes, sizeof(yes)))
		err = endpoint_complain(&send->endpoint, "set it up");
	return err;
}

/* First libzmq, which may have frames, then the stream. */
static int run(struct send *send)
{
	int err = open_stream(send), stop_err;

	if (!err)
		err = open_endpoint(send);
	if (!err) {
		name_series(send);
		err = send_frames(send);
		progress_clear(&send->progress);
		stop_err = send->start_ns && err != -ENODEV ? dmaring_stop(send->stream) : 0;
		if (stop_err && !err)
			err = complain(send, stop_err);
		if (err != -ENODEV)
			deliver(send);
	}
	endpoint_close(&send->endpoint, err || send->undelivered ? 0 : linger_ms());
	if (send->start_ns)
		summarize(send);
	dmaring_close(send->stream);
	free(send->lent);
	return err;
}

static int exit_code(const struct send *send, int err)
{
	const struct options *options = send->options;
	uint64_t lost = send->overruns + send->drops + send->skipped + send->undelivered;
	bool short_of = options->frames && send->sent < options->frames;

	if (err)
		return EXIT_ERROR;
	if (options->strict && (lost || !send->sent))
		return EXIT_FRAMES;
	if (interrupt_signal() && (short_of || options->duration_ns))
		return EXIT_SIGNAL + interrupt_signal();
	return EXIT_OK;
}

int command_send(const struct options *options)
{
	struct send send = {
		.options = options,
		.lossless = options->stream.policy == DMARING_POLICY_LOSSLESS,
	};
	char path[PATH_MAX];
	int code;

	if (options->operand_count < 2) {
		warnx("whose frames, and where to? 'dmaring send 0 tcp://*:5555' sends those of /dev/dmaring0 to whoever connects");
		return EXIT_USAGE;
	}
	code = devices_resolve(options->operands[0], path);
	if (code)
		return code;
	send.device = path;
	interrupt_catch();
	progress_begin(&send.progress, options);
	return exit_code(&send, run(&send));
}

#else

int command_send(const struct options *options)
{
	(void)options;
	libzmq_load();
	return EXIT_ERROR;
}

#endif
