// SPDX-License-Identifier: MIT
/*
 * Memory of an application as buffers: frames arrive in it, whatever it is and wherever
 * it lies; what cannot be lent is refused, and nothing stays pinned.
 */
#define _GNU_SOURCE
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include "lend.h"
#include "virt.h"

#define FRAMES		12
#define NOBODY		65534
#define HUGE_BYTES	(2UL << 20)

static int is_virt(void)
{
	return !access(VIRT_PARAMETERS, F_OK);
}

static int behind_iommu(void)
{
	char path[CARD_PATH_MAX];

	snprintf(path, sizeof(path), CARD_CLASS "/%s/device/iommu", card_name());
	return !access(path, F_OK);
}

static void *mapped(size_t bytes, int flags)
{
	void *map = mmap(NULL, bytes, PROT_READ | PROT_WRITE, flags, -1, 0);

	REQUIRE(map != MAP_FAILED);
	return map;
}

static void *anonymous(size_t bytes)
{
	return mapped(bytes, MAP_PRIVATE | MAP_ANONYMOUS);
}

static void start(const struct stream *stream)
{
	REQUIRE_EQ(call(stream->fd, DMARING_IOC_START, NULL), 0);
}

static void stop(const struct stream *stream)
{
	REQUIRE_EQ(call(stream->fd, DMARING_IOC_STOP, NULL), 0);
}

static void detach(const struct stream *stream)
{
	REQUIRE_EQ(call(stream->fd, DMARING_IOC_DETACH, NULL), 0);
}

/* Lends one buffer, runs, gives it back. */
static void frames_arrive_in(void *memory, size_t bytes)
{
	struct stream stream = lender_attach();

	lend(&stream, 0, memory, bytes);
	start(&stream);
	capture_frames(&stream, FRAMES);
	stop(&stream);
	detach(&stream);
	close(stream.fd);
	lend_check_unpinned();
}

/* ------------------------------------------------------------------- what arrives */

TEST(frames_arrive_at_odd_addresses)
{
	struct stream stream = lender_attach();
	uint32_t bytes = stream.info.format.frame_bytes, i;
	uint8_t *memory[4];

	for (i = 0; i < 4; i++) {
		memory[i] = lend_odd_memory(bytes + i);
		lend(&stream, i, memory[i], bytes + i);
	}
	CHECK_EQ(stream_stats(stream.fd).idle, 4);
	start(&stream);
	capture_frames(&stream, FRAMES);
	stop(&stream);
	for (i = 0; i < 4; i++)
		CHECK(lend_guards_are_whole(memory[i], bytes + i));
	detach(&stream);
	lend_check_unpinned();
}

/* Each has one page, or what looks like it: the card must not write the zero page. */
TEST(memory_that_was_never_written)
{
	size_t bytes = page_bytes();
	volatile uint8_t *memory = anonymous(bytes), *other = anonymous(bytes);

	CHECK_EQ(memory[0] + other[0], 0);
	frames_arrive_in((void *)memory, bytes);
	CHECK_EQ(other[0] + other[bytes - 1], 0);
	frames_arrive_in(anonymous(bytes), bytes);
}

TEST(shared_memory)
{
	size_t bytes = page_bytes();
	int fd = memfd_create("lent", MFD_CLOEXEC);
	void *memory;

	frames_arrive_in(mapped(bytes, MAP_SHARED | MAP_ANONYMOUS), bytes);
	REQUIRE(fd >= 0 && !ftruncate(fd, bytes));
	memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	REQUIRE(memory != MAP_FAILED);
	frames_arrive_in(memory, bytes);
}

/* In one piece.  Machines with little memory do not have them unless they are told. */
static uint8_t *transparent_huge_page(void)
{
	uint8_t *area = anonymous(2 * HUGE_BYTES), *memory;

	REQUIRE_EQ(file_write("/sys/kernel/mm/transparent_hugepage/enabled", "madvise"), 0);
	memory = (uint8_t *)(((uintptr_t)area + HUGE_BYTES - 1) & ~(HUGE_BYTES - 1));
	REQUIRE(!madvise(memory, HUGE_BYTES, MADV_HUGEPAGE));
	memset(memory, 1, HUGE_BYTES);
	return memory;
}

