// SPDX-License-Identifier: MIT
/*
 * Nobody gets a reference to the memory behind a mapping: it would outlive the
 * consumer, and show the frames of the next one.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <net/if.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include "pages.h"
#include "stream.h"

static int vmsplice_page(int fd, const void *page)
{
	struct iovec bytes = { (void *)page, page_bytes() };

	return vmsplice(fd, &bytes, 1, 0) < 0 ? -errno : 0;
}

static struct stream attached_stream(void)
{
	struct stream stream = { .fd = stream_open(O_RDWR) };

	stream.info = stream_info(stream.fd);
	REQUIRE_EQ(stream_attach(stream.fd, DMARING_POLICY_LOSSLESS, 0, 0), 0);
	capture_map(&stream);
	return stream;
}

static void unmap_and_detach(struct stream *stream)
{
	for (uint32_t i = 0; i < stream->info.buffers; i++)
		REQUIRE(!munmap((void *)stream->map[i], stream->info.buffer_stride));
	REQUIRE_EQ(call(stream->fd, DMARING_IOC_DETACH, NULL), 0);
}

/* A byte of each page is read first: what is in the page table can be referred to. */
static void touch_all(const struct stream *stream)
{
	unsigned long sum = 0;

	for (uint32_t i = 0; i < stream->info.buffers; i++)
		for (uint64_t at = 0; at < stream->info.buffer_stride; at += page_bytes())
			sum += *(volatile const uint8_t *)(stream->map[i] + at);
	CHECK_EQ(sum, 0);	/* nothing was recorded yet */
}

TEST(a_pipe_gets_no_page)
{
	struct stream stream = attached_stream();
	int ends[2];

	touch_all(&stream);
	REQUIRE(!pipe2(ends, O_NONBLOCK));
	for (uint32_t i = 0; i < stream.info.buffers; i++) {
		const uint8_t *last = stream.map[i] + stream.info.buffer_stride - page_bytes();

		CHECK_EQ(vmsplice_page(ends[1], stream.map[i]), -EFAULT);
		CHECK_EQ(vmsplice_page(ends[1], last), -EFAULT);
	}
}

TEST(a_pipe_gets_no_page_of_a_read_only_consumer)
{
	int fd = stream_open(O_RDONLY), ends[2];
	const volatile uint8_t *map;

	REQUIRE_EQ(stream_attach(fd, DMARING_POLICY_LATEST, 1, 1), 0);
	map = stream_map(fd, 0, PROT_READ);
	CHECK_EQ(*map, 0);
	REQUIRE(!pipe2(ends, O_NONBLOCK));
	CHECK_EQ(vmsplice_page(ends[1], (void *)map), -EFAULT);
}

/* Whatever a pipe got of the first consumer, it shows no frame of the second. */
TEST(a_pipe_shows_no_frame_of_the_next_consumer)
{
	struct stream stream = attached_stream();
	uint32_t buffers = stream.info.buffers;
	int pipes[MAPS_MAX][2];
	uint8_t byte;

	touch_all(&stream);
	for (uint32_t i = 0; i < buffers; i++) {
		REQUIRE(!pipe2(pipes[i], O_NONBLOCK));
		vmsplice_page(pipes[i][1], stream.map[i]);
	}
	unmap_and_detach(&stream);
	close(stream.fd);

	stream = capture_start();
	capture_frames(&stream, buffers);
	for (uint32_t i = 0; i < buffers; i++) {
		CHECK_EQ(read(pipes[i][0], &byte, 1), -1);
		CHECK_EQ(errno, EAGAIN);
	}
}

TEST(another_process_cannot_reach_it)
{
	struct stream stream = attached_stream();
	char bytes[16];
	struct iovec here = { bytes, sizeof(bytes) };
	struct iovec there = { (void *)stream.map[0], sizeof(bytes) };

	CHECK_EQ(process_vm_readv(getpid(), &here, 1, &there, 1, 0), -1);
	CHECK_EQ(errno, EFAULT);
	CHECK_EQ(process_vm_writev(getpid(), &here, 1, &there, 1, 0), -1);
	CHECK_EQ(errno, EFAULT);
}

static void bring_up_loopback(int fd)
{
	struct ifreq request = { .ifr_name = "lo" };

	REQUIRE(!ioctl(fd, SIOCGIFFLAGS, &request));
	request.ifr_flags |= IFF_UP;
	REQUIRE(!ioctl(fd, SIOCSIFFLAGS, &request));
}

/* A socket that sends to itself without copying. */
static int zero_copy_socket(void)
{
	struct sockaddr_in self = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = htons(9),
	};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), yes = 1;

	REQUIRE(fd >= 0);
	bring_up_loopback(fd);
	REQUIRE(!bind(fd, (struct sockaddr *)&self, sizeof(self)));
	REQUIRE(!connect(fd, (struct sockaddr *)&self, sizeof(self)));
	REQUIRE(!setsockopt(fd, SOL_SOCKET, SO_ZEROCOPY, &yes, sizeof(yes)));
	return fd;
}

/* Pages go to a socket, or to a disk with O_DIRECT, by the same way in the kernel. */
TEST(a_socket_sends_it_only_as_a_copy)
{
	struct stream stream = attached_stream();
	int fd = zero_copy_socket();

	touch_all(&stream);
	CHECK_EQ(send(fd, stream.map[0], page_bytes(), MSG_ZEROCOPY), -1);
	CHECK_EQ(errno, EFAULT);
	CHECK_EQ(send(fd, stream.map[0], page_bytes(), 0), page_bytes());
}

TEST(there_is_no_dma_buf)
{
	struct stream stream = attached_stream();
	struct dmaring_export export = export_argument(0, O_RDWR);

	CHECK(!(stream.info.caps & DMARING_CAP_EXPORT));
	CHECK_EQ(call(stream.fd, DMARING_IOC_EXPORT, &export), -EOPNOTSUPP);
}

int main(void)
{
	return tap_run(stream_prepare, stream_is_healthy);
}
