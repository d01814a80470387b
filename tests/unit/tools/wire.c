// SPDX-License-Identifier: MIT
/* Messages of frames: what is written is read again, and nonsense does no harm. */
#include "lib/cbor.h"
#include "lib/json_scan.h"
#include "lib/wire.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include "tap.h"

#define ROOM (WIRE_HEADER_MAX + 4096)	/* for a message, before a page that nobody may touch */

static uint8_t *room;
static uint8_t prefix[WIRE_PREFIX];
static struct wire_message is;

static struct wire_message a_message(uint32_t pixelformat, uint32_t width, uint32_t height,
				     uint32_t line, uint32_t bytes)
{
	return (struct wire_message){
		.kind = WIRE_FRAME,
		.series = "0000-series",
		.number = 77,
		.begun_ns = 1700000000000000001,
		.first = 5,
		.has_first = true,
		.format = {
			.width = width,
			.height = height,
			.pixelformat = pixelformat,
			.bytes_per_line = line,
			.frame_bytes = line * height,
			.channels = 1,
			.rate_numerator = 30000,
			.rate_denominator = 1001,
		},
		.frame = {
			.sequence = 1ULL << 40,
			.bytes_used = bytes,
			.timestamp_ns = UINT64_MAX,
			.flags = DMARING_FRAME_ERROR,
			.hw_meta = 0x8000000000000000,
			.control_seq = 9,
		},
		.realtime_ns = 1700000000123456789,
		.overruns = 3,
		.drops = 70000,
		.skipped = 1ULL << 33,
		.lost = 1ULL << 34,
	};
}

static struct wire_message grey(void)
{
	return a_message(DMARING_PIXELFORMAT_GREY, 64, 32, 64, 2048);
}

/* The message at the end of the room, so that to read behind it is found out. */
static const char *read_stream2(const uint8_t *text, size_t bytes)
{
	memmove(room + ROOM - bytes, text, bytes);
	return wire_read_stream2(room + ROOM - bytes, bytes, &is);
}

static const char *read_array(const uint8_t *text, size_t bytes, size_t data)
{
	memmove(room + ROOM - bytes, text, bytes);
	return wire_read_array(room + ROOM - bytes, bytes, room, data, &is);
}

static void fill(uint8_t *to, uint32_t bytes)
{
	for (uint32_t i = 0; i < bytes; i++)
		to[i] = i * 7 + 1;
}

static const char *there_and_back(enum wire_form form, const struct wire_message *message)
{
	uint32_t bytes = message->frame.bytes_used;
	static uint8_t whole[ROOM];
	size_t head = wire_prefix(form, message, prefix);

	REQUIRE(head && head < WIRE_PREFIX && head + bytes <= ROOM);
	if (form == WIRE_ARRAY) {
		CHECK(wire_is_array(prefix, head));
		fill(room, bytes);
		return read_array(prefix, head, bytes);
	}
	CHECK(!wire_is_array(prefix, head));
	memcpy(whole, prefix, head);
	fill(whole + head, bytes);
	return read_stream2(whole, head + bytes);
}

static void check_same(const struct wire_message *message)
{
	static uint8_t expected[ROOM];

	CHECK_EQ(is.kind, WIRE_FRAME);
	CHECK(!strcmp(is.series, message->series));
	CHECK_EQ(is.number, message->number);
	CHECK(is.has_first);
	CHECK_EQ(is.first, message->first);
	CHECK(!memcmp(&is.format, &message->format, sizeof(is.format)));
	CHECK(!memcmp(&is.frame, &message->frame, sizeof(is.frame)));
	CHECK_EQ(is.realtime_ns, message->realtime_ns);
	CHECK_EQ(is.overruns, message->overruns);
	CHECK_EQ(is.drops, message->drops);
	CHECK_EQ(is.skipped, message->skipped);
	CHECK_EQ(is.lost, message->lost);
	fill(expected, message->frame.bytes_used);
	CHECK(!memcmp(is.data, expected, message->frame.bytes_used));
}

/* Also lines that are padded, pixels in odd places, short frames and raw bytes. */
TEST(frames_come_back_as_they_were)
{
	const struct wire_message messages[] = {
		grey(),
		a_message(DMARING_PIXELFORMAT_GREY, 60, 32, 64, 2048),
		a_message(DMARING_FOURCC('Y', '1', '6', ' '), 30, 32, 64, 2048),
		a_message(DMARING_FOURCC('Y', '1', '0', 'P'), 64, 32, 80, 2560),
		a_message(DMARING_FOURCC('R', 'G', 'B', '3'), 20, 10, 60, 600),
		a_message(DMARING_PIXELFORMAT_GREY, 64, 32, 64, 2047),
		a_message(DMARING_PIXELFORMAT_GREY, 64, 32, 64, 0),
	};
	const char *why;

	for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) {
		for (enum wire_form form = WIRE_ARRAY; form <= WIRE_STREAM2; form++) {
			why = there_and_back(form, &messages[i]);
			if (!CHECK(!why))
				printf("# %zu: %s\n", i, why);
			check_same(&messages[i]);
		}
	}
}

