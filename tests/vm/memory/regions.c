// SPDX-License-Identifier: MIT
/*
 * The card's own memory: what there is of it, and what READ_REGION reads.  Mappings
 * of it are in region_maps.c.
 */
#define _GNU_SOURCE
#include <hw/fgsim/regs.h>
#include <pthread.h>
#include "gone.h"
#include "slow_page.h"

#define EDU_ID		0x010000ed
#define EDU_BUFFER	1		/* which region it is */
#define FRAME_BYTES	1024		/* stream_prepare() sees to it */
#define THREADS		3
#define PIECE_BYTES	65536		/* of a large region: some pages of any kernel */
#define ROUNDS		4

static int is_edu(void)
{
	return !strcmp(card_driver(), "dmaring_edu");
}

/* The bytes are the caller's. */
static uint8_t *read_all(int fd, uint32_t index)
{
	uint64_t bytes = stream_region(fd, index).length;
	uint8_t *data = malloc(bytes);

	REQUIRE(data);
	REQUIRE_EQ(stream_read_region(fd, index, 0, data, bytes), 0);
	return data;
}

TEST(the_regions_are_those_of_the_card)
{
	int fd = stream_open(O_RDONLY);
	struct dmaring_info info = stream_info(fd);
	struct dmaring_region region = stream_region(fd, 0);

	CHECK_EQ(info.regions, is_edu() ? 2 : 1);
	CHECK(!strcmp(region.name, is_edu() ? "registers" : "card"));
	CHECK_EQ(region.width, 4);
	if (!is_edu()) {
		CHECK_EQ(region.length, sizeof(struct fgsim_card_page));
		return;
	}
	region = stream_region(fd, EDU_BUFFER);
	CHECK(!strcmp(region.name, "buffer"));
	CHECK_EQ(region.width, 1);
	CHECK_EQ(region.length, 4088);
	CHECK_EQ(region.flags, DMARING_REGION_READ | DMARING_REGION_PREFETCHABLE);
}

TEST(each_region_is_described)
{
	int fd = stream_open(O_RDONLY);
	struct dmaring_info info = stream_info(fd);
	uint64_t end = info.buffers * info.buffer_stride;

	for (uint32_t i = 0; i < info.regions; i++) {
		struct dmaring_region region = stream_region(fd, i);

		CHECK_EQ(region.size, sizeof(region));
		CHECK_EQ(region.index, i);
		CHECK(memchr(region.name, '\0', sizeof(region.name)));
		CHECK(region.length && region.length % region.width == 0);
		CHECK(region.flags & DMARING_REGION_READ);
		CHECK_EQ(region.flags & ~0x1fU, 0);
		if (region.flags & DMARING_REGION_MAP) {
			CHECK_EQ(region.mmap_offset, end);
			end += region.length;
		} else {
			CHECK_EQ(region.mmap_offset, 0);
			CHECK_EQ(region.flags & DMARING_REGION_WRITE, 0);
		}
	}
}

TEST(there_are_no_others)
{
	int fd = stream_open(O_RDONLY);
	const uint32_t others[] = { stream_info(fd).regions, 64, 1U << 31, UINT32_MAX };
	uint32_t word;

	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		struct dmaring_region region = region_argument(others[i]);

		CHECK_EQ(call(fd, DMARING_IOC_REGION, &region), -EINVAL);
		CHECK_EQ(stream_read_region(fd, others[i], 0, &word, sizeof(word)), -EINVAL);
	}
}

/* Without ATTACH, without a right to write. */
TEST(what_the_card_says_of_itself_is_there)
{
	int fd = stream_open(O_RDONLY);
	uint32_t words[2];

	REQUIRE_EQ(stream_read_region(fd, 0, 0, words, sizeof(words)), 0);
	CHECK_EQ(words[0], is_edu() ? EDU_ID : FGSIM_MAGIC);
	CHECK_EQ(words[1], is_edu() ? 0 : FGSIM_VERSION);
}

