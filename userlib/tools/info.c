// SPDX-License-Identifier: MIT
#include "commands.h"
#include "lib/devices.h"
#include "lib/format_list.h"
#include "lib/json.h"
#include "lib/meta_list.h"
#include "lib/monitor.h"
#include "lib/names.h"
#include "lib/region_list.h"
#include "lib/units.h"

#include <err.h>
#include <inttypes.h>
#include <libdmaring.h>

struct describing {
	const struct options *options;
	struct json json;
};

static const char *limit_meaning(uint32_t limit)
{
	static const char *const meanings[] = {
		[DMARING_LIMIT_NONE] = "all that were asked for",
		[DMARING_LIMIT_CAP] =
			"more would leave the system too little memory; lower reserve_mib= to allow it",
		[DMARING_LIMIT_MEMORY] =
			"no free memory in one piece; load the driver earlier after boot, or with a smaller buffer_size=",
		[DMARING_LIMIT_DMA_MASK] =
			"no free memory within the card's reach; use a smaller buffer_size=, or an IOMMU",
		[DMARING_LIMIT_IOVA] =
			"the IOMMU has no free bus addresses; use a smaller buffer_size= or fewer buffers=",
		[DMARING_LIMIT_ORDER] =
			"buffers of that size cannot be allocated without an IOMMU or CMA; use a smaller buffer_size=",
		[DMARING_LIMIT_COUNT] =
			"a pool cannot have more buffers; use a larger buffer_size=",
		[DMARING_LIMIT_SEGMENTS] =
			"a buffer would be in more pieces than the card gathers; use a larger block_size= or a smaller buffer_size=",
	};

	return limit <= DMARING_LIMIT_SEGMENTS ?
		       meanings[limit] : "this program is too old to know";
}

static void print_pool(const struct dmaring_info *info)
{
	char size[UNITS_TEXT], asked_size[UNITS_TEXT], time[UNITS_TEXT];
	char asked[UNITS_TEXT] = "as many as fit";

	if (info->pool_asked)
		snprintf(asked, sizeof(asked), "%u", info->pool_asked);
	printf("  asked        %s, of %s\n", asked,
	       units_bytes(asked_size, info->pool_asked_size));
	printf("  got          %u buffers of %s, %.1f MiB in all, in %s\n",
	       info->buffers, units_bytes(size, info->buffer_size),
	       (double)info->buffers * info->buffer_size / (1 << 20),
	       units_ns(time, info->pool_alloc_ns));
	printf("  memory       %s, a buffer in at most %u segment%s\n",
	       name_of_memory(info->memory), info->max_segments,
	       info->max_segments == 1 ? "" : "s");
	printf("  limit        %s: %s\n", dmaring_limit_name(info->pool_limit),
	       limit_meaning(info->pool_limit));
}

static void print_info(const struct dmaring_info *info)
{
	printf("  driver       %s\n", info->driver);
	printf("  card         %s\n", info->card);
	printf("  bus          %s\n", info->bus_info);
	printf("  stream       %u of its card, counted from 0\n", info->stream);
	printf("  state        %s\n", name_of_stream_state(info->state));
	if (info->direction == DMARING_PLAYBACK)
		printf("  direction    playback: from memory to the card\n");
	printf("  format       ");
	format_print(stdout, &info->format);
	print_pool(info);
	printf("  consumers    %u of at most %u\n", info->consumers,
	       info->consumers_max);
	if (info->state & DMARING_STATE_LENT)
		printf("  buffers      are memory that the application lends\n");
	printf("  viewers      have reserved %u of at most %u buffers\n",
	       info->viewer_reserved, info->viewer_buffers);
}

static void print_buffer(const struct dmaring_buffer *buffer)
{
	printf("  buffer %-5u offset 0x%09llx  %-11s", buffer->index,
	       (unsigned long long)buffer->mmap_offset,
	       name_of_buffer_state(buffer->state));
	if (buffer->flags & DMARING_BUFFER_REFERENCED)
		printf(" (I/O refers to it)");
	if (buffer->flags & DMARING_BUFFER_BUS_SHOWN)
		printf("  bus 0x%llx", (unsigned long long)buffer->bus_addr);
	if (buffer->memory >= DMARING_MEMORY_USER)
		printf("  %s, lent", name_of_memory(buffer->memory));
	putchar('\n');
}

static void write_pool(struct json *json, const struct dmaring_info *info)
{
	json_open(json, "pool", '{');
	json_number(json, "asked", info->pool_asked);
	json_number(json, "buffers", info->buffers);
	json_string(json, "limit", dmaring_limit_name(info->pool_limit));
	json_number(json, "asked_size", info->pool_asked_size);
	json_number(json, "buffer_size", info->buffer_size);
	json_number(json, "bytes", info->buffers * info->buffer_size);
	json_number(json, "alloc_ns", info->pool_alloc_ns);
	json_string(json, "memory", name_of_memory(info->memory));
	json_number(json, "max_segments", info->max_segments);
	json_close(json, '}');
}

