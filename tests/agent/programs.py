"""Stand-ins for programs that can't be had for the tests: small scripts of one's own on a PATH of one's own."""

from __future__ import annotations

import sys
from pathlib import Path

FIXTURES = Path(__file__).with_name("fixtures") / "engines"


def program(folder: Path, name: str, body: str) -> Path:
    """Makes an executable in ``folder`` that runs some lines of Python; returns the folder, to be the PATH."""
    folder.mkdir(exist_ok=True)
    script = folder / name
    script.write_text(f"#!{sys.executable} -I\nimport sys, time, os\nasked = sys.argv[1:]\n{body}\n")
    script.chmod(0o755)
    return folder
