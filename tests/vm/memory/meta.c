// SPDX-License-Identifier: MIT
/* Metadata: each frame has its own, until it is released, and nobody else's is seen. */
#define _GNU_SOURCE
#include <sys/uio.h>
#include <sys/wait.h>
#include "gone.h"
#include "meta.h"
#include "virt.h"

#define FIELDS	4
#define FRAMES	1000

struct taker {
	int fd;
	struct dmaring_info info;
	struct dmaring_meta field;
	const char *blocks;
};

static struct taker begin(int flags, uint32_t policy, uint32_t depth, uint32_t max_held)
{
	struct taker taker = { .fd = stream_open(flags) };

	REQUIRE_EQ(meta_attach(taker.fd, policy, depth, max_held), 0);
	taker.info = stream_info(taker.fd);
	taker.field = meta_field(taker.fd, 0);
	taker.blocks = meta_map(taker.fd);
	return taker;
}

static struct taker record(void)
{
	struct taker taker = begin(O_RDWR, DMARING_POLICY_LOSSLESS, 0, 0);

	REQUIRE_EQ(call(taker.fd, DMARING_IOC_START, NULL), 0);
	return taker;
}

static const struct virt_meta *block_of(const struct taker *taker, uint32_t buffer)
{
	return (const void *)(taker->blocks + buffer * taker->field.stride);
}

static struct dmaring_frame take(const struct taker *taker)
{
	struct dmaring_frame frame;

	REQUIRE_EQ(stream_await(taker->fd, &frame), 1);
	meta_check(block_of(taker, frame.buffer), &frame);
	return frame;
}

static void prepare(void)
{
	virt_prepare();
	virt_set("bare_every", 0);
}

TEST(the_fields_are_described)
{
	static const char *const names[] = { "FrameCounter", "Timestamp", "ExposureTime",
					     "EncoderValue" };
	static const char *const units[] = { "", "ns", "ns", "counts" };
	static const uint32_t types[] = { DMARING_META_U64, DMARING_META_U64, DMARING_META_U32,
					  DMARING_META_S32 };
	static const uint32_t offsets[] = { 0, 8, 16, 20 };
	int fd = stream_open(O_RDONLY);
	struct dmaring_info info = stream_info(fd);

	CHECK(info.caps & DMARING_CAP_META);
	CHECK(info.features & DMARING_FEATURE_META);
	CHECK_EQ(info.meta_bytes, sizeof(struct virt_meta));
	REQUIRE_EQ(info.meta_fields, FIELDS);
	for (uint32_t i = 0; i < FIELDS; i++) {
		struct dmaring_meta field = meta_field(fd, i);

		CHECK_EQ(field.size, sizeof(field));
		CHECK_EQ(field.index, i);
		CHECK(!strcmp(field.name, names[i]));
		CHECK(!strcmp(field.unit, units[i]));
		CHECK_EQ(field.type, types[i]);
		CHECK_EQ(field.offset, offsets[i]);
		CHECK(field.stride >= info.meta_bytes);
		CHECK(field.length >= (uint64_t)info.buffers * field.stride);
		CHECK_EQ(field.reserved0, 0);
		CHECK_EQ(field.reserved[0] | field.reserved[1], 0);
	}
}

TEST(a_bad_argument_is_refused)
{
	struct { struct dmaring_meta meta; char more[8]; } longer = { .meta.size = sizeof(longer) };
	int fd = stream_open(O_RDONLY);
	struct dmaring_meta bad = { .size = sizeof(bad), .index = FIELDS };

	CHECK_EQ(call(fd, DMARING_IOC_META, &bad), -EINVAL);
	bad.index = UINT32_MAX;
	CHECK_EQ(call(fd, DMARING_IOC_META, &bad), -EINVAL);
	bad.index = 0;
	bad.size--;
	CHECK_EQ(call(fd, DMARING_IOC_META, &bad), -EINVAL);
	bad.size++;
	bad.reserved0 = 1;
	CHECK_EQ(call(fd, DMARING_IOC_META, &bad), -EINVAL);
	bad.reserved0 = 0;
	bad.reserved[1] = 1;
	CHECK_EQ(call(fd, DMARING_IOC_META, &bad), -EINVAL);
	CHECK_EQ(call(fd, DMARING_IOC_META, &longer), 0);
	longer.meta = (struct dmaring_meta) { .size = sizeof(longer) };
	longer.more[7] = 1;
	CHECK_EQ(call(fd, DMARING_IOC_META, &longer), -E2BIG);
	CHECK_EQ(call(fd, DMARING_IOC_META, NULL), -EFAULT);
}

TEST(each_frame_has_its_own)
{
	struct taker taker = record();

	for (int i = 0; i < FRAMES; i++) {
		struct dmaring_frame frame = take(&taker);

		CHECK_EQ(stream_give(taker.fd, &frame), 0);
	}
}

