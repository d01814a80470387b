// SPDX-License-Identifier: MIT
/* Controls while the driver is unbound, a process ends, the system sleeps, others start. */
#include "asleep.h"
#include "pages.h"
#include "virt_control.h"

#define DEVICE		"dmaring_virt.0"
#define LONG_MS		3000	/* nobody waits for it but who sets */

/* A process that sets a control, which takes long; its exit status is the errno. */
static pid_t set_slowly(const char *name, long long value)
{
	pid_t pid = fork();

	REQUIRE(pid >= 0);
	if (!pid) {
		int fd = stream_open(O_RDWR);

		_exit(-control_set(fd, name, value));
	}
	return pid;
}

static int result_of(pid_t pid)
{
	int status;

	REQUIRE_EQ(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -WTERMSIG(status);
}

/* Is it in a system call that waits? */
static void await_sleep(pid_t pid)
{
	char path[64], text[256], *state;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	do {
		sleep_ms(1);
		REQUIRE_EQ(file_read(path, text, sizeof(text)), 0);
		state = strrchr(text, ')');
	} while (!state || (state[2] != 'D' && state[2] != 'S'));
}

TEST(the_driver_is_unbound_while_a_control_is_set)
{
	int fd = stream_open(O_RDWR);
	struct dmaring_control_value value = control_value(fd, "Gain", 300);
	struct dmaring_control_info info = control_info_argument(value.index, 0);
	pid_t pid;

	virt_set("control_sleep_ms", 200);
	pid = set_slowly("Gain", 200);
	await_sleep(pid);
	REQUIRE_EQ(file_write(VIRT_DRIVER "unbind", DEVICE), 0);
	CHECK_EQ(result_of(pid), 0);
	CHECK_EQ(control_set_value(fd, value), -ENODEV);
	CHECK_EQ(control_get_value(fd, &value), -ENODEV);
	CHECK_EQ(call(fd, DMARING_IOC_CONTROL_INFO, &info), -ENODEV);
	CHECK(control_poll(fd, -1) & POLLHUP);
	close(fd);
	REQUIRE_EQ(file_write(VIRT_DRIVER "bind", DEVICE), 0);
	/* It is another stream, as it is at first. */
	CHECK_EQ(control_get(stream_open(O_RDONLY), "Gain"), 100);
}

TEST(who_waits_for_its_turn_can_be_killed)
{
	int fd = stream_open(O_RDWR);
	pid_t first, second;

	virt_set("control_sleep_ms", LONG_MS);
	first = set_slowly("Gain", 200);
	await_sleep(first);
	second = set_slowly("Gain", 300);
	await_sleep(second);
	kill(second, SIGKILL);
	CHECK_EQ(result_of(second), -SIGKILL);
	/* Who is in the middle of it ends afterwards. */
	kill(first, SIGKILL);
	CHECK_EQ(result_of(first), -SIGKILL);
	virt_set("control_sleep_ms", 0);
	CHECK_EQ(control_get(fd, "Gain"), 200);
	CHECK_EQ(control_set(fd, "Gain", 100), 0);
}

TEST(nobody_waits_for_it_who_starts_and_stops)
{
	struct stream stream = capture_start();
	pid_t pid;

	virt_set("control_sleep_ms", LONG_MS);
	pid = set_slowly("DeviceTemperature", 0);
	CHECK_EQ(result_of(pid), -EPERM);
	pid = set_slowly("AcquisitionFrameRate", 500);
	await_sleep(pid);
	for (int i = 0; i < 3; i++) {
		REQUIRE_EQ(call(stream.fd, DMARING_IOC_STOP, NULL), 0);
		REQUIRE_EQ(call(stream.fd, DMARING_IOC_START, NULL), 0);
		stream_info(stream.fd);
	}
	CHECK_EQ(waitpid(pid, NULL, WNOHANG), 0);
	CHECK_EQ(result_of(pid), 0);
}

/* This card forgets all of it, and nothing was read before. */
TEST(a_card_that_slept_gets_its_values_back)
{
	struct stream stream = capture_start();
	struct dmaring_control_value values[] = {
		control_value(stream.fd, "TestPattern", 2),
		control_value(stream.fd, "ExposureTime", 5000),
		control_value(stream.fd, "Gain", 200),
		control_text(stream.fd, "DeviceUserID", "left"),
		control_value(stream.fd, "AcquisitionFrameRate", 400),
	}, id = values[3];
	struct dmaring_frame frame;
	uint32_t number;

	REQUIRE_EQ(controls_set(stream.fd, values, 5, &number, NULL), 0);
	sleep_and_wake_up();
	CHECK_EQ(stream_info(stream.fd).control_seq, number);
	while (stream_take(stream.fd, &frame, 1, 0) == 1)
		CHECK_EQ(stream_give(stream.fd, &frame), 0);
	for (int i = 0; i < 10; i++) {
		REQUIRE_EQ(stream_await(stream.fd, &frame), 1);
		frame.flags &= ~DMARING_FRAME_DISCONTINUITY;
		capture_verify(&stream, &frame);
		CHECK_EQ(frame.hw_meta, 2);
		CHECK_EQ(stream_give(stream.fd, &frame), 0);
	}
	CHECK_EQ(control_get(stream.fd, "Gain"), 200);
	CHECK_EQ(control_get(stream.fd, "AcquisitionFrameRate"), 400);
	CHECK_EQ(control_get_value(stream.fd, &id), 0);
	CHECK_EQ(strcmp(id.text, "left"), 0);
}

/* The first one after sleep, so that nobody else finds it. */
static void take_marked_frame(void)
{
	struct stream stream = capture_start();
	struct dmaring_frame frame;

	REQUIRE_EQ(stream_await(stream.fd, &frame), 1);
	CHECK_EQ(frame_flags(&frame), DMARING_FRAME_DISCONTINUITY);
}

/* What the card does not take back is news, and is asked for. */
TEST(a_card_that_slept_and_refuses)
{
	int fd = stream_open(O_RDWR);
	struct dmaring_control_value id = control_text(fd, "DeviceUserID", "left");

	printf("# allow-log: control DeviceUserID: the card does not take its value back\n");
	REQUIRE_EQ(control_set_value(fd, id), 0);
	stream_info(fd);
	set_parameter("control_refuses", "1");
	sleep_and_wake_up();
	CHECK_EQ(control_poll(fd, -1), POLLPRI);
	CHECK_EQ(control_get_value(fd, &id), 0);
	CHECK_EQ(id.text[0], '\0');
	take_marked_frame();
}

int main(void)
{
	return tap_run(virt_control_prepare, virt_control_is_healthy);
}
