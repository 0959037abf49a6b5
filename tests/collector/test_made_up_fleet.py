"""The fleet that speed is measured on: a history made longer in bulk is one that the collector reads like any other."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from sqlalchemy import Engine, func, inspect, select

from benchmarks.fleet.asking import let_in
from benchmarks.fleet.deepening import SAMPLED, Depth, deepen
from benchmarks.fleet.filling import History, fill
from collector.database import Database
from collector.engine import reading
from collector.people import sessions
from collector.people.settings import PeopleSettings
from collector.store import Store, open_store
from collector.tables import hours, places, summaries

NOW = datetime(2026, 11, 24, 15, 30, tzinfo=UTC)
SHALLOW = Depth(weeks=2, days=2, hours=2, sampled=2)
DEEP = Depth(weeks=7, days=5, hours=6, sampled=800)
SITES = SAMPLED + 20


@pytest.fixture
def fleet(source: Engine, database: Database) -> Iterator[Store]:
    """A fleet of some districts, with a little history that was made deep."""
    store = open_store(database)
    fill(source, store, SITES, History(SHALLOW.weeks, SHALLOW.days, SHALLOW.hours), NOW)
    deepen(source, SHALLOW, DEEP, NOW)
    yield store
    store.close()


def test_every_site_has_the_weeks_and_days_of_the_longer_history_without_a_gap(fleet: Store) -> None:
    for known in fleet.sites():
        weeks = fleet.recent(known.key, "week", NOW, 100)
        if known.heard_at is None or NOW - known.heard_at > timedelta(days=1):
            continue
        assert len(weeks) == DEEP.weeks
        assert len({week.label for week in weeks}) == DEEP.weeks
        for newer, older in pairwise(weeks):
            assert older.ends_at == newer.starts_at
            assert older.complete
        assert len(fleet.recent(known.key, "day", NOW, 100)) == DEEP.days


def test_one_site_in_many_has_all_its_hours(fleet: Store) -> None:
    starts = [NOW.replace(minute=0) - timedelta(hours=n) for n in range(DEEP.sampled + 10)]
    counts = {known.key: len(fleet.hours(known.key, starts)) for known in fleet.sites()}
    assert counts[SAMPLED] == DEEP.sampled
    assert set(counts.values()) <= {0, DEEP.hours, DEEP.sampled}


def test_the_tables_have_the_indexes_that_they_had(fleet: Store, source: Engine) -> None:
    found = {
        index["name"] for table in ("hours", "summaries") for index in inspect(source).get_indexes(table)
    }
    assert {index.name for table in (hours, summaries) for index in table.indexes} <= found


def test_what_is_as_deep_already_is_left_alone(fleet: Store, source: Engine) -> None:
    def counted() -> list[int]:
        with reading(source) as connection:
            return [
                connection.execute(select(func.count()).select_from(table)).scalar_one()
                for table in (hours, summaries)
            ]

    before = counted()
    deepen(source, DEEP, DEEP, NOW)
    assert counted() == before


def test_somebody_of_every_scope_is_signed_in(fleet: Store, source: Engine) -> None:
    people = let_in(source, NOW)
    settings = PeopleSettings()
    everything, state, district = (
        sessions.viewer(source, settings, secret, NOW)
        for secret in (people.everything, people.state, people.district)
    )
    assert everything
    assert everything.places is None
    assert state
    assert state.places
    assert len(state.places) > 1
    assert district
    with reading(source) as connection:
        key = connection.execute(
            select(places.c.key).where(places.c.id == people.district_id, places.c.kind == "district")
        ).scalar_one()
    assert district.places == frozenset({key})
