"""Every hour is kept where its time says, and is read again in the order of time, on both stores."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from psycopg import DataError
from sqlalchemy import text

from collector import reads
from collector.database import Database
from collector.engine import reading
from collector.enrolled import Arrival, Item, Kept, Outdated, told_number
from collector.packed import packed
from collector.partitions import month_of
from collector.store import Store, open_store
from collector.writer import Writer
from reports.sites import Contract, Site
from reports.summaries import Summary
from tests.collector import made

SITES = 3
TOLD = told_number(b"{}", b"{}")


@pytest.fixture
def store(database: Database) -> Iterator[Store]:
    found = open_store(database)
    for number in range(SITES):
        found.add(Site(id=f"s{number}", name=f"s{number}"), Contract(), bytes([number]), made.NOW)
    yield found
    found.close()


def arrival(store: Store, number: int, hours: Sequence[Summary], at: datetime = made.NOW) -> Arrival:
    admitted = store.admitted([bytes([number])])[bytes([number])]
    items = tuple(
        Item("hour", one.label, int(one.starts_at.timestamp()), int(one.through_at.timestamp()), packed(one))
        for one in hours
    )
    site, contract = Site(name=f"Told {number}"), Contract()
    return Arrival(
        admitted.key, admitted.generation, "0.2.0", TOLD, items, int(at.timestamp()), (), site, contract
    )


def hours_from(start: datetime, count: int) -> list[Summary]:
    return [
        made.hour(start + timedelta(hours=n), through_at=start + timedelta(hours=n + 1)) for n in range(count)
    ]


def test_all_hours_of_a_stretch_come_by_time_and_site(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A part at a time, with none twice and none left out where a part ends."""
    monkeypatch.setattr(reads, "ROWS_AT_ONCE", 7)
    start = made.hour(made.NOW - timedelta(days=3)).starts_at
    store.keep([arrival(store, number, hours_from(start, 24)) for number in reversed(range(SITES))])
    found = list(store.hours_between(start + timedelta(hours=2), start + timedelta(hours=22)))
    assert len(found) == 20 * SITES
    assert [(one.starts_at, one.site) for one in found] == sorted((one.starts_at, one.site) for one in found)
    assert found[0].summary == hours_from(start + timedelta(hours=2), 1)[0]
    assert list(store.hours_between(start + timedelta(days=2), made.NOW)) == []


def test_one_group_may_hold_a_site_more_than_once(store: Store) -> None:
    """The later sees what the earlier brought, as if each had had a commit of its own."""
    start = made.hour(made.NOW - timedelta(days=1)).starts_at
    first, other = hours_from(start, 2), [made.hour(start, through_at=start + timedelta(hours=1), down=1.0)]
    became = store.keep(
        [
            arrival(store, 0, first[:1]),
            arrival(store, 0, first),
            arrival(store, 0, other),
            arrival(store, 1, other),
        ]
    )
    receipts = [one.receipt for one in became if isinstance(one, Kept)]
    assert [len(one.accepted) for one in receipts] == [1, 1, 0, 1]
    assert [len(one.known) for one in receipts] == [0, 1, 0, 0]
    assert [len(one.refused) for one in receipts] == [0, 0, 1, 0]


def test_an_hour_that_reaches_further_takes_the_place(store: Store) -> None:
    start = made.hour(made.NOW - timedelta(days=1)).starts_at
    half = made.hour(start, through_at=start + timedelta(minutes=30), down=5.0)
    store.keep([arrival(store, 0, [half])])
    (became,) = store.keep([arrival(store, 0, hours_from(start, 1))])
    assert isinstance(became, Kept)
    assert len(became.receipt.accepted) == 1
    (again,) = store.keep([arrival(store, 0, [half])])
    assert isinstance(again, Kept)
    assert len(again.receipt.known) == 1
    assert [one.summary for one in store.hours_between(start, made.NOW)] == hours_from(start, 1)


