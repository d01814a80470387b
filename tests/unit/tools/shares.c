// SPDX-License-Identifier: MIT
/* Recordings that are shares of one series: what is missing, and what is not. */
#include "lib/shares.h"

#include <errno.h>
#include <libdmaring-record.h>
#include <stdarg.h>
#include <string.h>
#include "scratch.h"

#define NO_MORE UINT64_MAX

static const struct dmaring_format format = {
	.width = 8,
	.height = 8,
	.pixelformat = DMARING_PIXELFORMAT_GREY,
	.bytes_per_line = 8,
	.frame_bytes = 64,
	.channels = 1,
};

static struct shares is;

/* Pairs of a frame's number and of what the sender has lost so far, up to NO_MORE. */
static void make(const char *path, struct share share, ...)
{
	struct dmaring_record record = { .frame.bytes_used = 64 };
	struct dmaring_writer *writer;
	uint8_t data[64] = { 0 };
	va_list more;

	REQUIRE_EQ(dmaring_writer_open(path, &format, 0, &writer), 0);
	va_start(more, share);
	for (;;) {
		record.frame.sequence = va_arg(more, uint64_t);
		if (record.frame.sequence == NO_MORE)
			break;
		record.frame.overruns_total = va_arg(more, uint64_t);
		REQUIRE_EQ(dmaring_writer_add(writer, &record, data), 0);
	}
	va_end(more);
	REQUIRE_EQ(dmaring_writer_close(writer), 0);
	if (*share.series)
		REQUIRE_EQ(share_write(path, &share), 0);
}

static int check(void)
{
	static char *paths[] = { "a", "b" };

	return shares_check(paths, 2, &is);
}

#define SERIES	.series = "s", .has_first = true, .first = 10
#define END(at, l)	.has_end = true, .end = at, .lost = l
#define F(n)	(uint64_t)(n), (uint64_t)0
#define L(n, l)	(uint64_t)(n), (uint64_t)(l)

TEST(together_they_have_all)
{
	make("a", (struct share){ SERIES }, F(10), F(13), F(14), NO_MORE);
	make("b", (struct share){ SERIES, END(16, 0) }, F(11), F(12), F(15), NO_MORE);
	REQUIRE_EQ(check(), 0);
	CHECK(!strcmp(is.series, "s"));
	CHECK_EQ(is.count, 2);
	CHECK_EQ(is.frames, 6);
	CHECK_EQ(is.missing, 0);
	CHECK_EQ(is.duplicates, 0);
	CHECK(is.has_first && is.has_end);
}

TEST(what_the_sender_lost_is_not_missing)
{
	make("a", (struct share){ SERIES }, F(10), L(15, 3), NO_MORE);
	make("b", (struct share){ SERIES, END(16, 3) }, F(11), NO_MORE);
	REQUIRE_EQ(check(), 0);
	CHECK_EQ(is.missing, 0);
	CHECK_EQ(is.lost, 3);
}

/* The sender lost two, a third one was sent. */
TEST(what_is_in_no_share_is_missing)
{
	make("a", (struct share){ SERIES }, F(12), L(16, 2), NO_MORE);
	make("b", (struct share){ SERIES, END(20, 2) }, F(11), NO_MORE);
	REQUIRE_EQ(check(), 0);
	CHECK_EQ(is.missing, 1 + 1 + 3);
	CHECK_EQ(is.frames, 3);
}

/* What the sender told of its losses was in a frame that nobody has. */
TEST(what_was_lost_between_missing_frames_is_not_missing)
{
	make("a", (struct share){ SERIES }, F(10), L(20, 7), NO_MORE);
	make("b", (struct share){ SERIES, END(30, 12) }, L(21, 7), NO_MORE);
	REQUIRE_EQ(check(), 0);
	CHECK_EQ(is.missing, 2 + 3);
	CHECK_EQ(is.lost, 12);
}

TEST(a_frame_that_is_there_twice_is_a_duplicate)
{
	make("a", (struct share){ SERIES }, F(10), F(11), F(12), NO_MORE);
	make("b", (struct share){ SERIES, END(13, 0) }, F(11), F(12), NO_MORE);
	REQUIRE_EQ(check(), 0);
	CHECK_EQ(is.duplicates, 2);
	CHECK_EQ(is.missing, 0);
}

TEST(without_an_end_nobody_knows)
{
	make("a", (struct share){ SERIES }, F(10), NO_MORE);
	make("b", (struct share){ .series = "s" }, F(11), NO_MORE);
	REQUIRE_EQ(check(), 0);
	CHECK(is.has_first && !is.has_end);
}

TEST(others_are_refused)
{
	make("a", (struct share){ SERIES }, F(10), NO_MORE);
	make("b", (struct share){ .series = "t" }, F(11), NO_MORE);
	CHECK_EQ(check(), -EINVAL);
	REQUIRE(!system("rm b/series.json"));
	CHECK_EQ(check(), -ENOENT);
	REQUIRE(!system("echo '{\"series\":7}' >b/series.json"));
	CHECK_EQ(check(), -EPROTO);
	REQUIRE(!system("head -c 9999 /dev/zero >b/series.json"));
	CHECK_EQ(check(), -EPROTO);
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
