"""Which sites a viewer may see: all, or those of some places and of the places below them."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, CompoundSelect, Select, or_, select, union
from starlette.requests import Request

from collector.standings.tables import standings
from collector.tables import places


@dataclass(frozen=True, slots=True)
class Scope:
    """Keys of places, states or districts; None for all sites, those of no place too."""

    places: frozenset[int] | None = None

    @property
    def everything(self) -> bool:
        return self.places is None

    def condition(self) -> ColumnElement[bool] | None:
        """What limits rows of the table of standings; None where nothing does."""
        return self.of_place(standings.c.place)

    def of_place(self, column: ColumnElement[int | None]) -> ColumnElement[bool] | None:
        """The same of any table, by its column with a place's key."""
        return None if self.places is None else column.in_(_below(self.places))

    def of_places(self) -> ColumnElement[bool] | None:
        """What limits rows of the table of places."""
        if self.places is None:
            return None
        return or_(places.c.key.in_(self.places), places.c.parent.in_(self.places))


ALL = Scope()


def scope_of(request: Request) -> Scope:
    """What the viewer of a request that was let in may see (``collector/people/gate.py``)."""
    return Scope(request.state.viewer.places)


def with_those_below(named: Select[tuple[int]]) -> CompoundSelect[tuple[int]]:
    """Keys of places, and of those below them.

    Not one condition with OR: of that PostgreSQL expects half of all places, and reads every site for it.
    """
    return union(named, select(places.c.key).where(places.c.parent.in_(named)))


def _below(keys: frozenset[int]) -> CompoundSelect[tuple[int]]:
    return with_those_below(select(places.c.key).where(places.c.key.in_(keys)))
