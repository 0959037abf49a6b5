"""The packages as `make deb` builds them, each once a run of the tests."""

from __future__ import annotations

import atexit
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

from tests.commands import ROOT

OLDER = "0.0.9"
"""What an upgrade is made from: the same code under an earlier number."""


@cache
def package(name: str, version: str = "") -> Path:
    folder = Path(tempfile.mkdtemp(prefix="bandgap-packages-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    words = [sys.executable, "-m", "package.build", name, "--into", str(folder)]
    done = subprocess.run(
        [*words, *(["--version", version] if version else [])],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return next(folder.glob(f"bandgap-{name}_*.deb"))


def needed(package: Path) -> list[str]:
    """The packages that one depends on, by name."""
    words = ["dpkg-deb", "--field", str(package), "Depends"]
    told = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    return sorted({one.split()[0] for one in told.split(",")})
