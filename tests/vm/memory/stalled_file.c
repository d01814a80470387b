// SPDX-License-Identifier: MIT
/*
 * A viewer whose address space is locked for ever: a thread of it looks, through
 * /proc/self/mem, at a page of a file system that does not answer, and another one
 * waits for the lock to map something.  The card can be removed all the same.
 */
#include <linux/fuse.h>
#include <pthread.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include "gone.h"

#define PLACE		"/tmp/stalled"
#define FILE_NODE	2
#define REQUEST_BYTES	(1 << 16)
#define PATIENCE_S	30

/* --------------------------------------------- the file system, in this process */

static int device = -1;
static volatile int asked;	/* for the page; never answered */

static void answer(const struct fuse_in_header *to, int error, const void *with, size_t bytes)
{
	struct {
		struct fuse_out_header header;
		char body[256];
	} reply = { .header = { sizeof(reply.header) + bytes, -error, to->unique } };

	memcpy(reply.body, with, bytes);
	REQUIRE(write(device, &reply, reply.header.len) > 0 || errno == ENOENT);
}

static struct fuse_attr attributes(uint64_t node)
{
	return (struct fuse_attr) {
		.ino = node,
		.size = page_bytes(),
		.mode = node == FILE_NODE ? S_IFREG | 0644 : S_IFDIR | 0755,
		.nlink = 1,
	};
}

static void serve(const struct fuse_in_header *request)
{
	struct fuse_init_out init = {
		.major = FUSE_KERNEL_VERSION, .minor = 31, .max_write = 4096,
	};
	struct fuse_entry_out entry = {
		.nodeid = FILE_NODE, .entry_valid = 1000, .attr_valid = 1000,
		.attr = attributes(FILE_NODE),
	};
	struct fuse_attr_out attr = {
		.attr_valid = 1000, .attr = attributes(request->nodeid),
	};
	struct fuse_open_out open = { .fh = 1 };

	switch (request->opcode) {
	case FUSE_INIT:
		answer(request, 0, &init, sizeof(init));
		break;
	case FUSE_LOOKUP:
		answer(request, 0, &entry, sizeof(entry));
		break;
	case FUSE_GETATTR:
		answer(request, 0, &attr, sizeof(attr));
		break;
	case FUSE_OPEN:
		answer(request, 0, &open, sizeof(open));
		break;
	case FUSE_READ:
		asked = 1;
		break;
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
	case FUSE_INTERRUPT:
		break;
	default:
		answer(request, EOPNOTSUPP, "", 0);
	}
}

/* Until it is unmounted. */
static void *serve_all(void *unused)
{
	static char request[REQUEST_BYTES] __attribute__((aligned(8)));

	while (read(device, request, sizeof(request)) > 0)
		serve((const struct fuse_in_header *)request);
	return unused;
}

static pthread_t mount_stalled(void)
{
	char options[128];
	pthread_t server;

	device = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	REQUIRE(device >= 0);
	mkdir(PLACE, 0755);
	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0,group_id=0", device);
	REQUIRE(!mount("stalled", PLACE, "fuse", 0, options));
	REQUIRE(!pthread_create(&server, NULL, serve_all, NULL));
	return server;
}

/* ------------------------------------------------------- the viewer, a child */

static void *map_something(void *unused)
{
	sleep_ms(100);
	mmap(NULL, page_bytes(), PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return unused;
}

static void view_and_stall(void)
{
	struct stream viewer = capture_start();
	struct dmaring_frame frame = capture_take(&viewer);
	int memory = open("/proc/self/mem", O_RDONLY);
	int file = open(PLACE "/file", O_RDONLY);
	pthread_t thread;
	char *page, byte;

	capture_verify(&viewer, &frame);
	page = mmap(NULL, page_bytes(), PROT_READ, MAP_PRIVATE, file, 0);
	REQUIRE(page != MAP_FAILED && memory >= 0);
	REQUIRE(!pthread_create(&thread, NULL, map_something, NULL));
	pread(memory, &byte, 1, (intptr_t)page);
	_exit(0);
}

/* ------------------------------------------------------------------ the test */

static volatile int unbound;

static void *unbind_thread(void *unused)
{
	gone_unbind();
	unbound = 1;
	return unused;
}

TEST(unbind_while_an_address_space_is_locked)
{
	pthread_t server = mount_stalled(), unbinder;
	pid_t viewer = fork();

	if (!viewer)
		view_and_stall();
	while (!asked)
		sleep_ms(10);
	/* The other thread waits for the lock, too. */
	sleep_ms(1000);
	CHECK_EQ(waitpid(viewer, NULL, WNOHANG), 0);
	REQUIRE(!pthread_create(&unbinder, NULL, unbind_thread, NULL));
	for (int i = 0; i < PATIENCE_S * 100 && !unbound; i++)
		sleep_ms(10);
	CHECK(unbound);
	/* Now the page is not read: both go on. */
	REQUIRE(!umount2(PLACE, MNT_FORCE | MNT_DETACH));
	kill(viewer, SIGKILL);
	waitpid(viewer, NULL, 0);
	pthread_join(unbinder, NULL);
	close(device);
	pthread_join(server, NULL);
}

int main(void)
{
	return tap_run(gone_prepare, gone_bind_again);
}
