# SPDX-License-Identifier: MIT
"""Recordings are read as NumPy arrays, which are the files."""

import copy
import errno
import gc
import os
import pickle
import shutil
import sys
import tempfile
from datetime import datetime, timezone

import numpy as np

import dmaring
from made import ALIGN, Made
from taps import raises, run, same

SECOND = 10**9
START = 1_700_000_000 * SECOND      # of the time of day


def scratch():
    """An empty directory, of the one test at a time."""
    shutil.rmtree(scratch.path, ignore_errors=True)
    os.mkdir(scratch.path)
    os.chdir(scratch.path)


scratch.path = os.path.join(tempfile.gettempdir(), f"dmaring-python-{os.getpid()}")


def frames(first, count, overruns=0, drops=0):
    """One a second; the first has the losses before it."""
    return [(first + i, (first + i) * SECOND, START + (first + i) * SECOND,
             0 if i else overruns, 0 if i else drops) for i in range(count)]


def grey(*pairs):
    made = Made("r", b"GREY", 16, 8, 1)
    for pair in pairs:
        made.add(pair)
    return dmaring.Recording("r")


def mapped(path):
    """Address ranges at which this process has mapped a file."""
    with open("/proc/self/maps", encoding="utf-8") as maps:
        lines = [line.split() for line in maps if line.rstrip().endswith(path)]
    return [tuple(int(end, 16) for end in line[0].split("-")) for line in lines]


def test_a_frame_is_its_place_in_the_file():
    recording = grey(frames(100, 5))
    same(len(recording), 5)
    begin, end = mapped("frames-000.npy")[0]
    for at, array in enumerate(recording):
        same((array.shape, array.dtype), ((8, 16), np.dtype("u1")))
        same(array.__array_interface__["data"], (begin + ALIGN * (1 + at), True))
        same(array.tobytes(), bytes((100 + at + i) % 256 for i in range(128)))
        assert not array.flags.writeable and end > begin
    same(recording[-1][0, 0], 104)
    same([array[0, 0] for array in recording[1:4:2]], [101, 103])
    for bad in (5, -6, 2**70):
        raises(IndexError, lambda: recording[bad])


def test_what_others_write_is_seen():
    array = grey(frames(0, 2))[1]
    with open("r/frames-000.npy", "r+b") as file:
        file.seek(2 * ALIGN)
        file.write(b"\xee")
    same(array[0, 0], 0xee)


def test_an_array_outlives_its_recording():
    recording = grey(frames(7, 3))
    array, records = recording[1], recording.records
    del recording
    gc.collect()
    shutil.rmtree("r")
    same(array[0, 0], 8)
    same(list(records["sequence"]), [7, 8, 9])
    assert mapped("frames-000.npy (deleted)") or mapped("(deleted)")
    del array, records
    gc.collect()
    same(mapped("(deleted)"), [])


def test_formats():
    for fourcc, width, bytes_, padding, channels, shape, strides, dtype in (
            (b"Y16 ", 16, 2, 0, 1, (8, 16), (32, 2), "<u2"),
            (b"RGB3", 16, 3, 0, 1, (8, 16, 3), (48, 3, 1), "|u1"),
            (b"GREY", 16, 1, 48, 1, (8, 16), (64, 1), "|u1")):
        scratch()
        made = Made("r", fourcc, width, 8, bytes_, padding, channels)
        made.add(frames(3, 2))
        recording = dmaring.Recording("r")
        same((recording.format.shape, recording.format.strides), (shape, strides))
        array = recording[1]
        same((array.shape, array.strides, array.dtype), (shape, strides, np.dtype(dtype)))
        same(recording.frames[0].strides, (ALIGN, *strides))
        same(recording.frames[0].shape, (2, *shape))
        same(array.tobytes()[:16], made.pixels(4)[:16])
        same(recording.format.pixelformat, fourcc.decode().strip())
        same(recording.format.rate, 30)


def test_several_files_are_one_recording():
    recording = grey(frames(0, 3), [], frames(3, 2), frames(5, 1))
    same(len(recording), 6)
    same([int(array[0, 0]) for array in recording], list(range(6)))
    same([len(part) for part in recording.frames], [3, 0, 2, 1])
    same(list(recording.records["sequence"]), list(range(6)))
    same(recording.find_sequence(4), 4)


def test_nothing_but_headers():
    recording = grey([])
    same((len(recording), len(recording.records), len(recording.losses)), (0, 0, 0))
    raises(IndexError, lambda: recording[0])
    same(recording.find_monotonic(0), 0)


def test_losses():
    losses = grey(frames(0, 2), frames(7, 2, overruns=4, drops=1), frames(10, 1, drops=1)).losses
    same(losses.dtype, dmaring.LOSS)
    same([tuple(map(int, loss)) for loss in losses], [(2, 7, 4, 1), (4, 10, 0, 1)])


