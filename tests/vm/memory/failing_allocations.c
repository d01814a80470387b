// SPDX-License-Identifier: MIT
/*
 * No memory: every allocation of every system call on the stream fails, one after the
 * other, and so does every one while the card's driver is bound and unbound.  What fails
 * has changed nothing and succeeds when it is tried again; nothing is half done.
 *
 * The debug kernel's fail-nth makes the n-th thing fail that may fail in what this thread
 * does next.  Copies from and to the program are counted, too: they end with EFAULT.
 * What the kernel allocates beside us and can do without is in it as well: that succeeds.
 */
#define _GNU_SOURCE
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include "gone.h"
#include "lend.h"

#define FAULTS		"/sys/kernel/debug/"
#define FAULTS_MAX	1000	/* no system call has so many places to fail */
#define NEVER		1000000000
#define FILES_MAX	64
#define BATCH		4

/* ------------------------------------------------------------- the n-th fault */

static int nth;		/* fail-nth of this thread */

static void write_nth(int n)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", n);
	/* The copy of the number is counted, too, and fails if it is its turn. */
	while (pwrite(nth, text, strlen(text), 0) < 0)
		REQUIRE_EQ(errno, EFAULT);
}

/* How many more were needed for the fault; 0 if it was injected. */
static int missing_nth(void)
{
	char text[16] = "";
	int missing = 1;

	/* Before it is copied to us, which can be what fails. */
	if (pread(nth, text, sizeof(text) - 1, 0) > 0)
		missing = atoi(text);
	write_nth(0);
	return missing;
}

/* Sleeping allocations fail, too, of any size, and nothing is said of it. */
static void prepare(void)
{
	static const char *const settings[][2] = {
		{ FAULTS "failslab/ignore-gfp-wait", "N" },
		{ FAULTS "failslab/verbose", "0" },
		{ FAULTS "fail_page_alloc/ignore-gfp-wait", "N" },
		{ FAULTS "fail_page_alloc/ignore-gfp-highmem", "N" },
		{ FAULTS "fail_page_alloc/min-order", "0" },
		{ FAULTS "fail_page_alloc/verbose", "0" },
		{ FAULTS "fail_usercopy/verbose", "0" },
	};

	for (size_t i = 0; i < sizeof(settings) / sizeof(*settings); i++)
		REQUIRE_EQ(file_write(settings[i][0], settings[i][1]), 0);
	gone_prepare();
	nth = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	REQUIRE(nth >= 0);
	/* Our own page faults are not what should fail. */
	REQUIRE(!mlockall(MCL_CURRENT));
}

/* ------------------------------------------------- what the system calls are about */

static int watcher = -1;	/* an open file of the stream, never attached */
static int first;		/* descriptors from here on are made for one try */
static int fd = -1;		/* the open file of the try */
static int other = -1;		/* another descriptor that it needs */
static char *map;		/* what it has mapped */
static char *moved;		/* or where that goes to */
static size_t map_bytes;
static struct dmaring_frame frames[BATCH];
static int held;		/* of these taken */

/* What is looked at before and after a try. */
enum {
	CONSUMERS, VIEWER_RESERVED, STATE, FORMAT_SEQ, STARTS, BAD_RELEASES,
	POLICY, RUNNING, HELD, DELIVERED, FILES, LOOKED_AT
};

static const char *const names[LOOKED_AT] = {
	"consumers", "viewer_reserved", "state", "format_seq", "starts", "bad_releases",
	"consumer_policy", "consumer_running", "consumer_held", "consumer_delivered", "open files",
};

struct state {
	uint64_t at[LOOKED_AT];
};

static struct state look(void)
{
	struct dmaring_info info = stream_info(watcher);
	struct dmaring_stats stats = stream_stats(fd < 0 ? watcher : fd);
	struct state state = { {
		info.consumers, info.viewer_reserved, info.state, info.format_seq, stats.starts,
		stats.bad_releases, stats.consumer_policy, stats.consumer_running,
		stats.consumer_held, stats.consumer_delivered,
	} };

