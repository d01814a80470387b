# SPDX-License-Identifier: LGPL-2.1-or-later
"""Frames from PCIe cards, without a copy, and recordings of them."""

from ._dmaring import version as __version__
from ._errors import (Busy, CardFailed, Damaged, Error, Gone, NotFound, NotPermitted, Stopped,
                      TimedOut)

__all__ = ["Busy", "CardFailed", "Damaged", "Error", "Gone", "NotFound", "NotPermitted",
           "Stopped", "TimedOut", "__version__"]
