"""Turns a parsed TOML table into a frozen dataclass, strictly; every fault is one line.

A line names the file and table, the key, what was found and what is expected. Unknown keys are
faults too, with the nearest known key named: a misspelt setting that is silently ignored is the
worst kind. Pure: it takes what ``tomllib`` returned and the name to use for the place.
"""

from __future__ import annotations

import dataclasses
import functools
import re
import types
import typing
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, TypeVar

from reports.faults import ConfigFault

T = TypeVar("T")

_KINDS = {bool: "true or false", int: "a whole number", float: "a number", str: "text", date: "a date"}


def setting(
    default: Any = dataclasses.MISSING,
    *,
    low: float | None = None,
    high: float | None = None,
    parse: Callable[[Any], Any] | None = None,
    expect: str | None = None,
) -> Any:
    """A dataclass field with what a file may say of it.

    ``low`` and ``high`` are inclusive. ``parse`` turns the raw TOML value into the field's and raises
    ValueError when it can't; ``expect`` then says, for a person, what would have been right.
    """
    metadata = {"low": low, "high": high, "parse": parse, "expect": expect}
    return dataclasses.field(default=default, metadata=metadata)


def read_table(kind: type[T], table: Mapping[str, object], where: str) -> T:
    """Builds ``kind`` from a TOML table; ``where`` names the place, as in ``agent.toml: [site]``.

    Raises ConfigFault on the first thing that is wrong.
    """
    fields = {f.name: f for f in dataclasses.fields(kind) if f.init}  # type: ignore[arg-type]  # T is a dataclass
    hints = _hints(kind)  # type: ignore[arg-type]  # a type is hashable
    for key in table:
        if key not in fields:
            raise ConfigFault(f"{where} {key}: unknown key{nearest(key, fields)}")
    values: dict[str, Any] = {}
    for name, field in fields.items():
        if name in table:
            values[name] = _read_value(hints[name], table[name], field.metadata, f"{where} {name}")
        elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            raise ConfigFault(f"{where} {name}: missing, expected {_expected(hints[name], field.metadata)}")
    return kind(**values)


def read_field(kind: type, name: str, raw: object, where: str) -> Any:
    """One field's value, as ``read_table`` finds it."""
    return _read_value(_hints(kind)[name], raw, _metadata(kind)[name], f"{where} {name}")


def read_tables(kinds: Mapping[str, type], data: Mapping[str, object], where: str) -> dict[str, Any]:
    """Builds one dataclass for each ``[table]`` of a file; a table that isn't there gives its defaults.

    ``where`` is the file's name. Raises ConfigFault on the first thing that is wrong.
    """
    for key, table in data.items():
        if key not in kinds:
            raise ConfigFault(f"{where}: [{key}]: unknown table{nearest(key, kinds)}")
        if not isinstance(table, Mapping):
            raise ConfigFault(f"{where}: {key}: found {_shown(table)}, expected a table [{key}]")
    return {
        name: read_table(kind, typing.cast(Mapping[str, object], data.get(name, {})), f"{where}: [{name}]")
        for name, kind in kinds.items()
    }


def duration(raw: object) -> float:
    """Seconds in `"90s"`, `"5m"`, `"6h"` or `"2d"`. Raises ValueError."""
    match = re.fullmatch(r"(\d{1,6}(?:\.\d{1,3})?)\s*([smhd])", raw) if isinstance(raw, str) else None
    if not match or float(match[1]) <= 0:
        raise ValueError(raw)
    return float(match[1]) * {"s": 1, "m": 60, "h": 3600, "d": 86_400}[match[2]]


def nearest(key: str, known: typing.Iterable[str]) -> str:
    """`, did you mean "students"?` or, when nothing is near, the list of what is known."""
    import difflib  # only a mistake needs it, and the agent makes none for months

    known = list(known)
    close = difflib.get_close_matches(key, known, n=1, cutoff=0.6)
    return f', did you mean "{close[0]}"?' if close else f", known are: {', '.join(known)}"


@functools.cache
def _metadata(kind: type) -> dict[str, Mapping[str, Any]]:
    return {field.name: field.metadata for field in dataclasses.fields(kind)}


@functools.cache
def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _read_value(hint: Any, raw: object, metadata: Mapping[str, Any], place: str) -> Any:
    expected = _expected(hint, metadata)
    if parse := metadata.get("parse"):
        try:
            return parse(raw)
        except (ValueError, TypeError, KeyError):
            raise ConfigFault(f"{place}: found {_shown(raw)}, expected {expected}") from None
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        if not isinstance(raw, Mapping):
            raise ConfigFault(f"{place}: found {_shown(raw)}, expected a table")
        return read_table(hint, raw, place)
    value = _checked(_without_none(hint), raw, place, expected)
    low, high = metadata.get("low"), metadata.get("high")
    if value is not None and ((low is not None and value < low) or (high is not None and value > high)):
        raise ConfigFault(f"{place}: found {_shown(raw)}, expected {expected}")
    return value


def _checked(hint: Any, raw: object, place: str, expected: str) -> Any:
    origin = typing.get_origin(hint)
    if origin is typing.Literal:
        if raw in typing.get_args(hint):
            return raw
    elif origin is tuple:
        if isinstance(raw, list):
            inner = typing.get_args(hint)[0]
            if dataclasses.is_dataclass(inner) and isinstance(inner, type):
                return tuple(_read_value(inner, item, {}, f"{place}[{n}]") for n, item in enumerate(raw))
            return tuple(_checked(inner, item, place, expected) for item in raw)
    elif hint is float:
        finite = isinstance(raw, int | float) and not isinstance(raw, bool) and -1e15 < raw < 1e15
        if finite:
            return float(raw)  # type: ignore[arg-type]  # a number, as the line above found
    elif hint is int:
        if isinstance(raw, int) and not isinstance(raw, bool):
            return raw
    elif hint is date:
        if isinstance(raw, date) and not isinstance(raw, datetime):
            return raw
    elif isinstance(raw, hint):
        return raw
    raise ConfigFault(f"{place}: found {_shown(raw)}, expected {expected}")


def _without_none(hint: Any) -> Any:
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        return next(arg for arg in typing.get_args(hint) if arg is not type(None))
    return hint


def _expected(hint: Any, metadata: Mapping[str, Any]) -> str:
    if metadata.get("expect"):
        return str(metadata["expect"])
    hint = _without_none(hint)
    if typing.get_origin(hint) is typing.Literal:
        return "one of " + ", ".join(f'"{choice}"' for choice in typing.get_args(hint))
    if typing.get_origin(hint) is tuple:
        return "a list of " + _expected(typing.get_args(hint)[0], {}).removeprefix("a ")
    text = _KINDS.get(hint, "a table")
    low, high = metadata.get("low"), metadata.get("high")
    if low is not None and high is not None:
        return f"{text} from {_number(low)} to {_number(high)}"
    if low is not None:
        return f"{text} of {_number(low)} or more"
    return text


def _number(figure: float) -> str:
    return f"{figure:,.0f}" if figure == int(figure) else f"{figure:g}"


def _shown(raw: object) -> str:
    if isinstance(raw, bool):
        return "true" if raw else "false"
    text = f'"{raw}"' if isinstance(raw, str) else str(raw)
    text = "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in text)
    return text if len(text) <= 60 else text[:57] + "..."
