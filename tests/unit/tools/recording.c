// SPDX-License-Identifier: MIT
/* Where the frames of a capture go, and the index of them. */
#define _GNU_SOURCE		/* pipe2 */
#include "lib/interrupt.h"
#include "lib/recording.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include "scratch.h"

#define FRAME_BYTES 5000
#define PIPE_MOST (1 << 20)

static const struct dmaring_info info = {
	.format = {
		.width = 100, .height = 50, .bytes_per_line = 100,
		.pixelformat = DMARING_PIXELFORMAT_GREY,
		.frame_bytes = FRAME_BYTES,
	},
};

static char data[PIPE_MOST + FRAME_BYTES];
static struct dmaring_frame frame;
static struct recording recording;
static struct options options;

static void enter_scratch(void)
{
	scratch_make();
	REQUIRE(!chdir(scratch));
	memset(data, 'd', sizeof(data));
	signal(SIGXFSZ, SIG_IGN);
	frame = (struct dmaring_frame){
		.sequence = 42, .bytes_used = FRAME_BYTES,
		.timestamp_ns = 1000000,
	};
	options.format = FRAME_FILE_RAW;
}

static int open_to(const char *output)
{
	options.output = output;
	return recording_open(&recording, &options, NULL, &info);
}

static int write_one(void)
{
	int err = recording_write(&recording, &frame, data, &info.format);

	frame.sequence++;
	frame.timestamp_ns += 1000;
	return err;
}

static void check_content(const char *path, const char *expected)
{
	FILE *file = fopen(path, "r");
	char content[1024] = "";

	if (!CHECK(file))
		return;
	content[fread(content, 1, sizeof(content) - 1, file)] = '\0';
	fclose(file);
	if (!CHECK(!strcmp(content, expected)))
		printf("# it has:\n# %s\n", content);
}

static off_t bytes_of(const char *path)
{
	struct stat status;

	return stat(path, &status) ? -1 : status.st_size;
}

#define HEAD "sequence,timestamp_ns,bytes,flags,overruns_before,drops_before,where\n"

TEST(frames_in_a_row_and_an_index_beside_them)
{
	REQUIRE_EQ(open_to("frames.raw"), 0);
	CHECK_EQ(write_one(), 0);
	frame.flags = DMARING_FRAME_ERROR | DMARING_FRAME_DISCONTINUITY |
		      DMARING_FRAME_TRUNCATED;
	frame.sequence += 3;
	frame.overruns_total = 2;
	CHECK_EQ(write_one(), 0);
	CHECK_EQ(recording_close(&recording), 0);
	CHECK_EQ(bytes_of("frames.raw"), 2 * FRAME_BYTES);
	check_content("frames.raw.csv", HEAD
		      "42,1000000,5000,,0,0,0\n"
		      "46,1001000,5000,damaged+truncated+discontinuity,2,1,5000\n");
}

TEST(the_losses_before_each_frame_are_in_the_index)
{
	REQUIRE_EQ(open_to("frames.raw"), 0);
	CHECK_EQ(write_one(), 0);
	frame.sequence += 3;
	frame.overruns_total = 2;
	CHECK_EQ(write_one(), 0);
	CHECK_EQ(write_one(), 0);
	frame.sequence += 4;
	CHECK_EQ(write_one(), 0);
	CHECK_EQ(recording_close(&recording), 0);
	check_content("frames.raw.csv", HEAD
		      "42,1000000,5000,,0,0,0\n"
		      "46,1001000,5000,,2,1,5000\n"
		      "47,1002000,5000,,0,0,10000\n"
		      "52,1003000,5000,,0,4,15000\n");
}

TEST(files_of_frames_and_an_index_among_them)
{
	REQUIRE_EQ(open_to("frames"), 0);
	CHECK_EQ(write_one(), 0);
	CHECK_EQ(write_one(), 0);
	CHECK_EQ(recording_close(&recording), 0);
	CHECK_EQ(bytes_of("frames/frame-00000043.raw"), FRAME_BYTES);
	check_content("frames/index.csv", HEAD
		      "42,1000000,5000,,0,0,frame-00000042.raw\n"
		      "43,1001000,5000,,0,0,frame-00000043.raw\n");
}

TEST(the_index_has_what_was_left_out)
{
	options.format = FRAME_FILE_PNG;
	REQUIRE_EQ(open_to("frames"), 0);
	frame.bytes_used = 1;
	CHECK_EQ(write_one(), -EMSGSIZE);
	CHECK_EQ(recording_close(&recording), 0);
	check_content("frames/index.csv", HEAD "42,1000000,1,,0,0,\n");
}

