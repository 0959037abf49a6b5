"""A household's check: one sentence, nothing kept, and with a tally one line that is nobody's."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agent import store
from tests.agent.speed_server import speed_server
from tests.commands import bandgap, environment

SETTINGS = '[measure]\ninterface = "lo"\nengines = ["http"]\n'


def test_a_home_is_checked_and_nothing_is_kept(tmp_path: Path) -> None:
    """But for the anonymous line: area, month, coarse rates, answers."""
    environ = environment(tmp_path, SETTINGS)
    with speed_server(mbps=40) as url:
        said = bandgap(environ, "check", "--home", "--server", url, "--tally", "t.csv", "--area", "A7")
    assert said.returncode == 0, said.stderr
    assert len(said.stdout.splitlines()) == 1
    assert said.stdout.startswith("With ")
    assert "FCC 25/3 (2015)" in said.stdout
    assert not (tmp_path / "state" / store.FILE).exists()
    head, line = (tmp_path / "t.csv").read_text().splitlines()
    assert head == "area,month,down_mbps,up_mbps,cosn-2021-home,fcc-2015-home,fcc-2024-home"
    assert line.split(",")[0] == "A7"
    assert len(line.split(",")[1]) == len("2026-11")
    assert "127.0.0.1" not in line
    tallied = bandgap(environ, "homework-gap", "t.csv")
    assert "all areas" in tallied.stdout
    assert "held back" in tallied.stdout


def test_without_a_measurement_there_is_a_reason_and_no_line(tmp_path: Path) -> None:
    environ = environment(tmp_path, SETTINGS)
    words = ("check", "--home", "--server", "http://127.0.0.1:9", "--tally", "t.csv", "--area", "A7")
    said = bandgap(environ, *words)
    assert said.returncode == 1
    assert said.stdout.startswith("No measurement: ")
    assert not (tmp_path / "t.csv").exists()


def test_as_json_each_benchmark_has_its_answer(tmp_path: Path) -> None:
    words = ("check", "--home", "--server", "http://127.0.0.1:9", "--json", "--students-at-home", "3")
    data = json.loads(bandgap(environment(tmp_path, SETTINGS), *words).stdout)
    asked = {one["set"]: one["asked"] for one in data["benchmarks"]}
    assert asked["cosn-2021-home"] == {"down_mbps": 75, "up_mbps": 36}
    assert {one["answer"] for one in data["benchmarks"]} == {"unclear"}


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["--tally", "t.csv"], "--tally: goes with --home"),
        (["--students-at-home", "2"], "--students-at-home: goes with --home"),
        (["--home", "--tally", "t.csv"], "--tally FILE and --area CODE go together"),
        (["--home", "--students-at-home", "0"], "--students-at-home: 0, expected 1 to 20"),
        (["--home", "--simple"], "--home: goes with none of --csv, --simple and --target"),
        (
            ["--home", "--tally", "t.csv", "--area", "12 Elm Street"],
            '--area: found "12 Elm Street", expected the district\'s code of letters, digits or "-"',
        ),
    ],
)
def test_words_that_dont_fit_are_refused(tmp_path: Path, words: list[str], line: str) -> None:
    said = bandgap(environment(tmp_path, SETTINGS), "check", *words)
    assert (said.returncode, said.stderr) == (2, f"bandgap: {line}\n")
    assert not (tmp_path / "t.csv").exists()
