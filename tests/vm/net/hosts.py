# SPDX-License-Identifier: MIT
"""Several hosts, which are network namespaces: slow links, one that is cut, one that dies.

Each records a share of the frames. Together they must have all of them, or it must be said
which are missing.
"""

import os
import shutil
import signal
import subprocess
import sys
import time

from net import DMARING, end_all, receive, send, verify
from taps import run, same

HOSTS = "one", "two", "three"
WHERE = "tcp://*:5555"


def call(*words):
    subprocess.run(words, check=True)


def inside(host):
    return "nsenter", f"--net=/run/netns/{host}"


def link(number):
    return f"to{number}"


def connect_hosts():
    call("ip", "netns", "add", "camera")
    for number, host in enumerate(HOSTS):
        call("ip", "netns", "add", host)
        call("ip", "link", "add", link(number), "netns", "camera", "type", "veth", "peer",
             "name", "camera", "netns", host)
        for where, name, end in ("camera", link(number), 1), (host, "camera", 2):
            call(*inside(where), "ip", "addr", "add", f"10.0.{number}.{end}/24", "dev", name)
            call(*inside(where), "ip", "link", "set", name, "up")


def share(host):
    return f"/run/{host}"


def begin(hosts, *words):
    """Receivers on these hosts, and a sender who waits for them."""
    for host in HOSTS:
        shutil.rmtree(share(host), ignore_errors=True)
    receivers = [receive(f"tcp://10.0.{number}.1:5555", "--record", share(host),
                         "--timeout", "10", before=inside(host))
                 for number, host in enumerate(hosts)]
    return receivers, send(WHERE, "--policy", "lossless", *words, before=inside("camera"))


def wait_for_frames(host):
    """Until some of its frames are safe."""
    index = os.path.join(share(host), "frames-000.idx")
    while not os.path.exists(index) or os.path.getsize(index) <= 128:
        time.sleep(0.01)


def check_whole(hosts, receivers, said):
    got = [receiver.end()["frames"] for receiver in receivers]
    same([receiver.code for receiver in receivers], [0] * len(hosts))
    same(sum(got), said["frames"])
    assert min(got) > 0, got
    checked = verify(*map(share, hosts))
    series = checked.end()
    same((checked.code, series["missing"], series["duplicates"]), (0, 0, 0))
    same((series["frames"], series["lost"]), (said["frames"], said["overruns"]))


def shape(number, *words):
    call(*inside("camera"), "tc", "qdisc", "replace", "dev", link(number), "root", *words)


def test_shares_of_slow_links_are_whole():
    shape(1, "tbf", "rate", "40mbit", "burst", "64kb", "latency", "50ms")
    shape(2, "netem", "delay", "20ms", "loss", "2%")
    receivers, sender = begin(HOSTS, "-n", "150")
    said = sender.end()
    same(sender.code, 0)
    check_whole(HOSTS, receivers, said)
    for number in 1, 2:
        call(*inside("camera"), "tc", "qdisc", "del", "dev", link(number), "root")


def test_a_link_that_is_cut_and_comes_back_costs_nothing():
    hosts = HOSTS[:2]
    receivers, sender = begin(hosts, "-n", "250")
    for host in hosts:
        wait_for_frames(host)
    call(*inside("camera"), "ip", "link", "set", link(1), "down")
    time.sleep(1)
    call(*inside("camera"), "ip", "link", "set", link(1), "up")
    said = sender.end()
    same((sender.code, said["undelivered"]), (0, 0))
    check_whole(hosts, receivers, said)


def test_what_a_dead_receiver_had_is_told():
    """Frames come for as long as it takes: some are on their way whenever it dies."""
    hosts = HOSTS[:2]
    receivers, sender = begin(hosts)
    wait_for_frames(hosts[1])
    receivers[1].stop(signal.SIGKILL)
    said = sender.stop()
    same(sender.code, 0)
    receivers[0].end()
    same(receivers[0].code, 0)
    checked = verify("--mend", *map(share, hosts))
    series = checked.end()
    same(checked.code, 3)
    assert series["missing"] > 0, series
    same(series["frames"] + series["missing"], said["frames"])
    assert "in no share" in checked.err, checked.err


if __name__ == "__main__":
    connect_hosts()
    call(DMARING, "format", "0", "256x256")
    sys.exit(run(__name__, end_all))
