"""A site is on time, late or silent by what is expected of it, in hours and not in days."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.watch.liveness import GAPS_KEPT, MOST_S, expected_s, gaps_with, liveness
from tests.collector.made import NOW

HOUR = 3600.0


@pytest.mark.parametrize(
    ("hours_ago", "every_s", "state"),
    [
        (1.0, HOUR, "on time"),
        (1.5, HOUR, "on time"),
        (1.7, HOUR, "late"),
        (3.1, HOUR, "silent"),
        (6.0, 4 * HOUR, "on time"),
        (11.0, 4 * HOUR, "late"),
        (12.1, 4 * HOUR, "silent"),
    ],
)
def test_states_go_by_the_expected_cadence(hours_ago: float, every_s: float, state: str) -> None:
    heard = NOW - timedelta(hours=hours_ago)
    assert liveness(heard, every_s, NOW, silent_after_s=3 * HOUR).state == state


def test_a_site_that_was_never_heard_is_not_silent() -> None:
    assert liveness(None, HOUR, NOW, silent_after_s=HOUR).state == "never heard"


def test_silent_after_is_the_least_that_makes_a_silence() -> None:
    """An agent every ten minutes isn't silent after half an hour where the operator said three."""
    heard = NOW - timedelta(hours=2)
    assert liveness(heard, 600.0, NOW, silent_after_s=3 * HOUR).state == "late"
    assert liveness(heard, 600.0, NOW, silent_after_s=1 * HOUR).state == "silent"


def test_what_an_agent_says_counts_before_its_past_and_its_past_before_an_hour() -> None:
    past = [7200.0] * GAPS_KEPT
    assert expected_s(1800.0, past) == 1800.0
    assert expected_s(None, past) == 7200.0
    assert expected_s(None, past[:3]) == HOUR
    assert expected_s(1e7, past) == MOST_S


def test_a_silence_is_no_habit() -> None:
    gaps = gaps_with([HOUR], NOW - timedelta(days=3), NOW)
    assert gaps == (HOUR,)
    assert gaps_with(gaps, NOW - timedelta(hours=2), NOW) == (HOUR, 7200.0)
    assert gaps_with(gaps, None, NOW) == gaps


@given(st.floats(0, 1e7), st.floats(60, 1e6), st.floats(60, 1e6))
def test_nobody_is_silent_before_he_is_late(ago: float, every_s: float, silent_after_s: float) -> None:
    found = liveness(NOW - timedelta(seconds=ago), every_s, NOW, silent_after_s=silent_after_s)
    assert found.late_at is not None
    assert found.silent_at is not None
    assert found.late_at <= found.silent_at
    assert (found.state == "silent") == (found.silent_at < NOW)
