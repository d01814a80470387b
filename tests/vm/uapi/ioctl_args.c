// SPDX-License-Identifier: MIT
/*
 * The rules that hold for the argument of every command: sizes, flags, reserved
 * fields, pointers.  A refused call has changed nothing, neither the argument
 * nor the stream, and the same call with a good argument still works.
 */
#include <stddef.h>
#include "control.h"
#include "pages.h"
#include "lend.h"
#include "either.h"

#define SIZE_MAX_BYTES	4096	/* a longer argument is E2BIG */

struct command {
	const char *name;
	unsigned long number;
	size_t bytes;
	size_t written;		/* by a successful call: so many at the beginning */
	size_t flags;		/* offset; 0: it has none on the way in */
	size_t reserved;
	size_t reserved_bytes;
};

#define COMMAND(number, type, flags_offset)					\
	COMMAND_THAT_WRITES(number, type, sizeof(struct type), flags_offset)
#define COMMAND_THAT_WRITES(number, type, written, flags_offset)		\
	{ #number, DMARING_IOC_##number, sizeof(struct type), written, flags_offset, \
	  offsetof(struct type, reserved), sizeof(((struct type *)0)->reserved) }

#define STATS_COMMAND(number)							\
	{ #number, DMARING_IOC_##number, sizeof(struct dmaring_stats),		\
	  sizeof(struct dmaring_stats), offsetof(struct dmaring_stats, flags),	\
	  sizeof(struct dmaring_stats), 0 }

static const struct command commands[] = {
	COMMAND(INFO, dmaring_info, offsetof(struct dmaring_info, flags)),
	COMMAND(BUFFER, dmaring_buffer, 0),
	COMMAND(ATTACH, dmaring_attach, offsetof(struct dmaring_attach, flags)),
	/* Nothing of it is reserved, and nothing of stats. */
	{ "DEQUEUE", DMARING_IOC_DEQUEUE, sizeof(struct dmaring_dequeue),
	  offsetof(struct dmaring_dequeue, release), offsetof(struct dmaring_dequeue, flags),
	  sizeof(struct dmaring_dequeue), 0 },
	COMMAND_THAT_WRITES(RELEASE, dmaring_release, offsetof(struct dmaring_release, reserved),
			    offsetof(struct dmaring_release, flags)),
	STATS_COMMAND(STATS),
	COMMAND(RING, dmaring_ring, offsetof(struct dmaring_ring, flags)),
	COMMAND(EVENTFD, dmaring_eventfd, offsetof(struct dmaring_eventfd, flags)),
	STATS_COMMAND(STATS_OF),
	COMMAND(REGION, dmaring_region, 0),
	{ "READ_REGION", DMARING_IOC_READ_REGION, sizeof(struct dmaring_read_region),
	  sizeof(struct dmaring_read_region), offsetof(struct dmaring_read_region, flags),
	  offsetof(struct dmaring_read_region, reserved0),
	  sizeof(struct dmaring_read_region) - offsetof(struct dmaring_read_region, reserved0) },
	COMMAND(IMPORT, dmaring_import, offsetof(struct dmaring_import, flags)),
	/* Its flags: see format.c. */
	COMMAND(FORMATS, dmaring_format_range, offsetof(struct dmaring_format_range, flags)),
	COMMAND(FORMAT, dmaring_set_format, 0),
	COMMAND_THAT_WRITES(SUBMIT, dmaring_submit, offsetof(struct dmaring_submit, reserved),
			    offsetof(struct dmaring_submit, flags)),
	COMMAND(CONTROL_INFO, dmaring_control_info, 0),
	{ "CONTROLS", DMARING_IOC_CONTROLS, sizeof(struct dmaring_controls),
	  sizeof(struct dmaring_controls), offsetof(struct dmaring_controls, flags),
	  offsetof(struct dmaring_controls, reserved0),
	  sizeof(struct dmaring_controls) - offsetof(struct dmaring_controls, reserved0) },
	/* Its flags: see export.c. */
	COMMAND(EXPORT, dmaring_export, 0),
};

