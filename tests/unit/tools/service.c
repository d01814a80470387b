// SPDX-License-Identifier: MIT
/* What systemd hears from a service. */
#include "lib/service.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "tap.h"

static int listener = -1;
static char heard[1024];

/* "@..." is an abstract name. */
static void listen_at(const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	if (listener >= 0)
		close(listener);
	listener = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	memcpy(address.sun_path, name, strlen(name));
	if (name[0] == '@')
		address.sun_path[0] = '\0';
	REQUIRE_EQ(bind(listener, (struct sockaddr *)&address,
			offsetof(struct sockaddr_un, sun_path) + strlen(name)), 0);
	setenv("NOTIFY_SOCKET", name, 1);
}

static const char *hear(void)
{
	ssize_t bytes = recv(listener, heard, sizeof(heard) - 1, 0);

	heard[bytes < 0 ? 0 : bytes] = '\0';
	return heard;
}

TEST(an_abstract_socket)
{
	char name[64];

	snprintf(name, sizeof(name), "@dmaring-test-%d", getpid());
	listen_at(name);
	service_ready();
	CHECK(!strcmp(hear(), "READY=1"));
	service_stopping();
	CHECK(!strcmp(hear(), "STOPPING=1"));
}

TEST(a_socket_with_a_path)
{
	char folder[] = "/tmp/dmaring-XXXXXX", path[64];
	struct line line = { 0 };

	REQUIRE(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/notify", folder);
	listen_at(path);
	line_add(&line, "%d frames", 7);
	service_status(&line);
	CHECK(!strcmp(hear(), "STATUS=7 frames"));
	unlink(path);
	rmdir(folder);
}

TEST(a_status_once_a_second)
{
	setenv("NOTIFY_SOCKET", "@nobody", 1);
	CHECK(service_status_is_due());
	CHECK(!service_status_is_due());
}

TEST(nobody_listens)
{
	char longest[200];

	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	setenv("NOTIFY_SOCKET", "/nowhere/at/all", 1);
	service_ready();
	setenv("NOTIFY_SOCKET", longest, 1);
	service_ready();
	setenv("NOTIFY_SOCKET", "", 1);
	service_ready();
	unsetenv("NOTIFY_SOCKET");
	service_ready();
	CHECK(!service_status_is_due());
}

int main(void)
{
	return tap_run(NULL, NULL);
}
