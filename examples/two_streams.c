// SPDX-License-Identifier: MIT
/* Minimal example of two streams of one card: pairs of frames of the same time. */
#include <dmaring/pattern.h>
#include <err.h>
#include <libdmaring.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SILENCE_MS 60000
#define PAIRS_MAX 1000000000UL
#define STREAMS 2

static const char *devices[STREAMS] = { "/dev/dmaring0", "/dev/dmaring1" };
static struct dmaring *streams[STREAMS];
static struct dmaring_info infos[STREAMS];
static unsigned long wanted = 100;

static void open_stream(int i)
{
	if (dmaring_open(devices[i], NULL, &streams[i]) ||
	    dmaring_get_info(streams[i], &infos[i]))
		errx(1, "%s", dmaring_error());
}

/* Only one card has only one clock: of two cards the time stamps can be compared, too,
 * but are as exact as the mapping of their clocks.
 */
static void check_card(void)
{
	if (strcmp(infos[0].bus_info, infos[1].bus_info) ||
	    infos[0].stream == infos[1].stream)
		errx(1, "%s and %s are not two streams of one card", devices[0],
		     devices[1]);
}

/* The place of your own work: both frames are yours until they are released. */
static void use(int i, const struct dmaring_frame *frame)
{
	unsigned int good;

	if (!(infos[i].caps & DMARING_CAP_TEST_PATTERN))
		return;
	good = dmaring_pattern_check(dmaring_data(streams[i], frame), frame->hw_meta,
				     infos[i].format.width, frame->sequence,
				     frame->bytes_used);
	if (good < frame->bytes_used)
		errx(1, "frame %llu of stream %d: byte %u is wrong", frame->sequence,
		     i, good);
}

static void take(int i, struct dmaring_frame *frame)
{
	if (dmaring_next(streams[i], frame, SILENCE_MS))
		errx(1, "%s: %s", devices[i], dmaring_error());
}

/* Half of the time between two frames of the first stream: nearer is the same time. */
static unsigned long long tolerance(void)
{
	struct dmaring_frame first, next;

	take(0, &first);
	take(0, &next);
	dmaring_release(streams[0], &first);
	dmaring_release(streams[0], &next);
	return (next.timestamp_ns - first.timestamp_ns) /
	       (next.sequence - first.sequence) / 2;
}

/* The one that is behind goes on until both have frames of the same time. */
static unsigned long align(struct dmaring_frame frames[STREAMS],
			   unsigned long long apart_ns)
{
	unsigned long skipped = 0;

	for (;; skipped++) {
		int behind = frames[1].timestamp_ns < frames[0].timestamp_ns;

		if (frames[!behind].timestamp_ns - frames[behind].timestamp_ns <= apart_ns)
			return skipped;
		dmaring_release(streams[behind], &frames[behind]);
		take(behind, &frames[behind]);
	}
}

static void read_arguments(int argc, char **argv)
{
	bool help = argc > 1 && (!strcmp(argv[1], "-h") || !strcmp(argv[1], "--help"));
	char *end = "";

	if (help || argc == 2 || argc > 4) {
		fprintf(help ? stdout : stderr,
			"usage: two_streams [DEVICE DEVICE [PAIRS]]\n\n"
			"Takes PAIRS (100) pairs of frames of both streams of a card (/dev/dmaring0 and\n"
			"/dev/dmaring1) that are of the same time, and checks each of them.\n");
		exit(help ? 0 : 2);
	}
	if (argc > 2)
		memcpy(devices, &argv[1], sizeof(devices));
	if (argc > 3)
		wanted = strtoul(argv[3], &end, 10);
	if (*end || !wanted || wanted > PAIRS_MAX)
		errx(2, "'%s': must be 1 to %lu pairs", argv[3], PAIRS_MAX);
}

int main(int argc, char **argv)
{
	struct dmaring_frame frames[STREAMS];
	unsigned long long apart_ns;
	unsigned long pairs, skipped = 0;
	int i;

	read_arguments(argc, argv);
	for (i = 0; i < STREAMS; i++)
		open_stream(i);
	check_card();
	for (i = 0; i < STREAMS; i++)
		if (dmaring_start(streams[i]))
			errx(1, "%s", dmaring_error());
	apart_ns = tolerance();
	for (pairs = 0; pairs < wanted; pairs++) {
		for (i = 0; i < STREAMS; i++)
			take(i, &frames[i]);
		skipped += align(frames, apart_ns);
		for (i = 0; i < STREAMS; i++) {
			use(i, &frames[i]);
			dmaring_release(streams[i], &frames[i]);
		}
	}
	printf("%lu pairs, %lu frames without a partner\n", pairs, skipped);
	for (i = 0; i < STREAMS; i++)
		dmaring_close(streams[i]);
	return 0;
}
