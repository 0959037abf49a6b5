"""The collector's libraries for every Python minor in one folder.

Compiled modules carry the minor in their names (``_core.cpython-311-x86_64-linux-gnu.so``), so that those of
several lie beside each other; what is plain Python is the same for all, since all get the same releases.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
MINORS = ("3.11", "3.12", "3.13")
"""Of Debian 12, Ubuntu 24.04 and Debian 13."""
NEXT_MINOR = "3.14"
MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}
GLIBCS = ("manylinux_2_28", "manylinux_2_17", "manylinux2014")
LEFT_OUT = ("bin", "*.pyi", "*.pyx", "*.pxd", "*.c", "*.h", "tests", "testing", "_cffi.cpython-*.so")
"""What nothing runs. The last is zstandard's way without its C module, a megabyte for each minor."""


def lay(into: Path, arch: str) -> None:
    """Fetches what pyproject.toml names for the collector, with pip, for machines of ``arch``."""
    settled: list[str] = []
    for minor in MINORS:
        with tempfile.TemporaryDirectory() as folder:
            _fetch(Path(folder), minor, arch, settled)
            settled = ["==".join(found.stem.rsplit("-", 1)) for found in Path(folder).glob("*.dist-info")]
            shutil.copytree(folder, into, dirs_exist_ok=True, ignore=shutil.ignore_patterns(*LEFT_OUT))
    into.chmod(0o755)
    machine = MACHINES[arch]
    strip = shutil.which("strip" if os.uname().machine == machine else f"{machine}-linux-gnu-strip")
    if strip is None:
        print(
            "make: strip is missing, so the package is five times as large: apt install binutils",
            file=sys.stderr,
        )
    else:  # most of their size is names for debuggers
        subprocess.run([strip, "--strip-unneeded", *into.rglob("*.so")], check=True)


def wanted() -> list[str]:
    """The extra ``collector``, and what the shared code needs of the rest."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    shared = [one for one in project["dependencies"] if one.startswith(("Jinja2", "tabulate"))]
    return [*project["optional-dependencies"]["collector"], *shared]


def _fetch(folder: Path, minor: str, arch: str, settled: list[str]) -> None:
    platforms = [f"--platform={glibc}_{MACHINES[arch]}" for glibc in GLIBCS]
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as constraints:
        constraints.write("\n".join(settled))
        constraints.flush()
        words = [
            *(
                sys.executable,
                "-m",
                "pip",
                "--quiet",
                "--disable-pip-version-check",
                "install",
                "--no-compile",
            ),
            *("--only-binary=:all:", "--implementation=cp", f"--python-version={minor}", *platforms),
            *("--root-user-action=ignore", "--target", str(folder), "--constraint", constraints.name),
        ]
        done = subprocess.run([*words, *wanted()], capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"make: the collector's libraries can't be fetched: {done.stderr}")
