// SPDX-License-Identifier: MIT
/*
 * How fast the simulated grabber is by itself: its process, and on the host instead of a
 * guest a loop that gives each buffer back as soon as it is full.  No interrupts, nobody
 * looks at the frames.
 *
 * usage: card_limit FGSIM FRAME_BYTES BUFFERS SECONDS WHAT
 */
#define _GNU_SOURCE
#include <endian.h>
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <hw/fgsim/regs.h>
#include "now.h"

#define PAGE		4096
#define MESSAGES	(4 + FGSIM_VECTORS)	/* that the card introduces itself with */
#define REST_US		20
#define WARM_UP_NS	(200 * MS)
#define MEMORY_MESSAGE	2
#define DOORBELL_MESSAGE 3

static struct fgsim_bar *regs;
static int doorbell;
static char folder[32] = "/tmp/card_limit.XXXXXX";	/* for mkdtemp() to fill in */

static uint32_t load(const __le32 *from)
{
	return le32toh(__atomic_load_n(from, __ATOMIC_ACQUIRE));
}

static void store(__le32 *to, uint32_t value)
{
	__atomic_store_n(to, htole32(value), __ATOMIC_SEQ_CST);
}

static void ring(void)
{
	const uint64_t once = 1;

	if (write(doorbell, &once, sizeof(once)) < 0)
		err(1, "doorbell");
}

/* Memory that is there: a guest has long touched its own. */
static int create_ram(size_t bytes)
{
	int fd = memfd_create("ram", 0);
	void *map;

	if (fd < 0 || ftruncate(fd, bytes))
		err(1, "no memory");
	map = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		err(1, "no memory");
	memset(map, 1, bytes);
	munmap(map, bytes);
	return fd;
}

/* Returns when it is ready for us. */
static pid_t start_card(const char *program, const char *path, int ram)
{
	int out[2];
	char ready[6] = "", ram_path[32];
	pid_t pid;

	snprintf(ram_path, sizeof(ram_path), "/proc/self/fd/%d", ram);
	if (pipe(out))
		err(1, "pipe");
	pid = fork();
	if (!pid) {
		dup2(out[1], STDOUT_FILENO);
		execl(program, program, "--socket", path, "--ram", ram_path, NULL);
		err(1, "%s", program);
	}
	close(out[1]);
	if (read(out[0], ready, sizeof(ready)) != 6 || memcmp(ready, "ready\n", 6))
		errx(1, "the card does not start");
	close(out[0]);
	return pid;
}

/* The next message of the card, and the descriptor that comes with it, or -1. */
static int receive(int from)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	int64_t number;
	struct iovec part = { &number, sizeof(number) };
	struct msghdr message = {
		.msg_iov = &part, .msg_iovlen = 1,
		.msg_control = control.bytes, .msg_controllen = sizeof(control.bytes),
	};
	struct cmsghdr *header;
	int fd = -1;

	if (recvmsg(from, &message, MSG_WAITALL) != sizeof(number))
		err(1, "the card says nothing");
	header = CMSG_FIRSTHDR(&message);
	if (header)
		memcpy(&fd, CMSG_DATA(header), sizeof(fd));
	return fd;
}

/* As QEMU does. */
static void connect_card(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int card = socket(AF_UNIX, SOCK_STREAM, 0), fds[MESSAGES];

	if (strlen(path) >= sizeof(address.sun_path))
		errx(1, "%s: too long for a socket", path);
	memcpy(address.sun_path, path, strlen(path) + 1);
	if (connect(card, (struct sockaddr *)&address, sizeof(address)))
		err(1, "%s", path);
	for (int i = 0; i < MESSAGES; i++)
		fds[i] = receive(card);
	doorbell = fds[DOORBELL_MESSAGE];
	regs = mmap(NULL, sizeof(*regs), PROT_READ | PROT_WRITE, MAP_SHARED,
		    fds[MEMORY_MESSAGE], 0);
	if (regs == MAP_FAILED)
		err(1, "mmap");
	/* It sets its registers up when it has seen us. */
	while (load(&regs->card.magic) != FGSIM_MAGIC || !regs->card.ram_bytes)
		usleep(1000);
}

