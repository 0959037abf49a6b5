"""How much the machine's processors have worked, whoever for (proc(5), /proc/stat).

A gateway whose processors are all busy is the limit itself, and looks just like a slow line.
"""

from __future__ import annotations

from pathlib import Path

STAT = Path("/proc/stat")
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
