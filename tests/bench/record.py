# SPDX-License-Identifier: MIT
"""Recording to disk, against fio, against copies, and against V4L2."""

import os
import shutil
import statistics
import subprocess
import tempfile

from guest import TOP

ENGINES = ("libaio", "io_uring")
DEPTH = 8                   # writes at a time, also fio's
RUNS = 5                    # of each, in turn: others have a part of the host
SIZES = (1 << 20, 4 << 20)
SPEED_BYTES = 1 << 30       # of a recording
SPEED_BUFFERS = 2 * DEPTH   # not many more than fio has, whose are in the host's cache

# A disk that the host can serve even if others have a part of it; and how fast the machine is.
DISKS = (
    # name, its device, MB/s, what that means
    ("400 MB/s", "/dev/vda", 400, "a disk that takes 400 MB/s (QEMU's throttling)"),
    ("memory", "/dev/vdb", None, "a disk that is as fast as the host's memory, and varies with "
     "what else the host does"),
)
STEADY_DISK = DISKS[0]
STEADY_BYTES = 2 << 30
STEADY_POOL_BYTES = 384 << 20
SHARE = 0.95                # of what fio reached
TRIES = 5                   # to lose nothing: a host may stand still for longer than the pool lasts
DISK_BYTES = 3 << 30
COST_RUNS = 3


def name_of(size):
    return f"{size >> 20} MiB" if size >= 1 << 20 else f"{size >> 10} KiB"


# frame, how many, frames/s, buffers
LARGE = (1 << 20, 256, 500, 64)
# Of the engines, on a disk of the guest's own.
ENGINE_POOLS = ((1 << 20, 128, 500, 64), (4 << 10, 4096, 10000, 1024))
ENGINE_DISK_BYTES = 256 << 20
VIVID = (1280, 720)         # YUYV
VIVID_FRAMES = 48           # it makes twelve a second of these
VIVID_BYTES = VIVID[0] * VIVID[1] * 2

# A host that is busy is a slower disk, and then more frames wait and fewer wake anybody: that
# changes what engines cost. This one needs 50 us of the guest's clock for whatever it does.
OWN_DISK = """
modprobe null_blk nr_devices=1 gb=1 memory_backed=1 irqmode=2 completion_nsec=50000
dd if=/dev/vda of=/dev/nullb0 bs=1M 2>/dev/null
mount -t ext4 /dev/nullb0 /disk
"""

MODULES = ["virtio_pci", "virtio_blk", "ext4", "crc32c_generic"]
FILES = ["build/tests/bench/record", "build/bin/dmaring", shutil.which("fio") or "fio"]
PREPARE = """
modprobe -a virtio_pci virtio_blk crc32c_generic ext4
mkdir -p /disk /dev/pts
mount -t devpts devpts /dev/pts
"""

FIO = ("fio --name=fio --filename=/disk/raw --rw=write --ioengine={engine} --direct=1 "
       "--bs={size} --size={total} --iodepth={depth} --thread --gtod_reduce=1 "
       "--scramble_buffers=0 --minimal")

MODULE = """
modprobe dmaring_virt memory={memory} buffers={buffers} buffer_size={size} width={width} \\
    height=64 pattern=off
"""

SPEED = """
for run in {runs}; do
    for engine in {engines}; do
        {fio} >/tmp/fio
        awk -F';' -v what="fio $engine {name} #$run" \\
            '{{ printf "## %.3f MB/s: %s, speed\\n", $48 * 1.024 / 1000, what }}' /tmp/fio | \\
            tee -a /tmp/fio.$engine
        rm -f /disk/raw
        record speed $engine {depth} {frames} 0 "$engine {name} #$run" || true
        rm -rf /disk/recording
    done
done
"""

# The rate is that of fio's middle run.
STEADY = """
for engine in {engines}; do
    rate=$(sort -n -k 2 /tmp/fio.$engine | awk '{{ speed[NR] = $2 }}
        END {{ printf "%d", {share} * speed[int((NR + 1) / 2)] * 1000000 / {size} }}')
    echo "## $rate frames/s: steady $engine {name}, rate"
    for try in {tries}; do
        record speed $engine {depth} {frames} $rate "steady $engine {name}" >/tmp/steady || true
        cat /tmp/steady
        rm -rf /disk/recording
        grep -q '^## 0.000 frames: .*, lost$' /tmp/steady && break
    done
    echo "## $((try + 1)) runs: steady $engine {name}, runs"
done
"""

SPEED_HOW = (f"{SPEED_BYTES >> 30} GiB to a new file on ext4, {DEPTH} writes at a time, from "
             "frames of dmaring_virt, which makes them as fast as buffers come back and writes 8 "
             f"bytes of each; the best of {RUNS} runs, in turn with fio's in the same guest. What "
             "is recorded is made safe each second, and its index written; ")
