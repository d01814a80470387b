// SPDX-License-Identifier: MIT
#define _GNU_SOURCE
#include "link.h"

#include <endian.h>
#include <err.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define PROTOCOL_VERSION	0
#define SHARED_MEMORY		(-1LL)

static int new_eventfd(void)
{
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	if (fd < 0)
		err(1, "no eventfd");
	return fd;
}

/*
 * A socket that nobody has any more is left by a card that was killed.  The probe is of
 * another type, so that who has it is not connected to and does not take us for QEMU.
 */
static void remove_stale(const struct sockaddr_un *address)
{
	int probe = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct stat status;

	if (probe < 0)
		err(1, "no UNIX socket");
	if (lstat(address->sun_path, &status)) {
		close(probe);
		return;
	}
	if (!S_ISSOCK(status.st_mode))
		errx(1, "%s: exists and is no socket; give another path", address->sun_path);
	if (!connect(probe, (const struct sockaddr *)address, sizeof(*address)) ||
	    errno == EPROTOTYPE)
		errx(1, "%s: another card listens there", address->sun_path);
	unlink(address->sun_path);
	close(probe);
}

void link_listen(struct link *link, const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	link->socket = -1;
	link->doorbell = new_eventfd();
	for (int i = 0; i < link->vector_count; i++)
		link->vectors[i] = new_eventfd();

	if (strlen(path) >= sizeof(address.sun_path))
		errx(1, "%s: a socket's path can have %zu characters at most", path,
		     sizeof(address.sun_path) - 1);
	memcpy(address.sun_path, path, strlen(path) + 1);
	remove_stale(&address);
	link->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (link->listener < 0 ||
	    bind(link->listener, (struct sockaddr *)&address, sizeof(address)) ||
	    listen(link->listener, 1))
		err(1, "%s: cannot listen there for QEMU", path);
}

/* One message, with or without (-1) a descriptor. */
static bool send_message(int to, int64_t number, int fd)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	int64_t word = htole64(number);
	struct iovec part = { .iov_base = &word, .iov_len = sizeof(word) };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
	struct cmsghdr *header;

	if (fd >= 0) {
		message.msg_control = control.bytes;
		message.msg_controllen = sizeof(control.bytes);
		header = CMSG_FIRSTHDR(&message);
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(header), &fd, sizeof(int));
	}
	return sendmsg(to, &message, MSG_NOSIGNAL) == sizeof(word);
}

static bool introduce(const struct link *link, int memory)
{
	bool sent = send_message(link->socket, PROTOCOL_VERSION, -1) &&
		    send_message(link->socket, LINK_GUEST_PEER, -1) &&
		    send_message(link->socket, SHARED_MEMORY, memory) &&
		    send_message(link->socket, LINK_CARD_PEER, link->doorbell);

	for (int i = 0; sent && i < link->vector_count; i++)
		sent = send_message(link->socket, LINK_GUEST_PEER, link->vectors[i]);
	return sent;
}

/* Wait for a guest; false if it went away at once. */
bool link_accept(struct link *link, int memory)
{
	link->socket = accept4(link->listener, NULL, NULL, SOCK_CLOEXEC);
	if (link->socket < 0) {
		if (errno != EINTR && errno != ECONNABORTED)
			err(1, "no connection from QEMU");
		return false;
	}
	if (introduce(link, memory))
		return true;
	warnx("QEMU hung up before it knew the card");
	link_close(link);
	return false;
}

/* QEMU never says anything: what can be read is the end. */
bool link_alive(struct link *link)
{
	char byte;
	ssize_t got = recv(link->socket, &byte, 1, MSG_DONTWAIT);

	return got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR));
}

void link_close(struct link *link)
{
	close(link->socket);
	link->socket = -1;
}

void link_interrupt(const struct link *link, uint32_t vector)
{
	uint64_t one = 1;

	/* A full counter means that QEMU has yet to see the others. */
	(void)!write(link->vectors[vector], &one, sizeof(one));
}

void link_clear_doorbell(const struct link *link)
{
	uint64_t rings;

	(void)!read(link->doorbell, &rings, sizeof(rings));
}
