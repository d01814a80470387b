// SPDX-License-Identifier: MIT
/*
 * Controls and metadata of the simulated grabber: the card takes settings between two
 * frames, and says of each frame what it was made with.
 */
#include <stdlib.h>
#include "control.h"
#include "fgsim.h"
#include "interlude.h"
#include "meta.h"
#include "now.h"

#define CHANGES		300
#define EXPOSURE_US(i)	(10 * ((i) + 1LL))

/* As hw/fgsim/completion.c says of itself. */
struct made_with {
	uint32_t exposure_us;
	uint32_t gain_percent;
	int32_t temperature_mdeg;
	uint32_t encoder;
};

struct recorder {
	struct stream stream;
	struct dmaring_meta field;
	const char *blocks;
};

static struct recorder record(void)
{
	struct recorder recorder = { .stream.fd = stream_open(O_RDWR) };
	struct stream *stream = &recorder.stream;

	REQUIRE_EQ(meta_attach(stream->fd, DMARING_POLICY_LOSSLESS, 0, 0), 0);
	stream->info = stream_info(stream->fd);
	capture_map(stream);
	recorder.field = meta_field(stream->fd, 0);
	recorder.blocks = meta_map(stream->fd);
	REQUIRE_EQ(call(stream->fd, DMARING_IOC_START, NULL), 0);
	return recorder;
}

static struct made_with made_with(const struct recorder *recorder,
				  const struct dmaring_frame *frame)
{
	struct made_with made;

	memcpy(&made, recorder->blocks + frame->buffer * recorder->field.stride, sizeof(made));
	return made;
}

/* Sets it, and returns the number that frames have from then on. */
static uint32_t change(int fd, const char *name, long long number)
{
	struct dmaring_control_value value = control_value(fd, name, number);
	uint32_t seq = 0;

	REQUIRE_EQ(controls_set(fd, &value, 1, &seq, NULL), 0);
	return seq;
}

static void prepare(void)
{
	int fd;

	fgsim_prepare();
	fd = stream_open(O_RDWR);
	REQUIRE_EQ(control_set(fd, "ExposureTime", FGSIM_EXPOSURE_US), 0);
	REQUIRE_EQ(control_set(fd, "Gain", FGSIM_GAIN_PERCENT), 0);
	REQUIRE_EQ(control_set(fd, "TriggerMode", 0), 0);
	close(fd);
}

static void is_healthy(void)
{
	prepare();
	fgsim_is_healthy();
}

/* ------------------------------------------------------------- what there is */

TEST(it_has_what_a_camera_has)
{
	static const struct { const char *name; long long value; } controls[] = {
		{ "AcquisitionFrameRate", FGSIM_RATE }, { "AcquisitionFrameRateEnable", 1 },
		{ "TriggerMode", 0 }, { "TestPattern", DMARING_PATTERN_NOISE },
		{ "ExposureTime", 10000 }, { "Gain", 100 },
	};
	int fd = stream_open(O_RDONLY);

	CHECK(stream_info(fd).caps & DMARING_CAP_CONTROLS);
	for (size_t i = 0; i < sizeof(controls) / sizeof(*controls); i++)
		CHECK_EQ(control_get(fd, controls[i].name), controls[i].value);
	CHECK_EQ(control_find(fd, "TriggerSoftware").type, DMARING_CONTROL_BUTTON);
	CHECK_EQ(control_find(fd, "TestPattern").items, 3);
}

TEST(it_gets_warmer_and_colder)
{
	int fd = stream_open(O_RDWR);
	long long first = control_get(fd, "DeviceTemperature");

	CHECK(first >= 35000 && first <= 41000);
	while (control_get(fd, "DeviceTemperature") == first)
		sleep_ms(1);
	CHECK_EQ(control_set(fd, "DeviceTemperature", 35000), -EPERM);
}

/* ------------------------------------------------------------------- settings */

/* A frame may be newer than its number says, while that is being counted, but never older. */
TEST(no_frame_is_older_than_its_number)
{
	struct recorder recorder = record();
	const struct stream *stream = &recorder.stream;
	uint32_t first = change(stream->fd, "ExposureTime", EXPOSURE_US(0)), seen = 0;
	struct dmaring_frame frame;

	for (int i = 1; i < CHANGES; i++) {
		REQUIRE_EQ(change(stream->fd, "ExposureTime", EXPOSURE_US(i)), first + i);
		while (stream_take(stream->fd, &frame, 1, 0) == 1) {
			int32_t at = frame.control_seq - first;
			uint32_t exposure_us = made_with(&recorder, &frame).exposure_us;

			CHECK_EQ(stream_give(stream->fd, &frame), 0);
			if (at < 0)
				continue;
			seen++;
			if (exposure_us != EXPOSURE_US(at) && exposure_us != EXPOSURE_US(at + 1))
				REQUIRE_EQ(exposure_us, EXPOSURE_US(at));
		}
	}
	CHECK(seen > 0);
}