TEST(huge_pages)
{
	void *huge;

	frames_arrive_in(transparent_huge_page() + 5, HUGE_BYTES - 4096);
	if (file_write("/proc/sys/vm/nr_hugepages", "2") == -ENOENT)
		SKIP("this kernel has no huge pages");
	huge = mmap(NULL, HUGE_BYTES, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
	if (huge == MAP_FAILED)
		SKIP("no huge page: %s", strerror(errno));
	frames_arrive_in(huge, HUGE_BYTES);
	REQUIRE(!munmap(huge, HUGE_BYTES));
	REQUIRE_EQ(file_write("/proc/sys/vm/nr_hugepages", "0"), 0);
}

/* Private memory of a file that was written is nobody's but the process's. */
TEST(a_private_mapping_of_a_file)
{
	size_t bytes = page_bytes();
	int fd = open("/tmp/lent", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	void *memory;
	char byte = 1;

	REQUIRE(fd >= 0 && !ftruncate(fd, bytes));
	memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	REQUIRE(memory != MAP_FAILED);
	frames_arrive_in(memory, bytes);
	REQUIRE_EQ(pread(fd, &byte, 1, 0), 1);
	CHECK_EQ(byte, 0);
	unlink("/tmp/lent");
}

/* What two regions get in turn does not lie side by side. */
static uint8_t *scattered(size_t bytes)
{
	uint8_t *memory = anonymous(bytes), *other = anonymous(bytes);

	REQUIRE(!madvise(memory, bytes, MADV_NOHUGEPAGE));
	REQUIRE(!madvise(other, bytes, MADV_NOHUGEPAGE));
	for (size_t at = 0; at < bytes; at += page_bytes()) {
		memory[at] = 1;
		other[at] = 1;
	}
	return memory;
}

TEST(memory_in_pieces)
{
	struct stream stream = lender_attach();
	size_t bytes = 8 * page_bytes();
	uint8_t *memory = scattered(bytes);
	struct dmaring_import argument = import_argument(memory + 1, bytes - 2);
	int error = call(stream.fd, DMARING_IOC_IMPORT, &argument);

	/* The edu card gathers nothing. */
	if (!is_virt() && !behind_iommu() && !strcmp(card_driver(), "dmaring_edu")) {
		CHECK_EQ(error, -E2BIG);
		lend_check_unpinned();
		return;
	}
	REQUIRE_EQ(error, 0);
	argument.flags = DMARING_IMPORT_CONTIGUOUS;
	CHECK_EQ(call(stream.fd, DMARING_IOC_IMPORT, &argument), behind_iommu() ? 0 : -E2BIG);
	CHECK(behind_iommu() ? argument.segments == 1 : argument.segments > 1);
	stream.map[0] = memory + 1;
	stream.map[1] = memory + 1;
	start(&stream);
	capture_frames(&stream, FRAMES);
}

TEST(too_many_pieces)
{
	struct stream stream = lender_attach();
	size_t bytes = 1100 * page_bytes();	/* a few of them may be side by side */
	uint8_t *memory = scattered(bytes);

	if (behind_iommu())
		SKIP("the IOMMU joins them");
	CHECK_EQ(import(stream.fd, memory, bytes), -E2BIG);
	lend_check_unpinned();
	CHECK_EQ(stream_stats(stream.fd).idle, stream.info.buffers);
	CHECK_EQ(stream_info(stream.fd).state & DMARING_STATE_LENT, 0);
}

/* ---------------------------------------------------------------- what is shown */

TEST(what_BUFFER_and_INFO_show)
{
	struct stream stream = lender_attach();
	uint32_t bytes = stream.info.format.frame_bytes;
	struct dmaring_buffer buffer = buffer_argument(0);
	uint32_t of_pool = stream.info.memory;
	uint8_t *memory = lend_odd_memory(bytes);

	lend(&stream, 0, memory, bytes);
	CHECK_EQ(stream_info(stream.fd).state, DMARING_STATE_LENT);
	CHECK_EQ(stream_info(stream.fd).memory, of_pool);
	REQUIRE_EQ(call(stream.fd, DMARING_IOC_BUFFER, &buffer), 0);
	CHECK_EQ(buffer.state, DMARING_BUFFER_IDLE);
	CHECK_EQ(buffer.memory, DMARING_MEMORY_USER);
	CHECK_EQ(buffer.length, bytes);
	CHECK_EQ(buffer.segments, 1);
	CHECK_EQ(buffer.segment_bytes, bytes);
	CHECK_EQ(buffer.bus_addr % 2, 1);
	buffer = buffer_argument(1);
	REQUIRE_EQ(call(stream.fd, DMARING_IOC_BUFFER, &buffer), 0);
	CHECK_EQ(buffer.state, DMARING_BUFFER_ABSENT);
	detach(&stream);
	CHECK_EQ(stream_info(stream.fd).state, 0);
	for (uint32_t i = 0; i < 2; i++) {
		buffer = buffer_argument(i);
		REQUIRE_EQ(call(stream.fd, DMARING_IOC_BUFFER, &buffer), 0);
		CHECK_EQ(buffer.state, DMARING_BUFFER_IDLE);
		CHECK_EQ(buffer.memory, of_pool);
		CHECK_EQ(buffer.length, stream.info.buffer_size);
	}
}

/* What it lent is not erased for who comes next, and the pool is as it was. */
TEST(memory_stays_the_applications)
{
	struct stream stream = lender_attach();
	uint32_t bytes = stream.info.format.frame_bytes;
	uint8_t *memory = lend_odd_memory(bytes);
	struct dmaring_frame frame;

	lend(&stream, 0, memory, bytes);
	start(&stream);
	frame = capture_take(&stream);
	stop(&stream);
	detach(&stream);
	close(stream.fd);
	capture_verify(&stream, &frame);
	stream = capture_start();
	capture_frames(&stream, FRAMES);
	stream.map[0] = memory;
	frame.buffer = 0;
	capture_verify(&stream, &frame);
}

/* ------------------------------------------------------------------ who may, when */

TEST(who_may_not_lend)
{
	uint8_t *memory = anonymous(1 << 20);
	int fd = stream_open(O_RDWR), other = stream_open(O_RDWR);
	void *map;

	CHECK_EQ(import(fd, memory, 1 << 20), -ENOTCONN);
	REQUIRE_EQ(stream_attach(fd, DMARING_POLICY_LATEST, 1, 1), 0);
	CHECK_EQ(import(fd, memory, 1 << 20), -EACCES);
	REQUIRE_EQ(call(fd, DMARING_IOC_DETACH, NULL), 0);
	REQUIRE_EQ(stream_attach(fd, DMARING_POLICY_LOSSLESS, 0, 0), 0);
	REQUIRE_EQ(stream_attach(other, DMARING_POLICY_LATEST, 1, 1), 0);
	CHECK_EQ(import(fd, memory, page_bytes()), -EBUSY);
	REQUIRE_EQ(call(other, DMARING_IOC_DETACH, NULL), 0);
	map = stream_map(fd, 0, PROT_READ);
	CHECK_EQ(import(fd, memory, page_bytes()), -EBUSY);
	REQUIRE(!munmap(map, stream_info(fd).buffer_size));
	REQUIRE_EQ(call(fd, DMARING_IOC_START, NULL), 0);
	CHECK_EQ(import(fd, memory, page_bytes()), -EBUSY);
	REQUIRE_EQ(call(fd, DMARING_IOC_STOP, NULL), 0);
	CHECK_EQ(import(fd, memory, page_bytes()), 0);
	/* Now it is its alone. */
	CHECK_EQ(stream_attach(other, DMARING_POLICY_LATEST, 1, 1), -EBUSY);
	CHECK_EQ(stream_attach(other, DMARING_POLICY_LOSSLESS, 0, 0), -EBUSY);
	CHECK(mmap(NULL, page_bytes(), PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED);
	CHECK_EQ(errno, EBUSY);
	REQUIRE_EQ(call(fd, DMARING_IOC_DETACH, NULL), 0);
	CHECK_EQ(stream_attach(other, DMARING_POLICY_LATEST, 1, 1), 0);
}

TEST(while_frames_are_held)
{
	struct stream stream = lender_attach();
	uint8_t *memory = anonymous(page_bytes());
	struct dmaring_frame frame;

	start(&stream);
	REQUIRE_EQ(stream_await(stream.fd, &frame), 1);
	stop(&stream);
	CHECK_EQ(import(stream.fd, memory, page_bytes()), -EBUSY);
	CHECK_EQ(stream_give(stream.fd, &frame), 0);
	CHECK_EQ(import(stream.fd, memory, page_bytes()), 0);
}

TEST(as_many_as_the_pool_has)
{
	struct stream stream = lender_attach();
	size_t page = page_bytes();
	/* Not twice the same: kernels with checkers complain of that. */
	uint8_t *memory = anonymous((stream.info.buffers + 1) * page);

	for (uint32_t i = 0; i < stream.info.buffers; i++)
		lend(&stream, i, memory + i * page, page);
	CHECK_EQ(import(stream.fd, memory + stream.info.buffers * page, page), -ENOSPC);
	CHECK_EQ(lend_vmpin(), stream.info.buffers * (long long)page / 1024);
	detach(&stream);
	lend_check_unpinned();
}

TEST(more_between_two_runs)
{
	struct stream stream = lender_attach();
	uint32_t bytes = stream.info.format.frame_bytes;
	struct dmaring_frame frame;

	lend(&stream, 0, lend_odd_memory(bytes), bytes);
	start(&stream);
	frame = capture_take(&stream);
	CHECK_EQ(import(stream.fd, lend_odd_memory(bytes), bytes), -EBUSY);
	stop(&stream);
	lend(&stream, 1, lend_odd_memory(bytes), bytes);
	start(&stream);
	capture_verify(&stream, &frame);
	capture_frames(&stream, FRAMES);
	CHECK_EQ(stream_give(stream.fd, &frame), 0);
	capture_frames(&stream, FRAMES);
}

/* Of what is lent, and of what comes back. */
TEST(a_frame_fits_all_buffers)
{
	struct stream stream = lender_attach();
	uint32_t bytes = stream.info.format.frame_bytes;
	uint8_t *memory = anonymous(1 << 20);

	CHECK_EQ(import(stream.fd, memory, bytes - 1), -EMSGSIZE);
	lend_check_unpinned();
	if (is_virt())
		return;
	lend(&stream, 0, memory, bytes + 32);
	CHECK_EQ(card_write("format", "32x34"), -EMSGSIZE);
	CHECK_EQ(card_write("format", "32x33"), 0);
	CHECK_EQ(card_write("format", "32x32"), 0);
}

/* ---------------------------------------------------------------- what cannot be lent */

static void is_refused(int fd, const void *memory, uint64_t bytes, int error, const char *what)
{
	if (!CHECK_EQ(import(fd, memory, bytes), error))
		printf("# %s\n", what);
	lend_check_unpinned();
}

TEST(arguments_that_make_no_sense)
{
	struct stream stream = lender_attach();
	uint8_t *memory = anonymous(page_bytes());
	struct dmaring_import argument;

	is_refused(stream.fd, memory, 0, -EINVAL, "no bytes");
	is_refused(stream.fd, memory, (2ULL << 30) + 1, -EINVAL, "too many");
	is_refused(stream.fd, memory, ~0ULL, -EINVAL, "far too many");
	is_refused(stream.fd, (void *)-4096L, 8192, -EINVAL, "around the end");
	argument = import_argument(memory, page_bytes());
	argument.flags = 2;
	CHECK_EQ(call(stream.fd, DMARING_IOC_IMPORT, &argument), -EINVAL);
	argument = import_argument(memory, page_bytes());
	argument.offset = 1;
	CHECK_EQ(call(stream.fd, DMARING_IOC_IMPORT, &argument), -EINVAL);
	argument = import_argument(memory, page_bytes());
	argument.fd = -2;
	CHECK_EQ(call(stream.fd, DMARING_IOC_IMPORT, &argument), -EINVAL);
	argument = import_argument(memory, page_bytes());
	argument.fd = 0;
	CHECK_EQ(call(stream.fd, DMARING_IOC_IMPORT, &argument), -EINVAL);
	argument = import_argument(memory, page_bytes());
	argument.reserved[4] = 1;
	CHECK_EQ(call(stream.fd, DMARING_IOC_IMPORT, &argument), -EINVAL);
	lend_check_unpinned();
}

TEST(memory_with_a_hole)
{
	struct stream stream = lender_attach();
	size_t page = page_bytes(), bytes = 64 * page;
	uint8_t *memory = anonymous(bytes);

	memset(memory, 1, bytes);
	REQUIRE(!munmap(memory + 37 * page, page));
	is_refused(stream.fd, memory, bytes, -EFAULT, "a hole in the middle");
	REQUIRE(!munmap(memory + 63 * page, page));
	is_refused(stream.fd, memory + 38 * page, 26 * page, -EFAULT, "a hole at the end");
	for (size_t i = 0; i < PAGES_BAD_POINTERS; i++)
		CHECK(import(stream.fd, pages_bad_pointer(i), 4096) < 0);
	lend_check_unpinned();
}

TEST(memory_that_must_not_be_written)
{
	struct stream stream = lender_attach();
	uint8_t *memory = anonymous(page_bytes());

	REQUIRE(!mprotect(memory, page_bytes(), PROT_READ));
	is_refused(stream.fd, memory, page_bytes(), -EFAULT, "read-only");
	REQUIRE(!mprotect(memory, page_bytes(), PROT_NONE));
	is_refused(stream.fd, memory, page_bytes(), -EFAULT, "no rights at all");
	is_refused(stream.fd, "a constant", 8192, -EFAULT, "a constant");
}

TEST(files)
{
	struct stream stream = lender_attach();
	void *memory;
	int fd;

	mkdir("/tmp/ramfs", 0700);
	REQUIRE(!mount("lent", "/tmp/ramfs", "ramfs", 0, NULL));
	fd = open("/tmp/ramfs/lent", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	umount2("/tmp/ramfs", MNT_DETACH);
	REQUIRE(fd >= 0 && !ftruncate(fd, page_bytes()));
	memory = mmap(NULL, page_bytes(), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	REQUIRE(memory != MAP_FAILED);
	*(volatile char *)memory = 1;
	is_refused(stream.fd, memory, page_bytes(), -EOPNOTSUPP, "a file");
}

TEST(memory_of_devices)
{
	struct stream stream = lender_attach();
	char path[2 * CARD_PATH_MAX], address[CARD_PATH_MAX];
	void *memory;
	int fd;

	if (is_virt())
		SKIP("it has no card");
	REQUIRE_EQ(card_address(address), 0);
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/resource0", address);
	fd = open(path, O_RDWR | O_CLOEXEC);
	REQUIRE(fd >= 0);
	memory = mmap(NULL, page_bytes(), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (memory == MAP_FAILED)
		SKIP("the kernel does not map it: %s", strerror(errno));
	is_refused(stream.fd, memory, page_bytes(), -EOPNOTSUPP, "registers");
}

/* --------------------------------------------------------------------- RLIMIT_MEMLOCK */

#define LIMIT_PAGES	16

static void become_nobody(void)
{
	struct rlimit limit = { LIMIT_PAGES * page_bytes(), LIMIT_PAGES * page_bytes() };

	REQUIRE(!setrlimit(RLIMIT_MEMLOCK, &limit));
	REQUIRE(!setgid(NOBODY) && !setuid(NOBODY));
}

TEST(the_limit_for_locked_memory)
{
	struct stream stream = lender_attach();
	size_t page = page_bytes();
	uint8_t *memory = transparent_huge_page(), *holey = anonymous(8 * page);

	become_nobody();
	/* One byte more is one page more. */
	for (int round = 0; round < 3; round++) {
		is_refused(stream.fd, memory, LIMIT_PAGES * page + 1, -ENOMEM, "too much");
		is_refused(stream.fd, memory + 1, LIMIT_PAGES * page, -ENOMEM, "one too many");
	}
	/* What fails for another reason counts no more. */
	REQUIRE(!munmap(holey + 5 * page, page));
	is_refused(stream.fd, holey, 8 * page, -EFAULT, "a hole");
	for (int round = 0; round < 3; round++) {
		REQUIRE_EQ(stream_attach(stream.fd, DMARING_POLICY_LOSSLESS, 0, 0),
			   round ? 0 : -EALREADY);
		lend(&stream, 0, memory, 8 * page);
		lend(&stream, 1, memory + 8 * page, 8 * page);
		CHECK_EQ(import(stream.fd, memory, page), -ENOMEM);
		CHECK_EQ(lend_vmpin(), LIMIT_PAGES * (long long)page / 1024);
		detach(&stream);
		lend_check_unpinned();
	}
	/* What mlock(2) has counts, too. */
	REQUIRE_EQ(stream_attach(stream.fd, DMARING_POLICY_LOSSLESS, 0, 0), 0);
	REQUIRE(!mlock(memory, LIMIT_PAGES * page));
	is_refused(stream.fd, memory, page, -ENOMEM, "all is locked");
	REQUIRE(!munlock(memory, page));
	CHECK_EQ(import(stream.fd, memory, page), 0);
	close(stream.fd);
	lend_check_unpinned();
}

/* ------------------------------------------------------------------ while it is written */

static struct stream lend_and_start(uint32_t buffers)
{
	struct stream stream = lender_attach();
	uint32_t bytes = stream.info.format.frame_bytes;

	for (uint32_t i = 0; i < buffers; i++)
		lend(&stream, i, lend_odd_memory(bytes), bytes);
	start(&stream);
	return stream;
}

static void let_frames_come(int fd)
{
	uint64_t before = stream_stats(fd).produced;

	while (stream_stats(fd).produced < before + 4)
		usleep(10000);
}

TEST(munmap_while_the_card_writes)
{
	struct stream stream = lender_attach();
	size_t bytes = page_bytes();
	void *memory = anonymous(bytes);
	struct dmaring_frame frame;

	lend(&stream, 0, memory, bytes);
	start(&stream);
	frame = capture_take(&stream);
	REQUIRE(!munmap(memory, bytes));
	CHECK_EQ(stream_give(stream.fd, &frame), 0);
	let_frames_come(stream.fd);
	/* Others that get the address get other pages. */
	REQUIRE(mmap(memory, bytes, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == memory);
	memset(memory, LEND_GUARD_BYTE, bytes);
	REQUIRE_EQ(stream_await(stream.fd, &frame), 1);
	CHECK_EQ(stream_give(stream.fd, &frame), 0);
	let_frames_come(stream.fd);
	for (size_t i = 0; i < bytes; i++)
		REQUIRE_EQ(((uint8_t *)memory)[i], LEND_GUARD_BYTE);
	CHECK_EQ(lend_pinned(), 1);
	detach(&stream);
	lend_check_unpinned();
}

static pid_t child_of_test(void (*run)(void))
{
	pid_t pid = fork();

	REQUIRE(pid >= 0);
	if (!pid) {
		run();
		pause();
		_exit(0);
	}
	return pid;
}

static void lend_start_and_wait(void)
{
	let_frames_come(lend_and_start(2).fd);
	kill(getppid(), SIGUSR1);
}

static void wait_for_child(void)
{
	sigset_t set;
	int number;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	REQUIRE(!sigwait(&set, &number));
}

static void block_signal(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	REQUIRE(!sigprocmask(SIG_BLOCK, &set, NULL));
}

static void kill_child(pid_t pid)
{
	int status;

	REQUIRE(!kill(pid, SIGKILL));
	REQUIRE_EQ(waitpid(pid, &status, 0), pid);
}

TEST(death_while_the_card_writes)
{
	pid_t pid;

	block_signal();
	pid = child_of_test(lend_start_and_wait);
	wait_for_child();
	CHECK(lend_pinned() >= 2);
	kill_child(pid);
	lend_check_unpinned();
}

static pid_t *heir;

/* The process that lends dies, and a child of its keeps the descriptor. */
static void lend_and_leave_an_heir(void)
{
	struct stream stream = lend_and_start(2);
	int fd = fcntl(stream.fd, F_DUPFD, 0);
	pid_t pid = fork();

	REQUIRE(fd >= 0);
	if (!pid) {
		pause();
		_exit(0);
	}
	*heir = pid;
	let_frames_come(stream.fd);
	kill(getppid(), SIGUSR1);
}

TEST(an_inherited_descriptor_keeps_it)
{
	int other = stream_open(O_RDWR);
	pid_t pid;

	heir = mapped(page_bytes(), MAP_SHARED | MAP_ANONYMOUS);
	block_signal();
	pid = child_of_test(lend_and_leave_an_heir);
	wait_for_child();
	kill_child(pid);
	CHECK(lend_pinned() >= 2);
	CHECK_EQ(stream_attach(other, DMARING_POLICY_LOSSLESS, 0, 0), -EBUSY);
	let_frames_come(other);
	REQUIRE(!kill(*heir, SIGKILL));
	while (stream_attach(other, DMARING_POLICY_LOSSLESS, 0, 0))
		usleep(10000);
	lend_check_unpinned();
}

/* exec(2) closes the descriptor, and with it goes all that was lent. */
static void lend_start_and_exec(void)
{
	let_frames_come(lend_and_start(2).fd);
	kill(getppid(), SIGUSR1);
	execlp("sleep", "sleep", "1000", (char *)NULL);
}

TEST(exec_while_the_card_writes)
{
	int other = stream_open(O_RDWR);
	pid_t pid;

	block_signal();
	pid = child_of_test(lend_start_and_exec);
	wait_for_child();
	while (stream_attach(other, DMARING_POLICY_LOSSLESS, 0, 0))
		usleep(10000);
	lend_check_unpinned();
	kill_child(pid);
}

/* The frame is the parent's, and what the child has stays as it was. */
TEST(fork_while_the_card_writes)
{
	struct stream stream = lender_attach();
	size_t bytes = page_bytes();
	uint8_t *memory = anonymous(bytes);
	struct dmaring_frame frame;
	int ends[2], status;
	char byte;
	pid_t pid;

	memset(memory, LEND_GUARD_BYTE, bytes);
	lend(&stream, 0, memory, bytes);
	REQUIRE(!pipe(ends));
	pid = fork();
	if (!pid) {
		close(ends[1]);
		REQUIRE_EQ(read(ends[0], &byte, 1), 0);
		for (size_t i = 0; i < bytes; i++)
			REQUIRE_EQ(memory[i], LEND_GUARD_BYTE);
		memset(memory, 0, bytes);
		_exit(0);
	}
	start(&stream);
	capture_frames(&stream, FRAMES);
	frame = capture_take(&stream);
	close(ends[1]);
	REQUIRE_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	capture_verify(&stream, &frame);
	memory[bytes - 1]++;
	capture_verify(&stream, &frame);
}

TEST(a_thousand_times)
{
	long long before = file_number("/proc/meminfo", "MemAvailable:");

	for (int i = 0; i < 1000; i++) {
		struct stream stream = lender_attach();

		lend(&stream, 0, anonymous(page_bytes()), page_bytes());
		if (i % 2)
			detach(&stream);
		close(stream.fd);
		REQUIRE(!munmap((void *)stream.map[0], page_bytes()));
	}
	lend_check_unpinned();
	CHECK(before - file_number("/proc/meminfo", "MemAvailable:") < 16384);
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
	CHECK_EQ(lend_pinned(), 0);
	if (is_virt())
		virt_is_healthy();
	else
		stream_is_healthy();
}

int main(void)
{
	return tap_run(prepare, is_healthy);
}
