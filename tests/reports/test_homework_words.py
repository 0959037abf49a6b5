"""The first page tells of homes where somebody keeps a tally of them, and never of a few homes."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from reports.board_words import board_parts
from reports.formats.as_html import html_page
from reports.formats.as_json import json_data
from reports.formats.as_md import markdown
from reports.formats.as_text import plain_text
from reports.homework import HomeCheck, HomesChecked, homes_checked
from reports.homework_words import homework_gap
from reports.small_cells import Cells
from tests.reports import example_week
from tests.reports.example_week import target

KNOWN = example_week.well_known()
TARGET = target("fcc-2024-home")
LINE = "Of 312 checks made in students' homes, 188 (60 %) met FCC 100/20 (2024) and 124 fell short of it."
TOLD = replace(KNOWN, homework=HomesChecked(TARGET.name, Cells(None, 312, 188, 124)))


def checks(meets: int, short: int, area: str = "A", unclear: int = 0) -> list[HomeCheck]:
    answers = ["meets"] * meets + ["short"] * short + ["unclear"] * unclear
    return [HomeCheck(area, "2026-11", 60, 10, {TARGET.id: answer}) for answer in answers]  # type: ignore[dict-item]


def words(found: list[HomeCheck]) -> str:
    said = homework_gap(replace(KNOWN, homework=homes_checked(found, TARGET)))
    assert said is not None
    return said


def test_without_a_tally_nothing_is_said_of_homes() -> None:
    assert homework_gap(KNOWN) is None
    assert "The homework gap" not in [part.name for part in board_parts(KNOWN)]
    assert "homework gap" not in html_page(KNOWN).lower()


def test_it_stands_between_the_risk_and_what_is_asked() -> None:
    """The order in which a board reads."""
    assert [part.name for part in board_parts(TOLD)][2:] == [
        "What is at risk",
        "The homework gap",
        "What is asked",
    ]


@pytest.mark.parametrize("form", [plain_text, html_page, markdown])
def test_every_format_has_the_line(form: object) -> None:
    assert callable(form)
    page = re.sub(r"\s+", " ", form(TOLD).replace("\u00a0", " ").replace("&#39;", "'").replace("\\", ""))
    assert LINE in page
    assert "the homework gap" in page.lower()


def test_all_areas_count_together() -> None:
    found = [*checks(100, 60, "A"), *checks(88, 64, "B", unclear=5)]
    assert homes_checked(found, TARGET).homes == Cells(None, 312, 188, 124)
    assert words(found) == LINE


def test_a_few_homes_are_not_told_of() -> None:
    """Neither how many were checked nor how many met it."""
    for found in ([], checks(4, 5), checks(9, 0), checks(2, 1, "A") + checks(3, 1, "B")):
        assert not re.search(r"\d", words(found).replace(TARGET.name, ""))
        assert words(found).startswith("Too few checks were made")


def test_a_few_among_many_are_not_told_of() -> None:
    assert words(checks(60, 3)) == (
        "Of 63 checks made in students' homes, so few met FCC 100/20 (2024), or so few fell short of it, that "
        "their number would tell of a family."
    )
    assert words(checks(3, 60)) == words(checks(60, 3))


def test_what_is_not_told_is_in_no_data_either() -> None:
    report = replace(KNOWN, homework=homes_checked(checks(60, 3), TARGET))
    assert (
        '"homework": {"benchmark": "FCC 100/20 (2024)", "homes": {"area": null, "checks": 63, "meets": null, "short": null}}'
        in (json_data(report))
    )


def test_a_benchmark_that_no_check_was_held_against_has_no_count() -> None:
    other = target("cosn-2021-home")
    assert homes_checked(checks(60, 60), other).homes == Cells(None, None, None, None)
