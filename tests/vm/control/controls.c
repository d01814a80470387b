// SPDX-License-Identifier: MIT
/* Controls of the source without a card: what there is, setting, reading, events. */
#include <sys/epoll.h>
#include "pages.h"
#include "virt_control.h"

#define FRAMES	200	/* around a change */

/* ------------------------------------------------------------- what there is */

TEST(each_is_described_and_has_its_default)
{
	int fd = stream_open(O_RDONLY);
	struct dmaring_info stream = stream_info(fd);

	CHECK(stream.caps & DMARING_CAP_CONTROLS);
	REQUIRE(stream.controls > 0);
	for (uint32_t i = 0; i < stream.controls; i++) {
		struct dmaring_control_info info = control_info(fd, i);
		struct dmaring_control_value value = { .index = i };

		CHECK_EQ(info.size, DMARING_CONTROL_INFO_SIZE_VER0);
		CHECK_EQ(info.index, i);
		CHECK(strnlen(info.name, sizeof(info.name)) < sizeof(info.name) && info.name[0]);
		CHECK(strnlen(info.unit, sizeof(info.unit)) < sizeof(info.unit));
		CHECK(strnlen(info.text, sizeof(info.text)) < sizeof(info.text));
		CHECK(info.type >= DMARING_CONTROL_INTEGER && info.type <= DMARING_CONTROL_STRING);
		CHECK(info.minimum <= info.maximum && info.step >= 1);
		CHECK(!info.items == (info.type != DMARING_CONTROL_MENU));
		CHECK_EQ(control_get_value(fd, &value), 0);
		if (info.type == DMARING_CONTROL_STRING)
			CHECK(!memcmp(value.text, info.text, sizeof(value.text)));
		else if (!(info.flags & DMARING_CONTROL_VOLATILE) &&
			 strcmp(info.name, "AcquisitionFrameRate"))
			CHECK_EQ(value.value, info.default_value);
	}
}

TEST(items_have_names)
{
	static const char *const names[] = { "ramp", "noise", "zone", "off" };
	int fd = stream_open(O_RDONLY);
	struct dmaring_control_info info = control_find(fd, "TestPattern");
	struct dmaring_control_info exposure = control_find(fd, "ExposureTime");

	REQUIRE_EQ(info.items, 4);
	CHECK_EQ(info.maximum, 3);
	for (uint32_t i = 0; i < 4; i++) {
		struct dmaring_control_info item = control_info_argument(info.index, i);

		REQUIRE_EQ(call(fd, DMARING_IOC_CONTROL_INFO, &item), 0);
		CHECK_EQ(strcmp(item.text, names[i]), 0);
	}
	for (uint32_t i = 4; i; i <<= 1) {
		struct dmaring_control_info item = control_info_argument(info.index, i);

		CHECK_EQ(call(fd, DMARING_IOC_CONTROL_INFO, &item), -EINVAL);
	}
	exposure.item = 1;
	CHECK_EQ(call(fd, DMARING_IOC_CONTROL_INFO, &exposure), -EINVAL);
}

TEST(there_are_no_more)
{
	int fd = stream_open(O_RDWR);
	uint32_t controls = stream_info(fd).controls;
	const uint32_t wrong[] = { controls, controls + 1, 0x80000000, 0xffffffff };

	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		struct dmaring_control_info info = control_info_argument(wrong[i], 0);
		struct dmaring_control_value value = { .index = wrong[i] };

		CHECK_EQ(call(fd, DMARING_IOC_CONTROL_INFO, &info), -EINVAL);
		CHECK_EQ(control_set_value(fd, value), -EINVAL);
		CHECK_EQ(control_get_value(fd, &value), -EINVAL);
	}
}

/* ------------------------------------------------------------- set, read */

