// SPDX-License-Identifier: MIT
/*
 * Recordings of a real stream on real file systems: each byte is compared, and the disk,
 * the card and the recorder fail in the middle.
 */
#include <sys/mount.h>
#include <sys/wait.h>
#include "frames.h"
#include "virt.h"

#define FRAMES		300
#define DISK		"/dev/ram0"
#define MOUNT		"/mnt"
#define RECORDING	MOUNT "/r"
#define STEPS_MAX	100000

static struct dmaring *stream;
static struct dmaring_recorder *recorder;
static struct dmaring_info info;
static uint32_t engine;

/* A test for each of the engines. */
#define EACH_ENGINE(name)                                                                     \
	static void name(void);                                                               \
	TEST(name##_by_libaio)                                                                \
	{                                                                                     \
		engine = DMARING_RECORDER_LIBAIO;                                             \
		name();                                                                       \
	}                                                                                     \
	TEST(name##_by_io_uring)                                                              \
	{                                                                                     \
		engine = DMARING_RECORDER_IO_URING;                                           \
		name();                                                                       \
	}                                                                                     \
	static void name(void)

static void run(const char *command)
{
	if (system(command)) {
		printf("# %s\n", command);
		REQUIRE(!"it did what it was told");
	}
}

static void mount_disk(void)
{
	/* The first is a part of ext4's, of which some kernels have made a function. */
	run("modprobe -q crc32c_generic; modprobe brd rd_nr=1 rd_size=65536 && modprobe ext4");
	run("mke2fs -b 4096 " DISK " >/dev/null 2>&1 && mkdir -p " MOUNT);
	REQUIRE_EQ(mount(DISK, MOUNT, "ext4", 0, NULL) ? -errno : 0, 0);
}

static void prepare(void)
{
	engine = DMARING_RECORDER_AUTO;
	virt_prepare();
	umount2(MOUNT, MNT_DETACH);
	mount_disk();
}

static void is_healthy(void)
{
	umount2(MOUNT, MNT_DETACH);
	virt_is_healthy();
}

static void begin(struct dmaring_recorder_options options)
{
	options.size = sizeof(options);
	options.engine = engine;
	REQUIRE_EQ(dmaring_open(card_node(), NULL, &stream), 0);
	REQUIRE_EQ(dmaring_get_info(stream, &info), 0);
	if (!CHECK_EQ(dmaring_recorder_open(stream, RECORDING, &options, &recorder), 0))
		printf("# %s\n", dmaring_record_error());
	REQUIRE(recorder);
	REQUIRE_EQ(dmaring_start(stream), 0);
}

#define BEGIN(...) begin((struct dmaring_recorder_options){ __VA_ARGS__ })

static struct dmaring_recorder_state state(void)
{
	struct dmaring_recorder_state now = { .size = sizeof(now) };

	REQUIRE_EQ(dmaring_recorder_get_state(recorder, &now), 0);
	return now;
}

/* Until so many frames are written, or it fails. */
static int record(uint64_t frames)
{
	int err = 0;

	for (int i = 0; !err && state().written < frames; i++) {
		err = dmaring_recorder_step(recorder, 1000);
		REQUIRE(i < STEPS_MAX);
	}
	if (err)
		printf("# %s\n", dmaring_record_error());
	return err;
}

static int end(void)
{
	int err = dmaring_recorder_close(recorder);

	dmaring_close(stream);
	return err;
}

static struct dmaring_verdict verify(int mend)
{
	struct dmaring_verdict verdict = { .size = sizeof(verdict) };

	REQUIRE_EQ(dmaring_recording_verify(RECORDING, mend, &verdict), 0);
	return verdict;
}

static void check_good(uint64_t frames)
{
	struct dmaring_verdict is = verify(0);

	CHECK_EQ(is.frames, frames);
	CHECK_EQ(is.absent + is.corrupt + is.torn + is.spare + is.unended, 0);
	CHECK_EQ(frames_check(RECORDING), frames);
}

EACH_ENGINE(every_byte_of_every_frame)
{
	BEGIN(.sync_ms = 20);
	CHECK_EQ(state().direct, 1);
	CHECK_EQ(state().staged, !(info.caps & DMARING_CAP_DIRECT_IO));
	CHECK_EQ(record(FRAMES), 0);
	CHECK(state().safe > 0);
	CHECK_EQ(end(), 0);
	CHECK(frames_check(RECORDING) >= FRAMES);
	check_good(verify(0).frames);
}

EACH_ENGINE(in_several_files_with_checksums)
{
	BEGIN(.sync_ms = 20, .split_frames = 50, .flags = DMARING_RECORDER_CRC32, .depth = 20);
	CHECK_EQ(record(FRAMES), 0);
	CHECK_EQ(end(), 0);
	check_good(verify(0).frames);
	CHECK(verify(0).files >= FRAMES / 50);
	CHECK_EQ(verify(0).checked, verify(0).frames);
}

EACH_ENGINE(through_the_cache)
{
	BEGIN(.flags = DMARING_RECORDER_BUFFERED);
	CHECK_EQ(state().direct, 0);
	CHECK_EQ(record(FRAMES), 0);
	CHECK_EQ(end(), 0);
	check_good(verify(0).frames);
}

/* Some kernels have no direct I/O there; what is recorded is the same. */
TEST(in_memory)
{
	umount2(MOUNT, MNT_DETACH);
	REQUIRE(!mount("none", MOUNT, "tmpfs", 0, NULL));
	BEGIN(0);
	CHECK_EQ(record(FRAMES / 3), 0);
	CHECK_EQ(end(), 0);
	check_good(verify(0).frames);
}

EACH_ENGINE(losses_are_told)
{
	struct dmaring_verdict is;

	virt_set("overrun_every", 10);
	virt_set("overrun_frames", 3);
	BEGIN(0);
	CHECK_EQ(record(FRAMES), 0);
	CHECK(state().overruns >= 3 * (FRAMES / 10 - 1));
	CHECK_EQ(end(), 0);
	is = verify(0);
	CHECK(is.overruns >= 3 * (FRAMES / 10 - 1));
	check_good(is.frames);
}

#define EVENTS	5
#define PRE	20
#define POST	10

/* Frame by frame: so many before the moment of the trigger, and so many from it on. */
static void check_events(const uint64_t *times)
{
	const struct dmaring_record *is, *before = NULL;
	struct dmaring_recording *recording;

	REQUIRE_EQ(dmaring_recording_open(RECORDING, &recording), 0);
	CHECK_EQ(dmaring_recording_frames(recording), EVENTS * (PRE + POST));
	for (uint64_t i = 0; i < dmaring_recording_frames(recording); i++, before = is) {
		is = dmaring_recording_record(recording, i);
		CHECK_EQ(is->flags, i % (PRE + POST) == PRE ? DMARING_RECORD_TRIGGER : 0);
		if (is->flags) {
			CHECK(is->frame.timestamp_ns >= times[i / (PRE + POST)]);
			/* Of "now" the recorder reads the clock, a little later. */
			if (i / (PRE + POST) % 2)
				CHECK(before->frame.timestamp_ns < times[i / (PRE + POST)]);
		}
		if (before)
			CHECK_EQ(is->overruns + is->drops + is->skipped,
				 is->frame.sequence - before->frame.sequence - 1);
	}
	dmaring_recording_close(recording);
}

static void wait_for_written(uint64_t frames)
{
	for (int i = 0; state().written < frames || state().before < PRE; i++) {
		REQUIRE_EQ(dmaring_recorder_step(recorder, 1000), 0);
		REQUIRE(i < STEPS_MAX);
	}
}

EACH_ENGINE(about_triggers)
{
	uint64_t times[EVENTS];

	virt_set("overrun_every", 17);
	BEGIN(.pre_frames = PRE, .post_frames = POST, .depth = 4);
	for (int i = 0; i < EVENTS; i++) {
		wait_for_written(i * (PRE + POST));
		times[i] = now_ns();
		REQUIRE_EQ(dmaring_recorder_trigger(recorder, i % 2 ? times[i] : 0), 0);
	}
	wait_for_written(EVENTS * (PRE + POST));
	CHECK_EQ(state().triggers, EVENTS);
	CHECK_EQ(state().files, EVENTS);
	CHECK(state().overruns > 0);
	CHECK_EQ(end(), 0);
	check_events(times);
	CHECK_EQ(verify(0).triggers, EVENTS);
}

/* The disk keeps them, and some more; the rest goes. */
EACH_ENGINE(about_triggers_with_more_before_them_than_the_pool_has)
{
	struct dmaring_verdict is;
	uint64_t written, passed;

	REQUIRE_EQ(dmaring_open(card_node(), NULL, &stream), 0);
	REQUIRE_EQ(dmaring_get_info(stream, &info), 0);
	dmaring_close(stream);
	virt_set("overrun_every", 17);
	BEGIN(.pre_frames = 2 * info.buffers, .post_frames = POST, .depth = 4, .sync_ms = 20);
	for (int i = 0; i < 2; i++) {
		written = state().written;
		/* So many that some are gone. */
		passed = state().passed;
		while (state().passed < passed + 4 * info.buffers)
			REQUIRE_EQ(dmaring_recorder_step(recorder, 1000), 0);
		CHECK(state().before < 3 * info.buffers);
		CHECK_EQ(dmaring_recorder_trigger(recorder, 0), 0);
		while (state().event || state().waiting)
			REQUIRE_EQ(dmaring_recorder_step(recorder, 1000), 0);
		CHECK(state().written >= written + 2 * info.buffers + POST);
	}
	CHECK_EQ(state().overruns > 0, 1);
	CHECK_EQ(end(), 0);
	CHECK(!!system("ls " RECORDING "/before-* 2>/dev/null"));
	is = verify(0);
	CHECK_EQ(is.triggers, 2);
	CHECK(is.skipped > 0);
	check_good(is.frames);
}

/* A viewer that takes as many as it may, and gives none back */
static struct dmaring *keep_all(uint32_t buffers)
{
	const struct dmaring_options options = {
		.size = sizeof(options),
		.flags = DMARING_OPEN_READ_ONLY,
		.policy = DMARING_POLICY_LATEST,
		.depth = 1,
		.max_held = buffers - 1,
	};
	struct dmaring_frame frame;
	struct dmaring *viewer;

	REQUIRE_EQ(dmaring_open(card_node(), &options, &viewer), 0);
	REQUIRE_EQ(dmaring_start(viewer), 0);
	for (uint32_t i = 0; i < options.max_held; i++)
		REQUIRE_EQ(dmaring_next(viewer, &frame, 10000), 0);
	return viewer;
}

/* Where all but two buffers would wait, none would come any more. */
EACH_ENGINE(about_a_trigger_beside_a_viewer_that_keeps_frames)
{
	struct dmaring *viewer;

	REQUIRE_EQ(dmaring_open(card_node(), NULL, &stream), 0);
	REQUIRE_EQ(dmaring_get_info(stream, &info), 0);
	dmaring_close(stream);
	viewer = keep_all(info.viewer_buffers);
	BEGIN(.pre_frames = info.buffers - 2, .post_frames = POST, .depth = 4);
	for (int i = 0; state().passed < 3 * info.buffers; i++) {
		REQUIRE_EQ(dmaring_recorder_step(recorder, 100), 0);
		REQUIRE(i < 10000);
	}
	CHECK_EQ(dmaring_recorder_trigger(recorder, 0), 0);
	for (int i = 0; state().event || state().waiting; i++) {
		REQUIRE_EQ(dmaring_recorder_step(recorder, 100), 0);
		REQUIRE(i < 10000);
	}
	CHECK(state().written >= info.buffers - 2 + POST);
	CHECK_EQ(end(), 0);
	dmaring_close(viewer);
	CHECK_EQ(verify(0).triggers, 1);
}

EACH_ENGINE(a_full_disk)
{
	int err;

	run("dd if=/dev/zero of=" MOUNT "/fill bs=1M count=55 2>/dev/null");
	BEGIN(.sync_ms = 20);
	err = record(10 * FRAMES);
	CHECK_EQ(err, -ENOSPC);
	CHECK_EQ(end(), -ENOSPC);
	check_good(verify(0).frames);
	CHECK(verify(0).frames > 10);
}

EACH_ENGINE(a_recorder_that_is_killed)
{
	struct dmaring_verdict is;
	int status, ends[2];
	uint64_t safe = 0;
	pid_t pid;

	REQUIRE(!pipe(ends));
	pid = fork();
	REQUIRE(pid >= 0);
	if (!pid) {
		BEGIN(.sync_ms = 5);
		for (;;) {
			record(state().written + 1);
			safe = state().safe;
			(void)!write(ends[1], &safe, sizeof(safe));
		}
	}
	close(ends[1]);
	while (safe < 100)
		REQUIRE_EQ(read(ends[0], &safe, sizeof(safe)), sizeof(safe));
	kill(pid, SIGKILL);
	while (read(ends[0], &safe, sizeof(safe)) == sizeof(safe))
		;
	REQUIRE_EQ(waitpid(pid, &status, 0), pid);
	CHECK(WIFSIGNALED(status));
	CHECK(frames_check(RECORDING) >= safe);
	is = verify(1);
	CHECK_EQ(is.mended, 1);
	check_good(is.frames);
	BEGIN(.flags = DMARING_RECORDER_APPEND);
	CHECK_EQ(record(50), 0);
	CHECK_EQ(end(), 0);
	CHECK(verify(0).frames >= is.frames + 50);
	check_good(verify(0).frames);
}

EACH_ENGINE(a_card_that_is_unplugged)
{
	int err;

	BEGIN(.sync_ms = 20);
	CHECK_EQ(record(50), 0);
	REQUIRE_EQ(file_write(VIRT_DRIVER "unbind", "dmaring_virt.0"), 0);
	err = record(10 * FRAMES);
	CHECK_EQ(err, -ENODEV);
	end();
	CHECK(verify(0).frames >= 50);
	check_good(verify(0).frames);
	REQUIRE_EQ(file_write(VIRT_DRIVER "bind", "dmaring_virt.0"), 0);
}

int main(void)
{
	return tap_run(prepare, is_healthy);
}
