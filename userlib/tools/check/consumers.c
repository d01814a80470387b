// SPDX-License-Identifier: MIT
/* Several who look at the same frames, in all ways that there are. */
#include "stream.h"
#include "../lib/clock.h"
#include "../lib/interrupt.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define ROUNDS 8
#define COOKIES 64

enum point {
	WORKS = CHECK_WORKS,
	SAME,
	COOKIE,
	WAYS,
	SCRUBBED,
};

static const struct check_point points[] = {
	[WORKS] = { "frames come, to a recorder and to a viewer",
		    "the group \"run\"" },
	[SAME] = { "both see the same frame", "the core, please report it" },
	[COOKIE] = { "no cookie comes twice", "the core, please report it" },
	[WAYS] = { "poll, the eventfd, the ring and ioctl agree",
		   "dmaring_refill(): it is what wakes, at the end of the handler" },
	[SCRUBBED] = { "nobody sees frames of who was there before",
		       "stop(): the card still writes" },
};

/* ------------------------------------------------------------ recorder and viewer */

struct cookies {
	uint64_t of[COOKIES];
	unsigned int count;
};

static void look_at_cookie(struct check *check, struct cookies *cookies,
			   uint64_t cookie)
{
	unsigned int kept = cookies->count < COOKIES ? cookies->count : COOKIES;
	unsigned int i;

	check_that(check, COOKIE, cookie, "it is 0");
	for (i = 0; i < kept; i++)
		check_that(check, COOKIE, cookies->of[i] != cookie,
			   "0x%" PRIx64 " came before", cookie);
	cookies->of[cookies->count++ % COOKIES] = cookie;
}

static void compare(struct check *check, const struct dmaring_frame *one,
		    const struct dmaring_frame *other)
{
	check_that(check, SAME,
		   one->buffer == other->buffer &&
			   one->bytes_used == other->bytes_used &&
			   one->timestamp_ns == other->timestamp_ns &&
			   one->overruns_total == other->overruns_total &&
			   one->flags == other->flags,
		   "of frame %" PRIu64 " they are told different things",
		   (uint64_t)one->sequence);
}

/* The viewer's frames, up to that of the recorder. */
static bool follow(struct check *check, struct dmaring *viewer,
		   const struct dmaring_frame *recorded)
{
	struct dmaring_frame seen;

	do {
		if (dmaring_next(viewer, &seen, 0))
			return true;
		if (seen.sequence == recorded->sequence)
			compare(check, recorded, &seen);
		if (!check_that(check, WORKS, !dmaring_release(viewer, &seen),
				"%s", dmaring_error()))
			return false;
	} while (seen.sequence < recorded->sequence);
	return true;
}

static void look_together(struct check *check, struct check_stream *recorder,
			  struct dmaring *viewer)
{
	uint64_t end_ns = clock_ns() + check->time_ns;
	struct cookies cookies = { .count = 0 };
	struct dmaring_frame frame;
	bool good = check_start(check, recorder) && !dmaring_start(viewer);

	while (good && clock_ns() < end_ns &&
	       check_take(check, recorder, &frame)) {
		look_at_cookie(check, &cookies, frame.cookie);
		good = follow(check, viewer, &frame) &&
		       check_give(check, recorder, &frame);
	}
	if (!check->verdicts[SAME].looked)
		check_skip(check, SAME, "they never saw the same: see --time");
	dmaring_stop(viewer);
	dmaring_stop(recorder->handle);
}

static void together(struct check *check)
{
	struct dmaring_options view = {
		.size = sizeof(view),
		.flags = DMARING_OPEN_READ_ONLY,
	};
	struct check_stream recorder;
	struct dmaring *viewer;
	int err;

	if (!check_open(check, &recorder))
		return;
	err = dmaring_open(check->device, &view, &viewer);
	if (!err)
		look_together(check, &recorder, viewer);
	else if (err == -ENOSPC)
		check_skip(check, SAME, "no buffers are for viewers");
	else
		check_call(check, WORKS, -1);
	dmaring_close(viewer);
	check_close(&recorder);
}

/* -------------------------------------------------------------------- in all ways */

static bool readable(int fd, uint64_t ns)
{
	struct pollfd entry = { .fd = fd, .events = POLLIN };

	return interrupt_poll(&entry, 1, ns) && entry.revents & POLLIN;
}

static bool wake_once(struct check *check, struct dmaring *stream, int event)
{
	struct dmaring_frame frame;
	uint64_t value;

	/* What is read here may be of a frame that was taken already. */
	if (!check_that(check, WAYS, readable(event, check->patience_ns),
			"the eventfd was not signalled") ||
	    read(event, &value, sizeof(value)) != sizeof(value))
		return false;
	if (!check_that(check, WAYS,
			readable(dmaring_fd(stream), check->patience_ns),
			"the eventfd was signalled, and poll waits") ||
	    !check_that(check, WAYS, !dmaring_next(stream, &frame, 0),
			"poll says that a frame waits, and there is none"))
		return false;
	while (!dmaring_release(stream, &frame))
		if (dmaring_next(stream, &frame, 0))
			return true;
	return check_call(check, WORKS, -1);
}

static void in_one_way(struct check *check, uint32_t flags)
{
	struct dmaring_options options = { .size = sizeof(options), .flags = flags };
	int event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), i;
	struct dmaring *stream;
	bool good;

	good = check_call(check, WORKS,
			  dmaring_open(check->device, &options, &stream)) &&
	       check_call(check, WORKS, dmaring_set_eventfd(stream, event)) &&
	       check_call(check, WORKS, dmaring_start(stream));
	for (i = 0; good && i < ROUNDS && !interrupt_signal(); i++)
		good = wake_once(check, stream, event);
	dmaring_close(stream);
	close(event);
}

/* ------------------------------------------------------------------- afterwards */

static bool all_zero(const uint8_t *data, uint64_t bytes)
{
	return !bytes || (!data[0] && !memcmp(data, data + 1, bytes - 1));
}

static void look_for_remains(struct check *check)
{
	struct check_stream stream;
	uint32_t i;

	if (!check_open(check, &stream))
		return;
	for (i = 0; i < stream.watched; i++)
		check_that(check, SCRUBBED,
			   all_zero(check_buffer(&stream, check, i),
				    check->info.buffer_size),
			   "buffer %u is not all zero after ATTACH", i);
	check_close(&stream);
}

static void run(struct check *check)
{
	if (!check_measure(check))
		return;
	together(check);
	in_one_way(check, 0);
	in_one_way(check, DMARING_OPEN_NO_RING);
	look_for_remains(check);
}

const struct check_group check_consumers = {
	.name = "consumers",
	.about = "several who look at the same frames, in all ways",
	.points = points,
	.count = CHECK_COUNT(points),
	.needs = CHECK_CAPTURE,
	.run = run,
};
