// SPDX-License-Identifier: MIT
/*
 * Viewers whose rings are full of releases that nobody can do.  What the kernel has to
 * do for somebody else, while the card has no buffer, hardly grows by that.
 */
#include "ring.h"
#include "virt.h"

#define VIEWERS		12
#define KICKS		20
#define GROWTH_MAX	4

static void fill_with_nonsense(const struct ring *ring)
{
	uint32_t at;

	do {
		at = ring_load(&ring->header->releases_head);
		ring->releases[at & (ring->release_slots - 1)].cookie = ~0ULL;
		ring_store(&ring->releases[at & (ring->release_slots - 1)].turn, at + 1);
		ring_store(&ring->header->releases_head, at + 1);
	} while ((at + 1) % ring->release_slots);
}

/* The recorder has all buffers: each of its calls looks for some everywhere. */
static long long kick(const struct stream *recorder)
{
	long long began = now_ns();

	REQUIRE_EQ(call(recorder->fd, DMARING_IOC_KICK, NULL), 0);
	return now_ns() - began;
}

TEST(a_card_without_buffers_waits_no_longer)
{
	struct stream viewers[VIEWERS], recorder;
	struct ring rings[VIEWERS];
	long long honest = 0, hostile = 0;

	for (int i = 0; i < VIEWERS; i++) {
		viewers[i] = viewer_attach(1, 1);
		rings[i] = ring_open(viewers[i].fd);
	}
	recorder = capture_start();
	while (stream_stats(recorder.fd).armed)
		sleep_ms(10);
	for (int i = 0; i < KICKS; i++)
		honest += kick(&recorder);
	for (int i = 0; i < KICKS; i++) {
		for (int j = 0; j < VIEWERS; j++)
			fill_with_nonsense(&rings[j]);
		hostile += kick(&recorder);
	}
	printf("# a call takes %lld ns, beside nonsense %lld ns\n", honest / KICKS,
	       hostile / KICKS);
	CHECK(hostile < GROWTH_MAX * honest);
}

/* Those who wrote it are looked at as patiently as ever when they ask for it. */
TEST(who_asks_for_it_has_all_of_them_looked_at)
{
	struct stream viewer = viewer_attach(1, 1);
	struct ring ring = ring_open(viewer.fd);
	uint64_t bad = stream_stats(viewer.fd).bad_releases;

	fill_with_nonsense(&ring);
	REQUIRE_EQ(call(viewer.fd, DMARING_IOC_KICK, NULL), 0);
	CHECK_EQ(stream_stats(viewer.fd).bad_releases, bad + ring.release_slots);
	CHECK_EQ(ring_load(&ring.header->releases_tail), ring_load(&ring.header->releases_head));
}

int main(int argc, char **argv)
{
	return virt_run(argc, argv);
}
