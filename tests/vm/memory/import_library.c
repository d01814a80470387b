// SPDX-License-Identifier: MIT
/*
 * Memory that the library allocates for the card: it says where it is, in how many pieces,
 * and gives all of it back.
 */
#define _GNU_SOURCE
#include <libdmaring.h>
#include "lend.h"
#include "virt.h"

#define LARGE	(8UL << 20)

static struct dmaring *open_to_lend(void)
{
	struct dmaring_options options = {
		.size = sizeof(options),
		.flags = DMARING_OPEN_IMPORT,
	};
	struct dmaring *stream;

	REQUIRE_EQ(dmaring_open(card_node(), &options, &stream), 0);
	return stream;
}

static void take_frames(struct dmaring *stream, int count)
{
	struct dmaring_frame frame;
	struct dmaring_info info;

	REQUIRE_EQ(dmaring_get_info(stream, &info), 0);
	CHECK(info.state & DMARING_STATE_LENT);
	REQUIRE_EQ(dmaring_start(stream), 0);
	while (count--) {
		REQUIRE_EQ(dmaring_next(stream, &frame, PATIENCE_NS / MS), 0);
		CHECK_EQ(dmaring_pattern_check_frame(dmaring_data(stream, &frame), frame.hw_meta,
						     &info.format, frame.sequence,
						     frame.bytes_used),
			 frame.bytes_used);
		REQUIRE_EQ(dmaring_release(stream, &frame), 0);
	}
}

static uint64_t sum_of(const struct dmaring_area *area)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < area->segment_count; i++) {
		CHECK(area->segments[i].bus_address != 0);
		sum += area->segments[i].bytes;
	}
	return sum;
}

static void is_allocated(size_t bytes, uint32_t flags)
{
	struct dmaring *stream = open_to_lend();
	struct dmaring_area areas[2];

	for (uint32_t i = 0; i < 2; i++) {
		REQUIRE_EQ(dmaring_alloc(stream, bytes, flags, &areas[i]), 0);
		CHECK_EQ(areas[i].index, i);
		CHECK_EQ(areas[i].bytes, bytes);
		CHECK_EQ(sum_of(&areas[i]), bytes);
		if (flags & DMARING_ALLOC_CONTIGUOUS)
			CHECK_EQ(areas[i].segment_count, 1);
		CHECK_EQ(((uint8_t *)areas[i].address)[bytes - 1], 0);
	}
	take_frames(stream, 6);
	dmaring_free(&areas[0]);
	dmaring_close(stream);
	lend_check_unpinned();
	CHECK_EQ(((volatile uint8_t *)areas[1].address)[bytes - 1], 0);
	dmaring_free(&areas[1]);
	CHECK(!areas[1].address);
}

static void huge(const char *pages, const char *transparent)
{
	REQUIRE_EQ(file_write("/proc/sys/vm/nr_hugepages", pages), 0);
	REQUIRE_EQ(file_write("/sys/kernel/mm/transparent_hugepage/enabled", transparent), 0);
}

TEST(any_memory) { is_allocated(100000, 0); }
TEST(a_page) { is_allocated(4096, DMARING_ALLOC_CONTIGUOUS); }

TEST(contiguous_from_the_operators_huge_pages)
{
	huge("4", "never");
	is_allocated(1 << 20, DMARING_ALLOC_CONTIGUOUS);
}

TEST(contiguous_from_the_kernels_huge_pages)
{
	huge("0", "madvise");
	is_allocated(1 << 20, DMARING_ALLOC_CONTIGUOUS | DMARING_ALLOC_LIMITED);
}

TEST(more_pieces_than_it_gathers)
{
	huge("0", "madvise");
	is_allocated(LARGE, 0);
}

TEST(nothing_is_contiguous)
{
	struct dmaring *stream = open_to_lend();
	struct dmaring_area area;

	huge("0", "never");
	CHECK_EQ(dmaring_alloc(stream, LARGE + 1, DMARING_ALLOC_CONTIGUOUS, &area), -E2BIG);
	CHECK(!area.address && !area.segments && !area.mapped);
	CHECK(strstr(dmaring_error(), "more pieces than the card gathers"));
	CHECK_EQ(dmaring_alloc(stream, 0, 0, &area), -EINVAL);
	CHECK_EQ(dmaring_alloc(stream, 4096, 4, &area), -EINVAL);
	CHECK_EQ(dmaring_alloc(stream, SIZE_MAX, 0, &area), -EINVAL);
	dmaring_close(stream);
	lend_check_unpinned();
}

TEST(who_has_mapped_the_pool_lends_nothing)
{
	struct dmaring_area area;
	struct dmaring *stream;
	char byte[4096];

	REQUIRE_EQ(dmaring_open(card_node(), NULL, &stream), 0);
	CHECK_EQ(dmaring_import(stream, byte, sizeof(byte), NULL), -EINVAL);
	CHECK_EQ(dmaring_alloc(stream, 4096, 0, &area), -EINVAL);
	dmaring_close(stream);
}

static void healthy(void)
{
	huge("0", "madvise");
	CHECK_EQ(lend_pinned(), 0);
	virt_is_healthy();
}

int main(void)
{
	return tap_run(virt_prepare, healthy);
}
