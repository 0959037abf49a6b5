"""A sample that couldn't be taken has no number, and a rate is bits over the time that was observed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from reports.samples import CapacitySample, Rates, UsageSample, mbps

AT = datetime(2026, 11, 17, 15, tzinfo=UTC)
USAGE = UsageSample("wan0", AT, 300.0, 37_500_000, 3_750_000)
TEST = CapacitySample("1", AT, AT, "bandgap", "a.example", "ok", down_mbps=94.1, up_mbps=20.0)


def test_a_mean_is_over_the_observed_part_of_its_slot() -> None:
    """37.5 MB in 300 s are 1 Mbit/s; in the 150 s that were seen, they are 2."""
    assert USAGE.mean == Rates(1.0, 0.1)
    assert replace(USAGE, interval_s=150.0).mean == Rates(2.0, 0.2)
    assert mbps(125_000, 1) == 1.0


def test_a_slot_in_which_nothing_was_observed_has_no_mean() -> None:
    """Not zero: unknown."""
    assert replace(USAGE, interval_s=0.0, rx_bytes=0, tx_bytes=0).mean == Rates(None, None)


def test_an_observed_silence_is_a_mean_of_zero() -> None:
    """An idle line was measured, and it was idle."""
    assert replace(USAGE, rx_bytes=0, tx_bytes=0).mean == Rates(0.0, 0.0)


def test_rates_are_true_when_either_way_is_known() -> None:
    """Zero is known."""
    assert Rates(0.0)
    assert Rates(None, 0.0)
    assert not Rates()


def test_only_a_measurement_without_flags_is_trusted() -> None:
    """What failed and what is doubtful never enters a verdict."""
    assert TEST.trusted
    assert not replace(TEST, flags=("not_steady",)).trusted
    assert not replace(TEST, outcome="no_measurement", reason="dns", down_mbps=None).trusted


def test_a_tests_own_part_is_what_others_left_of_the_line() -> None:
    """Where nobody saw the others, nobody knows the part."""
    busy = replace(TEST, other_down_mbps=30.1)
    assert busy.own.down_mbps == pytest.approx(64.0)
    assert busy.own.up_mbps is None
    assert busy.other == Rates(30.1, None)
    assert not TEST.own


def test_a_burst_is_remarked_and_leaves_the_figure_trusted() -> None:
    assert TEST.remarks == ()
    burst = replace(TEST, burst_up_mbps=60.0)
    assert burst.remarks == ("burst",)
    assert burst.trusted


def test_a_test_is_long_by_the_time_that_it_loaded_the_line() -> None:
    """Not by what was asked for: an engine that can't hold its load made a short one."""
    assert not TEST.long
    assert not replace(TEST, load_s=2.4).long
    assert replace(TEST, load_s=10.0).long