FIO_HOW = (f"fio --direct=1 --iodepth={DEPTH} --gtod_reduce=1 --scramble_buffers=0, the same to "
           f"the same disk; the best of {RUNS} runs; nothing is made safe; ")
STEADY_HOW = (f"{STEADY_BYTES >> 30} GiB at {SHARE:.0%} of the middle of fio's runs, with buffers "
              f"for {STEADY_POOL_BYTES >> 20} MiB; the last of up to {TRIES} runs, until one lost "
              "nothing; ")

COST = """
for run in {runs}; do
    for way in {ways}; do
        record {how} $way {depth} {frames} {rate} "{name} $way #$run" || true
        rm -rf /disk/recording /disk/raw
    done
done
"""

FIO_COST = """
for run in {runs}; do
    for engine in {engines}; do
        record cost '{fio} >/dev/null' 0 {frames} 0 "fio $engine #$run" || true
        rm -f /disk/raw
    done
    record cost '{nothing} >/dev/null' 0 {frames} 0 "fio take #$run" || true
    rm -f /disk/raw
done
"""

VIVID_SCRIPT = """
modprobe vivid
v4l2-ctl --set-input 0
v4l2-ctl --set-fmt-video=width={width},height={height},pixelformat=YUYV >/dev/null
stream="v4l2-ctl --stream-mmap=8 --stream-count={frames}"
for run in {runs}; do
    record cost "$stream >/dev/null 2>&1" 0 {frames} 0 "vivid take #$run" || true
    record cost "$stream --stream-to=/disk/raw >/dev/null 2>&1 && sync -d /disk/raw" \\
        0 {frames} 0 "vivid write #$run" || true
    [ $(stat -c %s /disk/raw) -eq $(({frames} * {bytes})) ]
    rm /disk/raw
done
"""

WHOLE = ("the whole machine, kernel threads included, without what the source and taking frames "
         "cost, until all is safe on the disk; counted by the guest's clock (-icount), middle of "
         f"{COST_RUNS} runs. A copying instruction moves 8 bytes or more and counts as one: no "
         "copy time")
AT_LARGE = (f"{LARGE[1]} frames of {LARGE[0] >> 20} MiB at {LARGE[2]} frames/s, {DEPTH} writes "
            "at a time; ")
ENGINE_HOW = ("frames at {rate:,} a second, to ext4 on a disk in the guest's own memory, null_blk, "
              "which answers after 50 us and copies what it gets; ")
ALL = "all that the machine does, the source included"
VIEW = ("; beside it a \"dmaring view\" in a terminal of 80 columns, 50 pictures a second, and the "
        "terminal")
V4L2_ROW = "V4L2: v4l2-ctl --stream-to, a GiB"

GIB = (
    # row, what the guest calls it, how, peer
    (V4L2_ROW, "vivid write", f"v4l2-ctl --stream-mmap --stream-to of {VIVID_FRAMES} frames of "
     f"vivid, {VIVID[0]} x {VIVID[1]} YUYV, then sync -d, less the same without --stream-to: "
     "write(2) through the cache; ", None),
    ("fio, libaio, a GiB", "fio libaio", f"fio as above, {LARGE[2]} writes of "
     f"{name_of(LARGE[0])} a second, less what it costs to start it; ", None),
    ("fio, io_uring, a GiB", "fio io_uring", "the same by io_uring; ", None),
    ("write(2) of the buffer, a GiB", "pages write", "write(2) of each frame from its buffer "
     "through the system's cache, then fdatasync(2); " + AT_LARGE, V4L2_ROW),
    ("copied first, libaio, a GiB", "coherent libaio", "buffers that direct I/O does not take "
     "(memory=coherent): the recorder copies each frame; " + AT_LARGE, V4L2_ROW),
    ("copied first, io_uring, a GiB", "coherent io_uring", "the same by io_uring; " + AT_LARGE,
     V4L2_ROW),
    ("in place, libaio, a GiB", "pages libaio", "direct I/O from the buffers (memory=pages), and "
     "no byte of a frame is looked at; " + AT_LARGE, V4L2_ROW),
    ("in place, io_uring, a GiB", "pages io_uring", "the same by io_uring; " + AT_LARGE, V4L2_ROW),
    ("in place, libaio, against a copy, a GiB", "pages libaio", "the same figure",
     "copied first, libaio, a GiB"),
    ("in place, libaio, against fio, a GiB", "pages libaio", "the same figure",
     "fio, libaio, a GiB"),
    ("in place, io_uring, against fio, a GiB", "pages io_uring", "the same figure",
     "fio, io_uring, a GiB"),
)