	for (int i = 0; i < FILES_MAX; i++)
		state.at[FILES] += fcntl(i, F_GETFD) >= 0;
	return state;
}

static struct state change(struct state before, struct state after)
{
	for (int i = 0; i < LOOKED_AT; i++)
		after.at[i] -= before.at[i];
	return after;
}

static int same(struct state is, struct state expected)
{
	int different = 0;

	for (int i = 0; i < LOOKED_AT; i++) {
		if (is.at[i] == expected.at[i])
			continue;
		different = 1;
		printf("# %s changed by %lld, not by %lld\n", names[i],
		       (long long)is.at[i], (long long)expected.at[i]);
	}
	return !different;
}

/* --------------------------------------------------------------------- preparations */

static void nothing(void)
{
}

static void opened(void)
{
	fd = stream_open(O_RDWR);
}

static void attached(void)
{
	opened();
	REQUIRE_EQ(stream_attach(fd, DMARING_POLICY_LOSSLESS, 0, 0), 0);
}

static void running(void)
{
	attached();
	REQUIRE_EQ(call(fd, DMARING_IOC_START, NULL), 0);
}

static void frames_wait(void)
{
	running();
	while (stream_stats(fd).consumer_waiting < BATCH)
		usleep(50000);
}

static void frames_held(void)
{
	frames_wait();
	held = stream_take(fd, frames, BATCH, FOREVER);
	REQUIRE_EQ(held, BATCH);
}

static void viewing(void)
{
	opened();
	REQUIRE_EQ(stream_attach(fd, DMARING_POLICY_LATEST, 2, 2), 0);
	REQUIRE_EQ(call(fd, DMARING_IOC_START, NULL), 0);
}

static void mapped(void)
{
	attached();
	map_bytes = stream_info(fd).buffer_size;
	map = stream_map(fd, 0, PROT_READ | PROT_WRITE);
}

static void mapped_to_be_moved(void)
{
	mapped();
	moved = mmap(NULL, map_bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	REQUIRE(moved != MAP_FAILED);
}

static void has_ring(void)
{
	struct dmaring_ring ring = ring_argument();

	running();
	REQUIRE_EQ(call(fd, DMARING_IOC_RING, &ring), 0);
	other = ring.fd;
	map_bytes = ring.map_bytes;
}

static void mapped_ring(void)
{
	has_ring();
	map = mmap(NULL, map_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, other, 0);
	REQUIRE(map != MAP_FAILED);
}

static void usual_format(void)
{
	opened();
	REQUIRE_EQ(card_write("format", "32x32"), 0);
}

static void has_eventfd(void)
{
	attached();
	other = eventfd(0, EFD_CLOEXEC);
	REQUIRE(other >= 0);
}

static void has_epoll(void)
{
	running();
	other = epoll_create1(EPOLL_CLOEXEC);
	REQUIRE(other >= 0);
}

/* ------------------------------------------------------------------- system calls */

static int do_open(void)
{
	int got = open("/dev/dmaring0", O_RDWR | O_CLOEXEC);

	if (got < 0)
		return -errno;
	fd = got;
	return 0;
}

static int do_close(void)
{
	int error = close(fd) ? -errno : 0;

	fd = -1;
	return error;
}

static int do_info(void)
{
	struct dmaring_info info = info_argument();

	return call(fd, DMARING_IOC_INFO, &info);
}

static int do_buffer(void)
{
	struct dmaring_buffer buffer = buffer_argument(0);

	return call(fd, DMARING_IOC_BUFFER, &buffer);
}

static int do_stats(void)
{
	struct dmaring_stats stats = stats_argument();

	return call(fd, DMARING_IOC_STATS, &stats);
}

static int do_stats_of(void)
{
	struct dmaring_stats stats = stats_argument();

	stats.consumer = 0;
	return call(fd, DMARING_IOC_STATS_OF, &stats);
}

static int do_attach(void)
{
	return stream_attach(fd, DMARING_POLICY_LOSSLESS, 0, 0);
}

static int do_attach_viewer(void)
{
	return stream_attach(fd, DMARING_POLICY_LATEST, 2, 2);
}

static int do_detach(void)
{
	return call(fd, DMARING_IOC_DETACH, NULL);
}

static int do_ring(void)
{
	struct dmaring_ring ring = ring_argument();

	return call(fd, DMARING_IOC_RING, &ring);
}

static int do_mmap(int file, size_t bytes)
{
	void *got = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);

	if (got == MAP_FAILED)
		return -errno;
	map = got;
	map_bytes = bytes;
	return 0;
}