def test_triggers():
    made = Made("r", b"GREY", 16, 8, 1)
    made.add(frames(3, 4), triggers={5: 0})
    made.add(frames(20, 2), triggers={20: 13})
    recording = dmaring.Recording("r")
    same(recording.triggers.tolist(), [2, 4])
    same(recording.records["skipped"].tolist(), [0, 0, 0, 0, 13, 0])
    verdict = recording.verify()
    same((verdict.triggers, verdict.skipped), (2, 13))
    shutil.rmtree("r")
    same(len(grey(frames(0, 3)).triggers), 0)


def test_times_and_numbers():
    recording = grey(frames(10, 5))
    same(recording.find_sequence(12), 2)
    for never in 15, -1, 2**64:
        raises(KeyError, recording.find_sequence, never)
    same([recording.find_monotonic(ns) for ns in
          (0, 10 * SECOND, 10 * SECOND + 1, 14 * SECOND, 15 * SECOND)], [0, 0, 1, 4, 5])
    same((recording.find_monotonic(-1), recording.find_monotonic(2**64)), (0, len(recording)))
    same(recording.find_time(datetime.max.replace(tzinfo=timezone.utc)), len(recording))
    same(recording.find_time(START + 12 * SECOND), 2)
    same(recording.find_time(datetime.fromtimestamp(1_700_000_013, timezone.utc)), 3)
    # As after a restart, when it was gone on with
    shutil.rmtree("r")
    recording = grey(frames(10, 3), frames(1, 3))
    same((recording.find_sequence(2), recording.find_monotonic(12 * SECOND)), (4, 2))


def test_a_short_frame_is_a_row_of_bytes():
    recording = grey([(5, 1, 1, 0, 0, 127), (6, 2, 2, 0, 0, 0), (7, 3, 3, 0, 0)])
    same(recording[0].tobytes(), bytes((5 + i) % 256 for i in range(127)))
    same(recording[1].shape, (0,))
    same(recording[2].shape, (8, 16))


def test_a_file_that_is_too_short():
    grey(frames(0, 4))
    os.truncate("r/frames-000.npy", 3 * ALIGN + 127)
    recording = dmaring.Recording("r")
    same((len(recording), len(recording.frames[0])), (4, 2))
    same(recording[1][0, 0], 1)
    problem = raises(dmaring.Damaged, lambda: recording[2])
    same((problem.errno, problem.strerror),
         (errno.EPROTO, "r: the file is too short for frame 2"))
    same(recording.verify().absent, 2)


def test_an_index_that_is_damaged():
    grey(frames(0, 4))
    with open("r/frames-000.idx", "r+b") as file:
        file.seek(128 + 2 * 128 + 9)
        file.write(b"\xff")
    recording = dmaring.Recording("r")
    same(len(recording), 2)
    verdict = recording.verify()
    same((verdict.damaged, verdict.frames, verdict.good), (1, 2, False))
    with open("r/frames-000.idx", "r+b") as file:
        file.seek(20)
        file.write(b"\xff")
    problem = raises(dmaring.Damaged, dmaring.Recording, "r")
    same(problem.strerror, "r: frames-000.idx: its header is damaged")


def test_another_process_maps_it_itself():
    recording = grey(frames(100, 5), frames(105, 5))
    for again in pickle.loads(pickle.dumps(recording)), copy.copy(recording):
        same(len(again), 10)
        for number, array in enumerate(again):
            same(array.tobytes(), recording[number].tobytes())
            assert not array.flags.writeable
        assert any(begin <= again[9].__array_interface__["data"][0] < end
                   for begin, end in mapped("frames-001.npy"))
    assert len(pickle.dumps(recording)) < 1000
    waits = pickle.dumps(recording)
    shutil.rmtree("r")
    raises(dmaring.NotFound, pickle.loads, waits)


def test_what_is_no_recording():
    os.mkdir("empty")
    same(raises(dmaring.Damaged, dmaring.Recording, "empty").strerror,
         "empty: there is no frames-000.idx: this is no recording")
    assert isinstance(raises(dmaring.NotFound, dmaring.Recording, "nothing"), FileNotFoundError)
    raises(ValueError, dmaring.Recording, "a\0b")
    raises(dmaring.NotFound, dmaring.Recording, os.fsdecode(b"M\xe4rz"))
    # As long as the library's sentence, which is cut in the middle of a letter
    raises(OSError, dmaring.Recording, "x" + "\u00e4" * 300)


def test_meta():
    recording = grey(frames(0, 1))
    raises(dmaring.NotFound, lambda: recording.meta)
    with open("r/meta.json", "w", encoding="ascii") as file:
        file.write('{"card": "one"}')
    same(recording.meta, {"card": "one"})
    with open("r/meta.json", "w", encoding="ascii") as file:
        file.write('{"card')
    raises(dmaring.Damaged, lambda: dmaring.Recording("r").meta)
    os.remove("r/meta.json")
    os.mkfifo("r/meta.json")  # which nobody writes
    raises(dmaring.Damaged, lambda: dmaring.Recording("r").meta)


if __name__ == "__main__":
    status = run(__name__, scratch)
    os.chdir("/")
    shutil.rmtree(scratch.path, ignore_errors=True)
    sys.exit(status)
