# SPDX-License-Identifier: MIT
"""Recordings, made as dmaring-recording(5) describes them, to be read."""

import os
import struct
import zlib

ALIGN = 4096


class Made:
    """A recording of width x height pixels, of which the first is the frame's number."""

    def __init__(self, path, fourcc, width, height, pixel_bytes, padding=0, channels=1,
                 dtype="|u1"):
        self.path = path
        self.line = width * pixel_bytes * channels + padding
        self.bytes = self.line * height
        self.stride = -(-self.bytes // ALIGN) * ALIGN
        self.format = struct.pack("<II4sIIIII16x", width, height, fourcc, self.line,
                                  self.bytes, channels, 30, 1)
        self.dtype = dtype
        self.files = 0
        os.mkdir(path)

    def add(self, frames, triggers=None):
        """A pair of files: frames are (sequence, timestamp_ns, realtime_ns, overruns, drops)
        and perhaps how many bytes the frame has; triggers tell for the sequence number of
        one how many were skipped before it."""
        triggers = triggers or {}
        name = os.path.join(self.path, f"frames-{self.files:03}")
        header = struct.pack("<8sIIIIQQ48sI32x", b"DMARIDX\n", 1, 128, 128, 0, self.stride,
                             ALIGN, self.format, self.files)
        index = header + struct.pack("<I", zlib.crc32(header))
        data = (b"\x93NUMPY\x01\x00" + struct.pack("<H", ALIGN - 10)
                + b"{}".ljust(ALIGN - 11) + b"\n")
        for at, (sequence, monotonic, realtime, overruns, drops, *used) in enumerate(frames):
            record = struct.pack("<QQQQIIIIQIIQQQQQI12xI", 0, sequence, 0, monotonic, 0,
                                 used[0] if used else self.bytes, 0, 0, 0, 0, 0,
                                 ALIGN + at * self.stride, overruns, drops, realtime,
                                 triggers.get(sequence, 0), sequence in triggers, 0)
            index += record + struct.pack("<I", zlib.crc32(record))
            data += self.pixels(sequence).ljust(self.stride, b"\0")
        for end, content in (("idx", index), ("npy", data)):
            with open(f"{name}.{end}", "wb") as file:
                file.write(content)
        self.files += 1

    def pixels(self, sequence):
        return bytes((sequence + i) % 256 for i in range(self.bytes))
