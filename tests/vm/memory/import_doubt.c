// SPDX-License-Identifier: MIT
/*
 * The card goes, or does not stop, while it writes memory that an application lends.
 */
#include "fgsim.h"
#include "gone.h"
#include "lend.h"

#define BUFFERS		3
#define DEAF_MS		3600000	/* or until the test says that it is enough */

static struct stream lend_and_start(void)
{
	struct stream stream = lender_attach();
	uint32_t bytes = stream.info.format.frame_bytes;

	for (uint32_t i = 0; i < BUFFERS; i++)
		lend(&stream, i, lend_odd_memory(bytes), bytes);
	REQUIRE_EQ(call(stream.fd, DMARING_IOC_START, NULL), 0);
	return stream;
}

static void go_deaf(void)
{
	reg_set(&fgsim_regs()->fault.stall_ms, DEAF_MS);
	fault_want(FGSIM_FAULT_DEAF, 1);
}

static void hear_again(void)
{
	reg_set(&fgsim_regs()->fault.stall_ms, 0);
}

TEST(unbound_while_the_card_writes)
{
	struct stream stream = lend_and_start();
	struct dmaring_frame frame = capture_take(&stream);

	capture_frames(&stream, 100);
	gone_unbind();
	CHECK_EQ(lend_pinned(), 0);
	gone_check_calls(stream.fd);
	/* What arrived is still there. */
	capture_verify(&stream, &frame);
	CHECK_EQ(lend_vmpin(), 0);
}

/* So slow that it has buffers to fill whenever it is told to stop. */
TEST(detached_from_a_card_that_does_not_stop)
{
	int other = stream_open(O_RDWR);
	struct dmaring_buffer buffer = buffer_argument(0);
	struct stream stream;
	int error;

	fgsim_set_rate(10);
	stream = lend_and_start();
	capture_frames(&stream, 3);
	go_deaf();
	CHECK_EQ(call(stream.fd, DMARING_IOC_STOP, NULL), -ETIMEDOUT);
	CHECK_EQ(import(stream.fd, stream.map[0], 4096), -ETIMEDOUT);
	REQUIRE_EQ(call(stream.fd, DMARING_IOC_DETACH, NULL), 0);
	CHECK(lend_pinned() >= BUFFERS);
	CHECK_EQ(stream_info(other).state, DMARING_STATE_LENT);
	CHECK(stream_stats(other).quarantined > 0);
	REQUIRE_EQ(call(other, DMARING_IOC_BUFFER, &buffer), 0);
	CHECK_EQ(buffer.memory, DMARING_MEMORY_USER);
	CHECK_EQ(stream_attach(other, DMARING_POLICY_LOSSLESS, 0, 0), -ETIMEDOUT);
	close(stream.fd);
	hear_again();
	while ((error = stream_attach(other, DMARING_POLICY_LOSSLESS, 0, 0)) == -ETIMEDOUT)
		;
	REQUIRE_EQ(error, 0);
	lend_check_unpinned();
	CHECK_EQ(stream_stats(other).idle, stream.info.buffers);
}

/* The last test: what it leaves pinned stays so. */
TEST(removed_though_it_does_not_stop)
{
	struct stream stream;

	fgsim_set_rate(10);
	stream = lend_and_start();
	capture_frames(&stream, 3);
	go_deaf();
	puts("# allow-log: the memory of [1-3] lent buffers stays pinned for ever");
	gone_unbind();
	CHECK(lend_pinned() >= 1);
	CHECK(lend_vmpin() >= 4);
	gone_check_calls(stream.fd);
	hear_again();
}

static void prepare(void)
{
	gone_prepare();
	fgsim_prepare();
}

/* That it was deaf has been counted as a stall. */
static void comes_back(void)
{
	if (!card_count()) {
		REQUIRE_EQ(file_read(GONE_REMEMBERED, gone_address, sizeof(gone_address)), 0);
		REQUIRE_EQ(card_bind(gone_address), 0);
	}
	fgsim_is_healthy();
}

int main(void)
{
	return tap_run(prepare, comes_back);
}
