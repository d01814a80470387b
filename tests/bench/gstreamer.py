# SPDX-License-Identifier: MIT
"""What a frame costs in a pipeline of GStreamer, against a loop that takes frames itself."""

from guest import TOP

SIZE = 1 << 20
ROUNDS = 5

# The host's GStreamer, with two plugins only.
SCRIPT = """
mount -o remount,ro /host
for folder in dev proc sys; do mount --bind /$folder /host/$folder; done
mount -t tmpfs tmpfs /host/mnt
mkdir /host/mnt/plugins
core=$(echo /host/usr/lib/*-linux-gnu/gstreamer-1.0/libgstcoreelements.so)
ln -s ${{core#/host}} {top}/build/gstreamer/libgstdmaring.so /host/mnt/plugins
measure() # PATTERN FRAMES
{{
    modprobe dmaring_virt buffers=64 buffer_size={size} width=1024 height={lines} rate=0 pattern=$1
    GST_PLUGIN_SYSTEM_PATH_1_0= GST_PLUGIN_PATH_1_0=/mnt/plugins GST_REGISTRY=/mnt/registry \\
        GST_REGISTRY_FORK=no chroot /host {top}/build/tests/bench/lib/gstreamer \\
        $2 {rounds} {unit} | sed "s/$/, $1/" || true
    modprobe -r dmaring_virt
}}
measure off {bare}
measure ramp {filled}
"""
HOW = (f"frames of 1 MiB from dmaring_virt, as fast as buffers come back; best of {ROUNDS} rounds; "
       "a buffer is the frame itself, and nobody reads it; ")
WAYS = {
    "off": "the source writes 8 bytes of a frame",
    "ramp": "the source writes all of a frame, as a card does",
}
PIPELINE = "dmaringsrc recorder=true ! fakesink sync=false; "
LOOP = "a loop of dmaring_next() and dmaring_release(); "


def run(lab):
    for clock, unit in (("cost", "instructions"), ("plain", "ns")):
        guest = lab.guest(clock, SCRIPT.format(top=TOP, size=SIZE, lines=SIZE // 1024,
                                               rounds=ROUNDS, unit=unit, bare=2000, filled=100),
                          vm=["--driver", "--memory", "1G", "--share", "/=/host"])
        for pattern, way in WAYS.items():
            mark = f", {way} ({unit})"
            lab.row("bare loop" + mark, guest, f"bare loop, {pattern}", LOOP + HOW + way)
            lab.row("dmaringsrc ! fakesink" + mark, guest, f"pipeline, {pattern}",
                    PIPELINE + HOW + way, "bare loop" + mark)
