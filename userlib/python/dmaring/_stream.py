# SPDX-License-Identifier: LGPL-2.1-or-later
"""Frames of a card, as they come."""

from __future__ import annotations

import asyncio
import enum
import os
from dataclasses import dataclass, fields
from types import TracebackType
from typing import AsyncIterator, Iterator, Optional, Union

from . import _dmaring
from ._controls import Control, Controls
from ._errors import Error, Stopped
from ._format import (Format, FormatRange, Numbers, Rate, check_number, fourcc_to_int,
                      from_numbers, range_from_numbers, rate_to_numbers)

_LOSSLESS, _LATEST = 1, 2
_READ_ONLY, _ZEROES = 1, 32


class FrameFlag(enum.IntFlag):
    """Bits of Frame.flags."""

    ERROR = 1           # the card says that the content is damaged
    DISCONTINUITY = 2   # before it, an unknown number of frames may be missing
    HW_TIMESTAMP = 4    # the card took the time
    TRUNCATED = 8       # it had more than the buffer has room for


@dataclass(frozen=True)
class Info:
    """A stream and its pool, as of now; linux/dmaring.h describes the fields."""

    driver: str
    card: str
    bus_info: str
    stream: int
    format: Format
    format_seq: int
    control_seq: int
    caps: int
    state: int
    memory: int
    buffers: int
    buffer_size: int
    viewer_buffers: int
    viewer_reserved: int
    consumers: int
    consumers_max: int
    formats: int
    controls: int


@dataclass(frozen=True)
class Stats:
    """Counters of the stream and of this consumer, all of one instant.

    consumer_produced is the sum of consumer_delivered, _waiting, _dropped and _overruns:
    frames since its start.  consumer_held are frames that it has not given back.
    """

    produced: int
    completed: int
    overruns: int
    errors: int
    bad_completions: int
    bad_releases: int
    stalls: int
    starts: int
    bytes: int
    idle: int
    armed: int
    held: int
    quarantined: int
    consumer_produced: int
    consumer_delivered: int
    consumer_waiting: int
    consumer_dropped: int
    consumer_overruns: int
    consumer_held: int
    consumer_running: int


