// SPDX-License-Identifier: MIT
#include "nexus.h"

#ifdef HDF5_SONAME

#include "clock.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

void nexus_open(struct nexus *nexus, const char *path)
{
	struct hdf5_file *file = &nexus->file;
	char creator[64];
	hid_t instrument;

	snprintf(creator, sizeof(creator), "dmaring %s", dmaring_version());
	hdf5_create(file, path);
	hdf5_text(file, file->id, "NX_class", "NXroot");
	hdf5_text(file, file->id, "default", "entry");
	hdf5_text(file, file->id, "creator", creator);
	nexus->entry = hdf5_group(file, file->id, "entry", "NXentry");
	hdf5_text(file, nexus->entry, "default", "data");
	nexus->data = hdf5_group(file, nexus->entry, "data", "NXdata");
	instrument = hdf5_group(file, nexus->entry, "instrument", "NXinstrument");
	nexus->detector = hdf5_group(file, instrument, "detector", "NXdetector");
}

/* Pixels that share bytes are bytes here. */
static void describe_packing(struct nexus *nexus, hid_t frames,
			     const struct dmaring_format_description *is)
{
	char text[160];

	if (!(is->flags & DMARING_DESCRIPTION_PACKED))
		return;
	snprintf(text, sizeof(text),
		 "bytes of lines, in which pixels of %u bits share bytes as MIPI CSI-2 packs RAW%u; 'dmaring export --format tiff' unpacks them",
		 is->bits, is->bits);
	hdf5_text(&nexus->file, frames, "packing", text);
}

/* Time is the first axis; nobody has said what the others are. */
static void describe_axes(struct nexus *nexus, uint32_t dimensions)
{
	static const char *const axes[] = { "timestamp", ".", ".", ".", "." };

	hdf5_text(&nexus->file, nexus->data, "signal", "data");
	hdf5_texts(&nexus->file, nexus->data, "axes", axes, 1 + dimensions);
	hdf5_number(&nexus->file, nexus->data, "timestamp_indices", 0);
}

void nexus_describe_frames(struct nexus *nexus, hid_t frames,
			   const struct dmaring_format_description *is)
{
	struct hdf5_file *file = &nexus->file;
	const char *kind = is->flags & DMARING_DESCRIPTION_SAMPLES ? "spectrum" : "image";

	hdf5_text(file, frames, "target", "/entry/data/data");
	hdf5_text(file, frames, "interpretation", kind);
	hdf5_text(file, frames, "pixelformat", is->name);
	if (*is->genicam)
		hdf5_text(file, frames, "genicam", is->genicam);
	hdf5_number(file, frames, "bits", is->bits);
	describe_packing(nexus, frames, is);
	describe_axes(nexus, is->numpy_dimensions);
	hdf5_link(file, nexus->data, "data", nexus->detector);
}

#define COLUMN(field, bytes) offsetof(struct dmaring_record, field), bytes

static const struct column {
	const char *name;
	size_t offset;
	size_t bytes;
	const char *units;
	const char *meaning;
} columns[] = {
	{ "timestamp", COLUMN(frame.timestamp_ns, 8), "ns",
	  "when the frame was complete, CLOCK_MONOTONIC" },
	{ "realtime", COLUMN(realtime_ns, 8), "ns", "the same, since 1970-01-01T00:00:00Z" },
	{ "sequence_number", COLUMN(frame.sequence, 8), "frames",
	  "how many the card had produced before" },
	{ "overruns", COLUMN(overruns, 8), "frames", "lost by the card directly before it" },
	{ "drops", COLUMN(drops, 8), "frames", "dropped then for the recorder alone" },
	{ "bytes_used", COLUMN(frame.bytes_used, 4), "bytes",
	  "of the frame, as it came; what is behind them has no meaning" },
	{ "flags", COLUMN(frame.flags, 4), "", "DMARING_FRAME_*" },
};

static void add_column(struct nexus *nexus, const struct column *column,
		       const struct dmaring_record *const *records, uint64_t count,
		       uint64_t *values)
{
	hid_t set;

	/* Little-endian: the low bytes are the first ones. */
	memset(values, 0, count * sizeof(*values));
	for (uint64_t i = 0; i < count; i++)
		memcpy(&values[i], (const char *)records[i] + column->offset, column->bytes);
	set = hdf5_column(&nexus->file, nexus->detector, column->name, values, count);
	hdf5_text(&nexus->file, set, "units", column->units);
	hdf5_text(&nexus->file, set, "long_name", column->meaning);
	hdf5.dataset_close(set);
}

static void add_time(struct nexus *nexus, const char *name, uint64_t ns)
{
	time_t seconds = ns / NS_PER_SECOND;
	char text[40];
	struct tm tm;

	gmtime_r(&seconds, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	hdf5_words(&nexus->file, nexus->entry, name, text);
}

void nexus_add_columns(struct nexus *nexus, const struct dmaring_record *const *records,
		       uint64_t count)
{
	uint64_t *values = calloc(count + 1, sizeof(*values));

	if (!values) {
		nexus->file.failed = true;
		return;
	}
	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
		add_column(nexus, &columns[i], records, count, values);
	free(values);
	hdf5_link(&nexus->file, nexus->detector, "timestamp", nexus->data);
	if (!count)
		return;
	add_time(nexus, "start_time", records[0]->realtime_ns);
	add_time(nexus, "end_time", records[count - 1]->realtime_ns);
}

#endif /* HDF5_SONAME */
