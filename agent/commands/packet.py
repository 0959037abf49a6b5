"""`bandgap packet`: a week's results as documents for families, the board and the press."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from zoneinfo import ZoneInfo

from agent import clock
from agent.commands.report import collect
from agent.installation import find
from agent.packet_files import copy_templates, read_logo, read_templates
from reports.faults import Fault
from reports.languages import LANGUAGES, spoken
from reports.packet import ahead_of, packet_facts
from reports.packet_charts import packet_charts
from reports.packet_documents import Packet, documents
from reports.periods import before, week_named, week_of
from reports.week_words import headline
from reports.whole_file import whole_file


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="bandgap packet", description=__doc__)
    parser.add_argument("--week", metavar="2026-W47", help="an ISO week (default: the last that is over)")
    parser.add_argument("-o", "--output", metavar="FOLDER", help="default: packet-2026-W47, after the week")
    parser.add_argument(
        "--templates", metavar="FOLDER", help="templates of your own, in place of the shipped"
    )
    parser.add_argument("--copy-templates", metavar="FOLDER", help="copy the shipped templates there to edit")
    parser.add_argument("--language", choices=LANGUAGES, help="default: [report] language in agent.toml")
    args = parser.parse_args(argv)
    place, now = find(os.environ), clock.now()
    speech = args.language or place.config.report.language
    if args.copy_templates:
        for path in copy_templates(Path(args.copy_templates), speech):
            print(path)
        return 0
    zone = ZoneInfo(place.config.site.timezone)
    period = week_named(args.week, zone) if args.week else before(week_of(now, zone), zone)
    templates, logo = read_templates(args.templates, speech), read_logo(place.config.packet.logo)
    with spoken(speech):
        report = collect(place, period, now)
        packet = Packet(
            packet_facts(report, place.config.packet, ahead_of(report)),
            packet_charts(report),
            templates,
            now,
            logo.address if logo else None,
            logo.pixels if logo else None,
        )
        made, why = list(documents(packet)), headline(report)
    lacking = _write(Path(args.output or f"packet-{period.label}"), made)
    if packet.facts.standing == "too early":
        print(f"{period.label}: too early, the packet makes no claim. {why}", file=sys.stderr)
    if logo and logo.pixels is None:
        print(
            "The logo is an SVG: it is on the page alone. Slides and letters take PNG or JPEG.",
            file=sys.stderr,
        )
    for fault in lacking:
        print(f"bandgap: {fault}", file=sys.stderr)
    return 1 if lacking else 0


def _write(folder: Path, made: list[tuple[str, bytes | Fault]]) -> list[Fault]:
    """Writes what could be made, each file whole; returns what couldn't."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in made:
            if isinstance(content, Fault):
                continue
            with whole_file(folder / name) as draft:
                draft.write_bytes(content)
            print(folder / name)
    except OSError as fault:
        raise Fault(f"{folder}: can't be written: {fault.strerror}") from None
    return [content for _, content in made if isinstance(content, Fault)]