static void compare_part(int fd, uint32_t index, const uint8_t *all, uint64_t offset,
			 uint64_t length)
{
	uint8_t part[64];

	memset(part, POISON, sizeof(part));
	CHECK_EQ(stream_read_region(fd, index, offset, part + 8, length), 0);
	if (!CHECK(!memcmp(part + 8, all + offset, length)))
		printf("# region %u, %llu bytes at %llu\n", index, (unsigned long long)length,
		       (unsigned long long)offset);
	for (int i = 0; i < 8; i++) {
		CHECK_EQ(part[i], POISON);
		CHECK_EQ(part[8 + length + i], POISON);
	}
}

/* Also what is no whole word of the card's, and what lies in two pages. */
TEST(any_part_can_be_read)
{
	static const uint64_t near[] = { 0, 4096, 65536 };
	int fd = stream_open(O_RDONLY);
	uint32_t regions = stream_info(fd).regions;

	for (uint32_t i = 0; i < regions; i++) {
		uint64_t bytes = stream_region(fd, i).length;
		uint8_t *all = read_all(fd, i);

		for (uint64_t length = 0; length <= 9; length++) {
			for (size_t at = 0; at < 3; at++)
				for (int shift = at ? -9 : 0; shift <= 9; shift++)
					if (near[at] + shift + length <= bytes)
						compare_part(fd, i, all, near[at] + shift, length);
			compare_part(fd, i, all, bytes - length, length);
		}
		free(all);
	}
}

TEST(nothing_beyond_the_end_can_be_read)
{
	int fd = stream_open(O_RDONLY);
	uint32_t regions = stream_info(fd).regions;
	uint8_t byte = POISON;

	for (uint32_t i = 0; i < regions; i++) {
		uint64_t bytes = stream_region(fd, i).length;
		const uint64_t bad[][2] = {
			{ bytes, 1 }, { bytes - 1, 2 }, { bytes + 1, 0 }, { 0, bytes + 1 },
			{ UINT64_MAX, 0 }, { UINT64_MAX, 1 }, { UINT64_MAX, 2 },
			{ 0, UINT64_MAX }, { 4, UINT64_MAX - 3 }, { 8, UINT64_MAX },
			{ 1ULL << 63, 1ULL << 63 }, { bytes, UINT64_MAX - bytes + 1 },
		};

		for (size_t k = 0; k < sizeof(bad) / sizeof(*bad); k++)
			CHECK_EQ(stream_read_region(fd, i, bad[k][0], &byte, bad[k][1]), -EINVAL);
		CHECK_EQ(stream_read_region(fd, i, bytes, NULL, 0), 0);
	}
	CHECK_EQ(byte, POISON);
}

TEST(bad_pointers)
{
	int fd = stream_open(O_RDONLY);
	uint32_t regions = stream_info(fd).regions;

	for (uint32_t i = 0; i < regions; i++) {
		for (size_t k = 0; k < PAGES_BAD_POINTERS; k++)
			CHECK_EQ(stream_read_region(fd, i, 0, pages_bad_pointer(k), 4), -EFAULT);
		CHECK_EQ(stream_read_region(fd, i, 0, pages_before_nothing(7), 8), -EFAULT);
		CHECK_EQ(stream_read_region(fd, i, 0, pages_before_nothing(8), 8), 0);
		CHECK_EQ(stream_read_region(fd, i, 0, pages_read_only("word", 4), 4), -EFAULT);
	}
}

TEST(who_may_not_read_the_file_reads_no_region)
{
	int fd = stream_open(O_WRONLY);
	uint32_t word = 0;

	CHECK_EQ(stream_read_region(fd, 0, 0, &word, sizeof(word)), -EBADF);
	CHECK_EQ(word, 0);
}

/* The chunk that the card had last: that of a frame which was taken, or of the next. */
TEST(the_cards_buffer_has_what_went_through_it)
{
	struct stream stream;
	struct dmaring_frame frame;
	uint8_t *data;
	int found = 0;

	if (!is_edu())
		return;
	stream = capture_start();
	frame = capture_take(&stream);
	REQUIRE_EQ(call(stream.fd, DMARING_IOC_STOP, NULL), 0);
	data = read_all(stream.fd, EDU_BUFFER);
	for (int later = 0; later < 3; later++)
		found |= dmaring_pattern_check_frame(data, frame.hw_meta, &stream.info.format,
						     frame.sequence + later,
						     FRAME_BYTES) == FRAME_BYTES;
	CHECK(found);
	free(data);
}