TEST(what_is_set_is_read)
{
	int fd = stream_open(O_RDWR), other = stream_open(O_RDONLY);
	struct dmaring_control_value id = control_text(fd, "DeviceUserID", "left eye");

	CHECK_EQ(control_set(fd, "ExposureTime", 20000), 0);
	CHECK_EQ(control_set(fd, "TestPattern", 2), 0);
	CHECK_EQ(control_set_value(fd, id), 0);
	CHECK_EQ(control_get(other, "ExposureTime"), 20000);
	CHECK_EQ(control_get(other, "TestPattern"), 2);
	CHECK_EQ(control_get_value(other, &id), 0);
	CHECK_EQ(strcmp(id.text, "left eye"), 0);
	for (size_t i = strlen(id.text); i < sizeof(id.text); i++)
		CHECK_EQ(id.text[i], 0);
}

TEST(values_that_cannot_be)
{
	static const struct { const char *name; long long value; int error; } bad[] = {
		{ "ExposureTime", 0, -ERANGE }, { "ExposureTime", 9, -ERANGE },
		{ "ExposureTime", 15, -ERANGE }, { "ExposureTime", 1000001, -ERANGE },
		{ "ExposureTime", -10, -ERANGE }, { "ExposureTime", INT64_MIN, -ERANGE },
		{ "ExposureTime", INT64_MAX, -ERANGE }, { "TestPattern", -1, -ERANGE },
		{ "TestPattern", 4, -ERANGE }, { "TestPattern", 1LL << 32, -ERANGE },
		{ "AcquisitionFrameRateEnable", 2, -ERANGE },
		{ "AcquisitionFrameRateEnable", -1, -ERANGE },
		{ "TriggerSoftware", 1, -ERANGE }, { "DeviceUserID", 1, -EINVAL },
		{ "DeviceTemperature", 35000, -EPERM },
	};
	int fd = stream_open(O_RDWR);
	struct dmaring_control_value text = control_text(fd, "ExposureTime", "long");

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (!CHECK_EQ(control_set(fd, bad[i].name, bad[i].value), bad[i].error))
			printf("# %s=%lld\n", bad[i].name, bad[i].value);
	text.value = 10000;
	CHECK_EQ(control_set_value(fd, text), -EINVAL);
	text = control_text(fd, "DeviceUserID", "thirty-two characters are too ma");
	CHECK_EQ(control_set_value(fd, text), -ERANGE);
	text.text[31] = '\0';
	CHECK_EQ(control_set_value(fd, text), 0);
	memset(text.text, 'x', sizeof(text.text));
	CHECK_EQ(control_set_value(fd, text), -EINVAL);
	text.reserved = 1;
	CHECK_EQ(control_set_value(fd, text), -EINVAL);
	CHECK_EQ(control_get(fd, "ExposureTime"), 10000);
}

/* What is behind its end says nothing. */
TEST(a_text_ends_where_it_ends)
{
	int fd = stream_open(O_RDWR);
	struct dmaring_control_value text = control_text(fd, "DeviceUserID", "a");

	memset(text.text + 2, 'x', sizeof(text.text) - 2);
	CHECK_EQ(control_set_value(fd, text), 0);
	CHECK_EQ(control_get_value(fd, &text), 0);
	CHECK_EQ(text.text[0], 'a');
	for (size_t i = 1; i < sizeof(text.text); i++)
		CHECK_EQ(text.text[i], 0);
}

TEST(counts_and_flags_that_cannot_be)
{
	int fd = stream_open(O_RDWR);
	struct dmaring_control_value values[DMARING_CONTROLS_MAX + 1] = { { 0 } };
	struct dmaring_controls argument;

	for (uint32_t flags = 0; flags <= 1; flags++) {
		argument = controls_argument(flags, values, 0);
		CHECK_EQ(call(fd, DMARING_IOC_CONTROLS, &argument), -EINVAL);
		argument = controls_argument(flags, values, DMARING_CONTROLS_MAX + 1);
		CHECK_EQ(call(fd, DMARING_IOC_CONTROLS, &argument), -EINVAL);
		argument = controls_argument(flags, values, 0xffffffff);
		CHECK_EQ(call(fd, DMARING_IOC_CONTROLS, &argument), -EINVAL);
		argument = controls_argument(flags, NULL, 1);
		CHECK_EQ(call(fd, DMARING_IOC_CONTROLS, &argument), -EFAULT);
		CHECK_EQ(argument.bad, 0xcccccccc);
	}
	/* As many as can be read at once. */
	argument = controls_argument(0, values, DMARING_CONTROLS_MAX);
	CHECK_EQ(call(fd, DMARING_IOC_CONTROLS, &argument), 0);
	CHECK_EQ(argument.bad, DMARING_CONTROLS_MAX);
}

