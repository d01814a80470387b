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

int main(void)
{
	return tap_run(virt_prepare, NULL);
}