TEST(through_read_too)
{
	struct taker taker = record();
	struct dmaring_frame frame;

	for (int i = 0; i < 20; i++) {
		REQUIRE_EQ(read(taker.fd, &frame, sizeof(frame)), sizeof(frame));
		meta_check(block_of(&taker, frame.buffer), &frame);
		CHECK_EQ(stream_give(taker.fd, &frame), 0);
	}
}

TEST(it_stays_while_others_come_and_go)
{
	struct taker taker = record();
	struct dmaring_frame held = take(&taker), frame;

	for (int i = 0; i < FRAMES; i++) {
		frame = take(&taker);
		CHECK_EQ(stream_give(taker.fd, &frame), 0);
	}
	meta_check(block_of(&taker, held.buffer), &held);
}

/* A viewer's frame is as much its own as a recorder's, however long it looks. */
TEST(several_consumers)
{
	struct taker recorder = record();
	struct taker viewer = begin(O_RDONLY, DMARING_POLICY_LATEST, 2, 4);
	struct dmaring_frame held[4], frame;

	REQUIRE_EQ(call(viewer.fd, DMARING_IOC_START, NULL), 0);
	for (int i = 0; i < 4; i++)
		held[i] = take(&viewer);
	for (int i = 0; i < FRAMES; i++) {
		frame = take(&recorder);
		CHECK_EQ(stream_give(recorder.fd, &frame), 0);
	}
	for (int i = 0; i < 4; i++) {
		meta_check(block_of(&viewer, held[i].buffer), &held[i]);
		CHECK_EQ(stream_give(viewer.fd, &held[i]), 0);
	}
	take(&viewer);
}

/* Not what an earlier frame of the buffer had. */
TEST(a_frame_without_has_zeroes)
{
	static const struct virt_meta none;
	struct taker taker = record();
	struct dmaring_frame frame;
	int bare = 0;

	for (int i = 0; i < FRAMES; i++) {
		frame = take(&taker);
		CHECK_EQ(stream_give(taker.fd, &frame), 0);
	}
	virt_set("bare_every", 3);
	for (int i = 0; i < FRAMES; i++) {
		const struct virt_meta *meta;

		REQUIRE_EQ(stream_await(taker.fd, &frame), 1);
		meta = block_of(&taker, frame.buffer);
		if (!memcmp(meta, &none, sizeof(none)))
			bare++;
		else
			meta_check(meta, &frame);
		CHECK_EQ(stream_give(taker.fd, &frame), 0);
	}
	CHECK(bare >= FRAMES / 3 - (int)taker.info.buffers && bare <= FRAMES / 3 + 1);
}

/* ------------------------------------------------------------------ mapping */

static int map_error(int fd, size_t bytes, int protection, int flags, uint64_t offset)
{
	void *map = mmap(NULL, bytes, protection, flags, fd, offset);

	if (map == MAP_FAILED)
		return -errno;
	munmap(map, bytes);
	return 0;
}

TEST(who_may_map_it_and_how)
{
	int fd = stream_open(O_RDWR);
	struct dmaring_meta field = meta_field(fd, 0);
	uint64_t at = field.mmap_offset;

	CHECK_EQ(map_error(fd, field.length, PROT_READ, MAP_SHARED, at), -ENOTCONN);
	REQUIRE_EQ(stream_attach(fd, DMARING_POLICY_LOSSLESS, 0, 0), 0);
	CHECK_EQ(map_error(fd, field.length, PROT_READ, MAP_SHARED, at), -EINVAL);
	REQUIRE_EQ(call(fd, DMARING_IOC_DETACH, NULL), 0);
	REQUIRE_EQ(meta_attach(fd, DMARING_POLICY_LOSSLESS, 0, 0), 0);
	CHECK_EQ(map_error(fd, field.length, PROT_READ, MAP_SHARED, at), 0);
	CHECK_EQ(map_error(fd, page_bytes(), PROT_READ, MAP_SHARED, at), 0);
	CHECK_EQ(map_error(fd, field.length, PROT_READ, MAP_PRIVATE, at), -EINVAL);
	CHECK_EQ(map_error(fd, field.length, PROT_READ | PROT_WRITE, MAP_SHARED, at), -EACCES);
	CHECK_EQ(map_error(fd, field.length, PROT_READ | PROT_EXEC, MAP_SHARED, at), -EINVAL);
	CHECK_EQ(map_error(fd, field.length + page_bytes(), PROT_READ, MAP_SHARED, at), -EINVAL);
	CHECK_EQ(map_error(fd, page_bytes(), PROT_READ, MAP_SHARED, at + field.length), -EINVAL);
}

