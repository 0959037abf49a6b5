"""The hash chain over a site's summaries: what shows that one is missing, was edited, or was made twice.

Every complete summary is a link. Its body says which one it is (1, 2, 3, ...) and the SHA-256 of the body
before it, so that a body's hash stands for everything up to it. Bodies are hashed as the bytes that were
made once and are what is stored and sent. A summary of a running period is no link: the next one replaces
it. What a chain can't show alone is an end that was cut off, or a past that was rewritten as a whole; both
show against another's copy of the head.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from reports.wording import say, say_as, say_many

BreakKind = Literal["gap", "edit", "fork"]

SHORT = 12
"""Hexadecimal digits of a hash that people compare."""


@dataclass(frozen=True, slots=True)
class Link:
    """A summary's place: its number from 1, and the hash of the body before it, None for the first."""

    number: int
    previous: str | None


@dataclass(frozen=True, slots=True)
class Entry:
    """A link with the hash of its body. ``found`` is what a kept body hashes to now, None without one."""

    number: int
    previous: str | None
    digest: str
    found: str | None = None


@dataclass(frozen=True, slots=True)
class Break:
    """What is wrong with the links ``first`` to ``last``.

    A gap: they aren't there. An edit: a body isn't the one that was linked. A fork: two bodies follow the
    same one, as after a store was restored from a copy.
    """

    kind: BreakKind
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Have:
    """How far a collector has a site's chain: its highest number with the hash, and what is missing below."""

    through: int = 0
    head: str | None = None
    missing: tuple[tuple[int, int], ...] = ()


def digest(body: str | bytes) -> str:
    """The hash of a body, in hexadecimal."""
    return hashlib.sha256(body.encode() if isinstance(body, str) else body).hexdigest()


def linked(body: str, link: Link) -> str:
    """A summary's JSON with its link as the last member."""
    previous = f'"{link.previous}"' if link.previous else "null"
    return f'{body[:-1]},"chain":{{"number":{link.number},"previous":{previous}}}}}'


def verify(entries: Iterable[Entry], through: int = 0) -> list[Break]:
    """Everything that is wrong with a chain, in its order; the entries may come in any.

    ``through`` is the highest number there ever was, if that is known from elsewhere.
    """
    at: dict[int, set[Entry]] = {}
    for entry in entries:
        at.setdefault(entry.number, set()).add(entry)
    end = [through + 1] if through > max(at, default=0) else []
    breaks = {Break("gap", first, last) for first, last in missing((*at, *end))}
    for number, here in at.items():
        before = {None} if number == 1 else {one.digest for one in at.get(number - 1, ())}
        if before and any(one.previous not in before for one in here):
            breaks.add(Break("edit", max(1, number - 1), max(1, number - 1)))
        if any(one.found not in (None, one.digest) for one in here):
            breaks.add(Break("edit", number, number))
        bodies = {(one.previous, one.digest) for one in here}
        if len({previous for previous, _ in bodies}) < len(bodies):
            breaks.add(Break("fork", number, number))
    return sorted(breaks, key=lambda one: (one.first, one.kind))


def missing(numbers: Iterable[int], after: int = 0) -> list[tuple[int, int]]:
    """The stretches that aren't there between ``after`` and the highest number, each as first and last."""
    there = sorted({after, *(number for number in numbers if number > after)})
    return [(a + 1, b - 1) for a, b in pairwise(there) if b > a + 1]


def break_words(one: Break) -> str:
    """`81 to 84 are missing`, `57 was edited`, `101 is there twice`."""
    which = f"{one.first:,}"
    if one.first != one.last:
        which = say_as("numbers", "{first} to {last}", first=which, last=f"{one.last:,}")
    if one.kind == "gap":
        many = one.last - one.first + 1
        return say_many("{which} is missing", "{which} are missing", many, which=which)
    if one.kind == "edit":
        return say("{which} was edited", which=which)
    return say("{which} is there twice", which=which)
