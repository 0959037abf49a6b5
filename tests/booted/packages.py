"""The packages as `make deb` builds them, each once a run of the tests, whoever of its workers asks first."""

from __future__ import annotations

import atexit
import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

from tests.commands import ROOT

OLDER = "0.0.9"
"""What an upgrade is made from: the same code under an earlier number."""
IN_COMMON = "BANDGAP_TEST_PACKAGES"
"""The folder that all workers of a run have in common."""


@cache
def package(name: str, version: str = "") -> Path:
    folder = in_common() / f"{name}{version}"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as door:
        fcntl.flock(door, fcntl.LOCK_EX)
        if not (found := list(folder.glob("*.deb"))):
            _build(name, version, folder)
            found = list(folder.glob("*.deb"))
    return found[0]


def in_common() -> Path:
    """Where they lie; whoever asks first, before workers are there (conftest.py), takes it away again."""
    if told := os.environ.get(IN_COMMON):
        return Path(told)
    folder = Path(tempfile.mkdtemp(prefix="bandgap-packages-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.environ[IN_COMMON] = str(folder)
    return folder


def _build(name: str, version: str, into: Path) -> None:
    words = [sys.executable, "-m", "package.build", name, "--into", str(into)]
    done = subprocess.run(
        [*words, *(["--version", version] if version else [])],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def needed(package: Path) -> list[str]:
    """The packages that one depends on, by name."""
    words = ["dpkg-deb", "--field", str(package), "Depends"]
    told = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    return sorted({one.split()[0] for one in told.split(",")})
