// SPDX-License-Identifier: MIT
/* What is recorded about triggers, and what is not. */
#include "fake_frames.h"

#include <libdmaring-record.h>
#include <sys/stat.h>

#define STEPS_MAX 20000000	/* of which most find only that a write takes its time */

static struct dmaring *stream;
static struct dmaring_recorder *recorder;
static struct dmaring_recording *recording;

static void begin(uint32_t pre_frames, uint32_t post_frames)
{
	const struct dmaring_recorder_options options = {
		.size = sizeof(options),
		.depth = 1,
		.pre_frames = pre_frames,
		.post_frames = post_frames,
	};

	REQUIRE_EQ(dmaring_open(FAKE_DEVICE, NULL, &stream), 0);
	REQUIRE_EQ(dmaring_recorder_open(stream, "r", &options, &recorder), 0);
}

/* That of the frame with this number. */
static void trigger_at(uint64_t sequence)
{
	CHECK_EQ(dmaring_recorder_trigger(recorder, 1000 * sequence), 0);
}

static struct dmaring_recorder_state state(void)
{
	struct dmaring_recorder_state now = { .size = sizeof(now) };

	REQUIRE_EQ(dmaring_recorder_get_state(recorder, &now), 0);
	return now;
}

/* Until nothing comes any more of the first @frames that are offered. */
static void run(uint32_t frames)
{
	fake.frame_count = frames;
	for (int i = 0, idle = 0; idle < 3; i++) {
		REQUIRE_EQ(dmaring_recorder_step(recorder, 100), 0);
		idle = fake.delivered < frames || state().waiting ? 0 : idle + 1;
		REQUIRE(i < STEPS_MAX);
	}
}

static void end(void)
{
	CHECK_EQ(dmaring_recorder_close(recorder), 0);
	dmaring_close(stream);
	CHECK_EQ(fake.release_count, fake.delivered);
	REQUIRE_EQ(dmaring_recording_open("r", &recording), 0);
}

static const struct dmaring_record *record_at(uint64_t number)
{
	const struct dmaring_record *is = dmaring_recording_record(recording, number);

	REQUIRE(is);
	return is;
}

/* It has these, in this order, each with its bytes. */
static void has(const uint64_t *sequences, uint64_t count)
{
	CHECK_EQ(dmaring_recording_frames(recording), count);
	for (uint64_t i = 0; i < count; i++) {
		CHECK_EQ(record_at(i)->frame.sequence, sequences[i]);
		CHECK_EQ(*(uint8_t *)dmaring_recording_data(recording, i),
			 (uint8_t)sequences[i]);
	}
}

#define HAS(...)                                                                              \
	has((const uint64_t[]){ __VA_ARGS__ },                                                \
	    sizeof((const uint64_t[]){ __VA_ARGS__ }) / sizeof(uint64_t))

static int is_trigger(uint64_t number)
{
	return !!(record_at(number)->flags & DMARING_RECORD_TRIGGER);
}

/* What was skipped stands in the index, too: nothing is missing unsaid. */
static void adds_up(void)
{
	for (uint64_t i = 1; i < dmaring_recording_frames(recording); i++)
		CHECK_EQ(record_at(i)->frame.sequence - record_at(i - 1)->frame.sequence,
			 1 + record_at(i)->skipped + record_at(i)->overruns +
				 record_at(i)->drops);
}

static struct dmaring_verdict verify(void)
{
	struct dmaring_verdict verdict = { .size = sizeof(verdict) };

	REQUIRE_EQ(dmaring_recording_verify("r", 0, &verdict), 0);
	return verdict;
}

TEST(frames_before_it_and_after)
{
	fake_offer(100);
	begin(2, 3);
	trigger_at(105);
	run(FRAMES);
	CHECK_EQ(state().taken, 5);
	CHECK_EQ(state().triggers, 1);
	CHECK_EQ(state().skipped, 3);
	CHECK_EQ(state().before, 2);
	end();
	HAS(103, 104, 105, 106, 107);
	CHECK_EQ(record_at(0)->skipped, 3);
	for (int i = 0; i < 5; i++)
		CHECK_EQ(is_trigger(i), i == 2);
	CHECK_EQ(verify().triggers, 1);
	CHECK_EQ(verify().skipped, 3);
	dmaring_recording_close(recording);
}