TEST(values_that_cannot_be_answered)
{
	int fd = stream_open(O_RDWR);
	struct dmaring_control_value value = { 0 };
	struct dmaring_controls argument = controls_argument(0, NULL, 1);

	argument.values = (uintptr_t)pages_read_only(&value, sizeof(value));
	CHECK_EQ(call(fd, DMARING_IOC_CONTROLS, &argument), -EFAULT);
	/* But set. */
	value = control_value(fd, "ExposureTime", 30000);
	argument = controls_argument(DMARING_CONTROLS_SET, NULL, 1);
	argument.values = (uintptr_t)pages_read_only(&value, sizeof(value));
	CHECK_EQ(call(fd, DMARING_IOC_CONTROLS, &argument), 0);
	CHECK_EQ(control_get(fd, "ExposureTime"), 30000);
}

TEST(all_or_none)
{
	int fd = stream_open(O_RDWR);
	uint32_t seq = stream_info(fd).control_seq, bad, after;
	struct dmaring_control_value values[] = {
		control_value(fd, "ExposureTime", 20000),
		control_value(fd, "Gain", 200),
		control_text(fd, "DeviceUserID", "x"),
		control_value(fd, "TestPattern", 1),
	};

	values[2].value = 1;
	CHECK_EQ(controls_set(fd, values, 4, NULL, &bad), -EINVAL);
	CHECK_EQ(bad, 2);
	values[2].value = 0;
	values[3].value = 99;
	CHECK_EQ(controls_set(fd, values, 4, NULL, &bad), -ERANGE);
	CHECK_EQ(bad, 3);
	values[3] = values[1];
	CHECK_EQ(controls_set(fd, values, 4, NULL, &bad), -EINVAL);
	CHECK_EQ(bad, 3);
	values[3] = control_value(fd, "TestPattern", 1);
	set_parameter("control_refuses", "1");
	CHECK_EQ(controls_set(fd, values, 4, NULL, &bad), -ENXIO);
	CHECK_EQ(bad, 2);
	CHECK_EQ(control_get(fd, "ExposureTime"), 10000);
	CHECK_EQ(control_get(fd, "Gain"), 100);
	CHECK_EQ(control_get(fd, "TestPattern"), control_find(fd, "TestPattern").default_value);
	CHECK_EQ(stream_info(fd).control_seq, seq);
	set_parameter("control_refuses", "0");
	CHECK_EQ(controls_set(fd, values, 4, &after, &bad), 0);
	CHECK_EQ(bad, 4);
	CHECK_EQ(after, seq + 1);
	CHECK_EQ(control_get(fd, "Gain"), 200);
	CHECK_EQ(control_get(fd, "TestPattern"), 1);
}

/* The card has them back, too, not only the kernel. */
TEST(what_was_put_back_is_what_the_card_has)
{
	struct stream stream = capture_start();
	struct dmaring_control_value values[] = {
		control_value(stream.fd, "ExposureTime", 20000),
		control_text(stream.fd, "DeviceUserID", "x"),
	};

	set_parameter("control_refuses", "1");
	CHECK_EQ(controls_set(stream.fd, values, 2, NULL, NULL), -ENXIO);
	for (uint32_t i = 0; i < 2 * stream.info.buffers; i++) {
		struct dmaring_frame frame;

		REQUIRE_EQ(stream_await(stream.fd, &frame), 1);
		CHECK_EQ(stream_give(stream.fd, &frame), 0);
	}
	capture_frames(&stream, 10);
}

/* Set without a control, while nobody runs. */
static struct dmaring_format set_fraction(int fd)
{
	struct dmaring_set_format set = { .size = sizeof(set), .flags = DMARING_SET_FORMAT_RATE };

	set.format.rate_numerator = 30000;
	set.format.rate_denominator = 1001;
	CHECK_EQ(call(fd, DMARING_IOC_FORMAT, &set), 0);
	return set.format;
}