/* Can it succeed on this stream?  All capture streams here have regions. */
static int can_succeed(const struct command *command)
{
	int fd = stream_open(O_RDONLY);
	uint64_t caps = stream_info(fd).caps;

	close(fd);
	switch (command->number) {
	case DMARING_IOC_SUBMIT:
		return !!(caps & DMARING_CAP_PLAYBACK);
	case DMARING_IOC_EXPORT:
		return !!(caps & DMARING_CAP_EXPORT);
	case DMARING_IOC_IMPORT:
	case DMARING_IOC_REGION:
	case DMARING_IOC_READ_REGION:
		return !(caps & DMARING_CAP_PLAYBACK);
	case DMARING_IOC_CONTROL_INFO:
	case DMARING_IOC_CONTROLS:
		return !!(caps & DMARING_CAP_CONTROLS);
	}
	return 1;
}

static const struct command *next_command(const struct command *command)
{
	const struct command *end = commands + sizeof(commands) / sizeof(*commands);

	while (command < end && !can_succeed(command))
		command++;
	return command < end ? command : NULL;
}

#define EACH_COMMAND(command) \
	(command = next_command(commands); command; command = next_command(command + 1))

union argument {
	uint32_t size;
	unsigned char bytes[SIZE_MAX_BYTES + 64];
	struct dmaring_info info;
	struct dmaring_buffer buffer;
	struct dmaring_attach attach;
	struct dmaring_dequeue dequeue;
	struct dmaring_release release;
	struct dmaring_stats stats;
	struct dmaring_ring ring;
	struct dmaring_eventfd eventfd;
	struct dmaring_export export;
	struct dmaring_region region;
	struct dmaring_read_region read_region;
	struct dmaring_import import;
	struct dmaring_format_range format_range;
	struct dmaring_set_format set_format;
	struct dmaring_submit submit;
	struct dmaring_control_info control_info;
	struct dmaring_controls controls;
};

static struct dmaring_control_value control_room;

static char region_room[64];
static void *lent;	/* a page, for IMPORT */

static struct dmaring_frame taken;
static struct dmaring_filled filled;	/* what was taken, with a frame */

/*
 * Opens the stream, brings it where the command can succeed, and prepares an
 * argument with which it does; what follows the argument is zero.
 */
