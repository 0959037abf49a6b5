"""The roll-ups' SQL, and what it stands on.

The numbered files of this folder are views, each a SELECT over those before it, in words that DuckDB and
Spark read alike. Every figure is a whole number, and so are all sums; percentiles are the engines' exact
ones, never approximations. Under them lie three relations that an engine lays: ``parts`` and ``later``, rows
as the archive has them (``collector/archive/columns.py``), and ``sites``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from typing import Any, Literal, Protocol

Level = Literal["site", "district", "state"]
LEVELS: tuple[Level, ...] = ("site", "district", "state")

_LAST_OF_SITES = 4
"""The number of the file that has one row a site; those after it put sites together."""


@dataclass(frozen=True, slots=True)
class Ground:
    """What a roll-up is made of: the days ``first_day`` <= day < ``end_day`` by each site's own calendar.

    ``parts`` are the paths of all files that may hold hours of them, one at the least; ``later`` those among
    them that may hold hours which an earlier one has too. ``sites`` says who is where, and ``sites_path``
    names a file with the same.
    """

    first_day: date
    end_day: date
    parts: Sequence[str]
    later: Sequence[str]
    sites: Any
    sites_path: str


class Engine(Protocol):
    """Runs the roll-ups; gives the rows as an Arrow table, in the order of their names."""

    def rolled_up(self, ground: Ground, level: Level) -> Any: ...


def views(ground: Ground, level: Level) -> list[tuple[str, str]]:
    """Names and SELECTs of the views to lay over the ground, in order."""
    found = []
    for number, name, text in _scripts():
        if name == "hours" and not ground.later:
            text = "SELECT * FROM parts"  # most periods: nothing can be there twice, so nobody need look
        if number > _LAST_OF_SITES and level == "site":
            break
        if number == _LAST_OF_SITES + 1:
            found.append(("places", f"SELECT site, {level} AS place FROM sites WHERE {level} IS NOT NULL"))  # noqa: S608  # one of LEVELS
        found.append((name, text))
    return found


def answer(level: Level) -> str:
    """What to ask once the views are there."""
    return "SELECT * FROM site ORDER BY site" if level == "site" else "SELECT * FROM place ORDER BY place"


def inside(ground: Ground) -> str:
    """The condition that leaves out hours of the days around the period."""
    return f"local_day >= DATE '{ground.first_day}' AND local_day < DATE '{ground.end_day}'"


def _scripts() -> list[tuple[int, str, str]]:
    scripts = [place for place in files("collector.rollups").iterdir() if place.name.endswith(".sql")]
    named = (place.name.removesuffix(".sql").partition("_") for place in scripts)
    return sorted(
        (int(number), name, place.read_text().rstrip())
        for (number, _, name), place in zip(named, scripts, strict=True)
    )
