"""What a terminal gets beyond plain text: colour, and one line that changes while work goes on.

Neither appears in a pipe, under NO_COLOR (no-color.org) or on a dumb terminal; the result reads the same
without them.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections import deque
from collections.abc import Mapping
from typing import Self, TextIO

from reports.sentences import octets
from reports.sparkline import spark

_CODES = {"good": "32", "bad": "31", "unsure": "33", "strong": "1", "faint": "2"}


def colourful(stream: TextIO, environ: Mapping[str, str]) -> bool:
    """Whether colour belongs on this stream."""
    return stream.isatty() and not environ.get("NO_COLOR") and environ.get("TERM", "") not in ("", "dumb")


def paint(text: str, tone: str, *, colour: bool) -> str:
    """The text in a tone (good, bad, unsure, strong, faint), or as it is."""
    return f"\x1b[{_CODES[tone]}m{text}\x1b[0m" if colour else text


class LiveLine:
    """One line at the bottom of a terminal, rewritten in place and wiped at the end."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._recent: deque[float] = deque(maxlen=24)
        self._phase = ""

    def show(self, phase: str, mbps: float | None, spent: str) -> None:
        """Phase, the last readings as a curve, the rate now, and what the test has cost so far."""
        if phase != self._phase:
            self._phase = phase
            self._recent.clear()
        if mbps is not None:
            self._recent.append(mbps)
        rate = f"{mbps:,.1f} Mbps" if mbps is not None else ""
        line = f"{phase:<9} {spark(self._recent, max(self._recent, default=0.0)):<24} {rate:>14}  {spent}"
        width = shutil.get_terminal_size().columns - 1
        self._stream.write("\r\x1b[K" + line[:width])
        self._stream.flush()

    def wipe(self) -> None:
        self._stream.write("\r\x1b[K")
        self._stream.flush()


class Counting:
    """How far a long command is, on standard error while that is a terminal; nothing else is there to see.

    ``beside`` is where the result goes: on the same terminal the two would mix, so nothing is shown.
    """

    def __init__(self, what: str, beside: TextIO | None = None) -> None:
        shown = sys.stderr.isatty() and os.environ.get("TERM", "") not in ("", "dumb")
        self._stream = sys.stderr if shown and not (beside and beside.isatty()) else None
        self._what = what

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._stream:
            self._stream.write("\r\x1b[K")
            self._stream.flush()

    def show(self, words: str) -> None:
        if self._stream:
            width = shutil.get_terminal_size().columns - 1
            self._stream.write("\r\x1b[K" + f"{self._what}: {words}"[:width])
            self._stream.flush()

    def of_bytes(self, done: int, of: int) -> None:
        self.show(f"{octets(done)} of {octets(of)}")