static int open_for(const struct command *command, union argument *good)
{
	int fd = stream_open(O_RDWR);

	memset(good, 0, sizeof(*good));
	if (command->number >= DMARING_IOC_DEQUEUE && command->number != DMARING_IOC_STATS)
		REQUIRE_EQ(stream_attach(fd, DMARING_POLICY_LOSSLESS, 0, 0), 0);
	if (command->number == DMARING_IOC_DEQUEUE || command->number == DMARING_IOC_RELEASE)
		REQUIRE_EQ(call(fd, DMARING_IOC_START, NULL), 0);
	switch (command->number) {
	case DMARING_IOC_INFO:
		good->info = info_argument();
		break;
	case DMARING_IOC_BUFFER:
		good->buffer = buffer_argument(0);
		break;
	case DMARING_IOC_ATTACH:
		good->attach = attach_argument(DMARING_POLICY_LOSSLESS, 0, 0);
		break;
	case DMARING_IOC_DEQUEUE:
		/* Of a producer all buffers wait at once. */
		if (!is_playback())
			REQUIRE_EQ(stream_poll(fd, -1), POLLIN);
		good->dequeue = dequeue_argument(&taken, 1, FOREVER);
		break;
	case DMARING_IOC_RELEASE:
		REQUIRE_EQ(stream_take(fd, &taken, 1, FOREVER), 1);
		good->release = release_argument(&taken.cookie, 1);
		break;
	case DMARING_IOC_SUBMIT:
		REQUIRE_EQ(stream_take(fd, &taken, 1, FOREVER), 1);
		filled = (struct dmaring_filled){ .cookie = taken.cookie, .bytes = 1 };
		EMPTY_ARGUMENT(good->submit);
		good->submit.frames = (uintptr_t)&filled;
		good->submit.count = 1;
		break;
	case DMARING_IOC_STATS:
		good->stats = stats_argument();
		break;
	case DMARING_IOC_STATS_OF:	/* the one consumer there is */
		good->stats = stats_argument();
		good->stats.consumer = 0;
		break;
	case DMARING_IOC_RING:
		good->ring = ring_argument();
		break;
	case DMARING_IOC_EVENTFD:
		good->eventfd = eventfd_argument(-1);
		break;
	case DMARING_IOC_EXPORT:
		good->export = export_argument(0, O_RDWR);
		break;
	case DMARING_IOC_FORMATS:
		EMPTY_ARGUMENT(good->format_range);
		good->format_range.index = 0;
		good->format_range.flags = 0;
		break;
	case DMARING_IOC_FORMAT:	/* as it is */
		EMPTY_ARGUMENT(good->set_format);
		memset(&good->set_format.format, 0, sizeof(good->set_format.format));
		good->set_format.flags = 0;
		good->set_format.reserved0 = 0;
		break;
	case DMARING_IOC_REGION:
		good->region = region_argument(0);
		break;
	case DMARING_IOC_READ_REGION:
		good->read_region = read_region_argument(0, 0, region_room, sizeof(region_room));
		break;
	case DMARING_IOC_IMPORT:
		if (!lent)
			lent = lend_page();
		good->import = import_argument(lent, page_bytes());
		break;
	case DMARING_IOC_CONTROL_INFO:
		good->control_info = control_info_argument(0, 0);
		break;
	case DMARING_IOC_CONTROLS:
		good->controls = controls_argument(0, &control_room, 1);
		break;
	}
	return fd;
}

static struct dmaring_stats stats_now(int fd)
{
	return is_playback() ? play_stats(fd) : stream_stats(fd);
}

static void refuse(int fd, const struct command *command, void *argument, int error)
{
	struct dmaring_stats before = stats_now(fd), after;
	int is = call(fd, command->number, argument);

	if (!CHECK_EQ(is, error))
		printf("# the command was %s\n", command->name);
	after = stats_now(fd);
	CHECK_EQ(after.consumer_policy, before.consumer_policy);
	CHECK_EQ(after.consumer_running, before.consumer_running);
	CHECK_EQ(after.consumer_delivered, before.consumer_delivered);
	CHECK_EQ(after.consumer_dropped, before.consumer_dropped);
	CHECK_EQ(after.consumer_held, before.consumer_held);
}

/* The same for an argument that can be looked at afterwards. */
static void refuse_unchanged(int fd, const struct command *command, union argument *argument,
			     int error)
{
	union argument copy = *argument;

	refuse(fd, command, argument, error);
	if (!CHECK(!memcmp(argument, &copy, sizeof(copy))))
		printf("# %s changed its argument\n", command->name);
}

static void accept(int fd, const struct command *command, void *argument)
{
	if (!CHECK_EQ(call(fd, command->number, argument), 0))
		printf("# the command was %s\n", command->name);
	CHECK_EQ(*(uint32_t *)argument, command->bytes);
	/* An open one would keep the buffer when its consumer has left. */
	if (command->number == DMARING_IOC_EXPORT)
		close(((struct dmaring_export *)argument)->fd);
}

TEST(sizes_that_are_too_small_are_refused)
{
	const struct command *command;
	union argument good, bad;

	for EACH_COMMAND(command) {
		int fd = open_for(command, &good);

		for (size_t size = 0; size < command->bytes; size++) {
			bad = good;
			bad.size = size;
			refuse_unchanged(fd, command, &bad, -EINVAL);
		}
		accept(fd, command, &good);
		close(fd);
	}
}

