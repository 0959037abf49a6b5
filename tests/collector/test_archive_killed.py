"""An archive run that is killed at any of its steps loses nothing, and leaves nothing twice."""

from __future__ import annotations

import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from collector.archive.shelf import Shelf
from collector.database import Database
from collector.engine import engine
from collector.migrating import prepare
from tests.collector.archived import FIRST, drop, everything, filled, in_order, keep, move_all, wide_hour
from tests.commands import ROOT

STEPS = ("written", "synced", "verified", "named", "forgotten", "committed")

_RUN = """
import os, signal, sys
from pathlib import Path
from collector.archive.moving import days_to_move, move
from collector.archive.shelf import Shelf
from collector.database import Database
from collector.engine import engine
from collector.migrating import prepare
from tests.collector.archived import AGE, NOW

path, place, last = sys.argv[1:]

def step(name):
    if name == last:
        os.kill(os.getpid(), signal.SIGKILL)

source = engine(Database(Path(path)))
for day in days_to_move(source, NOW, AGE):
    move(source, Shelf(place), day, NOW, step)
"""


@pytest.mark.parametrize("step", STEPS)
def test_killed_after_any_step_nothing_is_lost_and_nothing_is_twice(tmp_path: Path, step: str) -> None:
    """Right after the kill, and after the next run, whoever asks gets every hour once, as it was."""
    path, place = tmp_path / "collector.sqlite", tmp_path / "archive"
    prepare(Database(path))
    source, shelf = engine(Database(path)), Shelf(str(place))
    told = filled(source)
    wide = [wide_hour(hour) for hour in told if hour.summary.starts_at == told[0].summary.starts_at]
    drop(source, told[0].summary.starts_at)
    keep(source, wide)
    before = everything(source, None)
    assert before == in_order(
        [hour for hour in told if hour.summary.starts_at != wide[0].summary.starts_at] + wide
    )
    source.dispose()
    words = [sys.executable, "-c", _RUN, str(path), str(place), step]
    killed = subprocess.run(words, cwd=ROOT, capture_output=True, timeout=100, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    try:
        assert everything(source, shelf) == before
        move_all(source, shelf)
        assert everything(source, None) == []
        assert everything(source, shelf) == before
        parts = shelf.parts(FIRST, FIRST + timedelta(days=1))
        assert [(part.day, part.number) for part in parts if not part.wide] == [
            (FIRST, 0),
            (FIRST + timedelta(days=1), 0),
        ]
        # Killed between the two files of a part, the wide hours come with the next run's number.
        assert [(part.day, part.number) for part in parts if part.wide] == [(FIRST, step == "named")]
        assert list(place.rglob("*.writing")) == []
    finally:
        source.dispose()
