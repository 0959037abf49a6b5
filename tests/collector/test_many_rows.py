"""Many rows are put into a table at once, in the place of those with their keys."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Engine, insert, select

from collector.engine import reading, writing
from collector.many_rows import put
from collector.standings.tables import standing_weeks, standings
from collector.tables import sites


def week(place: int, label: str, mbps: float, short: int = 0) -> dict[str, object]:
    return {"place": place, "week": label, "short": short, "unknown": 1, "silent": 2, "meets": 3,
            "shortfall_mbps": mbps, "people_short": 3_000_000_000}  # fmt: skip


def test_new_ones_are_added_and_known_ones_replaced(source: Engine) -> None:
    """By the whole key. Whole numbers of a column of floats are floats in the database, too."""
    with writing(source) as connection:
        put(connection, standing_weeks, [week(1, "2026-W01", 1.5), week(2, "2026-W01", 7)])
        put(connection, standing_weeks, [week(1, "2026-W01", 0.1 + 0.2, short=9), week(1, "2026-W02", 1e15)])
    with reading(source) as connection:
        rows = connection.execute(select(standing_weeks).order_by("place", "week")).all()
    assert [tuple(row) for row in rows] == [
        (1, "2026-W01", 9, 1, 2, 3, 0.1 + 0.2, 3_000_000_000),
        (1, "2026-W02", 0, 1, 2, 3, 1e15, 3_000_000_000),
        (2, "2026-W01", 0, 1, 2, 3, 7.0, 3_000_000_000),
    ]


def test_texts_days_and_nothing_are_kept_as_they_are(source: Engine) -> None:
    """Quotes and letters of any script; a figure that is missing stays missing."""
    name = 'O\'Brien "Ñandú" \\ 学校'
    row = dict.fromkeys((column.name for column in standings.c), None) | {
        "site": 1, "id": "a", "name": name, "name_sort": name.casefold(), "search": name, "state": "short",
        "verdict": "short", "contract_ends_on": date(2027, 6, 30), "judged_at": 5, "changes": 0, "lat": -0.5,
    }  # fmt: skip
    with writing(source) as connection:
        known = {"key": 1, "id": "a", "token_sha256": b"x", "enrolled_at": 0, "facts": "{}", "contract": "{}"}
        connection.execute(insert(sites).values(known))
        put(connection, standings, [row])
        put(connection, standings, [])
    with reading(source) as connection:
        assert dict(connection.execute(select(standings)).one()._mapping) == row