static int do_mmap_ring(void)
{
	return do_mmap(other, map_bytes);
}

static int do_mmap_buffer(void)
{
	return do_mmap(fd, page_bytes());
}

static int do_touch(void)
{
	for (size_t at = 0; at < map_bytes; at += page_bytes())
		((volatile char *)map)[at]++;
	return 0;
}

/* The mapping becomes two. */
static int do_munmap_middle(void)
{
	return munmap(map + page_bytes(), page_bytes()) ? -errno : 0;
}

static int do_munmap(void)
{
	return munmap(map, map_bytes) ? -errno : 0;
}

static int do_mremap(void)
{
	void *got = mremap(map, map_bytes, map_bytes, MREMAP_MAYMOVE | MREMAP_FIXED, moved);

	return got == MAP_FAILED ? -errno : 0;
}

static int do_eventfd(void)
{
	struct dmaring_eventfd argument = eventfd_argument(other);

	return call(fd, DMARING_IOC_EVENTFD, &argument);
}

/* A try lends three at most: before it, in it, and once more if that failed. */
#define LENT	3

static uint8_t *lent[LENT];

static int do_import(void)
{
	static unsigned int next;

	return import(fd, lent[next++ % LENT], page_bytes());
}

static void lending(void)
{
	attached();
	REQUIRE_EQ(do_import(), 0);
}

static int do_start(void)
{
	return call(fd, DMARING_IOC_START, NULL);
}

static int do_stop(void)
{
	return call(fd, DMARING_IOC_STOP, NULL);
}

static int do_kick(void)
{
	return call(fd, DMARING_IOC_KICK, NULL);
}

static int do_dequeue(uint32_t count, uint32_t release, long long timeout_ns)
{
	struct dmaring_dequeue argument = dequeue_argument(frames, count, timeout_ns);
	int error;

	argument.release = release;
	error = call(fd, DMARING_IOC_DEQUEUE, &argument);
	held = argument.release;
	return error;
}

static int do_dequeue_at_once(void)
{
	return do_dequeue(1, 0, 0);
}

static int do_dequeue_batch(void)
{
	return do_dequeue(BATCH, 0, 0);
}

static int do_dequeue_waiting(void)
{
	return do_dequeue(1, 0, FOREVER);
}

static int do_dequeue_and_release(void)
{
	return do_dequeue(1, held, FOREVER);
}

static int do_read(void)
{
	return read(fd, frames, sizeof(*frames)) < 0 ? -errno : 0;
}

static int do_release(void)
{
	return stream_give(fd, frames);
}

static int do_release_batch(void)
{
	__u64 cookies[BATCH];
	struct dmaring_release argument = release_argument(cookies, BATCH);

	for (int i = 0; i < BATCH; i++)
		cookies[i] = frames[i].cookie;
	return call(fd, DMARING_IOC_RELEASE, &argument);
}

static int do_poll(void)
{
	short events = stream_poll(fd, -1);

	return events < 0 ? events : 0;
}

static int do_epoll(void)
{
	struct epoll_event event = { .events = EPOLLIN };

	return epoll_ctl(other, EPOLL_CTL_ADD, fd, &event) ? -errno : 0;
}

