# SPDX-License-Identifier: MIT
"""What a Stream is without a card: among event loops, what is asked for, its end."""

import asyncio
import errno
import gc
import math
import os
import sys
from fractions import Fraction

import dmaring
from dmaring import _dmaring
from taps import raises, run, same


class NoCard(_dmaring.Stream):
    """Its frames are what somebody writes into a pipe."""

    opened = 0

    def __init__(self, *_):
        NoCard.opened += 1
        self.reader, self.writer = os.pipe()
        os.set_blocking(self.reader, False)

    def __del__(self):
        NoCard.opened -= 1
        os.close(self.reader)
        os.close(self.writer)

    def fileno(self):
        return self.reader

    def _info(self):
        return {"controls": 1}

    def _control(self, index, item):
        return {"index": index, "type": 1, "flags": 0, "items": 0, "name": "Gain", "unit": "",
                "text": "", "minimum": 0, "maximum": 10, "step": 1, "default": 0}

    def _set_controls(self, values):
        self.set = values
        return 1

    def _set_format(self, only_try, has_rate, numbers):
        names = ("width", "height", "pixelformat", "bytes_per_line", "frame_bytes", "channels",
                 "rate_numerator", "rate_denominator")
        # C takes 32 bits of each.
        return dict(zip(names, (number % 2**32 for number in numbers)))

    def take(self):
        try:
            return os.read(self.reader, 1)
        except BlockingIOError:
            return None

    def send(self, frame):
        os.write(self.writer, frame)


class Pipe(dmaring.Stream, NoCard):
    """What the package makes of it."""


def nothing():
    """Before a test."""
    gc.collect()
    same(NoCard.opened, 0)


async def takes(stream, frame):
    asyncio.get_running_loop().call_later(0.01, stream.send, frame)
    same(await asyncio.wait_for(stream.next_async(), 10), frame)


def test_one_event_loop_after_the_other():
    stream = Pipe()
    for frame in b"a", b"b", b"c":
        asyncio.run(takes(stream, frame))


def test_an_event_loop_that_was_closed_waits_no_more():
    stream = Pipe()
    for frame in b"a", b"b":
        loop = asyncio.new_event_loop()
        task = loop.create_task(stream.next_async())
        loop.run_until_complete(asyncio.sleep(0.01))
        assert not task.done()
        loop.close()
        task._log_destroy_pending = False
        asyncio.run(takes(stream, frame))
        del task
        gc.collect()
        asyncio.run(takes(stream, frame))


def test_cancelled_tasks_take_none():
    async def some():
        tasks = [asyncio.create_task(stream.next_async()) for _ in range(3)]
        await asyncio.sleep(0.01)
        tasks[0].cancel()
        tasks[1].cancel()
        stream.send(b"a")
        same(await asyncio.wait_for(tasks[2], 10), b"a")
        assert stream._reader is None

    stream = Pipe()
    asyncio.run(some())


def test_a_format_has_32_bits():
    stream = Pipe()
    for rate in 25, 29.97, Fraction(30000, 1001), "0.1", 44100.1, 2**32 - 1:
        same(stream.set_format(rate=rate).rate, Fraction(str(rate)))
    for rate in 499999.123456, 1e6 * math.pi, 4e9 + 0.25, 1e-7:
        assert abs(stream.set_format(rate=rate).rate / Fraction(rate) - 1) < 1e-9, rate
    for rate in 2**32, 5e9, -1, 1e-12:
        same(raises(dmaring.Error, stream.set_format, rate=rate).errno, errno.ERANGE)
    for name in "width", "height", "bytes_per_line", "channels":
        for number in -1, 2**32, 2**32 + 16:
            same(raises(dmaring.Error, stream.try_format, **{name: number}).errno, errno.ERANGE)
    same(stream.set_format(width=2**32 - 1).width, 2**32 - 1)


def test_a_control_is_a_whole_number():
    stream = Pipe()
    for value in 2, 2.0, Fraction(4, 2), True:
        stream.controls["Gain"] = value
        same(stream.set, [(0, int(value), "")])
    for value in 2.5, math.nan, Fraction(1, 3):
        raises(ValueError, stream.controls.update, Gain=value)
    raises(OverflowError, stream.controls.update, Gain=math.inf)
    raises(TypeError, stream.controls.update, Gain=None)
    same(stream.set, [(0, 1, "")])


def test_nobody_has_it_any_more():
    gc.disable()
    try:
        stream = Pipe()
        assert stream.controls is not None
        del stream
        same(NoCard.opened, 0)
    finally:
        gc.enable()


if __name__ == "__main__":
    sys.exit(run(__name__, nothing))
