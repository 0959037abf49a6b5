"""The packages hold what they should, for every machine, and lintian finds nothing to say."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from agent.cli import COMMANDS
from package.libraries import MACHINES, MINORS, NEXT_MINOR
from package.pages import changelog, man_page
from tests.commands import ROOT

dpkg = pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="dpkg-deb isn't installed")
SMALL_BYTES = 500_000
"""What a slow line fetches in some seconds: the agent's package."""


def build(into: Path, *words: str) -> list[Path]:
    done = subprocess.run(
        [sys.executable, "-m", "package.build", *words, "--into", str(into)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return sorted(into.iterdir())


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The agent's package and its RPM."""
    deb, rpm = sorted(build(tmp_path_factory.mktemp("dist"), "agent", "--rpm"), key=lambda path: path.suffix)
    return deb, rpm


def told(*words: str) -> str:
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout


@dpkg
def test_one_small_file_for_every_architecture(built: tuple[Path, Path]) -> None:
    deb, _ = built
    assert told("dpkg-deb", "--field", str(deb), "Architecture").strip() == "all"
    assert deb.stat().st_size < SMALL_BYTES
    print(f"{deb.name}: {deb.stat().st_size / 1000:.0f} kB")


@dpkg
def test_it_holds_all_code_of_the_agent_and_none_of_the_collector(built: tuple[Path, Path]) -> None:
    held = set(
        re.findall(r" \./usr/share/bandgap/(\S*[^/])$", told("dpkg-deb", "-c", str(built[0])), re.MULTILINE)
    )
    tracked = told("git", "-C", str(ROOT), "ls-files", "agent", "reports", "config").split()
    assert held >= {name for name in tracked if not name.endswith(".po")}
    assert not [name for name in held if name.startswith("collector") or "__pycache__" in name]


@dpkg
def test_it_rests_on_what_the_agent_needs(built: tuple[Path, Path]) -> None:
    """Every library of pyproject.toml, by the name that Debian has for it."""
    depends = told("dpkg-deb", "--field", str(built[0]), "Depends")
    text = (ROOT / "pyproject.toml").read_text()
    needed = re.findall(r'"([A-Za-z0-9-]+)>', text.partition("dependencies = [")[2].partition("]")[0])
    assert len(needed) == 7
    for name in needed:
        assert re.search(rf"\b(python3-)?{name.lower()}\b", depends), name


@dpkg
def test_settings_are_a_conffile_that_never_changes(built: tuple[Path, Path]) -> None:
    """It has no setting and no version in it, so that an upgrade asks nobody whose own he wants to keep."""
    assert told("dpkg-deb", "--info", str(built[0]), "conffiles") == "/etc/bandgap/agent.toml\n"
    text = (ROOT / "package/agent/agent.toml").read_text()
    assert all(line.startswith("#") for line in text.splitlines())


@dpkg
@pytest.mark.skipif(shutil.which("lintian") is None, reason="lintian isn't installed")
def test_lintian_has_nothing_to_say(built: tuple[Path, Path]) -> None:
    done = subprocess.run(
        ["lintian", "--allow-root", str(built[0])], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.skipif(shutil.which("rpmlint") is None, reason="rpmlint isn't installed")
def test_rpmlint_has_nothing_to_say_but_what_is_meant(built: tuple[Path, Path]) -> None:
    words = ["rpmlint", "--config", str(ROOT / "package/rpmlint.toml"), str(built[1])]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert "0 errors, 0 warnings" in done.stdout, done.stdout + done.stderr


@dpkg
def test_the_same_commit_gives_the_same_package(built: tuple[Path, Path], tmp_path: Path) -> None:
    (again,) = build(tmp_path, "agent")
    assert again.read_bytes() == built[0].read_bytes()


@pytest.mark.skipif(shutil.which("rpm") is None, reason="rpm isn't installed")
def test_the_rpm_holds_the_same(built: tuple[Path, Path]) -> None:
    """But for what belongs to Debian's Python."""
    listed = set(told("rpm", "--query", "--list", "--package", str(built[1])).split())
    assert {
        "/usr/bin/bandgap",
        "/usr/lib/systemd/system/bandgap-agent.service",
        "/etc/bandgap/agent.toml",
    } <= listed
    assert "python3-psutil" in told("rpm", "--query", "--requires", "--package", str(built[1]))


def test_the_collectors_libraries_have_a_next_minor_to_stop_at() -> None:
    """A minor for which nothing compiled is there is refused by the package, and not by an ImportError."""
    assert f"3.{max(int(minor.split('.')[1]) for minor in MINORS) + 1}" == NEXT_MINOR
    assert set(MACHINES) == {"amd64", "arm64"}


def test_the_man_page_has_every_command() -> None:
    page = man_page("bandgap", "1.0", "what", "about", COMMANDS, "files")
    for name in COMMANDS:
        assert rf".B {name}".replace("-", r"\-") in page


@pytest.mark.skipif(shutil.which("dpkg-parsechangelog") is None, reason="dpkg-dev isn't installed")
def test_debian_reads_the_changelog(tmp_path: Path) -> None:
    text = changelog("bandgap-agent", "0.1.0", (ROOT / "CHANGELOG.md").read_text(), 1_700_000_000)
    (tmp_path / "changelog").write_text(text)
    assert "Version: 0.1.0" in told("dpkg-parsechangelog", "--all", f"--file={tmp_path / 'changelog'}")


@pytest.mark.parametrize(
    "script", sorted((ROOT / "package").glob("*/p*")), ids=lambda path: f"{path.parent.name}/{path.name}"
)
def test_scripts_are_plain_shell(script: Path) -> None:
    said = subprocess.run(["sh", "-n", str(script)], capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stderr
