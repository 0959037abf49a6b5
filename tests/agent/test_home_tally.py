"""A district's file of homes' checks: lines that are nobody's, and a tally that tells no small group."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from agent import home_tally
from reports.faults import Fault, UsageFault
from reports.homework import Answer, HomeCheck
from tests.commands import bandgap, environment


def check(area: str, answer: Answer = "meets", down_mbps: int = 60) -> HomeCheck:
    return HomeCheck(area, "2026-11", down_mbps, 10, {"fcc-2015-home": answer, "fcc-2024-home": "short"})


def test_what_is_added_is_read_again(tmp_path: Path) -> None:
    one, other = check("A7"), check("B2", "unclear", 5)
    for each in (other, one):
        home_tally.add(tmp_path / "tally.csv", each)
    assert home_tally.read(tmp_path / "tally.csv") == [one, other]


def test_lines_stand_in_no_order_of_time(tmp_path: Path) -> None:
    """The same checks in another order make the same file."""
    for name, areas in (("a", "ABCB"), ("b", "BCBA")):
        for area in areas:
            home_tally.add(tmp_path / name, check(area))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert (tmp_path / "a").read_text().splitlines()[:2] == [
        "area,month,down_mbps,up_mbps,fcc-2015-home,fcc-2024-home",
        "A,2026-11,60,10,meets,short",
    ]


def test_a_benchmark_of_later_gets_its_column(tmp_path: Path) -> None:
    home_tally.add(tmp_path / "t", check("A"))
    later = HomeCheck("B", "2027-01", 60, 10, {"another": "meets"})
    home_tally.add(tmp_path / "t", later)
    assert home_tally.read(tmp_path / "t") == [check("A"), later]


@pytest.mark.parametrize("text", ["name,grade\nAda,5\n", "\x00\x01", "area,month\n"])
def test_a_file_of_something_else_is_left_as_it_is(tmp_path: Path, text: str) -> None:
    (tmp_path / "t").write_text(text)
    with pytest.raises(Fault, match=r"no tally of `bandgap check --home --tally`"):
        home_tally.add(tmp_path / "t", check("A"))
    assert (tmp_path / "t").read_text() == text


def test_a_bad_line_is_named(tmp_path: Path) -> None:
    home_tally.add(tmp_path / "t", check("A"))
    with (tmp_path / "t").open("a") as file:
        file.write("A,2026-11,fast,10,meets,short\n")
    with pytest.raises(Fault, match="t, line 3: no line of a tally"):
        home_tally.read(tmp_path / "t")


@pytest.mark.parametrize("text", ["", "12 Elm Street", "ada@example.org", "192.0.2.7", "A" * 17])
def test_an_area_is_a_code(text: str) -> None:
    with pytest.raises(UsageFault, match="expected the district's code"):
        home_tally.area_code(text)


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    """Three areas in two files; one area has four homes below the benchmark."""
    for name, area, meets, short in (("1", "A", 40, 20), ("1", "B", 15, 30), ("2", "C", 30, 4)):
        for answer in ["meets"] * meets + ["short"] * short:
            home_tally.add(tmp_path / name, HomeCheck(area, "2026-11", 60, 10, {"fcc-2015-home": answer}))  # type: ignore[dict-item]
    return [str(tmp_path / "1"), str(tmp_path / "2")]


def test_the_tally_is_told_by_area(tmp_path: Path, files: list[str]) -> None:
    said = bandgap(environment(tmp_path), "homework-gap", *files)
    assert said.returncode == 0, said.stderr
    assert said.stdout.splitlines() == [
        "FCC 25/3 (2015)",
        "area         checks    meets    short    share",
        "A                60       40       20     66 %",
        "B                45        –        –        –",
        "C                34        –        –        –",
        "all areas       139       85       54     61 %",
        "Of 139 checks made in students' homes, 85 (61 %) met FCC 25/3 (2015) and 54 fell short of it.",
        "",
        "–: fewer than 10, or held back so that such a number can't be worked out. Checks that left it "
        "unclear don't count.",
    ]


def test_every_format_hides_the_same(tmp_path: Path, files: list[str]) -> None:
    rows = csv.DictReader(
        io.StringIO(bandgap(environment(tmp_path), "homework-gap", *files, "--format", "csv").stdout)
    )
    assert {row["area"]: row["short"] for row in rows} == {"A": "20", "B": "", "C": "", "all areas": "54"}
    data = json.loads(bandgap(environment(tmp_path), "homework-gap", *files, "--format", "json").stdout)
    (table,) = data["benchmarks"]
    assert {one["area"]: one["short"] for one in table["areas"]} == {"A": 20, "B": None, "C": None}
    assert table["total"] == {"area": None, "checks": 139, "meets": 85, "short": 54}


def test_an_empty_tally_says_how_to_fill_it(tmp_path: Path) -> None:
    (tmp_path / "t").touch()
    assert "--tally FILE" in bandgap(environment(tmp_path), "homework-gap", "t").stdout
    missing = bandgap(environment(tmp_path), "homework-gap", "nowhere")
    assert (missing.returncode, missing.stderr) == (
        1,
        "bandgap: nowhere: can't be read: No such file or directory\n",
    )


def homework(tmp_path: Path, *more: str) -> dict[str, str]:
    """An agent whose district keeps a tally."""
    table = "\n".join(("[homework]", f'tally = "{tmp_path / "tally.csv"}"', *more))
    return environment(tmp_path, table + "\n")


def test_the_weekly_report_tells_of_the_tally(tmp_path: Path) -> None:
    """As soon as there are enough; before that, and before there is a file, it says so."""
    environ = homework(tmp_path)
    assert "Too few checks were made" in bandgap(environ, "report").stdout
    for n in range(40):
        answer: Answer = "meets" if n < 25 else "short"
        home_tally.add(tmp_path / "tally.csv", HomeCheck("A", "2026-11", 60, 10, {"fcc-2024-home": answer}))
    said = " ".join(bandgap(environ, "report").stdout.split())
    assert "THE HOMEWORK GAP Of 40 checks made in students' homes, 25 (62 %) met FCC 100/20 (2024)" in said


def test_another_benchmark_can_be_named_and_none_that_is_not_for_homes(tmp_path: Path) -> None:
    said = bandgap(homework(tmp_path, 'benchmark = "cosn-2021-home"'), "report")
    assert said.returncode == 0
    assert "CoSN" in said.stdout.partition("THE HOMEWORK GAP")[2].partition("WHAT IS ASKED")[0]
    refused = bandgap(homework(tmp_path, 'benchmark = "setda-2-wan"'), "report")
    assert (refused.returncode, refused.stdout) == (78, "")
    assert 'homework.benchmark: no household benchmark "setda-2-wan"' in refused.stderr
    assert len(refused.stderr.splitlines()) == 1


def test_a_tally_that_is_none_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "tally.csv").write_text("name,grade\nAda,5\n")
    refused = bandgap(homework(tmp_path), "report")
    assert "no tally of `bandgap check --home --tally`" in refused.stderr
    assert len(refused.stderr.splitlines()) == 1
