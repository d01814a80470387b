// SPDX-License-Identifier: MIT
/* Files of frames: whole and named, or not there at all. */
#include "lib/frame_dir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include "scratch.h"

#define FRAME_BYTES 5000

static const struct dmaring_format format = {
	.width = 100, .height = 50, .bytes_per_line = 100,
	.pixelformat = DMARING_PIXELFORMAT_GREY,
	.frame_bytes = FRAME_BYTES,
};

static const struct dmaring_frame frame = {
	.sequence = 42, .bytes_used = FRAME_BYTES,
};

static char data[FRAME_BYTES];
static struct frame_dir dir;

static void enter_scratch(void)
{
	scratch_make();
	REQUIRE(!chdir(scratch));
	memset(data, 'd', sizeof(data));
	signal(SIGXFSZ, SIG_IGN);
}

static int entries_of(const char *path)
{
	DIR *entries = opendir(path);
	int count = -2;		/* . and .. */

	while (entries && readdir(entries))
		count++;
	closedir(entries);
	return count;
}

static off_t bytes_of(const char *path)
{
	struct stat status;

	return stat(path, &status) ? -1 : status.st_size;
}

static void limit_file_size(rlim_t bytes)
{
	struct rlimit limit = { bytes, bytes };

	REQUIRE(!setrlimit(RLIMIT_FSIZE, &limit));
}

TEST(a_frame_is_a_file_named_after_its_number)
{
	REQUIRE_EQ(frame_dir_open(&dir, "new", FRAME_FILE_RAW, &format, false), 0);
	CHECK_EQ(frame_dir_write(&dir, &frame, data), 0);
	frame_dir_close(&dir);
	CHECK_EQ(bytes_of("new/frame-00000042.raw"), FRAME_BYTES);
	CHECK_EQ(entries_of("new"), 1);
}

TEST(png_files_are_called_so)
{
	REQUIRE_EQ(frame_dir_open(&dir, ".", FRAME_FILE_PNG, &format, false), 0);
	CHECK_EQ(frame_dir_write(&dir, &frame, data), 0);
	CHECK(bytes_of("frame-00000042.png") > 0);
}

TEST(pgm_files_are_called_so)
{
	REQUIRE_EQ(frame_dir_open(&dir, ".", FRAME_FILE_PNM, &format, false), 0);
	CHECK_EQ(frame_dir_write(&dir, &frame, data), 0);
	CHECK_EQ(bytes_of("frame-00000042.pgm"), sizeof("P5\n100 50\n255\n") - 1 + FRAME_BYTES);
}

TEST(what_is_no_picture_is_refused)
{
	struct dmaring_format samples = format;

	samples.pixelformat = DMARING_FOURCC('S', '3', '2', ' ');
	samples.width = FRAME_BYTES / 4;
	samples.height = 1;
	samples.channels = 1;
	samples.bytes_per_line = FRAME_BYTES;
	CHECK_EQ(frame_dir_open(&dir, "new", FRAME_FILE_PNG, &samples, false), -EINVAL);
	samples.pixelformat = 0;
	CHECK_EQ(frame_dir_open(&dir, "new", FRAME_FILE_TIFF, &samples, false), -EINVAL);
	CHECK_EQ(access("new", F_OK), -1);
}

TEST(the_largest_number_fits)
{
	struct dmaring_frame last = frame;

	last.sequence = UINT64_MAX;
	REQUIRE_EQ(frame_dir_open(&dir, ".", FRAME_FILE_RAW, &format, false), 0);
	CHECK_EQ(frame_dir_write(&dir, &last, data), 0);
	CHECK_EQ(bytes_of("frame-18446744073709551615.raw"), FRAME_BYTES);
}

TEST(frames_of_another_capture_are_not_touched)
{
	REQUIRE(!system("echo precious >frame-00000042.raw"));
	CHECK_EQ(frame_dir_open(&dir, ".", FRAME_FILE_RAW, &format, false), -EEXIST);
	CHECK_EQ(frame_dir_open(&dir, ".", FRAME_FILE_RAW, &format, true), 0);
	CHECK_EQ(frame_dir_write(&dir, &frame, data), 0);
	CHECK_EQ(bytes_of("frame-00000042.raw"), FRAME_BYTES);
}

TEST(a_frame_that_does_not_fit_leaves_nothing)
{
	REQUIRE_EQ(frame_dir_open(&dir, "new", FRAME_FILE_RAW, &format, false), 0);
	limit_file_size(FRAME_BYTES - 1);
	CHECK_EQ(frame_dir_write(&dir, &frame, data), -EFBIG);
	CHECK_EQ(bytes_of("new/frame-00000042.raw"), -1);
	frame_dir_close(&dir);
	CHECK_EQ(entries_of("new"), 0);
}

/* A buffer of a card that is gone cannot be read. */
TEST(a_frame_that_cannot_be_read_is_no_device)
{
	REQUIRE_EQ(frame_dir_open(&dir, "new", FRAME_FILE_RAW, &format, false), 0);
	CHECK_EQ(frame_dir_write(&dir, &frame, (void *)4096), -ENODEV);
	frame_dir_close(&dir);
	CHECK_EQ(entries_of("new"), 0);
}

TEST(a_short_frame_is_no_image_and_the_next_one_can_be)
{
	struct dmaring_frame cut = frame;

	cut.bytes_used--;
	REQUIRE_EQ(frame_dir_open(&dir, "new", FRAME_FILE_PNG, &format, false), 0);
	CHECK_EQ(frame_dir_write(&dir, &cut, data), -EMSGSIZE);
	CHECK_EQ(entries_of("new"), 0);
	CHECK_EQ(frame_dir_write(&dir, &frame, data), 0);
	CHECK_EQ(entries_of("new"), 1);
}

TEST(what_is_no_directory_is_refused)
{
	REQUIRE(!system("touch file"));
	CHECK_EQ(frame_dir_open(&dir, "file", FRAME_FILE_RAW, &format, false), -ENOTDIR);
	CHECK_EQ(frame_dir_open(&dir, "no/such", FRAME_FILE_RAW, &format, false), -ENOENT);
}

TEST(a_directory_without_permission_is_refused)
{
	REQUIRE(!mkdir("locked", 0555));
	if (!geteuid())
		REQUIRE(!seteuid(65534));
	CHECK_EQ(frame_dir_open(&dir, "locked", FRAME_FILE_RAW, &format, false), -EACCES);
}

int main(void)
{
	return tap_run(enter_scratch, scratch_remove);
}
