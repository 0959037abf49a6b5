"""A site on a switch port, as its district sees it: a lower bound meets a target, and is named as one."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from collector.settings import load
from reports.samples import Rates
from reports.summaries import Summary
from tests.collector import made
from tests.collector.conftest import migrated, running
from tests.collector.test_pages import page


def bounded(down_mbps: float) -> Summary:
    """A week in which all of seven tests were lower bounds."""
    week = made.week(down=None, up=None, tests=0, school_days=0)
    bound = Rates(down_mbps, down_mbps)
    capacity = dataclasses.replace(
        week.capacity, tests_untrusted=7, lower_bounds=7, school_days_at_least=5, at_least=bound
    )
    return dataclasses.replace(week, capacity=capacity)


@pytest.mark.parametrize(("down_mbps", "verdict"), [(5000.0, "meets"), (9.0, "not enough evidence")])
def test_it_meets_a_target_or_has_no_verdict_yet(tmp_path: Path, down_mbps: float, verdict: str) -> None:
    """Never short; and every place that has the figure says "at least"."""
    with running(migrated(tmp_path), load(None)) as collector:
        token = collector.enrol(made.LINCOLN, made.CABLE)
        collector.post(token, made.body([bounded(down_mbps)]))
        answer = collector.get("/v1/sites/lincoln").json()["standing"]["gap"]
        assert (answer["verdict"], answer["at_least"], answer["tests"]) == (verdict, True, 7)
        assert (answer["shortfall_mbps"] or 0.0) == 0.0
        for path in ("/sites", "/sites/lincoln"):
            assert "at least" in page(collector, path).words.lower()