static void start_frames(uint32_t frame_bytes)
{
	regs->driver.frame_bytes = htole32(frame_bytes);
	regs->driver.line_bytes = htole32(frame_bytes);
	regs->driver.pattern = htole32(FGSIM_PATTERN_COPY);
	store(&regs->driver.control, FGSIM_CONTROL_RUN);
	ring();
	while (load(&regs->card.control_ack) != FGSIM_CONTROL_RUN)
		usleep(100);
	if (load(&regs->card.state) != FGSIM_RUNNING)
		errx(1, "the card does not run");
}

static void post(uint32_t head, uint32_t buffer, uint32_t frame_bytes, uint64_t stride)
{
	struct fgsim_post *entry = &regs->post[head % FGSIM_POST_ENTRIES];

	entry->cookie = htole64(buffer);
	entry->addr = htole64(buffer * stride);
	entry->bytes = htole32(frame_bytes);
	entry->flags = 0;
	store(&regs->driver.post_head, head + 1);
	if (load(&regs->card.post_notify))
		ring();
}

/*
 * Frames in @ns; @buffers are with the card.  Who never sleeps gives buffers back at once,
 * but takes something from the card's processor, too: whichever is better is its limit.
 */
static uint32_t run(uint32_t frame_bytes, uint64_t stride, uint32_t buffers, long long ns,
		    unsigned int rest_us)
{
	uint32_t tail = load(&regs->driver.cq_tail), first = tail, head = tail + buffers;
	long long end = now_ns() + ns;

	while (now_ns() < end) {
		uint32_t done = load(&regs->card.cq_head);

		if (done == tail && rest_us)
			usleep(rest_us);
		for (; tail != done; tail++, head++) {
			const struct fgsim_completion *from = &regs->cq[tail % FGSIM_CQ_ENTRIES];

			post(head, le64toh(from->cookie), frame_bytes, stride);
		}
		if (load(&regs->driver.cq_tail) != tail)
			store(&regs->driver.cq_tail, tail);
	}
	return tail - first;
}

int main(int argc, char **argv)
{
	uint32_t frame_bytes, buffers, frames, rested;
	uint64_t stride;
	double seconds;
	char path[64];
	pid_t card;
	int ram;

	if (argc != 6)
		errx(2, "usage: card_limit FGSIM FRAME_BYTES BUFFERS SECONDS WHAT");
	frame_bytes = atoi(argv[2]);
	buffers = atoi(argv[3]);
	seconds = atof(argv[4]);
	stride = (frame_bytes + PAGE - 1) / PAGE * PAGE;
	prctl(PR_SET_TIMERSLACK, 1UL);
	ram = create_ram(stride * buffers);
	if (!mkdtemp(folder))
		err(1, "%s", folder);
	snprintf(path, sizeof(path), "%s/socket", folder);
	card = start_card(argv[1], path, ram);
	connect_card(path);
	start_frames(frame_bytes);
	for (uint32_t i = 0; i < buffers; i++)
		post(i, i, frame_bytes, stride);
	run(frame_bytes, stride, buffers, WARM_UP_NS, 0);
	frames = run(frame_bytes, stride, buffers, seconds * 1000 * MS, 0);
	rested = run(frame_bytes, stride, buffers, seconds * 1000 * MS, REST_US);
	frames = rested > frames ? rested : frames;
	kill(card, SIGTERM);
	waitpid(card, NULL, 0);
	rmdir(folder);
	printf("## %.1f frames/s: %s, frames\n", frames / seconds, argv[5]);
	printf("## %.1f MB/s: %s, bytes\n", frames / seconds * frame_bytes / 1e6, argv[5]);
	return 0;
}
