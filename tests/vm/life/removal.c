// SPDX-License-Identifier: MIT
/* The driver is unbound from the card while applications are busy with it. */
#define _GNU_SOURCE
#include <pthread.h>
#include <sys/stat.h>
#include "gone.h"

TEST(a_stream_that_nobody_uses)
{
	gone_unbind();
	CHECK_EQ(access(card_node(), F_OK), -1);
	CHECK_EQ(card_bind(gone_address), 0);
	CHECK_EQ(card_count(), 1);
}

TEST(an_open_file)
{
	int fd = stream_open(O_RDWR);

	gone_unbind();
	gone_check_calls(fd);
}

TEST(a_running_capture_with_mappings)
{
	struct stream stream = capture_start();

	capture_frames(&stream, 3);
	gone_unbind();
	gone_check_calls(stream.fd);
	gone_check_mappings(&stream);
}

TEST(frames_held_and_waiting)
{
	struct stream stream = capture_start();
	struct dmaring_frame frame = capture_take(&stream);

	while (stream_stats(stream.fd).consumer_waiting < 2)
		usleep(50000);
	gone_unbind();
	CHECK_EQ(stream_give(stream.fd, &frame), -ENODEV);
	gone_check_calls(stream.fd);
	gone_check_mappings(&stream);
}

TEST(a_mapping_whose_descriptor_is_closed)
{
	struct stream stream = capture_start();

	close(stream.fd);
	gone_unbind();
	gone_check_mappings(&stream);
	for (uint32_t i = 0; i < stream.info.buffers; i++)
		CHECK_EQ(munmap((void *)stream.map[i], stream.info.buffer_stride), 0);
}

TEST(a_process_that_ends_only_afterwards)
{
	int ready[2];
	char byte;
	pid_t pid;

	REQUIRE(!pipe(ready));
	pid = fork();
	if (!pid) {
		struct dmaring_frame frames[MAPS_MAX];
		struct stream stream = capture_start();

		capture_hold_all(&stream, frames);
		(void)!write(ready[1], "r", 1);
		pause();
	}
	REQUIRE_EQ(read(ready[0], &byte, 1), 1);
	gone_unbind();
	kill(pid, SIGKILL);
	REQUIRE_EQ(waitpid(pid, NULL, 0), pid);
}

struct sleeper {
	int fd;
	int result;
};

static void *sleep_in_read(void *argument)
{
	struct sleeper *sleeper = argument;
	struct dmaring_frame frame;

	sleeper->result = read(sleeper->fd, &frame, sizeof(frame)) < 0 ? -errno : 0;
	return NULL;
}

static void *sleep_in_dequeue(void *argument)
{
	struct sleeper *sleeper = argument;
	struct dmaring_frame frame;

	sleeper->result = stream_take(sleeper->fd, &frame, 1, FOREVER);
	return NULL;
}

static void *sleep_in_poll(void *argument)
{
	struct sleeper *sleeper = argument;

	sleeper->result = stream_poll(sleeper->fd, -1);
	return NULL;
}

static void *(*const ways_to_sleep[3])(void *) = {
	sleep_in_read, sleep_in_dequeue, sleep_in_poll,
};

TEST(threads_that_sleep)
{
	struct dmaring_frame frames[MAPS_MAX];
	struct stream stream = capture_start();
	struct sleeper sleepers[3];
	pthread_t threads[3];

	capture_hold_all(&stream, frames);
	for (int i = 0; i < 3; i++) {
		sleepers[i].fd = stream.fd;
		REQUIRE(!pthread_create(&threads[i], NULL, ways_to_sleep[i], &sleepers[i]));
	}
	usleep(100000);
	gone_unbind();
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	CHECK_EQ(sleepers[0].result, -ENODEV);
	CHECK_EQ(sleepers[1].result, -ENODEV);
	CHECK(sleepers[2].result & POLLHUP);
}

TEST(a_second_device_node)
{
	struct stream stream;
	struct stat node;

	REQUIRE(!stat(card_node(), &node));
	unlink("/tmp/second-node");
	REQUIRE(!mknod("/tmp/second-node", S_IFCHR | 0600, node.st_rdev));
	stream.fd = open("/tmp/second-node", O_RDWR | O_CLOEXEC);
	REQUIRE(stream.fd >= 0);
	stream.info = stream_info(stream.fd);
	REQUIRE_EQ(stream_attach(stream.fd, DMARING_POLICY_LOSSLESS, 0, 0), 0);
	capture_map(&stream);
	REQUIRE_EQ(call(stream.fd, DMARING_IOC_START, NULL), 0);
	capture_frames(&stream, 1);
	gone_unbind();
	gone_check_calls(stream.fd);
	gone_check_mappings(&stream);
	CHECK(open("/tmp/second-node", O_RDWR) < 0);
	CHECK(errno == ENXIO || errno == ENODEV);
}

TEST(mappings_that_were_moved_and_cut)
{
	struct stream stream = capture_start();
	uint64_t bytes = stream.info.buffer_stride;
	const uint8_t *moved;

	moved = mremap((void *)stream.map[0], bytes, bytes, MREMAP_MAYMOVE | MREMAP_FIXED,
		       mmap(NULL, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	if (moved != MAP_FAILED)
		stream.map[0] = moved;
	if (bytes > page_bytes())
		REQUIRE(!munmap((void *)stream.map[1], page_bytes()));
	gone_unbind();
	CHECK(gone_is_cut(&stream, stream.map[0]));
	CHECK(gone_is_cut(&stream, stream.map[0] + bytes - 1));
	if (bytes > page_bytes())
		CHECK(gone_is_cut(&stream, stream.map[1] + page_bytes()));
}

/* At once: the file may stay open and attached for ever. */
TEST(the_drivers_module_can_go)
{
	int fd = stream_open(O_RDWR);

	REQUIRE_EQ(stream_attach(fd, DMARING_POLICY_LOSSLESS, 0, 0), 0);
	CHECK_EQ(module_users(card_driver()), 1);
	gone_unbind();
	CHECK_EQ(module_users(card_driver()), 0);
	CHECK_EQ(stream_attach(fd, DMARING_POLICY_LOSSLESS, 0, 0), -ENODEV);
	close(fd);
	CHECK_EQ(module_users(card_driver()), 0);
}

/* The old file must not come back to life with the card. */
TEST(the_card_comes_back)
{
	struct stream old = capture_start(), new;

	gone_unbind();
	REQUIRE_EQ(card_bind(gone_address), 0);
	REQUIRE_EQ(card_write("format", "16x16"), 0);
	new = capture_start();
	CHECK_EQ(new.info.state & DMARING_STATE_FAILED, 0);
	capture_frames(&new, 5);
	gone_check_calls(old.fd);
	gone_check_mappings(&old);
	close(old.fd);
	capture_frames(&new, 2);
}

TEST(again_and_again)
{
	for (int i = 0; i < 20; i++) {
		struct stream stream = capture_start();

		usleep(i * 31000);
		gone_unbind();
		REQUIRE_EQ(card_bind(gone_address), 0);
		CHECK(gone_is_cut(&stream, stream.map[0]));
	}
}

int main(void)
{
	return tap_run(gone_prepare, gone_bind_again);
}
