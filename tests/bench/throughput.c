// SPDX-License-Identifier: MIT
/*
 * How many frames an application gets through, and how many are lost meanwhile.
 *
 *	count	takes and releases them
 *	sum	adds up every 8 bytes of each frame
 *	copy	copies each frame with memcpy(3) and adds up the copy
 *	kernel	has the kernel copy each frame, as read(2) of a driver would that copies, and
 *		adds up the copy: pwrite(2) into memory that is a file
 *
 * The first 8 bytes of each frame must be its sequence number, whatever is done with it: a
 * card that writes nothing makes no frames.
 * A rate is that of the card; 0: as fast as buffers come back, nothing is lost then.
 *
 * usage: throughput HOW RATE SECONDS WHAT
 */
#define _GNU_SOURCE
#include <endian.h>
#include <libdmaring.h>
#include <sys/mman.h>
#include "fgsim.h"
#include "now.h"
#include "price.h"
#include "sum.h"

#define WARM_UP_NS	(200 * MS)
#define TIMEOUT_MS	5000
#define BATCH		32
#define ROUNDS_MAX	10000

struct progress {
	uint64_t frames;
	uint64_t bytes;
	uint64_t wrong;
	int rounds;		/* of whole batches */
	double round_ns[ROUNDS_MAX];
};

static const char *how, *what;
static unsigned int rate;
static double seconds;
static struct dmaring *stream;
static uint8_t *copy, *shared;
static int file;	/* what is in @shared */

static void use(const struct dmaring_frame *frame, struct progress *progress)
{
	const void *data = dmaring_data(stream, frame);
	uint64_t first;

	memcpy(&first, data, sizeof(first));
	progress->wrong += le64toh(first) != frame->sequence;
	if (!strcmp(how, "sum")) {
		sum_keep(sum(data, frame->bytes_used));
	} else if (!strcmp(how, "copy")) {
		sum_keep(sum(memcpy(copy, data, frame->bytes_used), frame->bytes_used));
	} else if (!strcmp(how, "kernel")) {
		progress->wrong += pwrite(file, data, frame->bytes_used, 0) !=
				   (ssize_t)frame->bytes_used;
		sum_keep(sum(shared, frame->bytes_used));
	}
}

static void go_on(long long ns, struct progress *progress)
{
	struct dmaring_frame frames[BATCH];
	long long now = now_ns(), end = now + ns, start;

	while (now < end) {
		int count = dmaring_next_batch(stream, frames, BATCH, TIMEOUT_MS);

		if (count < 0)
			printf("# %s\n", dmaring_error());
		REQUIRE(count > 0);
		for (int i = 0; i < count; i++) {
			use(&frames[i], progress);
			REQUIRE_EQ(dmaring_release(stream, &frames[i]), 0);
			progress->bytes += frames[i].bytes_used;
		}
		progress->frames += count;
		start = now;
		now = now_ns();
		if (count == BATCH && progress->rounds < ROUNDS_MAX)
			progress->round_ns[progress->rounds++] = now - start;
	}
}

static void prepare(void)
{
	struct dmaring_info info;

	fgsim_set_rate(rate);
	if (dmaring_open(card_node(), NULL, &stream))
		printf("# %s\n", dmaring_error());
	REQUIRE(stream);
	REQUIRE_EQ(dmaring_get_info(stream, &info), 0);
	copy = malloc(info.buffer_size);
	file = memfd_create("frame", MFD_CLOEXEC);
	REQUIRE(copy && file >= 0);
	memset(copy, 1, info.buffer_size);
	REQUIRE_EQ(write(file, copy, info.buffer_size), info.buffer_size);
	shared = mmap(NULL, info.buffer_size, PROT_READ, MAP_SHARED, file, 0);
	REQUIRE(shared != MAP_FAILED);
	if (dmaring_start(stream))
		printf("# %s\n", dmaring_error());
}

/* Of all processors, since boot. */
static long long idle_ns(void)
{
	double up, idle = -1;
	FILE *uptime = fopen("/proc/uptime", "re");

	REQUIRE(uptime);
	REQUIRE_EQ(fscanf(uptime, "%lf %lf", &up, &idle), 2);
	fclose(uptime);
	return idle * 1000 * MS;
}

static void print(const char *figure, double value, const char *unit)
{
	printf("## %.3f %s: %s, %s\n", value, unit, what, figure);
}

/*
 * What the clock says was due, what the card made of it, and what of that found no
 * buffer.  Its host did not let it make the rest.
 */
static void print_due(const struct dmaring_stats *before, const struct dmaring_stats *after,
		      long long slipped, long long ns)
{
	uint64_t lost = after->overruns - before->overruns - slipped;
	uint64_t made = after->produced - before->produced - slipped;
	double due = (double)rate * ns / 1e9, share = made / due;

	print("lost", lost, "frames");
	if (!rate)
		return;
	print("rate", rate, "frames/s");
	print("due", due, "frames");
	print("made", made, "frames");
	/* What it made late, from before, does not make up for what it did not make. */
	if (share > (double)made / (made + slipped))
		share = (double)made / (made + slipped);
	print("share", 100 * share, "%");
}

TEST(throughput)
{
	static struct progress warm, progress;
	struct dmaring_stats before, after;
	long long interrupts, slipped, start, ns, idle;

	prepare();
	go_on(WARM_UP_NS, &warm);
	REQUIRE_EQ(dmaring_get_stats(stream, &before), 0);
	interrupts = fgsim_count("interrupts");
	slipped = fgsim_count("slipped");
	idle = idle_ns();
	start = now_ns();
	go_on(seconds * 1000 * MS, &progress);
	ns = now_ns() - start;
	idle = idle_ns() - idle;
	REQUIRE_EQ(dmaring_get_stats(stream, &after), 0);
	interrupts = fgsim_count("interrupts") - interrupts;
	slipped = fgsim_count("slipped") - slipped;

	CHECK_EQ(progress.wrong, 0);
	CHECK_EQ(after.errors, 0);
	print("frames", progress.frames * 1e9 / ns, "frames/s");
	print("bytes", progress.bytes * 1e3 / ns, "MB/s");
	print_due(&before, &after, slipped, ns);
	/* Of one processor: with --cost that is instructions. */
	print("busy", (double)(ns - idle) / progress.frames, "ns/frame");
	/* The quickest one: nothing came between, and there was no need to ask the kernel. */
	if (progress.rounds)
		print("application", price_least(progress.round_ns, progress.rounds) / BATCH,
		      "ns/frame");
	print("interrupts", (double)interrupts / progress.frames, "interrupts/frame");
}

int main(int argc, char **argv)
{
	if (argc != 5) {
		fputs("usage: throughput count|sum|copy|kernel RATE SECONDS WHAT\n", stderr);
		return 2;
	}
	how = argv[1];
	rate = atoi(argv[2]);
	seconds = atof(argv[3]);
	what = argv[4];
	return tap_run(NULL, NULL);
}
