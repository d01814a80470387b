// SPDX-License-Identifier: MIT
/*
 * Memory that is made of pages: what refers to a program's memory refers to a frame.
 * It may go on after the program has let go of the frame, or has died: then the next
 * one's frames are not where it reads and writes.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include "async.h"
#include "gone.h"
#include "kernel.h"
#include "owner.h"
#include "pages.h"
#include "slow_disk.h"
#include "stream.h"

#define DISK_BYTE	0xa5	/* what is on the disk before a test */
#define A_LONG_TIME_MS	(TAP_SECONDS * 1000)

static uint8_t disk_copy[SLOW_DISK_KIB << 10] __attribute__((aligned(4096)));

static void fill_disk(void)
{
	int fd;

	slow_disk_make();
	fd = slow_disk_open(SLOW_DISK_FAST);
	memset(disk_copy, DISK_BYTE, sizeof(disk_copy));
	REQUIRE_EQ(pwrite(fd, disk_copy, sizeof(disk_copy), 0), sizeof(disk_copy));
	close(fd);
}

static void read_disk(size_t bytes)
{
	int fd = slow_disk_open(SLOW_DISK_FAST);

	REQUIRE_EQ(pread(fd, disk_copy, bytes, 0), (ssize_t)bytes);
	close(fd);
}

/* ------------------------------------------------------------------ it is accepted */

TEST(the_stream_says_so)
{
	int fd = stream_open(O_RDWR);
	struct dmaring_info info = stream_info(fd);
	struct dmaring_buffer buffer = buffer_argument(0);
	uint64_t bytes = 0;

	CHECK_EQ(info.memory, DMARING_MEMORY_PAGES);
	CHECK(info.caps & DMARING_CAP_DIRECT_IO);
	for (buffer.segment = 0;; buffer.segment++) {
		uint32_t segment = buffer.segment;

		if (call(fd, DMARING_IOC_BUFFER, &buffer))
			break;
		CHECK_EQ(buffer.segment, segment);
		CHECK(buffer.segments <= info.max_segments);
		bytes += buffer.segment_bytes;
		memset(buffer.reserved, 0, sizeof(buffer.reserved));
	}
	CHECK_EQ(errno, EINVAL);
	CHECK_EQ(buffer.segment, buffer.segments);
	CHECK_EQ(bytes, info.buffer_size);
}

TEST(a_frame_is_written_past_the_cache)
{
	struct stream stream = capture_start();
	uint64_t bytes = stream.info.buffer_stride;
	struct dmaring_frame frame;
	int fd;

	fill_disk();
	fd = slow_disk_open(SLOW_DISK_FAST);
	for (int i = 0; i < 3; i++) {
		frame = capture_take(&stream);
		CHECK_EQ(pwrite(fd, stream.map[frame.buffer], bytes, 0), bytes);
		read_disk(bytes);
		CHECK(!memcmp(disk_copy, stream.map[frame.buffer], bytes));
		CHECK_EQ(stream_give(stream.fd, &frame), 0);
	}
	close(fd);
}

TEST(other_ways_to_refer_to_memory)
{
	struct stream stream = capture_start();
	struct dmaring_frame frame = capture_take(&stream);
	const uint8_t *map = stream.map[frame.buffer];
	char bytes[16];
	struct iovec here = { bytes, sizeof(bytes) }, there = { (void *)map, sizeof(bytes) };
	int ends[2];

	CHECK_EQ(process_vm_readv(getpid(), &here, 1, &there, 1, 0), sizeof(bytes));
	CHECK(!memcmp(bytes, map, sizeof(bytes)));
	REQUIRE(!pipe2(ends, O_CLOEXEC));
	there.iov_len = page_bytes();
	CHECK_EQ(vmsplice(ends[1], &there, 1, 0), (long)page_bytes());
	CHECK_EQ(read(ends[0], bytes, sizeof(bytes)), sizeof(bytes));
	CHECK(!memcmp(bytes, map, sizeof(bytes)));
}

TEST(an_entry_that_was_taken_out_comes_back)
{
	struct stream stream = capture_start();
	struct dmaring_frame frame = capture_take(&stream);
	uint8_t *map = (uint8_t *)stream.map[frame.buffer];

	REQUIRE(!madvise(map, stream.info.buffer_stride, MADV_DONTNEED));
	capture_verify(&stream, &frame);
	CHECK_EQ(stream_give(stream.fd, &frame), 0);
}

