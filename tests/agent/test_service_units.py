"""The units of an installation by uv tool or pipx are the packaged ones, with its own command in them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from agent import units
from agent.children import COMMAND
from reports.faults import Fault
from tests.commands import ROOT, bandgap, environment

MINE = Path("/opt/bandgap/bin/bandgap")


def test_each_is_the_packaged_one_but_for_its_command(tmp_path: Path) -> None:
    assert units.write(MINE, tmp_path) == list(units.NAMES)
    for name in units.NAMES:
        text = (tmp_path / name).read_text()
        assert text.startswith(units.MARK)
        assert "/usr/bin/bandgap" not in text
        shipped = (ROOT / "systemd" / name).read_text()
        assert text == units.MARK + shipped.replace("/usr/bin/bandgap ", f"{MINE} ")
    assert "ExecStart=/opt/bandgap/bin/bandgap run\n" in (tmp_path / units.AGENT).read_text()


def test_only_what_differs_is_written(tmp_path: Path) -> None:
    units.write(MINE, tmp_path)
    assert units.write(MINE, tmp_path) == []
    (tmp_path / units.TIMER).write_text(units.MARK + "[Timer]\n")
    assert units.write(MINE, tmp_path) == [units.TIMER]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(units.NAMES)


def test_somebodys_own_unit_is_neither_written_nor_removed(tmp_path: Path) -> None:
    """And no other is written either: all or nothing."""
    (tmp_path / units.TIMER).write_text("[Timer]\nOnCalendar=daily\n")
    with pytest.raises(Fault, match=r"bandgap-report\.timer: not written by bandgap; move it away first"):
        units.write(MINE, tmp_path)
    assert units.remove(tmp_path) == []
    assert [path.name for path in tmp_path.iterdir()] == [units.TIMER]


def test_remove_takes_what_was_written(tmp_path: Path) -> None:
    units.write(MINE, tmp_path)
    assert units.remove(tmp_path) == list(units.NAMES)
    assert list(tmp_path.iterdir()) == []
    assert units.remove(tmp_path) == []


@pytest.mark.skipif(Path("/run/systemd/system").is_dir(), reason="systemd runs this machine")
def test_without_systemd_it_is_one_line(tmp_path: Path) -> None:
    for word in ("install", "remove", "status"):
        done = bandgap(environment(tmp_path), "service", word)
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr == (
            "bandgap: systemd doesn't run this machine; start `bandgap run` by whatever does\n"
        )


def test_a_word_too_little_is_told(tmp_path: Path) -> None:
    assert bandgap(environment(tmp_path), "service").returncode == 2


def test_a_child_is_found_where_python_does_not_search(tmp_path: Path) -> None:
    """As a package has it: the code in a folder of its own, and nothing in the environment says where."""
    done = subprocess.run(
        [*COMMAND, "--version"],
        env={"PATH": os.environ["PATH"]},
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.stdout.startswith("bandgap "), done.stderr
    assert COMMAND[0] == sys.executable


def test_a_command_of_another_package_is_a_program_of_that_name(tmp_path: Path) -> None:
    """`bandgap collector` where the collector's package stands beside the agent's, without an entry point."""
    program = tmp_path / "bandgap-collector"
    program.write_text('#!/bin/sh\necho "collector: $*"\n')
    program.chmod(0o755)
    environ = environment(tmp_path, PATH=f"{tmp_path}:{os.environ['PATH']}")
    told = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from agent.cli import main; main(['collector', 'sites'])"
    words = [sys.executable, "-I", "-S", "-c", told]  # -S: without the folder that knows of entry points
    done = subprocess.run(words, env=environ, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout == "collector: sites\n", done.stderr
