// SPDX-License-Identifier: MIT
#include "commands.h"
#include "lib/busfault.h"
#include "lib/clock.h"
#include "lib/exporter.h"
#include "lib/frame_range.h"
#include "lib/interrupt.h"
#include "lib/recording.h"

#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <libdmaring-record.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Of export, and of replay, which takes its time. */
struct export {
	const struct options *options;
	bool paced;
	uint64_t start_ns;
	struct dmaring_recording *from;
	struct recording to;		/* without an exporter */
	const struct exporter *exporter;
	void *state;			/* of that */
	void *copy;			/* of a frame */
	struct dmaring_info info;	/* as of a stream with such frames */
	struct frame_range range;
	uint64_t written;
	uint64_t left_out;
};

static int no_memory(const struct export *export)
{
	warnx("%s: no memory for an export", export->options->operands[0]);
	return -ENOMEM;
}

static void tell_loss(struct export *export, const struct dmaring_record *record)
{
	const struct dmaring_loss loss = { record->overruns, record->drops };

	frame_index_tell_loss(&export->to.index, &loss);
}

/* It has a line in the index all the same. */
static int leave_out(struct export *export, const struct dmaring_record *record)
{
	export->left_out++;
	tell_loss(export, record);
	return frame_index_add(&export->to.index, &record->frame, "");
}

static int write_frame(struct export *export, uint64_t number, const void *data)
{
	const struct dmaring_record *record = dmaring_recording_record(export->from, number);
	struct dmaring_frame frame = record->frame;

	if (export->exporter)
		return export->exporter->add(export->state, number, data);
	tell_loss(export, record);
	/* Somebody may write into the file meanwhile. */
	if (frame.bytes_used > export->info.format.frame_bytes)
		frame.bytes_used = export->info.format.frame_bytes;
	/* A fault is told as what it is here; of one in write(2) only an errno is left. */
	memcpy(export->copy, data, frame.bytes_used);
	return recording_write(&export->to, &frame, export->copy,
			       &export->info.format);
}

static int export_frame(struct export *export, uint64_t number)
{
	const void *data = dmaring_recording_data(export->from, number);
	int err;

	if (!data) {
		warnx("%s: frame %" PRIu64 " is not in its file, which is too short",
		      export->options->operands[0], number);
		return leave_out(export, dmaring_recording_record(export->from, number));
	}
	err = write_frame(export, number, data);
	if (err == -EMSGSIZE)
		export->left_out++;
	else if (!err)
		export->written++;
	return err == -EMSGSIZE ? 0 : err;
}

static uint64_t time_of(const struct export *export, uint64_t number)
{
	return dmaring_recording_record(export->from, number)->frame.timestamp_ns;
}

/* As long after the first frame as it came then, or a part of that. */
static void wait_for_time(const struct export *export, uint64_t number)
{
	uint64_t first_ns = time_of(export, export->range.first), ns = time_of(export, number);
	double speed = export->options->speed > 0 ? export->options->speed : 1;
	uint64_t due_ns = export->start_ns, now_ns = clock_ns();

	/* A recording that was gone on with may be of a machine that was booted anew. */
	if (ns > first_ns)
		due_ns += (ns - first_ns) / speed;
	if (due_ns > now_ns)
		interrupt_sleep(due_ns - now_ns);
}

static int export_once(struct export *export)
{
	int err = 0;

	export->start_ns = clock_ns();
	for (uint64_t i = 0; !err && i < export->range.count && !interrupt_signal(); i++) {
		if (export->paced)
			wait_for_time(export, export->range.first + i);
		err = export_frame(export, export->range.first + i);
	}
	return err;
}

static int export_frames(void *argument)
{
	struct export *export = argument;
	int err;

	do
		err = export_once(export);
	while (!err && export->options->loop && export->range.count && !interrupt_signal());
	return err;
}

/* Not among the frames. */
static void summarize(const struct export *export)
{
	const struct options *options = export->options;
	FILE *out = strcmp(options->output, "-") ? stdout : stderr;

	if (options->quiet || export->paced)
		return;
	fprintf(out, "%s: %" PRIu64 " frames of %s", options->output, export->written,
		options->operands[0]);
	if (export->left_out)
		fprintf(out, ", %" PRIu64 " left out", export->left_out);
	fputc('\n', out);
}

struct numbered {
	uint64_t sequence;
	uint64_t at;		/* in the recording */
};

static int compare(const void *one, const void *other)
{
	const struct numbered *a = one, *b = other;

	if (a->sequence != b->sequence)
		return a->sequence < b->sequence ? -1 : 1;
	return a->at < b->at ? -1 : a->at > b->at;
}

/* The first frame that has the number of one before it; UINT64_MAX: there is none. */
static uint64_t find_repeated(struct numbered *frames, uint64_t count)
{
	uint64_t first = UINT64_MAX;

	qsort(frames, count, sizeof(*frames), compare);
	for (uint64_t i = 1; i < count; i++)
		if (frames[i].sequence == frames[i - 1].sequence && frames[i].at < first)
			first = frames[i].at;
	return first;
}

