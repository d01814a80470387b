# SPDX-License-Identifier: LGPL-2.1-or-later
"""What can go wrong: each is an OSError with an errno and the library's sentence."""

import errno
import os


class Error(OSError):
    """What libdmaring or the driver refused; errno says why, strerror says it in words."""


class TimedOut(Error, TimeoutError):
    """No frame came in time (ETIMEDOUT)."""


class Gone(Error):
    """The card is gone: unbound or unplugged (ENODEV)."""


class Stopped(Error):
    """The stream does not run: not started, or stopped by another thread (EBADFD)."""


class CardFailed(Error):
    """The card failed; stop the stream and start it again (EIO)."""


class Busy(Error):
    """Others have what was asked for (EBUSY, ENOSPC)."""


class NotFound(Error, FileNotFoundError):
    """There is no such device, control, field or recording (ENOENT)."""


class NotPermitted(Error, PermissionError):
    """It needs another right, or a descriptor that can write (EACCES, EPERM)."""


class Damaged(Error):
    """It is no recording, or a file of it is damaged (EPROTO); or the shared ring is."""


_CLASSES: "dict[int, type[Error]]" = {
    errno.ETIMEDOUT: TimedOut,
    errno.ENODEV: Gone,
    errno.EBADFD: Stopped,
    errno.EIO: CardFailed,
    errno.EBUSY: Busy,
    errno.ENOSPC: Busy,
    errno.ENOENT: NotFound,
    errno.EACCES: NotPermitted,
    errno.EPERM: NotPermitted,
    errno.EPROTO: Damaged,
}


def error_of(number: int, sentence: str) -> Error:
    """Return the exception for a positive errno."""
    return _CLASSES.get(number, Error)(number, sentence or os.strerror(number))
