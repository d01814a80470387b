// SPDX-License-Identifier: MIT
/* Which stream is meant by what somebody has typed, and by nothing. */
#define _GNU_SOURCE		/* asprintf */
#include "lib/devices.h"
#include "lib/exit_code.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include "scratch.h"

static char said[1024], path[PATH_MAX];

static void make_link(const char *name, const char *target)
{
	char *place;

	REQUIRE(asprintf(&place, "%s/%s", scratch, name) > 0);
	REQUIRE(!symlink(target, place));
	free(place);
}

static void make_folder(const char *name)
{
	char *place;

	REQUIRE(asprintf(&place, "%s/%s", scratch, name) > 0);
	REQUIRE(!mkdir(place, 0755));
	free(place);
}

/* @bus: where its device is; NULL: nobody knows. */
static void make_stream(const char *node, const char *bus)
{
	char *name, *target;

	REQUIRE(asprintf(&name, "dev/%s", node) > 0);
	make_link(name, "/dev/null");
	if (!bus)
		return;
	REQUIRE(asprintf(&name, "class/%s", node) > 0);
	make_folder(name);
	REQUIRE(asprintf(&name, "class/%s/device", node) > 0);
	REQUIRE(asprintf(&target, "../../../%s", bus) > 0);
	make_link(name, target);
}

static void make_number(const char *node, const char *number)
{
	char *place;
	FILE *file;

	REQUIRE(asprintf(&place, "%s/class/%s/stream", scratch, node) > 0);
	file = fopen(place, "we");
	REQUIRE(file);
	fprintf(file, "%s\n", number);
	fclose(file);
	free(place);
}

static void begin(void)
{
	static char nodes[80], class[80];

	scratch_make();
	make_folder("dev");
	make_folder("class");
	snprintf(nodes, sizeof(nodes), "%s/dev", scratch);
	snprintf(class, sizeof(class), "%s/class", scratch);
	devices_look_in(nodes, class);
}

static void make_two(void)
{
	make_stream("dmaring10", "0000:02:00.0");
	make_stream("dmaring2", "0001:02:00.0");
}

/* With what it says on stderr in said. */
static int resolve(const char *name)
{
	int err = dup(STDERR_FILENO), code;
	FILE *file = tmpfile();

	dup2(fileno(file), STDERR_FILENO);
	code = devices_resolve(name, path);
	dup2(err, STDERR_FILENO);
	rewind(file);
	said[fread(said, 1, sizeof(said) - 1, file)] = '\0';
	return code;
}

static void check_is(const char *node)
{
	char *whole;

	REQUIRE(asprintf(&whole, "%s/dev/%s", scratch, node) > 0);
	if (!CHECK(!strcmp(path, whole)))
		printf("# it is %s\n", path);
	CHECK(!*said);
}

static void check_says(const char *words)
{
	if (!CHECK(strstr(said, words)))
		printf("# it says: %s\n", said);
}

TEST(the_only_one_needs_no_name)
{
	make_stream("dmaring3", "0000:01:00.0");
	CHECK_EQ(resolve(NULL), EXIT_OK);
	check_is("dmaring3");
}

TEST(several_are_listed)
{
	make_two();
	CHECK_EQ(resolve(NULL), EXIT_USAGE);
	check_says("several streams");
	check_says("dev/dmaring2 (0001:02:00.0), ");
	check_says("dev/dmaring10 (0000:02:00.0)\n");
}

TEST(none_is_explained)
{
	CHECK_EQ(resolve(NULL), EXIT_ERROR);
	check_says("there is no stream");
	CHECK_EQ(resolve("0000:01:00.0"), EXIT_ERROR);
	check_says("there is no stream");
}

TEST(what_is_no_stream_is_not_one)
{
	make_stream("dmaring1", NULL);
	make_stream("dmaring", NULL);
	make_stream("dmaring1x", NULL);
	make_stream("xdmaring2", NULL);
	CHECK_EQ(resolve(NULL), EXIT_OK);
	check_is("dmaring1");
}

TEST(an_address_on_the_bus)
{
	make_two();
	CHECK_EQ(resolve("0000:02:00.0"), EXIT_OK);
	check_is("dmaring10");
	CHECK_EQ(resolve("0001:02:00.0"), EXIT_OK);
	check_is("dmaring2");
}

TEST(its_domain_can_be_left_out_when_it_is_0)
{
	make_two();
	CHECK_EQ(resolve("02:00.0"), EXIT_OK);
	check_is("dmaring10");
}

TEST(a_platform_device)
{
	make_two();
	make_stream("dmaring5", "dmaring_virt.0");
	CHECK_EQ(resolve("dmaring_virt.0"), EXIT_OK);
	check_is("dmaring5");
}

TEST(an_address_with_two_streams_is_not_guessed)
{
	make_two();
	make_stream("dmaring4", "0000:02:00.0");
	CHECK_EQ(resolve("0000:02:00.0"), EXIT_USAGE);
	check_says("0000:02:00.0: there are several streams");
	CHECK(!strstr(said, "dmaring2 "));
}

TEST(streams_of_one_card_have_numbers)
{
	make_two();
	make_stream("dmaring3", "0000:02:00.0");
	make_number("dmaring10", "0");
	make_number("dmaring3", "1");
	CHECK_EQ(resolve("0000:02:00.0-stream1"), EXIT_OK);
	check_is("dmaring3");
	CHECK_EQ(resolve("02:00.0-stream0"), EXIT_OK);
	check_is("dmaring10");
	CHECK_EQ(resolve("0001:02:00.0-stream0"), EXIT_OK);
	check_is("dmaring2");
	CHECK_EQ(resolve("0000:02:00.0-stream2"), EXIT_ERROR);
	check_says("there is no such stream");
	CHECK_EQ(resolve("0000:02:00.0-stream1x"), EXIT_ERROR);
	CHECK_EQ(resolve("0000:02:00.0"), EXIT_USAGE);
	check_says("dev/dmaring3 (0000:02:00.0-stream1), ");
	check_says("dev/dmaring10 (0000:02:00.0-stream0)\n");
}

TEST(an_address_without_a_stream)
{
	make_two();
	CHECK_EQ(resolve("0000:03:00.0"), EXIT_ERROR);
	check_says("0000:03:00.0: there is no such stream; there are: ");
	check_says("dmaring2 (0001:02:00.0), ");
}

TEST(a_number_or_name_is_a_node)
{
	make_two();
	CHECK_EQ(resolve("7"), EXIT_OK);
	check_is("dmaring7");
	CHECK_EQ(resolve("dmaring7"), EXIT_OK);
	check_is("dmaring7");
}

TEST(a_path_is_one)
{
	static const char *const names[] = {
		"/dev/dmaring7", "./x", "/dev/dmaring/by-path/pci-0000:02:00.0",
	};
	size_t i;

	make_two();
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		CHECK_EQ(resolve(names[i]), EXIT_OK);
		CHECK(!strcmp(path, names[i]));
	}
}

TEST(another_name_in_the_folder_of_devices_is_one)
{
	make_two();
	make_link("dev/camera", "dmaring2");
	CHECK_EQ(resolve("camera"), EXIT_OK);
	check_is("camera");
}

TEST(no_folder_of_devices_is_told)
{
	devices_look_in("/nowhere/at/all", "/nowhere/at/all");
	CHECK_EQ(resolve(NULL), EXIT_ERROR);
	check_says("/nowhere/at/all: cannot list the devices: No such file");
}

int main(void)
{
	return tap_run(begin, scratch_remove);
}