/* Numbers begin anew where a recording was gone on with after the driver was loaded anew.
 * The file of a frame would take the place of another's.
 */
static int refuse_repeated(const struct export *export)
{
	const char *path = export->options->operands[0];
	const struct frame_range *range = &export->range;
	struct numbered *frames = calloc(range->count + 1, sizeof(*frames));
	uint64_t at;

	if (!frames)
		return no_memory(export);
	for (uint64_t i = 0; i < range->count; i++) {
		at = range->first + i;
		frames[i].at = at;
		frames[i].sequence = dmaring_recording_record(export->from, at)->frame.sequence;
	}
	at = find_repeated(frames, range->count);
	free(frames);
	if (at == UINT64_MAX)
		return 0;
	warnx("%s: its frame %" PRIu64
	      " has the sequence number of one before, as their files would: export -n %" PRIu64
	      " of them, and those from --first %" PRIu64
	      " on into another directory; or all into one file",
	      path, at, at - range->first, at);
	return -EEXIST;
}

/* What the recording consists of, not what others have put beside it */
static bool is_own_name(const char *name)
{
	return !strncmp(name, "frames-", 7) || !strcmp(name, "meta.json");
}

static bool is_part_of(const char *recording, const char *file)
{
	DIR *folder = opendir(recording);
	struct dirent *entry;
	struct stat wanted, is;
	bool found = false;

	if (folder && !stat(file, &wanted))
		while (!found && (entry = readdir(folder)))
			found = is_own_name(entry->d_name) &&
				!fstatat(dirfd(folder), entry->d_name, &is, 0) &&
				is.st_dev == wanted.st_dev && is.st_ino == wanted.st_ino;
	if (folder)
		closedir(folder);
	return found;
}

/* Whatever was said of --overwrite: it would be gone before it is read. */
static int refuse_itself(const struct export *export)
{
	const char *path = export->options->operands[0];
	const char *const files[] = { export->options->output, export->options->index };

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
		if (files[i] && is_part_of(path, files[i])) {
			warnx("%s: is a part of the recording that is exported; name another file",
			      files[i]);
			return -EINVAL;
		}
	return 0;
}

static int open_files(struct export *export)
{
	const struct export_job job = {
		.options = export->options,
		.from = export->from,
		.path = export->options->operands[0],
		.format = &export->info.format,
		.first = export->range.first,
		.count = export->range.count,
	};
	int err = refuse_itself(export);

	export->exporter = exporter_of(export->options->format);
	if (!err && !export->exporter && recording_is_directory(export->options))
		err = refuse_repeated(export);
	if (err)
		return err;
	if (!export->range.count &&
	    (export->exporter || recording_has_pages(export->options))) {
		warnx("%s: it has no frame to be exported", job.path);
		return -ENODATA;
	}
	if (export->exporter)
		return export->exporter->open(&job, &export->state);
	return recording_open(&export->to, export->options, NULL, &export->info);
}

static int close_files(struct export *export)
{
	if (export->exporter)
		return export->exporter->close(export->state);
	return recording_close(&export->to);
}

static int run(struct export *export)
{
	int err = frame_range_choose(&export->range, export->options, export->from);

	if (!err)
		err = open_files(export);
	if (err)
		return err;
	err = busfault_explain(export->options->operands[0],
			       busfault_guard(export_frames, export));
	if (close_files(export) && !err)
		err = -EIO;
	if (!err)
		summarize(export);
	return err;
}

static int export_recording(struct export *export)
{
	int err;

	interrupt_catch();
	if (dmaring_recording_open(export->options->operands[0], &export->from)) {
		warnx("%s", dmaring_record_error());
		return EXIT_ERROR;
	}
	export->to = RECORDING_NONE_YET;
	export->info.format = *dmaring_recording_format(export->from);
	/* No frame is longer than from one to the next. */
	export->copy = malloc((size_t)export->info.format.frame_bytes + DMARING_RECORD_ALIGN);
	err = export->copy ? run(export) : no_memory(export);
	free(export->copy);
	dmaring_recording_close(export->from);
	if (err)
		return EXIT_ERROR;
	/* A loop has no other end. */
	if (interrupt_signal() && !export->options->loop)
		return EXIT_SIGNAL + interrupt_signal();
	return export->left_out ? EXIT_FRAMES : EXIT_OK;
}

int command_export(const struct options *options)
{
	struct export export = { .options = options };

	if (options->operand_count && options->output)
		return export_recording(&export);
	warnx("which recording, and where to? 'dmaring export DIR -o WHERE' copies its frames");
	return EXIT_USAGE;
}

/* The same to the standard output, at the speed at which the frames came; or to a stream. */
int command_replay(const struct options *options)
{
	struct options to_stdout = *options;
	struct export export = { .options = &to_stdout, .paced = true };

	to_stdout.output = "-";
	if (options->operand_count && options->to)
		return replay_to_stream(options);
	if (options->operand_count)
		return export_recording(&export);
	warnx("which recording? 'dmaring replay DIR' writes its frames to the standard output");
	return EXIT_USAGE;
}