static void rate_is(int fd, const struct dmaring_format *format)
{
	struct dmaring_info info = stream_info(fd);

	CHECK_EQ(info.format.rate_numerator, format->rate_numerator);
	CHECK_EQ(info.format.rate_denominator, format->rate_denominator);
}

/* A control of whole numbers knows less of it. */
TEST(a_rate_is_put_back_as_it_was)
{
	int fd = stream_open(O_RDWR);
	struct dmaring_format before = set_fraction(fd);
	struct dmaring_control_value values[] = {
		control_value(fd, "AcquisitionFrameRate", 500),
		control_text(fd, "DeviceUserID", "x"),
	};

	CHECK_EQ(control_get(fd, "AcquisitionFrameRate"), 29);
	set_parameter("control_refuses", "1");
	CHECK_EQ(controls_set(fd, values, 2, NULL, NULL), -ENXIO);
	rate_is(fd, &before);
	values[0] = control_value(fd, "AcquisitionFrameRateEnable", 0);
	CHECK_EQ(controls_set(fd, values, 2, NULL, NULL), -ENXIO);
	rate_is(fd, &before);
	set_parameter("control_refuses", "0");
	/* What is not put back is what the control says. */
	CHECK_EQ(control_set(fd, "AcquisitionFrameRate", 29), 0);
	before.rate_numerator = 29;
	before.rate_denominator = 1;
	rate_is(fd, &before);
}

TEST(so_is_that_of_a_card_that_runs)
{
	int fd = stream_open(O_RDWR);
	struct dmaring_control_value values[] = {
		control_value(fd, "AcquisitionFrameRate", 500),
		control_text(fd, "DeviceUserID", "x"),
	};
	struct dmaring_frame first, last;
	struct stream stream;

	set_fraction(fd);
	stream = capture_start();
	set_parameter("control_refuses", "1");
	CHECK_EQ(controls_set(stream.fd, values, 2, NULL, NULL), -ENXIO);
	REQUIRE_EQ(stream_await(stream.fd, &first), 1);
	CHECK_EQ(stream_give(stream.fd, &first), 0);
	do {
		REQUIRE_EQ(stream_await(stream.fd, &last), 1);
		CHECK_EQ(stream_give(stream.fd, &last), 0);
	} while (last.sequence < first.sequence + 100);
	/* 33.4 ms apart; at 29 Hz it were 34.5. */
	CHECK((last.timestamp_ns - first.timestamp_ns) / (last.sequence - first.sequence) <
	      34 * MS);
}

/* A button that is refused is pushed last, so that all others can be put back. */
TEST(a_button_is_pushed_last)
{
	int fd = stream_open(O_RDWR);
	struct dmaring_control_value values[] = {
		control_value(fd, "TriggerSoftware", 0),
		control_value(fd, "Gain", 300),
		control_value(fd, "TriggerSoftware", 0),
	};
	uint32_t bad;

	CHECK_EQ(controls_set(fd, values, 3, NULL, &bad), -EINVAL);
	CHECK_EQ(bad, 2);
	CHECK_EQ(controls_set(fd, values, 2, NULL, &bad), -EBUSY);
	CHECK_EQ(bad, 0);
	CHECK_EQ(control_get(fd, "Gain"), 100);
}

TEST(who_may_not_write_only_reads)
{
	int fd = stream_open(O_RDONLY);

	CHECK_EQ(control_set(fd, "Gain", 200), -EACCES);
	CHECK_EQ(control_get(fd, "Gain"), 100);
	REQUIRE_EQ(stream_attach(fd, DMARING_POLICY_LATEST, 1, 1), 0);
	CHECK_EQ(control_set(fd, "Gain", 200), -EACCES);
	CHECK_EQ(control_get(fd, "Gain"), 100);
}

