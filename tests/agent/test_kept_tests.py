"""Throughput tests come out of the store as they went in, and are found by time and by whose they are."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agent import kept_tests, store
from agent.history import History
from reports.samples import CapacitySample

AT = datetime(2026, 11, 24, 12, tzinfo=UTC)
SAMPLE = CapacitySample(
    id="a",
    started_at=AT,
    ended_at=AT + timedelta(seconds=9),
    engine="http",
    server="http://speed.example",
    outcome="ok",
    down_mbps=94.1,
    up_mbps=20.3,
    flags=("truncated", "proxied"),
    detail='it\'s an "odd" one',
)


@pytest.fixture
def opened(tmp_path: Path) -> sqlite3.Connection:
    return store.open_store(tmp_path)


def test_what_goes_in_comes_out(opened: sqlite3.Connection) -> None:
    kept_tests.add(opened, SAMPLE)
    refused = replace(SAMPLE, id="b", outcome="no_measurement", reason="dns", down_mbps=None, flags=())
    kept_tests.add(opened, refused)
    assert kept_tests.between(opened, AT, AT + timedelta(seconds=1)) == [SAMPLE, refused]
    assert History(opened).capacity_samples(AT, AT + timedelta(seconds=1)) == [SAMPLE, refused]
    opened.close()


def test_a_stretch_has_its_beginning_and_not_its_end(opened: sqlite3.Connection) -> None:
    kept_tests.add(opened, SAMPLE)
    assert kept_tests.between(opened, AT - timedelta(hours=1), AT) == []
    assert kept_tests.between(opened, AT, AT + timedelta(hours=1)) == [SAMPLE]
    opened.close()


def test_the_newest_come_first_and_imported_ones_are_no_tests_of_this_agents(
    opened: sqlite3.Connection,
) -> None:
    for hour in range(4):
        flags = ("imported",) if hour == 3 else ()
        kept_tests.add(
            opened, replace(SAMPLE, id=str(hour), started_at=AT + timedelta(hours=hour), flags=flags)
        )
    assert [test.id for test in kept_tests.recent(opened, 2)] == ["2", "1"]
    opened.close()


def test_the_same_test_twice_is_an_error(opened: sqlite3.Connection) -> None:
    kept_tests.add(opened, SAMPLE)
    with pytest.raises(sqlite3.IntegrityError):
        kept_tests.add(opened, SAMPLE)
    opened.close()
