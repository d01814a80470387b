// SPDX-License-Identifier: MIT
/* What the index of a recording tells: when which frames are missing. */
#include "../lib/busfault.h"
#include "../lib/number.h"
#include "sources.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <libdmaring-record.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define META "meta.json"
#define META_BYTES 65536

/* Frames at the beginning of a file, before which a loss is about its making */
#define AT_FILE 16
#define STEPS_MAX 4096

struct reading {
	const struct dmaring_recording *recording;
	struct evidence *evidence;
	struct moment moment;
	uint64_t ahead_ns;		/* of the clock, since it began anew */
	int64_t file;
	uint64_t of_file;		/* frames since its first */
	uint64_t bursts;		/* as many as were seen to begin */
	uint64_t step_ns[STEPS_MAX], begun_ns;
	unsigned int steps;
};

bool source_is_recording(const char *path)
{
	char file[PATH_MAX];

	snprintf(file, sizeof(file), "%s/frames-000.idx", path);
	return !access(file, F_OK);
}

/* Of a share: which buffers its frames were in is not known, and its drops are those of
 * the sender.
 */
static bool is_share(const char *path)
{
	char file[PATH_MAX];

	snprintf(file, sizeof(file), "%s/series.json", path);
	return !access(file, F_OK);
}

static void begin_burst(struct reading *reading, uint64_t time_ns)
{
	if (reading->begun_ns && reading->steps < STEPS_MAX)
		reading->step_ns[reading->steps++] = time_ns - reading->begun_ns;
	reading->begun_ns = time_ns;
	if (reading->file > 0 && reading->of_file < AT_FILE)
		reading->evidence->bursts_at_file++;
}

static void find_file(struct reading *reading, uint64_t number)
{
	int64_t file = dmaring_recording_find_file(reading->recording, number);

	if (file != reading->file)
		reading->of_file = 0;
	else
		reading->of_file++;
	reading->file = file;
	reading->evidence->files = file + 1;
}

static void add_flags(struct evidence *evidence, const struct dmaring_record *record)
{
	uint32_t flags = record->frame.flags;

	evidence->errors += !!(flags & DMARING_FRAME_ERROR);
	evidence->discontinuities += !!(flags & DMARING_FRAME_DISCONTINUITY);
	evidence->dropped += record->drops;
	if (record->frame.buffer < DMARING_BUFFERS_MAX &&
	    record->frame.buffer >= evidence->buffers)
		evidence->buffers = record->frame.buffer + 1;
}

static void add_record(struct reading *reading, const struct dmaring_record *record)
{
	struct evidence *evidence = reading->evidence;
	struct moment *moment = &reading->moment;

	/* Between triggers nothing is said of the frames that came. */
	if (record->skipped)
		evidence->now.begun = false;
	/* After a start of the system its clock begins anew: the recording goes on. */
	if (record->frame.timestamp_ns + reading->ahead_ns < moment->time_ns)
		reading->ahead_ns = moment->time_ns - record->frame.timestamp_ns;
	moment->time_ns = record->frame.timestamp_ns + reading->ahead_ns;
	moment->completed++;
	moment->overruns += record->overruns;
	add_flags(evidence, record);
	evidence_add(evidence, moment);
	if (evidence->bursts != reading->bursts)
		begin_burst(reading, moment->time_ns);
	reading->bursts = evidence->bursts;
}

static int by_length(const void *one, const void *other)
{
	const uint64_t *a = one, *b = other;

	return (*a > *b) - (*a < *b);
}

/* How many of the steps are within a fifth of the one in the middle */
static void measure_steps(struct reading *reading)
{
	struct evidence *evidence = reading->evidence;
	uint64_t middle_ns, most_ns;
	unsigned int i;

	if (!reading->steps)
		return;
	qsort(reading->step_ns, reading->steps, sizeof(reading->step_ns[0]), by_length);
	middle_ns = reading->step_ns[reading->steps / 2];
	most_ns = middle_ns + middle_ns / 5;
	evidence->burst_step_ns = middle_ns;
	for (i = 0; i < reading->steps; i++)
		evidence->bursts_even += reading->step_ns[i] >= middle_ns - middle_ns / 5 &&
					 reading->step_ns[i] <= most_ns;
}

static int read_records(void *argument)
{
	struct reading *reading = argument;
	uint64_t number, frames = dmaring_recording_frames(reading->recording);

	for (number = 0; number < frames; number++) {
		find_file(reading, number);
		add_record(reading, dmaring_recording_record(reading->recording, number));
	}
	measure_steps(reading);
	return 0;
}

/* The text behind "driver": of meta.json; the file is our own, and short. */
static void read_meta(const char *path, struct evidence *evidence)
{
	static const char key[] = "\"driver\": \"";
	char file[PATH_MAX], *text = calloc(1, META_BYTES);
	const char *at;
	int fd;

	snprintf(file, sizeof(file), "%s/" META, path);
	/* Nobody waits for the writer of something that is no file. */
	fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd >= 0 && text && read(fd, text, META_BYTES - 1) > 0) {
		at = strstr(text, key);
		if (at)
			sscanf(at + strlen(key), "%31[a-z_0-9]", evidence->driver);
	}
	if (fd >= 0)
		close(fd);
	free(text);
}

static void begin(struct evidence *evidence, const char *path,
		  const struct dmaring_format *format)
{
	evidence_begin(evidence, path);
	evidence->from = FROM_INDEX;
	evidence->frame_bytes = format->frame_bytes;
	evidence->rate = evidence_rate(format);
	read_meta(path, evidence);
}

int source_recording(const char *path, struct evidence *evidence)
{
	struct dmaring_recording *recording;
	struct reading *reading;
	int err;

	if (is_share(path)) {
		warnx("%s: its frames came from a sender, where 'dmaring doctor' can look; 'dmaring verify' tells which are missing",
		      path);
		return -EOPNOTSUPP;
	}
	err = dmaring_recording_open(path, &recording);
	if (err) {
		warnx("%s; 'dmaring verify' looks closer", dmaring_record_error());
		return err;
	}
	reading = calloc(1, sizeof(*reading));
	if (!reading) {
		dmaring_recording_close(recording);
		warnx("there is no memory");
		return -ENOMEM;
	}
	begin(evidence, path, dmaring_recording_format(recording));
	reading->recording = recording;
	reading->evidence = evidence;
	err = busfault_explain(path, busfault_guard(read_records, reading));
	if (!err && !evidence->completed) {
		warnx("%s has no frame: there is nothing to be told of it", path);
		err = -ENODATA;
	}
	evidence_end(evidence);
	free(reading);
	dmaring_recording_close(recording);
	return err;
}
