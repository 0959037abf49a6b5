"""The demo school's folder, laid once for all processes that run tests: whoever comes first does it."""

from __future__ import annotations

import fcntl
import os
from datetime import timedelta
from pathlib import Path

import pytest

from agent.demo.school import ZONE
from tests.commands import bandgap, environment
from tests.golden.pages import SEED, UNTIL

SAID = "said"
"""What the command printed, beside the folder."""


def laid_once(factory: pytest.TempPathFactory) -> Path:
    """By the command, in a folder that nobody may change."""
    ours = factory.getbasetemp()
    shared = (ours.parent if "PYTEST_XDIST_WORKER" in os.environ else ours) / "laid"
    shared.mkdir(exist_ok=True)
    with (shared / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (shared / SAID).exists():
            last = (UNTIL - timedelta(minutes=1)).astimezone(ZONE).date()
            words = ("demo", "here", "--seed", str(SEED), "--until", str(last))
            done = bandgap(environment(shared), *words, seconds=500)
            assert done.returncode == 0, done.stderr
            (shared / SAID).write_text(done.stdout)
    return shared / "here"
