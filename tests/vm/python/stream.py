# SPDX-License-Identifier: MIT
"""Frames of a real driver as arrays: taken, waited for, held and given back."""

import asyncio
import errno
import gc
import os
import select
import signal
import sys
import threading
import time
import weakref

import numpy as np

import dmaring
from taps import raises, run, same

PATIENCE = 60


def held():
    """Buffers that anybody has; nobody runs.  Exceptions keep frames, in cycles."""
    gc.collect()
    with dmaring.Stream(read_only=True) as viewer:
        return viewer.stats.held


def has(stream, count):
    """Fail unless it has so many frames; poll looks for those that were given back."""
    select.select([stream], [], [], 0)
    same(stream.stats.consumer_held, count)


def check_lossless(frames):
    """Of (sequence, overruns), in order."""
    for before, after in zip(frames, frames[1:]):
        same(after[0] - before[0] - 1, after[1])


def recorder(**options):
    return dmaring.Stream(0, lossless=True, **options)


def test_frames_are_arrays():
    with dmaring.Stream() as stream:
        form = stream.format
        for count, frame in enumerate(stream):
            array = np.asarray(frame)
            same(array.shape, form.shape)
            same(array.dtype, np.dtype(form.dtype))
            same(array.strides, form.strides)
            same((frame.shape, frame.strides, frame.dtype), (form.shape, form.strides, "|u1"))
            assert not array.flags.writeable
            assert array.any()
            same(frame.bytes_used, form.frame_bytes)
            assert 0 < frame.timestamp_ns <= time.monotonic_ns()
            if count == 10:
                break
    del frame, array
    same(held(), 0)


def test_a_recorder_gets_every_frame():
    with recorder() as stream:
        frames = []
        for frame in stream:
            same(frame.drops, 0)
            frames.append((frame.sequence, frame.overruns))
            if len(frames) == 500:
                break
        check_lossless(frames)


def test_a_viewer_knows_what_it_missed():
    with dmaring.Stream() as stream:
        stream.start()
        first = stream.next()
        # The buffer that it may hold stays with it.
        while stream.stats.consumer_dropped < 5:
            pass
        second = stream.next()
        same(second.sequence - first.sequence - 1, second.drops + second.overruns)
        assert second.drops