static void write_info(struct json *json, const struct dmaring_info *info)
{
	json_string(json, "driver", info->driver);
	json_string(json, "card", info->card);
	json_string(json, "bus", info->bus_info);
	json_number(json, "stream", info->stream);
	json_string(json, "state", name_of_stream_state(info->state));
	json_bool(json, "test_pattern", info->caps & DMARING_CAP_TEST_PATTERN);
	json_bool(json, "direct_io", info->caps & DMARING_CAP_DIRECT_IO);
	json_bool(json, "playback", info->caps & DMARING_CAP_PLAYBACK);
	json_bool(json, "export", info->caps & DMARING_CAP_EXPORT);
	json_bool(json, "import", info->caps & DMARING_CAP_IMPORT);
	json_bool(json, "lent", info->state & DMARING_STATE_LENT);
	format_write(json, &info->format);
	write_pool(json, info);
	json_number(json, "consumers", info->consumers);
	json_number(json, "consumers_max", info->consumers_max);
	json_number(json, "viewer_reserved", info->viewer_reserved);
	json_number(json, "viewer_buffers", info->viewer_buffers);
}

static void write_buffer(struct json *json, const struct dmaring_buffer *buffer)
{
	json_open(json, NULL, '{');
	json_number(json, "index", buffer->index);
	json_number(json, "mmap_offset", buffer->mmap_offset);
	json_number(json, "length", buffer->length);
	json_number(json, "segments", buffer->segments);
	if (buffer->flags & DMARING_BUFFER_BUS_SHOWN)
		json_number(json, "bus_addr", buffer->bus_addr);
	else
		json_null(json, "bus_addr");
	json_string(json, "state", name_of_buffer_state(buffer->state));
	json_bool(json, "referenced",
		  buffer->flags & DMARING_BUFFER_REFERENCED);
	json_string(json, "memory", name_of_memory(buffer->memory));
	json_close(json, '}');
}

static int each_buffer(const struct dmaring *stream,
		       const struct dmaring_info *info, struct describing *describing)
{
	struct dmaring_buffer buffer;
	uint32_t i;
	int err;

	for (i = 0; i < info->buffers; i++) {
		err = dmaring_get_buffer(stream, i, &buffer);
		if (err)
			return err;
		if (describing->options->json)
			write_buffer(&describing->json, &buffer);
		else
			print_buffer(&buffer);
	}
	return 0;
}

static int describe_json(const char *device, const struct dmaring *stream,
			 const struct dmaring_info *info,
			 struct describing *describing)
{
	struct json *json = &describing->json;
	int err;

	json_open(json, NULL, '{');
	json_string(json, "device", device);
	write_info(json, info);
	err = region_list_write(json, stream, info);
	if (!err)
		err = meta_list_write(json, stream, info);
	if (!err && describing->options->buffers) {
		json_open(json, "buffers", '[');
		err = each_buffer(stream, info, describing);
		json_close(json, ']');
	}
	json_close(json, '}');
	return err;
}

static int describe_text(const char *device, const struct dmaring *stream,
			 const struct dmaring_info *info,
			 struct describing *describing)
{
	int err;

	printf("%s\n", device);
	print_info(info);
	err = region_list_print(stdout, stream, info);
	if (!err)
		err = meta_list_print(stdout, stream, info);
	if (!err && describing->options->buffers)
		err = each_buffer(stream, info, describing);
	return err;
}

static int describe(const char *device, void *argument)
{
	struct describing *describing = argument;
	struct dmaring_info info;
	struct dmaring *stream;
	int err;

	err = monitor_open(device, &stream);
	if (!err)
		err = dmaring_get_info(stream, &info);
	if (!err && describing->options->json)
		err = describe_json(device, stream, &info, describing);
	else if (!err)
		err = describe_text(device, stream, &info, describing);
	if (err)
		warnx("%s", dmaring_error());
	dmaring_close(stream);
	return err;
}

int command_info(const struct options *options)
{
	struct describing describing = {
		.options = options,
		.json.out = stdout,
	};
	struct json *json = &describing.json;
	int code;

	if (!options->json)
		return devices_each(options->operands, options->operand_count,
				    describe, &describing);
	json_open(json, NULL, '{');
	json_open(json, "devices", '[');
	code = devices_each(options->operands, options->operand_count, describe,
			    &describing);
	json_close(json, ']');
	json_close(json, '}');
	putchar('\n');
	return code;
}
