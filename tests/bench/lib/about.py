# SPDX-License-Identifier: MIT
"""The machine that measures, without anything that names it."""

import os
import re
import subprocess


def about(kver):
    qemu = subprocess.run(["qemu-system-x86_64", "--version"], check=True, text=True,
                          stdout=subprocess.PIPE).stdout
    with open("/etc/os-release", encoding="utf-8") as release:
        system = re.search(r'^PRETTY_NAME="(.*?)"', release.read(), re.MULTILINE).group(1)
    facts = {"cores": os.cpu_count(), "system": re.sub(r" \(\w+\)$", "", system),
             "qemu": re.search(r"version ([\d.]+)", qemu).group(1),
             "accelerator": "TCG", "guest_kernel": kver}
    facts["summary"] = (f"{facts['cores']} cores, {facts['system']}, QEMU {facts['qemu']} with "
                        f"software emulation (TCG), guest kernel {kver}")
    return facts
