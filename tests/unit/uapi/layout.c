// SPDX-License-Identifier: MIT
/*
 * The kernel interface, field by field: what was once published stays where it
 * is, with the number it has.
 */
#include <linux/dmaring.h>
#include <stddef.h>
#include "tap.h"

#define AT(type, field, offset) \
	CHECK_EQ(offsetof(struct dmaring_##type, field), offset)

TEST(struct_dmaring_frame)
{
	CHECK_EQ(sizeof(struct dmaring_frame), 64);
	AT(frame, cookie, 0);
	AT(frame, sequence, 8);
	AT(frame, overruns_total, 16);
	AT(frame, timestamp_ns, 24);
	AT(frame, buffer, 32);
	AT(frame, bytes_used, 36);
	AT(frame, flags, 40);
	AT(frame, format_seq, 44);
	AT(frame, hw_meta, 48);
	AT(frame, control_seq, 56);
	AT(frame, reserved, 60);
}

TEST(struct_dmaring_format)
{
	CHECK_EQ(sizeof(struct dmaring_format), 48);
	AT(format, width, 0);
	AT(format, height, 4);
	AT(format, pixelformat, 8);
	AT(format, bytes_per_line, 12);
	AT(format, frame_bytes, 16);
	AT(format, channels, 20);
	AT(format, rate_numerator, 24);
	AT(format, rate_denominator, 28);
	AT(format, reserved, 32);
}

TEST(struct_dmaring_info)
{
	CHECK_EQ(sizeof(struct dmaring_info), 296);
	AT(info, size, 0);
	AT(info, flags, 4);
	AT(info, features, 8);
	AT(info, caps, 16);
	AT(info, state, 24);
	AT(info, buffers, 28);
	AT(info, buffer_size, 32);
	AT(info, buffer_stride, 40);
	AT(info, max_segments, 48);
	AT(info, consumers, 52);
	AT(info, consumers_max, 56);
	AT(info, format_seq, 60);
	AT(info, format, 64);
	AT(info, pool_asked, 112);
	AT(info, pool_limit, 116);
	AT(info, pool_asked_size, 120);
	AT(info, pool_alloc_ns, 128);
	AT(info, driver, 136);
	AT(info, card, 168);
	AT(info, bus_info, 200);
	AT(info, viewer_buffers, 232);
	AT(info, viewer_reserved, 236);
	AT(info, memory, 240);
	AT(info, regions, 244);
	AT(info, direction, 248);
	AT(info, formats, 252);
	AT(info, controls, 256);
	AT(info, control_seq, 260);
	AT(info, meta_bytes, 264);
	AT(info, meta_fields, 268);
	AT(info, stream, 272);
	AT(info, reserved, 276);
}

TEST(struct_dmaring_meta)
{
	CHECK_EQ(sizeof(struct dmaring_meta), 104);
	AT(meta, size, 0);
	AT(meta, index, 4);
	AT(meta, name, 8);
	AT(meta, unit, 40);
	AT(meta, type, 56);
	AT(meta, offset, 60);
	AT(meta, stride, 64);
	AT(meta, reserved0, 68);
	AT(meta, mmap_offset, 72);
	AT(meta, length, 80);
	AT(meta, reserved, 88);
	CHECK_EQ(DMARING_CAP_META, 1 << 6);
	CHECK_EQ(DMARING_FEATURE_META, 1 << 3);
	CHECK_EQ(DMARING_FEATURE_ZEROES, 1 << 4);
}

TEST(struct_dmaring_buffer)
{
	CHECK_EQ(sizeof(struct dmaring_buffer), 72);
	AT(buffer, size, 0);
	AT(buffer, index, 4);
	AT(buffer, segment, 8);
	AT(buffer, segments, 12);
	AT(buffer, mmap_offset, 16);
	AT(buffer, length, 24);
	AT(buffer, bus_addr, 32);
	AT(buffer, segment_bytes, 40);
	AT(buffer, state, 48);
	AT(buffer, flags, 52);
	AT(buffer, memory, 56);
	AT(buffer, reserved, 60);
}

TEST(struct_dmaring_attach)
{
	CHECK_EQ(sizeof(struct dmaring_attach), 80);
	AT(attach, size, 0);
	AT(attach, policy, 4);
	AT(attach, features, 8);
	AT(attach, flags, 16);
	AT(attach, frame_stride, 20);
	AT(attach, depth, 24);
	AT(attach, max_held, 28);
	AT(attach, watermark, 32);
	AT(attach, consumer, 36);
	AT(attach, watermark_ns, 40);
	AT(attach, reserved, 48);
}

TEST(struct_dmaring_dequeue)
{
	CHECK_EQ(sizeof(struct dmaring_dequeue), 32);
	AT(dequeue, size, 0);
	AT(dequeue, flags, 4);
	AT(dequeue, frames, 8);
	AT(dequeue, count, 16);
	AT(dequeue, release, 20);
	AT(dequeue, timeout_ns, 24);
}

TEST(struct_dmaring_release)
{
	CHECK_EQ(sizeof(struct dmaring_release), 32);
	AT(release, size, 0);
	AT(release, flags, 4);
	AT(release, cookies, 8);
	AT(release, count, 16);
	AT(release, bad, 20);
	AT(release, reserved, 24);
}

TEST(struct_dmaring_stats)
{
	CHECK_EQ(sizeof(struct dmaring_stats), 184);
	AT(stats, size, 0);
	AT(stats, flags, 4);
	AT(stats, produced, 8);
	AT(stats, completed, 16);
	AT(stats, overruns, 24);
	AT(stats, errors, 32);
	AT(stats, bad_completions, 40);
	AT(stats, bad_releases, 48);
	AT(stats, stalls, 56);
	AT(stats, starts, 64);
	AT(stats, bytes, 72);
	AT(stats, idle, 80);
	AT(stats, armed, 84);
	AT(stats, held, 88);
	AT(stats, quarantined, 92);
	AT(stats, consumer_produced, 96);
	AT(stats, consumer_delivered, 104);
	AT(stats, consumer_waiting, 112);
	AT(stats, consumer_dropped, 120);
	AT(stats, consumer_overruns, 128);
	AT(stats, consumer_held, 136);
	AT(stats, consumer_policy, 144);
	AT(stats, consumer_running, 148);
	AT(stats, consumer, 152);
	AT(stats, consumers, 156);
	AT(stats, consumer_pid, 160);
	AT(stats, consumer_reserved, 164);
	AT(stats, referenced, 168);
	AT(stats, filled, 172);
	AT(stats, absent, 176);
	AT(stats, consumer_watermark, 180);
}

TEST(struct_dmaring_ring)
{
	CHECK_EQ(sizeof(struct dmaring_ring), 56);
	AT(ring, size, 0);
	AT(ring, flags, 4);
	AT(ring, fd, 8);
	AT(ring, frame_slots, 12);
	AT(ring, map_bytes, 16);
	AT(ring, frames_offset, 24);
	AT(ring, frame_bytes, 28);
	AT(ring, releases_offset, 32);
	AT(ring, release_slots, 36);
	AT(ring, reserved, 40);
}

TEST(struct_dmaring_ring_header)
{
	CHECK_EQ(sizeof(struct dmaring_ring_header), 320);
	AT(ring_header, frames_head, 0);
	AT(ring_header, frames_tail, 64);
	AT(ring_header, releases_head, 128);
	AT(ring_header, releases_tail, 192);
	AT(ring_header, flags, 256);
	AT(ring_header, wake_at, 260);
}

TEST(struct_dmaring_ring_release)
{
	CHECK_EQ(sizeof(struct dmaring_ring_release), 16);
	AT(ring_release, cookie, 0);
	AT(ring_release, turn, 8);
	AT(ring_release, bytes, 12);
}

TEST(struct_dmaring_submit)
{
	CHECK_EQ(sizeof(struct dmaring_submit), 32);
	AT(submit, size, 0);
	AT(submit, flags, 4);
	AT(submit, frames, 8);
	AT(submit, count, 16);
	AT(submit, bad, 20);
	AT(submit, reserved, 24);
	CHECK_EQ(sizeof(struct dmaring_filled), 16);
	AT(filled, cookie, 0);
	AT(filled, bytes, 8);
	AT(filled, reserved, 12);
}

TEST(struct_dmaring_eventfd)
{
	CHECK_EQ(sizeof(struct dmaring_eventfd), 16);
	AT(eventfd, size, 0);
	AT(eventfd, flags, 4);
	AT(eventfd, fd, 8);
	AT(eventfd, reserved, 12);
}

TEST(struct_dmaring_export)
{
	CHECK_EQ(sizeof(struct dmaring_export), 32);
	AT(export, size, 0);
	AT(export, flags, 4);
	AT(export, buffer, 8);
	AT(export, fd, 12);
	AT(export, reserved, 16);
}

TEST(struct_dmaring_region)
{
	CHECK_EQ(sizeof(struct dmaring_region), 80);
	AT(region, size, 0);
	AT(region, index, 4);
	AT(region, name, 8);
	AT(region, length, 40);
	AT(region, mmap_offset, 48);
	AT(region, flags, 56);
	AT(region, width, 60);
	AT(region, reserved, 64);
}

TEST(struct_dmaring_read_region)
{
	CHECK_EQ(sizeof(struct dmaring_read_region), 48);
	AT(read_region, size, 0);
	AT(read_region, index, 4);
	AT(read_region, offset, 8);
	AT(read_region, length, 16);
	AT(read_region, data, 24);
	AT(read_region, flags, 32);
	AT(read_region, reserved0, 36);
	AT(read_region, reserved, 40);
}

TEST(struct_dmaring_import)
{
	CHECK_EQ(sizeof(struct dmaring_import), 64);
	AT(import, size, 0);
	AT(import, flags, 4);
	AT(import, fd, 8);
	AT(import, index, 12);
	AT(import, addr, 16);
	AT(import, length, 24);
	AT(import, offset, 32);
	AT(import, segments, 40);
	AT(import, reserved, 44);
}

TEST(struct_dmaring_format_range)
{
	CHECK_EQ(sizeof(struct dmaring_format_range), 96);
	AT(format_range, index, 4);
	AT(format_range, pixelformat, 8);
	AT(format_range, width_min, 12);
	AT(format_range, height_min, 24);
	AT(format_range, channels_max, 36);
	AT(format_range, line_step, 40);
	AT(format_range, flags, 44);
	AT(format_range, rate_min_numerator, 48);
	AT(format_range, rate_max_denominator, 60);
	AT(format_range, reserved, 64);
}

TEST(struct_dmaring_set_format)
{
	CHECK_EQ(sizeof(struct dmaring_set_format), 80);
	AT(set_format, flags, 4);
	AT(set_format, format, 8);
	AT(set_format, format_seq, 56);
	AT(set_format, reserved, 64);
}

TEST(struct_dmaring_control_info)
{
	CHECK_EQ(sizeof(struct dmaring_control_info), 224);
	AT(control_info, size, 0);
	AT(control_info, index, 4);
	AT(control_info, item, 8);
	AT(control_info, type, 12);
	AT(control_info, flags, 16);
	AT(control_info, items, 20);
	AT(control_info, minimum, 24);
	AT(control_info, maximum, 32);
	AT(control_info, step, 40);
	AT(control_info, default_value, 48);
	AT(control_info, name, 56);
	AT(control_info, unit, 120);
	AT(control_info, text, 136);
	AT(control_info, reserved, 200);
}

TEST(struct_dmaring_controls)
{
	CHECK_EQ(sizeof(struct dmaring_control_value), 80);
	AT(control_value, index, 0);
	AT(control_value, reserved, 4);
	AT(control_value, value, 8);
	AT(control_value, text, 16);
	CHECK_EQ(sizeof(struct dmaring_controls), 48);
	AT(controls, size, 0);
	AT(controls, flags, 4);
	AT(controls, values, 8);
	AT(controls, count, 16);
	AT(controls, bad, 20);
	AT(controls, control_seq, 24);
	AT(controls, reserved0, 28);
	AT(controls, reserved, 32);
}

TEST(command_numbers)
{
	CHECK_EQ(DMARING_IOC_INFO, 0xda00);
	CHECK_EQ(DMARING_IOC_BUFFER, 0xda01);
	CHECK_EQ(DMARING_IOC_ATTACH, 0xda02);
	CHECK_EQ(DMARING_IOC_DETACH, 0xda03);
	CHECK_EQ(DMARING_IOC_START, 0xda04);
	CHECK_EQ(DMARING_IOC_STOP, 0xda05);
	CHECK_EQ(DMARING_IOC_DEQUEUE, 0xda06);
	CHECK_EQ(DMARING_IOC_RELEASE, 0xda07);
	CHECK_EQ(DMARING_IOC_STATS, 0xda08);
	CHECK_EQ(DMARING_IOC_RING, 0xda09);
	CHECK_EQ(DMARING_IOC_KICK, 0xda0a);
	CHECK_EQ(DMARING_IOC_EVENTFD, 0xda0b);
	CHECK_EQ(DMARING_IOC_STATS_OF, 0xda0c);
	CHECK_EQ(DMARING_IOC_EXPORT, 0xda10);
	CHECK_EQ(DMARING_IOC_REGION, 0xda0d);
	CHECK_EQ(DMARING_IOC_READ_REGION, 0xda0e);
	CHECK_EQ(DMARING_IOC_SUBMIT, 0xda11);
	CHECK_EQ(DMARING_IOC_IMPORT, 0xda0f);
	CHECK_EQ(DMARING_IOC_FORMAT, 0xda12);
	CHECK_EQ(DMARING_IOC_FORMATS, 0xda13);
	CHECK_EQ(DMARING_IOC_CONTROL_INFO, 0xda14);
	CHECK_EQ(DMARING_IOC_CONTROLS, 0xda15);
	CHECK_EQ(DMARING_IOC_META, 0xda16);
}

TEST(values)
{
	CHECK_EQ(DMARING_FRAME_ERROR, 1);
	CHECK_EQ(DMARING_FRAME_DISCONTINUITY, 2);
	CHECK_EQ(DMARING_FRAME_HW_TIMESTAMP, 4);
	CHECK_EQ(DMARING_CAP_TEST_PATTERN, 1);
	CHECK_EQ(DMARING_FRAME_UNSENT, 16);
	CHECK_EQ(DMARING_CAP_DIRECT_IO, 2);
	CHECK_EQ(DMARING_CAP_EXPORT, 16);
	CHECK_EQ(DMARING_EXPORTS_MAX, 16);
	CHECK_EQ(DMARING_CAP_PLAYBACK, 4);
	CHECK_EQ(DMARING_CAPTURE, 0);
	CHECK_EQ(DMARING_PLAYBACK, 1);
	CHECK_EQ(DMARING_CAP_IMPORT, 8);
	CHECK_EQ(DMARING_CAP_CONTROLS, 32);
	CHECK_EQ(DMARING_CONTROL_INTEGER, 1);
	CHECK_EQ(DMARING_CONTROL_STRING, 5);
	CHECK_EQ(DMARING_CONTROL_READ_ONLY, 1);
	CHECK_EQ(DMARING_CONTROL_VOLATILE, 2);
	CHECK_EQ(DMARING_CONTROL_WHEN_STOPPED, 4);
	CHECK_EQ(DMARING_CONTROLS_SET, 1);
	CHECK_EQ(DMARING_CONTROLS_MAX, 64);
	CHECK_EQ(DMARING_FEATURE_RING, 1);
	CHECK_EQ(DMARING_FEATURE_WATERMARK, 2);
	CHECK_EQ(DMARING_FEATURE_EVENTFD, 4);
	CHECK_EQ(DMARING_RING_NEED_KICK, 1);
	CHECK_EQ(DMARING_RING_GONE, 2);
	CHECK_EQ(DMARING_RING_STOPPED, 4);
	CHECK_EQ(DMARING_RING_FAILED, 8);
	CHECK_EQ(DMARING_STATE_RUNNING, 1);
	CHECK_EQ(DMARING_STATE_FAILED, 2);
	CHECK_EQ(DMARING_STATE_SUSPENDED, 4);
	CHECK_EQ(DMARING_POLICY_LOSSLESS, 1);
	CHECK_EQ(DMARING_POLICY_LATEST, 2);
	CHECK_EQ(DMARING_BUFFER_IDLE, 0);
	CHECK_EQ(DMARING_BUFFER_QUARANTINED, 3);
	CHECK_EQ(DMARING_BUFFER_FILLED, 4);
	CHECK_EQ(DMARING_LIMIT_NONE, 0);
	CHECK_EQ(DMARING_LIMIT_COUNT, 6);
	CHECK_EQ(DMARING_LIMIT_SEGMENTS, 7);
	CHECK_EQ(DMARING_MEMORY_COHERENT, 1);
	CHECK_EQ(DMARING_MEMORY_PAGES, 2);
	CHECK_EQ(DMARING_REGION_READ, 1);
	CHECK_EQ(DMARING_REGION_MAP, 2);
	CHECK_EQ(DMARING_REGION_WRITE, 4);
	CHECK_EQ(DMARING_REGION_PREFETCHABLE, 8);
	CHECK_EQ(DMARING_REGION_CACHED, 16);
	CHECK_EQ(DMARING_PIXELFORMAT_GREY, 0x59455247);
	CHECK_EQ(DMARING_RELEASE_MAX, 64);
	CHECK_EQ(DMARING_SUBMIT_MAX, 64);
	CHECK_EQ(DMARING_BUFFERS_MAX, 65536);
}

int main(void)
{
	return tap_run(NULL, NULL);
}