static int do_sigio(void)
{
	return fcntl(fd, F_SETFL, O_RDWR | O_ASYNC) ? -errno : 0;
}

static int do_read_attribute(void)
{
	char text[64];

	return file_read(CARD_CLASS "/dmaring0/stats/produced", text, sizeof(text));
}

static int do_write_format(void)
{
	return file_write(CARD_CLASS "/dmaring0/format", "16x16");
}

/* ----------------------------------------------------------------- try after try */

struct operation {
	const char *name;
	void (*before)(void);
	int (*run)(void);
	int answers_last;	/* EFAULT can come when it is done, or half of it */
};

/* Ends the try; what it leaves behind would spoil the next one. */
static void clean_up(void)
{
	/* Both: the kernel moves a mapping even if it cannot remove the old one then. */
	if (map)
		REQUIRE(!munmap(map, map_bytes));
	if (moved)
		REQUIRE(!munmap(moved, map_bytes));
	if (fd >= 0 && stream_stats(fd).consumer_policy)
		REQUIRE_EQ(call(fd, DMARING_IOC_DETACH, NULL), 0);
	REQUIRE(!close_range(first, ~0U, 0));
	map = NULL;
	moved = NULL;
	fd = -1;
	other = -1;
	held = 0;
	REQUIRE_EQ(card_number("stats/idle"), stream_info(watcher).buffers);
	REQUIRE_EQ(stream_info(watcher).consumers, 0);
	REQUIRE_EQ(stream_info(watcher).viewer_reserved, 0);
}

/* One try with the n-th fault; false if there are not so many. */
static int try(const struct operation *operation, int n, struct state *expected)
{
	static const struct state none;
	int error, again, injected, told;
	struct state before;

	operation->before();
	before = look();
	write_nth(n);
	error = operation->run();
	injected = !missing_nth();
	told = error != -EFAULT || !operation->answers_last;
	if (n == NEVER)
		*expected = change(before, look());
	if (error) {
		CHECK(injected);
		CHECK(error == -ENOMEM || error == -EFAULT);
		CHECK(!told || same(change(before, look()), none));
		again = operation->run();
		CHECK(!again || (again == -EALREADY && !told));
	}
	CHECK(!told || same(change(before, look()), *expected));
	clean_up();
	return injected;
}

static void fail_each(const struct operation *operations, size_t count)
{
	char text[512] = "";
	size_t length = 0;

	watcher = stream_open(O_RDONLY);
	first = watcher + 1;
	for (size_t i = 0; i < count; i++) {
		const struct operation *operation = &operations[i];
		struct state expected;
		int n = 0;

		/* Without a fault: for what it changes, and for what happens but once. */
		CHECK(!try(operation, NEVER, &expected));
		while (n < FAULTS_MAX && try(operation, n + 1, &expected))
			n++;
		CHECK(n < FAULTS_MAX);
		length += snprintf(text + length, sizeof(text) - length, "%s %s %d",
				   i ? "," : "", operation->name, n);
		if (tap_verdict->failed)
			printf("# that was %s\n", operation->name);
	}
	printf("## faults:%s\n", text);
}

#define FAIL_EACH(...)							\
	do {								\
		static const struct operation operations[] = { __VA_ARGS__ };	\
									\
		fail_each(operations, sizeof(operations) / sizeof(*operations)); \
	} while (0)

TEST(open_and_close)
{
	FAIL_EACH({ "open", nothing, do_open, 0 },
		  { "close", opened, do_close, 0 },
		  { "close of a recorder", frames_held, do_close, 0 },
		  { "close of a viewer", viewing, do_close, 0 });
}

TEST(what_only_looks)
{
	FAIL_EACH({ "INFO", opened, do_info, 0 },
		  { "BUFFER", opened, do_buffer, 0 },
		  { "STATS", running, do_stats, 0 },
		  { "STATS_OF", running, do_stats_of, 0 },
		  { "reading an attribute", opened, do_read_attribute, 0 });
}

