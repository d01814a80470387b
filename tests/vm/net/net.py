# SPDX-License-Identifier: MIT
"""What tests of frames on a network share: senders, receivers, readers of others."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time

import cbor2
import zmq

DMARING = sys.argv[1]
SILENCE_MS = 60000  # after that something is wrong, and the test ends
context = zmq.Context()
running = []


class Program:
    """The command, with what it says at its end."""

    def __init__(self, *words, before=()):
        with tempfile.TemporaryFile("w+") as self.says, \
                tempfile.TemporaryFile("w+") as self.warns:
            self.says, self.warns = os.fdopen(os.dup(self.says.fileno()), "r"), \
                os.fdopen(os.dup(self.warns.fileno()), "r")
            self.process = subprocess.Popen([*before, DMARING, *words], stdout=self.says,
                                            stderr=self.warns)
        running.append(self)

    def stop(self, number=signal.SIGINT):
        self.process.send_signal(number)
        return self.end()

    def read(self):
        for file in self.says, self.warns:
            file.seek(0)
        self.err = self.warns.read()
        return self.says.read()

    def end(self):
        self.code = self.process.wait()
        running.remove(self)
        out = self.read()
        return json.loads(out.splitlines()[-1]) if out else None


def end_all():
    """After a test that failed: what was said, which may be why."""
    for program in list(running):
        program.process.kill()
        program.end()
        print(f"# {program.process.args[1:]} ended with {program.code}: {program.err!r}")


def send(where, *words, **kwords):
    return Program("send", "--json", *words, "0", where, **kwords)


def receive(where, *words, **kwords):
    return Program("receive", "--json", *words, where, **kwords)


def verify(*words):
    return Program("verify", "--json", *words)


def connect(where, kind=zmq.PULL, most=4):
    socket = context.socket(kind)
    socket.rcvhwm = most
    socket.linger = 0
    socket.rcvtimeo = SILENCE_MS
    if kind == zmq.SUB:
        socket.subscribe(b"")
    socket.connect(where)
    return socket


class Pulse(threading.Thread):
    """Did the guest stand still meanwhile? Then its card has caught up, whoever listens."""

    STILL_S = 0.1

    def __init__(self):
        super().__init__(daemon=True)
        self._over = threading.Event()
        self._longest = 0

    def run(self):
        before = time.monotonic()
        while not self._over.wait(0.01):
            now = time.monotonic()
            self._longest, before = max(self._longest, now - before), now

    def stood_still(self):
        self._over.set()
        self.join()
        return self._longest > self.STILL_S


class Array(bytes):
    """What NumPy makes of a message, but without NumPy, which takes long to load here."""

    FORMATS = {"uint8": "B", "int8": "b", "uint16": "H", "int16": "h", "uint32": "I",
               "int32": "i", "float32": "f", "float64": "d"}
    TYPES = {64: "uint8", 69: "uint16", 70: "uint32", 72: "int8", 77: "int16", 78: "int32",
             85: "float32", 86: "float64"}

    def shaped(self, kind, shape):
        self.shape = tuple(shape)
        if len(self):
            memoryview(self).cast(self.FORMATS[kind], shape)  # they must fit each other
        return self


def recv_array(socket):
    """As an example of pyzmq's guide has it."""
    header = socket.recv_json()
    return header, Array(socket.recv()).shaped(header["type"], header["shape"])


def tag_hook(_decoder, tag):
    """As a client of DECTRIS' detectors has it: RFC 8746."""
    if tag.tag == 40:
        shape, (kind, elements) = tag.value
        return Array(elements).shaped(Array.TYPES[kind], shape)
    if tag.tag in Array.TYPES:
        return tag.tag, tag.value
    return tag


def recv_stream2(socket):
    message = socket.recv()
    return cbor2.loads(message, tag_hook=tag_hook)


def missing(before, after):
    """Frames between two, but for those that the sender has counted."""
    return after["frame"] - before["frame"] - 1 - sum(
        after[name] for name in ("overruns", "drops", "skipped"))