TEST(a_series_begins_and_ends)
{
	struct wire_message message = grey();
	size_t bytes;

	message.kind = WIRE_END;
	message.end = 1234;
	bytes = wire_prefix(WIRE_ARRAY, &message, prefix);
	CHECK(!read_array(prefix, bytes, 0));
	CHECK(is.kind == WIRE_END && is.has_first && is.first == 5 && is.end == 1234);
	CHECK_EQ(is.lost, message.lost);
	CHECK(!strcmp(is.series, message.series));
	bytes = wire_prefix(WIRE_STREAM2, &message, prefix);
	CHECK(!read_stream2(prefix, bytes));
	CHECK(is.kind == WIRE_END && is.has_first && is.first == 5 && is.end == 1234);
	message.kind = WIRE_START;
	CHECK_EQ(wire_prefix(WIRE_ARRAY, &message, prefix), 0);
	bytes = wire_prefix(WIRE_STREAM2, &message, prefix);
	CHECK(!read_stream2(prefix, bytes));
	CHECK(is.kind == WIRE_START && !strcmp(is.series, message.series));
}

static const char *read_text(const char *header, size_t data)
{
	return read_array((const uint8_t *)header, strlen(header), data);
}

/* Those of others tell less. */
static const char *const of_others[] = {
	"{\"htype\":[\"array-1.0\"], \"type\":\"uint16\", \"shape\":[3,4], \"frame\":7, \"source\":{\"a\":[1,{}]}}",
	"{\"htype\":\"array-1.0\",\"type\":\"float32\",\"shape\":[2,2],\"frame\":0}",
};

TEST(senders_of_others_are_understood)
{
	CHECK(!read_text(of_others[0], 24));
	CHECK_EQ(is.frame.sequence, 7);
	CHECK_EQ(is.format.width, 4);
	CHECK_EQ(is.format.height, 3);
	CHECK_EQ(is.format.pixelformat, DMARING_FOURCC('Y', '1', '6', ' '));
	CHECK(!is.has_first && !*is.series);
	CHECK(!read_text(of_others[1], 16));
	CHECK(!is.format.pixelformat && is.format.frame_bytes == 16);
}

TEST(what_does_not_fit_is_refused)
{
	static const char *const headers[] = {
		"", "{", "{}", "[]", "{\"htype\":1}",
		"{\"htype\":\"array-1.0\"}",
		"{\"htype\":\"array-1.1\",\"type\":\"uint8\",\"shape\":[4,4],\"frame\":1}",
		"{\"htype\":\"array-1.0\",\"type\":\"uint8\",\"shape\":[4,4]}",
		"{\"htype\":\"array-1.0\",\"type\":\"uint8\",\"shape\":[4,5],\"frame\":1}",
		"{\"htype\":\"array-1.0\",\"type\":\"uint8\",\"shape\":[-4,4],\"frame\":1}",
		"{\"htype\":\"array-1.0\",\"type\":\"uint8\",\"shape\":[1,1,1,4,4],\"frame\":1}",
		"{\"htype\":\"array-1.0\",\"type\":\"object\",\"shape\":[4,4],\"frame\":1}",
		"{\"htype\":\"array-1.0\",\"type\":\"uint8\",\"shape\":[16],\"frame\":1,\"pixelformat\":0,\"width\":0,\"height\":0,\"bytes_per_line\":0,\"frame_bytes\":4294967295}",
		"{\"htype\":\"array-1.0\",\"type\":\"uint8\",\"shape\":[4,4],\"frame\":1} x",
		"{\"htype\":\"array-1.0\",\"type\":\"uint8\",\"frame\":1,\"shape\":[4294967296,4294967296,16]}",
		"{\"htype\":\"array-1.0\",\"type\":\"uint8\",\"shape\":[4,4],\"frame\":18446744073709551616}",
		"{\"htype\":\"array-1.0\",\"type\":\"uint8\",\"shape\":[4,4],\"frame\":1,\"pixelformat\":1497715271,\"width\":4,\"height\":400,\"bytes_per_line\":4,\"frame_bytes\":16}",
		"{\"htype\":\"array-1.0\",\"type\":\"uint8\",\"shape\":[4,4],\"frame\":1,\"a\":[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]}",
	};

	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
		if (!CHECK(read_text(headers[i], 16)))
			printf("# %s\n", headers[i]);
}

