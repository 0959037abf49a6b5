"""A language in which every message that translators get is written in wide letters, to see what else there is.

``Short of {target}`` is ``Ｓｈｏｒｔ ｏｆ {target}``: a letter of ASCII in such a report is a name or a unit, or it
was never given to a translator. What isn't in the catalogues is not made wide either.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from gettext import GNUTranslations
from typing import Any

from reports.languages import FOLDER
from reports.week import WeeklyReport
from reports.wording import speaking
from tests.reports import example_long, example_week


class Wide:
    """A catalogue of the messages that the Spanish one has."""

    def __init__(self) -> None:
        with (FOLDER / "es" / "LC_MESSAGES" / "bandgap.mo").open("rb") as file:
            self._known: dict[Any, str] = GNUTranslations(file)._catalog  # type: ignore[attr-defined]

    def gettext(self, message: str, /) -> str:
        return wide(message) if message in self._known else message

    def pgettext(self, context: str, message: str, /) -> str:
        return wide(message) if f"{context}\x04{message}" in self._known else message

    def ngettext(self, one: str, many: str, n: int, /) -> str:
        return wide(one if n == 1 else many) if (one, 0) in self._known else one if n == 1 else many


def wide(message: str) -> str:
    """Every letter of ASCII wide, but for those of places to fill."""
    pieces = re.split(r"(\{\w+\})", message)
    return "".join(
        piece if n % 2 else re.sub(r"[A-Za-z]", lambda found: chr(ord(found[0]) + 0xFEE0), piece)
        for n, piece in enumerate(pieces)
    )


@contextmanager
def wide_words() -> Iterator[None]:
    with speaking("x-wide", Wide()):
        yield


def afresh(make: Callable[[], WeeklyReport]) -> WeeklyReport:
    """One of the example's reports in the language in force: they are kept, and so is their language."""
    _forget()
    try:
        return make()
    finally:
        _forget()


def _forget() -> None:
    for kept in (example_week.week, example_long.month, example_long.running_month, example_long.year):
        kept.cache_clear()
