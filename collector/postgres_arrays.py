"""Columns of values as arrays in PostgreSQL's own octets (array_send() of its source), and statements that
take them.

psycopg dumps each element of a list by itself, which takes ten times as long; an array as text costs the
server as much again, which has to read it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from itertools import chain, count, repeat
from struct import Struct, error, pack
from typing import Any

from psycopg import DataError

_HEAD = Struct("!iiIii").pack
"""Dimensions, whether any is missing, the elements' type, how many there are, and the first one's number."""

_LENGTH = Struct("!i").pack
_MISSING = _LENGTH(-1)


class Array:
    """A column; its values are octets by now. Raises psycopg.DataError where they can't be."""

    __slots__ = ("octets",)

    def __init__(self, values: Collection[Any]) -> None:
        head = _HEAD(1, int(None in values), self.element, len(values), 1)
        try:
            self.octets = head + self.elements(values)
        except (error, UnicodeEncodeError) as fault:
            raise DataError(str(fault)) from None

    element: int
    """The number of the elements' type (pg_type.dat)."""

    array: int

    @staticmethod
    def elements(values: Collection[Any]) -> bytes:
        raise NotImplementedError


class Ints(Array):
    """Whole numbers of four octets, none of them missing."""

    __slots__ = ()
    element, array = 23, 1007

    @staticmethod
    def elements(values: Collection[int]) -> bytes:
        return pack("!" + "ii" * len(values), *chain.from_iterable(zip(repeat(4), values, strict=False)))


class Bigints(Array):
    """Whole numbers of eight octets, none of them missing."""

    __slots__ = ()
    element, array = 20, 1016

    @staticmethod
    def elements(values: Collection[int]) -> bytes:
        return pack("!" + "iq" * len(values), *chain.from_iterable(zip(repeat(8), values, strict=False)))


class Octets(Array):
    __slots__ = ()
    element, array = 17, 1001

    @staticmethod
    def elements(values: Collection[bytes | None]) -> bytes:
        return b"".join([_MISSING if one is None else _LENGTH(len(one)) + one for one in values])


class Texts(Array):
    __slots__ = ()
    element, array = 25, 1009

    @staticmethod
    def elements(values: Collection[str | None]) -> bytes:
        return b"".join(_texts(values))


def _texts(values: Collection[str | None]) -> Iterator[bytes]:
    for one in values:
        if one is None:
            yield _MISSING
        else:
            octets = one.encode()
            yield _LENGTH(len(octets))
            yield octets


_KINDS: dict[str, type[Array]] = {"int": Ints, "bigint": Bigints, "text": Texts, "bytea": Octets}
_COLUMN = re.compile(r"\*(int|bigint|text|bytea)")


class Statement:
    """One for many rows. ``*`` before the name of a type in its words is where a column comes in."""

    def __init__(self, words: str) -> None:
        numbers = count(1)
        self.words = _COLUMN.sub(lambda found: f"${next(numbers)}::{found[1]}[]", words).encode()
        self.kinds = tuple(_KINDS[name] for name in _COLUMN.findall(words))
        self.types = tuple(kind.array for kind in self.kinds)