TEST(a_short_frame_in_a_row_is_filled_up)
{
	REQUIRE_EQ(open_to("frames.raw"), 0);
	frame.bytes_used = 3;
	CHECK_EQ(write_one(), 0);
	frame.bytes_used = FRAME_BYTES;
	CHECK_EQ(write_one(), 0);
	CHECK_EQ(recording_close(&recording), 0);
	CHECK_EQ(bytes_of("frames.raw"), 2 * FRAME_BYTES);
	check_content("frames.raw.csv", HEAD
		      "42,1000000,3,,0,0,0\n43,1001000,5000,,0,0,5000\n");
}

/* A killed capture leaves an index of all that is complete. */
TEST(the_index_keeps_up)
{
	REQUIRE_EQ(open_to("frames.raw"), 0);
	CHECK_EQ(write_one(), 0);
	check_content("frames.raw.csv", HEAD "42,1000000,5000,,0,0,0\n");
}

static int kind_of(const char *output)
{
	int kind;

	REQUIRE_EQ(open_to(output), 0);
	kind = recording.kind;
	recording_close(&recording);
	return kind;
}

TEST(names_tell_files_from_directories)
{
	CHECK_EQ(kind_of("a"), RECORDING_DIR);
	CHECK_EQ(kind_of("b/"), RECORDING_DIR);
	CHECK_EQ(kind_of(".hidden"), RECORDING_DIR);
	CHECK_EQ(kind_of("b.2/"), RECORDING_DIR);
	CHECK_EQ(kind_of("c.raw"), RECORDING_ROW);
	CHECK_EQ(kind_of("a/c.y"), RECORDING_ROW);
	CHECK_EQ(kind_of("b.2/c"), RECORDING_DIR);
	options.format = FRAME_FILE_PNG;
	CHECK_EQ(kind_of("d.png"), RECORDING_DIR);
}

TEST(what_is_there_counts_more_than_its_name)
{
	REQUIRE(!mkdir("day.1", 0755) && !system("touch file"));
	CHECK_EQ(kind_of("day.1"), RECORDING_DIR);
	CHECK_EQ(kind_of("file"), RECORDING_ROW);
	CHECK_EQ(kind_of("/dev/null"), RECORDING_ROW);
}

TEST(a_file_that_is_there_is_kept)
{
	REQUIRE(!system("echo precious >frames.raw"));
	CHECK_EQ(open_to("frames.raw"), -EEXIST);
	check_content("frames.raw", "precious\n");
	options.overwrite = true;
	CHECK_EQ(open_to("frames.raw"), 0);
	CHECK_EQ(bytes_of("frames.raw"), 0);
}

TEST(so_is_an_index)
{
	REQUIRE(!system("echo precious >frames.raw.csv; mkdir dir; echo precious >dir/index.csv"));
	CHECK_EQ(open_to("frames.raw"), -EEXIST);
	CHECK_EQ(open_to("dir"), -EEXIST);
	check_content("frames.raw.csv", "precious\n");
	check_content("dir/index.csv", "precious\n");
}

TEST(two_recordings_keep_off_each_other)
{
	struct recording other;

	options.overwrite = true;
	REQUIRE_EQ(open_to("dir"), 0);
	CHECK_EQ(recording_open(&other, &options, NULL, &info), -EBUSY);
	CHECK_EQ(write_one(), 0);
	recording_close(&recording);
	CHECK_EQ(recording_open(&other, &options, NULL, &info), 0);
	recording_close(&other);
	REQUIRE_EQ(open_to("frames.raw"), 0);
	CHECK_EQ(write_one(), 0);
	CHECK_EQ(recording_open(&other, &options, NULL, &info), -EBUSY);
	CHECK_EQ(bytes_of("frames.raw"), FRAME_BYTES);
}

TEST(an_index_can_have_a_place_of_its_own)
{
	options.index = "elsewhere";
	REQUIRE_EQ(open_to("frames.raw"), 0);
	CHECK_EQ(write_one(), 0);
	recording_close(&recording);
	check_content("elsewhere", HEAD "42,1000000,5000,,0,0,0\n");
	CHECK_EQ(bytes_of("frames.raw.csv"), -1);
}

