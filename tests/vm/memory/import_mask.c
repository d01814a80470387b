// SPDX-License-Identifier: MIT
/*
 * Memory that the card cannot reach, without an IOMMU, is refused, and no bounce buffer
 * stands in for it; memory that it can reach is taken.
 */
#define _GNU_SOURCE
#include "lend.h"

#define TAKEN		4	/* fewer than the pool has */

TEST(memory_above_the_mask)
{
	struct stream stream = lender_attach();
	size_t page = page_bytes(), bytes = 700UL << 20;
	uint8_t *memory = pages_map(bytes, PROT_READ | PROT_WRITE), *at;
	int refused = 0, taken = 0;

	REQUIRE(!madvise(memory, bytes, MADV_NOHUGEPAGE));
	for (at = memory; at < memory + bytes; at += page)
		*at = 1;
	for (at = memory; at < memory + bytes; at += 64 * page) {
		if (!lend_is_in_reach(at)) {
			REQUIRE_EQ(import(stream.fd, at, page), -ERANGE);
			refused++;
		} else if (taken < TAKEN) {
			lend(&stream, taken++, at, page);
		}
	}
	printf("# %d refused, %d taken\n", refused, taken);
	CHECK(refused);
	CHECK_EQ(taken, TAKEN);
	CHECK_EQ(lend_pinned(), taken);
	REQUIRE_EQ(call(stream.fd, DMARING_IOC_START, NULL), 0);
	capture_frames(&stream, 8);
}

int main(void)
{
	return tap_run(stream_prepare, stream_is_healthy);
}
