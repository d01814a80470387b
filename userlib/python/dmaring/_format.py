# SPDX-License-Identifier: LGPL-2.1-or-later
"""What frames look like."""

from __future__ import annotations

import ast
import errno
import functools
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Mapping, Optional, Union

from . import _dmaring
from ._errors import error_of

Rate = Union[int, float, str, Fraction]


def fourcc_to_str(number: int) -> str:
    """Return "GREY" for the number of that pixel format; "" for raw bytes."""
    return number.to_bytes(4, "little").decode("latin-1").rstrip(" ") if number else ""


def fourcc_to_int(name: str) -> int:
    """Return the number of a pixel format of at most 4 characters.

    ValueError for a longer one, or other characters than ASCII's.
    """
    data = name.encode("ascii")
    if len(data) > 4:
        raise ValueError(f"{name!r} is no pixel format: it has more than 4 characters")
    return int.from_bytes(data.ljust(4) if data else b"", "little")


def _rate(numerator: int, denominator: int) -> Optional[Fraction]:
    return Fraction(numerator, denominator) if denominator else None


@dataclass(frozen=True)
class Format:
    """What a frame looks like.

    width is in pixels, or samples of each channel, height in lines; both are 0 for raw
    bytes, as pixelformat is "".  pixelformat is a fourcc.  bytes_per_line are from the
    beginning of a line to that of the next.  rate is frames a second, or samples a second
    of each channel; None: nobody knows.
    """

    width: int
    height: int
    pixelformat: str
    bytes_per_line: int
    frame_bytes: int
    channels: int
    rate: Optional[Fraction]

    @functools.cached_property
    def _description(self) -> dict[str, Any]:
        return _dmaring.describe(*to_numbers(self))

    @property
    def name(self) -> str:
        """Name of the pixel format, for example "Y10"; "raw" for raw bytes.

        This and the properties below raise NotFound for a format that the library does
        not know.
        """
        return str(self._description["name"])

    @property
    def genicam(self) -> str:
        """Name in GenICam's Pixel Format Naming Convention; "": there is none."""
        return str(self._description["genicam"])

    @property
    def gstreamer(self) -> str:
        """Caps of GStreamer; "": there are none."""
        return str(self._description["gstreamer"])

    @property
    def bits(self) -> int:
        """Bits that a component has; what it takes in memory may be more."""
        return int(self._description["bits"])

    @property
    def dtype(self) -> Any:
        """Type of an element: what numpy.dtype() takes."""
        text = self._description["numpy_dtype"]
        return ast.literal_eval(text) if text.startswith("[") else text

    @property
    def shape(self) -> tuple[int, ...]:
        """Elements in each dimension, the outermost first."""
        return tuple(self._description["numpy_shape"])

    @property
    def strides(self) -> tuple[int, ...]:
        """Bytes from one element to the next in each dimension."""
        return tuple(self._description["numpy_strides"])


def from_numbers(numbers: Mapping[str, int]) -> Format:
    """Make one of what C says."""
    return Format(
        width=numbers["width"], height=numbers["height"],
        pixelformat=fourcc_to_str(numbers["pixelformat"]),
        bytes_per_line=numbers["bytes_per_line"], frame_bytes=numbers["frame_bytes"],
        channels=numbers["channels"],
        rate=_rate(numbers["rate_numerator"], numbers["rate_denominator"]))


Numbers = tuple[int, int, int, int, int, int, int, int]

_MOST = 2**32 - 1   # of each number


def check_number(what: str, number: int) -> int:
    """Return the number; C would take the low 32 bits of a larger one."""
    if not 0 <= number <= _MOST:
        raise error_of(errno.ERANGE, f"{what} of {number}: no card can have that")
    return number


def rate_to_numbers(rate: Rate) -> tuple[int, int]:
    """Make a numerator and a denominator, or what is nearest to them in 32 bits."""
    exact = Fraction(rate)
    if not exact:
        return 0, 0
    near = exact.limit_denominator(max(1, min(2**20, int(_MOST // exact))))
    if not near:
        near = exact.limit_denominator(_MOST)
    if not near:
        raise error_of(errno.ERANGE, f"a rate of {rate}: no card can have that")
    return check_number("a rate", near.numerator), near.denominator


def to_numbers(of: Format) -> Numbers:
    """Make what C takes."""
    rate = of.rate or Fraction(0)
    return (of.width, of.height, fourcc_to_int(of.pixelformat), of.bytes_per_line,
            of.frame_bytes, of.channels, rate.numerator, rate.denominator if rate else 0)


@dataclass(frozen=True)
class FormatRange:
    """A pixel format that a card can make, and in which sizes.

    A width is width_min and some times width_step, at most width_max, and so on.  The
    lines have a multiple of line_step bytes.  rate_min and rate_max are in frames a
    second, or samples a second of each channel; None: none can be set.
    """

    pixelformat: str
    width_min: int
    width_max: int
    width_step: int
    height_min: int
    height_max: int
    height_step: int
    channels_max: int
    line_step: int
    rate_min: Optional[Fraction]
    rate_max: Optional[Fraction]


def range_from_numbers(numbers: Mapping[str, int]) -> FormatRange:
    """Make one of what C says."""
    same = {name: number for name, number in numbers.items()
            if name != "pixelformat" and not name.startswith("rate_")}
    return FormatRange(
        pixelformat=fourcc_to_str(numbers["pixelformat"]),
        rate_min=_rate(numbers["rate_min_numerator"], numbers["rate_min_denominator"]),
        rate_max=_rate(numbers["rate_max_numerator"], numbers["rate_max_denominator"]),
        **same)