class Stream(_dmaring.Stream):
    """An open stream, from which frames are taken.

    device is "/dev/dmaring0", "dmaring0", "0" or the number.  As a viewer, which is the
    default, it gets the latest frames: at most depth wait, one more drops the oldest, and
    it needs max_held frames at a time that are taken and not given back.  It costs a
    recorder no frame, whatever it does.  With lossless=True it gets every frame, and the
    card loses frames (overruns) when it keeps too many; depth and max_held must then not
    be given.  read_only=True opens a viewer without the right to set anything.

    watermark frames must wait before somebody is woken, or the oldest for watermark_us
    microseconds, at most a minute (0: never).

    When the card is gone, arrays of its frames have zeroes, or what they had.

    "with" closes it.  "for" and "async for" start it, unless it runs, and end when it is
    stopped.  Any thread may use it; frames that one thread takes are in order.  A child
    of os.fork() must not: there, every call is a ValueError.

    NotFound, NotPermitted, Busy (no place, or no buffers for a viewer of this depth and
    max_held), Gone, Error.
    """

    def __init__(self, device: Union[str, int, "os.PathLike[str]"] = 0, *,
                 lossless: bool = False, depth: Optional[int] = None,
                 max_held: Optional[int] = None, read_only: bool = False,
                 watermark: int = 1, watermark_us: int = 0) -> None:
        if lossless and read_only:
            raise ValueError("a lossless stream can not be read-only: it holds the card back")
        if lossless and (depth is not None or max_held is not None):
            raise ValueError("depth and max_held are for viewers, not for lossless=True")
        super().__init__(
            os.fspath(device) if not isinstance(device, int) else str(device),
            _ZEROES | (_READ_ONLY if read_only else 0), _LOSSLESS if lossless else _LATEST,
            0 if lossless else 1 if depth is None else depth,
            0 if lossless else 1 if max_held is None else max_held,
            watermark, watermark_us)
        self._lossless = lossless
        self._waiters: set[asyncio.Future[None]] = set()
        self._reader: Optional[tuple[asyncio.AbstractEventLoop, int]] = None
        self._control_infos: dict[str, Control] = {}

    @property
    def lossless(self) -> bool:
        """Whether it gets every frame."""
        return self._lossless

    def __enter__(self) -> Stream:
        return self

    def __exit__(self, kind: Optional[type[BaseException]], error: Optional[BaseException],
                 trace: Optional[TracebackType]) -> None:
        self.close()

    def close(self) -> None:
        """Stop, and have nothing more to do with it.

        Frames that are still there, and arrays of them, stay valid; with the last of
        them the stream is unmapped.  A second close() does nothing.
        """
        self._forget_reader(only_here=True)
        super().close()
        self._wake_all()

    def start(self) -> None:
        """Let the card run and frames arrive.

        Error with errno EALREADY when it is started; CardFailed, Gone.
        """
        super().start()

    def stop(self) -> None:
        """No more frames; those that wait are dropped, those that were taken stay valid.

        Whoever waits gets Stopped, iterations end.  Error with errno EALREADY when it is
        stopped, and ETIMEDOUT when it is, but the card could not be proved quiet; Gone.
        """
        try:
            super().stop()
        finally:
            self._wake_all()

    def _start_if_stopped(self) -> None:
        if not self._stats()["consumer_running"]:
            self.start()

    # ------------------------------------------------------------------ iterate

    def __iter__(self) -> Iterator[_dmaring.Frame]:
        self._start_if_stopped()
        return self

    def __aiter__(self) -> AsyncIterator[_dmaring.Frame]:
        self._start_if_stopped()
        return self

    async def __anext__(self) -> _dmaring.Frame:
        try:
            return await self.next_async()
        except Stopped:
            raise StopAsyncIteration from None
        except ValueError:
            if self.closed:
                raise StopAsyncIteration from None
            raise

    async def next_async(self) -> _dmaring.Frame:
        """Take the oldest frame; wait for it in asyncio's event loop, without a thread.

        A frame is taken only when nothing can be cancelled any more: cancellation loses
        none.  Several tasks may wait.  Raises what next() raises.
        """
        while True:
            frame = self.take()
            if frame is not None:
                return frame
            await self._wait()

    async def _wait(self) -> None:
        loop = asyncio.get_running_loop()
        if self._reader and self._reader[0].is_closed():
            self._forget_reader()
            self._waiters.clear()   # whose tasks nobody will run any more
        if self._reader and self._reader[0] is not loop:
            raise RuntimeError("another event loop waits for frames of this stream")
        waiter: asyncio.Future[None] = loop.create_future()
        if not self._reader:
            self._reader = loop, self.fileno()
            loop.add_reader(self._reader[1], self._wake)
        self._waiters.add(waiter)
        try:
            await waiter
        finally:
            self._waiters.discard(waiter)
            if not self._waiters:
                self._forget_reader()

    def _forget_reader(self, only_here: bool = False) -> None:
        """Before the descriptor is closed, and its number another one's."""
        if not self._reader:
            return
        loop, descriptor = self._reader
        if only_here and loop is not asyncio._get_running_loop():
            return
        if not loop.is_closed():
            loop.remove_reader(descriptor)
        self._reader = None

    def _wake(self) -> None:
        """Wake those who wait in this event loop; each looks for itself."""
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)

    def _wake_all(self) -> None:
        """The same from any thread."""
        for waiter in list(self._waiters):
            try:
                waiter.get_loop().call_soon_threadsafe(self._wake)
            except RuntimeError:
                pass  # the loop is closed, and nobody waits in it

    # --------------------------------------------------------------------- tell

    @property
    def info(self) -> Info:
        """The stream, its pool and its format, as of now.  Gone."""
        return _make_info(self._info())

    @property
    def stats(self) -> Stats:
        """Counters of the stream and of this consumer.  Gone."""
        return Stats(**self._stats())

    # ------------------------------------------------------------------- format

    @property
    def format(self) -> Format:
        """What frames look like, as of now.  Gone."""
        return self.info.format

    @property
    def formats(self) -> list[FormatRange]:
        """What the card can make; empty, if only what it makes.  Gone."""
        return [range_from_numbers(self._format_range(index))
                for index in range(self._info()["formats"])]

    def try_format(self, *, width: int = 0, height: int = 0, pixelformat: str = "",
                   channels: int = 0, bytes_per_line: int = 0,
                   rate: Optional[Rate] = None) -> Format:
        """Return what would come of set_format(), or raise what it would raise."""
        return self._change_format(True, (width, height, fourcc_to_int(pixelformat),
                                          bytes_per_line, 0, channels), rate)

    def set_format(self, *, width: int = 0, height: int = 0, pixelformat: str = "",
                   channels: int = 0, bytes_per_line: int = 0,
                   rate: Optional[Rate] = None) -> Format:
        """Change what frames look like, before somebody starts the stream.

        What is not given stays as it is, or becomes what is nearest to that;
        bytes_per_line becomes as few as the card can.  rate is in frames a second, or
        samples a second of each channel; 0: as many as the card can.  Return the format
        that there is then.  NotPermitted for a Stream to read only; Busy while somebody
        runs; Error with errno EINVAL for a pixel format, ERANGE for a number, that the
        card does not have, EMSGSIZE when a frame would not fit into a buffer, EOPNOTSUPP
        when nothing can be set; Gone.
        """
        return self._change_format(False, (width, height, fourcc_to_int(pixelformat),
                                           bytes_per_line, 0, channels), rate)

    def _change_format(self, only_try: bool, numbers: tuple[int, int, int, int, int, int],
                       rate: Optional[Rate]) -> Format:
        for what, number in zip(("a width", "a height", "a pixel format", "bytes_per_line",
                                 "frame_bytes", "a number of channels"), numbers):
            check_number(what, number)
        wish: Numbers = (*numbers, *rate_to_numbers(rate or 0))
        return from_numbers(self._set_format(only_try, rate is not None, wish))

    @property
    def controls(self) -> Controls:
        """What can be set at the card, by name."""
        # Who has it keeps the stream, and not the other way round: a stream that nobody has
        # is closed at once, not when rubbish is looked for.
        return Controls(self, self._control_infos)


def _make_info(numbers: dict[str, int]) -> Info:
    known = {field.name for field in fields(Info)} - {"format"}
    return Info(format=from_numbers(numbers["format"]),  # type: ignore[arg-type]
                **{name: numbers[name] for name in known})  # type: ignore[arg-type]