TEST(only_while_it_is_stopped)
{
	struct stream stream = capture_start();
	int fd = stream_open(O_RDWR);
	struct dmaring_control_value values[] = {
		control_value(fd, "Gain", 200),
		control_value(fd, "AcquisitionFrameRateEnable", 0),
	};
	uint32_t bad;

	CHECK_EQ(controls_set(fd, values, 2, NULL, &bad), -EBUSY);
	CHECK_EQ(bad, 1);
	CHECK_EQ(control_get(fd, "Gain"), 100);
	CHECK_EQ(control_set(fd, "Gain", 200), 0);
	CHECK_EQ(control_set(fd, "Gain", 100), 0);
	REQUIRE_EQ(call(stream.fd, DMARING_IOC_STOP, NULL), 0);
	CHECK_EQ(controls_set(fd, values, 2, NULL, &bad), 0);
}

/* ----------------------------------------------------------------- events */

TEST(a_change_is_told_to_every_file_until_it_has_looked)
{
	int fds[] = { stream_open(O_RDWR), stream_open(O_RDONLY), stream_open(O_RDONLY) };

	for (int i = 0; i < 3; i++)
		CHECK_EQ(control_poll(fds[i], 0), 0);
	REQUIRE_EQ(control_set(fds[0], "Gain", 200), 0);
	for (int i = 0; i < 3; i++)
		CHECK_EQ(control_poll(fds[i], 10000), POLLPRI);
	stream_info(fds[1]);
	CHECK_EQ(control_get(fds[2], "Gain"), 200);
	CHECK_EQ(control_poll(fds[0], 0), POLLPRI);
	CHECK_EQ(control_poll(fds[1], 0), 0);
	CHECK_EQ(control_poll(fds[2], 0), 0);
	/* It is what it was: no news. */
	REQUIRE_EQ(control_set(fds[0], "Gain", 200), 0);
	CHECK_EQ(control_poll(fds[1], 0), 0);
}

/* Asked for together, they are told together. */
TEST(frames_and_events)
{
	struct stream stream = capture_start();
	struct pollfd entry = { .fd = stream.fd, .events = POLLIN | POLLPRI };

	REQUIRE_EQ(poll(&entry, 1, -1), 1);
	CHECK_EQ(entry.revents, POLLIN);
	REQUIRE_EQ(control_set(stream.fd, "DeviceTemperature", 0), -EPERM);
	REQUIRE_EQ(control_set(stream.fd, "AcquisitionFrameRate", 500), 0);
	REQUIRE_EQ(poll(&entry, 1, -1), 1);
	CHECK_EQ(entry.revents, POLLIN | POLLPRI);
}

static void set_gain_soon(void)
{
	int fd = stream_open(O_RDWR);

	sleep_ms(50);
	_exit(-control_set(fd, "Gain", 200));
}

static void check_wakes(int fd, int (*sleep)(int fd))
{
	int status;
	pid_t pid = fork();

	REQUIRE(pid >= 0);
	if (!pid)
		set_gain_soon();
	CHECK_EQ(sleep(fd), 1);
	REQUIRE_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
}

static int sleep_in_poll(int fd)
{
	return control_poll(fd, -1) == POLLPRI;
}

static int sleep_in_epoll(int fd)
{
	struct epoll_event event = { .events = EPOLLPRI };
	int epoll = epoll_create1(0);

	REQUIRE(!epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event));
	return epoll_wait(epoll, &event, 1, -1) == 1 && event.events == EPOLLPRI;
}

TEST(who_sleeps_in_poll_is_woken) { check_wakes(stream_open(O_RDONLY), sleep_in_poll); }
TEST(who_sleeps_in_epoll_is_woken) { check_wakes(stream_open(O_RDONLY), sleep_in_epoll); }

TEST(a_parameter_that_is_written_is_a_change)
{
	int fd = stream_open(O_RDWR);
	char text[16];

	CHECK_EQ(control_get(fd, "AcquisitionFrameRate"), 1000);
	virt_set("rate", 250);
	CHECK_EQ(control_poll(fd, 10000), POLLPRI);
	CHECK_EQ(control_get(fd, "AcquisitionFrameRate"), 250);
	virt_set("rate", 0);
	CHECK_EQ(control_get(fd, "AcquisitionFrameRateEnable"), 0);
	CHECK_EQ(control_get(fd, "AcquisitionFrameRate"), 250);
	CHECK_EQ(control_set(fd, "AcquisitionFrameRateEnable", 1), 0);
	CHECK_EQ(control_set(fd, "AcquisitionFrameRate", 77), 0);
	REQUIRE_EQ(file_read(VIRT_PARAMETERS "rate", text, sizeof(text)), 0);
	CHECK_EQ(atoi(text), 77);
}

