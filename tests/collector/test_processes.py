"""Processes that are minded: begun together, begun anew, ended together."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.commands import ROOT, until

PROGRAM = """
import os, signal, sys
from pathlib import Path
from collector import processes
folder = Path(sys.argv[1])
processes.PAUSE_S, processes.END_S = 0.1, 0.5

def work(number):
    (folder / f"{number}-{os.getpid()}").touch()
    WORK

processes.mind(2, work, (folder / "ending").touch)
"""
WAITS = "signal.sigwait([signal.SIGUSR1])"
ENDS_WHEN_TOLD = f"signal.signal(signal.SIGTERM, lambda *_: sys.exit(0)); {WAITS}"


def minder(folder: Path, work: str) -> subprocess.Popen[str]:
    program = PROGRAM.replace("WORK", work)
    return subprocess.Popen(
        [sys.executable, "-c", program, str(folder)], cwd=ROOT, stderr=subprocess.PIPE, text=True
    )


def begun(folder: Path) -> list[str]:
    return sorted(one.name.partition("-")[0] for one in folder.iterdir() if "-" in one.name)


def test_one_that_ends_is_begun_anew_whatever_it_says(tmp_path: Path) -> None:
    """Each has its number again; how it ended is a line."""
    with minder(tmp_path, "raise SystemExit(3)") as process:
        until(lambda: begun(tmp_path).count("0") >= 3 and begun(tmp_path).count("1") >= 3, "three times each")
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
        assert process.stderr is not None
        said = process.stderr.read()
    assert "process 1 of 2 ended with 1; it is begun anew" in said
    assert "process 2 of 2 ended with 1; it is begun anew" in said


def test_told_to_end_it_says_so_first_and_then_waits(tmp_path: Path) -> None:
    with minder(tmp_path, ENDS_WHEN_TOLD) as process:
        until(lambda: len(begun(tmp_path)) == 2, "both are there")
        children = psutil.Process(process.pid).children()
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    assert (tmp_path / "ending").exists()
    assert not any(one.is_running() for one in children)


def test_one_that_does_not_end_is_ended(tmp_path: Path) -> None:
    """systemd's patience is longer than this, so it need not end the whole."""
    with minder(tmp_path, f"signal.signal(signal.SIGTERM, signal.SIG_IGN); {WAITS}") as process:
        until(lambda: len(begun(tmp_path)) == 2, "both are there")
        children = psutil.Process(process.pid).children()
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    assert not any(one.is_running() for one in children)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_may_be_told_at_any_moment(tmp_path: Path, number: signal.Signals) -> None:
    """Also before the first of them has begun anything."""
    with minder(tmp_path, ENDS_WHEN_TOLD) as process:
        until(lambda: any(tmp_path.iterdir()), "the first is there")
        process.send_signal(number)
        assert process.wait(60) == 0
    assert os.listdir(tmp_path)
