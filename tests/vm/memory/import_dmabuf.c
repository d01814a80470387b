// SPDX-License-Identifier: MIT
/*
 * A dma-buf of another driver (vgem) as a buffer: frames arrive in it, and nothing keeps it
 * when the stream is given back.
 */
#define _GNU_SOURCE
#include "lend.h"
#include "virt.h"

#define BYTES	(4 * page_bytes())
#define FRAMES	12

/* Of drm/drm.h and drm/drm_mode.h, which not every machine has. */
struct create_dumb {
	uint32_t height, width, bpp, flags, handle, pitch;
	uint64_t size;
};

struct map_dumb {
	uint32_t handle, pad;
	uint64_t offset;
};

struct prime_handle {
	uint32_t handle, flags;
	int32_t fd;
};

#define CREATE_DUMB	_IOWR('d', 0xb2, struct create_dumb)
#define MAP_DUMB	_IOWR('d', 0xb3, struct map_dumb)
#define HANDLE_TO_FD	_IOWR('d', 0x2d, struct prime_handle)

static int drm;
static int dmabuf;

static int is_virt(void)
{
	return !access(VIRT_PARAMETERS, F_OK);
}

/* A buffer of vgem, exported in @dmabuf as @access says; what the CPU sees of it. */
static uint8_t *make_dmabuf_for(size_t bytes, int access)
{
	struct create_dumb create = { .width = bytes, .height = 1, .bpp = 8 };
	struct prime_handle prime = { .flags = O_CLOEXEC | access };
	struct map_dumb map = { 0 };
	void *memory;

	drm = open("/dev/dri/card0", O_RDWR | O_CLOEXEC);
	REQUIRE(drm >= 0);
	REQUIRE(!ioctl(drm, CREATE_DUMB, &create));
	map.handle = create.handle;
	prime.handle = create.handle;
	REQUIRE(!ioctl(drm, MAP_DUMB, &map));
	REQUIRE(!ioctl(drm, HANDLE_TO_FD, &prime));
	dmabuf = prime.fd;
	memory = mmap(NULL, create.size, PROT_READ | PROT_WRITE, MAP_SHARED, drm, map.offset);
	REQUIRE(memory != MAP_FAILED);
	memset(memory, LEND_GUARD_BYTE, create.size);
	return memory;
}

static uint8_t *make_dmabuf(size_t bytes)
{
	return make_dmabuf_for(bytes, O_RDWR);
}

static int import_part(int fd, uint64_t offset, uint64_t length)
{
	struct dmaring_import argument = import_argument(NULL, length);

	argument.fd = dmabuf;
	argument.offset = offset;
	return call(fd, DMARING_IOC_IMPORT, &argument);
}

TEST(frames_arrive_in_a_dmabuf)
{
	uint8_t *memory = make_dmabuf(BYTES);
	struct stream stream = lender_attach();
	struct dmaring_buffer buffer = buffer_argument(0);
	uint32_t bytes = stream.info.format.frame_bytes;
	/* It crosses from one page to the next, unless the card gathers nothing. */
	uint64_t offset = is_virt() ? page_bytes() - 101 : page_bytes() + 101;

	REQUIRE_EQ(import_part(stream.fd, offset, bytes), 0);
	stream.map[0] = memory + offset;
	REQUIRE_EQ(call(stream.fd, DMARING_IOC_BUFFER, &buffer), 0);
	CHECK_EQ(buffer.memory, DMARING_MEMORY_DMABUF);
	CHECK_EQ(buffer.length, bytes);
	REQUIRE_EQ(call(stream.fd, DMARING_IOC_START, NULL), 0);
	close(dmabuf);
	capture_frames(&stream, FRAMES);
	close(drm);
	capture_frames(&stream, FRAMES);
	REQUIRE_EQ(call(stream.fd, DMARING_IOC_DETACH, NULL), 0);
	CHECK_EQ(memory[offset - 1], LEND_GUARD_BYTE);
	CHECK_EQ(memory[offset + bytes], LEND_GUARD_BYTE);
}

