"""A sample that couldn't be taken has no number, and a rate is bits over the time that was observed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

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
