// SPDX-License-Identifier: MIT
/* Minimal example of frames that the card writes into the program's own memory. */
#include <dmaring/pattern.h>
#include <err.h>
#include <libdmaring.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SILENCE_MS 60000
#define BUFFERS 3
#define FRAMES_MAX 1000000000UL

static const char *device = "/dev/dmaring0";
static unsigned long wanted = 12;
static struct dmaring *stream;
static struct dmaring_info info;
static struct dmaring_area areas[BUFFERS];
static unsigned long seen;

/* The first one from malloc(), if the card can have it; the others made for the card. */
static void *lend(void)
{
	void *memory = malloc(info.format.frame_bytes);
	unsigned int i = 0;

	if (!memory)
		errx(1, "no memory");
	if (!dmaring_import(stream, memory, info.format.frame_bytes, NULL))
		i++;
	else
		printf("%s\n", dmaring_error());
	for (; i < BUFFERS && i < info.buffers; i++)
		if (dmaring_alloc(stream, info.format.frame_bytes, DMARING_ALLOC_LIMITED,
				  &areas[i]))
			errx(1, "%s", dmaring_error());
	return memory;
}

/* The place of your own work: the frame is yours until it is released. */
static void use(const struct dmaring_frame *frame, const void *data)
{
	unsigned int good;

	seen++;
	if (!(info.caps & DMARING_CAP_TEST_PATTERN))
		return;
	good = dmaring_pattern_check_frame(data, frame->hw_meta, &info.format, frame->sequence,
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
			"usage: import_loop [DEVICE [FRAMES]]\n\n"
			"Lends memory to DEVICE (/dev/dmaring0), and takes and checks FRAMES (12) frames.\n");
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
	struct dmaring_options options = {
		.size = sizeof(options),
		.flags = DMARING_OPEN_IMPORT,
	};
	struct dmaring_frame frame;
	void *memory;
	int i;

	read_arguments(argc, argv);
	if (dmaring_open(device, &options, &stream) || dmaring_get_info(stream, &info))
		errx(1, "%s", dmaring_error());
	memory = lend();
	if (dmaring_start(stream))
		errx(1, "%s", dmaring_error());
	while (seen < wanted) {
		if (dmaring_next(stream, &frame, SILENCE_MS))
			errx(1, "%s", dmaring_error());
		use(&frame, dmaring_data(stream, &frame));
		if (dmaring_release(stream, &frame))
			errx(1, "%s", dmaring_error());
	}
	dmaring_close(stream);
	for (i = 0; i < BUFFERS; i++)
		dmaring_free(&areas[i]);
	free(memory);
	printf("%lu frames, the last is %llu\n", seen, frame.sequence);
	return 0;
}
