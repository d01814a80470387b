// SPDX-License-Identifier: MIT
/* What a START leaves behind that fails, and a consumer that never says START. */
#include "edu.h"
#include "stream.h"

/* The card's registers, 64 bits each; its driver has more to say of them. */
#define CARD_DMA_SRC		(0x80 / 8)
#define CARD_DMA_DST		(0x88 / 8)
#define CARD_DMA_COUNT		(0x90 / 8)
#define CARD_DMA_COMMAND	(0x98 / 8)
#define CARD_DMA_RUN		1
#define CARD_BUFFER		0x40000
#define TRANSFER_US		200000	/* and to spare */

/*
 * Somebody meddles with the card: it fetches 8 bytes of memory, and the driver knows
 * nothing of it.
 */
static void begin_transfer(void)
{
	volatile uint64_t *registers;
	char device[CARD_PATH_MAX];

	snprintf(device, sizeof(device), CARD_CLASS "/%s/device", card_name());
	registers = edu_map(device);
	if (registers == MAP_FAILED)
		SKIP("the kernel protects the card's registers: needs iomem=relaxed");
	registers[CARD_DMA_SRC] = 0;
	registers[CARD_DMA_DST] = CARD_BUFFER;
	registers[CARD_DMA_COUNT] = 8;
	registers[CARD_DMA_COMMAND] = CARD_DMA_RUN;
}

/* START fails; STATS and INFO say what they said before. */
static void check_failed_start(int fd, short events)
{
	struct dmaring_stats before = stream_stats(fd), after;
	struct dmaring_info info = stream_info(fd), info_after;

	begin_transfer();
	for (int i = 0; i < 3; i++)
		CHECK_EQ(call(fd, DMARING_IOC_START, NULL), -EBUSY);
	after = stream_stats(fd);
	info_after = stream_info(fd);
	CHECK(!memcmp(&after, &before, sizeof(before)));
	CHECK(!memcmp(&info_after, &info, sizeof(info)));
	CHECK_EQ(stream_poll(fd, 0), events);
	usleep(TRANSFER_US);
}

TEST(one_that_fails_changes_nothing)
{
	int fd = stream_open(O_RDWR);

	REQUIRE_EQ(stream_attach(fd, DMARING_POLICY_LOSSLESS, 0, 0), 0);
	check_failed_start(fd, 0);
	REQUIRE_EQ(call(fd, DMARING_IOC_START, NULL), 0);
}

/* The counts of the last run are still those of the last run. */
TEST(one_that_fails_after_others_changes_nothing)
{
	struct stream stream = capture_start();
	struct dmaring_frame before = capture_take(&stream), frame;

	while (!stream_stats(stream.fd).consumer_waiting)
		usleep(50000);
	REQUIRE_EQ(call(stream.fd, DMARING_IOC_STOP, NULL), 0);
	CHECK(stream_stats(stream.fd).consumer_dropped > 0);
	check_failed_start(stream.fd, POLLERR);
	capture_verify(&stream, &before);
	CHECK_EQ(stream_give(stream.fd, &before), 0);
	REQUIRE_EQ(call(stream.fd, DMARING_IOC_START, NULL), 0);
	frame = capture_take(&stream);
	CHECK(frame.sequence > before.sequence);
	CHECK_EQ(stream_stats(stream.fd).consumer_dropped, 0);
}

/* The card never wrote these buffers: who wrote them was the consumer alone. */
TEST(what_was_written_by_a_consumer_that_never_starts)
{
	struct stream stream = { .fd = stream_open(O_RDWR) };
	uint64_t left = 0;

	stream.info = stream_info(stream.fd);
	REQUIRE_EQ(stream_attach(stream.fd, DMARING_POLICY_LOSSLESS, 0, 0), 0);
	for (uint32_t i = 0; i < stream.info.buffers; i++) {
		void *map = stream_map(stream.fd, i, PROT_READ | PROT_WRITE);

		memset(map, POISON, stream.info.buffer_stride);
		REQUIRE(!munmap(map, stream.info.buffer_stride));
	}
	REQUIRE_EQ(call(stream.fd, DMARING_IOC_DETACH, NULL), 0);

	stream.fd = stream_open(O_RDWR);
	REQUIRE_EQ(stream_attach(stream.fd, DMARING_POLICY_LOSSLESS, 0, 0), 0);
	capture_map(&stream);
	for (uint32_t i = 0; i < stream.info.buffers; i++)
		for (uint64_t at = 0; at < stream.info.buffer_stride; at++)
			left += stream.map[i][at] != 0;
	CHECK_EQ(left, 0);
}

/* It may become writable later. */
TEST(what_was_written_after_mprotect)
{
	struct stream stream = { .fd = stream_open(O_RDWR) };
	uint64_t bytes;
	uint8_t *map;

	stream.info = stream_info(stream.fd);
	bytes = stream.info.buffer_stride;
	REQUIRE_EQ(stream_attach(stream.fd, DMARING_POLICY_LOSSLESS, 0, 0), 0);
	map = stream_map(stream.fd, 0, PROT_READ);
	REQUIRE(!mprotect(map, bytes, PROT_READ | PROT_WRITE));
	memset(map, POISON, bytes);
	REQUIRE(!munmap(map, bytes));
	REQUIRE_EQ(call(stream.fd, DMARING_IOC_DETACH, NULL), 0);

	REQUIRE_EQ(stream_attach(stream.fd, DMARING_POLICY_LOSSLESS, 0, 0), 0);
	map = stream_map(stream.fd, 0, PROT_READ);
	CHECK_EQ(map[0], 0);
	CHECK(!memcmp(map, map + 1, bytes - 1));
}

int main(void)
{
	return tap_run(stream_prepare, stream_is_healthy);
}