def run(lab):
    with Disk(DISKS[0][2]) as slow, Disk(DISKS[1][2]) as fast:
        speed = lab.guest("plain", speed_script(), files=FILES,
                          vm=vm("2G", slow, fast), timeout=1200)
        where = slow.where
    with Disk() as disk:
        cost = lab.guest("cost", cost_script(), files=[*FILES, shutil.which("v4l2-ctl")],
                         vm=[*vm("1G", disk), "--module", "vivid"], timeout=1200)
    with Disk(size=ENGINE_DISK_BYTES) as disk:
        engines = lab.guest("cost", engine_script(), tag="-engines", files=FILES,
                            vm=[*vm("1G", disk), "--module", "null_blk"], timeout=1200)
    for disk in DISKS:
        for size in SIZES:
            for engine in ENGINES:
                add_speed_rows(lab, speed, disk, engine, size, where)
    for name, what, how, peer in GIB:
        add_gib_row(lab, cost, name, what, how, peer)
    add_engine_rows(lab, engines)
    add_view_rows(lab, cost)
    draw(lab)


class Disk:
    """A file that is a disk of the guest's, with an empty ext4; in memory, if there is room."""

    def __init__(self, most=None, size=DISK_BYTES):
        """most: MB/s that it takes."""
        room = os.path.isdir("/dev/shm") and shutil.disk_usage("/dev/shm").free > 3 * size
        folder = "/dev/shm" if room else os.path.join(TOP, "build", "bench")
        self.where = ", a file " + ("in the host's memory" if room else
                                    "on the host's disk, through its cache")
        self._file = tempfile.NamedTemporaryFile(dir=folder, suffix=".img")
        self._size = size
        self._words = f",throttling.bps-write={most * 1000000}" if most else ""

    def __enter__(self):
        os.posix_fallocate(self._file.fileno(), 0, self._size)
        subprocess.run(["/sbin/mkfs.ext4", "-q", "-F", "-E", "nodiscard,lazy_itable_init=0",
                        self._file.name], check=True)
        return self

    def __exit__(self, *_):
        self._file.close()

    def words(self, name):
        """QEMU's."""
        return (f"-drive if=none,id={name},format=raw,file={self._file.name}{self._words} "
                f"-device virtio-blk-pci,drive={name}")


def vm(memory, *disks):
    words = ["--driver", "--memory", memory]
    for number, disk in enumerate(disks):
        words.append(f"--qemu={disk.words(f'disk{number}')}")
    for module in MODULES:
        words += ["--module", module]
    return words


def numbers(count):
    return " ".join(map(str, range(count)))


def speed_script():
    lines = [PREPARE]
    for disk in DISKS:
        lines.append(f"mount -t ext4 {disk[1]} /disk\n")
        for size in SIZES:
            lines += speeds(disk, size)
        lines.append("umount /disk\n")
    return "".join(lines)


