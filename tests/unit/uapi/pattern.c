// SPDX-License-Identifier: MIT
/* The test patterns, against values worked out by another program. */
#include <dmaring/pattern.h>
#include "tap.h"

static const struct {
	__u32 pattern, width;
	__u64 sequence;
	__u32 offset;
	__u8 byte;
} vectors[] = {
	{ DMARING_PATTERN_RAMP, 160, 0ULL, 0, 0x00 },
	{ DMARING_PATTERN_RAMP, 160, 0ULL, 1, 0x01 },
	{ DMARING_PATTERN_RAMP, 160, 0ULL, 256, 0x01 },
	{ DMARING_PATTERN_RAMP, 160, 1ULL, 0, 0x25 },
	{ DMARING_PATTERN_RAMP, 160, 7ULL, 19199, 0x4c },
	{ DMARING_PATTERN_RAMP, 160, 31ULL, 12345, 0xe4 },
	{ DMARING_PATTERN_RAMP, 640, 1000000007ULL, 65536, 0x04 },
	{ DMARING_PATTERN_RAMP, 1, 5ULL, 4095, 0xc7 },
	{ DMARING_PATTERN_RAMP, 4096, 0xffffffffffffffffULL, 1048575, 0xe8 },
	{ DMARING_PATTERN_RAMP, 7, 1099511627776ULL, 16777219, 0x04 },
	{ DMARING_PATTERN_NOISE, 160, 0ULL, 0, 0xaf },
	{ DMARING_PATTERN_NOISE, 160, 0ULL, 1, 0xcd },
	{ DMARING_PATTERN_NOISE, 160, 0ULL, 256, 0x01 },
	{ DMARING_PATTERN_NOISE, 160, 1ULL, 0, 0x38 },
	{ DMARING_PATTERN_NOISE, 160, 7ULL, 19199, 0x22 },
	{ DMARING_PATTERN_NOISE, 160, 31ULL, 12345, 0x12 },
	{ DMARING_PATTERN_NOISE, 640, 1000000007ULL, 65536, 0x81 },
	{ DMARING_PATTERN_NOISE, 1, 5ULL, 4095, 0x50 },
	{ DMARING_PATTERN_NOISE, 4096, 0xffffffffffffffffULL, 1048575, 0x94 },
	{ DMARING_PATTERN_NOISE, 7, 1099511627776ULL, 16777219, 0xca },
	{ DMARING_PATTERN_ZONE, 160, 0ULL, 0, 0xfe },
	{ DMARING_PATTERN_ZONE, 160, 0ULL, 1, 0xd6 },
	{ DMARING_PATTERN_ZONE, 160, 0ULL, 256, 0xe4 },
	{ DMARING_PATTERN_ZONE, 160, 1ULL, 0, 0xf3 },
	{ DMARING_PATTERN_ZONE, 160, 7ULL, 19199, 0x0c },
	{ DMARING_PATTERN_ZONE, 160, 31ULL, 12345, 0x2f },
	{ DMARING_PATTERN_ZONE, 640, 1000000007ULL, 65536, 0x44 },
	{ DMARING_PATTERN_ZONE, 1, 5ULL, 4095, 0x36 },
	{ DMARING_PATTERN_ZONE, 4096, 0xffffffffffffffffULL, 1048575, 0xbb },
	{ DMARING_PATTERN_ZONE, 7, 1099511627776ULL, 16777219, 0x13 },
};

TEST(bytes_are_what_another_program_computes)
{
	size_t i;

	for (i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++)
		if (!CHECK_EQ(dmaring_pattern_byte(vectors[i].pattern,
						   vectors[i].width,
						   vectors[i].sequence,
						   vectors[i].offset),
			      vectors[i].byte))
			printf("# vector %zu\n", i);
}

/* The first numbers of the published generator with seeds 0 and 1 */
TEST(noise_is_splitmix64)
{
	CHECK(dmaring_pattern_mix(0) == 0xe220a8397b1dcdafULL);
	CHECK(dmaring_pattern_mix(1) == 0x910a2dec89025cc1ULL);
}

TEST(an_unknown_pattern_is_noise)
{
	CHECK_EQ(dmaring_pattern_byte(DMARING_PATTERN_COUNT, 160, 3, 5),
		 dmaring_pattern_byte(DMARING_PATTERN_NOISE, 160, 3, 5));
}

TEST(every_pattern_has_a_name)
{
	static const char *const names[] = { DMARING_PATTERN_NAMES };

	CHECK_EQ(sizeof(names) / sizeof(names[0]), DMARING_PATTERN_COUNT);
	CHECK(!strcmp(names[DMARING_PATTERN_ZONE], "zone"));
}

#define FRAME_BYTES 1000

/* A frame is put together from chunks; where they meet must not show. */
TEST(chunks_make_the_same_frame)
{
	__u8 whole[FRAME_BYTES], pieces[FRAME_BYTES];
	__u32 pattern, at, bytes;

	for (pattern = 0; pattern < DMARING_PATTERN_COUNT; pattern++) {
		dmaring_pattern_fill(whole, pattern, 40, 9, 0, FRAME_BYTES);
		for (at = 0; at < FRAME_BYTES; at += bytes) {
			bytes = FRAME_BYTES - at < 77 ? FRAME_BYTES - at : 77;
			dmaring_pattern_fill(pieces + at, pattern, 40, 9, at,
					     bytes);
		}
		CHECK(!memcmp(whole, pieces, FRAME_BYTES));
	}
}

TEST(check_finds_the_first_wrong_byte)
{
	__u8 frame[FRAME_BYTES];
	__u32 pattern, wrong;

	for (pattern = 0; pattern < DMARING_PATTERN_COUNT; pattern++) {
		dmaring_pattern_fill(frame, pattern, 40, 9, 0, FRAME_BYTES);
		CHECK_EQ(dmaring_pattern_check(frame, pattern, 40, 9,
					       FRAME_BYTES), FRAME_BYTES);
		for (wrong = 0; wrong < FRAME_BYTES; wrong++) {
			frame[wrong] ^= 0x80;
			CHECK_EQ(dmaring_pattern_check(frame, pattern, 40, 9,
						       FRAME_BYTES), wrong);
			frame[wrong] ^= 0x80;
		}
	}
}

TEST(a_frame_of_another_time_is_wrong)
{
	__u8 frame[FRAME_BYTES];
	__u32 pattern;

	for (pattern = 0; pattern < DMARING_PATTERN_COUNT; pattern++) {
		dmaring_pattern_fill(frame, pattern, 40, 9, 0, FRAME_BYTES);
		CHECK(dmaring_pattern_check(frame, pattern, 40, 10,
					    FRAME_BYTES) < FRAME_BYTES);
	}
}

TEST(a_width_of_zero_counts_as_one)
{
	__u8 frame[16];

	dmaring_pattern_fill(frame, DMARING_PATTERN_ZONE, 0, 1, 0, 16);
	CHECK_EQ(dmaring_pattern_check(frame, DMARING_PATTERN_ZONE, 1, 1, 16), 16);
}

int main(void)
{
	return tap_run(NULL, NULL);
}
