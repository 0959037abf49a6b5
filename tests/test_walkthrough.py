"""`make try` does what README says, and says in one line what is missing."""

import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from tests.commands import ROOT
from tests.test_one_school import free_port


def walkthrough(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tests.walkthrough", "--folder", str(folder / "try"), *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )


def test_one_school_is_walked_from_end_to_end(tmp_path: Path) -> None:
    """A test is made, the verdict is read aloud, the report is there, and all is stopped afterwards."""
    port = free_port()
    done = walkthrough(tmp_path, "--port", str(port))
    assert (done.returncode, done.stderr) == (0, "")
    assert len(re.findall(r"(?m)^test +\d+ Mbps down, \d+ Mbps up", done.stdout)) >= 1
    assert "Not enough evidence yet for a verdict on SETDA 2020-21" in done.stdout
    assert "1,991 Mbps" in done.stdout
    report = re.search(r"(?m)^report +(\S+)$", done.stdout)
    assert report is not None
    assert "Try Elementary" in Path(report[1]).read_text()
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0, "the collector is stopped"


@pytest.mark.long
def test_keep_leaves_it_running(tmp_path: Path) -> None:
    """Collector, line and agent stay, and the line that says how to stop them is right."""
    port = free_port()
    done = walkthrough(tmp_path, "--port", str(port), "--seconds", "20", "--keep")
    assert (done.returncode, done.stderr) == (0, "")
    stop = re.search(r"kill ([\d ]+)", done.stdout)
    assert stop is not None
    try:
        page = requests.get(f"http://127.0.0.1:{port}/sites/try-elementary", timeout=30)
        assert "Try Elementary" in page.text
    finally:
        subprocess.run(["kill", *stop[1].split()], check=True)


def test_a_port_that_is_taken_is_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = walkthrough(tmp_path, "--port", str(port))
    assert done.returncode == 1
    assert done.stderr == (
        f"make try: port {port} can't be used (Address already in use); name another: make try PORT={port + 58}\n"
    )


def test_no_venv_module_is_one_line(tmp_path: Path) -> None:
    """On a Debian without python3-venv the Makefile says what to install."""
    fake = tmp_path / "python3"
    fake.write_text(f'#!/bin/sh\ncase "$*" in *ensurepip*) exit 1;; esac\nexec {sys.executable} "$@"\n')
    fake.chmod(0o755)
    for name in ("Makefile", "pyproject.toml"):
        (tmp_path / name).write_text((ROOT / name).read_text())
    done = subprocess.run(
        ["make", "try", f"PYTHON={fake}"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert "Python's venv module is missing; install it with: sudo apt install python3-venv" in done.stdout