def test_arrays_keep_their_buffers():
    with recorder() as stream:
        stream.start()
        arrays = [np.asarray(stream.next()) for _ in range(8)]
        copies = [array.copy() for array in arrays]
        has(stream, 8)
        while stream.stats.overruns < 20:
            pass                        # the card has written all other buffers meanwhile
        for array, copy in zip(arrays, copies):
            assert (array == copy).all()
        del array
        for left in (7, 6, 5):
            arrays.pop(left // 2)       # in any order
            has(stream, left)
        part = arrays[0][1:, 2:].T
        arrays.clear()
        has(stream, 1)
        del part
        has(stream, 0)


def test_release_waits_for_no_view_and_gives_nothing_back_before():
    with recorder() as stream:
        stream.start()
        frame = stream.next()
        array, view = np.asarray(frame), memoryview(frame)
        assert "2 arrays" in str(raises(BufferError, frame.release))
        has(stream, 1)
        del array
        raises(BufferError, frame.release)
        assert not frame.released
        view.release()
        frame.release()
        has(stream, 0)
        assert frame.released
        frame.release()
        raises(ValueError, memoryview, frame)
        raises(ValueError, np.asarray, frame)
        # As NumPy 2 calls it for np.array(frame)
        raises(ValueError, frame.__array__, copy=True)
        with stream.next() as frame:
            has(stream, 1)
        has(stream, 0)
        same(stream.stats.bad_releases, 0)


def test_frames_outlive_their_stream():
    stream = recorder()
    stream.start()
    frame, array = stream.next(), np.asarray(stream.next())
    copy = array.copy()
    stream.close()
    raises(ValueError, stream.next)
    assert (array == copy).all() and np.asarray(frame).any()
    same(held(), 2)
    del stream, frame
    gc.collect()
    assert (array == copy).all()
    del array
    same(held(), 0)


def test_formats():
    with recorder() as stream:
        names = {row.pixelformat: row for row in stream.formats}
        before = stream.format
        for name, dtype, shape in (("Y16", "<u2", (16, 32)), ("RGB3", "|u1", (16, 32, 3)),
                                   ("GREY", "|u1", (16, 32))):
            assert name in names
            wish = stream.try_format(width=32, height=16, pixelformat=name)
            same(stream.set_format(width=32, height=16, pixelformat=name), wish)
            same((wish.dtype, wish.shape), (dtype, shape))
            stream.start()
            array = np.asarray(stream.next())
            same((array.dtype, array.shape), (np.dtype(dtype), shape))
            stream.stop()
        padded = stream.set_format(width=30, height=16, bytes_per_line=64)
        stream.start()
        frame = stream.next()
        same(np.asarray(frame).strides, (64, 1))
        del frame
        stream.stop()
        same(padded.bytes_per_line, 64)
        same(raises(dmaring.Error, stream.set_format, pixelformat="Nope").errno, errno.EINVAL)
        stream.set_format(width=before.width, height=before.height,
                          pixelformat=before.pixelformat, rate=before.rate)
        same(stream.format, before)


def test_controls():
    with recorder() as stream:
        controls = stream.controls
        before = controls.read()
        assert len(before) == len(controls) and "ExposureTime" in controls
        steady = [name for name in before
                  if not controls.infos[name].flags & dmaring.ControlFlag.VOLATILE]
        same({name: controls[name] for name in steady}, {name: before[name] for name in steady})
        same(dict(controls).keys(), before.keys())
        wanted = {"ExposureTime": 5000, "Gain": 200}
        if "DeviceUserID" in controls:
            wanted["DeviceUserID"] = "python"
        number = controls.update(wanted)
        same({name: controls[name] for name in wanted}, wanted)
        stream.start()
        while stream.next().control_seq < number:
            pass
        # All or nothing
        problem = raises(dmaring.Error, controls.update, Gain=300, ExposureTime=-1)
        same(problem.errno, errno.ERANGE)
        same(controls["Gain"], 200)
        raises(KeyError, lambda: controls["Nothing"])
        raises(ValueError, controls.update, TestPattern="none of its items")
        stream.stop()
        controls.update({name: before[name] for name in wanted})
    with dmaring.Stream(read_only=True) as viewer:
        same(raises(dmaring.NotPermitted, viewer.controls.update, Gain=200).errno, errno.EACCES)


def test_metadata_are_attributes():
    with recorder() as stream:
        stream.start()
        frame = stream.next()
        if not frame.meta:
            return
        if "FrameCounter" in frame.meta:
            same(frame.FrameCounter, frame.sequence)
        raises(AttributeError, lambda: frame.Nothing)
        frame.release()
        raises(ValueError, lambda: frame.meta)


def test_timeouts_and_stops():
    with recorder() as stream:
        raises(dmaring.Stopped, stream.next)
        stream.start()
        frames = []
        try:
            while True:                     # until it has all buffers
                frames.append(stream.next(0.5))
        except dmaring.TimedOut as problem:
            same(problem.errno, errno.ETIMEDOUT)
            assert isinstance(problem, TimeoutError)
        same(len(frames), stream.info.buffers)
        same(stream.take(), None)
        raises(ValueError, stream.next, -1)
        frames.clear()

        got = []
        stream.stop()

        def collect():
            for frame in stream:
                got.append(frame.sequence)

        thread = threading.Thread(target=collect)
        thread.start()
        while len(got) < 5:
            time.sleep(0.001)
        stream.stop()                       # ends the iteration
        thread.join(PATIENCE)
        assert not thread.is_alive()


def test_a_signal_ends_a_wait():
    def interrupt(_number, _frame):
        raise KeyboardInterrupt

    signal.signal(signal.SIGALRM, interrupt)
    with recorder() as stream:
        stream.start()
        frames = []
        signal.setitimer(signal.ITIMER_REAL, 2)
        try:
            while True:
                frames.append(stream.next())
        except KeyboardInterrupt:
            pass
        has(stream, len(frames))


def test_threads_take_and_release():
    with recorder() as stream:
        stream.start()
        frames, lock, wanted = [], threading.Lock(), 2000

        def work():
            while len(frames) < wanted:
                frame = stream.next(PATIENCE)
                with lock:
                    frames.append((frame.sequence, frame.overruns))

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        check_lossless(sorted(frames))
        has(stream, 0)
        same(stream.stats.bad_releases, 0)


def test_the_garbage_collector_releases_in_another_thread():
    with recorder() as stream:
        stream.start()
        for _ in range(50):
            cycle = [stream.next(PATIENCE)]
            cycle.append(np.asarray(cycle[0]))
            cycle.append(cycle)
            gone = weakref.ref(cycle[0])
            del cycle
            thread = threading.Thread(target=gc.collect)
            thread.start()
            thread.join()
            same(gone(), None)
        has(stream, 0)


def test_a_child_must_not_touch_it():
    with recorder() as stream:
        stream.start()
        frame = stream.next()
        child = os.fork()
        if not child:
            status = 1
            try:
                raises(ValueError, stream.next)
                raises(ValueError, memoryview, frame)
                del frame
                stream.close()
                gc.collect()
                status = 0
            finally:
                os._exit(status)
        same(os.waitpid(child, 0)[1], 0)
        has(stream, 1)
        assert np.asarray(frame).any()
        frame.release()
        same(stream.stats.bad_releases, 0)
        stream.next(PATIENCE)


def test_asyncio():
    async def take(stream, count):
        frames = []
        async for frame in stream:
            frames.append((frame.sequence, frame.overruns))
            if len(frames) == count:
                break
        # Or what it does not take any more is missing to the other
        stream.stop()
        return frames

    async def main():
        with recorder() as one, dmaring.Stream() as two:
            ours, theirs = await asyncio.gather(take(one, 200), take(two, 20))
            check_lossless(ours)
            same(len(theirs), 20)

    asyncio.run(main())


def test_cancellation_loses_no_frame():
    async def main():
        with recorder() as stream:
            stream.start()
            frames = []
            while len(frames) < 300:
                task = asyncio.ensure_future(stream.next_async())
                # Let it begin, perhaps be woken, and cancel it wherever it is.
                for _ in range(len(frames) % 4):
                    await asyncio.sleep(0)
                task.cancel()
                try:
                    frame = await task
                except asyncio.CancelledError:
                    frame = stream.take()
                if frame:
                    frames.append((frame.sequence, frame.overruns))
            check_lossless(frames)

    asyncio.run(main())


def test_tasks_wait_together_and_end_with_the_stream():
    async def main():
        stream = recorder()
        stream.start()
        frames = [stream.next() for _ in range(stream.info.buffers)]
        waiting = [asyncio.ensure_future(stream.next_async()) for _ in range(3)]
        await asyncio.sleep(0)
        frames.clear()
        numbers = {(await task).sequence for task in waiting}
        same(len(numbers), 3)
        frames = []
        while stream.stats.armed or stream.stats.consumer_waiting:
            frames.append(await stream.next_async())
        last = asyncio.ensure_future(stream.__anext__())
        await asyncio.sleep(0)
        stream.stop()
        try:
            await last
        except StopAsyncIteration:
            pass
        else:
            raise AssertionError("it went on")
        stream.close()

    asyncio.run(main())
    same(held(), 0)


def test_zeromq_keeps_what_it_sends():
    try:
        import zmq
    except ImportError:
        print("# no python3-zmq")
        return
    context = zmq.Context()
    with recorder() as stream, context.socket(zmq.PUSH) as push, context.socket(zmq.PULL) as pull:
        pull.bind("inproc://frames")
        push.connect("inproc://frames")
        push.copy_threshold = 0     # else pyzmq copies what is below 64 KiB
        stream.start()
        want = []
        for _ in range(5):
            frame = stream.next(PATIENCE)
            want.append(bytes(frame))
            push.send(frame, copy=False)
            del frame
        gc.collect()
        has(stream, 5)
        for data in want:
            same(bytes(pull.recv()), data)
        push.close()
        for _ in range(1000):
            select.select([stream], [], [], 0)
            if not stream.stats.consumer_held:
                break
            time.sleep(0.01)                    # its own thread lets go of them
        has(stream, 0)
    context.term()


def resident_kib():
    with open("/proc/self/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))


def growth_kib(stream, frames):
    before = resident_kib()
    for _ in range(frames):
        np.asarray(stream.next(PATIENCE)).ravel()[0]
    return resident_kib() - before


def test_nothing_leaks():
    with recorder() as stream:
        stream.start()
        growth_kib(stream, 1000)
        # The kernel makes a huge page of the heap when it likes to: no leak is what
        # does not come again.
        grown = [growth_kib(stream, 3000) for _ in range(3)]
        assert min(grown) < 64, grown
        has(stream, 0)
        stream.stop()
        same(stream.stats.held, 0)
    same(held(), 0)
    descriptors = len(os.listdir("/proc/self/fd"))
    for _ in range(50):
        with dmaring.Stream() as stream:
            next(iter(stream))
    same(len(os.listdir("/proc/self/fd")), descriptors)


def test_what_is_refused_is_told():
    raises(dmaring.NotFound, dmaring.Stream, "/dev/dmaring9")
    raises(ValueError, dmaring.Stream, lossless=True, depth=2)
    raises(ValueError, dmaring.Stream, lossless=True, read_only=True)
    problem = raises(dmaring.Busy, dmaring.Stream, depth=1000)
    assert isinstance(problem, OSError) and problem.errno == errno.ENOSPC
    assert "viewer_buffers" in problem.strerror, problem.strerror


class Closing:
    """A number that closes the stream that asks for it."""

    def __init__(self, stream):
        self.stream = stream

    def __float__(self):
        self.stream.close()
        return 1.0

    def __index__(self):
        self.stream.close()
        return 0


def test_a_stream_that_is_closed_by_its_argument():
    for call in (lambda stream, number: stream.next(number),
                 lambda stream, number: stream.controls.update({"Gain": number})):
        stream = dmaring.Stream()
        raises(ValueError, call, stream, Closing(stream))


if __name__ == "__main__":
    sys.exit(run(__name__))
