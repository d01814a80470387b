# SPDX-License-Identifier: MIT
"""Frames in messages that others read, and what happens when nobody takes them."""

import os
import sys
import time

import zmq

from net import (Pulse, connect, context, end_all, missing, receive, recv_array, recv_stream2, send,
                 verify)
from taps import run, same

IPC = "ipc:///run/frames"
DEVICE = os.path.realpath("/sys/class/dmaring/dmaring0/device")
DRIVER = os.path.realpath(DEVICE + "/driver")
SHAPE = (32, 64)


RAMP = [offset + (offset >> 8) for offset in range(SHAPE[0] * SHAPE[1])]


def check_pixels(frames):
    """Each byte of the card's ramp, which moves with the number of the frame."""
    for number, array in frames.items():
        assert array == bytes((byte + 37 * number) & 255 for byte in RAMP), number


def test_array_for_pyzmq():
    socket = connect(IPC)
    sender = send(IPC, "--policy", "lossless", "-n", "25")
    frames, before = {}, None
    while True:
        header, array = recv_array(socket)
        if header["htype"] != "array-1.0":
            break
        same(array.shape, SHAPE)
        same(header["type"], "uint8")
        same(missing(before, header) if before else 0, 0)
        frames[header["frame"]], before = array, header
    same(header["htype"], "dseries_end-1.0")
    same(header["end"], before["frame"] + 1)
    same(len(array), 0)
    said = sender.end()
    same((sender.code, said["frames"], said["skipped"]), (0, 25, 0))
    same(len(frames), 25)
    check_pixels(frames)
    socket.close()


def test_stream2_for_cbor2():
    socket = connect(IPC)
    sender = send(IPC, "--policy", "lossless", "-n", "25", "--form", "stream2")
    start = recv_stream2(socket)
    same(start["type"], "start")
    same((start["image_size_x"], start["image_size_y"]), (64, 32))
    same(start["channels"], ["threshold_1"])
    frames = {}
    while True:
        message = recv_stream2(socket)
        if message["type"] != "image":
            break
        same(message["series_unique_id"], start["series_unique_id"])
        user = message["user_data"]
        same(message["image_id"], user["sequence"] - user["first"])
        frames[user["sequence"]] = message["data"]["threshold_1"]
    same(message["type"], "end")
    same(message["user_data"]["end"], max(frames) + 1)
    sender.end()
    same((sender.code, len(frames)), (0, 25))
    check_pixels(frames)
    socket.close()


def test_our_own_receiver_records():
    for form in "array", "stream2":
        receiver = receive(IPC, "--record", f"/run/{form}", "--crc")
        sender = send(IPC, "--policy", "lossless", "-n", "50", "--form", form)
        said = receiver.end()
        sent = sender.end()
        same((receiver.code, sender.code), (0, 0))
        same((said["frames"], said["elsewhere"], said["ended"]), (50, 0, True))
        same(said["overruns"], sent["overruns"])
        checked = verify(f"/run/{form}")
        series = checked.end()
        same(checked.code, 0)
        same((series["frames"], series["missing"], series["duplicates"]), (50, 0, 0))


def test_all_viewers_have_frames():
    sockets = [connect(IPC, zmq.SUB, 100) for _ in range(2)]
    sender = send(IPC, "--pub", "--time", "1")
    for socket in sockets:
        numbers = [recv_array(socket)[0]["frame"] for _ in range(20)]
        assert numbers == sorted(set(numbers)), numbers
        socket.close()
    sender.end()
    same(sender.code, 0)


def slow_frames(socket, count, told):
    """So many, or until one tells of those that are missing since we slept.

    Those that waited for us come first: of the pool, and as many as sockets have room for.
    The first frame says that the sender runs: who sleeps before it may sleep alone.
    """
    headers = []
    while len(headers) < count or \
            (len(headers) < 2000 and not any(header[told] for header in headers)):
        if len(headers) in (1, count // 2):
            time.sleep(0.5)
        headers.append(recv_array(socket)[0])
    return headers


def check_accounts(headers):
    for before, after in zip(headers, headers[1:]):
        same(missing(before, after), 0)


def look_slowly():
    """What the sender of a slow viewer said, and whether the guest stood still."""
    pulse = Pulse()
    pulse.start()
    socket = connect(IPC, most=1)
    sender = send(IPC, "--hwm", "1")
    headers = slow_frames(socket, 40, "skipped")
    check_accounts(headers)
    said = sender.stop()
    socket.close()
    same(sender.code, 0)
    assert said["skipped"] + said["drops"] > 100, said
    assert sum(header["skipped"] for header in headers) > 0
    return said, pulse.stood_still()


def test_a_viewer_skips_and_tells():
    for _ in range(5):
        said, stood_still = look_slowly()
        if not stood_still:
            break
    assert stood_still or not said["overruns"], said


def test_a_recorder_holds_the_card_back():
    socket = connect(IPC, most=1)
    sender = send(IPC, "--hwm", "1", "--policy", "lossless")
    headers = slow_frames(socket, 40, "overruns")
    check_accounts(headers)
    socket.close()
    said = sender.stop()
    same((sender.code, said["skipped"], said["drops"]), (0, 0, 0))
    assert said["overruns"] > 0 and said["held_back"] > 0, said
    assert sum(header["overruns"] for header in headers) > 0


def test_a_stuck_viewer_costs_the_others_nothing():
    stuck = connect(IPC, zmq.SUB, 1)
    sender = send(IPC, "--pub", "--hwm", "2")
    recv_array(stuck)
    time.sleep(0.5)
    viewer = connect(IPC, zmq.SUB, 4)
    numbers = [recv_array(viewer)[0]["frame"] for _ in range(50)]
    assert numbers == sorted(set(numbers)), numbers
    stuck.close()
    viewer.close()
    sender.stop()
    same(sender.code, 0)


def test_nonsense_is_refused():
    socket = context.socket(zmq.PUSH)
    socket.bind("ipc:///run/nonsense")
    receiver = receive("ipc:///run/nonsense", "-n", "1")
    for parts in ([b""], [b"{"], [b"{}", b""], [b"\xa1"], [b"x", b"y", b"z"], [b"\xff" * 99],
                  [b'{"htype":"array-1.0","type":"uint8","shape":[9],"frame":1}', b"12345678"],
                  [b'{"htype":"array-1.0","type":"uint8","shape":[8],"frame":1}', b"12345678"]):
        socket.send_multipart(parts)
    said = receiver.end()
    socket.close()
    same((receiver.code, said["frames"], said["damaged"]), (0, 1, 7))


def write(name, text):
    with open(os.path.join(DRIVER, name), "w", encoding="ascii") as file:
        file.write(text)


def test_the_card_goes_while_frames_wait():
    """libzmq's thread reads frames that are gone, and lives."""
    for form in "array", "stream2":
        socket = connect(IPC, most=1)
        sender = send(IPC, "--hwm", "1", "--policy", "lossless", "--form", form)
        read = recv_array if form == "array" else recv_stream2
        read(socket)
        time.sleep(0.5)
        write("unbind", os.path.basename(DEVICE))
        poller = zmq.Poller()
        poller.register(socket, zmq.POLLIN)
        while poller.poll(1000):
            read(socket)
        sender.end()
        same(sender.code, 1)
        assert "the card is gone" in sender.err, sender.err
        socket.close()
        write("bind", os.path.basename(DEVICE))


if __name__ == "__main__":
    sys.exit(run(__name__, end_all))
