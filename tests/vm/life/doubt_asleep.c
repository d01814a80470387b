// SPDX-License-Identifier: MIT
/* A card that may still write when it goes to sleep: until it is awake nobody asks it. */
#include "lend.h"
#include "stream.h"

#define LOAD	"modprobe dmaring_broken defect=quiet_once_it_slept buffers=8 buffer_size=4K"
#define PARAMETERS	"/sys/module/dmaring_broken/parameters/"

static void load(void)
{
	/* Another test may have left it. */
	(void)!system("modprobe -r dmaring_broken 2>/dev/null");
	REQUIRE(!system(LOAD));
}

static void check_stops_asleep(int stops)
{
	char text[16];

	REQUIRE_EQ(file_read(PARAMETERS "stops_asleep", text, sizeof(text)), 0);
	CHECK_EQ(atoi(text), stops);
}

TEST(who_attaches_or_lends_does_not_ask_it)
{
	int fd = stream_open(O_RDWR);

	puts("# allow-log: the card does not stop .* buffers quarantined");
	REQUIRE_EQ(stream_attach(fd, DMARING_POLICY_LOSSLESS, 0, 0), 0);
	REQUIRE_EQ(call(fd, DMARING_IOC_START, NULL), 0);
	CHECK_EQ(call(fd, DMARING_IOC_STOP, NULL), -ETIMEDOUT);
	CHECK(stream_stats(fd).quarantined > 0);

	REQUIRE_EQ(file_write(PARAMETERS "asleep", "1"), 0);
	REQUIRE_EQ(call(fd, DMARING_IOC_DETACH, NULL), 0);
	REQUIRE_EQ(stream_attach(fd, DMARING_POLICY_LOSSLESS, 0, 0), 0);
	CHECK_EQ(import(fd, lend_page(), 4096), -ETIMEDOUT);
	CHECK(stream_stats(fd).quarantined > 0);
	check_stops_asleep(0);

	REQUIRE_EQ(file_write(PARAMETERS "asleep", "0"), 0);
	REQUIRE_EQ(call(fd, DMARING_IOC_DETACH, NULL), 0);
	REQUIRE_EQ(stream_attach(fd, DMARING_POLICY_LOSSLESS, 0, 0), 0);
	CHECK_EQ(stream_stats(fd).quarantined, 0);
}

int main(void)
{
	return tap_run(load, NULL);
}
