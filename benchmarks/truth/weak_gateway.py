"""A gateway with little processor left: a control group that lets a program have so much of one core.

cgroup v1 (``cpu.cfs_quota_us``) where the machine has it, else v2 (``cpu.max``); Linux,
Documentation/admin-guide/cgroup-v2.rst and scheduler/sched-bwc.rst.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
PERIOD_US = 100_000


@contextmanager
def limited(share: float) -> Iterator[list[str]]:
    """Yields the words to put before a command, so that it has this share of a core. None of 0."""
    if not share:
        yield []
        return
    old = ROOT / "cpu"
    folder = (old if old.is_dir() else ROOT) / f"bandgap-{os.getpid()}"
    folder.mkdir()
    try:
        quota_us = round(share * PERIOD_US)
        if old.is_dir():
            (folder / "cpu.cfs_period_us").write_text(str(PERIOD_US))
            (folder / "cpu.cfs_quota_us").write_text(str(quota_us))
        else:
            with suppress(OSError):  # as a rule the controller is handed on already
                (ROOT / "cgroup.subtree_control").write_text("+cpu")
            (folder / "cpu.max").write_text(f"{quota_us} {PERIOD_US}")
        yield ["sh", "-c", 'echo $$ > "$0"/cgroup.procs && exec "$@"', str(folder)]
    finally:
        folder.rmdir()
