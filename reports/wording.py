"""The words of a report in the language that it is made in; English stands in the code and names messages.

A whole sentence is one message, with named places for what goes into it, since another language has another
order. What a message says depends on the language in force and on nothing else. The language is a context
variable, as the precision of ``decimal`` is: each thread and each task has its own, English until it says
otherwise, so that one process makes reports in many languages at once, and none of the hundred functions that
make words has to be handed one. A report is put together and laid out under one language
(``reports.languages.spoken``). Knows no file: nothing is loaded where English is spoken.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Literal, Protocol

Language = Literal["en", "es"]


class Catalogue(Protocol):
    """What ``gettext.GNUTranslations`` offers."""

    def gettext(self, message: str, /) -> str: ...
    def pgettext(self, context: str, message: str, /) -> str: ...
    def ngettext(self, one: str, many: str, n: int, /) -> str: ...


_SPOKEN: ContextVar[tuple[str, Catalogue] | None] = ContextVar("spoken", default=None)


def say(message: str, /, **values: object) -> str:
    """The message with its places filled. Nothing is filled into a message that comes with no values: it may
    be a name."""
    spoken = _SPOKEN.get()
    words = spoken[1].gettext(message) if spoken and message else message
    return words.format(**values) if values else words


def say_as(context: str, message: str, /, **values: object) -> str:
    """The same for a word that has two meanings: the context tells translators which."""
    spoken = _SPOKEN.get()
    words = spoken[1].pgettext(context, message) if spoken else message
    return words.format(**values) if values else words


def say_many(one: str, many: str, count: int, /, **values: object) -> str:
    """The message for a number of things. ``{n}`` is the number as `1,440`, unless it is handed in."""
    spoken = _SPOKEN.get()
    words = spoken[1].ngettext(one, many, count) if spoken else one if count == 1 else many
    return words.format(**{"n": f"{count:,}", **values})


def later(message: str) -> str:
    """Marks words of a table, which are said where they are used."""
    return message


def listed(words: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    if len(words) < 2:
        return "".join(words)
    return say("{first} and {last}", first=", ".join(words[:-1]), last=words[-1])


def capital(words: str) -> str:
    """Words at the beginning of a sentence."""
    return words[:1].upper() + words[1:]


def small(words: str) -> str:
    """Words inside a sentence."""
    return words[:1].lower() + words[1:]


def language() -> str:
    """The language in force, as HTML and documents name it (BCP 47)."""
    spoken = _SPOKEN.get()
    return spoken[0] if spoken else "en"


def tag() -> str:
    """The language with its country, as word processors choose their dictionaries by it."""
    return f"{language()}-US"


@contextmanager
def speaking(name: str, catalogue: Catalogue | None) -> Iterator[None]:
    """Words are those of a catalogue here; without one they are English."""
    before = _SPOKEN.set((name, catalogue) if catalogue else None)
    try:
        yield
    finally:
        _SPOKEN.reset(before)
