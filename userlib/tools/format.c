// SPDX-License-Identifier: MIT
#include "commands.h"
#include "lib/devices.h"
#include "lib/format_list.h"
#include "lib/format_words.h"
#include "lib/monitor.h"

#include <err.h>
#include <errno.h>
#include <libdmaring.h>

/* What the operands ask for. */
struct request {
	const char *device;	/* NULL: the only one there is */
	struct dmaring_format format;
	__u32 flags;
	bool change;
};

static int take_word(struct request *request, const char *word)
{
	int err = format_word(word, &request->format, &request->flags);

	if (!err)
		request->change = true;
	if (err == -ENOENT)
		warnx("'%s': must be WIDTHxHEIGHT, a fourcc, @RATE or N and ch; 'dmaring format' lists the fourccs",
		      word);
	return err;
}

/* The first one is the device, if it is none of the words. */
static int take_request(struct request *request, char **operands, int count)
{
	struct dmaring_format format = { 0 };
	__u32 flags = 0;
	int i, err = 0;

	if (count && format_word(operands[0], &format, &flags) == -ENOENT) {
		request->device = *operands++;
		count--;
	}
	for (i = 0; !err && i < count; i++)
		err = take_word(request, operands[i]);
	return err;
}

static void answer(const struct options *options,
		   const struct dmaring_format *format)
{
	struct json json = { .out = stdout };

	if (!options->json) {
		format_print(stdout, format);
		return;
	}
	json_open(&json, NULL, '{');
	format_write(&json, format);
	json_close(&json, '}');
	fputc('\n', stdout);
}

static int change(const char *device, const struct options *options,
		  struct request *request)
{
	static const struct dmaring_options configure = {
		.size = sizeof(configure),
		.flags = DMARING_OPEN_CONFIGURE,
	};
	struct dmaring *stream;
	int err;

	err = dmaring_open(device, &configure, &stream);
	if (!err && options->dry_run)
		err = dmaring_try_format(stream, &request->format,
					 request->flags);
	else if (!err)
		err = dmaring_set_format(stream, &request->format,
					 request->flags);
	if (!err)
		answer(options, &request->format);
	dmaring_close(stream);
	return err;
}

static int list(const struct options *options, const struct dmaring *stream,
		const struct dmaring_info *info)
{
	struct json json = { .out = stdout };
	int err;

	if (!options->json) {
		format_print(stdout, &info->format);
		return format_list_print(stdout, stream, info);
	}
	json_open(&json, NULL, '{');
	format_write(&json, &info->format);
	err = format_list_write(&json, stream, info);
	json_close(&json, '}');
	fputc('\n', stdout);
	return err;
}

static int show(const char *device, const struct options *options)
{
	struct dmaring_info info;
	struct dmaring *stream;
	int err;

	err = monitor_open(device, &stream);
	if (!err)
		err = dmaring_get_info(stream, &info);
	if (!err)
		err = list(options, stream, &info);
	dmaring_close(stream);
	return err;
}

int command_format(const struct options *options)
{
	struct request request = { 0 };
	char path[PATH_MAX];
	int code;

	if (take_request(&request, options->operands, options->operand_count))
		return EXIT_USAGE;
	code = devices_resolve(request.device, path);
	if (code)
		return code;
	if (!(request.change ? change(path, options, &request) :
			       show(path, options)))
		return EXIT_OK;
	warnx("%s", dmaring_error());
	return EXIT_ERROR;
}
