// SPDX-License-Identifier: MIT
/* The simulated grabber's process says what is wrong when it cannot start. */
#define _GNU_SOURCE
#include <libgen.h>
#include <limits.h>
#include <sys/socket.h>
#include <sys/un.h>
#include "scratch.h"

#define SAID_MAX	4096
#define PATIENCE_S	"20"

/* Beside the folder that this program is in. */
static const char *program(void)
{
	static char path[PATH_MAX];
	char self[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);

	REQUIRE(length > 0);
	self[length] = '\0';
	snprintf(path, sizeof(path), "%.*s/../../../bin/fgsim", PATH_MAX / 2, dirname(self));
	return path;
}

static FILE *start(const char *arguments)
{
	char command[2 * PATH_MAX];
	FILE *output;

	snprintf(command, sizeof(command), "timeout " PATIENCE_S " %s %s 2>&1", program(),
		 arguments);
	output = popen(command, "r");
	REQUIRE(output);
	return output;
}

static void ends(FILE *output, int status, const char *words)
{
	char said[SAID_MAX];
	size_t bytes = fread(said, 1, sizeof(said) - 1, output);

	said[bytes] = '\0';
	CHECK_EQ(WEXITSTATUS(pclose(output)), status);
	if (!CHECK(strstr(said, words)))
		printf("# not '%s' but:\n# %s\n", words, said);
}

static FILE *start_in_scratch(const char *socket, const char *ram)
{
	char arguments[PATH_MAX];

	snprintf(arguments, sizeof(arguments), "--socket %s/%s --ram %s/%s", scratch, socket,
		 scratch, ram);
	return start(arguments);
}

/* Until it says that QEMU may come. */
static FILE *start_ready(const char *ram)
{
	FILE *output = start_in_scratch("socket", ram);
	char line[64] = "";

	REQUIRE(fgets(line, sizeof(line), output));
	REQUIRE(!strcmp(line, "ready\n"));
	return output;
}

static struct sockaddr_un address_of_socket(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	snprintf(address.sun_path, sizeof(address.sun_path), "%s/socket", scratch);
	return address;
}

static void connect_as_qemu(void)
{
	struct sockaddr_un address = address_of_socket();
	int qemu = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	REQUIRE_EQ(connect(qemu, (struct sockaddr *)&address, sizeof(address)), 0);
}

static void make_file(const char *name, long long bytes)
{
	char path[2 * sizeof(scratch)];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", scratch, name);
	file = fopen(path, "we");
	REQUIRE(file);
	REQUIRE_EQ(ftruncate(fileno(file), bytes), 0);
	fclose(file);
}

TEST(bad_command_lines)
{
	static const char *const bad[] = {
		"", "--socket /tmp/s", "--ram /tmp/r", "--socket /tmp/s --ram /tmp/r more",
		"--sockets /tmp/s", "--socket",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ends(start(bad[i]), 2, "usage: fgsim --socket PATH --ram FILE");
	ends(start("--help"), 0, "usage: fgsim --socket PATH --ram FILE");
}

TEST(bad_addresses_of_ram)
{
	ends(start("--ram-base ''"), 2, "not an address");
	ends(start("--ram-base -1"), 2, "not an address");
	ends(start("--ram-base 0x4000g"), 2, "not an address");
	ends(start("--ram-base 0x10000000000000000"), 2, "not an address");
	ends(start("--ram-base 0xffffffffffffffff"), 2, "leaves no room for the RAM");
}

TEST(times_that_are_none)
{
	ends(start("--catch-up-ms ''"), 2, "not a number from 0 to 1000");
	ends(start("--catch-up-ms -1"), 2, "not a number from 0 to 1000");
	ends(start("--catch-up-ms 2ms"), 2, "not a number from 0 to 1000");
	ends(start("--catch-up-ms 1001"), 2, "not a number from 0 to 1000");
}

TEST(paths_that_are_no_socket)
{
	char name[200];

	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	ends(start_in_scratch(name, "ram"), 1, "a socket's path can have 107 characters at most");
	ends(start_in_scratch("no/such/folder", "ram"), 1, "cannot listen there for QEMU");
	make_file("file", 0);
	ends(start_in_scratch("file", "ram"), 1, "exists and is no socket; give another path");
}

TEST(a_socket_that_another_card_has)
{
	FILE *first = start_ready("ram");

	ends(start_in_scratch("socket", "ram"), 1, "another card listens there");
	connect_as_qemu();
	ends(first, 1, "cannot open the guest's RAM");
}

TEST(a_socket_that_a_killed_card_left)
{
	struct sockaddr_un address = address_of_socket();
	int dead = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	FILE *card;

	REQUIRE_EQ(bind(dead, (struct sockaddr *)&address, sizeof(address)), 0);
	close(dead);
	card = start_ready("ram");
	connect_as_qemu();
	ends(card, 1, "cannot open the guest's RAM");
}

TEST(memory_that_is_none)
{
	FILE *card = start_ready("empty");

	make_file("empty", 0);
	connect_as_qemu();
	ends(card, 1, "the guest's RAM has no bytes");
	card = start_ready("huge");
	make_file("huge", 1LL << 40);
	connect_as_qemu();
	ends(card, 1, "more than");
}

int main(void)
{
	return tap_run(scratch_make, scratch_remove);
}
