"""The store's chain: a row for every complete summary that was ever made, kept for ever.

A row outlives its body when a later summary takes the period's place, which happens to a complete one only
when the site's time zone is mended: the row keeps the hash, so that the chain stays whole.
"""

from __future__ import annotations

import json
import sqlite3

from reports.chain import Entry, Have, Link, digest, linked


def append(connection: sqlite3.Connection, one: str, body: str) -> tuple[int, str]:
    """Adds a link for the summary of this id; returns its number, and the body that carries the link.

    A body that was lost and is made anew as it was is the link that it was.
    """
    were = connection.execute("SELECT number, previous, digest FROM chain WHERE id = ?", (one,)).fetchall()
    for number, previous, kept in were:
        if digest(whole := linked(body, Link(number, previous))) == kept:
            return number, whole
    newest = head(connection)
    # A number that a hand took out of the chain isn't given again: the gap shows, and the agent goes on.
    link = Link(highest(connection) + 1, newest.digest if newest else None)
    whole = linked(body, link)
    connection.execute(
        "INSERT INTO chain (number, id, previous, digest) VALUES (?, ?, ?, ?)",
        (link.number, one, link.previous, digest(whole)),
    )
    return link.number, whole


def has(connection: sqlite3.Connection, one: str) -> bool:
    """Whether the summary of this id is there as a link."""
    found = connection.execute("SELECT 1 FROM summaries WHERE id = ? AND number IS NOT NULL", (one,))
    return found.fetchone() is not None


def head(connection: sqlite3.Connection) -> Entry | None:
    """The newest link; None before the first."""
    row = connection.execute(
        "SELECT number, previous, digest FROM chain ORDER BY number DESC LIMIT 1"
    ).fetchone()
    return Entry(*row) if row else None


def chain(connection: sqlite3.Connection) -> list[tuple[str, Entry]]:
    """All links in order, with their summaries' ids and what the kept bodies hash to now.

    A link whose body is gone, with no later one of the same period in its place, isn't there.
    """
    rows = connection.execute(
        """SELECT chain.number, chain.id, previous, digest, body
           FROM chain LEFT JOIN summaries USING (number) ORDER BY chain.number DESC"""
    )
    periods: set[str] = set()
    found = []
    for number, one, previous, kept, body in rows:
        period = one.rpartition(":")[0]
        if body is not None or period in periods:
            found.append((one, Entry(number, previous, kept, digest(body) if body is not None else None)))
        periods.add(period)
    return found[::-1]


def bodies(connection: sqlite3.Connection, starts_at: int, ends_at: int) -> list[str]:
    """The linked summaries that reach into [starts_at, ends_at), in order, as they were hashed."""
    rows = connection.execute(
        """SELECT body FROM summaries
           WHERE number IS NOT NULL AND starts_at < ? AND ends_at > ? ORDER BY number""",
        (ends_at, starts_at),
    )
    return [str(body) for (body,) in rows]


def highest(connection: sqlite3.Connection) -> int:
    """The highest number that a link or a summary tells of; 0 before the first."""
    (number,) = connection.execute(
        # Each by its own index; one max() over both would read every link there is.
        """SELECT max(ifnull((SELECT max(number) FROM chain), 0),
                      ifnull((SELECT max(number) FROM summaries WHERE number IS NOT NULL), 0))"""
    ).fetchone()
    return int(number)


def put_back(connection: sqlite3.Connection, have: Have) -> int:
    """Puts into the outbox what ``have`` lacks and isn't in it; what was refused for good stays so.

    Of what has no link nobody can tell, so it goes too once a link is lacking: known again, if it was there.
    """
    before = connection.total_changes
    for first, last in (*have.missing, (have.through + 1, (1 << 63) - 1)):
        connection.execute(
            """INSERT OR IGNORE INTO outbox (sequence)
               SELECT sequence FROM summaries WHERE number BETWEEN ? AND ?""",
            (first, last),
        )
    if connection.total_changes > before:
        connection.execute(
            "INSERT OR IGNORE INTO outbox (sequence) SELECT sequence FROM summaries WHERE number IS NULL"
        )
    return connection.total_changes - before


def restore(connection: sqlite3.Connection, one: str, body: str) -> None:
    """Gives a link its row back where that was lost, out of the body that carries it."""
    told = json.loads(body).get("chain")
    if told:
        connection.execute(
            "INSERT OR IGNORE INTO chain (number, id, previous, digest) VALUES (?, ?, ?, ?)",
            (told["number"], one, told["previous"], digest(body)),
        )