/* It could keep all buffers from everybody, who only may look. */
TEST(a_viewer_that_may_not_write_gets_no_page)
{
	struct stream recorder = capture_start();
	int fd = stream_open(O_RDONLY), ends[2];
	struct dmaring_frame frame;
	struct iovec page;
	const uint8_t *map;

	REQUIRE_EQ(stream_attach(fd, DMARING_POLICY_LATEST, 1, 1), 0);
	REQUIRE_EQ(call(fd, DMARING_IOC_START, NULL), 0);
	REQUIRE_EQ(stream_take(fd, &frame, 1, FOREVER), 1);
	map = stream_map(fd, frame.buffer, PROT_READ);
	CHECK_EQ(dmaring_pattern_check_frame(map, frame.hw_meta, &recorder.info.format,
					     frame.sequence, frame.bytes_used),
		 frame.bytes_used);
	REQUIRE(!pipe2(ends, O_CLOEXEC));
	page = (struct iovec){ (void *)map, page_bytes() };
	CHECK_EQ(vmsplice(ends[1], &page, 1, 0), -1);
	CHECK_EQ(errno, EFAULT);
}

/* ---------------------------------------------------- who refers outlives the owner */

static int pipe_ends[2];

static void give_to_pipe(uint8_t *map, size_t bytes)
{
	struct iovec page = { map, bytes < page_bytes() ? bytes : page_bytes() };

	REQUIRE_EQ(vmsplice(pipe_ends[1], &page, 1, 0), (long)page_bytes());
}

static void check_pipe(void)
{
	static uint8_t got[1 << 16];

	REQUIRE_EQ(read(pipe_ends[0], got, page_bytes()), (long)page_bytes());
	CHECK(!memcmp(got, owner->bytes, page_bytes()));
}

TEST(a_pipe_that_another_process_has)
{
	REQUIRE(!pipe2(pipe_ends, O_CLOEXEC));
	owner_start(give_to_pipe);
	owner_dies();
	check_quarantine(1);
	next_captures(20);
	check_quarantine(1);
	check_pipe();
	comes_back();
	check_quarantine(0);
}

/* It was not erased, and is not shown to anybody: not by a debugger either. */
TEST(a_viewer_of_a_buffer_that_is_kept)
{
	int fd, memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
	const volatile uint8_t *map;
	uint64_t bytes;
	char byte;

	REQUIRE(memory >= 0);
	REQUIRE(!pipe2(pipe_ends, O_CLOEXEC));
	owner_start(give_to_pipe);
	owner_dies();
	fd = stream_open(O_RDONLY);
	bytes = stream_info(fd).buffer_stride;
	REQUIRE_EQ(stream_attach(fd, DMARING_POLICY_LATEST, 1, 1), 0);
	map = stream_map(fd, owner->frame.buffer, PROT_READ);
	check_quarantine(1);
	CHECK_EQ(pread(memory, &byte, 1, (uintptr_t)map), -1);
	CHECK_EQ(gone_touch(map), -EFAULT);
	CHECK_EQ(gone_touch(map + bytes - 1), -EFAULT);
	check_pipe();
	while (stream_stats(fd).referenced)
		sleep_ms(10);
	for (uint64_t at = 0; at < bytes; at++)
		if (!CHECK_EQ(gone_touch(map + at), 0))
			break;
	CHECK_EQ(pread(memory, &byte, 1, (uintptr_t)map), 1);
}

