# SPDX-License-Identifier: MIT
"""What python_frames runs."""

import ctypes
import statistics
import sys
import time

import numpy as np

import dmaring

ROUNDS = 7


def taken(stream, frames):
    for _ in range(frames):
        stream.next()


def as_array(stream, frames):
    asarray = np.asarray
    for _ in range(frames):
        asarray(stream.next())


def iterated(stream, frames):
    asarray = np.asarray
    for frame, _ in zip(stream, range(frames)):
        asarray(frame)


def released(stream, frames):
    asarray = np.asarray
    for _ in range(frames):
        with stream.next() as frame:
            asarray(frame)


def nothing(_stream, frames):
    for _ in range(frames):
        pass


def main():
    frames = int(sys.argv[1])
    library = ctypes.CDLL(None).measure_library
    library.restype, library.argtypes = ctypes.c_double, [ctypes.c_long]
    rounds = {"library alone, in C": [library(frames) for _ in range(ROUNDS)]}
    for what in (nothing, taken, as_array, iterated, released):
        with dmaring.Stream(7, lossless=True) as stream:
            stream.start()
            for _ in range(ROUNDS):
                begin = time.process_time()
                what(stream, frames)
                rounds.setdefault(what.__name__, []).append(
                    (time.process_time() - begin) / frames)
    for name, seconds in rounds.items():
        print(f"{name:20} {statistics.median(seconds) * 1e9:6.0f} ns "
              f"({min(seconds) * 1e9:.0f} .. {max(seconds) * 1e9:.0f})")


if __name__ == "__main__":
    main()
