// SPDX-License-Identifier: MIT
#include "service.h"
#include "clock.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* "/path", or "@name" of an abstract socket.  Return: its length; 0: none. */
static socklen_t find_socket(struct sockaddr_un *address)
{
	const char *name = getenv("NOTIFY_SOCKET");
	size_t length = name ? strlen(name) : 0;

	if (!length || length >= sizeof(address->sun_path))
		return 0;
	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	memcpy(address->sun_path, name, length);
	if (name[0] == '@')
		address->sun_path[0] = '\0';
	return offsetof(struct sockaddr_un, sun_path) + length;
}

/* Nobody is kept from recording because systemd does not listen. */
static void tell(const char *text)
{
	struct sockaddr_un address;
	socklen_t length = find_socket(&address);
	int fd;

	if (!length)
		return;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	sendto(fd, text, strlen(text), MSG_DONTWAIT | MSG_NOSIGNAL,
	       (struct sockaddr *)&address, length);
	close(fd);
}

void service_ready(void)
{
	tell("READY=1");
}

bool service_status_is_due(void)
{
	static uint64_t next_ns;
	uint64_t now_ns;

	if (!getenv("NOTIFY_SOCKET"))
		return false;
	now_ns = clock_ns();
	if (now_ns < next_ns)
		return false;
	next_ns = now_ns + NS_PER_SECOND;
	return true;
}

void service_status(const struct line *line)
{
	char text[sizeof(line->text) + sizeof("STATUS=")] = "STATUS=";

	tell(strcat(text, line->text));
}

void service_stopping(void)
{
	tell("STOPPING=1");
}
