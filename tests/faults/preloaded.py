"""What tests put in front of libc, made by the machine's C compiler."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest


def preloaded(name: str, folder: Path, source: Path = Path(__file__).parent) -> Path:
    """The library of ``name``.c in ``source``, for LD_PRELOAD; skips the test where there is no compiler."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("there is no C compiler")
    made = folder / f"{name}.so"
    words: list[str | Path] = [compiler, "-shared", "-fPIC", "-O1", "-o", made, source / f"{name}.c", "-ldl"]
    subprocess.run(words, check=True)
    return made
