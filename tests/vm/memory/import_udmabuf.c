// SPDX-License-Identifier: MIT
/*
 * Pages of a memfd, which the kernel has made a dma-buf: frames arrive in the file, and it
 * outlives the stream.  Not every kernel has that.
 */
#define _GNU_SOURCE
#include <linux/udmabuf.h>
#include "lend.h"
#include "virt.h"

#define BYTES	(4 * page_bytes())
#define FRAMES	12

static int memfd;

/* A file of that size as a dma-buf. */
static int make_udmabuf(void)
{
	struct udmabuf_create create = { .flags = UDMABUF_FLAGS_CLOEXEC, .size = BYTES };
	int device = open("/dev/udmabuf", O_RDWR | O_CLOEXEC), dmabuf;

	if (device < 0 && errno == ENOENT)
		SKIP("this kernel has no udmabuf");
	REQUIRE(device >= 0);
	memfd = memfd_create("frames", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	REQUIRE(memfd >= 0);
	REQUIRE(!ftruncate(memfd, BYTES));
	REQUIRE(!fcntl(memfd, F_ADD_SEALS, F_SEAL_SHRINK));
	create.memfd = memfd;
	dmabuf = ioctl(device, UDMABUF_CREATE, &create);
	REQUIRE(dmabuf >= 0);
	close(device);
	return dmabuf;
}

static uint8_t *map_memfd(void)
{
	uint8_t *map = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, memfd, 0);

	REQUIRE(map != MAP_FAILED);
	return map;
}

static int import_part(int fd, int dmabuf, uint64_t offset, uint64_t length)
{
	struct dmaring_import argument = import_argument(NULL, length);

	argument.fd = dmabuf;
	argument.offset = offset;
	return call(fd, DMARING_IOC_IMPORT, &argument);
}

TEST(frames_arrive_in_a_memfd)
{
	int dmabuf = make_udmabuf();
	struct stream stream = lender_attach();
	uint8_t *memory = map_memfd();
	uint32_t bytes = stream.info.format.frame_bytes;
	/* Within one page: there are cards that gather nothing. */
	uint64_t offset = page_bytes() + 101;

	memset(memory, LEND_GUARD_BYTE, BYTES);
	REQUIRE_EQ(import_part(stream.fd, dmabuf, offset, bytes), 0);
	close(dmabuf);
	stream.map[0] = memory + offset;
	REQUIRE_EQ(call(stream.fd, DMARING_IOC_START, NULL), 0);
	capture_frames(&stream, FRAMES);
	close(memfd);
	capture_frames(&stream, FRAMES);
	REQUIRE_EQ(call(stream.fd, DMARING_IOC_DETACH, NULL), 0);
	CHECK_EQ(memory[offset - 1], LEND_GUARD_BYTE);
	CHECK_EQ(memory[offset + bytes], LEND_GUARD_BYTE);
}

/* What the file has is what the last frame was. */
TEST(the_file_keeps_its_frame)
{
	int dmabuf = make_udmabuf();
	struct stream stream = lender_attach();
	struct dmaring_frame frame;
	uint8_t *memory;

	REQUIRE_EQ(import_part(stream.fd, dmabuf, 0, page_bytes()), 0);
	REQUIRE_EQ(call(stream.fd, DMARING_IOC_START, NULL), 0);
	REQUIRE_EQ(stream_take(stream.fd, &frame, 1, FOREVER), 1);
	close(dmabuf);
	close(stream.fd);
	memory = map_memfd();
	CHECK_EQ(dmaring_pattern_check(memory, frame.hw_meta, stream.info.format.width,
				       frame.sequence, frame.bytes_used), frame.bytes_used);
}

int main(void)
{
	int virt = !access(VIRT_PARAMETERS, F_OK);

	return tap_run(virt ? virt_prepare : stream_prepare,
		       virt ? virt_is_healthy : stream_is_healthy);
}