TEST(a_pipe_when_the_consumer_detaches)
{
	struct stream stream = capture_start();
	struct dmaring_frame frame = capture_take(&stream);

	owner = mmap(NULL, sizeof(*owner), PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	REQUIRE(owner != MAP_FAILED);
	owner->frame = frame;
	memcpy(owner->bytes, stream.map[frame.buffer], stream.info.buffer_stride);
	REQUIRE(!pipe2(pipe_ends, O_CLOEXEC));
	give_to_pipe((uint8_t *)stream.map[frame.buffer], stream.info.buffer_stride);
	for (uint32_t i = 0; i < stream.info.buffers; i++)
		munmap((void *)stream.map[i], stream.info.buffer_stride);
	CHECK_EQ(stream_stats(stream.fd).referenced, 0);	/* it still holds it */
	CHECK_EQ(call(stream.fd, DMARING_IOC_DETACH, NULL), 0);
	close(stream.fd);
	check_quarantine(1);
	next_captures(20);
	check_pipe();
	comes_back();
}

TEST(a_pipe_when_the_card_goes)
{
	REQUIRE(!pipe2(pipe_ends, O_CLOEXEC));
	owner_start(give_to_pipe);
	owner_dies();
	check_quarantine(1);
	REQUIRE_EQ(card_unbind(gone_address), 0);
	REQUIRE_EQ(card_bind(gone_address), 0);
	stream_prepare();
	check_quarantine(0);	/* another pool, of other pages */
	stream_is_healthy();
	check_pipe();
}

/* ------------------------------------------------------------- a registered buffer */

/* Linux before 6.5 registers no memory of a file, of which a mapping of ours is one. */
static int can_register(void)
{
	return kernel_is_from(6, 5);
}

static void register_with(const struct uring *ring, uint8_t *map, size_t bytes)
{
	struct iovec buffer = { map, bytes };
	int error = syscall(SYS_io_uring_register, ring->fd, IORING_REGISTER_BUFFERS, &buffer,
			    1) ? -errno : 0;

	CHECK_EQ(error, can_register() ? 0 : -EOPNOTSUPP);
}

static struct uring shared_ring;	/* with who registers */

static void register_buffer(uint8_t *map, size_t bytes)
{
	register_with(&shared_ring, map, bytes);
}

/* The ring keeps it, whoever has the ring. */
TEST(a_buffer_that_is_registered_in_the_ring_of_another_process)
{
	shared_ring = uring_create();
	owner_start(register_buffer);
	owner_dies();
	if (!can_register()) {
		check_quarantine(0);
		return;
	}
	check_quarantine(1);
	next_captures(20);
	check_quarantine(1);
	REQUIRE(!syscall(SYS_io_uring_register, shared_ring.fd, IORING_UNREGISTER_BUFFERS, NULL,
			 0));
	comes_back();
	check_quarantine(0);
}

/* From a frame past the cache, and from the disk into a buffer. */
TEST(a_buffer_that_is_registered_is_written_and_read)
{
	struct stream stream = capture_start();
	uint32_t bytes = stream.info.buffer_stride;
	struct dmaring_frame frame = capture_take(&stream);
	struct uring ring = uring_create();
	uint8_t *map = stream_map(stream.fd, frame.buffer, PROT_READ | PROT_WRITE);
	int fd;

	fill_disk();
	fd = slow_disk_open(SLOW_DISK_FAST);
	register_with(&ring, map, bytes);
	if (!can_register())
		return;
	uring_transfer(&ring, IORING_OP_WRITE_FIXED, fd, map, bytes);
	CHECK_EQ(uring_wait(&ring, A_LONG_TIME_MS), bytes);
	read_disk(bytes);
	CHECK(!memcmp(disk_copy, map, bytes));
	memset(map, 0, bytes);
	uring_transfer(&ring, IORING_OP_READ_FIXED, fd, map, bytes);
	CHECK_EQ(uring_wait(&ring, A_LONG_TIME_MS), bytes);
	CHECK(!memcmp(disk_copy, map, bytes));
	CHECK_EQ(stream_stats(stream.fd).referenced, 0);	/* its consumer still has it */
	close(fd);
}

/* ---------------------------------------------------- a network that does not answer */

#define TAP		"tap9"
#define TAP_PEER	"10.9.9.2"
#define PACKET_BYTES	1400
#define PACKET_HEAD	(ETH_HLEN + 20 + 8)	/* Ethernet, IP, UDP */

static int packets = -1;	/* what is sent to the network can be read here */
static int sender = -1;

static struct sockaddr in_network(const char *address)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(9) };
	struct sockaddr generic;

	REQUIRE_EQ(inet_pton(AF_INET, address, &in.sin_addr), 1);
	memcpy(&generic, &in, sizeof(generic));
	return generic;
}

/* Nobody says there what hardware address the peer has: what is sent to it waits. */
static void make_network(void)
{
	struct ifreq request = { .ifr_name = TAP, .ifr_flags = IFF_TAP | IFF_NO_PI };
	struct sockaddr peer = in_network(TAP_PEER);
	int yes = 1;

	packets = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
	REQUIRE(packets >= 0);
	REQUIRE(!ioctl(packets, TUNSETIFF, &request));
	REQUIRE(!ioctl(packets, TUNSETOFFLOAD, TUN_F_CSUM));
	sender = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	REQUIRE(sender >= 0);
	request.ifr_addr = in_network("10.9.9.1");
	REQUIRE(!ioctl(sender, SIOCSIFADDR, &request));
	request.ifr_addr = in_network("255.255.255.0");
	REQUIRE(!ioctl(sender, SIOCSIFNETMASK, &request));
	request.ifr_flags = IFF_UP;
	REQUIRE(!ioctl(sender, SIOCSIFFLAGS, &request));
	REQUIRE_EQ(file_write("/proc/sys/net/ipv4/neigh/" TAP "/retrans_time_ms", "60000"), 0);
	REQUIRE(!setsockopt(sender, SOL_SOCKET, SO_ZEROCOPY, &yes, sizeof(yes)));
	REQUIRE(!connect(sender, &peer, sizeof(peer)));
}