static void check_brightness(const struct stream *stream, long long exposure_us, long long gain)
{
	struct dmaring_control_value values[] = {
		control_value(stream->fd, "ExposureTime", exposure_us),
		control_value(stream->fd, "Gain", gain),
	};
	uint32_t bright = exposure_us * gain * 65536 / 1000000, number = 0;
	const struct dmaring_format *format = &stream->info.format;
	uint8_t *expected = malloc(format->frame_bytes);
	struct dmaring_frame frame;

	REQUIRE(expected);
	REQUIRE_EQ(controls_set(stream->fd, values, 2, &number, NULL), 0);
	frame = control_take_of(stream, number);
	CHECK_EQ(frame.hw_meta, bright == 65536 ? DMARING_PATTERN_NOISE : DMARING_PATTERN_NONE);
	dmaring_pattern_fill_bright(expected, DMARING_PATTERN_NOISE, format, frame.sequence,
				    bright, 0, format->frame_bytes);
	CHECK(!memcmp(stream->map[frame.buffer], expected, format->frame_bytes));
	CHECK_EQ(stream_give(stream->fd, &frame), 0);
	free(expected);
}

static void check_light(const char *format)
{
	struct stream stream;

	REQUIRE_EQ(card_write("format", format), 0);
	stream = capture_start();
	check_brightness(&stream, 20000, 100);
	check_brightness(&stream, 5000, 100);
	check_brightness(&stream, 1000000, 1600);
	check_brightness(&stream, 5000, 0);
	check_brightness(&stream, 5000, 200);
	close(stream.fd);
}

TEST(more_light_is_brighter) { check_light("32x32"); }

TEST(it_says_what_a_frame_was_made_with)
{
	struct recorder recorder = record();
	const struct stream *stream = &recorder.stream;
	struct dmaring_frame before, frame;
	struct made_with made, then;

	change(stream->fd, "ExposureTime", 2500);
	before = control_take_of(stream, change(stream->fd, "Gain", 300));
	then = made_with(&recorder, &before);
	CHECK_EQ(then.exposure_us, 2500);
	CHECK_EQ(then.gain_percent, 300);
	CHECK(then.temperature_mdeg >= 35000 && then.temperature_mdeg <= 41000);
	CHECK_EQ(stream_give(stream->fd, &before), 0);
	do {
		REQUIRE_EQ(stream_await(stream->fd, &frame), 1);
		CHECK_EQ(stream_give(stream->fd, &frame), 0);
	} while (frame.sequence < before.sequence + 100);
	made = made_with(&recorder, &frame);
	/* Its clock and the host's go at the same speed, as near as the mapping knows. */
	CHECK(labs((long)(made.encoder - then.encoder) -
		   (long)((frame.timestamp_ns - before.timestamp_ns) / FGSIM_ENCODER_NS)) <= 20);
}

TEST(a_rate_takes_effect_at_once)
{
	struct stream stream;
	struct dmaring_frame first, last;

	fgsim_set_rate(1);
	stream = capture_start();
	first = control_take_of(&stream, change(stream.fd, "AcquisitionFrameRate", 100));
	CHECK_EQ(stream_give(stream.fd, &first), 0);
	do {
		last = capture_take(&stream);
		CHECK_EQ(stream_give(stream.fd, &last), 0);
	} while (last.sequence < first.sequence + 20);
	CHECK_EQ((last.timestamp_ns - first.timestamp_ns) / MS,
		 (last.sequence - first.sequence) * 10);
	CHECK_EQ(card_number("device/rate"), 100);
	CHECK_EQ(control_get(stream.fd, "AcquisitionFrameRate"), 100);
	CHECK_EQ(control_set(stream.fd, "AcquisitionFrameRateEnable", 0), -EBUSY);
	CHECK_EQ(call(stream.fd, DMARING_IOC_STOP, NULL), 0);
	CHECK_EQ(control_set(stream.fd, "AcquisitionFrameRateEnable", 0), 0);
	/* It is what the card comes back to. */
	CHECK_EQ(control_set(stream.fd, "AcquisitionFrameRate", 200), 0);
	CHECK_EQ(card_number("device/rate"), 0);
	CHECK_EQ(control_set(stream.fd, "AcquisitionFrameRateEnable", 1), 0);
	CHECK_EQ(card_number("device/rate"), 200);
}

/* A control has it in whole numbers of frames; it is to be as it was, on the card, too. */
static void put_back_rate(struct dmaring_format format, uint64_t period_ns)
{
	struct dmaring_set_format set = {
		.size = sizeof(set), .flags = DMARING_SET_FORMAT_RATE, .format = format,
	};
	int fd = stream_open(O_RDWR);
	struct dmaring_control_value values[] = {
		control_value(fd, "AcquisitionFrameRate", 500),
		control_value(fd, "TriggerSoftware", 0),
	};
	struct stream stream;

	REQUIRE_EQ(call(fd, DMARING_IOC_FORMAT, &set), 0);
	stream = capture_start();
	CHECK_EQ(controls_set(stream.fd, values, 2, NULL, NULL), -EBUSY);
	CHECK_EQ(stream_info(fd).format.rate_numerator, format.rate_numerator);
	CHECK_EQ(stream_info(fd).format.rate_denominator, format.rate_denominator);
	CHECK_EQ(le64toh(fgsim_regs()->driver.period_ns), period_ns);
	/* Its mappings keep the file. */
	CHECK_EQ(call(stream.fd, DMARING_IOC_STOP, NULL), 0);
	close(stream.fd);
	close(fd);
}

