"""The sites' chains: what came of each link, how far a site's chain is here, and where it is broken.

A link is kept whatever becomes of its summary, because a gap means that something never came. Nothing here
keeps a summary from being stored: a broken chain is shown, and judged by people.

A chain that goes on as it should costs no reading: the next number follows the newest digest. Links 1 to n
that are all there are folded once there are enough of them: the digest of a later link stands for everything
before it, so only the newest ``KEPT`` stay, with those around every break, and the breaks themselves for
good. Of a number that is folded no other body can be told from the one that came, but by its summary: one
that isn't known makes it a fork.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from reports.chain import Break, Entry, Have, digest, missing, verify
from reports.wire import Upload

if TYPE_CHECKING:
    from collector.keeping import SiteState

MOST_STRETCHES = 50
"""Missing stretches that a receipt names; what is sent again for them makes room for the next."""

HIGHEST = 1_000_000_000
"""No link has a higher number: an hour each would take a hundred thousand years."""

KEPT = 200
"""Links that stay when the older ones are folded: a week of hours, with its days."""

FOLDED_AT_ONCE = 200
"""How many more there are before anything is folded."""


class _Bodies(msgspec.Struct):
    summaries: list[msgspec.Raw]


def links_in(body: bytes, upload: Upload) -> tuple[Entry, ...]:
    """The links of an upload's summaries, hashed over the very bytes that were sent."""
    if not any(summary.chain for summary in upload.summaries):
        return ()
    raw = msgspec.json.decode(body, type=_Bodies).summaries
    return tuple(
        Entry(summary.chain.number, summary.chain.previous, digest(bytes(sent)))
        for sent, summary in zip(raw, upload.summaries, strict=True)
        if summary.chain and misshapen(summary.chain.number, summary.chain.previous) is None
    )


def misshapen(number: int, previous: str | None) -> str | None:
    """What no link can be, as `field: what`, or None."""
    if not 1 <= number <= HIGHEST:
        return f"chain.number: {number} is no number of a link"
    try:
        hashed = previous is None or (len(previous) == 64 and bytes.fromhex(previous).hex() == previous)
    except ValueError:
        hashed = False
    return None if hashed else "chain.previous: expected 64 hexadecimal digits, or null for the first"


KeptLink = tuple[int, bytes | None, bytes]
"""A link as it is kept: its number, the hash of the body before it, and that of its own."""


@dataclass(frozen=True, slots=True)
class KeptChain:
    """What is kept of a site's chain: all that isn't folded, in order, and the breaks among what is."""

    links: tuple[KeptLink, ...]
    folded: int = 0
    noted: tuple[Break, ...] = ()

    @property
    def entries(self) -> tuple[Entry, ...]:
        return tuple(map(link_entry, self.links))

    @property
    def received(self) -> int:
        """How many links came."""
        return self.folded + len({number for number, _, _ in self.links if number > self.folded})

    @property
    def whole(self) -> bool:
        """Whether each link that is kept follows the one before it, as in nearly all chains."""
        if not self.links:
            return True
        first, head, _ = self.links[0]
        if first > self.folded + 1 or (first == 1 and head is not None):
            return False
        for number, (link, previous, own) in enumerate(self.links, first):
            if link != number or previous != head:
                return False
            head = own
        return True

    @property
    def breaks(self) -> tuple[Break, ...]:
        """Everything that is wrong with it, in its order."""
        if self.whole:
            return tuple(sorted(self.noted, key=lambda one: (one.first, one.kind)))
        found = {one for one in verify(self.entries) if one.kind != "gap" or one.last > self.folded}
        return tuple(sorted({*found, *self.noted}, key=lambda one: (one.first, one.kind)))


def link_entry(link: Sequence[Any]) -> Entry:
    number, previous, hashed = link
    return Entry(number, previous.hex() if previous else None, hashed.hex())


class Chain:
    """One site's chain while a group of uploads is judged. ``state`` is brought up to date in place."""

    def __init__(self, state: SiteState, links_of: Callable[[int], list[Entry]]) -> None:
        self._state = state
        self._links_of = links_of
        self._new: list[Entry] = []
        self._read: list[Entry] | None = None
        self.noted: list[Break] = []
        """Breaks to keep for good, since what shows them isn't kept."""

    def add(
        self, entries: Sequence[Entry], known: Collection[int]
    ) -> tuple[Sequence[Entry], tuple[Break, ...]]:
        """Adds links; returns those that are new, and the edits and forks around them.

        ``known`` are the numbers whose summaries were known before.
        """
        if self._goes_on(entries):
            self._new += entries
            return entries, ()
        there = {(one.number, one.digest) for one in self._all()}
        added, twice = [], []
        for entry in entries:
            if (entry.number, entry.digest) in there:
                continue
            if entry.number > self._state.links_folded:
                there.add((entry.number, entry.digest))
                added.append(entry)
            elif entry.number not in known:
                twice.append(Break("fork", entry.number, entry.number))
        self.noted += twice
        if not added:
            return (), tuple(twice)
        self._new += added
        self._settle(added)
        low, high = min(one.number for one in added) - 1, max(one.number for one in added) + 1
        near = verify(one for one in self._all() if low <= one.number <= high)
        return added, (*(one for one in near if one.kind != "gap"), *twice)

    def have(self) -> Have:
        """How far the chain is here, and what is missing below."""
        state = self._state
        if not state.newest_link:
            return Have()
        lacking: list[tuple[int, int]] = []
        if state.linked_through < state.newest_link:
            lacking = missing((one.number for one in self._all()), state.linked_through)
        return Have(state.newest_link, state.newest_digest, tuple(lacking[:MOST_STRETCHES]))

    def fold(self) -> tuple[int, int, tuple[int, ...]] | None:
        """After which and through which number links go now, and which of these stay; None when none go."""
        state = self._state
        after, through = state.links_folded, state.linked_through - KEPT
        if through - after < FOLDED_AT_ONCE:
            return None
        # With the next one, which tells whether the last that goes was edited.
        found = [
            one for one in verify(e for e in self._all() if e.number <= through + 1) if one.kind != "gap"
        ]
        self.noted += found
        state.links_folded = through
        stay = {number for one in found for number in range(one.first - 1, one.last + 2)}
        return after, through, tuple(sorted(number for number in stay if after < number <= through))

    def _goes_on(self, entries: Sequence[Entry]) -> bool:
        """Whether these are what comes next; then they are taken note of."""
        state = self._state
        number, head = state.newest_link, state.newest_digest
        if state.linked_through != number:
            return False
        for entry in entries:
            if entry.number != number + 1 or entry.previous != head:
                return False
            number, head = entry.number, entry.digest
        state.newest_link = state.linked_through = number
        state.newest_digest = head
        return True

    def _settle(self, added: Sequence[Entry]) -> None:
        state = self._state
        newest = max(one.number for one in added)
        if newest >= state.newest_link:
            state.newest_link = newest
            state.newest_digest = [one.digest for one in added if one.number == newest][-1]
        lacking = missing((one.number for one in self._all()), state.linked_through)
        state.linked_through = lacking[0][0] - 1 if lacking else state.newest_link

    def _all(self) -> list[Entry]:
        if self._read is None:
            self._read = self._links_of(self._state.key)
        return sorted([*self._read, *self._new], key=lambda one: one.number)
