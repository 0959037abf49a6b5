"""By which way SQLite, which has no statistics, finds rows of the table of sites: the one that what is asked leaves short."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, event

from collector.database import Database
from collector.engine import engine, reading
from collector.migrating import prepare
from collector.standings.asked import SORTS, Asked
from collector.standings.narrowing import FEW
from collector.standings.reading import part, place_totals, totals
from collector.standings.scope import ALL, Scope

OF_A_DISTRICT = Scope(frozenset({7}))


@pytest.fixture(scope="module")
def plans(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Callable[[Connection], Any]], str]]:
    """What SQLite says of how it does all that is read."""
    database = Database(tmp_path_factory.mktemp("plans") / "collector.sqlite")
    prepare(database)
    source = engine(database)

    def planned(reads: Callable[[Connection], Any]) -> str:
        said: list[tuple[str, Any]] = []

        def hear(connection: Any, cursor: Any, statement: str, given: Any, *_: Any) -> None:
            said.append((statement, given))

        with reading(source) as connection:
            event.listen(source, "before_cursor_execute", hear)
            reads(connection)
            event.remove(source, "before_cursor_execute", hear)
            driver: Any = connection.connection.driver_connection
            lines = [driver.execute(f"EXPLAIN QUERY PLAN {text}", given).fetchall() for text, given in said]
        return "\n".join(row[3] for found in lines for row in found)

    yield planned
    source.dispose()


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("state", ["", "short"])
@pytest.mark.parametrize("q", ["", "lincoln"])
@pytest.mark.parametrize("provider", ["", "Plains Fiber"])
def test_few_of_a_place_are_found_by_it(plans: Any, sort: str, state: str, q: str, provider: str) -> None:
    asked = Asked(sort=sort, state=state, q=q, provider=provider)
    found = plans(lambda connection: part(connection, OF_A_DISTRICT, asked, 5))
    assert "standings USING INDEX ix_standings_places (place=?)" in found
    assert "SCAN standings" not in found
    assert found.count("SEARCH standings") == found.count("ix_standings_places")


@pytest.mark.parametrize("sort", SORTS)
def test_few_of_a_provider_are_found_by_it(plans: Any, sort: str) -> None:
    asked = Asked(sort=sort, provider="Plains Fiber", state="short")
    found = plans(lambda connection: part(connection, ALL, asked, 5))
    assert found.count("SEARCH standings USING INDEX ix_standings_providers (provider=?)") == found.count(
        "standings USING"
    )


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("scope", [ALL, OF_A_DISTRICT])
def test_a_page_of_many_is_read_in_its_order(plans: Any, sort: str, scope: Scope) -> None:
    """No more than a page is put in order; those without a figure are found by the same index."""
    asked = Asked(sort=sort, provider="Plains Fiber", q="lincoln")
    found = plans(lambda connection: part(connection, scope, asked, FEW + 1))
    assert f"ix_standings_{asked.column}_site" in found
    assert "ix_standings_places" not in found
    assert "ix_standings_providers" not in found


def test_counts_are_read_from_an_index_alone(plans: Any) -> None:
    for scope, asked in (
        (ALL, Asked()),
        (ALL, Asked(provider="Plains Fiber")),
        (ALL, Asked(q="lincoln")),
        (OF_A_DISTRICT, Asked()),
    ):
        found = plans(lambda connection, scope=scope, asked=asked: totals(connection, scope, asked))
        assert "standings USING COVERING INDEX" in found


@pytest.mark.parametrize("q", ["", "lakes"])
def test_what_a_viewers_places_come_to_is_read_of_them_alone(plans: Any, q: str) -> None:
    found = plans(lambda connection: place_totals(connection, OF_A_DISTRICT, q=q, limit=8))
    assert "SEARCH standings USING COVERING INDEX ix_standings_places (place=?)" in found
