"""`bandgap evidence`: what a report can be held against. `verify` reads this store and sends nothing."""

from __future__ import annotations

import argparse
import json
import os
from datetime import UTC, datetime

from agent.history import History
from agent.installation import find
from reports.chain import SHORT, Break, Entry, break_words
from reports.wire import plain


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="bandgap evidence", description=__doc__)
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    verify = actions.add_parser("verify", help="whether the chain of summaries is whole; exit code 1 if not")
    verify.add_argument("--json", action="store_true", help="as JSON")
    args = parser.parse_args(argv)
    connection = find(os.environ).open(read_only=True)
    history = History(connection)
    links, breaks = history.chain(), history.chain_breaks()
    connection.close()
    print(_as_json(links, breaks) if args.json else "\n".join(_lines(links, breaks)))
    return 1 if breaks else 0


def _as_json(links: list[tuple[str, Entry]], breaks: list[Break]) -> str:
    since = _made(links[0][0]).isoformat() if links else None
    head = links[-1][1] if links else None
    facts = {
        "format": 1,
        "summaries": len(links),
        "since": since,
        "through": head.number if head else 0,
        "head": head.digest if head else None,
        "breaks": plain(breaks),
    }
    return json.dumps(facts, indent=2)


def _lines(links: list[tuple[str, Entry]], breaks: list[Break]) -> list[str]:
    if not links and not breaks:
        return ["No summary is linked yet: the first complete hour makes the first link."]
    many = f"{len(links):,} {'summary' if len(links) == 1 else 'summaries'}"
    if not breaks:
        since, head = f"{_made(links[0][0]):%Y-%m-%d}", links[-1][1].digest[:SHORT]
        return [f"{many}, chain whole since {since}, head {head}"]
    ids = {entry.number: one for one, entry in links}
    places = f"{len(breaks):,} {'place' if len(breaks) == 1 else 'places'}"
    return [f"{many}, chain broken in {places}:"] + [
        f"  link {break_words(one)}" + (f": {ids[one.first]}" if one.first in ids else "") for one in breaks
    ]


def _made(one: str) -> datetime:
    """When the summary of this id was due: the reach that its id ends with."""
    return datetime.fromtimestamp(int(one.rpartition(":")[2]), UTC)
