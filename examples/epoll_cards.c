// SPDX-License-Identifier: MIT
/* Minimal example of an epoll loop over several cards. */
#include <dmaring/pattern.h>
#include <err.h>
#include <errno.h>
#include <libdmaring.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#define SILENCE_MS 60000
#define FRAMES_MAX 1000000000UL

struct card {
	const char *device;
	struct dmaring *stream;
	struct dmaring_info info;
	struct dmaring_frame last;
	unsigned long seen;
};

static void add_card(int epoll, struct card *card)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = card };

	if (dmaring_open(card->device, NULL, &card->stream) ||
	    dmaring_get_info(card->stream, &card->info) ||
	    dmaring_start(card->stream))
		errx(1, "%s", dmaring_error());
	if (epoll_ctl(epoll, EPOLL_CTL_ADD, dmaring_fd(card->stream), &event))
		err(1, "%s", card->device);
}

/* The place of your own work: the frame is yours until it is released. */
static void use(const struct card *card, const struct dmaring_frame *frame)
{
	const void *data = dmaring_data(card->stream, frame);
	unsigned int good;

	if (card->seen && frame->sequence != card->last.sequence + 1)
		errx(1, "%s: frames are missing before %llu", card->device,
		     frame->sequence);
	if (!(card->info.caps & DMARING_CAP_TEST_PATTERN))
		return;
	good = dmaring_pattern_check_frame(data, frame->hw_meta, &card->info.format,
					   frame->sequence, frame->bytes_used);
	if (good < frame->bytes_used)
		errx(1, "%s: frame %llu: byte %u is wrong", card->device, frame->sequence, good);
}

/* One frame at a time, so that a fast card does not keep the others waiting. */
static void serve(struct card *card)
{
	struct dmaring_frame frame;
	int error = dmaring_next(card->stream, &frame, 0);

	if (error == -EAGAIN)
		return;
	if (error)
		errx(1, "%s", dmaring_error());
	use(card, &frame);
	if (dmaring_release(card->stream, &frame))
		errx(1, "%s", dmaring_error());
	card->last = frame;
	card->seen++;
}

static unsigned long read_arguments(int argc, char **argv)
{
	bool help = argc > 1 && (!strcmp(argv[1], "-h") || !strcmp(argv[1], "--help"));
	unsigned long wanted;
	char *end;

	if (help || argc < 3) {
		fprintf(help ? stdout : stderr,
			"usage: epoll_cards FRAMES DEVICE...\n\n"
			"Takes FRAMES frames from each DEVICE and checks each of them.\n");
		exit(help ? 0 : 2);
	}
	wanted = strtoul(argv[1], &end, 10);
	if (*end || !wanted || wanted > FRAMES_MAX)
		errx(2, "'%s': must be 1 to %lu frames", argv[1], FRAMES_MAX);
	return wanted;
}

int main(int argc, char **argv)
{
	unsigned long wanted = read_arguments(argc, argv);
	int count = argc - 2, busy = count, epoll = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event event;
	struct card *cards, *card;

	cards = calloc(count, sizeof(*cards));
	if (!cards || epoll < 0)
		err(1, "cannot begin");
	for (card = cards; card < cards + count; card++) {
		card->device = argv[2 + (card - cards)];
		add_card(epoll, card);
	}
	while (busy) {
		if (epoll_wait(epoll, &event, 1, SILENCE_MS) != 1)
			errx(1, "no frame came");
		card = event.data.ptr;
		serve(card);
		if (card->seen == wanted) {
			dmaring_close(card->stream);
			busy--;
		}
	}
	for (card = cards; card < cards + count; card++)
		printf("%s: %lu frames, the last is %llu\n", card->device,
		       card->seen, card->last.sequence);
	return 0;
}
