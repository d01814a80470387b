/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Frames are stamped by CLOCK_MONOTONIC, buffers by the pipeline's clock. */
#ifndef DMARING_GSTREAMER_TIMING_H
#define DMARING_GSTREAMER_TIMING_H

#include <gst/gst.h>

/* The running time of that instant; none if the element has no clock. */
GstClockTime timing_running_time(GstElement *element, guint64 monotonic_ns);

#endif /* DMARING_GSTREAMER_TIMING_H */
