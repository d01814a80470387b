# SPDX-License-Identifier: MIT
"""What the kernel writes to its log when something is wrong."""

import re

COMPLAINTS = re.compile("|".join((
    r"\bWARNING: ",
    r"\bBUG\b",
    r"\bOops\b",
    r"Kernel panic",
    r"Call [Tt]race:",
    r"\bRIP: |\bpc : ",
    r"Internal error: |Unhandled fault|\bSError\b",  # arm64's
    r"general protection",
    r"[Uu]nable to handle",
    r"scheduling while atomic",
    r"sleeping function called",
    r"possible .* detected",          # lockdep, and RCU's stalls
    r"detected stall",
    r"inconsistent lock state",
    r"suspicious RCU usage",
    r"soft lockup|hard LOCKUP",
    r"INFO: task .* blocked",
    r"\b(KASAN|KCSAN|KMSAN|UBSAN|KFENCE)\b",
    r"DMA-API: ",
    r"DMAR: .*(fault|DMA (Read|Write))",
    r"arm-smmu-v3 .*(event 0x|error|GERROR|aborted|Service Failure)",
    r"kmemleak: .* new suspected",
    r"[Mm]emory leak|leaked",
    r"refcount_t: ",
    r"list_(add|del) corruption",
    r"Bad (page|rss-counter)",
    r"page allocation failure",
    r"Out of memory|invoked oom-killer",
    r"nobody cared",                  # an interrupt that no handler took
    r"sysfs: cannot create duplicate",
    r"Unknown symbol",
)))


# KCSAN names the two functions that race. The kernel has races of its own, and one of
# them is in a macro, wait_event_interruptible_hrtimeout().
OTHERS_RACE = re.compile(r"BUG: KCSAN: data-race in ((?!.*\[dmaring)|hrtimer_wakeup / )")


def complaints(lines, allowed=()):
    """The lines that complain and that no regular expression in allowed expects."""
    return [line for line in lines if COMPLAINTS.search(line) and not OTHERS_RACE.search(line)
            and not any(re.search(expected, line) for expected in allowed)]