/* ----------------------------------------------------------------- frames */

/* Takes frames until one has the number; before it only old ones come, then only new ones. */
static void check_frames(const struct stream *stream, uint32_t old, uint32_t number,
			 uint64_t pattern)
{
	struct dmaring_frame frame;
	int new = 0;

	while (new < FRAMES) {
		REQUIRE_EQ(stream_await(stream->fd, &frame), 1);
		REQUIRE(frame.control_seq == number || (!new && frame.control_seq == old));
		new += frame.control_seq == number;
		if (frame.control_seq == number)
			CHECK_EQ(frame.hw_meta, pattern);
		CHECK_EQ(stream_give(stream->fd, &frame), 0);
	}
}

TEST(frames_tell_since_when_they_are_other_ones)
{
	struct stream stream = capture_start();
	uint32_t old = stream_info(stream.fd).control_seq, number;
	uint64_t produced;
	struct dmaring_frame frame;

	for (uint32_t pattern = 0; pattern < 20; pattern++) {
		struct dmaring_control_value value =
			control_value(stream.fd, "TestPattern", pattern % 3);

		if (control_get(stream.fd, "TestPattern") == pattern % 3)
			continue;
		REQUIRE_EQ(controls_set(stream.fd, &value, 1, &number, NULL), 0);
		CHECK_EQ(number, old + 1);
		/* What is produced from here on is of the new ones. */
		produced = stream_stats(stream.fd).produced;
		check_frames(&stream, old, number, pattern % 3);
		old = number;
	}
	REQUIRE_EQ(control_set(stream.fd, "TestPattern", 1), 0);
	old = stream_info(stream.fd).control_seq;
	produced = stream_stats(stream.fd).produced;
	do {
		REQUIRE_EQ(stream_await(stream.fd, &frame), 1);
		if (frame.sequence >= produced) {
			CHECK_EQ(frame.control_seq, old);
			capture_verify(&stream, &frame);
		}
		CHECK_EQ(stream_give(stream.fd, &frame), 0);
	} while (frame.sequence < produced + FRAMES);
}

static void check_brightness(const struct stream *stream, long long exposure_us, long long gain)
{
	struct dmaring_control_value values[] = {
		control_value(stream->fd, "ExposureTime", exposure_us),
		control_value(stream->fd, "Gain", gain),
	};
	uint64_t bright = (uint64_t)exposure_us * gain * 65536 / 1000000;
	struct dmaring_frame frame;
	uint32_t number;

	REQUIRE_EQ(controls_set(stream->fd, values, 2, &number, NULL), 0);
	frame = control_take_of(stream, number);
	CHECK_EQ(frame.hw_meta, bright == 65536 ? 1 : DMARING_PATTERN_NONE);
	for (uint32_t i = 0; i < frame.bytes_used; i++) {
		uint64_t is = dmaring_pattern_byte(1, stream->info.format.width, frame.sequence,
						   i) * bright >> 16;

		if (!CHECK_EQ(stream->map[frame.buffer][i], is > 255 ? 255 : is))
			break;
	}
	CHECK_EQ(stream_give(stream->fd, &frame), 0);
}

TEST(exposure_and_gain_make_it_brighter)
{
	struct stream stream = capture_start();

	REQUIRE_EQ(control_set(stream.fd, "TestPattern", 1), 0);
	check_brightness(&stream, 20000, 100);
	check_brightness(&stream, 5000, 100);
	check_brightness(&stream, 1000000, 1600);
	check_brightness(&stream, 5000, 0);
	/* The product is what it was at first, and so is the pattern. */
	check_brightness(&stream, 5000, 200);
	check_brightness(&stream, 10000, 100);
}

