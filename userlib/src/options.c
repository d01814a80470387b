// SPDX-License-Identifier: LGPL-2.1-or-later
#include "internal.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#define KNOWN_FLAGS \
	(DMARING_OPEN_READ_ONLY | DMARING_OPEN_MONITOR | \
	 DMARING_OPEN_NO_RING | DMARING_OPEN_IMPORT | DMARING_OPEN_CONFIGURE | \
	 DMARING_OPEN_ZEROES)

#define NS_PER_US 1000ULL

/* No version's options will be larger; a size above is no size. */
#define OPTIONS_SIZE_MAX 4096

static bool zero(const void *from, size_t bytes)
{
	const unsigned char *byte = from;

	while (bytes && !*byte)
		byte++, bytes--;
	return !bytes;
}

static bool latest(const struct dmaring_options *options)
{
	return options->policy == DMARING_POLICY_LATEST ||
	       (options->flags & DMARING_OPEN_READ_ONLY);
}

/* NULL, or what is wrong */
static const char *fault_of(const struct dmaring_options *options)
{
	if (options->flags & ~(uint32_t)KNOWN_FLAGS)
		return "options.flags has a bit this library does not know";
	if (!zero(options->reserved, sizeof(options->reserved)))
		return "options.reserved is not zero";
	if (options->policy > DMARING_POLICY_LATEST)
		return "options.policy is no enum dmaring_policy";
	if ((options->flags & DMARING_OPEN_CONFIGURE) &&
	    (options->flags & (DMARING_OPEN_READ_ONLY | DMARING_OPEN_MONITOR)))
		return "who configures does not read only";
	if (options->flags & (DMARING_OPEN_MONITOR | DMARING_OPEN_CONFIGURE))
		return options->flags & DMARING_OPEN_IMPORT ||
		       options->policy || options->depth || options->max_held ||
		       options->watermark || options->watermark_us ||
		       options->headroom ?
		       "a monitor has no policy, depth, max_held, watermark or headroom" :
		       NULL;
	if (options->policy == DMARING_POLICY_LOSSLESS &&
	    (options->flags & DMARING_OPEN_READ_ONLY))
		return "a read-only consumer cannot be LOSSLESS; choose LATEST";
	if (latest(options) && (options->flags & DMARING_OPEN_IMPORT))
		return "who lends memory is LOSSLESS, and not read-only";
	if (!latest(options) && (options->depth || options->max_held))
		return "options.depth and max_held are for the policy LATEST";
	if (options->headroom > DMARING_HEADROOM_MAX)
		return "options.headroom is more than DMARING_HEADROOM_MAX";
	if (options->headroom && (options->flags & DMARING_OPEN_IMPORT))
		return "who lends memory has its own room in front of it";
	return NULL;
}

/* A longer structure, of a later version, is good as far as it asks for nothing
 * this library does not know.
 */
static const char *fault_of_size(const struct dmaring_options *options)
{
	if (options->size < sizeof(*options) ||
	    options->size > OPTIONS_SIZE_MAX)
		return "options.size is not sizeof(struct dmaring_options)";
	if (!zero(options + 1, options->size - sizeof(*options)))
		return "the options ask for something this library is too old for";
	return NULL;
}

static uint32_t one_if_zero(uint32_t value)
{
	return value ? value : 1;
}

static void fill_attach(const struct dmaring_options *options,
			struct dmaring_attach *attach)
{
	*attach = (struct dmaring_attach){
		.size = sizeof(*attach),
		.policy = DMARING_POLICY_LOSSLESS,
		.frame_stride = sizeof(struct dmaring_frame),
		.features = options->flags & DMARING_OPEN_ZEROES ?
				    DMARING_FEATURE_ZEROES : 0,
		.watermark = options->watermark,
		.watermark_ns = options->watermark_us * NS_PER_US,
	};
	if (latest(options)) {
		attach->policy = DMARING_POLICY_LATEST;
		attach->depth = one_if_zero(options->depth);
		attach->max_held = one_if_zero(options->max_held);
	}
}

int options_to_attach(const char *device,
		      const struct dmaring_options *options,
		      uint32_t *flags, struct dmaring_attach *attach)
{
	static const struct dmaring_options defaults = {
		.size = sizeof(defaults),
	};
	const char *fault;

	if (!options)
		options = &defaults;
	fault = fault_of_size(options);
	if (!fault)
		fault = fault_of(options);
	if (fault)
		return error_set_detail(device, STEP_OPTIONS, EINVAL,
					fault);
	*flags = options->flags;
	fill_attach(options, attach);
	return 0;
}
