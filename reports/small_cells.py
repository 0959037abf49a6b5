"""Counts by area in which no small group can be seen, nor worked out from the totals.

A count of fewer than ten isn't told (none counts as few: it would say the same of everybody). What is left
may still give it away: a total less the areas that are told is the one that isn't. So as many more areas are
held back, the smallest first, until those held back are two or more and ten or more together; where no more
are left, the total is held back too.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

FEWEST = 10

Counts = tuple[int, int]
"""How many meet a benchmark, and how many fall short of it."""


@dataclass(frozen=True, slots=True)
class Cells:
    """What may be told of an area, or of all of them (``area`` None); None is what may not."""

    area: str | None
    checks: int | None
    meets: int | None
    short: int | None


@dataclass(frozen=True, slots=True)
class Told:
    """One benchmark's areas by name, and their total."""

    benchmark: str
    areas: tuple[Cells, ...]
    total: Cells


def told(answers: Iterable[tuple[str, Mapping[str, str]]]) -> tuple[Told, ...]:
    """What may be told of checks, each an area and its answers by benchmark; unclear ones don't count."""
    counts: dict[str, dict[str, Counts]] = {}
    for area, by_benchmark in answers:
        for benchmark, answer in by_benchmark.items():
            areas = counts.setdefault(benchmark, {})
            meets, short = areas.get(area, (0, 0))
            areas[area] = (meets + (answer == "meets"), short + (answer == "short"))
    nameless = _nameless(list(counts.values()))
    return tuple(_told(benchmark, areas, nameless) for benchmark, areas in sorted(counts.items()))


def _nameless(tables: list[dict[str, Counts]]) -> set[str]:
    """Areas of which not even the number of checks is told: of no benchmark, or another's would tell it."""
    hidden: set[str] = set()
    while True:
        before = len(hidden)
        for areas in tables:
            sizes = {area: (sum(pair),) for area, pair in areas.items()}
            few = {area for area, (size,) in sizes.items() if size < FEWEST}
            hidden |= _covered((hidden & sizes.keys()) | few, sizes)
        if len(hidden) == before:
            return hidden


def _told(benchmark: str, areas: Mapping[str, Counts], nameless: set[str]) -> Told:
    held = {area for area, pair in areas.items() if min(pair) < FEWEST or area in nameless}
    held = _covered(held, areas)
    total = Cells(None, *_sum(areas.values()))
    if not _safe(nameless & areas.keys(), {area: (sum(pair),) for area, pair in areas.items()}):
        total = Cells(None, None, None, None)
    elif not _safe(held, areas) or min(total.meets or 0, total.short or 0) < FEWEST:
        total = Cells(None, total.checks if (total.checks or 0) >= FEWEST else None, None, None)
    rows = (
        Cells(
            area,
            None if area in nameless else sum(areas[area]),
            *((None, None) if area in held else areas[area]),
        )
        for area in sorted(areas)
    )
    return Told(benchmark, tuple(rows), total)


def _covered(held: set[str], areas: Mapping[str, tuple[int, ...]]) -> set[str]:
    """The areas held back, and as many of the smallest others as it takes to cover them."""
    held = set(held)
    left = sorted(areas.keys() - held, key=lambda area: (min(areas[area]), sum(areas[area]), area))
    while left and not _safe(held, areas):
        held.add(left.pop(0))
    return held


def _safe(held: Collection[str], areas: Mapping[str, tuple[int, ...]]) -> bool:
    """Whether a total less what is told gives nothing away: nothing is held back, or enough of everything."""
    together = [sum(column) for column in zip(*(areas[area] for area in held), strict=True)]
    return not held or (len(held) > 1 and min(together) >= FEWEST)


def _sum(pairs: Iterable[Counts]) -> tuple[int, int, int]:
    meets, short = (sum(column) for column in zip(*pairs, strict=True))
    return meets + short, meets, short