TEST(attach_and_detach)
{
	FAIL_EACH({ "ATTACH as a recorder", opened, do_attach, 1 },
		  { "as a viewer", opened, do_attach_viewer, 1 },
		  { "DETACH", frames_held, do_detach, 0 },
		  { "of a viewer", viewing, do_detach, 0 });
}

TEST(start_stop_and_format)
{
	FAIL_EACH({ "START", attached, do_start, 0 },
		  { "STOP", frames_wait, do_stop, 0 },
		  { "writing the format", usual_format, do_write_format, 0 });
}

TEST(the_shared_ring)
{
	FAIL_EACH({ "RING", running, do_ring, 1 },
		  { "mmap", has_ring, do_mmap_ring, 0 },
		  { "touch", mapped_ring, do_touch, 0 },
		  { "munmap", mapped_ring, do_munmap, 0 },
		  { "KICK", running, do_kick, 0 });
}

TEST(mappings_of_buffers)
{
	FAIL_EACH({ "mmap", attached, do_mmap_buffer, 0 },
		  { "touch", mapped, do_touch, 0 },
		  { "mremap", mapped_to_be_moved, do_mremap, 0 },
		  { "munmap of the middle", mapped, do_munmap_middle, 0 },
		  { "munmap", mapped, do_munmap, 0 });
}

TEST(frames_taken_and_released)
{
	FAIL_EACH({ "DEQUEUE", frames_wait, do_dequeue_at_once, 0 },
		  { "of a batch", frames_wait, do_dequeue_batch, 0 },
		  { "that waits", running, do_dequeue_waiting, 0 },
		  { "that releases", frames_held, do_dequeue_and_release, 1 },
		  { "read", frames_wait, do_read, 0 },
		  { "RELEASE", frames_held, do_release, 0 },
		  { "of a batch", frames_held, do_release_batch, 0 });
}

TEST(memory_that_is_lent)
{
	for (int i = 0; i < LENT; i++)
		lent[i] = lend_page();
	FAIL_EACH({ "IMPORT", attached, do_import, 1 },
		  { "one more", lending, do_import, 1 },
		  { "DETACH", lending, do_detach, 0 },
		  { "close", lending, do_close, 0 });
	CHECK_EQ(lend_pinned(), 0);
}

TEST(ways_to_be_told)
{
	FAIL_EACH({ "poll", running, do_poll, 0 },
		  { "epoll_ctl", has_epoll, do_epoll, 0 },
		  { "O_ASYNC", running, do_sigio, 0 },
		  { "EVENTFD", has_eventfd, do_eventfd, 0 });
}

/* ------------------------------------------------------------- bind and unbind */

/*
 * Most of what can fail while the card is bound are the pages that the pool takes to see
 * that enough is left to others.  For one that it does not get it gives back a buffer and
 * goes on.  After so many of them in a row the others are passed over.
 */
#define ALIKE		8

/* What is allocated last is not always the same number of things. */
#define UNSTEADY	50

/* What there were of each end. */
static struct {
	int faults, no_memory, no_copy, busy, succeeded;
} ends;

static void count_end(int error)
{
	ends.faults++;
	ends.no_memory += error == -ENOMEM;
	ends.no_copy += error == -EFAULT;
	ends.busy += error == -EBUSY;
	ends.succeeded += !error;
}

static void tell_ends(const char *what)
{
	/* The kernel calls registers busy if it cannot note down whose they are. */
	CHECK_EQ(ends.faults, ends.no_memory + ends.no_copy + ends.busy + ends.succeeded);
	printf("## %s: %d faults, of which ENOMEM %d, EFAULT %d, EBUSY %d, success %d\n",
	       what, ends.faults, ends.no_memory, ends.no_copy, ends.busy, ends.succeeded);
}

/* How many lines of a file name the driver. */
static int named_in(const char *path)
{
	FILE *file = fopen(path, "r");
	char line[512];
	int count = 0;

	REQUIRE(file);
	while (fgets(line, sizeof(line), file))
		count += !!strstr(line, "dmaring");
	fclose(file);
	return count;
}

