"""A map without a map service: outlines of states that came with the program, and marks of sites upon them.

Flat: longitude is drawn shorter by the cosine of the middle latitude, which keeps shapes right over a state
and passable over a nation. Up to ``MOST_SITES`` sites are marks of their own, more are told by district, and
where districts are many too, by state.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files

from collector.views.discs_apart import Disc, apart

MOST_SITES = 400
WIDTH = 720.0
LOWEST, HIGHEST = 300.0, 620.0
MARGIN = 0.09
LARGEST, SMALLEST = 16.0, 4.0
ROOMY = 40
"""Discs as many as have room for the largest; where there are more, each is smaller."""
MOST_APART = 200
"""Discs that are moved apart; where there are more, they are small and many of them overlap."""
LEAST_DEGREES = 0.25
"""A map shows at least this much: one school isn't the whole of a country."""


@dataclass(frozen=True, slots=True)
class Spot:
    """Something to mark: a site with its state, or a place with how many of its sites are short."""

    lat: float
    lon: float
    name: str
    address: str
    state: str
    sites: int = 1
    short: int = 0


@dataclass(frozen=True, slots=True)
class Mark:
    """A spot on the drawing; ``radius`` grows with its sites, ``arc`` is the part of them that is short.

    ``home`` is where it lies, for one that had to make room and stands clear of that.
    """

    x: float
    y: float
    spot: Spot
    radius: float
    arc: float
    home: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Drawing:
    """A map: its height (its width is ``WIDTH``), outlines as SVG paths, and marks, the largest first."""

    width: float
    height: float
    outlines: tuple[tuple[str, str], ...]
    marks: tuple[Mark, ...]


def drawing(spots: Sequence[Spot]) -> Drawing | None:
    """The map that holds all spots; None where there is none."""
    if not spots:
        return None
    frame = _Frame(spots)
    most = max(spot.sites for spot in spots)
    largest = LARGEST * min(1.0, math.sqrt(ROOMY / len(spots)))
    marks = [
        Mark(
            *frame.at(spot.lon, spot.lat),
            spot,
            radius=5.5 if most == 1 else SMALLEST + largest * math.sqrt(spot.sites / most),
            arc=spot.short / spot.sites if spot.sites else 0.0,
        )
        for spot in spots
    ]
    if most > 1 and len(marks) <= MOST_APART:
        marks = _apart(marks, frame.height)
    # Later marks are drawn above earlier ones: what is short stays in sight.
    marks.sort(key=lambda mark: (-mark.radius, mark.spot.state == "short", mark.spot.name))
    return Drawing(WIDTH, frame.height, frame.outlines(), tuple(marks))


def _apart(marks: Sequence[Mark], height: float) -> list[Mark]:
    """Discs that lay upon each other, moved so that each is seen whole."""
    moved = apart(tuple(Disc(mark.x, mark.y, mark.radius) for mark in marks), WIDTH, height)
    return [
        replace(
            mark,
            x=disc.x,
            y=disc.y,
            radius=disc.radius,
            home=(mark.x, mark.y) if math.dist((mark.x, mark.y), (disc.x, disc.y)) > disc.radius else None,
        )
        for mark, disc in zip(marks, moved, strict=True)
    ]


class _Frame:
    """Where longitude and latitude stand on the drawing."""

    def __init__(self, spots: Sequence[Spot]) -> None:
        # Beyond the date line (Guam, the Aleutians' end) lies west of America, not east of Europe.
        self._wraps = max(s.lon for s in spots) - min(s.lon for s in spots) > 180
        lons = [self._unwrapped(s.lon) for s in spots]
        west, east = min(lons), max(lons)
        south, north = min(s.lat for s in spots), max(s.lat for s in spots)
        middle = (west + east) / 2, (south + north) / 2
        self._squeeze = max(math.cos(math.radians(middle[1])), 0.1)
        wide = max((east - west) * (1 + 2 * MARGIN), LEAST_DEGREES) * self._squeeze
        high = max((north - south) * (1 + 2 * MARGIN), LEAST_DEGREES)
        self.height = min(max(WIDTH * high / wide, LOWEST), HIGHEST)
        self._per_degree = min(WIDTH / wide, self.height / high)
        self._west = middle[0] - WIDTH / self._per_degree / self._squeeze / 2
        self._north = middle[1] + self.height / self._per_degree / 2

    def at(self, lon: float, lat: float) -> tuple[float, float]:
        return (
            (self._unwrapped(lon) - self._west) * self._squeeze * self._per_degree,
            (self._north - lat) * self._per_degree,
        )

    def _unwrapped(self, lon: float) -> float:
        return lon - 360 if self._wraps and lon > 0 else lon

    def outlines(self) -> tuple[tuple[str, str], ...]:
        """State by state: its name, and the path of those of its rings that are in sight."""
        found = []
        for name, rings in _states():
            paths = [path for ring in rings if (path := self._path(ring))]
            if paths:
                found.append((name, "".join(paths)))
        return tuple(found)

    def _path(self, ring: Sequence[tuple[float, float]]) -> str:
        spots = [self.at(lon, lat) for lon, lat in ring]
        xs, ys = [x for x, _ in spots], [y for _, y in spots]
        if max(xs) < 0 or min(xs) > WIDTH or max(ys) < 0 or min(ys) > self.height:
            return ""
        kept = [spots[0]]
        for spot in spots[1:]:
            if abs(spot[0] - kept[-1][0]) + abs(spot[1] - kept[-1][1]) >= 1.2:
                kept.append(spot)
        if len(kept) < 3:
            return ""
        return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in kept) + "Z"


@cache
def _states() -> tuple[tuple[str, tuple[tuple[tuple[float, float], ...], ...]], ...]:
    text = (files("collector") / "outlines" / "us-states.json").read_text()
    return tuple(
        (
            state["name"],
            tuple(
                tuple((ring[n] / 100, ring[n + 1] / 100) for n in range(0, len(ring), 2))
                for ring in state["rings"]
            ),
        )
        for state in json.loads(text)
    )
