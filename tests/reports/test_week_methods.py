"""How a week's figures were made is told with its rules and their sources."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reports.confirmation import unconfirmed
from reports.sites import Site
from reports.week_methods import methods, school_hours_words, source_note
from tests.reports import example_week

SHORT = example_week.short_of_target()


def test_the_methods_name_their_rule_and_source() -> None:
    """The percentile, half a slot, the bells and where their default comes from, the evidence."""
    words = " ".join(text for _, text in methods(SHORT))
    for fact in (
        "nearest rank",
        "at least 50 % of its 300 seconds",
        "NCREN/MCNC",
        "5 trusted tests on 3 school days",
    ):
        assert fact in words


def test_the_source_of_the_recommendation_is_named() -> None:
    """Issuer, document, years; a year that isn't verified isn't there."""
    assert source_note(SHORT) == "Recommendation: SETDA, Broadband Imperative III, for 2023-24."
    assert source_note(example_week.no_targets()) == ""


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (("mon", "tue", "wed", "thu", "fri"), "Monday to Friday, 07:00 to 17:00, UTC"),
        (("mon", "wed", "fri"), "Monday, Wednesday, Friday, 07:00 to 17:00, UTC"),
        (("sun",), "Sunday, 07:00 to 17:00, UTC"),
    ],
)
def test_school_hours_are_said_as_a_school_would(days: tuple[str, ...], words: str) -> None:
    """A run of days is a run."""
    assert school_hours_words(Site(school_days=days)) == words


def test_the_method_says_how_many_tests_nothing_could_confirm() -> None:
    """A figure that may be the server's is known to be one."""
    told = dict(methods(SHORT))["Confirmation"]
    assert told.endswith("else the two count once.")
    tests = (unconfirmed(SHORT.tests[0], "there is no other one to ask"), *SHORT.tests[1:])
    assert dict(methods(replace(SHORT, tests=tests)))["Confirmation"] == (
        f"{told} 1 test of this week could not be confirmed: the server may have been the limit."
    )
