# SPDX-License-Identifier: MIT
"""A running QEMU, seen from the outside: start it, serve it, hear its verdict."""

import collections
import json
import os
import re
import selectors
import socket
import subprocess
import sys
import time

POWER_OFF_SECONDS = 30
LAST_WORDS = 40  # lines


class Guest:
    """The kernel's console, the command's output, the control channel, QEMU's monitor.

    The guest asks for things on the control channel, in lines: "qemu COMMAND" is
    answered with what the monitor prints, each line after a "|", and then "ok"
    or "error"; "exit STATUS" is the end of the command that it ran.
    """

    CHANNELS = ("console", "output", "control", "monitor")

    def __init__(self, log, verbose):
        self.status = None        # what the command returned
        self.shutdown = None      # why QEMU says that the machine stopped
        self.on_reset = lambda: None  # to be called when the machine reboots
        self.last_words = collections.deque(maxlen=LAST_WORDS)
        self._log = log
        self._verbose = verbose
        self._streams = {}        # our ends
        self._theirs = {}         # QEMU's
        for name in self.CHANNELS:
            self._streams[name], self._theirs[name] = socket.socketpair()
        self._handlers = {"control": self._control_line, "monitor": self._monitor_line,
                          "console": self.last_words.append, "complaints": self.last_words.append}
        self._unfinished = {name: b"" for name in self._handlers}
        self._deadline = None

    def chardevs(self):
        """QEMU's arguments for the channels; each is a chardev of that name."""
        arguments = []
        for name, end in self._theirs.items():
            arguments += ["-chardev", f"socket,id={name},fd={end.fileno()}"]
        return arguments

    def run(self, command, inherited, timeout):
        """Return whether QEMU ended by itself and in time."""
        self._deadline = time.monotonic() + timeout
        descriptors = [end.fileno() for end in self._theirs.values()] + inherited
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE,
                              pass_fds=descriptors) as qemu:
            try:
                for end in self._theirs.values():
                    end.close()
                self._streams["complaints"] = qemu.stderr
                return self._serve()
            finally:
                qemu.kill()

    def _serve(self):
        with selectors.DefaultSelector() as selector:
            for name, stream in self._streams.items():
                selector.register(stream, selectors.EVENT_READ, name)
            while selector.get_map():
                seconds = self._deadline - time.monotonic()
                if seconds <= 0:
                    return False
                for key, _ in selector.select(seconds):
                    try:
                        data = os.read(key.fd, 65536)
                    except ConnectionResetError:
                        data = b""
                    if data:
                        self._receive(key.data, data)
                    else:
                        selector.unregister(key.fileobj)
        return True

    def _receive(self, name, data):
        if name == "output":
            sys.stdout.buffer.write(data)
            sys.stdout.buffer.flush()
            return
        if name == "console":
            self._copy_console(data)
        *lines, self._unfinished[name] = (self._unfinished[name] + data).split(b"\n")
        for line in lines:
            self._handlers[name](line.decode(errors="replace").rstrip("\r"))

    def _copy_console(self, data):
        self._log.write(data)
        self._log.flush()
        if self._verbose:
            sys.stderr.buffer.write(data)
            sys.stderr.buffer.flush()

    def _control_line(self, line):
        word, _, rest = line.partition(" ")
        if word == "qemu":
            self._send("monitor", json.dumps({
                "execute": "human-monitor-command", "id": "guest",
                "arguments": {"command-line": rest}}))
        elif word == "exit":
            self.status = int(rest)
            self._deadline = min(self._deadline, time.monotonic() + POWER_OFF_SECONDS)

    def _monitor_line(self, line):
        message = json.loads(line)
        if "QMP" in message:
            self._send("monitor", json.dumps({"execute": "qmp_capabilities"}))
        elif message.get("event") == "SHUTDOWN":
            self.shutdown = message["data"]["reason"]
        elif message.get("event") == "RESET":
            self.on_reset()
        elif message.get("id") == "guest":
            self._answer(message)

    def _answer(self, message):
        # The monitor reports the errors of such commands as text only.
        text = message.get("return", "Error: no answer").replace("\r", "")
        failed = re.match(r"Error|unknown command|Try \"help", text)
        lines = ["|" + line for line in text.splitlines()] + ["error" if failed else "ok"]
        self._send("control", "\n".join(lines))

    def _send(self, name, line):
        self._streams[name].sendall(line.encode() + b"\n")