def test_what_was_judged_by_an_old_token_is_not_kept(store: Store) -> None:
    """Nor is anything of it; the others of its group are."""
    start = made.hour(made.NOW - timedelta(days=1)).starts_at
    old, other = arrival(store, 0, hours_from(start, 1)), arrival(store, 1, hours_from(start, 1))
    store.renew(old.key, b"new")
    became = store.keep([old, other])
    assert [type(one) for one in became] == [Outdated, Kept]
    assert [one.site for one in store.hours_between(start, made.NOW)] == [other.key]


def test_facts_that_changed_elsewhere_are_told_again(store: Store) -> None:
    """An upload that leaves them out, since they were told before, is judged anew."""
    full = arrival(store, 0, [])
    assert isinstance(store.keep([full])[0], Kept)
    light = Arrival(full.key, full.generation, "0.2.0", TOLD, (), full.received_at)
    assert isinstance(store.keep([light])[0], Kept)
    with store.engine.begin() as connection:
        connection.execute(text("UPDATE sites SET told = NULL"))
    assert isinstance(store.keep([light])[0], Outdated)


def test_nothing_of_a_group_that_fails_is_kept(store: Store) -> None:
    start = made.hour(made.NOW - timedelta(days=1)).starts_at
    good = arrival(store, 0, hours_from(start, 1))
    poison = msgspec.structs.replace(arrival(store, 1, hours_from(start, 1)), told=1 << 70)
    with pytest.raises((sqlite3.IntegrityError, DataError)):
        store.keep([good, poison])
    assert list(store.hours_between(start, made.NOW)) == []
    assert isinstance(store.keep([good])[0], Kept), "and the next is"


def test_one_that_cannot_be_kept_is_in_the_way_of_no_other(store: Store) -> None:
    """The writer finds it out, and keeps what came with it."""
    start = made.hour(made.NOW - timedelta(days=1)).starts_at
    arrivals = [arrival(store, number % SITES, hours_from(start, 1)) for number in range(7)]
    arrivals[5] = msgspec.structs.replace(arrivals[5], told=1 << 70)
    writer = Writer(store)

    async def sent() -> list[object]:
        waiting = [writer.submit(one) for one in arrivals]
        writer.start()
        found: list[object] = list(await asyncio.gather(*waiting, return_exceptions=True))
        return found

    became = asyncio.run(sent())
    writer.stop()
    assert [isinstance(one, Kept) for one in became] == [True, True, True, True, True, False, True]
    assert len(list(store.hours_between(start, made.NOW))) == SITES


def test_postgresql_has_a_partition_for_each_month_before_it_comes(store: Store) -> None:
    """Hours of no such month are kept apart, and move when their month is made."""
    if store.engine.dialect.name != "postgresql":
        pytest.skip("SQLite has one table")
    late = made.hour(made.NOW + timedelta(days=200)).starts_at
    store.keep(
        [arrival(store, 0, hours_from(made.NOW.replace(minute=0), 1)), arrival(store, 1, hours_from(late, 1))]
    )
    assert months(store) == [
        "hours_2026_10",
        "hours_2026_11",
        "hours_2026_12",
        "hours_2027_01",
        "hours_other",
    ]
    assert rows(store, "hours_other") == 1
    later = made.NOW + timedelta(days=190)
    store.keep([arrival(store, 0, [], later)])
    assert month_of(int(late.timestamp()))[0] == "2027_06"
    assert rows(store, "hours_other") == 0
    assert rows(store, "hours_2027_06") == 1


def test_a_month_begins_and_ends_with_the_calendar() -> None:
    december = int(datetime(2026, 12, 31, 23, tzinfo=UTC).timestamp())
    name, begins, ends = month_of(december)
    assert name == "2026_12"
    assert datetime.fromtimestamp(begins, UTC) == datetime(2026, 12, 1, tzinfo=UTC)
    assert datetime.fromtimestamp(ends, UTC) == datetime(2027, 1, 1, tzinfo=UTC)
    assert month_of(december, 1)[0] == "2027_01"
    assert month_of(december, -12)[0] == "2025_12"


def months(store: Store) -> list[str]:
    asked = text(
        "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'hours'::regclass ORDER BY 1"
    )
    with reading(store.engine) as connection:
        return list(connection.scalars(asked))


def rows(store: Store, table: str) -> int:
    with reading(store.engine) as connection:
        return int(connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one())
