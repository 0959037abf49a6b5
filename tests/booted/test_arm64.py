"""The agent's package on arm64, run by qemu-user: installed, imported, its commands called.

A part of `make booted`, where qemu-user-static and binfmt-support are. The service itself isn't tried here: under
emulation credentials can't be handed over (243/CREDENTIALS), and the user can't be changed in the hardened unit.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.booted.machine import CACHE, missing, rootfs
from tests.booted.packages import package

EMULATED = Path("/proc/sys/fs/binfmt_misc/qemu-aarch64")
pytestmark = [
    pytest.mark.skipif("BANDGAP_BOOTED" not in os.environ, reason="make booted runs it"),
    pytest.mark.skipif(missing() is not None, reason=str(missing())),
    pytest.mark.skipif(not EMULATED.exists(), reason="qemu-user-static isn't registered (binfmt_misc)"),
    pytest.mark.timeout(1800),
]
EACH = """
import importlib, pkgutil, sys
sys.path.insert(0, "/usr/share/bandgap")
import agent, reports
for package in (agent, reports):
    for found in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        try:
            importlib.import_module(found.name)
        except ModuleNotFoundError as lacks:
            assert lacks.name.split(".")[0] in ("pptx", "docx", "xlsxwriter", "weasyprint", "pyarrow"), lacks
print(len([name for name in sys.modules if name.startswith(("agent", "reports"))]), "modules")
"""


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A pristine Debian 12 of arm64, with the package."""
    below = rootfs("bookworm", "arm64")
    with tempfile.TemporaryDirectory(dir=CACHE) as folder:
        places = {name: Path(folder) / name for name in ("up", "work", "root")}
        for place in places.values():
            place.mkdir()
        layers = f"lowerdir={below},upperdir={places['up']},workdir={places['work']}"
        subprocess.run(["mount", "-t", "overlay", "overlay", "-o", layers, places["root"]], check=True)
        try:
            shutil.copy("/etc/resolv.conf", places["root"] / "etc/resolv.conf")
            shutil.copy(package("agent"), places["root"] / "root/bandgap-agent.deb")
            quiet = (
                "apt-get",
                "-qq",
                "-y",
                "--no-install-recommends",
                "-o",
                "Dpkg::Options::=--force-unsafe-io",
            )
            inside(
                places["root"],
                "env",
                "DEBIAN_FRONTEND=noninteractive",
                *quiet,
                "install",
                "/root/bandgap-agent.deb",
            )
            yield places["root"]
        finally:
            subprocess.run(["umount", "--lazy", places["root"]], check=True)


def inside(root: Path, *words: str) -> str:
    enter = ["unshare", "--mount", "--pid", "--fork", "chroot", str(root), *words]
    done = subprocess.run(enter, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, f"{' '.join(words)}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
    return done.stdout


def test_it_is_arm64_and_has_the_package(root: Path) -> None:
    assert inside(root, "dpkg", "--print-architecture") == "arm64\n"
    assert inside(root, "bandgap", "--version").startswith("bandgap ")


def test_each_module_can_be_imported(root: Path) -> None:
    print(inside(root, "python3", "-c", EACH))


@pytest.mark.parametrize("words", ["targets", "config check", "config show", "report", "schedule", "status"])
def test_commands_work(root: Path, words: str) -> None:
    assert inside(root, "env", "BANDGAP_STATE_DIR=/root/state", "bandgap", *words.split()) != ""
