"""Where longitude and latitude stand on the drawing of a map, and outlines of states upon it.

Flat: longitude is drawn shorter by the cosine of the middle latitude, which keeps shapes right over a state
and passable over a nation. Parts of the country that lie far from the rest have boxes of their own below it,
each at the scale that fills its box; a fleet of such parts alone has the whole drawing.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

WIDTH = 720.0
LOWEST, HIGHEST = 300.0, 620.0
MARGIN = 0.09
LEAST_DEGREES = 0.25
"""A map shows at least this much: one school isn't the whole of a country."""
STRIP, BETWEEN = 104.0, 12.0
"""Height of the boxes below, and the room about each."""

Place = tuple[float, float]
"""Longitude and latitude in degrees."""


@dataclass(frozen=True, slots=True)
class Apart:
    """A part of the country that is drawn apart: its bounds in degrees, and its share of the strip."""

    west: float
    east: float
    south: float
    north: float
    share: float

    def __contains__(self, place: Place) -> bool:
        lon, lat = _westward(place[0]), place[1]
        return self.west <= lon <= self.east and self.south <= lat <= self.north


ALASKA = Apart(-190, -129.5, 51, 72, 0.3)
HAWAII = Apart(-161, -154, 18.5, 22.7, 0.2)
PUERTO_RICO = Apart(-68, -64.3, 17.4, 18.8, 0.2)
"""With the Virgin Islands."""
GUAM = Apart(-216.5, -213, 13, 19.2, 0.15)
"""With the Northern Mariana Islands."""
SAMOA = Apart(-171.2, -168, -14.8, -14, 0.15)
PARTS = (ALASKA, HAWAII, PUERTO_RICO, GUAM, SAMOA)


@dataclass(frozen=True, slots=True)
class Box:
    """A part's box on the drawing."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class _Flat:
    """A projection; ``middle`` is drawn at the point ``x``, ``y``."""

    middle: Place
    squeeze: float
    per_degree: float
    x: float
    y: float

    def at(self, lon: float, lat: float) -> tuple[float, float]:
        return (
            self.x + (lon - self.middle[0]) * self.squeeze * self.per_degree,
            self.y - (lat - self.middle[1]) * self.per_degree,
        )


class Frame:
    """The drawing that holds all of some places. ``boxes`` are those of parts that are drawn apart."""

    def __init__(self, places: Sequence[Place]) -> None:
        near = [place for place in places if not any(place in part for part in PARTS)]
        away = [part for part in PARTS if near and any(place in part for place in places)]
        middle = near or list(places)
        # Beyond the date line (Guam, the Aleutians' end) lies west of America, not east of Europe.
        self._wraps = max(lon for lon, _ in middle) - min(lon for lon, _ in middle) > 180
        middle = [(self._unwrapped(lon), lat) for lon, lat in middle]
        self._main, main_height = _whole(middle)
        self.height = main_height + (STRIP + 2 * BETWEEN if away else 0)
        self._apart: list[tuple[Apart, _Flat, Box]] = []
        x = BETWEEN
        for part in away:
            width = part.share * (WIDTH - (len(PARTS) + 1) * BETWEEN)
            box = Box(x, main_height + BETWEEN, width, STRIP)
            self._apart.append((part, _within(part, box), box))
            x += width + BETWEEN
        self._main_height = main_height

    @property
    def boxes(self) -> tuple[Box, ...]:
        return tuple(box for _, _, box in self._apart)

    def at(self, lon: float, lat: float) -> tuple[float, float]:
        """Where a place is drawn; outside of the drawing where it isn't in sight."""
        for part, flat, _ in self._apart:
            if (lon, lat) in part:
                return flat.at(_westward(lon), lat)
        return self._main.at(self._unwrapped(lon), lat)

    def outlines(self) -> tuple[tuple[str, str], ...]:
        """State by state: its name, and the path of those of its rings that are in sight."""
        found = []
        for name, rings in states():
            paths = [path for ring in rings if (path := self._path(ring))]
            if paths:
                found.append((name, "".join(paths)))
        return tuple(found)

    def _path(self, ring: Sequence[Place]) -> str:
        if any(ring[0] in part for part, _, _ in self._apart):
            low, high = self._main_height, self.height
        else:
            low, high = 0.0, self._main_height
        spots = [self.at(lon, lat) for lon, lat in ring]
        xs, ys = [x for x, _ in spots], [y for _, y in spots]
        if max(xs) < 0 or min(xs) > WIDTH or max(ys) < low or min(ys) > high:
            return ""
        kept = [spots[0]]
        for spot in spots[1:]:
            if abs(spot[0] - kept[-1][0]) + abs(spot[1] - kept[-1][1]) >= 1.2:
                kept.append(spot)
        if len(kept) < 3:
            return ""
        return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in kept) + "Z"

    def _unwrapped(self, lon: float) -> float:
        return _westward(lon) if self._wraps else lon


def _westward(lon: float) -> float:
    return lon - 360 if lon > 0 else lon


def _whole(places: Sequence[Place]) -> tuple[_Flat, float]:
    """The projection that fills the drawing with all places, and the drawing's height."""
    lons, lats = [lon for lon, _ in places], [lat for _, lat in places]
    middle = (min(lons) + max(lons)) / 2, (min(lats) + max(lats)) / 2
    squeeze = _squeeze(middle)
    wide = max((max(lons) - min(lons)) * (1 + 2 * MARGIN), LEAST_DEGREES) * squeeze
    high = max((max(lats) - min(lats)) * (1 + 2 * MARGIN), LEAST_DEGREES)
    height = min(max(WIDTH * high / wide, LOWEST), HIGHEST)
    return _Flat(middle, squeeze, min(WIDTH / wide, height / high), WIDTH / 2, height / 2), height


def _within(part: Apart, box: Box) -> _Flat:
    middle = (part.west + part.east) / 2, (part.south + part.north) / 2
    squeeze = _squeeze(middle)
    per_degree = min(box.width / ((part.east - part.west) * squeeze), box.height / (part.north - part.south))
    return _Flat(middle, squeeze, per_degree, box.x + box.width / 2, box.y + box.height / 2)


def _squeeze(middle: Place) -> float:
    return max(math.cos(math.radians(middle[1])), 0.1)


@cache
def states() -> tuple[tuple[str, tuple[tuple[Place, ...], ...]], ...]:
    """Each state's name and the rings of its outline."""
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
