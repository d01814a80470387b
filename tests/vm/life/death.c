// SPDX-License-Identifier: MIT
/* Consumers that die, fork, or pass their descriptor on: nothing stays behind. */
#include <pthread.h>
#include <sys/socket.h>
#include "stream.h"

static pid_t child(void (*run)(void))
{
	pid_t pid = fork();

	if (!pid) {
		run();
		_exit(0);
	}
	return pid;
}

static void end_of(pid_t pid, int number)
{
	int status = 0;

	if (number)
		kill(pid, number);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(WIFSIGNALED(status) ? WTERMSIG(status) : 0, number);
}

/* The pool as a newcomer finds it: all of it, and none of it dirty. */
static void check_all_buffers_come_back(void)
{
	struct dmaring_frame frames[MAPS_MAX];
	struct stream stream = capture_start();

	capture_hold_all(&stream, frames);
	CHECK_EQ(stream_stats(stream.fd).quarantined, 0);
	close(stream.fd);
	for (uint32_t i = 0; i < stream.info.buffers; i++)
		REQUIRE(!munmap((void *)stream.map[i], stream.info.buffer_stride));
}

static void until_held(uint64_t buffers)
{
	int fd = stream_open(O_RDONLY);

	while (stream_stats(fd).held < buffers)
		usleep(20000);
	close(fd);
}

static uint32_t pool_buffers(void)
{
	int fd = stream_open(O_RDONLY);
	uint32_t buffers = stream_info(fd).buffers;

	close(fd);
	return buffers;
}

static void hold_all_and_sleep(void)
{
	struct dmaring_frame frames[MAPS_MAX];
	struct stream stream = capture_start();

	capture_hold_all(&stream, frames);
	pause();
}

static void hold_all_and_read(void)
{
	struct dmaring_frame frames[MAPS_MAX];
	struct stream stream = capture_start();

	capture_hold_all(&stream, frames);
	if (read(stream.fd, frames, sizeof(*frames)))
		_exit(1);
}

static void capture_for_ever(void)
{
	struct stream stream = capture_start();

	for (;;)
		capture_frames(&stream, 1000);
}

TEST(killed_while_it_holds_all_buffers)
{
	for (int i = 0; i < 3; i++) {
		pid_t pid = child(hold_all_and_sleep);

		until_held(pool_buffers());
		end_of(pid, SIGKILL);
		check_all_buffers_come_back();
	}
}

TEST(killed_while_it_sleeps_in_read)
{
	pid_t pid = child(hold_all_and_read);

	until_held(pool_buffers());
	usleep(300000);
	end_of(pid, SIGKILL);
	check_all_buffers_come_back();
}

TEST(killed_at_any_moment)
{
	for (int i = 0; i < 40; i++) {
		pid_t pid = child(capture_for_ever);

		usleep(1000 + i * 17377);
		end_of(pid, i % 2 ? SIGKILL : SIGTERM);
		end_of(child(stream_is_healthy), 0);
	}
}

static void *read_for_ever(void *argument)
{
	struct dmaring_frame frame;
	int fd = (intptr_t)argument;

	while (read(fd, &frame, sizeof(frame)) > 0)
		;
	return NULL;
}

static void exit_with_a_reader(void)
{
	struct stream stream = capture_start();
	pthread_t thread;

	pthread_create(&thread, NULL, read_for_ever, (void *)(intptr_t)stream.fd);
	usleep(700000);
}

TEST(exits_while_a_thread_sleeps_in_read)
{
	end_of(child(exit_with_a_reader), 0);
	check_all_buffers_come_back();
}

TEST(closed_while_a_thread_sleeps_in_read)
{
	struct stream stream = capture_start();
	struct dmaring_frame frame = capture_take(&stream);
	pthread_t thread;

	REQUIRE(!pthread_create(&thread, NULL, read_for_ever, (void *)(intptr_t)stream.fd));
	usleep(50000);
	close(stream.fd);	/* the thread's read still has the file; then it ends */
	pthread_join(thread, NULL);
	capture_verify(&stream, &frame);
}

