"""What tests put in front of libc, made by the machine's C compiler."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest


def preloaded(name: str, folder: Path) -> Path:
    """The library of ``name``.c, for LD_PRELOAD; skips the test where there is no compiler."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("there is no C compiler")
    made = folder / f"{name}.so"
    source = Path(__file__).parent / f"{name}.c"
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", made, source, "-ldl"], check=True)
    return made
