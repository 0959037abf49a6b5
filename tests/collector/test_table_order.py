"""The table of sites a page at a time: in every order, forward and back, each site is there exactly once."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Engine

from collector.engine import reading, writing
from collector.standings.asked import SORTS, Asked, BadParameter, Cursor, forgiving, read
from collector.standings.reading import Stand, every, part, totals
from collector.standings.scope import ALL
from collector.standings.stale import stale
from tests.collector import made
from tests.collector.board_of_schools import Schools


@pytest.fixture
def fleet(source: Engine) -> Engine:
    """Figures of all kinds, many of them alike, and sites without any."""
    schools, chance = Schools(source), random.Random(3)
    for n in range(37):
        weeks = []
        if chance.random() < 0.75:
            figures: dict[str, Any] = {"down": chance.choice((20.0, 60.0, 500.0, 9000.0, 9000.0, None))}
            weeks = [made.week(demand=chance.choice((5.0, 50.0)), tests=chance.choice((2, 20)), **figures)]
        name = chance.choice(("Oak", "oak", "Ärzte", "100%_sure", "Zoo\\", "O'Hara"))
        schools.add(f"s{n:02}", weeks, name=f"{name} {n % 4}", heard=chance.random() < 0.8)
    schools.judge().catch_up()
    return source


@pytest.mark.parametrize("sort", [*SORTS, *(f"-{name}" for name in SORTS)])
def test_each_order_has_every_site_once_forward_and_back(fleet: Engine, sort: str) -> None:
    """Those with a figure first, by it; those without one last, whichever way round."""
    asked = Asked(sort=sort, limit=5)
    with reading(fleet) as connection:
        found = part(connection, ALL, asked)
        forward = list(found.rows)
        while found.after:
            assert found.rows
            found = part(connection, ALL, replace(asked, after=found.after))
            forward += found.rows
        back = list(found.rows)
        while found.before:
            found = part(connection, ALL, replace(asked, before=found.before))
            back = [*found.rows, *back]
    assert len({row.id for row in forward}) == len(forward) == 37
    assert [row.id for row in back] == [row.id for row in forward]
    figures = [_figure(row, asked) for row in forward]
    known = [figure for figure in figures if figure is not None]
    assert figures[len(known) :] == [None] * (37 - len(known))
    if asked.column != "name_sort":  # by the database's own collation
        assert known == sorted(known, reverse=asked.descending)


def _figure(row: Stand, asked: Asked) -> Any:
    return row.name.casefold() if asked.column == "name_sort" else getattr(row, asked.column)


def test_every_row_is_read_a_page_at_a_time(fleet: Engine) -> None:
    with reading(fleet) as connection:
        assert len({row.id for row in every(connection, ALL, Asked(sort="people"), at_once=4)}) == 37


@pytest.mark.parametrize(
    ("q", "count"),
    [("OAK", 37), ("100%_", 37), ("%", 37), ("_", 37), ("\\", 37), ("ärzte", 37), ("o'h", 37), ("s0", 10)],
)
def test_a_search_takes_every_sign_as_itself(fleet: Engine, q: str, count: int) -> None:
    """Percent, underscore, backslash and quote are letters like others; case doesn't matter."""
    with reading(fleet) as connection:
        everything = list(every(connection, ALL, Asked()))
        found = {row.id for row in every(connection, ALL, Asked(q=q))}
        counted = totals(connection, ALL, Asked(q=q)).sites
    expected = {row.id for row in everything if q.casefold() in f"{row.name} {row.id}".casefold()}
    assert found == expected
    assert counted == len(expected) <= count


def test_filters_narrow_together(fleet: Engine) -> None:
    with reading(fleet) as connection:
        found = list(every(connection, ALL, Asked(state="short", q="o", provider="Lakes Cable")))
        none = list(every(connection, ALL, Asked(provider="' OR 1=1 --")))
    assert found
    assert all(row.state == "short" and "o" in row.name.casefold() for row in found)
    assert none == []


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ({"sort": "token_sha256"}, "sort"),
        ({"state": "SHORT"}, "state"),
        ({"limit": "0"}, "limit"),
        ({"limit": "1001"}, "limit"),
        ({"limit": "9" * 400}, "limit"),
        ({"limit": "١"}, "limit"),
        ({"q": "a\0b"}, "q"),
        ({"q": "x" * 201}, "q"),
        ({"q": "\ud800"}, "q"),
        ({"after": "!"}, "after"),
        ({"after": "W10"}, "after"),
        ({"after": str(Cursor("text", 1))}, "after"),
        ({"after": str(Cursor(1e300, 1))}, "after"),
        ({"after": str(Cursor(0.5, 2**70))}, "after"),
        ({"after": str(Cursor(None, 1)), "sort": "name"}, "after"),
        ({"after": "W" * 5000}, "after"),
        ({"after": str(Cursor(0.5, 1)), "before": str(Cursor(0.5, 1))}, "before"),
    ],
)
def test_what_cannot_be_is_refused_by_name_and_forgiven_on_pages(query: dict[str, str], name: str) -> None:
    with pytest.raises(BadParameter) as refused:
        read(query, most=1000)
    assert refused.value.name == name
    assert forgiving(query, limit=50).limit == 50


def test_an_address_says_what_is_asked_and_no_more() -> None:
    asked = Asked(q="a&b=c", sort="-people", state="short")
    assert asked.address("/sites") == "/sites?q=a%26b%3Dc&state=short&sort=-people"
    assert asked.address("/sites", q="", state="", sort="gap") == "/sites"
    cursor = Cursor("ä/é", 7)
    kept = read({"sort": "name", "after": str(cursor)}, most=10)
    assert kept.after == cursor


def test_writing_and_judging_leave_the_table_whole(fleet: Engine) -> None:
    """A row put in the place of another is one row."""
    schools = Schools(fleet)
    with writing(fleet) as connection:
        stale(connection, range(1, 38))
    schools.judge().catch_up()
    with reading(fleet) as connection:
        assert totals(connection, ALL).sites == 37
