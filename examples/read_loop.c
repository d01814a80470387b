// SPDX-License-Identifier: MIT
/* Minimal example of a read() loop: no library, only the kernel's interface. */
#include <dmaring/pattern.h>
#include <err.h>
#include <fcntl.h>
#include <linux/dmaring.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define BATCH 8
#define FRAMES_MAX 1000000000UL

static const char *device = "/dev/dmaring0";
static unsigned long wanted = 10;

static void command(int fd, unsigned long number, void *argument, const char *name)
{
	if (ioctl(fd, number, argument) < 0)
		err(1, "%s", name);
}

static const void **map_buffers(int fd, unsigned int buffers)
{
	const void **maps = calloc(buffers, sizeof(*maps));
	unsigned int i;

	for (i = 0; maps && i < buffers; i++) {
		struct dmaring_buffer buffer = { .size = sizeof(buffer), .index = i };

		command(fd, DMARING_IOC_BUFFER, &buffer, "BUFFER");
		maps[i] = mmap(NULL, buffer.length, PROT_READ, MAP_SHARED, fd,
			       buffer.mmap_offset);
		if (maps[i] == MAP_FAILED)
			err(1, "mmap");
	}
	return maps;
}

static void check(const struct dmaring_info *info, const struct dmaring_frame *frame,
		  const void *data)
{
	unsigned int good;

	if (!(info->caps & DMARING_CAP_TEST_PATTERN))
		return;
	good = dmaring_pattern_check_frame(data, frame->hw_meta, &info->format, frame->sequence,
					   frame->bytes_used);
	if (good < frame->bytes_used)
		errx(1, "frame %llu: byte %u is wrong", frame->sequence, good);
}

static void read_arguments(int argc, char **argv)
{
	bool help = argc > 1 && (!strcmp(argv[1], "-h") || !strcmp(argv[1], "--help"));
	char *end = "";

	if (help || argc > 3) {
		fprintf(help ? stdout : stderr,
			"usage: read_loop [DEVICE [FRAMES]]\n\n"
			"Takes FRAMES (10) frames from DEVICE (/dev/dmaring0) and checks each of them.\n");
		exit(help ? 0 : 2);
	}
	if (argc > 1)
		device = argv[1];
	if (argc > 2)
		wanted = strtoul(argv[2], &end, 10);
	if (*end || !wanted || wanted > FRAMES_MAX)
		errx(2, "'%s': must be 1 to %lu frames", argv[2], FRAMES_MAX);
}

int main(int argc, char **argv)
{
	struct dmaring_info info = { .size = sizeof(info) };
	struct dmaring_attach attach = {
		.size = sizeof(attach),
		.policy = DMARING_POLICY_LOSSLESS,
		.frame_stride = sizeof(struct dmaring_frame),
	};
	struct dmaring_frame frames[BATCH], last = { 0 };
	unsigned long seen = 0, i, count;
	const void **maps;
	ssize_t bytes;
	int fd;

	read_arguments(argc, argv);
	fd = open(device, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		err(1, "%s", device);
	command(fd, DMARING_IOC_INFO, &info, "INFO");
	command(fd, DMARING_IOC_ATTACH, &attach, "ATTACH");
	maps = map_buffers(fd, info.buffers);
	command(fd, DMARING_IOC_START, NULL, "START");

	while (seen < wanted) {
		bytes = read(fd, frames, sizeof(frames));
		if (bytes < 0)
			err(1, "read");
		count = bytes / sizeof(frames[0]);
		for (i = 0; i < count; i++, seen++) {
			struct dmaring_release release = {
				.size = sizeof(release),
				.cookies = (uintptr_t)&frames[i].cookie,
				.count = 1,
			};

			if (seen && frames[i].sequence != last.sequence + 1)
				errx(1, "frames are missing before %llu", frames[i].sequence);
			check(&info, &frames[i], maps[frames[i].buffer]);
			last = frames[i];
			command(fd, DMARING_IOC_RELEASE, &release, "RELEASE");
		}
	}
	command(fd, DMARING_IOC_STOP, NULL, "STOP");
	printf("%lu frames, the last is %llu\n", seen, last.sequence);
	return 0;
}