TEST(what_is_no_part_of_a_dmabuf)
{
	struct stream stream = lender_attach();
	struct dmaring_import argument;

	make_dmabuf(BYTES);
	CHECK_EQ(import_part(stream.fd, 0, BYTES + 1), -EINVAL);
	CHECK_EQ(import_part(stream.fd, page_bytes(), BYTES), -EINVAL);
	CHECK_EQ(import_part(stream.fd, ~0ULL, page_bytes()), -EINVAL);
	CHECK_EQ(import_part(stream.fd, 0, 1), -EMSGSIZE);
	close(dmabuf);
	CHECK_EQ(import_part(stream.fd, 0, BYTES), -EBADF);
	dmabuf = stream.fd;
	CHECK_EQ(import_part(stream.fd, 0, BYTES), -EINVAL);
	argument = import_argument(&stream, BYTES);
	argument.fd = dmabuf;
	CHECK_EQ(call(stream.fd, DMARING_IOC_IMPORT, &argument), -EINVAL);
	CHECK_EQ(stream_info(stream.fd).state, 0);
}

/* Who has it may look at it, and so may nobody have it written. */
TEST(what_is_read_only)
{
	struct stream stream = lender_attach();
	uint8_t *memory = make_dmabuf_for(BYTES, O_RDONLY);

	CHECK_EQ(import_part(stream.fd, 0, BYTES), -EACCES);
	CHECK_EQ(import_part(stream.fd, 0, BYTES + 1), -EACCES);
	CHECK_EQ(stream_info(stream.fd).state, 0);
	CHECK_EQ(memory[0], LEND_GUARD_BYTE);
}

/* All dma-bufs of the machine. */
static long long dma_bufs(void)
{
	FILE *list = fopen("/sys/kernel/debug/dma_buf/bufinfo", "re");
	long long count = -1;
	char line[512];

	REQUIRE(list);
	while (fgets(line, sizeof(line), list))
		if (strstr(line, " objects, "))
			sscanf(line, "Total %lld", &count);
	fclose(list);
	REQUIRE(count >= 0);
	return count;
}

/* A driver that is no module is not in use: then it has dma-bufs. */
static long long vgem_users(void)
{
	long long users = module_users("vgem");

	return users < 0 ? dma_bufs() : users;
}

/* The other driver is in use as long as its memory is lent. */
TEST(all_is_given_back)
{
	long long users = vgem_users();

	for (int end = 0; end < 3; end++) {
		struct stream stream = lender_attach();
		uint8_t *memory = make_dmabuf(BYTES);

		stream.map[0] = memory;
		REQUIRE_EQ(import_part(stream.fd, 0, page_bytes()), 0);
		REQUIRE(!munmap(memory, BYTES));
		close(dmabuf);
		close(drm);
		CHECK(vgem_users() > users);
		if (end == 1)
			REQUIRE_EQ(call(stream.fd, DMARING_IOC_START, NULL), 0);
		if (end == 2)
			REQUIRE_EQ(call(stream.fd, DMARING_IOC_DETACH, NULL), 0);
		close(stream.fd);
		while (vgem_users() > users)
			usleep(10000);
	}
}

/* Its memory must be let go of before the device is. */
TEST(unbound_while_the_card_writes)
{
	char address[CARD_PATH_MAX];
	struct stream stream;

	if (is_virt())
		SKIP("it has no card");
	stream = lender_attach();
	stream.map[0] = make_dmabuf(BYTES);
	REQUIRE_EQ(card_address(address), 0);
	REQUIRE_EQ(import_part(stream.fd, 0, page_bytes()), 0);
	REQUIRE_EQ(call(stream.fd, DMARING_IOC_START, NULL), 0);
	capture_frames(&stream, 3);
	REQUIRE_EQ(card_unbind(address), 0);
	CHECK_EQ(call(stream.fd, DMARING_IOC_STOP, NULL), -ENODEV);
	close(stream.fd);
	REQUIRE_EQ(card_bind(address), 0);
}

static void prepare(void)
{
	if (is_virt())
		virt_prepare();
	else
		stream_prepare();
}

static void is_healthy(void)
{
	if (is_virt())
		virt_is_healthy();
	else
		stream_is_healthy();
}

int main(void)
{
	return tap_run(prepare, is_healthy);
}
