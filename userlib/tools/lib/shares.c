// SPDX-License-Identifier: MIT
#include "shares.h"
#include "busfault.h"

#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <libdmaring-record.h>
#include <stdlib.h>
#include <string.h>

/* More would only bury the first. */
#define SAID_MAX 8

struct entry {
	uint64_t sequence;
	uint64_t lost;		/* since the first frame of the series, says the sender */
};

struct list {
	struct entry *entries;
	uint64_t count;
	uint64_t first;
	uint64_t end;
	uint64_t lost;		/* at the end */
	unsigned int said;
	const char *path;	/* of the share that is read */
};

static int add_recording(void *argument)
{
	struct list *list = argument;
	const char *path = list->path;
	struct dmaring_recording *recording;
	const struct dmaring_record *record;
	uint64_t frames;
	void *more;
	int err = dmaring_recording_open(path, &recording);

	if (err) {
		warnx("%s", dmaring_record_error());
		return err;
	}
	frames = dmaring_recording_frames(recording);
	more = reallocarray(list->entries, list->count + frames + 1, sizeof(struct entry));
	if (!more) {
		warnx("%s: no memory for %" PRIu64 " frames", path, frames);
		dmaring_recording_close(recording);
		return -ENOMEM;
	}
	list->entries = more;
	for (uint64_t i = 0; i < frames; i++) {
		record = dmaring_recording_record(recording, i);
		list->entries[list->count++] = (struct entry){
			.sequence = record->frame.sequence,
			.lost = record->frame.overruns_total,
		};
	}
	dmaring_recording_close(recording);
	return 0;
}

static int add_share(struct shares *shares, struct list *list, const char *path, bool only)
{
	struct share share;
	int err = share_read(path, &share);

	if (err == -ENOENT && only)
		return err;
	if (err == -ENOENT)
		warnx("%s: it is no share of a series, as 'dmaring receive --record' makes them; verify it alone",
		      path);
	if (err)
		return err;
	if (!shares->count)
		memcpy(shares->series, share.series, sizeof(shares->series));
	if (strcmp(shares->series, share.series)) {
		warnx("%s: it is a share of the series %s, the others are of %s", path,
		      share.series, shares->series);
		return -EINVAL;
	}
	shares->count++;
	shares->has_first |= share.has_first;
	shares->has_end |= share.has_end;
	if (share.has_first)
		list->first = share.first;
	if (share.has_end) {
		list->end = share.end;
		list->lost = share.lost;
	}
	list->path = path;
	return busfault_explain(path, busfault_guard(add_recording, list));
}

static int compare(const void *one, const void *other)
{
	const struct entry *a = one, *b = other;

	return a->sequence < b->sequence ? -1 : a->sequence > b->sequence;
}

/* Between two frames that are there, as far as they are, without either. */
static void count_missing(struct shares *shares, struct list *list, uint64_t from,
			  uint64_t to, uint64_t lost)
{
	uint64_t missing = to - from > lost ? to - from - lost : 0;

	shares->missing += missing;
	if (!missing || list->said > SAID_MAX)
		return;
	if (list->said++ == SAID_MAX)
		warnx("more gaps are counted, not listed");
	else if (lost)
		warnx("%" PRIu64 " of the frames %" PRIu64 " to %" PRIu64
		      " are in no share, the others are known to be lost",
		      missing, from, to - 1);
	else
		warnx("frames %" PRIu64 " to %" PRIu64 " are in no share", from, to - 1);
}

static void count_all(struct shares *shares, struct list *list)
{
	const struct entry *entry = list->entries, *end = entry + list->count;
	uint64_t next = shares->has_first ? list->first : 0;
	bool known = shares->has_first;

	qsort(list->entries, list->count, sizeof(*entry), compare);
	for (; entry < end; entry++) {
		if (known && entry->sequence < next) {
			shares->duplicates++;
			continue;
		}
		if (known)
			count_missing(shares, list, next, entry->sequence,
				      entry->lost - shares->lost);
		shares->frames++;
		shares->lost = entry->lost;
		next = entry->sequence + 1;
		known = true;
	}
	if (shares->has_end && known && list->end > next) {
		count_missing(shares, list, next, list->end, list->lost - shares->lost);
		shares->lost = list->lost;
	}
}

int shares_check(char **paths, unsigned int count, struct shares *shares)
{
	struct list list = { 0 };
	int err = 0;

	*shares = (struct shares){ 0 };
	for (unsigned int i = 0; i < count && !err; i++)
		err = add_share(shares, &list, paths[i], count == 1);
	if (!err)
		count_all(shares, &list);
	free(list.entries);
	return err;
}