/* A card that can do one thing at a time does what it is for. */
TEST(reading_disturbs_no_frame)
{
	struct stream stream = capture_start();
	int fd = stream_open(O_RDONLY);
	uint32_t words[2];

	for (int i = 0; i < 200; i++) {
		CHECK_EQ(stream_read_region(fd, 0, 0, words, sizeof(words)), 0);
		if (is_edu())
			CHECK_EQ(stream_read_region(fd, EDU_BUFFER, 0, words, sizeof(words)),
				 -EBUSY);
		if (i % 40 == 0)
			capture_frames(&stream, 1);
	}
	CHECK_EQ(stream_stats(stream.fd).bad_completions, 0);
}

static int slow_error;

/* Two pages, if there are so many. */
static void *read_to_slow_page(void *argument)
{
	const struct slow_page *slow = argument;
	int fd = stream_open(O_RDONLY);
	uint64_t bytes = stream_region(fd, 0).length;

	slow_error = stream_read_region(fd, 0, 0, slow->page,
					bytes > page_bytes() ? 2 * page_bytes() : bytes);
	return NULL;
}

/* What was read by then is handed out later; the card is not asked for the rest. */
TEST(removal_waits_for_nobodys_memory)
{
	uint64_t bytes = stream_region(stream_open(O_RDONLY), 0).length;
	struct slow_page slow = slow_page();
	pthread_t thread;

	REQUIRE(!pthread_create(&thread, NULL, read_to_slow_page, &slow));
	slow_page_wait(&slow);
	gone_unbind();
	slow_page_give(&slow, POISON);
	pthread_join(thread, NULL);
	CHECK_EQ(slow_error, bytes > page_bytes() ? -ENODEV : 0);
}

struct reader {
	pthread_t thread;
	int fd;
	uint32_t index;
	long good;
};

/* Until the card is gone. */
static void *read_on(void *argument)
{
	struct reader *reader = argument;
	uint64_t bytes = stream_region(reader->fd, reader->index).length;
	uint8_t *data = malloc(PIECE_BYTES);
	int error;

	do {
		error = stream_read_region(reader->fd, reader->index, 0, data,
					   bytes < PIECE_BYTES ? bytes : PIECE_BYTES);
		reader->good += !error;
		sleep_ms(1);	/* others run, too, and guest time is cheap */
	} while (!error || error == -EBUSY);
	CHECK_EQ(error, -ENODEV);
	free(data);
	return NULL;
}

/* The card can be started, stopped and taken away while others read what it has. */
static void start_and_unbind(int round)
{
	struct stream stream = capture_start();
	struct reader readers[THREADS];

	for (int i = 0; i < THREADS; i++) {
		readers[i] = (struct reader) {
			.fd = stream_open(O_RDONLY),
			.index = i % stream.info.regions,
		};
		REQUIRE(!pthread_create(&readers[i].thread, NULL, read_on, &readers[i]));
	}
	for (int i = 0; i < 3; i++) {
		CHECK_EQ(call(stream.fd, DMARING_IOC_STOP, NULL), 0);
		usleep(round * 7000);
		CHECK_EQ(call(stream.fd, DMARING_IOC_START, NULL), 0);
		capture_frames(&stream, 1);
	}
	if (round % 2)
		CHECK_EQ(call(stream.fd, DMARING_IOC_STOP, NULL), 0);
	usleep(round * 13000);
	gone_unbind();
	for (int i = 0; i < THREADS; i++) {
		pthread_join(readers[i].thread, NULL);
		close(readers[i].fd);
	}
	CHECK(readers[0].good);
	gone_check_calls(stream.fd);
	for (uint32_t i = 0; i < stream.info.buffers; i++)
		munmap((void *)stream.map[i], stream.info.buffer_stride);
	close(stream.fd);
}

TEST(the_card_goes_while_it_is_read)
{
	for (int round = 0; round < ROUNDS; round++) {
		start_and_unbind(round);
		REQUIRE_EQ(card_bind(gone_address), 0);
		stream_prepare();
	}
}

int main(void)
{
	return tap_run(gone_prepare, gone_bind_again);
}
