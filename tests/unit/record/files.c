// SPDX-License-Identifier: MIT
/* The files of a recording as they are mapped, for those who read many frames at once. */
#include "fake_frames.h"

#include <libdmaring-record.h>

#define STRIDE	4096

/* All frames, with so many in each pair of files. */
static void record_frames(uint64_t split_frames)
{
	const struct dmaring_recorder_options options = {
		.size = sizeof(options), .depth = 1, .split_frames = split_frames,
	};
	struct dmaring_recorder_state now = { .size = sizeof(now) };
	struct dmaring_recorder *recorder;
	struct dmaring *stream;

	fake_offer(100);
	REQUIRE_EQ(dmaring_open(FAKE_DEVICE, NULL, &stream), 0);
	REQUIRE_EQ(dmaring_recorder_open(stream, "r", &options, &recorder), 0);
	while (now.written < FRAMES) {
		REQUIRE_EQ(dmaring_recorder_step(recorder, 100), 0);
		REQUIRE_EQ(dmaring_recorder_get_state(recorder, &now), 0);
	}
	CHECK_EQ(dmaring_recorder_close(recorder), 0);
	dmaring_close(stream);
}

static struct dmaring_recording *open_recording(void)
{
	struct dmaring_recording *recording;

	REQUIRE_EQ(dmaring_recording_open("r", &recording), 0);
	return recording;
}

static struct dmaring_recording_file get(const struct dmaring_recording *recording,
					 uint32_t number)
{
	struct dmaring_recording_file file = { .size = sizeof(file) };

	REQUIRE_EQ(dmaring_recording_get_file(recording, number, &file), 0);
	CHECK_EQ(file.size, sizeof(file));
	CHECK_EQ(file.reserved, 0);
	CHECK_EQ(file.stride, STRIDE);
	return file;
}

TEST(each_pair_has_its_frames)
{
	struct dmaring_recording *recording;
	struct dmaring_recording_file file;

	record_frames(4);
	recording = open_recording();
	for (uint32_t number = 0; number < 3; number++) {
		file = get(recording, number);
		CHECK_EQ(file.first, 4 * number);
		CHECK_EQ(file.frames, number < 2 ? 4 : 2);
		CHECK_EQ(file.present, file.frames);
		for (uint64_t i = 0; i < file.frames; i++) {
			CHECK(&file.records[i] ==
			      dmaring_recording_record(recording, file.first + i));
			CHECK((const char *)file.data + i * file.stride ==
			      dmaring_recording_data(recording, file.first + i));
		}
	}
	dmaring_recording_close(recording);
}

TEST(what_is_behind_the_end_is_not_present)
{
	struct dmaring_recording *recording;
	struct dmaring_recording_file file;

	record_frames(0);
	/* The frame has 128 bytes. */
	REQUIRE(!truncate("r/frames-000.npy", STRIDE + 6 * STRIDE + 127));
	recording = open_recording();
	file = get(recording, 0);
	CHECK_EQ(file.frames, FRAMES);
	CHECK_EQ(file.present, 6);
	dmaring_recording_close(recording);

	REQUIRE(!truncate("r/frames-000.npy", STRIDE + 6 * STRIDE + 128));
	recording = open_recording();
	CHECK_EQ(get(recording, 0).present, 7);
	dmaring_recording_close(recording);

	REQUIRE(!truncate("r/frames-000.npy", STRIDE));
	recording = open_recording();
	file = get(recording, 0);
	CHECK_EQ(file.present, 0);
	CHECK(!file.data);
	dmaring_recording_close(recording);
}

TEST(a_pair_that_there_is_not)
{
	struct dmaring_recording_file file = { .size = sizeof(file), .frames = 77 };
	struct dmaring_recording *recording;

	record_frames(0);
	recording = open_recording();
	CHECK_EQ(dmaring_recording_get_file(recording, 1, &file), -ENOENT);
	CHECK(!strcmp(dmaring_record_error(), "the recording has no pair of files 1"));
	CHECK_EQ(dmaring_recording_get_file(recording, UINT32_MAX, &file), -ENOENT);
	file.size--;
	CHECK_EQ(dmaring_recording_get_file(recording, 0, &file), -EINVAL);
	CHECK_EQ(file.frames, 77);
	dmaring_recording_close(recording);
}

int main(void)
{
	return tap_run(fake_frames_prepare, scratch_remove);
}
