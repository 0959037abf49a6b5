"""A map without a map service: outlines of states that came with the program, and marks of sites upon them.

Up to ``MOST_SITES`` sites are marks of their own, more are told by district, and where districts are many
too, by state.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from collector.views.discs_apart import Disc, apart
from collector.views.frame import WIDTH, Box, Frame

MOST_SITES = 400
LARGEST, SMALLEST = 16.0, 4.0
ROOMY = 40
"""Discs as many as have room for the largest; where there are more, each is smaller."""
MOST_APART = 200
"""Discs that are moved apart; where there are more, they are small and many of them overlap."""


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
    """A map: outlines as SVG paths, boxes of what is drawn apart, and marks, the largest first."""

    width: float
    height: float
    outlines: tuple[tuple[str, str], ...]
    boxes: tuple[Box, ...]
    marks: tuple[Mark, ...]


def drawing(spots: Sequence[Spot]) -> Drawing | None:
    """The map that holds all spots; None where there is none."""
    if not spots:
        return None
    frame = Frame([(spot.lon, spot.lat) for spot in spots])
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
    return Drawing(WIDTH, frame.height, frame.outlines(), frame.boxes, tuple(marks))


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
