"""`bandgap evidence`: what a report can be held against, as one file for a third party. Nothing is sent."""

from __future__ import annotations

import argparse
import json
import os
from datetime import UTC, date, datetime
from pathlib import Path

from agent import clock
from agent.damage import noticed
from agent.history import History
from agent.installation import Installation, find
from reports.chain import SHORT, Break, Entry, break_words
from reports.contract_evidence import ContractEvidence, contract_evidence, span
from reports.faults import UsageFault
from reports.sentences import UNCOUNTED
from reports.wire import plain


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="bandgap evidence", description=__doc__)
    parser.add_argument("--from", dest="first", metavar="DATE", help="the first day, by the site's calendar")
    parser.add_argument("--to", dest="last", metavar="DATE", help="the last day, which is in it too")
    parser.add_argument(
        "-o", "--output", metavar="FILE.zip", help="contracted against delivered, to this file"
    )
    actions = parser.add_subparsers(dest="action", metavar="ACTION")
    verify = actions.add_parser("verify", help="whether the chain of summaries is whole; exit code 1 if not")
    verify.add_argument("--json", action="store_true", help="as JSON")
    args = parser.parse_args(argv)
    if args.action == "verify":
        return _verify(as_json=args.json)
    if not (args.first and args.last and args.output):
        parser.error("expected verify, or --from DATE --to DATE -o FILE.zip")
    return _pack(args.first, args.last, Path(args.output))


def _verify(*, as_json: bool) -> int:
    connection = find(os.environ).open(read_only=True)
    history = History(connection)
    links, breaks = history.chain(), history.chain_breaks()
    connection.close()
    print(_as_json(links, breaks) if as_json else "\n".join(_lines(links, breaks)))
    return 1 if breaks else 0


def _pack(first: str, last: str, output: Path) -> int:
    """Writes the evidence of some days; says what is to be written down beside it."""
    from agent.evidence.archive import evidence_files, write_zip

    place, now = find(os.environ), clock.now()
    days = _day("--from", first), _day("--to", last)
    if days[1] < days[0]:
        raise UsageFault(f"--to: {days[1]} is before --from")
    if span(*days, place.config.site)[1] > now:
        raise UsageFault(f"--to: {days[1]} isn't over yet, expected a day that is")
    with noticed(place.state):
        connection = place.open_to_read()
        connection.execute("BEGIN")  # one moment of a store that an agent writes to
        history = History(connection)
        evidence = _collect(place, history, *days)
        links, breaks = history.chain(), history.chain_breaks()
        bodies = history.linked_bodies(evidence.starts_at, evidence.ends_at)
        connection.close()
    digest = write_zip(output, evidence_files(evidence, links, breaks, bodies))
    print(f"{output}\nsha256 {digest}")
    if links:
        print(f"chain head {links[-1][1].number} {links[-1][1].digest}")
    return 0


def _collect(place: Installation, history: History, first: date, last: date) -> ContractEvidence:
    config = place.config
    within = span(first, last, config.site)
    return contract_evidence(
        config.site,
        config.contract,
        first,
        last,
        history.five_minute_means(*within),
        history.capacity_samples(*within),
        history.outages(*within),
        history.probed(*within),
        history.holes(*within),
        history.clock_steps(*within),
        measuring_since=history.measuring_since(),
        uncounted=None if config.demand_from else UNCOUNTED,
    )


def _day(option: str, text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or not 1990 <= day.year < 2200:
        raise UsageFault(f'{option}: found "{text}", expected a date as in 2026-11-24')
    return day


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
