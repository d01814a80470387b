// SPDX-License-Identifier: MIT
/* dmaring_edu instant=1: a frame for each interrupt that a program raises, and no other. */
#include "edu.h"
#include "now.h"
#include "stream.h"

static volatile uint32_t *registers;

static void prepare(void)
{
	char device[CARD_PATH_MAX];

	snprintf(device, sizeof(device), CARD_CLASS "/%s/device", card_name());
	registers = edu_map(device);
	REQUIRE(registers != MAP_FAILED);
}

static void raise_frames(int count)
{
	while (count--) {
		edu_write(registers, EDU_IRQ_RAISE, EDU_IRQ_INSTANT);
		/* One that comes before it was acknowledged is not another one. */
		while (edu_read(registers, EDU_IRQ_STATUS))
			sleep_ms(1);
	}
}

TEST(a_frame_for_each_interrupt)
{
	struct stream stream = capture_start();

	for (int i = 0; i < 100; i++) {
		raise_frames(1);
		capture_frames(&stream, 1);
	}
	CHECK_EQ(stream_stats(stream.fd).overruns, 0);
}

TEST(nothing_comes_by_itself)
{
	struct stream stream = capture_start();

	CHECK_EQ(stream_poll(stream.fd, 10000), 0);
	edu_write(registers, EDU_IRQ_RAISE, 1);
	CHECK_EQ(stream_poll(stream.fd, 1000), 0);
	raise_frames(1);
	CHECK_EQ(stream_poll(stream.fd, 1000), POLLIN);
}

/* The machine's setup loads the driver with a patience of 500 ms. */
TEST(that_nothing_comes_is_no_stall)
{
	struct stream stream = capture_start();
	struct dmaring_frame frame;

	CHECK_EQ(stream_take(stream.fd, &frame, 1, 2000 * MS), -ETIMEDOUT);
	CHECK_EQ(stream_stats(stream.fd).stalls, 0);
}

TEST(without_a_buffer_they_are_lost)
{
	struct stream stream = capture_start();

	raise_frames(stream.info.buffers + 3);
	CHECK_EQ(stream_stats(stream.fd).consumer_waiting, stream.info.buffers);
	CHECK_EQ(stream_stats(stream.fd).overruns, 3);
}

TEST(not_after_stop)
{
	struct stream stream = capture_start();

	CHECK_EQ(call(stream.fd, DMARING_IOC_STOP, NULL), 0);
	raise_frames(1);
	CHECK_EQ(call(stream.fd, DMARING_IOC_START, NULL), 0);
	CHECK_EQ(stream_poll(stream.fd, 1000), 0);
}

int main(void)
{
	return tap_run(prepare, NULL);
}
