# SPDX-License-Identifier: LGPL-2.1-or-later
"""Frames on disk, as "dmaring record" writes them; it needs NumPy."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any, Iterator, Optional, Union, overload

import numpy as np
import numpy.typing as npt

from . import _dmaring
from ._errors import Damaged, NotFound
from ._format import Format, from_numbers

Array = npt.NDArray[Any]
Path = Union[str, "os.PathLike[str]"]

#: What the index has of a frame: struct dmaring_record.
RECORD = np.dtype({
    "names": ["sequence", "overruns_total", "timestamp_ns", "buffer", "bytes_used", "flags",
              "format_seq", "hw_meta", "control_seq", "position", "overruns", "drops",
              "realtime_ns", "skipped", "marks", "frame_crc"],
    "offsets": [8, 16, 24, 32, 36, 40, 44, 48, 56, 64, 72, 80, 88, 96, 104, 120],
    "formats": ["<u8", "<u8", "<u8", "<u4", "<u4", "<u4", "<u4", "<u8", "<u4", "<u8", "<u8",
                "<u8", "<u8", "<u8", "<u4", "<u4"],
    "itemsize": 128})

#: An element of Recording.losses.
LOSS = np.dtype([("index", "<u8"), ("sequence", "<u8"), ("overruns", "<u8"), ("drops", "<u8")])

_EPROTO = 71
_MOST = 2**64 - 1
_TRIGGER = 1  # DMARING_RECORD_TRIGGER


@dataclass(frozen=True)
class Verdict:
    """What is wrong with a recording; libdmaring-record.h describes the fields."""

    files: int
    frames: int
    absent: int
    corrupt: int
    checked: int
    damaged: int
    torn: int
    spare: int
    unended: int
    overruns: int
    drops: int
    skipped: int
    triggers: int

    @property
    def good(self) -> bool:
        """Whether nothing is; frames that were lost while it was made do not count."""
        return not (self.absent or self.corrupt or self.damaged or self.torn or self.spare
                    or self.unended)


@dataclass(frozen=True)
class _File:
    """A pair of files."""

    first: int
    records: Array
    frames: Array
    rows: Array  # the same as bytes


class Recording:
    """A recording that is read.

    It is a sequence of arrays, one for each frame, in the shape and type of its format.
    They are the file, mapped, and not copies: read-only, and valid for as long as they
    are there, whatever becomes of the Recording.  A touch ends the program (SIGBUS) if
    somebody shortens the file meanwhile.

    One that is being made, or was not ended, has the frames of which its index tells.
    Pickled, it has its path alone: another process maps the files itself.
    NotFound; NotPermitted; Damaged: it is no recording, or a file of it is damaged.
    """

    def __init__(self, path: Path) -> None:
        self._path = os.fspath(path)
        self._meta: Optional[dict[str, Any]] = None
        self._open()

    def _open(self) -> None:
        mapped = _dmaring.Recording(self._path)
        self._format = from_numbers(mapped.format())
        self._files = [self._map(*file) for file in mapped.files()]
        self._count = sum(len(file.records) for file in self._files)

    def __getstate__(self) -> dict[str, Any]:
        """Frames do not go with it: whoever unpickles it, or has a copy, maps the files."""
        return {name: value for name, value in vars(self).items() if name != "_files"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._open()

    def _map(self, first: int, count: int, present: int, stride: int,
             records: memoryview, data: memoryview) -> _File:
        form = self._format
        frame_bytes = form.frame_bytes
        return _File(
            first=first,
            records=np.ndarray((count,), RECORD, buffer=records),
            frames=np.ndarray((present, *form.shape), np.dtype(form.dtype), buffer=data,
                              strides=(stride, *form.strides)),
            rows=np.ndarray((present, frame_bytes), "u1", buffer=data, strides=(stride, 1)))

    # -------------------------------------------------------------------- frames

    def __len__(self) -> int:
        """How many frames there are."""
        return self._count

    @overload
    def __getitem__(self, index: int) -> Array: ...

    @overload
    def __getitem__(self, index: slice) -> list[Array]: ...

    def __getitem__(self, index: Union[int, slice]) -> Union[Array, list[Array]]:
        """Return frame number index, from 0, or from the end if negative; a list of a slice.

        A frame that is shorter than its format is a row of its bytes.  IndexError;
        Damaged when the file is too short for the frame.
        """
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(self._count))]
        file, at = self._place(index)
        if at >= len(file.frames):
            raise Damaged(_EPROTO, f"{self._path}: the file is too short for frame {index}")
        used = int(file.records["bytes_used"][at])
        if used < self._extent():
            row: Array = file.rows[at, :used]
            return row
        frame: Array = file.frames[at]
        return frame

    def __iter__(self) -> Iterator[Array]:
        return (self[i] for i in range(self._count))

    def _extent(self) -> int:
        """Bytes from the first one of a frame to the last one that it needs."""
        form = self._format
        return np.dtype(form.dtype).itemsize + sum(
            (elements - 1) * stride for elements, stride in zip(form.shape, form.strides))

    def _place(self, index: int) -> tuple[_File, int]:
        if not -self._count <= index < self._count:
            raise IndexError(f"the recording has {self._count} frames, and none {index}")
        index %= self._count
        for file in self._files:
            if index < file.first + len(file.records):
                return file, index - file.first
        raise AssertionError("frames of no file")

    @property
    def frames(self) -> list[Array]:
        """The frames of each pair of files as one array, mapped, of which the first
        dimension is the frame.  Frames that are not there are left out at the end."""
        return [file.frames for file in self._files]

    # --------------------------------------------------------------------- index

    @property
    def records(self) -> Array:
        """What was said of each frame: an array of structures, of type RECORD.

        Times are in nanoseconds: timestamp_ns of CLOCK_MONOTONIC, realtime_ns since 1970.
        It is mapped if the recording has one pair of files, else a copy.
        """
        if len(self._files) == 1:
            return self._files[0].records
        return np.concatenate([file.records for file in self._files])

    @property
    def losses(self) -> Array:
        """Where frames are missing: an array of structures, of type LOSS.

        Directly before frame number "index", of that sequence number, the card lost
        "overruns" frames, and "drops" were dropped for the recorder alone.
        """
        records = self.records
        at = np.flatnonzero((records["overruns"] != 0) | (records["drops"] != 0))
        losses = np.zeros(len(at), LOSS)
        losses["index"] = at
        for name in ("sequence", "overruns", "drops"):
            losses[name] = records[name][at]
        return losses

    @property
    def triggers(self) -> Array:
        """The indices of the frames of triggers, each the first that came after one.

        Before it are the frames that waited for it; what was skipped between events is
        told by records["skipped"] of the first frame of each.
        """
        return np.flatnonzero(self.records["marks"] & np.uint32(_TRIGGER))

    def find_sequence(self, sequence: int) -> int:
        """Return the index of the frame of that sequence number; KeyError if there is none.

        If it was gone on with, numbers can stand there twice: it is the first one.
        """
        if not 0 <= sequence <= _MOST:
            raise KeyError(sequence)
        at = np.flatnonzero(self.records["sequence"] == np.uint64(sequence))
        if not len(at):
            raise KeyError(sequence)
        return int(at[0])

    def find_monotonic(self, timestamp_ns: int) -> int:
        """Return the index of the first frame that was complete then or later, by
        CLOCK_MONOTONIC in nanoseconds; the number of frames if none was."""
        return self._find("timestamp_ns", timestamp_ns)

    def find_time(self, when: Union[int, datetime]) -> int:
        """Return the same by the time of day: nanoseconds since 1970, or a datetime, which
        is local time if it has no time zone."""
        if isinstance(when, datetime):
            since = when.astimezone(timezone.utc) - datetime(1970, 1, 1, tzinfo=timezone.utc)
            when = ((since.days * 86400 + since.seconds) * 10**6 + since.microseconds) * 1000
        return self._find("realtime_ns", when)

    def _find(self, field: str, ns: int) -> int:
        if ns > _MOST:
            return self._count
        at = np.flatnonzero(self.records[field] >= np.uint64(max(ns, 0)))
        return int(at[0]) if len(at) else self._count

    # ---------------------------------------------------------------------- tell

    @property
    def path(self) -> str:
        """Of its directory."""
        return self._path

    @property
    def format(self) -> Format:
        """What its frames look like."""
        return self._format

    @property
    def meta(self) -> dict[str, Any]:
        """What meta.json says, see dmaring-recording(5).  NotFound; Damaged."""
        if self._meta is None:
            self._meta = _read_meta(os.path.join(self._path, "meta.json"))
        return self._meta

    def verify(self) -> Verdict:
        """Read all of it and tell what is wrong.  Busy while it is being made."""
        return Verdict(**_dmaring.Recording.verify(self._path))


def _open_at_once(path: str, flags: int) -> int:
    """Nobody waits for the writer of something that is no file."""
    return os.open(path, flags | os.O_NONBLOCK)


def _read_meta(path: str) -> dict[str, Any]:
    try:
        with open(path, encoding="utf-8", opener=_open_at_once) as file:
            meta = json.load(file)
    except FileNotFoundError as problem:
        raise NotFound(problem.errno, f"{path}: {problem.strerror}") from None
    except ValueError as problem:
        raise Damaged(_EPROTO, f"{path}: {problem}") from None
    if not isinstance(meta, dict):
        raise Damaged(_EPROTO, f"{path}: it is no object")
    return meta
