// SPDX-License-Identifier: MIT
/* "dmaring receive", from senders that are not ours. */
#include "lib/libzmq.h"
#include "output.h"
#include "scratch.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>

#ifdef ZMQ_SONAME

#define ENDPOINT	"ipc://sender"
#define BYTES		"16 bytes of them"

static void *sender;

static void send_part(const char *text, int flags)
{
	zmq_msg_t part;

	REQUIRE(!zmq.msg_init_size(&part, strlen(text)));
	memcpy(zmq.msg_data(&part), text, strlen(text));
	REQUIRE(zmq.msg_send(&part, sender, flags) >= 0);
}

static void send_frame(const char *series, int number)
{
	char header[256];

	snprintf(header, sizeof(header),
		 "{\"htype\":\"array-1.0\",\"type\":\"uint8\",\"shape\":[16],\"frame\":%d,\"series_unique_id\":\"%s\"}",
		 number, series);
	send_part(header, ZMQ_SNDMORE);
	send_part(BYTES, 0);
}

static void send_end(const char *series)
{
	char header[256];

	snprintf(header, sizeof(header),
		 "{\"htype\":\"dseries_end-1.0\",\"series_unique_id\":\"%s\"}", series);
	send_part(header, ZMQ_SNDMORE);
	send_part("", 0);
}

/* @type: ZMQ_PUSH, or ZMQ_XPUB, which is told that somebody receives.  It ends with the
 * test.
 */
static void begin_sender(int type, void (*send)(void))
{
	zmq_msg_t first;

	if (fork())
		return;
	sender = zmq.socket(zmq.ctx_new(), type);
	REQUIRE(sender && !zmq.bind(sender, ENDPOINT));
	if (type == ZMQ_XPUB) {
		REQUIRE(!zmq.msg_init(&first));
		REQUIRE(zmq.msg_recv(&first, sender, 0) >= 0);
	}
	send();
	for (;;)
		pause();
}

static void send_with_a_gap(void)
{
	for (int i = 0; i < 6; i++)
		if (i != 3)
			send_frame("a", i);
	send_end("a");
}

/* Others have it. */
TEST(a_gap_is_no_loss_where_frames_are_shared_out)
{
	begin_sender(ZMQ_PUSH, send_with_a_gap);
	CHECK_EQ(output_of("receive --json --strict --timeout 20 " ENDPOINT), EXIT_OK);
	output_has(output.out, "\"frames\": 5,");
	output_has(output.out, "\"elsewhere\": 1,");
}

TEST(but_it_is_where_all_are_for_each)
{
	begin_sender(ZMQ_XPUB, send_with_a_gap);
	CHECK_EQ(output_of("receive --json --strict --pub --timeout 20 " ENDPOINT),
		 EXIT_FRAMES);
	output_has(output.out, "\"frames\": 5,");
	output_has(output.out, "\"elsewhere\": 1,");
}

static void send_two_series(void)
{
	send_frame("a", 1);
	send_frame("b", 7);
	send_end("b");
	send_frame("a", 2);
	send_end("a");
}

TEST(the_end_of_another_series_is_no_frame)
{
	begin_sender(ZMQ_PUSH, send_two_series);
	CHECK_EQ(output_of("receive --json --timeout 20 " ENDPOINT), EXIT_OK);
	output_has(output.out, "\"frames\": 2,");
	output_has(output.out, "\"foreign\": 1,");
	output_has(output.err, ": 1 frames of another series were left out");
}

static char place[64];

static void connect_and_send(void)
{
	const int yes = 1;

	sender = zmq.socket(zmq.ctx_new(), ZMQ_PUSH);
	REQUIRE(!zmq.set(sender, ZMQ_IPV6, &yes, sizeof(yes)));
	REQUIRE(!zmq.connect(sender, place));
	send_frame("a", 1);
	send_end("a");
	for (;;)
		pause();
}

/* In brackets, as everywhere. */
TEST(an_address_may_be_of_ipv6)
{
	struct sockaddr_in6 any = { .sin6_family = AF_INET6, .sin6_addr = in6addr_loopback };
	socklen_t bytes = sizeof(any);
	int fd = socket(AF_INET6, SOCK_STREAM, 0);
	char line[128];

	if (fd < 0 || bind(fd, (struct sockaddr *)&any, bytes) ||
	    getsockname(fd, (struct sockaddr *)&any, &bytes))
		SKIP("there is no IPv6");
	close(fd);
	snprintf(place, sizeof(place), "tcp://[::1]:%u", ntohs(any.sin6_port));
	if (!fork())
		connect_and_send();
	snprintf(line, sizeof(line), "receive --json --timeout 20 @%s", place);
	CHECK_EQ(output_of(line), EXIT_OK);
	output_has(output.out, "\"frames\": 1,");
}

static void begin(void)
{
	if (!libzmq_load())
		SKIP("there is no libzmq");
	scratch_make();
	REQUIRE(!chdir(scratch));
}

#else

TEST(receive)
{
}

static void begin(void)
{
	scratch_make();
	SKIP("there is no libzmq3-dev");
}

#endif

int main(void)
{
	return tap_run(begin, scratch_remove);
}
