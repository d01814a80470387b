// SPDX-License-Identifier: MIT
/*
 * The same program, built for 32 and for 64 bits, against the kernel's header
 * alone: the layout is the same, and a capture works in either.
 */
#define _FILE_OFFSET_BITS 64	/* before the first header */
#include <stddef.h>
#include "stream.h"

#define AT(type, field, offset) \
	_Static_assert(offsetof(struct dmaring_##type, field) == (offset), #type "." #field)

AT(frame, sequence, 8);
AT(frame, timestamp_ns, 24);
AT(frame, buffer, 32);
AT(frame, format_seq, 44);
AT(frame, hw_meta, 48);
AT(info, features, 8);
AT(info, buffer_size, 32);
AT(info, format, 64);
AT(info, pool_asked_size, 120);
AT(info, driver, 136);
AT(info, bus_info, 200);
AT(info, stream, 272);
AT(buffer, mmap_offset, 16);
AT(buffer, bus_addr, 32);
AT(buffer, state, 48);
AT(attach, features, 8);
AT(attach, frame_stride, 20);
AT(attach, watermark_ns, 40);
AT(dequeue, frames, 8);
AT(dequeue, count, 16);
AT(dequeue, timeout_ns, 24);
AT(release, cookies, 8);
AT(release, bad, 20);
AT(stats, produced, 8);
AT(stats, idle, 80);
AT(stats, consumer_held, 136);
AT(stats, consumer_running, 148);
AT(export, fd, 12);
AT(export, reserved, 16);

TEST(a_capture_of_this_word_size)
{
	struct stream stream = capture_start();

	printf("# pointers of %zu bits\n", 8 * sizeof(void *));
	capture_frames(&stream, 2 * stream.info.buffers);
}

TEST(read_and_release)
{
	struct stream stream = capture_start();
	struct dmaring_frame frame;

	for (int i = 0; i < 5; i++) {
		REQUIRE_EQ(read(stream.fd, &frame, sizeof(frame)), sizeof(frame));
		capture_verify(&stream, &frame);
		CHECK_EQ(stream_give(stream.fd, &frame), 0);
		CHECK_EQ(stream_give(stream.fd, &frame), -ESTALE);
	}
}

TEST(every_structure_is_written_whole)
{
	int fd = stream_open(O_RDWR);
	struct dmaring_info info = stream_info(fd);
	struct dmaring_stats stats = stream_stats(fd);
	struct dmaring_buffer buffer = buffer_argument(info.buffers - 1);
	struct dmaring_attach attach = attach_argument(DMARING_POLICY_LOSSLESS, 0, 0);

	REQUIRE_EQ(call(fd, DMARING_IOC_BUFFER, &buffer), 0);
	REQUIRE_EQ(call(fd, DMARING_IOC_ATTACH, &attach), 0);
	CHECK_EQ(info.size, DMARING_INFO_SIZE_VER0);
	CHECK_EQ(stats.size, DMARING_STATS_SIZE_VER0);
	CHECK_EQ(buffer.size, DMARING_BUFFER_SIZE_VER0);
	CHECK_EQ(attach.size, DMARING_ATTACH_SIZE_VER0);
	CHECK_EQ(buffer.mmap_offset, (info.buffers - 1) * info.buffer_stride);
}

/* In a 32-bit program the upper half of an address field must count, too. */
TEST(addresses_have_64_bits)
{
	struct stream stream = capture_start();
	struct dmaring_frame frame = capture_take(&stream);
	struct dmaring_release release = release_argument(&frame.cookie, 1);
	struct dmaring_dequeue dequeue = dequeue_argument(&frame, 1, FOREVER);

	release.cookies |= 1ULL << 62;
	CHECK_EQ(call(stream.fd, DMARING_IOC_RELEASE, &release), -EFAULT);
	dequeue.frames |= 1ULL << 62;
	CHECK_EQ(call(stream.fd, DMARING_IOC_DEQUEUE, &dequeue), -EFAULT);
	CHECK_EQ(stream_stats(stream.fd).consumer_held, 1);
	CHECK_EQ(stream_give(stream.fd, &frame), 0);
}

int main(void)
{
	return tap_run(stream_prepare, stream_is_healthy);
}
