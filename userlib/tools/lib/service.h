/* SPDX-License-Identifier: MIT */
/*
 * What a service tells systemd, as sd_notify(3) describes it: datagrams to the socket
 * that NOTIFY_SOCKET names.  Without one nothing happens.
 */
#ifndef SERVICE_H
#define SERVICE_H

#include "line.h"

#include <stdbool.h>

/* Units that wait for this one may begin. */
void service_ready(void);

/* The line that "systemctl status" shows; is it time for one? */
bool service_status_is_due(void);
void service_status(const struct line *line);

void service_stopping(void);

#endif /* SERVICE_H */
