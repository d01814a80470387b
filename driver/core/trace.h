/* SPDX-License-Identifier: GPL-2.0-only */
/* Tracepoints: one per step in the life of a frame (see internal.h). */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM dmaring

#if !defined(DMARING_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define DMARING_TRACE_H

#include <linux/tracepoint.h>

#include <compat.h>

#include "internal.h"

DECLARE_EVENT_CLASS(dmaring_buffer,
	TP_PROTO(const struct dmaring_stream *stream, u32 buffer),
	TP_ARGS(stream, buffer),
	TP_STRUCT__entry(
		__field(u32, minor)
		__field(u32, buffer)
	),
	TP_fast_assign(
		__entry->minor = MINOR(stream->dev.devt);
		__entry->buffer = buffer;
	),
	TP_printk("dmaring%u buffer=%u", __entry->minor, __entry->buffer)
);

DEFINE_EVENT(dmaring_buffer, dmaring_arm,
	TP_PROTO(const struct dmaring_stream *stream, u32 buffer),
	TP_ARGS(stream, buffer)
);

DEFINE_EVENT(dmaring_buffer, dmaring_discard,
	TP_PROTO(const struct dmaring_stream *stream, u32 buffer),
	TP_ARGS(stream, buffer)
);

TRACE_EVENT(dmaring_overrun,
	TP_PROTO(const struct dmaring_stream *stream, u64 frames),
	TP_ARGS(stream, frames),
	TP_STRUCT__entry(
		__field(u32, minor)
		__field(u64, frames)
		__field(u64, total)
	),
	TP_fast_assign(
		__entry->minor = MINOR(stream->dev.devt);
		__entry->frames = frames;
		__entry->total = stream->counters.overruns;
	),
	TP_printk("dmaring%u frames=%llu total=%llu", __entry->minor,
		  __entry->frames, __entry->total)
);

TRACE_EVENT(dmaring_card_fault,
	TP_PROTO(const struct dmaring_stream *stream, const char *what,
		 u64 value),
	TP_ARGS(stream, what, value),
	TP_STRUCT__entry(
		__field(u32, minor)
		__string(what, what)
		__field(u64, value)
	),
	TP_fast_assign(
		__entry->minor = MINOR(stream->dev.devt);
		dmaring_assign_str(what);
		__entry->value = value;
	),
	TP_printk("dmaring%u %s value=%#llx", __entry->minor, __get_str(what),
		  __entry->value)
);

TRACE_EVENT(dmaring_complete,
	TP_PROTO(const struct dmaring_stream *stream,
		 const struct dmaring_frame *frame),
	TP_ARGS(stream, frame),
	TP_STRUCT__entry(
		__field(u32, minor)
		__field(u32, buffer)
		__field(u64, sequence)
		__field(u32, bytes_used)
		__field(u32, flags)
	),
	TP_fast_assign(
		__entry->minor = MINOR(stream->dev.devt);
		__entry->buffer = frame->buffer;
		__entry->sequence = frame->sequence;
		__entry->bytes_used = frame->bytes_used;
		__entry->flags = frame->flags;
	),
	TP_printk("dmaring%u buffer=%u sequence=%llu bytes_used=%u flags=%#x",
		  __entry->minor, __entry->buffer, __entry->sequence,
		  __entry->bytes_used, __entry->flags)
);

TRACE_EVENT(dmaring_publish,
	TP_PROTO(const struct dmaring_stream *stream,
		 const struct dmaring_frame *frame, unsigned long consumers),
	TP_ARGS(stream, frame, consumers),
	TP_STRUCT__entry(
		__field(u32, minor)
		__field(u32, buffer)
		__field(u64, cookie)
		__field(u64, sequence)
		__field(unsigned long, consumers)
	),
	TP_fast_assign(
		__entry->minor = MINOR(stream->dev.devt);
		__entry->buffer = frame->buffer;
		__entry->cookie = frame->cookie;
		__entry->sequence = frame->sequence;
		__entry->consumers = consumers;
	),
	TP_printk("dmaring%u buffer=%u cookie=%#llx sequence=%llu consumers=%#lx",
		  __entry->minor, __entry->buffer, __entry->cookie,
		  __entry->sequence, __entry->consumers)
);

TRACE_EVENT(dmaring_dequeue,
	TP_PROTO(const struct dmaring_consumer *consumer,
		 const struct dmaring_frame *frame),
	TP_ARGS(consumer, frame),
	TP_STRUCT__entry(
		__field(u32, minor)
		__field(u32, consumer)
		__field(u32, buffer)
		__field(u64, sequence)
	),
	TP_fast_assign(
		__entry->minor = MINOR(consumer->stream->dev.devt);
		__entry->consumer = consumer->id;
		__entry->buffer = frame->buffer;
		__entry->sequence = frame->sequence;
	),
	TP_printk("dmaring%u consumer=%u buffer=%u sequence=%llu",
		  __entry->minor, __entry->consumer, __entry->buffer,
		  __entry->sequence)
);

TRACE_EVENT(dmaring_release,
	TP_PROTO(const struct dmaring_consumer *consumer, u64 cookie),
	TP_ARGS(consumer, cookie),
	TP_STRUCT__entry(
		__field(u32, minor)
		__field(u32, consumer)
		__field(u64, cookie)
	),
	TP_fast_assign(
		__entry->minor = MINOR(consumer->stream->dev.devt);
		__entry->consumer = consumer->id;
		__entry->cookie = cookie;
	),
	TP_printk("dmaring%u consumer=%u cookie=%#llx", __entry->minor,
		  __entry->consumer, __entry->cookie)
);

TRACE_EVENT(dmaring_submit,
	TP_PROTO(const struct dmaring_consumer *consumer, u64 cookie,
		 u32 bytes),
	TP_ARGS(consumer, cookie, bytes),
	TP_STRUCT__entry(
		__field(u32, minor)
		__field(u64, cookie)
		__field(u32, bytes)
	),
	TP_fast_assign(
		__entry->minor = MINOR(consumer->stream->dev.devt);
		__entry->cookie = cookie;
		__entry->bytes = bytes;
	),
	TP_printk("dmaring%u cookie=%#llx bytes=%u", __entry->minor,
		  __entry->cookie, __entry->bytes)
);

#endif /* DMARING_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
