"""What all processes of one collector count together, in memory that they share.

Each process adds in a row of its own, so that none waits for another, and whoever asks adds up the rows. The
memory is made before the processes are and is kept by the one that minds them: what a process counted stays
when it ends (``collector/processes.py``).
"""

from __future__ import annotations

from collections.abc import Iterator
from mmap import mmap

KINDS = ("page", "read", "upload")
"""What is asked for."""

_STATUSES = range(100, 600)
_ROW = 1 + len(KINDS) * len(_STATUSES)
_OCTETS = 8


class Tally:
    """Summaries that were written and requests that were answered. ``process`` is whose row is added to."""

    def __init__(self, processes: int = 1) -> None:
        self._counts = memoryview(mmap(-1, processes * _ROW * _OCTETS)).cast("q")
        self._first = 0

    def of(self, process: int) -> Tally:
        """The same tally as the process with this number adds to it, counted from 0."""
        found = Tally.__new__(Tally)
        found._counts, found._first = self._counts, process * _ROW
        return found

    def wrote(self, summaries: int) -> None:
        self._counts[self._first] += summaries

    def written(self) -> int:
        """How many summaries were written since the collector began."""
        return self._sum(0)

    def answered(self, kind: str, status: int) -> None:
        self._counts[self._first + _place(kind, status)] += 1

    def answers(self) -> Iterator[tuple[str, int, int]]:
        """Kind, status and how many, of all that were."""
        for kind in KINDS:
            for status in _STATUSES:
                if count := self._sum(_place(kind, status)):
                    yield kind, status, count

    def _sum(self, place: int) -> int:
        return sum(self._counts[place::_ROW])


def _place(kind: str, status: int) -> int:
    return 1 + KINDS.index(kind) * len(_STATUSES) + status - _STATUSES.start
