// SPDX-License-Identifier: MIT
/* Metadata by name, of frames that the library takes from its ring or by calls. */
#include <libdmaring.h>
#include "meta.h"
#include "virt.h"

#define EXPOSURE_NS	10000000	/* unless somebody sets another */
#define FRAMES	1000

static uint64_t unsigned_value(const struct dmaring *stream, const struct dmaring_frame *frame,
			       const char *name, uint32_t type)
{
	struct dmaring_meta_value value;

	REQUIRE_EQ(dmaring_frame_meta(stream, frame, name, &value), 0);
	CHECK_EQ(value.type, type);
	return value.u;
}

static void check(const struct dmaring *stream, const struct dmaring_frame *frame)
{
	struct dmaring_meta_value value;

	CHECK_EQ(unsigned_value(stream, frame, "FrameCounter", DMARING_META_U64),
		 frame->sequence);
	CHECK(unsigned_value(stream, frame, "Timestamp", DMARING_META_U64) <=
	      frame->timestamp_ns);
	CHECK_EQ(unsigned_value(stream, frame, "ExposureTime", DMARING_META_U32),
		 EXPOSURE_NS);
	REQUIRE_EQ(dmaring_frame_meta(stream, frame, "EncoderValue", &value), 0);
	CHECK_EQ(value.type, DMARING_META_S32);
	CHECK_EQ(value.s, -(int64_t)(frame->sequence % 100000));
}

static void capture(uint32_t flags)
{
	struct dmaring_options options = { .size = sizeof(options), .flags = flags };
	struct dmaring_frame frame, held;
	struct dmaring_meta_value value;
	struct dmaring *stream;

	REQUIRE_EQ(dmaring_open(card_node(), &options, &stream), 0);
	REQUIRE_EQ(dmaring_start(stream), 0);
	REQUIRE_EQ(dmaring_next(stream, &held, PATIENCE_NS / MS), 0);
	for (int i = 0; i < FRAMES; i++) {
		REQUIRE_EQ(dmaring_next(stream, &frame, PATIENCE_NS / MS), 0);
		check(stream, &frame);
		CHECK_EQ(dmaring_release(stream, &frame), 0);
		/* Its buffer may have another frame by now. */
		CHECK_EQ(dmaring_frame_meta(stream, &frame, "FrameCounter", &value), -ESTALE);
	}
	check(stream, &held);
	CHECK_EQ(dmaring_frame_meta(stream, &held, "Framecounter", &value), -ENOENT);
	CHECK_EQ(dmaring_frame_meta(stream, &held, "", &value), -ENOENT);
	dmaring_close(stream);
}

TEST(from_the_ring) { capture(0); }
TEST(by_calls) { capture(DMARING_OPEN_NO_RING); }
TEST(of_a_viewer) { capture(DMARING_OPEN_READ_ONLY); }

/* The value that was set is what frames of that number and later have. */
TEST(of_what_was_set)
{
	struct dmaring_control_value half = { .value = EXPOSURE_NS / 1000 / 2 };
	struct dmaring_control_info control;
	struct dmaring_frame frame;
	struct dmaring *stream;
	uint32_t since;

	REQUIRE_EQ(dmaring_open(card_node(), NULL, &stream), 0);
	REQUIRE_EQ(dmaring_find_control(stream, "ExposureTime", &control), 0);
	half.index = control.index;
	REQUIRE_EQ(dmaring_start(stream), 0);
	REQUIRE_EQ(dmaring_next(stream, &frame, PATIENCE_NS / MS), 0);
	check(stream, &frame);
	REQUIRE_EQ(dmaring_set_controls(stream, &half, 1, &since, NULL), 0);
	do {
		REQUIRE_EQ(dmaring_release(stream, &frame), 0);
		REQUIRE_EQ(dmaring_next(stream, &frame, PATIENCE_NS / MS), 0);
	} while (frame.control_seq != since);
	CHECK_EQ(unsigned_value(stream, &frame, "ExposureTime", DMARING_META_U32),
		 EXPOSURE_NS / 2);
	CHECK_EQ(dmaring_set_control(stream, "ExposureTime", EXPOSURE_NS / 1000), 0);
	dmaring_close(stream);
}

TEST(the_command_tells_of_them)
{
	CHECK_EQ(system("dmaring info | grep -q 'ExposureTime, u32, ns'"), 0);
	CHECK_EQ(system("dmaring info --json >/tmp/info"), 0);
	CHECK_EQ(system("grep -q '\"EncoderValue\", \"type\": \"s32\", \"unit' /tmp/info"), 0);
}

/* ------------------------------------------------------- the index of a recording */

#define RECORDED 20
#define INDEX_HEAD "sequence,timestamp_ns,bytes,flags,overruns_before,drops_before,where," \
		   "FrameCounter,Timestamp [ns],ExposureTime [ns],EncoderValue [counts]\n"

/* What meta_check() says of a frame. */
static void check_line(const char *line)
{
	unsigned long long sequence, timestamp_ns, counter, time_ns;
	unsigned int exposure_ns;
	char where[64];
	int encoder, values;

	values = sscanf(line, "%llu,%llu,1024,,%*u,%*u,%63[^,],%llu,%llu,%u,%d", &sequence,
			&timestamp_ns, where, &counter, &time_ns, &exposure_ns, &encoder);
	if (!CHECK_EQ(values, 7))
		printf("# it is %s", line);
	CHECK_EQ(counter, sequence);
	CHECK(time_ns && time_ns <= timestamp_ns);
	CHECK_EQ(exposure_ns, EXPOSURE_NS);
	CHECK_EQ(encoder, -(int)(sequence % 100000));
}

static void check_recording(const char *command, const char *index)
{
	char line[256] = "";
	int lines = 0;
	FILE *file;

	REQUIRE_EQ(system(command), 0);
	file = fopen(index, "r");
	REQUIRE(file && fgets(line, sizeof(line), file));
	if (!CHECK(!strcmp(line, INDEX_HEAD)))
		printf("# it is %s", line);
	for (; fgets(line, sizeof(line), file); lines++)
		check_line(line);
	CHECK_EQ(lines, RECORDED);
	fclose(file);
}

TEST(the_index_of_a_recording_has_them)
{
	check_recording("dmaring capture -q -n 20 -o /tmp/row.raw --overwrite", "/tmp/row.raw.csv");
	check_recording("dmaring capture -q -n 20 -o /tmp/dir --overwrite --read-only",
			"/tmp/dir/index.csv");
	REQUIRE_EQ(system("rm -r /tmp/dir /tmp/row.raw*"), 0);
}

int main(void)
{
	return tap_run(virt_prepare, NULL);
}