TEST(longer_arguments_work_if_their_tail_is_zero)
{
	static const size_t longer[] = { 1, 4, 8, 64 };
	const struct command *command;
	union argument good;

	for EACH_COMMAND(command) {
		for (size_t i = 0; i <= sizeof(longer) / sizeof(*longer); i++) {
			int fd = open_for(command, &good);

			good.size = i < 4 ? command->bytes + longer[i] : SIZE_MAX_BYTES;
			accept(fd, command, &good);
			for (size_t at = command->bytes; at < sizeof(good); at++)
				CHECK_EQ(good.bytes[at], 0);
			close(fd);
		}
	}
}

TEST(longer_arguments_with_something_in_the_tail_are_refused)
{
	const struct command *command;
	union argument good, bad;

	for EACH_COMMAND(command) {
		int fd = open_for(command, &good);

		for (size_t at = command->bytes; at < SIZE_MAX_BYTES; at += at < 256 ? 1 : 479) {
			bad = good;
			bad.size = at + 1;
			bad.bytes[at] = 1;
			refuse_unchanged(fd, command, &bad, -E2BIG);
			bad.size = SIZE_MAX_BYTES;
			refuse_unchanged(fd, command, &bad, -E2BIG);
		}
		accept(fd, command, &good);
		close(fd);
	}
}

TEST(huge_sizes_are_refused)
{
	static const uint32_t huge[] = { 4097, 4104, 65536, 0x7fffffff, 0x80000000, 0xffffffff };
	const struct command *command;
	union argument good, bad;

	for EACH_COMMAND(command) {
		int fd = open_for(command, &good);

		for (size_t i = 0; i < sizeof(huge) / sizeof(*huge); i++) {
			bad = good;
			bad.size = huge[i];
			refuse_unchanged(fd, command, &bad, -E2BIG);
		}
		accept(fd, command, &good);
		close(fd);
	}
}

TEST(flags_that_are_not_defined_are_refused)
{
	const struct command *command;
	union argument good, bad;

	for EACH_COMMAND(command) {
		int fd = open_for(command, &good);

		for (int bit = 0; command->flags && bit < 32; bit++) {
			if (command->number == DMARING_IOC_IMPORT &&
			    1U << bit == DMARING_IMPORT_CONTIGUOUS)
				continue;
			if (command->number == DMARING_IOC_CONTROLS &&
			    1U << bit == DMARING_CONTROLS_SET)
				continue;
			bad = good;
			bad.bytes[command->flags + bit / 8] = 1 << bit % 8;
			refuse_unchanged(fd, command, &bad, -EINVAL);
		}
		accept(fd, command, &good);
		close(fd);
	}
}

TEST(reserved_fields_that_are_not_zero_are_refused)
{
	const struct command *command;
	union argument good, bad;

	for EACH_COMMAND(command) {
		int fd = open_for(command, &good);

		for (size_t i = 0; i < command->reserved_bytes; i++) {
			bad = good;
			bad.bytes[command->reserved + i] = 0x80;
			refuse_unchanged(fd, command, &bad, -EINVAL);
		}
		accept(fd, command, &good);
		for (size_t i = 0; i < command->reserved_bytes; i++)
			CHECK_EQ(good.bytes[command->reserved + i], 0);
		close(fd);
	}
}

TEST(arguments_at_the_very_end_of_a_page_work)
{
	const struct command *command;
	union argument good;

	for EACH_COMMAND(command) {
		int fd = open_for(command, &good);
		void *argument = pages_before_nothing(command->bytes);

		memcpy(argument, &good, command->bytes);
		accept(fd, command, argument);
		close(fd);
	}
}

TEST(bad_pointers_are_refused)
{
	const struct command *command;
	union argument good;

	for EACH_COMMAND(command) {
		int fd = open_for(command, &good);
		unsigned char *cut = pages_before_nothing(command->bytes / 2);

		for (size_t i = 0; i < PAGES_BAD_POINTERS; i++)
			refuse(fd, command, pages_bad_pointer(i), -EFAULT);
		memcpy(cut, &good, command->bytes / 2);
		refuse(fd, command, cut, -EFAULT);
		cut = pages_before_nothing(command->bytes);
		memcpy(cut, &good, command->bytes);
		*(uint32_t *)cut = command->bytes + 8;	/* more than there is */
		refuse(fd, command, cut, -EFAULT);
		accept(fd, command, &good);
		close(fd);
	}
}

