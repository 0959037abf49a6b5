"""`bandgap report` writes any period in any format, whole, where it was told to, or says in one line why not."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from shutil import which

import pytest

from tests.commands import BANDGAP, bandgap, environment

SCHOOL = '[site]\ntimezone = "America/Chicago"\nstudents = 412\nstaff = 46\n'
WITHOUT = "import sys; sys.modules[{0!r}] = None; from agent.cli import main; sys.exit(main())"
"""A Python in which an extra isn't installed."""
needs_xlsx = pytest.mark.skipif(find_spec("xlsxwriter") is None, reason="bandgap[xlsx] isn't installed")
needs_pdf = pytest.mark.skipif(find_spec("weasyprint") is None, reason="bandgap[pdf] isn't installed")


def octets(environ: Mapping[str, str], *words: str) -> bytes:
    """What the command writes into a pipe."""
    done = subprocess.run(
        [*BANDGAP, *words], env=dict(environ), cwd=environ["HOME"], capture_output=True, check=True
    )
    return done.stdout


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["--month", "2026-10"], "October 2026, 1 to 31 October 2026"),
        (["--school-year", "2026-27"], "School year 2026-27, 1 July 2026 to 30 June 2027"),
        (["--week", "2026-W47"], "Week 47 of 2026, 16 to 22 November 2026"),
    ],
)
def test_a_period_is_named(words: list[str], named: str, tmp_path: Path) -> None:
    said = bandgap(environment(tmp_path, SCHOOL), "report", *words)
    assert (said.returncode, said.stderr) == (0, "")
    assert named in said.stdout


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["--month", "2026-13"], 'month "2026-13": no such month, expected one as in 2026-10'),
        (
            ["--school-year", "2026"],
            'school year "2026": no such year, expected one as in 2026-27, which begins on 1 July 2026',
        ),
    ],
)
def test_what_is_no_period_is_one_line(words: list[str], line: str, tmp_path: Path) -> None:
    said = bandgap(environment(tmp_path, SCHOOL), "report", *words)
    assert (said.returncode, said.stdout, said.stderr) == (2, "", f"bandgap: {line}\n")


def test_one_period_at_a_time(tmp_path: Path) -> None:
    said = bandgap(environment(tmp_path, SCHOOL), "report", "--month", "2026-10", "--week", "2026-W47")
    assert said.returncode == 2
    assert "not allowed with argument" in said.stderr


@pytest.mark.parametrize(
    ("name", "begins"),
    [
        ("week.md", b"# "),
        ("week.HTML", b"<!DOCTYPE html>"),
        ("week.txt", b"Not enough"),
        pytest.param("week.xlsx", b"PK", marks=needs_xlsx),
        pytest.param("week.pdf", b"%PDF-1.7", marks=needs_pdf),
    ],
)
def test_a_files_ending_is_its_format(name: str, begins: bytes, tmp_path: Path) -> None:
    said = bandgap(environment(tmp_path, SCHOOL), "report", "--output", str(tmp_path / name))
    assert (said.stdout, said.stderr) == (f"{tmp_path}/{name}\n", "")
    assert (tmp_path / name).read_bytes().startswith(begins)
    assert list(tmp_path.glob("*.part")) == []


@needs_xlsx
def test_a_workbook_goes_into_a_pipe(tmp_path: Path) -> None:
    """Octet for octet, also for --output -."""
    environ = environment(tmp_path, SCHOOL)
    for words in (["--format", "xlsx"], ["--format", "xlsx", "--output", "-"]):
        assert octets(environ, "report", *words).startswith(b"PK")


@pytest.mark.parametrize("form", ["pdf", "xlsx"])
def test_what_is_no_text_is_not_written_to_a_terminal(form: str, tmp_path: Path) -> None:
    """It would only ring its bell; and nothing is laid out first."""
    ours, theirs = pty.openpty()
    environ = environment(tmp_path, SCHOOL)
    done = subprocess.run(
        [*BANDGAP, "report", "--format", form], env=environ, cwd=tmp_path, stdout=theirs, stderr=subprocess.PIPE, text=True, check=False
    )  # fmt: skip
    os.close(theirs)
    os.close(ours)
    assert done.returncode == 2
    assert (
        done.stderr
        == f"bandgap: {form} isn't for a terminal: name a file with --output, or send it into a pipe\n"
    )


@pytest.mark.parametrize(
    ("module", "form", "apt"),
    [("weasyprint", "pdf", "weasyprint"), ("xlsxwriter", "xlsx", "python3-xlsxwriter")],
)
def test_an_extra_that_is_not_installed_is_named(module: str, form: str, apt: str, tmp_path: Path) -> None:
    """One line with both ways to have it; the file that was there stays."""
    environ = environment(tmp_path, SCHOOL)
    (tmp_path / f"week.{form}").write_text("the last one")
    command = [sys.executable, "-P", "-c", WITHOUT.format(module), "report", "--output", f"week.{form}"]
    said = subprocess.run(command, env=environ, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert said.returncode == 1
    assert said.stderr == (
        f"bandgap: {form}: needs {module}, which isn't installed: pip install 'bandgap[{form}]', or on Debian: apt install {apt}\n"
    )
    assert (tmp_path / f"week.{form}").read_text() == "the last one"


@needs_pdf
@pytest.mark.skipif(which("pdfinfo") is None, reason="poppler-utils isn't installed")
@pytest.mark.parametrize(
    ("setting", "lang", "size"),
    [
        ("letter", "de_DE.UTF-8", "letter"),
        ("auto", "en_US.UTF-8", "letter"),
        ("auto", "C.UTF-8", "A4"),
    ],
)
def test_paper_is_as_the_settings_or_the_locale_say(
    setting: str, lang: str, size: str, tmp_path: Path
) -> None:
    environ = environment(tmp_path, SCHOOL + f'[report]\npaper = "{setting}"\n', LANG=lang)
    assert bandgap(environ, "report", "--output", "week.pdf").returncode == 0
    told = subprocess.run(["pdfinfo", "week.pdf"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert f"({size})" in told.stdout
