/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DMARING_VERSION_H
#define DMARING_VERSION_H

/* The one place that says it; the build reads it from here. */
#define DMARING_VERSION "0.1.0"

#endif /* DMARING_VERSION_H */