/* A child shares the open file: it is the same consumer, even alone. */
TEST(a_forked_child_keeps_the_consumer_alive)
{
	int ready[2], go[2], other;
	char byte;
	pid_t pid, grandchild;

	REQUIRE(!pipe(ready) && !pipe(go));
	pid = fork();
	if (!pid) {
		struct stream stream = capture_start();
		struct dmaring_frame frame = capture_take(&stream), next;

		grandchild = fork();
		if (grandchild)
			_exit(0);
		(void)!write(ready[1], "r", 1);
		(void)!read(go[0], &byte, 1);
		CHECK_EQ(stream_stats(stream.fd).consumer_held, 1);
		CHECK_EQ(stream_give(stream.fd, &frame), 0);
		REQUIRE_EQ(stream_take(stream.fd, &next, 1, FOREVER), 1);
		CHECK(next.sequence > frame.sequence);
		(void)!write(ready[1], "d", 1);
		pause();
	}
	end_of(pid, 0);
	REQUIRE_EQ(read(ready[0], &byte, 1), 1);
	other = stream_open(O_RDWR);
	CHECK_EQ(stream_info(other).consumers, 1);
	(void)!write(go[1], "g", 1);
	REQUIRE_EQ(read(ready[0], &byte, 1), 1);
}	/* the grandchild ends with the test's process group; then all must be well */

static void send_fd(int socket, int fd)
{
	char byte = 'f', control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec data = { &byte, 1 };
	struct msghdr message = { .msg_iov = &data, .msg_iovlen = 1, .msg_control = control,
				  .msg_controllen = sizeof(control) };
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &fd, sizeof(fd));
	REQUIRE_EQ(sendmsg(socket, &message, 0), 1);
}

static int receive_fd(int socket)
{
	char byte, control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec data = { &byte, 1 };
	struct msghdr message = { .msg_iov = &data, .msg_iovlen = 1, .msg_control = control,
				  .msg_controllen = sizeof(control) };
	int fd = -1;

	REQUIRE_EQ(recvmsg(socket, &message, 0), 1);
	REQUIRE(CMSG_FIRSTHDR(&message));
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(fd));
	return fd;
}

TEST(a_descriptor_passed_on_is_the_same_consumer)
{
	int sockets[2], status;
	pid_t pid;

	REQUIRE(!socketpair(AF_UNIX, SOCK_STREAM, 0, sockets));
	pid = fork();
	if (!pid) {
		struct stream stream = capture_start();
		struct dmaring_frame frame = capture_take(&stream);

		REQUIRE_EQ(write(sockets[1], &frame, sizeof(frame)), sizeof(frame));
		send_fd(sockets[1], stream.fd);
		_exit(0);	/* with the descriptor still under way, perhaps */
	}
	struct dmaring_frame frame;
	struct stream stream;

	REQUIRE_EQ(read(sockets[0], &frame, sizeof(frame)), sizeof(frame));
	REQUIRE_EQ(waitpid(pid, &status, 0), pid);
	stream.fd = receive_fd(sockets[0]);
	stream.info = stream_info(stream.fd);
	CHECK_EQ(stream_stats(stream.fd).consumer_held, 1);
	CHECK_EQ(stream_stats(stream.fd).consumer_running, 1);
	CHECK_EQ(stream_attach(stream.fd, DMARING_POLICY_LOSSLESS, 0, 0), -EALREADY);
	capture_map(&stream);
	capture_verify(&stream, &frame);
	CHECK_EQ(stream_give(stream.fd, &frame), 0);
	capture_frames(&stream, 3);
}

/* A descriptor on its way in a socket that nobody will ever read. */
TEST(a_descriptor_lost_in_a_socket_is_closed)
{
	int sockets[2], other;
	struct stream stream = capture_start();

	REQUIRE(!socketpair(AF_UNIX, SOCK_STREAM, 0, sockets));
	send_fd(sockets[1], stream.fd);
	close(stream.fd);
	for (uint32_t i = 0; i < stream.info.buffers; i++)
		munmap((void *)stream.map[i], stream.info.buffer_stride);
	other = stream_open(O_RDWR);
	CHECK_EQ(stream_info(other).consumers, 1);
	close(sockets[0]);
	close(sockets[1]);
	CHECK_EQ(stream_info(other).consumers, 0);
}

int main(void)
{
	return tap_run(stream_prepare, stream_is_healthy);
}