static void send_to_network(uint8_t *map, size_t bytes)
{
	REQUIRE(bytes >= PACKET_BYTES);
	REQUIRE_EQ(send(sender, map, PACKET_BYTES, MSG_ZEROCOPY), PACKET_BYTES);
}

/* Now it is said, and what waited goes out. */
static void answer(void)
{
	struct arpreq arp = {
		.arp_pa = in_network(TAP_PEER),
		.arp_ha.sa_family = ARPHRD_ETHER,
		.arp_flags = ATF_COM | ATF_PERM,
		.arp_dev = TAP,
	};

	arp.arp_ha.sa_data[5] = 9;
	REQUIRE(!ioctl(sender, SIOCSARP, &arp));
}

static void check_packet(void)
{
	static uint8_t packet[1 << 16];
	ssize_t bytes;

	do {
		bytes = read(packets, packet, sizeof(packet));
		if (bytes < 0)
			sleep_ms(1);
	} while (bytes < PACKET_HEAD || packet[12] != 0x08 || packet[13] != 0 ||
		 packet[ETH_HLEN + 9] != IPPROTO_UDP);
	CHECK_EQ(bytes, PACKET_HEAD + PACKET_BYTES);
	CHECK(!memcmp(packet + PACKET_HEAD, owner->bytes, PACKET_BYTES));
}

TEST(a_network_that_does_not_answer)
{
	make_network();
	owner_start(send_to_network);
	owner_dies();
	check_quarantine(1);
	next_captures(20);
	check_quarantine(1);
	answer();
	check_packet();
	comes_back();
	check_quarantine(0);
	close(packets);
	close(sender);
}

/* ------------------------------------------------------- a process that inherits it */

/* Some kernels after 6.12 let nobody insist. */
static int can_insist(void)
{
	struct stream stream = { .fd = stream_open(O_RDWR) };
	void *map;
	int error;

	REQUIRE_EQ(stream_attach(stream.fd, DMARING_POLICY_LOSSLESS, 0, 0), 0);
	map = stream_map(stream.fd, 0, PROT_READ);
	error = madvise(map, page_bytes(), MADV_DOFORK) ? -errno : 0;
	REQUIRE(!munmap(map, stream_info(stream.fd).buffer_stride));
	close(stream.fd);
	if (error)
		REQUIRE(error == -EINVAL && kernel_is_from(6, 13));
	return !error;
}

static void fork_with_it(uint8_t *map, size_t bytes)
{
	pid_t pid;

	/* Mappings are not inherited, unless somebody insists. */
	REQUIRE(!madvise(map, bytes, MADV_DOFORK));
	pid = fork();
	REQUIRE(pid >= 0);
	if (pid)
		return;
	REQUIRE_EQ(read(pipe_ends[0], owner->bytes, 1), 1);
	/* What it sees now is told to the test. */
	memcpy(owner->bytes, map, bytes);
	(void)!write(pipe_ends[1], "s", 1);
	pause();
	_exit(0);
}

/* It is the consumer now: the card may go all the same, and its memory stays. */
TEST(a_grandchild_when_the_card_goes)
{
	static uint8_t before[1 << 16];
	int tell[2], hear[2];
	char byte;

	if (!can_insist())
		return;
	REQUIRE(!pipe2(tell, 0) && !pipe2(hear, 0));
	pipe_ends[0] = tell[0];
	pipe_ends[1] = hear[1];
	owner_start(fork_with_it);
	memcpy(before, owner->bytes, sizeof(before));
	REQUIRE(!kill(owner->pid, SIGKILL));
	REQUIRE_EQ(waitpid(owner->pid, NULL, 0), owner->pid);
	CHECK_EQ(stream_info(stream_open(O_RDWR)).consumers, 1);
	REQUIRE_EQ(card_unbind(gone_address), 0);
	REQUIRE_EQ(card_bind(gone_address), 0);
	stream_prepare();
	stream_is_healthy();
	REQUIRE_EQ(write(tell[1], "t", 1), 1);
	REQUIRE_EQ(read(hear[0], &byte, 1), 1);
	CHECK(!memcmp(before, owner->bytes, sizeof(before)));
	/* The end of the test ends it, too. */
}

