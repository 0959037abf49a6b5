"""What else a test found is told in figures where it is known, and not at all where it isn't."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from reports.sample_words import (
    burst,
    figure_row,
    found_columns,
    jitter_words,
    judged,
    legend,
    line_rate,
    loss,
    round_trips,
    share,
)
from reports.samples import CapacitySample

AT = datetime(2026, 11, 17, 15, tzinfo=UTC)
TEST = CapacitySample(
    "1", AT, AT, "http", "a.example", "ok", down_mbps=94.1, up_mbps=20.0, latency_idle_ms=12, latency_loaded_ms=41
)  # fmt: skip
WHOLE = replace(
    TEST,
    other_down_mbps=30.1,
    other_up_mbps=0.0,
    jitter_ms=0.42,
    responsiveness_rpm=1463.4,
    loss_share=0.008,
    loss_down_share=0.0,
    loss_up_share=0.008,
    retransmitted_share=0.002,
    burst_down_mbps=143.2,
)


@pytest.mark.parametrize(
    ("found", "words"),
    [(0.0, "0 %"), (0.0001, "under 0.1 %"), (0.0071, "0.7 %"), (0.124, "12 %"), (1.0, "100 %"), (None, "–")],
)
def test_a_share_is_never_nothing_while_something_is_there(found: float | None, words: str) -> None:
    assert share(found) == words


def test_a_line_that_others_share_has_three_figures() -> None:
    assert line_rate(94.1, 30.1) == "94.1 Mbps, of it 64.0 Mbps this test and 30.1 Mbps other traffic"


@pytest.mark.parametrize("other", [None, 0.0, 0.5])
def test_a_line_that_the_test_had_to_itself_has_one(other: float | None) -> None:
    """Whether nobody knows, or whether a few packets of others passed."""
    assert line_rate(94.1, other) == "94.1 Mbps"


def test_round_trips_have_their_jitter_and_how_many_fit_a_minute() -> None:
    assert round_trips(WHOLE) == "12 ms idle (jitter 0.4 ms), 41 ms under load (1,463 round trips a minute)"
    assert round_trips(TEST) == "12 ms idle, 41 ms under load"


def test_jitter_has_the_places_that_it_needs() -> None:
    assert [jitter_words(ms) for ms in (0.03, 0.42, 12.0, None)] == ["0.03 ms", "0.4 ms", "12 ms", "–"]


def test_loss_is_told_each_way_where_the_far_end_counted() -> None:
    assert loss(WHOLE) == "0 % down, 0.8 % up; 0.2 % of the upload's segments sent again"
    together = replace(TEST, loss_share=0.01)
    assert loss(together) == "1.0 % there and back"
    assert loss(TEST) is None


def test_a_burst_is_what_came_before_the_figure() -> None:
    assert burst(WHOLE) == "143.2 Mbps down at first; the figure is what the line sustains"
    both = replace(WHOLE, burst_up_mbps=60.0)
    assert burst(both) == "143.2 Mbps down and 60.0 Mbps up at first; the figure is what the line sustains"
    assert burst(TEST) is None


def test_a_figure_after_a_burst_is_trusted_and_says_so() -> None:
    assert judged(TEST) == "Trusted"
    assert judged(WHOLE).startswith("Trusted. Burst: 143.2 Mbps down at first")
    assert judged(replace(TEST, flags=("wifi",))) == "Untrusted: the test went over this machine's Wi-Fi"


def test_a_table_has_the_columns_in_which_something_is_known() -> None:
    """None at all where nothing is known beside the rates; its legend speaks of no other."""
    assert found_columns([TEST, TEST]) == []
    assert found_columns([]) == []
    names = found_columns([TEST, replace(TEST, jitter_ms=0.4), replace(TEST, burst_up_mbps=60.0)])
    assert names == ["down", "up", "burst", "jitter"]
    assert legend(names) == (
        "burst: what the line gave before it fell to the figure; jitter: in ms, on the idle line. "
        "Rates in Mbps, pairs are down/up."
    )


def test_a_row_of_figures_has_dashes_where_nothing_is_known() -> None:
    assert list(figure_row(WHOLE).values()) == [
        "94.1",
        "20.0",
        "30/0.0",
        "143/–",
        "0.4",
        "1,463",
        "0.0/0.8",
        "0.2",
    ]
    assert list(figure_row(TEST).values()) == ["94.1", "20.0", "–", "–", "–", "–", "–", "–"]
    assert figure_row(replace(TEST, loss_share=0.0002))["lost"] == "<0.1"
