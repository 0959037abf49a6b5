"""Two tests of one moment: which of them counts, and what is said of the other."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from reports.confirmation import below, held_together, is_unconfirmed, unconfirmed
from reports.samples import CapacitySample, Rates
from reports.sentences import FLAGS, outcome

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
ASKED = Rates(100.0, 50.0)


def measured(down: float | None, up: float | None = 60.0, **changes: Any) -> CapacitySample:
    known: dict[str, Any] = {
        "id": f"{down}",
        "started_at": NOON,
        "ended_at": NOON + timedelta(seconds=8),
        "engine": "http",
        "server": f"http://{down}.example",
        "outcome": "ok",
        "down_mbps": down,
        "up_mbps": up,
    }
    return CapacitySample(**{**known, **changes})


@pytest.mark.parametrize(
    ("sample", "asked", "is_below"),
    [
        (measured(99.9), ASKED, True),
        (measured(100.0), ASKED, False),
        (measured(500.0, 49.0), ASKED, True),
        (measured(99.0), Rates(), False),
        (measured(99.0), Rates(None, 50.0), False),
        (measured(500.0, None), ASKED, False),
        (measured(10.0, flags=("truncated",)), ASKED, False),
        (measured(None, None, outcome="no_measurement", reason="dns"), ASKED, False),
    ],
)
def test_only_a_figure_that_would_count_and_is_too_low_is_in_question(
    sample: CapacitySample, asked: Rates, is_below: bool
) -> None:
    assert below(sample, asked) is is_below


def test_a_second_that_gives_more_says_that_the_first_server_was_the_limit() -> None:
    first, second = held_together(measured(40.0), measured(94.0), ASKED)
    assert first.flags == ("server_limited",)
    assert second.trusted
    assert second.flags == ()
    assert FLAGS["server_limited"] in outcome(first)


def test_two_that_agree_are_one_piece_of_evidence() -> None:
    """Moments below target would weigh double in the median otherwise."""
    first, second = held_together(measured(90.0, detail="burst"), measured(91.5), ASKED)
    assert first.trusted
    assert first.detail == "burst; below target, confirmed by http on http://91.5.example"
    assert not second.trusted
    assert second.detail == "confirms http on http://90.0.example"
    assert outcome(second) == "Measured: it confirms the test before it, and the two count once"
    assert not is_unconfirmed(first)


def test_a_second_that_gives_less_was_limited_itself() -> None:
    first, second = held_together(measured(90.0), measured(20.0), ASKED)
    assert (first.trusted, second.flags) == (True, ("server_limited",))


def test_only_the_way_that_fell_short_is_compared() -> None:
    """A second server that takes uploads more quickly says nothing of the download."""
    first, second = held_together(measured(90.0, 60.0), measured(90.0, 900.0), ASKED)
    assert (first.trusted, second.flags) == (True, ("confirms",))


@pytest.mark.parametrize(
    ("second", "why"),
    [
        (measured(None, None, outcome="no_measurement", reason="refused", server=None), "http: refused"),
        (measured(300.0, flags=("not_steady", "wifi")), "http on http://300.0.example: not_steady, wifi"),
    ],
)
def test_a_second_that_cant_be_trusted_confirms_nothing(second: CapacitySample, why: str) -> None:
    first, same = held_together(measured(40.0), second, ASKED)
    assert first.trusted, "it stands"
    assert first.detail == f"below target, not confirmed by another server: {why}"
    assert is_unconfirmed(first)
    assert same == second


def test_a_first_without_a_second_stands_and_says_so() -> None:
    first = unconfirmed(measured(40.0, detail="burst"), "there is no other one to ask")
    assert first.trusted
    assert first.detail == (
        "burst; below target, not confirmed by another server: there is no other one to ask"
    )
    assert is_unconfirmed(first)
    assert not is_unconfirmed(measured(40.0))
