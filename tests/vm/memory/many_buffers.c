// SPDX-License-Identifier: MIT
/*
 * The library opens a pool of more buffers than a process may have mappings, and
 * when it has, no frame pays for the first touch of its buffer.
 */
#include <libdmaring.h>
#include <sys/resource.h>
#include "virt.h"

static struct dmaring *open_pool(uint32_t *buffers)
{
	struct dmaring_options options = {
		.size = sizeof(options),
		.flags = DMARING_OPEN_READ_ONLY,
	};
	struct dmaring_info info;
	struct dmaring *stream;

	if (dmaring_open(card_node(), &options, &stream))
		printf("# %s\n", dmaring_error());
	REQUIRE(stream);
	REQUIRE_EQ(dmaring_get_info(stream, &info), 0);
	*buffers = info.buffers;
	return stream;
}

static long page_faults(void)
{
	struct rusage usage;

	REQUIRE(!getrusage(RUSAGE_SELF, &usage));
	return usage.ru_minflt;
}

static long long mappings_allowed(void)
{
	char text[32];

	REQUIRE_EQ(file_read("/proc/sys/vm/max_map_count", text, sizeof(text)), 0);
	return atoll(text);
}

TEST(more_buffers_than_mappings_are_allowed)
{
	uint32_t buffers;
	struct dmaring *stream = open_pool(&buffers);

	printf("# %u buffers, %lld mappings\n", buffers, mappings_allowed());
	CHECK(buffers > mappings_allowed());
	dmaring_close(stream);
	CHECK_EQ(stream_info(stream_open(O_RDONLY)).consumers, 0);
}

TEST(all_buffers_are_touched_when_it_opens)
{
	struct dmaring_frame frame = { 0 };
	unsigned int sum = 0;
	uint32_t buffers;
	struct dmaring *stream = open_pool(&buffers);
	long before = page_faults();

	for (; frame.buffer < buffers; frame.buffer++)
		sum += *(const volatile uint8_t *)dmaring_data(stream, &frame);
	CHECK(page_faults() - before < 10);	/* the stack's, perhaps */
	CHECK_EQ(sum, 0);
	dmaring_close(stream);
}

int main(void)
{
	return tap_run(virt_prepare, NULL);
}