def speeds(disk, size):
    fio = FIO.format(engine="$engine", size=size, total=SPEED_BYTES, depth=DEPTH)
    common = {"engines": " ".join(ENGINES), "depth": DEPTH, "size": size,
              "name": f"{name_of(size)} {disk[0]}"}
    yield "rm -f /tmp/fio.*\n"
    yield module("pages", size, SPEED_BUFFERS)
    yield SPEED.format(fio=fio, runs=numbers(RUNS), frames=SPEED_BYTES // size, **common)
    yield "rmmod dmaring_virt\n"
    if disk is STEADY_DISK:
        yield module("pages", size, STEADY_POOL_BYTES // size)
        yield STEADY.format(tries=numbers(TRIES), frames=STEADY_BYTES // size, share=SHARE,
                            **common)
        yield "rmmod dmaring_virt\n"


def module(memory, size, buffers):
    return MODULE.format(memory=memory, size=size, width=size // 64, buffers=buffers)


def cost_script():
    return "".join((
        PREPARE, "mount -t ext4 /dev/vda /disk\n",
        module("pages", LARGE[0], LARGE[3]),
        one_cost("cost", "pages", LARGE, ("take", "write", *ENGINES)),
        one_cost("view", "view", LARGE, ENGINES),
        "rmmod dmaring_virt\n", fio_cost(), module("coherent", LARGE[0], LARGE[3]),
        one_cost("cost", "coherent", LARGE, ("take", *ENGINES)),
        "rmmod dmaring_virt\n",
        VIVID_SCRIPT.format(width=VIVID[0], height=VIVID[1], frames=VIVID_FRAMES, bytes=VIVID_BYTES,
                            runs=numbers(COST_RUNS))))


def engine_script():
    lines = [PREPARE, OWN_DISK]
    for pool in ENGINE_POOLS:
        lines += [module("pages", pool[0], pool[3]),
                  one_cost("cost", name_of(pool[0]), pool, ("take", *ENGINES)),
                  "rmmod dmaring_virt\n"]
    return "".join(lines)


def fio_cost():
    size, frames, rate, _ = LARGE
    all_of_it, nothing = (FIO.format(engine=engine, size=size, total=total, depth=DEPTH) +
                          f" --rate_iops={rate}" for engine, total in
                          (("'$engine'", size * frames), ("libaio", size)))
    return FIO_COST.format(fio=all_of_it, nothing=nothing, engines=" ".join(ENGINES),
                           frames=frames, runs=numbers(COST_RUNS))


def one_cost(how, name, pool, ways):
    _, frames, rate, _ = pool
    return COST.format(how=how, name=name, frames=frames, rate=rate, ways=" ".join(ways),
                       depth=DEPTH, runs=numbers(COST_RUNS))


def add_speed_rows(lab, guest, disk, engine, size, where):
    at = f"{engine}, {name_of(size)}, {disk[0]}"
    what = f"{engine} {name_of(size)} {disk[0]}"
    where = disk[3] + where
    add_best(lab, guest, f"fio, {at}", f"fio {what}", FIO_HOW + where)
    add_best(lab, guest, f"record, {at}", what, SPEED_HOW + where, f"fio, {at}")
    if disk is STEADY_DISK:
        for figure in ("rate", "lost", "runs"):
            lab.row(f"record at {SHARE:.0%} of fio, {at}: {figure}", guest,
                    f"steady {what}, {figure}", STEADY_HOW + where)


def add_best(lab, guest, name, what, how, peer=None):
    """Of several runs: whatever others take of the host makes it only slower."""
    found = runs_of(guest, what, RUNS, "speed")
    if found:
        row = lab.figure(name, max(found), "MB/s", how, peer)
        row.spread = (max(found) - min(found)) / 2
    else:
        lab.missing(name, guest.why_no(f"{what} #0, speed"), how, peer)


def runs_of(guest, what, runs, figure):
    """What of them there is."""
    names = [f"{what} #{run}, {figure}" for run in range(runs)]
    return [guest.figures[name].value for name in names if name in guest.figures]


def add_cost(lab, guest, name, what, taken, how, peer=None, scale=(1, "instructions")):
    """Of a frame, in the middle of its runs; taken: what was not asked for in it, or None."""
    found = runs_of(guest, what, COST_RUNS, "a frame")
    least = runs_of(guest, taken, COST_RUNS, "a frame") if taken else [0]
    if not found or not least:
        lab.missing(name, guest.why_no(f"{what} #0, a frame"), how, peer)
        return
    factor, unit = scale
    row = lab.figure(name, (statistics.median(found) - statistics.median(least)) * factor, unit,
                     how, peer)
    row.spread = (max(found) - min(found)) / 2 * factor
    row.repeats = False  # the disk is a thread of the host's


def add_gib_row(lab, guest, name, what, how, peer):
    source, _ = what.split()
    size = VIVID_BYTES if source == "vivid" else LARGE[0]
    add_cost(lab, guest, name, what, f"{source} take", how + WHOLE, peer,
             ((1 << 30) / size / 1e6, "million instructions"))


def add_lost(lab, guest, name, what):
    lost = runs_of(guest, what, COST_RUNS, "lost")
    if lost:
        lab.figure(f"{name}: lost", sum(lost), "frames", "of all its runs").repeats = False
    else:
        lab.missing(f"{name}: lost", guest.why_no(f"{what} #0, lost"))


def add_engine_rows(lab, guest):
    for size, _, rate, _ in ENGINE_POOLS:
        for engine in ENGINES:
            name = f"{engine}, {name_of(size)}"
            peer = f"{ENGINES[0]}, {name_of(size)}: a frame" if engine != ENGINES[0] else None
            what = f"{name_of(size)} {engine}"
            add_cost(lab, guest, f"{name}: a frame", what, f"{name_of(size)} take",
                     ENGINE_HOW.format(rate=rate) + WHOLE, peer)
            add_lost(lab, guest, name, what)


def add_view_rows(lab, guest):
    for engine in ENGINES:
        alone = f"{engine}, all of it: a frame"
        name = f"{engine} and a live view"
        add_cost(lab, guest, alone, f"pages {engine}", None, AT_LARGE + ALL)
        add_cost(lab, guest, f"{name}, all of it: a frame", f"view {engine}", None,
                 AT_LARGE + ALL + VIEW, alone)
        add_lost(lab, guest, name, f"view {engine}")


def draw(lab):
    values = {name.removesuffix(", a GiB"): lab.value(name) for name, _, _, peer in GIB
              if "against" not in name and lab.value(name)}
    lab.bars("cost", "What a recorded GiB costs", values,
             "million instructions, the whole machine")
