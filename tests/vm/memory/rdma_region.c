// SPDX-License-Identifier: MIT
/*
 * Memory regions of RDMA refer to frames: an application may register all buffers, and
 * send each frame without a copy.  A region lasts until somebody ends it, whatever has
 * become of the mapping, the consumer or the process; and whoever has its key reads and
 * writes all that time.  So the buffer waits for its end.
 */
#define _GNU_SOURCE
#include "gone.h"
#include "owner.h"
#include "rdma.h"
#include "stream.h"

#define SCRIBBLE	0xc3	/* what somebody with the key writes */

static struct rdma rdma;
static struct rdma_region *region;	/* shared with who registers */

static void prepare(void)
{
	gone_prepare();
	rdma_make();
	rdma = rdma_open(sizeof(owner->bytes));
	region = mmap(NULL, sizeof(*region), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		      -1, 0);
	REQUIRE(region != MAP_FAILED);
}

static void register_buffer(uint8_t *map, size_t bytes)
{
	REQUIRE_EQ(rdma_register(&rdma, map, bytes, RDMA_ALL, region), 0);
}

/* Through the region one still sees the frame of who registered it. */
static void check_region(void)
{
	size_t bytes = sizeof(owner->bytes);

	memset(rdma.copy, 0, bytes);
	REQUIRE_EQ(rdma_read(&rdma, region, bytes), 0);
	CHECK(!memcmp(rdma.copy, owner->bytes, bytes));
}

/* What is written into the region gets into nobody's frame. */
static void scribble(void)
{
	memset(owner->bytes, SCRIBBLE, sizeof(owner->bytes));
	memcpy(rdma.copy, owner->bytes, sizeof(owner->bytes));
	REQUIRE_EQ(rdma_write(&rdma, region, sizeof(owner->bytes)), 0);
}

TEST(all_buffers_while_their_consumer_lives)
{
	struct stream stream = { .fd = stream_open(O_RDWR) };
	struct rdma_region regions[MAPS_MAX];

	stream.info = stream_info(stream.fd);
	REQUIRE_EQ(stream_attach(stream.fd, DMARING_POLICY_LOSSLESS, 0, 0), 0);
	capture_map(&stream);
	for (uint32_t i = 0; i < stream.info.buffers; i++) {
		uint8_t *map = stream_map(stream.fd, i, PROT_READ | PROT_WRITE);

		REQUIRE_EQ(rdma_register(&rdma, map, stream.info.buffer_stride, RDMA_ALL,
					 &regions[i]), 0);
	}
	REQUIRE_EQ(call(stream.fd, DMARING_IOC_START, NULL), 0);
	for (uint32_t i = 0; i < 3 * stream.info.buffers; i++) {
		struct dmaring_frame frame = capture_take(&stream);

		memset(rdma.copy, 0, frame.bytes_used);
		REQUIRE_EQ(rdma_read(&rdma, &regions[frame.buffer], frame.bytes_used), 0);
		CHECK(!memcmp(rdma.copy, stream.map[frame.buffer], frame.bytes_used));
		CHECK_EQ(stream_give(stream.fd, &frame), 0);
	}
	CHECK_EQ(stream_stats(stream.fd).referenced, 0);
	rdma_close(&rdma);
}

TEST(a_region_that_outlives_its_process)
{
	owner_start(register_buffer);
	check_quarantine(0);	/* its business as long as it lives */
	check_region();
	owner_dies();
	check_quarantine(1);
	next_captures(20);
	check_region();
	scribble();
	next_captures(20);
	check_region();
	check_quarantine(1);
	REQUIRE_EQ(rdma_deregister(&rdma, region), 0);
	comes_back();
	check_quarantine(0);
}

/* The file of the RDMA card takes the regions along. */
TEST(a_region_that_outlives_unmapping_and_detaching)
{
	struct stream stream = capture_start();
	uint64_t bytes = stream.info.buffer_stride;
	uint8_t *map;

	owner = pages_map(sizeof(*owner), PROT_READ | PROT_WRITE);
	owner->frame = capture_take(&stream);
	map = stream_map(stream.fd, owner->frame.buffer, PROT_READ | PROT_WRITE);
	memset(map + owner->frame.bytes_used, 0x5a, bytes - owner->frame.bytes_used);
	memcpy(owner->bytes, map, bytes);
	register_buffer(map, bytes);
	for (uint32_t i = 0; i < stream.info.buffers; i++)
		REQUIRE(!munmap((void *)stream.map[i], bytes));
	REQUIRE(!munmap(map, bytes));
	CHECK_EQ(stream_stats(stream.fd).referenced, 0);	/* it still holds it */
	check_region();
	CHECK_EQ(call(stream.fd, DMARING_IOC_DETACH, NULL), 0);
	check_quarantine(1);
	/* Nor does it get it back by attaching once more. */
	REQUIRE_EQ(stream_attach(stream.fd, DMARING_POLICY_LOSSLESS, 0, 0), 0);
	map = stream_map(stream.fd, owner->frame.buffer, PROT_READ);
	CHECK_EQ(gone_touch(map), -EFAULT);
	REQUIRE(!munmap(map, bytes));
	close(stream.fd);
	next_captures(20);
	check_region();
	check_quarantine(1);
	rdma_close(&rdma);
	comes_back();
	check_quarantine(0);
}

/* Its memory stays where it is: the card comes back with other. */
TEST(a_region_when_the_card_goes)
{
	owner_start(register_buffer);
	owner_dies();
	check_quarantine(1);
	REQUIRE_EQ(card_unbind(gone_address), 0);
	REQUIRE_EQ(card_bind(gone_address), 0);
	stream_prepare();
	check_quarantine(0);
	stream_is_healthy();
	check_region();
	scribble();
	stream_is_healthy();
	check_region();
	REQUIRE_EQ(rdma_deregister(&rdma, region), 0);
}

int main(void)
{
	return tap_run(prepare, stream_is_healthy);
}