TEST(a_frame_for_each_trigger)
{
	struct stream stream = capture_start();
	struct dmaring_frame frame;
	uint64_t before, stalls = stream_stats(stream.fd).stalls;

	REQUIRE_EQ(control_set(stream.fd, "TriggerMode", 1), 0);
	while (stream_take(stream.fd, &frame, 1, 0) == 1)
		REQUIRE_EQ(stream_give(stream.fd, &frame), 0);
	before = stream_stats(stream.fd).produced;
	CHECK_EQ(stream_take(stream.fd, &frame, 1, 300 * MS), -ETIMEDOUT);
	for (int i = 0; i < 50; i++) {
		REQUIRE_EQ(control_set(stream.fd, "TriggerSoftware", 0), 0);
		frame = capture_take(&stream);
		CHECK_EQ(frame.sequence, before + i);
		CHECK_EQ(stream_give(stream.fd, &frame), 0);
	}
	CHECK_EQ(stream_stats(stream.fd).produced, before + 50);
	CHECK_EQ(stream_stats(stream.fd).stalls, stalls);
	REQUIRE_EQ(control_set(stream.fd, "TriggerMode", 0), 0);
	CHECK_EQ(control_set(stream.fd, "TriggerSoftware", 0), -EBUSY);
	capture_frames(&stream, 100);
}

TEST(a_rate_takes_effect_at_once)
{
	struct stream stream = capture_start();
	struct dmaring_frame first, last;

	REQUIRE_EQ(control_set(stream.fd, "AcquisitionFrameRate", 100), 0);
	first = control_take_of(&stream, stream_info(stream.fd).control_seq);
	CHECK_EQ(stream_give(stream.fd, &first), 0);
	last = first;
	while (last.sequence < first.sequence + 20) {
		last = capture_take(&stream);
		CHECK_EQ(stream_give(stream.fd, &last), 0);
	}
	CHECK(last.timestamp_ns - first.timestamp_ns > 20 * 9 * MS);
}

TEST(a_volatile_one_is_asked_for)
{
	int fd = stream_open(O_RDONLY);
	long long first = control_get(fd, "DeviceTemperature");

	CHECK(first >= 35000 && first <= 41000);
	while (control_get(fd, "DeviceTemperature") == first)
		sleep_ms(1);
	CHECK_EQ(control_poll(fd, 0), 0);
}

/* ------------------------------------------------------------ a card that lies */

/* Only what is known is not asked for. */
TEST(nonsense_is_not_believed)
{
	int fd = stream_open(O_RDWR);
	struct dmaring_control_value values[] = {
		control_value(fd, "Gain", 0), control_value(fd, "DeviceTemperature", 0),
	}, id = control_text(fd, "DeviceUserID", "");
	struct dmaring_controls argument = controls_argument(0, values, 2);

	set_parameter("control_lies", "1");
	CHECK_EQ(control_get(fd, "Gain"), 100);
	CHECK_EQ(control_get_value(fd, &id), 0);
	CHECK_EQ(call(fd, DMARING_IOC_CONTROLS, &argument), -EIO);
	CHECK_EQ(argument.bad, 1);
	CHECK_EQ(argument.control_seq, 0xcccccccc);
	CHECK_EQ(control_get(fd, "Gain"), 100);
}

/* It can be set all the same, and is known then. */
TEST(a_card_that_lies_from_the_beginning)
{
	struct dmaring_control_value gain, id;
	int fd;

	REQUIRE_EQ(file_write(VIRT_DRIVER "unbind", "dmaring_virt.0"), 0);
	set_parameter("control_lies", "1");
	REQUIRE_EQ(file_write(VIRT_DRIVER "bind", "dmaring_virt.0"), 0);
	fd = stream_open(O_RDWR);
	gain = control_value(fd, "Gain", 0);
	id = control_text(fd, "DeviceUserID", "");
	CHECK_EQ(control_get_value(fd, &gain), -EIO);
	CHECK_EQ(control_get_value(fd, &id), -EIO);
	CHECK_EQ(control_set(fd, "Gain", 200), 0);
	CHECK_EQ(control_get(fd, "Gain"), 200);
	CHECK_EQ(control_get_value(fd, &id), -EIO);
	set_parameter("control_lies", "0");
	CHECK_EQ(control_get_value(fd, &id), 0);
}

int main(void)
{
	return tap_run(virt_control_prepare, virt_control_is_healthy);
}