static void nothing_is_left(void)
{
	CHECK_EQ(card_count(), 0);
	CHECK(access("/dev/dmaring0", F_OK));
	CHECK_EQ(named_in("/proc/interrupts"), 0);
	CHECK_EQ(named_in("/proc/iomem"), 0);
}

/* In a process of its own, with whose end what it opens and maps is gone. */
static void all_is_there(void)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		CHECK(!strcmp(card_name(), "dmaring0"));
		stream_prepare();
		stream_is_healthy();
		tap_end();
	}
	REQUIRE_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
}

static void unbind_card(void)
{
	REQUIRE_EQ(card_unbind(gone_address), 0);
	nothing_is_left();
}

/* From unbound to unbound; returns how many were missing to the n-th fault. */
static int bind_failing(int n, int *pool_is_smaller)
{
	int error, missing;
	char limit[32];

	write_nth(n);
	error = card_bind(gone_address);
	missing = missing_nth();
	if (!missing)
		count_end(error);
	if (error) {
		CHECK(!missing);
		nothing_is_left();
		REQUIRE_EQ(card_bind(gone_address), 0);
	}
	REQUIRE_EQ(card_read("pool/limit", limit, sizeof(limit)), 0);
	*pool_is_smaller = !strcmp(limit, "cap");
	all_is_there();
	unbind_card();
	return missing;
}

static int unbind_failing(int n)
{
	int error, missing;

	write_nth(n);
	error = card_unbind(gone_address);
	missing = missing_nth();
	if (!missing)
		count_end(error);
	if (error) {
		CHECK(!missing);
		all_is_there();
		REQUIRE_EQ(card_unbind(gone_address), 0);
	}
	nothing_is_left();
	REQUIRE_EQ(card_bind(gone_address), 0);
	return missing;
}

/*
 * A device that is enabled already needs nothing from ACPI, in which KASAN sees a use after
 * free when memory cannot be had.
 */
static void set_enabled(const char *text)
{
	char path[2 * CARD_PATH_MAX];

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/enable", gone_address);
	REQUIRE_EQ(file_write(path, text), 0);
}

TEST(bind)
{
	int smaller, alike, n, last;

	unbind_card();
	set_enabled("1");
	last = NEVER - bind_failing(NEVER, &smaller);
	CHECK(!smaller);
	for (n = 1, alike = 0; alike < ALIKE && n < last; n++) {
		REQUIRE_EQ(bind_failing(n, &smaller), 0);
		alike = smaller ? alike + 1 : 0;
	}
	for (n = last + UNSTEADY, alike = 0; alike < ALIKE && n > 0; n--) {
		bind_failing(n, &smaller);
		alike = smaller ? alike + 1 : 0;
	}
	CHECK_EQ(alike, ALIKE);
	set_enabled("0");
	tell_ends("bind");
}

TEST(unbind)
{
	int n = 1;

	unbind_card();
	set_enabled("1");
	REQUIRE_EQ(card_bind(gone_address), 0);
	while (n < FAULTS_MAX && !unbind_failing(n))
		n++;
	CHECK(n < FAULTS_MAX);
	unbind_card();
	set_enabled("0");
	tell_ends("unbind");
}

int main(void)
{
	/* Of the test's own pages; the kernel tries again. */
	puts("# allow-log: Huh VM_FAULT_OOM leaked out to the #PF handler. Retrying PF");
	/* Of vmalloc(), which does not leave it at an error... */
	puts("# allow-log: Call Trace:");
	puts("# allow-log: RIP: 0033:");
	/* ...and of interrupts, which remove from /proc/irq what they could not put there. */
	puts("# allow-log: WARNING: .* remove_proc_entry");
	puts("# allow-log: RIP: 0010:remove_proc_entry");
	return tap_run(prepare, gone_bind_again);
}
