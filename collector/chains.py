"""The sites' chains: what came of each link, how far a site's chain is here, and where it is broken.

A link is kept whatever becomes of its summary, because a gap means that something never came. Nothing here
keeps a summary from being stored: a broken chain is shown, and judged by people.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

import msgspec

from reports.chain import Break, Entry, Have, digest, missing, verify
from reports.wire import Upload

MOST_STRETCHES = 50
"""Missing stretches that a receipt names; what is sent again for them makes room for the next."""

HIGHEST = 1_000_000_000
"""No link has a higher number: an hour each would take a hundred thousand years."""

_ENTRY = "SELECT number, previous, digest FROM links WHERE site = ?"


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


def keep_links(
    connection: sqlite3.Connection, site: int, entries: Sequence[Entry], received_at: int
) -> tuple[Break, ...]:
    """Keeps links; returns the edits and forks around those that are new."""
    numbers = []
    for entry in entries:
        previous = bytes.fromhex(entry.previous) if entry.previous else None
        row = (site, entry.number, bytes.fromhex(entry.digest), previous, received_at)
        done = connection.execute(
            "INSERT INTO links (site, number, digest, previous, received_at) VALUES (?, ?, ?, ?, ?) "
            "ON CONFLICT (site, number, digest) DO NOTHING",
            row,
        )
        numbers += [entry.number] * done.rowcount
    if not numbers:
        return ()
    near = (site, min(numbers) - 1, max(numbers) + 1)
    found = verify(map(_entry, connection.execute(f"{_ENTRY} AND number BETWEEN ? AND ?", near)))
    return tuple(one for one in found if one.kind != "gap")


def have(connection: sqlite3.Connection, site: int) -> Have:
    """How far a site's chain is here, and what is missing below; remembers how far it is whole."""
    newest = connection.execute(
        "SELECT number, digest FROM links WHERE site = ? ORDER BY number DESC, received_at DESC LIMIT 1",
        (site,),
    ).fetchone()
    if newest is None:
        return Have()
    through, head = newest
    (whole,) = connection.execute("SELECT linked_through FROM sites WHERE key = ?", (site,)).fetchone()
    lacking: list[tuple[int, int]] = []
    if whole < through:
        rows = connection.execute(
            "SELECT DISTINCT number FROM links WHERE site = ? AND number > ?", (site, whole)
        )
        lacking = missing((number for (number,) in rows), whole)
        reached = lacking[0][0] - 1 if lacking else through
        if reached > whole:
            connection.execute("UPDATE sites SET linked_through = ? WHERE key = ?", (reached, site))
    return Have(through, head.hex(), tuple(lacking[:MOST_STRETCHES]))


def entries(connection: sqlite3.Connection, site: int) -> list[Entry]:
    """All links of a site, in order; of a number that is there twice, the last received last."""
    rows = connection.execute(f"{_ENTRY} ORDER BY number, received_at", (site,))
    return [_entry(row) for row in rows]


def _entry(row: tuple[int, bytes | None, bytes]) -> Entry:
    number, previous, hashed = row
    return Entry(number, previous.hex() if previous else None, hashed.hex())
