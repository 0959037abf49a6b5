"""Figures and verdicts in words, each the same wherever it stands."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from reports.evidence import EvidenceRule
from reports.gaps import gap
from reports.samples import CapacitySample, Rates
from reports.sentences import REMARKS, latency, octets, outcome, percent, rate, verdict
from reports.sites import Site
from tests.reports import example_week
from tests.reports.example_week import CONTRACT, SITE, short_of_target, target

AT = datetime(2026, 11, 17, 15, tzinfo=UTC)
TEST = CapacitySample("1", AT, AT, "bandgap", None, "ok")


@pytest.mark.parametrize(
    ("mbps", "words"),
    [
        (None, "–"),
        (0.0, "0.00 Mbps"),
        (0.001, "under 0.01 Mbps"),
        (0.35, "0.35 Mbps"),
        (9.996, "10.0 Mbps"),
        (94.06, "94.1 Mbps"),
        (999.96, "1,000 Mbps"),
        (1969.4, "1,969 Mbps"),
    ],
)
def test_a_rate_has_the_places_it_deserves(mbps: float | None, words: str) -> None:
    """Three figures or so; what is there is never shown as nothing."""
    assert rate(mbps) == words


@pytest.mark.parametrize(
    ("count", "words"),
    [(0, "0 bytes"), (999, "999 bytes"), (41_200_000, "41.2 MB"), (5_900_000_000, "5.9 GB")],
)
def test_bytes_are_counted_as_data_plans_do(count: int, words: str) -> None:
    """Decimal units."""
    assert octets(count) == words


@pytest.mark.parametrize(
    ("share", "words"),
    [(None, "–"), (0.0, "0 %"), (0.004, "under 1 %"), (0.9999, "99 %"), (1.0, "100 %"), (0.29, "29 %")],
)
def test_a_share_is_never_all_while_something_is_missing(share: float | None, words: str) -> None:
    """99.99 % isn't 100 %, and a little isn't nothing."""
    assert percent(share) == words


@pytest.mark.parametrize(("ms", "words"), [(None, "–"), (0.42, "0.4 ms"), (9.97, "10 ms"), (41.2, "41 ms")])
def test_a_latency_has_a_tenth_only_below_ten(ms: float | None, words: str) -> None:
    """Nobody feels a tenth of forty."""
    assert latency(ms) == words


def test_short_of_a_target_says_by_how_much_and_for_how_many() -> None:
    """Mbps for the engineer, people for the board."""
    assert verdict(short_of_target().gaps[0]) == (
        "Short of SETDA 2023-24 by 1,102 Mbps and 394 of 458 users: "
        "180.6 Mbps down delivered, 1,282 Mbps asked."
    )


def test_meeting_a_target_says_what_was_asked_and_why() -> None:
    """The terms are the arithmetic."""
    assert verdict(short_of_target().gaps[3]) == (
        "Meets FCC short-term: 180.6 Mbps down delivered, "
        "45.8 Mbps asked for 458 students and staff × 0.1 Mbps (any size)."
    )


def test_without_evidence_the_sentence_says_what_is_missing_and_what_there_is_so_far() -> None:
    """A figure so far isn't a verdict."""
    assert verdict(example_week.too_early().gaps[0]) == (
        "Not enough evidence yet for a verdict on SETDA 2023-24: 2 of 3 school days. "
        "So far: 158.7 Mbps down delivered of 1,282 Mbps asked (12 %)."
    )
    assert verdict(example_week.nothing_measured().gaps[0]) == (
        "Not enough evidence yet for a verdict on SETDA 2023-24: "
        "set site.students; 0 of 5 tests; 0 of 3 school days."
    )


def test_a_target_for_the_school_as_such_still_speaks_of_its_people() -> None:
    """They are users, never "schools"; a site that hasn't told its size has a verdict without them."""
    summary = short_of_target().summary
    told = gap(target("eu-2025"), SITE, CONTRACT, summary, EvidenceRule())
    assert "of 458 users:" in verdict(told)
    untold = gap(target("eu-2025"), Site(), CONTRACT, summary, EvidenceRule())
    assert verdict(untold) == ("Short of EU 2025 by 954.9 Mbps: 45.1 Mbps up delivered, 1,000 Mbps asked.")
    fast = replace(summary, capacity=replace(summary.capacity, typical=Rates(120.0, 31.0)))
    assert verdict(gap(target("uk-dfe-primary"), SITE, CONTRACT, fast, EvidenceRule())) == (
        "Meets UK DfE primary: 31.0 Mbps up delivered, 30.0 Mbps asked for the school as such (primary school)."
    )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({}, "Measured"),
        ({"flags": ("not_steady",)}, "Untrusted: the rate never became steady"),
        ({"flags": ("new_flag",)}, "Untrusted: new_flag"),
        (
            {"outcome": "no_measurement", "reason": "dns", "detail": "a.example"},
            "No measurement: the server's name can't be resolved (a.example)",
        ),
        ({"outcome": "no_measurement", "reason": "new_reason"}, "No measurement: new_reason"),
        ({"outcome": "no_measurement"}, "No measurement: no reason given"),
    ],
)
def test_every_test_has_an_outcome_in_words(change: dict[str, object], words: str) -> None:
    """A code that this version doesn't know stands as it is."""
    assert outcome(replace(TEST, **change)) == words  # type: ignore[arg-type]  # one table for all fields


def test_every_remark_has_words() -> None:
    assert set(REMARKS) == set(replace(TEST, burst_down_mbps=1.0).remarks)
