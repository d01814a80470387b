# SPDX-License-Identifier: MIT
"""A disk with a write cache that forgets, and a switch for its power: an NBD server.

What a flush has been answered for stays. Of what was written since then, any sectors may
be there after a loss of power, and any may not. A write that had not been answered when
the flush came is not covered by it.
"""

import mmap
import os
import random
import socket
import struct
import threading

SECTOR = 4096  # is written as a whole or not at all
OPTION_MAGIC = 0x49484156454F5054
REPLY_MAGIC = 0x3E889045565A9
OPT_GO, REP_ACK, REP_INFO, REP_UNKNOWN = 7, 1, 3, 0x80000001
FLAGS = 1 | 4  # there are flags; it can flush
READ, WRITE, DISCONNECT, FLUSH = 0, 1, 2, 3
REQUEST = struct.Struct(">IHHQQI")
REPLY = struct.Struct(">IIQ")
GOOD, BAD = 0, 22  # EINVAL

# What the cache may do with a write that nobody has flushed.
HABITS = ("none", "all", "writes", "sectors")


class Off(Exception):
    """The power is off."""


class VolatileDisk:
    """One disk, for one QEMU at a time."""

    def __init__(self, path, image, chance=random):
        self.path = path              # of the socket
        self.changes = 0              # writes and flushes since the power came back
        self.unsafe = 0               # bytes in the cache when the power failed
        self._chance = chance
        self._lock = threading.Lock()
        self._off_at = None
        self._switch = None
        self._safe = self._seen = None
        self._cache = []              # (offset, data), since the last flush
        self.insert(image)
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(path)
        self._listener.listen()
        threading.Thread(target=self._serve, daemon=True).start()

    def insert(self, image):
        """Another disk with the content of a file, which stays as it is."""
        with open(image, "rb") as content:
            self._safe = mmap.mmap(content.fileno(), 0, access=mmap.ACCESS_COPY)
            self._seen = mmap.mmap(content.fileno(), 0, access=mmap.ACCESS_COPY)

    def save(self, path):
        """What is on it for good, into a file."""
        with open(path, "wb") as copy:
            copy.truncate(len(self._safe))
            for offset in range(0, len(self._safe), 1 << 16):
                block = self._safe[offset:offset + (1 << 16)]
                if any(block):
                    os.pwrite(copy.fileno(), block, offset)

    def power_on(self):
        """Return a socket that has a line when the power fails. That has to be said."""
        ours, self._switch = socket.socketpair()
        self.changes, self._off_at = 0, None
        return ours

    def fail_after(self, changes):
        """The power fails when so many more writes and flushes have come."""
        with self._lock:
            self._off_at = self.changes + changes

    def _serve(self):
        while True:
            # One without power says nothing any more, and stays until there is another one.
            connection, _ = self._listener.accept()
            try:
                self._negotiate(connection)
                self._transmit(connection)
                connection.close()
            except ConnectionError:
                connection.close()
            except Off:
                pass

    @staticmethod
    def _receive(connection, count):
        data = b""
        while len(data) < count:
            more = connection.recv(count - len(data))
            if not more:
                raise ConnectionResetError
            data += more
        return data

    def _negotiate(self, connection):
        connection.sendall(b"NBDMAGICIHAVEOPT" + struct.pack(">H", 3))
        self._receive(connection, 4)
        option = None
        while option != OPT_GO:
            _, option, length = struct.unpack(">QII", self._receive(connection, 16))
            self._receive(connection, length)

            def reply(kind, data=b"", option=option):
                connection.sendall(struct.pack(">QIII", REPLY_MAGIC, option, kind, len(data))
                                   + data)

            if option == OPT_GO:
                reply(REP_INFO, struct.pack(">HQH", 0, len(self._safe), FLAGS))
                reply(REP_ACK)
            else:
                reply(REP_UNKNOWN)

    def _transmit(self, connection):
        received = bytearray()
        while True:
            more = connection.recv(1 << 20)
            if not more:
                return
            received += more
            requests = list(self._requests(received))
            with self._lock:
                replies = self._batch(requests)
            connection.sendall(replies)

    @staticmethod
    def _requests(received):
        """Take whole ones out of what has come."""
        while len(received) >= REQUEST.size:
            _, _, kind, handle, offset, length = REQUEST.unpack_from(received)
            end = REQUEST.size + (length if kind == WRITE else 0)
            if len(received) < end:
                return
            yield kind, handle, offset, length, bytes(received[REQUEST.size:end])
            del received[:end]

    def _batch(self, requests):
        """These are there at the same time: none was answered when the others came."""
        answered = len(self._cache)
        replies = bytearray()
        for kind, handle, offset, length, data in requests:
            if kind == DISCONNECT:
                raise ConnectionResetError
            if kind in (WRITE, FLUSH):
                self._count()
            if kind == WRITE:
                self._seen[offset:offset + length] = data
                self._cache.append((offset, data))
            elif kind == FLUSH:
                self._keep(self._cache[:answered])
                del self._cache[:answered]
                answered = 0
            replies += REPLY.pack(0x67446698, GOOD if kind in (READ, WRITE, FLUSH) else BAD, handle)
            if kind == READ:
                replies += self._seen[offset:offset + length]
        return replies

    def _keep(self, writes):
        for offset, data in writes:
            self._safe[offset:offset + len(data)] = data

    def _count(self):
        self.changes += 1
        if self._off_at is None or self.changes < self._off_at:
            return
        self._forget()
        self._switch.sendall(b"off\n")
        raise Off

    def _forget(self):
        """The cache is empty now; what of it is there anyway is a matter of chance."""
        habit = self._chance.choice(HABITS)
        self.unsafe = sum(len(data) for _, data in self._cache)
        for offset, data in self._cache:
            size = SECTOR if habit == "sectors" else len(data)
            for start in range(0, len(data), size):
                if habit == "all" or (habit != "none" and self._chance.random() < 0.5):
                    self._keep([(offset + start, data[start:start + size])])
        for offset, data in self._cache:
            self._seen[offset:offset + len(data)] = self._safe[offset:offset + len(data)]
        self._cache = []