TEST(nothing_lies_beside_a_device_or_a_pipe)
{
	REQUIRE(!symlink("/dev/null", "null.raw"));
	REQUIRE_EQ(open_to("null.raw"), 0);
	CHECK_EQ(write_one(), 0);
	recording_close(&recording);
	CHECK_EQ(bytes_of("null.raw.csv"), -1);
	options.index = "index";
	REQUIRE_EQ(open_to("null.raw"), 0);
	CHECK_EQ(write_one(), 0);
	recording_close(&recording);
	check_content("index", HEAD "43,1001000,5000,,0,0,0\n");
}

TEST(a_part_of_a_frame_is_taken_back)
{
	struct rlimit limit = { FRAME_BYTES + 7, FRAME_BYTES + 7 };

	REQUIRE_EQ(open_to("frames.raw"), 0);
	REQUIRE(!setrlimit(RLIMIT_FSIZE, &limit));
	CHECK_EQ(write_one(), 0);
	CHECK_EQ(write_one(), -EFBIG);
	recording_close(&recording);
	CHECK_EQ(bytes_of("frames.raw"), FRAME_BYTES);
	check_content("frames.raw.csv", HEAD "42,1000000,5000,,0,0,0\n");
}

/* A buffer of a card that is gone cannot be read. */
TEST(a_frame_that_cannot_be_read_is_no_device)
{
	REQUIRE_EQ(open_to("frames.raw"), 0);
	CHECK_EQ(recording_write(&recording, &frame, (void *)4096, &info.format), -ENODEV);
	recording_close(&recording);
	CHECK_EQ(bytes_of("frames.raw"), 0);
}

TEST(a_full_disk_ends_it)
{
	REQUIRE_EQ(open_to("/dev/full"), 0);
	CHECK_EQ(write_one(), -ENOSPC);
}

/* ------------------------------------------------------------------ into a pipe */

/* Return: the reader's end of what is the standard output then. */
static int open_pipe(void)
{
	int ends[2];

	REQUIRE(!pipe2(ends, O_CLOEXEC));
	fflush(stdout);
	REQUIRE(dup2(ends[1], STDOUT_FILENO) == STDOUT_FILENO);
	close(ends[1]);
	REQUIRE_EQ(open_to("-"), 0);
	return ends[0];
}

/* So that what is printed is seen again. */
static void leave_pipe(int saved)
{
	fflush(stdout);
	dup2(saved, STDOUT_FILENO);
}

TEST(a_pipe_gets_all)
{
	int saved = dup(STDOUT_FILENO), reader = open_pipe();
	int err = write_one();
	ssize_t bytes = read(reader, data, sizeof(data));

	leave_pipe(saved);
	CHECK_EQ(err, 0);
	CHECK_EQ(bytes, FRAME_BYTES);
	CHECK(!recording.index.file);
}

TEST(a_pipe_whose_reader_has_gone_is_told)
{
	int saved = dup(STDOUT_FILENO), err;

	close(open_pipe());
	err = write_one();
	leave_pipe(saved);
	CHECK_EQ(err, -EPIPE);
}

/* A frame is larger than what the pipe takes. */
static int write_large(void)
{
	frame.bytes_used = sizeof(data);
	return write_one();
}

static void interrupt_soon(void)
{
	pid_t writer = getpid();

	interrupt_catch();
	if (fork())
		return;
	usleep(200000);
	kill(writer, SIGTERM);
	_exit(0);
}

TEST(a_reader_that_stopped_does_not_keep_it_from_ending)
{
	int saved = dup(STDOUT_FILENO), reader = open_pipe(), err;

	alarm(60);
	interrupt_soon();
	err = write_large();
	leave_pipe(saved);
	CHECK_EQ(err, -ETIMEDOUT);
	close(reader);
}

static void read_slowly(int reader)
{
	static char part[65536];
	size_t all = 0;
	ssize_t bytes;

	if (fork())
		return;
	close(STDOUT_FILENO);
	recording_close(&recording);
	usleep(400000);
	while ((bytes = read(reader, part, sizeof(part))) > 0) {
		all += bytes;
		usleep(10000);
	}
	_exit(all == sizeof(data) ? 0 : 1);
}

TEST(a_slow_reader_gets_the_whole_frame_even_then)
{
	int saved = dup(STDOUT_FILENO), reader = open_pipe(), err, status;

	read_slowly(reader);
	interrupt_soon();
	err = write_large();
	recording_close(&recording);
	leave_pipe(saved);
	CHECK_EQ(err, 0);
	close(reader);
	while (wait(&status) > 0)
		CHECK_EQ(status, 0);
}

int main(void)
{
	return tap_run(enter_scratch, scratch_remove);
}
