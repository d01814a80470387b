// SPDX-License-Identifier: MIT
/*
 * A card that must have a buffer for each frame: without one of the pool it writes into
 * the sink, which nobody sees. dmaring_virt was loaded with sink=1.
 */
#include <stdlib.h>

#include "account.h"
#include "virt.h"

#define TRACING "/sys/kernel/tracing/"

static unsigned int armed(uint32_t index)
{
	static char text[1 << 20];
	char event[64];
	unsigned int count = 0;
	FILE *file = fopen(TRACING "trace", "r");
	size_t bytes;

	REQUIRE(file);
	bytes = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[bytes] = '\0';
	snprintf(event, sizeof(event), "dmaring_arm: dmaring0 buffer=%u\n", index);
	for (const char *at = text; (at = strstr(at, event)); at++)
		count++;
	return count;
}

static void trace(int on)
{
	REQUIRE_EQ(file_write(TRACING "events/dmaring/dmaring_arm/enable", on ? "1" : "0"), 0);
	/* To open it for writing empties it. */
	if (on)
		fclose(fopen(TRACING "trace", "w"));
}

/* It takes all buffers, and the card goes on. */
TEST(what_is_lost_goes_into_the_sink)
{
	struct dmaring_frame frames[MAPS_MAX];
	struct stream stream = capture_start();
	struct account account = account_open(stream.fd);
	uint32_t all = stream.info.buffers;
	uint64_t before;

	trace(1);
	for (uint32_t i = 0; i < all; i++) {
		frames[i] = capture_take(&stream);
		account_frame(&account, &frames[i]);
	}
	before = stream_stats(stream.fd).overruns;
	while (stream_stats(stream.fd).overruns < before + 20)
		sleep_ms(1);
	CHECK(armed(all) >= 20);
	trace(0);
	/* Not one byte of the frames that the application holds. */
	for (uint32_t i = 0; i < all; i++)
		capture_verify(&stream, &frames[i]);
	for (uint32_t i = 0; i < all; i++)
		CHECK_EQ(stream_give(stream.fd, &frames[i]), 0);
	for (uint32_t i = 0; i < 5 * all; i++) {
		struct dmaring_frame frame = capture_take(&stream);

		account_frame(&account, &frame);
		CHECK_EQ(stream_give(stream.fd, &frame), 0);
	}
	CHECK(account.overruns >= 20);
	CHECK_EQ(account.dropped, 0);
	REQUIRE_EQ(call(stream.fd, DMARING_IOC_STOP, NULL), 0);
	account_close(&account, stream.fd);
	CHECK_EQ(stream_stats(stream.fd).bad_completions, 0);
}

/* While there are buffers it is not used. */
TEST(no_frame_goes_there_that_has_a_buffer)
{
	struct stream stream = capture_start();
	struct account account = account_open(stream.fd);

	trace(1);
	for (uint32_t i = 0; i < 50; i++) {
		struct dmaring_frame frame = capture_take(&stream);

		account_frame(&account, &frame);
		CHECK_EQ(stream_give(stream.fd, &frame), 0);
	}
	CHECK(armed(0) > 0);
	CHECK_EQ(account.overruns + account.dropped, 0);
	CHECK_EQ(armed(stream.info.buffers), 0);
	trace(0);
}

/* It is in no list, and cannot be mapped. */
TEST(nobody_sees_it)
{
	int fd = stream_open(O_RDWR);
	struct dmaring_info info = stream_info(fd);
	struct dmaring_buffer buffer = { .size = sizeof(buffer), .index = info.buffers };

	CHECK_EQ(call(fd, DMARING_IOC_BUFFER, &buffer), -EINVAL);
	REQUIRE_EQ(stream_attach(fd, DMARING_POLICY_LOSSLESS, 0, 0), 0);
	CHECK(mmap(NULL, info.buffer_size, PROT_READ, MAP_SHARED, fd,
		   info.buffers * info.buffer_stride) == MAP_FAILED);
}

int main(int argc, char **argv)
{
	return virt_run(argc, argv);
}