/* A frame of no bytes is none; who asks for much with little is refused early. */
TEST(what_costs_nothing_to_send_costs_nothing)
{
	static char header[WIRE_HEADER_MAX + 100];

	CHECK(read_text("{\"htype\":\"array-1.0\",\"type\":\"uint8\",\"shape\":[0],\"frame\":1}",
			0));
	memset(header, ' ', sizeof(header) - 1);
	memcpy(header, of_others[0], strlen(of_others[0]));
	CHECK(read_text(header, 24));
	header[WIRE_HEADER_MAX] = '\0';
	CHECK(!read_text(header, 24));
}

/* A name goes to terminals and into files. */
static const char *const with_a_path[] = {
	"{\"htype\":\"array-1.0\",\"type\":\"uint8\",\"shape\":[16],\"frame\":1,\"series_unique_id\":\"a/../b\"}",
};

TEST(a_series_has_a_plain_name)
{
	CHECK(!read_text(with_a_path[0], 16));
	CHECK(!*is.series);
}

static uint64_t random_state = 88172645463325252;

static uint64_t random64(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	return random_state ^= random_state << 17;
}

/* Bytes changed, taken out and cut off.  Whatever comes of it, nobody reads behind the
 * end, and a frame that is taken is where it was said to be.
 */
static void mutate(const uint8_t *text, size_t bytes, bool array, size_t data)
{
	static uint8_t other[ROOM];
	size_t count = bytes, at;
	const char *why;

	memcpy(other, text, bytes);
	for (uint64_t times = random64() % 4; times--;) {
		at = random64() % count;
		if (random64() % 4) {
			other[at] = random64() % 3 ? random64() : other[random64() % count];
		} else if (count > 1) {
			memmove(other + at, other + at + 1, count - at - 1);
			count--;
		}
	}
	if (!(random64() % 4))
		count = random64() % (count + 1);
	why = array ? read_array(other, count, data) : read_stream2(other, count);
	if (why || is.kind != WIRE_FRAME)
		return;
	if (array)
		REQUIRE_EQ(is.frame.bytes_used, data);
	else
		REQUIRE((const uint8_t *)is.data >= room + ROOM - count &&
			(const uint8_t *)is.data + is.frame.bytes_used <= room + ROOM);
	REQUIRE(is.frame.bytes_used <= is.format.frame_bytes);
}

TEST(nonsense_does_no_harm)
{
	struct wire_message message = a_message(DMARING_PIXELFORMAT_GREY, 8, 4, 8, 32);
	uint8_t whole[WIRE_PREFIX + 32] = { 0 };
	size_t bytes = wire_prefix(WIRE_STREAM2, &message, whole) + 32;
	size_t head = wire_prefix(WIRE_ARRAY, &message, prefix);

	for (int i = 0; i < 200000; i++) {
		mutate(whole, bytes, false, 32);
		mutate(prefix, head, true, 32);
	}
}

static bool skips(const char *text, size_t bytes)
{
	struct cbor_in in;

	memcpy(room + ROOM - bytes, text, bytes);
	in = (struct cbor_in){ room + ROOM - bytes, room + ROOM };
	return cbor_skip(&in) && in.at == in.end;
}

#define SKIPS(text) skips(text, sizeof(text) - 1)

/* Examples of RFC 8949, appendix A and F. */
TEST(items_of_cbor)
{
	CHECK(SKIPS("\x00"));
	CHECK(SKIPS("\x1b\xff\xff\xff\xff\xff\xff\xff\xff"));
	CHECK(SKIPS("\x83\x01\x82\x02\x03\x82\x04\x05"));
	CHECK(SKIPS("\xbf\x61\x61\x01\x61\x62\x9f\x02\x03\xff\xff"));
	CHECK(SKIPS("\x5f\x42\x01\x02\x43\x03\x04\x05\xff"));
	CHECK(SKIPS("\xfb\x3f\xf1\x99\x99\x99\x99\x99\x9a"));
	CHECK(!SKIPS("\x18"));
	CHECK(!SKIPS("\x1c"));
	CHECK(!SKIPS("\x61"));
	CHECK(!SKIPS("\x5b\xff\xff\xff\xff\xff\xff\xff\xff\x01"));
	CHECK(!SKIPS("\xbb\x80\x00\x00\x00\x00\x00\x00\x00"));
	CHECK(!SKIPS("\x81"));
	CHECK(!SKIPS("\xff"));
	CHECK(!SKIPS("\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\x00"));
}

static void prepare(void)
{
	room = mmap(NULL, ROOM + 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		    -1, 0);
	REQUIRE(room != MAP_FAILED);
	REQUIRE(!mprotect(room + ROOM, 4096, PROT_NONE));
}

int main(void)
{
	return tap_run(prepare, NULL);
}