TEST(a_rate_that_is_put_back)
{
	put_back_rate((struct dmaring_format){ .rate_numerator = 30000, .rate_denominator = 1001 },
		      33366666);
	/* Samples of a second with those of a frame are more than 32 bits. */
	put_back_rate((struct dmaring_format){
		.pixelformat = DMARING_FOURCC('S', '1', '6', ' '),
		.width = 4096, .height = 1, .channels = 1,
		.rate_numerator = 10000000, .rate_denominator = 1,
	}, 409600);
	put_back_rate((struct dmaring_format){
		.pixelformat = DMARING_PIXELFORMAT_GREY, .width = 32, .height = 32,
		.rate_numerator = FGSIM_RATE, .rate_denominator = 1,
	}, 1000000);
}

TEST(a_frame_for_each_trigger)
{
	struct stream stream = capture_start();
	struct dmaring_frame frame;

	CHECK_EQ(control_set(stream.fd, "TriggerMode", 1), -EBUSY);
	CHECK_EQ(control_set(stream.fd, "TriggerSoftware", 0), -EBUSY);
	REQUIRE_EQ(call(stream.fd, DMARING_IOC_STOP, NULL), 0);
	REQUIRE_EQ(control_set(stream.fd, "TriggerMode", 1), 0);
	CHECK_EQ(control_set(stream.fd, "TriggerSoftware", 0), -EBUSY);
	CHECK_EQ(card_number("device/triggered"), 1);
	REQUIRE_EQ(call(stream.fd, DMARING_IOC_START, NULL), 0);
	CHECK_EQ(stream_take(stream.fd, &frame, 1, 200 * MS), -ETIMEDOUT);
	for (int i = 0; i < 50; i++) {
		REQUIRE_EQ(control_set(stream.fd, "TriggerSoftware", 0), 0);
		frame = capture_take(&stream);
		CHECK_EQ(stream_give(stream.fd, &frame), 0);
	}
	CHECK_EQ(stream_take(stream.fd, &frame, 1, 200 * MS), -ETIMEDOUT);
}

/* ------------------------------------------------------------ by other ways */

TEST(a_file_that_is_written_is_a_change)
{
	int fd = stream_open(O_RDWR);
	uint32_t before = stream_info(fd).control_seq;

	REQUIRE_EQ(card_write("device/pattern", "zone"), 0);
	CHECK_EQ(control_poll(fd, 10000), POLLPRI);
	CHECK_EQ(stream_info(fd).control_seq, before + 1);
	CHECK_EQ(control_get(fd, "TestPattern"), DMARING_PATTERN_ZONE);
	REQUIRE_EQ(card_write("device/triggered", "1"), 0);
	CHECK_EQ(control_get(fd, "TriggerMode"), 1);
	CHECK_EQ(card_write("device/pattern", "off"), -EINVAL);
	CHECK_EQ(control_get(fd, "TestPattern"), DMARING_PATTERN_ZONE);
}

TEST(a_card_that_slept_has_them_back)
{
	struct recorder recorder = record();
	const struct stream *stream = &recorder.stream;
	uint32_t number = change(stream->fd, "ExposureTime", 7770);
	struct dmaring_frame frame;

	interlude_sleep();
	do {
		frame = control_take_of(stream, number);
		CHECK_EQ(made_with(&recorder, &frame).exposure_us, 7770);
		CHECK_EQ(stream_give(stream->fd, &frame), 0);
	} while (!(frame.flags & DMARING_FRAME_DISCONTINUITY));
	CHECK_EQ(control_get(stream->fd, "ExposureTime"), 7770);
}

/* It answers nothing, and has all the time: nobody waits for it. */
TEST(a_card_that_is_away)
{
	struct fgsim_bar *regs = fgsim_regs();
	int fd = stream_open(O_RDWR);
	struct dmaring_control_value gain = control_value(fd, "Gain", 300);
	char address[CARD_PATH_MAX];

	REQUIRE_EQ(card_address(address), 0);
	reg_set(&regs->fault.away_ms, 3000);
	REQUIRE_EQ(stream_attach(fd, DMARING_POLICY_LOSSLESS, 0, 0), 0);
	REQUIRE_EQ(call(fd, DMARING_IOC_START, NULL), 0);
	fault_want(FGSIM_FAULT_AWAY, 1);
	while (reg_get(&regs->card.magic) == FGSIM_MAGIC)
		sleep_ms(1);
	/* Whether the driver has noticed it, or finds it out. */
	CHECK_EQ(control_set_value(fd, gain), -ENODEV);
	CHECK_EQ(card_write("device/pattern", "ramp"), -ENODEV);
	close(fd);
	REQUIRE_EQ(card_unbind(address), 0);
	while (reg_get(&regs->card.magic) != FGSIM_MAGIC)
		sleep_ms(10);
	REQUIRE_EQ(card_bind(address), 0);
}

int main(void)
{
	return tap_run(prepare, is_healthy);
}
