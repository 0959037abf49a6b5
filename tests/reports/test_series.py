"""A week whose tests aren't one series says which, when, and why, in a line."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reports.formats.table import TEXT
from reports.samples import CapacitySample
from reports.series import engine_change, hidden_burst, series_notes
from reports.week import WeeklyReport
from tests.reports import example_week

WEEK = example_week.short_of_target()
FIRST = WEEK.tests[0]


def of(*tests: CapacitySample, before: CapacitySample | None = None) -> WeeklyReport:
    placed = [replace(test, started_at=WEEK.tests[n].started_at) for n, test in enumerate(tests)]
    return replace(WEEK, tests=tuple(placed), last_before=before)


def made(engine: str = "http", server: str | None = "a.example") -> CapacitySample:
    return replace(FIRST, engine=engine, server=server, down_mbps=190.0, up_mbps=40.0)


LONG = replace(made(), down_mbps=47.8, burst_down_mbps=188.0, load_s=15.0)


def test_a_week_with_one_engine_and_server_has_nothing_to_tell() -> None:
    assert engine_change(of(made(), made(), before=made())) is None
    assert series_notes(WEEK) == []
    assert series_notes(example_week.nothing_measured()) == []


def test_an_engine_that_changed_within_the_week_is_told_with_its_moment() -> None:
    words = engine_change(of(made(), made("iperf3", "b.example"), made("iperf3", "b.example")))
    assert words == (
        "From Mon 16 Nov 10:06 on, tests were made with iperf3 against b.example, before with http against "
        "a.example. Figures of different engines or servers are no one series."
    )


def test_a_server_that_changed_since_the_week_before_is_told() -> None:
    words = engine_change(of(made(), before=made(server="old.example")))
    assert words is not None
    assert words.startswith("From Mon 16 Nov 06:27 on, tests were made with http against a.example, before")
    assert "old.example" in words


def test_an_engine_that_comes_and_goes_is_counted() -> None:
    spare = made("speedtest-cli", None)
    words = engine_change(of(made(), spare, made(), spare))
    assert words is not None
    assert "engine or server changed 3 times in all" in words
    assert "speedtest-cli against a server of its choice" in words


def test_tests_that_count_for_nothing_change_nothing() -> None:
    """An untrusted figure is in no series, and one that failed has none."""
    other = made("iperf3", "b.example")
    failed = replace(other, outcome="no_measurement", reason="dns")
    assert engine_change(of(made(), replace(other, flags=("wifi",)), failed, made())) is None


def test_a_long_test_that_outlasts_the_weeks_burst_corrects_its_figures() -> None:
    words = hidden_burst(of(made(), LONG, made()))
    assert words == (
        "The long test of Mon 16 Nov 10:06 outlasted a burst: 47.8 Mbps down where shorter ones found 190.0 "
        "Mbps. The week's shorter tests ended within it; their figures are not the line's sustained rate."
    )


def test_both_ways_are_told() -> None:
    both = replace(LONG, up_mbps=10.0, burst_up_mbps=41.0)
    words = hidden_burst(of(made(), both))
    assert words is not None
    assert "47.8 Mbps down where shorter ones found 190.0 Mbps and 10.0 Mbps up where shorter" in words


@pytest.mark.parametrize(
    "long",
    [
        replace(LONG, burst_down_mbps=None),
        replace(LONG, down_mbps=180.0),
        replace(LONG, flags=("not_steady",)),
        replace(LONG, load_s=5.0),
        replace(LONG, engine="iperf3"),
    ],
    ids=["slower all the time", "hardly lower", "untrusted", "not long", "another engine's"],
)
def test_a_long_test_without_that_evidence_corrects_nothing(long: CapacitySample) -> None:
    assert hidden_burst(of(made(), long, made())) is None


def test_a_long_test_that_is_alone_has_nothing_to_correct() -> None:
    assert hidden_burst(of(LONG)) is None


@pytest.mark.parametrize("form", ["text", "html", "json"])
def test_every_format_tells_it(form: str) -> None:
    text = " ".join(TEXT[form](of(made(), LONG, made(), before=made("iperf3", "b.example"))).split())
    assert "before with iperf3 against b.example" in text
    assert "outlasted a burst" in text
