// SPDX-License-Identifier: MIT
#include "commands.h"
#include "lib/devices.h"
#include "lib/hex_dump.h"
#include "lib/monitor.h"
#include "lib/number.h"
#include "lib/region_list.h"

#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <libdmaring.h>
#include <string.h>

#define PIECE_BYTES 4096
#define LENGTH_DEFAULT 4096

/* What the operands ask for. */
struct request {
	const char *device;	/* NULL: the only one there is */
	const char *region;	/* NULL: what regions there are */
	uint64_t offset;
	uint64_t length;
	bool has_length;
	bool all;
};

/* "/dev/dmaring0", "dmaring0", "01:00.0"; a number is one only before a name. */
static bool names_device(char **operands, int count)
{
	const char *first = operands[0];
	uint64_t number;

	if (strchr(first, '/') || strchr(first, ':') ||
	    !strncmp(first, "dmaring", strlen("dmaring")))
		return true;
	return count > 1 && !number_parse(first, 0, UINT64_MAX, &number) &&
	       number_parse_any(operands[1], &number) == -EINVAL;
}

static int take_number(const char *what, const char *text, uint64_t *number)
{
	int err = number_parse_any(text, number);

	if (err)
		warnx("%s '%s': must be a number, decimal or with 0x, of at most 64 bits",
		      what, text);
	return err;
}

static int take_request(struct request *request, char **operands, int count)
{
	if (count && names_device(operands, count)) {
		request->device = *operands++;
		count--;
	}
	if (count > 3) {
		warnx("'%s' is one too many: there is [DEVICE] REGION OFFSET LENGTH",
		      operands[3]);
		return -1;
	}
	if (count > 0)
		request->region = operands[0];
	if (count > 1 && take_number("OFFSET", operands[1], &request->offset))
		return -1;
	request->has_length = count > 2;
	return request->has_length ?
		       take_number("LENGTH", operands[2], &request->length) : 0;
}

/* Where the region ends, and how much of it is asked for if nothing is said. */
static int fit(struct request *request, const struct dmaring_region *region)
{
	uint64_t left = region->length - request->offset;

	if (request->offset > region->length) {
		warnx("OFFSET %" PRIu64 ": %s has %" PRIu64 " bytes",
		      request->offset, region->name, (uint64_t)region->length);
		return -1;
	}
	if (request->has_length && request->length > left) {
		warnx("LENGTH %" PRIu64 ": %s has %" PRIu64 " bytes, %" PRIu64
		      " from there on",
		      request->length, region->name, (uint64_t)region->length,
		      left);
		return -1;
	}
	if (!request->has_length)
		request->length = left < LENGTH_DEFAULT ? left : LENGTH_DEFAULT;
	return 0;
}

static int dump(const struct dmaring *stream, const struct request *request,
		const struct dmaring_region *region)
{
	struct hex_dump dump = { .out = stdout, .all = request->all };
	uint64_t at = request->offset, end = at + request->length;
	uint8_t bytes[PIECE_BYTES];
	size_t count;
	int err;

	for (; at < end; at += count) {
		count = end - at < PIECE_BYTES ? end - at : PIECE_BYTES;
		err = dmaring_read_region(stream, region->index, at, bytes,
					  count);
		if (err) {
			warnx("%s", dmaring_error());
			return EXIT_ERROR;
		}
		hex_dump_bytes(&dump, at, bytes, count);
	}
	hex_dump_end(&dump, end);
	if (!request->has_length && end < region->length)
		warnx("%s has %" PRIu64 " bytes; a LENGTH shows more than %d",
		      region->name, (uint64_t)region->length, LENGTH_DEFAULT);
	return EXIT_OK;
}

static int show(const struct dmaring *stream, const struct dmaring_info *info,
		struct request *request)
{
	struct dmaring_region region;
	int err;

	err = region_list_find(stream, info, request->region, &region);
	if (err == -ENOENT)
		warnx("'%s': there is no such region; 'dmaring peek' lists them",
		      request->region);
	else if (err)
		warnx("%s", dmaring_error());
	if (err)
		return EXIT_ERROR;
	return fit(request, &region) ? EXIT_USAGE :
				       dump(stream, request, &region);
}

static int list(const struct dmaring *stream, const struct dmaring_info *info)
{
	if (!info->regions)
		warnx("the card's driver offers no regions to look at");
	if (!region_list_print(stdout, stream, info))
		return EXIT_OK;
	warnx("%s", dmaring_error());
	return EXIT_ERROR;
}

static int look(const char *device, struct request *request)
{
	struct dmaring_info info;
	struct dmaring *stream;
	int code = EXIT_ERROR;

	if (monitor_open(device, &stream) || dmaring_get_info(stream, &info))
		warnx("%s", dmaring_error());
	else if (request->region)
		code = show(stream, &info, request);
	else
		code = list(stream, &info);
	dmaring_close(stream);
	return code;
}

int command_peek(const struct options *options)
{
	struct request request = { .all = options->all };
	char path[PATH_MAX];
	int code;

	if (take_request(&request, options->operands, options->operand_count))
		return EXIT_USAGE;
	code = devices_resolve(request.device, path);
	return code ? code : look(path, &request);
}
