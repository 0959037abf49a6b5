"""Discs on a map moved until none lies upon another, so that each can be told and clicked.

In rounds, two that overlap are pushed apart along the line between them, the smaller one further. Where there
is no room for all, or one would end up too far from where it belongs, all are made smaller and it is tried
again. Pure; the same for the same discs, so the last few are remembered: a nation's take some 50 ms.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

ROUNDS, TRIES, SMALLER = 150, 10, 0.88
LEAST = 3.5
"""A radius that can still be clicked; what is smaller from the start stays so."""
FARTHEST = 15.0
"""A disc is looked for about where its place is."""
ROOM = 1.5
"""Between the rims of two discs."""
TURN = 2.399963
"""The golden angle: what lies at the same place goes a different way each (Vogel 1979)."""


@dataclass(frozen=True, slots=True)
class Disc:
    """Where a disc's middle is, and its radius."""

    x: float
    y: float
    radius: float


@dataclass(slots=True)
class _Moving:
    """A disc while it is looked for a place for it."""

    x: float
    y: float
    radius: float


@lru_cache(maxsize=16)
def apart(discs: tuple[Disc, ...], width: float, height: float) -> tuple[Disc, ...]:
    """The discs in their order, within the drawing and free of each other as far as there is room."""
    scale = 1.0
    found: list[_Moving] = []
    for _ in range(TRIES):
        found = [_Moving(one.x, one.y, max(one.radius * scale, min(one.radius, LEAST))) for one in discs]
        free = any(_round(found, width, height) for _ in range(ROUNDS))
        if free and all(
            math.dist((a.x, a.y), (b.x, b.y)) <= FARTHEST for a, b in zip(discs, found, strict=True)
        ):
            break
        scale *= SMALLER
    return tuple(Disc(one.x, one.y, one.radius) for one in found)


def _round(discs: list[_Moving], width: float, height: float) -> bool:
    """Pushes each pair apart once; whether there was nothing to push."""
    free = True
    order = sorted(range(len(discs)), key=lambda n: discs[n].x)
    widest = 2 * max((one.radius for one in discs), default=0.0) + ROOM
    for place, n in enumerate(order):
        for m in order[place + 1 :]:
            if discs[m].x - discs[n].x > 2 * widest:
                break
            free = _pushed(discs[n], discs[m], TURN * (n + m)) and free
    for one in discs:
        one.x = min(max(one.x, one.radius), width - one.radius)
        one.y = min(max(one.y, one.radius), height - one.radius)
    return free


def _pushed(one: _Moving, other: _Moving, angle: float) -> bool:
    """Whether they were free of each other; else they are now, the smaller one moved further."""
    dx, dy = other.x - one.x, other.y - one.y
    far, want = math.hypot(dx, dy), one.radius + other.radius + ROOM
    if far >= want - 0.01:
        return True
    if far < 0.01:
        dx, dy, far = math.cos(angle), math.sin(angle), 1.0
        push = want
    else:
        push = want - far
    share = other.radius**2 / (one.radius**2 + other.radius**2)
    one.x -= dx / far * push * share
    one.y -= dy / far * push * share
    other.x += dx / far * push * (1 - share)
    other.y += dy / far * push * (1 - share)
    return False
