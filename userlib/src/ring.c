// SPDX-License-Identifier: LGPL-2.1-or-later
#include "internal.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

static void set_geometry(struct dmaring *stream, const struct dmaring_ring *ring,
			 void *address)
{
	char *base = address;

	stream->ring = address;
	stream->ring_bytes = ring->map_bytes;
	stream->frames = (void *)(base + ring->frames_offset);
	stream->frame_mask = ring->frame_slots - 1;
	stream->releases = (void *)(base + ring->releases_offset);
	stream->release_mask = ring->release_slots - 1;
}

/* What is always empty, in trouble, and wants to be told of each release needs no
 * test for NULL.  Nobody reads the releases that are written here.
 */
static struct dmaring_ring_header no_ring = {
	.flags = DMARING_RING_STOPPED | DMARING_RING_NEED_KICK,
};

static struct dmaring_ring_release no_release;

void ring_none(struct dmaring *stream)
{
	stream->ring = &no_ring;
	stream->ring_bytes = 0;
	stream->releases = &no_release;
	stream->release_mask = 0;
}

int ring_map(struct dmaring *stream)
{
	struct dmaring_ring ring = { .size = sizeof(ring) };
	void *address;
	int err;

	err = ioctl_stream(stream, DMARING_IOC_RING, &ring);
	if (err)
		return err;
	/* A later kernel's slots would be longer: then do without the ring. */
	if (ring.frame_bytes != sizeof(struct dmaring_frame)) {
		close(ring.fd);
		return 0;
	}
	address = mmap(NULL, ring.map_bytes, PROT_READ | PROT_WRITE, MAP_SHARED,
		       ring.fd, 0);
	err = address == MAP_FAILED ? errno : 0;
	close(ring.fd);
	if (err)
		return error_set(stream->device, STEP_MAP, err);
	set_geometry(stream, &ring, address);
	return 0;
}

void ring_unmap(struct dmaring *stream)
{
	if (stream->ring_bytes)
		munmap(stream->ring, stream->ring_bytes);
	ring_none(stream);
}
