// SPDX-License-Identifier: MIT
/* Controls, through the library. */
#include "fake_kernel.h"

#include <libdmaring.h>
#include "tap.h"

static struct dmaring *stream;

static void open_with(uint32_t flags)
{
	const struct dmaring_options options = { .size = sizeof(options), .flags = flags };

	REQUIRE_EQ(dmaring_open(FAKE_DEVICE, &options, &stream), 0);
}

static void open_writable(void)
{
	fake_reset();
	open_with(DMARING_OPEN_CONFIGURE);
}

static const char sixty_four[] =
	"sixty-four letters are one too many where a NUL must follow them";

TEST(one_is_found_by_its_name)
{
	struct dmaring_control_info info;

	CHECK_EQ(dmaring_find_control(stream, "TestPattern", &info), 0);
	CHECK_EQ(info.index, 2);
	CHECK_EQ(dmaring_get_control_info(stream, 2, 2, &info), 0);
	CHECK(!strcmp(info.text, "Ramp"));
	CHECK_EQ(dmaring_find_control(stream, "TestPatterns", &info), -ENOENT);
	CHECK(strstr(dmaring_error(), "cannot find the control: the card has none of that name"));
	CHECK_EQ(dmaring_get_control_info(stream, 5, 0, &info), -EINVAL);
	CHECK(strstr(dmaring_error(), "no control of that index"));
}

TEST(numbers)
{
	int64_t value = 0;

	CHECK_EQ(dmaring_get_control(stream, "ExposureTime", &value), 0);
	CHECK_EQ(value, 20);
	CHECK_EQ(dmaring_set_control(stream, "ExposureTime", -10), 0);
	CHECK_EQ(fake.controls[0].value, -10);
	CHECK_EQ(dmaring_set_control(stream, "TestPattern", 2), 0);
	CHECK_EQ(fake.controls[2].value, 2);
	CHECK_EQ(dmaring_set_control(stream, "DeviceUserID", 1), -EINVAL);
	CHECK_EQ(dmaring_get_control(stream, "DeviceUserID", &value), -EINVAL);
	CHECK(strstr(dmaring_error(), "of another type"));
}

TEST(texts_and_items)
{
	char text[DMARING_CONTROL_TEXT];

	CHECK_EQ(dmaring_set_control_text(stream, "DeviceUserID", "left"), 0);
	CHECK_EQ(dmaring_get_control_text(stream, "DeviceUserID", text), 0);
	CHECK(!strcmp(text, "left"));
	CHECK_EQ(dmaring_set_control_text(stream, "TestPattern", "Ramp"), 0);
	CHECK_EQ(fake.controls[2].value, 2);
	CHECK_EQ(dmaring_get_control_text(stream, "TestPattern", text), 0);
	CHECK(!strcmp(text, "Ramp"));
	CHECK_EQ(dmaring_set_control_text(stream, "TestPattern", ""), -ERANGE);
	CHECK_EQ(dmaring_set_control_text(stream, "TestPattern", "Zone"), -ERANGE);
	CHECK(strstr(dmaring_error(), "no item of that name"));
	CHECK_EQ(dmaring_set_control_text(stream, "ReverseX", "yes"), -EINVAL);
	CHECK_EQ(dmaring_set_control_text(stream, "DeviceUserID",
					  sixty_four), -ERANGE);
	CHECK(!strcmp(fake.controls[4].text, "left"));
}

TEST(several_or_none)
{
	struct dmaring_control_value values[2] = {
		{ .index = 0, .value = 40 }, { .index = 1, .value = 1 },
	};
	uint32_t seq = 0, bad = 9;

	CHECK_EQ(dmaring_set_controls(stream, values, 2, &seq, &bad), 0);
	CHECK_EQ(seq, 4);
	CHECK_EQ(bad, 2);
	fake.refused_control = 2;
	CHECK_EQ(dmaring_set_controls(stream, values, 2, &seq, &bad), -EBUSY);
	CHECK_EQ(seq, 4);
	CHECK_EQ(bad, 1);
	CHECK_EQ(dmaring_get_controls(stream, values, 2, &bad), -EIO);
	CHECK_EQ(bad, 1);
	/* No single one is the reason. */
	fake_fail(DMARING_IOC_CONTROLS, 0, ENODEV);
	CHECK_EQ(dmaring_set_controls(stream, values, 2, NULL, &bad), -ENODEV);
	CHECK_EQ(bad, 2);
}

TEST(who_only_looks_does_not_set)
{
	int64_t value = 0;

	dmaring_close(stream);
	open_with(DMARING_OPEN_MONITOR);
	CHECK_EQ(dmaring_get_control(stream, "ExposureTime", &value), 0);
	CHECK_EQ(dmaring_set_control(stream, "ExposureTime", 0), -EACCES);
	CHECK(strstr(dmaring_error(), "DMARING_OPEN_CONFIGURE"));
}

int main(void)
{
	return tap_run(open_writable, NULL);
}
