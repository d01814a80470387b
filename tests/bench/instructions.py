# SPDX-License-Identifier: MIT
"""What a frame costs the processor, against V4L2 and against copying it."""

FILES = ["build/tests/vm/load/cost", "build/tests/bench/vivid", "build/tests/bench/copy",
         "tests/bench/hand_over.sh"]
VM = ["--driver", "--memory", "256M", "--module", "vivid"]

# A frame of vivid and one of dmaring_virt have the same 614,400 bytes.
SCRIPT = """
modprobe dmaring_virt buffers=128 buffer_size=4K width=64 height=1 pattern=off
cost {ns} || true
modprobe -r dmaring_virt
modprobe dmaring_virt buffers=64 buffer_size=640K width=640 height=960 pattern=off
copy {ns} || true
[ {unit} = ns ] || hand_over.sh dmaring_complete "hand-over" copy || true
modprobe vivid
vivid {ns} || true
[ {unit} = ns ] || hand_over.sh vb2_buffer_done "V4L2 hand-over" vivid || true
"""

CALLS = (
    # row, what the guest calls it, how, peer
    ("V4L2: poll, DQBUF, QBUF", "V4L2 poll + DQBUF + QBUF",
     "vivid, mapped buffers, the frame waits already; the best of 64, poll, DQBUF and QBUF each", None),
    ("V4L2: DQBUF, QBUF", None, "the same without poll", None),
    ("ring", "next + release",
     "libdmaring, the frame waits already: no system call; the best of 9 bursts of 32, without "
     "the loop and what two calls that do nothing cost in it", "V4L2: DQBUF, QBUF"),
    ("ring, the loop and the calls included", "the same with the loop that calls them",
     "the same measurement, nothing subtracted",
     "V4L2: DQBUF, QBUF"),
    ("ring, batches of 32", "next_batch + release_batch of 32", "a frame of a batch",
     "V4L2: DQBUF, QBUF"),
    ("poll and ring", "poll + next + release", "a loop that polls before each frame",
     "V4L2: poll, DQBUF, QBUF"),
    ("ioctl", "DEQUEUE + RELEASE, one frame", "two system calls a frame", "V4L2: DQBUF, QBUF"),
    ("ioctl, one for both", "DEQUEUE that releases the one before",
     "one system call a frame: the last frame goes back, the next one comes",
     "V4L2: DQBUF, QBUF"),
    ("ioctl, batches of 32", "DEQUEUE + RELEASE, of 32", "a frame of a batch",
     "V4L2: DQBUF, QBUF"),
    ("read and RELEASE", "read + RELEASE, one frame", "read(2) of the descriptor, ioctl RELEASE",
     "V4L2: DQBUF, QBUF"),
)

KERNEL = (
    ("kernel: V4L2 hand-over", "V4L2 hand-over",
     "vb2_buffer_done() by ftrace's function graph, whose own cost is in it; median", None),
    ("kernel: hand-over", "hand-over",
     "dmaring_complete() in the same way: publish it, wake who waits, take back what was "
     "released through the ring, which V4L2 pays for in QBUF", "kernel: V4L2 hand-over"),
    ("kernel: hand-over, by stamps", "complete + publish for one consumer",
     "from the time stamp of one frame of a burst to that of the next, without ftrace; nothing "
     "is released meanwhile", None),
)

COPIES = (
    ("copy: V4L2 read", "V4L2 read + sum", "vivid, read(2) of 614,400 bytes that wait, and the "
     "application adds them up", None),
    ("copy: V4L2 in place", "V4L2 DQBUF + sum + QBUF", "vivid, mapped buffers: the application adds "
     "up the frame of 614,400 bytes where it is", None),
    ("copy: memcpy", "next + memcpy + sum + release", "dmaring, the application copies a frame of "
     "614,400 bytes with memcpy(3) and adds up the copy", "copy: V4L2 read"),
    ("copy: none", "next + sum + release", "dmaring, the application adds up the frame of 614,400 "
     "bytes where it is", "copy: V4L2 in place"),
    ("copy: none, against a copy", "next + sum + release", "the same figure", "copy: V4L2 read"),
)

NOTES = {
    "cost": "; instructions, counted by the guest's clock (-icount)",
    "plain": "; ns of the plain emulation, one processor",
}
WHOLE_PATHS = (
    # row, its parts, peer
    ("V4L2: whole path", ("V4L2: DQBUF, QBUF", "kernel: V4L2 hand-over"), None),
    ("whole path", ("ring, the loop and the calls included", "kernel: hand-over"),
     "V4L2: whole path"),
)
WARNING = "; a copying instruction moves 8 bytes or more and counts as one: no copy time"


def run(lab):
    guests = {"cost": lab.guest("cost", SCRIPT.format(ns="", unit="instructions"), vm=VM,
                                files=FILES),
              "plain": lab.guest("plain", SCRIPT.format(ns="ns", unit="ns"), vm=VM, files=FILES)}
    for clock, guest in guests.items():
        add_rows(lab, guest, clock)
    add_whole_paths(lab)
    draw(lab, guests["cost"])


def add_rows(lab, guest, clock):
    mark = "" if clock == "cost" else " (ns)"
    # ftrace's own time varies too much for the plain clock.
    for table in (CALLS, KERNEL, COPIES) if clock == "cost" else (CALLS, COPIES):
        for name, what, how, peer in table:
            how += NOTES[clock]
            if table is COPIES and clock == "cost":
                how += WARNING
            peer = peer and peer + mark
            if what:
                lab.row(name + mark, guest, what, how, peer)
            else:
                without_poll(lab, guest, name + mark, how)


def add_whole_paths(lab):
    for name, parts, peer in WHOLE_PATHS:
        values = [lab.value(part) for part in parts]
        how = f"the sum of \"{parts[0]}\" and \"{parts[1]}\""
        if None in values:
            lab.missing(name, "one of the two is missing", how, peer)
        else:
            lab.figure(name, sum(values), "instructions", how, peer)


def without_poll(lab, guest, name, how):
    parts = [guest.figures.get(what) for what in ("V4L2 DQBUF", "V4L2 QBUF")]
    if all(parts):
        lab.figure(name, sum(part.value for part in parts), parts[0].unit, how)
    else:
        lab.missing(name, guest.why_no("V4L2 DQBUF"), how)


def draw(lab, guest):
    values = {name: guest.figures[what].value for name, what, _, _ in CALLS
              if what in guest.figures}
    lab.bars("calls", "What taking and releasing a frame costs the application", values,
             "instructions a frame, system calls included")