TEST(it_is_read_only_for_good)
{
	struct taker taker = begin(O_RDWR, DMARING_POLICY_LOSSLESS, 0, 0);

	CHECK(mprotect((void *)taker.blocks, taker.field.length, PROT_READ | PROT_WRITE));
	CHECK_EQ(errno, EACCES);
}

TEST(no_reference_to_its_pages)
{
	struct taker taker = begin(O_RDWR, DMARING_POLICY_LOSSLESS, 0, 0);
	struct iovec part = { .iov_base = (void *)taker.blocks, .iov_len = 64 };
	int ends[2];

	REQUIRE(!pipe(ends));
	CHECK_EQ(write(ends[1], taker.blocks, 64), 64);		/* a copy is none */
	CHECK(vmsplice(ends[1], &part, 1, 0) < 0);
	CHECK_EQ(errno, EFAULT);
}

TEST(a_mapping_keeps_from_detach)
{
	struct taker taker = begin(O_RDWR, DMARING_POLICY_LOSSLESS, 0, 0);

	CHECK_EQ(call(taker.fd, DMARING_IOC_DETACH, NULL), -EBUSY);
	REQUIRE(!munmap((void *)taker.blocks, taker.field.length));
	CHECK_EQ(call(taker.fd, DMARING_IOC_DETACH, NULL), 0);
}

TEST(a_child_does_not_inherit_it)
{
	struct taker taker = begin(O_RDWR, DMARING_POLICY_LOSSLESS, 0, 0);
	int status;
	pid_t child = fork();

	if (!child) {
		gone_catch_sigbus();
		signal(SIGSEGV, SIG_DFL);
		_exit(*taker.blocks);
	}
	REQUIRE_EQ(waitpid(child, &status, 0), child);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
}

/* ---------------------------------------------------------------- who is next */

TEST(nothing_of_an_earlier_consumer_is_seen)
{
	struct taker taker = record();
	struct dmaring_frame frame;
	uint32_t i;

	for (i = 0; i < 2 * taker.info.buffers; i++) {
		frame = take(&taker);
		CHECK_EQ(stream_give(taker.fd, &frame), 0);
	}
	REQUIRE(!munmap((void *)taker.blocks, taker.field.length));
	close(taker.fd);
	taker = begin(O_RDONLY, DMARING_POLICY_LATEST, 1, 1);
	for (i = 0; i < taker.field.length; i++)
		if (!CHECK_EQ(taker.blocks[i], 0))
			break;
}

TEST(removal_cuts_it)
{
	struct taker taker = record(), untouched;
	struct dmaring_frame frame = take(&taker);

	untouched = begin(O_RDONLY, DMARING_POLICY_LATEST, 1, 1);
	gone_catch_sigbus();
	CHECK(gone_touch((const void *)block_of(&taker, frame.buffer)) >= 0);
	REQUIRE_EQ(file_write(VIRT_DRIVER "unbind", "dmaring_virt.0"), 0);
	CHECK_EQ(gone_touch((const void *)block_of(&taker, frame.buffer)), -EFAULT);
	CHECK_EQ(gone_touch((const void *)untouched.blocks), -EFAULT);
	CHECK_EQ(call(taker.fd, DMARING_IOC_META, &taker.field), -ENODEV);
	munmap((void *)taker.blocks, taker.field.length);
	munmap((void *)untouched.blocks, untouched.field.length);
	close(taker.fd);
	close(untouched.fd);
	REQUIRE_EQ(file_write(VIRT_DRIVER "bind", "dmaring_virt.0"), 0);
}

TEST(removal_leaves_zeroes_to_who_asked_for_them)
{
	struct dmaring_attach argument = attach_argument(DMARING_POLICY_LATEST, 1, 1);
	struct taker taker = { .fd = stream_open(O_RDONLY) };
	uint32_t i;

	argument.features = DMARING_FEATURE_META | DMARING_FEATURE_ZEROES;
	REQUIRE_EQ(call(taker.fd, DMARING_IOC_ATTACH, &argument), 0);
	taker.field = meta_field(taker.fd, 0);
	taker.blocks = meta_map(taker.fd);
	REQUIRE_EQ(call(taker.fd, DMARING_IOC_START, NULL), 0);
	take(&taker);
	gone_catch_sigbus();
	REQUIRE_EQ(file_write(VIRT_DRIVER "unbind", "dmaring_virt.0"), 0);
	for (i = 0; i < taker.field.length; i++)
		if (!CHECK_EQ(gone_touch((const uint8_t *)taker.blocks + i), 0))
			break;
	munmap((void *)taker.blocks, taker.field.length);
	close(taker.fd);
	REQUIRE_EQ(file_write(VIRT_DRIVER "bind", "dmaring_virt.0"), 0);
}

int main(void)
{
	return tap_run(prepare, NULL);
}
