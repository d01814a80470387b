// SPDX-License-Identifier: MIT
/* Several cards at once, each with a stream of its own.  usage: cards COUNT */
#include <sys/epoll.h>
#include "stream.h"

#define CARDS_MAX	8

static int cards;

static void select_card(int card)
{
	char name[32];

	snprintf(name, sizeof(name), "dmaring%d", card);
	setenv("DMARING_CARD", name, 1);
}

static void prepare(void)
{
	for (int i = 0; i < cards; i++) {
		select_card(i);
		stream_prepare();
	}
}

static void all_are_healthy(void)
{
	for (int i = 0; i < cards; i++) {
		select_card(i);
		stream_is_healthy();
	}
}

static void capture_from(int card)
{
	static const char *const formats[] = { "32x32", "160x20", "1x1", "45x67" };
	static const char *const patterns[] = { DMARING_PATTERN_NAMES };
	struct stream stream;

	select_card(card);
	REQUIRE_EQ(card_write("format", formats[card % 4]), 0);
	REQUIRE_EQ(card_write("device/pattern", patterns[card % 3]), 0);
	stream = capture_start();
	for (int i = 0; i < 30; i++) {
		struct dmaring_frame frame = capture_take(&stream);

		CHECK_EQ(frame.hw_meta, card % 3);
		CHECK_EQ(stream_give(stream.fd, &frame), 0);
	}
	CHECK_EQ(stream_stats(stream.fd).consumer_dropped, 0);
}

TEST(all_cards_are_found)
{
	CHECK_EQ(card_count(), cards);
}

TEST(each_has_its_own_place_on_the_bus)
{
	struct dmaring_info info[CARDS_MAX];

	for (int i = 0; i < cards; i++) {
		select_card(i);
		info[i] = stream_info(stream_open(O_RDONLY));
		for (int j = 0; j < i; j++)
			CHECK(strcmp(info[i].bus_info, info[j].bus_info));
	}
}

TEST(a_process_for_each_at_the_same_time)
{
	int status;

	for (int i = 0; i < cards; i++) {
		if (fork())
			continue;
		capture_from(i);
		tap_end();
	}
	for (int i = 0; i < cards; i++) {
		CHECK(wait(&status) > 0);
		CHECK_EQ(status, 0);
	}
}

TEST(one_process_for_all_with_epoll)
{
	struct stream streams[CARDS_MAX];
	int taken[CARDS_MAX] = { 0 }, least = 0;
	int epoll = epoll_create1(0);

	for (int i = 0; i < cards; i++) {
		struct epoll_event event = { .events = EPOLLIN, .data = { .u32 = i } };

		select_card(i);
		streams[i] = capture_start();
		REQUIRE(!epoll_ctl(epoll, EPOLL_CTL_ADD, streams[i].fd, &event));
	}
	while (least < 20) {
		struct epoll_event event;
		struct dmaring_frame frame;
		int card;

		REQUIRE_EQ(epoll_wait(epoll, &event, 1, -1), 1);
		REQUIRE_EQ(event.events, EPOLLIN);
		card = event.data.u32;
		REQUIRE_EQ(stream_take(streams[card].fd, &frame, 1, 0), 1);
		capture_verify(&streams[card], &frame);
		CHECK_EQ(stream_give(streams[card].fd, &frame), 0);
		taken[card]++;
		least = taken[0];
		for (int i = 1; i < cards; i++)
			least = taken[i] < least ? taken[i] : least;
	}
}

TEST(one_that_is_not_read_does_not_slow_the_others)
{
	struct dmaring_frame frames[MAPS_MAX];
	struct stream slow, fast;
	uint64_t overruns;

	select_card(0);
	slow = capture_start();
	capture_hold_all(&slow, frames);
	for (int i = 1; i < cards; i++) {
		select_card(i);
		fast = capture_start();
		overruns = stream_stats(fast.fd).overruns;
		capture_frames(&fast, 10);
		CHECK_EQ(stream_stats(fast.fd).overruns, overruns);
	}
	CHECK(cards < 2 || stream_stats(slow.fd).overruns >= 5);
	for (uint32_t i = 0; i < slow.info.buffers; i++)
		capture_verify(&slow, &frames[i]);
}

TEST(a_cookie_of_one_is_nothing_to_another)
{
	struct stream first, second;
	struct dmaring_frame frame;

	if (cards < 2)
		SKIP("there is one card only");
	select_card(0);
	first = capture_start();
	select_card(1);
	second = capture_start();
	frame = capture_take(&first);
	CHECK(stream_give(second.fd, &frame) < 0);
	CHECK_EQ(stream_stats(first.fd).consumer_held, 1);
	CHECK_EQ(stream_give(first.fd, &frame), 0);
}

TEST(one_that_is_unbound_does_not_disturb_the_others)
{
	char address[CARD_PATH_MAX];
	struct stream stays, goes;

	if (cards < 2)
		SKIP("there is one card only");
	select_card(cards - 1);
	goes = capture_start();
	REQUIRE_EQ(card_address(address), 0);
	select_card(0);
	stays = capture_start();
	capture_frames(&stays, 2);
	REQUIRE_EQ(card_unbind(address), 0);
	CHECK_EQ(stream_poll(goes.fd, -1) & POLLHUP, POLLHUP);
	capture_frames(&stays, 10);
	for (uint32_t i = 0; i < goes.info.buffers; i++)
		munmap((void *)goes.map[i], goes.info.buffer_stride);
	close(goes.fd);		/* so that its number is free for it again */
	REQUIRE_EQ(card_bind(address), 0);
	capture_frames(&stays, 2);
}

int main(int argc, char **argv)
{
	cards = argc > 1 ? atoi(argv[1]) : card_count();
	return tap_run(prepare, all_are_healthy);
}
