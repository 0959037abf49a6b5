"""How much the machine's processors have worked, whoever for, and how long this process waited for one.

A gateway whose processors are all busy is the limit itself, and looks just like a slow line. One that is
let run for a twentieth of the time looks idle to both counts of work; only its waiting tells.
"""

from __future__ import annotations

from pathlib import Path

STAT = Path("/proc/stat")  # proc(5)
SCHEDSTAT = Path("/proc/thread-self/schedstat")  # Linux, Documentation/scheduler/sched-stats.rst
IDLE, IOWAIT = 3, 4
FIELDS = 8  # user nice system idle iowait irq softirq steal; guests are in user already


def read(stat: Path = STAT) -> tuple[int, int] | None:
    """Ticks of work and of all there were, since the machine began."""
    try:
        with stat.open() as file:
            words = file.readline().split()
        ticks = [int(word) for word in words[1 : FIELDS + 1]]
    except (OSError, ValueError):
        return None
    if words[:1] != ["cpu"] or len(ticks) < FIELDS:
        return None
    everything = sum(ticks)
    return everything - ticks[IDLE] - ticks[IOWAIT], everything


def waited_s(schedstat: Path = SCHEDSTAT) -> float:
    """Seconds that this thread was ready to run and wasn't let, since it began; 0 where nobody counts.

    Others were on the processor, or its control group had used up its quota.
    """
    try:
        return int(schedstat.read_text().split()[1]) / 1e9
    except (OSError, ValueError, IndexError):
        return 0.0
