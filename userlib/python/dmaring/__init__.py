# SPDX-License-Identifier: LGPL-2.1-or-later
"""Frames from PCIe cards, without a copy, and recordings of them.

    import dmaring
    import numpy as np

    with dmaring.Stream("/dev/dmaring0") as stream:
        for frame in stream:
            print(frame.sequence, np.asarray(frame).mean())

A Stream gives Frames, which are NumPy arrays without being copied; a Recording reads what
"dmaring record" wrote.  What goes wrong is an Error, which is an OSError.
"""

from typing import TYPE_CHECKING, Any

from ._controls import Control, ControlFlag, Controls, ControlType
from ._dmaring import Frame
from ._dmaring import version as __version__
from ._errors import (Busy, CardFailed, Damaged, Error, Gone, NotFound, NotPermitted, Stopped,
                      TimedOut)
from ._format import Format, FormatRange
from ._stream import FrameFlag, Info, Stats, Stream

if TYPE_CHECKING:
    from ._recording import LOSS, RECORD, Recording, Verdict

__all__ = [
    "LOSS", "RECORD", "Busy", "CardFailed", "Control", "ControlFlag", "ControlType",
    "Controls", "Damaged", "Error", "Format", "FormatRange", "Frame", "FrameFlag", "Gone",
    "Info", "NotFound", "NotPermitted", "Recording", "Stats", "Stopped", "Stream",
    "TimedOut", "Verdict", "__version__",
]


def __getattr__(name: str) -> Any:
    """Import what needs NumPy when it is asked for."""
    if name in ("LOSS", "RECORD", "Recording", "Verdict"):
        from . import _recording
        return getattr(_recording, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