/* One has all buffers; another one lets pipes refer to them and leaves. */
TEST(who_attaches_beside_others_meets_no_reference)
{
	struct dmaring_frame frames[MAPS_MAX], frame;
	struct stream first = { .fd = stream_open(O_RDWR) }, next;
	int fd = stream_open(O_RDWR), pipes[MAPS_MAX][2];
	uint8_t *saved;
	uint32_t i;

	first.info = stream_info(first.fd);
	REQUIRE_EQ(stream_attach(first.fd, DMARING_POLICY_LOSSLESS, 0, 0), 0);
	REQUIRE_EQ(call(first.fd, DMARING_IOC_START, NULL), 0);
	for (i = 0; i < first.info.buffers; i++)
		REQUIRE_EQ(stream_take(first.fd, &frames[i], 1, FOREVER), 1);
	REQUIRE_EQ(stream_attach(fd, DMARING_POLICY_LATEST, 1, 1), 0);
	saved = pages_map(first.info.buffers * page_bytes(), PROT_READ | PROT_WRITE);
	for (i = 0; i < first.info.buffers; i++) {
		uint8_t *map = stream_map(fd, i, PROT_READ);
		struct iovec page = { map, page_bytes() };

		memcpy(saved + i * page_bytes(), map, page_bytes());
		REQUIRE(!pipe2(pipes[i], O_CLOEXEC));
		REQUIRE_EQ(vmsplice(pipes[i][1], &page, 1, 0), (long)page_bytes());
		REQUIRE(!munmap(map, first.info.buffer_stride));
	}
	REQUIRE_EQ(call(fd, DMARING_IOC_DETACH, NULL), 0);

	next = capture_start();
	for (i = 0; i < next.info.buffers; i++)
		CHECK_EQ(gone_touch(next.map[i]), -EFAULT);
	close(first.fd);
	CHECK_EQ(stream_take(next.fd, &frame, 1, 0), -EAGAIN);
	CHECK_EQ(stream_stats(next.fd).referenced, next.info.buffers);
	for (i = 0; i < next.info.buffers; i++) {
		static uint8_t got[1 << 16];

		REQUIRE_EQ(read(pipes[i][0], got, page_bytes()), (long)page_bytes());
		CHECK(!memcmp(got, saved + i * page_bytes(), page_bytes()));
	}
	while (stream_stats(next.fd).referenced)
		sleep_ms(10);
	capture_frames(&next, 3);
}

static void write_slowly(uint8_t *map, size_t bytes)
{
	struct uring ring = uring_create();

	uring_transfer(&ring, IORING_OP_WRITE, slow_disk_open(SLOW_DISK), map, bytes);
}

static void read_slowly(uint8_t *map, size_t bytes)
{
	struct uring ring = uring_create();

	uring_transfer(&ring, IORING_OP_READ, slow_disk_open(SLOW_DISK), map, bytes);
}

static void write_registered_slowly(uint8_t *map, size_t bytes)
{
	struct uring ring = uring_create();

	register_with(&ring, map, bytes);
	if (can_register())
		uring_transfer(&ring, IORING_OP_WRITE_FIXED, slow_disk_open(SLOW_DISK), map,
			       bytes);
}

TEST(a_disk_that_still_writes_a_buffer_that_is_registered)
{
	fill_disk();
	owner_start(write_registered_slowly);
	owner_dies();
	check_quarantine(can_register());
	if (!can_register())
		return;
	next_captures(3);
	comes_back();
	read_disk(sizeof(owner->bytes));
	CHECK(!memcmp(disk_copy, owner->bytes, sizeof(owner->bytes)));
}

TEST(a_disk_that_still_writes_a_frame)
{
	fill_disk();
	owner_start(write_slowly);
	owner_dies();
	check_quarantine(1);
	next_captures(3);
	comes_back();
	read_disk(sizeof(owner->bytes));
	CHECK(!memcmp(disk_copy, owner->bytes, sizeof(owner->bytes)));
}

TEST(a_disk_that_still_reads_into_a_buffer)
{
	fill_disk();
	owner_start(read_slowly);
	owner_dies();
	check_quarantine(1);
	next_captures(3);	/* which looks at each byte */
	comes_back();
}

/* A consumer that lives may do with its frames what it likes. */
TEST(a_pipe_while_its_owner_lives)
{
	REQUIRE(!pipe2(pipe_ends, O_CLOEXEC));
	owner_start(give_to_pipe);
	check_quarantine(0);
	check_pipe();
	owner_dies();
	check_quarantine(0);
}

int main(void)
{
	return tap_run(gone_prepare, stream_is_healthy);
}