TEST(without_a_trigger_nothing_is_recorded)
{
	fake_offer(100);
	begin(2, 3);
	run(FRAMES);
	CHECK_EQ(state().taken, 0);
	/* The newest two. */
	CHECK_EQ(fake.release_count, FRAMES - 2);
	end();
	CHECK_EQ(dmaring_recording_frames(recording), 0);
	dmaring_recording_close(recording);
}

TEST(it_is_told_when_its_frame_waits_already)
{
	fake_offer(100);
	begin(2, 2);
	run(6);
	trigger_at(105);
	run(7);
	end();
	HAS(104, 105, 106);
	CHECK(is_trigger(1));
	dmaring_recording_close(recording);
}

TEST(its_frames_are_gone_when_it_is_told)
{
	fake_offer(100);
	begin(1, 2);
	run(6);
	trigger_at(101);
	run(FRAMES);
	end();
	HAS(105, 106);
	CHECK(is_trigger(0));
	dmaring_recording_close(recording);
}

TEST(the_next_one_has_files_of_its_own)
{
	fake_offer(100);
	fake.frames[6].sequence += 2;	/* two are dropped, and two skipped */
	fake.frames[7].sequence += 2;
	begin(1, 1);
	trigger_at(101);
	run(4);
	CHECK_EQ(state().files, 1);
	trigger_at(107);
	run(8);
	CHECK_EQ(state().files, 2);
	CHECK_EQ(state().drops, 2);
	end();
	HAS(100, 101, 108, 109);
	CHECK_EQ(record_at(2)->position, DMARING_RECORD_ALIGN);
	CHECK_EQ(record_at(2)->skipped, 4);
	adds_up();
	dmaring_recording_close(recording);
}

TEST(one_during_another_makes_it_longer)
{
	fake_offer(100);
	begin(2, 3);
	trigger_at(102);
	run(4);
	trigger_at(104);
	run(FRAMES);
	CHECK_EQ(state().files, 1);
	CHECK_EQ(state().triggers, 2);
	end();
	HAS(100, 101, 102, 103, 104, 105, 106);
	CHECK(is_trigger(2) && is_trigger(4));
	adds_up();
	dmaring_recording_close(recording);
}

TEST(one_right_behind_another_takes_no_frame_twice)
{
	fake_offer(100);
	begin(2, 2);
	trigger_at(103);
	run(5);
	trigger_at(106);
	run(FRAMES);
	end();
	HAS(101, 102, 103, 104, 105, 106, 107);
	CHECK_EQ(record_at(4)->position, DMARING_RECORD_ALIGN);
	adds_up();
	dmaring_recording_close(recording);
}

TEST(nothing_before_it)
{
	fake_offer(100);
	begin(0, 1);
	trigger_at(103);
	run(5);
	trigger_at(108);
	run(FRAMES);
	end();
	HAS(103, 108);
	adds_up();
	dmaring_recording_close(recording);
}

/* Those of the pool are four: of more than two before a trigger the disk takes care. */
#define MANY 3

static int files_before(void)
{
	return system("ls r/before-* >/dev/null 2>&1") ? 0 : 1;
}

TEST(more_before_it_than_the_pool_has)
{
	fake_offer(100);
	begin(MANY, 2);
	run(6);
	CHECK_EQ(state().taken, 0);
	CHECK(files_before());
	trigger_at(106);
	run(FRAMES);
	CHECK_EQ(state().triggers, 1);
	end();
	CHECK(!files_before());
	/* The oldest go with their files. */
	REQUIRE(dmaring_recording_frames(recording) >= MANY + 2);
	CHECK_EQ(record_at(dmaring_recording_frames(recording) - 1)->frame.sequence, 107);
	CHECK(is_trigger(dmaring_recording_frames(recording) - 2));
	CHECK_EQ(record_at(0)->skipped, record_at(0)->frame.sequence - 100);
	adds_up();
	CHECK_EQ(verify().unended, 0);
	CHECK_EQ(verify().spare, 0);
	dmaring_recording_close(recording);
}