TEST(arguments_that_cannot_be_written_are_refused)
{
	const struct command *command;
	union argument good;

	for EACH_COMMAND(command) {
		int fd = open_for(command, &good);

		refuse(fd, command, pages_read_only(&good, sizeof(good)), -EFAULT);
		for (size_t cut = 4; cut < command->written; cut += 4) {
			char *half = pages_map(2 * page_bytes(), PROT_READ | PROT_WRITE);
			void *argument = half + page_bytes() - cut;

			memcpy(argument, &good, command->bytes);
			REQUIRE(!mprotect(half + page_bytes(), page_bytes(), PROT_READ));
			refuse(fd, command, argument, -EFAULT);
			if (tap_verdict->failed)
				break;
		}
		accept(fd, command, &good);
		close(fd);
	}
}

TEST(unknown_commands_are_refused)
{
	static const unsigned long unknown[] = {
		_IO(DMARING_IOC_MAGIC, 0x1f), _IO(DMARING_IOC_MAGIC, 0x7f),
		_IO(DMARING_IOC_MAGIC, 0xff), _IO(DMARING_IOC_MAGIC - 1, 0x00),
		_IO(0, 0x00), _IO('V', 0x00), 0, ~0UL,
		_IOR(DMARING_IOC_MAGIC, 0x00, struct dmaring_info),
		_IOWR(DMARING_IOC_MAGIC, 0x00, struct dmaring_info),
		_IOW(DMARING_IOC_MAGIC, 0x04, int), 0x5401 /* TCGETS */, 0x541b /* FIONREAD */,
	};
	int fd = stream_open(O_RDWR);

	REQUIRE_EQ(stream_attach(fd, DMARING_POLICY_LOSSLESS, 0, 0), 0);
	REQUIRE_EQ(call(fd, DMARING_IOC_START, NULL), 0);
	for (size_t i = 0; i < sizeof(unknown) / sizeof(*unknown); i++) {
		union argument argument;

		memset(&argument, POISON, sizeof(argument));
		if (!CHECK_EQ(call(fd, unknown[i], &argument), -ENOTTY))
			printf("# the command was %#lx\n", unknown[i]);
		for (size_t at = 0; at < sizeof(argument); at++)
			REQUIRE_EQ(argument.bytes[at], POISON);
	}
	CHECK_EQ(stream_take(fd, &taken, 1, FOREVER), 1);
}

/* Whoever asks in vain learns first that the question makes no sense. */
TEST(a_capture_stream_has_nothing_to_send)
{
	struct dmaring_submit good, bad;
	int fd = stream_open(O_RDWR);

	if (is_playback())
		return;
	REQUIRE_EQ(stream_attach(fd, DMARING_POLICY_LOSSLESS, 0, 0), 0);
	EMPTY_ARGUMENT(good);
	good.frames = (uintptr_t)&filled;
	good.count = 1;
	CHECK_EQ(call(fd, DMARING_IOC_SUBMIT, &good), -EOPNOTSUPP);
	bad = good;
	bad.size--;
	CHECK_EQ(call(fd, DMARING_IOC_SUBMIT, &bad), -EINVAL);
	bad.size = SIZE_MAX_BYTES + 1;
	CHECK_EQ(call(fd, DMARING_IOC_SUBMIT, &bad), -E2BIG);
	bad = good;
	bad.count = DMARING_SUBMIT_MAX + 1;
	CHECK_EQ(call(fd, DMARING_IOC_SUBMIT, &bad), -EINVAL);
	CHECK_EQ(call(fd, DMARING_IOC_SUBMIT, pages_bad_pointer(0)), -EFAULT);
	CHECK_EQ(write(fd, &good, sizeof(good)), -1);
	CHECK_EQ(errno, EINVAL);
}

int main(void)
{
	return tap_run(either_prepare, either_is_healthy);
}
