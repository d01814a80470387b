// SPDX-License-Identifier: MIT
/* Recordings of frames that come from no stream. */
#include <errno.h>
#include <libdmaring-record.h>
#include <string.h>
#include "scratch.h"

#define BYTES	600

static const struct dmaring_format format = {
	.width = 30,
	.height = 20,
	.pixelformat = DMARING_PIXELFORMAT_GREY,
	.bytes_per_line = 30,
	.frame_bytes = BYTES,
	.channels = 1,
};

static struct dmaring_writer *begin(uint32_t flags)
{
	struct dmaring_writer *writer;

	REQUIRE_EQ(dmaring_writer_open("r", &format, flags, &writer), 0);
	return writer;
}

static int add(struct dmaring_writer *writer, uint64_t sequence, uint64_t drops)
{
	const struct dmaring_record record = {
		.frame = {
			.sequence = sequence,
			.cookie = 99,
			.bytes_used = BYTES,
			.timestamp_ns = 5,
		},
		.drops = drops,
		.overruns = 2 * drops,
		.realtime_ns = sequence ? 1000 + sequence : 0,
	};
	uint8_t data[BYTES];

	memset(data, (int)sequence, sizeof(data));
	return dmaring_writer_add(writer, &record, data);
}

static struct dmaring_verdict verify(void)
{
	struct dmaring_verdict is = { .size = sizeof(is) };

	REQUIRE_EQ(dmaring_recording_verify("r", 0, &is), 0);
	return is;
}

TEST(frames_are_as_they_were_given)
{
	static const uint64_t numbers[] = { 3, 4, 9 };
	struct dmaring_writer *writer = begin(DMARING_RECORD_CRC32);
	struct dmaring_recording *recording;
	const struct dmaring_record *record;
	struct dmaring_verdict is;

	for (int i = 0; i < 3; i++)
		REQUIRE_EQ(add(writer, numbers[i], i), 0);
	REQUIRE_EQ(dmaring_writer_close(writer), 0);
	REQUIRE_EQ(dmaring_recording_open("r", &recording), 0);
	CHECK_EQ(dmaring_recording_frames(recording), 3);
	for (int i = 0; i < 3; i++) {
		record = dmaring_recording_record(recording, i);
		CHECK_EQ(record->frame.sequence, numbers[i]);
		CHECK_EQ(record->frame.cookie, 0);
		CHECK_EQ(record->drops, i);
		CHECK_EQ(record->overruns, 2 * i);
		CHECK_EQ(record->realtime_ns, 1000 + numbers[i]);
		CHECK_EQ(*(const uint8_t *)dmaring_recording_data(recording, i), numbers[i]);
	}
	dmaring_recording_close(recording);
	is = verify();
	CHECK(is.checked == 3 && !is.corrupt && !is.unended && !is.spare && !is.torn);
	CHECK(is.drops == 3 && is.overruns == 6);
}

/* More than there is room for records in memory. */
TEST(a_long_recording_is_whole)
{
	struct dmaring_writer *writer = begin(0);

	for (uint64_t i = 0; i < 20000; i++)
		REQUIRE_EQ(add(writer, i, 0), 0);
	REQUIRE_EQ(dmaring_writer_close(writer), 0);
	CHECK_EQ(verify().frames, 20000);
}

TEST(what_cannot_be_is_refused)
{
	struct dmaring_format longer = format;
	struct dmaring_writer *writer = begin(0), *other;
	struct dmaring_record record = { .frame.bytes_used = BYTES + 1 };

	CHECK_EQ(dmaring_writer_add(writer, &record, &record), -EINVAL);
	CHECK_EQ(dmaring_writer_close(writer), 0);
	CHECK_EQ(dmaring_writer_open("r", &format, 0, &other), -EEXIST);
	CHECK(!other);
	longer.bytes_per_line = 29;
	CHECK_EQ(dmaring_writer_open("s", &longer, 0, &other), -EINVAL);
	CHECK_EQ(dmaring_writer_open("s", &format, 3, &other), -EINVAL);
	CHECK_EQ(dmaring_writer_close(NULL), 0);
}

static void prepare(void)
{
	scratch_make();
	REQUIRE(!chdir(scratch));
}

int main(void)
{
	return tap_run(prepare, scratch_remove);
}