/* More than can come: none of them goes. */
TEST(all_that_came_before_it)
{
	fake_offer(100);
	begin(UINT32_MAX, 1);
	run(FRAMES);
	CHECK_EQ(state().before, FRAMES);
	CHECK(!system("ls r/before-000.npy >/dev/null && ! ls r/before-001.npy 2>/dev/null"));
	fake_offer(110);
	trigger_at(110);
	run(1);
	end();
	CHECK_EQ(dmaring_recording_frames(recording), FRAMES + 1);
	CHECK_EQ(record_at(0)->skipped, 0);
	dmaring_recording_close(recording);
}

/* One of the four is a viewer's, who may keep it. */
TEST(what_viewers_have_is_not_counted_on)
{
	fake.info.viewer_buffers = 1;
	fake_offer(100);
	begin(2, 2);
	CHECK(files_before());
	end();
	dmaring_recording_close(recording);
	REQUIRE(!system("rm -r r"));
	begin(1, 2);
	CHECK(!files_before());
	end();
	dmaring_recording_close(recording);
}

TEST(losses_among_those_that_went)
{
	fake_offer(100);
	for (int i = 1; i < FRAMES; i++) {
		fake.frames[i].sequence += 5;	/* a gap right after the first */
		fake.frames[i].overruns_total = 5;
	}
	begin(MANY, 1);
	trigger_at(108);
	run(FRAMES);
	end();
	CHECK_EQ(record_at(0)->overruns, 5);
	CHECK_EQ(record_at(0)->skipped + record_at(0)->overruns,
		 record_at(0)->frame.sequence - 100);
	adds_up();
	dmaring_recording_close(recording);
}

TEST(two_events_with_the_disk_between)
{
	fake_offer(100);
	begin(MANY, 1);
	trigger_at(101);
	run(4);
	trigger_at(108);
	run(FRAMES);
	CHECK_EQ(state().triggers, 2);
	end();
	CHECK_EQ(verify().triggers, 2);
	CHECK_EQ(record_at(0)->frame.sequence, 100);
	CHECK(is_trigger(1));
	adds_up();
	dmaring_recording_close(recording);
}

TEST(no_trigger_leaves_nothing_on_the_disk)
{
	fake_offer(100);
	for (int i = 6; i < FRAMES; i++)
		fake.frames[i].sequence += 2;	/* of frames that nobody wants, too */
	begin(MANY, 1);
	run(FRAMES);
	CHECK_EQ(dmaring_recorder_finish(recorder), 0);
	CHECK_EQ(state().drops, 0);
	CHECK_EQ(state().bytes, 0);
	end();
	CHECK(!files_before());
	CHECK_EQ(dmaring_recording_frames(recording), 0);
	dmaring_recording_close(recording);
}

/* The trigger's event has no files, and so no frames. */
TEST(a_name_that_is_taken)
{
	fake_offer(100);
	begin(MANY, 1);
	run(6);
	REQUIRE(!mkdir("r/frames-000.npy", 0777));
	trigger_at(106);
	fake.frame_count = FRAMES;
	while (!dmaring_recorder_step(recorder, 100))
		;
	CHECK(strstr(dmaring_record_error(), "cannot make it a part of the recording"));
	CHECK(dmaring_recorder_close(recorder) < 0);
	CHECK(!files_before());
	dmaring_close(stream);
}

TEST(a_stranger_s_files_stay)
{
	const struct dmaring_recorder_options options = {
		.size = sizeof(options),
		.flags = DMARING_RECORDER_APPEND,
	};

	fake_offer(100);
	begin(0, 0);
	CHECK_EQ(dmaring_recorder_close(recorder), 0);
	REQUIRE(!system("touch r/before-1.png r/before-2.npy r/before-003.npy r/before-003.idx"));
	REQUIRE_EQ(dmaring_recorder_open(stream, "r", &options, &recorder), 0);
	CHECK_EQ(dmaring_recorder_close(recorder), 0);
	dmaring_close(stream);
	CHECK(!access("r/before-1.png", F_OK) && !access("r/before-2.npy", F_OK));
	CHECK(access("r/before-003.npy", F_OK) && access("r/before-003.idx", F_OK));
}

TEST(who_records_all_has_no_trigger)
{
	begin(0, 0);
	CHECK_EQ(dmaring_recorder_trigger(recorder, 0), -EINVAL);
	dmaring_recorder_close(recorder);
	dmaring_close(stream);
}

int main(void)
{
	return tap_run(fake_frames_prepare, scratch_remove);
}
