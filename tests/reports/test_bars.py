"""Four numbers on one scale, and no bar for one that isn't known."""

from __future__ import annotations

import pytest

from reports.bars import bars
from tests.reports import example_week


def test_the_longest_is_the_whole_width_and_the_others_are_to_scale() -> None:
    """Demanded, delivered, contracted, recommended, always in this order."""
    found = bars(example_week.short_of_target())
    assert [bar.kind for bar in found] == ["demanded", "delivered", "contracted", "target"]
    assert [bar.value for bar in found] == ["117.0 Mbps", "180.6 Mbps", "250.0 Mbps", "1,282 Mbps"]
    assert found[3].share == 1.0
    assert found[2].share == pytest.approx(250 / 1282.4)


def test_what_is_lacking_is_the_targets_part_above_what_is_delivered() -> None:
    """Above delivered, not above what the contract says."""
    target = bars(example_week.short_of_target())[3]
    assert target.lacking == pytest.approx(1 - 180.62 / 1282.4)
    assert bars(example_week.meets_target())[3].lacking == 0.0


def test_an_unknown_number_has_a_dash_and_no_bar() -> None:
    """Not a bar of no length."""
    contracted = bars(example_week.no_contract())[2]
    assert (contracted.value, contracted.share) == ("–", None)
    assert bars(example_week.no_students())[3].share is None


def test_without_any_number_there_is_no_chart() -> None:
    """Nor a row for a target when no set is chosen."""
    assert bars(example_week.nothing_measured()) == ()
    assert len(bars(example_week.no_targets())) == 3
