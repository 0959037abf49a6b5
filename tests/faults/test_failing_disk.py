"""A disk that fails, fills up or goes read-only in the middle of any write loses nothing acknowledged.

BANDGAP_FAULT_DISKS makes it long.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.commands import ROOT
from tests.faults.counts import count, size
from tests.faults.preloaded import preloaded

CASES = size("DISKS", 12)
CONFIG = '[site]\nid = "x"\ntimezone = "UTC"\n[upload]\ncollector = "http://127.0.0.1:9"\n'


@pytest.fixture(scope="module")
def failing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return preloaded("failing_disk", tmp_path_factory.mktemp("disk"))


@pytest.mark.timeout(3600)
def test_a_disk_that_fails_anywhere_costs_nothing_acknowledged(failing: Path, tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "agent.toml").write_text(CONFIG)
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.failing_disk", str(tmp_path), str(CASES), "11"],
        env={**os.environ, "LD_PRELOAD": str(failing), "PYTHONPATH": str(ROOT)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert all(found["failed"].values()), found
    each = ", ".join(f"{n:,} {name}" for name, n in sorted(found["failed"].items()))
    count(
        f"disks that failed in the middle of writes and syncs ({each})",
        CASES,
        f"{found['minutes']:,} acknowledged minutes and {found['summaries']:,} links all there; none twice",
    )
