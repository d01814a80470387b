# SPDX-License-Identifier: MIT
"""The card goes while arrays of its frames are there: they have zeroes, and Python lives."""

import asyncio
import gc
import os
import sys
import threading

import numpy as np

import dmaring
from taps import raises, run, same

DEVICE = os.path.realpath("/sys/class/dmaring/dmaring0/device")
DRIVER = os.path.realpath(DEVICE + "/driver")


def write(name, text):
    with open(os.path.join(DRIVER, name), "w", encoding="ascii") as file:
        file.write(text)


def go():
    write("unbind", os.path.basename(DEVICE))


def come_back():
    # What is still open has the number of the device, also what only a cycle keeps.
    gc.collect()
    if not os.listdir("/sys/class/dmaring"):
        write("bind", os.path.basename(DEVICE))


def test_arrays_have_zeroes():
    for options in ({"lossless": True}, {}, {"read_only": True}):
        come_back()
        stream = dmaring.Stream(**options)
        for frame in stream:
            break
        array = np.asarray(frame)
        assert array.any()
        view, part = memoryview(frame), array[1:3, 1:3]
        go()
        same(int(array.max()), 0)
        same(int(part.sum()), 0)
        same(bytes(view), bytes(array.nbytes))
        same(sum(frame.meta.values()), 0)
        raises(dmaring.Gone, stream.next)
        raises(dmaring.Gone, lambda: stream.info)
        del array, part
        view.release()
        frame.release()
        stream.close()


def test_who_waits_is_told():
    stream = dmaring.Stream(lossless=True)
    stream.start()
    frames = [stream.next() for _ in range(stream.info.buffers)]
    told = []

    def wait():
        told.append(raises(dmaring.Gone, stream.next))

    thread = threading.Thread(target=wait)
    thread.start()
    go()
    thread.join()
    same(len(told), 1)
    same([np.asarray(frame).max() for frame in frames], [0] * len(frames))


def test_so_are_tasks():
    async def main():
        stream = dmaring.Stream(lossless=True)
        stream.start()
        frames = [stream.next() for _ in range(stream.info.buffers)]
        task = asyncio.ensure_future(stream.next_async())
        await asyncio.sleep(0)
        go()
        try:
            await task
        except dmaring.Gone:
            pass
        else:
            raise AssertionError("it has a frame")
        del frames

    asyncio.run(main())


def test_it_comes_back():
    come_back()
    with dmaring.Stream() as stream:
        assert np.asarray(next(iter(stream))).any()


if __name__ == "__main__":
    status = run(__name__, come_back)
    come_back()
    sys.exit(status)
