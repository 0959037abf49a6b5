"""A household's check against its benchmarks: what it met, what it may not say, and what may be kept of it."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime

import pytest

from reports.homework import (
    HomeCheck,
    answer,
    asked,
    benchmarks,
    home_check,
    home_verdict,
    homework_line,
    rounded,
)
from reports.samples import CapacitySample, Rates
from reports.shipped import shipped_targets
from reports.small_cells import Cells

AT = datetime(2026, 11, 24, 18, 31, tzinfo=UTC)
SAMPLE = CapacitySample(
    id="one",
    started_at=AT,
    ended_at=AT,
    engine="http",
    server="https://measure.example.org",
    outcome="ok",
    down_mbps=61.4,
    up_mbps=11.2,
)
TARGETS = benchmarks(shipped_targets())
OLD, COSN, NEW = TARGETS


def test_the_shipped_benchmarks_are_three_each_with_its_source() -> None:
    assert [target.id for target in TARGETS] == ["fcc-2015-home", "cosn-2021-home", "fcc-2024-home"]
    assert all(target.verified and target.secondhand for target in TARGETS)


@pytest.mark.parametrize(
    ("target", "students", "rates"),
    [
        (OLD, 1, Rates(25, 3)),
        (OLD, 4, Rates(25, 3)),
        (NEW, 2, Rates(100, 20)),
        (COSN, 1, Rates(25, 12)),
        (COSN, 3, Rates(75, 36)),
    ],
)
def test_cosn_asks_by_student_and_the_fcc_by_household(target, students, rates) -> None:  # type: ignore[no-untyped-def]
    assert asked(target, students) == rates


def test_both_ways_must_be_met() -> None:
    assert answer(SAMPLE, OLD, 1) == "meets"
    assert answer(SAMPLE, COSN, 1) == "short"
    assert answer(replace(SAMPLE, up_mbps=12.0), COSN, 1) == "meets"
    assert answer(replace(SAMPLE, up_mbps=12.0), COSN, 3) == "short"


def test_what_held_a_figure_down_leaves_only_shortfalls_unclear() -> None:
    """Wi-Fi can make a line look slower and not faster."""
    over_wifi = replace(SAMPLE, flags=("wifi",))
    assert answer(over_wifi, OLD, 1) == "meets"
    assert answer(over_wifi, NEW, 1) == "unclear"


@pytest.mark.parametrize("flag", ["exceeds_link_speed", "clock_stepped", "proxied", "incomplete"])
def test_a_figure_that_may_be_too_high_says_nothing(flag: str) -> None:
    assert answer(replace(SAMPLE, flags=(flag,)), OLD, 1) == "unclear"


def test_the_verdict_is_one_sentence() -> None:
    assert home_verdict(SAMPLE, TARGETS, 1) == (
        "With 61.4 Mbps down and 11.2 Mbps up for one student this check meets FCC 25/3 (2015), but falls "
        "short of CoSN 25/12 per student (2021) and FCC 100/20 (2024)."
    )
    assert home_verdict(replace(SAMPLE, flags=("wifi",)), TARGETS, 3) == (
        "With 61.4 Mbps down and 11.2 Mbps up for 3 students this check meets FCC 25/3 (2015), but may or may "
        "not meet CoSN 25/12 per student (2021) and FCC 100/20 (2024) (untrusted: the test went over this "
        "machine's Wi-Fi)."
    )


def test_no_measurement_is_its_reason_and_nothing_to_keep() -> None:
    failed = replace(SAMPLE, outcome="no_measurement", reason="dns", down_mbps=None, up_mbps=None)
    assert home_verdict(failed, TARGETS, 1) == "No measurement: the server's name can't be resolved."
    assert home_check(failed, TARGETS, 1, "A7", AT) is None


def test_what_is_kept_is_area_month_coarse_rates_and_answers() -> None:
    """Neither who, nor where, nor at what time, nor how many live there."""
    assert home_check(SAMPLE, TARGETS, 3, "A7", AT) == HomeCheck(
        area="A7",
        month="2026-11",
        down_mbps=60,
        up_mbps=10,
        answers={"fcc-2015-home": "meets", "cosn-2021-home": "short", "fcc-2024-home": "short"},
    )
    assert [field.name for field in fields(HomeCheck)] == ["area", "month", "down_mbps", "up_mbps", "answers"]


@pytest.mark.parametrize(
    ("mbps", "kept"),
    [(0.2, 1), (3.4, 3), (11.2, 10), (94.1, 95), (99.9, 100), (467.0, 450), (999.0, 1000), (2310.0, 1000)],
)
def test_rates_are_kept_coarsely(mbps: float, kept: int) -> None:
    assert rounded(mbps) == kept


def test_a_line_for_a_report_needs_counts_that_may_be_told() -> None:
    assert homework_line("FCC 100/20", Cells(None, 312, 188, 124)) == (
        "Of 312 checks made in students' homes, 188 (60 %) met FCC 100/20 and 124 fell short of it."
    )
    assert homework_line("FCC 100/20", Cells(None, 43, None, None)) is None
