"""Whether others leave the machine's processors alone (proc(5), /proc/stat)."""

from __future__ import annotations

import time
from pathlib import Path

QUIET_BUSY_SHARE = 0.10
TRIES = 10


def await_quiet(patience: int) -> None:
    """Waits, within limits, for half a second in which others leave the processors alone."""
    for _ in range(patience):
        before = busy()
        time.sleep(0.5)  # noqa: TID251
        if busy_share(before) < QUIET_BUSY_SHARE:
            return


def busy() -> tuple[int, int]:
    """Jiffies that the processors spent on something, and all."""
    counts = [int(word) for word in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    return sum(counts) - counts[3] - counts[4], sum(counts)


def busy_share(before: tuple[int, int]) -> float:
    now, everything = busy()
    return (now - before[0]) / max(1, everything - before[1])
